//! GNU make, `-include file` and `export`: what a recipe's commands see.
//!
//! Quotes are text, `#` cuts unless a backslash stands in front, `$X` takes one letter and `$(NAME)` a name, and a
//! backslash at a line's end joins lines, comments too. Values are expanded late, so later lines count, and a value
//! that refers to itself is an error. `:=`, `::=`, `+=` and `?=` are followed; a rule is read over. Names that no shell
//! could have are not exported. The file beats the process environment.
//!
//! Nothing is run: `$(shell …)`, `!=`, every other function of make, and what only a recipe knows, like `$@`, give the
//! empty text, and their places are kept. Variables of make's own, like `$(CC)`, are taken for empty. A file with
//! conditionals, `define`, `load` or a needed `include` is refused, because only make itself can follow them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use memchr::memchr;

use super::{Draft, Process, ReadError, Reading, Variable};

/// How much text the values of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;
/// How deep references may go.
const MAX_DEPTH: usize = 64;

/// Reads a file as make does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let mut makefile = Makefile { process, left: MAX_EXPANDED, ..Makefile::new(process) };
    let start = if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let mut at = start;
    while at < bytes.len() {
        let end = logical_line_end(bytes, at);
        let line = Line::new(bytes, at..end);
        if let Err(message) = makefile.line(&line) {
            let range = at..at + bytes.get(at..end).unwrap_or_default().trim_ascii_end().len();
            return makefile.refused(message, range);
        }
        at = end;
    }
    makefile.exported()
}

/// The end of the line at `at`, with the lines that a backslash joins to it; behind its line feed.
fn logical_line_end(bytes: &[u8], mut at: usize) -> usize {
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

fn trailing_backslashes(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// A logical line: joined, without its comment.
struct Line {
    text: Vec<u8>,
    /// Where it stands in the file.
    range: Range<usize>,
    /// Up to here the text and the file run in step.
    same: usize,
    tab: bool,
}

impl Line {
    fn new(bytes: &[u8], range: Range<usize>) -> Self {
        let raw = bytes.get(range.clone()).unwrap_or_default();
        // A NUL cuts the line.
        let raw = raw.get(..memchr(0, raw).unwrap_or(raw.len())).unwrap_or_default();
        let (joined, same) = join(raw);
        let (text, same) = without_comment(&joined, same);
        Self { tab: raw.first() == Some(&b'\t'), text, range, same }
    }

    /// A range of the text as a range of the file.
    fn span(&self, bytes: Range<usize>) -> Range<usize> {
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
fn reference_end(text: &[u8], at: usize) -> Option<usize> {
    let (open, close) = match text.get(at + 1) {
        Some(b'(') => (b'(', b')'),
        Some(b'{') => (b'{', b'}'),
        Some(_) => return Some(at + 2),
        None => return Some(at + 1),
    };
    balanced_end(text.get(at + 1..)?, open, close).map(|length| at + 1 + length)
}

/// The place behind the parenthesis that closes the one at the beginning of `text`.
fn balanced_end(text: &[u8], open: u8, close: u8) -> Option<usize> {
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

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

fn skip_spaces(text: &[u8], at: usize) -> usize {
    at + text.get(at..).unwrap_or_default().iter().take_while(|byte| is_space(**byte)).count()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavor {
    Recursive,
    Simple,
    Append,
    Conditional,
    Shell,
}

/// A definition by its places in a line.
struct Definition {
    name: Range<usize>,
    flavor: Flavor,
    value: usize,
}

/// Reads `NAME = value`, with any of make's operators, at `start`.
fn definition(text: &[u8], start: usize) -> Option<Definition> {
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Export {
    /// By the plain `export`, if a shell could have the name.
    WithAll,
    Named,
    Never,
}

#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "a reading's words for these places")]
struct Value {
    text: Vec<u8>,
    recursive: bool,
    export: Export,
    key_span: Range<usize>,
    value_span: Range<usize>,
}

struct Makefile<'p> {
    process: &'p Process,
    values: HashMap<Vec<u8>, Value>,
    order: Vec<Vec<u8>>,
    /// Names that are being expanded.
    active: HashSet<Vec<u8>>,
    executes: Vec<Range<usize>>,
    /// The place that an expansion is for.
    place: Range<usize>,
    in_rule: bool,
    left: usize,
}

type Expanded<T> = Result<T, &'static str>;

impl<'p> Makefile<'p> {
    fn new(process: &'p Process) -> Self {
        Self {
            process,
            values: HashMap::new(),
            order: Vec::new(),
            active: HashSet::new(),
            executes: Vec::new(),
            place: 0..0,
            in_rule: false,
            left: 0,
        }
    }

    fn refused(self, message: &'static str, at: Range<usize>) -> Reading {
        Reading { vars: Vec::new(), error: Some(ReadError { message, at: Some(at) }), executes: self.executes }
    }

    fn line(&mut self, line: &Line) -> Expanded<()> {
        if line.tab && self.in_rule {
            return Ok(());
        }
        self.place = line.range.clone();
        let text = &line.text;
        let mut at = skip_spaces(text, 0);
        let first = at;
        let mut named = false;
        loop {
            if let Some(definition) = definition(text, at) {
                self.in_rule = false;
                return self.define(line, &definition, named);
            }
            let (word, next) = word(text, at);
            match word {
                b"export" | b"override" | b"private" if next < text.len() => {
                    named |= word == b"export";
                    at = next;
                }
                b"undefine" => {
                    let name = self.expand(text.get(next..).unwrap_or_default().trim_ascii(), 0)?;
                    self.values.remove(&name);
                    return Ok(());
                }
                b"define" => return Err("sparkcfg does not follow `define`"),
                _ => break,
            }
        }
        self.directive(line, first)
    }

    fn define(&mut self, line: &Line, found: &Definition, named: bool) -> Expanded<()> {
        let text = &line.text;
        let name = self.expand(text.get(found.name.clone()).unwrap_or_default(), 0)?;
        if name.is_empty() {
            return Err("the variable has no name");
        }
        let value = text.get(found.value..).unwrap_or_default();
        let (key_span, value_span) = (line.span(found.name.clone()), line.span(found.value..text.len()));
        self.place = value_span.clone();
        let value = match found.flavor {
            Flavor::Simple => self.expand(value, 0)?,
            Flavor::Shell => {
                self.executes.push(value_span.clone());
                Vec::new()
            }
            Flavor::Conditional if self.lookup(&name).is_some() => return Ok(()),
            Flavor::Append => return self.append(name, value, key_span, value_span),
            Flavor::Conditional | Flavor::Recursive => value.to_vec(),
        };
        let recursive = !matches!(found.flavor, Flavor::Simple);
        // What an earlier line said about exporting stays.
        let earlier = self.values.get(&name).map_or(Export::WithAll, |value| value.export);
        let export = if named { Export::Named } else { earlier };
        self.set(name, Value { text: value, recursive, export, key_span, value_span });
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "like its sibling that stores the name")]
    fn append(
        &mut self,
        name: Vec<u8>,
        value: &[u8],
        key_span: Range<usize>,
        value_span: Range<usize>,
    ) -> Expanded<()> {
        if value.is_empty() && self.lookup(&name).is_some() {
            return Ok(());
        }
        let own = self.values.get(&name);
        let (recursive, new) = (own.is_none_or(|old| old.recursive), own.is_none());
        if new {
            let text = self.lookup(&name).map_or_else(Vec::new, |(text, _)| text.to_vec());
            let empty = Value { text, recursive, export: Export::WithAll, key_span: 0..0, value_span: 0..0 };
            self.set(name.clone(), empty);
        }
        let value = if recursive { value.to_vec() } else { self.expand(value, 0)? };
        let Some(old) = self.values.get_mut(&name) else { return Ok(()) };
        if !old.text.is_empty() && !value.is_empty() {
            old.text.push(b' ');
        }
        old.text.extend(value);
        (old.key_span, old.value_span) = (key_span, value_span);
        Ok(())
    }

    fn set(&mut self, name: Vec<u8>, value: Value) {
        if self.values.insert(name.clone(), value).is_none() {
            self.order.push(name);
        }
    }

    fn directive(&mut self, line: &Line, at: usize) -> Expanded<()> {
        let text = &line.text;
        if at >= text.len() {
            return Ok(());
        }
        let (first, next) = word(text, at);
        match first {
            b"ifdef" | b"ifndef" | b"ifeq" | b"ifneq" | b"else" | b"endif" => {
                return Err("sparkcfg does not follow conditionals of make");
            }
            b"export" | b"unexport" => {
                self.in_rule = false;
                let names = self.expand(text.get(next..).unwrap_or_default(), 0)?;
                let export = if first == b"export" { Export::Named } else { Export::Never };
                for name in names.split(|byte| is_space(*byte)).filter(|name| !name.is_empty()) {
                    self.export(name, export, line, next);
                }
                if names.is_empty() && first == b"unexport" {
                    return Err("sparkcfg does not follow `unexport` without names");
                }
                return Ok(());
            }
            b"vpath" | b"-include" | b"sinclude" | b"-load" => return Ok(()),
            b"include" | b"load" | b"endef" => return Err("sparkcfg does not follow this directive of make"),
            _ if line.tab => return Err("a recipe stands before the first rule"),
            _ => {}
        }
        self.rule(text, at)
    }

    fn export(&mut self, name: &[u8], export: Export, line: &Line, at: usize) {
        if let Some(value) = self.values.get_mut(name) {
            value.export = export;
        } else if let Some((text, _)) = self.lookup(name) {
            let (text, place) = (text.to_vec(), line.span(at..at));
            let value = Value { text, recursive: false, export, key_span: place.clone(), value_span: place };
            self.set(name.to_vec(), value);
        } else {
            let place = line.span(at..at);
            let value = Value { text: Vec::new(), recursive: true, export, key_span: place.clone(), value_span: place };
            self.set(name.to_vec(), value);
        }
    }

    /// A line that is neither a definition nor a directive must be a rule.
    fn rule(&mut self, text: &[u8], at: usize) -> Expanded<()> {
        self.in_rule = true;
        let text = text.get(at..).unwrap_or_default();
        if text.first() == Some(&b':') {
            return Ok(());
        }
        // A colon that is written decides before anything behind it is expanded.
        let mut colon = None;
        let mut place = 0;
        while let Some(byte) = text.get(place) {
            match byte {
                b'$' => place = reference_end(text, place).unwrap_or(text.len()),
                b':' | b';' if trailing_backslashes(text.get(..place).unwrap_or_default()).is_multiple_of(2) => {
                    colon = Some(place);
                    break;
                }
                _ => place += 1,
            }
        }
        let head = self.expand(text.get(..colon.unwrap_or(text.len())).unwrap_or_default(), 0)?;
        let written = colon.filter(|at| text.get(*at) == Some(&b':'));
        let expanded = memchr::memchr_iter(b':', &head)
            .find(|at| trailing_backslashes(head.get(..*at).unwrap_or_default()).is_multiple_of(2));
        let Some(colon) = written.or_else(|| expanded.map(|_| text.len())) else {
            let blank = head.iter().all(|byte| is_space(*byte));
            return if blank && colon.is_none() {
                Ok(())
            } else {
                Err("a separator is missing: this is no assignment")
            };
        };
        let rest = text.get(colon + 1..).unwrap_or_default();
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        if let Some(name) = target_variable(rest) {
            self.in_rule = false;
            let name = self.expand(name, 0)?;
            return if name.is_empty() { Err("the variable has no name") } else { Ok(()) };
        }
        let rest = rest.get(..memchr(b';', rest).unwrap_or(rest.len())).unwrap_or_default();
        let rest = self.expand(rest, 0)?;
        let Some(second) = memchr(b':', &rest) else { return Ok(()) };
        let mut patterns =
            rest.get(..second).unwrap_or_default().split(|byte| is_space(*byte)).filter(|one| !one.is_empty());
        match (patterns.next(), patterns.next()) {
            (Some(pattern), None) if pattern.contains(&b'%') => Ok(()),
            _ => Err("the second colon makes this a pattern rule without a pattern"),
        }
    }

    /// A variable's text before expansion, and whether it is expanded at all.
    fn lookup(&self, name: &[u8]) -> Option<(&[u8], bool)> {
        if let Some(value) = self.values.get(name) {
            return Some((&value.text, value.recursive));
        }
        let name = std::str::from_utf8(name).ok()?;
        self.process.get(name).map(|value| (value.as_bytes(), true))
    }

    fn expand(&mut self, text: &[u8], depth: usize) -> Expanded<Vec<u8>> {
        if depth > MAX_DEPTH {
            return Err("the references are nested too deep");
        }
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(length) = memchr(b'$', rest) {
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
        self.left = self.left.checked_sub(out.len()).ok_or("the references expand to too much text")?;
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
            return matching().ok_or(UNCLOSED);
        }
        let first = memchr(close, text).ok_or(UNCLOSED)?;
        let plain = text.get(1..first).unwrap_or_default();
        let (name, length) = match (plain.contains(&b'$'), matching()) {
            (false, _) => (plain.to_vec(), first + 1),
            (true, Some(end)) => (self.expand(text.get(1..end - 1).unwrap_or_default(), depth + 1)?, end),
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

    fn variable(&mut self, name: &[u8], depth: usize) -> Expanded<Vec<u8>> {
        let Some((text, recursive)) = self.lookup(name) else { return Ok(Vec::new()) };
        let text = text.to_vec();
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

    /// Expands every variable that a recipe's environment gets.
    fn exported(mut self) -> Reading {
        let mut draft = Draft::default();
        for name in std::mem::take(&mut self.order) {
            let Some(value) = self.values.get(&name).cloned() else { continue };
            let shell_name = name.first().is_some_and(|first| *first == b'_' || first.is_ascii_alphabetic())
                && name.iter().all(|byte| *byte == b'_' || byte.is_ascii_alphanumeric());
            if value.export == Export::Never || (value.export == Export::WithAll && !shell_name) {
                continue;
            }
            self.place = value.value_span.clone();
            let text = match self.variable(&name, 0) {
                Ok(text) => String::from_utf8_lossy(&text).into_owned(),
                Err(message) => return self.refused(message, value.value_span),
            };
            let key = String::from_utf8_lossy(&name).into_owned();
            draft.set(Variable::plain(&key, text, value.key_span, value.value_span));
        }
        self.executes.dedup();
        Reading { executes: self.executes, ..draft.reading }
    }
}

/// The name in a definition that holds for one target only.
fn target_variable(text: &[u8]) -> Option<&[u8]> {
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
fn word(text: &[u8], at: usize) -> (&[u8], usize) {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| !is_space(**byte)).count();
    (rest.get(..length).unwrap_or_default(), skip_spaces(text, at + length))
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
