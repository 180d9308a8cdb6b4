//! Values that are known to be secrets, wherever else they stand: sealed ones that were opened, and those of keys that the
//! schema calls secret.

use super::{Project, hiding};
use crate::detection;
use crate::layer::{Content, Layer};

/// An entry whose value is a secret, by its layer and its place there. It holds no copy of that value.
pub(super) struct Known {
    layer: usize,
    entry: usize,
}

/// The known secrets, in the order of their values.
#[derive(Default)]
pub(super) struct KnownSecrets {
    all: Vec<Known>,
}

/// In characters: shorter values are equal by chance.
const SHORTEST: usize = 6;

/// Below it a number is a port, a size or a limit, and equal to others by chance.
const SMALLEST: u64 = 1_000_000;

impl Project {
    /// Whether a value is that of a known secret: then it is one under any other name, too.
    #[must_use]
    pub fn is_known_secret(&self, text: &str) -> bool {
        self.known(text).next().is_some()
    }

    /// Whether a value also stands in a sealed file that was opened, and cannot do so by chance.
    #[must_use]
    pub fn is_sealed_elsewhere(&self, text: &str) -> bool {
        // Most values are none of the known ones, which is found out soonest.
        self.known(text).any(|layer| layer.sealed)
            && detection::tells_apart(text)
            && detection::may_be_secret(text)
            && !detection::is_spoken(text)
    }

    /// The layers that have a value as a secret.
    fn known<'p>(&'p self, text: &'p str) -> impl Iterator<Item = &'p Layer> + 'p {
        let known = &self.known.get_or_init(|| self.known_secrets_in_order()).all;
        // What is equal to one of them is as distinct as that.
        let first = known.partition_point(|one| self.value(one) < Some(text));
        let same = known.iter().skip(first).take_while(move |one| self.value(one) == Some(text));
        same.filter_map(|one| self.layers.get(one.layer))
    }

    fn value(&self, known: &Known) -> Option<&str> {
        let layer = self.layers.get(known.layer)?;
        layer.content(layer.entries.get(known.entry)?)
    }

    fn known_secrets_in_order(&self) -> KnownSecrets {
        let schema = self.schema.as_ref().filter(|schema| schema.schema.names_secrets());
        let mut all = Vec::new();
        for (index, layer) in self.layers.iter().enumerate().filter(|(_, layer)| layer.sealed || schema.is_some()) {
            for (at, entry) in layer.entries.iter().enumerate() {
                let Some(text) = layer.content(entry).filter(|text| !(entry.interpolates && text.contains('$'))) else {
                    continue;
                };
                let key = layer.key(entry);
                let is_declared = || schema.and_then(|schema| schema.declared_secret(key)) == Some(true);
                let is_secret = if matches!(entry.content, Content::Opened(_)) {
                    // Whole env files are sealed, with names and time zones in them.
                    !detection::is_spoken(text) || hiding::is_secret(self.schema.as_ref(), key)
                } else {
                    is_declared()
                };
                if is_secret && is_distinct(text) {
                    all.push(Known { layer: index, entry: at });
                }
            }
        }
        all.sort_by(|one, other| self.value(one).cmp(&self.value(other)));
        KnownSecrets { all }
    }
}

/// Whether a value says by itself which one it is: no word that many use, no boolean, no small number.
fn is_distinct(text: &str) -> bool {
    let is_small = || text.parse::<u64>().is_ok_and(|number| number < SMALLEST);
    text.chars().nth(SHORTEST - 1).is_some()
        && !is_small()
        && !detection::stands_in_for_a_secret(text)
        && detection::published_as("PASSWORD", text).is_none()
}

#[cfg(test)]
mod tests {
    use super::is_distinct;

    #[test]
    fn what_is_equal_by_chance() {
        for (text, expected) in [
            ("Zq7vKx93LmWtQ4", true),
            ("h\u{fc}nter", true),
            ("h\u{fc}nte", false),
            ("1000000", true),
            ("0999999", false),
            ("postgres", false),
            ("changeme", false),
            ("", false),
        ] {
            assert_eq!(is_distinct(text), expected, "{text}");
        }
    }
}
