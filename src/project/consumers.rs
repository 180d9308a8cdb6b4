//! Who reads a project's env files: what `[consumers]` says, else what the project visibly uses.

use std::collections::HashSet;
use std::ops::Range;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::config::Config;
use super::files::Files;
use super::layout::{Stack, is_personal};
use super::usage;
pub use super::usage::versions::Older;
use super::whereabouts::{place_in, place_of};
use crate::dialects;
use crate::error::Error;
use crate::stores;
use crate::suggestion::nearest;

/// The header of the table in `sparkcfg.toml`.
const TABLE: &[&str] = &["consumers"];

/// The readers of each file.
#[derive(Debug)]
pub(super) struct Consumers {
    known: Known,
    /// Those that are of another version than the one that is modelled here.
    pub(super) older: Vec<Older>,
    pub(super) home_made: Vec<HomeMade>,
    /// Compose files that commands start by name.
    pub(super) started: Vec<usage::Started>,
    /// Compose files whose paths start elsewhere than beside them.
    pub(super) moved: Vec<usage::Moved>,
    /// What docker compose reads with `env_file:`, and the `.env` that it looks names up in.
    pub(super) env_files: Vec<usage::EnvFile>,
}

/// A script that reads env files in a way of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HomeMade {
    /// The paths of the files.
    pub(super) files: Vec<String>,
    /// The path of the script.
    pub(super) path: String,
    /// Where it does so, in bytes of the script.
    pub(super) at: Range<usize>,
}

/// Those of a look around that read one of these files.
fn home_made(files: &Files, paths: &[String], seen: Vec<usage::HomeMade>) -> Vec<HomeMade> {
    let all: HashSet<&str> = paths.iter().map(String::as_str).collect();
    let meant = |one: usage::HomeMade| {
        let files = one.file.among(&all, |path| files.has(path))?;
        (!files.is_empty()).then_some(HomeMade { files, path: one.path, at: one.at })
    };
    seen.into_iter().filter_map(meant).collect()
}

#[derive(Debug)]
enum Known {
    /// By pattern, as the project lists them.
    Listed(GlobSet, Vec<Listed>),
    /// What the project visibly uses.
    Visible(Vec<Visible>),
}

/// The readers of the files that are like a pattern.
#[derive(Debug)]
struct Listed {
    chains: Vec<String>,
    /// Whether the pattern is one for sealed files.
    names_sealed: bool,
}

/// A reader that the project visibly uses.
#[derive(Debug)]
struct Visible {
    reader: &'static str,
    /// The files that it is started with; none where it may be any.
    files: Vec<String>,
    seen_in: String,
}

/// Who reads a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its name; several that start each other stand as `make > python-dotenv`.
    pub chain: String,
    /// What says so: `[consumers]`, or the path of the file that gives it away.
    pub said_by: String,
    /// Whether it, or one of the chain, is of another version than the one that is modelled here.
    pub is_older: bool,
    /// Whether what it sees is compared with what others do: the version that is modelled here reads the file, too.
    pub is_compared: bool,
}

impl Consumers {
    /// Reads the project's own list, or looks around. `text` is that of `sparkcfg.toml`; `stacks` have all of the env files.
    ///
    /// # Errors
    /// A reader that does not exist, a pattern that is none, a folder that cannot be listed.
    pub(super) fn of(files: &Files, config: &Config, text: &str, stacks: &[Stack]) -> Result<Self, Error> {
        let all: Vec<String> = stacks.iter().flat_map(|stack| stack.files.iter().cloned()).collect();
        if config.consumers.is_empty() {
            return Self::visible(files, &all);
        }
        let mut patterns = GlobSetBuilder::new();
        let mut listed: Vec<Vec<String>> = Vec::new();
        for (pattern, chains) in &config.consumers {
            let place = |word: &str| place_in(text, &files.shown("sparkcfg.toml"), TABLE, word);
            let broken = |_| Error::new(format!("`{pattern}` is no pattern for files")).at(place(pattern));
            patterns.add(Glob::new(relative(pattern)).map_err(broken)?);
            // As the readers themselves are called, whatever the list calls them.
            let known = |chain: &String| {
                let names = chain.split('>').map(str::trim);
                let names = names.map(|name| match dialects::named(name) {
                    Ok(dialect) => Ok(dialect.name),
                    Err(help) => Err(unknown(name, help).at(place(chain))),
                });
                // A chain that stands as it is keeps its blanks.
                let written = |names: Vec<&str>| {
                    if names.iter().all(|name| chain.contains(name)) { chain.clone() } else { names.join(" > ") }
                };
                names.collect::<Result<Vec<_>, _>>().map(written)
            };
            listed.push(chains.iter().map(known).collect::<Result<_, _>>()?);
        }
        let broken = || Error::new("the patterns of [consumers] are too many").at(files.shown("sparkcfg.toml"));
        let names: Vec<_> =
            listed.iter().flatten().flat_map(|chain: &String| chain.split('>')).map(str::trim).collect();
        let seen = usage::visible(files)?;
        let (older, home_made) = (seen.older(&names), home_made(files, &all, seen.home_made));
        let listed = config
            .consumers
            .keys()
            .zip(listed)
            .map(|(pattern, chains)| Listed { chains, names_sealed: stores::of(pattern).is_some() });
        let known = Known::Listed(patterns.build().map_err(|_| broken())?, listed.collect());
        Ok(Self { known, older, home_made, started: seen.started, moved: seen.moved, env_files: seen.env_files })
    }

    /// Looks around for whoever reads some of these files.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub(super) fn visible(files: &Files, paths: &[String]) -> Result<Self, Error> {
        let all: HashSet<&str> = paths.iter().map(String::as_str).collect();
        let is_there = |path: &str| files.has(path);
        let meant = |usage: usage::Usage| {
            let named = usage.file.and_then(|file| file.among(&all, is_there));
            let of_another = named.as_ref().is_some_and(Vec::is_empty);
            let files = named.unwrap_or_default();
            (!of_another).then_some(Visible { reader: usage.reader, files, seen_in: usage.seen_in })
        };
        let seen = usage::visible(files)?;
        let readers: Vec<_> = seen.usages.iter().map(|usage| usage.reader).collect();
        let older = seen.older(&readers);
        let home_made = home_made(files, paths, seen.home_made);
        let known = Known::Visible(seen.usages.into_iter().filter_map(meant).collect());
        Ok(Self { known, older, home_made, started: seen.started, moved: seen.moved, env_files: seen.env_files })
    }

    /// The readers of the file at `path`, relative to the project, each once. What is started with another of the env files
    /// does not read it; what is started with a file that is none of them may be given any. Nobody reads a sealed file as it
    /// stands, so that of those only counts what names them.
    pub(super) fn readers(&self, path: &str) -> Vec<Consumer> {
        let any_older = |chain: &str, is_such: fn(&Older) -> bool| {
            let is_one = |name: &str| self.older.iter().any(|older| older.reader == name.trim() && is_such(older));
            chain.split('>').any(is_one)
        };
        let consumer = |chain: &str, said_by: &str| Consumer {
            chain: chain.to_owned(),
            said_by: said_by.to_owned(),
            is_older: any_older(chain, |_| true),
            is_compared: !any_older(chain, |older| older.beside.is_none()),
        };
        let is_sealed = stores::of(path).is_some();
        let mut found: Vec<Consumer> = match &self.known {
            Known::Visible(uses) => {
                let is_any = |one: &Visible| one.files.is_empty() && !is_sealed;
                let uses = uses.iter().filter(|one| is_any(one) || one.files.iter().any(|file| file == path));
                uses.map(|one| consumer(one.reader, &one.seen_in)).collect()
            }
            Known::Listed(patterns, listed) => {
                let listed = patterns.matches(path).into_iter().filter_map(|index| listed.get(index));
                let chains = listed.filter(|one| one.names_sealed || !is_sealed).flat_map(|one| &one.chains);
                chains.map(|chain| consumer(chain, "[consumers]")).collect()
            }
        };
        let mut known: HashSet<String> = HashSet::new();
        found.retain(|consumer| known.insert(consumer.chain.clone()));
        found
    }
}

/// A line of `[consumers]` that says nothing about any file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// The pattern, as it stands in `sparkcfg.toml`.
    pub pattern: String,
    /// Where it stands there, in bytes.
    pub at: Option<Range<usize>>,
    /// Whether it lists no reader; else no file is like it.
    pub is_empty: bool,
    /// A file that it may mean.
    pub near: Option<String>,
}

/// The lines of `[consumers]` that say nothing about the env files of a project. Files for one person only are on that
/// person's machine.
pub(super) fn unused(config: &Config, text: &str, stacks: &[Stack]) -> Vec<Unused> {
    let files = || stacks.iter().flat_map(|stack| &stack.files);
    let is_unused = |(pattern, readers): (&String, &Vec<String>)| {
        let pattern = pattern.as_str();
        let glob = Glob::new(relative(pattern)).ok()?.compile_matcher();
        let is_empty = readers.is_empty();
        if !is_empty && (is_personal(pattern) || files().any(|file| glob.is_match(file))) {
            return None;
        }
        let at = place_of(text, TABLE, pattern);
        let near = nearest(relative(pattern), files().map(String::as_str)).filter(|_| !is_empty);
        Some(Unused { pattern: pattern.to_owned(), at, is_empty, near: near.map(ToOwned::to_owned) })
    };
    config.consumers.iter().filter_map(is_unused).collect()
}

/// A pattern of `[consumers]` as paths are written: `./.env` is `.env`.
pub(super) fn relative(pattern: &str) -> &str {
    pattern.strip_prefix("./").unwrap_or(pattern)
}

fn unknown(name: &str, help: String) -> Error {
    if name.is_empty() {
        return Error::new("[consumers] has a reader without a name").help(NO_NAME);
    }
    Error::new(format!("[consumers] names the reader `{name}`, which does not exist")).help(help)
}

/// How readers are named that start each other.
pub const NO_NAME: &str = "a reader stands on each side of `>`, as in `make > python-dotenv`";
