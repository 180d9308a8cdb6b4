//! Values refer to each other in a circle.
//!
//! docker compose reads from top to bottom, so that one of them becomes empty; make refuses the file, and npm's
//! dotenv-expand never ends. A key that refers to its own value in a lower layer (`PATH=${PATH}:/opt`) is no circle.
//!
//! Example: `A=${B}` and `B=${A}`.
//!
//! Remedy: give one of them a value of its own.

use std::collections::{HashMap, HashSet};

use super::Subject;
use crate::environment::LooseFault;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "reference-cycle",
    severity: Severity::Error,
    summary: "values refer to each other in a circle",
    page: include_str!("reference_cycle.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (index, circle) in circles(subject) {
        let loose = &subject.environment.loose[index];
        let Some(setting) = subject.environment.get(loose.key) else { continue };
        let path = circle.join(" → ");
        let finding = subject.about(&RULE, setting, format!("{} refers to itself: {path}", loose.key));
        let finding = finding.at(loose.span, "this name has no value yet").help("give one of them a value of its own");
        findings.push(finding);
    }
}

/// The loose references that lie on a circle, with the names on it.
pub(super) fn circles<'s>(subject: &'s Subject<'_>) -> Vec<(usize, Vec<&'s str>)> {
    let loose = &subject.environment.loose;
    let undefined = loose.iter().enumerate().filter_map(|(index, loose)| match &loose.fault {
        LooseFault::Undefined(name) | LooseFault::Required(name) => Some((index, loose.key, name.as_str())),
        LooseFault::Broken { .. } => None,
    });
    let undefined: Vec<_> = undefined.collect();
    if undefined.is_empty() {
        return Vec::new();
    }
    let references = references(subject);
    let back = |(index, key, name): (usize, &'s str, &'s str)| {
        // From the name that has no value yet, along the references, back to the key.
        let mut path = vec![name];
        let mut seen = HashSet::from([name]);
        while let Some(last) = path.last().copied() {
            if last == key {
                path.insert(0, key);
                return Some((index, path));
            }
            match references.get(last).into_iter().flatten().find(|next| seen.insert(**next)) {
                Some(next) => path.push(*next),
                None => {
                    path.pop();
                }
            }
        }
        None
    };
    undefined.into_iter().filter_map(back).collect()
}

fn references<'s>(subject: &'s Subject<'_>) -> HashMap<&'s str, Vec<&'s str>> {
    let layers = subject.environment.layers.iter();
    let entries = layers.flat_map(|layer| layer.entries.iter().map(move |entry| (layer, entry)));
    let mut references: HashMap<&str, Vec<&str>> = HashMap::new();
    for (layer, entry) in entries.filter(|(_, entry)| entry.interpolates) {
        if let Some(text) = layer.content(entry) {
            references
                .entry(layer.key(entry))
                .or_default()
                .extend(crate::interpolation::references(text).iter().map(|reference| reference.name));
        }
    }
    references
}
