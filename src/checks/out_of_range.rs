//! A number is below the schema's minimum, above its maximum, or no multiple of what it must be.
//!
//! Why it hurts: a port above 65535 or a pool of 0 connections stops the service, not the deploy.
//!
//! Example: `PORT=80800` with `"maximum": 65535`.
//!
//! Remedy: choose a number within the limits.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "out-of-range",
    severity: Severity::Error,
    summary: "a number is out of range",
    page: include_str!("out_of_range.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let wanted = |kind: &ViolationKind| rule(kind).is_some();
    for (violation, setting) in subject.violations_of(wanted) {
        let Some(rule) = rule(&violation.kind) else { continue };
        let message = format!("{}, {rule}", subject.is_wrong(violation, setting));
        let see = subject.said_of(violation);
        let pointer = violation.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let limits = subject.project.schema.as_ref().and_then(|schema| schema.schema.value(pointer));
        let help = match limits.and_then(|limits| limits.get("minimum").zip(limits.get("maximum"))) {
            Some((low, high)) => format!("choose a number from {low} to {high} ({see})"),
            None => format!("see {see}"),
        };
        findings.push(subject.about_violation(&RULE, violation, setting, message).help(help));
    }
}

fn rule(kind: &ViolationKind) -> Option<String> {
    Some(match kind {
        ViolationKind::BelowMinimum { limit, exclusive: false } => format!("the minimum is {limit}"),
        ViolationKind::BelowMinimum { limit, exclusive: true } => format!("it must be more than {limit}"),
        ViolationKind::AboveMaximum { limit, exclusive: false } => format!("the maximum is {limit}"),
        ViolationKind::AboveMaximum { limit, exclusive: true } => format!("it must be less than {limit}"),
        ViolationKind::NotMultiple { of } => format!("it must be a multiple of {of}"),
        _ => return None,
    })
}
