//! A member of the workspace could not be checked.
//!
//! Its schema or its `sparkcfg.toml` is broken, or one of its files cannot be read. The other members were checked all the
//! same, so the report is about a part of the workspace only, whatever it says besides; the run ends with exit code 2.
//!
//! Why it hurts: nobody knows what is wrong there, and a report without findings would look as if nothing were.
//!
//! Example: `services/mail/schemas/mail.schema.json` lacks a bracket.
//!
//! Remedy: mend what the finding points at. It can neither be silenced nor be made less than an error.

use crate::error::Error;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "not-checked",
    severity: Severity::Error,
    summary: "a member of the workspace could not be checked",
    page: include_str!("not_checked.rs"),
};

/// That the member in `folder` could not be checked, and why; `place` is where to look, if that is known.
#[must_use]
pub fn not_checked(folder: &str, error: &Error, place: Option<Span>) -> Finding {
    let Error { message, help, .. } = error.told();
    let finding = Finding::new(&RULE, format!("{folder} was not checked: {message}"));
    let finding = match place {
        Some(place) => finding.at(place, ""),
        None => finding,
    };
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}
