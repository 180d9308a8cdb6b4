//! Compose and PM2 files: what was rendered for an environment, and what `sparkcfg.toml`, `COMPOSE_FILE` or a command that
//! starts it names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::files::{self, Files};
use super::reading::is_in_no_commit;
use super::usage::Moved;
use super::{Config, Project, templates, tracking};
use crate::compose::service::fallback;
use crate::compose::{self, Application};
use crate::detection;
use crate::error::Error;
use crate::interpolation::{Sign, references};
use crate::layer::Layer;
use crate::masking;
use crate::pm2::{self, Ecosystem};
use crate::source::{SourceId, Sources, Span};
use crate::suggestion::nearest;
use crate::tree::{Node, Value};

/// `[hardening]`: which files are checked, how strictly, and what is accepted.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Hardening {
    /// How much is told.
    pub profile: HardeningProfile,
    /// Environment → its Compose files, each laid over the one before, and its PM2 files.
    pub files: BTreeMap<String, Vec<String>>,
    /// Service or app → code → the reason why that is as it should be.
    pub accept: BTreeMap<String, BTreeMap<String, String>>,
}

/// How much is told about Compose and PM2 files.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HardeningProfile {
    /// Errors alone.
    Minimal,
    /// Everything, each as its page says.
    #[default]
    Default,
    /// Notes are warnings, warnings are errors.
    Strict,
}

/// What an environment starts.
pub struct Deployment {
    /// The environment.
    pub environment: Arc<str>,
    /// Whether it is protected.
    pub protected: bool,
    /// The files.
    pub kind: Kind,
    /// Names beside the first file by which Compose would find another one.
    pub neighbours: Vec<String>,
    /// The files in its folder and below, where it was rendered.
    pub beside: Option<Vec<String>>,
}

/// Who starts it.
pub enum Kind {
    /// Compose.
    Compose(Application),
    /// PM2; an index into [`Deployments::ecosystems`].
    Pm2(usize),
}

/// All of them, with the files that they need.
#[derive(Default)]
pub struct Deployments {
    /// In the order of the environments.
    pub all: Vec<Deployment>,
    /// Compose files, each once.
    pub compose: compose::Files,
    /// PM2 files, each once.
    pub ecosystems: Vec<Ecosystem>,
    /// Those that were rendered with secrets in them, and that git does not have: they are meant to hold them.
    pub private: Vec<SourceId>,
    /// Whether every environment was looked at.
    pub complete: bool,
}

/// The names under which Compose looks for a file by itself, first the one that it prefers.
pub const FOUND_BY_COMPOSE: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Where `render` puts what it made.
pub const RENDERED: &str = "rendered";

impl Hardening {
    /// Checks what the types cannot.
    pub(super) fn check(&self, path: &str) -> Result<(), Error> {
        for (name, codes) in &self.accept {
            if let Some((code, _)) = codes.iter().find(|(_, reason)| reason.trim().is_empty()) {
                let message = format!("[hardening.accept.{name}] {code} has no reason");
                return Err(Error::new(message).at(path).help("say why it is as it should be"));
            }
        }
        Ok(())
    }
}

/// Reads what the environments of a project start.
fn read(files: &Files, project: &mut Project, complete: bool) -> Result<(), Error> {
    let Hardening { files: named, .. } = &project.config.hardening;
    let known = if named.is_empty() { Vec::new() } else { Project::environment_names_in(files, &project.config)? };
    let mut absent = named.keys().filter(|name| !known.contains(name)).peekable();
    // The layers of an environment that git ignores are in no commit, but in the folder.
    let folder = Files::on_disk(files.root(), &files.shown(""));
    let there = match absent.peek() {
        Some(_) if files.is_staged() => Project::environment_names_in(&folder, &project.config)?,
        _ => Vec::new(),
    };
    let complete = complete && absent.peek().is_none();
    if let Some(name) = absent.find(|name| !there.contains(name)) {
        let error = Error::new(format!("[hardening.files] names an environment `{name}` that there is not"));
        let near = nearest(name, known.iter().map(String::as_str));
        let help =
            near.map_or_else(|| format!("there are: {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
        return Err(error.at(files.shown("sparkcfg.toml")).help(help));
    }
    let chosen = chosen_by_variable(files, project);
    let mut reader = Reader {
        files,
        sources: &mut project.sources,
        found: Deployments { complete, ..Deployments::default() },
        scripts: HashMap::new(),
    };
    let names: Vec<Arc<str>> = project.stacks.iter().map(|(name, _)| Arc::clone(name)).collect();
    for environment in names {
        let protected = project.config.is_protected(&environment);
        let rendered = rendered(files, &environment)?;
        if rendered.is_empty() {
            // What is accepted may be in what is still to be rendered, or is rendered where git does not see it.
            reader.found.complete &= project.config.hardening.accept.is_empty() || !is_to_be_rendered(files);
        } else {
            let beside = templates::paths(files, &format!("{RENDERED}/{environment}"))?;
            for paths in &rendered {
                let directory = moved_to(&project.moved, paths);
                // Where it is moved, its paths are not meant to start beside it.
                let beside = Some(&beside).filter(|_| directory.is_none());
                reader.take((&environment, protected), paths, beside, directory)?;
            }
        }
        let own = chosen.get(&*environment).filter(|paths| !rendered.contains(paths));
        if let Some(paths) = named.get(&*environment).or(own) {
            reader.take((&environment, protected), paths, None, moved_to(&project.moved, paths))?;
        }
        // Where the project lists its files, that list is complete.
        let by_commands = project.started.iter().filter(|(name, _)| named.is_empty() && **name == *environment);
        for (_, paths) in by_commands.filter(|(_, paths)| own != Some(paths) && !rendered.contains(paths)) {
            reader.take((&environment, protected), paths, None, moved_to(&project.moved, paths))?;
        }
    }
    reader.find_private();
    project.deployments = reader.found;
    Ok(())
}

/// The Compose files that an environment itself chooses: `COMPOSE_FILE`, divided as `docker compose` does. Where one of them
/// is not in the project, none.
fn chosen_by_variable(files: &Files, project: &Project) -> BTreeMap<String, Vec<String>> {
    const KEY: &str = "COMPOSE_FILE";
    let has = |layer: &Layer| layer.entries.iter().any(|entry| layer.slice(&entry.key) == KEY);
    if !project.layers.iter().any(has) {
        return BTreeMap::new();
    }
    let is_there = |path: &String| {
        let is_within = !path.starts_with('/') && path.split('/').all(|part| part != "..");
        is_within && files.read_if_there(path).is_ok_and(|bytes| bytes.is_some())
    };
    let chosen = project.environments().into_iter().filter_map(|environment| {
        let text = |key| environment.get(key).and_then(|setting| setting.value.text()).filter(|text| !text.is_empty());
        let separator = text("COMPOSE_PATH_SEPARATOR").unwrap_or(":");
        let paths = text(KEY)?.split(separator).map(|path| path.strip_prefix("./").unwrap_or(path).to_owned());
        let paths: Vec<_> = paths.collect();
        paths.iter().all(is_there).then(|| (environment.name.to_string(), paths))
    });
    chosen.collect()
}

/// The files with which an environment may be started, each group together: those that `sparkcfg.toml` names, what is rendered for
/// it, those that it chooses itself, else what Compose and PM2 look for in the project's folder.
///
/// # Errors
/// A folder that cannot be listed.
pub fn candidates(files: &Files, project: &Project, environment: &str) -> Result<Vec<Vec<String>>, Error> {
    let mut found: Vec<_> = project.config.hardening.files.get(environment).cloned().into_iter().collect();
    found.extend(rendered(files, environment)?);
    found.extend(chosen_by_variable(files, project).remove(environment));
    let names = files.names("")?;
    if let Some(first) = FOUND_BY_COMPOSE.iter().find(|name| names.iter().any(|known| known == *name)) {
        let over = over(first).filter(|over| names.contains(over));
        found.push(std::iter::once((*first).to_owned()).chain(over).collect());
    }
    found.extend(names.into_iter().filter(|name| pm2::is_named_so(name)).map(|name| vec![name]));
    Ok(found)
}

/// The name under which Compose looks for what lies over a file.
#[must_use]
pub fn over(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(stem, end)| format!("{stem}.override.{end}"))
}

/// What was rendered: every Compose file for itself, with its override, and every PM2 file.
fn rendered(files: &Files, environment: &str) -> Result<Vec<Vec<String>>, Error> {
    let folder = format!("{RENDERED}/{environment}");
    let names = files.names(&folder)?;
    let is_override = |name: &str| name.contains(".override.");
    let mut found = Vec::new();
    for name in &names {
        if !is_of_a_deployment(name) || is_override(name) && names.iter().any(|base| over(base).as_ref() == Some(name))
        {
            continue;
        }
        let mut paths = vec![format!("{folder}/{name}")];
        paths.extend(over(name).filter(|over| names.contains(over)).map(|over| format!("{folder}/{over}")));
        found.push(paths);
    }
    Ok(found)
}

/// Whether a rendered file is one of Compose or PM2, by its name.
fn is_of_a_deployment(name: &str) -> bool {
    pm2::is_named_so(name) || name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml"))
}

/// Whether a template gives a file of Compose or PM2.
fn is_to_be_rendered(files: &Files) -> bool {
    let output = |name: &String| name.strip_suffix(".j2").unwrap_or(name).to_owned();
    let names = files.names(templates::FOLDER).unwrap_or_default();
    names.iter().map(output).any(|name| is_of_a_deployment(&name))
}

/// The folder at which the relative paths of Compose files start, where a command says so.
fn moved_to<'m>(moved: &'m [Moved], paths: &[String]) -> Option<&'m str> {
    moved.iter().find(|moved| moved.is_about(paths)).map(|moved| moved.directory.as_str())
}

struct Reader<'r> {
    files: &'r Files,
    sources: &'r mut Sources,
    found: Deployments,
    /// PM2 files that were read: path → index.
    scripts: HashMap<String, usize>,
}

impl Reader<'_> {
    fn take(
        &mut self,
        (environment, protected): (&Arc<str>, bool),
        paths: &[String],
        beside: Option<&Vec<String>>,
        directory: Option<&str>,
    ) -> Result<(), Error> {
        let beside = || beside.cloned();
        let (mut chosen, mut is_whole, mut is_based) = (Vec::new(), true, true);
        for path in paths {
            if is_in_no_commit(self.files, path) {
                self.found.complete = false;
                let is_compose = !by_name_of_pm2(path);
                is_whole &= !is_compose;
                is_based &= !is_compose || !chosen.is_empty();
                continue;
            }
            if let Some(index) = self.ecosystem(path)? {
                let (environment, kind) = (Arc::clone(environment), Kind::Pm2(index));
                let (neighbours, beside) = (Vec::new(), beside());
                self.found.all.push(Deployment { environment, protected, kind, neighbours, beside });
                continue;
            }
            // Asked for by name: a file that is missing is an error and no silence.
            self.files.read(path)?;
            chosen.extend(self.compose(path));
        }
        // What lies over a file that is not there says little by itself.
        let Some(&first) = chosen.first().filter(|_| is_based) else { return Ok(()) };
        let neighbours = self.neighbours(first, &chosen)?;
        let Self { files, sources, found, .. } = self;
        let mut open = |path: &str| open(files, sources, path);
        let mut application = match directory {
            Some(directory) => Application::within(&mut found.compose, &chosen, directory, &mut open),
            None => Application::of(&mut found.compose, &chosen, &mut open),
        };
        if !is_whole {
            application.is_whole = false;
            application.services.iter_mut().for_each(|service| service.partial = true);
        }
        let (environment, kind) = (Arc::clone(environment), Kind::Compose(application));
        self.found.all.push(Deployment { environment, protected, kind, neighbours, beside: beside() });
        Ok(())
    }

    fn compose(&mut self, path: &str) -> Option<usize> {
        let Self { files, sources, found, .. } = self;
        found.compose.open(path, &mut |path| open(files, sources, path))
    }

    /// The PM2 file at a path; `None` where it is one of Compose.
    fn ecosystem(&mut self, path: &str) -> Result<Option<usize>, Error> {
        if let Some(&index) = self.scripts.get(path) {
            return Ok(Some(index));
        }
        let by_name = by_name_of_pm2(path);
        if !(by_name || path.ends_with(".yml") || path.ends_with(".yaml")) {
            return Ok(None);
        }
        let (text, _) = files::text(self.files.read(path)?);
        if !(by_name || pm2::is_ecosystem(&text)) {
            return Ok(None);
        }
        let source = self.sources.add(self.files.shown(path), text.as_str());
        let index = self.found.ecosystems.len();
        self.found.ecosystems.push(Ecosystem::read(source, path, &text));
        self.scripts.insert(path.to_owned(), index);
        Ok(Some(index))
    }

    /// Looks for files that say of themselves that they hold secrets.
    fn find_private(&mut self) {
        let compose = self.found.compose.all.iter().map(|file| (file.source, file.path.as_str()));
        let scripts = self.scripts.iter().map(|(path, index)| (self.found.ecosystems[*index].source, path.as_str()));
        let holds = |(source, _): &(SourceId, &str)| masking::holds_secrets(self.sources.text(*source));
        let mut found: Vec<_> = compose.chain(scripts).filter(holds).collect();
        // What is about to be committed, git will have.
        if found.is_empty() || self.files.is_staged() {
            return;
        }
        let tracked = tracking::tracked(self.files);
        found.retain(|(_, path)| !tracked.iter().any(|known| known == path));
        self.found.private = found.into_iter().map(|(source, _)| source).collect();
    }

    /// Other files of the same folder that Compose would find by itself.
    fn neighbours(&self, first: usize, chosen: &[usize]) -> Result<Vec<String>, Error> {
        let path = |index: usize| self.found.compose.all[index].path.as_str();
        let (folder, name) = path(first).rsplit_once('/').unwrap_or(("", path(first)));
        if !FOUND_BY_COMPOSE.contains(&name) {
            return Ok(Vec::new());
        }
        let names = self.files.names(folder)?;
        let full = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let others = names.into_iter().filter(|other| {
            FOUND_BY_COMPOSE.contains(&other.as_str())
                && other != name
                && !chosen.iter().any(|index| path(*index) == full(other))
        });
        Ok(others.collect())
    }
}

/// Whether a file is one of PM2 by its name alone.
fn by_name_of_pm2(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    pm2::is_named_so(name) || pm2::is_script(name) || name.ends_with(".json")
}

fn open(files: &Files, sources: &mut Sources, path: &str) -> Option<(SourceId, Arc<str>)> {
    let (text, _) = files::text(files.read(path).ok()?);
    let text: Arc<str> = text.into();
    Some((sources.add(files.shown(path), Arc::clone(&text)), text))
}

impl Deployments {
    /// Every file: its text, and where comments may stand.
    pub fn sources(&self) -> impl Iterator<Item = SourceId> + '_ {
        let compose = self.compose.all.iter().map(|file| file.source);
        compose.chain(self.ecosystems.iter().map(|file| file.source))
    }
}

impl Project {
    /// Reads the Compose and PM2 files of the environments; `complete` says that these are all that there are.
    ///
    /// # Errors
    /// A file that `sparkcfg.toml` names and that cannot be read, or an environment there that does not exist.
    pub fn read_deployments(&mut self, files: &Files, complete: bool) -> Result<(), Error> {
        read(files, self, complete)
    }

    /// The Compose files that `sparkcfg.toml`, `COMPOSE_FILE` or a command names, whatever they are called.
    pub(super) fn named_compose_files(&self, files: &Files) -> BTreeSet<String> {
        let listed = self.config.hardening.files.values().flatten().cloned();
        let chosen = chosen_by_variable(files, self).into_values().flatten();
        let started = self.started_files.iter().cloned();
        let is_yaml = |path: &String| path.ends_with(".yml") || path.ends_with(".yaml");
        let is_compose = |path: &String| {
            let text = || files.read_if_there(path).ok().flatten().map(|bytes| files::text(bytes).0);
            is_yaml(path) && !pm2::is_named_so(path) && text().is_some_and(|text| !pm2::is_ecosystem(&text))
        };
        listed.chain(chosen).chain(started).filter(is_compose).collect()
    }

    /// PM2 files that `sparkcfg.toml` names and that commands start, whatever they are called.
    pub(super) fn named_pm2_files(&self, files: &Files) -> BTreeSet<String> {
        let listed = self.config.hardening.files.values().flatten();
        let is_data = |path: &&String| [".json", ".yml", ".yaml"].iter().any(|end| path.ends_with(end));
        let holds_apps = |path: &&String| {
            let text = files.read_if_there(path).ok().flatten().map(|bytes| files::text(bytes).0);
            text.is_some_and(|text| match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(json) => json.get("apps").is_some_and(serde_json::Value::is_array),
                Err(_) => pm2::is_ecosystem(&text),
            })
        };
        listed.chain(&self.started_files).filter(is_data).filter(holds_apps).cloned().collect()
    }

    /// What no output may show of Compose and PM2 files.
    pub(super) fn secrets_of_deployments(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for file in &self.deployments.compose.all {
            match &file.documents {
                Ok(documents) => {
                    let named = documents.named.iter().map(|pair| (Some(pair.key.as_str()), pair.value.as_ref()));
                    let scalars = documents.scalars.iter().map(|scalar| (None, scalar.as_ref()));
                    named.chain(scalars).for_each(|(key, node)| self.hide(key, node, &mut spans));
                }
                Err(_) => self.hide_lines(file.source, &mut spans),
            }
        }
        for file in &self.deployments.ecosystems {
            file.named.iter().for_each(|pair| self.hide(Some(&pair.key), &pair.value, &mut spans));
            if file.refusal.is_some() {
                self.hide_lines(file.source, &mut spans);
            }
        }
        // Comments, and whatever else a secret may stand in, under whatever name.
        let known: Vec<&str> = self.distinct_secrets().collect();
        for source in self.deployments.sources() {
            spans.extend(self.tokens_in(source).into_iter().map(|range| Span::new(source, range)));
            let text = self.sources.text(source);
            if masking::holds_secrets(text) {
                spans.extend(self.sources.every_line(source));
            }
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let places = known.iter().flat_map(|secret| masking::places(text, secret));
            spans.extend(places.map(|place| Span::new(source, offset(place.start)..offset(place.end))));
        }
        spans
    }

    fn hide(&self, key: Option<&str>, node: &Node, spans: &mut Vec<Span>) {
        let Value::Scalar { text, .. } = &node.value else { return };
        let assigned = text.split_once('=').filter(|(key, _)| detection::is_plausible_name(key));
        let secret = |key: &str, value: &str| {
            let hides = |value: &str| !value.is_empty() && self.hides(key, value);
            let default = || fallback(value, &|_| false).is_some_and(|default| hides(&default));
            hides(value) && !is_reference(value) || default()
        };
        if secret(key.unwrap_or_default(), text) {
            spans.push(node.span);
        } else if let Some((key, value)) = assigned
            && secret(key, value)
        {
            spans.push(node.part(key.len() + 1..text.len()));
        }
    }

    /// Of lines that could not be read, everything after a name.
    fn hide_lines(&self, source: SourceId, spans: &mut Vec<Span>) {
        let mut at = 0;
        for line in self.sources.text(source).split_inclusive('\n') {
            let from = line.find([':', '=']).map_or(0, |colon| colon + 1);
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            spans.push(Span::new(source, offset(at + from)..offset(at + line.trim_end().len().max(from))));
            at += line.len();
        }
    }

    fn tokens_in(&self, source: SourceId) -> Vec<Range<u32>> {
        let text = self.sources.text(source);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (mut at, mut found) = (0, Vec::new());
        for line in text.split_inclusive('\n') {
            if let Some(token) = detection::token(line) {
                found.push(offset(at + token.range.start)..offset(at + line.trim_end().len()));
            }
            let comment = line.find(['#', '/']).map_or("", |from| &line[from..]);
            let named = comment.find([':', '=']).is_some_and(|colon| {
                let key =
                    comment[..colon].trim_end().rsplit([' ', '#', '/', '\t', '"', '\'']).next().unwrap_or_default();
                self.hides(key, comment[colon + 1..].trim())
            });
            if named {
                let from = at + line.len() - comment.len();
                found.push(offset(from)..offset(from + comment.trim_end().len()));
            }
            at += line.len();
        }
        found
    }
}

/// Whether a value is nothing but a reference that brings no text of its own.
fn is_reference(text: &str) -> bool {
    let found = references(text);
    let [reference] = found.as_slice() else { return false };
    let own = matches!(reference.operator, Some(operator) if operator.sign != Sign::Required);
    reference.range == (0..text.len()) && (!own || reference.argument.is_empty())
}

/// What `sparkcfg.toml` accepts of a service or app.
#[must_use]
pub fn accepted<'c>(config: &'c Config, name: &str, code: &str) -> Option<&'c str> {
    config.hardening.accept.get(name)?.get(code).map(String::as_str)
}
