//! The names of a whole file's values, which the file itself does not show: the record keeps them sealed, too.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::people::renamed;
use super::{Pending, Revocations, Version, digest, values};
use crate::envelope;
use crate::identity::{Identities, Recipient};
use crate::project::files::Files;

/// The names of values, each with who could read it.
pub type Names = BTreeMap<String, BTreeSet<String>>;

/// What is recorded of one version of a whole file, as JSON in an age file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    /// Those of whom it tells, be it that nothing is left of what they could read.
    readers: BTreeSet<String>,
    values: Names,
}

impl Revocations {
    /// Opens the names of whole files, as far as `identities` can.
    pub fn reveal(&mut self, identities: &Identities, files: &Files) {
        for (path, pending) in self.0.iter_mut().filter(|(_, pending)| !pending.left.is_empty()) {
            let there = files.read_if_there(path).ok().flatten();
            pending.reveal(identities, &there.unwrap_or_default());
        }
    }
}

impl Pending {
    pub(super) fn reveal(&mut self, identities: &Identities, bytes: &[u8]) {
        self.here = digest_of(bytes);
        let versions = self.left.iter().map(|(version, text)| Some((version, opened(text, identities)?)));
        let mut versions = versions.collect::<Option<BTreeMap<_, _>>>();
        for told in versions.iter_mut().flat_map(BTreeMap::values_mut) {
            for readers in told.values.values_mut().chain([&mut told.readers]) {
                renamed(readers, &self.renamed);
            }
        }
        self.known = versions.map(|mut versions| {
            // Of those whom it tells of, what is said of the version that lies there is all; of others, another branch knows.
            let own = versions.remove(&self.here).unwrap_or_default();
            let mut names = own.values;
            for (key, readers) in versions.values().flat_map(|told| &told.values) {
                let others = readers.iter().filter(|reader| !own.readers.contains(*reader));
                names.entry(key.clone()).or_default().extend(others.cloned());
            }
            names.retain(|_, readers| !readers.is_empty());
            self.readers = own.readers;
            self.readers.extend(versions.into_values().flat_map(|told| told.readers));
            names
        });
    }

    /// What is left of a whole file; all of it, if nobody here can open the names.
    pub(super) fn names(&self, values: &BTreeMap<String, Zeroizing<String>>) -> Names {
        match &self.known {
            Some(known) => known.clone(),
            None if self.all.is_empty() => Names::new(),
            None => values.keys().map(|key| (key.clone(), self.all.clone())).collect(),
        }
    }

    /// Takes over what is left of a whole file.
    pub(super) fn keep(&mut self, names: Names, file: &Version<'_>, recipients: &[Recipient]) {
        let values = values(file.plain);
        let there = names.iter().filter(|(key, _)| values.contains_key(*key));
        self.all = there.flat_map(|(_, readers)| readers).cloned().collect();
        self.keep_for(digest_of(file.bytes), names, recipients);
    }

    pub(super) fn keep_for(&mut self, version: String, names: Names, recipients: &[Recipient]) {
        let readers: BTreeSet<_> = names.values().flatten().cloned().collect();
        self.all.retain(|reader| readers.contains(reader));
        self.readers.extend(readers);
        // What is sealed from now on has the keys of those whose names are somebody else's.
        for name in std::mem::take(&mut self.renamed).into_keys() {
            self.people.remove(&name);
        }
        let told = Told { readers: self.readers.clone(), values: names };
        self.left = sealed(&told, recipients).map(|text| (version.clone(), text)).into_iter().collect();
        self.here = version;
        self.known = Some(told.values);
    }
}

fn digest_of(bytes: &[u8]) -> String {
    digest(&String::from_utf8_lossy(bytes))
}

fn opened(text: &str, identities: &Identities) -> Option<Told> {
    let bytes = envelope::open(text.as_bytes(), identities).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The names as an age file; `None` if there are none, or where it cannot be sealed: then all of the file counts as left.
fn sealed(told: &Told, recipients: &[Recipient]) -> Option<String> {
    let text = serde_json::to_vec(told).ok().filter(|_| !told.values.is_empty())?;
    envelope::seal(&text, &recipients.iter().collect::<Vec<_>>()).ok()
}
