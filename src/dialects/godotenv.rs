//! The Go package godotenv, `Read()`.
//!
//! A file with a line it cannot read is refused as a whole. References are `$NAME` and `${NAME}` in capitals, digits
//! and `_`, from earlier lines only, never from the process environment. A quote with a backslash in front never
//! closes, so `"a\\"` is unclosed; in double quotes a backslash vanishes in front of any sign but `$`, `\n` and `\r`.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use super::{Draft, Process, Reading, Text, Variable};

/// How much text the references of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

/// Reads a file as `godotenv.Read()` does; the process environment plays no part (`Load()` lets it win).
#[must_use]
pub fn read(bytes: &[u8], _: &Process) -> Reading {
    let file = Text::new(bytes).with_carriage_returns(|followed| if followed { "" } else { "\r" });
    let mut reader = Reader {
        file: &file,
        bytes,
        text: &file.text,
        at: 0,
        draft: Draft::default(),
        left: MAX_EXPANDED,
        endless: usize::MAX,
    };
    while reader.skip_to_statement() {
        if let Err((message, at)) = reader.statement() {
            let refused = reader.draft.refused(message, at);
            return file.in_file(refused);
        }
    }
    let reading = reader.draft.reading;
    file.in_file(reading)
}

type Refused = (&'static str, Range<usize>);

struct Reader<'t> {
    file: &'t Text<'t>,
    /// The file before bytes that are not UTF-8 were replaced.
    bytes: &'t [u8],
    text: &'t str,
    at: usize,
    draft: Draft,
    left: usize,
    /// From here on nothing ends a key, so that nobody need look again.
    endless: usize,
}

impl Reader<'_> {
    fn skip_to_statement(&mut self) -> bool {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            self.at += rest.find(|character: char| !character.is_whitespace()).unwrap_or(rest.len());
            match self.text.as_bytes().get(self.at) {
                None => return false,
                Some(b'#') => self.at = self.find(b'\n', self.at),
                Some(_) => return true,
            }
        }
    }

    fn statement(&mut self) -> Result<(), Refused> {
        let key_span = self.key()?;
        let key = self.text.get(key_span.clone()).unwrap_or_default().to_owned();
        let start = self.at;
        let value = match self.text.as_bytes().get(start) {
            Some(quote @ (b'"' | b'\'')) => self.quoted(*quote)?,
            _ => self.unquoted(),
        };
        let end = start + self.text.get(start..self.at).unwrap_or_default().trim_end().len();
        let value = match value {
            (text, true) => self.expand(&text).ok_or(("the references expand to too much text", start..end))?,
            (text, false) => text,
        };
        self.draft.set(Variable::plain(&key, value, key_span, start..end));
        Ok(())
    }

    /// Reads the key and moves to its value. Go looks at the bytes here: those of `É` are two odd letters to it.
    fn key(&mut self) -> Result<Range<usize>, Refused> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix("export").filter(|after| after.starts_with(is_blank)) {
            self.at += rest.len() - after.trim_start_matches(is_blank).len();
        }
        let start = self.at;
        if start == self.text.len() {
            return Err(("nothing follows `export`", start..start));
        }
        let mut end = None;
        let until = if start >= self.endless { start } else { self.text.len() };
        for at in start..until {
            let byte = self.bytes.get(self.file.original(at)).copied().unwrap_or_default();
            match char::from(byte) {
                '=' | ':' => {
                    end = Some(at - start);
                    break;
                }
                '_' | '.' => {}
                character if is_blank(character) || character.is_alphanumeric() => {}
                _ => {
                    let character = self.text.floor_char_boundary(at)..self.text.ceil_char_boundary(at + 1);
                    return Err(("this character cannot be part of a key", character));
                }
            }
        }
        if end.is_none() {
            self.endless = self.endless.min(start);
        }
        // A key that the end of the file cuts off is taken for the value of a variable without a name.
        let key = self.text.get(start..start + end.unwrap_or(0)).unwrap_or_default().trim_end();
        let rest = self.text.get(start + end.map_or(0, |end| end + 1)..).unwrap_or_default();
        self.at = self.text.len() - rest.trim_start_matches(is_blank).len();
        Ok(start..start + key.len())
    }

    /// The text up to the line end, or to the last `#` with a blank in front.
    fn unquoted(&mut self) -> (String, bool) {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at = start + memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = self.text.get(start..self.at).unwrap_or_default();
        let comments = line.rmatch_indices('#').map(|(at, _)| line.get(..at).unwrap_or_default());
        let value = comments.into_iter().find(|before| before.ends_with(is_blank)).unwrap_or(line);
        (value.trim_matches(is_blank).to_owned(), true)
    }

    fn quoted(&mut self, quote: u8) -> Result<(String, bool), Refused> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let rest = bytes.get(start + 1..).unwrap_or_default();
        let close = memchr_iter(quote, rest).find(|at| bytes.get(start + at) != Some(&b'\\'));
        let Some(close) = close else {
            return Err(("this quote is not closed", start..self.find(b'\n', start)));
        };
        self.at = start + close + 2;
        let inner = self.text.get(start + 1..start + 1 + close).unwrap_or_default();
        let inner = inner.trim_matches(char::from(quote));
        Ok(if quote == b'"' { (unescape(inner), true) } else { (inner.to_owned(), false) })
    }

    fn expand(&mut self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            // What matched from the dollar sign on: `(`, `{`, a name, `}`, each of them optional.
            let tail = after.strip_prefix('(').unwrap_or(after);
            let braced = tail.strip_prefix('{').unwrap_or(tail);
            let is_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
            let (name, end) = braced.split_at(braced.bytes().take_while(is_name).count());
            let end = end.strip_prefix('}').unwrap_or(end);
            let matched = after.get(..after.len() - end.len())?;
            let plain = before.strip_suffix('\\');
            out.push_str(plain.unwrap_or(before));
            if plain.is_some() || name.is_empty() {
                out.push('$');
                out.push_str(matched);
            } else {
                let value = self.draft.value(name).unwrap_or_default();
                self.left = self.left.checked_sub(value.len())?;
                out.push_str(value);
            }
            rest = end;
        }
        out.push_str(rest);
        Some(out)
    }

    fn find(&self, byte: u8, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        memchr(byte, rest).map_or(self.text.len(), |length| from + length)
    }
}

/// `\n` and `\r`, then: a backslash vanishes in front of anything but `$`.
fn unescape(inner: &str) -> String {
    let mut decoded = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        let Some(next) = after.chars().next().filter(|next| *next != '\n') else {
            decoded.push('\\');
            rest = after;
            continue;
        };
        match next {
            'n' => decoded.push('\n'),
            'r' => decoded.push('\r'),
            _ => decoded.extend(['\\', next]),
        }
        rest = after.get(next.len_utf8()..).unwrap_or_default();
    }
    decoded.push_str(rest);
    let mut out = String::with_capacity(decoded.len());
    let mut rest = decoded.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        match after.chars().next() {
            Some(next) if next != '$' => {
                out.push(next);
                rest = after.get(next.len_utf8()..).unwrap_or_default();
            }
            _ => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\x0b' | '\x0c' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}
