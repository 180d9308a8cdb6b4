//! Whose a name of the record is: the public key that it had in `[people]` when it came on record. A name that is given to
//! another key since, as after a laptop was stolen, is somebody else's.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pending, Revocations};
use crate::project::Project;
use crate::project::files::Files;

/// Name → public key.
pub(super) type People = BTreeMap<String, String>;

/// The people of a project; none where its tables cannot be read, which whoever asked is told elsewhere.
pub(super) fn people(files: &Files) -> People {
    Project::config(files).map(|config| config.people).unwrap_or_default()
}

impl Revocations {
    /// Lets those go by their public keys whose names are somebody else's in `people`.
    pub fn tell_apart(&mut self, people: &BTreeMap<String, String>) {
        for pending in self.0.values_mut() {
            pending.rename(others(&pending.people, people));
        }
    }

    /// The same with the public key of every name that has none yet.
    pub(super) fn with_keys(&self, people: &People) -> Self {
        let mut record = self.clone();
        for pending in record.0.values_mut() {
            let readers = pending.names_of_readers();
            // What is sealed may hold any of these names.
            let is_sealed = !pending.left.is_empty();
            pending.people.retain(|name, _| is_sealed || readers.contains(name));
            for name in readers {
                if let Some(key) = people.get(&name) {
                    pending.people.entry(name).or_insert_with(|| key.clone());
                }
            }
        }
        record
    }
}

impl Pending {
    fn names_of_readers(&self) -> BTreeSet<String> {
        self.all.iter().chain(self.values.values().flat_map(|known| &known.readers)).cloned().collect()
    }

    /// Two sections in which a name is that of two keys: in neither it says whose it is.
    pub(super) fn tell_from(&mut self, other: &Self) {
        self.rename(others(&self.people, &other.people));
    }

    fn rename(&mut self, others: People) {
        let values = self.values.values_mut().map(|known| &mut known.readers);
        let opened = self.known.iter_mut().flat_map(BTreeMap::values_mut);
        for readers in values.chain(opened).chain([&mut self.all, &mut self.readers]) {
            renamed(readers, &others);
        }
        if self.left.is_empty() {
            self.people.retain(|name, _| !others.contains_key(name));
        }
        self.renamed.extend(others);
    }
}

/// Those of `known` whose names belong to other keys in `people`.
fn others(known: &People, people: &People) -> People {
    // An SSH key may have a comment behind it.
    let same = |one: &str, two: &str| one.split_whitespace().take(2).eq(two.split_whitespace().take(2));
    let is_another = |(name, key): &(&String, &String)| people.get(*name).is_some_and(|now| !same(now, key));
    known.iter().filter(is_another).map(|(name, key)| (name.clone(), key.clone())).collect()
}

/// Puts keys in place of names.
pub(super) fn renamed(readers: &mut BTreeSet<String>, others: &People) {
    for (name, key) in others {
        if readers.remove(name) {
            readers.insert(key.clone());
        }
    }
}
