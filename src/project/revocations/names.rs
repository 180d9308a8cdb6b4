//! The names of a whole file's values, which the file itself does not show: the record keeps them sealed, too.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::{Pending, Revocations};
use crate::envelope;
use crate::identity::{Identities, Recipient};

/// The names of a whole file, each with who could read its value.
pub(super) type Names = BTreeMap<String, BTreeSet<String>>;

impl Revocations {
    /// Opens the names of whole files, as far as `identities` can.
    pub fn reveal(&mut self, identities: &Identities) {
        for pending in self.0.values_mut().filter(|pending| !pending.left.is_empty()) {
            let mut names = Names::new();
            let opened = pending.left.iter().map(|text| opened(text, identities));
            pending.known = opened.collect::<Option<Vec<_>>>().map(|all| {
                for (key, readers) in all.into_iter().flatten() {
                    names.entry(key).or_default().extend(readers);
                }
                names
            });
        }
    }
}

impl Pending {
    /// What is left of a whole file; all of it, if nobody here can open the names.
    pub(super) fn names(&self, values: &BTreeMap<String, Zeroizing<String>>) -> Names {
        match &self.known {
            Some(known) => known.clone(),
            None if self.all.is_empty() => Names::new(),
            None => values.keys().map(|key| (key.clone(), self.all.clone())).collect(),
        }
    }

    /// Takes over what is left of a whole file.
    pub(super) fn keep(&mut self, names: Names, recipients: &[Recipient]) {
        self.all = names.values().flatten().cloned().collect();
        self.left = sealed(&names, recipients).into_iter().collect();
        self.known = Some(names);
    }
}

fn opened(text: &str, identities: &Identities) -> Option<Names> {
    let bytes = envelope::open(text.as_bytes(), identities).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The names as an age file; `None` if there are none, or where it cannot be sealed: then all of the file counts as left.
fn sealed(names: &Names, recipients: &[Recipient]) -> Option<String> {
    let text = serde_json::to_vec(names).ok().filter(|_| !names.is_empty())?;
    envelope::seal(&text, &recipients.iter().collect::<Vec<_>>()).ok()
}
