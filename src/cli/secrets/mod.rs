//! `sparkcfg secrets`: the life of a secret, one file a verb.
//!
//! To add a verb: one file with its arguments and `run(&self, global, keys)`, one `mod` line, one entry in [`Verb`].
//! Whatever changes a sealed file goes through [`Sealing`].

mod adopting;
mod carrying;
mod diff;
mod drill;
mod edit;
mod editor;
mod export;
mod get;
mod grant;
mod import;
mod init;
mod input;
mod judging;
mod mask;
mod merge;
mod private;
mod revoke;
mod rotate;
mod set;
mod sharing;
mod sync;
mod unset;
mod who;

pub(super) use init::IGNORED;
pub(super) use sync::keep_in_step;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueHint;

use super::{Global, identities};
use crate::cli::printing;
use crate::drift::live::word;
use crate::error::Error;
use crate::project::Project;
use crate::project::calling::Calls;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::locking::Lock;
use crate::project::sealing::{Change, Sealing, Target, Written};
use crate::project::{tracking, writing};
use crate::secret::Secret;
use crate::source::printable;

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets set API_KEY -e prod                 asks for it, unseen
  sparkcfg secrets edit prod                           all of them, in $EDITOR
  sparkcfg secrets get API_KEY -e prod | wl-copy       to a pipe only
  sparkcfg secrets who                                 who can open what
  sparkcfg secrets grant laptop dev
  sparkcfg secrets revoke laptop prod                  and what must change now

ENV is an environment, `base` for what all environments share, or the path of a sealed file.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Secrets {
    #[command(flatten)]
    keys: Keys,
    #[command(subcommand)]
    verb: Verb,
}

/// What opens the sealed files.
#[derive(Debug, clap::Args)]
struct Keys {
    /// A file with age identities; may be given several times
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    identity: Vec<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Set a secret: from a prompt without echo, a pipe or a file
    #[command(after_help = set::EXAMPLES)]
    Set(set::Set),
    /// Print the value of a secret to a pipe
    #[command(after_help = get::EXAMPLES)]
    Get(get::Get),
    /// Remove a secret
    Unset(unset::Unset),
    /// Change the secrets of an environment in your editor
    #[command(after_help = edit::EXAMPLES)]
    Edit(edit::Edit),
    /// Take the secrets of another file over: dotenv, SOPS or age
    #[command(after_help = import::EXAMPLES)]
    Import(import::Import),
    /// Write the secrets of an environment as plain dotenv text or as one age file
    #[command(after_help = export::EXAMPLES)]
    Export(export::Export),
    /// Make a key for this person, the tables of people and access, and ignore rules
    Init(init::Init),
    /// Show who can open which environment's secrets; needs no key
    Who(who::Who),
    /// Let one more person open an environment's secrets
    Grant(grant::Grant),
    /// Take a person's access away: a new data key, and the list of what they could read
    Revoke(revoke::Revoke),
    /// Seal anew, with new data keys, for the people of the table
    Rotate(rotate::Rotate),
    /// Bring .sops.yaml in step with the tables of people and access
    Sync(sync::Sync),
    /// Prove that an identity opens every sealed file, and what the loss of each other key would cost
    Drill(drill::Drill),
    /// Show which secrets differ between environments, files or revisions; never their values
    Diff(diff::Diff),
    /// Put ••••••  in place of an environment's secrets in what is piped through
    #[command(after_help = mask::EXAMPLES)]
    Mask(mask::Mask),
    /// Merge two versions of a sealed file key by key; git calls it
    Merge(merge::Merge),
}

impl Secrets {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        private::sweep();
        match &self.verb {
            Verb::Set(verb) => verb.run(global, &self.keys),
            Verb::Get(verb) => verb.run(global, &self.keys),
            Verb::Unset(verb) => verb.run(global, &self.keys),
            Verb::Edit(verb) => verb.run(global, &self.keys),
            Verb::Import(verb) => verb.run(global, &self.keys),
            Verb::Export(verb) => verb.run(global, &self.keys),
            Verb::Init(verb) => verb.run(global, &self.keys),
            Verb::Who(verb) => verb.run(global),
            Verb::Grant(verb) => verb.run(global, &self.keys),
            Verb::Revoke(verb) => verb.run(global, &self.keys),
            Verb::Rotate(verb) => verb.run(global, &self.keys),
            Verb::Sync(verb) => verb.run(global),
            Verb::Drill(verb) => verb.run(global, &self.keys),
            Verb::Diff(verb) => verb.run(global, &self.keys),
            Verb::Mask(verb) => verb.run(global, &self.keys),
            Verb::Merge(verb) => verb.run(global, &self.keys),
        }
    }
}

impl Keys {
    /// The project, and what opens its sealed files.
    fn sealing(&self, global: &Global) -> Result<Sealing, Error> {
        let (root, prefix) = global.folder()?;
        writing::sweep_for(&root);
        let files = Files::on_disk(&root, &prefix);
        let config = Project::config(&files)?;
        let identities = identities::collect_with_programs(&self.identity, &files, &config)?;
        Ok(Sealing { files, config, identities })
    }
}

/// Seals a changed text, brings `.sops.yaml` in step, and says who can open the file no more.
fn seal(sealing: &Sealing, lock: &Lock, target: &Target, text: &Secret) -> Result<Written, Error> {
    let written = sealing.write(lock, target, text, &change(&now()))?;
    if written == Written::Changed {
        sync::keep_in_step(&sealing.files, &sealing.config)?;
        tell_of_leaving(sealing, target, &sealing.leaving(target))?;
    }
    Ok(written)
}

/// Says who could open a file and cannot any more.
fn tell_of_leaving(sealing: &Sealing, target: &Target, names: &[String]) -> Result<(), Error> {
    tell_of_strangers(&sealing.files.shown(&target.file.path), names)
}

/// Says who could open a file, of which the values are on record now.
pub(super) fn tell_of_strangers(shown: &str, names: &[String]) -> Result<(), Error> {
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = names.iter().map(|name| printable(name)).collect();
    printing::complain(&format!(
        "{} was open to {}: change its values at their providers; `sparkcfg validate` lists them\n",
        printable(shown),
        names.join(", ")
    ))
}

/// The error about a project, or an environment of it, that has no sealed file.
fn nothing_sealed(files: &Files, config: &Config, environment: Option<&str>) -> Error {
    if config.workspace.is_some() {
        return root_of_workspace(config);
    }
    let (what, named) = (environment.unwrap_or("this project"), environment.map_or("ENV".to_owned(), word));
    let files = files.clone().watching_git();
    let is_of = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let starts = |word: &str| name.strip_prefix(word).is_some_and(|rest| rest.starts_with('.'));
        environment.is_none_or(|environment| starts(environment) || starts("base"))
    };
    if let Some(path) = tracking::lost(&files, config).into_iter().find(is_of) {
        let shown = files.shown(&path);
        let restore = Calls::of(&files).git("restore --", &[&shown]);
        let message = format!("{what} has no sealed file here, but git has {}", printable(&shown));
        return Error::new(message).help(format!("bring it back: {restore}"));
    }
    Error::new(format!("{what} has no sealed file")).help(format!("`sparkcfg secrets set KEY -e {named}` makes one"))
}

/// The error about a folder whose members alone have environments.
fn root_of_workspace(config: &Config) -> Error {
    let members = config.workspace.as_ref().map(|workspace| workspace.members.join(", ")).unwrap_or_default();
    let message = "this folder is the root of a workspace, and has no environment of its own";
    Error::new(message).help(format!("name one of its members ({members}) with --project DIR"))
}

/// The time of a change, as SOPS writes it.
pub(super) fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

/// A change that keeps the data key.
const fn change(time: &str) -> Change<'_> {
    Change { time, new_key: false, anew: None }
}

/// A change that makes a new one.
pub(super) const fn with_new_key(time: &str) -> Change<'_> {
    Change { time, new_key: true, anew: None }
}

/// Rows of text as columns, parted by two blanks.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |index: usize| rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..count).map(|index| width(index).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}
