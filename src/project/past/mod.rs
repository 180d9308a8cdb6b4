//! What git's history tells of the sealed files of a project: who could open an earlier version, and what of that still holds.

mod departures;
mod holders;
mod restored;
mod struck;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

pub use self::departures::Present;
pub use self::holders::Holder;
pub use self::restored::Restored;
pub use self::struck::Struck;
use super::access::{SealedFile, sealed_files};
use super::calling::Calls;
use super::config::Config;
use super::declaration;
use super::files::Files;
use super::git::{self, FileVersion, History};
use super::revocations::{self, Revocations};
use crate::error::Error;
use crate::finding::told_name;
use crate::source::printable;
use crate::stores::sops::Noted;
use crate::stores::{self, Readers};

/// How many commits are looked through, so that a long history costs no more than a check should.
const COMMITS: usize = 2000;

/// The versions that sealed files had.
#[derive(Debug, Default)]
pub struct Past {
    sealed: BTreeMap<String, Vec<Version>>,
    /// The parents of each commit, and the name of the newest; see [`History`].
    parents: Vec<Vec<usize>>,
    newest: String,
    tables: Vec<Version>,
    record: Vec<Version>,
    /// The record as it is now, where it is not the one of the last commit.
    changed: Option<Vec<u8>>,
    /// Whether there is no record any more.
    is_removed: bool,
    gap: Option<Gap>,
    /// All names that public keys have or had in `[people]`; found when first asked for.
    names: OnceLock<BTreeMap<String, BTreeSet<String>>>,
    /// What the record has or had, newest first, each with the age of its version; found when first asked for.
    records: OnceLock<Vec<(usize, Revocations)>>,
}

/// Why not all earlier versions of sealed files are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The clone lacks commits, as a shallow one does, or what files held before, as a partial one.
    Commits,
    /// Git refuses the repository, as one that belongs to somebody else.
    Git,
}

impl Gap {
    /// What is, in lower case.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Commits => {
                "this clone lacks a part of the history, so whoever has a data key from there is not found"
            }
            Self::Git => {
                "git does not read this repository here, so whoever has a data key from an earlier commit is not found"
            }
        }
    }

    /// What to do.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Commits => {
                "fetch it: `git fetch --unshallow`, in GitHub Actions `fetch-depth: 0` of actions/checkout"
            }
            Self::Git => {
                "`git log` says why; where the folder belongs to somebody else, `safe.directory` lets git read it"
            }
        }
    }
}

/// A version of a sealed file, with those who can read it; of other files nobody.
type Version = FileVersion<Vec<String>>;

/// Whether a record tells of somebody who could read what is still in a file, and may not any more.
pub(super) fn is_left(record: &Revocations, file: &SealedFile, bytes: &[u8], config: &Config) -> bool {
    let staying = config.names_of_readers(&file.environments);
    let may = |reader: &String| staying.contains(config.owner_of(reader).unwrap_or(reader));
    record.told(&file.path, bytes, &Noted::default()).iter().any(|one| !one.readers.iter().all(may))
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
        let mut history = git::history(files.root(), &paths, COMMITS, readers);
        let mut of = |path| history.versions.remove(path).unwrap_or_default();
        let (tables, record) = (of(declaration::NAME), of(revocations::NAME));
        let is_cut = history.cut.iter().any(|path| stores::of(path).is_some());
        let gap = history.is_refused.then_some(Gap::Git).or_else(|| is_cut.then_some(Gap::Commits));
        let changed = files.read_if_there(revocations::NAME).ok();
        let is_removed = matches!(changed, Some(None)) && !record.is_empty();
        let changed = changed.flatten();
        let changed = changed.filter(|bytes| record.first().is_none_or(|newest| *newest.bytes != **bytes));
        let History { versions: sealed, parents, newest, .. } = history;
        Self { sealed, parents, newest, tables, record, changed, is_removed, gap, ..Self::default() }
    }

    /// Why git does not tell all versions of a sealed file here, if it does not.
    #[must_use]
    pub const fn gap(&self) -> Option<Gap> {
        self.gap
    }

    /// The last record that git has, with the commit that made it so, where the project has none any more.
    pub(super) fn removed_record(&self) -> Option<(&str, Revocations)> {
        let mut versions = self.record.iter().filter(|_| self.is_removed);
        versions.find_map(|version| {
            let text = String::from_utf8_lossy(&version.bytes);
            Some((version.commit.as_str(), Revocations::parse(revocations::NAME, &text).ok()?))
        })
    }

    /// Refuses to begin a record anew where git has one that tells of what is still to change: the new one would take its
    /// place, and nobody would hear of that any more.
    ///
    /// # Errors
    /// There was one; or a file cannot be read.
    pub fn may_record(files: &Files, config: &Config) -> Result<(), Error> {
        if Revocations::is_there(files)? {
            return Ok(());
        }
        let sealed = sealed_files(files, config)?;
        let paths: Vec<_> = sealed.iter().map(|file| file.path.as_str()).collect();
        let past = Self::of(files, &paths);
        let Some((commit, record)) = past.removed_record() else { return Ok(()) };
        let mut left = Vec::new();
        for file in &sealed {
            let bytes = files.read_if_there(&file.path)?;
            if bytes.is_some_and(|bytes| is_left(&record, file, &bytes, config)) {
                left.push(printable(&files.shown(&file.path)));
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        let shown = printable(&files.shown(revocations::NAME));
        let left = left.join(" and ");
        let checkout = Calls::of(files).git(&format!("checkout {commit} --"), &[&shown]);
        Err(Error::new(format!("{shown} is gone, which alone tells what is still to change in {left}")).help(format!(
            "{checkout}; then run it again. The line of a value that needs no change can be taken out of it"
        )))
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
