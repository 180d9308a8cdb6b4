//! How node reads an env file, and deno, which follows it but for the end of a quoted value.
//!
//! Written from the behaviour of node 22 to 26 and deno 2.9. What looks like a mistake is one of theirs: blanks behind `=` are
//! skipped over line ends too, so that after `K= ` the next line becomes the value; an `export` stays in the key when
//! the value is empty; a value in quotes ends at the next same quote whatever stands in front of it.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// One assignment, by its places in the text.
pub(in crate::dialects) struct Assignment {
    pub(in crate::dialects) key: Range<usize>,
    /// The value as written, quotes included.
    pub(in crate::dialects) written: Range<usize>,
    /// The value without its quotes.
    pub(in crate::dialects) inner: Range<usize>,
    /// The kind of quotes, where they are closed.
    pub(in crate::dialects) quote: Option<u8>,
}

impl Assignment {
    /// The value: in double quotes `\n` is decoded.
    pub(in crate::dialects) fn value(&self, text: &str) -> String {
        let inner = text.get(self.inner.clone()).unwrap_or_default();
        if self.quote == Some(b'"') { inner.replace("\\n", "\n") } else { inner.to_owned() }
    }
}

/// Finds the quote that closes the one at an offset, in a text.
pub(in crate::dialects) type Close = fn(&[u8], usize) -> Option<usize>;

/// Node's way: the next same quote.
pub(in crate::dialects) fn next_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = *bytes.get(open)?;
    memchr(quote, bytes.get(open + 1..)?).map(|length| open + 1 + length)
}

/// The assignments of `text`, which must hold no carriage return.
pub(in crate::dialects) fn assignments(text: &str, close: Close) -> Vec<Assignment> {
    let trimmed = text.trim_end_matches(is_blank);
    let mut reader = Reader { text: trimmed, bytes: trimmed.as_bytes(), at: 0, close, found: Vec::new() };
    reader.at = reader.skip(0);
    while reader.at < reader.bytes.len() && reader.statement().is_some() {}
    reader.found
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n')
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    close: Close,
    found: Vec<Assignment>,
}

impl Reader<'_> {
    /// Reads what begins at `self.at`; `None` when that was the last.
    fn statement(&mut self) -> Option<()> {
        if matches!(self.bytes.get(self.at), Some(b'\n' | b'#')) {
            self.at = self.line_end(self.at)? + 1;
            return Some(());
        }
        let delimiter = self.at + memchr2(b'=', b'\n', self.bytes.get(self.at..)?)?;
        if self.bytes.get(delimiter) == Some(&b'\n') {
            self.at = self.skip(delimiter + 1);
            return Some(());
        }
        let mut key = self.trimmed(self.at..delimiter);
        let value = delimiter + 1;
        if matches!(self.bytes.get(value), None | Some(b'\n')) {
            self.push(key, value..value, value..value, None);
            self.at = value;
            return Some(());
        }
        self.at = self.skip(value);
        if key.is_empty() {
            return Some(());
        }
        if self.text.get(key.clone())?.starts_with("export ") {
            key = self.trimmed(key.start + "export ".len()..key.end);
        }
        self.value(key);
        Some(())
    }

    fn value(&mut self, key: Range<usize>) {
        let start = self.at;
        let quote = self.bytes.get(start).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let close = quote.and_then(|_| (self.close)(self.bytes, start));
        if let Some(close) = close {
            self.push(key, start..close + 1, start + 1..close, quote);
            self.at = self.line_end(close).map_or(self.bytes.len(), |end| end + 1);
            return;
        }
        let line_end = self.line_end(start).unwrap_or(self.bytes.len());
        let range = if quote.is_some() {
            start..line_end
        } else {
            let line = self.bytes.get(start..line_end).unwrap_or_default();
            self.trimmed(start..memchr(b'#', line).map_or(line_end, |length| start + length))
        };
        self.push(key, range.clone(), range, None);
        self.at = self.skip((line_end + 1).min(self.bytes.len()));
    }

    fn push(&mut self, key: Range<usize>, written: Range<usize>, inner: Range<usize>, quote: Option<u8>) {
        self.found.push(Assignment { key, written, inner, quote });
    }

    fn line_end(&self, at: usize) -> Option<usize> {
        memchr(b'\n', self.bytes.get(at..)?).map(|length| at + length)
    }

    fn skip(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.find(|character| !is_blank(character)).unwrap_or(rest.len())
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + text.len() - text.trim_start_matches(is_blank).len();
        start..start + text.trim_matches(is_blank).len()
    }
}
