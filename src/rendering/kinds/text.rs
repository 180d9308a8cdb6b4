//! Files whose rules are not known: a value stands in them only if no rule could make anything of it.

use super::{Draft, Kind, Misfit, Sign, add, is_harmless, known};
use crate::rendering::marks::Part;

/// Names that have no ending.
const NAMES: &[&str] = &["Caddyfile", "Containerfile", "Dockerfile"];

/// Configuration files that take `#` for a comment.
pub(super) const COMMENTED: Kind = Kind {
    name: "configuration",
    comment: Some("#"),
    interpolates: false,
    is: |name| {
        [".conf", ".cfg", ".toml", ".properties", ".ini", ".tf", ".hcl", ".Dockerfile"]
            .iter()
            .any(|end| name.ends_with(end))
            || NAMES.contains(&name)
    },
    write,
};

/// Anything else.
pub(super) const PLAIN: Kind = Kind { name: "text", comment: None, interpolates: false, is: |_| true, write };

fn write(draft: &Draft<'_>) -> Result<String, Vec<Misfit>> {
    let (mut out, mut misfits) = (String::new(), Vec::new());
    for token in draft.tokens() {
        match token.sign {
            Sign::Own(own) => out.push(own),
            Sign::Hole(piece) => {
                // A default is a text of the file's own, and stands there as it was written.
                let (_, values) = draft.pieces.divided(piece);
                let harmless = |part: &Part| matches!(part, Part::Text(text) if is_harmless(text));
                let text = known(&draft.parts(piece), token.at, "a file of this kind");
                let refused = Misfit::new(
                    token.at,
                    "only letters, digits and _./:@%+,=- can stand in a file of this kind, whose quotes sparkcfg does not know",
                    "choose such a value, or hand it over in a file whose kind is known by its name: .env .json .yml .sh .js .service",
                );
                let text = text.and_then(|text| if values.iter().all(harmless) { Ok(text) } else { Err(refused) });
                add(&mut out, &mut misfits, text);
            }
        }
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}
