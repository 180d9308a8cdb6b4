//! `bun --env-file`.
//!
//! Keys are letters, digits and `_ - .`; a line that does not fit is skipped. Values may stand on the next line when
//! they are quoted. In quotes a backslash keeps the next sign from closing them, and stays; in double quotes `\n` and
//! `\r` are decoded. `$NAME`, `${NAME}` and `${NAME:-default}` are replaced in every kind of quotes, once all lines are
//! read, so that later lines count (as they are written); `\$` is a plain dollar sign. The process environment beats
//! the file.

use std::collections::HashMap;
use std::ops::Range;

use memchr::{memchr2, memchr3};

use super::{Draft, Process, Reading, Text, Variable};

/// How much text the references of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;
/// How deep defaults may nest.
const MAX_DEPTH: usize = 32;

/// Reads a file as `bun --env-file` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let file = Text::new(bytes);
    let text = &*file.text;
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, bytes: text.as_bytes(), at: start };
    let mut draft = Draft::default();
    while reader.at < text.len() {
        let Some(key_span) = reader.key(true) else {
            reader.skip_line();
            continue;
        };
        let (value, value_span) = reader.value();
        let key = text.get(key_span.clone()).unwrap_or_default();
        draft.set(Variable::plain(key, value, key_span, value_span));
    }
    file.in_file(expand_all(draft, process))
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    /// Reads a key and its `=` or `: `; stays where it was if there is none.
    fn key(&mut self, may_export: bool) -> Option<Range<usize>> {
        self.skip_spaces();
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let key = start..start + rest.iter().take_while(|byte| is_key(byte)).count();
        self.at = key.end;
        self.skip_spaces();
        if may_export
            && self.at > key.end
            && self.bytes.get(key.clone()) == Some(b"export")
            && let Some(key) = self.key(false)
        {
            return Some(key);
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = match rest {
            [b'=', ..] => 1,
            [b':', next, ..] if is_space(*next) => 2,
            _ => 0,
        };
        if key.is_empty() || length == 0 {
            self.at = start;
            return None;
        }
        self.at += length;
        Some(key)
    }

    fn value(&mut self) -> (String, Range<usize>) {
        let start = self.at;
        self.skip_spaces();
        if let Some(quote @ (b'"' | b'\'' | b'`')) = self.bytes.get(self.at).copied() {
            let open = self.at;
            if let Some(close) = self.close(open, quote) {
                let inner = self.text.get(open + 1..close).unwrap_or_default();
                self.at = close + 1;
                self.skip_line();
                return (unescape(inner, quote), open..close + 1);
            }
        }
        let rest = self.bytes.get(start..).unwrap_or_default();
        self.at = start + memchr3(b'#', b'\r', b'\n', rest).unwrap_or(rest.len());
        let line = self.text.get(start..self.at).unwrap_or_default();
        let space = |character| u8::try_from(character).is_ok_and(is_space);
        let value = line.trim_matches(space);
        let from = start + line.len() - line.trim_start_matches(space).len();
        (value.to_owned(), from.min(start + line.len())..from + value.len())
    }

    /// The quote that closes the one at `open`.
    fn close(&self, open: usize, quote: u8) -> Option<usize> {
        let mut at = open + 1;
        loop {
            at += memchr2(quote, b'\\', self.bytes.get(at..)?)?;
            if self.bytes.get(at) == Some(&quote) {
                return Some(at);
            }
            at += 2;
        }
    }

    fn skip_spaces(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| is_space(**byte)).count();
    }

    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr2(b'\n', b'\r', rest).map_or(rest.len(), |length| length + 1);
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\x0b' | b'\x0c' | b' ' | b'\n' | b'\r')
}

/// Line ends become `\n`; in double quotes `\n` and `\r` are decoded, and other pairs stay.
fn unescape(inner: &str, quote: u8) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quote == b'"' => match characters.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            '\r' => {
                if characters.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            _ => out.push(character),
        }
    }
    out
}

fn expand_all(mut draft: Draft, process: &Process) -> Reading {
    let values = draft.reading.vars.iter();
    let mut values: HashMap<_, _> =
        values.map(|one| (one.key.clone(), one.value.clone().unwrap_or_default())).collect();
    let mut left = MAX_EXPANDED;
    for index in 0..draft.reading.vars.len() {
        let Some(variable) = draft.reading.vars.get_mut(index) else { break };
        let written = variable.value.take().unwrap_or_default();
        let value = if let Some(value) = process.get(&variable.key) {
            value.clone()
        } else {
            let lookup = |name: &str| process.get(name).or_else(|| values.get(name)).map(String::as_str);
            let mut expander = Expander { text: &written, braces: braces(&written), lookup: &lookup, left: &mut left };
            let mut value = String::with_capacity(written.len());
            if expander.expand(0..written.len(), 0, &mut value).is_none() {
                let span = variable.value_span.clone();
                return draft.refused("the references expand to too much text", span);
            }
            value
        };
        values.insert(variable.key.clone(), value.clone());
        variable.value = Some(value);
    }
    draft.reading
}

/// For each `${` where its `}` is, in order of the opening ones; a backslash hides the sign behind it.
fn braces(text: &str) -> Vec<(usize, Option<usize>)> {
    let bytes = text.as_bytes();
    let mut pairs = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| memchr3(b'\\', b'$', b'}', rest)) {
        at += length;
        match bytes.get(at) {
            Some(b'\\') => at += 1,
            Some(b'$') if bytes.get(at + 1) == Some(&b'{') => {
                open.push(pairs.len());
                pairs.push((at, None));
                at += 1;
            }
            Some(b'}') => {
                if let Some(pair) = open.pop().and_then(|index| pairs.get_mut(index)) {
                    pair.1 = Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    pairs
}

struct Expander<'e> {
    text: &'e str,
    braces: Vec<(usize, Option<usize>)>,
    lookup: &'e dyn Fn(&str) -> Option<&'e str>,
    left: &'e mut usize,
}

impl Expander<'_> {
    /// Expands a part of the text; `None` when that gives too much.
    fn expand(&mut self, part: Range<usize>, depth: usize, out: &mut String) -> Option<()> {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut at = part.start;
        while let Some(length) = memchr::memchr(b'$', bytes.get(at..part.end)?) {
            let dollar = at + length;
            let before = text.get(at..dollar)?;
            at = dollar + 1;
            if let Some(before) = before.strip_suffix('\\') {
                out.push_str(before);
                out.push('$');
                continue;
            }
            out.push_str(before);
            let close = if bytes.get(at).filter(|_| at < part.end) == Some(&b'{') {
                let found = self.braces.binary_search_by_key(&dollar, |(open, _)| *open).ok();
                let Some(close) = found.and_then(|index| self.braces.get(index)?.1).filter(|close| *close < part.end)
                else {
                    // What is not closed keeps the rest of the value as it is.
                    out.push_str(text.get(dollar..part.end)?);
                    return Some(());
                };
                Some(close)
            } else {
                None
            };
            let from = if close.is_some() { at + 1 } else { at };
            let limit = close.unwrap_or(part.end);
            let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let end = from + bytes.get(from..limit)?.iter().take_while(is_name).count();
            let name = text.get(from..end)?;
            let Some(close) = close else {
                if name.is_empty() {
                    out.push('$');
                } else {
                    self.push((self.lookup)(name).unwrap_or_default(), out)?;
                }
                at = end;
                continue;
            };
            at = close + 1;
            let tail = text.get(end..close)?;
            match ((self.lookup)(name), tail.starts_with(":-")) {
                (Some(value), true) => self.push(value, out)?,
                (None, true) if depth < MAX_DEPTH => self.expand(end + 2..close, depth + 1, out)?,
                (None, true) => return None,
                (value, false) if tail.is_empty() => self.push(value.unwrap_or_default(), out)?,
                _ => out.push_str(text.get(dollar..=close)?),
            }
        }
        out.push_str(text.get(at..part.end)?);
        Some(())
    }

    fn push(&mut self, value: &str, out: &mut String) -> Option<()> {
        *self.left = self.left.checked_sub(value.len())?;
        out.push_str(value);
        Some(())
    }
}
