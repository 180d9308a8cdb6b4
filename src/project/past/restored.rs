//! A sealed file that is again what it was before other versions came. Its MAC fits, as one of its readers wrote it; but to bring
//! it back takes no key, and with it come values that were changed since, maybe because somebody knew them.

use super::{Past, Version};
use crate::project::files::Files;
use crate::project::git;

impl Past {
    /// The commit in which a file was already what it is now, shortened: where it was another one in between, and was brought
    /// back by what is about to be committed or by the commit that is checked out. Later nobody needs to hear of it. A merge
    /// that takes what one of its sides has brings nothing back.
    #[must_use]
    pub fn restored(&self, files: &Files, path: &str, bytes: &[u8]) -> Option<&str> {
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
        (!is_committed || is_done().is_some()).then_some(earlier.commit.as_str())
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
