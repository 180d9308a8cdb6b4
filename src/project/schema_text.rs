//! The schema of a project: which file it is, its text, and what is wrong with it.

use std::sync::Arc;

use super::config::Config;
use super::files::{self, Files};
use super::naming::of_named_file;
use super::reading::read_config;
use super::{BUILT_IN, Declared, ProjectSchema};
use crate::error::Error;
use crate::model;
use crate::schema::{Schema, SchemaError};
use crate::source::{SourceId, Sources};

/// How long a schema's text is, in bytes, before it pays to compile it beside the layers: a thread costs more than it saves
/// on an everyday schema.
const LONG_SCHEMA: usize = 64 * 1024;

/// The text of a project's schema, and its path as users see it.
pub(super) struct SchemaText {
    shown: String,
    text: Arc<str>,
}

pub(super) fn read_schema(
    files: &Files,
    config: &Config,
    sources: &mut Sources,
) -> Result<Option<ProjectSchema>, Error> {
    let Some(text) = SchemaText::of(files, config)? else { return Ok(None) };
    let schema = text.compile()?;
    Ok(Some(text.add(schema, sources)))
}

impl Declared {
    /// The path of the project's schema as users see it, and all that is wrong with the schema by the meta-schema of its draft.
    ///
    /// # Errors
    /// A file that cannot be read; a broken `sparkcfg.toml`; no schema.
    pub fn schema_faults(files: &Files) -> Result<(String, Vec<Error>), Error> {
        let mut sources = Sources::default();
        let (config, _) = read_config(files, &mut sources)?;
        let text = SchemaText::of(files, &config)?.ok_or_else(|| Self::without_schema(&config))?;
        let source = sources.add(text.shown.clone(), Arc::clone(&text.text));
        let faults = Schema::faults(&text.text).into_iter().map(|fault| text.told(fault, &sources, source));
        let faults = faults.collect();
        Ok((text.shown, faults))
    }
}

impl SchemaText {
    pub(super) fn of(files: &Files, config: &Config) -> Result<Option<Self>, Error> {
        let path = match &config.schema {
            Some(path) => path.clone(),
            None => {
                let names = files.names("schemas")?;
                let mut found = names.iter().filter(|name| name.ends_with(".schema.json"));
                match (found.next(), found.next()) {
                    (None, _) => return Ok(None),
                    (Some(name), None) => format!("schemas/{name}"),
                    (Some(first), Some(_)) => {
                        let help = format!("say which one in sparkcfg.toml: schema = \"schemas/{first}\"");
                        return Err(Error::new("there is more than one schema in schemas/").help(help));
                    }
                }
            }
        };
        let (shown, text) = if path == BUILT_IN {
            (path, model::schema_text())
        } else {
            let named = config.schema.is_some();
            let failed = |error| if named { of_named_file(files, &["schema"], &path, error) } else { error };
            let (text, _) = files::text(files.read(&path).map_err(failed)?);
            (files.shown(&path), text)
        };
        Ok(Some(Self { shown, text: text.into() }))
    }

    /// Whether compiling it takes longer than starting a thread for it.
    pub(super) fn is_long(&self) -> bool {
        self.text.len() > LONG_SCHEMA
    }

    /// The schema that it was compiled to, with its text among the sources.
    pub(super) fn add(self, schema: Schema, sources: &mut Sources) -> ProjectSchema {
        let source = sources.add(self.shown, self.text);
        ProjectSchema { schema, source }
    }

    pub(super) fn compile(&self) -> Result<Schema, Error> {
        Schema::of(&self.text).map_err(|broken| {
            let mut sources = Sources::default();
            let source = sources.add(self.shown.clone(), Arc::clone(&self.text));
            self.told(broken, &sources, source)
        })
    }

    /// What is wrong with the schema, at its place.
    fn told(&self, broken: SchemaError, sources: &Sources, source: SourceId) -> Error {
        let place = broken.at.as_ref().map(|at| {
            let position = sources.position(source, at.start);
            format!("{}:{}:{}", self.shown, position.line, position.column)
        });
        let error = Error::new(broken.message).at(place.unwrap_or_else(|| self.shown.clone()));
        match broken.help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}
