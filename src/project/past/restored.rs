//! A sealed file that is again what it was before other versions came. Its MAC fits, as one of its readers wrote it; but to bring
//! it back takes no key, and with it come values that were changed since, maybe because somebody knew them.

use super::Past;
use crate::project::files::Files;
use crate::project::git;

impl Past {
    /// The commit in which a file was already what it is now, shortened: where it was another one in between, and was brought
    /// back by what is about to be committed or by the commit that is checked out. Later nobody needs to hear of it.
    #[must_use]
    pub fn restored(&self, files: &Files, path: &str, bytes: &[u8]) -> Option<&str> {
        let versions = self.versions(path);
        let is_now = |version: &&super::Version| *version.bytes == *bytes;
        let (since, before) = versions.split_at(versions.iter().take_while(is_now).count());
        let earlier = before.iter().find(is_now)?;
        let is_newest = || {
            let head = git::commit(files.root(), "HEAD").unwrap_or_default();
            since.iter().any(|version| head.starts_with(&version.commit))
        };
        (since.is_empty() || is_newest()).then_some(earlier.commit.as_str())
    }
}
