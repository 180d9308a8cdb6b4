//! `node --env-file`, of node 22 and later.
//!
//! There are no references. The process environment beats the file. A byte-order mark stays part of the first key. node 20
//! is another one: there a blank behind `=` makes no difference, but a line of blanks, or one without `=`, becomes a part
//! of the next key.

use super::families::node::{assignments, next_quote};
use super::{Draft, Process, Reading, Text, Variable};

/// Reads a file as `node --env-file` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let file = Text::new(bytes).with_carriage_returns(|_| "");
    let text = &*file.text;
    let mut draft = Draft::default();
    for found in assignments(text, next_quote) {
        let (key, value) = (text.get(found.key.clone()).unwrap_or_default(), found.value(text));
        // The environment holds C strings: a NUL ends them.
        let until_nul = |text: &str| text.split('\0').next().unwrap_or_default().to_owned();
        let key = until_nul(key);
        if !key.is_empty() {
            draft.set(Variable::plain(&key, until_nul(&value), found.key, found.written));
        }
    }
    let mut reading = draft.reading;
    reading.prefer(process);
    file.in_file(reading)
}
