//! A policy of drift is never applied.
//!
//! What counts: a pattern of a `[[drift.rule]]` that is like no key of the schema or of an environment; `between` with one
//! environment only, for a policy is about two, or with one that is not there, at which `sparkcfg drift` stops; `keys` without
//! any; and `length` among the `same` of a secret, because how long a secret is may not
//! be told, not even by comparison. The rules of a workspace hold for environments beside them, not for its members: where there
//! are none, those rules count, too. Where a sealed file hides its names, or the schema has patterns of names itself, any pattern
//! may have its keys.
//!
//! Why it hurts: whoever wrote it thinks that `sparkcfg drift` looks after it.
//!
//! Example: `keys = ["*_TIMEOUT_MSEC"]`, and the keys end in `_TIMEOUT_MS`.
//!
//! Remedy: write the names of the keys, and two environments or none; or take the policy away.

use globset::Glob;

use super::Subject;
use super::tables::placed;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::Project;
use crate::project::config::DriftRule;
use crate::schema::Schema;
use crate::schema::sameness::Shape;
use crate::source::{SourceId, Span};
use crate::suggestion::nearest;

pub(super) static RULE: Rule = Rule {
    code: "unused-policy",
    severity: Severity::Warning,
    summary: "a policy of drift is never applied",
    page: include_str!("unused_policy.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    length_of_secrets(project, findings);
    // Whether there are patterns the whole schema is read again for, so that is asked only where rules are.
    if project.config.drift.rule.is_empty() {
        return;
    }
    let is_whole = project.all_environments().count() == subjects.len();
    let hides_names = subjects.iter().any(|subject| project.has_closed_layer(subject.environment));
    let has_patterns =
        project.schema.as_ref().is_some_and(|schema| schema.schema.value("/patternProperties").is_some());
    for rule in &project.config.drift.rule {
        let broken = between_one(project, rule).or_else(|| between_strangers(project, rule));
        if let Some(finding) = broken.or_else(|| without_patterns(project, rule)) {
            findings.push(finding);
        } else if is_whole && !hides_names && !has_patterns {
            findings.extend(rule.keys.iter().filter_map(|pattern| without_keys(project, pattern)));
        }
    }
}

/// The rules of a workspace that has no environment of its own: its members have theirs.
pub(super) fn of_workspace(source: SourceId, text: &str) -> Finding {
    let help = "write it into sparkcfg.toml of the members, or say `drift` in a schema that they share";
    let finding = Finding::new(&RULE, "a [[drift.rule]] of a workspace does not hold for its members").help(help);
    let word = "[[drift.rule]]";
    let Some(at) = text.find(word) else { return finding };
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    finding.at(Span::new(source, offset(at)..offset(at + word.len())), "never applied")
}

/// A rule between an environment and itself.
fn between_one(project: &Project, rule: &DriftRule) -> Option<Finding> {
    let (only, others) = rule.between.split_first()?;
    if others.iter().any(|other| other != only) {
        return None;
    }
    let message = format!("a [[drift.rule]] is between {} alone", told_name(only));
    let help = "name two environments or more; without `between` it holds for all";
    Some(placed(Finding::new(&RULE, message).help(help), project, &["drift", "rule"], only, "never applied"))
}

/// A rule about an environment that is not there: `sparkcfg drift` stops at it.
fn between_strangers(project: &Project, rule: &DriftRule) -> Option<Finding> {
    let is_there = |name: &String| project.all_environments().any(|known| known == name);
    let stranger = rule.between.iter().find(|name| !is_there(name))?;
    let message = format!("a [[drift.rule]] names an unknown environment {}", told_name(stranger));
    let help = match nearest(stranger, project.all_environments()) {
        Some(near) => format!("did you mean {near}? `sparkcfg drift` stops at it"),
        None => "`sparkcfg drift` stops at it: take the name away until there is such an environment".to_owned(),
    };
    let finding = Finding::new(&RULE, message).help(help);
    Some(placed(finding, project, &["drift", "rule", "between"], stranger, "never applied"))
}

/// A rule about no key at all.
fn without_patterns(project: &Project, rule: &DriftRule) -> Option<Finding> {
    if !rule.keys.is_empty() {
        return None;
    }
    let finding = Finding::new(&RULE, "a [[drift.rule]] names no key");
    let place = project.config_source.and_then(|source| {
        let text = project.sources.text(source);
        let word = "keys";
        let from = text.find("[[drift.rule]]")?;
        // The list that is empty, however it is written.
        let is_empty = |at: &usize| {
            let rest = text.get(at + word.len()..).unwrap_or_default().trim_start().strip_prefix('=');
            let list = rest.and_then(|rest| rest.trim_start().strip_prefix('['));
            list.is_some_and(|list| list.trim_start().starts_with(']'))
        };
        let at = text.match_indices(word).map(|(at, _)| at).filter(|at| *at > from).find(is_empty)?;
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Some(Span::new(source, offset(at)..offset(at + word.len())))
    });
    let finding = finding.help("write the name of a key, or a pattern of names; or take the rule away");
    Some(match place {
        Some(span) => finding.at(span, "never applied"),
        None => finding,
    })
}

/// A pattern that is like no key.
fn without_keys(project: &Project, pattern: &str) -> Option<Finding> {
    let glob = Glob::new(pattern).ok()?.compile_matcher();
    let schema = project.schema.as_ref().map(|schema| &schema.schema);
    let keys = || {
        let set = project.layers.iter().flat_map(|layer| layer.entries.iter().map(|entry| layer.key(entry)));
        schema.into_iter().flat_map(Schema::keys).chain(set)
    };
    if keys().any(|key| glob.is_match(key)) {
        return None;
    }
    let help = match nearest(pattern, keys()) {
        Some(near) => format!("did you mean {}?", told_name(near)),
        None => "write the name of a key, or a pattern of names; or take it away".to_owned(),
    };
    let message = format!("no key is like {} in a [[drift.rule]]", told_pattern(pattern));
    Some(placed(Finding::new(&RULE, message).help(help), project, &["drift", "rule"], pattern, "never applied"))
}

/// A pattern as it stands, unless what is left without its signs is no name that may be shown.
fn told_pattern(pattern: &str) -> String {
    let letters: String = pattern.chars().filter(|character| !"*?[]{}!,".contains(*character)).collect();
    if letters.is_empty() || told_name(&letters) == letters { pattern.to_owned() } else { told_name(pattern) }
}

fn length_of_secrets(project: &Project, findings: &mut Vec<Finding>) {
    let Some(schema) = project.schema.as_ref().filter(|_| !project.has_built_in_schema()) else { return };
    for key in schema.schema.keys_of_same(Shape::Length).filter(|key| project.is_secret(key)) {
        let message =
            format!("the length of {} must stay the same, and that of a secret is never compared", told_name(key));
        let help = "take `length` out of `same`: how long a secret is may not be told";
        let finding = Finding::new(&RULE, message).key(key).help(help);
        let place = schema.schema.property(key).pointer().and_then(|pointer| schema.place(&pointer));
        findings.push(match place {
            Some(span) => finding.at(span, "never applied"),
            None => finding,
        });
    }
}
