//! A key that must be there is set in one environment and missing in another.
//!
//! What counts: the schema requires the key there (`required`, `required-in`, a condition), it has no value, and another
//! source that is compared has one. A file that nobody here can open may hold it, so then nothing is said.
//!
//! Why it hurts: what was tried in staging does not start in prod.
//!
//! Example: `SENTRY_DSN` is set in staging, and prod requires it.
//!
//! Remedy: set the key in the file of that environment. `--fix` does so where the schema has a default, `--fix=unsafe`
//! copies the other environment's value if it is no secret.

use super::matrix::{Compared, Lapsed};
use super::mending::Obstacle;
use crate::drift::{Cell, State};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::extension::Drift;

pub(super) static RULE: Rule = Rule {
    code: "drift-missing",
    severity: Severity::Error,
    summary: "a required key is set elsewhere and missing here",
    page: include_str!("drift_missing.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let having = compared.columns().find(|column| compared.surely_sets(*column));
    let Some(having) = having else { return };
    for column in compared.judged().filter(|column| compared.is_missing(*column)) {
        let (key, name, home) = (told_name(compared.key), compared.name(column), compared.home(column));
        let message = format!("{key} is set in {} and missing in {name}, which requires it", compared.name(having));
        let short = format!("{name} has no value; required");
        let sealed = if compared.secret { ", sealed" } else { "" };
        let mut finding = compared.finding(&RULE, &[column], message, &short).help(format!("add it to {home}{sealed}"));
        if let Some(at) = compared.cells[having].at {
            finding = finding.related(at, format!("set in {}", compared.name(having)));
        }
        let default = compared.property.as_ref().and_then(crate::schema::property::Property::default_text);
        // Where both must match, a default that is none of the other's would only be another difference.
        let must_match = compared.pairs().any(|(one, other, policy)| {
            policy == Some(Drift::MustMatch) && [one, other].contains(&column) && [one, other].contains(&having)
        });
        // Where the others do not agree, nobody says which of them it follows.
        let is_one_value = compared
            .columns()
            .filter(|other| compared.surely_sets(*other))
            .all(|other| compared.is_pair() || compared.relation(having, other) == crate::drift::Relation::Same);
        let copied = compared.text(having).filter(|_| is_one_value);
        let (text, safe) = match (&default, copied) {
            (Some(default), Some(text)) if must_match && default != text => (Some(text), false),
            (Some(default), _) => (Some(default.as_str()), true),
            (None, text) => (text, false),
        };
        match text.map(|text| compared.insertion(column, text)) {
            Some(Ok((span, line))) => {
                let title = if safe {
                    format!("set {key} to its default in {home}")
                } else {
                    format!("set {key} in {home} as in {}", compared.name(having))
                };
                finding = finding.fix(span, line, title).safe(safe);
            }
            None | Some(Err(Obstacle::Sealed | Obstacle::NoFile | Obstacle::Shared)) => {}
            Some(Err(obstacle)) => {
                finding = finding.help(format!("add it to {home} by hand: {}", obstacle.told()));
            }
        }
        findings.push(finding);
    }
}

/// Set elsewhere, and not here.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let lacks = |cell: &Cell| matches!(cell.state, State::Absent | State::NotApplicable);
    let is_elsewhere = past.row.cells.iter().flatten().any(|cell| cell.state.is_there());
    let holds = is_elsewhere && past.any(lacks);
    holds.then(|| format!("the schema does not demand {} in {} any more", past.key, past.names()))
}
