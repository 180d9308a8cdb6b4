//! A piece of shell, sign by sign: what it expands, what it sets, and what of it is text.

use std::ops::Range;

use super::super::{Fallback, Kind, MAX_DEFAULT, Use, is_name, is_screaming, to_u32};

/// How many assignments before a command are looked at, so that a long line of them takes no quadratic time.
const MAX_ASSIGNMENTS: usize = 32;

/// A piece of shell: what it expands, and what it sets.
#[derive(Default)]
pub(in crate::uses) struct Script {
    /// `$X`, `${X}` and their kin, in order.
    pub(in crate::uses) reads: Vec<Use>,
    /// Names that the script sets, and where.
    pub(in crate::uses) sets: Vec<(String, Range<u32>)>,
    /// Of these, in order, what programs that it starts get: `export X=1`, `X=1 program`, and all behind `set -a`.
    pub(super) exports: Vec<(String, Range<u32>)>,
    /// Names that are exported without a value of their own: `export X`.
    pub(super) exported: Vec<String>,
    /// What is text to the shell, in bytes: between single quotes, and in here-documents.
    pub(super) texts: Vec<Range<usize>>,
}

/// Reads a text as shell; `base` is added to every place.
pub(in crate::uses) fn scan(text: &str, base: u32) -> Script {
    let mut scanner = Scanner { command: true, ..Scanner::of(text, base) };
    scanner.run();
    scanner.script
}

struct Scanner<'t> {
    text: &'t str,
    base: u32,
    at: usize,
    script: Script,
    /// Whether a command may begin here, so that `X=` sets.
    command: bool,
    /// Whether within `"…"`.
    quoted: bool,
    /// Whether all that is set is given to programs: `set -a`.
    all: bool,
    /// Words that end texts which begin on the next line, with whether `$` counts there.
    ends: Vec<(String, bool)>,
    /// Where the value of the last assignment ends: behind it another one, or the command, begins.
    value: usize,
    /// The same of what is around each `(` that is open.
    around: Vec<usize>,
}

impl Scanner<'_> {
    fn rest(&self) -> &[u8] {
        &self.text.as_bytes()[self.at.min(self.text.len())..]
    }

    fn run(&mut self) {
        while let Some(&byte) = self.rest().first() {
            match byte {
                b'\\' => self.at += 2,
                b'\n' => {
                    self.at += 1;
                    self.command |= !self.quoted;
                    self.texts();
                }
                b'"' => {
                    self.quoted = !self.quoted;
                    self.ends_command();
                    self.at += 1;
                }
                b'\'' if !self.quoted => {
                    let end = memchr::memchr(b'\'', &self.rest()[1..]);
                    let start = self.at;
                    self.at += end.map_or(self.rest().len(), |end| end + 2);
                    self.script.texts.push(start..self.at);
                    self.command &= start < self.value;
                }
                b'$' => self.expansion(),
                b'#' if !self.quoted && self.blank_before() => {
                    self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
                }
                b'<' if !self.quoted && self.rest().starts_with(b"<<") => self.text_begins(),
                b'(' if !self.quoted => {
                    self.around.push(std::mem::take(&mut self.value));
                    self.command = true;
                    self.at += 1;
                }
                b')' if !self.quoted => {
                    self.value = self.around.pop().unwrap_or_default();
                    self.command = self.at < self.value;
                    self.at += 1;
                }
                b';' | b'&' | b'|' | b'(' | b'{' | b'!' => {
                    self.command |= !self.quoted;
                    self.at += 1;
                }
                b' ' | b'\t' => self.at += 1,
                _ if byte.is_ascii_alphabetic() || byte == b'_' => self.word(),
                _ => {
                    self.ends_command();
                    self.at += 1;
                }
            }
        }
    }

    /// What stands here is a word of a command, unless it belongs to a value that is assigned: `A=1 B=2 command`.
    fn ends_command(&mut self) {
        self.command &= self.at < self.value;
    }

    fn blank_before(&self) -> bool {
        self.at == 0 || matches!(self.text.as_bytes()[self.at - 1], b' ' | b'\t' | b'\n' | b';')
    }

    fn name(&self, from: usize) -> &str {
        let bytes = &self.text.as_bytes()[from.min(self.text.len())..];
        let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let starts = bytes.first().is_some_and(|first| !first.is_ascii_digit());
        if starts { &self.text[from..from + length] } else { "" }
    }

    /// A word: one that sets, one after which another sets, or any other.
    fn word(&mut self) {
        let word = self.name(self.at);
        let (from, length) = (self.at, word.len());
        let after = self.text.as_bytes().get(from + length).copied();
        let appended = self.text[from + length..].starts_with("+=");
        let begins = !self.quoted && (self.command || self.blank_before());
        let sets = begins && self.command && (after == Some(b'=') || appended);
        let declares = matches!(
            word,
            "export" | "readonly" | "local" | "declare" | "typeset" | "read" | "for" | "select" | "unset"
        );
        let opens = matches!(
            word,
            "then" | "do" | "else" | "if" | "while" | "until" | "elif" | "time" | "env" | "exec" | "sudo"
        );
        if sets {
            self.set(from..from + length);
            if self.all || self.is_before_command(from + length) {
                self.script.exports.extend(self.script.sets.last().cloned());
            }
            self.value = self.value_end(from + length);
            self.at = from + length + 1;
            return;
        }
        if from < self.value {
            self.at = from + length.max(1);
            return;
        }
        let is_option = word == "set";
        self.at = from + length.max(1);
        if begins && self.command && is_option {
            let option = self.text[self.at..].lines().next().unwrap_or_default().trim_start();
            let mut signs = option.chars();
            let (sign, rest) = (signs.next(), signs.as_str());
            let letters = rest.split(|sign: char| !sign.is_ascii_alphabetic()).next().unwrap_or_default();
            if letters != "o" && letters.contains('a') || rest.starts_with("o allexport") {
                self.all = sign == Some('-');
            }
        }
        if begins && self.command && declares {
            self.declared();
        } else if !opens || self.quoted {
            self.command = false;
        }
    }

    /// Where the value of an assignment ends whose name ends before `at`; no further than defaults are looked at.
    fn value_end(&self, at: usize) -> usize {
        let rest = &self.text[at..self.text.floor_char_boundary(at + MAX_DEFAULT)];
        let (mut quote, mut depth) = (None, 0_u32);
        let over = |sign: char| matches!(sign, ' ' | '\t' | '\n' | ';' | '&' | '|' | ')');
        let end = rest.char_indices().find(|(_, sign)| {
            match (*sign, quote) {
                (sign, Some(open)) if sign == open => quote = None,
                ('"' | '\'' | '`', None) => quote = Some(*sign),
                ('(', None) => depth += 1,
                (')', None) if depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            quote.is_none() && depth == 0 && over(*sign)
        });
        at + end.map_or(rest.len(), |(end, _)| end)
    }

    /// Whether a program follows an assignment whose name ends before `at`: `X=1 program`, `X="a b" Y=2 program`.
    fn is_before_command(&self, at: usize) -> bool {
        let mut after = self.text[self.value_end(at)..].trim_start_matches([' ', '\t']);
        for _ in 0..MAX_ASSIGNMENTS {
            let from = self.text.len() - after.len();
            let name = self.name(from).len();
            if name == 0 || !after[name..].starts_with('=') {
                break;
            }
            after = self.text[self.value_end(from + name)..].trim_start_matches([' ', '\t']);
        }
        !after.is_empty() && !after.starts_with(['\n', ';', '&', '|', ')', '#', '\r'])
    }

    fn set(&mut self, range: Range<usize>) {
        let name = self.text[range.clone()].to_owned();
        self.script.sets.push((name, self.base + to_u32(range.start)..self.base + to_u32(range.end)));
    }

    /// `export A=1 B`, `read A B`, `for A in`: what is named up to the end of the command, values left to the scanner.
    fn declared(&mut self) {
        let line = memchr::memchr2(b'\n', b';', self.rest()).unwrap_or(self.rest().len());
        let end = self.at + line;
        let mut at = self.at;
        let mut found = Vec::new();
        let exports = self.text[..self.at].ends_with("export");
        for word in self.text[at..end].split([' ', '\t']) {
            let name = word.split(['=', '+']).next().unwrap_or_default();
            // `export "${X}"`, `for x in …`
            if word == "in" {
                break;
            }
            let exported_only = !word.contains('=') && exports;
            if exported_only && is_name(name) {
                self.script.exported.push(name.to_owned());
            }
            if is_name(name) && !exported_only {
                found.push(at..at + name.len());
            }
            at += word.len() + 1;
        }
        for range in found {
            self.set(range);
            if exports || self.all {
                self.script.exports.extend(self.script.sets.last().cloned());
            }
        }
        self.command = false;
    }

    fn expansion(&mut self) {
        let rest = self.rest();
        match rest.get(1) {
            Some(b'{') => {
                let skip = usize::from(matches!(rest.get(2), Some(b'#' | b'!')));
                let from = self.at + 2 + skip;
                let name = self.name(from);
                let (length, after) = (name.len(), &self.text[(from + name.len()).min(self.text.len())..]);
                let fallback = fallback(after, self.base + to_u32(from + length));
                self.push(from..from + length, fallback);
                // What stands in the default is read on.
                self.ends_command();
                self.at = (from + length).max(self.at + 2);
            }
            Some(b'(') => {
                if !self.quoted {
                    self.around.push(std::mem::take(&mut self.value));
                }
                self.at += 2;
                self.command = true;
            }
            _ => {
                let from = self.at + 1;
                let length = self.name(from).len();
                self.push(from..from + length, Fallback::Absent);
                self.ends_command();
                self.at = from + length;
            }
        }
    }

    fn push(&mut self, range: Range<usize>, fallback: Fallback) {
        let name = &self.text[range.clone()];
        if is_screaming(name) {
            // A script that demands a variable surely means one.
            let sure = fallback == Fallback::Required;
            let at = self.base + to_u32(range.start)..self.base + to_u32(range.end);
            self.script.reads.push(Use {
                name: name.to_owned(),
                at,
                kind: Kind::Read,
                fallback,
                sure,
                owner: None,
                secret: None,
            });
        }
    }

    fn text_begins(&mut self) {
        let rest = &self.text[self.at + 2..];
        if rest.starts_with('<') {
            self.at += 3;
            return;
        }
        let word = rest.trim_start_matches(['-', ' ']);
        let quoted = word.starts_with(['\'', '"', '\\']);
        let word = word.trim_start_matches(['\'', '"', '\\']);
        let length = word.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(word.len());
        if length > 0
            && self.ends.len() < 16
            && word.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_')
        {
            self.ends.push((word[..length].to_owned(), !quoted));
        }
        self.at += 2;
    }

    /// Texts that begin on this line: without their quotes every `$` counts, else none.
    fn texts(&mut self) {
        for (end, counts) in std::mem::take(&mut self.ends) {
            let from = self.at.min(self.text.len());
            let mut to = from;
            let mut after = self.text.len();
            for line in self.text[from..].split_inclusive('\n') {
                if line.trim() == end {
                    after = to + line.len();
                    break;
                }
                to += line.len();
            }
            self.script.texts.push(from..to);
            if counts {
                let inner = Scanner { quoted: true, ..Scanner::of(&self.text[from..to], self.base + to_u32(from)) };
                self.script.reads.append(&mut inner.finished().reads);
            }
            self.at = after;
        }
    }
}

impl<'t> Scanner<'t> {
    fn of(text: &'t str, base: u32) -> Self {
        Self {
            text,
            base,
            at: 0,
            script: Script::default(),
            command: false,
            quoted: false,
            all: false,
            ends: Vec::new(),
            value: 0,
            around: Vec::new(),
        }
    }

    fn finished(mut self) -> Script {
        self.run();
        self.script
    }
}

/// What follows the name in `${X…}`.
fn fallback(after: &str, base: u32) -> Fallback {
    let (colon, rest) = after.strip_prefix(':').map_or((0, after), |rest| (1, rest));
    match rest.chars().next() {
        Some('-' | '=') => {
            let default = &rest[1..rest.floor_char_boundary(MAX_DEFAULT)];
            let end = default.find(['}', '\n']).unwrap_or(default.len());
            let default = &default[..end];
            if default.contains(['$', '`']) {
                return Fallback::Computed;
            }
            let from = base + colon + 1;
            let trimmed = default.trim_matches(['"', '\'']);
            let shift = to_u32(default.find(trimmed).unwrap_or_default());
            Fallback::Text { text: trimmed.to_owned(), at: from + shift..from + shift + to_u32(trimmed.len()) }
        }
        Some('?') => Fallback::Required,
        Some('+') => Fallback::Optional,
        _ => Fallback::Absent,
    }
}
