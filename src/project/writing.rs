//! Files written whole or not at all: what a run that is killed leaves behind is the old file or the new one.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use crate::error::Error;

/// Replaces an existing file by way of a temporary one beside it. Its permissions stay, and so does a link to it.
///
/// # Errors
/// As the system says; the file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    put(&path, bytes, Some(permissions))
}

/// Writes `path`, which lies within `root`, and makes the folders on the way. A file that is there is replaced and
/// keeps its permissions; a new one can be read by everybody, or by its owner alone if it is `private`.
///
/// # Errors
/// A path that leads out of `root`, be it by `..` or by a symbolic link; whatever the system refuses. The file is then
/// as it was.
pub fn write(root: &Path, path: &str, bytes: &[u8], private: bool) -> Result<(), Error> {
    let failed = |message: &str| Error::new(message.to_owned()).at(path);
    let target = within(root, path)?;
    let before = fs::symlink_metadata(&target).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        return Err(failed("this is no ordinary file, and is left as it is"));
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|_| failed("the folder of this file cannot be made"))?;
    }
    let permissions =
        if private { mode(0o600) } else { before.map_or_else(|| mode(0o644), |file| Some(file.permissions())) };
    put(&target, bytes, permissions).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => ": permission denied",
            io::ErrorKind::StorageFull => ": no space is left",
            io::ErrorKind::ReadOnlyFilesystem => ": the file system is read-only",
            _ => "",
        };
        failed(&format!("this file could not be written{reason}; it is as it was"))
    })
}

/// The file of a path that lies within `root`: no `..`, not absolute, and no symbolic link on the way.
fn within(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain {
        return Err(Error::new("this path leads out of the project").at(path));
    }
    let mut target = root.to_owned();
    for part in Path::new(path).components() {
        target.push(part);
        if fs::symlink_metadata(&target).is_ok_and(|found| found.is_symlink()) {
            return Err(Error::new("a symbolic link is not written through").at(path));
        }
    }
    Ok(target)
}

fn put(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name is safe only once its folder is; where folders cannot be opened, nothing more can be done.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there are none")]
fn mode(bits: u32) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = Permissions::from_mode(bits);
    Some(permissions)
}

/// Elsewhere the folder decides who may read a file.
#[cfg(not(unix))]
fn mode(_bits: u32) -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::{replace, write};
    use std::fs;

    #[test]
    fn only_what_lies_within_is_written() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for path in ["", "/tmp/x", "../x", "a/../../x", "./x"] {
            assert!(write(root, path, b"x", false).is_err(), "{path}");
        }
        write(root, "a/b/c.txt", b"one", false).unwrap();
        write(root, "a/b/c.txt", b"two", false).unwrap();
        assert_eq!(fs::read(root.join("a/b/c.txt")).unwrap(), b"two");
        assert!(write(root, "a/b", b"x", false).is_err());
        assert_eq!(fs::read_dir(root.join("a/b")).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let (outside, root) = (outside.path(), root.path());
        symlink(outside, root.join("folder")).unwrap();
        fs::write(outside.join("file"), "old").unwrap();
        symlink(outside.join("file"), root.join("file")).unwrap();
        assert!(write(root, "folder/x", b"x", false).is_err());
        assert!(write(root, "file", b"x", false).is_err());
        assert_eq!(fs::read_dir(outside).unwrap().count(), 1);
        // What is there already is replaced where it really is.
        replace(&root.join("file"), b"new").unwrap();
        assert_eq!(fs::read(outside.join("file")).unwrap(), b"new");
        assert!(fs::symlink_metadata(root.join("file")).unwrap().is_symlink());

        let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
        write(root, "private", b"x", true).unwrap();
        write(root, "ordinary", b"x", false).unwrap();
        assert_eq!((mode("private"), mode("ordinary")), (0o600, 0o644));
        fs::set_permissions(root.join("ordinary"), fs::Permissions::from_mode(0o755)).unwrap();
        write(root, "ordinary", b"y", false).unwrap();
        assert_eq!(mode("ordinary"), 0o755);
    }
}
