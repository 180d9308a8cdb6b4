//! What a record in the folder tells, and a commit would not: git has sealed files, and not the record that belongs to them.

use super::unplaced::place;
use super::{NAME, Revocations, digest};
use crate::error::Error;
use crate::project::files::Files;
use crate::project::git::{self, Tree};
use crate::project::tracking;
use crate::source::{Sources, Span};
use crate::stores::sops::Noted;

/// A record that others would not have.
#[derive(Debug)]
pub struct Untold {
    /// Where it names the first of the files; the beginning of that file where the record is gone.
    pub at: Span,
    /// The commit from which git brings it back, where it is gone.
    pub removed_since: Option<String>,
    /// The sealed files of which it alone knows what is still to be changed.
    pub paths: Vec<String>,
}

impl Revocations {
    /// What git does not have of the record in the folder, and has the sealed files that it is about: where `files` are those
    /// that are about to be committed, or git has no record at all.
    ///
    /// # Errors
    /// A sealed file that cannot be read.
    pub fn untold(files: &Files, sources: &mut Sources) -> Result<Option<Untold>, Error> {
        let folder = Files::on_disk(files.root(), &files.shown(""));
        let paths = if files.is_staged() {
            not_staged(files, &folder)?
        } else if Self::read(files)?.paths().next().is_none() || files.index().is_none() || tracking::has(files, NAME) {
            Vec::new()
        } else {
            // Where git cannot be asked, nothing is known.
            let staged = git::files(files.root(), &files.shown(""), Tree::Index).ok();
            staged.map(|staged| not_staged(&staged, &folder)).transpose()?.unwrap_or_default()
        };
        let Some(first) = paths.first() else { return Ok(None) };
        let text = folder.read_if_there(NAME)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let text = text.unwrap_or_default();
        let source = sources.add(files.shown(NAME), text.as_str());
        Ok(Some(Untold { at: Span::new(source, place(&text, first)), removed_since: None, paths }))
    }

    /// Whether what is said of `path` is about this version of it.
    fn is_about(&self, path: &str, bytes: &[u8]) -> bool {
        let version = digest(&String::from_utf8_lossy(bytes));
        self.has_key_of(path, bytes) || self.0.get(path).is_some_and(|pending| pending.left.contains_key(&version))
    }
}

/// The sealed files that are staged without what the record in the folder tells of them.
fn not_staged(files: &Files, folder: &Files) -> Result<Vec<String>, Error> {
    // A broken record is told of once it is staged.
    let Ok(there) = Revocations::as_written(folder) else { return Ok(Vec::new()) };
    let (staged, none, mut paths) = (Revocations::as_written(files)?, Noted::default(), Vec::new());
    for path in there.paths() {
        let Some(bytes) = files.read_if_there(path)?.filter(|bytes| there.is_about(path, bytes)) else { continue };
        let known = staged.told(path, &bytes, &none);
        let is_known = |reader: &String, key: &Option<String>| {
            known.iter().any(|one| one.key == *key && one.readers.contains(reader))
        };
        let mut told = there.told(path, &bytes, &none).into_iter();
        if told.any(|one| one.readers.iter().any(|reader| !is_known(reader, &one.key))) {
            paths.push(path.to_owned());
        }
    }
    Ok(paths)
}
