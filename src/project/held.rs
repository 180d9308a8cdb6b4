//! Files that git holds: each is read from its objects when somebody asks for it first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::files::LIMIT;
use super::git::{Object, Objects, unreadable};
use super::links;
use crate::error::Error;

/// A tree of such files.
#[derive(Clone)]
pub(super) struct Held {
    /// A revision; `None` for the index.
    revision: Option<String>,
    files: Arc<BTreeMap<String, Arc<Blob>>>,
    /// What reads them.
    store: Arc<Mutex<Store>>,
}

/// A file.
struct Blob {
    /// What git calls it; empty where its bytes were given.
    object: String,
    /// Whether its bytes are the path that a symbolic link leads to.
    is_link: bool,
    bytes: OnceLock<Arc<[u8]>>,
}

/// The process that is asked for objects, once one is wanted.
struct Store {
    root: PathBuf,
    process: Option<Objects>,
}

impl fmt::Debug for Held {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.files.keys().collect();
        formatter.debug_struct("Held").field("revision", &self.revision).field("files", &paths).finish_non_exhaustive()
    }
}

impl Held {
    /// Nothing yet, of the repository around `root`.
    pub(super) fn within(root: &Path, revision: Option<&str>) -> Self {
        let store = Store { root: root.to_owned(), process: None };
        Self { revision: revision.map(ToOwned::to_owned), files: Arc::default(), store: Arc::new(Mutex::new(store)) }
    }

    /// Files that are known already.
    pub(super) fn given(root: &Path, revision: Option<&str>, files: BTreeMap<String, Vec<u8>>) -> Self {
        let blob =
            |bytes: Vec<u8>| Blob { object: String::new(), is_link: false, bytes: Arc::<[u8]>::from(bytes).into() };
        let files = files.into_iter().map(|(path, bytes)| (path, Arc::new(blob(bytes))));
        Self { files: Arc::new(files.collect()), ..Self::within(root, revision) }
    }

    /// Adds a file by what git calls it.
    pub(super) fn add(&mut self, path: &str, object: &str) {
        self.put(path, object, false);
    }

    /// Adds a symbolic link by what git calls it.
    pub(super) fn add_link(&mut self, path: &str, object: &str) {
        self.put(path, object, true);
    }

    fn put(&mut self, path: &str, object: &str, is_link: bool) {
        let blob = Arc::new(Blob { object: object.to_owned(), is_link, bytes: OnceLock::new() });
        Arc::make_mut(&mut self.files).insert(path.to_owned(), blob);
    }

    /// Leaves only these.
    pub(super) fn keep(&mut self, wanted: &BTreeSet<String>) {
        Arc::make_mut(&mut self.files).retain(|path, _| wanted.contains(path));
    }

    /// The revision; `None` for the index.
    pub(super) fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// The paths of all files and links, in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// What git calls a file; `None` for links and where there is none.
    pub(super) fn object_of(&self, path: &str) -> Option<String> {
        self.files.get(path).filter(|blob| !blob.is_link).map(|blob| blob.object.clone())
    }

    /// Those below a folder, by their paths from there.
    pub(super) fn member(&self, folder: &str) -> Self {
        let start = format!("{folder}/");
        let inside = self.files.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
        let files = inside.map(|(path, blob)| (path[start.len()..].to_owned(), Arc::clone(blob)));
        Self { revision: self.revision.clone(), files: Arc::new(files.collect()), store: Arc::clone(&self.store) }
    }

    /// The names of the files in a folder, then those of the folders.
    pub(super) fn names(&self, folder: &str) -> (Vec<String>, Vec<String>) {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let mut from = start.clone();
        while let Some((path, _)) = self.files.range(from..).next() {
            let Some(rest) = path.strip_prefix(&start) else { break };
            match rest.split_once('/') {
                Some((name, _)) => {
                    folders.push(name.to_owned());
                    // The next sign after the slash: past everything in that folder.
                    from = format!("{start}{name}0");
                }
                None => {
                    files.push(rest.to_owned());
                    from = format!("{path}\0");
                }
            }
        }
        (files, folders)
    }

    /// Whether there is a file, without reading it.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|blob| !blob.is_link || self.get(path).is_ok_and(|bytes| bytes.is_some()))
    }

    /// The bytes of a file, or of the one that a link leads to; `None` where there is none.
    ///
    /// # Errors
    /// An object that git cannot read, a file over 64 MiB.
    pub(super) fn get(&self, path: &str) -> Result<Option<Arc<[u8]>>, Error> {
        let Some(blob) = self.files.get(path) else { return Ok(None) };
        let bytes = self.bytes(path, blob)?;
        if !blob.is_link {
            return Ok(Some(bytes));
        }
        let behind = links::led_to(path, &bytes).and_then(|to| self.files.get(&to));
        behind.filter(|blob| !blob.is_link).map(|blob| self.bytes(path, blob)).transpose()
    }

    fn bytes(&self, path: &str, blob: &Blob) -> Result<Arc<[u8]>, Error> {
        if let Some(bytes) = blob.bytes.get() {
            return Ok(Arc::clone(bytes));
        }
        let bytes = self.object(path, &blob.object)?;
        Ok(Arc::clone(blob.bytes.get_or_init(|| bytes)))
    }

    /// The bytes of an object; `path` is that of the file that it belongs to.
    ///
    /// # Errors
    /// See [`Held::get`].
    pub(super) fn object(&self, path: &str, name: &str) -> Result<Arc<[u8]>, Error> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if store.process.is_none() {
            store.process = Some(Objects::of(&store.root)?);
        }
        match store.process.as_mut().ok_or_else(unreadable)?.get(name)? {
            Some(Object { size, .. }) if size > LIMIT => {
                Err(Error::new("this file is over 64 MiB; no file of a configuration should be").at(path))
            }
            Some(object) => Ok(object.bytes.into()),
            None => Err(unreadable()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::Held;

    #[test]
    fn folders_are_listed_by_what_is_below_them() {
        let paths = ["a", "a-b/c", "a/d", "a/e/f", "a/e/g", "a0", "b/c/d"].into_iter().skip(1);
        let files = paths.map(|path| (path.to_owned(), path.as_bytes().to_vec())).collect::<BTreeMap<_, _>>();
        let held = Held::given(Path::new("."), None, files);
        let list = |held: &Held, folder: &str| {
            let (files, folders) = held.names(folder);
            format!("{} | {}", files.join(" "), folders.join(" "))
        };
        for (folder, expected) in [("", "a0 | a-b a b"), ("a", "d | e"), ("a/e", "f g | "), ("b", " | c"), ("c", " | ")]
        {
            assert_eq!(list(&held, folder), expected, "{folder}");
        }
        let member = held.member("a");
        assert_eq!(list(&member, ""), "d | e");
        assert_eq!(member.get("e/f").unwrap().as_deref(), Some(&b"a/e/f"[..]));
        assert!(member.has("e/g") && !member.has("a0") && member.get("a-b/c").unwrap().is_none());
    }
}
