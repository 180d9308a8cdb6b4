//! What git's history tells of the sealed files of a project: who could open an earlier version, and what of that still holds.

mod departures;
mod holders;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

pub use self::departures::Present;
pub use self::holders::Holder;
use super::config::Config;
use super::declaration;
use super::files::Files;
use super::git::{self, FileVersion};
use super::revocations::{self, Revocations};
use crate::finding::told_name;
use crate::stores::{self, Readers};

/// How many commits are looked through, so that a long history costs no more than a check should.
const COMMITS: usize = 2000;

/// The versions that sealed files had.
#[derive(Debug, Default)]
pub struct Past {
    sealed: BTreeMap<String, Vec<Version>>,
    tables: Vec<FileVersion>,
    record: Vec<FileVersion>,
    /// The record as it is now, where it is not the one of the last commit.
    changed: Option<Vec<u8>>,
    is_cut: bool,
    /// All names that public keys have or had in `[people]`; found when first asked for.
    names: OnceLock<BTreeMap<String, BTreeSet<String>>>,
    /// What the record has or had, newest first, each with the age of its version; found when first asked for.
    records: OnceLock<Vec<(usize, Revocations)>>,
}

/// A version of a sealed file.
#[derive(Debug)]
struct Version {
    file: FileVersion,
    readers: Vec<String>,
}

/// All who can open a file, as far as it names them.
pub(super) fn names(readers: &Readers) -> Vec<String> {
    let others = readers.others.iter().map(|other| format!("a key of {}", told_name(&other.kind)));
    readers.recipients.iter().cloned().chain(others).collect()
}

fn readers(path: &str, bytes: &[u8]) -> Vec<String> {
    let readers = stores::of(path).and_then(|store| (store.readers)(bytes).ok());
    names(&readers.unwrap_or_default())
}

impl Past {
    /// Asks git about sealed files, once for all of them: not where none names its readers, nor without a repository.
    #[must_use]
    pub fn of(files: &Files, paths: &[&str]) -> Self {
        let with_names = |path: &&str| stores::of(path).is_some_and(|store| store.shows_names);
        let mut paths: Vec<_> = paths.iter().copied().filter(with_names).collect();
        if paths.is_empty() || files.revision().is_some() || !git::is_held(files.root()) {
            return Self::default();
        }
        paths.extend([declaration::NAME, revocations::NAME]);
        let mut history = git::history(files.root(), &paths, COMMITS);
        let mut of = |path| history.versions.remove(path).unwrap_or_default();
        let (tables, record) = (of(declaration::NAME), of(revocations::NAME));
        let is_cut = history.cut.iter().any(|path| stores::of(path).is_some());
        let changed = files.read_if_there(revocations::NAME).ok().flatten();
        let changed = changed.filter(|bytes| record.first().is_none_or(|newest| *newest.bytes != **bytes));
        let sealed = history.versions.into_iter().map(|(path, versions)| {
            let versions = versions.into_iter().map(|file| Version { readers: readers(&path, &file.bytes), file });
            let versions = versions.collect();
            (path, versions)
        });
        Self { sealed: sealed.collect(), tables, record, changed, is_cut, ..Self::default() }
    }

    /// Whether git does not have all versions of a sealed file here, as in a shallow clone.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn versions(&self, path: &str) -> &[Version] {
        self.sealed.get(path).map_or(&[], Vec::as_slice)
    }

    fn names(&self) -> &BTreeMap<String, BTreeSet<String>> {
        self.names.get_or_init(|| {
            let mut names = BTreeMap::<String, BTreeSet<String>>::new();
            for table in &self.tables {
                let config = Config::parse(declaration::NAME, &String::from_utf8_lossy(&table.bytes));
                for (name, key) in config.map(|config| config.people).unwrap_or_default() {
                    names.entry(key).or_default().insert(name);
                }
            }
            names
        })
    }

    fn records(&self) -> &[(usize, Revocations)] {
        self.records.get_or_init(|| {
            let now = self.changed.as_deref().map(|bytes| (usize::MAX, bytes));
            let versions = now.into_iter().chain(self.record.iter().map(|version| (version.at, &*version.bytes)));
            // A version that was broken says nothing.
            let read =
                |bytes| Revocations::parse(revocations::NAME, &String::from_utf8_lossy(bytes)).unwrap_or_default();
            versions.map(|(at, bytes)| (at, read(bytes))).collect()
        })
    }
}
