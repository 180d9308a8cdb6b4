//! A value is not of the format that the schema names.
//!
//! What is asserted: the formats of the standard (`uri`, `email`, `ipv4`, `date-time`, …) and sparkcfg's own (`port`,
//! `host`, `http-url`, `origin`, `duration`, `byte-size`, `timezone`, `cron`, `fernet-key`, …).
//!
//! Why it hurts: a URL without a scheme or a duration without a unit is read by nobody until the service starts.
//!
//! Example: `TIMEOUT=10parsecs` with `"format": "duration"`.
//!
//! Remedy: write the value as the message says, or change the format in the schema.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::{ViolationKind, formats};

pub(super) static RULE: Rule = Rule {
    code: "bad-format",
    severity: Severity::Error,
    summary: "a value is not of the format that the schema names",
    page: include_str!("bad_format.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::Format { .. })) {
        let ViolationKind::Format { name } = &violation.kind else { continue };
        let meaning = formats::find(name).map_or_else(|| format!("a valid {name}"), |format| format.meaning.to_owned());
        let message = format!("{}, which is not {meaning}", subject.is(setting));
        findings
            .push(subject.about(&RULE, setting, message).help(format!("see {}", subject.said_by(&violation.pointer))));
    }
}
