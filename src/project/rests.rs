//! What follows a secret on its line: it may be the rest of the secret, which the reader took for something else.

use std::collections::HashSet;
use std::ops::Range;

use super::Project;
use crate::detection;
use crate::layer::{Entry, Layer};

impl Project {
    /// The keys that may be the rest of a secret: what follows a closing quote on its line is read as a key, and a
    /// secret may hold a quote itself. Keys that the schema declares, or that stand on a line of their own, are none.
    #[must_use]
    pub fn rests_of_secrets(&self) -> HashSet<&str> {
        let rests = self.layers.iter().flat_map(|layer| self.rests_in(layer).map(move |entry| (layer, entry)));
        let rests: HashSet<_> = rests.map(|(layer, entry)| (layer.key(entry), entry.key.start, layer.source)).collect();
        if rests.is_empty() {
            return HashSet::new();
        }
        let declared = |key: &str| self.schema.as_ref().is_some_and(|schema| schema.schema.property(key).is_declared());
        let entries = self.layers.iter().flat_map(|layer| layer.entries.iter().map(move |entry| (layer, entry)));
        let places = entries.map(|(layer, entry)| (layer.key(entry), entry.key.start, layer.source));
        let alone: HashSet<&str> = places.filter(|place| !rests.contains(place)).map(|(key, ..)| key).collect();
        rests
            .into_iter()
            .map(|(key, ..)| key)
            .filter(|key| key.is_empty() || !alone.contains(key) && !declared(key))
            .collect()
    }

    /// The entries that stand after a secret on its line, or that are lines of a key that was pasted without quotes.
    pub(super) fn rests_in<'l>(&self, layer: &'l Layer) -> impl Iterator<Item = &'l Entry> {
        let entries = if layer.sealed { &[] } else { layer.entries.as_slice() };
        let blocks = if layer.sealed { Vec::new() } else { detection::key_blocks(&layer.text) };
        let in_blocks = entries.iter().filter(move |entry| detection::is_in_key_block(&blocks, entry.key.start));
        let mut is_rest = false;
        let behind = entries.iter().zip(entries.iter().skip(1)).filter_map(move |(before, entry)| {
            let same_line = !layer.slice(&(before.value.end..entry.key.start)).contains('\n');
            is_rest = same_line && (is_rest || self.hides_entry(layer, before) || self.swallows_secret(layer, before));
            is_rest.then_some(entry)
        });
        behind.chain(in_blocks)
    }

    /// Whether the last line of a value is the beginning of a secret, which goes on behind the quote that ends the value:
    /// `A="x` above `DB_PASSWORD="y=z"`.
    pub(super) fn swallows_secret(&self, layer: &Layer, entry: &Entry) -> bool {
        let Some((_, last)) = layer.slice(&entry.value).rsplit_once('\n') else { return false };
        last.split_once('=').is_some_and(|(before, _)| {
            let key = before.trim().rsplit(char::is_whitespace).next().unwrap_or_default();
            self.is_secret(key)
        })
    }
}

/// What follows a secret on its line: behind ` #` or a quote within it, the rest of a secret is read as a comment or a
/// key. A comment to sparkcfg is none.
pub(super) fn rest_of_line(layer: &Layer, value: &Range<u32>) -> Range<u32> {
    let end = layer.line_around(value.end).end;
    let line = layer.slice(&(value.end..end));
    let rest = match line.rfind('#') {
        Some(at) if line[at + 1..].trim_start().starts_with("sparkcfg:") => &line[..at],
        _ => line,
    };
    let offset = |at: usize| value.end + u32::try_from(at).unwrap_or_default();
    offset(rest.len() - rest.trim_start().len())..offset(rest.trim_end().len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::Project;
    use crate::project::Options;
    use crate::project::files::Files;

    #[test]
    fn keys_behind_a_secret_are_its_rest() {
        for (text, expected) in [
            ("DB_PASSWORD='a' b\n", vec!["b"]),
            ("DB_PASSWORD='a'b=1\nc=2\n", vec!["b"]),
            ("DB_PASSWORD='a' PORT\nPORT=1\n", vec![]),
            ("DB_PASSWORD=\"a\nb\" c\n", vec!["c"]),
            ("NAME='a' b\n", vec![]),
            ("DB_PASSWORD=a b\n", vec![]),
            ("A=-----BEGIN KEY-----\nshort\n-----END KEY-----\nB=1\n", vec!["short"]),
            ("A=-----BEGIN KEY-----\nshort==\nB=1\n", vec!["short"]),
            ("A=\"-----BEGIN KEY-----\nshort\n-----END KEY-----\"\nB=1\n", vec![]),
            ("A=-----BEGIN KEY-----x-----END KEY-----\nB\n", vec![]),
            ("COPY=\"${DB_PASSWORD:-a}\" b\n", vec!["b"]),
            ("A=\"x\nDB_PASSWORD=\" b\n", vec!["b"]),
            ("A='x\nexport DB_PASSWORD=c' b=1\n", vec!["b"]),
            ("A=\"x\nNAME=\" b\n", vec![]),
        ] {
            let files = BTreeMap::from([(".env".to_owned(), text.as_bytes().to_vec())]);
            let project = Project::read(&Files::staged(Path::new("."), "", files), &Options::default()).unwrap();
            assert_eq!(Vec::from_iter(project.rests_of_secrets()), expected, "{text}");
        }
    }
}
