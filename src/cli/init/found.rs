//! What a project's folder tells: its env files, their documentation, Compose and PM2 files.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::programs;
use crate::compose::{self, Application, Service};
use crate::detection;
use crate::error::Error;
use crate::identity::Identities;
use crate::inference::{self, Discovery, Environments, Origin, Proposal, Sighting, Without, by_key, propose, sighted};
use crate::interpolation::references;
use crate::pm2::Ecosystem;
use crate::project::config::Config;
use crate::project::deployments::FOUND_BY_COMPOSE;
use crate::project::files::{self, Files};
use crate::project::layout::{self, Stack};
use crate::project::{Project, compose_entries};
use crate::source::Sources;
use crate::stores;
use crate::uses::{self, Kind};

/// What docker compose reads beside a Compose file, before all else.
const BESIDE: &str = ".env";

/// All sightings of a project. It may hold secrets, so it has no `Debug`.
pub(super) struct Found {
    sightings: Vec<Sighting>,
    /// The environments that there are, and their files.
    pub(super) stacks: Vec<Stack>,
    /// What documents env files: the name of an environment for it, and its path.
    pub(super) documents: Vec<(String, String)>,
    /// Env files that no environment has, and that a Compose file gives to services: what they are called as environments,
    /// and their paths.
    pub(super) env_files: Vec<(String, String)>,
    /// Those of them that refer to what `.env` sets: docker compose looks there first.
    beside: BTreeSet<String>,
    /// Names that were most likely meant by others, each with that one.
    slips: Vec<(String, String)>,
    /// Who reads each of the env files, or what shows them where there are none, as far as can be seen.
    pub(super) readers: Vec<(String, Vec<String>)>,
    /// Env files of projects below that a Compose file here gives to services.
    pub(super) given_below: BTreeSet<String>,
    /// Whether somebody here reads a `.env`, be there one or not.
    pub(super) is_read: bool,
    /// Whether the layers stand in `environments/`.
    pub(super) in_folder: bool,
    /// Env files that no commit should hold: `.env` beside a file that documents it, and what has a secret in it.
    pub(super) private: BTreeSet<String>,
    /// What could not be read.
    pub(super) notes: Vec<String>,
}

impl Found {
    /// What stands in a folder and below, without the folders `others`, which are projects of their own. `above` is what the
    /// workspace sets for all of them.
    pub(super) fn read(files: &Files, config: &Config, others: &[String], above: &[Sighting]) -> Result<Self, Error> {
        let stacks = Project::stacks_of(files, config)?;
        let documented = |path: &String| layout::documents(path);
        let mut found = Self {
            sightings: Vec::new(),
            documents: Vec::new(),
            env_files: Vec::new(),
            beside: BTreeSet::new(),
            slips: Vec::new(),
            readers: Vec::new(),
            given_below: BTreeSet::new(),
            is_read: false,
            in_folder: stacks.iter().flat_map(|stack| &stack.files).any(|path| path.starts_with("environments/")),
            private: BTreeSet::new(),
            notes: Vec::new(),
            stacks,
        };
        let names = files.names("")?;
        for name in names.iter().filter(|name| documented(name)) {
            let text = found.text(files, name);
            found.sightings.extend(sighted::in_env_file(name, &Origin::Example, &text));
            found.documents.push((environment_of(name), name.clone()));
        }
        found.private.extend(names.iter().filter(|name| *name == ".env" && !found.documents.is_empty()).cloned());
        let mut paths: Vec<String> = found.stacks.iter().flat_map(|stack| stack.files.iter().cloned()).collect();
        paths.sort();
        paths.dedup();
        for path in paths.iter().filter(|path| !documented(path)) {
            let users = found.stacks.iter().filter(|stack| stack.files.contains(path)).map(|stack| stack.name.clone());
            found.layer(files, path, users.collect())?;
        }
        found.compose(files, &names, others)?;
        found.pm2(files, &names);
        let mut own = paths.clone();
        own.extend(found.env_files.iter().map(|(_, path)| path.clone()));
        let declared: Vec<_> = found.sightings.iter().map(|sighting| sighting.key.clone()).collect();
        found.sightings.extend(programs::sightings(files, config, others, &declared));
        found.sightings.extend(programs::set_in_env_files(files, &own));
        found.sightings.extend(above.iter().cloned());
        found.sightings.extend(inference::set_by_twins(&found.sightings));
        let kept = found.kept_by_programs();
        let holds = |one: &&Sighting| {
            let filled_in = one.value.as_deref().is_some_and(|value| !detection::stands_in_for_a_secret(value));
            matches!(one.origin, Origin::Layer { sealed: false, .. }) && kept.contains(one.key.as_str()) && filled_in
        };
        let private = found.sightings.iter().filter(holds).map(|one| &one.place).filter(|path| !path.contains('/'));
        let private: BTreeSet<_> = private.cloned().collect();
        found.private.extend(private);
        found.slips = inference::slips(&found.sightings);
        let mut read = paths;
        read.extend(found.env_files.iter().map(|(_, path)| path.clone()));
        read.retain(|path| stores::of(path).is_none());
        if read.is_empty() {
            read.extend(found.documents.iter().map(|(_, path)| path.clone()));
        }
        read.sort();
        read.dedup();
        // What is copied to a `.env` that is not there yet is read by whoever reads that.
        let readers = Project::visible_readers(files, &read)?;
        let beside = Project::visible_readers(files, &[".env".to_owned()])?;
        found.is_read = beside.first().is_some_and(|readers| !readers.is_empty());
        found.readers = read.into_iter().zip(readers).filter(|(_, readers)| !readers.is_empty()).collect();
        Ok(found)
    }

    /// Takes down that Compose, started above, reads the env files in `given`, by their paths from there.
    pub(super) fn are_given(&mut self, folder: &str, given: &BTreeSet<String>) {
        let start = format!("{folder}/");
        let compose = || "compose".to_owned();
        for path in given.iter().filter_map(|path| path.strip_prefix(&start)) {
            if !self.stacks.iter().any(|stack| stack.files.iter().any(|file| file == path)) {
                continue;
            }
            match self.readers.iter_mut().find(|(file, _)| file == path) {
                Some((_, readers)) if readers.contains(&compose()) => {}
                Some((_, readers)) => readers.insert(0, compose()),
                None => self.readers.push((path.to_owned(), vec![compose()])),
            }
        }
        self.readers.sort();
    }

    /// The keys that programs keep secret, whatever their names.
    fn kept_by_programs(&self) -> HashSet<&str> {
        let kept = |one: &&Sighting| one.holds_secret && matches!(one.origin, Origin::Read { .. });
        self.sightings.iter().filter(kept).map(|one| one.key.as_str()).collect()
    }

    /// What the env files of a workspace set, and its Compose files and the like, as the project in a folder below sees it.
    pub(super) fn seen_from(&self, folder: &str) -> Vec<Sighting> {
        let up = "../".repeat(folder.split('/').count());
        // What starts all of them may give it a value; a script above is about the workspace.
        let starts = |place: &str| uses::reader(place).is_some_and(|reader| reader.side == uses::Side::Start);
        let sets = |one: &&Sighting| match one.origin {
            Origin::Layer { .. } => true,
            Origin::Set => starts(&one.place),
            _ => false,
        };
        let layers = self.sightings.iter().filter(sets);
        let set = |one: &Sighting| {
            let (key, place) = (one.key.clone(), format!("{up}{}", one.place));
            let origin = Origin::Set;
            Sighting { key, place, origin, value: None, holds_secret: false, comment: None, service: None, taken: None }
        };
        layers.map(set).collect()
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
            let shared = path.starts_with("environments/") || Project::is_in_git(files, path);
            let seen = sighted::in_env_file(path, &Origin::Layer { environments, sealed: false, shared }, &text);
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
                origin: Origin::Layer { environments: environments.clone(), sealed: true, shared: false },
                value: None,
                holds_secret: false,
                comment: None,
                service: None,
                taken: None,
            });
        }
        Ok(())
    }

    fn compose(&mut self, files: &Files, names: &[String], others: &[String]) -> Result<(), Error> {
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
            for env_file in env_files {
                self.env_file(files, &env_file.path, others);
            }
            let mut seen = sighted::in_compose(&read.all, &application);
            // What only some ways to start demand is not needed everywhere.
            for sighting in seen.iter_mut().filter(|sighting| !programs::is_main_compose(&sighting.place)) {
                if let Origin::Reference { without } = &mut sighting.origin {
                    *without = Without::GoesOn;
                }
            }
            self.sightings.extend(seen);
        }
        self.keep_what_can_be_listed(files, names)?;
        for (name, path) in self.env_files.clone() {
            self.layer(files, &path, vec![name])?;
        }
        Ok(())
    }

    /// A file that Compose gives to a service. What an environment has already, what documents, what is one person's own, what
    /// lies outside, and what belongs to a project in a folder below is left out.
    fn env_file(&mut self, files: &Files, path: &str, others: &[String]) {
        // What lies outside of the folder, `../.env`, is the business of whoever looks at that.
        let Some(path) = compose::extend::beside("", path) else { return };
        let is_others = others.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
        let known = self.env_files.iter().any(|(_, other)| *other == path)
            || self.stacks.iter().any(|stack| stack.files.contains(&path));
        if is_others {
            self.given_below.insert(path.clone());
        }
        let left_out = is_others || known || layout::documents(&path) || layout::is_personal(&path);
        if left_out || !files.read_if_there(&path).is_ok_and(|text| text.is_some()) {
            return;
        }
        let taken = |name: &String| {
            let stacks = self.stacks.iter().map(|stack| &stack.name);
            name.is_empty() || stacks.chain(self.env_files.iter().map(|(name, _)| name)).any(|other| other == name)
        };
        // `api/.env` and `web/.env` are told apart by their folders.
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).replace('/', "-");
        let own = environment_of(&path);
        let whole = [folder.as_str(), own.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
        let whole = whole.join("-");
        if let Some(name) = [own, whole].into_iter().find(|name| !taken(name)) {
            if self.refers_to_what_stands_beside(files, &path) {
                self.beside.insert(path.clone());
            }
            self.env_files.push((name, path));
        }
    }

    fn refers_to_what_stands_beside(&self, files: &Files, path: &str) -> bool {
        if !self.stacks.iter().any(|stack| stack.files.iter().any(|file| file == BESIDE)) {
            return false;
        }
        let read = |path: &str| files.read_if_there(path).ok().flatten().map(|bytes| files::text(bytes).0);
        let (Some(text), Some(beside)) = (read(path), read(BESIDE)) else { return false };
        let slice = |text: &str, range: &std::ops::Range<u32>| {
            text.get(range.start as usize..range.end as usize).unwrap_or_default().to_owned()
        };
        let set: HashSet<_> = compose_entries(&beside).0.iter().map(|entry| slice(&beside, &entry.key)).collect();
        let (entries, _) = compose_entries(&text);
        entries.iter().filter(|entry| entry.interpolates).any(|entry| {
            let value = slice(&text, &entry.value);
            references(&value).iter().any(|reference| set.contains(reference.name))
        })
    }

    /// The layers of an env file that Compose gives to a service.
    pub(super) fn layers_of(&self, path: &str) -> Vec<String> {
        let beside = self.beside.contains(path).then(|| BESIDE.to_owned());
        beside.into_iter().chain([path.to_owned()]).collect()
    }

    /// Who lists environments in `sparkcfg.toml` lists all of them: of one that is there already, and of what would lose the
    /// personal layers that names alone give, it is only told what to add.
    fn keep_what_can_be_listed(&mut self, files: &Files, names: &[String]) -> Result<(), Error> {
        let configured = files.read_if_there("sparkcfg.toml")?.is_some();
        let personal = !self.stacks.is_empty() && names.iter().any(|name| layout::is_personal(name));
        if self.env_files.is_empty() || !configured && !personal {
            return Ok(());
        }
        for (name, path) in std::mem::take(&mut self.env_files) {
            let layers: Vec<_> = self.layers_of(&path).iter().map(|layer| super::quoted(layer)).collect();
            let (shown, name, layers) = (files.shown(&path), super::quoted(&name), layers.join(", "));
            self.notes.push(format!(
                "{shown} is not checked: Compose gives it to a service, and no environment has it; add to [environments] in sparkcfg.toml: {name} = [{layers}]"
            ));
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
            // What is only handed on, is told by whoever reads programs.
            let uses = uses::read(name, &text);
            let passed: HashSet<_> =
                uses.iter().filter(|found| found.kind == Kind::Pass).map(|found| found.name.as_str()).collect();
            let mut seen = sighted::in_pm2(name, &ecosystem);
            seen.retain(|sighting| !passed.contains(sighting.key.as_str()));
            self.sightings.extend(seen);
        }
    }

    /// Proposals for the keys that have none yet. What is only set by Compose or PM2 files is no key of an env file.
    pub(super) fn add_to(&self, proposals: &mut Vec<Proposal>) {
        let kept = self.kept_by_programs();
        let is_secret = |one: &&Sighting| detection::names_secret(&one.key) || kept.contains(one.key.as_str());
        let secrets = self.sightings.iter().filter(is_secret).filter_map(|sighting| sighting.value.as_deref());
        let secrets: Vec<_> = secrets.filter(|value| !value.is_empty()).collect();
        let own: Vec<_> = self.stacks.iter().map(|stack| stack.name.clone()).collect();
        let given: Vec<_> = self.env_files.iter().map(|(name, _)| name.clone()).collect();
        let environments = Environments { own: &own, given: &given };
        for proposal in proposals.iter_mut().filter(|proposal| kept.contains(proposal.key.as_str())) {
            inference::imported::keep_secret(&mut proposal.property);
        }
        for (key, seen) in by_key(&self.sightings) {
            let known = proposals.iter().any(|proposal| proposal.key == key);
            // What is declared would be no mistake any more.
            let slipped = self.slips.iter().any(|(name, _)| name == key);
            if known || slipped || seen.iter().all(|sighting| sighting.origin == Origin::Set) {
                continue;
            }
            proposals.push(propose(key, &seen, environments, &secrets));
        }
    }

    /// Takes down the env files at the top that have a value for a key that is proposed as a secret.
    pub(super) fn keep_private(&mut self, proposals: &[Proposal]) {
        let secret = |key: &str| proposals.iter().any(|one| one.key == key && one.property.contains_key("writeOnly"));
        let holds = |one: &&Sighting| {
            let filled_in = one.value.as_deref().is_some_and(|value| !detection::stands_in_for_a_secret(value));
            matches!(one.origin, Origin::Layer { sealed: false, .. })
                && !one.place.contains('/')
                && filled_in
                && secret(&one.key)
        };
        self.private.extend(self.sightings.iter().filter(holds).map(|one| one.place.clone()));
    }

    /// Whether there is an env file, or what documents one.
    pub(super) fn has_env_files(&self) -> bool {
        !(self.stacks.is_empty() && self.documents.is_empty() && self.env_files.is_empty())
    }

    /// What is told of names that go into no schema, because others were meant.
    pub(super) fn slips<'a>(&'a self, declared: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = String> + 'a {
        let slips = self.slips.iter().filter(move |(name, _)| !declared(name));
        slips.map(|(name, meant)| {
            format!("left {name} out of the schema: did you mean {meant}? If not, declare it in an env file, or in the schema")
        })
    }

    pub(super) fn discoveries(&self) -> Vec<Discovery> {
        let slipped = |sighting: &&Sighting| self.slips.iter().any(|(name, _)| *name == sighting.key);
        let others: Vec<_> = self.sightings.iter().filter(|sighting| !slipped(sighting)).cloned().collect();
        inference::discoveries(&others)
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
