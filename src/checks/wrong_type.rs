//! A value is not of the type that the schema names.
//!
//! Values are text. A text becomes the first type that the schema allows and that it spells: an integer (`-?[0-9]+`), a
//! number, a boolean (`true false 1 0 yes no on off`, any case), null (empty), a list (JSON, or separated by commas), an
//! object (JSON), else text. `NaN`, `0x10`, `1_000` and ` 8080 ` are no integers.
//!
//! Example: `MAX_CONNECTIONS=lots` with `"type": "integer"`.
//!
//! Remedy: write a value of that type.

use super::{Subject, with_article};
use crate::finding::{Finding, Rule, Severity};
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "wrong-type",
    severity: Severity::Error,
    summary: "a value is not of the type that the schema names",
    page: include_str!("wrong_type.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::WrongType { .. })) {
        let ViolationKind::WrongType { expected } = &violation.kind else { continue };
        let names: Vec<_> = expected.iter().copied().map(with_article).collect();
        let message = format!("{}, which is not {}", subject.is_wrong(violation, setting), super::listed(&names, "or"));
        let see = subject.said_of(violation);
        let hint = if names.contains(&"a boolean") { "write true or false" } else { "write a value of that type" };
        findings.push(
            subject
                .about_violation(&RULE, violation, setting, message)
                .help(subject.help_with_look(setting, format!("{hint} ({see})"))),
        );
    }
}
