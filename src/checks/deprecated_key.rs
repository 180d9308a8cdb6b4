//! A key is set that the schema calls deprecated.
//!
//! Why it hurts: the code no longer reads it, or will not for long, so that changing it changes nothing.
//!
//! Example: `LOG_FOLDER=./logs` with `"deprecated": true`.
//!
//! Remedy: set the key that replaces it (`x-sparkcfg.replaced-by`), and take this one away.

use super::Subject;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "deprecated-key",
    severity: Severity::Warning,
    summary: "a key is deprecated",
    page: include_str!("deprecated_key.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::Deprecated { .. })) {
        let ViolationKind::Deprecated { replaced_by } = &violation.kind else { continue };
        let help = match replaced_by {
            Some(key) => format!("set {key} instead and take this one away"),
            None => format!("take it away; see {}", subject.said_by(&violation.pointer)),
        };
        findings.push(subject.about(&RULE, setting, format!("{} is deprecated", told_name(setting.key))).help(help));
    }
}
