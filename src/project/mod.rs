//! A folder as layers, environments and a schema: the only reader of files beside the command line.

pub mod access;
mod borrowing;
pub mod calling;
pub mod config;
pub mod consumers;
pub mod creation_rules;
pub mod declaration;
pub mod deployments;
pub mod dotenvs;
mod edited;
pub mod files;
pub mod git;
mod held;
pub mod hiding;
pub mod home;
mod knowledge;
mod known;
pub mod layout;
mod legibility;
mod links;
mod listings;
pub mod locking;
pub mod lone;
pub mod naming;
mod opening;
pub mod past;
mod process;
mod reading;
pub mod references;
mod rests;
pub mod revocations;
mod schema_text;
pub mod sealing;
pub mod staged;
mod started;
pub mod starting;
pub mod strays;
pub mod templates;
pub mod tracking;
mod usage;
pub mod veil;
pub mod whereabouts;
pub mod writing;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::dialects::compose;
use crate::environment::{Dotenvs, Environment};
use crate::error::Error;
use crate::identity::Identities;
use crate::layer::{Fault, Layer};
use crate::schema::Schema;
use crate::source::{SourceId, Sources, Span};
use crate::stores;
use access::SealedFile;
use calling::Calls;
use config::Config;
use creation_rules::{CreationRules, Refusal};
use deployments::Deployments;
use files::Files;
use layout::Stack;
use past::{Gap, Holder, Restored, Struck};
use reading::{layer_name, read_config, stacks};
use revocations::{Names, Revocations, Unplaced, Untold};
use schema_text::read_schema;
use strays::Stray;

/// How a project is opened. Its `Debug` leaves the process environment out.
#[derive(Default)]
pub struct Options<'o> {
    /// The environments to look at; all when empty.
    pub environments: Vec<String>,
    /// Whether personal layers (`prod.local.env`) count.
    pub personal: bool,
    /// Keys that may open sealed layers.
    pub identities: Option<&'o Identities>,
    /// Whether a sealed layer that no key opens is an error.
    pub require_secrets: bool,
    /// Whether git is asked who could open earlier versions of sealed files, and what they know of them.
    pub history: bool,
    /// Values for keys without `=` and for references; empty unless the user asked for the process environment.
    pub process: HashMap<String, String>,
}

/// Everything that was read, before it is judged. Its `Debug` tells file names, neither texts nor the process
/// environment.
pub struct Project {
    /// All texts.
    pub sources: Sources,
    /// What `sparkcfg.toml` says.
    pub config: Config,
    /// `sparkcfg.toml`, where there is one.
    pub config_source: Option<SourceId>,
    /// Each file once, however many environments share it.
    pub layers: Vec<Layer>,
    /// For each layer the readers that are modelled here, by name; several that start each other stand as
    /// `make > python-dotenv`.
    pub readers: Vec<Vec<String>>,
    /// For each layer who reads it, and what says so; those too whose version is not modelled.
    pub consumers: Vec<Vec<consumers::Consumer>>,
    /// The readers whose version is not modelled, and the place that names it.
    pub older_readers: Vec<(consumers::Older, Span)>,
    /// The places at which scripts read layers in ways of their own, and the indices of those.
    pub home_made_readers: Vec<(Span, Vec<usize>)>,
    /// The lines of `[consumers]` that say nothing about any file.
    pub unused_consumers: Vec<consumers::Unused>,
    /// What was found out about each sealed layer: index into `layers` → state.
    pub sealed: HashMap<usize, stores::Sealed>,
    /// The layers that git neither has nor would take: they stand on this machine alone. Indices into `layers`.
    pub private: HashSet<usize>,
    /// Each sealed layer with all its environments, also those that were not asked for.
    pub sealed_files: HashMap<usize, SealedFile>,
    /// Those who hold the data key of a sealed layer that is not sealed for them, where git was asked.
    pub holders: HashMap<usize, Vec<Holder>>,
    /// The values of an opened sealed layer that somebody knows from an earlier version who may not open it any more, and of
    /// which no record tells, where git was asked.
    pub remembered: HashMap<usize, Names>,
    /// The sealed layers that were brought back as they were in an earlier commit, where git was asked.
    pub restored: HashMap<usize, Restored>,
    /// What the record told of a sealed layer and tells no more, where git was asked.
    pub struck: HashMap<usize, Struck>,
    /// Why git did not tell all earlier versions, if it did not.
    pub gap: Option<Gap>,
    /// The sealed files of which nothing could be read, as they stand: by the number of their layer.
    pub unread_files: HashMap<usize, Vec<u8>>,
    /// The schema.
    pub schema: Option<ProjectSchema>,
    /// `.sops.yaml`, where there is one beside `sparkcfg.toml`.
    pub sops: Option<SopsFile>,
    /// Values that somebody could read who may not any more.
    pub revocations: Revocations,
    /// Whether people share its secrets by sparkcfg: there is a record, though nothing may stand in it.
    pub shares: bool,
    /// Whether anybody ever lost access to anything.
    pub remembers: bool,
    /// What of it is about files that no environment has.
    pub unplaced: Vec<Unplaced>,
    /// What git does not have of that record, where somebody wants to know.
    pub untold: Option<Untold>,
    /// The Compose and PM2 files of the environments, once they were asked for.
    pub deployments: Deployments,
    /// Where the tree uses variables, once that was asked for.
    pub references: references::References,
    /// Whether a sealed layer that no key opens is an error.
    pub require_secrets: bool,
    /// Files for one person only that git has or would take, and where each begins.
    pub exposed: Vec<(tracking::Exposed, Span)>,
    /// The sealed files that git has and the folder has not, by the paths that users see.
    pub lost: Vec<String>,
    /// Env files beside the layers that no environment uses.
    pub strays: Vec<Stray>,
    /// What is about to be committed beside env files, where that was asked for.
    pub staged_texts: Vec<staged::StagedText>,
    /// Whether this is what is about to be committed.
    pub staged: bool,
    /// What the folder has otherwise than what is about to be committed, by the paths that users see: for each sealed layer
    /// that in the folder is sealed for just those who may open it.
    pub unstaged: HashMap<usize, Vec<String>>,
    /// The layers of an environment, by its name, that stand in the folder and are in no commit, because git ignores them; where
    /// this is what is about to be committed.
    pub passed_over: HashMap<String, Vec<String>>,
    /// How commands about it are typed where the user stands.
    pub calls: Calls,
    stacks: Vec<(Arc<str>, Vec<usize>)>,
    /// The layers that environments share, be it with one that was not asked for.
    shared: HashSet<usize>,
    all_environments: Vec<String>,
    /// Environment → the Compose files that a command starts by name.
    started: Vec<(String, Vec<String>)>,
    /// Every file that such a command names, be it clear for which environment or not.
    started_files: Vec<String>,
    /// Compose files whose paths start elsewhere than beside them, by the commands that start them.
    moved: Vec<usage::Moved>,
    process: HashMap<String, String>,
    /// What docker compose looks names up in that a layer refers to, beside the process environment.
    pub dotenvs: Dotenvs,
    /// The entries that refer to a secret and bring a text to take instead; found when first asked for.
    borrowing: OnceLock<HashSet<borrowing::EntryPlace>>,
    /// The entries whose values are known to be secrets; found when first asked for.
    known: OnceLock<known::KnownSecrets>,
}

/// The schema and where it stands.
#[derive(Debug)]
pub struct ProjectSchema {
    /// The compiled schema.
    pub schema: Schema,
    /// Its text.
    pub source: SourceId,
}

impl ProjectSchema {
    /// The place of a JSON pointer in the schema's text.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Option<Span> {
        self.schema.place(pointer).map(|range| Span::new(self.source, range))
    }
}

/// What a project says of its keys, without the values that it gives them: no layer is read.
#[derive(Debug)]
pub struct Declared {
    /// What `sparkcfg.toml` says.
    pub config: Config,
    /// The schema.
    pub schema: ProjectSchema,
    /// The path of the schema, as users see it.
    pub path: String,
    /// The names of the environments, in order; none where there is no layer yet.
    pub environments: Vec<String>,
}

impl Declared {
    /// Reads `sparkcfg.toml` and the schema.
    ///
    /// # Errors
    /// A file that cannot be read or is broken; no schema.
    pub fn read(files: &Files) -> Result<Self, Error> {
        let mut sources = Sources::default();
        let (config, _) = read_config(files, &mut sources)?;
        let schema = read_schema(files, &config, &mut sources)?.ok_or_else(|| Self::without_schema(&config))?;
        let environments = stacks(files, &config, false)?.into_iter().map(|stack| stack.name).collect();
        let path = sources.path(schema.source).to_owned();
        Ok(Self { config, schema, path, environments })
    }

    fn without_schema(config: &Config) -> Error {
        Error::new("this project has no schema").help(if config.workspace.is_some() {
            "it is a workspace: name one of its members with --project DIR"
        } else {
            "infer one with `sparkcfg init`, put one into schemas/NAME.schema.json, or name it in sparkcfg.toml"
        })
    }
}

/// The rules after which SOPS itself seals, and where they stand.
#[derive(Debug)]
pub struct SopsFile {
    /// What could be read of it.
    pub rules: Result<CreationRules, Refusal>,
    /// Its text.
    pub source: SourceId,
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = formatter.debug_struct("Options");
        options.field("environments", &self.environments).field("personal", &self.personal);
        options.field("require_secrets", &self.require_secrets).field("history", &self.history).finish_non_exhaustive()
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut project = formatter.debug_struct("Project");
        project.field("sources", &self.sources).field("layers", &self.layers).field("readers", &self.readers);
        project.field("stacks", &self.stacks).finish_non_exhaustive()
    }
}

/// The name by which `sparkcfg.toml` asks for the built-in model.
pub const BUILT_IN: &str = "builtin:spark";

impl Project {
    /// Opens the project in `folder` as it is on disk, with every environment and without any key.
    ///
    /// # Errors
    /// See [`Project::read`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::read(&Files::on_disk(folder.as_ref(), ""), &Options::default())
    }

    /// Reads a project.
    ///
    /// # Errors
    /// A file that cannot be read, a broken `sparkcfg.toml` or schema, an unknown environment, nothing to check.
    pub fn read(files: &Files, options: &Options<'_>) -> Result<Self, Error> {
        Self::read_what_is_there(files, options, true)
    }

    /// Reads a project that need not have any environment.
    ///
    /// # Errors
    /// See [`Project::read`].
    pub fn read_if_any(files: &Files, options: &Options<'_>) -> Result<Self, Error> {
        Self::read_what_is_there(files, options, false)
    }

    /// What `sparkcfg.toml` says.
    ///
    /// # Errors
    /// A file that cannot be read or is broken.
    pub fn config(files: &Files) -> Result<Config, Error> {
        read_config(files, &mut Sources::default()).map(|(config, _)| config)
    }

    /// Whether there is anything to check.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn has_environments(files: &Files, config: &Config) -> Result<bool, Error> {
        Ok(!stacks(files, config, true)?.is_empty())
    }

    /// Whether git has a file of the project.
    #[must_use]
    pub fn is_in_git(files: &Files, path: &str) -> bool {
        tracking::has(files, path)
    }

    /// The names of the environments of a project that has not been read yet.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn environment_names_in(files: &Files, config: &Config) -> Result<Vec<String>, Error> {
        Ok(stacks(files, config, false)?.into_iter().map(|stack| stack.name).collect())
    }

    /// The layers of each environment of a project that has not been read yet, personal ones left out.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn stacks_of(files: &Files, config: &Config) -> Result<Vec<Stack>, Error> {
        stacks(files, config, false)
    }

    /// The readers of env files that the project visibly uses, for each of these paths.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn visible_readers(files: &Files, paths: &[String]) -> Result<Vec<Vec<String>>, Error> {
        let visible = consumers::Consumers::visible(files, paths)?;
        let names = |path: &String| visible.readers(path).into_iter().map(|consumer| consumer.chain).collect();
        Ok(paths.iter().map(names).collect())
    }

    /// The names of the environments, in order.
    pub fn environment_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.stacks.iter().map(|(name, _)| name)
    }

    /// The names of all environments of the folder, also of those that were not asked for.
    pub fn all_environments(&self) -> impl Iterator<Item = &str> {
        self.all_environments.iter().map(String::as_str)
    }

    /// Every environment, resolved.
    #[must_use]
    pub fn environments(&self) -> Vec<Environment<'_>> {
        let resolve = |(name, layers): &(Arc<str>, Vec<usize>)| {
            let layers = layers.iter().map(|layer| &self.layers[*layer]).collect();
            let (name, protected) = (Arc::clone(name), self.config.is_protected(name));
            let mut environment = Environment::beside(name, protected, layers, &self.process, &self.dotenvs);
            environment.hide_references(|key, text| self.hides(key, text));
            environment
        };
        if self.is_large() {
            return self.stacks.par_iter().map(resolve).collect();
        }
        self.stacks.iter().map(resolve).collect()
    }

    /// Whether it pays to look at the environments on all cores: threads cost more than they save on an everyday project.
    #[must_use]
    pub fn is_large(&self) -> bool {
        const MANY: usize = 1500;
        self.layers.iter().map(|layer| layer.entries.len()).sum::<usize>() > MANY
    }

    /// The layers of an environment, lowest first.
    pub fn layers_of(&self, environment: &str) -> impl Iterator<Item = &Layer> {
        let stack = self.stacks.iter().find(|(name, _)| **name == *environment);
        stack.into_iter().flat_map(|(_, layers)| layers).filter_map(|layer| self.layers.get(*layer))
    }

    /// The environments that use a layer.
    pub fn environments_of(&self, layer: usize) -> impl Iterator<Item = &Arc<str>> {
        self.stacks.iter().filter(move |(_, layers)| layers.contains(&layer)).map(|(name, _)| name)
    }

    /// Whether several environments use a layer, also where only one of them was asked for.
    #[must_use]
    pub fn is_shared(&self, layer: &Layer) -> bool {
        let index = self.layers.iter().position(|known| std::ptr::eq(known, layer));
        index.is_none_or(|index| self.shared.contains(&index))
    }

    /// The layers that are read before the one with this number, in the first environment that has it.
    pub fn layers_below(&self, layer: usize) -> impl Iterator<Item = &Layer> {
        let stack = self.stacks.iter().map(|(_, layers)| layers).find(|layers| layers.contains(&layer));
        let below = stack.into_iter().flatten().take_while(move |below| **below != layer);
        below.filter_map(|below| self.layers.get(*below))
    }

    /// The paths of the files that an environment is declared by, within the project: its layers, the schema,
    /// `sparkcfg.toml`. `prefix` is what stands before the paths that users see.
    #[must_use]
    pub fn declared_files(&self, prefix: &str) -> Vec<String> {
        let schema = self.schema.as_ref().filter(|_| !self.has_built_in_schema()).map(|schema| schema.source);
        let layers = self.layers.iter().filter(|layer| layer.name != crate::layer::PROCESS).map(|layer| layer.source);
        let sources = layers.chain(schema).chain(self.config_source);
        let paths = sources.map(|source| self.sources.path(source));
        let mut paths: Vec<_> = paths.map(|path| path.strip_prefix(prefix).unwrap_or(path).to_owned()).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Whether the schema is the one that comes with sparkcfg, and no file of the project.
    #[must_use]
    pub fn has_built_in_schema(&self) -> bool {
        self.config.schema.as_deref() == Some(BUILT_IN)
    }

    /// Recipients by their names in `[people]`; one that is not there stays as it is.
    #[must_use]
    pub fn names_of(&self, recipients: &[String]) -> Vec<String> {
        let name = |recipient: &String| {
            let person = self.config.people.iter().find(|(_, key)| *key == recipient);
            person.map_or_else(|| recipient.clone(), |(name, _)| name.clone())
        };
        recipients.iter().map(name).collect()
    }
}

/// The dialect in which sealed text is written, as [`crate::layer::Parse`] hands it over.
#[must_use]
pub fn compose_entries(text: &str) -> (Vec<crate::layer::Entry>, Vec<Fault>) {
    let parsed = compose::parse(text);
    (parsed.entries, parsed.faults)
}

/// The nearest folder, from `start` upward, that holds a project; `start` itself when none does.
///
/// The search ends at the folder that holds `.git`, so that a project never picks up a stranger's files above it. A folder
/// with nothing but a file that documents, such as `.env.example`, counts where no `sparkcfg.toml` stands above it.
#[must_use]
pub fn discover(start: &Path) -> PathBuf {
    let is_configured = |folder: &Path| folder.join("sparkcfg.toml").is_file();
    let holds =
        |folder: &Path| is_configured(folder) || folder.join("environments").is_dir() || folder.join(".env").is_file();
    let documents = |folder: &Path| {
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
        names.into_iter().any(|entry| entry.file_name().to_str().is_some_and(layout::documents))
    };
    let mut documented: Option<&Path> = None;
    for folder in start.ancestors() {
        match documented {
            None if holds(folder) => return folder.to_owned(),
            None if documents(folder) => documented = Some(folder),
            Some(_) if is_configured(folder) => return folder.to_owned(),
            _ => {}
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    documented.unwrap_or(start).to_owned()
}
