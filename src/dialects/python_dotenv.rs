//! python-dotenv, `load_dotenv()`: Python's most used reader.
//!
//! A line it cannot read is dropped with a log message, and reading goes on behind it. References are `${NAME}` and
//! `${NAME:-default}` in every kind of quotes, single ones included; a bare `$NAME` stays. The process environment
//! beats the file, for values and for references. A NUL byte in a key or a value raises an error, and what stands above
//! it is set.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::{Draft, Process, ReadError, Reading, Text, Variable};

/// How much text the references of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

/// Reads a file as `load_dotenv()` does without `override`.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let file = match Text::strict(bytes) {
        Ok(file) => file.with_carriage_returns(|followed| if followed { "" } else { "\n" }),
        Err(refused) => return *refused,
    };
    let mut draft = Draft::default();
    let mut cursor = Cursor { text: &file.text, at: if file.text.starts_with('\u{feff}') { 3 } else { 0 } };
    let mut left = MAX_EXPANDED;
    while cursor.at < file.text.len() {
        let Some(binding) = cursor.binding() else {
            cursor.at = cursor.line_end(cursor.at) + 1;
            continue;
        };
        let Some(key_span) = binding.key else { continue };
        let key = file.text.get(key_span.clone()).unwrap_or_default();
        let (value, value_span) = match binding.value {
            None => (None, key_span.end..key_span.end),
            Some((value, span)) => match expand(&value, process, &draft, &mut left) {
                Some(value) => (Some(value), span),
                None => return file.in_file(draft.refused("the references expand to too much text", span)),
            },
        };
        draft.set(Variable { key: key.to_owned(), value, key_span, value_span });
    }
    let mut reading = draft.reading;
    reading.prefer(process);
    reading.vars.retain(|variable| variable.value.is_some());
    refuse_nul(&mut reading, process);
    file.in_file(reading)
}

/// Python sets one variable after another, and no environment can hold a NUL: it raises an error there. What is set
/// already is not set again.
fn refuse_nul(reading: &mut Reading, process: &Process) {
    let holds_nul = |variable: &Variable| {
        let texts = [Some(&variable.key), variable.value.as_ref()];
        texts.into_iter().flatten().any(|text| text.contains('\0')) && !process.contains_key(&variable.key)
    };
    let Some(at) = reading.vars.iter().position(holds_nul) else { return };
    let place = reading.vars.drain(at..).next().map(|variable| variable.key_span.start..variable.value_span.end);
    reading.error = Some(ReadError { message: "no environment can hold a NUL byte", at: place });
}

#[derive(Default)]
struct Binding {
    key: Option<Range<usize>>,
    /// The value before references, and where it is written.
    value: Option<(String, Range<usize>)>,
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl Cursor<'_> {
    /// Reads one binding or comment; `None` when the line is wrong from `self.at` on.
    fn binding(&mut self) -> Option<Binding> {
        self.skip(is_space);
        if self.at == self.text.len() {
            return Some(Binding::default());
        }
        self.export();
        let key = self.key()?;
        self.skip(is_blank);
        let mut value = None;
        if self.peek() == Some('=') {
            self.at += 1;
            let equal = self.at;
            self.skip(is_blank);
            let start = self.at;
            let text = if start > equal && self.peek() == Some('#') { String::new() } else { self.value()? };
            let end = start + self.text.get(start..self.at).unwrap_or_default().trim_end_matches(is_space).len();
            value = Some((text, start..end));
        }
        self.skip(is_blank);
        if self.peek() == Some('#') {
            self.at = self.line_end(self.at);
        }
        match self.peek() {
            None => {}
            Some('\n') => self.at += 1,
            Some(_) => return None,
        }
        Some(Binding { key, value })
    }

    fn export(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix("export").filter(|after| after.starts_with(is_blank)) {
            self.at += rest.len() - after.len();
            self.skip(is_blank);
        }
    }

    /// `Some(None)` in front of a comment.
    #[expect(clippy::option_option, reason = "no key and no line left are two answers")]
    fn key(&mut self) -> Option<Option<Range<usize>>> {
        let start = self.at;
        match self.peek()? {
            '#' => Some(None),
            '\'' => {
                let rest = self.text.as_bytes().get(start + 1..)?;
                let length = memchr(b'\'', rest).filter(|length| *length > 0)?;
                self.at = start + length + 2;
                Some(Some(start + 1..start + 1 + length))
            }
            _ => {
                self.skip(|character| !matches!(character, '=' | '#') && !is_space(character));
                (self.at > start).then_some(Some(start..self.at))
            }
        }
    }

    fn value(&mut self) -> Option<String> {
        match self.peek() {
            Some(quote @ ('\'' | '"')) => {
                let inner = self.quoted(quote)?;
                Some(unescape(inner, if quote == '"' { "\\'\"abfnrtv" } else { "\\'" }))
            }
            None | Some('\n') => Some(String::new()),
            Some(_) => {
                let end = self.line_end(self.at);
                let line = self.text.get(self.at..end).unwrap_or_default();
                self.at = end;
                let hashes = line.match_indices('#').map(|(at, _)| line.get(..at).unwrap_or_default());
                let value = hashes.into_iter().find(|before| before.ends_with(is_space)).unwrap_or(line);
                Some(value.trim_end_matches(is_space).to_owned())
            }
        }
    }

    /// The text between quotes; moves behind the closing one.
    fn quoted(&mut self, quote: char) -> Option<&str> {
        let start = self.at + 1;
        let bytes = self.text.as_bytes();
        let mut at = start;
        loop {
            at += memchr2(u8::try_from(quote).ok()?, b'\\', bytes.get(at..)?)?;
            if bytes.get(at) != Some(&b'\\') {
                self.at = at + 1;
                return self.text.get(start..at);
            }
            at += 2;
        }
    }

    fn skip(&mut self, wanted: fn(char) -> bool) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find(|character| !wanted(character)).unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        memchr(b'\n', rest).map_or(self.text.len(), |length| at + length)
    }
}

/// What `\s` matches in Python.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

fn is_blank(character: char) -> bool {
    is_space(character) && character != '\n'
}

/// Decodes `\` before one of `known`; other pairs stay.
fn unescape(inner: &str, known: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let Some(escaped) = after.chars().next() else {
            out.push('\\');
            return out;
        };
        rest = after.get(escaped.len_utf8()..).unwrap_or_default();
        match escaped {
            _ if !known.contains(escaped) => out.extend(['\\', escaped]),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            _ => out.push(escaped),
        }
    }
    out.push_str(rest);
    out
}

/// Replaces `${NAME}` and `${NAME:-default}`; `None` when that gives more than what is `left`.
fn expand(value: &str, process: &Process, draft: &Draft, left: &mut usize) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    // Where the next `}` and the next `}` or `:` are, kept so that a row of `${` is not searched again and again.
    let (mut copied, mut close, mut name_end) = (0, 0, 0);
    for (start, _) in value.match_indices("${") {
        let name_from = start + 2;
        if start < copied {
            continue;
        }
        let bytes = value.as_bytes();
        if name_end < name_from {
            let Some(length) = bytes.get(name_from..).and_then(|rest| memchr2(b'}', b':', rest)) else { break };
            name_end = name_from + length;
        }
        let rest = value.get(name_end..).unwrap_or_default();
        let (end, default) = if rest.starts_with('}') {
            (name_end, None)
        } else if rest.starts_with(":-") {
            if close < name_end {
                let Some(length) = bytes.get(name_end..).and_then(|rest| memchr(b'}', rest)) else { break };
                close = name_end + length;
            }
            (close, value.get(name_end + 2..close))
        } else {
            continue;
        };
        let name = value.get(name_from..name_end).unwrap_or_default();
        out.push_str(value.get(copied..start)?);
        let known = process.get(name).map(String::as_str).or_else(|| {
            // A key that was read without a value counts as empty.
            draft.get(name).map(|variable| variable.value.as_deref().unwrap_or_default())
        });
        let text = known.or(default).unwrap_or_default();
        *left = left.checked_sub(text.len())?;
        out.push_str(text);
        copied = end + 1;
    }
    out.push_str(value.get(copied..).unwrap_or_default());
    Some(out)
}
