//! The statements of an env file, as docker compose reads them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr2_iter, memchr3_iter};
use regex::Regex;

use super::{MAX_FAULTS, Parsed};
use crate::interpolation::{MAX_VALUE, interpolates};
use crate::layer::{ASSIGN, BEHIND_QUOTE, Content, Entry, Fault, FaultKind, RUNS_ON, UNCLOSED, key_of};

/// Reads statement after statement into entries and faults.
pub(super) struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pub(super) at: usize,
    /// The last value that ran over a line end.
    multiline: Option<Multiline>,
    /// The end of the line on which the last quote closed, if it opened there.
    quoted_until: usize,
    /// Whether nothing is told that compose itself takes.
    strictly: bool,
    pub(super) parsed: Parsed,
}

/// A quote that was never closed finds its end in the next quoted value. What follows there is then no key, and the
/// mistake is told where the quote opens.
#[derive(Clone, Copy)]
struct Multiline {
    quote: usize,
    /// The end of the line in which it closed.
    line_end: usize,
    /// How many entries there were before it.
    entries: usize,
}

enum Key {
    /// A key and where its value begins.
    Assigned(Range<usize>),
    Inherited(Range<usize>),
    /// Not a key: reported, and reading goes on behind the line.
    Bad,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, strictly: bool) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            multiline: None,
            quoted_until: 0,
            strictly,
            parsed: Parsed::default(),
        }
    }

    /// Moves over blanks, line ends and comments; `false` at the end of the text.
    pub(super) fn skip_to_statement(&mut self) -> bool {
        loop {
            match self.bytes.get(self.at) {
                None => return false,
                Some(b'#') => self.at = self.line_end(self.at),
                Some(byte) if byte.is_ascii() => {
                    if !byte.is_ascii_whitespace() && *byte != b'\x0b' {
                        return true;
                    }
                    self.at += 1;
                }
                Some(_) => match self.char_at(self.at).filter(|character| character.is_whitespace()) {
                    Some(character) => self.at += character.len_utf8(),
                    None => return true,
                },
            }
        }
    }

    pub(super) fn statement(&mut self) {
        match self.key() {
            Key::Bad => {}
            Key::Inherited(key) => {
                self.entry(key.clone(), key.end..key.end, Content::Inherited, false);
            }
            Key::Assigned(key) => {
                let after = self.at;
                self.at = self.skip_blanks(self.at);
                match self.bytes.get(self.at) {
                    Some(quote @ (b'"' | b'\'')) => self.quoted(key, *quote),
                    _ => self.unquoted(key, after),
                }
            }
        }
    }

    /// Reads the key at `self.at` and moves behind its `=`, `:` or line end.
    fn key(&mut self) -> Key {
        let start = self.after_export();
        let mut at = start;
        let delimiter = loop {
            let Some(byte) = self.bytes.get(at) else { return self.last_key(start) };
            match KEY_BYTES.get(usize::from(*byte)) {
                Some(Class::Part) => at += 1,
                Some(Class::End) => break *byte,
                _ => {
                    let character = self.char_at(at).unwrap_or_default();
                    if !is_key_character(character) {
                        let help = match character {
                            '＝' => "this is the wide `＝` of another keyboard: write `=`",
                            _ => {
                                "write `KEY=value`; a key has letters, digits and `_ . - [ ]`, and a comment begins with `#`"
                            }
                        };
                        return self.bad_key(
                            start,
                            at..at + character.len_utf8(),
                            "this character cannot be part of a key",
                            help,
                        );
                    }
                    at += character.len_utf8();
                }
            }
        };
        let key = self.text.get(start..at).unwrap_or_default().trim_end();
        let range = start..start + key.len();
        if key.contains(' ') {
            let help = "write `KEY=value`, or `#` in front of a comment";
            return self.bad_key(start, range, "a key cannot hold a space", help);
        }
        self.at = at + 1;
        if delimiter == b'\n' { Key::Inherited(range) } else { Key::Assigned(range) }
    }

    /// Where the key begins when the statement may have `export` in front.
    fn after_export(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.strip_prefix(b"export") {
            Some([b' ' | b'\t' | b'\n' | b'\x0c' | b'\r', ..]) => self.skip_blanks(self.at + 6),
            _ => self.at,
        }
    }

    /// A key that the end of the text cuts off: compose takes it for the value of a variable without a name.
    fn last_key(&mut self, start: usize) -> Key {
        if start == self.bytes.len() {
            let help = "write `export KEY=value`, or take it out";
            self.fault(self.at..self.at + 6, (FaultKind::Refused, "nothing follows `export`"), help);
            self.at = start;
            return Key::Bad;
        }
        self.at = start;
        Key::Assigned(start..start)
    }

    /// Tells of a statement that begins at `start` and has no key.
    fn bad_key(&mut self, start: usize, at: Range<usize>, message: &'static str, help: &'static str) -> Key {
        match self.multiline {
            Some(Multiline { quote, line_end, entries }) if at.start < line_end => {
                self.parsed.entries.truncate(entries);
                self.unclosed(quote, (FaultKind::Unclosed, UNCLOSED));
            }
            _ if start < self.quoted_until => {
                self.at = self.line_end(at.end);
                let written = self.text.get(start..self.at).unwrap_or_default().trim_end().len();
                let help = "put all of the value in one pair of quotes, or `#` in front of a comment";
                self.fault(start..start + written, (FaultKind::BehindQuote, BEHIND_QUOTE), help);
            }
            _ => {
                self.at = self.line_end(at.end);
                self.fault(at, (FaultKind::Refused, message), help);
            }
        }
        Key::Bad
    }

    fn unclosed(&mut self, quote: usize, what: (FaultKind, &'static str)) {
        let end = self.line_end(quote);
        let trimmed = self.text.get(quote..end).unwrap_or_default().trim_end().len();
        let help = "close the quote, or put the value in the other kind of quotes";
        self.fault(quote..quote + trimmed, what, help);
        self.multiline = None;
        self.at = end;
    }

    /// A value without quotes: to the line end, or to a `#` behind a space.
    fn unquoted(&mut self, key: Range<usize>, after_key: usize) {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (mut end, mut line_end, mut dollar) = (None, rest.len(), false);
        for offset in memchr3_iter(b'\n', b'#', b'$', rest) {
            match rest.get(offset) {
                Some(b'$') => dollar |= end.is_none(),
                Some(b'#') if end.is_none() && offset > 0 && rest.get(offset - 1) == Some(&b' ') => end = Some(offset),
                Some(b'\n') => {
                    line_end = offset;
                    break;
                }
                _ => {}
            }
        }
        let value = self.text.get(start..start + end.unwrap_or(line_end)).unwrap_or_default().trim_end();
        let range = if value.is_empty() { after_key..after_key } else { start..start + value.len() };
        self.at = start + line_end;
        let content = Content::Slice(narrow(&range));
        self.entry(key, range, content, dollar && interpolates(value));
    }

    /// A value in quotes, which may run over line ends; `self.at` is at the opening quote.
    fn quoted(&mut self, key: Range<usize>, quote: u8) {
        let open = self.at;
        let rest = self.bytes.get(open + 1..).unwrap_or_default();
        let (mut escaped, mut skipped, mut close) = (false, None, None);
        for offset in memchr2_iter(quote, b'\\', rest) {
            if skipped == Some(offset) {
                continue;
            }
            if rest.get(offset) == Some(&quote) {
                close = Some(open + 1 + offset);
                break;
            }
            escaped = true;
            skipped = Some(offset + 1);
        }
        let Some(close) = close else { return self.unclosed(open, (FaultKind::Unclosed, UNCLOSED)) };
        let inner = self.text.get(open + 1..close).unwrap_or_default();
        let decoded = if escaped { unescape(inner, quote) } else { Cow::Borrowed(inner) };
        let dollar = quote == b'"' && interpolates(&decoded);
        let content = match decoded {
            Cow::Owned(text) if text != inner => Content::Decoded(text.into()),
            _ => Content::Slice(narrow(&(open + 1..close))),
        };
        self.at = close + 1;
        if memchr(b'\n', inner.as_bytes()).is_some() {
            let goes_on = self.bytes.get(self.at).is_some_and(|next| !next.is_ascii_whitespace());
            if goes_on && !self.strictly && ends_in_assignment(inner) {
                return self.unclosed(open, (FaultKind::RunsOn, RUNS_ON));
            }
            let (line_end, entries) = (self.line_end(close), self.parsed.entries.len());
            self.multiline = Some(Multiline { quote: open, line_end, entries });
        } else {
            self.quoted_until = self.line_end(close);
        }
        self.entry(key, open..close + 1, content, dollar);
    }

    fn entry(&mut self, key: Range<usize>, value: Range<usize>, content: Content, interpolates: bool) {
        if value.len() > MAX_VALUE {
            let help = "keep large data in a file of its own, and its path here";
            return self.fault(value, (FaultKind::LongValue, "the value is longer than 1 MiB"), help);
        }
        self.parsed.entries.push(Entry { key: narrow(&key), value: narrow(&value), content, interpolates });
    }

    pub(super) fn fault(&mut self, at: Range<usize>, (kind, message): (FaultKind, &'static str), help: &'static str) {
        match self.parsed.faults.len() {
            0..MAX_FAULTS => self.parsed.faults.push(Fault { at: narrow(&at), kind, message, help }),
            MAX_FAULTS => {
                let message = "from here on there are more faults, which are not listed";
                let help = "mend those above first; is this an env file at all?";
                self.parsed.faults.push(Fault { at: narrow(&at), kind: FaultKind::Refused, message, help });
            }
            _ => {}
        }
    }

    /// The line end at or after `at`, or the end of the text.
    fn line_end(&self, at: usize) -> usize {
        self.bytes.get(at..).and_then(|rest| memchr(b'\n', rest)).map_or(self.bytes.len(), |length| at + length)
    }

    /// The first place from `at` that is no blank within a line.
    fn skip_blanks(&self, mut at: usize) -> usize {
        loop {
            match self.bytes.get(at) {
                Some(b' ' | b'\t' | b'\x0b' | b'\x0c' | b'\r') => at += 1,
                Some(0xc2) if matches!(self.bytes.get(at + 1), Some(0x85 | 0xa0)) => at += 2,
                _ => return at,
            }
        }
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }
}

/// Takes the escapes out of what stands between quotes.
///
/// `\$` becomes `$$`, which interpolation turns into a plain `$` later.
fn unescape(inner: &str, quote: u8) -> Cow<'_, str> {
    let quote = char::from(quote);
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        rest = after;
        let Some(escaped) = after.chars().next() else {
            out.push('\\');
            break;
        };
        rest = after.get(escaped.len_utf8()..).unwrap_or_default();
        match escaped {
            _ if escaped == quote => out.push(quote),
            _ if quote == '\'' => out.extend(['\\', escaped]),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '\\' => out.push('\\'),
            '$' => out.push_str("$$"),
            '0' => rest = push_octal(&mut out, rest),
            _ => out.extend(['\\', escaped]),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `\0` takes up to three digits. Only three octal ones up to 377 are a character; otherwise compose drops the `0`.
fn push_octal<'t>(out: &mut String, rest: &'t str) -> &'t str {
    let count = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = rest.split_at(count);
    match u8::from_str_radix(digits, 8) {
        Ok(code) if count == 3 => out.push(char::from(code)),
        _ => {
            out.push('\\');
            out.push_str(digits);
        }
    }
    rest
}

#[derive(Clone, Copy)]
enum Class {
    /// Part of a key, or a blank in it (those at its end are trimmed later).
    Part,
    /// Ends a key.
    End,
    /// Not decided by the byte alone, or wrong.
    Other,
}

static KEY_BYTES: [Class; 256] = key_bytes();

const fn key_bytes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        #[allow(clippy::indexing_slicing, reason = "a byte is within 256, checked when compiled")]
        {
            classes[byte as usize] = match byte {
                b'=' | b':' | b'\n' => Class::End,
                b'_' | b'.' | b'-' | b'[' | b']' | b' ' | b'\t' | b'\x0b' | b'\x0c' | b'\r' => Class::Part,
                _ if byte.is_ascii_alphanumeric() => Class::Part,
                _ => Class::Other,
            };
        }
        byte += 1;
    }
    classes
}

/// Letters and numbers of any script, which is narrower than `char::is_alphanumeric`: no combining marks.
fn is_key_character(character: char) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{N}\x{85}\x{a0}]$").ok());
    !character.is_ascii()
        && PATTERN.as_ref().is_some_and(|pattern| pattern.is_match(character.encode_utf8(&mut [0; 4])))
}

fn narrow(range: &Range<usize>) -> Range<u32> {
    let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    narrow(range.start)..narrow(range.end)
}

/// Whether the last line of a value is an assignment up to its quote: `NAME=`, and what closed the value opens another one.
fn ends_in_assignment(inner: &str) -> bool {
    let last = inner.rsplit('\n').next().unwrap_or_default().trim_end();
    let is_name = |key: &str| {
        !key.starts_with(|first: char| first.is_ascii_digit())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    };
    last.ends_with('=') && last.matches(ASSIGN).count() == 1 && key_of(last).is_some_and(is_name)
}
