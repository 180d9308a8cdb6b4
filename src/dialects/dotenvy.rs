//! The Rust crate dotenvy, through the crate itself: `dotenvy::from_path_iter()`.
//!
//! It stops at the first line it cannot read; what stands before counts. A value is read like one word of a shell:
//! `K=a b` is an error, and so is `"$A"`, where `"${A}"` is right. References take the process environment first, then
//! earlier lines. Of two equal keys the iterator gives both and the last stands; `dotenv()` and `from_path()` keep
//! the first, drop a byte-order mark, and let the process environment win.

use super::families::dotenvy::read as read_assignments;
use super::{Draft, Process, Reading, Variable};

/// Reads a file as `dotenvy::from_path_iter()` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let (found, error) = read_assignments(bytes, 0, process);
    let mut draft = Draft::default();
    for assignment in found {
        let key = String::from_utf8_lossy(bytes.get(assignment.key.clone()).unwrap_or_default()).into_owned();
        draft.set(Variable::plain(&key, assignment.value, assignment.key, assignment.written));
    }
    Reading { error, ..draft.reading }
}
