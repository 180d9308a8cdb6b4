//! npm's dotenv with dotenv-expand: `expand(config())`.
//!
//! References are `$NAME` and `${NAME}`, with `:-`, `-`, `:+` or `+`, in every kind of quotes, to later lines as well;
//! what a reference gave is searched for references again, from the beginning. A value that so contains itself never
//! ends: npm's own run hangs, here the file is refused. Then `$(command)` is run; nothing is run here, it stays as it is
//! written, and its place is kept. The process environment beats the file, unless it is empty there.

use std::collections::{BTreeMap, HashMap};

use memchr::memmem;

use super::families::javascript::variables;
use super::{Draft, Process, Reading, Text};

/// How many bytes are searched and copied at most for the references of one file before it is taken for endless.
const MAX_WORK: usize = 16 << 20;
/// The same of a small file, and for each of its bytes beyond: what grows without an end shows soon.
const LEAST_WORK: usize = 1 << 20;
const WORK_A_BYTE: usize = 64;
/// The longest value that an expansion may give, in bytes.
const MAX_VALUE: usize = 1 << 20;

/// Reads a file as `expand(config())` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let file = Text::new(bytes).with_carriage_returns(|followed| if followed { "" } else { "\n" });
    let text = &*file.text;
    let mut draft = Draft::default();
    for variable in variables(text) {
        draft.set(variable);
    }
    let work = bytes.len().saturating_mul(WORK_A_BYTE).saturating_add(LEAST_WORK).min(MAX_WORK);
    file.in_file(expand_all(draft, process, work))
}

fn expand_all(mut draft: Draft, process: &Process, work: usize) -> Reading {
    let raw: HashMap<_, _> =
        draft.reading.vars.iter().map(|one| (one.key.clone(), one.value.clone().unwrap_or_default())).collect();
    let mut expander = Expander { process, raw: &raw, running: BTreeMap::new(), work };
    for index in 0..draft.reading.vars.len() {
        let Some(variable) = draft.reading.vars.get(index) else { break };
        let (key, span) = (variable.key.clone(), variable.value_span.clone());
        let own = variable.value.clone().unwrap_or_default();
        let value = match process.get(&key) {
            Some(value) if !value.is_empty() && *value != own => value.clone(),
            _ => {
                let Some(value) = expander.expand(own) else {
                    return draft.refused("the references never end: dotenv-expand would not return", span);
                };
                if runs_command(&value) {
                    draft.reading.executes.push(span);
                }
                value
            }
        };
        let value = value.replace("\\$", "$");
        expander.running.insert(key, value.clone());
        if let Some(variable) = draft.reading.vars.get_mut(index) {
            variable.value = Some(value);
        }
    }
    draft.reading
}

struct Expander<'d> {
    process: &'d Process,
    /// The file's values before expansion, which `config()` has put into the environment where it lacked them.
    raw: &'d HashMap<String, String>,
    running: BTreeMap<String, String>,
    work: usize,
}

impl Expander<'_> {
    /// What a name gives. A value that the environment has from this very file counts only until it is expanded.
    fn value(&self, name: &str) -> Option<&str> {
        let (raw, running) = (self.raw.get(name), self.running.get(name));
        match (self.process.get(name), raw) {
            (Some(value), Some(raw)) if value == raw => running.or(Some(value)),
            (Some(value), _) => Some(value),
            (None, _) => running.or(raw),
        }
        .map(String::as_str)
    }

    /// Replaces one reference after the other; `None` when that has no end.
    fn expand(&mut self, mut text: String) -> Option<String> {
        // A text that comes back comes back for ever. One from before is kept, after twice as many steps each time, so that
        // circles of any length are met (R. P. Brent, "An improved Monte Carlo factorization algorithm", 1980).
        let (mut before, mut steps, mut next) = (None, 0_usize, 1_usize);
        while let Some((written, inner)) = next_reference(&text) {
            self.work = self.work.checked_sub(text.len() + 16)?;
            let (name, replacement) = self.replacement(inner);
            let expanded = replace_first(&text, written, &replacement);
            let ends = self.value(name) == Some(expanded.as_str());
            self.work = self.work.checked_sub(expanded.len())?;
            if expanded.len() > MAX_VALUE {
                return None;
            }
            text = expanded;
            if ends {
                break;
            }
            if before.as_ref() == Some(&text) {
                return None;
            }
            steps += 1;
            if steps == next {
                next *= 2;
                before = Some(text.clone());
            }
        }
        Some(text)
    }

    /// The name of a reference, and what stands for it.
    fn replacement<'t>(&self, inner: &'t str) -> (&'t str, String) {
        let operators = [":+", "+", ":-", "-"];
        let found = inner.char_indices().find_map(|(at, _)| {
            let rest = inner.get(at..)?;
            operators.iter().find(|operator| rest.starts_with(**operator))
        });
        // Without an operator the name is split at nothing, which JavaScript spells "null".
        let (name, argument) = inner.split_once(*found.unwrap_or(&"null")).unwrap_or((inner, ""));
        let value = self.value(name);
        let filled = value.filter(|value| !value.is_empty());
        let text = match found.copied() {
            Some(":-") => filled.unwrap_or(argument),
            Some("-") => value.unwrap_or(argument),
            Some(":+") => filled.map_or("", |_| argument),
            Some("+") => value.map_or("", |_| argument),
            _ => filled.unwrap_or_default(),
        };
        (name, text.to_owned())
    }
}

/// The first `${…}` or `$NAME` without a backslash in front, whole and without its signs.
fn next_reference(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    // The next sign that ends or breaks a `${`, kept so that a row of them is not searched again and again.
    let mut brace_end = 0;
    for at in memchr::memchr_iter(b'$', bytes) {
        if at > 0 && bytes.get(at - 1) == Some(&b'\\') {
            continue;
        }
        let next = *bytes.get(at + 1)?;
        if next == b'{' {
            let from = at + 2;
            if brace_end < from {
                brace_end = from + memchr::memchr2(b'{', b'}', bytes.get(from..)?).unwrap_or(bytes.len());
            }
            if brace_end > from && bytes.get(brace_end) == Some(&b'}') {
                return Some((text.get(at..=brace_end)?, text.get(from..brace_end)?));
            }
        } else if next == b'_' || next.is_ascii_alphabetic() {
            let rest = bytes.get(at + 1..)?;
            let length = rest.iter().take_while(|byte| **byte == b'_' || byte.is_ascii_alphanumeric()).count();
            return Some((text.get(at..=at + length)?, text.get(at + 1..=at + length)?));
        }
    }
    None
}

/// JavaScript's `text.replace(from, to)`: the first place where `from` stands, with the signs that `$` begins in `to`.
fn replace_first(text: &str, from: &str, to: &str) -> String {
    let Some(at) = memmem::find(text.as_bytes(), from.as_bytes()) else { return text.to_owned() };
    let (before, rest) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let after = rest.get(from.len()..).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + to.len());
    out.push_str(before);
    let mut left = to;
    while let Some((plain, signs)) = left.split_once('$') {
        out.push_str(plain);
        let (text, used) = match signs.bytes().next() {
            Some(b'$') => ("$", 1),
            Some(b'&') => (from, 1),
            Some(b'`') => (before, 1),
            Some(b'\'') => (after, 1),
            _ => ("$", 0),
        };
        out.push_str(text);
        left = signs.get(used..).unwrap_or_default();
        if out.len() > MAX_VALUE {
            break;
        }
    }
    out.push_str(left);
    out.push_str(after);
    out
}

/// Whether a `$(` closes, quotes and nesting counted, so that dotenv-expand would run a command.
fn runs_command(text: &str) -> bool {
    let Some(from) = memmem::find(text.as_bytes(), b"$(") else { return false };
    let mut depth: Vec<Option<u8>> = vec![None];
    let bytes = text.as_bytes();
    let mut at = from + 2;
    while let (Some(byte), Some(quote)) = (bytes.get(at).copied(), depth.last().copied()) {
        let command = byte == b'$' && bytes.get(at + 1) == Some(&b'(');
        match (quote, byte) {
            (Some(b'\''), b'\'') => set_last(&mut depth, None),
            (Some(b'\''), _) => {}
            (_, b'\\') => at += 1,
            (Some(open), _) if byte == open => set_last(&mut depth, None),
            (Some(_), _) if command => {
                depth.push(None);
                at += 1;
            }
            (None, b'\'' | b'"' | b'`') => set_last(&mut depth, Some(byte)),
            (None, b'(') => depth.push(None),
            (None, b')') => {
                depth.pop();
                if depth.is_empty() {
                    return true;
                }
            }
            (Some(_) | None, _) => {}
        }
        at += 1;
    }
    // A later `$(` may still close; that this one does not is as far as the check needs to know.
    false
}

fn set_last(depth: &mut [Option<u8>], quote: Option<u8>) {
    if let Some(last) = depth.last_mut() {
        *last = quote;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::{Expander, MAX_WORK};

    #[test]
    fn circles_are_met_early() {
        let raw = [("SELF", "$SELF"), ("A", "$B"), ("B", "${C}"), ("C", "$A"), ("PLAIN", "x"), ("MORE", "$MORE-")];
        let raw: HashMap<_, _> = raw.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        for (text, expected, most) in [
            ("${SELF}/x", None, 256),
            ("$A/", None, 1024),
            ("$PLAIN${PLAIN}", Some("xx"), 256),
            ("$NONE", Some(""), 256),
            ("$NONE$NONE", Some(""), 256),
            // It grows for ever, and never comes back.
            ("$MORE/", None, MAX_WORK),
        ] {
            let mut expander =
                Expander { process: &BTreeMap::new(), raw: &raw, running: BTreeMap::new(), work: MAX_WORK };
            assert_eq!(expander.expand(text.to_owned()).as_deref(), expected, "{text}");
            assert!(MAX_WORK - expander.work <= most, "{text}: {}", MAX_WORK - expander.work);
        }
    }
}
