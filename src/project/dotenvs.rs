//! The `.env` beside a Compose file, in which docker compose looks up what its `env_file:` refers to.
//!
//! It knows the whole of it, as `${KEY}` in the Compose file sees it, before it reads any other file. That file itself may
//! be one of `env_file:`, too: then it is read a second time, and refers to what the first reading made of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::Project;
use super::files::{self, Files};
use super::usage::{self, EnvFile};
use crate::dialects::{Process, compose, compose_interpolation};
use crate::environment::{Dotenv, DotenvValue, Dotenvs, Environment, LooseFault, Resolved};
use crate::error::Error;
use crate::layer::Layer;

impl Project {
    /// Reads what docker compose knows before it reads the layers; `known` has their numbers by path.
    pub(super) fn read_dotenvs(&mut self, files: &Files, env_files: &[EnvFile], known: &HashMap<String, usize>) {
        let mut read: HashMap<&str, Option<Arc<Dotenv>>> = HashMap::new();
        for EnvFile { path, dotenv, .. } in env_files {
            let Some(index) = known.get(path).copied() else { continue };
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
        let (text, _) = files::text(bytes);
        let text: Arc<str> = text.into();
        let entries = compose::parse(&text).entries;
        // Without its text, of which nothing is told.
        let source = self.sources.add(files.shown(path), "");
        let layer = Layer { name: path.to_owned(), source, text, sealed: false, entries, faults: Vec::new() };
        self.first_reading(&layer, files.shown(path))
    }

    /// What docker compose makes of a `.env` before it reads any other file; `None` where it refuses it.
    fn first_reading(&self, layer: &Layer, path: String) -> Option<Dotenv> {
        let process: Process = self.process.iter().map(|(name, text)| (name.clone(), text.clone())).collect();
        if compose_interpolation::read(layer.text.as_bytes(), &process).error.is_some() {
            return None;
        }
        let mut environment = Environment::new(path.as_str().into(), false, vec![layer], &self.process);
        environment.hide_references(|key, text| self.hides(key, text));
        let loose = |wanted: fn(&LooseFault) -> bool| -> HashSet<usize> {
            environment.loose.iter().filter(|loose| wanted(&loose.fault)).map(|loose| loose.entry).collect()
        };
        let (any, wrong) = (loose(|_| true), loose(|fault| !matches!(fault, LooseFault::Outside(_))));
        let values = environment.settings.iter().filter_map(|setting| {
            let text = setting.value.text()?.to_owned();
            let is_secret = matches!(setting.value, Resolved::Secret(_)) || self.hides(setting.key, &text);
            let (is_loose, is_wrong) = (any.contains(&setting.entry), wrong.contains(&setting.entry));
            Some((setting.key.to_owned(), DotenvValue { text, is_secret, is_loose, is_wrong }))
        });
        let values: Vec<_> = values.collect();
        Some(Dotenv::new(path, values))
    }

    /// The same for the layers as they would be if some, by their numbers, were edited.
    pub(super) fn dotenvs_with(&self, edited: &BTreeMap<usize, Layer>) -> Dotenvs {
        let mut dotenvs = self.dotenvs.clone();
        for layer in edited.values() {
            let path = self.sources.path(layer.source);
            if !self.dotenvs.values().any(|dotenv| dotenv.path == path) {
                continue;
            }
            match self.first_reading(layer, path.to_owned()).map(Arc::new) {
                Some(after) => dotenvs.values_mut().filter(|one| one.path == path).for_each(|one| *one = after.clone()),
                None => dotenvs.retain(|_, one| one.path != path),
            }
        }
        dotenvs
    }
}

/// What docker compose knows before it reads the file at `path` of a project with `env_file:`, if it does.
///
/// # Errors
/// A folder that cannot be listed.
pub fn known_before(files: &Files, path: &str, process: &Process) -> Result<Process, Error> {
    let seen = usage::visible(files)?;
    let mut beside = seen.env_files.iter().filter(|file| file.path == path);
    let Some(dotenv) = beside.next().map(|file| &file.dotenv) else { return Ok(Process::new()) };
    let bytes = files.read_if_there(dotenv).ok().flatten().filter(|_| beside.all(|other| other.dotenv == *dotenv));
    let reading = compose_interpolation::read(&bytes.unwrap_or_default(), process);
    if reading.error.is_some() {
        return Ok(Process::new());
    }
    Ok(reading.vars.into_iter().filter_map(|variable| Some((variable.key, variable.value?))).collect())
}
