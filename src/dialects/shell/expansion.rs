//! What a shell makes of a word: references, homes and quotes.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::arithmetic;
use super::pattern::{Effort, Spent, Text, trimmed};
use super::token::{Fault, Operation, Part};
use crate::dialects::UNKNOWN;

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
    /// How much of values may still be looked at without giving text.
    pub(super) effort: Effort,
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
                Part::Command(span) => self.unknown(span, out),
                Part::Arithmetic { text, span } => match arithmetic::result(text, &self.values) {
                    Some(result) => out.push(result.to_string().as_bytes(), true),
                    None => self.unknown(span, out),
                },
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

    fn unknown(&mut self, span: &Range<usize>, out: &mut Text) {
        self.executes.push(span.clone());
        out.push(&unknown(), true);
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
                // Every system has this user. Of others nobody here knows whether they are there.
                (_, Some(rest)) if begins && ends && (rest == b"root" || rest.starts_with(b"root/")) => {
                    out.push(&unknown(), true);
                    out.push(rest.get(b"root".len()..).unwrap_or_default(), false);
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
        let value = self.value(name, span)?;
        let unsure = value.as_deref().is_some_and(is_unsure);
        if length && unsure {
            self.unknown(span, out);
            return Ok(());
        }
        if length {
            out.push(value.unwrap_or_default().len().to_string().as_bytes(), quoted);
            return Ok(());
        }
        let Some(Operation { sign, colon, word }) = operation else {
            out.push(&value.unwrap_or_default(), quoted);
            return Ok(());
        };
        let set = value.as_ref().is_some_and(|value| !(*colon && value.is_empty()));
        match (sign, set) {
            (b'-' | b'=' | b'?', true) => out.push(&value.unwrap_or_default(), quoted),
            // What a program gives may be nothing.
            (b'+', true) if *colon && unsure => self.unknown(span, out),
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
                let value = value.unwrap_or_default();
                if unsure || is_unsure(&pattern.bytes) {
                    self.unknown(span, out);
                    return Ok(());
                }
                let left = trimmed(&value, &pattern, *sign, &mut self.effort).map_err(|Spent| too_dear(span))?;
                out.push(left, quoted);
            }
        }
        Ok(())
    }

    fn value(&mut self, name: &[u8], span: &Range<usize>) -> Result<Option<Vec<u8>>, Fault> {
        Ok(match name {
            b"#" => Some(b"0".to_vec()),
            b"?" => Some(self.status.to_string().into_bytes()),
            b"-" => Some(b"a".to_vec()),
            b"$" | b"0" => {
                self.executes.push(span.clone());
                Some(unknown())
            }
            _ => {
                let value = self.values.get(name);
                self.effort.spend(value.map_or(0, Vec::len)).map_err(|Spent| too_dear(span))?;
                value.cloned()
            }
        })
    }
}

/// What stands for what nobody but the running shell knows.
pub(super) fn unknown() -> Vec<u8> {
    UNKNOWN.to_string().into_bytes()
}

/// Whether a part of a text is not known.
fn is_unsure(text: &[u8]) -> bool {
    memchr::memmem::find(text, &unknown()).is_some()
}

fn too_dear(span: &Range<usize>) -> Fault {
    Fault { message: "the references and patterns of this file take too long to follow", at: span.clone() }
}
