//! A place for plain text while an editor has it: a folder in memory that only its owner can enter, and that is gone
//! afterwards, whichever way this process ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::envelope::LARGEST;
use crate::error::Error;
use crate::secret::Secret;

/// How the names of such folders begin.
const START: &str = "sparkcfg-edit-";

/// What is to be cleared away if a signal ends this process.
struct Pending {
    folders: Vec<PathBuf>,
    /// The editor that has the file open.
    editor: Option<u32>,
    /// The terminal at which somebody types unseen, and how it was before.
    #[cfg(unix)]
    terminal: Option<(File, rustix::termios::Termios)>,
}

static PENDING: Mutex<Pending> = Mutex::new(Pending {
    folders: Vec::new(),
    editor: None,
    #[cfg(unix)]
    terminal: None,
});

fn pending() -> MutexGuard<'static, Pending> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A terminal that does not show what is typed: as long as this is there, a signal that ends this process leaves it as it
/// was before.
pub(super) struct Unseen(());

impl Unseen {
    pub(super) fn begin() -> Self {
        // Where nothing can be kept, it is no worse than with any other program.
        #[cfg(unix)]
        if watch().is_ok()
            && let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty")
            && let Ok(before) = rustix::termios::tcgetattr(&terminal)
        {
            pending().terminal = Some((terminal, before));
        }
        Self(())
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        #[cfg(unix)]
        pending().terminal.take();
    }
}

/// The folder; it and everything in it goes on drop.
#[derive(Debug)]
pub(super) struct Folder {
    place: TempDir,
    is_kept: bool,
    /// Says to later runs that somebody still works here.
    _lock: File,
}

impl Folder {
    /// A new folder, in memory where the system has a place for that.
    ///
    /// # Errors
    /// No folder can be made.
    pub(super) fn new() -> Result<Self, Error> {
        watch()?;
        let made = places().into_iter().find_map(|place| {
            let mut builder = tempfile::Builder::new();
            builder.prefix(START);
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
            let folder = builder.tempdir_in(place).ok()?;
            let lock = File::open(folder.path()).ok()?;
            lock.try_lock().ok()?;
            Some(Self { place: folder, is_kept: false, _lock: lock })
        });
        let made = made.ok_or_else(|| {
            Error::new("there is no place for a private file").help("XDG_RUNTIME_DIR or /dev/shm must be writable")
        })?;
        pending().folders.push(made.place.path().to_owned());
        Ok(made)
    }

    /// The path of a file in the folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Writes a new file that only its owner can read, in the place of one that is there.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, name: &str, text: &Secret) -> Result<(), Error> {
        // An editor may have left anything of that name.
        let _ = fs::remove_file(self.path(name));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.path(name));
        file.and_then(|mut file| file.write_all(text.expose().as_bytes())).map_err(|error| {
            let what = if error.kind() == std::io::ErrorKind::StorageFull { ": no space is left" } else { "" };
            let place = self.place.path().to_string_lossy().into_owned();
            Error::new(format!("the private file cannot be written{what}")).at(place)
        })
    }

    /// What the file holds now.
    ///
    /// # Errors
    /// It is gone, too large, or no text.
    pub(super) fn read(&self, name: &str) -> Result<Secret, Error> {
        let failed = |message: &str| Error::new(message.to_owned()).help("nothing was changed");
        let gone = |_| failed("the editor left no file behind");
        let path = self.path(name);
        if !fs::symlink_metadata(&path).map_err(gone)?.is_file() {
            return Err(failed("the editor left no ordinary file behind"));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LARGEST + 1));
        let file = File::open(&path).map_err(gone)?;
        file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(gone)?;
        if bytes.len() > LARGEST {
            return Err(failed("the edited file is larger than 1 MiB"));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| failed("the edited file is not UTF-8 text"))?;
        Ok(Secret::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()))
    }
}

impl Folder {
    /// Leaves the folder behind, for the next run that sweeps.
    pub(super) fn keep(mut self) -> PathBuf {
        let path = self.place.path().to_owned();
        pending().folders.retain(|folder| *folder != path);
        self.place.disable_cleanup(true);
        self.is_kept = true;
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // Before it is forgotten, so that no signal comes between.
        let _ = fs::remove_dir_all(self.place.path());
        pending().folders.retain(|folder| folder != self.place.path());
    }
}

/// Remembers which program has a private file open, so that it does not outlive this process.
pub(super) fn remember_editor(editor: Option<u32>) {
    pending().editor = editor;
}

/// Removes folders that earlier runs left behind because they were killed.
pub(super) fn sweep() {
    for place in places() {
        let Ok(entries) = fs::read_dir(place) else { continue };
        for entry in entries.flatten() {
            let left = entry.file_name().as_encoded_bytes().starts_with(START.as_bytes())
                && entry.metadata().is_ok_and(|about| about.is_dir() && is_ours(&about))
                && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok());
            if left {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

#[cfg(unix)]
fn is_ours(about: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(about) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_ours(_: &fs::Metadata) -> bool {
    true
}

/// Where private folders may lie, the best place first: in memory, and for one person only.
fn places() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let mut places: Vec<_> = runtime.into_iter().collect();
    places.extend(cfg!(target_os = "linux").then(|| PathBuf::from("/dev/shm")));
    places.push(std::env::temp_dir());
    places.retain(|place| Path::is_dir(place));
    places
}

/// Clears everything away when a signal ends this process, and lets it end by that signal.
#[cfg(unix)]
fn watch() -> Result<(), Error> {
    use std::sync::OnceLock;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;

    static WATCHING: OnceLock<bool> = OnceLock::new();
    let started = WATCHING.get_or_init(|| {
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) else { return false };
        let watched = std::thread::Builder::new().spawn(move || {
            for signal in signals.forever() {
                // Held to the end, so that nothing is sealed meanwhile.
                let pending = pending();
                // The editor may save what it has when it is told to end; what is cleared away before that comes back.
                if let Some(editor) = pending.editor.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
                    end(editor);
                }
                for folder in &pending.folders {
                    clear(folder);
                }
                if let Some((terminal, before)) = &pending.terminal {
                    use rustix::termios::{OptionalActions, tcsetattr};
                    // What was typed so far is nobody's line.
                    let _ = tcsetattr(terminal, OptionalActions::Flush, before);
                }
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
        watched.is_ok()
    });
    if *started { Ok(()) } else { Err(Error::new("signals cannot be caught, so plain text could stay behind")) }
}

/// Ends an editor, and waits until it has: the main thread reaps it.
#[cfg(unix)]
fn end(editor: rustix::process::Pid) {
    use std::time::{Duration, Instant};

    use rustix::process::{Signal, kill_process, test_kill_process};

    for (signal, patience) in [(Signal::TERM, 3000), (Signal::KILL, 1000)] {
        let begun = Instant::now();
        let _ = kill_process(editor, signal);
        while begun.elapsed() < Duration::from_millis(patience) {
            if test_kill_process(editor).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Removes a folder, again where somebody writes into it meanwhile.
#[cfg(unix)]
fn clear(folder: &Path) {
    for _ in 0..100 {
        let _ = fs::remove_dir_all(folder);
        if !folder.exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "where there are signals, it can fail")]
fn watch() -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_goes() {
        let folder = Folder::new().unwrap();
        folder.write("x.env", &Secret::new("A=1\n".to_owned())).unwrap();
        let path = folder.path("x.env");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        // Whoever still works is left alone.
        sweep();
        assert_eq!(folder.read("x.env").unwrap().expose(), "A=1\n");
        drop(folder);
        assert!(!path.parent().unwrap().exists());
    }
}
