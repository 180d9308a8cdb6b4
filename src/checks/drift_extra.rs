//! A key that the schema does not know is set in some environments and not in others.
//!
//! What counts: keys that are not declared, or of a project without a schema, and for which no policy says that they may
//! differ. A key that looks like another one's mistyped name is `drift-rename` instead.
//!
//! Why it hurts: either the others lack something, or it is left over and nobody reads it.
//!
//! Example: `OLD_CACHE_TTL` stands in prod only.
//!
//! Remedy: take it away, set it everywhere, or declare it in the schema with `only-in` or with the policy `may-differ`.

use super::matrix::Compared;
use crate::drift::State;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-extra",
    severity: Severity::Warning,
    summary: "a key that nobody declared is set in some environments only",
    page: include_str!("drift_extra.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    if compared.property.is_some() || compared.is_over_time() || compared.meant().is_some() {
        return;
    }
    let (having, lacking): (Vec<_>, Vec<_>) = compared
        .columns()
        .filter(|column| compared.cells[*column].state != State::Unknown || compared.surely_sets(*column))
        .partition(|column| compared.cells[*column].state.is_there());
    if having.is_empty() || lacking.is_empty() || compared.is_classified() {
        return;
    }
    let names = |columns: &[usize]| columns.iter().map(|column| compared.name(*column)).collect::<Vec<_>>();
    let having_names = super::listed(&names(&having), "and");
    let lacking_names = super::listed(&names(&lacking), "and");
    let key = told_name(compared.key);
    let message = format!("{key} is set in {having_names} and not in {lacking_names}");
    let help = if compared.has_schema() {
        "take it away, or declare it in the schema"
    } else {
        "take it away, set it everywhere, or say with a [[drift.rule]] in sparkcfg.toml that it may differ"
    };
    let short = format!("{having_names} only; not in the schema");
    let short = if compared.has_schema() { short } else { format!("{having_names} only, not {lacking_names}") };
    findings.push(compared.finding(&RULE, &having, message, &short).help(help));
}
