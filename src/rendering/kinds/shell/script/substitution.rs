//! What shells read alike within `${…}` and `$(…)`: quotes, and a `case` with its parentheses.

use super::{Open, Script};

/// Where a `case` has come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Arm {
    Subject,
    Pattern,
    Body,
}

/// Why a brace ends the reading of a script.
pub(super) const BRACE: &str = "a } in quotes within ${…}, which shells read differently";

/// Words behind which a command begins.
const BEGINNING: &[&str] = &["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"];

impl Script {
    /// Goes on within `'…'` of a `${…}`, which began at `at`.
    pub(super) fn read_apostrophes(&mut self, own: char, is_sure: bool, at: usize) {
        match own {
            '\'' => self.close(),
            '}' if is_sure => self.lose(BRACE),
            '}' | '"' | '`' | '$' | '\\' | '{' | '\n' if !is_sure => {
                self.at = at;
                self.lose("a ' in a \"${…}\", which is a quote to some shells");
            }
            _ => {}
        }
    }

    /// Ends the patterns of a `case`, or what it stands in.
    pub(super) fn end_arm(&mut self, arm: Arm) {
        let word = std::mem::take(&mut self.inner);
        if arm == Arm::Subject || word == "esac" && self.begins {
            // It was no `case`, or has ended.
            self.open.pop();
            return self.read(')', self.at);
        }
        if arm == Arm::Body {
            self.lose("a parenthesis in a `case` within a substitution");
        }
        self.enter_arm(Arm::Body);
    }

    pub(super) fn enter_arm(&mut self, arm: Arm) {
        if let Some(last @ Open::Case(_)) = self.open.last_mut() {
            *last = Open::Case(arm);
        }
        (self.in_word, self.begins) = (false, true);
        self.inner.clear();
    }

    /// Whether the innermost `${…}` stands within double quotes.
    pub(super) fn is_quoted_around(&self) -> bool {
        let around = self.open.iter().rev().find(|open| **open != Open::Parameter);
        around == Some(&Open::Double)
    }

    /// Whether the innermost quotes stand within a `${…}`.
    pub(super) fn is_within_parameter(&self) -> bool {
        let around = self.open.len().checked_sub(2).and_then(|around| self.open.get(around));
        around == Some(&Open::Parameter)
    }

    /// Ends a word within a substitution.
    pub(super) fn end_inner(&mut self, open: Option<Open>, word: &str) {
        let begins = std::mem::replace(&mut self.begins, BEGINNING.contains(&word));
        match (open, word) {
            (Some(Open::Case(Arm::Subject)), "in") => self.enter_arm(Arm::Pattern),
            (Some(Open::Case(Arm::Pattern | Arm::Body)), "esac") if begins => {
                self.open.pop();
                self.begins = false;
            }
            // Its patterns end with a parenthesis that nothing opens.
            (Some(Open::Command | Open::Parenthesis | Open::Case(Arm::Body)), "case") if begins => {
                self.open.push(Open::Case(Arm::Subject));
            }
            _ => {}
        }
    }
}
