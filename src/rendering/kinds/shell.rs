//! Shell scripts: a value keeps to the quotes around it, or gets its own.

use super::{Draft, Kind, Misfit, Sign, add, known, one_line, written};
use crate::quoting;

pub(super) const KIND: Kind = Kind {
    name: "shell",
    comment: Some("#"),
    is: |name| [".sh", ".bash", ".zsh", ".ksh"].iter().any(|end| name.ends_with(end)),
    write,
};

/// Where the script is, as far as quotes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Bare,
    Single,
    Double,
    Comment,
    /// Where what a word means cannot be told without running the script.
    Nested,
}

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    let (mut state, mut escaped, mut depth) = (State::Bare, false, 0_usize);
    let mut documents = false;
    for token in draft.tokens() {
        let piece = match token.sign {
            Sign::Own(own) => {
                state = next(state, own, &out, &mut escaped, &mut depth);
                documents |= own != '<' && out.ends_with("<<") && !out.ends_with("<<<");
                out.push(own);
                continue;
            }
            Sign::Hole(piece) => piece,
        };
        let parts = draft.parts(piece);
        let reference = |key: &str| Ok(draft.required(key));
        let in_quotes = |key: &str| Ok(format!("\"{}\"", draft.required(key)));
        let result = match state {
            _ if documents => Err(Misfit::new(
                token.at,
                "a value cannot stand after a here-document began",
                "set a variable at the top of the script, and use that",
            )),
            State::Bare => written(&parts, |text| Ok(quoting::shell(text)), in_quotes)
                .map(|text| if text.is_empty() { "''".to_owned() } else { text }),
            State::Double => written(&parts, |text| Ok(quoting::shell_inside_double(text)), reference),
            State::Single => written(
                &parts,
                |text| Ok(quoting::shell_inside_single(text)),
                |key| Ok(format!("'\"{}\"'", draft.required(key))),
            ),
            State::Comment => {
                known(&parts, token.at, "a comment").and_then(|text| one_line(&text, token.at, "a comment"))
            }
            State::Nested => Err(Misfit::new(
                token.at,
                "a value cannot stand within a command substitution",
                "set a variable at the top of the script, and use that",
            )),
        };
        add(&mut out, &mut misfits, result);
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}

fn next(state: State, own: char, before: &str, escaped: &mut bool, depth: &mut usize) -> State {
    if std::mem::take(escaped) {
        return state;
    }
    match (state, own) {
        (State::Bare | State::Double, '\\') => {
            *escaped = true;
            state
        }
        (State::Bare | State::Double, '`') => {
            *depth = 1;
            State::Nested
        }
        (State::Double, '(') if before.ends_with('$') => {
            *depth += 1;
            State::Nested
        }
        (State::Nested, '(') => {
            *depth += 1;
            state
        }
        // Back in what was before; nothing after it on the same line is trusted either, so it stays nested up to there.
        (State::Nested, '\n') if *depth == 0 => State::Bare,
        (State::Nested, ')' | '`') => {
            *depth = depth.saturating_sub(1);
            state
        }
        (State::Bare, '\'') => State::Single,
        (State::Bare, '"') => State::Double,
        (State::Single, '\'') | (State::Double, '"') | (State::Comment, '\n') => State::Bare,
        (State::Bare, '#') if before.is_empty() || before.ends_with([' ', '\t', '\n', ';', '(', '&', '|']) => {
            State::Comment
        }
        (state, _) => state,
    }
}
