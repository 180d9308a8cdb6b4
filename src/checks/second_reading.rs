//! Values of a `.env` that docker compose reads twice: for `${KEY}` in the Compose file, and then with `env_file:`.
//!
//! The second reading looks names up in what the first one gave, so that a reference finds what stands below it, and a value
//! that refers to itself is put into itself once more.

use std::collections::{HashMap, HashSet};

use super::File;
use super::reader::Surroundings;
use crate::finding::{Finding, Rule, told_name};
use crate::interpolation::references;

/// Tells the values of which the two readings differ, unless one of the findings from `before` on is about the key already.
pub(super) fn check(
    file: &File<'_>,
    rule: &'static Rule,
    around: &Surroundings,
    before: usize,
    findings: &mut Vec<Finding>,
) {
    let differing = around.read_twice(file.layer.text.as_bytes());
    if differing.is_empty() {
        return;
    }
    let told: HashSet<String> = findings.iter().skip(before).filter_map(|finding| finding.key.clone()).collect();
    let entries = &file.layer.entries;
    // How often each key stands there, and where the last time.
    let mut places: HashMap<&str, (usize, usize)> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let (count, last) = places.entry(file.layer.key(entry)).or_default();
        (*count, *last) = (*count + 1, index);
    }
    for (index, entry) in entries.iter().enumerate() {
        let key = file.layer.key(entry);
        let is_last = places.get(key).is_some_and(|(_, last)| *last == index);
        if !is_last || !differing.contains(key) || told.contains(key) {
            continue;
        }
        let names = references(file.layer.content(entry).unwrap_or_default());
        let names: Vec<&str> = names.iter().map(|reference| reference.name).collect();
        // What it refers to is told, and so is a key that stands twice.
        let is_twice = |name: &str| places.get(name).is_some_and(|(count, _)| *count > 1);
        if names.iter().any(|name| *name != key && differing.contains(*name) || is_twice(name)) {
            continue;
        }
        let name = told_name(key);
        let message = format!(
            "{name} is read differently: one value for ${{{name}}} in the Compose file, another for its env_file:"
        );
        let says = "docker compose reads this file twice, and puts what it read first in here";
        let finding = Finding::new(rule, message).key(key).at(file.layer.span(&entry.value), says);
        let late = names.iter().filter(|name| places.get(*name).is_some_and(|(_, last)| *last > index));
        let mut late: Vec<_> = late.map(|name| told_name(name)).collect();
        late.dedup();
        findings.push(finding.help(if names.contains(&key) {
            "write the value out, without a reference to itself".to_owned()
        } else if late.is_empty() || file.project.hides_entry(file.layer, entry) {
            "set what it refers to above it".to_owned()
        } else {
            format!("move {} above {name}", super::listed(&late, "and"))
        }));
    }
}
