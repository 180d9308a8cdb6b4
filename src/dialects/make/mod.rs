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

mod expansion;
mod lines;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use lines::{
    Definition, Flavor, Line, definition, is_space, logical_line_end, reference_end, skip_spaces, target_variable,
    trailing_backslashes, word,
};
use memchr::memchr;

use super::{Draft, Process, ReadError, Reading, UNKNOWN, Variable, known};

/// How much text the values of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

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
        let error = Some(ReadError { message, at: Some(at) });
        Reading { error, executes: self.executes, ..Reading::default() }
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
                    let name = self.name(text.get(next..).unwrap_or_default().trim_ascii())?;
                    self.values.remove(&name);
                    return Ok(());
                }
                b"define" => return Err("sparkcfg does not follow `define`"),
                _ => break,
            }
        }
        self.directive(line, first)
    }

    /// What is expanded where no value stands; what a program gives there is taken for nothing.
    fn name(&mut self, text: &[u8]) -> Expanded<Vec<u8>> {
        self.expand(text, 0).map(known)
    }

    fn define(&mut self, line: &Line, found: &Definition, named: bool) -> Expanded<()> {
        let text = &line.text;
        let name = self.name(text.get(found.name.clone()).unwrap_or_default())?;
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
                UNKNOWN.to_string().into_bytes()
            }
            Flavor::Conditional if self.lookup(&name).is_some() => {
                if named {
                    self.export(&name, Export::Named, line, found.name.start);
                }
                return Ok(());
            }
            Flavor::Append => {
                self.append(name.clone(), value, key_span, value_span)?;
                if named {
                    self.export(&name, Export::Named, line, found.name.start);
                }
                return Ok(());
            }
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
                let names = self.name(text.get(next..).unwrap_or_default())?;
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
        let head = self.name(text.get(..colon.unwrap_or(text.len())).unwrap_or_default())?;
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
            let name = self.name(name)?;
            return if name.is_empty() { Err("the variable has no name") } else { Ok(()) };
        }
        let rest = rest.get(..memchr(b';', rest).unwrap_or(rest.len())).unwrap_or_default();
        let rest = self.name(rest)?;
        let Some(second) = memchr(b':', &rest) else { return Ok(()) };
        let mut patterns =
            rest.get(..second).unwrap_or_default().split(|byte| is_space(*byte)).filter(|one| !one.is_empty());
        match (patterns.next(), patterns.next()) {
            (Some(pattern), None) if pattern.contains(&b'%') => Ok(()),
            _ => Err("the second colon makes this a pattern rule without a pattern"),
        }
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
