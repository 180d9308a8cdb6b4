//! Environments and keys that only got another name since a revision.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::changes::Then;
use crate::checks::matrix::subject;
use crate::environment::{Environment, Setting};
use crate::finding::Finding;
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

/// The names that keys had at the revision, by those of now, as far as anything was found about them: what went has in all
/// environments the values of what came, and there is one of each.
pub(super) fn renamed_keys(
    found: &Then,
    (then, now): (&[Environment<'_>], &[Environment<'_>]),
    environments: &HashMap<Arc<str>, Arc<str>>,
) -> HashMap<String, String> {
    let sets = |all: &[Environment<'_>], key: &str| all.iter().any(|it| it.get(key).is_some_and(Setting::is_set));
    let about = found.counting.iter().chain(&found.silent).filter_map(|finding| finding.key.as_deref());
    if !about.into_iter().any(|key| sets(then, key) && !sets(now, key)) {
        return HashMap::new();
    }
    let pairs = then.iter().filter_map(|old| {
        let name = environments.get(&old.name).unwrap_or(&old.name);
        Some((old, now.iter().find(|new| new.name == *name)?))
    });
    let (before, after): (Vec<_>, Vec<_>) = pairs.unzip();
    let gone = by_values(&before, |key| !sets(now, key));
    let came = by_values(&after, |key| !sets(then, key));
    let only = gone.into_iter().filter_map(|(values, old)| match (old.as_slice(), came.get(&values)?.as_slice()) {
        ([old], [new]) => Some(((*new).to_owned(), (*old).to_owned())),
        _ => None,
    });
    only.collect()
}

/// The keys by what they are set to in all environments, as far as everybody can know that.
fn by_values<'e>(
    environments: &[&'e Environment<'_>],
    is_wanted: impl Fn(&str) -> bool,
) -> HashMap<Vec<Option<&'e str>>, Vec<&'e str>> {
    let set = environments.iter().flat_map(|it| it.settings.iter().filter(|it| it.is_set()).map(|it| it.key));
    let keys: BTreeSet<&str> = set.filter(|key| is_wanted(key)).collect();
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for key in keys {
        let set = environments.iter().map(|it| it.get(key).filter(|setting| setting.is_set()));
        let values: Vec<_> = set.map(|setting| setting.map(|setting| setting.value.text())).collect();
        if !values.contains(&Some(None)) {
            found.entry(values.into_iter().map(Option::flatten).collect()).or_default().push(key);
        }
    }
    found
}

/// Tells the findings of the revision of the names that their keys have now.
pub(super) fn rename_keys(then: &mut Then, names: &HashMap<String, String>) {
    let names: HashMap<_, _> = names.iter().map(|(new, old)| (old.as_str(), new.as_str())).collect();
    for finding in then.all().filter(|_| !names.is_empty()) {
        if let Some((old, new)) = finding.key.as_deref().and_then(|key| names.get_key_value(key)) {
            rename_key(finding, old, new);
        }
    }
}

fn rename_key(finding: &mut Finding, old: &str, new: &str) {
    let subject = subject(finding);
    let name = |text: &str| text.replacen(old, new, 1);
    if let Some(difference) = &mut finding.difference {
        let environments = difference.id.get(subject.len()..).unwrap_or_default().to_owned();
        let (code, rest) = subject.split_once(':').unwrap_or_default();
        let (member, key) = rest.rsplit_once('/').map_or(("", rest), |(member, key)| (member, key));
        let member = if member.is_empty() { String::new() } else { format!("{member}/") };
        difference.id = format!("{code}:{member}{}{environments}", name(key));
    }
    finding.message = name(&finding.message);
    finding.key = Some(new.to_owned());
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
