//! A number is below the schema's minimum, above its maximum, or no multiple of what it must be.
//!
//! Why it hurts: a port above 65535 or a pool of 0 connections stops the service, not the deploy.
//!
//! Example: `PORT=80800` with `"maximum": 65535`.
//!
//! Remedy: choose a number within the limits.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::{Bound, ViolationKind};

pub(super) static RULE: Rule = Rule {
    code: "out-of-range",
    severity: Severity::Error,
    summary: "a number is out of range",
    page: include_str!("out_of_range.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::OutOfRange { .. })) {
        let ViolationKind::OutOfRange { bound, limit } = &violation.kind else { continue };
        let rule = match bound {
            Bound::Minimum => format!("the minimum is {limit}"),
            Bound::ExclusiveMinimum => format!("it must be more than {limit}"),
            Bound::Maximum => format!("the maximum is {limit}"),
            Bound::ExclusiveMaximum => format!("it must be less than {limit}"),
            Bound::MultipleOf => format!("it must be a multiple of {limit}"),
        };
        let message = format!("{}, {rule}", subject.is(setting));
        let see = subject.said_by(&violation.pointer);
        let property = subject.project.schema.as_ref().and_then(|schema| schema.schema.property(setting.key));
        let numbers = property.map(|property| (property.schema.get("minimum"), property.schema.get("maximum")));
        let help = match numbers {
            Some((Some(low), Some(high))) => format!("choose a number from {low} to {high} ({see})"),
            _ => format!("see {see}"),
        };
        findings.push(subject.about(&RULE, setting, message).help(help));
    }
}
