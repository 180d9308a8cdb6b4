//! npm's dotenv, `parse()`: JavaScript's most used reader.
//!
//! There are no references. An unquoted value ends at the first `#`, with or without a blank in front; in quotes,
//! `"`, `'` or a backtick, it may run over lines. Nothing is ever refused: lines that do not match are skipped.

use super::families::javascript::{DOTENV, decode, is_space, matches};
use super::{Draft, Process, Reading, Text, Variable, span_of};

/// Reads a file as `dotenv.parse()` does; the process environment plays no part (`config()` lets it win).
#[must_use]
pub fn read(bytes: &[u8], _: &Process) -> Reading {
    let file = Text::new(bytes).with_carriage_returns(|followed| if followed { "" } else { "\n" });
    let text = &*file.text;
    let mut draft = Draft::default();
    for found in matches(text, &DOTENV) {
        let key = text.get(found.key.clone()).unwrap_or_default();
        let end = found.key.end;
        let written = found.value.and_then(|range| text.get(range)).unwrap_or_default();
        let trimmed = written.trim_matches(is_space);
        let value_span = if trimmed.is_empty() { end + 1..end + 1 } else { span_of(text, trimmed) };
        draft.set(Variable::plain(key, decode(written), found.key, value_span));
    }
    file.in_file(draft.reading)
}
