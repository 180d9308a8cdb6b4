//! A comment silences a code that is not found there.
//!
//! Example: `# sparkcfg: ignore[duplicate-key] both are needed` above a line that no longer stands twice.
//!
//! Why it hurts: it will silence the next mistake of that kind.
//!
//! Remedy: take the comment away.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "unused-ignore",
    severity: Severity::Warning,
    summary: "a comment silences what is not found",
    page: include_str!("unused_ignore.rs"),
};
