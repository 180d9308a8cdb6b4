//! JSON: inside a string a value is escaped, elsewhere it becomes a string of its own.

use super::{Draft, Kind, Misfit, Sign, add, behind, known};
use crate::quoting;
use crate::rendering::marks::Piece;

pub(super) const KIND: Kind =
    Kind { name: "json", comment: None, interpolates: false, is: |name| name.ends_with(".json"), write };

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    let (mut quoted, mut escaped) = (false, false);
    for token in draft.tokens() {
        match token.sign {
            Sign::Own(own) => {
                out.push(own);
                quoted ^= own == '"' && !escaped;
                escaped = quoted && own == '\\' && !escaped;
            }
            Sign::Hole(_) if escaped => misfits.push(behind('\\', token.at)),
            Sign::Hole(Piece::Structure(value)) if !quoted => {
                let text = quoting::json_text(value);
                add(&mut out, &mut misfits, known(&draft.pieces.parts(text.trim_end()), token.at, "JSON"));
            }
            Sign::Hole(piece) => {
                let parts = if quoted { draft.parts_within(piece, '"', token.at) } else { Ok(draft.parts(piece)) };
                let text = parts.and_then(|parts| known(&parts, token.at, "JSON"));
                let quote = if quoted { quoting::json_inside } else { quoting::json };
                add(&mut out, &mut misfits, text.map(|text| quote(&text)));
            }
        }
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}
