//! Files written whole or not at all: what a run that is killed leaves behind is the old file or the new one.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::tracking::git_folder;
use crate::error::Error;

/// Replaces an existing file by way of a temporary one that git never takes. Its permissions stay, and so does a link to
/// it.
///
/// # Errors
/// As the system says; the file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = fs::metadata(&path)?.permissions();
    put_unseen(&path, bytes, Some(permissions), None).map_err(|error| match error {
        Failure::System(error) => error,
        Failure::Refused(_) => io::Error::other("refused"),
    })
}

/// Writes `path`, which lies within `root`, and makes the folders on the way. A file that is there is replaced and
/// keeps its permissions; a new one can be read by everybody, or by its owner alone if it is `private`. What is private is
/// never where git could take it under another name than its own.
///
/// # Errors
/// A path that leads out of `root`, be it by `..` or by a symbolic link; whatever the system refuses. The file is then
/// as it was.
pub fn write(root: &Path, path: &str, bytes: &[u8], private: bool) -> Result<(), Error> {
    write_with(root, path, bytes, private, None)
}

/// The same for a file that must first be proven: `prove` gets what stands on the disk, read again, and the file takes
/// its place only if it finds nothing wrong. Whoever calls holds a lock, so that what is left behind if the run is killed
/// can be told from what is being written, and cleared away: see [`sweep`].
///
/// # Errors
/// See [`write()`]; whatever `prove` finds. The file is then as it was.
pub fn write_proven(
    root: &Path,
    path: &str,
    bytes: &[u8],
    prove: &dyn Fn(&[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    write_with(root, path, bytes, false, Some(prove))
}

/// The same for a file that is proven by nothing: for whoever holds a lock.
///
/// # Errors
/// See [`write()`].
pub fn write_locked(root: &Path, path: &str, bytes: &[u8]) -> Result<(), Error> {
    write_proven(root, path, bytes, &|_| Ok(()))
}

/// What a file must pass between being written and taking its place.
type Proof<'p> = &'p dyn Fn(&[u8]) -> Result<(), Error>;

/// How the names of temporary files begin that are written under a lock.
const PROVEN: &str = ".sparkcfg-sealed-";

/// How the names of those begin that may hold secrets in plain text.
const UNSEEN: &str = ".sparkcfg-plain-";

fn write_with(root: &Path, path: &str, bytes: &[u8], private: bool, proof: Option<Proof<'_>>) -> Result<(), Error> {
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
    let written = if private {
        put_unseen(&target, bytes, permissions, proof)
    } else {
        let folder = target.parent().unwrap_or(Path::new("."));
        if proof.is_some() {
            sweep(folder);
        }
        put(&target, bytes, permissions, (folder, if proof.is_some() { PROVEN } else { "" }), proof)
    };
    written.map_err(|failure| {
        let error = match failure {
            Failure::Refused(error) => return error,
            Failure::System(error) => error,
        };
        let reason = match error.kind() {
            io::ErrorKind::PermissionDenied => ": permission denied",
            io::ErrorKind::StorageFull => ": no space is left",
            io::ErrorKind::ReadOnlyFilesystem => ": the file system is read-only",
            _ => "",
        };
        failed(&format!("this file could not be written{reason}; it is as it was"))
    })
}

/// Writes a new file that only its owner can read, wherever it is, and makes its folder.
///
/// # Errors
/// As the system says; a file that is there is never touched.
pub fn create_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    // Temporary files are made for their owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Whether whoever may read a file may execute it as well; elsewhere than on Unix, never.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    let is = |file: &fs::Metadata| std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o100 != 0;
    #[cfg(not(unix))]
    let is = |_: &fs::Metadata| false;
    fs::metadata(path).is_ok_and(|file| file.is_file() && is(&file))
}

/// Lets those execute a file who may read it.
///
/// # Errors
/// A path that leads out of `root`; whatever the system refuses.
pub fn make_executable(root: &Path, path: &str) -> Result<(), Error> {
    let target = within(root, path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let done = fs::metadata(&target).and_then(|file| {
            let bits = file.permissions().mode();
            fs::set_permissions(&target, Permissions::from_mode(bits | (bits & 0o444) >> 2))
        });
        done.map_err(|_| Error::new("this file cannot be made executable").at(path))?;
    }
    #[cfg(not(unix))]
    drop(target);
    Ok(())
}

/// The file of a path that lies within `root`: no `..`, not absolute, and no symbolic link on the way.
///
/// # Errors
/// A path that leads elsewhere.
pub fn within(root: &Path, path: &str) -> Result<PathBuf, Error> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain {
        return Err(Error::new("this path leads out of the project").at(path));
    }
    let mut target = root.to_owned();
    for part in Path::new(path).components() {
        target.push(part);
        if fs::symlink_metadata(&target).is_ok_and(|found| found.is_symlink()) {
            let help = "put a real file or folder in place of the link, or name the one that it points to";
            return Err(Error::new("a symbolic link is not written through").at(path).help(help));
        }
    }
    Ok(target)
}

enum Failure {
    System(io::Error),
    Refused(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Writes by way of a temporary file in git's own folder: a run that is killed leaves nothing that `git add .` takes,
/// whatever name git ignores the file by. Where git has no folder on the same file system it lies beside the file.
fn put_unseen(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
    proof: Option<Proof<'_>>,
) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if let Some(git) = folder.canonicalize().ok().and_then(|folder| folder.ancestors().find_map(git_folder)) {
        sweep_unseen(&git);
        // What stands in the way there, or here, is told by the second try.
        if put(path, bytes, permissions.clone(), (&git, UNSEEN), proof).is_ok() {
            return Ok(());
        }
    }
    put(path, bytes, permissions, (folder, UNSEEN), proof)
}

/// Writes a file by way of a temporary one: its folder, and how its name begins.
fn put(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
    (place, prefix): (&Path, &str),
    proof: Option<Proof<'_>>,
) -> Result<(), Failure> {
    // A random name, made anew, readable by its owner alone; gone again if anything below fails.
    let mut file = match prefix {
        "" => tempfile::Builder::new().tempfile_in(place)?,
        prefix => tempfile::Builder::new().prefix(prefix).tempfile_in(place)?,
    };
    // Tells whoever sweeps that somebody still writes.
    let _ = file.as_file().try_lock();
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    keep_owner(path, file.as_file());
    file.as_file().sync_all()?;
    if let Some(prove) = proof {
        prove(&fs::read(file.path())?).map_err(Failure::Refused)?;
    }
    file.persist(path).map_err(|error| error.error)?;
    // The new name is safe only once its folder is; where folders cannot be opened, nothing more can be done.
    if let Ok(folder) = File::open(path.parent().unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Removes what was left behind by runs that were killed while they held a lock, for whoever holds it now. Nothing can
/// be done about what cannot be removed.
pub fn sweep(folder: &Path) {
    for path in beginning(folder, PROVEN) {
        let _ = fs::remove_file(path);
    }
    sweep_unseen(folder);
}

/// Removes the plain text that killed runs left in git's folder, for a project that lies in `root`. It needs no lock:
/// whoever still writes has a lock on the file itself.
pub fn sweep_for(root: &Path) {
    if let Some(git) = root.canonicalize().ok().and_then(|root| root.ancestors().find_map(git_folder)) {
        sweep_unseen(&git);
    }
}

fn sweep_unseen(folder: &Path) {
    for path in beginning(folder, UNSEEN) {
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The entries of a folder whose names begin so.
fn beginning(folder: &Path, start: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let begins = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(start.as_bytes());
    entries.filter(begins).map(|entry| entry.path()).collect()
}

/// Whether a file of this name is what a killed run left of one with secrets in plain text.
#[must_use]
pub fn is_left_behind(name: &str) -> bool {
    name.starts_with(UNSEEN)
}

/// Gives the new file to whom the old one belongs, where the system lets us.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &File) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let (Ok(before), Ok(now)) = (fs::metadata(old), new.metadata()) else { return };
    if (before.uid(), before.gid()) != (now.uid(), now.gid()) {
        let _ = fchown(new, Some(before.uid()), Some(before.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_old: &Path, _new: &File) {}

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
    use super::{UNSEEN, create_private, put_unseen, replace, sweep_for, write};
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

    #[test]
    fn what_is_private_is_never_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("sops/age/keys.txt");
        create_private(&path, b"one").unwrap();
        assert_eq!(create_private(&path, b"two").unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
    }

    #[test]
    fn git_never_sees_a_part_of_what_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let (root, git) = (folder.path().join("a"), folder.path().join(".git"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir(&git).unwrap();
        let names = |folder: &std::path::Path| -> Vec<String> {
            let entries = fs::read_dir(folder).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let path = root.join("prod.local.env");
        let meanwhile = |written: &[u8]| {
            assert_eq!((written, names(&root)), (&b"A=1\n"[..], vec![]));
            // Whoever still writes is left alone.
            sweep_for(&root);
            assert!(matches!(names(&git).as_slice(), [one] if one.starts_with(UNSEEN)));
            Ok(())
        };
        assert!(put_unseen(&path, b"A=1\n", None, Some(&meanwhile)).is_ok());
        assert_eq!((names(&root), names(&git)), (vec!["prod.local.env".to_owned()], vec![]));
        // What a killed run left is cleared away by the next one.
        let left = git.join(format!("{UNSEEN}x"));
        fs::write(&left, "A=1\n").unwrap();
        replace(&path, b"A=2\n").unwrap();
        assert!(!left.exists());
        fs::write(&left, "A=1\n").unwrap();
        sweep_for(&root);
        assert!(!left.exists());
        assert_eq!(fs::read(&path).unwrap(), b"A=2\n");
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
        super::make_executable(root, "private").unwrap();
        assert!(mode("private") == 0o700 && super::is_executable(&root.join("private")));
        assert!(super::make_executable(root, "folder/file").is_err());
    }
}
