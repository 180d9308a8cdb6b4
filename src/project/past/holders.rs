//! Who holds the data key of a sealed file that is not sealed for them: an earlier version of it was, and has the same data key.
//!
//! That is what `git revert` makes of a grant, and `sops updatekeys` of any list: both take a recipient away and leave the data
//! key as it is. Git's history tells, and no key is needed: sealed text that two versions have in common was sealed with one
//! data key.

use std::collections::BTreeSet;

use super::Past;
use crate::stores::sops::traces;

/// Somebody who could open an earlier version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The recipient as it was written there; of other keys than those of age, their kind: `a key of pgp`.
    pub recipient: String,
    /// The newest commit with such a version, shortened.
    pub commit: String,
}

/// What is compared of a version.
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

impl Past {
    /// Those who hold the data key of a sealed file, which is given as it is now, and for whom it is not sealed.
    #[must_use]
    pub fn holders(&self, path: &str, bytes: &[u8]) -> Vec<Holder> {
        let now = super::readers(path, bytes);
        let earlier = self.versions(path);
        // Mostly there is nobody who could hold anything, and the values need no look.
        if !earlier.iter().flat_map(|version| &version.answer).any(|reader| !now.contains(reader)) {
            return Vec::new();
        }
        let earlier =
            earlier.iter().map(|earlier| Version::of(&earlier.bytes, earlier.answer.clone(), earlier.commit.clone()));
        of_versions(&Version::of(bytes, now, String::new()), earlier.collect())
    }
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
