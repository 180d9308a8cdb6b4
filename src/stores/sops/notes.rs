//! What a merge leaves in a file: who could read which of its values and cannot open it any more.
//!
//! Git lets a merge write into no other file than the one that it merges, so it stands there until the next change takes
//! it into the project's record. It is a comment: SOPS keeps those, sealed, and drops metadata that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cipher::Token;
use super::document::{Document, Line, PREFIX};
use super::opened::Plain;
use super::{Traces, traces_of};
use crate::source::printable;
use crate::stores::is_name;

/// Who could read which values of a file and cannot open it any more: name → keys.
pub type KnownTo = BTreeMap<String, BTreeSet<String>>;

/// From which versions the values of a merged file come: key → each version that had the same value, or certainly another
/// one. Without any, the value is certainly another one than in all of them.
pub type Origins = BTreeMap<String, Vec<Origin>>;

/// How a value stood in a version that was merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The first signs of the digests of that version's sealed data keys.
    pub data_keys: BTreeSet<String>,
    /// Those of the digest of the value's sealed text there.
    pub sealed: String,
    /// Whether the value is the same.
    pub is_same: bool,
}

/// What a file notes of the merges that it comes from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Who could read what of it.
    pub known_to: KnownTo,
    /// Where its values come from.
    pub origins: Origins,
    /// Whether a comment is sealed that is long enough to be such a note, so that only a key tells.
    pub is_sealed: bool,
}

/// How many signs of a digest tell one sealed text from all others.
const SHORT: usize = 16;

/// The first signs of a digest.
#[must_use]
pub fn short(digest: &str) -> String {
    digest.chars().take(SHORT).collect()
}

/// What such a comment begins with.
const NOTE: &str = "sparkcfg-known-to ";

/// How many bytes such a comment has at least: one data key, and nobody who could read anything.
const SHORTEST: usize = NOTE.len() + r#"{"data-keys":[""],"readers":{}}"#.len() + 64;

/// What stands in such a comment. As in the project's record, digests of sealed text tell what another program changed since.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Note {
    /// Of the sealed data keys.
    data_keys: BTreeSet<String>,
    /// Name → key → of its sealed text.
    readers: BTreeMap<String, BTreeMap<String, String>>,
    /// Key → of its sealed text, shortened: of these keys `sources` tell.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<Source>,
}

/// A version that was merged, by shortened digests.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Source {
    data_keys: BTreeSet<String>,
    /// Of the values that are the same.
    values: BTreeMap<String, String>,
    /// Of those that are others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<String, String>,
}

impl Note {
    /// `None` if it is any other comment, or holds what no merge writes.
    fn parse(comment: &str) -> Option<Self> {
        let note: Self = serde_json::from_str(comment.strip_prefix(NOTE)?).ok()?;
        let names = note.readers.keys().all(|name| !name.is_empty() && printable(name) == *name);
        let inner = note.sources.iter().flat_map(|source| [&source.values, &source.others]).chain([&note.values]);
        let keys = note.readers.values().chain(inner).flat_map(BTreeMap::keys).all(|key| is_name(key));
        (names && keys).then_some(note)
    }

    /// From where the values of `document` come. What was changed since is another one.
    fn origins_in(&self, document: &Document<'_>) -> Origins {
        let (tokens, data_keys) = digests(document);
        let same_key = !data_keys.is_disjoint(&self.data_keys);
        let origins = self.values.iter().filter_map(|(key, noted)| {
            let is_changed = same_key && short(tokens.get(key)?) != *noted;
            let sources = self.sources.iter().filter(|_| !is_changed);
            let origins = |source: &Source| {
                let sides = [(source.values.get(key).cloned(), true), (source.others.get(key).cloned(), false)];
                let data_keys = source.data_keys.clone();
                let origin =
                    move |(sealed, is_same)| Some(Origin { data_keys: data_keys.clone(), sealed: sealed?, is_same });
                sides.into_iter().filter_map(origin)
            };
            Some((key.clone(), sources.flat_map(origins).collect()))
        });
        origins.collect()
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
pub fn noted(text: &str, known_to: &KnownTo, origins: &Origins) -> String {
    let (tokens, data_keys) = digests(&Document::parse(text));
    let mut note = Note { data_keys, readers: BTreeMap::new(), values: BTreeMap::new(), sources: Vec::new() };
    for (key, origins) in origins.iter().filter(|(key, _)| is_name(key)) {
        let Some(token) = tokens.get(key) else { continue };
        note.values.insert(key.clone(), short(token));
        for Origin { data_keys, sealed, is_same } in origins {
            let has = |source: &Source| source.values.contains_key(key) || source.others.contains_key(key);
            let found = note.sources.iter().position(|source| source.data_keys == *data_keys && !has(source));
            let at = found.unwrap_or_else(|| {
                let (values, others) = (BTreeMap::new(), BTreeMap::new());
                note.sources.push(Source { data_keys: data_keys.clone(), values, others });
                note.sources.len() - 1
            });
            let source = &mut note.sources[at];
            let side = if *is_same { &mut source.values } else { &mut source.others };
            side.insert(key.clone(), sealed.clone());
        }
    }
    for (name, keys) in known_to {
        let sealed = keys.iter().filter_map(|key| Some((key.clone(), tokens.get(key)?.clone())));
        note.readers.entry(printable(name)).or_default().extend(sealed.filter(|(key, _)| is_name(key)));
    }
    let is_note = |line: &&str| line.strip_prefix('#').is_some_and(|comment| Note::parse(comment.trim_end()).is_some());
    let (metadata, mut lines): (Vec<_>, Vec<_>) =
        text.split_inclusive('\n').filter(|line| !is_note(line)).partition(|line| line.starts_with(PREFIX));
    let json = serde_json::to_string(&note).ok().filter(|_| !note.readers.is_empty() || !note.values.is_empty());
    let comment = json.map(|json| ["#", NOTE, &json, "\n"].concat());
    lines.extend(comment.as_deref());
    lines.into_iter().chain(metadata).collect()
}

/// What a file notes in plain sight.
pub(super) fn seen(document: &Document<'_>) -> Noted {
    let comments = || document.lines.iter().filter(|line| line.key.is_none());
    let noted = joined(document, comments().filter_map(|line| Note::parse(line.value)));
    let is_long = |token: Token<'_>| token.length() >= SHORTEST;
    Noted { is_sealed: comments().filter_map(|line| Token::parse(line.value)).any(is_long), ..noted }
}

/// What an opened file notes, sealed comments included.
pub(super) fn opened(document: &Document<'_>, values: &[Plain]) -> Noted {
    let comments = document.lines.iter().zip(values).filter(|(line, _)| line.key.is_none());
    joined(document, comments.filter_map(|(_, value)| Note::parse(value)))
}

fn joined(document: &Document<'_>, notes: impl Iterator<Item = Note>) -> Noted {
    let mut all = Noted::default();
    for note in notes {
        for (key, found) in note.origins_in(document) {
            all.origins.entry(key).or_default().extend(found);
        }
        for (name, keys) in note.left_in(document) {
            all.known_to.entry(name).or_default().extend(keys);
        }
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
        let text = noted(&before, &known_to, &Origins::new());
        let seen_in = |text: &str| seen(&Document::parse(text)).known_to;
        assert_eq!(seen_in(&text), known_to);
        assert!(text.find("#x\n#sparkcfg-known-to {").is_some_and(|at| text.find("sops_").is_some_and(|end| at < end)));
        assert_eq!(noted(&text, &known_to, &Origins::new()), text, "noted once");
        assert_eq!(noted(&text, &KnownTo::new(), &Origins::new()), before);
        // Another program sets a value, under the same data key and under another one, and takes a value away.
        let set = text.replacen("data:oYyi", "data:oYyj", 1);
        assert_eq!(seen_in(&set)["ben"], keys(&["B"]));
        assert_eq!(seen_in(&set.replace("_enc=k", "_enc=l")), known_to);
        assert_eq!(seen_in(&text.replacen("A=", "C=", 1))["ben"], keys(&["B"]));
        for (name, key) in [("ben", "A B"), ("b\u{1b}en", "A"), ("", "A")] {
            let readers = BTreeMap::from([(name.to_owned(), BTreeMap::from([(key.to_owned(), String::new())]))]);
            let json = serde_json::to_string(&Note {
                data_keys: BTreeSet::new(),
                readers,
                values: BTreeMap::new(),
                sources: Vec::new(),
            })
            .unwrap();
            assert_eq!(Note::parse(&format!("{NOTE}{json}")), None, "{json}");
        }
        assert_eq!(Note::parse(&format!("{NOTE}canary")), None);
    }
}
