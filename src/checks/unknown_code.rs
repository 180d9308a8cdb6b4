//! A comment silences a code that does not exist.
//!
//! Example: `# sparkcfg: ignore[duplicate-keys]`, where the code is `duplicate-key`.
//!
//! Why it hurts: it silences nothing, and whoever wrote it believes that it does.
//!
//! Remedy: use the code that the finding shows; `sparkcfg explain` lists all of them.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "unknown-code",
    severity: Severity::Warning,
    summary: "a comment silences a code that does not exist",
    page: include_str!("unknown_code.rs"),
};
