//! Folders that have another name now than at a revision.

use std::collections::BTreeMap;
use std::path::Path;

use super::{commit, git, is_likely};
use crate::error::Error;

/// Files that the index has under other names than a revision, as git knows them again.
#[derive(Debug)]
pub struct Moves {
    /// What leads from the top of the repository to the folder: `services/`.
    prefix: String,
    /// The path then and the path now, from the top of the repository.
    files: Vec<(String, String)>,
}

impl Moves {
    /// What was moved since a revision in the repository of `root`.
    ///
    /// # Errors
    /// See [`super::files`].
    pub fn since(root: &Path, revision: &str) -> Result<Self, Error> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let prefix = text(&git(root, &["rev-parse", "--show-prefix"])?).trim_end().to_owned();
        let commit = commit(root, revision)?;
        let listing =
            git(root, &["diff-index", "--cached", "-r", "-M", "-z", "--name-status", "--diff-filter=R", &commit])?;
        let records: Vec<_> = listing.split(|byte| *byte == 0).collect();
        let files = records.as_chunks::<3>().0.iter().map(|[_, then, now]| (text(then), text(now))).collect();
        Ok(Self { prefix, files })
    }

    /// The folder, from the top of the repository, that most files of a project came from which is in `folder` now; none where
    /// no file of it was moved.
    #[must_use]
    pub fn folder_before(&self, folder: &str) -> Option<String> {
        self.other_end(folder, self.files.iter().map(|(old, new)| (new.as_str(), old.as_str())))
    }

    /// The folder in which most files of a project are now that was in `folder`; none where no file of it was moved, or they are
    /// outside of the folder that was asked about.
    #[must_use]
    pub fn folder_after(&self, folder: &str) -> Option<String> {
        let after = self.other_end(folder, self.files.iter().map(|(old, new)| (old.as_str(), new.as_str())))?;
        format!("{after}/").strip_prefix(&self.prefix).map(|within| within.trim_end_matches('/').to_owned())
    }

    /// Where most of the files were moved from or to, from the top of the repository, whose other end is in `folder`.
    fn other_end<'m>(&self, folder: &str, files: impl Iterator<Item = (&'m str, &'m str)>) -> Option<String> {
        let here = if folder.is_empty() { self.prefix.clone() } else { format!("{}{folder}/", self.prefix) };
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        for (own, other) in files.filter(|(own, _)| is_likely(own)) {
            let Some(end) = own.strip_prefix(&here).and_then(|within| other.strip_suffix(within)) else { continue };
            if end.is_empty() || end.ends_with('/') {
                *ends.entry(end).or_default() += 1;
            }
        }
        let most = ends.into_iter().rev().max_by_key(|(_, number)| *number);
        most.map(|(folder, _)| folder.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Moves;

    #[test]
    fn where_a_folder_was() {
        let files = [
            ("app/environments/dev.env", "services/app/environments/dev.env"),
            ("app/environments/prod.env", "services/app/environments/prod.env"),
            ("app/environments/base.env", "services/other/environments/base.env"),
            ("app/main.rs", "lib/main.rs"),
            ("app/schemas/a.schema.json", "services/app/schemas/b.schema.json"),
            ("environments/dev.env", "top/environments/dev.env"),
        ];
        let files: Vec<_> = files.map(|(old, new)| (old.to_owned(), new.to_owned())).into();
        for (prefix, folder, expected) in [
            ("services/app/", "", Some("app")),
            ("services/", "app", Some("app")),
            ("", "services/app", Some("app")),
            ("", "top", Some("")),
            ("lib/", "", None),
            ("elsewhere/", "", None),
        ] {
            let moves = Moves { prefix: prefix.to_owned(), files: files.clone() };
            assert_eq!(moves.folder_before(folder).as_deref(), expected, "{prefix} {folder}");
        }
        for (prefix, folder, expected) in [
            ("", "app", Some("services/app")),
            ("app/", "", None),
            ("services/", "app", None),
            ("", "services/app", None),
        ] {
            let moves = Moves { prefix: prefix.to_owned(), files: files.clone() };
            assert_eq!(moves.folder_after(folder).as_deref(), expected, "{prefix} {folder}");
        }
    }
}
