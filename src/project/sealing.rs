//! The one way in which sealed files are changed: under a lock, compared with what was read, and proven to open to
//! what was meant before they take their place.

mod following;
mod leaving;
mod placing;
mod restoring;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

pub use self::leaving::Source;
pub use self::restoring::Restoring;
use super::access::{SealedFile, sealed_files};
use super::config::Config;
use super::files::Files;
use super::locking::{self, Lock};
use super::past::Past;
use super::revocations::{Revocations, Version};
use super::{Project, compose_entries, writing};
use crate::envelope::{self, CannotOpen};
use crate::error::Error;
use crate::identity::{Identities, Recipient};
use crate::secret::Secret;
use crate::stores::{Counted, Damage, Order, Previous, Sealed, State, Store};

/// A project, and what opens its sealed files.
#[derive(Debug)]
pub struct Sealing {
    /// Where the files are.
    pub files: Files,
    /// What `sparkcfg.toml` says.
    pub config: Config,
    /// What opens them.
    pub identities: Identities,
}

/// A sealed file that is to be read or changed.
#[derive(Debug)]
pub struct Target {
    /// Its path and its environments.
    pub file: SealedFile,
    /// Its form.
    pub store: &'static Store,
    /// The file as it was read; `None` if there is none yet.
    pub bytes: Option<Vec<u8>>,
    /// Whether these bytes are to be taken for a sealed file. Whoever seals a file that never was says no.
    pub sealed: bool,
    /// What git's history tells of it; asked for when first needed.
    past: OnceLock<Past>,
}

/// How a sealed file is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Change<'c> {
    /// The time, as RFC 3339 in whole seconds UTC.
    pub time: &'c str,
    /// Whether to make a new data key. A form that does not show for whom it is sealed is written anew only if its
    /// text changed, or if this is set.
    pub new_key: bool,
    /// Whose sealed data key is made anew although one stands there: what it opens to for them, nobody else can tell.
    pub anew: Option<&'c str>,
}

/// What came of writing a sealed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was nothing to change: the file keeps every byte.
    Unchanged,
    /// The file was written.
    Changed,
}

impl Target {
    /// The sealed file that is there already.
    fn previous(&self) -> Option<&[u8]> {
        self.bytes.as_deref().filter(|_| self.sealed)
    }

    fn past(&self, files: &Files) -> &Past {
        self.past.get_or_init(|| Past::of(files, &[&self.file.path]))
    }
}

impl Sealing {
    /// What is in a sealed file, as dotenv text; empty if it is not there yet.
    ///
    /// # Errors
    /// Nobody here can open it, or it is damaged.
    pub fn plain(&self, target: &Target) -> Result<Secret, Error> {
        let Some(bytes) = target.previous() else { return Ok(Secret::new(String::new())) };
        (target.store.plain)(bytes, &self.identities).map_err(|why| {
            let error = Error::new(format!("it cannot be opened: {}", why.message())).at(self.shown(target));
            if why.is_damage() {
                let sealed = self.open(target.store, bytes);
                return match sealed.damages.first() {
                    Some(damage) => self.damaged(target, &sealed, damage),
                    None => error.help(why.help()),
                };
            }
            error.help(format!("{}{}", why.help(), self.identities.looked()))
        })
    }

    fn open(&self, store: &Store, bytes: &[u8]) -> Sealed {
        (store.open)(bytes, &self.identities, compose_entries)
    }

    /// Those for whom a file is to be sealed, from the declaration only.
    ///
    /// # Errors
    /// Nobody is declared, or a public key that is none.
    pub fn recipients(&self, target: &Target) -> Result<Vec<Recipient>, Error> {
        self.config.recipients_of(&target.file.environments)
    }

    /// Takes the lock under which sealed files are changed, and clears away what killed runs left. The tables are read
    /// anew: they may have changed while a person typed, or while the lock was somebody else's.
    ///
    /// # Errors
    /// See [`locking::lock`], [`Project::config`] and [`Past::may_record`].
    pub fn lock(&mut self) -> Result<Lock, Error> {
        let lock = locking::lock(self.files.root())?;
        self.config = Project::config(&self.files)?;
        self.sweep();
        // Whatever seals may write the record.
        Past::may_record(&self.files, &self.config)?;
        Ok(lock)
    }

    /// Clears away what killed runs left where files are written under the lock.
    fn sweep(&self) {
        let sealed = sealed_files(&self.files, &self.config).unwrap_or_default();
        let folders = sealed.iter().filter_map(|file| Path::new(&file.path).parent()).chain([Path::new("")]);
        for folder in folders.collect::<BTreeSet<_>>() {
            writing::sweep(&self.files.root().join(folder));
        }
    }

    /// Seals `plain` into the place of a file that was read before, for those whom the project declares.
    ///
    /// # Errors
    /// The file changed since it was read; nobody is declared as its reader, or not whoever writes; the text breaks a
    /// rule of sealed files; what was written does not open to it; the system refuses. The file is then as it was.
    pub fn write(&self, _lock: &Lock, target: &Target, plain: &Secret, change: &Change<'_>) -> Result<Written, Error> {
        let shown = self.shown(target);
        // Read first, so that a broken one stops a change before it is made.
        let mut record = Revocations::read(&self.files)?;
        record.reveal(&self.identities, &self.files);
        self.may_seal(target, change.anew)?;
        if self.files.read_if_there(&target.file.path)? != target.bytes {
            let error = Error::new("this file changed since it was read; it is left as it is now").at(shown);
            return Err(error.help("run it again"));
        }
        let text = match self.rehearsed(target, plain, change)? {
            Some(text) if target.bytes.as_deref() != Some(text.as_bytes()) => text,
            _ => return Ok(Written::Unchanged),
        };
        self.record_leaving(&mut record, target)?;
        let followed = self.followed(&record, target, plain)?;
        if !followed.is_empty() {
            // First, so that a run that is cut off forgets nothing.
            let (before, bytes) = (self.plain(target)?, target.previous().unwrap_or_default());
            let before = Version { plain: &before, bytes };
            record.note(&target.file.path, followed.clone(), before, &self.recipients(target)?);
            record.write(&self.files)?;
        }
        // Proven before anything is touched, and again with what then stands on the disk.
        let prove = |bytes: &[u8]| self.prove(target, bytes, plain);
        writing::write_proven(self.files.root(), &target.file.path, text.as_bytes(), &prove)
            .map_err(|error| Error { place: Some(shown), ..error })?;
        self.settle(record, target, Version { plain, bytes: text.as_bytes() }, followed)?;
        Ok(Written::Changed)
    }

    /// The file as [`Sealing::write`] would write it, opened again to see that it holds what was meant; `None` if it is that
    /// already. Nothing is written.
    ///
    /// # Errors
    /// See [`Sealing::write`].
    pub fn rehearsed(&self, target: &Target, plain: &Secret, change: &Change<'_>) -> Result<Option<String>, Error> {
        if self.is_unchanged(target, plain, &self.recipients(target)?, change)? {
            return Ok(None);
        }
        let text = self.draft(target, plain, change)?;
        self.prove(target, text.as_bytes(), plain)?;
        Ok(Some(text))
    }

    /// The file as [`Sealing::write`] would write it, so that it can be judged before.
    ///
    /// # Errors
    /// Nobody is declared as its reader; the text breaks a rule of sealed files; the file as it was stays closed.
    pub fn draft(&self, target: &Target, plain: &Secret, change: &Change<'_>) -> Result<String, Error> {
        let recipients = self.recipients(target)?;
        let previous = target.previous().map(|bytes| Previous { bytes, identities: &self.identities });
        let Change { time, mut new_key, anew } = *change;
        new_key |= !self.holding(target).is_empty();
        let order = Order { recipients: &recipients, time, new_key, anew, previous };
        (target.store.seal)(plain, &order).map_err(|why| {
            let place = if why.line > 0 { format!(", line {} when opened", why.line) } else { String::new() };
            Error::new(why.message).at(format!("{}{place}", self.shown(target))).help(why.help)
        })
    }

    /// Whether whoever runs this can write a file: it would be sealed for them too.
    ///
    /// # Errors
    /// It would not, or for nobody at all; or it would be sealed again for somebody who lost access to it.
    pub fn may_write(&self, target: &Target) -> Result<(), Error> {
        self.may_seal(target, None)
    }

    /// The same, where somebody is granted access, by public key.
    ///
    /// # Errors
    /// See [`Sealing::may_write`].
    pub fn may_seal(&self, target: &Target, granted: Option<&str>) -> Result<(), Error> {
        self.writer_can_read(target, &self.recipients(target)?)?;
        self.refuse_returning(target, granted)
    }

    /// Whether whoever writes is among those for whom it is sealed; else the file could neither be proven nor ever be
    /// changed by them again.
    fn writer_can_read(&self, target: &Target, recipients: &[Recipient]) -> Result<(), Error> {
        let failed = |message: &str| {
            let readers = self.config.readers_of(&target.file.environments).unwrap_or_default();
            let names = readers.into_iter().collect::<Vec<_>>().join(", ");
            let help = format!("[access] names {names}{}", self.identities.looked());
            Error::new(format!("{}: {message}", target.file.environments.join(", "))).at(self.shown(target)).help(help)
        };
        if self.identities.is_withheld() {
            let why = CannotOpen::Withheld;
            return Err(Error::new(format!("{}, and writes none", why.message()))
                .at(self.shown(target))
                .help(why.help()));
        }
        if self.identities.is_empty() {
            return Err(failed("no age identity was found, and only one of its readers can write it"));
        }
        let probe = envelope::seal(b"", &recipients.iter().collect::<Vec<_>>());
        let probe = probe.map_err(|message| Error::new(message).at(self.files.shown("sparkcfg.toml")))?;
        match envelope::open(probe.as_bytes(), &self.identities) {
            Ok(_) => Ok(()),
            Err(_) => Err(failed("none of the identities here is one of its readers, and only those can write it")),
        }
    }

    /// Whether a form that does not show for whom it is sealed says what it should already. Other forms are compared
    /// once they are sealed.
    fn is_unchanged(
        &self,
        target: &Target,
        plain: &Secret,
        declared: &[Recipient],
        change: &Change<'_>,
    ) -> Result<bool, Error> {
        let renews = change.new_key || change.anew.is_some();
        let Some(bytes) = target.previous().filter(|_| !target.store.shows_names && !renews) else {
            return Ok(false);
        };
        let readers = (target.store.readers)(bytes).unwrap_or_default();
        let fits = readers.counted(declared.iter().map(Recipient::as_str)) == Counted::default();
        Ok(fits && self.plain(target)?.expose() == plain.expose())
    }

    /// Whether sealed bytes open to exactly what was meant, and break no rule.
    fn prove(&self, target: &Target, bytes: &[u8], plain: &Secret) -> Result<(), Error> {
        let sealed = self.open(target.store, bytes);
        if let Some(damage) = sealed.damages.first() {
            return Err(self.damaged(target, &sealed, damage));
        }
        let same = (target.store.plain)(bytes, &self.identities).is_ok_and(|opened| {
            // SOPS keeps neither empty lines nor the lack of a line end.
            if target.store.shows_names { lines(plain).eq(lines(&opened)) } else { plain.expose() == opened.expose() }
        });
        if sealed.state == State::Opened && same {
            return Ok(());
        }
        let help = "nothing was changed; please report it, without your files";
        Err(Error::new("what was sealed does not open to what was meant").at(self.shown(target)).help(help))
    }

    fn damaged(&self, target: &Target, sealed: &Sealed, damage: &Damage) -> Error {
        let before = sealed.text.get(..damage.range.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Error::new(damage.message).at(format!("{}:{line}", self.shown(target))).help(damage.help)
    }

    fn shown(&self, target: &Target) -> String {
        self.files.shown(&target.file.path)
    }
}

/// The lines that SOPS keeps.
fn lines(text: &Secret) -> impl Iterator<Item = &str> {
    text.expose().split('\n').filter(|line| !line.is_empty())
}
