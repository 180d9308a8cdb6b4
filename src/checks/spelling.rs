//! A new value for a file, written so that all who read the file get it; shared by the checks that copy values.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::File;
use super::edits::edited;
use super::reader::{OWN, Surroundings, dialects_among, read, with_own};
use crate::interpolation::references;
use crate::portable;

/// Bytes of a file, and what takes their place.
pub(super) type Edit = (Range<usize>, String);

/// A change of a file by which all who read it get a value, and everything else in the file stays what it is for them; but for
/// what refers to the key, which follows it for all alike. `edits` says how a value can be put in that is written that way
/// behind the `=`, the best way first.
pub(super) fn spelled(file: &File<'_>, key: &str, value: &str, edits: impl Fn(&str) -> Vec<Edit>) -> Option<Edit> {
    let text: &str = &file.layer.text;
    let chains = with_own(file.readers());
    let mut around = Surroundings::of_file(file);
    // Who prefers what it is started with does not look at the file for this key.
    around.below.remove(key);
    around.besides.remove(key);
    // A shell is often the one that nobody sees.
    let with_shell = [chains.as_slice(), &["shell"]].concat();
    let spell = |chains: &[&str]| portable::spell(key, value, &dialects_among(chains), &around.besides).ok();
    let line = spell(&with_shell).or_else(|| spell(&chains))?;
    let written = line.strip_prefix(key)?.strip_prefix('=')?;
    let values = |chain: &str, text: &str| {
        let reading = read(chain, text.as_bytes(), &around)?;
        let values: Values = reading.vars.into_iter().map(|variable| (variable.key, variable.value)).collect();
        Some((values, reading.error.is_some() || reading.gave_up.is_some(), reading.executes.len()))
    };
    let followers = followers(file, key);
    let own_before = values(OWN, text)?.0;
    let all_before: Vec<_> = chains.iter().map(|chain| values(chain, text)).collect::<Option<_>>()?;
    edits(written).into_iter().find(|edit| {
        let after = edited(text, std::iter::once((edit.0.clone(), edit.1.as_str())));
        let Some((own_after, ..)) = values(OWN, &after) else { return false };
        let suits = |(chain, (before, refuses, executes)): (&&str, &(Values, bool, usize))| {
            let Some((after, refuses_after, executes_after)) = values(chain, &after) else { return false };
            let follows = |name: &str| {
                let is_own = before.get(name) == own_before.get(name) && after.get(name) == own_after.get(name);
                is_own && followers.contains(name)
            };
            let is_given = after.get(key).is_some_and(|text| text.as_deref() == Some(value));
            let is_right = |name: &str| name == key || before.get(name) == after.get(name) || follows(name);
            (refuses, executes) == (&refuses_after, &executes_after)
                && is_given
                && before.keys().chain(after.keys()).all(|name| is_right(name))
        };
        chains.iter().zip(&all_before).all(suits)
    })
}

/// What one who reads a file gets.
type Values = HashMap<String, Option<String>>;

/// The keys of a file whose values refer to `key`, be it through others.
fn followers<'f>(file: &File<'f>, key: &'f str) -> HashSet<&'f str> {
    let mut referring: HashMap<&str, Vec<&str>> = HashMap::new();
    for entry in file.layer.entries.iter().filter(|entry| entry.interpolates) {
        for reference in file.layer.content(entry).map(references).unwrap_or_default() {
            referring.entry(reference.name).or_default().push(file.layer.key(entry));
        }
    }
    let (mut found, mut open) = (HashSet::new(), vec![key]);
    while let Some(name) = open.pop() {
        let next = referring.remove(name).unwrap_or_default();
        open.extend(next.into_iter().filter(|name| found.insert(*name)));
    }
    found
}
