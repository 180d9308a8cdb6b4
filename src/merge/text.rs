//! The opened texts: which of their lines belong to which key, and which version of a key counts.

use std::collections::{BTreeSet, HashMap};

use zeroize::Zeroizing;

use super::Versions;
use crate::secret::Secret;
use crate::stores::sops::traces;

type Text = Zeroizing<String>;

/// An opened text in its order: the lines of a key, or one line that belongs to none.
#[derive(Default)]
pub(super) struct Pieces(Vec<Piece>);

struct Piece {
    /// `None` for comments.
    key: Option<String>,
    /// Whole lines; those of a key that stands there twice, one after the other.
    text: Text,
}

/// A merged text in both ways of solving its conflicts.
pub(super) struct Merged {
    pub(super) ours: Secret,
    pub(super) theirs: Secret,
    pub(super) conflicts: Vec<String>,
}

impl Pieces {
    /// A line is a line: SOPS knows nothing of quotes.
    pub(super) fn of(text: &str) -> Self {
        let mut pieces = Self::default();
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let key = if line.starts_with('#') { None } else { line.split_once('=').map(|(key, _)| key) };
            pieces.push(key, line);
        }
        pieces
    }

    fn push(&mut self, key: Option<&str>, line: &str) {
        let known = key.and_then(|key| self.0.iter_mut().find(|piece| piece.key.as_deref() == Some(key)));
        let before = known.as_ref().map(|piece| piece.text.as_str()).unwrap_or_default();
        // Sized beforehand, so that no outgrown buffer keeps a copy of the secrets.
        let mut text = Zeroizing::new(String::with_capacity(before.len() + line.len() + 1));
        text.extend([before, line, "\n"]);
        match known {
            Some(piece) => piece.text = text,
            None => self.0.push(Piece { key: key.map(ToOwned::to_owned), text }),
        }
    }

    fn by_key(&self) -> HashMap<&str, &str> {
        self.0.iter().filter_map(|piece| Some((piece.key.as_deref()?, piece.text.as_str()))).collect()
    }

    /// The keys that have the same value in both.
    pub(super) fn same_as(&self, other: &Self) -> Vec<String> {
        let other = other.by_key();
        let same = self.by_key().into_iter().filter(|(key, text)| other.get(key) == Some(text));
        same.map(|(key, _)| key.to_owned()).collect()
    }

    fn count_of(&self, comment: &str) -> usize {
        self.0.iter().filter(|piece| piece.key.is_none() && *piece.text == comment).count()
    }
}

/// A part of the result.
struct Slot<'a> {
    key: Option<&'a str>,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
}

impl<'a> Slot<'a> {
    fn of(key: Option<&'a str>, text: &'a str) -> Self {
        Self { key, ours: Some(text), theirs: Some(text) }
    }
}

/// Merges by key. The order is that of ours; what theirs has more follows what it follows there.
pub(super) fn merge(base: &Pieces, ours: &Pieces, theirs: &Pieces) -> Merged {
    let (before, mine, other) = (base.by_key(), ours.by_key(), theirs.by_key());
    let mut conflicts = BTreeSet::new();
    let mut slots: Vec<Slot<'_>> = Vec::new();
    let mut removed: HashMap<&str, usize> = HashMap::new();
    for piece in &ours.0 {
        let text = piece.text.as_str();
        let Some(key) = piece.key.as_deref() else {
            let gone = removed.entry(text).or_insert_with(|| base.count_of(text).saturating_sub(theirs.count_of(text)));
            if *gone > 0 {
                *gone -= 1;
            } else {
                slots.push(Slot::of(None, text));
            }
            continue;
        };
        match solve(before.get(key).copied(), Some(text), other.get(key).copied()) {
            Some(kept) => slots.extend(kept.map(|kept| Slot::of(Some(key), kept))),
            None => {
                conflicts.insert(key.to_owned());
                slots.push(Slot { key: Some(key), ours: Some(text), theirs: other.get(key).copied() });
            }
        }
    }
    let mut added: HashMap<&str, usize> = HashMap::new();
    let mut at = 0;
    for piece in &theirs.0 {
        let text = piece.text.as_str();
        let slot = match piece.key.as_deref() {
            Some(key) if mine.contains_key(key) => {
                at = slots.iter().position(|slot| slot.key == Some(key)).map_or(at, |found| found + 1);
                continue;
            }
            Some(key) => match solve(before.get(key).copied(), None, Some(text)) {
                Some(None) => continue,
                Some(Some(kept)) => Slot::of(Some(key), kept),
                None => {
                    conflicts.insert(key.to_owned());
                    Slot { key: Some(key), ours: None, theirs: Some(text) }
                }
            },
            None => {
                let more = |side: &Pieces| side.count_of(text).saturating_sub(base.count_of(text));
                let new = added.entry(text).or_insert_with(|| more(theirs).saturating_sub(more(ours)));
                if *new == 0 {
                    continue;
                }
                *new -= 1;
                Slot::of(None, text)
            }
        };
        slots.insert(at, slot);
        at += 1;
    }
    let conflicts = conflicts.into_iter().collect();
    Merged { ours: joined(&slots, |slot| slot.ours), theirs: joined(&slots, |slot| slot.theirs), conflicts }
}

/// What a key is after the merge, `Some(None)` if it is gone; `None` if both sides changed it differently.
#[expect(clippy::option_option, reason = "gone is an answer")]
fn solve<'a>(base: Option<&str>, ours: Option<&'a str>, theirs: Option<&'a str>) -> Option<Option<&'a str>> {
    if ours == theirs || theirs == base {
        Some(ours)
    } else if ours == base {
        Some(theirs)
    } else {
        None
    }
}

fn joined<'a>(slots: &[Slot<'a>], side: impl Fn(&Slot<'a>) -> Option<&'a str>) -> Secret {
    let mut text = String::with_capacity(slots.iter().filter_map(&side).map(str::len).sum());
    text.extend(slots.iter().filter_map(side));
    Secret::new(text)
}

/// The base as far as it is known without opening it: a value that is still sealed as it was has not changed. A value
/// that both sides sealed anew counts as changed by both.
pub(super) fn recognised(versions: &Versions<'_>, ours: &Pieces, theirs: &Pieces) -> Pieces {
    let [base, mine, other] = [versions.base, versions.ours, versions.theirs].map(|bytes| traces(bytes).values);
    let (ours, theirs) = (ours.by_key(), theirs.by_key());
    let known = base.iter().map(|(key, token)| {
        let side = if mine.get(key) == Some(token) {
            ours.get(key.as_str())
        } else {
            theirs.get(key.as_str()).filter(|_| other.get(key) == Some(token))
        };
        // No line of an opened file is empty, so this equals none.
        Piece { key: Some(key.clone()), text: Zeroizing::new(side.copied().unwrap_or_default().to_owned()) }
    });
    Pieces(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(base: &str, ours: &str, theirs: &str) -> (String, String, String) {
        let merged = merge(&Pieces::of(base), &Pieces::of(ours), &Pieces::of(theirs));
        (merged.ours.expose().to_owned(), merged.theirs.expose().to_owned(), merged.conflicts.join(" "))
    }

    #[test]
    fn sides_that_agree() {
        for (base, ours, theirs, expected) in [
            ("", "", "", ""),
            ("A=1\n", "A=1\n", "A=1\n", "A=1\n"),
            ("A=1\nB=1\n", "A=2\nB=1\n", "A=1\nB=2\n", "A=2\nB=2\n"),
            ("A=1\n", "A=2\n", "A=2\n", "A=2\n"),
            ("A=1\nB=1\n", "B=1\n", "A=1\nB=1\nC=1\n", "B=1\nC=1\n"),
            ("A=1\nC=1\n", "A=1\nX=1\nC=1\n", "A=1\nB=1\nC=1\n", "A=1\nB=1\nX=1\nC=1\n"),
            ("A=1\n", "A=1\n", "Z=1\nA=1\n", "Z=1\nA=1\n"),
            ("A=1\n", "A=1\nB=2\n", "A=1\nB=2\n", "A=1\nB=2\n"),
            ("A=1\nB=1\n", "A=1\n", "A=1\n", "A=1\n"),
            ("A=1\nB=1\n", "B=1\nA=1\n", "A=1\nB=2\n", "B=2\nA=1\n"),
            ("", "A=1\n", "B=1\n", "B=1\nA=1\n"),
            ("#c\nA=1\n", "#c\nA=2\n", "#d\nA=1\n", "#d\nA=2\n"),
            ("#c\nA=1\n", "A=1\n", "#c\nA=1\n#e\n", "A=1\n#e\n"),
            ("A=1\n", "#n\nA=1\n", "#n\nA=1\n", "#n\nA=1\n"),
            ("A=1\nA=2\n", "A=1\nA=2\nB=1\n", "A=1\nA=2\n", "A=1\nA=2\nB=1\n"),
        ] {
            assert_eq!(
                merged(base, ours, theirs),
                (expected.into(), expected.into(), String::new()),
                "{base}|{ours}|{theirs}"
            );
        }
    }

    #[test]
    fn sides_that_do_not() {
        for (base, ours, theirs, mine, other, conflicts) in [
            ("A=1\nB=1\n", "A=2\nB=1\n", "A=3\nB=2\n", "A=2\nB=2\n", "A=3\nB=2\n", "A"),
            ("A=1\nB=1\n", "B=1\n", "A=3\nB=1\n", "B=1\n", "A=3\nB=1\n", "A"),
            ("A=1\n", "A=2\n", "", "A=2\n", "", "A"),
            ("", "A=1\nB=1\n", "B=2\nA=2\n", "A=1\nB=1\n", "A=2\nB=2\n", "A B"),
        ] {
            assert_eq!(
                merged(base, ours, theirs),
                (mine.into(), other.into(), conflicts.into()),
                "{base}|{ours}|{theirs}"
            );
        }
    }
}
