//! Hand-written `line.split('=')`, as `ecosystem.config.js` files have it: a model, not a program.
//!
//! Any line with `=` behind its first column counts, comments included; key and value are trimmed, one quote is taken
//! off either end, and an empty value is dropped. Nothing is ever refused, so a misreading is silent.

use super::{Draft, Process, Reading, Text, Variable, span_of};

/// Reads a file as such a splitter does; the process environment plays no part.
#[must_use]
pub fn read(bytes: &[u8], _: &Process) -> Reading {
    let file = Text::new(bytes);
    let text = &*file.text;
    let mut draft = Draft::default();
    for line in text.split('\n') {
        let Some((key, value)) = line.split_once('=').filter(|(key, _)| !key.is_empty()) else { continue };
        let (key, value) = (trim(key), trim(value));
        let value_span = span_of(text, value);
        let value = value.strip_prefix(['"', '\'']).unwrap_or(value);
        let value = value.strip_suffix(['"', '\'']).unwrap_or(value);
        if !value.is_empty() {
            draft.set(Variable::plain(key, value.to_owned(), span_of(text, key), value_span));
        }
    }
    file.in_file(draft.reading)
}

/// What JavaScript trims.
fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}')
}
