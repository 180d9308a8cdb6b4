//! What a project's folder tells: its env files, their documentation, Compose and PM2 files.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::programs;
use crate::compose::{self, Application, Service};
use crate::detection;
use crate::error::Error;
use crate::identity::Identities;
use crate::inference::{self, Discovery, Origin, Proposal, Sighting, by_key, propose, sighted};
use crate::pm2::Ecosystem;
use crate::project::config::Config;
use crate::project::deployments::FOUND_BY_COMPOSE;
use crate::project::files::{self, Files};
use crate::project::{Project, compose_entries, layout};
use crate::source::Sources;
use crate::stores;

/// All sightings of a project. It may hold secrets, so it has no `Debug`.
pub(super) struct Found {
    sightings: Vec<Sighting>,
    /// The environments that there are.
    pub(super) environments: Vec<String>,
    /// What documents env files: the name of an environment for it, and its path.
    pub(super) documents: Vec<(String, String)>,
    /// Env files that no environment has, and that a Compose file gives to services.
    pub(super) env_files: Vec<String>,
    /// Who reads each of the env files, or what shows them where there are none, as far as can be seen.
    pub(super) readers: Vec<(String, Vec<String>)>,
    /// Whether the layers stand in `environments/`.
    pub(super) in_folder: bool,
    /// Env files that no commit should hold: `.env` beside a file that documents it, and what has a secret in it.
    pub(super) private: BTreeSet<String>,
    /// What could not be read.
    pub(super) notes: Vec<String>,
}

impl Found {
    /// What stands in a folder and below, without the folders `others`, which are projects of their own.
    pub(super) fn read(files: &Files, config: &Config, others: &[String]) -> Result<Self, Error> {
        let stacks = Project::stacks_of(files, config)?;
        let documented = |path: &String| layout::documents(path);
        let mut found = Self {
            sightings: Vec::new(),
            environments: stacks.iter().map(|stack| stack.name.clone()).collect(),
            documents: Vec::new(),
            env_files: Vec::new(),
            readers: Vec::new(),
            in_folder: stacks.iter().flat_map(|stack| &stack.files).any(|path| path.starts_with("environments/")),
            private: BTreeSet::new(),
            notes: Vec::new(),
        };
        let names = files.names("")?;
        for name in names.iter().filter(|name| documented(name)) {
            let text = found.text(files, name);
            found.sightings.extend(sighted::in_env_file(name, &Origin::Example, &text));
            found.documents.push((environment_of(name), name.clone()));
        }
        found.private.extend(names.iter().filter(|name| *name == ".env" && !found.documents.is_empty()).cloned());
        let mut paths: Vec<&String> = stacks.iter().flat_map(|stack| &stack.files).collect();
        paths.sort();
        paths.dedup();
        for path in paths.into_iter().filter(|path| !documented(path)) {
            let users = stacks.iter().filter(|stack| stack.files.contains(path)).map(|stack| stack.name.clone());
            found.layer(files, path, users.collect())?;
        }
        found.compose(files, &names)?;
        found.pm2(files, &names);
        found.sightings.extend(programs::sightings(files, config, others));
        let mut read: Vec<String> = stacks.iter().flat_map(|stack| stack.files.iter().cloned()).collect();
        read.retain(|path| stores::of(path).is_none());
        if read.is_empty() {
            let documents = found.documents.iter().map(|(_, path)| path.clone());
            read.extend(if found.env_files.is_empty() { documents.collect() } else { found.env_files.clone() });
        }
        read.sort();
        read.dedup();
        let readers = Project::visible_readers(files, &read)?;
        found.readers = read.into_iter().zip(readers).filter(|(_, readers)| !readers.is_empty()).collect();
        Ok(found)
    }

    /// The text of a file; one that cannot be read is left out, and that is told.
    fn text(&mut self, files: &Files, path: &str) -> String {
        match files.read_if_there(path) {
            Ok(bytes) => bytes.map(|bytes| files::text(bytes).0).unwrap_or_default(),
            Err(error) => {
                self.notes.push(format!("left out {}: {}", files.shown(path), error.message));
                String::new()
            }
        }
    }

    fn layer(&mut self, files: &Files, path: &str, environments: Vec<String>) -> Result<(), Error> {
        let Some(store) = stores::of(path) else {
            let text = self.text(files, path);
            let seen = sighted::in_env_file(path, &Origin::Layer { environments, sealed: false }, &text);
            // Those in `environments/` are meant to be shared, and `validate` says what is wrong with them.
            if !path.contains('/') && seen.iter().any(holds_secret) {
                self.private.insert(path.to_owned());
            }
            self.sightings.extend(seen);
            return Ok(());
        };
        // Names only: no identity is asked for.
        let sealed = (store.open)(&files.read(path)?, &Identities::default(), compose_entries);
        for entry in &sealed.entries {
            let key = sealed.text.get(entry.key.start as usize..entry.key.end as usize).unwrap_or_default();
            self.sightings.push(Sighting {
                key: key.to_owned(),
                place: path.to_owned(),
                origin: Origin::Layer { environments: environments.clone(), sealed: true },
                value: None,
                holds_secret: false,
                comment: None,
                service: None,
                cast: None,
            });
        }
        Ok(())
    }

    fn compose(&mut self, files: &Files, names: &[String]) -> Result<(), Error> {
        let mut sources = Sources::default();
        let is_compose = |name: &&String| {
            let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
            FOUND_BY_COMPOSE.contains(&name.as_str())
                || yaml && (name.starts_with("docker-compose.") || name.starts_with("compose."))
        };
        for name in names.iter().filter(is_compose) {
            let mut open = |path: &str| {
                let bytes = files.read_if_there(path).ok()??;
                let text: Arc<str> = files::text(bytes).0.into();
                Some((sources.add(path, Arc::clone(&text)), text))
            };
            let mut read = compose::Files::default();
            let Some(index) = read.open(name, &mut open) else { continue };
            let application = Application::of(&mut read, &[index], &mut open);
            for refusal in &application.refusals {
                self.notes.push(format!("left out a part of {}: {}", files.shown(name), refusal.message));
            }
            let env_files = application.services.iter().flat_map(Service::env_files);
            for path in env_files.map(|env_file| env_file.path.trim_start_matches("./").to_owned()) {
                let known = self.env_files.contains(&path) || self.documents.iter().any(|(_, other)| *other == path);
                if self.environments.is_empty() && !known && files.read_if_there(&path).is_ok_and(|text| text.is_some())
                {
                    self.env_files.push(path);
                }
            }
            let mut seen = sighted::in_compose(&read.all, &application);
            // What only some ways to start demand is not needed everywhere.
            for sighting in seen.iter_mut().filter(|sighting| !programs::is_main_compose(&sighting.place)) {
                if let Origin::Reference { required } = &mut sighting.origin {
                    *required = false;
                }
            }
            self.sightings.extend(seen);
        }
        for path in self.env_files.clone() {
            self.layer(files, &path, vec![environment_of(&path)])?;
        }
        Ok(())
    }

    fn pm2(&mut self, files: &Files, names: &[String]) {
        for name in names.iter().filter(|name| name.starts_with("ecosystem.") && name.contains("config.")) {
            let text = self.text(files, name);
            let source = Sources::default().add(name.as_str(), text.as_str());
            let ecosystem = Ecosystem::read(source, name, &text);
            if let Some(refusal) = &ecosystem.refusal {
                self.notes.push(format!("left out {}: {}", files.shown(name), refusal.message));
            }
            self.sightings.extend(sighted::in_pm2(name, &ecosystem));
        }
    }

    /// Proposals for the keys that have none yet. What is only set by Compose or PM2 files is no key of an env file.
    pub(super) fn add_to(&self, proposals: &mut Vec<Proposal>) {
        let is_secret = |sighting: &&Sighting| detection::names_secret(&sighting.key);
        let secrets = self.sightings.iter().filter(is_secret).filter_map(|sighting| sighting.value.as_deref());
        let secrets: Vec<_> = secrets.filter(|value| !value.is_empty()).collect();
        for (key, seen) in by_key(&self.sightings) {
            let known = proposals.iter().any(|proposal| proposal.key == key);
            if known || seen.iter().all(|sighting| sighting.origin == Origin::Set) {
                continue;
            }
            proposals.push(propose(key, &seen, &self.environments, &secrets));
        }
    }

    /// Whether there is an env file, or what documents one.
    pub(super) fn has_env_files(&self) -> bool {
        !(self.environments.is_empty() && self.documents.is_empty() && self.env_files.is_empty())
    }

    pub(super) fn discoveries(&self) -> Vec<Discovery> {
        inference::discoveries(&self.sightings)
    }
}

/// Whether a value is a secret by its key or its shape.
fn holds_secret(sighting: &Sighting) -> bool {
    let Some(value) = sighting.value.as_deref() else { return false };
    let counts = detection::url_password(value).map_or(value, |password| &value[password]);
    let found = detection::is_secret_by_name(&sighting.key, value)
        || counts.len() < value.len()
        || detection::token(value).is_some();
    found && !detection::stands_in_for_a_secret(counts)
}

/// `.env.prod.example` is `prod-example`: not the name of an environment that is protected.
pub(super) fn environment_of(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    let parts = name.split('.').filter(|part| !part.is_empty() && *part != "env");
    let parts: Vec<_> = parts.map(|part| part.replace(|sign: char| !sign.is_ascii_alphanumeric(), "-")).collect();
    parts.join("-")
}
