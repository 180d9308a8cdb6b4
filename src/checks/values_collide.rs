//! Two values are equal that must differ.
//!
//! The schema says which (`x-sparkcfg.differ` at its root): ports on one machine, keys that protect different things.
//! Values count after all layers are merged, with the schema's defaults where a key is not set.
//!
//! Example: `API_PORT=6379` and `REDIS_PORT=6379`.
//!
//! Remedy: change one of them.

use super::{Subject, comparison};
use crate::finding::{Finding, Rule, Severity};
use crate::schema::rules::RuleKind;

pub(super) static RULE: Rule = Rule {
    code: "values-collide",
    severity: Severity::Error,
    summary: "two values are equal that must differ",
    page: include_str!("values_collide.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    comparison::told(subject, RuleKind::Differ, &RULE, findings);
}
