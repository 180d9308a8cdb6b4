//! How readers follow the references of one line, in worlds where the variables have other values.

use super::reader::dialects_of;
use crate::dialects::{self, Process};
use crate::interpolation::Reference;

/// A value with `${NAME}` for `$NAME`.
pub(super) fn braced(written: &str, references: &[Reference<'_>]) -> String {
    let (mut out, mut at) = (String::with_capacity(written.len() + 2 * references.len()), 0);
    for reference in references {
        let text = written.get(reference.range.clone()).unwrap_or_default();
        if reference.range.start >= at && text.strip_prefix('$') == Some(reference.name) {
            out.push_str(written.get(at..reference.range.start).unwrap_or_default());
            out.push_str(&["${", reference.name, "}"].concat());
            at = reference.range.end;
        }
    }
    out.push_str(written.get(at..).unwrap_or_default());
    out
}

/// Two worlds in which the variables that a value refers to have other values.
pub(super) fn worlds(references: &[Reference<'_>]) -> [Process; 2] {
    ["one", "2"].map(|value| references.iter().map(|one| (one.name.to_owned(), value.to_owned())).collect())
}

/// What a chain makes of one line.
pub(super) fn alone(chain: &str, key: &str, line: &str, world: &Process) -> Option<String> {
    let reading = dialects::read_in_turn(&dialects_of(chain)?, line.as_bytes(), world);
    reading.vars.into_iter().find(|variable| variable.key == key)?.value
}
