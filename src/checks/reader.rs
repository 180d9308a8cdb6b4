//! The readers of a file: their chains, and what each is started with.

use std::collections::{HashMap, HashSet};

use super::File;
use crate::dialects::{self, Dialect, Process, Reading, compose_interpolation};
use crate::environment::is_brought_along;
use crate::interpolation::references;
use crate::plain::is_name;
use crate::source::MASK;

/// How sparkcfg itself reads a file, under the name by which findings tell it. What it checks is what docker compose gets.
pub(super) const OWN: &str = "sparkcfg";

/// The readers of a file, and among them sparkcfg itself, unless one reads as it does: what it checks must be what they
/// get.
pub(super) fn with_own(chains: &[String]) -> Vec<&str> {
    let own = !chains.iter().any(|chain| matches!(chain.as_str(), "compose" | "compose-interpolation"));
    chains.iter().map(String::as_str).chain(own.then_some(OWN)).collect()
}

/// The dialects of a chain of readers that start each other.
pub(super) fn dialects_of(chain: &str) -> Option<Vec<&'static Dialect>> {
    let name = |name: &str| if name.trim() == OWN { "compose" } else { name.trim() }.to_owned();
    chain.split('>').map(|part| dialects::find(&name(part))).collect()
}

/// The dialects of some chains, each once.
pub(super) fn dialects_among(chains: &[&str]) -> Vec<&'static Dialect> {
    let mut found: Vec<&Dialect> = chains.iter().filter_map(|chain| dialects_of(chain)).flatten().collect();
    found.sort_by_key(|one| dialects::ALL.iter().position(|dialect| dialect.name == one.name));
    found.dedup_by_key(|dialect| dialect.name);
    found
}

/// What a reader, or a chain of readers that start each other, makes of a file.
pub(super) fn read(chain: &str, bytes: &[u8], around: &Surroundings) -> Option<Reading> {
    let dialects = dialects_of(chain)?;
    let of_itself = around.of_itself(&dialects, bytes);
    Some(dialects::read_in_turn(&dialects, bytes, of_itself.as_ref().unwrap_or_else(|| around.of(&dialects))))
}

/// Stands for the home folder of whoever starts a reader, in what it reads: `~` and `${HOME}` are another one for each.
pub(super) const HOME: &str = "\u{e000}";

/// What whoever starts a reader has, with what stands for it in what is read, and what is told instead.
const BROUGHT_ALONG: &[(&str, &str, &str)] = &[
    ("HOME", HOME, "<home>"),
    ("LOGNAME", "\u{e010}", "<logname>"),
    ("PATH", "\u{e011}", "<path>"),
    ("PWD", "\u{e012}", "<pwd>"),
    ("SHELL", "\u{e013}", "<shell>"),
    ("USER", "\u{e014}", "<user>"),
];

/// What is read as it may be told: with names for what nobody here knows.
pub(super) fn told(text: &str) -> String {
    BROUGHT_ALONG.iter().fold(text.to_owned(), |text, (_, mark, name)| text.replace(mark, name))
}

/// What the readers of a file are started with: a home folder, and what the layers below have set, which are read before
/// it. Of a sealed key nothing is told.
#[derive(Clone, Default)]
pub(super) struct Surroundings {
    /// Without the keys that the file sets before it refers to them.
    pub(super) below: Process,
    /// Without all keys that the file sets as well: for readers that let the environment win, who has both files reads this
    /// one first.
    pub(super) besides: Process,
    /// With what the `.env` beside a Compose file sets, which docker compose knows before it reads the file with `env_file:`.
    env_file: Option<Process>,
    /// Whether this file is that `.env` itself: it is read twice, and refers to what the first reading gave.
    is_dotenv: bool,
}

impl Surroundings {
    pub(super) fn of_file(file: &File<'_>) -> Self {
        let mut below = Process::from([("HOME".to_owned(), HOME.to_owned())]);
        if !file.layer.text.contains('$') {
            return Self { besides: below.clone(), below, ..Self::default() };
        }
        below.extend(BROUGHT_ALONG.iter().map(|(name, mark, _)| ((*name).to_owned(), (*mark).to_owned())));
        for layer in file.project.layers_below(file.index) {
            if layer.sealed {
                below.extend(layer.entries.iter().map(|entry| (layer.key(entry).to_owned(), MASK.to_owned())));
                continue;
            }
            let reading = dialects_of(OWN).map(|own| dialects::read_in_turn(&own, layer.text.as_bytes(), &below));
            let variables = reading.into_iter().flat_map(|reading| reading.vars);
            below.extend(variables.filter_map(|variable| Some((variable.key, variable.value?))));
        }
        let mut besides = below.clone();
        let mut referred: HashSet<&str> = HashSet::new();
        for entry in &file.layer.entries {
            referred.extend(references(file.layer.slice(&entry.value)).iter().map(|reference| reference.name));
            let key = file.layer.key(entry);
            // `PATH=${PATH}:/opt/bin` is about the one that is there.
            if key != "HOME" && !(is_brought_along(key) && referred.contains(key)) {
                besides.remove(key);
                // docker compose takes what the file has set above, rather than what a file below has.
                if !referred.contains(key) {
                    below.remove(key);
                }
            }
        }
        let dotenv = file.project.dotenvs.get(&file.layer.source);
        let is_dotenv = dotenv.is_some_and(|dotenv| dotenv.path == file.path());
        let env_file = dotenv.filter(|_| !is_dotenv).map(|dotenv| {
            let mut known = below.clone();
            known.extend(dotenv.told().map(|(name, text)| (name.to_owned(), text.to_owned())));
            // A secret that the others have from a layer below is the same one.
            let shared = dotenv.values().filter(|(name, text)| below.get(*name).is_some_and(|below| below == text));
            known.extend(shared.map(|(name, text)| (name.to_owned(), text.to_owned())));
            known
        });
        Self { below, besides, env_file, is_dotenv }
    }

    /// What docker compose knows before it reads a text a second time, with `env_file:`: what the first reading gave.
    fn of_itself(&self, dialects: &[&Dialect], bytes: &[u8]) -> Option<Process> {
        if !self.is_dotenv || dialects.first().is_none_or(|first| first.name != "compose") {
            return None;
        }
        let first = compose_interpolation::read(bytes, &self.besides);
        if first.error.is_some() {
            return None;
        }
        let mut known = self.below.clone();
        known.extend(first.vars.into_iter().filter_map(|variable| Some((variable.key, variable.value?))));
        Some(known)
    }

    /// The keys of a text that docker compose reads twice for which the two readings differ.
    pub(super) fn read_twice(&self, bytes: &[u8]) -> HashSet<String> {
        let Some(compose) = dialects::find("compose").filter(|_| self.is_dotenv) else { return HashSet::new() };
        let Some(known) = self.of_itself(&[compose], bytes) else { return HashSet::new() };
        let first = compose_interpolation::read(bytes, &self.besides);
        let first: HashMap<_, _> = first.vars.into_iter().map(|variable| (variable.key, variable.value)).collect();
        let second = (compose.read)(bytes, &known).vars.into_iter();
        second
            .filter(|variable| first.get(&variable.key) != Some(&variable.value))
            .map(|variable| variable.key)
            .collect()
    }

    /// Has one more variable, which the file itself does not set.
    pub(super) fn give(&mut self, key: &str, value: &str) {
        for process in [&mut self.below, &mut self.besides].into_iter().chain(&mut self.env_file) {
            process.insert(key.to_owned(), value.to_owned());
        }
    }

    /// What the first of a chain is started with.
    fn of(&self, dialects: &[&Dialect]) -> &Process {
        match dialects.first() {
            Some(first) if first.process_wins => &self.besides,
            Some(first) if first.name == "compose" => self.env_file.as_ref().unwrap_or(&self.below),
            _ => &self.below,
        }
    }
}

/// Readers to which `export` may matter: without `set -a`, or an `export` of its own, nothing else hands a variable on.
pub(super) const EXPORTING: &[&str] = &["shell", "make"];

/// The name in `NAME := value`, which is make's own; docker compose takes the colon for the sign, and `=` for text.
pub(super) fn assigned_by_make(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(":=")?;
    let name = name.trim_end_matches(':').trim();
    let name = name.strip_prefix("export").map_or(name, str::trim_start);
    is_name(name).then_some(name)
}
