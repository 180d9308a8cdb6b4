//! `sparkcfg-revoked.toml`: values that somebody could read who may not any more, until each has changed.
//!
//! No value leaves a trace here. What is kept are digests of *sealed* text, which is random to whoever has no key: a
//! value whose sealed text differs, in a file that still has a data key of those days, has changed for certain. Where the
//! data key is another one, sealed text says nothing; whoever seals with sparkcfg then has both texts open, strikes what
//! changed and renews the digests of what did not.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use zeroize::Zeroizing;

mod carrying;
mod merging;
mod names;
mod people;
mod text;
mod unplaced;
mod untold;

pub use self::carrying::Carried;
pub use self::names::Names;
pub use self::text::NAME;
pub use self::unplaced::Unplaced;
pub use self::untold::Untold;
use super::compose_entries;
use crate::identity::Recipient;
use crate::layer::Content;
use crate::secret::Secret;
use crate::stores::sops::{Noted, Origin, Traces, digest, traces};

/// The record: sealed file → what is still to be changed in it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Revocations(BTreeMap<String, Pending>);

#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Pending {
    /// Who could read something in a whole file that is still the same.
    all: BTreeSet<String>,
    /// What of a whole file that is: digest of the file → [`Names`], sealed. There are several once branches
    /// were merged that both changed the file; what is said of the version that lies there then counts.
    left: BTreeMap<String, String>,
    /// The same, opened.
    #[serde(skip)]
    known: Option<Names>,
    /// Of whom these tell, opened.
    #[serde(skip)]
    readers: BTreeSet<String>,
    /// Digest of the version of the file that lies there.
    #[serde(skip)]
    here: String,
    /// Digests of the sealed data keys.
    data_keys: BTreeSet<String>,
    /// The public keys that the names of readers had when they came on record.
    people: BTreeMap<String, String>,
    /// Those that go by their keys by now; see [`Revocations::tell_apart`].
    #[serde(skip)]
    renamed: BTreeMap<String, String>,
    values: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Who could read it.
    readers: BTreeSet<String>,
    /// Digest of its sealed text; several, once branches were merged that both sealed it anew. An empty one while the file
    /// has no such key: should it come back, nobody can tell whether with another value.
    #[serde(deserialize_with = "text::one_or_several")]
    sealed: BTreeSet<String>,
}

/// A value that is still to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// The key; `None` where it is a whole file whose names nobody here can open.
    pub key: Option<String>,
    /// The names, or public keys, of those who could read it.
    pub readers: Vec<String>,
    /// Whether all of this stands in the record; else a merge noted it in the file, or git's history tells it.
    pub is_recorded: bool,
    /// Whether what can be read of the file tells it. A merge may have noted otherwise in what is sealed by now.
    pub is_certain: bool,
}

/// Somebody who could open a whole file and whom it does not name.
pub const UNNAMED: &str = "a recipient without a name";

/// A sealed file and what it opens to.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// The opened text.
    pub plain: &'a Secret,
    /// The file.
    pub bytes: &'a [u8],
}

impl Revocations {
    /// Records that `reader` could read everything in a sealed file, which is from now on for `recipients`.
    pub fn add(&mut self, path: &str, file: Version<'_>, reader: &str, recipients: &[Recipient]) {
        let pending = self.0.entry(path.to_owned()).or_default();
        let traces = traces(file.bytes);
        if traces.keys.is_empty() {
            let values = values(file.plain);
            let mut names = pending.names(&values);
            for key in values.into_keys() {
                names.entry(key).or_default().insert(reader.to_owned());
            }
            pending.keep(names, &file, recipients);
            if pending.is_empty() {
                self.0.remove(path);
            }
            return;
        }
        pending.renew(&traces);
        for (key, token) in traces.values {
            let known = || Known { readers: BTreeSet::new(), sealed: [digest(&token)].into() };
            pending.values.entry(key).or_insert_with(known).readers.insert(reader.to_owned());
        }
        if pending.is_empty() {
            self.0.remove(path);
        }
    }

    /// Takes over what a merge noted in a file about who could read what of it, before the file is sealed anew without that.
    pub fn take_over(&mut self, path: &str, traces: &Traces) {
        if traces.noted != Noted::default() {
            let pending = self.0.entry(path.to_owned()).or_default();
            pending.renew(traces);
            if pending.is_empty() {
                self.0.remove(path);
            }
        }
    }

    /// Records that as many people whom nobody can name could read everything in a whole file: recipients that it has and
    /// does not name. Where as many are on record for every value, these are they.
    pub fn add_unnamed(&mut self, path: &str, file: Version<'_>, count: usize, recipients: &[Recipient]) {
        let values = values(file.plain);
        let pending = self.0.entry(path.to_owned()).or_default();
        let mut names = pending.names(&values);
        for key in values.into_keys() {
            let readers = names.entry(key).or_default();
            if readers.len() < count {
                readers.insert(UNNAMED.to_owned());
            }
        }
        pending.keep(names, &file, recipients);
        if pending.is_empty() {
            self.0.remove(path);
        }
    }

    /// Forgets that `reader` could read something in a file, because they may again.
    pub fn forgive(&mut self, path: &str, reader: &str, file: Version<'_>, recipients: &[Recipient]) {
        let Some(pending) = self.0.get_mut(path) else { return };
        for known in pending.values.values_mut() {
            known.readers.remove(reader);
        }
        pending.values.retain(|_, known| !known.readers.is_empty());
        pending.all.remove(reader);
        if let Some(mut names) = pending.known.take() {
            for readers in names.values_mut() {
                readers.remove(reader);
            }
            names.retain(|_, readers| !readers.is_empty());
            pending.keep(names, &file, recipients);
        }
        if pending.is_empty() {
            self.0.remove(path);
        }
    }

    /// Brings the record in line with a file that was just sealed anew, by whoever has both texts open; tells whether
    /// anything in it is different now. The file is for `recipients`.
    pub fn settle(&mut self, path: &str, before: Version<'_>, after: Version<'_>, recipients: &[Recipient]) -> bool {
        let Some(pending) = self.0.get_mut(path) else { return false };
        let old = pending.clone();
        // What plain SOPS changed since is known by its sealed text, and will not be once the digests are renewed.
        pending.renew(&traces(before.bytes));
        let (was, is) = (values(before.plain), values(after.plain));
        // Of a value that is gone, or was, nobody can tell whether it is another one once it is back.
        let stays = |key: &str| match (was.get(key), is.get(key)) {
            (Some(was), Some(is)) => was == is,
            _ => true,
        };
        if pending.is_whole() {
            let mut names = pending.names(&was);
            names.retain(|key, _| stays(key));
            pending.keep(names, &after, recipients);
        }
        pending.values.retain(|key, _| stays(key));
        pending.renew(&traces(after.bytes));
        let different = *pending != old;
        if pending.is_empty() {
            self.0.remove(path);
        }
        different
    }

    /// [`Revocations::unchanged`] for a file that was read, in which merges `noted` this.
    #[must_use]
    pub fn told(&self, path: &str, bytes: &[u8], noted: &Noted) -> Vec<Unchanged> {
        self.unchanged(path, &Traces { noted: noted.clone(), ..traces(bytes) })
    }

    /// What is still to be changed in a file, as far as can be told without a key. Names of a whole file may be among them
    /// that it does not have any more.
    #[must_use]
    pub fn unchanged(&self, path: &str, traces: &Traces) -> Vec<Unchanged> {
        let none = Pending::default();
        let pending = self.0.get(path).unwrap_or(&none);
        let recorded = |key: &String| pending.values.get(key).map(|known| &known.readers);
        let is_certain = !traces.noted.is_sealed || pending.has_key_of(traces);
        let one = |key: Option<&String>, readers: &BTreeSet<String>| Unchanged {
            key: key.cloned(),
            readers: readers.iter().cloned().collect(),
            is_recorded: pending.known.is_some()
                || key.is_none_or(|key| recorded(key).is_some_and(|known| known.is_superset(readers))),
            is_certain: is_certain || key.is_none_or(|key| recorded(key).is_none()),
        };
        // A section may have come from a file of the other form.
        let mut left = if traces.keys.is_empty() { pending.all_values() } else { pending.left_in(traces) };
        for (key, readers) in pending.known.iter().flatten() {
            left.entry(key.clone()).or_default().extend(readers.iter().cloned());
        }
        let closed = pending.known.is_none() && !pending.all.is_empty();
        let all = closed.then(|| one(None, &pending.all));
        all.into_iter().chain(left.iter().map(|(key, readers)| one(Some(key), readers))).collect()
    }

    /// Who is on record for a file: for all of it, where there is no key, or for one value.
    pub fn readers_in(&self, path: &str) -> impl Iterator<Item = (Option<&str>, &BTreeSet<String>)> {
        self.0.get(path).into_iter().flat_map(|pending| {
            let values = pending.values.iter().map(|(key, known)| (Some(key.as_str()), &known.readers));
            std::iter::once((None, &pending.all)).chain(values)
        })
    }

    /// Whether somebody is on record for a file, by one of their names or by their public key.
    #[must_use]
    pub fn tells_of(&self, path: &str, names: &[&str], key: &str) -> bool {
        let is_theirs = |reader: &String| reader == key || names.contains(&reader.as_str());
        self.readers_in(path).any(|(_, readers)| readers.iter().any(is_theirs))
    }

    /// Whether the record has a section of a file, be it one in which nothing is left.
    #[must_use]
    pub fn is_about_file(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether a value on record is still the same for certain, in a file that has a data key of those days.
    pub(super) fn keeps(&self, path: &str, traces: &Traces, key: &str) -> bool {
        let Some(pending) = self.0.get(path) else { return false };
        let sealed = traces.values.get(key).zip(pending.values.get(key));
        pending.has_key_of(traces) && sealed.is_some_and(|(token, known)| known.sealed.contains(&digest(token)))
    }

    /// The files that the record is about.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl Pending {
    /// All values that are recorded one by one, of which no sealed text tells anything.
    fn all_values(&self) -> Names {
        self.values.iter().map(|(key, known)| (key.clone(), known.readers.clone())).collect()
    }

    /// Whether a file has a data key that is on record.
    fn has_key_of(&self, traces: &Traces) -> bool {
        traces.keys.iter().any(|key| self.data_keys.contains(&digest(key)))
    }

    /// The values of a SOPS file that are still to be changed, each with who could read it.
    fn left_in(&self, traces: &Traces) -> Names {
        let same_key = self.has_key_of(traces);
        let mut left = Names::new();
        for (key, token) in &traces.values {
            let stays = |known: &&Known| match traces.noted.origins.get(key) {
                _ if known.sealed.contains("") => true,
                _ if same_key && known.sealed.contains(&digest(token)) => true,
                // A merge seals a value anew that it takes from elsewhere, under whatever data key.
                Some(origins) => {
                    let mut same = origins.iter().filter(|origin| origin.is_same);
                    !is_other(known, origins) && same.any(|origin| self.may_be_from(origin, known))
                }
                None => !same_key,
            };
            let known = self.values.get(key).filter(stays);
            let recorded = known.into_iter().flat_map(|known| &known.readers);
            let merged = traces.noted.known_to.iter().filter(|(_, keys)| keys.contains(key)).map(|(reader, _)| reader);
            left.insert(key.clone(), recorded.chain(merged).cloned().collect());
        }
        left.retain(|_, readers| !readers.is_empty());
        left
    }

    /// Whether a merged file has from that version the value that is on record. Of a version with a data key that is not on
    /// record, nobody knows.
    fn may_be_from(&self, origin: &Origin, known: &Known) -> bool {
        let is = |digest: &String, start: &String| digest.starts_with(start.as_str());
        let has_key = self.data_keys.iter().any(|key| origin.data_keys.iter().any(|start| is(key, start)));
        !has_key || known.sealed.iter().any(|sealed| is(sealed, &origin.sealed))
    }

    /// Brings the digests in line with a SOPS file: those of an earlier one say nothing about this one's values, or would
    /// take all of them for changed.
    fn renew(&mut self, traces: &Traces) {
        if traces.keys.is_empty() {
            return;
        }
        let left = self.left_in(traces);
        let gone = std::mem::take(&mut self.values).into_iter().filter(|(key, _)| !traces.values.contains_key(key));
        self.values = gone.map(|(key, known)| (key, Known { sealed: [String::new()].into(), ..known })).collect();
        for (key, readers) in left {
            if let Some(token) = traces.values.get(&key) {
                self.values.insert(key, Known { readers, sealed: [digest(token)].into() });
            }
        }
        self.data_keys = traces.keys.iter().map(|key| digest(key)).collect();
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.is_whole()
    }

    /// Whether something is recorded of a whole file.
    fn is_whole(&self) -> bool {
        !self.all.is_empty() || !self.left.is_empty()
    }
}

/// Whether a merge saw that a value is another one than that which is on record, in whatever version.
fn is_other(known: &Known, origins: &[Origin]) -> bool {
    let is_seen = |digest: &String| {
        let mut others = origins.iter().filter(|origin| !origin.is_same);
        others.any(|origin| digest.starts_with(&origin.sealed))
    };
    !known.sealed.is_empty() && known.sealed.iter().all(is_seen)
}

/// The values of an opened text, by key.
pub(super) fn values(text: &Secret) -> BTreeMap<String, Zeroizing<String>> {
    let (text, mut values) = (text.expose(), BTreeMap::new());
    let slice = |range: &std::ops::Range<u32>| text.get(range.start as usize..range.end as usize).unwrap_or_default();
    for entry in compose_entries(text).0 {
        let value = match &entry.content {
            Content::Slice(range) => slice(range),
            Content::Decoded(text) => text,
            _ => "",
        };
        values.insert(slice(&entry.key).to_owned(), Zeroizing::new(value.to_owned()));
    }
    values
}

#[cfg(test)]
mod tests;
