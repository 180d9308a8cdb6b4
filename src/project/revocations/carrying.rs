//! Values that are taken over from one file into another are still to be changed there.

use std::collections::BTreeSet;

use super::names::Names;
use super::{Known, Revocations, Unchanged, Version, digest, values};
use crate::identity::Recipient;
use crate::stores;
use crate::stores::sops::{Traces, traces};

/// A file of which values were taken over into another one.
#[derive(Debug)]
pub struct Carried<'a> {
    /// Its path.
    pub path: &'a str,
    /// What can be recognised of it.
    pub traces: Traces,
    /// The keys whose values the other file has, too.
    pub keys: &'a [String],
    /// Those who could open it as it stands, and may not open the other file.
    pub open_to: &'a [String],
    /// Those who may open the other file, and have lost nothing there.
    pub forgiven: BTreeSet<&'a str>,
    /// Whether the other file is to take its place.
    pub moves: bool,
}

impl Revocations {
    /// Records for `to`, which has the values of `keys` from `from`, whatever is still to be changed of them there, and what others
    /// can read of `from` as it stands. With [`Carried::moves`], it is recorded there no more.
    pub fn carry(&mut self, from: &Carried<'_>, to: &str, file: Version<'_>, recipients: &[Recipient]) {
        let mut names = Names::new();
        for key in from.keys.iter().filter(|_| !from.open_to.is_empty()) {
            names.entry(key.clone()).or_default().extend(from.open_to.iter().cloned());
        }
        for Unchanged { key, readers, .. } in self.unchanged(from.path, &from.traces) {
            let readers = readers.into_iter().filter(|reader| !from.forgiven.contains(reader.as_str()));
            let readers: BTreeSet<_> = readers.collect();
            for key in key.as_ref().map_or(from.keys, std::slice::from_ref) {
                if !readers.is_empty() && from.keys.contains(key) {
                    names.entry(key.clone()).or_default().extend(readers.iter().cloned());
                }
            }
        }
        let tokens = traces(file.bytes);
        names.retain(|key, _| tokens.keys.is_empty() || tokens.values.contains_key(key));
        self.note(to, names, file, recipients);
        if from.moves {
            self.drop_keys(from.path, from.keys, recipients);
        }
    }

    /// Records who could read values of a file. One that it does not have yet counts as soon as it has it.
    pub fn note(&mut self, path: &str, names: Names, file: Version<'_>, recipients: &[Recipient]) {
        let (pending, traces) = (self.0.entry(path.to_owned()).or_default(), traces(file.bytes));
        if stores::of(path).is_some_and(|store| store.shows_names) {
            pending.renew(&traces);
            for (key, readers) in names {
                let sealed = traces.values.get(&key).map(|token| digest(token)).unwrap_or_default();
                let known = || Known { readers: BTreeSet::new(), sealed: [sealed].into() };
                pending.values.entry(key).or_insert_with(known).readers.extend(readers);
            }
        } else {
            let mut all = pending.names(&values(file.plain));
            for (key, readers) in names {
                all.entry(key).or_default().extend(readers);
            }
            pending.keep(all, &file, recipients);
        }
        if pending.is_empty() {
            self.0.remove(path);
        }
    }

    fn drop_keys(&mut self, path: &str, keys: &[String], recipients: &[Recipient]) {
        let Some(pending) = self.0.get_mut(path) else { return };
        pending.values.retain(|key, _| !keys.contains(key));
        if pending.is_whole()
            && let Some(mut names) = pending.known.take()
        {
            names.retain(|key, _| !keys.contains(key));
            let file = pending.here.clone();
            pending.keep_for(file, names, recipients);
        }
        if pending.is_empty() {
            self.0.remove(path);
        }
    }
}
