//! A template cut into text and references, as docker compose cuts it.

use std::ops::Range;

use memchr::{memchr, memchr2_iter, memrchr};

use super::{Fault, FaultKind, Operator, Reference, Sign};

pub(super) enum Piece<'t> {
    /// Text that stays, and where it stands in the outermost template.
    Text(&'t str, usize),
    Reference(Token<'t>),
}

pub(super) struct Token<'t> {
    pub(super) reference: Reference<'t>,
    /// Where the argument stands in the outermost template.
    pub(super) argument_at: usize,
}

/// A `${` that begins no reference, by its place in the scanner's text.
pub(super) struct Malformed {
    from: usize,
}

impl Malformed {
    /// The fault, up to the next `}` or the line end. It searches for that, so it is only for the first one.
    pub(super) fn fault(&self, scanner: &Scanner<'_>) -> Fault {
        let rest = scanner.text.get(self.from..).unwrap_or_default();
        let end =
            rest.find(['\n', '}']).map_or(rest.len(), |at| at + usize::from(rest.as_bytes().get(at) == Some(&b'}')));
        let start = scanner.base + self.from;
        Fault { kind: FaultKind::Malformed, range: start..start + end }
    }
}

/// Cuts a template into text and references.
///
/// Compose matches `${NAME` with an operator up to the last `}` of the same line first, and then looks for the brace
/// that closes it, counting every `{`, and not looking at the sign after one. Both rules show in odd values, so both
/// are here.
pub(super) struct Scanner<'t> {
    text: &'t str,
    /// Where `text` begins in the outermost template.
    base: usize,
    at: usize,
    /// The end of the line that was looked at last, and its last `}`: kept, or many references in one line would each
    /// search it.
    line_end: usize,
    last_brace: Option<usize>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, base: usize) -> Self {
        Self { text, base, at: 0, line_end: 0, last_brace: None }
    }

    pub(super) fn next_piece(&mut self) -> Option<Result<Piece<'t>, Malformed>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let from = self.at;
        let length = text_length(rest);
        if length > 0 {
            self.at += length;
            return Some(Ok(Piece::Text(rest.get(..length)?, self.base + from)));
        }
        let bytes = rest.as_bytes();
        match bytes.get(1) {
            Some(b'$') => {
                self.at += 2;
                Some(Ok(Piece::Text(rest.get(..1)?, self.base + from)))
            }
            Some(b'{') => Some(self.braced().map(Piece::Reference)),
            _ => {
                let name = rest.get(1..=name_length(bytes.get(1..)?))?;
                self.at += 1 + name.len();
                let range = self.base + from..self.base + self.at;
                let reference = Reference { name, range, operator: None, argument: "" };
                Some(Ok(Piece::Reference(Token { reference, argument_at: self.base + self.at })))
            }
        }
    }

    /// Reads the reference at `self.at`, which begins with `${`; always moves on.
    fn braced(&mut self) -> Result<Token<'t>, Malformed> {
        let from = self.at;
        let bytes = self.text.as_bytes();
        let inner = bytes.get(from + 2..).unwrap_or_default();
        let name_end = from + 2 + name_length(inner);
        let operator = bytes.get(name_end..).and_then(operator);
        let end = match (name_end > from + 2, operator, bytes.get(name_end)) {
            (true, None, Some(b'}')) => Some(name_end),
            (true, Some(_), _) => {
                self.last_brace(name_end).map(|last| closing_brace(bytes, from + 1, last).unwrap_or(last))
            }
            _ => None,
        };
        let Some(end) = end else {
            self.at = from + 2;
            return Err(Malformed { from });
        };
        self.at = end + 1;
        let argument_from = name_end + operator.map_or(0, |operator| 1 + usize::from(operator.colon));
        let slice = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let reference = Reference {
            name: slice(from + 2..name_end),
            range: self.base + from..self.base + self.at,
            operator,
            argument: slice(argument_from..end),
        };
        Ok(Token { reference, argument_at: self.base + argument_from })
    }

    /// The last `}` of the line that holds `at`, if it is not before `at`.
    fn last_brace(&mut self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if at >= self.line_end {
            let rest = bytes.get(at..)?;
            self.line_end = memchr(b'\n', rest).map_or(bytes.len(), |length| at + length);
            self.last_brace = memrchr(b'}', bytes.get(at..self.line_end)?).map(|offset| at + offset);
        }
        self.last_brace.filter(|last| *last >= at)
    }
}

/// How many bytes at the front of `text` hold no reference and no `$$`.
fn text_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut dollars = memchr::memchr_iter(b'$', bytes);
    let begins = |at: &usize| bytes.get(at + 1).is_some_and(|next| matches!(next, b'$' | b'{') || starts_name(*next));
    dollars.find(begins).unwrap_or(bytes.len())
}

/// The `}` that closes the `{` at `open`, not beyond `last`.
fn closing_brace(bytes: &[u8], open: usize, last: usize) -> Option<usize> {
    let within = bytes.get(open..=last)?;
    let mut depth = 0_usize;
    let mut skipped = None;
    for at in memchr2_iter(b'{', b'}', within) {
        if skipped == Some(at) {
            continue;
        }
        if within.get(at) == Some(&b'{') {
            depth += 1;
            skipped = Some(at + 1);
        } else {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(open + at);
            }
        }
    }
    None
}

fn operator(bytes: &[u8]) -> Option<Operator> {
    let (colon, sign) = match bytes {
        [b':', sign, ..] => (true, sign),
        [sign, ..] => (false, sign),
        [] => return None,
    };
    let sign = match sign {
        b'-' => Sign::Default,
        b'+' => Sign::Alternative,
        b'?' => Sign::Required,
        _ => return None,
    };
    Some(Operator { sign, colon })
}

pub(super) fn starts_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

fn name_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(first) if starts_name(*first) => {
            bytes.iter().take_while(|byte| starts_name(**byte) || byte.is_ascii_digit()).count()
        }
        _ => 0,
    }
}
