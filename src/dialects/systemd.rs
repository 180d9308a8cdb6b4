//! systemd's `EnvironmentFile=`.
//!
//! Comments are whole lines, with `#` or `;`; there are none behind a value. Quotes count at the beginning of a value
//! and right behind a closing quote. An unclosed quote takes the rest of the file. There are no references. Names that
//! are no identifiers are passed over with a log line. In systemd 252 a backslash at the end of a comment continues
//! the comment; since 254 it does not. A value with a control character is read, and shown here, but a service manager
//! refuses to pass it on.

use std::ops::Range;

use super::{Draft, Process, ReadError, Reading, Variable};

/// Reads a file as systemd does for a service; the process environment plays no part.
#[must_use]
pub fn read(bytes: &[u8], _: &Process) -> Reading {
    if let Some(at) = memchr::memchr(0, bytes) {
        let error = ReadError { message: "the file holds a NUL byte", at: Some(at..at + 1) };
        return Reading { error: Some(error), ..Reading::default() };
    }
    let mut machine =
        Machine { state: State::BeforeKey, key: 0..0, key_end: 0, value: Vec::new(), written: 0..0, kept: usize::MAX };
    let mut draft = Draft::default();
    for (at, byte) in bytes.iter().enumerate() {
        if machine.step(at, *byte)
            && let Err(message) = machine.push(bytes, &mut draft)
        {
            return draft.refused(message, machine.key.start..machine.key_end);
        }
    }
    if machine.ends_in_value()
        && let Err(message) = machine.push(bytes, &mut draft)
    {
        return draft.refused(message, machine.key.start..machine.key_end);
    }
    draft.reading
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeKey,
    Key,
    BeforeValue,
    Value,
    Escape,
    SingleQuotes,
    DoubleQuotes,
    DoubleQuotesEscape,
    Comment,
    CommentEscape,
}

struct Machine {
    state: State,
    key: Range<usize>,
    /// The end of the key without blanks behind it.
    key_end: usize,
    value: Vec<u8>,
    written: Range<usize>,
    /// How much of the value stays when blanks behind it are taken off.
    kept: usize,
}

impl Machine {
    /// Takes one byte; whether it ended an assignment.
    fn step(&mut self, at: usize, byte: u8) -> bool {
        let newline = matches!(byte, b'\n' | b'\r');
        let blank = newline || matches!(byte, b' ' | b'\t');
        if !blank {
            self.written.end = at + 1;
        }
        self.state = match self.state {
            State::BeforeKey if matches!(byte, b'#' | b';') => State::Comment,
            State::BeforeKey if blank => State::BeforeKey,
            State::BeforeKey => {
                self.key = at..at + 1;
                self.key_end = at + 1;
                State::Key
            }
            State::Key if newline => State::BeforeKey,
            State::Key if byte == b'=' => {
                self.written = at + 1..at + 1;
                State::BeforeValue
            }
            State::Key => {
                self.key_end = if blank { self.key_end } else { at + 1 };
                State::Key
            }
            State::BeforeValue | State::Value if newline => return true,
            State::BeforeValue => self.before_value(at, byte, blank),
            State::Value if byte == b'\\' => {
                self.kept = usize::MAX;
                State::Escape
            }
            State::Value => {
                self.value.push(byte);
                self.kept = if blank { self.kept.min(self.value.len() - 1) } else { usize::MAX };
                State::Value
            }
            State::Escape => {
                if !newline {
                    self.value.push(byte);
                }
                State::Value
            }
            State::SingleQuotes if byte == b'\'' => State::BeforeValue,
            State::DoubleQuotes if byte == b'"' => State::BeforeValue,
            State::DoubleQuotes if byte == b'\\' => State::DoubleQuotesEscape,
            State::SingleQuotes | State::DoubleQuotes => {
                self.value.push(byte);
                self.state
            }
            State::DoubleQuotesEscape => {
                match byte {
                    b'"' | b'\\' | b'`' | b'$' => self.value.push(byte),
                    b'\n' => {}
                    _ => self.value.extend([b'\\', byte]),
                }
                State::DoubleQuotes
            }
            State::Comment if byte == b'\\' => State::CommentEscape,
            State::Comment if newline => State::BeforeKey,
            State::Comment | State::CommentEscape => State::Comment,
        };
        false
    }

    fn before_value(&mut self, at: usize, byte: u8, blank: bool) -> State {
        if !blank && self.written.start >= at {
            self.written.start = at;
        }
        match byte {
            b'\'' => State::SingleQuotes,
            b'"' => State::DoubleQuotes,
            b'\\' => State::Escape,
            _ if blank => State::BeforeValue,
            _ => {
                self.value.push(byte);
                self.kept = usize::MAX;
                State::Value
            }
        }
    }

    fn ends_in_value(&self) -> bool {
        !matches!(self.state, State::BeforeKey | State::Key | State::Comment | State::CommentEscape)
    }

    /// Sets the variable that was read, unless systemd would pass over it.
    fn push(&mut self, bytes: &[u8], draft: &mut Draft) -> Result<(), &'static str> {
        let mut value = std::mem::take(&mut self.value);
        if self.state == State::Value {
            value.truncate(self.kept);
        }
        self.kept = usize::MAX;
        self.state = State::BeforeKey;
        let key = self.key.start..self.key_end;
        let name = std::str::from_utf8(bytes.get(key.clone()).unwrap_or_default());
        let (Ok(name), Ok(value)) = (name, String::from_utf8(value)) else { return Err("this is not UTF-8") };
        if [name, &value].iter().any(|text| text.chars().any(is_noncharacter)) {
            return Err("this holds a code point that is no character");
        }
        let valid = name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        if valid {
            let written = self.written.start.min(self.written.end)..self.written.end;
            draft.set(Variable::plain(name, value, key, written));
        }
        Ok(())
    }
}

fn is_noncharacter(character: char) -> bool {
    matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe
}
