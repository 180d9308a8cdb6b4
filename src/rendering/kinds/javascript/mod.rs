//! JavaScript, as in a PM2 file: a value is a string literal, or keeps to the quotes around it.
//!
//! Where the text of a string is evaluated once more, as by `eval` or as the arguments that PM2 splits, only a value stands
//! that is the same however often it is read.

mod arguments;
mod reading;
mod script;

use serde_json::Value;

use self::reading::Reading;
use self::script::{Literal, Script, State, Step};
use super::{Draft, Kind, Misfit, Sign, Token, add, behind, ends_line, known, one_line, written};
use crate::quoting;
use crate::rendering::marks::{Part, Piece};

pub(super) const KIND: Kind = Kind {
    name: "javascript",
    comment: Some("//"),
    interpolates: false,
    is: |name| [".js", ".cjs", ".mjs", ".ts"].iter().any(|end| name.ends_with(end)),
    write,
};

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    let mut script = Script::default();
    let mut literals: Vec<Literal> = Vec::new();
    let tokens = draft.tokens();
    for (index, token) in tokens.iter().enumerate() {
        let rest = tokens.get(index + 1..).unwrap_or_default();
        match token.sign {
            Sign::Own(own) => match script.read(own, rest) {
                Step::Opened(literal) => {
                    literals.push(Literal { start: out.len(), ..literal });
                    out.push(own);
                }
                Step::Closed => {
                    out.push(own);
                    let literal = literals.pop().unwrap_or_default();
                    misfits.extend(literal.judge());
                    script.arguments.literal(&literal);
                    let names = literal.may_name && names_member(rest);
                    let is_prototype = out.get(literal.start + 1..out.len() - own.len_utf8()) == Some("__proto__");
                    wrap(
                        &mut out,
                        literal.start,
                        literal.is_spliced,
                        names && (literal.is_spliced || is_prototype && !literal.holes.is_empty()),
                    );
                }
                Step::On => {
                    if let Some(literal) = literals.last_mut().filter(|_| matches!(script.state, State::Quoted(_))) {
                        literal.own.push(own);
                    }
                    out.push(own);
                }
            },
            Sign::Hole(piece) => {
                let parts = draft.parts(piece);
                let result = script.place(token.at, rest).and_then(|state| match state {
                    State::Code => {
                        if matches!(piece, Piece::Text(_) | Piece::Expanded(_) | Piece::Structure(Value::String(_))) {
                            script.reading().judge(&parts, "", token.at, true)?;
                        }
                        script.arguments.value(&parts, token.at);
                        Ok(in_code(draft, piece, &out, script.may_name() && names_member(rest)))
                    }
                    State::Quoted(quote) => {
                        let literal = literals.last_mut();
                        literal.map_or_else(
                            || Ok(String::new()),
                            |literal| in_literal(draft, piece, quote, literal, token.at),
                        )
                    }
                    state => in_comment(&parts, state, token.at),
                });
                add(&mut out, &mut misfits, result);
                script.pass();
            }
        }
    }
    misfits.extend(literals.iter().filter_map(Literal::judge));
    misfits.append(&mut script.arguments.misfits);
    misfits.sort_by_key(|misfit| misfit.at);
    misfits.dedup_by_key(|misfit| misfit.at);
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}

/// Whether a colon is next: then what stands before it is the name of a member.
fn names_member(rest: &[Token<'_>]) -> bool {
    let mut rest = rest.iter().skip_while(|token| token.is(char::is_whitespace));
    rest.next().is_some_and(|token| token.is(|own| own == ':'))
}

/// Puts parentheses around an expression that began at `start`, and brackets, if it is to be worked out for a name.
fn wrap(out: &mut String, start: usize, is_sum: bool, is_name: bool) {
    for (wrapped, open, close) in [(is_sum, '(', ')'), (is_name, '[', ']')] {
        if wrapped && out.is_char_boundary(start) {
            out.insert(start, open);
            out.push(close);
        }
    }
}

/// A value between the operators of a script.
fn in_code(draft: &Draft<'_>, piece: &Piece, out: &str, is_name: bool) -> String {
    let line = out.rsplit('\n').next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    let parts = draft.parts(piece);
    let mut text = match piece {
        Piece::Structure(value) => structure(draft, value, indent),
        Piece::Text(_) | Piece::Expanded(_) => expression(draft, &parts),
    };
    let is_known = parts.iter().all(|part| matches!(part, Part::Text(_)));
    let is_arrow = out.trim_end().ends_with("=>") && text.starts_with('{');
    let is_worked_out = is_name && (!is_known || text == "\"__proto__\"");
    wrap(&mut text, 0, is_arrow, is_worked_out);
    text
}

/// A value within quotes.
fn in_literal(
    draft: &Draft<'_>,
    piece: &Piece,
    quote: char,
    literal: &mut Literal,
    at: usize,
) -> Result<String, Misfit> {
    if literal.is_tagged {
        let help = "put it in quotes of its own, within ${…}";
        return Err(Misfit::new(at, "a value cannot stand in a template that a function reads as it is written", help));
    }
    let mut parts = draft.parts_within(piece, quote, at)?;
    let has_secret = parts.iter().any(|part| matches!(part, Part::Secret(_)));
    if let Piece::Structure(value) = piece {
        parts = vec![Part::Text(value.to_string())];
    }
    if has_secret && matches!(piece, Piece::Structure(_)) {
        let help = "leave the quotes out: {{ KEY | json }} is the value itself, and needs no JSON.parse";
        return Err(Misfit::new(at, "a secret cannot stand within a text of JSON, which it could end", help));
    }
    literal.is_spliced |= has_secret && quote != '`';
    literal.holes.push((at, literal.own.len(), parts.clone()));
    written(&parts, |text| Ok(inside(text, quote)), |key| Ok(spliced(draft, key, quote)))
}

fn in_comment(parts: &[Part], state: State, at: usize) -> Result<String, Misfit> {
    if matches!(state, State::Block { .. }) {
        // A blank on either side, because a sign of the template's own may stand there.
        let meets = |text: &str| text.is_empty() || text.contains(['*', '/']);
        let apart = |text: String| if meets(&text) { format!(" {} ", text.replace("*/", "* /")) } else { text };
        return known(parts, at, "a comment").and_then(|text| one_line(&apart(text), at, "a comment"));
    }
    known(parts, at, "a comment").and_then(|text| one_line(&text, at, "a comment"))
}

fn inside(text: &str, quote: char) -> String {
    let escaped = quoting::json_inside(text).replace('\'', "\\'");
    if quote == '`' { escaped.replace('`', "\\`").replace('$', "\\$") } else { escaped }
}

/// A secret that `sparkcfg run` hands over; without it the script stops, and says so.
fn variable(draft: &Draft<'_>, key: &str) -> String {
    let told = quoting::json(&format!("{key} is not set: start it with sparkcfg run {}", draft.environment));
    format!("(process.env[{}]{OR_STOP}new Error({told}); }})())", quoting::json(key))
}

/// What stands behind a secret that is not set: the script stops.
const OR_STOP: &str = " ?? (() => { throw ";

/// The variable of whoever starts a script that an expression in it is: `process.env.KEY`, `process.env["KEY"]`, and what is
/// rendered for a secret, which stops the script where it is not set.
#[must_use]
pub fn variable_of(written: &str) -> Option<&str> {
    let rest = written.trim_start_matches('(').strip_prefix("process.env")?;
    let rest = rest.split_once(OR_STOP).map_or(rest, |(rest, _)| rest);
    let within = |quote: char| rest.strip_prefix('[')?.strip_suffix(']')?.strip_prefix(quote)?.strip_suffix(quote);
    let name = rest.strip_prefix('.').or_else(|| within('"')).or_else(|| within('\''))?;
    crate::plain::is_name(name).then_some(name)
}

fn spliced(draft: &Draft<'_>, key: &str, quote: char) -> String {
    let variable = variable(draft, key);
    if quote == '`' { format!("${{{variable}}}") } else { format!("{quote} + {variable} + {quote}") }
}

/// Parts as one expression.
fn expression(draft: &Draft<'_>, parts: &[Part]) -> String {
    let terms: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => quoting::json(text),
            Part::Secret(key) => variable(draft, key),
        })
        .collect();
    match terms.as_slice() {
        [] => "\"\"".to_owned(),
        [only] => only.clone(),
        several => format!("({})", several.join(" + ")),
    }
}

/// A structure as a literal, long ones over several lines; a secret in it is an expression.
fn structure(draft: &Draft<'_>, value: &Value, indent: usize) -> String {
    match value {
        Value::String(text) => expression(draft, &draft.pieces.parts(text)),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| structure(draft, item, indent)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
            let members = members.iter().map(|(key, value)| {
                // As a plain name it would not be a member, but what the object inherits from.
                let name = if key == "__proto__" { "[\"__proto__\"]".to_owned() } else { quoting::json(key) };
                format!("{inner}{name}: {},\n", structure(draft, value, indent + 2))
            });
            format!("{{\n{}{outer}}}", members.collect::<String>())
        }
        // JavaScript would round it.
        Value::Number(number) if !is_exact(number) => quoting::json(&number.to_string()),
        scalar => scalar.to_string(),
    }
}

/// Whether JavaScript reads a number as it is written.
fn is_exact(number: &serde_json::Number) -> bool {
    const MOST: u64 = (1 << 53) - 1;
    number.is_f64()
        || number.as_u64().is_some_and(|number| number <= MOST)
        || number.as_i64().is_some_and(|number| number.unsigned_abs() <= MOST)
}

#[cfg(test)]
mod tests {
    use super::variable_of;

    #[test]
    fn what_whoever_starts_it_has() {
        for (written, expected) in [
            ("process.env.KEY", Some("KEY")),
            ("process.env[\"A_KEY\"]", Some("A_KEY")),
            ("process.env['KEY']", Some("KEY")),
            ("process.env[name]", None),
            ("process.env.KEY || 1", None),
            ("process.env.KEY ?? 1", None),
            ("(process.env[\"KEY\"] ?? (() => { throw new Error(\"no\"); })())", Some("KEY")),
            ("process.env", None),
            ("other.KEY", None),
        ] {
            assert_eq!(variable_of(written), expected, "{written}");
        }
    }
}
