//! npm's dotenv, `parse()`: JavaScript's most used reader.
//!
//! There are no references. An unquoted value ends at the first `#`, with or without a blank in front; in quotes,
//! `"`, `'` or a backtick, it may run over lines. Nothing is ever refused: lines that do not match are skipped.

use super::families::javascript::variables;
use super::{Draft, Process, Reading, Text};

/// Reads a file as `dotenv.parse()` does; the process environment plays no part (`config()` lets it win).
#[must_use]
pub fn read(bytes: &[u8], _: &Process) -> Reading {
    let file = Text::new(bytes).with_carriage_returns(|followed| if followed { "" } else { "\n" });
    let text = &*file.text;
    let mut draft = Draft::default();
    for variable in variables(text) {
        draft.set(variable);
    }
    file.in_file(draft.reading)
}
