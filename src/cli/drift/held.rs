//! What git holds of a project, or of the members of a workspace, at a revision: also where a folder had another name then.

use std::sync::OnceLock;

use crate::error::Error;
use crate::project::Project;
use crate::project::files::Files;
use crate::project::git::{self, Moves, Tree};

/// A revision of a repository.
pub(super) struct Held {
    /// As the user named it.
    pub(super) revision: String,
    /// What is meant by that, as reports name it.
    meant: String,
    files: Files,
    /// Asked for where a folder is not there.
    moves: OnceLock<Option<Moves>>,
}

/// A project at a revision.
pub(super) struct Past<'h> {
    pub(super) held: &'h Held,
    pub(super) files: Files,
}

/// What a revision compares, and nobody any more.
pub(super) struct Left {
    /// Its folder at the revision.
    pub(super) folder: String,
    /// The one that it was moved to.
    pub(super) to: Option<String>,
}

impl Held {
    /// The revision `meant`, which the user named `revision`, of the project in `files`.
    pub(super) fn new(files: &Files, revision: &str, meant: String) -> Result<Self, Error> {
        let prefix = format!("{}:{}", crate::source::printable(&meant), files.shown(""));
        let files = git::files(files.root(), &prefix, Tree::Revision(&meant))?;
        Ok(Self { revision: revision.to_owned(), meant, files, moves: OnceLock::new() })
    }

    /// The files of what is in a folder now; where there was no project in it, those of the folder that it came from.
    pub(super) fn member(&self, folder: &str) -> Result<Past<'_>, Error> {
        let files = self.files.member(folder);
        // What cannot be read there is told where the project is.
        let is_there = Project::config(&files).and_then(|config| Project::has_environments(&files, &config));
        if !is_there.unwrap_or(true)
            && let Some(before) = self.moves().and_then(|moves| moves.folder_before(folder))
        {
            let below = if before.is_empty() { String::new() } else { format!("{before}/") };
            let prefix = format!("{}:{}", crate::source::printable(&self.meant), crate::source::printable(&below));
            let files = git::files(files.root(), &prefix, Tree::Folder(&self.meant, &before))?;
            return Ok(Past { held: self, files });
        }
        Ok(Past { held: self, files })
    }

    /// What was compared at the revision, and has no place among the folders of `now`.
    pub(super) fn left(&self, now: &[String]) -> Vec<Left> {
        // What cannot be read there is told where the project is.
        let then = Project::config(&self.files).and_then(|config| super::folders(&self.files, &config));
        let mut left: Vec<_> = then.unwrap_or_default().into_iter().filter(|folder| !now.contains(folder)).collect();
        if !left.is_empty()
            && let Some(moves) = self.moves()
        {
            let moved: Vec<_> = now.iter().filter_map(|folder| moves.folder_before(folder)).collect();
            left.retain(|folder| !moved.contains(folder));
        }
        let to = |folder: &str| self.moves().and_then(|moves| moves.folder_after(folder));
        left.into_iter().map(|folder| Left { to: to(&folder), folder }).collect()
    }

    /// The files of a folder at the revision.
    pub(super) fn at(&self, folder: &str) -> Past<'_> {
        Past { held: self, files: self.files.member(folder) }
    }

    fn moves(&self) -> Option<&Moves> {
        self.moves.get_or_init(|| Moves::since(self.files.root(), &self.meant).ok()).as_ref()
    }
}
