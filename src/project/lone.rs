//! An env file by itself: what of it no output may show, by the rules of the project around it.

use std::sync::Arc;

use super::files::Files;
use super::read_schema;
use super::reading::read_config;
use super::veil::Veil;
use super::{Project, files};
use crate::dialects::{Process, Reading, Variable, compose};
use crate::error::Error;
use crate::layer::Layer;
use crate::source::Sources;

/// A file, and what of it is secret.
pub struct Lone {
    project: Project,
    veil: Veil,
}

impl std::fmt::Debug for Lone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Lone")
    }
}

impl Lone {
    /// Looks at the bytes of a file that belongs to the project in `files`, and at what readers made of them.
    ///
    /// # Errors
    /// A broken `sparkcfg.toml` or schema, which says what is a secret.
    pub fn of(files: &Files, bytes: &[u8], readings: &[&Reading], process: &Process) -> Result<Self, Error> {
        let mut sources = Sources::default();
        let (config, _) = read_config(files, &mut sources)?;
        let schema = read_schema(files, &config, &mut sources)?;
        let (text, _) = files::text(bytes.to_vec());
        let text: Arc<str> = text.into();
        let source = sources.add("", Arc::clone(&text));
        let parsed = compose::parse(&text);
        let layer =
            Layer { name: String::new(), source, text, sealed: false, entries: parsed.entries, faults: parsed.faults };
        let mut project = Project { sources, schema, ..Project::without_layers(config) };
        project.layers.push(layer);
        let veil = Veil::over(&project, 0, bytes, readings, process);
        Ok(Self { project, veil })
    }

    /// See [`Veil::hides`].
    #[must_use]
    pub fn hides(&self, variable: &Variable) -> bool {
        self.veil.hides(&self.project, variable)
    }

    /// See [`Veil::hides_key`].
    #[must_use]
    pub fn hides_key(&self, variable: &Variable) -> bool {
        self.veil.hides_key(variable)
    }
}
