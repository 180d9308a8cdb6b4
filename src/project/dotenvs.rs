//! The `.env` beside a Compose file, in which docker compose looks up what its `env_file:` refers to.
//!
//! It knows the whole of it, as `${KEY}` in the Compose file sees it, before it reads any other file. That file itself may
//! be one of `env_file:`, too; since it has two readers then, it is taken as the first of them reads it: from top to bottom.

use std::collections::HashMap;
use std::sync::Arc;

use super::Project;
use super::files::{self, Files};
use super::usage::{self, EnvFile};
use crate::dialects::{Process, compose, compose_interpolation};
use crate::environment::{Dotenv, Environment, Resolved};
use crate::error::Error;
use crate::layer::Layer;

impl Project {
    /// Reads what docker compose knows before it reads the layers; `known` has their numbers by path.
    pub(super) fn read_dotenvs(&mut self, files: &Files, env_files: &[EnvFile], known: &HashMap<String, usize>) {
        let mut read: HashMap<&str, Option<Arc<Dotenv>>> = HashMap::new();
        for EnvFile { path, dotenv, .. } in env_files {
            let Some(index) = known.get(path).copied().filter(|_| path != dotenv) else { continue };
            // What a person lists in `sparkcfg.toml` says more than a Compose file that may not be in use.
            if !self.readers[index].iter().any(|reader| reader == "compose") {
                continue;
            }
            let beside = read.entry(dotenv).or_insert_with(|| self.dotenv(files, dotenv).map(Arc::new));
            let (source, beside) = (self.layers[index].source, beside.clone());
            // Two Compose files with a `.env` each: one layer has two sets of values, and neither is the right one.
            match self.dotenvs.get(&source) {
                Some(other) if beside.as_ref().is_none_or(|beside| beside.path != other.path) => {
                    self.dotenvs.remove(&source);
                }
                _ => self.dotenvs.extend(beside.map(|beside| (source, beside))),
            }
        }
    }

    /// What the file at `path` sets for docker compose; `None` where it is not there, and where docker compose refuses it.
    fn dotenv(&mut self, files: &Files, path: &str) -> Option<Dotenv> {
        let bytes = files.read_if_there(path).ok().flatten()?;
        let process: Process = self.process.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        if compose_interpolation::read(&bytes, &process).error.is_some() {
            return None;
        }
        let (text, _) = files::text(bytes);
        let text: Arc<str> = text.into();
        let entries = compose::parse(&text).entries;
        // Without its text, of which nothing is told.
        let source = self.sources.add(files.shown(path), "");
        let layer = Layer { name: path.to_owned(), source, text, sealed: false, entries, faults: Vec::new() };
        let mut environment = Environment::new(path.into(), false, vec![&layer], &self.process);
        environment.hide_references(|key, text| self.hides(key, text));
        let values = environment.settings.iter().filter_map(|setting| {
            let text = setting.value.text()?;
            let is_secret = matches!(setting.value, Resolved::Secret(_)) || self.hides(setting.key, text);
            Some((setting.key.to_owned(), text.to_owned(), is_secret))
        });
        Some(Dotenv::new(files.shown(path), values))
    }
}

/// What docker compose knows before it reads the file at `path` of a project with `env_file:`, if it does.
///
/// # Errors
/// A folder that cannot be listed.
pub fn known_before(files: &Files, path: &str, process: &Process) -> Result<Process, Error> {
    let seen = usage::visible(files)?;
    let mut beside = seen.env_files.iter().filter(|file| file.path == path && file.dotenv != path);
    let Some(dotenv) = beside.next().map(|file| &file.dotenv) else { return Ok(Process::new()) };
    let bytes = files.read_if_there(dotenv).ok().flatten().filter(|_| beside.all(|other| other.dotenv == *dotenv));
    let reading = compose_interpolation::read(&bytes.unwrap_or_default(), process);
    if reading.error.is_some() {
        return Ok(Process::new());
    }
    Ok(reading.vars.into_iter().filter_map(|variable| Some((variable.key, variable.value?))).collect())
}
