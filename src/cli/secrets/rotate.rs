//! `sparkcfg secrets rotate`: new data keys, sealed for the people of the table.

use std::process::ExitCode;

use super::sharing::{Sharing, known_environment};
use super::{Global, Keys, now, tell_of_leaving, with_new_key};
use crate::error::Error;

/// The arguments.
#[derive(Debug, clap::Args)]
#[group(id = "what", required = true, multiple = false, args = ["environment", "all"])]
pub(super) struct Rotate {
    /// The environment; what it shares with others is sealed anew too
    #[arg(value_name = "ENV")]
    environment: Option<String>,
    /// Every sealed file
    #[arg(long)]
    all: bool,
}

impl Rotate {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let sharing = Sharing::begin(global, keys)?;
        if let Some(environment) = &self.environment {
            known_environment(&sharing.sealing, environment)?;
        }
        let time = now();
        let change = with_new_key(&time);
        let opened = sharing.open(self.environment.as_deref(), &change)?;
        if opened.is_empty() {
            let sealing = &sharing.sealing;
            return Err(super::nothing_sealed(&sealing.files, &sealing.config, self.environment.as_deref()));
        }
        sharing.record(&opened)?;
        sharing.write_all(&opened, &change)?;
        for one in &opened {
            tell_of_leaving(&sharing.sealing, &one.target, &sharing.leaving(&one.target))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
