//! The lines of a makefile: joined, without comments, cut into words, and what of them is a definition.

use std::ops::Range;

use memchr::memchr;

/// The end of the line at `at`, with the lines that a backslash joins to it; behind its line feed.
pub(super) fn logical_line_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(length) = memchr(b'\n', rest) else { return bytes.len() };
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        at += length + 1;
        if trailing_backslashes(line).is_multiple_of(2) {
            return at;
        }
    }
}

pub(super) fn trailing_backslashes(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// A logical line: joined, without its comment.
pub(super) struct Line {
    pub(super) text: Vec<u8>,
    /// Where it stands in the file.
    pub(super) range: Range<usize>,
    /// Up to here the text and the file run in step.
    same: usize,
    pub(super) tab: bool,
}

impl Line {
    pub(super) fn new(bytes: &[u8], range: Range<usize>) -> Self {
        let raw = bytes.get(range.clone()).unwrap_or_default();
        // A NUL cuts the line.
        let raw = raw.get(..memchr(0, raw).unwrap_or(raw.len())).unwrap_or_default();
        let (joined, same) = join(raw);
        let (text, same) = without_comment(&joined, same);
        Self { tab: raw.first() == Some(&b'\t'), text, range, same }
    }

    /// A range of the text as a range of the file.
    pub(super) fn span(&self, bytes: Range<usize>) -> Range<usize> {
        let place = |at: usize| self.range.start + if at <= self.same { at } else { self.range.len() };
        let end = place(bytes.end).min(self.range.end);
        place(bytes.start).min(end)..end
    }
}

/// Puts a space for each backslash at a line end and the blanks around it; also tells up to where nothing changed.
fn join(raw: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(raw.len());
    let mut same = None;
    let mut lines = raw.split_inclusive(|byte| *byte == b'\n');
    let mut skip_blanks = false;
    for line in &mut lines {
        let (line, ended) = line.strip_suffix(b"\n").map_or((line, false), |line| (line, true));
        let line = if ended { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let blanks = if skip_blanks { line.iter().take_while(|byte| is_blank(**byte)).count() } else { 0 };
        out.extend(line.get(blanks..).unwrap_or_default());
        let backslashes = if ended { trailing_backslashes(line) } else { 0 };
        skip_blanks = backslashes % 2 == 1;
        if skip_blanks {
            out.truncate(out.len() - backslashes);
            same = same.or(Some(out.len()));
            out.extend(std::iter::repeat_n(b'\\', backslashes / 2));
            while out.last().is_some_and(|byte| is_blank(*byte)) {
                out.pop();
            }
            same = same.map(|same| same.min(out.len()));
            out.push(b' ');
        }
    }
    let same = same.unwrap_or(out.len());
    (out, same)
}

/// Cuts at the first `#` outside a reference with an even number of backslashes in front, and halves those.
fn without_comment(text: &[u8], mut same: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'$' => {
                let end = reference_end(text, at).unwrap_or(text.len());
                out.extend(text.get(at..end).unwrap_or_default());
                at = end;
                continue;
            }
            b'#' => {
                let backslashes = trailing_backslashes(&out);
                if backslashes > 0 {
                    out.truncate(out.len() - backslashes);
                    same = same.min(out.len());
                    out.extend(std::iter::repeat_n(b'\\', backslashes / 2));
                }
                if backslashes.is_multiple_of(2) {
                    break;
                }
                out.push(b'#');
            }
            _ => out.push(*byte),
        }
        at += 1;
    }
    (out, same)
}

/// The end of the reference whose `$` is at `at`; `None` when its parenthesis is not closed.
pub(super) fn reference_end(text: &[u8], at: usize) -> Option<usize> {
    let (open, close) = match text.get(at + 1) {
        Some(b'(') => (b'(', b')'),
        Some(b'{') => (b'{', b'}'),
        Some(_) => return Some(at + 2),
        None => return Some(at + 1),
    };
    balanced_end(text.get(at + 1..)?, open, close).map(|length| at + 1 + length)
}

/// The place behind the parenthesis that closes the one at the beginning of `text`.
pub(super) fn balanced_end(text: &[u8], open: u8, close: u8) -> Option<usize> {
    let mut depth = 0_usize;
    for at in memchr::memchr2_iter(open, close, text) {
        if text.get(at) == Some(&open) {
            depth += 1;
        } else {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

pub(super) fn skip_spaces(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or_default().iter().take_while(|byte| is_space(**byte)).count()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavor {
    Recursive,
    Simple,
    Append,
    Conditional,
    Shell,
}

/// A definition by its places in a line.
pub(super) struct Definition {
    pub(super) name: Range<usize>,
    pub(super) flavor: Flavor,
    pub(super) value: usize,
}

/// Reads `NAME = value`, with any of make's operators, at `start`.
pub(super) fn definition(text: &[u8], start: usize) -> Option<Definition> {
    let start = skip_spaces(text, start);
    let (mut at, mut end, mut spaced) = (start, None, false);
    loop {
        let mut sign = *text.get(at)?;
        at += 1;
        if sign == b'#' {
            return None;
        }
        if sign == b'$' {
            at = reference_end(text, at - 1).unwrap_or(text.len());
            text.get(at)?;
            continue;
        }
        if is_blank(sign) {
            spaced = true;
            end = Some(at - 1);
            at = skip_spaces(text, at);
            sign = *text.get(at)?;
            at += 1;
        }
        let next = text.get(at);
        let (flavor, length) = match (sign, next) {
            (b'=', _) => (Flavor::Recursive, 0),
            (b'+', Some(b'=')) => (Flavor::Append, 1),
            (b'?', Some(b'=')) => (Flavor::Conditional, 1),
            (b':', Some(b'=')) => (Flavor::Simple, 1),
            (b'!', Some(b'=')) => (Flavor::Shell, 1),
            (b':', Some(b':')) if text.get(at + 1) == Some(&b'=') => (Flavor::Simple, 2),
            (b':', _) => return None,
            _ if spaced => return None,
            _ => continue,
        };
        let name = start..end.unwrap_or(at - 1);
        return Some(Definition { name, flavor, value: skip_spaces(text, at + length) });
    }
}

/// The name in a definition that holds for one target only.
pub(super) fn target_variable(text: &[u8]) -> Option<&[u8]> {
    let mut at = skip_spaces(text, 0);
    loop {
        if let Some(found) = definition(text, at) {
            return text.get(found.name);
        }
        let (word, next) = word(text, at);
        if !matches!(word, b"export" | b"override" | b"private") || next >= text.len() {
            return None;
        }
        at = next;
    }
}

/// The word at `at`, and where the next one begins.
pub(super) fn word(text: &[u8], at: usize) -> (&[u8], usize) {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| !is_space(**byte)).count();
    (rest.get(..length).unwrap_or_default(), skip_spaces(text, at + length))
}
