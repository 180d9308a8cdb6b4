//! A shell file cut into operators and words, quotes and references taken apart.

use std::ops::Range;

use memchr::memchr;

/// How deep quotes and references may nest.
const MAX_DEPTH: usize = 48;

/// What cannot be read, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: &'static str,
    pub(super) at: Range<usize>,
}

/// A token, by the grammar of POSIX.
pub(super) enum Token {
    Word(Word),
    /// `;`, `&`, `|`, `&&`, `||`, `(`, `)`, `;;`, `<`, `>`, `>>`, `<<`, `<&`, `>&`, `<>` or `>|`.
    Operator(&'static str),
    Newline,
    End,
}

/// A word and where it stands.
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    pub(super) span: Range<usize>,
}

/// A piece of a word.
pub(super) enum Part {
    Text {
        text: Vec<u8>,
        quoted: bool,
    },
    Parameter {
        name: Vec<u8>,
        quoted: bool,
        /// `${#NAME}`
        length: bool,
        operation: Option<Operation>,
        span: Range<usize>,
    },
    /// `$(…)` or backticks.
    Command(Range<usize>),
    /// `$((…))`, and what stands within.
    Arithmetic {
        text: Vec<u8>,
        span: Range<usize>,
    },
    /// A `${…}` that no shell knows: an error once it is expanded.
    Bad(Range<usize>),
}

/// What follows the name in `${NAME…}`.
pub(super) struct Operation {
    /// `-`, `=`, `?`, `+`, `%`, `#`, or `P` and `H` for `%%` and `##`.
    pub(super) sign: u8,
    pub(super) colon: bool,
    pub(super) word: Vec<Part>,
}

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
}

type Read<T> = Result<T, Fault>;

impl<'b> Lexer<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
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
        self.parts(Context::Plain, 0, &mut parts)?;
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
    fn parts(&mut self, context: Context, depth: usize, parts: &mut Vec<Part>) -> Read<()> {
        let open = self.at;
        if depth > MAX_DEPTH {
            return Err(Fault { message: "quotes and references are nested too deep", at: open..open + 1 });
        }
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
                    self.parts(Context::DoubleQuotes, depth + 1, parts)?;
                }
                (_, b'`') => self.backticks(parts)?,
                (_, b'$') => self.dollar(context, quoted, depth, parts)?,
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

    fn backticks(&mut self, parts: &mut Vec<Part>) -> Read<()> {
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
        // What stands between them is a program too, and a quote that is not closed there is an error here.
        let inner = self.bytes.get(open + 1..self.at).unwrap_or_default();
        self.at += 1;
        let mut program = Vec::with_capacity(inner.len());
        let mut bytes = inner.iter().peekable();
        while let Some(byte) = bytes.next() {
            let escaped = bytes.next_if(|next| *byte == b'\\' && matches!(next, b'`' | b'\\' | b'$'));
            program.push(*escaped.unwrap_or(byte));
        }
        let mut lexer = Lexer::new(&program);
        loop {
            match lexer.token() {
                Ok(Token::End) => break,
                Ok(_) => {}
                Err(_) => return Err(self.unclosed("the command between these backticks is not complete", open)),
            }
        }
        parts.push(Part::Command(open..self.at));
        Ok(())
    }

    fn dollar(&mut self, context: Context, quoted: bool, depth: usize, parts: &mut Vec<Part>) -> Read<()> {
        let start = self.at;
        self.at += 1;
        self.skip_continuations();
        match self.peek() {
            Some(b'(') => {
                self.parentheses(start, depth)?;
                let span = start..self.at;
                let written = self.bytes.get(span.clone()).unwrap_or_default();
                let inner = written.strip_prefix(b"$((").and_then(|inner| inner.strip_suffix(b"))"));
                parts.push(match inner {
                    Some(inner) => Part::Arithmetic { text: inner.to_vec(), span },
                    None => Part::Command(span),
                });
            }
            Some(b'{') => {
                self.at += 1;
                let part = self.brace(start, context, quoted, depth)?;
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
    fn brace(&mut self, start: usize, context: Context, quoted: bool, depth: usize) -> Read<Part> {
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
            return self.bad(start, context, depth);
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
            Some(_) if length => return self.bad(start, context, depth),
            Some(sign @ (b'-' | b'=' | b'?' | b'+')) => sign,
            Some(sign @ (b'%' | b'#')) if !colon => sign,
            Some(_) => return self.bad(start, context, depth),
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
        self.parts(inner, depth + 1, &mut word)?;
        let operation = Some(Operation { sign, colon, word });
        Ok(Part::Parameter { name, quoted, length, operation, span: start..self.at })
    }

    /// The rest of a reference that no shell knows, up to its `}`.
    fn bad(&mut self, start: usize, context: Context, depth: usize) -> Read<Part> {
        let inner = match context {
            Context::DoubleQuotes | Context::QuotedBrace => Context::QuotedBrace,
            _ => Context::Brace,
        };
        self.parts(inner, depth + 1, &mut Vec::new())?;
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

    /// Moves behind the parenthesis that closes the one at `self.at`; quotes, comments and nesting count.
    fn parentheses(&mut self, start: usize, depth: usize) -> Read<()> {
        if depth > MAX_DEPTH {
            return Err(Fault { message: "quotes and references are nested too deep", at: start..start + 1 });
        }
        let mut open = 0_usize;
        let mut quotes = false;
        loop {
            match self.peek() {
                None => return Err(self.unclosed("this command substitution is not closed", start)),
                Some(b'\\') => self.at += 1,
                Some(b'\'') if !quotes => {
                    let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
                    let Some(length) = memchr(b'\'', rest) else {
                        return Err(self.unclosed("this quote is not closed", self.at));
                    };
                    self.at += length + 1;
                }
                Some(b'"') => quotes = !quotes,
                Some(b'`') => {
                    self.backticks(&mut Vec::new())?;
                    continue;
                }
                Some(b'$') => {
                    let context = if quotes { Context::DoubleQuotes } else { Context::Plain };
                    self.dollar(context, quotes, depth + 1, &mut Vec::new())?;
                    continue;
                }
                Some(b'#') if !quotes && self.begins_word() => {
                    let rest = self.rest();
                    self.at += memchr(b'\n', rest).unwrap_or(rest.len());
                    continue;
                }
                Some(b'(') if !quotes => open += 1,
                Some(b')') if !quotes => {
                    open -= 1;
                    if open == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                Some(_) => {}
            }
            self.at += 1;
        }
    }

    /// Whether a word may begin at `self.at`.
    fn begins_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|last| self.bytes.get(last));
        before.is_some_and(|before| b" \t\n;&|()".contains(before))
    }

    fn skip_continuations(&mut self) {
        while self.rest().starts_with(b"\\\n") {
            self.at += 2;
        }
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// A fault from `at` to the end of its line.
    fn unclosed(&self, message: &'static str, at: usize) -> Fault {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let end = at + memchr(b'\n', rest).unwrap_or(rest.len());
        Fault { message, at: at..end }
    }
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
