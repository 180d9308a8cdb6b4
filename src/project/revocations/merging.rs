//! Two branches' records of what is still to change as one, which needs no key and never conflicts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, Pending, Revocations};
use crate::error::Error;
use crate::project::files;

impl Revocations {
    /// Three versions of a record as one. What one side struck and the other left alone is struck; whatever is in doubt
    /// stays, so that nothing is forgotten and nothing conflicts.
    ///
    /// # Errors
    /// A version that is no record.
    pub fn merge(path: &str, base: &[u8], ours: &[u8], theirs: &[u8]) -> Result<String, Error> {
        let read = |bytes: &[u8]| Self::parse(path, &files::text(bytes.to_vec()).0);
        Ok(Self::merged(&read(base)?, &read(ours)?, &read(theirs)?).text())
    }

    pub(super) fn merged(base: &Self, ours: &Self, theirs: &Self) -> Self {
        let none = Pending::default();
        let mut merged = Self::default();
        for path in ours.0.keys().chain(theirs.0.keys()).collect::<BTreeSet<_>>() {
            let [was, one, two] = [base, ours, theirs].map(|record| record.0.get(path).unwrap_or(&none));
            let pending = Pending::merged(was, one, two);
            if !pending.is_empty() {
                merged.0.insert(path.clone(), pending);
            }
        }
        merged
    }
}

impl Pending {
    fn merged(was: &Self, one: &Self, two: &Self) -> Self {
        let (mut ours, mut theirs) = (one.clone(), two.clone());
        ours.tell_from(two);
        theirs.tell_from(one);
        let (one, two) = (&ours, &theirs);
        // A digest is one of a single version: those of both sides tell of whichever the file comes from.
        let data_keys = one.data_keys.union(&two.data_keys).cloned().collect();
        let sides = [one, two];
        let mut values = BTreeMap::new();
        for key in one.values.keys().chain(two.values.keys()).collect::<BTreeSet<_>>() {
            let before = was.values.get(key);
            let known = match sides.map(|side| side.values.get(key)) {
                [Some(one), Some(two)] => Some(Known {
                    readers: of_both(
                        &before.map(|was| was.readers.clone()).unwrap_or_default(),
                        &one.readers,
                        &two.readers,
                    ),
                    sealed: one.sealed.union(&two.sealed).cloned().collect(),
                }),
                // Struck by one side: that holds, unless the other one has a new reason.
                [one, two] => {
                    let known = |reader| before.is_some_and(|was| was.readers.contains(reader));
                    let left = one.or(two).filter(|left| !left.readers.iter().all(known));
                    let other = sides[usize::from(one.is_some())];
                    left.cloned().map(|left| other.without_digest(left))
                }
            };
            values.extend(known.filter(|known| !known.readers.is_empty()).map(|known| (key.clone(), known)));
        }
        let (all, left) = Self::whole(was, one, two);
        let people = one.people.iter().chain(&two.people).map(|(name, key)| (name.clone(), key.clone())).collect();
        Self { all, left, data_keys, people, values, ..Self::default() }
    }

    /// A value that only the other side has on record. Where this one has never heard of its readers, its sealed text here
    /// tells nothing: it may be the same value.
    fn without_digest(&self, mut known: Known) -> Known {
        let has_heard = |reader: &String| self.values.values().any(|known| known.readers.contains(reader));
        if !self.data_keys.is_empty() && !known.readers.iter().all(has_heard) {
            known.sealed.insert(String::new());
        }
        known
    }

    /// What is left of a whole file. No merge writes such a file: it becomes that of a side, and nobody knows here which.
    fn whole(was: &Self, one: &Self, two: &Self) -> (BTreeSet<String>, BTreeMap<String, String>) {
        let of = |side: &Self| (side.all.clone(), side.left.clone());
        if one.left == two.left && one.all == two.all || two.left == was.left && two.all == was.all {
            of(one)
        } else if one.left == was.left && one.all == was.all {
            of(two)
        } else {
            let all = one.all.union(&two.all).cloned().collect();
            (all, two.left.iter().chain(&one.left).map(|(version, text)| (version.clone(), text.clone())).collect())
        }
    }
}

/// What both sides have, and what one of them has added.
fn of_both(was: &BTreeSet<String>, one: &BTreeSet<String>, two: &BTreeSet<String>) -> BTreeSet<String> {
    let stays = |name: &&String| one.contains(*name) && two.contains(*name) || !was.contains(*name);
    one.union(two).filter(stays).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::revocations::NAME;

    /// Each side of a merge: what it did with `A` and `B` of one file, or with another file.
    #[test]
    fn records_merge_without_conflicts() {
        let record = |text: &str| {
            let mut record = Revocations::default();
            for word in text.split_whitespace() {
                // `path:key:reader:sealed:data key`
                let parts: Vec<_> = word.split(':').map(ToOwned::to_owned).collect();
                let pending = record.0.entry(parts[0].clone()).or_default();
                pending.data_keys.extend(parts[4].split('+').map(ToOwned::to_owned));
                let known =
                    Known { readers: BTreeSet::new(), sealed: parts[3].split('+').map(ToOwned::to_owned).collect() };
                pending.values.entry(parts[1].clone()).or_insert(known).readers.insert(parts[2].clone());
            }
            record
        };
        for (base, ours, theirs, expected) in [
            ("", "p:A:x:1:k", "q:B:y:1:l", "p:A:x:1:k q:B:y:1:l"),
            ("p:A:x:1:k p:B:x:1:k", "p:A:x:1:k", "p:B:x:1:k", ""),
            ("p:A:x:1:k p:B:x:1:k", "p:A:x:1:k", "p:A:x:1:k p:B:x:1:k", "p:A:x:1:k"),
            ("p:A:x:1:k", "p:A:x:1:k", "p:A:x:2:l p:A:y:2:l", "p:A:x:1+2:k+l p:A:y:1+2:k+l"),
            ("p:A:x:1:k", "", "p:A:x:2:l p:A:y:2:l", "p:A:x:2:l p:A:y:2:l"),
            ("p:A:x:1:k", "p:A:x:2:l", "p:A:x:1:k", "p:A:x:1+2:k+l"),
            // One side has never heard of `y`: its `A` may be the same.
            ("p:B:x:1:k", "p:B:x:1:k", "p:B:x:2:l p:A:y:2:l", "p:B:x:1+2:k+l p:A:y:+2:k+l"),
            // Both revoked, one has changed `B` since.
            ("", "p:A:x:1:k p:B:x:1:k", "p:A:x:2:l", "p:A:x:1+2:k+l p:B:x:1:k+l"),
            ("p:A:x:1:k", "", "", ""),
            ("p:A:x:1:k p:B:x:1:k", "p:B:x:1:k", "p:A:x:2:l p:B:x:2:l", "p:B:x:1+2:k+l"),
        ] {
            let [base, ours, theirs, expected] = [base, ours, theirs, expected].map(record);
            assert_eq!(Revocations::merged(&base, &ours, &theirs), expected);
            let read = |record: &Revocations| Revocations::parse(NAME, &record.text()).unwrap();
            assert_eq!(read(&Revocations::merged(&base, &theirs, &ours)), expected, "the other way round");
        }
        assert!(Revocations::merge(NAME, b"", b"<<<<<<<\n", b"").is_err());
        let mut whole = Revocations::default();
        whole.0.entry("p.secrets.env.age".to_owned()).or_default().all.insert("x".to_owned());
        assert_eq!(Revocations::merged(&whole, &whole, &Revocations::default()), Revocations::default());
        assert_eq!(Revocations::merged(&Revocations::default(), &whole, &Revocations::default()), whole);
    }
}
