//! `sparkcfg secrets sync`: `.sops.yaml` in step with the tables of people and access, so that SOPS itself seals right.

use std::process::ExitCode;

use super::Global;
use crate::cli::printing;
use crate::error::Error;
use crate::project::Project;
use crate::project::access::{SealedFile, no_public_key, sealed_files};
use crate::project::config::Config;
use crate::project::creation_rules::{self, Wanted, in_step};
use crate::project::files::{self, Files};
use crate::project::locking;
use crate::project::writing;
use crate::source::{printable, printable_lines};
use crate::suggestion::nearest;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Sync {
    /// Write nothing; fail with a diff when .sops.yaml is not in step
    #[arg(long)]
    check: bool,
}

impl Sync {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let _lock = if self.check { None } else { Some(locking::lock(&root)?) };
        let config = Project::config(&files)?;
        if config.access.is_empty() {
            let help = "say who may open what with `sparkcfg secrets init` and `sparkcfg secrets grant NAME ENV`";
            return Err(Error::new("sparkcfg.toml has no [access], so there is nothing to bring in step").help(help));
        }
        let shown = printable(&files.shown(creation_rules::NAME));
        let Step { before, after } = Step::of(&files, &config)?;
        if before.as_deref() == Some(after.as_str()) {
            printing::complain(&format!("{shown} is in step\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        if self.check {
            let before = before.unwrap_or_default();
            let diff = similar::TextDiff::from_lines(&before, &after);
            let text = diff.unified_diff().context_radius(3).header(&shown, "sparkcfg.toml").to_string();
            printing::print(&printable_lines(&text))?;
            printing::complain(&format!("{shown} is not in step; write it with: sparkcfg secrets sync\n"))?;
            return Ok(ExitCode::from(1));
        }
        writing::write(files.root(), creation_rules::NAME, after.as_bytes(), false)?;
        printing::complain(&format!("wrote {shown}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// `.sops.yaml` as it is and as it should be.
pub(super) struct Step {
    pub(super) before: Option<String>,
    pub(super) after: String,
}

impl Step {
    pub(super) fn of(files: &Files, config: &Config) -> Result<Self, Error> {
        let before = files.read_if_there(creation_rules::NAME)?.map(|bytes| files::text(bytes).0);
        let after = in_step(before.as_deref(), &wanted(files, config)?)
            .map_err(|why| Error::new(why.message).at(files.shown(creation_rules::NAME)).help(why.help))?;
        Ok(Self { before, after })
    }
}

/// Brings a `.sops.yaml` that is there in step, and says so. One that cannot be is told and left to its owner: the
/// sealed files are right already. Under the lock.
pub(in crate::cli) fn keep_in_step(files: &Files, config: &Config) -> Result<(), Error> {
    let shown = printable(&files.shown(creation_rules::NAME));
    match Step::of(files, config) {
        Ok(Step { before: Some(before), after }) if before != after => {
            writing::write_locked(files.root(), creation_rules::NAME, after.as_bytes())?;
            printing::complain(&format!("brought {shown} in step\n"))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            let help = error.help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
            printing::complain(&format!("{shown} was not brought in step: {}{help}\n", error.message))
        }
    }
}

/// Where an environment's first sealed file lies, by the convention.
pub(super) fn folder_of_new(files: &Files) -> Result<&'static str, Error> {
    let in_root =
        files.names("environments")?.is_empty() && files.names("")?.iter().any(|name| name.starts_with(".env"));
    Ok(if in_root { "" } else { "environments/" })
}

/// Every sealed file in SOPS's form that is there, and that an environment with an access list would get.
fn wanted(files: &Files, config: &Config) -> Result<Vec<Wanted>, Error> {
    let names = Project::environment_names_in(files, config)?;
    for name in config.access.keys().filter(|name| !names.contains(name)) {
        // Whoever misspells an environment would lose the rule of the one that was meant.
        let without = names.iter().filter(|known| !config.access.contains_key(*known)).map(String::as_str);
        if let Some(meant) = nearest(name, without) {
            let failed = Error::new(format!("[access] names an environment `{name}`, which the project does not have"));
            return Err(failed.at(files.shown("sparkcfg.toml")).help(format!("did you mean `{meant}`?")));
        }
    }
    let mut sealed = sealed_files(files, config)?;
    if config.environments.is_empty() {
        let folder = folder_of_new(files)?;
        for environment in config.access.keys() {
            let path = format!("{folder}{environment}.secrets.env");
            if sealed.iter().all(|file| file.path != path && file.path != format!("{path}.age")) {
                sealed.push(SealedFile { path, environments: vec![environment.clone()] });
            }
        }
    }
    sealed.retain(|file| file.path.ends_with(".env"));
    let mut wanted = Vec::with_capacity(sealed.len());
    for file in sealed {
        let Some(readers) = config.readers_of(&file.environments).filter(|readers| !readers.is_empty()) else {
            continue;
        };
        if let Some((name, why)) = readers.iter().find_map(|name| Some((name, config.fault_of_key(name)?))) {
            return Err(no_public_key(name, why));
        }
        let with_key = readers.into_iter().filter_map(|name| {
            let key = config.people.get(name)?;
            // Rules name an SSH key as files do: without its comment.
            Some((name.to_owned(), key.split_whitespace().take(2).collect::<Vec<_>>().join(" ")))
        });
        wanted.push(Wanted { path: file.path, readers: with_key.collect() });
    }
    Ok(wanted)
}
