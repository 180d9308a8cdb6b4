//! What a program asks of a value before it goes on without it: `if x == "" { panic(…) }`, `if (!x) throw …`,
//! `if not x: raise …`,
//! `try: … except KeyError: …`.

use std::ops::Range;

use super::Fallback;
use super::lexer::Lexed;

/// How many tokens a question or its answer has; how many behind an assignment are looked at.
const LONG: usize = 60;
const NEAR: usize = 240;

/// Functions around a value that leave the question what it was.
const TRANSPARENT: &[&str] = &["len", "TrimSpace", "Boolean", "String", "bool", "any", "all"];

/// An `if`: what it asks, and what is done where that is so.
struct Question {
    asked: Range<usize>,
    then: Range<usize>,
}

impl Lexed<'_> {
    /// What the `if`, `assert` or `invariant` says of the expression in it; `None` where it stands in none.
    pub(super) fn asked(&self, operand: Range<usize>) -> Option<Fallback> {
        let before = self.before(operand.start, 1);
        let called = self.before(operand.start, if self.before(operand.start, 3) == "." { 4 } else { 2 });
        if before == "assert" || before == "(" && matches!(called, "assert" | "invariant" | "tinyInvariant") {
            return Some(Fallback::Required);
        }
        let begin = (operand.start.saturating_sub(LONG)..operand.start).rev();
        let question =
            begin.filter(|at| matches!(self.at(*at), "if" | "elif")).map(|at| self.question(at)).next()??;
        (question.asked.start <= operand.start && operand.end <= question.asked.end)
            .then(|| self.answer(&question, operand))?
    }

    /// What is said first of the name at an index, behind `from`, where it is given its value; `said` is asked about each
    /// place at which it stands again in that block.
    pub(super) fn said_later(
        &self,
        name: usize,
        from: usize,
        said: impl Fn(usize) -> Option<Fallback>,
    ) -> Option<Fallback> {
        let margin = self.indent(from);
        let (written, is_field) = (self.at(name), self.before(name, 1) == ".");
        let mut line = margin;
        for at in from + 1..(from + NEAR).min(self.tokens.len()) {
            line = self.tokens[at].indent.unwrap_or(line);
            let closes = matches!(self.at(at), "}" | ")") && (self.tokens[at].partner as usize) < name;
            if closes || line < margin {
                return None;
            }
            let is_it = self.at(at) == written && self.is_word(at) && (self.before(at, 1) == ".") == is_field;
            match is_it.then(|| said(at)).flatten() {
                // In a block of its own, which may never be run.
                Some(Fallback::Required) if line > margin => return Some(Fallback::Absent),
                None => {}
                found => return found,
            }
        }
        None
    }

    fn question(&self, at: usize) -> Option<Question> {
        let open = at + 1;
        let close = self.close(open);
        let goes_on =
            |sign: &str| matches!(sign, "and" | "or" | "is" | "in" | "not" | "=" | "!" | "&" | "|" | "." | "?");
        let (asked, after) = if self.at(open) == "(" && !goes_on(self.at(close + 1)) {
            (open + 1..close, close + 1)
        } else {
            let ends = |at: &usize| self.at(*at) == "{" || self.at(*at) == ":" && self.at(*at + 1) != "=";
            let end = (open..open + LONG).find(ends)?;
            (open..end, end)
        };
        let then = match self.at(after) {
            "{" => after + 1..self.close(after),
            sign => {
                let from = if sign == ":" { after + 1 } else { after };
                let margin = self.indent(at);
                let is_over = |at: &usize| {
                    let line = self.tokens.get(*at).is_none_or(|token| token.indent.is_some_and(|own| own <= margin));
                    line || sign != ":" && self.at(*at) == ";"
                };
                from..(from..from + LONG).find(is_over).unwrap_or(from)
            }
        };
        let then = then.start..then.end.min(then.start + LONG);
        Some(Question { asked, then })
    }

    /// What a question means for its operand; `None` where it asks for something else.
    fn answer(&self, question: &Question, operand: Range<usize>) -> Option<Fallback> {
        let operand = self.widened(operand)?;
        if !self.is_missing(&operand) {
            return Some(Fallback::Optional);
        }
        // `if (!a && !b) throw …`: each may be missing.
        let both = |at: usize| self.at(at) == "and" || self.follows(at, &["&", "&"]);
        if question.asked.clone().any(both) {
            return Some(Fallback::Optional);
        }
        let then = question.then.clone();
        let target = then.clone().take_while(|at| self.is_word(*at) || self.at(*at) == ".").last();
        if let Some(equals) = target.map(|last| last + 1).filter(|at| self.at(*at) == "=" && self.at(*at + 1) != "=") {
            return Some(self.fallback_until(equals + 1, &[";", "}"]));
        }
        let mut words = then.clone().map(|at| self.at(at));
        Some(match words.find(|word| gives_up(word) || matches!(*word, "if" | "return" | "for")) {
            Some("return") => {
                let is_error = then.clone().any(|at| self.written(at).to_ascii_lowercase().contains("err"));
                if is_error { Fallback::Absent } else { Fallback::Optional }
            }
            // Something else decides too.
            Some("if" | "for") => Fallback::Absent,
            Some(_) => Fallback::Required,
            None => Fallback::Optional,
        })
    }

    /// An operand with what leaves the question what it was: brackets, `len(…)`, `.trim()`; `None` within another call.
    fn widened(&self, mut operand: Range<usize>) -> Option<Range<usize>> {
        if self.at(operand.end) == "." {
            let known = matches!(self.at(operand.end + 1), "trim" | "strip" | "length");
            let end = operand.end + 2;
            operand.end = if self.at(end) == "(" { self.close(end) + 1 } else { end };
            known.then_some(())?;
        }
        for _ in 0..3 {
            let (before, after) = (self.before(operand.start, 1), self.at(operand.end));
            if !matches!(before, "(" | ",") {
                break;
            }
            let open = operand.start.checked_sub(1)?;
            let function = open.checked_sub(1).filter(|at| self.is_word(*at) && !matches!(self.at(*at), "if" | "elif"));
            match function {
                Some(at) if before == "(" && after == ")" && TRANSPARENT.contains(&self.at(at)) => {
                    let start = if self.before(at, 1) == "." { at.saturating_sub(2) } else { at };
                    operand = start..operand.end + 1;
                }
                None if before == "(" && after == ")" => operand = open..operand.end + 1,
                None if before == "(" => break,
                _ => return None,
            }
        }
        Some(operand)
    }

    /// Whether it is asked that a value is not there.
    fn is_missing(&self, operand: &Range<usize>) -> bool {
        let end = operand.end;
        let is_nothing = |at: usize| {
            matches!(self.at(at), "undefined" | "null" | "nil" | "None" | "0")
                || self.string(at).is_some_and(|text| text.is_empty() || text == "undefined")
        };
        let behind = (end..end + 4).find(|at| self.at(*at) != "=").unwrap_or(end);
        if self.follows(end, &["=", "="]) {
            return is_nothing(behind);
        }
        if self.at(end) == "is" {
            return self.at(end + 1) == "None";
        }
        match self.before(operand.start, 1) {
            "!" => self.before(operand.start, 2) != "!",
            "not" => true,
            _ => false,
        }
    }
}

/// Whether a program stops at this word.
fn gives_up(word: &str) -> bool {
    matches!(word, "throw" | "raise" | "panic" | "Exit" | "exit" | "abort" | "die" | "bail")
        || word.starts_with("Fatal")
        || word.starts_with("Panic")
}

/// Whether one of these errors is caught around a place: in a `try` that goes on without the value, or within `suppress`.
pub(super) fn is_caught(text: &str, at: usize, errors: &[&str]) -> bool {
    /// How far around a place is looked, in lines.
    const NEAR: usize = 30;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let (before, own) = (text.get(..start).unwrap_or_default(), text.get(start..).unwrap_or_default());
    let own_indent = own.lines().next().map_or(0, indent);
    let above = before.lines().rev().take(NEAR).find(|line| !line.trim().is_empty() && indent(line) < own_indent);
    let Some(header) = above else { return false };
    let catches = |line: &str| line.contains("Exception") || errors.iter().any(|name| line.contains(name));
    if header.trim_start().starts_with("with ") {
        return header.contains("suppress(") && catches(header);
    }
    if header.trim() != "try:" {
        return false;
    }
    let mut below =
        own.lines().skip(1).take(NEAR).skip_while(|line| line.trim().is_empty() || indent(line) >= own_indent);
    let Some(clause) = below.next().map(str::trim).filter(|line| line.starts_with("except")) else { return false };
    // `except KeyError: sys.exit("set it")` asks for it all the same.
    let gives_up = |line: &str| ["raise", "exit", "fatal", "critical"].iter().any(|word| line.contains(word));
    let body = below.take_while(|line| line.trim().is_empty() || indent(line) >= own_indent);
    (clause == "except:" || catches(clause)) && !gives_up(clause) && !body.into_iter().any(gives_up)
}
