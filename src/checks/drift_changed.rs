//! A value is not what it was at another revision.
//!
//! What counts: one environment compared with itself, as `sparkcfg drift prod@v1.4.0 prod` does, and `sparkcfg deploy-check
//! prod` with the last release. A change is no mistake, so this is a note: somebody should have meant it. Whether it may
//! be so is what policies say, and they have findings of their own. Of a secret only that it changed is told.
//!
//! Example: `API_TIMEOUT_MS` was 3000 when prod was released, and is 30000 now.
//!
//! Remedy: none if it is meant; else set the value as it was. `--fail-on note` lets any change fail.

use super::matrix::Compared;
use crate::drift::{Relation, State};
use crate::finding::{Bucket, Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-changed",
    severity: Severity::Note,
    summary: "a value is not what it was at another revision",
    page: include_str!("drift_changed.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let Some((then, now)) = compared.times() else { return };
    // A value that must be there and went has a finding of its own.
    if compared.relation(then, now) != Relation::Different || compared.is_missing(now) {
        return;
    }
    let has = |column: usize| !matches!(compared.cells[column].state, State::Absent | State::NotApplicable);
    let (key, since) = (told_name(compared.key), compared.name(then));
    let [old, new] = [then, now].map(|column| compared.told_value(column));
    let message = match (has(then), has(now), compared.hidden) {
        (false, _, false) => format!("{key} is new since {since}: {new}"),
        (false, _, true) => format!("{key} is new since {since} (hidden)"),
        (_, false, false) => format!("{key} is gone since {since}, where it was {old}"),
        (_, false, true) => format!("{key} is gone since {since} (hidden)"),
        (true, true, false) => format!("{key} changed since {since}: {old} → {new}"),
        (true, true, true) => format!("{key} changed since {since} (hidden)"),
    };
    let mut finding = compared.finding(&RULE, &[then, now], message, &format!("{old} → {new}"));
    if let Some(difference) = &mut finding.difference {
        difference.bucket = Bucket::Expected;
    }
    findings.push(finding);
}
