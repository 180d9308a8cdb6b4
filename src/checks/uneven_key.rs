//! A key is set in some environments and not in others, though nothing says that it should be.
//!
//! What counts: keys without a default that at least half of the environments set. Personal layers do not count, nor do
//! files that show an env file, such as `.env.example`, nor environments that have less than half of their keys in common, as
//! the env files of a database and of a cache.
//!
//! Why it hurts: what was tried in staging never runs in prod, because a key was forgotten there. It is a note: an
//! optional key may be left out on purpose; `x-sparkcfg.only-in` says so.
//!
//! Remedy: set it, give it a default in the schema, or list its environments in `only-in`.

use std::collections::BTreeMap;

use super::Subject;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::layout::documents;

pub(super) static RULE: Rule = Rule {
    code: "uneven-key",
    severity: Severity::Note,
    summary: "a key is set in some environments only",
    page: include_str!("uneven_key.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    // Examples for several ways to set up a project differ on purpose.
    let is_lived_in = |subject: &&Subject<'_>| {
        let paths = subject.environment.layers.iter().map(|layer| subject.project.sources.path(layer.source));
        paths.into_iter().any(|path| !documents(path))
    };
    let subjects: Vec<&Subject<'_>> = subjects.iter().filter(is_lived_in).collect();
    let subjects = subjects.as_slice();
    // Two environments that differ tell nothing about which of them is right.
    if subjects.len() < 3
        || subjects.iter().all(|subject| subject.environment.settings.len() == subjects[0].environment.settings.len())
            && same_keys(subjects)
    {
        return;
    }
    let mut set: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, subject) in subjects.iter().enumerate() {
        for setting in &subject.environment.settings {
            set.entry(setting.key).or_default().push(index);
        }
    }
    for (key, having) in
        set.iter().filter(|(_, having)| having.len() < subjects.len() && having.len() * 2 >= subjects.len())
    {
        let property = subjects[0].project.schema.as_ref().map(|schema| schema.schema.property(key));
        let chosen = property.as_ref().is_some_and(|property| {
            property.default().is_some() || property.only_in().is_some() || !property.required_in().is_empty()
        });
        // A key that the schema does not know has a finding of its own.
        let unknown = property.is_some_and(|property| !property.is_declared());
        if chosen || unknown {
            continue;
        }
        for (_, subject) in subjects.iter().enumerate().filter(|(index, _)| !having.contains(index)) {
            let missing = subject.violations_about(key).next().is_some();
            let is_set = subject.environment.broken(key).is_some();
            let alike = having.iter().any(|other| are_alike(subject, subjects[*other]));
            if missing || is_set || !alike || subject.project.has_closed_layer(subject.environment) {
                continue;
            }
            let names: Vec<_> = having.iter().map(|index| &*subjects[*index].environment.name).collect();
            let other = &subjects[having[having.len() - 1]];
            let Some(setting) = other.environment.get(key) else { continue };
            let name = told_name(key);
            let message =
                format!("{name} is not set in {}, but in {}", subject.environment.name, super::listed(&names, "and"));
            let entry = other.environment.entry(setting);
            let span = other.environment.layers[setting.layer].span(&entry.key);
            findings.push(
                subject.finding(&RULE, message).key(key).at(span, format!("set in {}", other.environment.name)).help(
                    format!(
                        "set it in {} too, or say in the schema where it belongs: \"only-in\"",
                        subject.environment.name
                    ),
                ),
            );
        }
    }
}

/// Whether two environments are for the same programs: at least half of what one sets the other sets too. Env files of
/// different services, a database and a cache, are not.
fn are_alike(one: &Subject<'_>, other: &Subject<'_>) -> bool {
    let settings = &one.environment.settings;
    let shared = settings.iter().filter(|setting| other.environment.get(setting.key).is_some()).count();
    shared * 2 >= settings.len()
}

fn same_keys(subjects: &[&Subject<'_>]) -> bool {
    let first = &subjects[0].environment.settings;
    subjects[1..]
        .iter()
        .all(|subject| first.iter().zip(&subject.environment.settings).all(|(one, other)| one.key == other.key))
}
