//! A text has too few or too many characters, or a list too few or too many items.
//!
//! Why it hurts: an empty name, a key that is too short to be safe, a description that a column cuts off.
//!
//! Example: `SESSION_KEY=short` with `"minLength": 24`.
//!
//! Remedy: lengthen or shorten the value. Lengths count characters (Unicode scalar values), as JSON Schema does.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::violation::{Unit, ViolationKind};

pub(super) static RULE: Rule = Rule {
    code: "bad-length",
    severity: Severity::Error,
    summary: "a value is too short or too long",
    page: include_str!("bad_length.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let wanted = |kind: &ViolationKind| matches!(kind, ViolationKind::TooShort { .. } | ViolationKind::TooLong { .. });
    for (violation, setting) in subject.violations_of(wanted) {
        let (bound, what, limit, unit) = match &violation.kind {
            ViolationKind::TooShort { limit, unit } => ("at least", "short", limit, unit),
            ViolationKind::TooLong { limit, unit } => ("at most", "long", limit, unit),
            _ => continue,
        };
        let unit = match unit {
            Unit::Characters => "character",
            Unit::Items => "item",
            Unit::Members => "member",
        };
        let plural = if *limit == 1 { "" } else { "s" };
        let is = if subject.is_empty(violation, setting) { "empty".to_owned() } else { format!("too {what}") };
        let whose = subject.whose(violation, setting);
        let message = format!("{whose} is {is}, it needs {bound} {limit} {unit}{plural}");
        findings.push(
            subject
                .about_violation(&RULE, violation, setting, message)
                .help(format!("see {}", subject.said_of(violation))),
        );
    }
}
