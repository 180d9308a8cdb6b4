//! JavaScript, as in a PM2 file: a value is a string literal, or keeps to the quotes around it.

use serde_json::Value;

use super::{Draft, Kind, Misfit, Sign, add, known, one_line, written};
use crate::quoting;
use crate::rendering::marks::{Part, Piece};

pub(super) const KIND: Kind = Kind {
    name: "javascript",
    comment: Some("//"),
    is: |name| [".js", ".cjs", ".mjs", ".ts"].iter().any(|end| name.ends_with(end)),
    write,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    Quoted(char),
    Line,
    Block,
}

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    // What each open `${` of a template literal returns to, with the braces that are open within it.
    let (mut state, mut escaped, mut open): (_, _, Vec<usize>) = (State::Code, false, Vec::new());
    for token in draft.tokens() {
        let piece = match token.sign {
            Sign::Own(own) => {
                state = next(state, own, &out, &mut escaped, &mut open);
                out.push(own);
                continue;
            }
            Sign::Hole(piece) => piece,
        };
        let parts = draft.parts(piece);
        let result = match (state, piece) {
            (State::Code, Piece::Structure(value)) => {
                let line = out.rsplit('\n').next().unwrap_or_default();
                Ok(structure(draft, value, line.len() - line.trim_start().len()))
            }
            (State::Code, _) => Ok(expression(&parts)),
            (State::Quoted(quote), _) => written(&parts, |text| Ok(inside(text, quote)), |key| Ok(spliced(key, quote))),
            (State::Line, _) => {
                known(&parts, token.at, "a comment").and_then(|text| one_line(&text, token.at, "a comment"))
            }
            (State::Block, _) => known(&parts, token.at, "a comment")
                .and_then(|text| one_line(&text.replace("*/", "* /"), token.at, "a comment")),
        };
        add(&mut out, &mut misfits, result);
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}

fn next(state: State, own: char, before: &str, escaped: &mut bool, open: &mut Vec<usize>) -> State {
    if std::mem::take(escaped) {
        return state;
    }
    match (state, own) {
        (State::Code, '/') if before.ends_with('/') => State::Line,
        (State::Code, '*') if before.ends_with('/') => State::Block,
        (State::Code, '"' | '\'' | '`') => State::Quoted(own),
        (State::Code, '{') => {
            if let Some(depth) = open.last_mut() {
                *depth += 1;
            }
            state
        }
        (State::Code, '}') => match open.last_mut() {
            Some(0) => {
                open.pop();
                State::Quoted('`')
            }
            Some(depth) => {
                *depth -= 1;
                state
            }
            None => state,
        },
        (State::Quoted(_), '\\') => {
            *escaped = true;
            state
        }
        (State::Quoted('`'), '{') if before.ends_with('$') => {
            open.push(0);
            State::Code
        }
        (State::Quoted(quote), own) if quote == own => State::Code,
        // A string does not reach over a line; without this, a stray apostrophe would turn all that follows inside out.
        (State::Quoted('"' | '\'') | State::Line, '\n') => State::Code,
        (State::Block, '/') if before.ends_with('*') => State::Code,
        (state, _) => state,
    }
}

fn inside(text: &str, quote: char) -> String {
    let escaped = quoting::json_inside(text).replace('\'', "\\'");
    if quote == '`' { escaped.replace('`', "\\`").replace("${", "\\${") } else { escaped }
}

fn variable(key: &str) -> String {
    format!("process.env[{}]", quoting::json(key))
}

fn spliced(key: &str, quote: char) -> String {
    if quote == '`' { format!("${{{}}}", variable(key)) } else { format!("{quote} + {} + {quote}", variable(key)) }
}

/// Parts as one expression.
fn expression(parts: &[Part]) -> String {
    let terms: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => quoting::json(text),
            Part::Secret(key) => variable(key),
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
        Value::String(text) => expression(&draft.pieces.parts(text)),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| structure(draft, item, indent)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
            let members = members.iter().map(|(key, value)| {
                format!("{inner}{}: {},\n", quoting::json(key), structure(draft, value, indent + 2))
            });
            format!("{{\n{}{outer}}}", members.collect::<String>())
        }
        scalar => scalar.to_string(),
    }
}
