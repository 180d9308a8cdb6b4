//! Two policies for one key are equally near, and disagree.
//!
//! The nearest rule decides: one that spells out more of the key's name, and of two such the one that names environments. The
//! schema's own word counts as a rule with the whole name. Where two are equally near and say different things, nobody can know
//! which was meant; the run ends with exit code 2.
//!
//! Example: `API_*` must match and `*_URL` may differ, and the key is `API_URL`.
//!
//! Remedy: name the key itself in one `[[drift.rule]]`, or say `x-sparkcfg.drift` in the schema. Where both are done and disagree,
//! take one of them away.

use super::matrix::Compared;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "policy-conflict",
    severity: Severity::Error,
    summary: "two policies for one key disagree",
    page: include_str!("policy_conflict.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let Some((one, other, conflict)) = compared.conflict() else { return };
    let said = |(rule, policy): &(String, crate::schema::extension::Drift)| format!("{rule} says {}", policy.name());
    let (first, second) = (said(&conflict.one), said(&conflict.other));
    let message = format!("two policies for {} disagree: {first}, {second}", told_name(compared.key));
    let short = format!("{first}; {second}");
    let names_it = [&conflict.one, &conflict.other]
        .iter()
        .any(|(rule, _)| rule.starts_with("the schema") || rule.starts_with(&format!("`{}`", compared.key)));
    let help = if names_it {
        "take one of them away"
    } else {
        "name the key itself in one [[drift.rule]], or say x-sparkcfg.drift in the schema"
    };
    findings.push(compared.finding(&RULE, &[one, other], message, &short).help(help));
}
