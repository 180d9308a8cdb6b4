//! A value does not match the pattern of the schema.
//!
//! Why it hurts: what reads the value expects that form and nothing else.
//!
//! Example: `RELEASE=ABC_12` with `"pattern": "^[a-z]{3}-[0-9]{4}$"`.
//!
//! Remedy: write the value in that form. Patterns are regular expressions of ECMA 262, found anywhere in the value
//! unless `^` and `$` hold them; look-around is refused, because it cannot run in linear time.
//! A `$comment` beside the pattern says in words what it wants, and is printed with the finding.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "bad-pattern",
    severity: Severity::Error,
    summary: "a value does not match the pattern of the schema",
    page: include_str!("bad_pattern.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::Pattern { .. })) {
        let ViolationKind::Pattern { pattern } = &violation.kind else { continue };
        let message = format!("{}, which does not match {pattern}", subject.is_wrong(violation, setting));
        findings.push(subject.about_violation(&RULE, violation, setting, message).help(subject.help_about(violation)));
    }
}
