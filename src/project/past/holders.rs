//! Who holds the data key of a sealed file that is not sealed for them: an earlier version of it was, and has the same data key.
//!
//! That is what `git revert` makes of a grant, and `sops updatekeys` of any list: both take a recipient away and leave the data
//! key as it is. Git's history tells, and no key is needed: sealed text that two versions have in common was sealed with one
//! data key.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use super::git::{self, FileVersion};
use crate::finding::told_name;
use crate::stores::{self, Readers, sops::traces};

/// Somebody who could open an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The recipient as it was written there; of other keys than those of age, their kind: `a key of pgp`.
    pub recipient: String,
    /// The newest commit with such a version, shortened.
    pub commit: String,
}

/// How many commits are looked through, so that a long history costs no more than a check should.
const COMMITS: usize = 2000;

/// A version of a file.
struct Version {
    commit: String,
    /// Its sealed values and its sealed data keys. Whoever has one of them in common has the data key in common.
    marks: BTreeSet<String>,
    readers: Vec<String>,
}

impl Version {
    fn of(bytes: &[u8], readers: Vec<String>, commit: String) -> Self {
        let traces = traces(bytes);
        Self { commit, marks: traces.values.into_values().chain(traces.keys).collect(), readers }
    }
}

/// All who can open a file, as far as it names them.
pub(super) fn names(readers: &Readers) -> Vec<String> {
    let others = readers.others.iter().map(|other| format!("a key of {}", told_name(&other.kind)));
    readers.recipients.iter().cloned().chain(others).collect()
}

/// For each of these sealed files, which are given with what they hold now, those who hold its data key and for whom it is
/// not sealed. Without git, or where it cannot be asked, there is nobody.
#[must_use]
pub fn holders(files: &Files, sealed: &[(&str, &[u8])]) -> BTreeMap<String, Vec<Holder>> {
    let with_names = |path: &str| stores::of(path).is_some_and(|store| store.shows_names);
    let paths: Vec<_> = sealed.iter().map(|(path, _)| *path).filter(|path| with_names(path)).collect();
    if paths.is_empty() || files.revision().is_some() || !git::is_held(files.root()) {
        return BTreeMap::new();
    }
    let mut earlier = git::versions(files.root(), &paths, COMMITS).unwrap_or_default();
    let of_file = |(path, bytes): &(&str, &[u8])| {
        let holders = of_file(path, bytes, earlier.remove(*path)?)?;
        Some(((*path).to_owned(), holders))
    };
    sealed.iter().filter_map(of_file).filter(|(_, holders)| !holders.is_empty()).collect()
}

fn of_file(path: &str, bytes: &[u8], earlier: Vec<FileVersion>) -> Option<Vec<Holder>> {
    let store = stores::of(path)?;
    let readers = |bytes: &[u8]| names(&(store.readers)(bytes).unwrap_or_default());
    let now = readers(bytes);
    let earlier: Vec<_> = earlier.into_iter().map(|version| (readers(&version.bytes), version)).collect();
    // Mostly there is nobody who could hold anything, and the values need no look.
    if !earlier.iter().flat_map(|(readers, _)| readers).any(|reader| !now.contains(reader)) {
        return None;
    }
    let earlier = earlier.into_iter().map(|(readers, version)| Version::of(&version.bytes, readers, version.commit));
    Some(of_versions(&Version::of(bytes, now, String::new()), earlier.collect()))
}

fn of_versions(now: &Version, mut others: Vec<Version>) -> Vec<Holder> {
    let mut marks = now.marks.clone();
    let mut same = vec![false; others.len()];
    // One version may have something in common with the next, and that one with yet another.
    loop {
        let found = (0..others.len()).find(|index| !same[*index] && !marks.is_disjoint(&others[*index].marks));
        let Some(found) = found else { break };
        same[found] = true;
        marks.append(&mut others[found].marks);
    }
    let mut holders = Vec::<Holder>::new();
    for version in others.into_iter().zip(same).filter_map(|(version, same)| same.then_some(version)) {
        for recipient in version.readers {
            let is_known = now.readers.contains(&recipient) || holders.iter().any(|one| one.recipient == recipient);
            if !is_known {
                holders.push(Holder { recipient, commit: version.commit.clone() });
            }
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(word: &str) -> impl Iterator<Item = String> {
        word.split('+').filter(|part| !part.is_empty()).map(ToOwned::to_owned)
    }

    /// A version from `commit marks readers`.
    fn version(text: &str) -> Version {
        let words: Vec<_> = text.split(' ').collect();
        Version { commit: words[0].to_owned(), marks: parts(words[1]).collect(), readers: parts(words[2]).collect() }
    }

    #[test]
    fn whoever_has_the_data_key_is_found() {
        for (now, earlier, expected) in [
            // A grant that was taken back, and one that stands.
            ("- t1+k1 a", &["3 t1+k1 a", "2 t1+k1+k2 a+b", "1 t1+k1 a"][..], "b@2"),
            ("- t1+k1+k2 a+b", &["2 t1+k1+k2 a+b", "1 t1+k1 a"], ""),
            // A new data key.
            ("- t2+k3 a", &["3 t2+k3 a", "2 t1+k1+k2 a+b"], ""),
            // The data key was sealed anew, then the only value: what lies between tells.
            ("- t2+k3 a", &["4 t2+k3 a", "3 t1+k3 a", "2 t1+k1+k2 a+b", "1 t1+k1 a"], "b@2"),
            ("- t2+k3 a", &["4 t2+k3 a", "2 t1+k1+k2 a+b", "1 t1+k1 a"], ""),
            // The newest commit is told, and each of several people.
            ("- t1+k1 a", &["3 t1+k1+k2 a+b", "2 t1+k1+k2+k4 a+b+c", "1 t1+k1 a"], "b@3 c@2"),
            ("-  a", &["1  b"], ""),
        ] {
            let earlier = earlier.iter().map(|text| version(text)).collect();
            let found = of_versions(&version(now), earlier);
            let found: Vec<_> = found.iter().map(|one| format!("{}@{}", one.recipient, one.commit)).collect();
            assert_eq!(found.join(" "), expected, "{now}");
        }
    }
}
