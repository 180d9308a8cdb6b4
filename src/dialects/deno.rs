//! `deno run --env-file`: node's rules, and references.
//!
//! `$NAME` (letters and digits) and `${anything}` are replaced in unquoted and double-quoted values, from the process
//! environment first, then from earlier lines; `\$` is a plain dollar sign. The process environment beats the file.

use super::families::node::assignments;
use super::{Draft, Process, Reading, Text, Variable};

/// How much text the references of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

/// Reads a file as `deno run --env-file` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let Ok(file) = Text::strict(bytes) else { return Reading::default() };
    let file = file.with_carriage_returns(|_| "");
    let text = &*file.text;
    let mut draft = Draft::default();
    let mut left = MAX_EXPANDED;
    for found in assignments(text) {
        let key = text.get(found.key.clone()).unwrap_or_default();
        let quoted_literally = found.quote.is_some_and(|quote| quote != b'"');
        let unclosed = found.quote.is_none()
            && text.get(found.inner.clone()).is_some_and(|inner| inner.starts_with(['"', '\'', '`']));
        let mut value = found.value(text);
        if !quoted_literally && !unclosed {
            match expand(&value, process, &draft, &mut left) {
                Some(expanded) => value = expanded,
                None => return file.in_file(draft.refused("the references expand to too much text", found.written)),
            }
        }
        draft.set(Variable::plain(key, value, found.key, found.written));
    }
    let mut reading = draft.reading;
    reading.prefer(process);
    file.in_file(reading)
}

fn expand(value: &str, process: &Process, draft: &Draft, left: &mut usize) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('$') {
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        let name;
        (name, rest) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
            None => {
                let length = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
                after.split_at(length)
            }
        };
        let text = process.get(name).map(String::as_str).or_else(|| draft.value(name)).unwrap_or_default();
        *left = left.checked_sub(text.len())?;
        out.push_str(text);
    }
    out.push_str(rest);
    Some(out)
}
