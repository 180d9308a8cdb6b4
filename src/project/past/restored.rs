//! A sealed file that is again what it was before other versions came. Its MAC fits, as one of its readers wrote it; but to bring
//! it back takes no key, and with it come values that were changed since, maybe because somebody knew them.

use std::collections::BTreeSet;

use super::{Past, Version};
use crate::project::files::Files;
use crate::project::git;
use crate::stores::sops::traces;

/// A file that is again what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The newest commit in which it was already what it is now, shortened.
    pub commit: String,
    /// Those who can open a version that came since and not this one: whoever takes that version back lets them in.
    pub others: BTreeSet<String>,
}

impl Past {
    /// Where a file was already what it is now, and had other values in between, and was brought back by what is about to be
    /// committed or by the commit that is checked out. Later nobody needs to hear of it. A merge that takes what one of its
    /// sides has brings nothing back, nor does a grant that is reverted, which changed no value.
    #[must_use]
    pub fn restored(&self, files: &Files, path: &str, bytes: &[u8]) -> Option<Restored> {
        let versions = self.versions(path);
        let is_now = |version: &&Version| *version.bytes == *bytes;
        let had = |at: usize| self.version_at(versions, at).is_some_and(|version| is_now(&version));
        let newest = self.parents.len();
        let is_committed = had(newest);
        let mut earlier = versions.iter().filter(|version| version.at < newest || !is_committed);
        let earlier = earlier.find(is_now)?;
        let is_done = || {
            let parents = self.parents.last()?;
            // What a parent had that git does not tell of is not known.
            let is_return = !parents.iter().any(|at| *at == 0 || had(*at));
            (is_return && git::commit(files.root(), "HEAD").ok()? == self.newest).then_some(())
        };
        if is_committed && is_done().is_none() {
            return None;
        }
        let since: Vec<_> = versions.iter().filter(|version| version.at > earlier.at && !is_now(version)).collect();
        let now = traces(bytes).values;
        if since.iter().all(|version| traces(&version.bytes).values == now) {
            return None;
        }
        let own = super::readers(path, bytes);
        let others = since.iter().flat_map(|version| &version.answer).filter(|reader| !own.contains(reader));
        Some(Restored { commit: earlier.commit.clone(), others: others.cloned().collect() })
    }

    /// What a file was in a commit: what this made of it, or what it was in the first of its parents.
    pub(super) fn version_at<'v>(&self, versions: &'v [Version], mut at: usize) -> Option<&'v Version> {
        loop {
            let index = versions.partition_point(|version| version.at > at);
            let version = versions.get(index).filter(|version| version.at == at);
            if version.is_some() {
                return version;
            }
            let parent = *self.parents.get(at.checked_sub(1)?)?.first()?;
            // Parents come before.
            at = Some(parent).filter(|parent| *parent < at)?;
        }
    }
}
