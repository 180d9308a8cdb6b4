//! What the record told of a sealed file and tells no more, although nothing of it has changed: somebody took the lines out by
//! hand, or put an older record in its place.

use std::collections::BTreeSet;

use super::{Past, Version};
use crate::project::access::SealedFile;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::git;
use crate::project::revocations::Revocations;
use crate::stores;
use crate::stores::sops::{Noted, traces};

/// Lines that were taken out of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// The keys whose values are still the same.
    pub keys: BTreeSet<String>,
    /// Those who could read them, by name, or by public key.
    pub readers: BTreeSet<String>,
    /// The commit that has these lines, shortened.
    pub commit: String,
    /// Whether the record has no section of that file any more. Else only the change that did it is told of: the line of a
    /// value that needs no change may be taken out.
    pub is_forgotten: bool,
}

/// What a commit, or the folder, made of the record and of a sealed file.
struct Step<'p> {
    record: &'p Revocations,
    bytes: &'p [u8],
    parents: &'p [usize],
}

/// What the record and a sealed file were at one commit.
struct Then<'p> {
    commit: &'p str,
    record: Revocations,
    file: Option<&'p [u8]>,
}

impl Past {
    /// What the record does not tell any more of a sealed file, which is given as it is now: of the data key that it has now,
    /// as of others nobody can tell without opening them.
    pub(in crate::project) fn struck(
        &self,
        files: &Files,
        file: &SealedFile,
        bytes: &[u8],
        config: &Config,
    ) -> Option<Struck> {
        if self.is_removed || stores::of(&file.path).is_none_or(|store| !store.shows_names) {
            return None;
        }
        let is_about = |record: &Revocations| record.is_about_file(&file.path);
        if !self.records().iter().any(|(_, record)| is_about(record)) {
            return None;
        }
        let (newest, now, none) = (self.parents.len(), traces(bytes), Revocations::default());
        let at_commits = self.record_at_commits();
        let record_at = |at: usize| at_commits.get(at).copied().flatten().map(|index| &self.records()[index].1);
        let folder = self.records().first().filter(|(at, _)| *at == usize::MAX).map(|(_, record)| record);
        let told = |step: &Step<'_>| {
            let mut struck = self.lost(file, step, config)?;
            let before = self.record.iter().find(|version| version.commit == struck.commit)?;
            let before = self.read(before)?;
            struck.keys.retain(|key| before.keeps(&file.path, &now, key));
            struck.is_forgotten = !is_about(step.record);
            (!struck.keys.is_empty()).then_some(struck)
        };
        if let Some(record) = folder {
            let struck = told(&Step { record, bytes, parents: &[newest] });
            if struck.is_some() || is_about(record) {
                return struck;
            }
        }
        let head = record_at(newest).unwrap_or(&none);
        if is_about(head) {
            let is_head = || git::commit(files.root(), "HEAD").is_ok_and(|head| head == self.newest);
            let step = || Step { record: head, bytes, parents: self.parents.last().map_or(&[], Vec::as_slice) };
            return (folder.is_none()).then(|| told(&step())).flatten().filter(|_| is_head());
        }
        // As far back as there is no section of it, on every branch that led here.
        let mut lacking = vec![false; newest + 1];
        lacking[newest] = true;
        for at in (1..=newest).rev() {
            if !lacking[at] {
                continue;
            }
            let parents = self.parents[at - 1].as_slice();
            let mut had = false;
            for parent in parents.iter().copied().filter(|parent| (1..at).contains(parent)) {
                let has = record_at(parent).is_some_and(is_about);
                had |= has;
                lacking[parent] |= !has;
            }
            if had {
                let then = self.version_at(self.versions(&file.path), at).map_or(bytes, |version| &*version.bytes);
                let record = record_at(at).unwrap_or(&none);
                if let Some(struck) = told(&Step { record, bytes: then, parents }) {
                    return Some(struck);
                }
            }
        }
        None
    }

    /// For every commit, by its number, the index among [`Past::records`] of the record that it has.
    fn record_at_commits(&self) -> Vec<Option<usize>> {
        let mut own = vec![None; self.parents.len() + 1];
        for (index, (at, _)) in self.records().iter().enumerate() {
            if let Some(place) = own.get_mut(*at) {
                *place = Some(index);
            }
        }
        for at in 1..own.len() {
            // What changed nothing has what its first parent has.
            let parent = self.parents[at - 1].first().copied().filter(|parent| *parent < at);
            own[at] = own[at].or_else(|| own[parent?]);
        }
        own
    }

    /// What a commit with these parents, or the folder, took out of the record of a file that it left as it was.
    fn lost(&self, file: &SealedFile, step: &Step<'_>, config: &Config) -> Option<Struck> {
        let Step { record, bytes, parents } = *step;
        let before: Option<Vec<_>> = parents.iter().map(|at| self.then(&file.path, *at, config)).collect();
        // What git does not tell of is not known.
        let before = before?;
        let (staying, traces) = (config.names_of_readers(&file.environments), traces(bytes));
        let left = |then: &Then<'_>| {
            let mut struck = Struck {
                keys: BTreeSet::new(),
                readers: BTreeSet::new(),
                commit: then.commit.to_owned(),
                is_forgotten: false,
            };
            let now = record.told(&file.path, bytes, &Noted::default());
            for one in then.record.told(&file.path, bytes, &Noted::default()) {
                let Some(key) = one.key.filter(|key| then.record.keeps(&file.path, &traces, key)) else { continue };
                let told = now.iter().filter(|known| known.key.as_ref().is_none_or(|known| *known == key));
                let told: BTreeSet<_> = told.flat_map(|known| &known.readers).collect();
                let gone = one.readers.iter().filter(|reader| !told.contains(reader));
                let named = gone.map(|reader| config.owner_of(reader).unwrap_or(reader).to_owned());
                let readers: Vec<_> = named.filter(|name| !staying.contains(name.as_str())).collect();
                if !readers.is_empty() {
                    struck.keys.insert(key);
                    struck.readers.extend(readers);
                }
            }
            struck
        };
        let of_parents: Vec<_> = before.iter().map(left).collect();
        let source = of_parents.iter().position(|struck| !struck.keys.is_empty())?;
        // A side of a merge that knew the file as it is had struck them itself, and was told.
        let knew = |then: &Then<'_>| then.file.is_some_and(|bytes| before[source].record.has_key_of(&file.path, bytes));
        let others = before.iter().zip(&of_parents).filter(|(_, struck)| struck.keys.is_empty());
        if others.into_iter().any(|(then, _)| knew(then)) {
            return None;
        }
        of_parents.into_iter().nth(source)
    }

    /// What stood at a commit; `None` for one of which git does not tell.
    fn then(&self, path: &str, at: usize, config: &Config) -> Option<Then<'_>> {
        if at == 0 {
            return None;
        }
        let record = self.version_at(&self.record, at);
        let file = self.version_at(self.versions(path), at).map(|version| &*version.bytes);
        let known = record.and_then(|version| self.read(version)).filter(|record| record.is_about_file(path));
        let mut known = known.cloned().unwrap_or_default();
        known.tell_apart(&config.people);
        Some(Then { commit: record.map_or("", |record| &record.commit), record: known, file })
    }

    /// The record of a version.
    fn read(&self, version: &Version) -> Option<&Revocations> {
        let records = self.records();
        let index = records.partition_point(|(at, _)| *at > version.at);
        records.get(index).filter(|(at, _)| *at == version.at).map(|(_, record)| record)
    }
}
