//! `sparkcfg secrets grant`: one more person who can open an environment's secrets.

use std::process::ExitCode;

use super::sharing::{Sharing, in_order, known_environment, known_person, refuse_namesake};
use super::{Global, Keys, change, now, tell_of_leaving};
use crate::cli::printing;
use crate::drift::live::word;
use crate::error::Error;
use crate::identity::Recipient;
use crate::project::declaration::Change;
use crate::project::revocations::Revocations;
use crate::project::sealing::Change as SealingChange;
use crate::source::printable;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Grant {
    /// Who: a name of [people]
    name: String,
    /// The environment
    #[arg(value_name = "ENV")]
    environment: String,
    /// The public key of somebody who is not in [people] yet
    #[arg(long, value_name = "PUBLIC KEY")]
    key: Option<String>,
}

impl Grant {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let (name, environment) = (self.name.as_str(), self.environment.as_str());
        let mut sharing = Sharing::begin(global, keys)?;
        in_order(&sharing, "grant", name, environment)?;
        let mut changes = Vec::new();
        match &self.key {
            Some(key) => {
                let key = key.trim();
                check_key(&sharing, name, key)?;
                changes.push(Change::Introduce { name, key });
            }
            None => {
                let begin = format!(
                    "give the public key: sparkcfg secrets grant {} {} --key age1…",
                    word(name),
                    word(environment)
                );
                known_person(&sharing.before, name, Some(begin))?;
            }
        }
        known_environment(&sharing.sealing, environment)?;
        changes.push(Change::Grant { name, environment });
        sharing.declare(&changes)?;
        refuse_namesake(&sharing, name, environment)?;
        // A block that says it is theirs may be sealed for anybody; one that is made now is theirs.
        let key = sharing.sealing.config.people.get(name).and_then(|key| key.parse::<Recipient>().ok());
        let time = now();
        let change = SealingChange { anew: key.as_ref().map(Recipient::as_str), ..change(&time) };
        let opened = sharing.open(Some(environment), &change)?;
        sharing.write_tables()?;
        Revocations::begin(&sharing.sealing.files)?;
        sharing.record(&opened)?;
        sharing.write_all(&opened, &change)?;
        sharing.forgive(&opened, name)?;
        for one in &opened {
            tell_of_leaving(&sharing.sealing, &one.target, &sharing.leaving(&one.target))?;
        }
        let (name, environment, add) = (printable(name), printable(environment), sharing.to_commit(&opened)?);
        printing::complain(&format!("{name} can open {environment}; commit all of it together: {add}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A key must be one, and must not quietly take the place of another.
fn check_key(sharing: &Sharing, name: &str, key: &str) -> Result<(), Error> {
    let wrong = |message: String| Error::new(message);
    if key.to_ascii_uppercase().contains("AGE-SECRET-KEY") {
        let help = "it has been seen where it was typed: let its owner make a new one, and give its public key, age1…";
        return Err(wrong("--key: this is an identity, which nobody else may have".to_owned()).help(help));
    }
    key.parse::<Recipient>().map_err(|message| {
        wrong(format!("--key: {message}")).help("`sparkcfg secrets init` prints the public key of whoever runs it")
    })?;
    if sharing.before.people.get(name).is_some_and(|known| known != key) {
        let help = "a new key of the same person gets a name of its own, as in laptop-2; or change it in sparkcfg.toml and rotate";
        return Err(wrong(format!("{name} has another public key in [people]")).help(help));
    }
    match sharing.before.owner_of(key).filter(|owner| *owner != name) {
        Some(owner) => Err(wrong(format!("this public key is that of {owner}")).help(format!("grant it to {owner}"))),
        None => Ok(()),
    }
}
