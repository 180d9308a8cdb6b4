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

struct Value {
    text: String,
    is_secret: bool,
}

/// The files that docker compose looks names up in, by the layer that it reads with `env_file:`.
pub type Dotenvs = HashMap<SourceId, Arc<Dotenv>>;

impl fmt::Debug for Dotenv {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dotenv").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Dotenv {
    /// The file at `path`, with each name, its value, and whether that is a secret.
    pub fn new(path: String, values: impl IntoIterator<Item = (String, String, bool)>) -> Self {
        let values = values.into_iter().map(|(name, text, is_secret)| (name, Value { text, is_secret }));
        Self { path, values: values.collect() }
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

/// Where names have values before any layer is read.
#[derive(Clone, Copy)]
pub(super) struct Outside<'p> {
    pub(super) process: Process<'p>,
    pub(super) dotenvs: &'p Dotenvs,
}

impl<'p> Outside<'p> {
    /// The value of a name for what stands in a layer, and whether it is a secret of a file.
    pub(super) fn get(self, layer: &Layer, name: &str) -> Option<(&'p str, bool)> {
        if let Some(text) = self.process.get(name) {
            return Some((text, false));
        }
        let value = self.dotenvs.get(&layer.source)?.values.get(name)?;
        Some((&value.text, value.is_secret))
    }
}
