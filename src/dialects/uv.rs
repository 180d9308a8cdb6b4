//! `uv run --env-file`: dotenvy's rules, with the errors passed over.
//!
//! uv warns about a line it cannot read, keeps what stood before and goes on without the rest of the file. Of two
//! equal keys the first stands, and the process environment beats both. A file that is not UTF-8 is refused.

use super::families::dotenvy::{TOO_MUCH, read as read_assignments};
use super::{Draft, Process, Reading, Text, Variable};

/// Reads a file as `uv run --env-file` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    if let Err(refused) = Text::strict(bytes) {
        return *refused;
    }
    let (found, error) = read_assignments(bytes, 0, process);
    let mut draft = Draft::default();
    for assignment in found {
        let key = String::from_utf8_lossy(bytes.get(assignment.key.clone()).unwrap_or_default()).into_owned();
        if draft.get(&key).is_none() {
            draft.set(Variable::plain(&key, assignment.value, assignment.key, assignment.written));
        }
    }
    let (error, gave_up) = match error {
        Some(error) if error.message == TOO_MUCH => (Some(error), None),
        error => (None, error),
    };
    let mut reading = Reading { error, gave_up, ..draft.reading };
    reading.prefer(process);
    reading
}
