//! What granting, revoking and rotating have in common: all files are opened before one is written, and each is then
//! written whole or not at all.

use super::{Global, Keys, sync};
use crate::cli::printing;
use crate::error::Error;
use crate::project::access::sealed_files;
use crate::project::calling::Calls;
use crate::project::config::Config;
use crate::project::creation_rules;
use crate::project::declaration::{self, Change as Declared};
use crate::project::files;
use crate::project::locking::Lock;
use crate::project::revocations::{self, Revocations, UNNAMED, Version};
use crate::project::sealing::{Change, Sealing, Target, Written};
use crate::project::{Project, writing};
use crate::secret::Secret;
use crate::source::printable;
use crate::suggestion::nearest;

/// A project under the lock, as its tables are to be.
pub(super) struct Sharing {
    pub(super) sealing: Sealing,
    /// The tables as they are.
    pub(super) before: Config,
    /// The text of `sparkcfg.toml` as it is to be; `None` if it stays.
    text: Option<String>,
    lock: Lock,
}

/// A sealed file, opened.
pub(super) struct Opened {
    pub(super) target: Target,
    pub(super) plain: Secret,
}

impl Sharing {
    pub(super) fn begin(global: &Global, keys: &Keys) -> Result<Self, Error> {
        let mut sealing = keys.sealing(global)?;
        let lock = sealing.lock()?;
        Ok(Self { before: sealing.config.clone(), sealing, text: None, lock })
    }

    /// Changes the tables, for now in memory only.
    pub(super) fn declare(&mut self, changes: &[Declared<'_>]) -> Result<(), Error> {
        let now = match self.sealing.files.read_if_there(declaration::NAME)? {
            Some(bytes) => files::text(bytes).0,
            None => String::new(),
        };
        let text = declaration::changed(&now, changes)?;
        if text != now {
            self.sealing.config = Config::parse(&self.sealing.files.shown(declaration::NAME), &text)?;
            self.text = Some(text);
        }
        Ok(())
    }

    /// The sealed files of an environment, or all, each opened, and tried whether it can be sealed anew: nothing is to be
    /// half done.
    pub(super) fn open(&self, environment: Option<&str>, change: &Change<'_>) -> Result<Vec<Opened>, Error> {
        let mut opened = Vec::new();
        for file in sealed_files(&self.sealing.files, &self.sealing.config)? {
            if environment.is_none_or(|name| file.environments.iter().any(|one| one == name)) {
                let target = self.sealing.load(file)?;
                let plain = self.sealing.plain(&target)?;
                self.sealing.may_seal(&target, change.anew)?;
                self.sealing.rehearsed(&target, &plain, change)?;
                opened.push(Opened { target, plain });
            }
        }
        Ok(opened)
    }

    /// Whose access to a file is at an end: its recipients who are none any more, and those whom the table named until now.
    pub(super) fn leaving(&self, target: &Target) -> Vec<String> {
        let environments = &target.file.environments;
        let now = self.sealing.config.readers_of(environments).unwrap_or_default();
        let of_table = self.before.readers_of(environments).unwrap_or_default();
        let of_table = of_table.into_iter().filter(|name| !now.contains(name)).map(ToOwned::to_owned);
        let of_table: Vec<_> = of_table.collect();
        let mut names = self.sealing.leaving(target);
        // Those whom the table named are the ones whom the file does not name.
        names.retain(|name| name != UNNAMED || self.sealing.too_many(target) > of_table.len());
        names.extend(of_table);
        names.sort();
        names.dedup();
        names
    }

    /// Writes `sparkcfg.toml`, if it changes.
    pub(super) fn write_tables(&self) -> Result<(), Error> {
        let Some(text) = &self.text else { return Ok(()) };
        writing::write_locked(self.sealing.files.root(), declaration::NAME, text.as_bytes())
    }

    /// Records what those who leave could read, before anything is sealed without them: a run that is killed in
    /// between must not forget it.
    pub(super) fn record(&self, opened: &[Opened]) -> Result<(), Error> {
        let mut record = Revocations::read(&self.sealing.files)?;
        record.reveal(&self.sealing.identities, &self.sealing.files);
        let before = record.clone();
        for one in opened {
            let recipients = self.sealing.recipients(&one.target)?;
            let bytes = one.target.bytes.as_deref().unwrap_or_default();
            // Writing the file records those without a name.
            for name in self.leaving(&one.target).into_iter().filter(|name| name != UNNAMED) {
                record.add(&one.target.file.path, Version { plain: &one.plain, bytes }, &name, &recipients);
            }
        }
        if record == before { Ok(()) } else { record.write(&self.sealing.files) }
    }

    /// Strikes from the record what somebody may read again.
    pub(super) fn forgive(&self, opened: &[Opened], name: &str) -> Result<(), Error> {
        let mut record = Revocations::read(&self.sealing.files)?;
        record.reveal(&self.sealing.identities, &self.sealing.files);
        let before = record.clone();
        for one in opened {
            let recipients = self.sealing.recipients(&one.target)?;
            let bytes = self.sealing.files.read(&one.target.file.path)?;
            record.forgive(&one.target.file.path, name, Version { plain: &one.plain, bytes: &bytes }, &recipients);
        }
        if record == before { Ok(()) } else { record.write(&self.sealing.files) }
    }

    /// The command of git that takes all that such a change may have written. What is left out of the commit would take the
    /// change back for others, or make their checks fail.
    pub(super) fn to_commit(&self, opened: &[Opened]) -> Result<String, Error> {
        let mut paths = Vec::new();
        for path in [declaration::NAME, creation_rules::NAME, revocations::NAME] {
            if self.sealing.files.read_if_there(path)?.is_some() {
                paths.push(path);
            }
        }
        paths.extend(opened.iter().map(|one| one.target.file.path.as_str()));
        let paths: Vec<_> = paths.into_iter().map(|path| printable(&self.sealing.files.shown(path))).collect();
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        Ok(Calls::of(&self.sealing.files).git("add", &paths))
    }

    /// Writes every file, goes on where one fails, and ends with what became of each.
    ///
    /// # Errors
    /// At least one could not be written.
    pub(super) fn write_all(&self, opened: &[Opened], change: &Change<'_>) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(opened.len());
        let mut failures = Vec::new();
        for one in opened {
            let shown = self.sealing.files.shown(&one.target.file.path);
            let done = match self.sealing.write(&self.lock, &one.target, &one.plain, change) {
                Ok(Written::Changed) => "sealed anew",
                Ok(Written::Unchanged) => "as it was",
                Err(error) => {
                    failures.push(error);
                    "not done"
                }
            };
            rows.push(vec![printable(&shown), done.to_owned()]);
        }
        sync::keep_in_step(&self.sealing.files, &self.sealing.config)?;
        printing::complain(&super::columns(&rows))?;
        let count = failures.len();
        let Some(first) = failures.into_iter().next() else { return Ok(()) };
        for_each_line(count, &first)
    }
}

/// The first of several failures; the table above tells which files they are.
fn for_each_line(count: usize, first: &Error) -> Result<(), Error> {
    let help = first.help.clone().unwrap_or_default();
    let again = if help.is_empty() { "run it again".to_owned() } else { format!("{help}; then run it again") };
    let message =
        if count > 1 { format!("{count} files are not done: {}", first.message) } else { first.message.clone() };
    Err(Error { message, place: first.place.clone(), help: Some(again) })
}

/// Refuses a person and an environment that were named in the wrong order.
pub(super) fn in_order(sharing: &Sharing, verb: &str, name: &str, environment: &str) -> Result<(), Error> {
    let (sealing, people) = (&sharing.sealing, &sharing.before.people);
    let is_environment = known_environment(sealing, name).is_ok() && !people.contains_key(name);
    if !is_environment || known_environment(sealing, environment).is_ok() {
        return Ok(());
    }
    let help = match nearest(environment, people.keys().map(String::as_str)) {
        Some(person) => format!("did you mean `sparkcfg secrets {verb} {person} {name}`?"),
        None => format!("the person comes first: sparkcfg secrets {verb} NAME {name}"),
    };
    Err(Error::new(format!("{name} is an environment, and stands where the person is named")).help(help))
}

/// Refuses names that nobody has. `begin` says how somebody new begins, where that is possible.
pub(super) fn known_person(config: &Config, name: &str, begin: Option<String>) -> Result<(), Error> {
    if config.people.contains_key(name) {
        return Ok(());
    }
    let list: Vec<_> = config.people.keys().map(String::as_str).collect();
    let near = nearest(name, list.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let there =
        || if list.is_empty() { "there is nobody yet".to_owned() } else { format!("there are: {}", list.join(", ")) };
    let help = match (near, begin) {
        (Some(near), Some(begin)) => format!("{near} Else {begin}"),
        (None, Some(begin)) => begin,
        (Some(near), None) => near,
        (None, None) => there(),
    };
    Err(Error::new(format!("[people] in sparkcfg.toml has no `{name}`")).help(help))
}

/// Refuses environments that a project does not have. One that has none at all may begin with its table.
pub(super) fn known_environment(sealing: &Sealing, name: &str) -> Result<(), Error> {
    let mut names = Project::environment_names_in(&sealing.files, &sealing.config)?;
    names.extend(sealing.config.access.keys().cloned());
    if names.is_empty() || names.iter().any(|known| known == name) {
        return Ok(());
    }
    names.sort();
    names.dedup();
    let list = names.join(", ");
    if let Some(file) = sealed_files(&sealing.files, &sealing.config)?.into_iter().find(|file| file.path == name) {
        let help = format!("name an environment that has it: {}", file.environments.join(", "));
        return Err(Error::new(format!("{name} is a sealed file, and no environment")).help(help));
    }
    let help = match nearest(name, names.iter().map(String::as_str)) {
        _ if name.contains(['*', '?', ',']) || name == "all" => {
            format!("name each environment in a run of its own: {list}")
        }
        Some(near) => format!("did you mean `{near}`? There are: {list}"),
        None if name == "base" => format!("what all environments share is for the people of all of them: {list}"),
        None => format!("there are: {list}; a new one begins with its file, environments/{name}.env"),
    };
    Err(Error::new(format!("there is no environment `{name}`")).help(help))
}

/// Refuses to grant or revoke what stays with a person by another name of the same public key.
pub(super) fn refuse_namesake(sharing: &Sharing, name: &str, environment: &str) -> Result<(), Error> {
    let config = &sharing.sealing.config;
    let mut files: Vec<_> =
        sealed_files(&sharing.sealing.files, config)?.into_iter().map(|file| file.environments).collect();
    files.retain(|environments| environments.iter().any(|one| one == environment));
    files.push(vec![environment.to_owned()]);
    let readers: Vec<_> = files.iter().filter_map(|environments| config.readers_of(environments)).flatten().collect();
    match config.names_for(name).into_iter().find(|other| *other != name && readers.contains(other)) {
        Some(other) => {
            let message = format!("{name} and {other} are one public key, and {other} can open {environment} by it");
            let help =
                "take one of these names out of [people] and [access] in sparkcfg.toml, then go on with the other";
            Err(Error::new(message).at(sharing.sealing.files.shown(declaration::NAME)).help(help))
        }
        None => Ok(()),
    }
}
