//! What folders hold, by their listings: what these show need not be asked once more for each file.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use foldhash::HashMap;

/// What is known of folders, by their paths within the root; the root's own is empty.
#[derive(Debug, Default)]
pub(super) struct Listings {
    listed: HashMap<String, Arc<Listing>>,
    /// Whether folders are links, or within one, where no listing shows it.
    linked: HashMap<String, bool>,
}

/// What a folder holds, sorted.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<String>,
    pub(super) folders: Vec<String>,
    /// Those of both that are links, pipes, devices: what has to be looked at before it is opened.
    odd: Vec<String>,
}

impl Listings {
    pub(super) fn of(&self, folder: &str) -> Option<Arc<Listing>> {
        self.listed.get(folder).map(Arc::clone)
    }

    pub(super) fn keep(&mut self, folder: &str, listing: Arc<Listing>) {
        self.listed.insert(folder.to_owned(), listing);
    }

    pub(super) fn keep_linked(&mut self, folder: &str, linked: bool) {
        self.linked.insert(folder.to_owned(), linked);
    }

    /// Whether a folder is a link, or within one; `None` where that is not known.
    pub(super) fn is_linked(&self, folder: &str) -> Option<bool> {
        if let Some(linked) = self.linked.get(folder) {
            return Some(*linked);
        }
        let (around, name) = split(folder);
        let listing = self.listed.get(around)?;
        if !has(&listing.folders, name) {
            return None;
        }
        Some(has(&listing.odd, name) || !around.is_empty() && self.is_linked(around)?)
    }

    /// Whether there is a plain file at `path`, and no link on the way to it; `false` where that is not known.
    pub(super) fn shows_plain(&self, path: &str) -> bool {
        let (folder, name) = split(path);
        let shows = |listing: &Arc<Listing>| {
            has(&listing.files, name) && !has(&listing.folders, name) && !has(&listing.odd, name)
        };
        self.listed.get(folder).is_some_and(shows) && (folder.is_empty() || self.is_linked(folder) == Some(false))
    }
}

impl Listing {
    /// Lists a folder; where there is none, it holds nothing.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if missing(&error) => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut listing = Self::default();
        for entry in entries.flatten() {
            let kind = entry.file_type().ok();
            // A link is followed here to see what it is, and refused when it is read if it leaves the project. One that
            // leads nowhere, and a folder where a layer should be, are kept: reading them says what is wrong.
            let is_folder = match kind {
                Some(kind) if kind.is_symlink() => fs::metadata(entry.path()).is_ok_and(|to| to.is_dir()),
                kind => kind.is_some_and(|kind| kind.is_dir()),
            };
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !kind.is_some_and(|kind| kind.is_file() || kind.is_dir()) {
                listing.odd.push(name.clone());
            }
            if !is_folder || name.ends_with(".env") && name != ".env" {
                listing.files.push(name.clone());
            }
            if is_folder {
                listing.folders.push(name);
            }
        }
        listing.files.sort();
        listing.folders.sort();
        listing.odd.sort();
        Ok(listing)
    }
}

/// A path as the folder around it and its own name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn has(names: &[String], name: &str) -> bool {
    names.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
}

/// Whether an error says that there is nothing at a path.
pub(super) fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::Arc;

    use super::{Listing, Listings};

    /// Whatever a listing shows is what the file system itself says; what it does not show is not known.
    #[test]
    fn a_listing_shows_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("environments/old.env")).unwrap();
        fs::write(root.join("environments/prod.env"), "A=1\n").unwrap();
        symlink("prod.env", root.join("environments/dev.env")).unwrap();
        symlink("nowhere", root.join("environments/lost.env")).unwrap();
        symlink("environments", root.join("linked")).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(root.join("environments/pipe.env")).status().unwrap();
        assert!(pipe.success());
        let mut seen = Listings::default();
        assert!(!seen.shows_plain("environments/prod.env"));
        for folder in ["", "environments", "linked"] {
            seen.keep(folder, Arc::new(Listing::of(&root.join(folder)).unwrap()));
        }
        for (path, plain) in [
            ("environments/prod.env", true),
            ("environments/dev.env", false),
            ("environments/lost.env", false),
            ("environments/old.env", false),
            ("environments/pipe.env", false),
            ("environments/none.env", false),
            ("linked/prod.env", false),
            ("environments", false),
            ("./environments/prod.env", false),
            ("environments/../environments/prod.env", false),
        ] {
            assert_eq!(seen.shows_plain(path), plain, "{path}");
        }
        for (folder, linked) in [
            ("environments", Some(false)),
            ("environments/old.env", Some(false)),
            ("linked", Some(true)),
            ("linked/old.env", Some(true)),
            ("elsewhere", None),
            ("elsewhere/within", None),
        ] {
            assert_eq!(seen.is_linked(folder), linked, "{folder}");
        }
        let listing = seen.of("environments").unwrap();
        assert_eq!(listing.files, ["dev.env", "lost.env", "old.env", "pipe.env", "prod.env"]);
        assert_eq!(listing.folders, ["old.env"]);
    }
}
