//! A text has too few or too many characters, or a list too few or too many items.
//!
//! Why it hurts: an empty name, a key that is too short to be safe, a description that a column cuts off.
//!
//! Example: `SESSION_KEY=short` with `"minLength": 24`.
//!
//! Remedy: lengthen or shorten the value. Lengths count characters (Unicode scalar values), as JSON Schema does.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "bad-length",
    severity: Severity::Error,
    summary: "a value is too short or too long",
    page: include_str!("bad_length.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::BadLength { .. })) {
        let ViolationKind::BadLength { short, limit, unit } = &violation.kind else { continue };
        let unit = if *limit == 1 { unit.trim_end_matches('s') } else { unit };
        let bound = if *short { "at least" } else { "at most" };
        let empty = setting.value.text() == Some("");
        let what = if empty {
            format!("{} is empty", setting.key)
        } else {
            format!("{} is too {}", setting.key, if *short { "short" } else { "long" })
        };
        let message = format!("{what}, it needs {bound} {limit} {unit}");
        findings
            .push(subject.about(&RULE, setting, message).help(format!("see {}", subject.said_by(&violation.pointer))));
    }
}
