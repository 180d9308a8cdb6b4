//! What the record says of files that no environment has, as after an environment got another name.

use super::{NAME, Revocations};
use crate::error::Error;
use crate::project::access::SealedFile;
use crate::project::files::Files;
use crate::source::{Sources, Span};
use crate::stores::{self, sops::traces};

/// A file that the record is about and that is a layer of no environment.
#[derive(Debug)]
pub struct Unplaced {
    /// Its path, as the record has it.
    pub path: String,
    /// Where the record names it.
    pub at: Span,
    /// The file that has its data key, and is thus the same under another name.
    pub renamed: Option<String>,
}

impl Revocations {
    /// The files of the record that are none of `sealed`, nor `lost`: those are told of already.
    ///
    /// # Errors
    /// A sealed file that cannot be read.
    pub fn unplaced(
        &self,
        files: &Files,
        sealed: &[SealedFile],
        lost: &[String],
        sources: &mut Sources,
    ) -> Result<Vec<Unplaced>, Error> {
        let stem = |path: &str| stores::of(path).and_then(|store| path.strip_suffix(store.suffix)).map(str::to_owned);
        let is_placed = |path: &str| sealed.iter().any(|file| file.path == path);
        let paths: Vec<_> =
            self.paths().filter(|path| !is_placed(path) && !lost.iter().any(|one| one == path)).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let text =
            files.read_if_there(NAME)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let source = sources.add(files.shown(NAME), text.as_str());
        let mut unplaced = Vec::with_capacity(paths.len());
        for path in paths {
            let mut renamed = None;
            for file in sealed {
                let same = stem(&file.path) == stem(path) || self.has_key_of(path, &files.read(&file.path)?);
                if renamed.is_none() && same {
                    renamed = Some(file.path.clone());
                }
            }
            let at = Span::new(source, place(&text, path));
            unplaced.push(Unplaced { path: path.to_owned(), at, renamed });
        }
        Ok(unplaced)
    }

    /// Whether a file has a data key that the record knows for `path`.
    pub(in crate::project) fn has_key_of(&self, path: &str, bytes: &[u8]) -> bool {
        self.0.get(path).is_some_and(|pending| pending.has_key_of(&traces(bytes)))
    }
}

/// Where the record names a file: at its beginning if that is not to be found.
pub(super) fn place(text: &str, path: &str) -> std::ops::Range<u32> {
    let mut at = 0;
    let start = text.split_inclusive('\n').find_map(|line| {
        let begin = at;
        at += line.len();
        line.strip_prefix('[')?.find(path).map(|found| begin + 1 + found)
    });
    let offset = |at: usize| u32::try_from(at).unwrap_or_default();
    start.map_or(0..0, |start| offset(start)..offset(start + path.len()))
}
