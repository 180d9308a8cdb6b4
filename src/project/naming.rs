//! Errors about what `sparkcfg.toml` names, told at the place where it does.

use super::config::Config;
use super::declaration::NAME;
use super::files::{self, Files};
use super::whereabouts::place_in;
use crate::error::Error;

/// Where the `sparkcfg.toml` of a folder has a word in a table; see [`place_in`].
#[must_use]
pub fn place_in_config(files: &Files, table: &[&str], word: &str) -> String {
    let bytes = files.read_if_there(NAME).ok().flatten();
    let (text, _) = files::text(bytes.unwrap_or_default());
    place_in(&text, &files.shown(NAME), table, word)
}

/// An error about a file that `sparkcfg.toml` names.
#[must_use]
pub fn of_named_file(files: &Files, table: &[&str], path: &str, error: Error) -> Error {
    let place = place_in_config(files, table, path);
    Error { message: format!("{}: {}", files.shown(path), error.message), place: Some(place), help: error.help }
}

/// The same for a layer, which conventions name where the file does not.
pub(super) fn of_layer(files: &Files, config: &Config, environment: &str, path: &str, error: Error) -> Error {
    let lists = config.environments.get(environment).is_some_and(|listed| listed.iter().any(|one| one == path));
    if lists { of_named_file(files, &["environments"], path, error) } else { error }
}
