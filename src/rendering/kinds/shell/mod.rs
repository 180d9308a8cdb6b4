//! Shell scripts: a value keeps to the quotes around it, or gets its own.
//!
//! A value is put only where every shell agrees about the quotes: in a word of a simple command or of an assignment, in a
//! comment, in a here-document that stays a text. Not within a substitution, where what a word means depends on what
//! encloses it. Where a command evaluates the word once more, only a value stands that is the same however often it is read.

mod command;
mod document;
mod script;
mod word;

use self::script::{Place, Script};
use self::word::Hole;
use super::{Draft, Kind, Misfit, Sign, Token, add, known, no_reference, one_line, written};
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
    let mut script = Script::default();
    let tokens = draft.tokens();
    for (index, token) in tokens.iter().enumerate() {
        match token.sign {
            Sign::Own(own) => {
                script.read(own, token.at);
                out.push(own);
            }
            Sign::Hole(piece) => {
                let parts = draft.parts(piece);
                let hole = Hole::new(token.at, &parts);
                let place = script.place(&hole).map(|place| match place {
                    Place::Bare if names_variable(&hole, tokens.get(index + 1..).unwrap_or_default()) => Place::Name,
                    place => place,
                });
                let written = place.and_then(|place| {
                    let parts = match place {
                        Place::Single => draft.parts_within(piece, '\'', token.at)?,
                        Place::Double => draft.parts_within(piece, '"', token.at)?,
                        _ => parts,
                    };
                    placed(draft, &parts, place, token.at)
                });
                add(&mut out, &mut misfits, written);
                script.pass(hole);
            }
        }
    }
    misfits.extend(script.end());
    misfits.sort_by_key(|misfit| misfit.at);
    misfits.dedup();
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}

/// Whether a value is a part of the name that is assigned to, which has no quotes.
fn names_variable(hole: &Hole, rest: &[Token<'_>]) -> bool {
    let of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let mut rest = rest.iter().skip_while(|token| matches!(token.sign, Sign::Hole(_)) || token.is(of_name));
    let assigns = match rest.next() {
        Some(next) if next.is(|own| own == '+') => rest.next().is_some_and(|next| next.is(|own| own == '=')),
        next => next.is_some_and(|next| next.is(|own| own == '=')),
    };
    assigns && hole.text.as_deref().is_some_and(|text| text.chars().all(of_name))
}

/// Parts as they are written at a place; with quotes of their own where none are.
fn placed(draft: &Draft<'_>, parts: &[Part], place: Place, at: usize) -> Result<String, Misfit> {
    let reference = |key: &str| Ok(draft.required(key));
    match place {
        Place::Bare if parts.is_empty() => Ok("''".to_owned()),
        Place::Bare => {
            written(parts, |text| Ok(quoting::shell(text)), |key| Ok(format!("\"{}\"", draft.required(key))))
        }
        Place::Double => written(parts, |text| Ok(quoting::shell_inside_double(text)), reference),
        Place::Single => written(
            parts,
            |text| Ok(quoting::shell_inside_single(text)),
            |key| Ok(format!("'\"{}\"'", draft.required(key))),
        ),
        Place::Name => known(parts, at, "the name of a variable"),
        Place::Number => known(parts, at, "arithmetic"),
        Place::Comment => known(parts, at, "a comment").and_then(|text| one_line(&text, at, "a comment")),
        Place::Document { literal: true } => {
            written(parts, |text| Ok(text.to_owned()), |key| Err(no_reference(at, key, "a here-document in quotes")))
        }
        Place::Document { literal: false } => {
            written(parts, |text| Ok(quoting::shell_inside_document(text)), reference)
        }
    }
}
