//! Who reads a project's env files: what `[consumers]` says, else what the project visibly uses.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::config::Config;
use super::files::Files;
use super::usage;
use crate::dialects;
use crate::error::Error;
use crate::suggestion::nearest;

/// The readers of each file.
#[derive(Debug)]
pub(super) enum Consumers {
    /// By pattern, as the project lists them.
    Listed(GlobSet, Vec<Vec<String>>),
    /// The same for every file.
    Visible(Vec<String>),
}

impl Consumers {
    /// Reads the project's own list, or looks around.
    ///
    /// # Errors
    /// A reader that does not exist, a pattern that is none, a folder that cannot be listed.
    pub(super) fn of(files: &Files, config: &Config) -> Result<Self, Error> {
        if config.consumers.is_empty() {
            return usage::visible(files).map(Self::Visible);
        }
        let mut patterns = GlobSetBuilder::new();
        for (pattern, chains) in &config.consumers {
            let broken = || Error::new(format!("`{pattern}` is no pattern for files")).at(files.shown("sparkcfg.toml"));
            patterns.add(Glob::new(pattern).map_err(|_| broken())?);
            for name in chains.iter().flat_map(|chain| chain.split('>')).map(str::trim) {
                if dialects::find(name).is_none() {
                    return Err(unknown(name).at(files.shown("sparkcfg.toml")));
                }
            }
        }
        let broken = || Error::new("the patterns of [consumers] are too many").at(files.shown("sparkcfg.toml"));
        Ok(Self::Listed(patterns.build().map_err(|_| broken())?, config.consumers.values().cloned().collect()))
    }

    /// The readers of the file at `path`, relative to the project, each once.
    pub(super) fn readers(&self, path: &str) -> Vec<String> {
        match self {
            Self::Visible(readers) => readers.clone(),
            Self::Listed(patterns, readers) => {
                let mut found: Vec<String> = Vec::new();
                for reader in patterns.matches(path).into_iter().filter_map(|index| readers.get(index)).flatten() {
                    if !found.contains(reader) {
                        found.push(reader.clone());
                    }
                }
                found
            }
        }
    }
}

fn unknown(name: &str) -> Error {
    let names = || dialects::ALL.iter().map(|dialect| dialect.name);
    let help = match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Error::new(format!("[consumers] names the reader `{name}`, which does not exist")).help(help)
}
