//! A sealed file as it was: its values come back, and nobody's access with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use super::{Change, Sealing, Source, Target};
use crate::error::Error;
use crate::identity::Recipient;
use crate::project::files::Files;
use crate::project::locking::Lock;
use crate::project::past::Past;
use crate::project::revocations::{Revocations, UNNAMED, values};
use crate::project::{Project, writing};
use crate::secret::Secret;
use crate::stores::sops::opened_traces;

/// A sealed file that is to have the values that it had, opened and tried. Its `Debug` tells no values.
pub struct Restoring {
    target: Target,
    form: Form,
}

enum Form {
    /// Just those who may open it today could open it, so it needs no key.
    AsItWas(Vec<u8>),
    /// It is sealed for those who may open it today; others know some of these values.
    SealedAnew { plain: Secret, known: Known },
}

/// Those who know values and may not open them → the keys.
type Known = BTreeMap<Vec<String>, Vec<String>>;

impl fmt::Debug for Restoring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Restoring").field("path", &self.target.file.path).finish_non_exhaustive()
    }
}

impl Restoring {
    /// Whether the file is sealed for others than it was, or under another data key.
    #[must_use]
    pub const fn is_sealed_anew(&self) -> bool {
        matches!(self.form, Form::SealedAnew { .. })
    }

    /// Those who know some of the values that come back, and may not open the file.
    #[must_use]
    pub fn strangers(&self) -> Vec<String> {
        let Form::SealedAnew { known, .. } = &self.form else { return Vec::new() };
        known.keys().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Sealing {
    /// What `earlier` has of a sealed file, to be sealed for those whom the project declares now. Nothing is written.
    ///
    /// # Errors
    /// The file of then is for others or is known to others, and nobody here can open it; see [`Sealing::write`].
    pub fn restoring(&self, path: &str, earlier: &Files, change: &Change<'_>) -> Result<Restoring, Error> {
        let target = self.target(path)?;
        let bytes = earlier.read(path)?;
        let mut record = Revocations::read(earlier)?;
        record.tell_apart(&self.config.people);
        record.reveal(&self.identities, earlier);
        let all = self.others(&target, &bytes, earlier)?;
        let left = record.unchanged(path, &opened_traces(&bytes, &self.identities));
        let is_on_record = Revocations::read(&self.files)?.paths().any(|known| known == path);
        if all.is_empty() && left.is_empty() && !is_on_record && self.is_for_declared(&target, &bytes)? {
            return Ok(Restoring { target, form: Form::AsItWas(bytes) });
        }
        let then = Target { file: target.file.clone(), bytes: Some(bytes), past: OnceLock::new(), ..target };
        let plain = self.plain(&then).map_err(|error| Error {
            message: format!(
                "its values of then are to be sealed for those who may open it now, but {}",
                error.message
            ),
            ..error
        })?;
        self.may_write(&target)?;
        self.rehearsed(&target, &plain, change)?;
        let staying = self.staying(&target);
        let (was, is) = (values(&plain), values(&self.plain(&target)?));
        // What is the same now is on record as far as it is still to be changed.
        let mut known = Known::new();
        for key in was.iter().filter(|(key, value)| is.get(*key) != Some(value)).map(|(key, _)| key) {
            let of_key = left.iter().filter(|one| one.key.as_ref().is_none_or(|other| other == key));
            let recorded = of_key.flat_map(|one| &one.readers);
            let recorded = recorded.map(|name| self.config.owner_of(name).unwrap_or(name).to_owned());
            let readers: BTreeSet<String> =
                recorded.filter(|name| !staying.contains(name.as_str())).chain(all.iter().cloned()).collect();
            if !readers.is_empty() {
                known.entry(readers.into_iter().collect()).or_default().push(key.clone());
            }
        }
        Ok(Restoring { target, form: Form::SealedAnew { plain, known } })
    }

    /// Writes it, and records who knows what of it.
    ///
    /// # Errors
    /// See [`Sealing::write`].
    pub fn restore(&self, lock: &Lock, file: &Restoring, change: &Change<'_>) -> Result<(), Error> {
        let path = &file.target.file.path;
        match &file.form {
            Form::AsItWas(bytes) => writing::write_locked(self.files.root(), path, bytes),
            Form::SealedAnew { plain, known } => {
                self.write(lock, &file.target, plain, change)?;
                for (open_to, keys) in known {
                    self.carry(lock, &Source { is: &|_| false, open_to }, (path, plain), keys)?;
                }
                Ok(())
            }
        }
    }

    /// Those who could open a file of then, or hold its data key, and may not open it now.
    fn others(&self, target: &Target, bytes: &[u8], earlier: &Files) -> Result<Vec<String>, Error> {
        let path = target.file.path.as_str();
        let readers = (target.store.readers)(bytes).unwrap_or_default();
        let mut names = self.strangers(target, &readers);
        let held = Past::of(&self.files, &[path]).holders(path, bytes);
        names.extend(self.not_staying(target, held.into_iter().map(|holder| holder.recipient)));
        if !target.store.shows_names {
            // Those whom the table of then named are the ones whom the file does not name.
            let table = Project::config(earlier)?;
            let of_then = table.readers_of(&target.file.environments).unwrap_or_default();
            let keys = of_then.into_iter().map(|name| table.people.get(name).map_or(name, String::as_str).to_owned());
            let of_then = self.not_staying(target, keys);
            names.retain(|name| name != UNNAMED || self.beyond(target, &readers) > of_then.len());
            names.extend(of_then);
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Whether a file names just those for whom the project declares it.
    fn is_for_declared(&self, target: &Target, bytes: &[u8]) -> Result<bool, Error> {
        let (readers, declared) = ((target.store.readers)(bytes).unwrap_or_default(), self.recipients(target)?);
        let named: BTreeSet<_> = readers.recipients.iter().map(String::as_str).collect();
        Ok(readers.others.is_empty()
            && readers.unnamed.is_empty()
            && named == declared.iter().map(Recipient::as_str).collect())
    }
}
