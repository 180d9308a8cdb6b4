//! `sparkcfg secrets mask`: a filter that puts a mask in place of every secret of an environment, for logs that were not written
//! by what `sparkcfg run` started.

use std::io::IsTerminal;
use std::process::ExitCode;

use super::{Global, Keys};
use crate::cli::run::spellings;
use crate::cli::{identities, printing};
use crate::error::Error;
use crate::project::files::Files;
use crate::project::{Options, Project};

pub(super) const EXAMPLES: &str = "\
Examples:
  kubectl logs deploy/api | sparkcfg secrets mask prod
  docker compose logs -f | sparkcfg secrets mask prod > api.log

It finds each secret as `sparkcfg run --mask` does: as it is, in Base64, in hexadecimal, in a URL and in JSON. Values under \
4 characters are left as they are, and named.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Mask {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,
}

impl Mask {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            let help = format!("pipe a program's output into it: CMD | sparkcfg secrets mask {}", self.environment);
            return Err(Error::new("there is nothing to be masked").help(help));
        }
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        let identities = identities::collect_with_programs(&keys.identity, &files, &Project::config(&files)?)?;
        let options = Options {
            environments: vec![self.environment.clone()],
            personal: true,
            identities: Some(&identities),
            ..Options::default()
        };
        let project = Project::read(&files, &options)?;
        let environments = project.environments();
        let environment = environments.first().ok_or_else(|| Error::new("there is no such environment"))?;
        // What is not known cannot be found, and nothing half masked is let through.
        if let Some((why, _)) = project.closed(environment) {
            let message = format!("a sealed file of {} cannot be masked: {}", self.environment, why.message());
            return Err(Error::new(message).help(format!("{}{}", why.help(), identities.looked())));
        }
        if let Some((path, why)) = project.damaged(environment) {
            let help = format!("`{}` says what to do", global.again("validate", &[&self.environment]));
            return Err(Error::new(format!("what this file holds cannot be masked: {why}")).at(path).help(help));
        }
        let settings: Vec<_> = environment.settings.iter().filter(|setting| setting.is_set()).collect();
        let spellings = spellings(&project, environment, &settings, global)?;
        printing::pass_on(stdin.lock(), std::io::stdout().lock(), &spellings)
            .map_err(|_| Error::new("what is piped through cannot be read or written"))?;
        Ok(ExitCode::SUCCESS)
    }
}
