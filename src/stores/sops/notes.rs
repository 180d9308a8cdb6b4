//! What a merge leaves in a file: who could read which of its values and cannot open it any more.
//!
//! Git lets a merge write into no other file than the one that it merges, so it stands there until the next change takes
//! it into the project's record. It is a comment: SOPS keeps those, sealed, and drops metadata that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::{Document, Line, PREFIX};
use super::opened::Plain;
use super::{Traces, traces_of};
use crate::source::printable;
use crate::stores::is_name;

/// Who could read which values of a file and cannot open it any more: name → keys.
pub type KnownTo = BTreeMap<String, BTreeSet<String>>;

/// What such a comment begins with.
const NOTE: &str = "sparkcfg-known-to ";

/// What stands in such a comment. As in the project's record, digests of sealed text tell what another program changed since.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Note {
    /// Of the sealed data keys.
    data_keys: BTreeSet<String>,
    /// Name → key → of its sealed text.
    readers: BTreeMap<String, BTreeMap<String, String>>,
}

impl Note {
    /// `None` if it is any other comment, or holds what no merge writes.
    fn parse(comment: &str) -> Option<Self> {
        let note: Self = serde_json::from_str(comment.strip_prefix(NOTE)?).ok()?;
        let names = note.readers.keys().all(|name| !name.is_empty() && printable(name) == *name);
        (names && note.readers.values().flat_map(BTreeMap::keys).all(|key| is_name(key))).then_some(note)
    }

    /// What of it is still so in `document`.
    fn left_in(self, document: &Document<'_>) -> KnownTo {
        let (tokens, data_keys) = digests(document);
        let same_key = !data_keys.is_disjoint(&self.data_keys);
        let stays = |key: &String, sealed: &String| match tokens.get(key) {
            Some(token) => !same_key || token == sealed,
            None => false,
        };
        let left = |keys: BTreeMap<String, String>| keys.into_iter().filter(|(key, sealed)| stays(key, sealed));
        self.readers.into_iter().map(|(name, keys)| (name, left(keys).map(|(key, _)| key).collect())).collect()
    }
}

/// Digests of the sealed values by key, and of the sealed data keys.
fn digests(document: &Document<'_>) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let Traces { values, keys, .. } = traces_of(document);
    let values = values.into_iter().map(|(key, token)| (key, digest(&token)));
    (values.collect(), keys.iter().map(|key| digest(key)).collect())
}

/// A digest of sealed text, which is random to whoever has no key.
#[must_use]
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whether an opened line is such a comment, which is no part of the text that people write.
pub(super) fn is_note(line: &Line<'_>, value: &str) -> bool {
    line.key.is_none() && Note::parse(value).is_some()
}

/// A sealed file, written by a merge, that notes this and nothing else in plain sight. It stands at the end of the lines,
/// where it belongs to no value.
#[must_use]
pub fn noted(text: &str, known_to: &KnownTo) -> String {
    let (tokens, data_keys) = digests(&Document::parse(text));
    let mut note = Note { data_keys, readers: BTreeMap::new() };
    for (name, keys) in known_to {
        let sealed = keys.iter().filter_map(|key| Some((key.clone(), tokens.get(key)?.clone())));
        note.readers.entry(printable(name)).or_default().extend(sealed.filter(|(key, _)| is_name(key)));
    }
    let is_note = |line: &&str| line.strip_prefix('#').is_some_and(|comment| Note::parse(comment.trim_end()).is_some());
    let (metadata, mut lines): (Vec<_>, Vec<_>) =
        text.split_inclusive('\n').filter(|line| !is_note(line)).partition(|line| line.starts_with(PREFIX));
    let json = serde_json::to_string(&note).ok().filter(|_| !note.readers.is_empty());
    let comment = json.map(|json| ["#", NOTE, &json, "\n"].concat());
    lines.extend(comment.as_deref());
    lines.into_iter().chain(metadata).collect()
}

/// What a file notes in plain sight.
pub(super) fn seen(document: &Document<'_>) -> KnownTo {
    let comments = document.lines.iter().filter(|line| line.key.is_none());
    joined(document, comments.filter_map(|line| Note::parse(line.value)))
}

/// What an opened file notes, sealed comments included.
pub(super) fn opened(document: &Document<'_>, values: &[Plain]) -> KnownTo {
    let comments = document.lines.iter().zip(values).filter(|(line, _)| line.key.is_none());
    joined(document, comments.filter_map(|(_, value)| Note::parse(value)))
}

fn joined(document: &Document<'_>, notes: impl Iterator<Item = Note>) -> KnownTo {
    let mut all = KnownTo::new();
    for (name, keys) in notes.flat_map(|note| note.left_in(document)) {
        all.entry(name).or_default().extend(keys);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "ENC[AES256_GCM,data:oYyi,iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]";

    #[test]
    fn only_what_a_merge_writes_is_a_note() {
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let known_to = KnownTo::from([("ben".to_owned(), keys(&["A", "B"])), ("eve".to_owned(), keys(&[]))]);
        let before =
            format!("A={TOKEN}\nB={TOKEN}\n#x\nsops_age__list_0__map_enc=k\nsops_age__list_0__map_recipient=r\n");
        let text = noted(&before, &known_to);
        let seen_in = |text: &str| seen(&Document::parse(text));
        assert_eq!(seen_in(&text), known_to);
        assert!(text.find("#x\n#sparkcfg-known-to {").is_some_and(|at| text.find("sops_").is_some_and(|end| at < end)));
        assert_eq!(noted(&text, &known_to), text, "noted once");
        assert_eq!(noted(&text, &KnownTo::new()), before);
        // Another program sets a value, under the same data key and under another one, and takes a value away.
        let set = text.replacen("data:oYyi", "data:oYyj", 1);
        assert_eq!(seen_in(&set)["ben"], keys(&["B"]));
        assert_eq!(seen_in(&set.replace("_enc=k", "_enc=l")), known_to);
        assert_eq!(seen_in(&text.replacen("A=", "C=", 1))["ben"], keys(&["B"]));
        for (name, key) in [("ben", "A B"), ("b\u{1b}en", "A"), ("", "A")] {
            let readers = BTreeMap::from([(name.to_owned(), BTreeMap::from([(key.to_owned(), String::new())]))]);
            let json = serde_json::to_string(&Note { data_keys: BTreeSet::new(), readers }).unwrap();
            assert_eq!(Note::parse(&format!("{NOTE}{json}")), None, "{json}");
        }
        assert_eq!(Note::parse(&format!("{NOTE}canary")), None);
    }
}
