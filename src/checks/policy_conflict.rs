//! Two policies for one key are equally near, and disagree.
//!
//! The nearest rule decides: one that spells out more of the key's name, and of two such the one that names environments. The
//! schema's own word counts as a rule with the whole name. Where two are equally near and say different things, nobody can know
//! which was meant; `sparkcfg drift` ends with exit code 2. No baseline accepts it, no comment silences it there, and `sparkcfg.toml` may
//! not make it less than an error: there is no result to let through. `sparkcfg validate` tells it at the rule.
//!
//! Example: `API_*` must match and `*_URL` may differ, and the key is `API_URL`.
//!
//! Remedy: name the key itself in one `[[drift.rule]]`, or say `x-sparkcfg.drift` in the schema. Where both are done and disagree,
//! take one of them away.

use std::collections::BTreeSet;

use super::Subject;
use super::matrix::Compared;
use super::tables::placed;
use crate::drift::policy::Conflict;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::Schema;

pub(super) static RULE: Rule = Rule {
    code: "policy-conflict",
    severity: Severity::Error,
    summary: "two policies for one key disagree",
    page: include_str!("policy_conflict.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let Some((one, other, conflict)) = compared.conflict() else { return };
    let [message, short, help] = told(compared.key, &conflict);
    findings.push(compared.finding(&RULE, &[one, other], message, &short).help(help));
}

/// The same of the files as they are, at the rule.
pub(super) fn check_rules(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    if project.config.drift.rule.is_empty() {
        return;
    }
    let names: Vec<_> = project.all_environments().collect();
    // What is wrong with a rule itself is told as such.
    let Ok(policies) = project.config.policies(("", ""), &names) else { return };
    let schema = project.schema.as_ref().map(|schema| &schema.schema);
    let set = project.layers.iter().flat_map(|layer| layer.entries.iter().map(|entry| layer.key(entry)));
    let keys: BTreeSet<_> = schema.into_iter().flat_map(Schema::keys).chain(set).collect();
    for key in keys {
        let fitting = policies.of(key, schema.and_then(|schema| schema.property(key).drift()));
        if fitting.is_undisputed() {
            continue;
        }
        let others = |at: usize| names.iter().skip(at + 1);
        let mut pairs = names.iter().enumerate().flat_map(|(at, one)| others(at).map(move |other| (*one, *other)));
        let Some(conflict) = pairs.find_map(|(one, other)| fitting.between(one, other).err()) else { continue };
        let [message, _, help] = told(key, &conflict);
        let finding = Finding::new(&RULE, message).key(key).help(help);
        let (rule, _) = &conflict.other;
        let pattern = rule.split('`').nth(1).unwrap_or_default();
        findings.push(placed(finding, project, &["drift", "rule"], pattern, "disagrees with another policy"));
    }
}

/// What there is to say of it: as a sentence, in a few words, and what to do.
fn told(key: &str, conflict: &Conflict) -> [String; 3] {
    let said = |(rule, policy): &(String, crate::schema::extension::Drift)| format!("{rule} says {}", policy.name());
    let (first, second) = (said(&conflict.one), said(&conflict.other));
    let message = format!("two policies for {} disagree: {first}, {second}", told_name(key));
    let short = format!("{first}; {second}");
    let names_it = [&conflict.one, &conflict.other]
        .iter()
        .any(|(rule, _)| rule.starts_with("the schema") || rule.starts_with(&format!("`{key}`")));
    let help = if names_it {
        "take one of them away"
    } else {
        "name the key itself in one [[drift.rule]], or say x-sparkcfg.drift in the schema"
    };
    [message, short, help.to_owned()]
}
