//! Two values differ that must be equal.
//!
//! The schema says which (`x-sparkcfg.agree` at its root), whole values or parts of URLs: `DATABASE_URL#port` and
//! `POSTGRES_PORT`, or that a list has another value among its items (`x-sparkcfg.contain`). Values count after all layers are merged, with the schema's defaults where a key is not set.
//!
//! Why it hurts: the URL says one port and the container listens on another.
//!
//! Remedy: change one of them, or let one refer to the other: `DATABASE_URL=postgres://db:${POSTGRES_PORT}/app`.

use super::{Subject, comparison};
use crate::finding::{Finding, Rule, Severity};
use crate::schema::rules::RuleKind;

pub(super) static RULE: Rule = Rule {
    code: "values-disagree",
    severity: Severity::Error,
    summary: "two values differ that must be equal",
    page: include_str!("values_disagree.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    comparison::told(subject, RuleKind::Agree, &RULE, findings);
    comparison::told(subject, RuleKind::Contain, &RULE, findings);
}
