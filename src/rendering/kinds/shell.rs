//! Shell scripts: a value keeps to the quotes around it, or gets its own.
//!
//! A value is put only where every shell agrees about the quotes: between words, in plain quotes, in a comment. Not
//! within a substitution, where what a word means depends on what encloses it, nor after anything whose end only running
//! the script could tell.

use super::{Draft, Kind, Misfit, Sign, add, behind, known, one_line, written};
use crate::quoting;
use crate::rendering::marks::Part;

pub(super) const KIND: Kind = Kind {
    name: "shell",
    comment: Some("#"),
    interpolates: false,
    is: |name| [".sh", ".bash", ".zsh", ".ksh"].iter().any(|end| name.ends_with(end)),
    write,
};

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    let mut script = Script { begins: true, ..Script::default() };
    for token in draft.tokens() {
        match token.sign {
            Sign::Own(own) => {
                script.read(own);
                out.push(own);
            }
            Sign::Hole(piece) => {
                let parts = draft.parts(piece);
                add(
                    &mut out,
                    &mut misfits,
                    script.quotes(token.at).and_then(|open| quoted(draft, &parts, open, token.at)),
                );
                script.pass();
            }
        }
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}

/// Parts for the quotes that are open; with quotes of their own where none are.
fn quoted(draft: &Draft<'_>, parts: &[Part], open: Option<Open>, at: usize) -> Result<String, Misfit> {
    let reference = |key: &str| Ok(draft.required(key));
    match open {
        Some(Open::Double) => written(parts, |text| Ok(quoting::shell_inside_double(text)), reference),
        Some(Open::Single) => written(
            parts,
            |text| Ok(quoting::shell_inside_single(text)),
            |key| Ok(format!("'\"{}\"'", draft.required(key))),
        ),
        Some(_) => known(parts, at, "a comment").and_then(|text| one_line(&text, at, "a comment")),
        None if parts.is_empty() => Ok("''".to_owned()),
        None => written(parts, |text| Ok(quoting::shell(text)), |key| Ok(format!("\"{}\"", draft.required(key)))),
    }
}

/// What has begun and not ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Comment,
    /// `$'…'`, which is a plain quote to some shells.
    Escapes,
    /// `$(…)`.
    Command,
    /// `(…)` within a substitution, and each of the two of `((…))`.
    Parenthesis,
    Backquote,
    /// `${…}`.
    Parameter,
}

/// A script up to some place.
#[derive(Default)]
struct Script {
    /// What is open, from the outside in.
    open: Vec<Open>,
    /// Why quotes cannot be followed any more.
    lost: Option<&'static str>,
    /// Whether the next character begins a word.
    begins: bool,
    /// What stands of the word without quotes.
    word: String,
    /// The character before it, where that can have a say about it.
    before: Option<char>,
    /// How many `<` stand right before it.
    angles: usize,
}

impl Script {
    /// Goes on by one character of the template's own.
    fn read(&mut self, own: char) {
        let begins = std::mem::take(&mut self.begins);
        let before = self.before.take();
        let angles = std::mem::take(&mut self.angles);
        let open = self.open.last().copied();
        if angles == 2 && own != '<' {
            self.lose("a here-document began");
        }
        if before == Some('\\') {
            // The end of a line is taken away, and the word goes on as if it were not there.
            self.begins = begins && own == '\n';
            if open == Some(Open::Escapes) && own == '\'' {
                self.lose("an escaped quote in $'…', which shells read differently");
            }
            return;
        }
        match (open, own) {
            (Some(Open::Single | Open::Escapes), '\'')
            | (Some(Open::Double), '"')
            | (Some(Open::Command), ')')
            | (Some(Open::Backquote), '`')
            | (Some(Open::Parameter), '}') => self.close(),
            (Some(Open::Parenthesis), ')') => {
                self.close();
                self.before = Some(own);
            }
            (Some(Open::Comment), '\n') => {
                self.close();
                self.begins = true;
            }
            (Some(Open::Single | Open::Comment), _) => {}
            (_, '\\') => (self.before, self.begins) = (Some(own), begins),
            (Some(Open::Escapes | Open::Backquote), _) => {}
            (_, '`') => self.open.push(Open::Backquote),
            // `$$` is a number, and acts on nothing.
            (_, '$') => self.before = Some(own).filter(|_| before != Some('$')),
            (_, '(') if before == Some('$') => {
                self.open.push(Open::Command);
                self.word.clear();
                self.begins = true;
            }
            (_, '{') if before == Some('$') => self.open.push(Open::Parameter),
            (_, '[') if before == Some('$') => self.lose("the arithmetic of $[…]"),
            (Some(Open::Parameter), '"' | '\'') => self.lose("a quote within ${…}, which shells read differently"),
            (Some(Open::Double | Open::Parameter), _) => {}
            (open, own) => self.read_word(open, own, before, begins, angles),
        }
    }

    /// Goes on where words stand.
    fn read_word(&mut self, open: Option<Open>, own: char, before: Option<char>, begins: bool, angles: usize) {
        let word = std::mem::take(&mut self.word);
        match own {
            '\'' if before == Some('$') => self.open.push(Open::Escapes),
            '\'' => self.open.push(Open::Single),
            '"' => self.open.push(Open::Double),
            '#' if begins => self.open.push(Open::Comment),
            '#' if before.is_some_and(|before| before != '$') => self.lose("a # right behind an operator"),
            '(' => {
                match (open, before) {
                    (Some(_), _) => self.open.push(Open::Parenthesis),
                    (None, Some('(')) => self.open.extend([Open::Parenthesis; 2]),
                    _ => {}
                }
                self.before = Some(own);
            }
            '<' => (self.before, self.angles) = (Some(own), angles + 1),
            ')' | '|' | '>' => self.before = Some(own),
            ' ' | '\t' | '\n' | ';' | '&' => {
                // Its patterns end with a parenthesis that nothing opens.
                if open.is_some() && word == "case" {
                    self.lose("a `case` within a substitution");
                }
                self.begins = true;
            }
            _ => self.word = word + own.encode_utf8(&mut [0; 4]),
        }
    }

    fn close(&mut self) {
        self.open.pop();
        self.word.clear();
    }

    /// Goes past a value.
    fn pass(&mut self) {
        (self.begins, self.before, self.angles) = (false, None, 0);
        self.word.clear();
    }

    fn lose(&mut self, why: &'static str) {
        self.lost.get_or_insert(why);
    }

    /// The quotes that are open, where a value can stand.
    fn quotes(&self, at: usize) -> Result<Option<Open>, Misfit> {
        let help = "set a variable at the top of the script, and use that";
        if let Some(why) = self.lost.or((self.angles == 2).then_some("a here-document began")) {
            return Err(Misfit::new(at, format!("a value cannot stand after {why}"), help));
        }
        if let Some(sign @ ('\\' | '$')) = self.before {
            return Err(behind(sign, at));
        }
        let substitution = self.open.iter().find_map(|open| match open {
            Open::Single | Open::Double | Open::Comment => None,
            Open::Escapes => Some("$'…'"),
            Open::Command | Open::Backquote => Some("a command substitution"),
            Open::Parenthesis => Some("arithmetic"),
            Open::Parameter => Some("${…}"),
        });
        match substitution {
            Some(place) => Err(Misfit::new(at, format!("a value cannot stand within {place}"), help)),
            None => Ok(self.open.last().copied()),
        }
    }
}
