//! Compose files as Compose reads them, each thing with its place: anchors, merges, overlays, `extends`,
//! `include`, both forms of ports, mounts and variables. Interpolation is left as it is written.

pub mod arrival;
pub mod consistency;
pub(crate) mod extend;
pub mod limits;
mod loading;
mod merge;
pub mod names;
mod rebase;
pub mod resolved;
pub mod service;
pub mod short;

use std::collections::HashMap;
use std::sync::Arc;

use crate::interpolation;
use crate::source::{SourceId, Span};
use crate::tree::{Node, Pair, Refusal, Value, yaml};
use loading::Loader;
pub use service::{EnvFile, Service, Variable};

/// One file.
pub struct File {
    /// Its text.
    pub source: SourceId,
    /// The path by which files beside it are found: relative to the project.
    pub path: String,
    /// What stands in it, or why it cannot be read.
    pub documents: Result<yaml::Documents, Refusal>,
}

/// Several files as one: what `docker compose -f a -f b` starts.
pub struct Application {
    /// The files in their order, then those that they include, as indices into [`Files::all`].
    pub files: Vec<usize>,
    /// The whole tree; `None` when no file could be read.
    pub root: Option<Arc<Node>>,
    /// The services in the order of the files.
    pub services: Vec<Service>,
    /// What speaks against the files as a whole.
    pub refusals: Vec<Refusal>,
    /// Whether every file that they bring in could be looked at: none lies outside of the project or is named by a variable.
    pub is_whole: bool,
}

/// A reference to a variable, as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The variable.
    pub name: String,
    /// Where the reference stands, or the value that holds it when its escapes hide the place.
    pub span: Span,
    /// What follows the name.
    pub operator: Option<interpolation::Operator>,
    /// The default, alternative or message.
    pub argument: String,
}

impl File {
    /// Reads the text of a file.
    #[must_use]
    pub fn read(source: SourceId, path: &str, text: &str) -> Self {
        Self { source, path: path.to_owned(), documents: yaml::parse(source, text) }
    }

    /// Every reference that is written in the file, once, those in defaults included.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        let Ok(documents) = &self.documents else { return Vec::new() };
        documents.scalars.iter().flat_map(|scalar| references_in(scalar)).collect()
    }
}

/// The references in one value.
#[must_use]
pub fn references_in(node: &Node) -> Vec<Reference> {
    let Value::Scalar { text, .. } = &node.value else { return Vec::new() };
    let found = interpolation::references(text);
    let reference = |reference: &interpolation::Reference<'_>| Reference {
        name: reference.name.to_owned(),
        span: node.part(reference.range.clone()),
        operator: reference.operator,
        argument: reference.argument.to_owned(),
    };
    found.iter().map(reference).collect()
}

/// Every file that an application needs, each once.
#[derive(Default)]
pub struct Files {
    /// In the order in which they were read.
    pub all: Vec<File>,
    places: HashMap<String, usize>,
}

impl Files {
    /// The file with a path, read by `open` when it is asked for first; `None` where it cannot be had.
    pub fn open(&mut self, path: &str, open: &mut Open<'_>) -> Option<usize> {
        if let Some(&index) = self.places.get(path) {
            return Some(index);
        }
        let (source, text) = open(path)?;
        let index = self.all.len();
        self.all.push(File::read(source, path, &text));
        self.places.insert(path.to_owned(), index);
        Some(index)
    }
}

/// Gives the text of a path, relative to the project.
pub type Open<'o> = dyn FnMut(&str) -> Option<(SourceId, Arc<str>)> + 'o;

impl Application {
    /// What the files with these indices give when they are laid over each other in their order.
    #[must_use]
    pub fn of(files: &mut Files, chosen: &[usize], open: &mut Open<'_>) -> Self {
        let first = chosen.first().map(|index| files.all[*index].path.clone()).unwrap_or_default();
        Self::within(files, chosen, first.rsplit_once('/').map_or("", |(folder, _)| folder), open)
    }

    /// The same where their relative paths start at a folder: that of `--project-directory`.
    #[must_use]
    pub fn within(files: &mut Files, chosen: &[usize], folder: &str, open: &mut Open<'_>) -> Self {
        let mut loader = Loader::new(files, open);
        let root = loader.load(chosen, folder);
        let is_whole = loader.is_whole;
        let (included, partial, refusals) = loader.finish();
        let services = root.as_ref().and_then(|root| root.get("services").map(Arc::clone));
        let pairs = services.iter().flat_map(|services| services.pairs());
        let service = |pair: &Pair| Service {
            name: pair.key.clone(),
            span: pair.key_span,
            node: Arc::clone(&pair.value),
            partial: partial.contains(&pair.key),
        };
        let services = pairs.filter(|pair| matches!(pair.value.value, Value::Map(_))).map(service).collect();
        let included: Vec<_> = included.into_iter().filter(|index| !chosen.contains(index)).collect();
        Self { files: [chosen, &included].concat(), root, services, refusals, is_whole }
    }
}

#[cfg(test)]
mod tests;
