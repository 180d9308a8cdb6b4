//! Who gained or lost access to the sealed files of an environment.

use std::collections::{BTreeMap, HashSet};

use crate::checks::matrix;
use crate::drift::{Access, Kind};
use crate::source::printable;

/// Who gained or lost access to the sealed files of an environment between two revisions.
pub(super) fn between(sources: &[matrix::Source<'_>]) -> Vec<Access> {
    let [then, now] = sources else { return Vec::new() };
    let readers = |source: &matrix::Source<'_>| -> BTreeMap<String, HashSet<String>> {
        let project = source.project;
        let people = &project.config.people;
        let named = |key: &String| people.iter().find(|(_, known)| *known == key).map_or(key, |(name, _)| name).clone();
        let used = project
            .layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| source.environment.layers.iter().any(|used| std::ptr::eq(*used, *layer)));
        let sealed = used.filter_map(|(index, layer)| {
            let sealed = project.sealed.get(&index)?;
            let path = project.sources.path(layer.source);
            let path = if source.column.kind == Kind::Revision {
                path.split_once(':').map_or(path, |(_, path)| path)
            } else {
                path
            };
            Some((path.to_owned(), sealed.readers.recipients.iter().map(named).collect()))
        });
        sealed.collect()
    };
    let (then, now) = (readers(then), readers(now));
    let mut changes = Vec::new();
    for (path, new) in &now {
        let Some(old) = then.get(path) else { continue };
        let sorted = |names: std::collections::hash_set::Difference<'_, String, _>| {
            let mut names: Vec<_> = names.map(|name| printable(name)).collect();
            names.sort();
            names
        };
        let (gained, lost) = (sorted(new.difference(old)), sorted(old.difference(new)));
        if !gained.is_empty() || !lost.is_empty() {
            changes.push(Access { path: printable(path), gained, lost });
        }
    }
    changes
}
