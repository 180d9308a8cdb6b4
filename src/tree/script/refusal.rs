//! What node surely refuses in a script that cannot be followed.

use super::{MAX_BYTES, Reader, Refusal};
use crate::source::{SourceId, Span};

/// Why a script is none: a bracket or a text that nothing closes; `None` where it is one, or nobody can say.
#[must_use]
pub fn refusal(source: SourceId, text: &str) -> Option<Refusal> {
    const HELP: &str = "node refuses the whole file: close it";
    if text.len() > MAX_BYTES {
        return None;
    }
    let at = |at: usize| {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(source, offset(at)..offset(at + 1))
    };
    let unclosed_text = |from| Refusal { at: at(from), message: "this text is never closed", help: HELP };
    let mut reader = Reader::new(source, text);
    let mut open: Vec<(usize, &str)> = Vec::new();
    while let Some(token) = reader.token() {
        let from = reader.at - token.len();
        let closes = |bracket: &str| open.last().is_some_and(|(_, open)| *open == bracket);
        match token {
            "{" | "(" | "[" => open.push((from, token)),
            "}" | ")" | "]" => {
                let opening = match token {
                    "}" => "{",
                    ")" => "(",
                    _ => "[",
                };
                if !closes(opening) {
                    let (from, message) = match open.last() {
                        Some((from, _)) => (*from, "this bracket is never closed"),
                        None => (from, "this bracket closes none"),
                    };
                    return Some(Refusal { at: at(from), message, help: "node refuses the whole file: mend it" });
                }
                open.pop();
            }
            // It may divide, or begin a regular expression that was not seen as one.
            "/" => return None,
            _ if token.starts_with(['\'', '"']) && (token.len() < 2 || !token.ends_with(&token[..1])) => {
                return Some(unclosed_text(from));
            }
            _ => {}
        }
    }
    reader.skip();
    if reader.at < text.len() {
        return Some(unclosed_text(reader.at));
    }
    open.last().map(|(from, _)| Refusal { at: at(*from), message: "this bracket is never closed", help: HELP })
}
