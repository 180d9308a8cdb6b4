//! What a shell makes of a word: references, homes and quotes.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::lexer::{Fault, Operation, Part};

/// The variables of a shell while it reads a file.
pub(super) struct Variables {
    pub(super) values: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) readonly: HashSet<Vec<u8>>,
    /// What `:=` assigned, to be told.
    pub(super) assigned: Vec<(Vec<u8>, Range<usize>)>,
    /// Where a command would run, or a number that only a running shell knows would stand.
    pub(super) executes: Vec<Range<usize>>,
    pub(super) status: u8,
    /// How much text may still be expanded to, in bytes.
    pub(super) left: usize,
}

/// Expanded text; quoted stretches are kept apart for patterns and homes.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    /// For each byte, whether it was quoted.
    quoted: Vec<bool>,
}

impl Text {
    fn push(&mut self, bytes: &[u8], quoted: bool) {
        self.bytes.extend(bytes);
        self.quoted.resize(self.bytes.len(), quoted);
    }
}

impl Variables {
    /// A word as one text, without splitting; with `~` if it is the value of an assignment.
    pub(super) fn text(&mut self, parts: &[Part], homes: bool) -> Result<Vec<u8>, Fault> {
        let mut text = Text::default();
        self.expand(parts, homes, &mut text)?;
        Ok(text.bytes)
    }

    /// The value of an assignment: the bare text behind its `=`, and the rest of the word.
    pub(super) fn assigned_value(&mut self, head: &[u8], rest: &[Part]) -> Result<Vec<u8>, Fault> {
        let mut text = Text::default();
        self.push_with_homes(head, true, rest.is_empty(), &mut text);
        self.expand_from(rest, head.is_empty(), true, &mut text)?;
        Ok(text.bytes)
    }

    fn expand(&mut self, parts: &[Part], homes: bool, out: &mut Text) -> Result<(), Fault> {
        self.expand_from(parts, true, homes, out)
    }

    fn expand_from(&mut self, parts: &[Part], first: bool, homes: bool, out: &mut Text) -> Result<(), Fault> {
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Text { text, quoted: false } if homes => {
                    self.push_with_homes(text, first && index == 0, index + 1 == parts.len(), out);
                }
                Part::Text { text, quoted } => out.push(text, *quoted),
                Part::Command(span) => self.executes.push(span.clone()),
                Part::Bad(span) => {
                    return Err(Fault { message: "this is no reference that a shell knows", at: span.clone() });
                }
                Part::Parameter { name, quoted, length, operation, span } => {
                    self.parameter(name, *quoted, *length, operation.as_ref(), span, homes, out)?;
                }
            }
            if out.bytes.len() > self.left {
                return Err(Fault { message: "the references expand to too much text", at: 0..0 });
            }
        }
        self.left -= out.bytes.len();
        Ok(())
    }

    /// Puts the home directory for a `~` at the beginning or behind a colon, if nothing quoted touches it.
    fn push_with_homes(&self, text: &[u8], first: bool, last: bool, out: &mut Text) {
        let home = self.values.get(&b"HOME"[..]).filter(|home| !home.is_empty());
        let pieces: Vec<_> = text.split(|byte| *byte == b':').collect();
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                out.push(b":", false);
            }
            let begins = first || index > 0;
            let ends = last || index + 1 < pieces.len() || piece.contains(&b'/');
            match (home, piece.strip_prefix(b"~")) {
                (Some(home), Some(rest)) if begins && ends && (rest.is_empty() || rest.starts_with(b"/")) => {
                    out.push(home, true);
                    out.push(rest, false);
                }
                _ => out.push(piece, false),
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one part")]
    fn parameter(
        &mut self,
        name: &[u8],
        quoted: bool,
        length: bool,
        operation: Option<&Operation>,
        span: &Range<usize>,
        homes: bool,
        out: &mut Text,
    ) -> Result<(), Fault> {
        let value = self.value(name, span);
        if length {
            let count = String::from_utf8_lossy(&value.unwrap_or_default()).chars().count();
            out.push(count.to_string().as_bytes(), quoted);
            return Ok(());
        }
        let Some(Operation { sign, colon, word }) = operation else {
            out.push(&value.unwrap_or_default(), quoted);
            return Ok(());
        };
        let set = value.as_ref().is_some_and(|value| !(*colon && value.is_empty()));
        match (sign, set) {
            (b'-' | b'=' | b'?', true) => out.push(&value.unwrap_or_default(), quoted),
            (b'-', false) | (b'+', true) => self.expand(word, homes, out)?,
            (b'+', false) => {}
            (b'=', false) => {
                let word = self.text(word, homes)?;
                if !name.first().is_some_and(|first| *first == b'_' || first.is_ascii_alphabetic()) {
                    return Err(Fault { message: "this cannot be assigned to", at: span.clone() });
                }
                if self.readonly.contains(name) {
                    return Err(Fault { message: "this variable is read-only", at: span.clone() });
                }
                out.push(&word, quoted);
                self.values.insert(name.to_vec(), word);
                self.assigned.push((name.to_vec(), span.clone()));
            }
            (b'?', false) => return Err(Fault { message: "a required variable has no value", at: span.clone() }),
            (sign, _) => {
                let mut pattern = Text::default();
                self.expand(word, false, &mut pattern)?;
                out.push(trimmed(&value.unwrap_or_default(), &pattern, *sign), quoted);
            }
        }
        Ok(())
    }

    fn value(&mut self, name: &[u8], span: &Range<usize>) -> Option<Vec<u8>> {
        match name {
            b"#" => Some(b"0".to_vec()),
            b"?" => Some(self.status.to_string().into_bytes()),
            b"-" => Some(b"a".to_vec()),
            b"$" | b"0" => {
                self.executes.push(span.clone());
                Some(Vec::new())
            }
            _ => self.values.get(name).cloned(),
        }
    }
}

/// `value` without what a pattern takes off an end: `%` and `#` the least, `P` and `H` the most.
fn trimmed<'v>(value: &'v [u8], pattern: &Text, sign: u8) -> &'v [u8] {
    let tokens = tokens(pattern);
    // Bounded, so that a long value under a pattern with many stars stays quick.
    if value.len().saturating_mul(tokens.len()) > 1 << 16 {
        return value;
    }
    let cuts: Vec<usize> = (0..=value.len()).collect();
    let cuts: Box<dyn Iterator<Item = usize>> = match sign {
        b'%' | b'H' => Box::new(cuts.into_iter().rev()),
        _ => Box::new(cuts.into_iter()),
    };
    for cut in cuts {
        let (before, after) = value.split_at(cut);
        let (part, rest) = if matches!(sign, b'%' | b'P') { (after, before) } else { (before, after) };
        if matches_all(part, &tokens) {
            return rest;
        }
    }
    value
}

enum Glob {
    Byte(u8),
    Any,
    Star,
    Set { bytes: Vec<u8>, negated: bool },
}

fn tokens(pattern: &Text) -> Vec<Glob> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let (Some(byte), Some(quoted)) = (pattern.bytes.get(at), pattern.quoted.get(at)) {
        at += 1;
        tokens.push(match (byte, quoted) {
            (b'*', false) => Glob::Star,
            (b'?', false) => Glob::Any,
            (b'[', false) => match set(pattern.bytes.get(at..).unwrap_or_default()) {
                Some((token, length)) => {
                    at += length;
                    token
                }
                None => Glob::Byte(b'['),
            },
            (byte, _) => Glob::Byte(*byte),
        });
    }
    tokens
}

/// A bracket expression behind its `[`, and its length.
fn set(rest: &[u8]) -> Option<(Glob, usize)> {
    let negated = matches!(rest.first(), Some(b'!'));
    let start = usize::from(negated);
    let end = start + 1 + rest.get(start + 1..)?.iter().position(|byte| *byte == b']')?;
    let inner = rest.get(start..end)?;
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = inner.get(at) {
        match (inner.get(at + 1), inner.get(at + 2)) {
            (Some(b'-'), Some(last)) => {
                bytes.extend(*byte..=*last);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    Some((Glob::Set { bytes, negated }, end + 1))
}

/// Whether the whole text fits, in time proportional to both lengths multiplied.
fn matches_all(text: &[u8], tokens: &[Glob]) -> bool {
    let (mut at, mut token, mut retry) = (0, 0, None);
    while at < text.len() {
        let byte = text.get(at).copied().unwrap_or_default();
        let fits = match tokens.get(token) {
            Some(Glob::Star) => {
                retry = Some((token + 1, at));
                token += 1;
                continue;
            }
            Some(Glob::Any) => true,
            Some(Glob::Byte(wanted)) => *wanted == byte,
            Some(Glob::Set { bytes, negated }) => bytes.contains(&byte) != *negated,
            None => false,
        };
        if fits {
            at += 1;
            token += 1;
        } else if let Some((after, from)) = retry {
            retry = Some((after, from + 1));
            (token, at) = (after, from + 1);
        } else {
            return false;
        }
    }
    tokens.get(token..).unwrap_or_default().iter().all(|token| matches!(token, Glob::Star))
}
