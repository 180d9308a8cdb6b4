//! Environments that only got another name since a revision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::environment::Environment;
use crate::layer::Layer;

/// The new names of environments that a revision has under old ones: what the files of its own say has to be the same by
/// half, as git wants it of a file that was renamed.
pub(super) fn renamed(then: &[Environment<'_>], now: &[Environment<'_>]) -> HashMap<Arc<str>, Arc<str>> {
    let lacks = |all: &[Environment<'_>], name: &str| all.iter().all(|known| *known.name != *name);
    let gone: Vec<_> = then.iter().filter(|old| lacks(now, &old.name)).collect();
    let new: Vec<_> = now.iter().filter(|new| lacks(then, &new.name)).collect();
    let mut found = Vec::new();
    for (at, old) in gone.iter().enumerate() {
        let before = own(old, then);
        for (place, new) in new.iter().enumerate() {
            let after = own(new, now);
            let all = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).count();
            let same = before.iter().filter(|(key, text)| after.get(*key) == Some(text)).count();
            if all > 0 && same * 2 >= all {
                found.push((same * 1000 / all, at, place));
            }
        }
    }
    // The nearest first; of equally near ones that which comes first.
    found.sort_by_key(|(nearness, at, place)| (usize::MAX - nearness, *at, *place));
    let (mut taken, mut names) = (Vec::new(), HashMap::new());
    for (_, at, place) in found {
        let (old, new) = (&gone[at].name, &new[place].name);
        if !names.contains_key(old) && !taken.contains(&place) {
            taken.push(place);
            names.insert(Arc::clone(old), Arc::clone(new));
        }
    }
    names
}

/// What the files say that an environment shares with no other one: each key as it is spelled, or sealed.
fn own<'a>(environment: &Environment<'a>, all: &[Environment<'a>]) -> BTreeMap<&'a str, &'a str> {
    let is_shared = |layer: &&Layer| {
        let has = |other: &Environment<'_>| other.layers.iter().any(|known| std::ptr::eq(*known, *layer));
        all.iter().filter(|other| has(other)).count() > 1
    };
    let mut texts = BTreeMap::new();
    for layer in environment.layers.iter().copied().filter(|layer| !is_shared(layer)) {
        let spelled = |entry| layer.content(entry).unwrap_or_else(|| layer.slice(&entry.value));
        texts.extend(layer.entries.iter().map(|entry| (layer.key(entry), spelled(entry))));
    }
    texts
}
