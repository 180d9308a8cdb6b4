//! Strings in program text: how each language begins and ends them, and the code within them.

use std::ops::Range;

use super::{FREE, Habit, Kind, Lexer, MAX_DEPTH, Quote};
use crate::uses::heredoc;

impl Lexer<'_> {
    /// `r##"…"##`.
    pub(super) fn raw(&mut self, start: usize) -> bool {
        let marks = self.rest().iter().take_while(|byte| **byte == b'#').count();
        if self.rest().get(marks) != Some(&b'"') {
            return false;
        }
        let from = self.at + marks + 1;
        let close = format!("\"{}", "#".repeat(marks));
        if self.wasted > 4 * self.text.len() + FREE {
            return false;
        }
        let body = &self.text.as_bytes()[from..];
        let Some(length) = memchr::memmem::find(body, close.as_bytes()) else {
            self.wasted += body.len();
            return false;
        };
        let fresh = self.fresh;
        self.pass(from + length + close.len());
        self.fresh = fresh;
        self.push(Kind::Text, start, from..from + length, false);
        true
    }

    pub(super) fn string(&mut self, depth: usize) -> bool {
        let start = self.at;
        match (self.syntax.habit, self.rest()) {
            (Habit::Rust, [b'\'', rest @ ..]) => return self.character(rest.len()),
            (Habit::Regexes | Habit::Ruby, [b'/', ..]) => return self.value_may_begin() && self.regex(),
            (Habit::Ruby, [b'%', ..]) => return self.value_may_begin() && self.percent(),
            _ => {}
        }
        self.quoted(start, None, depth)
    }

    /// A character of Rust; a lifetime is none.
    fn character(&mut self, left: usize) -> bool {
        let start = self.at;
        let body = &self.text[start + 1..];
        let length = match body.chars().next() {
            Some('\\') => body.char_indices().skip(2).find(|(_, sign)| *sign == '\'').map(|(at, _)| at),
            Some(sign) if body[sign.len_utf8()..].starts_with('\'') => Some(sign.len_utf8()),
            _ => None,
        };
        let Some(length) = length.filter(|length| *length < left.min(16)) else { return false };
        self.at = start + length + 2;
        self.push(Kind::Number, start, start..self.at, false);
        true
    }

    /// Whether an operand may stand here, so that `/` is no division and `%` no remainder.
    pub(super) fn value_may_begin(&self) -> bool {
        let Some(last) = self.tokens.last() else { return true };
        let word = &self.text[last.start as usize..last.end as usize];
        match last.kind {
            Kind::Sign => !matches!(word, ")" | "]" | "}"),
            Kind::Word => matches!(
                word,
                "return"
                    | "default"
                    | "typeof"
                    | "case"
                    | "in"
                    | "of"
                    | "when"
                    | "if"
                    | "unless"
                    | "and"
                    | "or"
                    | "not"
                    | "then"
            ),
            Kind::Number | Kind::Text => false,
        }
    }

    /// `/…/` that ends on its line.
    fn regex(&mut self) -> bool {
        if self.wasted > 4 * self.text.len() + FREE {
            return false;
        }
        let bytes = self.rest();
        let (mut at, mut class) = (1, false);
        loop {
            match bytes.get(at) {
                None | Some(b'\n') => {
                    self.wasted += at;
                    return false;
                }
                Some(b'\\') => at += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            at += 1;
        }
        let start = self.at;
        self.at = (start + at + 1).min(self.text.len());
        // A string that is nobody's name.
        self.push(Kind::Text, start, start..start, true);
        true
    }

    /// `%w[a b]`, `%q(…)`: passed over, as nothing there is a name.
    fn percent(&mut self) -> bool {
        let letters = self.rest().iter().skip(1).take_while(|byte| b"wWqQiIrsx".contains(byte)).count();
        let close = match self.rest().get(1 + letters) {
            Some(b'(') => b')',
            Some(b'[') => b']',
            Some(b'{') => b'}',
            Some(b'<') => b'>',
            Some(sign @ (b'|' | b'!' | b'/')) if letters == 1 => *sign,
            _ => return false,
        };
        if letters > 1 {
            return false;
        }
        let start = self.at;
        let from = start + letters + 2;
        // No such list is long; looking on to the end for each would take forever.
        let body = &self.text.as_bytes()[from.min(self.text.len())..];
        let Some(length) = memchr::memchr(close, &body[..body.len().min(4096)]) else { return false };
        self.pass(from + length + 1);
        self.push(Kind::Text, start, start..start, true);
        true
    }

    pub(super) fn quoted(&mut self, start: usize, code: Option<&'static str>, depth: usize) -> bool {
        let syntax = self.syntax;
        let Some(quote) = syntax.quotes.iter().find(|quote| self.starts(quote.open)) else { return false };
        let from = self.at + quote.open.len();
        if self.wasted > 4 * self.text.len() + FREE {
            return false;
        }
        let end = match end_of(self.text, from, quote) {
            Ok(end) => end,
            Err(looked_at) => {
                self.wasted += looked_at;
                return false;
            }
        };
        let after = end + quote.close.len();
        let code = code.or(quote.code).filter(|_| depth < MAX_DEPTH);
        let mixed =
            code.is_some_and(|code| memchr::memmem::find(&self.text.as_bytes()[from..end], code.as_bytes()).is_some());
        self.at = after;
        self.push(Kind::Text, start, from..end, mixed);
        if let Some(code) = code.filter(|_| mixed) {
            self.pieces(from..end, code, quote.escapes, depth);
        }
        self.at = from;
        self.pass(after);
        self.fresh = false;
        true
    }

    /// The code within a string.
    fn pieces(&mut self, body: Range<usize>, code: &'static str, escapes: bool, depth: usize) {
        let bytes = self.text.as_bytes();
        let mut at = body.start;
        while at < body.end {
            let doubled = code == "{" && bytes[at..body.end].starts_with(b"{{");
            if doubled || escapes && bytes[at] == b'\\' {
                at += 2;
            } else if bytes[at..body.end].starts_with(code.as_bytes()) {
                self.at = at + code.len();
                self.push(Kind::Sign, self.at - 1, at..at, false);
                let (text, waiting) = (self.text, std::mem::take(&mut self.waiting));
                self.text = &text[..body.end];
                self.code(depth + 1, true);
                self.text = text;
                self.waiting = waiting;
                let end = self.at;
                if self.at < body.end {
                    self.at += 1;
                    self.push(Kind::Sign, end, end..end, false);
                }
                at = self.at.max(at + 1);
            } else {
                at += 1;
            }
        }
    }

    pub(super) fn heredoc(&mut self) -> bool {
        let php = match self.syntax.habit {
            Habit::Php => true,
            Habit::Ruby => false,
            _ => return false,
        };
        let Some((length, heredoc)) = heredoc::opening(&self.text[self.at..], php) else { return false };
        let start = self.at;
        self.at += length;
        self.push(Kind::Text, start, start..start, true);
        if self.waiting.len() < MAX_DEPTH {
            self.waiting.push(heredoc);
        }
        true
    }

    /// The bodies that begin on this line.
    pub(super) fn bodies(&mut self, depth: usize) {
        for heredoc in std::mem::take(&mut self.waiting) {
            let body = heredoc::body(self.text, self.at, &heredoc.end);
            if let Some(code) = heredoc.code.filter(|_| depth < MAX_DEPTH) {
                self.pieces(body.clone(), code, true, depth);
            }
            self.at = body.start;
            self.pass(body.end);
            self.fresh = true;
        }
    }
}

/// Where the string ends whose body begins at `from`; how far was looked where it does not.
fn end_of(text: &str, from: usize, quote: &Quote) -> Result<usize, usize> {
    let bytes = text.as_bytes();
    let close = quote.close.as_bytes();
    let mut at = from;
    // How deep in the braces of code: a quote there is not this string's.
    let mut depth = 0_usize;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if quote.escapes && rest[0] == b'\\' {
            at += 2;
        } else if rest[0] == b'\n' && !quote.lines {
            return Err(at - from);
        } else if depth == 0 && rest.starts_with(close) {
            return Ok(at);
        } else if let Some(code) = quote.code.filter(|code| rest.starts_with(code.as_bytes())) {
            depth += 1;
            at += code.len();
        } else {
            match rest[0] {
                b'{' if depth > 0 => depth += 1,
                b'}' if depth > 0 => depth -= 1,
                _ => {}
            }
            at += 1;
        }
    }
    Err(at.saturating_sub(from))
}
