//! A value differs, and no policy says whether it may.
//!
//! What counts: keys that are no secrets, with neither `x-sparkcfg.drift` in the schema nor a `[[drift.rule]]` that fits. It is
//! a note until `[drift] strict = true`, or `--strict`, makes it an error.
//!
//! Why it matters: only a difference that somebody decided on can be told from a mistake.
//!
//! Example: `CACHE_TTL` is 60 in staging and 600 in prod, and nobody said why.
//!
//! Remedy: say `must-match`, `must-differ` or `may-differ`. `sparkcfg drift --suggest` proposes policies from
//! what is there.

use super::matrix::Compared;
use crate::drift::Relation;
use crate::finding::{Bucket, Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-unclassified",
    severity: Severity::Note,
    summary: "a value differs and no policy says whether it may",
    page: include_str!("drift_unclassified.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    if compared.is_own_secret || compared.is_over_time() || compared.conflict().is_some() {
        return;
    }
    let columns = compared.columns_of(|one, other, policy| {
        let uneven = compared.cells[one].class.is_none() || compared.cells[other].class.is_none();
        // What is there and not there has a finding of its own where the schema does not know the key, or demands it.
        let told = uneven && compared.property.is_none() || compared.is_missing(one) || compared.is_missing(other);
        let told = told || compared.may_lack(one) || compared.may_lack(other);
        policy.is_none() && !told && compared.relation(one, other) == Relation::Different
    });
    if columns.is_empty() {
        return;
    }
    if !compared.lists_all() && !compared.is_strict() {
        findings.push(compared.counted(&RULE, Bucket::Unclassified));
        return;
    }
    let key = told_name(compared.key);
    let told: Vec<_> = columns.iter().map(|column| compared.told(*column)).collect();
    let message = format!("{key} differs, and no policy says whether it may: {}", told.join(", "));
    let mut finding = compared.finding(&RULE, &columns, message, &told.join(" · "));
    finding = finding.help("say must-match, must-differ or may-differ in the schema or in sparkcfg.toml");
    if compared.is_strict() {
        finding = finding.severity(Severity::Error);
    } else if let Some(difference) = &mut finding.difference {
        difference.bucket = Bucket::Unclassified;
    }
    findings.push(finding);
}
