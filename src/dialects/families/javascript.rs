//! The line pattern that npm's dotenv and Ruby's dotenv share, read without their regular expression.
//!
//! Both search for one pattern again and again, and lines that do not match are skipped in silence. The pattern lets a
//! quoted value end at any fitting quote up to the first one without a backslash, if the rest of its line is blank or
//! a comment; otherwise the value is the text up to the first `#`. A backtracking search for that takes quadratic time
//! on hostile files, so the places where a quoted value can end are worked out once, from the right to the left.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use crate::dialects::{Variable, span_of};

/// In what the two differ.
pub(in crate::dialects) struct Pattern {
    /// Signs that a key may have besides letters, digits and `_`.
    pub(in crate::dialects) key_signs: &'static str,
    /// The kinds of quotes.
    pub(in crate::dialects) quotes: &'static str,
    /// Whether a key alone on its line counts.
    pub(in crate::dialects) bare_keys: bool,
    /// What `\s` matches.
    pub(in crate::dialects) is_space: fn(char) -> bool,
}

/// One line that matched, by its places in the text.
pub(in crate::dialects) struct Match {
    /// Whether `export` stood in front.
    pub(in crate::dialects) exported: bool,
    pub(in crate::dialects) key: Range<usize>,
    /// The value as written, blanks around it included; `None` when nothing was there.
    pub(in crate::dialects) value: Option<Range<usize>>,
}

/// Finds the lines in `text`, whose line ends must be `\n`.
pub(in crate::dialects) fn matches(text: &str, pattern: &'static Pattern) -> impl Iterator<Item = Match> {
    let ends = pattern.quotes.bytes().map(|quote| Ends::new(text, quote, pattern.is_space)).collect();
    let mut search = Search { text, pattern, ends, at: 0 };
    std::iter::from_fn(move || search.next_match())
}

struct Search<'t> {
    text: &'t str,
    pattern: &'static Pattern,
    ends: Vec<Ends>,
    /// Where the next line may begin.
    at: usize,
}

impl Search<'_> {
    fn next_match(&mut self) -> Option<Match> {
        loop {
            let line = self.line_start(self.at)?;
            let start = self.skip_spaces(line);
            if start >= self.text.len() {
                return None;
            }
            if let Some((found, end)) = self.match_at(start) {
                self.at = end;
                return Some(found);
            }
            self.at = start + 1;
        }
    }

    /// The first line start at or behind `at`.
    fn line_start(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if at == 0 || bytes.get(at - 1) == Some(&b'\n') {
            return (at < bytes.len()).then_some(at);
        }
        memchr(b'\n', bytes.get(at..)?).map(|length| at + length + 1)
    }

    fn match_at(&self, start: usize) -> Option<(Match, usize)> {
        let rest = self.text.get(start..)?;
        if rest.strip_prefix("export").is_some_and(|after| after.starts_with(self.pattern.is_space)) {
            let key = self.skip_spaces(start + "export".len());
            if let Some(found) = self.match_key(key, true) {
                return Some(found);
            }
        }
        self.match_key(start, false)
    }

    fn match_key(&self, start: usize, exported: bool) -> Option<(Match, usize)> {
        let is_key = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte == b'_' || self.pattern.key_signs.as_bytes().contains(byte)
        };
        let bytes = self.text.as_bytes();
        let key = start..start + bytes.get(start..)?.iter().take_while(|byte| is_key(byte)).count();
        if key.is_empty() {
            return None;
        }
        let after = self.skip_spaces(key.end);
        let value_from = if bytes.get(after) == Some(&b'=') {
            after + 1
        } else if let Some(space) = self
            .text
            .get(key.end..)?
            .strip_prefix(':')
            .and_then(|rest| rest.chars().next().filter(|character| (self.pattern.is_space)(*character)))
        {
            key.end + 1 + space.len_utf8()
        } else if self.pattern.bare_keys {
            let end = self.tail(key.end)?;
            return Some((Match { exported, key, value: None }, end));
        } else {
            return None;
        };
        let (value, end) = self.value(value_from);
        Some((Match { exported, key, value }, end))
    }

    /// The value from `from` on, and where the match ends.
    fn value(&self, from: usize) -> (Option<Range<usize>>, usize) {
        let bytes = self.text.as_bytes();
        let open = self.skip_spaces(from);
        let ends = self.ends.iter().find(|ends| bytes.get(open) == Some(&ends.quote));
        if let Some(close) = ends.and_then(|ends| ends.of(open)) {
            return (Some(from..close + 1), self.tail(close + 1).unwrap_or(close + 1));
        }
        let rest = bytes.get(from..).unwrap_or_default();
        let length = memchr2(b'#', b'\n', rest).unwrap_or(rest.len());
        let end = from + length;
        ((length > 0).then_some(from..end), self.tail(end).unwrap_or(end))
    }

    /// Where blanks, line ends and a comment from `at` on end, if that is at the end of a line.
    fn tail(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let after = self.skip_spaces(at);
        if after >= bytes.len() {
            return Some(bytes.len());
        }
        if bytes.get(after) == Some(&b'#') {
            return Some(memchr(b'\n', bytes.get(after..)?).map_or(bytes.len(), |length| after + length));
        }
        memchr::memrchr(b'\n', bytes.get(at..after)?).map(|length| at + length)
    }

    fn skip_spaces(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at + rest.find(|character| !(self.pattern.is_space)(character)).unwrap_or(rest.len())
    }
}

/// Where values in one kind of quotes can end.
struct Ends {
    quote: u8,
    places: Vec<usize>,
    /// For each place, counted from 1: the last place up to it behind which the line is blank or a comment.
    fitting: Vec<usize>,
    /// For each place: the first one from it on that has no backslash in front.
    plain: Vec<usize>,
}

impl Ends {
    fn new(text: &str, quote: u8, is_space: fn(char) -> bool) -> Self {
        let bytes = text.as_bytes();
        let places: Vec<_> = memchr_iter(quote, bytes).collect();
        let fits = |at: usize| {
            let rest = text.get(at + 1..).unwrap_or_default();
            rest.chars()
                .find(|character| *character == '\n' || !is_space(*character))
                .is_none_or(|next| next == '\n' || next == '#')
        };
        let mut last = 0;
        let fitting = places.iter().enumerate().map(|(index, at)| {
            last = if fits(*at) { index + 1 } else { last };
            last
        });
        let fitting = fitting.collect();
        let mut next = places.len();
        let mut plain: Vec<_> = places
            .iter()
            .enumerate()
            .rev()
            .map(|(index, at)| {
                let escaped = at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\\');
                next = if escaped { next } else { index };
                next
            })
            .collect();
        plain.reverse();
        Self { quote, places, fitting, plain }
    }

    /// Where the value that opens at `open` ends.
    fn of(&self, open: usize) -> Option<usize> {
        let index = self.places.binary_search(&open).ok()?;
        let last = *self.plain.get(index + 1)?;
        let last = last.min(self.places.len().checked_sub(1)?);
        let fitting = self.fitting.get(last)?.checked_sub(1)?;
        if fitting > index { self.places.get(fitting).copied() } else { None }
    }
}

/// What npm's dotenv finds in a text.
pub(in crate::dialects) fn variables(text: &str) -> impl Iterator<Item = Variable> {
    matches(text, &DOTENV).map(move |found| {
        let key = text.get(found.key.clone()).unwrap_or_default();
        let written = found.value.and_then(|range| text.get(range)).unwrap_or_default();
        let trimmed = written.trim_matches(is_space);
        let value_span = if trimmed.is_empty() {
            // Blanks of more than one byte may stand before the sign.
            let sign = text.get(found.key.end..).and_then(|rest| rest.find(['=', ':'])).map_or(0, |at| at + 1);
            found.key.end + sign..found.key.end + sign
        } else {
            span_of(text, trimmed)
        };
        Variable::plain(key, decode(written), found.key, value_span)
    })
}

/// What `\s` matches in JavaScript.
fn is_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

/// How npm's dotenv reads a value as written: without its quotes, `\n` and `\r` decoded if it begins with `"`.
fn decode(written: &str) -> String {
    let written = written.trim_matches(is_space);
    let quote = written.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'));
    let inner = quote.and_then(|quote| written.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(written);
    if quote == Some('"') { inner.replace("\\n", "\n").replace("\\r", "\r") } else { inner.to_owned() }
}

/// The pattern of npm's dotenv.
static DOTENV: Pattern = Pattern { key_signs: ".-", quotes: "'\"`", bare_keys: false, is_space };

#[cfg(test)]
mod tests {
    use super::variables;

    #[test]
    fn an_empty_value_stands_behind_its_sign() {
        for (text, expected) in [("A=", 2), ("A =", 3), ("A\u{feff}=", 5), ("A: ", 2), ("A\u{3000}= # x", 5)] {
            let span = variables(text).next().map(|variable| variable.value_span);
            assert_eq!(span, Some(expected..expected), "{text:?}");
        }
    }
}
