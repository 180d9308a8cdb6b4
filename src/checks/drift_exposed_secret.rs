//! A secret is sealed in one environment and stands in plain sight in another.
//!
//! What counts: keys that hold a secret by the schema or by their name, and values that hold one (the password of a URL).
//!
//! Why it hurts: whoever reads the plain file knows the secret, and often it is the same, or tells how the other is made.
//!
//! Example: `API_KEY` is in `prod.secrets.env`, and in the plain `staging.env` as well.
//!
//! Remedy: seal it in both (`sparkcfg explain plaintext-secret` says how), and rotate what was seen.

use super::matrix::{Compared, Lapsed};
use crate::drift::Cell;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-exposed-secret",
    severity: Severity::Error,
    summary: "a secret is sealed in one environment and plain in another",
    page: include_str!("drift_exposed_secret.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let is_plain = |column: &usize| {
        let text = compared.text(*column).filter(|text| !text.is_empty());
        let there = compared.setting(*column).is_some() && !compared.cells[*column].sealed;
        let one_reference = text.is_some_and(crate::environment::is_one_reference);
        there && !one_reference && text.is_some_and(|text| compared.project(*column).hides(compared.key, text))
    };
    let sealed: Vec<_> = compared.columns().filter(|column| compared.cells[*column].sealed).collect();
    if sealed.is_empty() {
        return;
    }
    let plain: Vec<_> = compared.judged().filter(is_plain).collect();
    let Some(keeper) = sealed.first().filter(|_| !plain.is_empty()) else { return };
    let key = told_name(compared.key);
    let names: Vec<_> = plain.iter().map(|column| compared.name(*column)).collect();
    let (listed, keeper) = (super::listed(&names, "and"), compared.name(*keeper));
    let message = format!("{key} is sealed in {keeper} and in plain sight in {listed}");
    let short = format!("sealed in {keeper}, plain in {listed}");
    let help =
        format!("seal it in {}, and rotate it", plain.last().map(|column| compared.home(*column)).unwrap_or_default());
    findings.push(compared.finding(&RULE, &plain, message, &short).help(help));
}

/// Sealed here and plain there.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let is_plain = |cell: &Cell| cell.at.is_some() && !cell.sealed;
    let is_elsewhere = past.row.cells.iter().flatten().any(|cell| cell.sealed);
    (is_elsewhere && past.any(is_plain)).then(|| format!("{} is no secret any more", past.key))
}
