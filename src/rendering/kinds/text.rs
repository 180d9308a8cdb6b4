//! Files whose rules are not known: a value stands in them only if no rule could make anything of it.

use super::{Draft, Kind, Misfit, Sign, add, harmless, known};

/// Configuration files that take `#` for a comment.
pub(super) const COMMENTED: Kind = Kind {
    name: "configuration",
    comment: Some("#"),
    interpolates: false,
    is: |name| [".conf", ".cfg", ".toml", ".properties", ".ini", ".tf", ".hcl"].iter().any(|end| name.ends_with(end)),
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
                let text = known(&draft.parts(piece), token.at, "a file of this kind");
                add(&mut out, &mut misfits, text.and_then(|text| harmless(&text, token.at, "a file of this kind")));
            }
        }
    }
    if misfits.is_empty() { Ok(out) } else { Err(misfits) }
}
