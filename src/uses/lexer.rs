//! Program text as words, numbers, strings and signs, by a table per language: comments and the inside of strings are no
//! code, but code within a string (`${…}`) is.

mod markup;
mod strings;
mod syntax;

use std::ops::Range;

use super::heredoc;
pub(super) use syntax::{Habit, Quote, Syntax};

/// How deep code may stand in strings that stand in code.
const MAX_DEPTH: usize = 16;
/// How many bytes may be looked at in vain, beside four times the text: strings without an end would take forever.
const FREE: usize = 1 << 16;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    Text,
    Sign,
}

/// One token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// What stands between the quotes of a string.
    pub(super) inner: (u32, u32),
    /// How far from the line's beginning it stands, for the first of a line.
    pub(super) indent: Option<u32>,
    /// Whether a string has code in it.
    pub(super) mixed: bool,
    /// The bracket that closes or opens this one; 0 for none.
    pub(super) partner: u32,
}

/// A text and its tokens.
#[derive(Debug)]
pub(super) struct Lexed<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
}

/// Reads a whole text; one that is over 4 GiB has no tokens.
pub(super) fn lex<'t>(text: &'t str, syntax: &Syntax) -> Lexed<'t> {
    let mut lexed = Lexed { text, tokens: Vec::new() };
    if u32::try_from(text.len()).is_ok() {
        let mut lexer =
            Lexer { text, syntax, at: 0, line: 0, fresh: true, tokens: Vec::new(), waiting: Vec::new(), wasted: 0 };
        lexer.code(0, false);
        lexed.tokens = lexer.tokens;
        pair(text, &mut lexed.tokens);
    }
    lexed
}

/// Notes for each bracket where its partner is.
fn pair(text: &str, tokens: &mut [Token]) {
    let mut open: Vec<(u8, usize)> = Vec::new();
    for index in 0..tokens.len() {
        let Token { kind: Kind::Sign, start, .. } = tokens[index] else { continue };
        match text.as_bytes()[start as usize] {
            sign @ (b'(' | b'[' | b'{') => open.push((sign, index)),
            sign @ (b')' | b']' | b'}') => {
                let wanted = match sign {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                // A bracket too many is passed over.
                if open.last().is_some_and(|(sign, _)| *sign == wanted)
                    && let Some((_, begun)) = open.pop()
                {
                    tokens[begun].partner = u32::try_from(index).unwrap_or_default();
                    tokens[index].partner = u32::try_from(begun).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    syntax: &'t Syntax,
    at: usize,
    /// Where the line begins.
    line: usize,
    /// Whether nothing but blanks stood on this line so far.
    fresh: bool,
    tokens: Vec<Token>,
    /// Texts whose body begins on the next line: their end, and whether they hold code.
    waiting: Vec<heredoc::Heredoc>,
    /// Bytes that were looked at for an end that was not there.
    wasted: usize,
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Lexer<'_> {
    fn rest(&self) -> &[u8] {
        &self.text.as_bytes()[self.at.min(self.text.len())..]
    }

    fn starts(&self, with: &str) -> bool {
        self.rest().starts_with(with.as_bytes())
    }

    fn push(&mut self, kind: Kind, start: usize, inner: Range<usize>, mixed: bool) {
        let indent = self.fresh.then(|| to_u32(start - self.line.min(start)));
        self.fresh = false;
        let (start, end) = (to_u32(start), to_u32(self.at));
        let inner = (to_u32(inner.start), to_u32(inner.end));
        self.tokens.push(Token { kind, start, end, inner, indent, mixed, partner: 0 });
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line = self.at;
        self.fresh = true;
    }

    /// Moves to `to`, counting lines.
    fn pass(&mut self, to: usize) {
        let to = to.min(self.text.len());
        if let Some(newline) = memchr::memrchr(b'\n', &self.text.as_bytes()[self.at.min(to)..to]) {
            self.line = self.at + newline + 1;
            self.fresh = true;
        }
        self.at = to;
    }

    /// Code up to the end, or, within a string, up to the `}` that ends it.
    fn code(&mut self, depth: usize, inside: bool) {
        if !inside && self.syntax.habit == Habit::Php {
            self.markup();
        }
        if !inside {
            self.begin_block();
        }
        let mut braces = 0_usize;
        while let Some(&byte) = self.rest().first() {
            match byte {
                b'\n' => {
                    self.newline();
                    self.bodies(depth);
                    self.begin_block();
                }
                b' ' | b'\t' | b'\r' | 0x0c => self.at += 1,
                // Neither a comment nor a string begins with one of these, and most text is made of them.
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(depth),
                b'0'..=b'9' => self.number(),
                _ if self.comment() => {}
                _ if self.string(depth) => {}
                _ if self.is_word(byte) => self.word(depth),
                b'}' if inside && braces == 0 => return,
                b'?' if self.syntax.habit == Habit::Php && self.starts("?>") => self.markup(),
                b'<' if self.heredoc() => {}
                b'<' if self.syntax.habit == Habit::Regexes && self.element(depth) => {}
                _ => {
                    match byte {
                        b'{' => braces += 1,
                        b'}' => braces = braces.saturating_sub(1),
                        _ => {}
                    }
                    let start = self.at;
                    self.at += 1;
                    self.push(Kind::Sign, start, start..start, false);
                }
            }
        }
    }

    /// Goes past what is no PHP.
    fn markup(&mut self) {
        let next = ["<?php", "<?="]
            .iter()
            .filter_map(|open| memchr::memmem::find(self.rest(), open.as_bytes()).map(|at| (at, at + open.len())));
        let to = next.min().map_or(self.text.len(), |(_, end)| self.at + end);
        self.pass(to);
    }

    /// Ruby's `=begin … =end`, and `__END__`, which stand at the beginning of a line.
    fn begin_block(&mut self) {
        if self.syntax.habit != Habit::Ruby {
            return;
        }
        if self.starts("=begin") {
            let end = memchr::memmem::find(self.rest(), b"\n=end").map_or(self.text.len(), |at| self.at + at + 5);
            self.pass(end);
        } else if self.starts("__END__\n") {
            self.at = self.text.len();
        }
    }

    fn is_word(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 || self.syntax.in_words.contains(&byte)
    }

    fn comment(&mut self) -> bool {
        let syntax = self.syntax;
        for (open, close) in syntax.block_comments {
            if !self.starts(open) {
                continue;
            }
            let (open, close) = (open.as_bytes(), close.as_bytes());
            let (mut depth, mut at) = (1_usize, self.at + open.len());
            let bytes = self.text.as_bytes();
            while depth > 0 && at < bytes.len() {
                if bytes[at..].starts_with(close) {
                    depth -= 1;
                    at += close.len();
                } else if syntax.nested_comments && bytes[at..].starts_with(open) {
                    depth += 1;
                    at += open.len();
                } else {
                    at += 1;
                }
            }
            self.pass(at);
            return true;
        }
        let begins = |open: &&&str| self.starts(open) && !(self.syntax.habit == Habit::Php && self.starts("#["));
        if syntax.line_comments.iter().any(|open| begins(&open)) {
            self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
            return true;
        }
        false
    }

    fn number(&mut self) {
        let start = self.at;
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        let mut length = self.rest().iter().take_while(|byte| part(byte)).count();
        // `1..5` and `1.method` are no numbers as a whole.
        if let Some(dots) = memchr::memmem::find(&self.rest()[..length], b"..") {
            length = dots.max(1);
        }
        self.at += length;
        self.push(Kind::Number, start, start..self.at, false);
    }

    fn word(&mut self, depth: usize) {
        let start = self.at;
        let length = self.rest().iter().take_while(|byte| self.is_word(**byte)).count();
        self.at += length;
        let word = &self.text[start..self.at];
        let next = self.rest().first().copied();
        let habit = self.syntax.habit;
        match habit {
            Habit::Prefixes if matches!(next, Some(b'"' | b'\'')) && length <= 2 => {
                let lower = word.to_ascii_lowercase();
                if lower.bytes().all(|letter| b"rbfut".contains(&letter)) {
                    let code = lower.contains(['f', 't']).then_some("{");
                    if self.quoted(start, code, depth) {
                        return;
                    }
                }
            }
            Habit::Rust
                if matches!(word, "r" | "br" | "cr") && matches!(next, Some(b'"' | b'#')) && self.raw(start) =>
            {
                return;
            }
            _ => {}
        }
        self.push(Kind::Word, start, start..self.at, false);
    }
}

#[cfg(test)]
mod tests;
