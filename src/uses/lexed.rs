//! Questions about tokens: what stands at a place, what a call is given, what a value falls back to.

use std::collections::HashMap;
use std::ops::Range;

use super::lexer::{Kind as Token, Lexed};
use super::{Fallback, Kind, Use, is_name, is_screaming};

impl<'t> Lexed<'t> {
    /// A use of the name that is the string or word at an index; `None` where there is neither.
    pub(super) fn used(&self, index: usize, kind: Kind, fallback: Fallback, sure: bool) -> Option<Use> {
        let name = self.string(index).unwrap_or_else(|| self.at(index));
        let at = self.range(index);
        (!name.is_empty()).then(|| Use { name: name.to_owned(), at, kind, fallback, sure, owner: None, secret: None })
    }

    /// The word, number or sign at an index; nothing for a string.
    pub(super) fn at(&self, index: usize) -> &'t str {
        self.tokens.get(index).filter(|token| token.kind != Token::Text).map_or("", |_| self.written(index))
    }

    /// The token as it is written.
    pub(super) fn written(&self, index: usize) -> &'t str {
        let token = self.tokens.get(index);
        token.and_then(|token| self.text.get(token.start as usize..token.end as usize)).unwrap_or("")
    }

    /// The token before an index.
    pub(super) fn before(&self, index: usize, steps: usize) -> &'t str {
        index.checked_sub(steps).map_or("", |index| self.at(index))
    }

    /// Whether these stand from an index on.
    pub(super) fn follows(&self, index: usize, expected: &[&str]) -> bool {
        expected.iter().enumerate().all(|(offset, expected)| self.at(index + offset) == *expected)
    }

    /// What stands between the quotes of a string without code in it.
    pub(super) fn string(&self, index: usize) -> Option<&'t str> {
        let token = self.tokens.get(index).filter(|token| token.kind == Token::Text && !token.mixed)?;
        self.text.get(token.inner.0 as usize..token.inner.1 as usize)
    }

    /// How far the line of a token stands from the margin.
    pub(super) fn indent(&self, index: usize) -> u32 {
        /// A line is no longer than this, in tokens.
        const MOST: usize = 60;
        let line = (index.saturating_sub(MOST)..=index).rev();
        line.filter_map(|at| self.tokens.get(at)).find_map(|token| token.indent).unwrap_or_default()
    }

    pub(super) fn is_word(&self, index: usize) -> bool {
        self.tokens.get(index).is_some_and(|token| token.kind == Token::Word)
    }

    /// The range of a token, that of its inner text for a string.
    pub(super) fn range(&self, index: usize) -> Range<u32> {
        self.tokens.get(index).map_or(0..0, |token| match token.kind {
            Token::Text => token.inner.0..token.inner.1,
            _ => token.start..token.end,
        })
    }

    /// The bracket that closes the one at `open`; a little further on where none does, so that a text of nothing but
    /// open brackets does not take forever.
    pub(super) fn close(&self, open: usize) -> usize {
        match self.tokens.get(open) {
            Some(token) if token.partner as usize > open => token.partner as usize,
            _ => (open + 64).min(self.tokens.len()),
        }
    }

    /// The arguments within the brackets at `open`, as ranges of tokens.
    pub(super) fn arguments(&self, open: usize) -> Vec<Range<usize>> {
        self.parts(open + 1..self.close(open), ",")
    }

    /// The parts of a range, cut where `separator` stands outside of all brackets. Ranges without tokens are left out.
    pub(super) fn parts(&self, range: Range<usize>, separator: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let (mut from, mut at) = (range.start, range.start);
        while at < range.end {
            let sign = self.at(at);
            if sign == separator {
                found.push(from..at);
                from = at + 1;
            } else if matches!(sign, "(" | "[" | "{") {
                // A bracket that nothing closes hides nothing behind it.
                at = self.close(at).min(range.end.saturating_sub(1)).max(at);
            }
            at += 1;
        }
        found.push(from..range.end.max(from));
        found.retain(|part| !part.is_empty());
        found
    }

    /// What a value stands for when it is taken as the default.
    pub(super) fn fallback(&self, range: Range<usize>) -> Fallback {
        let text = |text: &str, at: Range<u32>| Fallback::Text { text: text.to_owned(), at };
        let (first, length) = (range.start, range.len());
        if length == 0 {
            return Fallback::Computed;
        }
        let negative = length == 2
            && self.at(first) == "-"
            && self.tokens.get(first + 1).is_some_and(|token| token.kind == Token::Number);
        if negative {
            let at = self.range(first).start..self.range(first + 1).end;
            return text(&format!("-{}", self.at(first + 1)), at);
        }
        // `"x".to_string()`, `"x".into()`, `String::from("x")`
        let turned = length > 1
            && self.at(first + 1) == "."
            && matches!(self.at(first + 2), "to_string" | "to_owned" | "into" | "freeze" | "to_s" | "trim")
            && (length == 5 || length == 3);
        if length > 1 && !turned {
            if self.follows(first, &["String", ":", ":", "from", "("]) && length == 7 {
                return self.fallback(first + 5..first + 6);
            }
            return Fallback::Computed;
        }
        if let Some(inner) = self.string(first) {
            return text(inner, self.range(first));
        }
        match self.at(first) {
            "None" | "null" | "nil" | "undefined" | "NULL" => Fallback::Optional,
            word @ ("true" | "false" | "True" | "False") => text(word, self.range(first)),
            word if self.tokens.get(first).is_some_and(|token| token.kind == Token::Number) => {
                text(&word.replace('_', ""), self.range(first))
            }
            _ => Fallback::Computed,
        }
    }

    /// What stands from `begin` to one of `ends`, or to the end of its line, when it is taken as the default.
    pub(super) fn fallback_until(&self, begin: usize, ends: &[&str]) -> Fallback {
        /// A default is no longer than this, in tokens.
        const MOST: usize = 12;
        let is_end = |at: &usize| {
            let next_line = self.tokens.get(*at).is_none_or(|token| token.indent.is_some() && *at > begin);
            next_line || ends.contains(&self.at(*at))
        };
        let end = (begin..begin + MOST).find(is_end);
        self.fallback(begin..end.unwrap_or(begin))
    }

    /// Every string that is nothing but a name as variables have it: somebody may look it up by a way of their own.
    pub(super) fn mentions(&self, uses: &mut Vec<Use>) {
        for index in 0..self.tokens.len() {
            if self.string(index).is_some_and(|text| is_screaming(text) && text.len() > 3 && !text.ends_with('_')) {
                uses.extend(self.used(index, Kind::Mention, Fallback::Computed, false));
            }
        }
    }

    /// The names of this file that are set to one string, and where that stands: `KEY = "DATABASE_URL"`.
    pub(super) fn constants(&self) -> HashMap<&'t str, usize> {
        let mut found: HashMap<&str, Option<usize>> = HashMap::new();
        for index in 0..self.tokens.len() {
            // `KEY = "APP_" + name` is another one.
            let alone = !matches!(self.at(index + 2), "+" | "%" | ".");
            if self.at(index) == "=" && alone && self.string(index + 1).is_some_and(is_name) {
                // `const KEY: &str = …`, `const key string = …`
                let begin =
                    (index.saturating_sub(7)..index).rev().find(|at| matches!(self.at(*at), "const" | "static"));
                let name = begin.map_or_else(|| self.before(index, 1), |begin| self.at(begin + 1));
                found.entry(name).and_modify(|place| *place = None).or_insert(Some(index + 1));
            }
        }
        found.into_iter().filter_map(|(name, place)| Some((name, place?))).collect()
    }
}
