//! Env files beside the layers that no environment uses: copies and examples, which get into git as easily.

use super::layout::{self, Loose, Stack};
use super::{Project, files::Files, layer_name, rests, staged, tracking};
use crate::dialects::compose;
use crate::layer::Layer;
use crate::project::config::Config;
use crate::project::files;
use crate::source::Span;

/// How many are read, and the largest one, in bytes: more than people write, and no time to speak of.
const MOST: usize = 200;
const LARGEST: usize = 1024 * 1024;

/// An env file that no environment uses.
#[derive(Debug)]
pub struct Stray {
    /// Its text and entries; it is no layer of any environment.
    pub layer: Layer,
    /// What it is, by its name.
    pub kind: Loose,
    /// Whether the environment that its name speaks of is protected. One that speaks of none is about all.
    pub protected: bool,
}

/// The paths of the env files beside the layers that git has or would take, where anybody wants to know.
pub(super) fn found(files: &Files, config: &Config, stacks: &[Stack]) -> Vec<(String, Loose)> {
    if !files.watches_git() {
        return Vec::new();
    }
    let is_layer = |path: &str| stacks.iter().any(|stack| stack.files.iter().any(|file| file == path));
    let mut paths = Vec::new();
    for folder in tracking::folders(config) {
        for name in files.names(&folder).unwrap_or_default() {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if kind(&path).is_some() && !is_layer(&path) && !layout::is_personal(&path) {
                paths.push(path);
            }
        }
    }
    let taken = tracking::taken(files, paths);
    taken.into_iter().filter_map(|path| kind(&path).map(|kind| (path, kind))).take(MOST).collect()
}

fn kind(path: &str) -> Option<Loose> {
    layout::loose(path.rsplit('/').next().unwrap_or(path))
}

impl Project {
    /// Reads one of them. What cannot be read, or is no text, says nothing: nobody uses it.
    pub(super) fn read_stray(&mut self, files: &Files, path: &str, kind: Loose) {
        if files.size(path).is_none_or(|size| size > LARGEST) {
            return;
        }
        let Ok(bytes) = files.read(path).map(staged::of_utf_16) else { return };
        if !bytes.contains(&0) {
            self.add_stray(&files.shown(path), bytes, kind);
        }
    }

    /// Adds one, by the path that users see.
    pub(super) fn add_stray(&mut self, path: &str, bytes: Vec<u8>, kind: Loose) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let known = |environment: &&str| self.stacks.iter().any(|(name, _)| **name == **environment);
        let protected = match layout::environment_of_loose(name).filter(known) {
            Some(environment) => self.config.is_protected(environment),
            None => self.stacks.iter().any(|(name, _)| self.config.is_protected(name)),
        };
        let (text, _) = files::text(bytes);
        let source = self.sources.add(path, text.as_str());
        let entries = compose::parse(&text).entries;
        let layer =
            Layer { name: layer_name(path), source, text: text.into(), sealed: false, entries, faults: Vec::new() };
        self.strays.push(Stray { layer, kind, protected });
    }

    /// All values in them: nothing else is told of one than that it is a secret.
    pub(super) fn secrets_of_strays(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for Stray { layer, .. } in &self.strays {
            for entry in &layer.entries {
                spans.extend([layer.span(&entry.value), layer.span(&rests::rest_of_line(layer, &entry.value))]);
            }
            spans.extend(self.comments(layer).iter().map(|comment| layer.span(comment)));
        }
        spans
    }
}
