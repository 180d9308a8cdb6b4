//! `deno run --env-file`: node's rules, and references.
//!
//! A value in quotes ends at the last same quote of the line in which the next one stands, if what follows is blank or
//! a comment. `$NAME` and `${anything}` are replaced in unquoted and double-quoted values, from the process
//! environment first, then from earlier lines; `\$` is a plain dollar sign. Of two equal keys the first stands, and the process environment beats both.
//! A NUL ends the reading; a key without a name, as in `=` alone, makes deno panic.

use std::collections::HashMap;

use memchr::{memchr, memrchr_iter};

use super::families::node::{assignments, next_quote};
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
    let mut values = HashMap::new();
    let mut left = MAX_EXPANDED;
    for found in assignments(text, closing_quote) {
        let key = text.get(found.key.clone()).unwrap_or_default();
        let quoted_literally = found.quote.is_some_and(|quote| quote != b'"');
        let unclosed = found.quote.is_none()
            && text.get(found.inner.clone()).is_some_and(|inner| inner.starts_with(['"', '\'', '`']));
        let mut value = found.value(text);
        if !quoted_literally && !unclosed {
            match expand(&value, process, &values, &mut left) {
                Some(expanded) => value = expanded,
                None => return file.in_file(draft.refused("the references expand to too much text", found.written)),
            }
        }
        if key.contains('\0') || value.contains('\0') {
            break;
        }
        if key.is_empty() {
            return file.in_file(draft.refused("the assignment has no name", found.key));
        }
        values.insert(key.to_owned(), value.clone());
        if draft.get(key).is_none() {
            draft.set(Variable::plain(key, value, found.key, found.written));
        }
    }
    let mut reading = draft.reading;
    reading.prefer(process);
    file.in_file(reading)
}

/// A quote in front of a comment is preferred to one in front of nothing.
fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let first = next_quote(bytes, open)?;
    let line_end = memchr(b'\n', bytes.get(first..)?).map_or(bytes.len(), |length| first + length);
    let after = |at: usize, limit: usize| {
        let rest = bytes.get(at + 1..limit).unwrap_or_default();
        rest.iter().copied().find(|byte| !matches!(byte, b' ' | b'\t'))
    };
    if matches!(after(first, line_end), None | Some(b'#')) {
        return Some(first);
    }
    let mut last = None;
    // Behind each quote it is enough to look as far as the next one.
    let mut limit = line_end;
    for offset in memrchr_iter(*bytes.get(open)?, bytes.get(first + 1..line_end)?) {
        let at = first + 1 + offset;
        match after(at, limit) {
            Some(b'#') => return Some(at),
            None if limit == line_end => last = last.or(Some(at)),
            _ => {}
        }
        limit = at + 1;
    }
    Some(last.unwrap_or(first))
}

fn expand(value: &str, process: &Process, values: &HashMap<String, String>, left: &mut usize) -> Option<String> {
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
                let length = after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
                after.split_at(length)
            }
        };
        let text =
            process.get(name).map(String::as_str).or_else(|| values.get(name).map(String::as_str)).unwrap_or_default();
        *left = left.checked_sub(text.len())?;
        out.push_str(text);
    }
    out.push_str(rest);
    Some(out)
}
