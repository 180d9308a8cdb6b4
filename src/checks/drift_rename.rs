//! A key looks like the mistyped name of one that is missing beside it.
//!
//! What counts: a key that the schema does not know and that some sources lack, and another one, one or two letters away or of
//! the same words, that exactly those have.
//!
//! Example: prod has `DATABSE_URL`, staging has `DATABASE_URL`.
//!
//! Remedy: give it the name that the others have.

use super::matrix::Compared;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-rename",
    severity: Severity::Note,
    summary: "a key is probably the mistyped name of another one",
    page: include_str!("drift_rename.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    if compared.property.is_some() || compared.is_over_time() {
        return;
    }
    let Some((meant, first)) = compared.meant() else { return };
    let having: Vec<_> = compared.columns().filter(|column| compared.surely_sets(*column)).collect();
    // Of two names that nobody declared, the one that came later is told.
    if first.is_some_and(|first| having.first().is_some_and(|own| *own < first)) {
        return;
    }
    let names: Vec<_> = having.iter().map(|column| compared.name(*column)).collect();
    let (key, meant, listed) = (told_name(compared.key), told_name(meant), super::listed(&names, "and"));
    let message = format!("{key} is set in {listed} only, where {meant} is not");
    let short = format!("{listed} only; did you mean {meant}?");
    findings
        .push(compared.finding(&RULE, &having, message, &short).help("rename it, or declare it as a key of its own"));
}
