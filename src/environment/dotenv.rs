//! The `.env` beside a Compose file: docker compose looks a name up there, behind the process environment and before
//! the files of `env_file:` that refer to it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::Process;
use crate::layer::Layer;
use crate::source::{MASK, SourceId};

/// What such a file sets. Its `Debug` tells neither keys nor values.
#[derive(Default)]
pub struct Dotenv {
    /// Its path, as users see it.
    pub path: String,
    values: HashMap<String, Value>,
}

/// What it sets a name to.
pub struct Value {
    /// What docker compose finds there.
    pub text: String,
    /// Whether no output may show it.
    pub is_secret: bool,
    /// Whether a reference in it led nowhere as docker compose read it for the first time.
    pub is_loose: bool,
    /// Whether that is a mistake: what whoever starts docker compose has is none.
    pub is_wrong: bool,
}

/// The files that docker compose looks names up in, by the layer that it reads with `env_file:`.
pub type Dotenvs = HashMap<SourceId, Arc<Dotenv>>;

impl fmt::Debug for Dotenv {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dotenv").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Dotenv {
    /// The file at `path`, with each name and its value.
    pub fn new(path: String, values: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self { path, values: values.into_iter().collect() }
    }

    /// Every name and its value.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.text.as_str()))
    }

    /// Every name and its value, with [`MASK`] in the place of a secret.
    pub fn told(&self) -> impl Iterator<Item = (&str, &str)> {
        let told = |value: &Value| value.is_secret && !value.text.is_empty();
        self.values.iter().map(move |(name, value)| (name.as_str(), if told(value) { MASK } else { &value.text }))
    }

    /// Whether it sets a name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

/// A value from outside of the layers.
#[derive(Clone, Copy)]
pub(super) struct Found<'p> {
    pub(super) text: &'p str,
    /// Whether it is a secret of a file.
    pub(super) is_secret: bool,
    /// See [`Value`].
    pub(super) is_loose: bool,
    pub(super) is_wrong: bool,
}

/// Where names have values before any layer is read.
#[derive(Clone, Copy)]
pub(super) struct Outside<'p> {
    pub(super) process: Process<'p>,
    pub(super) dotenvs: &'p Dotenvs,
}

impl<'p> Outside<'p> {
    /// The value of a name for what stands in a layer.
    pub(super) fn get(self, layer: &Layer, name: &str) -> Option<Found<'p>> {
        if let Some(text) = self.process.get(name) {
            return Some(Found { text, is_secret: false, is_loose: false, is_wrong: false });
        }
        let Value { text, is_secret, is_loose, is_wrong } = self.dotenvs.get(&layer.source)?.values.get(name)?;
        Some(Found { text, is_secret: *is_secret, is_loose: *is_loose, is_wrong: *is_wrong })
    }
}
