//! The literals that an expression may come to: `"b"` of `a || "b"`, both of `a ? "b" : "c"`.

use std::ops::Range;
use std::sync::Arc;

use super::{Node, Reader, Value};

/// An expression with more parts, or with more operators within each other, is not looked into.
const MOST: usize = 2000;
const LEVELS: u32 = 16;

impl Reader<'_> {
    /// Those of the expression that stands between `from` and here.
    pub(super) fn outcomes(&mut self, from: usize, depth: u32) -> Vec<Arc<Node>> {
        let to = std::mem::replace(&mut self.at, from);
        let mut parts = Vec::new();
        while let Some(token) = self.token().filter(|_| self.at <= to && parts.len() <= MOST) {
            parts.push(self.at - token.len()..self.at);
        }
        let mut found = Vec::new();
        if parts.len() <= MOST {
            self.collect(&parts, (depth, LEVELS), &mut found);
        }
        self.at = to;
        found
    }

    fn collect(&mut self, parts: &[Range<usize>], (depth, levels): (u32, u32), found: &mut Vec<Arc<Node>>) {
        let Some(levels) = levels.checked_sub(1) else { return };
        let within = (depth, levels);
        match Shape::of(parts, self.text) {
            Shape::Choice { question, colon } => {
                self.collect(&parts[question + 1..colon], within, found);
                self.collect(&parts[colon + 1..], within, found);
            }
            Shape::Either(operator) => {
                self.collect(&parts[..operator], within, found);
                self.collect(&parts[operator + 2..], within, found);
            }
            // `a && "b"` is the literal, or nothing that says more.
            Shape::Both(operator) => self.collect(&parts[operator + 2..], within, found),
            Shape::Within => self.collect(&parts[1..parts.len() - 1], within, found),
            Shape::Other => {
                let text = self.text;
                if let [name, open, .., close] = parts
                    && (&text[open.clone()], &text[close.clone()]) == ("(", ")")
                    && !closes_before_end(&parts[1..], text)
                {
                    found.extend(self.outcomes_of_call(&text[name.clone()], open.end..close.start, depth));
                }
                let [part] = parts else { return };
                if text[part.clone()].starts_with('`') {
                    found.extend(self.outcomes_of_template(part, depth));
                }
                found.extend(self.operand(part, depth).filter(|node| node.text().is_some()));
            }
        }
    }

    /// A literal, or the one that a variable is declared with.
    fn operand(&mut self, part: &Range<usize>, depth: u32) -> Option<Arc<Node>> {
        let token = &self.text[part.clone()];
        if let Some(at) = self.bindings.get(token).copied() {
            return self.bound(at, depth);
        }
        self.at = part.end;
        let value = self.scalar(token, part.start);
        if matches!(value, Value::Unknown) { None } else { self.node(value, part.start) }
    }
}

/// Whether the parentheses that begin `parts` are closed before their end.
fn closes_before_end(parts: &[Range<usize>], text: &str) -> bool {
    let mut depth = 0_usize;
    let closes = |part: &Range<usize>| {
        match &text[part.clone()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    };
    parts.iter().rev().skip(1).rev().any(closes)
}

/// How an expression is put together at its outermost.
enum Shape {
    /// `a ? b : c`
    Choice {
        question: usize,
        colon: usize,
    },
    /// `a || b`, `a ?? b`
    Either(usize),
    /// `a && b`
    Both(usize),
    /// `(a)`
    Within,
    Other,
}

impl Shape {
    fn of(parts: &[Range<usize>], text: &str) -> Self {
        let text = |part: &Range<usize>| &text[part.clone()];
        let adjoins = |at: usize, sign: &str| {
            let (part, next) = (parts.get(at), parts.get(at + 1));
            part.zip(next).is_some_and(|(part, next)| part.end == next.start && text(next) == sign)
        };
        let (mut depth, mut either, mut both) = (0_usize, None, None);
        // Where the first question is, and how many are open.
        let (mut question, mut open) = (None, 0_usize);
        let mut closed_before_end = false;
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            match text(part) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.saturating_sub(1);
                    closed_before_end |= depth == 0 && at + 1 < parts.len();
                }
                _ if depth > 0 => {}
                "?" if adjoins(at, "?") => {
                    either = Some(at);
                    at += 1;
                }
                "?" if adjoins(at, ".") => {}
                "?" => {
                    question = question.or(Some(at));
                    open += 1;
                }
                ":" if open == 1 => {
                    if let Some(question) = question {
                        return Self::Choice { question, colon: at };
                    }
                }
                ":" => open = open.saturating_sub(1),
                "|" if adjoins(at, "|") => {
                    either = Some(at);
                    at += 1;
                }
                "&" if adjoins(at, "&") => {
                    both = Some(at);
                    at += 1;
                }
                // A function.
                "=" if adjoins(at, ">") => return Self::Other,
                _ => {}
            }
            at += 1;
        }
        match (either, both) {
            (Some(operator), _) => Self::Either(operator),
            (None, Some(operator)) => Self::Both(operator),
            (None, None) => {
                let first = parts.first().map(text);
                if first == Some("(") && !closed_before_end && parts.len() > 2 { Self::Within } else { Self::Other }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::shape;
    use super::super::parse;
    use crate::source::Sources;

    #[test]
    fn what_an_expression_may_come_to() {
        for (text, expected) in [
            ("process.env.A || 'b'", "?('b')"),
            ("process.env.A ?? `b`", "?('b')"),
            ("process.env['A'] || process.env.B || (c ?? 'd')", "?('d')"),
            ("process.env.NODE_ENV === 'production' ? process.env.A : 'b'", "?('b')"),
            ("a?.b ? c ? 'd' : 'e' : f ? 'g' : h", "?('d' 'e' 'g')"),
            ("(process.env.A || 'b')", "?('b')"),
            ("a && 'b'", "?('b')"),
            ("process.env.A || known", "?('k')"),
            ("process.env.A || 5", "?(5)"),
            ("process.env.A || null", "?"),
            ("process.env.A || 'b' + c", "?"),
            ("(a || 'b').trim()", "?"),
            ("f('a' || 'b')", "?"),
            ("(a) => a || 'b'", "?"),
            ("a || { b: 'c' }", "?"),
            ("a | 'b'", "?"),
            ("`a ${b} c`", "?('a ${b} c')"),
            ("`${process.env.A || 'b'}`", "?('b')"),
            ("process.env.A || `x://${b ?? 'c'}:${d}@e`", "?('x://${b ?? \'c\'}:${d}@e' 'x://c:${d}@e')"),
            ("`${a ? `b` : '}'}`", "?('b' '}')"),
            ("`${b}`", "?"),
            ("first('A')", "?('s')"),
            ("first('A', 'own') || 'c'", "?('own' 'c')"),
            ("first('A', undefined)", "?('s')"),
            ("second('A')", "?('t')"),
            ("second('A').trim()", "?"),
            ("third('A')", "?"),
            ("fourth('A')", "?"),
            ("unknown('A')", "?"),
        ] {
            let functions = "function first(name, other = 's') { const own = 1; return process.env[name] || other }\n\
                const second = (name, other = 't') => process.env[name] ?? other\n\
                const third = (name, other = 't') => { return read(name, other) }\n\
                function fourth(known) { return known.b || own }\nfunction fifth() { return fifth() || fifth() }\n";
            let text = format!("{functions}const known = 'k'\nmodule.exports = {{ a: {text}, z: 1 }}");
            let parsed = parse(Sources::default().add("a.js", ""), &text).map(|node| shape(&node));
            assert_eq!(parsed, Some(format!("{{a:{expected} z:1}}")), "{text}");
        }
    }
}
