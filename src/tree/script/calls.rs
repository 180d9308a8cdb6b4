//! What a call of a function of the same script may come to: what it returns, with what it was given in place of its parameters.

use std::ops::Range;
use std::sync::Arc;

use super::{MAX_BYTES, Node, Reader};

/// Calls within calls are followed so far.
const DEEPEST: u32 = 12;

/// A function that is declared once at the top of a script.
#[derive(Clone)]
pub(super) struct Function {
    /// Its parameters, in the parentheses.
    parameters: Range<usize>,
    /// What it returns, each up to the end of the expression.
    returns: Vec<Range<usize>>,
    /// Names that are something else within it.
    own: Vec<Range<usize>>,
}

impl<'t> Reader<'t> {
    /// The literals that `NAME(…)` may come to, with its arguments in `arguments`.
    pub(super) fn outcomes_of_call(&mut self, name: &str, arguments: Range<usize>, depth: u32) -> Vec<Arc<Node>> {
        let is_far = depth >= DEEPEST || self.reread >= MAX_BYTES;
        let Some(function) = self.functions.get(name).cloned().filter(|_| !is_far) else { return Vec::new() };
        let outer = self.bindings.clone();
        for own in function.own {
            self.bindings.remove(&self.text[own]);
        }
        let given = self.listed(arguments);
        for (index, parameter) in self.listed(function.parameters).into_iter().enumerate() {
            let (at, to) = (std::mem::replace(&mut self.at, parameter.start), parameter.end);
            let name = self.token().unwrap_or_default();
            let default = self.follows(&["="]).then_some(self.at).filter(|at| *at < to);
            self.at = at;
            self.bindings.remove(name);
            let given = given.get(index).map(|given| (given.start, self.text[given.clone()].trim()));
            let value = match given.filter(|(_, text)| *text != "undefined") {
                Some((at, text)) if text.starts_with(['\'', '"', '`']) => Some(at),
                Some((_, text)) => outer.get(text).copied(),
                None => default,
            };
            self.bindings.extend(value.map(|value| (name, value)));
        }
        let at = self.at;
        let mut found = Vec::new();
        for returned in function.returns {
            self.at = returned.end;
            self.reread += returned.len();
            found.extend(self.outcomes(returned.start, depth + 1));
        }
        self.at = at;
        self.bindings = outer;
        found
    }

    /// What stands between the commas of a range.
    fn listed(&mut self, range: Range<usize>) -> Vec<Range<usize>> {
        let before = std::mem::replace(&mut self.at, range.start);
        let mut found = Vec::new();
        while self.at < range.end {
            self.skip();
            let from = self.at;
            if self.pass_expression().is_none() || self.at > range.end {
                break;
            }
            if from < self.at {
                found.push(from..self.at);
            }
            self.token();
        }
        self.at = before;
        found
    }

    /// Finds the functions of a script, each by its name.
    pub(super) fn find_functions(&mut self) {
        let mut depth = 0_usize;
        let mut twice = Vec::new();
        while let Some(token) = self.token() {
            let found = match token {
                "{" | "(" | "[" => {
                    depth += 1;
                    None
                }
                "}" | ")" | "]" => {
                    depth = depth.saturating_sub(1);
                    None
                }
                "function" if depth == 0 => self.function(),
                "const" if depth == 0 => self.arrow(),
                _ => None,
            };
            if let Some((name, function)) = found
                && self.functions.insert(name, function).is_some()
            {
                twice.push(name);
            }
        }
        for name in twice {
            self.functions.remove(name);
        }
        self.at = 0;
    }

    /// `NAME(…) { … }`
    fn function(&mut self) -> Option<(&'t str, Function)> {
        let from = self.at;
        let found = self.token().and_then(|name| {
            let parameters = self.parentheses()?;
            Some((name, self.body(parameters)?))
        });
        self.at = from;
        found
    }

    /// `NAME = (…) => …`
    fn arrow(&mut self) -> Option<(&'t str, Function)> {
        let from = self.at;
        let found = self.token().filter(|_| self.follows(&["="])).and_then(|name| {
            let parameters = self.parentheses()?;
            if !self.follows(&["=", ">"]) {
                return None;
            }
            if self.peek() == Some("{") {
                return Some((name, self.body(parameters)?));
            }
            let mut function = Function { parameters, returns: Vec::new(), own: Vec::new() };
            function.returns.push(self.statement());
            Some((name, function))
        });
        self.at = from;
        found
    }

    /// What stands within parentheses that come next.
    fn parentheses(&mut self) -> Option<Range<usize>> {
        if !self.follows(&["("]) {
            return None;
        }
        let (from, mut depth) = (self.at, 1_usize);
        loop {
            let to = self.at;
            match self.token()? {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(from..to.max(from));
            }
        }
    }

    /// What a body returns, and the names that it declares.
    fn body(&mut self, parameters: Range<usize>) -> Option<Function> {
        if !self.follows(&["{"]) {
            return None;
        }
        let mut function = Function { parameters, returns: Vec::new(), own: Vec::new() };
        let mut depth = 1_usize;
        while depth > 0 {
            match self.token()? {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "const" | "let" | "var" => {
                    let name = self.peek()?;
                    self.skip();
                    function.own.push(self.at..self.at + name.len());
                }
                "return" => {
                    let returned = self.statement();
                    function.returns.push(returned);
                }
                _ => {}
            }
        }
        Some(function)
    }

    /// What follows, up to where the statement ends.
    fn statement(&mut self) -> Range<usize> {
        self.skip();
        let from = self.at;
        self.pass_statement();
        from..self.at
    }

    /// Goes to where a statement ends, be it at the end of a line.
    fn pass_statement(&mut self) {
        let mut depth = 0_usize;
        loop {
            let from = self.at;
            let Some(token) = self.token() else { return };
            let begins_line = depth == 0 && self.text[from..self.at - token.len()].contains('\n');
            let begins_statement = token.starts_with(|sign: char| sign.is_alphanumeric() || "_$@".contains(sign));
            match token {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" | ";" if depth == 0 => {
                    self.at = from;
                    return;
                }
                "}" | ")" | "]" => depth -= 1,
                _ if begins_line && begins_statement => {
                    self.at = from;
                    return;
                }
                _ => {}
            }
        }
    }
}
