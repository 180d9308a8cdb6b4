//! `sparkcfg secrets unset`: a secret removed.

use std::process::ExitCode;

use super::{Global, Keys, judging};
use crate::cli::printing;
use crate::detection::is_plausible_name;
use crate::error::Error;
use crate::finding::told_name;
use crate::plain;
use crate::project::compose_entries;
use crate::secret::Secret;
use crate::source::printable;
use crate::suggestion::nearest;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Unset {
    /// The key
    key: String,
    /// The environment, `base`, or the path of a sealed file
    #[arg(short, long = "env", value_name = "ENV")]
    environment: String,
    /// Remove it although the project's checks speak against it
    #[arg(long)]
    no_validate: bool,
}

impl Unset {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let mut sealing = keys.sealing(global)?;
        let lock = sealing.lock()?;
        let target = sealing.target(&self.environment)?;
        let text = sealing.plain(&target)?;
        let shown = sealing.files.shown(&target.file.path);
        let text =
            plain::unset(&text, &self.key, compose_entries).ok_or_else(|| self.missing(&text).at(shown.clone()))?;
        if !self.no_validate && !judging::accepts(&sealing, &target, &text, std::slice::from_ref(&self.key), global)? {
            printing::complain("nothing was changed; --no-validate removes it all the same\n")?;
            return Ok(ExitCode::from(1));
        }
        super::seal(&sealing, &lock, &target, &text)?;
        printing::complain(&format!("removed {} from {}\n", printable(&self.key), printable(&shown)))?;
        Ok(ExitCode::SUCCESS)
    }

    fn missing(&self, text: &Secret) -> Error {
        let error = Error::new(format!("{} is not set there", told_name(&self.key)));
        let entries = compose_entries(text.expose()).0;
        let names =
            entries.iter().filter_map(|entry| text.expose().get(entry.key.start as usize..entry.key.end as usize));
        match nearest(&self.key, names.filter(|name| is_plausible_name(name))) {
            Some(near) => error.help(format!("did you mean {near}?")),
            None => error,
        }
    }
}
