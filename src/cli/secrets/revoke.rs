//! `sparkcfg secrets revoke`: one person less, a new data key, and the list of what they could read.

use std::process::ExitCode;

use super::sharing::{Opened, Sharing, in_order, known_environment, known_person, refuse_namesake};
use super::{Global, Keys, now, with_new_key};
use crate::cli::printing;
use crate::envelope;
use crate::error::Error;
use crate::identity::Recipient;
use crate::project::access::sealed_files;
use crate::project::compose_entries;
use crate::project::declaration::Change;
use crate::project::revocations::Revocations;
use crate::source::printable;
use crate::stores::sops::opened_traces;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    /// Who: a name of [people]
    name: String,
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,
}

impl Revoke {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let (name, environment) = (self.name.as_str(), self.environment.as_str());
        let mut sharing = Sharing::begin(global, keys)?;
        in_order(&sharing, "revoke", name, environment)?;
        known_person(&sharing.before, name, None)?;
        known_environment(&sharing.sealing, environment)?;
        if sharing.before.recovery.as_deref() == Some(name) {
            let help = "name another one as `recovery` in sparkcfg.toml first";
            return Err(
                Error::new(format!("{name} is kept for recovery, and must be able to open everything")).help(help)
            );
        }
        sharing.declare(&[Change::Revoke { name, environment }])?;
        if sharing.sealing.config.readers_of(&[environment]).is_some_and(|readers| readers.is_empty()) {
            let help = "grant it to somebody else first";
            return Err(Error::new(format!("nobody would be left who can open {environment}")).help(help));
        }
        refuse_namesake(&sharing, name, environment)?;
        self.refuse_own(&sharing)?;
        let time = now();
        let change = with_new_key(&time);
        let opened = sharing.open(Some(environment), &change)?;
        let (kept, others): (Vec<_>, Vec<_>) = opened.into_iter().partition(|one| self.stays(&sharing, one));
        let lost: Vec<_> = others.into_iter().filter(|one| self.had(&sharing, one)).collect();
        // First, so that a run that is cut off forgets nothing.
        sharing.record(&lost)?;
        sharing.write_tables()?;
        sharing.write_all(&lost, &change)?;
        self.tell(&sharing, &lost, &kept)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses whoever would take away their own access: without them, nobody here could write the file.
    fn refuse_own(&self, sharing: &Sharing) -> Result<(), Error> {
        let (sealing, name, environment) = (&sharing.sealing, &self.name, &self.environment);
        let key = sealing.config.people.get(name).and_then(|key| key.parse::<Recipient>().ok());
        let probe = key.and_then(|key| envelope::seal(b"", &[&key]).ok());
        if probe.is_none_or(|probe| envelope::open(probe.as_bytes(), &sealing.identities).is_err()) {
            return Ok(());
        }
        for file in sealed_files(&sealing.files, &sealing.config)? {
            if file.environments.contains(environment) && sealing.may_write(&sealing.load(file)?).is_err() {
                let readers = sealing.config.readers_of(&[environment]).unwrap_or_default();
                let names: Vec<_> = readers.into_iter().map(printable).collect();
                let help = format!("let one of the others run it: {}", names.join(", "));
                let message = format!(
                    "{name} is whoever runs this, and {environment} is sealed anew by somebody who keeps access"
                );
                return Err(Error::new(message).help(help));
            }
        }
        Ok(())
    }

    /// Whether the person may open a file all the same, because another environment shares it.
    fn stays(&self, sharing: &Sharing, one: &Opened) -> bool {
        let readers = sharing.sealing.config.readers_of(&one.target.file.environments);
        readers.is_some_and(|readers| readers.contains(self.name.as_str()))
    }

    /// Whether the person could open a file. A form that does not name its readers may still be sealed for one too many,
    /// where an earlier run was cut off.
    fn had(&self, sharing: &Sharing, one: &Opened) -> bool {
        sharing.sealing.too_many(&one.target) > 0 || sharing.leaving(&one.target).contains(&self.name)
    }

    /// What an earlier run left to do, where there is nothing to take away.
    fn tell_of_earlier(&self, sharing: &Sharing) -> Result<(), Error> {
        let (name, environment) = (printable(&self.name), printable(&self.environment));
        let mut record = Revocations::read(&sharing.sealing.files)?;
        record.reveal(&sharing.sealing.identities, &sharing.sealing.files);
        let mut text = String::new();
        for file in sealed_files(&sharing.sealing.files, &sharing.sealing.config)? {
            let bytes = sharing.sealing.files.read_if_there(&file.path)?.unwrap_or_default();
            let left = record.unchanged(&file.path, &opened_traces(&bytes, &sharing.sealing.identities)).into_iter();
            let left: Vec<_> = left.filter(|one| one.readers.contains(&self.name)).filter_map(|one| one.key).collect();
            if file.environments.contains(&self.environment) && !left.is_empty() {
                text.extend(["  ", &printable(&sharing.sealing.files.shown(&file.path)), "\n"]);
                text.extend(left.iter().map(|key| format!("    {}\n", printable(key))));
            }
        }
        printing::complain(&format!("{name} has no access to {environment}\n"))?;
        if text.is_empty() {
            return Ok(());
        }
        printing::print(&format!(
            "{name} could read these values, which are still to change at their providers:\n{text}"
        ))
    }

    /// What is left to do, as the result of the command.
    fn tell(&self, sharing: &Sharing, lost: &[Opened], kept: &[Opened]) -> Result<(), Error> {
        let (name, environment) = (printable(&self.name), printable(&self.environment));
        let shown = |one: &Opened| printable(&sharing.sealing.files.shown(&one.target.file.path));
        for one in kept {
            printing::complain(&format!(
                "{} stays open to {name}, for another environment that shares it\n",
                shown(one)
            ))?;
        }
        if lost.is_empty() {
            return self.tell_of_earlier(sharing);
        }
        let mut text = format!(
            "{name} could read these values of {environment}; change each at its provider, then set it anew:\n"
        );
        for one in lost {
            let mut keys: Vec<_> = compose_entries(one.plain.expose())
                .0
                .iter()
                .filter_map(|entry| one.plain.expose().get(entry.key.start as usize..entry.key.end as usize))
                .map(printable)
                .collect();
            keys.sort();
            keys.dedup();
            text.extend(["  ", &shown(one), "\n"]);
            text.extend(keys.into_iter().map(|key| format!("    {key}\n")));
        }
        printing::print(&text)?;
        printing::complain(&format!(
            "`sparkcfg validate` warns of each until it has changed; commit all of it together, or others get the access back: {}\n",
            sharing.to_commit(lost)?
        ))
    }
}
