//! A shell file cut into operators and words, quotes and references taken apart.

use std::ops::Range;

use memchr::memchr;

use super::grammar;
use super::token::{Fault, Operation, Part, Token, Word};

/// How deep quotes, references and commands may nest.
pub(super) const MAX_DEPTH: usize = 96;

/// Where a piece of text stands, which decides what quotes and backslashes mean in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Plain,
    DoubleQuotes,
    /// Within `${…}`, outside double quotes.
    Brace,
    /// Within `"${…}"`, behind `-`, `=`, `?` or `+`.
    QuotedBrace,
}

/// The operators, longer ones first.
const OPERATORS: &[&str] = &["&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", ";", "&", "|", "(", ")", "<", ">"];

pub(super) struct Lexer<'b> {
    bytes: &'b [u8],
    pub(super) at: usize,
    /// How deep in quotes, references and commands this is.
    pub(super) depth: usize,
}

type Read<T> = Result<T, Fault>;

impl<'b> Lexer<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    pub(super) fn token(&mut self) -> Read<Token> {
        loop {
            self.skip_continuations();
            match self.peek() {
                None => return Ok(Token::End),
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'#') => {
                    let rest = self.rest();
                    self.at += memchr(b'\n', rest).unwrap_or(rest.len());
                }
                Some(b'\n') => {
                    self.at += 1;
                    return Ok(Token::Newline);
                }
                Some(_) => break,
            }
        }
        if let Some(operator) = self.operator() {
            return Ok(Token::Operator(operator));
        }
        let start = self.at;
        let mut parts = Vec::new();
        self.parts(Context::Plain, &mut parts)?;
        Ok(Token::Word(Word { parts, span: start..self.at }))
    }

    fn operator(&mut self) -> Option<&'static str> {
        let found = OPERATORS.iter().find(|operator| self.rest().starts_with(operator.as_bytes()))?;
        self.at += found.len();
        // A continued line may split an operator.
        if found.len() == 1 {
            let before = self.at;
            self.skip_continuations();
            if self.at > before {
                let second = self.peek().map(char::from);
                let whole = second.and_then(|second| {
                    OPERATORS
                        .iter()
                        .find(|longer| longer.len() == 2 && longer.starts_with(found) && longer.ends_with(second))
                });
                if let Some(whole) = whole {
                    self.at += 1;
                    return Some(whole);
                }
            }
        }
        Some(found)
    }

    /// Reads pieces up to what ends the context; the ending sign itself stays, but for quotes and braces.
    fn parts(&mut self, context: Context, parts: &mut Vec<Part>) -> Read<()> {
        if self.depth > MAX_DEPTH {
            return Err(too_deep(self.at));
        }
        self.depth += 1;
        let read = self.parts_of(context, parts);
        self.depth -= 1;
        read
    }

    fn parts_of(&mut self, context: Context, parts: &mut Vec<Part>) -> Read<()> {
        let open = self.at;
        let quoted = matches!(context, Context::DoubleQuotes | Context::QuotedBrace);
        loop {
            let Some(byte) = self.peek() else {
                return match context {
                    Context::Plain => Ok(()),
                    Context::DoubleQuotes => Err(self.unclosed("this quote is not closed", open.saturating_sub(1))),
                    _ => Err(self.unclosed("this reference is not closed", open.saturating_sub(1))),
                };
            };
            match (context, byte) {
                (Context::Plain, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') => {
                    return Ok(());
                }
                (Context::DoubleQuotes, b'"') | (Context::Brace | Context::QuotedBrace, b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                (_, b'\\') => self.backslash(context, parts),
                (Context::Plain | Context::Brace, b'\'') => self.single_quotes(parts)?,
                (_, b'"') => {
                    self.at += 1;
                    push(parts, b"", true);
                    // Within "${…}" a quote ends the quoting for what it encloses, which comes to the same text.
                    self.parts(Context::DoubleQuotes, parts)?;
                }
                (_, b'`') => self.backticks(quoted, parts)?,
                (_, b'$') => self.dollar(context, quoted, parts)?,
                _ => {
                    let rest = self.rest();
                    let special = |byte: &u8| b" \t\n;&|()<>\\'\"`$}".contains(byte);
                    let length = rest.iter().position(special).unwrap_or(rest.len()).max(1);
                    push(parts, rest.get(..length).unwrap_or_default(), quoted);
                    self.at += length;
                }
            }
        }
    }

    fn backslash(&mut self, context: Context, parts: &mut Vec<Part>) {
        let next = self.bytes.get(self.at + 1).copied();
        match (context, next) {
            (_, Some(b'\n')) => self.at += 2,
            (Context::Plain | Context::Brace, Some(next))
            | (Context::DoubleQuotes, Some(next @ (b'"' | b'\\' | b'$' | b'`')))
            | (Context::QuotedBrace, Some(next @ (b'"' | b'\\' | b'$' | b'`' | b'}'))) => {
                push(parts, &[next], true);
                self.at += 2;
            }
            (_, Some(_) | None) => {
                push(parts, b"\\", true);
                self.at += 1;
            }
        }
    }

    fn single_quotes(&mut self, parts: &mut Vec<Part>) -> Read<()> {
        let open = self.at;
        let rest = self.bytes.get(open + 1..).unwrap_or_default();
        let Some(length) = memchr(b'\'', rest) else { return Err(self.unclosed("this quote is not closed", open)) };
        push(parts, rest.get(..length).unwrap_or_default(), true);
        self.at = open + length + 2;
        Ok(())
    }

    fn backticks(&mut self, quoted: bool, parts: &mut Vec<Part>) -> Read<()> {
        let open = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.unclosed("this backtick is not closed", open)),
                Some(b'`') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        // What stands between them is a program too, once a backslash is taken off.
        let inner = self.bytes.get(open + 1..self.at).unwrap_or_default();
        self.at += 1;
        let mut program = Vec::with_capacity(inner.len());
        let mut bytes = inner.iter().peekable();
        while let Some(byte) = bytes.next() {
            let is_escaped = |next: &&u8| matches!(next, b'`' | b'\\' | b'$') || quoted && **next == b'"';
            let escaped = bytes.next_if(|next| *byte == b'\\' && is_escaped(next));
            program.push(*escaped.unwrap_or(byte));
        }
        let mut lexer = Lexer { depth: self.depth, ..Lexer::new(&program) };
        if grammar::program(&mut lexer).is_err() {
            return Err(self.unclosed("the command between these backticks is not complete", open));
        }
        parts.push(Part::Command(open..self.at));
        Ok(())
    }

    fn dollar(&mut self, context: Context, quoted: bool, parts: &mut Vec<Part>) -> Read<()> {
        let start = self.at;
        self.at += 1;
        self.skip_continuations();
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                self.skip_continuations();
                let part = if self.peek() == Some(b'(') {
                    let text = self.arithmetic(start)?;
                    Part::Arithmetic { text, span: start..self.at }
                } else {
                    self.command(start)?;
                    Part::Command(start..self.at)
                };
                parts.push(part);
            }
            Some(b'{') => {
                self.at += 1;
                let part = self.brace(start, context, quoted)?;
                parts.push(part);
            }
            Some(_) => {
                let name = self.name(false);
                if name.is_empty() {
                    push(parts, b"$", quoted);
                } else {
                    let span = start..self.at;
                    parts.push(Part::Parameter { name, quoted, length: false, operation: None, span });
                }
            }
            None => push(parts, b"$", quoted),
        }
        Ok(())
    }

    /// Reads the rest of `${…}`.
    fn brace(&mut self, start: usize, context: Context, quoted: bool) -> Read<Part> {
        self.skip_continuations();
        let mut length = false;
        if self.peek() == Some(b'#') && !matches!(self.bytes.get(self.at + 1), Some(b'}')) {
            self.at += 1;
            let name_follows = self.peek().is_some_and(|next| is_name(next) || is_special(next));
            if name_follows && !(self.peek() == Some(b'#') && self.bytes.get(self.at + 1) != Some(&b'}')) {
                length = true;
            } else {
                self.at -= 1;
            }
        }
        let name = self.name(true);
        self.skip_continuations();
        if name.is_empty() {
            self.at += usize::from(self.peek().is_some_and(|next| next != b'}'));
            return self.bad(start, context);
        }
        let colon = !length && self.peek() == Some(b':');
        let sign_at = self.at + usize::from(colon);
        let sign = self.bytes.get(sign_at).copied();
        if sign == Some(b'}') && !colon {
            self.at += 1;
            return Ok(Part::Parameter { name, quoted, length, operation: None, span: start..self.at });
        }
        let sign = match sign {
            None => return Err(self.unclosed("this reference is not closed", start)),
            Some(_) if length => return self.bad(start, context),
            Some(sign @ (b'-' | b'=' | b'?' | b'+')) => sign,
            Some(sign @ (b'%' | b'#')) if !colon => sign,
            Some(_) => {
                self.at = sign_at + 1;
                return self.bad(start, context);
            }
        };
        self.at = sign_at + 1;
        self.skip_continuations();
        let pattern = matches!(sign, b'%' | b'#');
        let doubled = pattern && self.peek() == Some(sign);
        self.at += usize::from(doubled);
        let sign = match (sign, doubled) {
            (b'%', true) => b'P',
            (b'#', true) => b'H',
            (sign, _) => sign,
        };
        let inner = match context {
            Context::DoubleQuotes | Context::QuotedBrace if !pattern => Context::QuotedBrace,
            _ => Context::Brace,
        };
        let mut word = Vec::new();
        self.parts(inner, &mut word)?;
        let operation = Some(Operation { sign, colon, word });
        Ok(Part::Parameter { name, quoted, length, operation, span: start..self.at })
    }

    /// The rest of a reference that no shell knows, up to its `}`. The sign that makes it one counts for nothing, even if it is
    /// a quote.
    fn bad(&mut self, start: usize, context: Context) -> Read<Part> {
        let inner = match context {
            Context::DoubleQuotes | Context::QuotedBrace => Context::QuotedBrace,
            _ => Context::Brace,
        };
        self.parts(inner, &mut Vec::new())?;
        Ok(Part::Bad(start..self.at))
    }

    /// A name, a number or a special sign; empty if there is none.
    fn name(&mut self, braced: bool) -> Vec<u8> {
        let rest = self.rest();
        let length = match rest.first() {
            Some(first) if first.is_ascii_digit() && braced => {
                rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
            }
            Some(first) if first.is_ascii_digit() => 1,
            Some(first) if is_name(*first) => rest.iter().take_while(|byte| is_name(**byte)).count(),
            Some(first) if is_special(*first) => 1,
            _ => 0,
        };
        self.at += length;
        rest.get(..length).unwrap_or_default().to_vec()
    }

    /// Moves from the inside of `$(…)` behind it.
    fn command(&mut self, start: usize) -> Read<()> {
        if self.depth > MAX_DEPTH {
            return Err(too_deep(start));
        }
        let depth = self.depth;
        self.depth += 1;
        let read = grammar::substitution(self, start);
        self.depth = depth;
        read
    }

    /// Moves from the second parenthesis of `$((…))` behind it, and gives what stands within. Quotes are none there.
    fn arithmetic(&mut self, start: usize) -> Read<Vec<u8>> {
        if self.depth > MAX_DEPTH {
            return Err(too_deep(start));
        }
        self.depth += 1;
        self.at += 1;
        let from = self.at;
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None => return Err(self.unclosed("this arithmetic is not closed", start)),
                Some(b'\\') => self.at += 2,
                Some(b'`') => self.backticks(true, &mut Vec::new())?,
                Some(b'$') => self.dollar(Context::DoubleQuotes, true, &mut Vec::new())?,
                Some(b')') if open == 0 => {
                    let end = self.at;
                    self.at += 1;
                    self.skip_continuations();
                    // One alone is text.
                    if self.peek() == Some(b')') {
                        self.at += 1;
                        self.depth -= 1;
                        return Ok(self.written(&(from..end)).to_vec());
                    }
                }
                Some(byte) => {
                    open += usize::from(byte == b'(');
                    open -= usize::from(byte == b')');
                    self.at += 1;
                }
            }
        }
    }

    /// The word that ends a here-document, without its quotes, and whether it has any. A `$` and backticks are text in it.
    pub(super) fn end_of_document(&mut self) -> Read<(Vec<u8>, bool)> {
        while matches!(self.peek(), Some(b' ' | b'\t')) || self.rest().starts_with(b"\\\n") {
            self.at += if self.peek() == Some(b'\\') { 2 } else { 1 };
        }
        let mut parts = Vec::new();
        // There a comment begins, and no word.
        if self.peek() == Some(b'#') {
            return Ok((Vec::new(), false));
        }
        loop {
            match self.peek() {
                None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>') => break,
                Some(b'\\') => self.backslash(Context::Plain, &mut parts),
                Some(b'\'') => self.single_quotes(&mut parts)?,
                Some(b'"') => {
                    let open = self.at;
                    self.at += 1;
                    push(&mut parts, b"", true);
                    loop {
                        match self.peek() {
                            None => return Err(self.unclosed("this quote is not closed", open)),
                            Some(b'"') => break,
                            Some(b'\\') => self.backslash(Context::DoubleQuotes, &mut parts),
                            Some(byte) => {
                                push(&mut parts, &[byte], true);
                                self.at += 1;
                            }
                        }
                    }
                    self.at += 1;
                }
                Some(byte) => {
                    push(&mut parts, &[byte], false);
                    self.at += 1;
                }
            }
        }
        let is_quoted = parts.iter().any(|part| matches!(part, Part::Text { quoted: true, .. }));
        let text = |part: Part| if let Part::Text { text, .. } = part { text } else { Vec::new() };
        Ok((parts.into_iter().flat_map(text).collect(), is_quoted))
    }

    /// Moves behind a line of a here-document in which references count.
    pub(super) fn line_of_document(&mut self) -> Read<()> {
        loop {
            match self.peek() {
                None => return Ok(()),
                Some(b'\n') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.at += 2,
                Some(b'`') => self.backticks(true, &mut Vec::new())?,
                Some(b'$') => self.dollar(Context::DoubleQuotes, true, &mut Vec::new())?,
                Some(_) => self.at += 1,
            }
        }
    }

    fn skip_continuations(&mut self) {
        while self.rest().starts_with(b"\\\n") {
            self.at += 2;
        }
    }

    pub(super) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// What stands at a place.
    fn written(&self, span: &Range<usize>) -> &'b [u8] {
        self.bytes.get(span.clone()).unwrap_or_default()
    }

    /// A fault from `at` to the end of its line.
    pub(super) fn unclosed(&self, message: &'static str, at: usize) -> Fault {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let end = at + memchr(b'\n', rest).unwrap_or(rest.len());
        Fault { message, at: at..end }
    }
}

pub(super) fn too_deep(at: usize) -> Fault {
    Fault { message: "quotes and references are nested too deep", at: at..at + 1 }
}

fn push(parts: &mut Vec<Part>, more: &[u8], quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: same }) if *same == quoted => text.extend(more),
        _ => parts.push(Part::Text { text: more.to_vec(), quoted }),
    }
}

pub(super) fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
}
