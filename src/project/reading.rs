//! Reads a project: its configuration, the layers of its environments, its schema and what stands beside them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::access::{self, SealedFile};
use super::calling::Calls;
use super::config::Config;
use super::consumers::{self, Consumers};
use super::creation_rules::{self, CreationRules};
use super::deployments::Deployments;
use super::files::{self, Files};
use super::git;
use super::layout::{self, Stack};
use super::legibility::illegible;
use super::links;
use super::naming::of_layer;
use super::past::{self, Past, Present};
use super::revocations::{Revocations, Untold};
use super::schema_text::SchemaText;
use super::{Options, Project, SopsFile, compose_entries, references, started, strays, tracking};
use crate::dialects::compose::{self, Parsed};
use crate::environment::Dotenvs;
use crate::error::Error;
use crate::identity::Identities;
use crate::layer::Layer;
use crate::source::{SourceId, Sources, Span};
use crate::stores::{self, State};

impl Project {
    pub(super) fn read_what_is_there(files: &Files, options: &Options<'_>, needed: bool) -> Result<Self, Error> {
        let mut sources = Sources::default();
        let (config, config_source) = read_config(files, &mut sources)?;
        let stacks = stacks(files, &config, options.personal)?;
        let sealed_files = access::sealed_among(&stacks);
        let strays = if options.environments.is_empty() { strays::found(files, &config, &stacks) } else { Vec::new() };
        if let (true, true, Some(workspace)) = (stacks.is_empty(), needed, &config.workspace) {
            let members = workspace.members.join(", ");
            return Err(Error::new("this folder is the root of a workspace, and has no environment of its own")
                .at(files.shown("sparkcfg.toml"))
                .help(format!("name one of its members ({members}) with --project DIR")));
        }
        let all_environments = stacks.iter().map(|stack| stack.name.clone()).collect();
        let text = config_source.map(|source| Arc::clone(sources.text(source))).unwrap_or_default();
        let unused_consumers = consumers::unused(&config, &text, &stacks);
        let consumers = Consumers::of(files, &config, &text, &stacks)?;
        let started = started::by_environment(&consumers.started, &stacks);
        // One file may be named in several ways, and links lead to it.
        let plain = |path: &String| {
            let path = files.behind_link(path).unwrap_or_else(|| path.clone());
            links::led_to("", path.as_bytes()).unwrap_or(path)
        };
        let mut plain_of: HashMap<String, String> = HashMap::new();
        let mut uses: HashMap<String, usize> = HashMap::new();
        for path in stacks.iter().flat_map(|stack| &stack.files) {
            let plain = plain_of.entry(path.clone()).or_insert_with(|| plain(path));
            *uses.entry(plain.clone()).or_default() += 1;
        }
        let stacks = if stacks.is_empty() && !needed { stacks } else { chosen(stacks, &options.environments, files)? };
        let mut project = Self {
            sources,
            config_source,
            unused_consumers,
            revocations: revocations(files, options)?,
            shares: Revocations::is_there(files)?,
            remembers: Revocations::has_begun(files)?,
            require_secrets: options.require_secrets,
            staged: files.is_staged(),
            calls: Calls::of(files),
            all_environments,
            started,
            started_files: consumers.started.iter().flat_map(|one| one.files.iter().cloned()).collect(),
            moved: consumers.moved.clone(),
            process: options.process.clone(),
            ..Self::without_layers(config)
        };
        let text = SchemaText::of(files, &project.config)?;
        let is_long = text.as_ref().is_some_and(SchemaText::is_long);
        let compile = || text.as_ref().map(SchemaText::compile).transpose();
        // Without a list, nobody is one too many.
        let asks = options.history && !project.config.access.is_empty();
        let held: HashSet<&String> = stacks.iter().flat_map(|stack| &stack.files).collect();
        let sealed = sealed_files.iter().map(|file| &file.path).filter(|path| held.contains(path));
        let sealed: Vec<String> = sealed.cloned().collect();
        let ask = || Past::of(files, &sealed.iter().map(String::as_str).collect::<Vec<_>>());
        let read = || project.read_stacks(files, stacks, options, &consumers);
        let read_all = || if is_long { rayon::join(read, compile) } else { (read(), compile()) };
        let (past, (known, schema)) = if asks { rayon::join(ask, read_all) } else { (Past::default(), read_all()) };
        let (known, schema) = (known?, schema?);
        let uses_of = |path: &String| uses.get(plain_of.get(path)?);
        let is_shared = |path: &String| uses_of(path).is_some_and(|uses| *uses > 1);
        project.shared = known.iter().filter(|(path, _)| is_shared(path)).map(|(_, layer)| *layer).collect();
        if files.watches_git() {
            let taken: HashSet<String> = tracking::taken(files, known.keys().cloned().collect()).into_iter().collect();
            project.private =
                known.iter().filter(|(path, _)| !taken.contains(*path)).map(|(_, layer)| *layer).collect();
        }
        let lost = tracking::lost(files, &project.config);
        project.unplaced = project.revocations.unplaced(files, &sealed_files, &lost, &mut project.sources)?;
        if files.watches_git() {
            project.untold = Revocations::untold(files, &mut project.sources)?;
        }
        let numbered = sealed_files.into_iter().filter_map(|file| Some((*known.get(&file.path)?, file)));
        project.sealed_files = numbered.collect();
        project.remember(files, &past, options.identities);
        project.schema = text.zip(schema).map(|(text, schema)| text.add(schema, &mut project.sources));
        project.sops = read_sops(files, &project.config, &mut project.sources)?;
        project.read_unstaged(files);
        project.lost = lost.iter().map(|path| files.shown(path)).collect();
        project.read_exposed(files);
        project.read_versions(files, consumers.older);
        project.read_home_made(files, &consumers.home_made, &known);
        for (path, kind) in strays {
            project.read_stray(files, &path, kind);
        }
        project.read_dotenvs(files, &consumers.env_files, &known);
        project.add_process_layer();
        Ok(project)
    }

    /// What git has and should not, or the other way round, each at the rule that says so, else at its own line.
    fn read_exposed(&mut self, files: &Files) {
        for mut exposed in tracking::exposed(files, &self.config) {
            exposed.path = files.shown(&exposed.path);
            let rule = exposed.rule.as_ref().and_then(|(path, line)| {
                let text = files::text(files.read_if_there(path).ok().flatten()?).0;
                let start: usize = text.split_inclusive('\n').take(*line).map(str::len).sum();
                let length = text.lines().nth(*line)?.trim_end().len();
                let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let range = offset(start)..offset(start + length);
                Some(Span::new(self.sources.add(files.shown(path), text), range))
            });
            let place = rule.unwrap_or_else(|| {
                // Without its text, of which nothing may be told but at which line.
                let line = exposed.exposure.line();
                let at = u32::try_from(line).unwrap_or_default();
                Span::new(self.sources.add(exposed.path.as_str(), "\n".repeat(line)), at..at)
            });
            self.exposed.push((exposed, place));
        }
    }

    /// Keeps the places that name the versions of readers, for those who read one of the layers.
    fn read_versions(&mut self, files: &Files, older: Vec<consumers::Older>) {
        for older in older {
            let has = |consumer: &consumers::Consumer| {
                consumer.is_older && consumer.chain.split('>').any(|name| name.trim() == older.reader)
            };
            if !self.consumers.iter().flatten().any(has) {
                continue;
            }
            let Some(bytes) = files.read_if_there(&older.path).ok().flatten() else { continue };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let (Ok(start), Ok(end)) = (u32::try_from(older.at.start), u32::try_from(older.at.end)) else { continue };
            let source = self.sources.add(files.shown(&older.path), text);
            self.older_readers.push((older, Span::new(source, start..end)));
        }
    }

    /// Keeps the places at which scripts read the layers in ways of their own.
    fn read_home_made(&mut self, files: &Files, found: &[consumers::HomeMade], known: &HashMap<String, usize>) {
        for one in found {
            let layers: Vec<usize> = one.files.iter().filter_map(|path| known.get(path).copied()).collect();
            let Some(bytes) = files.read_if_there(&one.path).ok().flatten().filter(|_| !layers.is_empty()) else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let (Ok(start), Ok(end)) = (u32::try_from(one.at.start), u32::try_from(one.at.end)) else { continue };
            let source = self.sources.add(files.shown(&one.path), text);
            self.home_made_readers.push((Span::new(source, start..end), layers));
        }
    }

    /// A project of which nothing is read yet but `sparkcfg.toml`.
    pub(super) fn without_layers(config: Config) -> Self {
        Self {
            sources: Sources::default(),
            config,
            config_source: None,
            layers: Vec::new(),
            readers: Vec::new(),
            consumers: Vec::new(),
            older_readers: Vec::new(),
            home_made_readers: Vec::new(),
            unused_consumers: Vec::new(),
            sealed: HashMap::new(),
            private: HashSet::new(),
            sealed_files: HashMap::new(),
            holders: HashMap::new(),
            remembered: HashMap::new(),
            restored: HashMap::new(),
            struck: HashMap::new(),
            gap: None,
            unread_files: HashMap::new(),
            schema: None,
            sops: None,
            deployments: Deployments::default(),
            references: references::References::default(),
            revocations: Revocations::default(),
            shares: false,
            remembers: false,
            unplaced: Vec::new(),
            untold: None,
            require_secrets: false,
            exposed: Vec::new(),
            lost: Vec::new(),
            strays: Vec::new(),
            staged_texts: Vec::new(),
            staged: false,
            unstaged: HashMap::new(),
            passed_over: HashMap::new(),
            calls: Calls::default(),
            stacks: Vec::new(),
            shared: HashSet::new(),
            all_environments: Vec::new(),
            started: Vec::new(),
            started_files: Vec::new(),
            moved: Vec::new(),
            process: HashMap::new(),
            dotenvs: Dotenvs::new(),
            borrowing: OnceLock::new(),
            known: OnceLock::new(),
        }
    }

    /// Keeps what git's history tells of the sealed files that were read.
    fn remember(&mut self, files: &Files, past: &Past, identities: Option<&Identities>) {
        let sealed = self.sealed_files.iter().map(|(index, file)| (*index, file, self.layers[*index].text.as_bytes()));
        let sealed: Vec<_> = sealed.collect();
        let holders = sealed.iter().map(|(index, file, bytes)| (*index, past.holders(&file.path, bytes)));
        self.holders = holders.filter(|(_, holders)| !holders.is_empty()).collect();
        let restored = sealed.iter().filter_map(|(index, file, bytes)| {
            past.restored(files, &file.path, bytes).map(|restored| (*index, restored))
        });
        self.restored = restored.collect();
        let struck = sealed
            .iter()
            .filter_map(|(index, file, bytes)| Some((*index, past.struck(files, file, bytes, &self.config)?)));
        self.struck = struck.collect();
        if let Some(identities) = identities {
            // Without a list, everybody may.
            let listed = sealed.iter().filter(|(_, file, _)| self.config.readers_of(&file.environments).is_some());
            let known = listed.map(|(index, file, bytes)| {
                let staying = self.config.names_of_readers(&file.environments);
                let present = Present { path: &file.path, bytes, staying: &staying };
                (*index, past.known(&present, identities, &self.config))
            });
            self.remembered = known.filter(|(_, names)| !names.is_empty()).collect();
        }
        let removed = past.removed_record().and_then(|(commit, record)| {
            let is_left = |file: &SealedFile, bytes: &[u8]| past::is_left(&record, file, bytes, &self.config);
            let mut left: Vec<_> = sealed.iter().filter(|(_, file, bytes)| is_left(file, bytes)).collect();
            left.sort_by(|one, other| one.1.path.cmp(&other.1.path));
            let at = Span::new(self.layers[left.first()?.0].source, 0..0);
            let paths = left.into_iter().map(|(_, file, _)| file.path.clone()).collect();
            Some(Untold { at, removed_since: Some(commit.to_owned()), paths })
        });
        self.untold = self.untold.take().or(removed);
        self.gap = past.gap();
    }

    /// Reads the layers of these stacks, each once: their numbers by path.
    fn read_stacks(
        &mut self,
        files: &Files,
        stacks: Vec<Stack>,
        options: &Options<'_>,
        consumers: &Consumers,
    ) -> Result<HashMap<String, usize>, Error> {
        let mut known: HashMap<String, usize> = HashMap::new();
        for Stack { name, files: paths } in stacks {
            let mut layers = Vec::with_capacity(paths.len());
            for path in paths {
                let layer = match known.get(&path) {
                    Some(layer) => *layer,
                    None => {
                        let layer = self.read_layer(files, &path, options, consumers);
                        let layer = layer.map_err(|error| of_layer(files, &self.config, &name, &path, error))?;
                        known.insert(path, layer);
                        layer
                    }
                };
                layers.push(layer);
            }
            self.stacks.push((name.into(), layers));
        }
        Ok(known)
    }

    fn read_layer(
        &mut self,
        files: &Files,
        path: &str,
        options: &Options<'_>,
        consumers: &Consumers,
    ) -> Result<usize, Error> {
        let bytes = files.read(path)?;
        let name = layer_name(path);
        let index = self.layers.len();
        let layer = match stores::of(path) {
            Some(store) => {
                let none = Identities::default();
                let mut sealed = (store.open)(&bytes, options.identities.unwrap_or(&none), compose_entries);
                let source = self.sources.add(files.shown(path), Arc::clone(&sealed.text));
                let layer = Layer {
                    name,
                    source,
                    text: Arc::clone(&sealed.text),
                    sealed: true,
                    entries: std::mem::take(&mut sealed.entries),
                    faults: std::mem::take(&mut sealed.faults),
                };
                if sealed.state != State::Opened && layer.entries.is_empty() {
                    self.unread_files.insert(index, bytes);
                }
                self.sealed.insert(index, sealed);
                layer
            }
            None => {
                let (text, faults) = files::text(bytes);
                let text: Arc<str> = text.into();
                let source = self.sources.add(files.shown(path), Arc::clone(&text));
                let mut parsed = compose::parse(&text);
                if !faults.is_empty() {
                    match illegible(&text, &parsed.entries) {
                        Some(fault) => parsed = Parsed { entries: Vec::new(), faults: vec![fault] },
                        None => parsed.faults.extend(faults),
                    }
                    parsed.faults.sort_by_key(|fault| fault.at.start);
                }
                Layer { name, source, text, sealed: false, entries: parsed.entries, faults: parsed.faults }
            }
        };
        self.layers.push(layer);
        let consumers = consumers.readers(path);
        let modelled = consumers.iter().filter(|consumer| consumer.is_compared);
        self.readers.push(modelled.map(|consumer| consumer.chain.clone()).collect());
        self.consumers.push(consumers);
        Ok(index)
    }
}

/// `environments/prod.secrets.env.age` is the layer `prod.secrets`.
pub(super) fn layer_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".age").unwrap_or(name);
    let stem = stem.strip_suffix(".env").filter(|stem| !stem.is_empty()).unwrap_or(stem);
    stem.to_owned()
}

fn revocations(files: &Files, options: &Options<'_>) -> Result<Revocations, Error> {
    let mut record = Revocations::read(files)?;
    if let Some(identities) = options.identities {
        record.reveal(identities, files);
    }
    Ok(record)
}

pub(super) fn read_config(files: &Files, sources: &mut Sources) -> Result<(Config, Option<SourceId>), Error> {
    const NAME: &str = "sparkcfg.toml";
    let Some(bytes) = files.read_if_there(NAME)? else { return Ok((Config::default(), None)) };
    let (text, _) = files::text(bytes);
    let config = Config::parse(&files.shown(NAME), &text)?;
    let source = sources.add(files.shown(NAME), text);
    Ok((config, Some(source)))
}

fn read_sops(files: &Files, config: &Config, sources: &mut Sources) -> Result<Option<SopsFile>, Error> {
    // Without a table there is nothing that it could differ from.
    if config.access.is_empty() {
        return Ok(None);
    }
    let Some(bytes) = files.read_if_there(creation_rules::NAME)? else { return Ok(None) };
    let (text, _) = files::text(bytes);
    let rules = CreationRules::parse(&text);
    let source = sources.add(files.shown(creation_rules::NAME), text);
    Ok(Some(SopsFile { rules, source }))
}

/// Whether these are the files of a commit, and git ignores this one: it is in none, so that none can be judged by it.
pub(super) fn is_in_no_commit(files: &Files, path: &str) -> bool {
    files.is_staged()
        && !files.has(path.trim_start_matches("./"))
        && git::is_held(files.root())
        && git::is_ignored(files.root(), path).unwrap_or_default()
}

pub(super) fn stacks(files: &Files, config: &Config, personal: bool) -> Result<Vec<Stack>, Error> {
    let listed = config.environments.iter().map(|(name, paths)| {
        let own: Vec<_> = paths.iter().filter(|path| !is_in_no_commit(files, path)).cloned().collect();
        (own.len() == paths.len() || !own.is_empty()).then(|| Stack { name: name.clone(), files: own })
    });
    let listed: Vec<_> = listed.flatten().collect();
    // What shows an env file stands for one only as long as there is none.
    if listed.iter().flat_map(|stack| &stack.files).any(|path| !layout::documents(path)) {
        return Ok(listed);
    }
    let mut found = layout::of_folder(&files.names("environments")?, personal);
    if found.is_empty() {
        found = layout::of_root(&files.names("")?, personal);
    }
    Ok(if found.is_empty() { listed } else { found })
}

/// The stacks that the user named, or all.
pub(super) fn chosen(stacks: Vec<Stack>, names: &[String], files: &Files) -> Result<Vec<Stack>, Error> {
    if stacks.is_empty() {
        // A file that shows an env file is no layer by itself.
        if let Some(shows) = files.names("")?.into_iter().find(|name| layout::documents(name)) {
            let help = format!(
                "{shows} shows an env file, and is none; to check it as it stands, write into sparkcfg.toml: [environments] example = [\"{shows}\"]"
            );
            return Err(Error::new(format!("nothing to check in {}", files.root_shown())).help(help));
        }
        let looked = "looked for environments/*.env, .env, .env.<name> and [environments] in sparkcfg.toml";
        return Err(Error::new(format!("nothing to check in {}", files.root_shown()))
            .help(format!("{looked}; run it in the project's folder, or name one with --project DIR")));
    }
    let known: Vec<_> = stacks.iter().map(|stack| stack.name.as_str()).collect();
    for name in names {
        if !known.contains(&name.as_str()) {
            // Whoever names a file of it means the environment.
            let of_file = known.iter().copied().find(|known| *known == layer_name(name));
            let nearest = of_file.or_else(|| crate::suggestion::nearest(name, known.iter().copied()));
            let list = known.join(", ");
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`? There are: {list}"),
                None => format!("there are: {list}"),
            };
            return Err(Error::new(format!("there is no environment `{name}`")).help(help));
        }
    }
    Ok(stacks.into_iter().filter(|stack| names.is_empty() || names.contains(&stack.name)).collect())
}
