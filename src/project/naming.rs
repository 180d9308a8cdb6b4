//! Errors about what `sparkcfg.toml` names, told at the place where it does.

use super::config::Config;
use super::consumers::place_of;
use super::declaration::NAME;
use super::files::{self, Files};
use crate::error::Error;
use crate::source::Sources;

/// Where `sparkcfg.toml` has a word below the header of a table, in quotes or as a key: `sparkcfg.toml:3:9`. The file alone
/// where it cannot be found.
#[must_use]
pub fn place_in_config(files: &Files, table: &str, word: &str) -> String {
    let found = || {
        let (text, _) = files::text(files.read_if_there(NAME).ok()??);
        let as_key = || {
            let from = text.find(table)?;
            let line = |(at, _): &(usize, &str)| text[..*at].ends_with('\n');
            text[from..].match_indices(word).map(|(at, found)| (from + at, found)).find(line).map(|(at, _)| at)
        };
        let at = place_of(&text, table, word).or_else(as_key)?;
        let mut sources = Sources::default();
        let source = sources.add(NAME, text.as_str());
        let position = sources.position(source, u32::try_from(at).ok()?);
        Some(format!("{}:{}:{}", files.shown(NAME), position.line, position.column))
    };
    found().unwrap_or_else(|| files.shown(NAME))
}

/// An error about a file that `sparkcfg.toml` names.
#[must_use]
pub fn of_named_file(files: &Files, table: &str, path: &str, error: Error) -> Error {
    let place = place_in_config(files, table, path);
    Error { message: format!("{}: {}", files.shown(path), error.message), place: Some(place), help: error.help }
}

/// The same for a layer, which conventions name where the file does not.
pub(super) fn of_layer(files: &Files, config: &Config, environment: &str, path: &str, error: Error) -> Error {
    let lists = config.environments.get(environment).is_some_and(|listed| listed.iter().any(|one| one == path));
    if lists { of_named_file(files, "[environments]", path, error) } else { error }
}
