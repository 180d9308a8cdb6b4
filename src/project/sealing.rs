//! The one way in which sealed files are changed: under a lock, compared with what was read, and proven to open to
//! what was meant before they take their place.

mod following;
mod placing;
mod restoring;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

pub use self::restoring::Restoring;
use super::access::{SealedFile, sealed_files};
use super::config::Config;
use super::files::Files;
use super::holders::{self, Holder};
use super::locking::{self, Lock};
use super::revocations::{Carried, Names, Revocations, UNNAMED, Version};
use super::{Project, compose_entries, writing};
use crate::envelope;
use crate::error::Error;
use crate::identity::{Identities, Recipient};
use crate::secret::Secret;
use crate::stores::sops::{KnownTo, opened_traces};
use crate::stores::{self, Counted, Damage, Order, Previous, Readers, Sealed, State, Store};

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
    /// Those who hold its data key and for whom it is not sealed; found when first asked for.
    holders: OnceLock<Vec<Holder>>,
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

/// A file of which values are taken over into a sealed one.
pub struct Source<'s> {
    /// Whether a path of the record is that of the file.
    pub is: &'s dyn Fn(&str) -> bool,
    /// Those who could open it as it stands, and may not open the other one.
    pub open_to: &'s [String],
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
            error.help(format!("{}; looked for identities in: {}", why.help(), self.identities.places().join(", ")))
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
    /// See [`locking::lock`] and [`Project::config`].
    pub fn lock(&mut self) -> Result<Lock, Error> {
        let lock = locking::lock(self.files.root())?;
        self.config = Project::config(&self.files)?;
        self.sweep();
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
        self.may_write(target)?;
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

    /// Those who can open a file and will not any more once it is sealed for those whom the project declares: names of
    /// `[people]`, public keys, kinds of other keys; also those who hold its data key from an earlier version. Of a form that
    /// does not name its readers, their number alone tells.
    #[must_use]
    pub fn leaving(&self, target: &Target) -> Vec<String> {
        let readers = target.previous().and_then(|bytes| (target.store.readers)(bytes).ok()).unwrap_or_default();
        let mut names = self.strangers(target, &readers);
        names.extend(self.holding(target).into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
        names
    }

    /// Those among the readers of a file, whichever it is, whom the table does not let open this one.
    #[must_use]
    pub fn strangers(&self, target: &Target, readers: &Readers) -> Vec<String> {
        let mut names = self.not_staying(target, holders::names(readers));
        names.extend((self.beyond(target, readers) > 0).then(|| UNNAMED.to_owned()));
        names
    }

    /// Those who hold the data key of a file from an earlier version, and whom the table does not let open it.
    fn holding(&self, target: &Target) -> Vec<String> {
        let Some(bytes) = target.previous() else { return Vec::new() };
        let holders = target.holders.get_or_init(|| {
            let mut found = holders::holders(&self.files, &[(&target.file.path, bytes)]);
            found.remove(&target.file.path).unwrap_or_default()
        });
        self.not_staying(target, holders.iter().map(|holder| holder.recipient.clone()))
    }

    fn not_staying(&self, target: &Target, recipients: impl IntoIterator<Item = String>) -> Vec<String> {
        let staying = self.staying(target);
        let names = recipients.into_iter().map(|key| self.config.owner_of(&key).map_or(key.clone(), ToOwned::to_owned));
        let mut names: Vec<_> = names.filter(|name| !staying.contains(name.as_str())).collect();
        names.dedup();
        names
    }

    /// How many more recipients a file has than the table lets open it, where it does not name them.
    #[must_use]
    pub fn too_many(&self, target: &Target) -> usize {
        let readers = target.previous().and_then(|bytes| (target.store.readers)(bytes).ok()).unwrap_or_default();
        self.beyond(target, &readers)
    }

    fn beyond(&self, target: &Target, readers: &Readers) -> usize {
        let declared = self.recipients(target).unwrap_or_default();
        if declared.is_empty() { 0 } else { readers.counted(declared.iter().map(Recipient::as_str)).too_many }
    }

    /// Those whom the table lets open a file, by all of their names.
    fn staying(&self, target: &Target) -> BTreeSet<&str> {
        self.config.names_of_readers(&target.file.environments)
    }

    /// Records what those could read who are about to lose a file, or lost it in a merge, before it is sealed without them.
    fn record_leaving(&self, record: &mut Revocations, target: &Target) -> Result<(), Error> {
        let Some(bytes) = target.previous() else { return Ok(()) };
        let (before, path) = (record.clone(), &target.file.path);
        let mut traces = opened_traces(bytes, &self.identities);
        let staying = self.staying(target);
        // A merge names people by the table of one side.
        let mut known_to = KnownTo::new();
        for (name, keys) in traces.noted.known_to {
            let name = self.config.owner_of(&name).unwrap_or(&name);
            if !staying.contains(name) {
                known_to.entry(name.to_owned()).or_default().extend(keys);
            }
        }
        traces.noted.known_to = known_to;
        record.take_over(path, &traces);
        let leaving = self.leaving(target);
        if !leaving.is_empty() {
            let (plain, recipients) = (self.plain(target)?, self.recipients(target)?);
            let file = Version { plain: &plain, bytes };
            for name in leaving.iter().filter(|name| *name != UNNAMED) {
                record.add(path, file, name, &recipients);
            }
            if leaving.iter().any(|name| name == UNNAMED) {
                record.add_unnamed(path, file, self.too_many(target), &recipients);
            }
        }
        if *record == before { Ok(()) } else { record.write(&self.files) }
    }

    /// Takes over into the record what is still to be changed in `source`, and who could open it: the values of `keys` stand in
    /// `to`, too, which opens to `plain`. Where both are one file in two forms it moves, so that the other one can be removed.
    ///
    /// # Errors
    /// `to` cannot be read, or see [`Revocations::read`] and [`Revocations::write`].
    pub fn carry(
        &self,
        _lock: &Lock,
        source: &Source<'_>,
        (to, plain): (&str, &Secret),
        keys: &[String],
    ) -> Result<(), Error> {
        let mut record = Revocations::read(&self.files)?;
        let from = record.paths().find(|path| *path != to && (source.is)(path)).map(ToOwned::to_owned);
        if from.is_none() && source.open_to.is_empty() {
            return Ok(());
        }
        let Some(file) = self.placed(to)? else { return Ok(()) };
        let (from, target) = (from.as_deref().unwrap_or_default(), self.load(file)?);
        record.reveal(&self.identities, &self.files);
        let before = record.clone();
        let bytes = if from.is_empty() { None } else { self.files.read_if_there(from)? }.unwrap_or_default();
        let stem = |path: &str| stores::of(path).and_then(|store| path.strip_suffix(store.suffix)).map(str::to_owned);
        let carried = Carried {
            path: from,
            traces: opened_traces(&bytes, &self.identities),
            keys,
            open_to: source.open_to,
            forgiven: self.staying(&target),
            moves: stem(from) == stem(to),
        };
        let file = Version { plain, bytes: target.bytes.as_deref().unwrap_or_default() };
        record.carry(&carried, to, file, &self.recipients(&target)?);
        if record == before { Ok(()) } else { record.write(&self.files) }
    }

    /// Strikes from the record of what others could read whatever changed, but for what they know all the same.
    fn settle(
        &self,
        mut record: Revocations,
        target: &Target,
        after: Version<'_>,
        followed: Names,
    ) -> Result<(), Error> {
        let (path, recipients) = (&target.file.path, self.recipients(target)?);
        let mut differs = !followed.is_empty();
        // A file that begins anew where another one was says nothing about the values of that one.
        if let Some(bytes) = target.bytes.as_deref().filter(|_| record.paths().any(|known| known == path)) {
            let before = self.plain(target)?;
            differs |= record.settle(path, Version { plain: &before, bytes }, after, &recipients);
        }
        if !followed.is_empty() {
            record.note(path, followed, after, &recipients);
        }
        if differs { record.write(&self.files) } else { Ok(()) }
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
    /// It would not, or for nobody at all.
    pub fn may_write(&self, target: &Target) -> Result<(), Error> {
        self.writer_can_read(target, &self.recipients(target)?)
    }

    /// Whether whoever writes is among those for whom it is sealed; else the file could neither be proven nor ever be
    /// changed by them again.
    fn writer_can_read(&self, target: &Target, recipients: &[Recipient]) -> Result<(), Error> {
        let failed = |message: &str| {
            let readers = self.config.readers_of(&target.file.environments).unwrap_or_default();
            let names = readers.into_iter().collect::<Vec<_>>().join(", ");
            let looked = self.identities.places().join(", ");
            let help = format!("[access] names {names}; looked for identities in: {looked}");
            Error::new(format!("{}: {message}", target.file.environments.join(", "))).at(self.shown(target)).help(help)
        };
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
