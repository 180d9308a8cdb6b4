//! docker's own line reader: everything behind the first `=` is the value, as it stands.
//!
//! The same code of docker (`kvfile`) reads `docker run --env-file` and compose's `format: raw`.

use crate::dialects::{Draft, Process, Reading, Text, Variable, span_of};

/// A line of this many bytes does not fit docker's buffer.
const MAX_LINE: usize = 64 << 10;

/// Reads a file line by line. A key alone is taken from the process environment, or dropped.
pub(in crate::dialects) fn read(bytes: &[u8], process: &Process) -> Reading {
    let text = match Text::strict(bytes) {
        Ok(text) => text,
        Err(refused) => return *refused,
    };
    let text = &*text.text;
    let mut draft = Draft::default();
    for line in text.strip_prefix('\u{feff}').unwrap_or(text).split('\n') {
        if line.len() >= MAX_LINE {
            return draft.refused("the line is longer than 64 KiB", span_of(text, line));
        }
        let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        if key.is_empty() {
            return draft.refused("the line has no variable name", span_of(text, line));
        }
        if key.contains([' ', '\t']) {
            return draft.refused("the variable name holds a blank", span_of(text, key));
        }
        let (key_span, end) = (span_of(text, key), span_of(text, key).end);
        let variable = match value {
            Some(value) => Variable::plain(key, value.to_owned(), key_span, span_of(text, value)),
            None => match process.get(key) {
                Some(value) => Variable::plain(key, value.clone(), key_span, end..end),
                None => continue,
            },
        };
        draft.set(variable);
    }
    draft.reading
}
