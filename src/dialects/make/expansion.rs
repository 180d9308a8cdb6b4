//! What references in a makefile give.

use memchr::memchr;

use super::lines::{balanced_end, is_space, word};
use super::{Expanded, Makefile};
use crate::dialects::{UNKNOWN, known};

/// How deep references may go.
const MAX_DEPTH: usize = 64;

/// What following a reference costs, as so many bytes of text; it may give none.
const REFERENCE: usize = 16;

const TOO_MUCH: &str = "the references expand to too much text";

impl Makefile<'_> {
    /// A variable's text before expansion, and whether it is expanded at all.
    pub(super) fn lookup(&self, name: &[u8]) -> Option<(&[u8], bool)> {
        if let Some(value) = self.values.get(name) {
            return Some((&value.text, value.recursive));
        }
        let name = std::str::from_utf8(name).ok()?;
        self.process.get(name).map(|value| (value.as_bytes(), true))
    }

    pub(super) fn expand(&mut self, text: &[u8], depth: usize) -> Expanded<Vec<u8>> {
        if depth > MAX_DEPTH {
            return Err("the references are nested too deep");
        }
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(length) = memchr(b'$', rest) {
            self.left = self.left.checked_sub(REFERENCE).ok_or(TOO_MUCH)?;
            out.extend(rest.get(..length).unwrap_or_default());
            let reference = rest.get(length + 1..).unwrap_or_default();
            let used = match reference.first() {
                None | Some(b'$') => {
                    out.push(b'$');
                    1
                }
                Some(b'(') => self.reference(reference, b'(', b')', depth, &mut out)?,
                Some(b'{') => self.reference(reference, b'{', b'}', depth, &mut out)?,
                Some(b'@' | b'%' | b'<' | b'?' | b'^' | b'+' | b'|' | b'*') => {
                    self.executes.push(self.place.clone());
                    1
                }
                Some(name) => {
                    out.extend(self.variable(&[*name], depth)?);
                    1
                }
            };
            rest = reference.get(used..).unwrap_or_default();
        }
        out.extend(rest);
        self.left = self.left.checked_sub(out.len()).ok_or(TOO_MUCH)?;
        Ok(out)
    }

    /// A reference from its parenthesis on; gives its length.
    ///
    /// Parentheses within it count only if there is a reference in the name, or it is a function.
    fn reference(&mut self, text: &[u8], open: u8, close: u8, depth: usize, out: &mut Vec<u8>) -> Expanded<usize> {
        const UNCLOSED: &str = "a reference is not closed";
        // As much as the longest name of a function can need.
        let (function, _) = word(text.get(1..text.len().min(16)).unwrap_or_default(), 0);
        let calls = FUNCTIONS.contains(&function) && text.get(1 + function.len()).is_some_and(|byte| is_space(*byte));
        let matching = || balanced_end(text, open, close);
        if calls {
            self.executes.push(self.place.clone());
            out.extend(UNKNOWN.encode_utf8(&mut [0; 4]).as_bytes());
            return matching().ok_or(UNCLOSED);
        }
        let first = memchr(close, text).ok_or(UNCLOSED)?;
        let plain = text.get(1..first).unwrap_or_default();
        let (name, length) = match (plain.contains(&b'$'), matching()) {
            (false, _) => (plain.to_vec(), first + 1),
            (true, Some(end)) => (known(self.expand(text.get(1..end - 1).unwrap_or_default(), depth + 1)?), end),
            // Not in balance: make takes the name as it is, and loses the rest.
            (true, None) => (plain.to_vec(), text.len()),
        };
        out.extend(self.named(&name, depth)?);
        Ok(length)
    }

    /// The value of a name between parentheses, which may ask for endings to be replaced.
    fn named(&mut self, inner: &[u8], depth: usize) -> Expanded<Vec<u8>> {
        let colon = memchr(b':', inner);
        let parts = colon.and_then(|colon| {
            let rest = inner.get(colon + 1..)?;
            let equal = memchr(b'=', rest)?;
            Some((inner.get(..colon)?, rest.get(..equal)?, rest.get(equal + 1..)?))
        });
        match parts {
            Some((name, from, to)) => {
                let value = self.variable(name, depth)?;
                Ok(substitute(&value, from, to))
            }
            None => self.variable(inner, depth),
        }
    }

    pub(super) fn variable(&mut self, name: &[u8], depth: usize) -> Expanded<Vec<u8>> {
        let Some((text, recursive)) = self.lookup(name) else { return Ok(Vec::new()) };
        let text = text.to_vec();
        // What it gives may be far less than what is looked at.
        self.left = self.left.checked_sub(text.len()).ok_or(TOO_MUCH)?;
        if !recursive {
            return Ok(text);
        }
        if !self.active.insert(name.to_vec()) {
            return Err("the variable refers to itself");
        }
        let expanded = self.expand(&text, depth + 1);
        self.active.remove(name);
        expanded
    }
}

/// `$(NAME:from=to)`: replaces endings, or what `%` stands for, in each word.
fn substitute(value: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (before, after) = match memchr(b'%', from) {
        Some(at) => (from.get(..at).unwrap_or_default(), from.get(at + 1..).unwrap_or_default()),
        None => (&b""[..], from),
    };
    let pattern = from.contains(&b'%');
    let words = value.split(|byte| is_space(*byte)).filter(|word| !word.is_empty());
    let words: Vec<_> = words
        .map(|word| {
            let stem = word.strip_prefix(before).and_then(|word| word.strip_suffix(after));
            match (stem, memchr(b'%', to)) {
                (None, _) => word.to_vec(),
                (Some(stem), Some(at)) if pattern => {
                    let (left, right) = to.split_at(at);
                    [left, stem, right.get(1..).unwrap_or_default()].concat()
                }
                (Some(_), _) if pattern => to.to_vec(),
                (Some(stem), _) => [stem, to].concat(),
            }
        })
        .collect();
    words.join(&b' ')
}

/// The functions of make 4.3.
const FUNCTIONS: &[&[u8]] = &[
    b"abspath",
    b"addprefix",
    b"addsuffix",
    b"and",
    b"basename",
    b"call",
    b"dir",
    b"error",
    b"eval",
    b"file",
    b"filter",
    b"filter-out",
    b"findstring",
    b"firstword",
    b"flavor",
    b"foreach",
    b"guile",
    b"if",
    b"info",
    b"join",
    b"lastword",
    b"notdir",
    b"or",
    b"origin",
    b"patsubst",
    b"realpath",
    b"shell",
    b"sort",
    b"strip",
    b"subst",
    b"suffix",
    b"value",
    b"warning",
    b"wildcard",
    b"word",
    b"wordlist",
    b"words",
];
