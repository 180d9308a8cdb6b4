//! Who loses a sealed file, and what they could read of it: on record before it is sealed without them.

use std::collections::BTreeSet;

use super::{Sealing, Target};
use crate::error::Error;
use crate::identity::Recipient;
use crate::project::locking::Lock;
use crate::project::past::{self, Present};
use crate::project::revocations::{Carried, Names, Revocations, UNNAMED, Version};
use crate::secret::Secret;
use crate::source::printable;
use crate::stores::sops::{KnownTo, opened_traces};
use crate::stores::{self, Readers};

/// A file of which values are taken over into a sealed one.
pub struct Source<'s> {
    /// Whether a path of the record is that of the file.
    pub is: &'s dyn Fn(&str) -> bool,
    /// Those who could open it as it stands, and may not open the other one.
    pub open_to: &'s [String],
}

impl Sealing {
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
        let mut names = self.not_staying(target, past::names(readers));
        names.extend((self.beyond(target, readers) > 0).then(|| UNNAMED.to_owned()));
        names
    }

    /// Refuses to seal a file again for somebody who lost access to it by the record, be it that an older table came back or
    /// that the new one was never committed. Whoever is `granted` access, by public key, is meant.
    ///
    /// # Errors
    /// There is somebody, or the record cannot be read.
    pub(super) fn refuse_returning(&self, target: &Target, granted: Option<&str>) -> Result<(), Error> {
        let (path, environments) = (&target.file.path, &target.file.environments);
        let (Some(bytes), Some(listed)) = (target.previous(), self.config.readers_of(environments)) else {
            return Ok(());
        };
        let readers = (target.store.readers)(bytes).unwrap_or_default();
        let lacks_one = target.store.shows_names
            || self.recipients(target).is_ok_and(|all| readers.counted(all.iter().map(Recipient::as_str)).too_few > 0);
        let record = Revocations::read(&self.files)?;
        let is_returning = |name: &&str| {
            let names = self.config.names_for(name);
            let key = self.config.people.get(*name).map_or("", String::as_str);
            let is_reader = |reader: &String| self.config.owner_of(reader).is_some_and(|owner| names.contains(&owner));
            let is_granted =
                granted.and_then(|key| self.config.owner_of(key)).is_some_and(|owner| names.contains(&owner));
            !is_granted && !readers.recipients.iter().any(is_reader) && record.tells_of(path, &names, key)
        };
        let Some(name) = listed.into_iter().filter(|_| lacks_one).find(is_returning) else { return Ok(()) };
        let (name, environment) = (printable(name), environments.first().map_or("ENV", String::as_str));
        let message = format!("{name} lost access to this file, but is in its access list in sparkcfg.toml");
        let help = format!(
            "take {name} out of [access], where the change that took it away is not there; to let them in again: sparkcfg secrets grant {name} {environment}"
        );
        Err(Error::new(message).at(self.shown(target)).help(help))
    }

    /// Those who hold the data key of a file from an earlier version, and whom the table does not let open it.
    pub(super) fn holding(&self, target: &Target) -> Vec<String> {
        let Some(bytes) = target.previous() else { return Vec::new() };
        let holders = target.past(&self.files).holders(&target.file.path, bytes);
        self.not_staying(target, holders.into_iter().map(|holder| holder.recipient))
    }

    /// The values of a file that somebody knows from an earlier version, and of which no record tells.
    fn remembered(&self, target: &Target) -> Names {
        let Some(bytes) = target.previous() else { return Names::new() };
        let staying = self.staying(target);
        let present = Present { path: &target.file.path, bytes, staying: &staying };
        target.past(&self.files).known(&present, &self.identities, &self.config)
    }

    pub(super) fn not_staying(&self, target: &Target, recipients: impl IntoIterator<Item = String>) -> Vec<String> {
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

    pub(super) fn beyond(&self, target: &Target, readers: &Readers) -> usize {
        let declared = self.recipients(target).unwrap_or_default();
        if declared.is_empty() { 0 } else { readers.counted(declared.iter().map(Recipient::as_str)).too_many }
    }

    /// Those whom the table lets open a file, by all of their names.
    pub(super) fn staying(&self, target: &Target) -> BTreeSet<&str> {
        self.config.names_of_readers(&target.file.environments)
    }

    /// Records what those could read who are about to lose a file, or lost it in a merge, before it is sealed without them.
    pub(super) fn record_leaving(&self, record: &mut Revocations, target: &Target) -> Result<(), Error> {
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
        let (leaving, remembered) = (self.leaving(target), self.remembered(target));
        if !leaving.is_empty() || !remembered.is_empty() {
            let (plain, recipients) = (self.plain(target)?, self.recipients(target)?);
            let file = Version { plain: &plain, bytes };
            for name in leaving.iter().filter(|name| *name != UNNAMED) {
                record.add(path, file, name, &recipients);
            }
            if leaving.iter().any(|name| name == UNNAMED) {
                record.add_unnamed(path, file, self.too_many(target), &recipients);
            }
            if !remembered.is_empty() {
                record.note(path, remembered, file, &recipients);
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
    pub(super) fn settle(
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
}
