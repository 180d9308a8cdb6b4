//! `sparkcfg secrets mask`: a filter that puts a mask in place of every secret of an environment, for logs that were not written
//! by what `sparkcfg run` started.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;

use zeroize::Zeroizing;

use super::{Global, Keys};
use crate::cli::run::{secrets, spellings};
use crate::cli::{identities, printing};
use crate::error::Error;
use crate::masking::SHORTEST;
use crate::project::files::Files;
use crate::project::{Options, Project};

pub(super) const EXAMPLES: &str = "\
Examples:
  kubectl logs deploy/api | sparkcfg secrets mask prod
  docker compose logs -f | sparkcfg secrets mask prod > api.log
  sparkcfg secrets mask prod --github            in a step of GitHub Actions: its log shows none from there on

It finds each secret as `sparkcfg run --mask` does: as it is, in Base64, in hexadecimal, in a URL and in JSON. Values under \
4 characters are left as they are, and named.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Mask {
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,
    /// Tell GitHub Actions what its log must not show, instead of filtering
    #[arg(long)]
    github: bool,
}

impl Mask {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let stdin = std::io::stdin();
        if self.github {
            self.refuse_elsewhere()?;
        } else if stdin.is_terminal() {
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
        if self.github {
            let lines = commands(&secrets(&project, environment, &settings, global)?);
            return printing::print(&lines).map(|()| ExitCode::SUCCESS);
        }
        let spellings = spellings(&project, environment, &settings, global)?;
        printing::pass_on(stdin.lock(), std::io::stdout().lock(), &spellings)
            .map_err(|_| Error::new("what is piped through cannot be read or written"))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Anywhere else, the commands would be nothing but secrets in sight.
    fn refuse_elsewhere(&self) -> Result<(), Error> {
        let is_there = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        if is_there && !std::io::stdout().is_terminal() {
            return Ok(());
        }
        let message = "--github writes secrets for GitHub Actions to read, and this is no step of it";
        let help = format!("to filter a log: CMD | sparkcfg secrets mask {}", self.environment);
        Err(Error::new(message).help(help))
    }
}

/// The commands by which GitHub Actions learns what not to show: one for each line of each secret, as it shows lines.
fn commands(secrets: &[&str]) -> Zeroizing<String> {
    let lines = secrets.iter().flat_map(|secret| secret.split(['\r', '\n']));
    let lines: BTreeSet<_> = lines.filter(|line| line.trim().len() >= SHORTEST).collect();
    let mut text = Zeroizing::new(String::with_capacity(lines.iter().map(|line| 16 + 3 * line.len()).sum()));
    for line in lines {
        text.push_str("::add-mask::");
        for part in line.split_inclusive('%') {
            text.push_str(part);
            if part.ends_with('%') {
                text.push_str("25");
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn each_line_of_a_secret_is_a_command() {
        for (secrets, expected) in [
            (&["hunter2"][..], "::add-mask::hunter2\n"),
            (&["b%0Ab", "b%0Ab", "a%%a"], "::add-mask::a%25%25a\n::add-mask::b%250Ab\n"),
            (
                &["-----\r\nkey line\n-----\n::stop-commands::x"],
                "::add-mask::-----\n::add-mask::::stop-commands::x\n::add-mask::key line\n",
            ),
            (&["abc", "  a ", ""], ""),
        ] {
            assert_eq!(*commands(secrets), expected);
        }
    }
}
