//! Who reads a project's env files: what `[consumers]` says, else what the project visibly uses.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::config::Config;
use super::files::Files;
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
            return visible(files).map(Self::Visible);
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

/// docker compose, which is how sparkcfg itself reads, and every reader that a file of the project gives away.
fn visible(files: &Files) -> Result<Vec<String>, Error> {
    let names = files.names("")?;
    let mut readers = vec!["compose".to_owned()];
    for (reader, is_manifest, gives_away) in SIGNS {
        let mut manifests = names.iter().filter(|name| is_manifest(name));
        let found = manifests.any(|name| {
            let text = files.read_if_there(name).ok().flatten().unwrap_or_default();
            gives_away(&String::from_utf8_lossy(&text))
        });
        if found {
            readers.push((*reader).to_owned());
        }
    }
    Ok(readers)
}

/// A reader, the files that may give it away, and how.
type Sign = (&'static str, fn(&str) -> bool, fn(&str) -> bool);

const SIGNS: &[Sign] = &[
    (
        "make",
        |name| matches!(name, "Makefile" | "makefile" | "GNUmakefile"),
        |text| {
            text.lines().any(|line| {
                let line = line.trim_start_matches('-');
                (line.starts_with("include ") || line.starts_with("sinclude ")) && line.contains(".env")
            })
        },
    ),
    (
        "split",
        |name| name.starts_with("ecosystem.") && name.contains("config."),
        |text| {
            text.contains(".env")
                && (text.contains("split('=')") || text.contains("split(\"=\")") || text.contains("indexOf('=')"))
        },
    ),
    (
        "python-dotenv",
        |name| {
            matches!(name, "pyproject.toml" | "Pipfile" | "setup.cfg" | "setup.py")
                || name.starts_with("requirements") && name.ends_with(".txt")
        },
        |text| {
            let text = text.to_ascii_lowercase().replace('_', "-");
            text.contains("python-dotenv") || text.contains("pydantic-settings")
        },
    ),
    ("node-dotenv", |name| name == "package.json", |text| text.contains("\"dotenv\"")),
];
