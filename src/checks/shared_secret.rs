//! The same secret stands in two environments, or under two keys.
//!
//! What counts: opened values of at least eight characters, where one of the keys is a secret: the schema says so
//! (`writeOnly`), or, where it says nothing, its name or the look of the value. A time zone in a sealed file is none. In
//! two environments it is an error where one of them is protected, else a warning; not where the schema says
//! `"x-sparkcfg": { "drift": "must-match" }`, and not for a layer that both share on purpose. Under two keys of one
//! environment it is a warning, but not where `agree` in the schema says that they are equal. Values that are known from
//! public examples have a code of their own.
//!
//! Values are compared in memory only: nothing here tells more than that they are the same.
//!
//! Why it hurts: who learns the secret of dev has that of prod too, and a new value for one place breaks the other.
//!
//! Example: `DB_PASSWORD` in `staging.secrets.env` and in `prod.secrets.env`, copied.
//!
//! Remedy: make a secret of its own for each. Where it has to be one, say so in the schema, or put it into the layer that
//! both share. Where it is no secret, say `"writeOnly": false` of the key.

use std::collections::{BTreeMap, HashMap};

use super::Subject;
use crate::detection;
use crate::environment::{Resolved, Setting};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::PROCESS;
use crate::project::Project;
use crate::schema::extension::Drift;
use crate::source::SourceId;

pub(super) static RULE: Rule = Rule {
    code: "shared-secret",
    severity: Severity::Error,
    summary: "the same secret stands in two environments or under two keys",
    page: include_str!("shared_secret.rs"),
};

/// A value and the place that sets it.
struct Place<'s, 'a> {
    subject: &'s Subject<'a>,
    setting: &'s Setting<'a>,
    /// The entry, by its text and where in it the key begins: what two environments share has only one.
    entry: (SourceId, u32),
}

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    // What stands in plain files only is plain to see, and told as that.
    let opened = |subject: &Subject<'_>| subject.environment.settings.iter().any(|setting| is_opened(subject, setting));
    if !subjects.iter().any(opened) {
        return;
    }
    let mut same: HashMap<&str, Vec<Place<'_, '_>>> = HashMap::new();
    for subject in subjects {
        for setting in &subject.environment.settings {
            let Some(text) = counted(subject, setting) else { continue };
            let layer = subject.environment.layers[setting.layer];
            let entry = (layer.source, subject.environment.entry(setting).key.start);
            same.entry(text).or_default().push(Place { subject, setting, entry });
        }
    }
    let counts = |places: &Vec<Place<'_, '_>>| {
        places.len() > 1 && places.iter().any(|place| is_opened(place.subject, place.setting))
    };
    let is_one = |text: &str, places: &[Place<'_, '_>]| {
        places.iter().any(|place| is_secret(place.subject.project, place.setting.key, text))
    };
    let groups = same.into_iter().filter(|(text, places)| counts(places) && is_one(text, places));
    let mut groups: Vec<_> = groups.map(|(_, places)| places).collect();
    groups.sort_by_key(|places| places[0].entry);
    for places in &groups {
        between_environments(places, findings);
        under_two_keys(places, findings);
    }
}

fn is_opened(subject: &Subject<'_>, setting: &Setting<'_>) -> bool {
    matches!(setting.value, Resolved::Secret(_)) && subject.environment.layers[setting.layer].name != PROCESS
}

/// The text of what may be a secret that may not be shared.
fn counted<'s, 'a>(subject: &Subject<'a>, setting: &'s Setting<'a>) -> Option<&'s str> {
    let layer = subject.environment.layers[setting.layer];
    let entry = subject.environment.entry(setting);
    // A value that only refers to another key is that other key's business.
    let literal = !entry.interpolates || !layer.content(entry).unwrap_or_default().contains('$');
    let text = setting.value.text()?;
    let may_be = is_opened(subject, setting)
        || subject.project.is_secret(setting.key) && layer.name != PROCESS && detection::may_be_secret(text);
    let denied = subject.project.declared_secret(setting.key) == Some(false);
    (may_be && !denied && literal && detection::tells_apart(text)).then_some(text)
}

/// Whether a value is a secret for what the schema says, else for its name or its look: whole env files are sealed, with
/// time zones and hosts in them.
fn is_secret(project: &Project, key: &str, text: &str) -> bool {
    // Besides names, programs tell what is a secret.
    let is_known = || project.is_secret(key) && !detection::names_secret(key) && detection::may_be_secret(text);
    let looks_so = || project.looks_secret(key, text) || detection::has_private_key(text);
    project.declared_secret(key).unwrap_or_else(|| looks_so() || is_known())
}

fn may_be_shared(place: &Place<'_, '_>) -> bool {
    let schema = place.subject.project.schema.as_ref();
    schema.is_some_and(|schema| schema.schema.property(place.setting.key).drift() == Some(Drift::MustMatch))
}

/// One finding for each key and entry that stands in another environment too, at the most protected one.
fn between_environments(places: &[Place<'_, '_>], findings: &mut Vec<Finding>) {
    let name = |place: &Place<'_, '_>| place.subject.environment.name.clone();
    let is_protected = |place: &Place<'_, '_>| place.subject.environment.protected;
    let mut by_environment: BTreeMap<_, &Place<'_, '_>> = BTreeMap::new();
    for (index, place) in places.iter().enumerate().filter(|(_, place)| !may_be_shared(place)) {
        let first = places[..index].iter().position(|other| name(other) == name(place)).unwrap_or(index);
        by_environment.entry(first).or_insert(place);
    }
    let places: Vec<_> = by_environment.into_values().collect();
    let Some(most) = places.iter().max_by_key(|place| is_protected(place)) else { return };
    let others: Vec<_> = places.iter().filter(|place| name(place) != name(most) && place.entry != most.entry).collect();
    if others.is_empty() {
        return;
    }
    let severity = if is_protected(most) { Severity::Error } else { Severity::Warning };
    let names: Vec<_> = others.iter().map(|place| name(place).to_string()).collect();
    let key = told_name(most.setting.key);
    let message = if others.iter().all(|place| place.setting.key == most.setting.key) {
        format!("{key} is the same secret in {} and {}", name(most), super::listed(&names, "and"))
    } else {
        let others = others.iter().map(|place| format!("{} in {}", told_name(place.setting.key), name(place)));
        let others: Vec<_> = others.collect();
        format!("{key} in {} is the same secret as {}", name(most), super::listed(&others, "and"))
    };
    let help = format!(
        "make one for each, and change it where it is used: who reads {} knows that of {}. If both are to have it, say \
         `\"x-sparkcfg\": {{ \"drift\": \"must-match\" }}` of {key} in the schema; if it is no secret, `\"writeOnly\": false`",
        names[0],
        name(most)
    );
    let mut finding = most.subject.about(&RULE, most.setting, message).severity(severity).help(help);
    for other in others {
        let said = format!("{} in {}", told_name(other.setting.key), name(other));
        finding = finding.related(other.subject.environment.place(other.setting), said);
        finding.environments.push(name(other));
    }
    finding.environments.sort();
    findings.push(finding);
}

/// One finding for each environment in which several keys have this value.
fn under_two_keys(places: &[Place<'_, '_>], findings: &mut Vec<Finding>) {
    let mut told: Vec<(SourceId, u32)> = Vec::new();
    for (index, first) in places.iter().enumerate() {
        let environment = &first.subject.environment.name;
        let is_first = !places[..index].iter().any(|place| place.subject.environment.name == *environment);
        if !is_first || told.contains(&first.entry) {
            continue;
        }
        let others = places[index + 1..].iter().filter(|place| place.subject.environment.name == *environment);
        let others: Vec<_> = others.filter(|other| !agree(first, other)).collect();
        let Some(second) = others.first() else { continue };
        told.push(first.entry);
        let keys: Vec<_> = others.iter().map(|other| told_name(other.setting.key)).collect();
        let message = format!("{} is the same secret as {}", told_name(first.setting.key), super::listed(&keys, "and"));
        let help = "make one for each; or say under `agree` in the schema that they are equal";
        let mut finding = first.subject.about(&RULE, first.setting, message).severity(Severity::Warning).help(help);
        finding = finding.related(second.subject.environment.place(second.setting), "the same here");
        findings.push(finding);
    }
}

/// Whether the schema says that two keys have one value.
fn agree(one: &Place<'_, '_>, other: &Place<'_, '_>) -> bool {
    let Some(schema) = &one.subject.project.schema else { return false };
    schema.schema.agree(one.setting.key, other.setting.key)
}
