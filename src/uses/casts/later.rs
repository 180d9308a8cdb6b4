//! What a later statement makes of a value: `raw = os.getenv("X")`, then `float(raw)`.

use super::{Cast, Fields, READS, Refusal, Taken, around, as_caught};
use crate::uses::lexer::Lexed;

/// How many tokens before a name its variable may stand.
const MAX_BEFORE: usize = 12;

/// How many tokens behind it are looked at.
const MAX_AFTER: usize = 400;

/// What the statements below make of the variable that is given the value of the use at an index, as long as it has that value.
pub(super) fn taken(lexed: &Lexed<'_>, fields: &Fields<'_>, index: usize) -> Option<Taken> {
    let place = variable(lexed, index)?;
    let (name, margin) = (lexed.at(place), lexed.indent(place));
    let mut found: Option<Taken> = None;
    for at in index + 1..lexed.tokens.len().min(index + MAX_AFTER) {
        // What stands further out is another function.
        if lexed.tokens[at].indent.is_some_and(|indent| indent < margin) {
            break;
        }
        if lexed.at(at) != name || lexed.before(at, 1) == "." {
            continue;
        }
        let is_set = lexed.at(at + 1) == "=" && lexed.at(at + 2) != "=" || lexed.follows(at + 1, &[":", "="]);
        if is_set && lexed.tokens[at].indent.is_some() {
            break;
        }
        let Some(taken) = around(lexed, fields, at).map(|taken| as_caught(lexed, at, taken)) else { continue };
        // It may be asked first whether there is a value.
        let taken = Taken { refuses: taken.refuses.min(Refusal::Others), ..taken };
        // Who reads it as a fraction and as a whole number takes both.
        if found.is_none() || taken.cast == Cast::Number {
            found = Some(taken);
        }
    }
    found
}

/// The variable that is given nothing but the value of the use at an index: `raw = os.getenv("X")`, `const raw = process.env.X`,
/// `raw: str = …`, `raw := …`.
fn variable(lexed: &Lexed<'_>, index: usize) -> Option<usize> {
    let sign = (index.saturating_sub(MAX_BEFORE)..index).rev().find(|at| lexed.at(*at) == "=")?;
    let is_reading = |at: usize| match lexed.at(at) {
        "(" | "[" => READS.contains(&lexed.before(at, 1)),
        "." | ":" | "?" | "!" => true,
        _ => lexed.is_word(at),
    };
    if !(sign + 1..index).all(is_reading) {
        return None;
    }
    let begins = |at: &usize| {
        let declared = matches!(lexed.before(*at, 1), "const" | "let" | "var" | "mut" | "val" | "final" | "String");
        lexed.is_word(*at) && (declared || lexed.tokens[*at].indent.is_some())
    };
    let is_type =
        |at: usize| lexed.is_word(at) || matches!(lexed.at(at), ":" | "|" | "?" | "[" | "]" | "<" | ">" | "&");
    let place = (sign.saturating_sub(MAX_BEFORE)..sign).rev().find(begins)?;
    let declares = matches!(lexed.at(place), "const" | "let" | "var" | "val" | "final");
    let place = if declares { place + 1 } else { place };
    (place < sign && (place + 1..sign).all(is_type)).then_some(place)
}
