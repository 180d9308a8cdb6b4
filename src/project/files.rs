//! Where a project's files come from: the folder itself, or what git holds of it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::held::Held;
use super::listings::{Listing, Listings, missing};
use super::tracking::Index;
use crate::error::Error;
use crate::layer::{Fault, FaultKind};

/// The largest file that is read, in bytes. A layer over 8 MiB is a finding of its own; this only keeps a mistake, such
/// as a disk image called `.env.old`, out of memory.
pub(super) const LIMIT: u64 = 64 * 1024 * 1024;

/// A tree of files.
#[derive(Debug, Clone)]
pub struct Files {
    root: PathBuf,
    /// The same without a link on the way to it, found when first asked for.
    real_root: Arc<OnceLock<PathBuf>>,
    /// What stands before each path that users see: `services/api/`.
    prefix: String,
    /// The files that git holds, where they are judged instead of the folder's.
    held: Option<Held>,
    /// Files that are about to be written, by path: what they will hold.
    proposed: BTreeMap<String, Arc<[u8]>>,
    /// What git has around the folder, read when first asked for; `None` where nobody wants to know.
    index: Option<Arc<OnceLock<Option<Index>>>>,
    /// What was found in each folder that was listed; `None` where files may come and go between two questions.
    seen: Option<Arc<Mutex<Listings>>>,
}

impl Files {
    /// The files in `root`; `prefix` is put before each path that users see.
    #[must_use]
    pub fn on_disk(root: &Path, prefix: &str) -> Self {
        Self::new(root, prefix, None)
    }

    /// Files given by path instead of those in `root`: what git is about to commit.
    #[must_use]
    pub fn staged(root: &Path, prefix: &str, staged: BTreeMap<String, Vec<u8>>) -> Self {
        Self::held(root, prefix, Held::given(root, None, staged))
    }

    /// Files given by path instead of those in `root`: what git holds at `revision`.
    #[must_use]
    pub fn at_revision(root: &Path, prefix: &str, revision: &str, files: BTreeMap<String, Vec<u8>>) -> Self {
        Self::held(root, prefix, Held::given(root, Some(revision), files))
    }

    /// The files that git holds instead of those in `root`.
    pub(super) fn held(root: &Path, prefix: &str, held: Held) -> Self {
        Self::new(root, prefix, Some(held))
    }

    fn new(root: &Path, prefix: &str, held: Option<Held>) -> Self {
        Self {
            root: root.to_owned(),
            real_root: Arc::default(),
            prefix: prefix.to_owned(),
            held,
            proposed: BTreeMap::new(),
            index: None,
            seen: None,
        }
    }

    /// The same tree as it will be once `path` holds `bytes`: what is about to be written can be judged before.
    #[must_use]
    pub fn with(&self, path: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        let mut files = self.clone();
        files.proposed.insert(path.to_owned(), bytes.into());
        files
    }

    fn proposed(&self, path: &str) -> Option<&[u8]> {
        self.proposed.get(path).map(AsRef::as_ref)
    }

    /// The revision that the files are from; `None` for the folder and for the index.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.held.as_ref()?.revision()
    }

    /// The same, and it is asked what git has of the folder: see [`super::tracking`].
    #[must_use]
    pub fn watching_git(mut self) -> Self {
        self.index = Some(Arc::default());
        self
    }

    /// The same, taken to stay as it is as long as it is asked: each folder is listed once.
    #[must_use]
    pub fn at_rest(mut self) -> Self {
        self.seen = Some(Arc::default());
        self
    }

    /// Whether anybody wants to know what git has, or is about to have.
    pub(super) fn watches_git(&self) -> bool {
        self.index.is_some() || self.is_staged()
    }

    /// What git has around the folder.
    pub(super) fn index(&self) -> Option<&Index> {
        self.index.as_ref()?.get_or_init(|| Index::around(&self.root)).as_ref()
    }

    /// Whether these are the files that are about to be committed.
    #[must_use]
    pub fn is_staged(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.revision().is_none())
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder without a link on the way to it; `None` where there is no such folder.
    pub(super) fn real_root(&self) -> Option<&Path> {
        if let Some(known) = self.real_root.get() {
            return Some(known);
        }
        let real = self.root.canonicalize().ok()?;
        Some(self.real_root.get_or_init(|| real))
    }

    /// The path that users see.
    #[must_use]
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The root as users see it.
    #[must_use]
    pub fn root_shown(&self) -> &str {
        match (self.prefix.trim_end_matches('/'), &self.held) {
            ("", Some(held)) => held.revision().unwrap_or("the git index"),
            ("", None) => "this folder",
            (prefix, _) => prefix,
        }
    }

    /// The same tree one folder down; the same itself where `folder` is empty.
    #[must_use]
    pub fn member(&self, folder: &str) -> Self {
        if folder.is_empty() {
            return self.clone();
        }
        let start = format!("{folder}/");
        let held = self.held.as_ref().map(|held| held.member(folder));
        // A thousand members need not each be looked up from the top.
        let real_root = if self.index.is_some() && self.is_linked(folder) == Some(false) {
            self.real_root().map(|root| folder.split('/').fold(root.to_owned(), |path, name| path.join(name)))
        } else {
            None
        };
        Self {
            root: self.root.join(folder),
            real_root: Arc::new(real_root.map_or_else(OnceLock::new, OnceLock::from)),
            prefix: format!("{}{start}", self.prefix),
            held,
            proposed: self
                .proposed
                .iter()
                .filter_map(|(path, bytes)| Some((path.strip_prefix(&start)?.to_owned(), Arc::clone(bytes))))
                .collect(),
            index: self.index.clone(),
            seen: self.seen.as_ref().map(|_| Arc::default()),
        }
    }

    /// Whether a folder is within the tree, wherever links lead.
    #[must_use]
    pub fn holds(&self, folder: &str) -> bool {
        if self.held.is_some() {
            return true;
        }
        if self.is_linked(folder) == Some(false) {
            return true;
        }
        let real = self.root.join(folder).canonicalize().ok();
        real.zip(self.real_root()).is_some_and(|(folder, root)| folder.starts_with(root))
    }

    /// The names of the files in `folder`, sorted; none when there is no such folder.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn names(&self, folder: &str) -> Result<Vec<String>, Error> {
        self.list(folder, false)
    }

    /// The names of the folders in `folder`, sorted.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn folders(&self, folder: &str) -> Result<Vec<String>, Error> {
        self.list(folder, true)
    }

    fn list(&self, folder: &str, folders: bool) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = if let Some(held) = &self.held {
            let (own, below) = held.names(folder);
            if folders { below } else { own }
        } else {
            let listing = self.listing(folder)?;
            if folders { listing.folders.clone() } else { listing.files.clone() }
        };
        for path in self.proposed.keys().filter(|_| !folders) {
            let (within, name) = path.rsplit_once('/').unwrap_or(("", path));
            names.extend((within == folder).then(|| name.to_owned()));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// What the folder holds on disk.
    fn listing(&self, folder: &str) -> Result<Arc<Listing>, Error> {
        let list = || Listing::of(&self.root.join(folder)).map_err(|error| self.unreadable(folder, &error));
        if self.seen.is_none() {
            return list().map(Arc::new);
        }
        if let Some(listing) = self.seen().and_then(|seen| seen.of(folder)) {
            return Ok(listing);
        }
        let listing = Arc::new(if self.is_absent(folder) { Listing::default() } else { list()? });
        if let Some(mut seen) = self.seen() {
            seen.keep(folder, Arc::clone(&listing));
        }
        Ok(listing)
    }

    /// What is remembered of folders; `None` where nothing is.
    fn seen(&self) -> Option<MutexGuard<'_, Listings>> {
        self.seen.as_ref().map(|seen| seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the root, which was listed, shows that there is nothing at `path`. Never so where nothing is remembered.
    fn is_absent(&self, path: &str) -> bool {
        let first = path.split('/').next().unwrap_or_default();
        if self.seen.is_none() || matches!(first, "" | "." | "..") {
            return false;
        }
        // Some file systems take either case.
        let is_it = |name: &String| name.eq_ignore_ascii_case(first);
        let root = self.listing("");
        root.is_ok_and(|root| !root.files.iter().any(is_it) && !root.folders.iter().any(is_it))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// A path that leads out of the project, a file that is missing, unreadable, not a plain file, or over 8 MiB.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let parts = Path::new(path).components();
        let inside = parts.clone().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            let help = "name a file within the project's folder, relative to it";
            return Err(Error::new("a path leads out of the project").at(self.shown(path)).help(help));
        }
        if let Some(bytes) = self.proposed(path) {
            return Ok(bytes.to_vec());
        }
        if let Some(held) = &self.held {
            let plain = path.trim_start_matches("./");
            let bytes = held.get(plain)?;
            return bytes.map(|bytes| bytes.to_vec()).ok_or_else(|| {
                let missing = match held.revision() {
                    None => Error::new("this file is not in the git index")
                        .help("add it with `git add`, or leave --staged out"),
                    Some(revision) => Error::new(format!("this file is not in {revision}"))
                        .help("it was named there, but not committed; choose another revision"),
                };
                missing.at(self.shown(path))
            });
        }
        self.read_from_disk(path).map_err(|error| self.explained(path, error))
    }

    /// Where a symbolic link leads within the project; `None` for what is none.
    pub(super) fn behind_link(&self, path: &str) -> Option<String> {
        let full = self.root.join(path);
        if self.held.is_some() || self.is_plain(path) || !full.is_symlink() {
            return None;
        }
        let real = full.canonicalize().ok()?;
        Some(real.strip_prefix(self.real_root()?).ok()?.to_str()?.replace('\\', "/"))
    }

    /// Whether there is a plain file.
    pub(super) fn has(&self, path: &str) -> bool {
        self.held
            .as_ref()
            .map_or_else(|| !self.is_absent(path) && self.root.join(path).is_file(), |held| held.has(path))
    }

    /// The size of a plain file in bytes; `None` where there is none.
    pub(super) fn size(&self, path: &str) -> Option<usize> {
        if let Some(held) = &self.held {
            return held.get(path).ok()?.map(|bytes| bytes.len());
        }
        if self.is_absent(path) {
            return None;
        }
        let about = fs::metadata(self.root.join(path)).ok().filter(fs::Metadata::is_file)?;
        usize::try_from(about.len()).ok()
    }

    /// The bytes of a file that a project need not have.
    ///
    /// # Errors
    /// See [`Files::read`].
    pub fn read_if_there(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        if let Some(bytes) = self.proposed(path) {
            return Ok(Some(bytes.to_vec()));
        }
        if let Some(held) = &self.held {
            return Ok(held.get(path)?.map(|bytes| bytes.to_vec()));
        }
        if self.is_absent(path) {
            return Ok(None);
        }
        match self.read_from_disk(path) {
            Err(Unread::Failed(error)) if missing(&error) => Ok(None),
            Err(error) => Err(self.explained(path, error)),
            Ok(bytes) => Ok(Some(bytes)),
        }
    }

    fn explained(&self, path: &str, error: Unread) -> Error {
        match error {
            Unread::Failed(error) => self.unreadable(path, &error),
            Unread::Refused(message, help) => Error::new(message).at(self.shown(path)).help(help),
        }
    }

    fn read_from_disk(&self, path: &str) -> Result<Vec<u8>, Unread> {
        let full = self.root.join(path);
        if !self.is_plain(path) {
            self.look_at(path, &full)?;
        }
        let file = fs::File::open(&full)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(NOT_PLAIN);
        }
        if about.len() > LIMIT {
            return Err(Unread::Refused(
                "this file is over 64 MiB; no file of a configuration should be",
                "make it smaller, or name another one",
            ));
        }
        let length = usize::try_from(about.len()).unwrap_or_default();
        let mut bytes = vec![0; length];
        // A file that changes while it is read is read again, as it is then.
        if length == 0 || (&file).read_exact(&mut bytes).is_err() {
            bytes.clear();
            fs::File::open(&full)?.take(LIMIT).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Refuses what is no plain file within the project. Asked before it is opened: opening a named pipe would wait for
    /// somebody to write to it.
    fn look_at(&self, path: &str, full: &Path) -> Result<(), Unread> {
        let itself = fs::symlink_metadata(full)?;
        let is_link = itself.is_symlink();
        let about = if is_link { fs::metadata(full)? } else { itself };
        if !about.is_file() {
            return Err(NOT_PLAIN);
        }
        // A link within the project is fine; one that leaves it could show anything on the machine.
        let folder = path.rsplit_once('/').map(|(folder, _)| folder);
        let linked = is_link || folder.is_some_and(|folder| self.is_linked(folder) != Some(false));
        if linked && !self.real_root().is_some_and(|root| full.canonicalize().is_ok_and(|real| real.starts_with(root)))
        {
            return Err(Unread::Refused(
                "this is a symbolic link that leads out of the project",
                "put the file itself in its place, or let it lead to a file within the project",
            ));
        }
        Ok(())
    }

    /// Whether what was listed shows a plain file at `path`, and no link on the way to it. Never so where nothing is
    /// remembered.
    fn is_plain(&self, path: &str) -> bool {
        self.seen().is_some_and(|seen| seen.shows_plain(path))
    }

    /// Whether a folder within the root is a link, or within one; `None` where there is no such folder.
    fn is_linked(&self, folder: &str) -> Option<bool> {
        if let Some(linked) = self.seen().and_then(|seen| seen.is_linked(folder)) {
            return Some(linked);
        }
        let around = folder.rsplit_once('/').map(|(around, _)| self.is_linked(around));
        let linked = match around.flatten() {
            Some(true) => true,
            _ => fs::symlink_metadata(self.root.join(folder)).ok()?.is_symlink(),
        };
        if let Some(mut seen) = self.seen() {
            seen.keep_linked(folder, linked);
        }
        Some(linked)
    }

    fn unreadable(&self, path: &str, error: &std::io::Error) -> Error {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file",
            std::io::ErrorKind::PermissionDenied => "this file may not be read (permission denied)",
            _ => "this file cannot be read",
        };
        Error::new(reason).at(self.shown(path))
    }
}

enum Unread {
    Failed(std::io::Error),
    /// Why, and what to do.
    Refused(&'static str, &'static str),
}

const NOT_PLAIN: Unread = Unread::Refused("this is not a plain file", "put a file in its place, or name another one");

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error)
    }
}

/// The bytes as text. Bytes that are not UTF-8 become U+FFFD, as docker compose reads them, and a fault says where; so it
/// does of the first NUL byte.
#[must_use]
pub fn text(bytes: Vec<u8>) -> (String, Vec<Fault>) {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (text, mut faults) = match String::from_utf8(bytes) {
        Ok(text) => (text, Vec::new()),
        Err(error) => {
            let at = offset(error.utf8_error().valid_up_to());
            let fault = Fault {
                at: at..at.saturating_add(3),
                kind: FaultKind::NotUtf8,
                message: "this byte is not UTF-8",
                help: "save the file as UTF-8; some readers refuse it, others replace the character",
            };
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), vec![fault])
        }
    };
    faults.extend(memchr::memchr(0, text.as_bytes()).map(|at| Fault {
        at: offset(at)..offset(at + 1),
        kind: FaultKind::Nul,
        message: "this is a NUL byte",
        help: "take it out; some readers refuse the file, others cut the value there",
    }));
    (text, faults)
}
