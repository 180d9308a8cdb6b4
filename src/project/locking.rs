//! The lock under which tables and sealed files are changed, so that two runs never overwrite each other's work.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::tracking::git_folder;
use crate::error::Error;

/// The right to change the tables and sealed files of a project; given back on drop.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock under which the files of a project are changed, and waits for whoever has it.
///
/// # Errors
/// It is not given back in time, or the system refuses it.
pub fn lock(root: &Path) -> Result<Lock, Error> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let refused = |message: &str| {
        Error::new(format!("the lock for changes cannot be taken: {message}")).help("nothing was changed")
    };
    let file = lock_file(root).map_err(|error| {
        refused(match error.kind() {
            io::ErrorKind::PermissionDenied => "permission denied",
            io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
            io::ErrorKind::StorageFull => "no space is left",
            _ => "its file cannot be opened",
        })
    })?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => return Err(refused("another sparkcfg is changing this project")),
            Err(TryLockError::Error(_)) => return Err(refused("the file system has no locks")),
        }
    }
}

/// The file that is locked: within git's own folder, or, without git, the project's folder itself.
fn lock_file(root: &Path) -> io::Result<File> {
    let root = root.canonicalize()?;
    let Some(git) = root.ancestors().find_map(git_folder) else { return lock_of_folder(&root) };
    let path = git.join("sparkcfg.lock");
    if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("no ordinary file"));
    }
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

/// Folders can be locked, and nothing is left behind.
#[cfg(unix)]
fn lock_of_folder(root: &Path) -> io::Result<File> {
    File::open(root)
}

#[cfg(not(unix))]
fn lock_of_folder(root: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(root.join(".sparkcfg.lock"))
}
