//! A key must have a value of its own in each environment, and two have the same.
//!
//! The policy is `must-differ`, or none: then a secret of a protected environment may stand in no other one, but for what both
//! take from one line of a layer that they share. Who holds the one could act in the other. Where nobody here can open a file, nothing is said about its values.
//!
//! Example: `JWT_SIGNING_KEY` is the same secret in staging and prod.
//!
//! Remedy: make a new value for one of them, in its sealed file. A secret that was shared counts as known: rotate it.

use super::matrix::{Compared, Lapsed};
use crate::drift::{Cell, Relation, State};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::extension::Drift;

pub(super) static RULE: Rule = Rule {
    code: "drift-must-differ",
    severity: Severity::Error,
    summary: "environments share a value that must differ",
    page: include_str!("drift_must_differ.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let counts = |column: usize| {
        // What nobody set, or set to nothing, is shared by nobody.
        !matches!(compared.cells[column].state, State::Default | State::Empty | State::Absent)
    };
    let columns = compared.columns_of(|one, other, policy| {
        let same = compared.relation(one, other) == Relation::Same;
        policy == Some(Drift::MustDiffer) && same && counts(one) && counts(other)
    });
    if columns.is_empty() {
        return;
    }
    let key = told_name(compared.key);
    let names: Vec<_> = columns.iter().map(|column| compared.name(*column)).collect();
    let listed = super::listed(&names, "and");
    let told: Vec<_> = columns.iter().map(|column| compared.told(*column)).collect();
    let (message, short, help) = if compared.secret {
        let message = format!("{key} is the same secret in {listed}");
        (message, format!("the same secret: {}", told.join(" · ")), "make a new value for one of them, and rotate it")
    } else {
        let message = format!("{key} must differ: {}", told.join(", "));
        (message, told.join(" · "), "give each environment a value of its own")
    };
    findings.push(compared.finding(&RULE, &columns, message, &short).help(help));
}

/// Two values that must not be one and are.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let same = |(_, one): (&str, &Cell), (_, other): (&str, &Cell)| {
        one.class.is_some() && one.relation(other) == Relation::Same
    };
    past.any_pair(same).then(|| past.policy(Drift::MustDiffer))
}
