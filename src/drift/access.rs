//! Who gained or lost access to a sealed file between two revisions.

use serde::Serialize;

/// Who can read a sealed file at a revision, and now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The file, as users see it.
    pub path: String,
    /// Recipients that it did not have before: names from `[people]`, else public keys.
    pub gained: Vec<String>,
    /// Recipients that it no longer has.
    pub lost: Vec<String>,
    /// The commit that replaced what the file holds again: whoever put it back brought old values along.
    pub replaced_in: Option<String>,
}

impl Access {
    /// What happened to the file, in words that follow its path: `opens for: + ben, - ada`.
    #[must_use]
    pub fn told(&self) -> String {
        let gained = self.gained.iter().map(|name| format!("+ {name}"));
        let lost = self.lost.iter().map(|name| format!("- {name}"));
        let names = gained.chain(lost).collect::<Vec<_>>().join(", ");
        let opens = (!names.is_empty()).then(|| format!("opens for: {names}"));
        let back = self.replaced_in.as_ref().map(|commit| format!("is again as it was before {commit}"));
        back.into_iter().chain(opens).collect::<Vec<_>>().join("; ")
    }
}
