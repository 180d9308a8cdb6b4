//! What a merge leaves in a file: who could read which of its values and cannot open it any more.
//!
//! Git lets a merge write into no other file than the one that it merges, so it stands there until the next change takes
//! it into the project's record. It is a comment: SOPS keeps those, sealed, and drops metadata that it does not know.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Line, PREFIX};
use super::opened::Plain;
use crate::source::printable;
use crate::stores::is_name;

/// Who could read which values of a file and cannot open it any more: name → keys.
pub type KnownTo = BTreeMap<String, BTreeSet<String>>;

/// What such a comment begins with.
const NOTE: &str = "sparkcfg-known-to ";

/// What a comment notes; `None` if it is any other, or holds what no merge writes.
fn noted_by(comment: &str) -> Option<KnownTo> {
    let known_to: KnownTo = serde_json::from_str(comment.strip_prefix(NOTE)?).ok()?;
    let names = known_to.keys().all(|name| !name.is_empty() && printable(name) == *name);
    (names && known_to.values().flatten().all(|key| is_name(key))).then_some(known_to)
}

/// Whether an opened line is such a comment, which is no part of the text that people write.
pub(super) fn is_note(line: &Line<'_>, value: &str) -> bool {
    line.key.is_none() && noted_by(value).is_some()
}

/// A sealed file, written by a merge, that notes this and nothing else in plain sight. It stands at the end of the lines,
/// where it belongs to no value.
#[must_use]
pub fn noted(text: &str, known_to: &KnownTo) -> String {
    let mut names = KnownTo::new();
    for (name, keys) in known_to {
        names.entry(printable(name)).or_default().extend(keys.iter().filter(|key| is_name(key)).cloned());
    }
    let is_note = |line: &&str| line.strip_prefix('#').is_some_and(|comment| noted_by(comment).is_some());
    let (metadata, mut lines): (Vec<_>, Vec<_>) =
        text.split_inclusive('\n').filter(|line| !is_note(line)).partition(|line| line.starts_with(PREFIX));
    let note = serde_json::to_string(&names).ok().filter(|_| !names.is_empty());
    let note = note.map(|json| ["#", NOTE, &json, "\n"].concat());
    lines.extend(note.as_deref());
    lines.into_iter().chain(metadata).collect()
}

/// What a file notes in plain sight.
pub(super) fn seen(document: &Document<'_>) -> KnownTo {
    let comments = document.lines.iter().filter(|line| line.key.is_none());
    joined(comments.filter_map(|line| noted_by(line.value)))
}

/// What an opened file notes, sealed comments included.
pub(super) fn opened(document: &Document<'_>, values: &[Plain]) -> KnownTo {
    let comments = document.lines.iter().zip(values).filter(|(line, _)| line.key.is_none());
    joined(comments.filter_map(|(_, value)| noted_by(value)))
}

fn joined(notes: impl Iterator<Item = KnownTo>) -> KnownTo {
    let mut all = KnownTo::new();
    for (name, keys) in notes.flatten() {
        all.entry(name).or_default().extend(keys);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_merge_writes_is_a_note() {
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let known_to = KnownTo::from([("ben".to_owned(), keys(&["A", "B"])), ("eve".to_owned(), keys(&[]))]);
        let text = noted("A=1\n#x\nsops_mac=m\n", &known_to);
        assert_eq!(text, "A=1\n#x\n#sparkcfg-known-to {\"ben\":[\"A\",\"B\"],\"eve\":[]}\nsops_mac=m\n");
        assert_eq!(seen(&Document::parse(&text)), known_to);
        assert_eq!(noted(&text, &known_to), text, "noted once");
        assert_eq!(noted(&text, &KnownTo::new()), "A=1\n#x\nsops_mac=m\n");
        for comment in [
            " sparkcfg-known-to {}",
            "sparkcfg-known-to {\"ben\":[\"A\"]",
            "sparkcfg-known-to {\"ben\":[\"A B\"]}",
            "sparkcfg-known-to {\"b\\u001ben\":[\"A\"]}",
            "sparkcfg-known-to {\"\":[\"A\"]}",
            "sparkcfg-known-to canary",
        ] {
            assert_eq!(noted_by(comment), None, "{comment}");
        }
    }
}
