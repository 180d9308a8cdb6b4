//! The contents of git's objects, all through one process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::command;
use crate::error::Error;
use crate::project::files::LIMIT;

/// What stands in objects, by path.
///
/// # Errors
/// An object that git does not have, or one over 64 MiB.
pub(in crate::project) fn blobs(
    root: &Path,
    wanted: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut objects = Objects::of(root)?;
    let mut files = BTreeMap::new();
    for (path, object) in wanted {
        match objects.get(object)? {
            Some(Object { size, .. }) if size > LIMIT => {
                return Err(Error::new("this file is over 64 MiB; no file of a configuration should be").at(path));
            }
            Some(object) => files.insert(path.clone(), object.bytes),
            None => return Err(unreadable()),
        };
    }
    Ok(files)
}

/// A process of git that gives objects by their names.
#[derive(Debug)]
pub(in crate::project) struct Objects {
    process: Child,
    ask: Option<ChildStdin>,
    answer: BufReader<ChildStdout>,
}

/// What git gives for a name.
pub(in crate::project) struct Object {
    /// In bytes.
    pub(in crate::project) size: u64,
    /// Empty where the size is over [`LIMIT`].
    pub(in crate::project) bytes: Vec<u8>,
}

impl Objects {
    /// Starts it in the repository around a folder.
    ///
    /// # Errors
    /// No git.
    pub(in crate::project) fn of(root: &Path) -> Result<Self, Error> {
        let mut command = command(root);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|_| unreadable())?;
        let ask = process.stdin.take();
        let answer = BufReader::new(process.stdout.take().ok_or_else(unreadable)?);
        Ok(Self { process, ask, answer })
    }

    /// The object of a name; `None` where there is none.
    ///
    /// # Errors
    /// A process that ended, or answers otherwise than git does.
    pub(in crate::project) fn get(&mut self, name: &str) -> Result<Option<Object>, Error> {
        let ask = self.ask.as_mut().ok_or_else(unreadable)?;
        ask.write_all(format!("{name}\n").as_bytes()).and_then(|()| ask.flush()).map_err(|_| unreadable())?;
        let mut header = String::new();
        self.answer.read_line(&mut header).map_err(|_| unreadable())?;
        if header.trim_end().ends_with(" missing") {
            return Ok(None);
        }
        let size = header.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
        let size = size.ok_or_else(unreadable)?;
        let mut content = (&mut self.answer).take(size + 1);
        let mut bytes = Vec::new();
        if size > LIMIT {
            std::io::copy(&mut content, &mut std::io::sink()).map_err(|_| unreadable())?;
        } else {
            content.read_to_end(&mut bytes).map_err(|_| unreadable())?;
            bytes.pop();
        }
        Ok(Some(Object { size, bytes }))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Without anybody who asks, it ends.
        drop(self.ask.take());
        let _ = self.process.wait();
    }
}

/// That git does not give what it names.
pub(in crate::project) fn unreadable() -> Error {
    Error::new("git cannot read one of its objects")
}
