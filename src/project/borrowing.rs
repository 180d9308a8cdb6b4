//! Secrets under another name: entries that refer to a secret and bring a text to take instead.

use std::collections::{HashMap, HashSet};

use super::Project;
use crate::environment::is_one_reference;
use crate::interpolation::{Sign, references};
use crate::layer::{Entry, Layer};
use crate::source::SourceId;

/// An entry, by its text and where in it the key begins.
pub(super) type EntryPlace = (SourceId, u32);

impl Project {
    /// Whether no output may show what an entry says: a secret, or a reference to one with a text to take
    /// instead: `COPY=${DB_PASSWORD:-hunter2}`.
    #[must_use]
    pub fn hides_entry(&self, layer: &Layer, entry: &Entry) -> bool {
        let place = (layer.source, entry.key.start);
        layer.sealed
            || self.hides(layer.key(entry), layer.content(entry).unwrap_or_default())
            || self.borrowing.get_or_init(|| self.borrowing_entries()).contains(&place)
    }

    /// Whether a text that is no value, because it stands in a comment or cannot be read, refers to a secret.
    pub(super) fn borrows(&self, text: &str) -> bool {
        let mut words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        text.contains('$') && !is_one_reference(text) && words.any(|word| self.is_secret(word))
    }

    fn borrowing_entries(&self) -> HashSet<EntryPlace> {
        let entries = || self.layers.iter().flat_map(|layer| layer.entries.iter().map(move |entry| (layer, entry)));
        let mut referring: HashMap<&str, Vec<(&Layer, &Entry)>> = HashMap::new();
        for (layer, entry) in entries().filter(|(_, entry)| entry.interpolates) {
            for reference in references(layer.content(entry).unwrap_or_default()) {
                referring.entry(reference.name).or_default().push((layer, entry));
            }
        }
        if referring.is_empty() {
            return HashSet::new();
        }
        let by_name = referring.keys().copied().filter(|name| self.is_secret(name));
        let by_value = entries().filter(|(layer, entry)| {
            let key = layer.key(entry);
            let hides = || self.hides(key, layer.content(entry).unwrap_or_default());
            referring.contains_key(key) && (layer.sealed || hides())
        });
        let mut open: Vec<&str> = by_name.chain(by_value.map(|(layer, entry)| layer.key(entry))).collect();
        let (mut seen, mut found) = (HashSet::new(), HashSet::new());
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            for (layer, entry) in referring.get(name).into_iter().flatten() {
                if brings_text(layer.content(entry).unwrap_or_default()) {
                    found.insert((layer.source, entry.key.start));
                }
                open.push(layer.key(entry));
            }
        }
        found
    }
}

/// Whether a reference in `text` has a default or an alternative that is more than another reference.
fn brings_text(text: &str) -> bool {
    references(text).iter().any(|reference| {
        let message = reference.operator.is_none_or(|operator| operator.sign == Sign::Required);
        !message && !reference.argument.is_empty() && !is_one_reference(reference.argument)
    })
}
