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
mod text;
mod unplaced;

pub use self::carrying::Carried;
use self::names::Names;
pub use self::text::NAME;
pub use self::unplaced::Unplaced;
use super::compose_entries;
use crate::identity::Recipient;
use crate::layer::Content;
use crate::secret::Secret;
use crate::stores::sops::{KnownTo, Traces, digest, traces};

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
    values: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    /// Who could read it.
    readers: BTreeSet<String>,
    /// Digest of its sealed text. Empty while the file has no such key: should it come back, nobody can tell whether
    /// with another value.
    sealed: String,
}

/// A value that is still to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// The key; `None` where it is a whole file whose names nobody here can open.
    pub key: Option<String>,
    /// The names, or public keys, of those who could read it.
    pub readers: Vec<String>,
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
            let known = || Known { readers: BTreeSet::new(), sealed: digest(&token) };
            pending.values.entry(key).or_insert_with(known).readers.insert(reader.to_owned());
        }
        if pending.is_empty() {
            self.0.remove(path);
        }
    }

    /// Takes over what a merge noted in a file about who could read what of it, before the file is sealed anew without that.
    pub fn take_over(&mut self, path: &str, traces: &Traces) {
        if !traces.known_to.is_empty() {
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

    /// [`Revocations::unchanged`] for a file that was read, of which `known_to` is noted.
    #[must_use]
    pub fn told(&self, path: &str, bytes: &[u8], known_to: &KnownTo) -> Vec<Unchanged> {
        self.unchanged(path, &Traces { known_to: known_to.clone(), ..traces(bytes) })
    }

    /// What is still to be changed in a file, as far as can be told without a key. Names of a whole file may be among them
    /// that it does not have any more.
    #[must_use]
    pub fn unchanged(&self, path: &str, traces: &Traces) -> Vec<Unchanged> {
        let none = Pending::default();
        let pending = self.0.get(path).unwrap_or(&none);
        let one = |key: Option<&String>, readers: &BTreeSet<String>| Unchanged {
            key: key.cloned(),
            readers: readers.iter().cloned().collect(),
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

    /// The values of a SOPS file that are still to be changed, each with who could read it.
    fn left_in(&self, traces: &Traces) -> Names {
        let same_key = traces.keys.iter().any(|key| self.data_keys.contains(&digest(key)));
        let mut left = Names::new();
        for (key, token) in &traces.values {
            let stays = |known: &&Known| !same_key || known.sealed.is_empty() || digest(token) == known.sealed;
            let known = self.values.get(key).filter(stays);
            // Whoever merged the file had the values of both sides before them, and knows better.
            let recorded = known.into_iter().flat_map(|known| &known.readers);
            let recorded = recorded.filter(|reader| !traces.known_to.contains_key(*reader));
            let merged = traces.known_to.iter().filter(|(_, keys)| keys.contains(key)).map(|(reader, _)| reader);
            left.insert(key.clone(), recorded.chain(merged).cloned().collect());
        }
        left.retain(|_, readers| !readers.is_empty());
        left
    }

    /// Brings the digests in line with a SOPS file: those of an earlier one say nothing about this one's values, or would
    /// take all of them for changed.
    fn renew(&mut self, traces: &Traces) {
        if traces.keys.is_empty() {
            return;
        }
        let left = self.left_in(traces);
        let gone = std::mem::take(&mut self.values).into_iter().filter(|(key, _)| !traces.values.contains_key(key));
        self.values = gone.map(|(key, known)| (key, Known { sealed: String::new(), ..known })).collect();
        for (key, readers) in left {
            if let Some(token) = traces.values.get(&key) {
                self.values.insert(key, Known { readers, sealed: digest(token) });
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

/// The values of an opened text, by key.
fn values(text: &Secret) -> BTreeMap<String, Zeroizing<String>> {
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
mod tests {
    use super::*;
    use crate::identity::{Identities, Recipient, generate};
    use crate::stores::{self, Order, Previous};

    const PATH: &str = "environments/prod.secrets.env";

    struct Person(Identities, [Recipient; 1]);

    fn person() -> Person {
        let (file, public) = generate();
        let mut identities = Identities::default();
        identities.add("test", &file);
        Person(identities, [public.parse().unwrap()])
    }

    fn seal(text: &Secret, person: &Person, new_key: bool, previous: Option<&str>) -> String {
        let previous = previous.map(|text| Previous { bytes: text.as_bytes(), identities: &person.0 });
        let order = Order { recipients: &person.1, time: "2026-12-01T10:20:30Z", new_key, anew: None, previous };
        (stores::of(PATH).unwrap().seal)(text, &order).unwrap()
    }

    fn names(record: &Revocations, bytes: &str) -> String {
        let unchanged = record.unchanged(PATH, &traces(bytes.as_bytes()));
        unchanged.iter().map(|one| one.key.as_deref().unwrap_or("*")).collect::<Vec<_>>().join(" ")
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn version<'a>(plain: &'a Secret, text: &'a str) -> Version<'a> {
        Version { plain, bytes: text.as_bytes() }
    }

    #[test]
    fn a_value_is_struck_when_it_changed() {
        let person = person();
        let texts = ["A=1\nB=1\n", "A=1\nB=1\n", "A=2\nB=1\n", "A=2\nB=1\nC=1\n", "A=2\nB=1\n", "B=2\n"].map(secret);
        let mut sealed = seal(&texts[0], &person, false, None);
        let mut record = Revocations::default();
        record.add(PATH, version(&texts[0], &sealed), "gone", &person.1);
        // Revoked, set, set, rotated, removed and set.
        for (index, (new_key, expected)) in
            [(true, "A B"), (false, "B"), (false, "B"), (true, "B"), (false, "")].into_iter().enumerate()
        {
            let next = seal(&texts[index + 1], &person, new_key, Some(&sealed));
            record.settle(PATH, version(&texts[index], &sealed), version(&texts[index + 1], &next), &person.1);
            assert_eq!(names(&record, &next), expected, "{index}");
            sealed = next;
        }
        assert_eq!(record, Revocations::default());
    }

    #[test]
    fn without_a_key_only_the_same_data_key_proves_a_change() {
        let person = person();
        let (before, after) = (secret("A=1\nB=1\n"), secret("A=2\nB=1\n"));
        let sealed = seal(&before, &person, false, None);
        let mut record = Revocations::default();
        record.add(PATH, version(&before, &sealed), "gone", &person.1);
        assert_eq!(names(&record, &sealed), "A B");
        // As plain SOPS edits and rotates, which know nothing of the record.
        let edited = seal(&after, &person, false, Some(&sealed));
        assert_eq!(names(&record, &edited), "B");
        let rotated = seal(&after, &person, true, Some(&edited));
        assert_eq!(names(&record, &rotated), "A B");
        // Once sparkcfg itself seals anew, it keeps what was proven.
        assert!(record.settle(PATH, version(&after, &edited), version(&after, &rotated), &person.1));
        assert_eq!(names(&record, &rotated), "B");
    }

    #[test]
    fn the_record_is_read_as_it_was_written() {
        let person = person();
        let plain = secret("A=1\nB=canary\n");
        let sealed = seal(&plain, &person, false, None);
        let mut record = Revocations::default();
        record.add(PATH, version(&plain, &sealed), "one", &person.1);
        record.add(PATH, version(&plain, &sealed), "t\"w\no", &person.1);
        record.add("prod.secrets.env.age", version(&plain, ""), "one", &person.1);
        let text = record.text();
        let mut read = Revocations::parse(NAME, &text).unwrap();
        assert_eq!(read.text(), text);
        assert!(!text.contains("canary"));
        read.0.values_mut().for_each(|pending| pending.reveal(&person.0, b""));
        record.0.values_mut().for_each(|pending| pending.reveal(&person.0, b""));
        assert_eq!(read, record, "{text}");
        let error = Revocations::parse(NAME, "[\"x\"]\nvalus = 1\n").unwrap_err();
        assert_eq!(error.place.as_deref(), Some("sparkcfg-revoked.toml:2:1"));
        assert_eq!(Revocations::parse(NAME, "").unwrap(), Revocations::default());
    }

    /// A whole file shows no names, so the record shows none either; each value is struck all the same.
    #[test]
    fn values_of_a_whole_file_are_struck_one_by_one() {
        const WHOLE: &str = "prod.secrets.env.age";
        let (person, stranger) = (self::person(), self::person());
        let texts = ["A=1\nB=1\n", "A=2\nB=1\n", "A=2\nB=2\n"].map(secret);
        // What is left, told with one version of the file at hand.
        let left_in = |record: &Revocations, identities: &Identities, there: &str| {
            let text = record.text();
            assert!(!text.contains("values.") && !text.contains("\"A"), "{text}");
            let mut record = Revocations::parse(NAME, &text).unwrap();
            record.0.values_mut().for_each(|pending| pending.reveal(identities, there.as_bytes()));
            let names = record.unchanged(WHOLE, &Traces::default());
            let names =
                names.iter().map(|one| format!("{} {}", one.key.as_deref().unwrap_or("*"), one.readers.join("+")));
            names.collect::<Vec<_>>().join(", ")
        };
        let left = |record: &Revocations| left_in(record, &person.0, "");
        let mut record = Revocations::default();
        record.add(WHOLE, version(&texts[0], "zero"), "ben", &person.1);
        assert_eq!(left(&record), "A ben, B ben");
        assert_eq!(left_in(&record, &stranger.0, ""), "* ben");
        // Somebody who can open the names again, or has them still, strikes what changed.
        for reads_again in [true, false] {
            let mut record = record.clone();
            if reads_again {
                record = Revocations::parse(NAME, &record.text()).unwrap();
                record.0.values_mut().for_each(|pending| pending.reveal(&person.0, b"zero"));
            }
            assert!(record.settle(WHOLE, version(&texts[0], "zero"), version(&texts[1], "first"), &person.1));
            assert_eq!(left(&record), "B ben");
            record.add(WHOLE, version(&texts[1], "first"), "eve", &person.1);
            assert_eq!(left(&record), "A eve, B ben+eve");
            let (mut one, mut two) = (record.clone(), record.clone());
            assert!(one.settle(WHOLE, version(&texts[1], "first"), version(&texts[2], "one"), &person.1));
            assert_eq!(left(&one), "A eve");
            assert_eq!(left(&Revocations::merged(&record, &one, &record)), "A eve");
            assert!(two.settle(WHOLE, version(&texts[1], "first"), version(&secret("A=3\nB=1\n"), "two"), &person.1));
            // Both branches struck something. Which of the two it is tells the file; nothing is forgotten.
            for merged in [Revocations::merged(&record, &one, &two), Revocations::merged(&record, &two, &one)] {
                assert_eq!(left_in(&merged, &person.0, "one"), "A eve");
                assert_eq!(left_in(&merged, &person.0, "two"), "B ben+eve");
                assert_eq!(left(&merged), "A eve, B ben+eve");
            }
            // Somebody else who lost access on the other branch is not forgotten either.
            let mut other = two.clone();
            other.add(WHOLE, version(&texts[1], "two"), "zoe", &person.1);
            let merged = Revocations::merged(&record, &one, &other);
            assert_eq!(left_in(&merged, &person.0, "one"), "A eve+zoe, B zoe");
            assert!(one.settle(WHOLE, version(&texts[2], "one"), version(&secret("A=9\nB=2\n"), "end"), &person.1));
            assert_eq!(one, Revocations::default());
            // A value that is gone is not told of; one that comes back may be the same.
            let gone = secret("A=3\n");
            assert!(two.settle(WHOLE, version(&texts[1], "two"), version(&gone, "gone"), &person.1));
            assert_eq!(left_in(&two, &stranger.0, "gone"), "");
            assert!(two.settle(WHOLE, version(&gone, "gone"), version(&secret("A=3\nB=1\n"), "back"), &person.1));
            assert_eq!(left(&two), "B ben+eve");
        }
        // Without the names, all of it counts until it changed.
        let mut forgotten = Revocations::parse(NAME, &record.text()).unwrap();
        assert!(forgotten.settle(WHOLE, version(&texts[0], "zero"), version(&texts[1], "first"), &person.1));
        assert_eq!(left(&forgotten), "B ben");
        // As many unnamed readers as are on record already are no others.
        let before = record.clone();
        record.add_unnamed(WHOLE, version(&texts[0], "zero"), 1, &person.1);
        assert_eq!(left(&record), left(&before));
        record.add_unnamed(WHOLE, version(&texts[0], "zero"), 2, &person.1);
        assert_eq!(left(&record), "A a recipient without a name+ben, B a recipient without a name+ben");
    }
}
