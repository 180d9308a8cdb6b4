//! Elements within JavaScript, as JSX and Vue have them: their text is no code, but what stands in braces and quotes is.

use std::ops::Range;

use super::{FREE, Kind, Lexer, MAX_DEPTH};

/// Elements that nothing closes.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Looks for the end of an element, and for the code in it.
struct Scanner<'t> {
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    /// What stands in braces and quotes of this element.
    code: Vec<Range<usize>>,
    /// How many bytes may still be looked at.
    left: usize,
}

impl Lexer<'_> {
    /// An element where a value may begin; anything that is not closed as it should be is none.
    pub(super) fn element(&mut self, depth: usize) -> bool {
        let begins = self.rest().get(1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'>');
        // A program stands in this one.
        if !begins || depth >= MAX_DEPTH || self.starts("<script") || !self.value_may_begin() {
            return false;
        }
        let left = (4 * self.text.len() + FREE).saturating_sub(self.wasted);
        let mut scanner = Scanner { bytes: self.text.as_bytes(), text: self.text, at: self.at, code: Vec::new(), left };
        let closed = scanner.element(0).is_some();
        self.wasted += left - scanner.left;
        if !closed {
            return false;
        }
        let (start, end) = (self.at, scanner.at);
        self.at += 1;
        self.push(Kind::Text, start, start..start, true);
        for range in scanner.code {
            self.pass(range.start);
            if self.text.as_bytes()[range.start] == b'{' {
                self.braces(range, depth);
            } else {
                self.at = range.end;
                self.push(Kind::Text, range.start, range.start + 1..range.end - 1, false);
            }
        }
        self.pass(end);
        true
    }

    /// The code within braces.
    fn braces(&mut self, range: Range<usize>, depth: usize) {
        self.at = range.start + 1;
        self.push(Kind::Sign, range.start, range.start..range.start, false);
        let text = self.text;
        self.text = &text[..range.end - 1];
        self.code(depth + 1, true);
        self.text = text;
        self.at = range.end;
        self.push(Kind::Sign, range.end - 1, range.end - 1..range.end - 1, false);
    }
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.bytes[self.at.min(self.bytes.len())..]
    }

    /// Moves on; `None` at the end, or where too much was looked at already.
    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.at += bytes;
        self.left = self.left.checked_sub(bytes)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    /// From `<` to behind the end of the element.
    fn element(&mut self, depth: usize) -> Option<()> {
        let mut open: Vec<&str> = Vec::new();
        loop {
            match self.rest() {
                [b'<', b'/', ..] => {
                    self.pass(2)?;
                    let name = self.name()?;
                    self.blanks()?;
                    (open.pop()? == name && self.rest().first() == Some(&b'>')).then_some(())?;
                    self.pass(1)?;
                }
                [b'<', b'!', b'-', b'-', ..] => {
                    let end = memchr::memmem::find(self.rest(), b"-->")?;
                    self.pass(end + 3)?;
                }
                [b'<', next, ..] if next.is_ascii_alphabetic() || *next == b'>' => {
                    self.pass(1)?;
                    let name = self.name()?;
                    if !self.attributes(depth)? && !VOID.contains(&name) {
                        open.push(name);
                    }
                }
                [b'{', ..] => self.hole(depth)?,
                _ => self.pass(1)?,
            }
            if open.is_empty() {
                return Some(());
            }
        }
    }

    fn name(&mut self) -> Option<&'t str> {
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.:$".contains(byte);
        let (from, length) = (self.at, self.rest().iter().take_while(is_part).count());
        self.pass(length)?;
        self.text.get(from..from + length)
    }

    fn blanks(&mut self) -> Option<()> {
        let length = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.pass(length)
    }

    /// The attributes and the `>`; whether the element is closed at once.
    fn attributes(&mut self, depth: usize) -> Option<bool> {
        loop {
            match self.rest() {
                [b'/', b'>', ..] => return self.pass(2).map(|()| true),
                [b'>', ..] => return self.pass(1).map(|()| false),
                [b'{', ..] => self.hole(depth)?,
                [quote @ (b'"' | b'\''), ..] => {
                    let end = memchr::memchr(*quote, &self.rest()[1..])?;
                    self.code.push(self.at..self.at + end + 2);
                    self.pass(end + 2)?;
                }
                [byte, ..] if byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"_-.:$@#=[] \t\r\n".contains(byte) => {
                    self.pass(1)?;
                }
                _ => return None,
            }
        }
    }

    /// Passes over what is looked at when its own turn comes.
    fn within(&mut self, pass: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let known = self.code.len();
        let passed = pass(self);
        self.code.truncate(known);
        passed
    }

    /// Code within braces; elements in it are passed over, so that their text ends nothing.
    fn hole(&mut self, depth: usize) -> Option<()> {
        let start = self.at;
        let mut braces = 0_usize;
        // Whether a value may begin here, so that `<` begins an element.
        let mut value = true;
        loop {
            let before = self.at;
            match self.rest() {
                [b'/', b'/', ..] => self.pass(memchr::memchr(b'\n', self.rest())?)?,
                [b'/', b'*', ..] => self.pass(memchr::memmem::find(self.rest(), b"*/")? + 2)?,
                [b'"' | b'\'' | b'`', ..] => self.quoted(depth)?,
                [b'<', next, ..] if value && depth < MAX_DEPTH && (next.is_ascii_alphabetic() || *next == b'>') => {
                    if self.within(|inner| inner.element(depth + 1)).is_none() {
                        self.at = before + 1;
                    }
                }
                [b'{', ..] => {
                    braces += 1;
                    self.pass(1)?;
                }
                [b'}', ..] => {
                    braces -= 1;
                    self.pass(1)?;
                    if braces == 0 {
                        self.code.push(start..self.at);
                        return Some(());
                    }
                }
                _ => self.pass(1)?,
            }
            let last = self.bytes[self.at - 1];
            if !last.is_ascii_whitespace() {
                value = b"(=,?:&|>{[;".contains(&last);
            }
        }
    }

    /// A string; a quote that nothing closes on its line is only a sign.
    fn quoted(&mut self, depth: usize) -> Option<()> {
        let quote = *self.rest().first()?;
        let from = self.at;
        self.pass(1)?;
        loop {
            match self.rest() {
                [b'\\', _, ..] => self.pass(2)?,
                [b'$', b'{', ..] if quote == b'`' && depth < MAX_DEPTH => {
                    self.pass(1)?;
                    self.within(|inner| inner.hole(depth + 1))?;
                }
                [b'\n', ..] if quote != b'`' => {
                    self.at = from + 1;
                    return Some(());
                }
                [byte, ..] => {
                    let closes = *byte == quote;
                    self.pass(1)?;
                    if closes {
                        return Some(());
                    }
                }
                [] => return None,
            }
        }
    }
}
