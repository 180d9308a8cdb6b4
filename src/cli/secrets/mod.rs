//! `sparkcfg secrets`: the life of a secret, one file a verb.
//!
//! To add a verb: one file with its arguments and `run(&self, global, keys)`, one `mod` line, one entry in [`Verb`].
//! Whatever changes a sealed file goes through [`Sealing`].

mod get;
mod unset;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueHint;

use super::{Global, identities};
use crate::error::Error;
use crate::project::Project;
use crate::project::files::Files;
use crate::project::sealing::{Change, Sealing};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets get API_KEY -e prod | pbcopy        to a pipe only
  sparkcfg secrets unset API_KEY -e prod

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
    /// Print the value of a secret to a pipe
    #[command(after_help = get::EXAMPLES)]
    Get(get::Get),
    /// Remove a secret
    Unset(unset::Unset),
}

impl Secrets {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        match &self.verb {
            Verb::Get(verb) => verb.run(global, &self.keys),
            Verb::Unset(verb) => verb.run(global, &self.keys),
        }
    }
}

impl Keys {
    /// The project, and what opens its sealed files.
    fn sealing(&self, global: &Global) -> Result<Sealing, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let config = Project::config(&files)?;
        let identities = identities::collect(&self.identity, &files, &config)?;
        Ok(Sealing { files, config, identities })
    }
}

/// The time of a change, as SOPS writes it.
fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

/// A change that keeps the data key.
const fn change(time: &str) -> Change<'_> {
    Change { time, new_key: false }
}
