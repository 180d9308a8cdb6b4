//! YAML, and compose files with their `$`: a scalar with a value in it is a quoted string, whatever it looks like.

mod block;
mod commands;
mod reference;

use serde_json::Value;

use self::block::Block;
use self::reference::Reference;
use super::{Draft, Kind, Misfit, Sign, Token, add, behind, by_line, known, no_reference, one_line, written};
use crate::quoting;
use crate::rendering::marks::{Part, Piece};

pub(super) const COMPOSE: Kind = Kind {
    name: "compose",
    comment: Some("#"),
    interpolates: true,
    is: |name| is_yaml(name) && name.contains("compose"),
    write: |draft| write(draft, true),
};

pub(super) const YAML: Kind =
    Kind { name: "yaml", comment: Some("#"), interpolates: false, is: is_yaml, write: |draft| write(draft, false) };

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

fn write(draft: &Draft<'_>, compose: bool) -> Result<String, Vec<Misfit>> {
    let text = write_lines(draft, compose)?;
    let pieces = draft.pieces.probes();
    let probe = Draft { pieces: &pieces, ..*draft };
    let misfits =
        write_lines(&probe, compose).map_or_else(|_| Vec::new(), |probe| commands::misfits(draft, &probe, compose));
    if misfits.is_empty() { Ok(text) } else { Err(misfits) }
}

fn write_lines(draft: &Draft<'_>, compose: bool) -> Result<String, Vec<Misfit>> {
    let lines = draft.lines();
    let reference = compose.then(Reference::default);
    let mut rows = lines.as_slice();
    let mut writer =
        Writer { draft, reference, below: &[], quote: None, in_key: false, depth: 0, block: None, continues: None };
    by_line(&lines, |line, misfits| {
        rows = rows.get(1..).unwrap_or_default();
        writer.below = rows;
        writer.line(line, misfits)
    })
}

/// What is open from one line to the next.
struct Writer<'w, 'd> {
    draft: &'w Draft<'d>,
    /// What a compose file refers to itself; nothing in other files.
    reference: Option<Reference>,
    /// The lines after this one.
    below: &'w [Vec<Token<'d>>],
    quote: Option<char>,
    /// Whether what is in quotes is the name of a member.
    in_key: bool,
    /// How many `[` and `{`.
    depth: usize,
    /// A block scalar.
    block: Option<Block>,
    /// The column of a plain scalar's owner that the next line may go on with.
    continues: Option<usize>,
}

impl<'d> Writer<'_, 'd> {
    fn line(&mut self, line: &[Token<'d>], misfits: &mut Vec<Misfit>) -> String {
        let (indent, blank) = (indent(line), is_blank(line));
        let goes_on = self.quote.is_some() || self.block.is_some();
        self.reference.iter_mut().for_each(|reference| reference.read(line, goes_on));
        if let Some(block) = self.block {
            self.block = block.next();
            return self.in_block(line, block, misfits);
        }
        let mut out = String::new();
        let mut at = 0;
        let mut column = indent;
        let continues = self.continues.take().filter(|column| indent > *column);
        if blank {
            self.continues = continues;
        }
        let mut previous: Option<char> = None;
        while let Some(token) = line.get(at) {
            if let Some(quote) = self.quote {
                at = self.in_quotes(quote, line, at, &mut out, misfits);
                previous = Some(quote);
                continue;
            }
            let next_blank = line.get(at + 1).is_none_or(|next| next.is(char::is_whitespace));
            match token.sign {
                Sign::Own(own) if own.is_whitespace() => out.push(own),
                Sign::Own('#') if previous.is_none_or(char::is_whitespace) => {
                    self.comment(line.get(at..).unwrap_or_default(), &mut out, misfits);
                    return out;
                }
                Sign::Own(own @ ('"' | '\'')) => {
                    self.quote = Some(own);
                    self.in_key = is_quoted_key(line.get(at + 1..).unwrap_or_default(), own);
                    out.push(own);
                }
                Sign::Own(own @ ('-' | '?')) if next_blank => {
                    column = if at == indent || column < at { at } else { column };
                    out.push(own);
                }
                Sign::Own(own @ (':' | ',')) => out.push(own),
                Sign::Own(own @ ('[' | '{')) => {
                    self.depth += 1;
                    out.push(own);
                }
                Sign::Own(own @ (']' | '}')) => {
                    self.depth = self.depth.saturating_sub(1);
                    out.push(own);
                }
                Sign::Own(own @ ('&' | '!')) => {
                    at += property(line, at, &mut out);
                    previous = Some(own);
                    if let Some(hole) = line.get(at).filter(|next| matches!(next.sign, Sign::Hole(_))) {
                        misfits.push(behind(own, hole.at));
                    }
                    continue;
                }
                Sign::Own(own @ ('|' | '>')) if self.depth == 0 => {
                    out.push(own);
                    self.block = Block::new(line.get(at..).unwrap_or_default(), column, self.below);
                }
                _ => {
                    let end = self.end_of_plain(line, at);
                    let scalar = line.get(at..end).unwrap_or_default();
                    let is_key = line.get(end).is_some_and(|token| token.is(|own| own == ':'));
                    let alone = at == indent && end == line.len() && self.depth == 0;
                    if is_key && self.depth == 0 {
                        column = column.max(at);
                    }
                    let continued = alone && continues.is_some();
                    self.in_key = is_key;
                    let result = self.scalar(scalar, alone.then_some(indent), continued);
                    self.in_key = false;
                    add(&mut out, misfits, result);
                    if !is_key && self.depth == 0 && end == line.len() {
                        self.continues = continues.filter(|_| alone).or(Some(column));
                    }
                    at = end;
                    previous = Some('x');
                    continue;
                }
            }
            previous = if let Sign::Own(own) = token.sign { Some(own) } else { None };
            at += 1;
        }
        out
    }

    /// Where a plain scalar ends that begins at `at`.
    fn end_of_plain(&self, line: &[Token<'d>], at: usize) -> usize {
        let mut end = at;
        for (index, token) in line.iter().enumerate().skip(at) {
            let Sign::Own(own) = token.sign else {
                end = index + 1;
                continue;
            };
            let after = line.get(index + 1);
            let ends_key = own == ':'
                && after.is_none_or(|next| {
                    next.is(|next| next.is_whitespace() || self.depth > 0 && ",[]{}".contains(next))
                });
            let comment =
                own == '#' && index > at && line.get(index - 1).is_some_and(|token| token.is(char::is_whitespace));
            if ends_key || comment || self.depth > 0 && ",[]{}".contains(own) {
                break;
            }
            if !own.is_whitespace() {
                end = index + 1;
            }
        }
        end.max(at + 1)
    }

    /// A plain scalar: as it is, or as a quoted string if a value is in it.
    fn scalar(&self, scalar: &[Token<'d>], alone: Option<usize>, continued: bool) -> Result<String, Misfit> {
        let hole = scalar.iter().find(|token| matches!(token.sign, Sign::Hole(_)));
        let Some(hole) = hole else {
            return Ok(scalar
                .iter()
                .filter_map(|token| if let Sign::Own(own) = token.sign { Some(own) } else { None })
                .collect());
        };
        if let [Token { sign: Sign::Hole(Piece::Structure(value)), at }] = scalar {
            return match alone {
                Some(indent) => self.structure(value, *at, indent),
                None => self.flow(value, *at),
            };
        }
        if continued {
            let help = "put the whole scalar in quotes, or write it as a block with |";
            return Err(Misfit::new(hole.at, "a value stands in a scalar that began on an earlier line", help));
        }
        let mut out = String::from("\"");
        for token in scalar {
            match token.sign {
                Sign::Own(own) => out.push_str(&quoting::yaml_inside(own.encode_utf8(&mut [0; 4]))),
                Sign::Hole(piece) => out.push_str(&self.quoted(&self.draft.parts(piece), token.at)?),
            }
        }
        out.push('"');
        Ok(out)
    }

    /// Parts for the inside of double quotes.
    fn quoted(&self, parts: &[Part], at: usize) -> Result<String, Misfit> {
        self.placed(parts, at, |text| Ok(quoting::yaml_inside(text)))
    }

    /// Parts for a place where `write` writes texts.
    fn placed(
        &self,
        parts: &[Part],
        at: usize,
        write: impl Fn(&str) -> Result<String, Misfit>,
    ) -> Result<String, Misfit> {
        match &self.reference {
            // In the names of members, docker compose replaces nothing.
            Some(reference) if !self.in_key => {
                reference.allows(at)?;
                written(parts, |text| write(&text.replace('$', "$$")), |key| Ok(self.draft.required(key)))
            }
            Some(_) => written(parts, write, |key| Err(no_reference(at, key, "the name of a member"))),
            None => written(parts, write, |key| Err(no_reference(at, key, "YAML"))),
        }
    }

    /// One token within quotes; gives the place of the next.
    fn in_quotes(
        &mut self,
        quote: char,
        line: &[Token<'d>],
        at: usize,
        out: &mut String,
        misfits: &mut Vec<Misfit>,
    ) -> usize {
        let Some(token) = line.get(at) else { return at + 1 };
        match token.sign {
            Sign::Own('\\') if quote == '"' => {
                out.push('\\');
                match line.get(at + 1) {
                    Some(Token { sign: Sign::Own(next), .. }) => out.push(*next),
                    Some(hole) => misfits.push(behind('\\', hole.at)),
                    None => {}
                }
                return at + 2;
            }
            Sign::Own('\'') if quote == '\'' && line.get(at + 1).is_some_and(|next| next.is(|next| next == '\'')) => {
                out.push_str("''");
                return at + 2;
            }
            Sign::Own(own) => {
                out.push(own);
                if own == quote {
                    (self.quote, self.in_key) = (None, false);
                }
            }
            Sign::Hole(piece) => {
                let single = |text: &str| Ok(one_line(text, token.at, "single quotes")?.replace('\'', "''"));
                let parts = self.draft.parts_within(piece, quote, token.at);
                let text = parts.and_then(|parts| match quote {
                    '"' => self.quoted(&parts, token.at),
                    _ => self.placed(&parts, token.at, single),
                });
                add(out, misfits, text.and_then(|text| at_line_end(text, quote, line, at)));
            }
        }
        at + 1
    }

    fn comment(&self, rest: &[Token<'d>], out: &mut String, misfits: &mut Vec<Misfit>) {
        for token in rest {
            match token.sign {
                Sign::Own(own) => out.push(own),
                Sign::Hole(piece) => {
                    let text = known(&self.draft.parts(piece), token.at, "a comment");
                    add(out, misfits, text.and_then(|text| one_line(&text, token.at, "a comment")));
                }
            }
        }
    }

    fn in_block(&self, line: &[Token<'d>], block: Block, misfits: &mut Vec<Misfit>) -> String {
        let (mut out, mut hole) = (String::new(), None);
        for token in line {
            match token.sign {
                Sign::Own(own) => out.push(own),
                Sign::Hole(piece) => {
                    let text = |text: &str| {
                        let lines =
                            text.split('\n').map(|line| one_line(&line.replace('\t', " "), token.at, "a block"));
                        lines.collect::<Result<Vec<_>, _>>()?;
                        Ok(text.replace('\n', &block.line_break()))
                    };
                    add(&mut out, misfits, self.placed(&self.draft.parts(piece), token.at, text));
                    hole = hole.or(Some(token.at));
                }
            }
        }
        if let Some(Err(misfit)) = hole.map(|at| block.holds(&out, at)) {
            misfits.push(misfit);
        }
        out
    }

    /// A structure on lines of its own.
    fn structure(&self, value: &Value, at: usize, indent: usize) -> Result<String, Misfit> {
        let pad = format!("\n{}", " ".repeat(indent));
        match value {
            Value::Object(members) if !members.is_empty() => {
                let lines = members.iter().map(|(key, value)| Ok(format!("{}: {}", name(key), self.flow(value, at)?)));
                Ok(lines.collect::<Result<Vec<_>, _>>()?.join(&pad))
            }
            Value::Array(items) if !items.is_empty() => {
                let lines = items.iter().map(|item| Ok(format!("- {}", self.flow(item, at)?)));
                Ok(lines.collect::<Result<Vec<_>, _>>()?.join(&pad))
            }
            other => self.flow(other, at),
        }
    }

    /// A structure on one line.
    fn flow(&self, value: &Value, at: usize) -> Result<String, Misfit> {
        Ok(match value {
            Value::String(text) => format!("\"{}\"", self.quoted(&self.draft.pieces.parts(text), at)?),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.flow(item, at)).collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Value::Object(members) => {
                let members =
                    members.iter().map(|(key, value)| Ok(format!("{}: {}", name(key), self.flow(value, at)?)));
                format!("{{{}}}", members.collect::<Result<Vec<_>, _>>()?.join(", "))
            }
            scalar => scalar.to_string(),
        })
    }
}

/// Writes an anchor or a tag, up to the next blank, and says how long it is.
fn property(line: &[Token<'_>], at: usize, out: &mut String) -> usize {
    let word = line.iter().skip(at).map_while(|token| match token.sign {
        Sign::Own(own) if !own.is_whitespace() => Some(own),
        _ => None,
    });
    let word: String = word.collect();
    out.push_str(&word);
    word.chars().count()
}

fn indent(line: &[Token<'_>]) -> usize {
    line.iter().take_while(|token| token.is(|own| own == ' ')).count()
}

fn is_blank(line: &[Token<'_>]) -> bool {
    line.iter().all(|token| token.is(char::is_whitespace))
}

/// A text within quotes at `at` of a line: where a line begins or ends, blanks are not read unless they are escaped.
fn at_line_end(text: String, quote: char, line: &[Token<'_>], at: usize) -> Result<String, Misfit> {
    let begins = line.get(..at).is_some_and(is_blank);
    let ends = line.get(at + 1..).is_some_and(is_blank);
    let unread = begins && text.starts_with(' ') || ends && text.ends_with(' ') || begins && ends && text.is_empty();
    if !unread {
        return Ok(text);
    }
    if quote == '"' && !text.is_empty() {
        let after = if begins { text.strip_prefix(' ') } else { None };
        let text = after.map_or_else(|| text.clone(), |rest| format!("\\x20{rest}"));
        let before = if ends { text.strip_suffix(' ') } else { None };
        return Ok(before.map_or_else(|| text.clone(), |rest| format!("{rest}\\x20")));
    }
    let at = line.get(at).map_or(0, |token| token.at);
    let message =
        "a value that begins or ends with a blank, or is empty, cannot stand at the end of a line within quotes";
    Err(Misfit::new(at, message, "write the whole scalar on one line"))
}

/// Whether the quotes that begin before `line` end before a colon.
fn is_quoted_key(line: &[Token<'_>], quote: char) -> bool {
    let (mut tokens, mut at) = (line.iter(), 0);
    while let Some(token) = tokens.next() {
        at += 1;
        if quote == '"' && token.is(|own| own == '\\') {
            (_, at) = (tokens.next(), at + 1);
        } else if token.is(|own| own == quote) {
            let mut after = line.iter().skip(at).skip_while(|token| token.is(char::is_whitespace));
            return after.next().is_some_and(|token| token.is(|own| own == ':'));
        }
    }
    false
}

/// The name of a member: bare where that cannot be taken for anything else.
fn name(key: &str) -> String {
    let plain = key.len() > 3 && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if plain && !matches!(key, "NULL" | "TRUE" | "FALSE") { key.to_owned() } else { quoting::yaml(key) }
}
