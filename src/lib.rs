//! Checks a project's layered env files and sealed secrets before they hurt.
//!
//! The short way in: [`load`] gives an environment as a type of your own, or every finding that speaks against it.
//!
//! ```no_run
//! #[derive(serde::Deserialize)]
//! struct App {
//!     #[serde(rename = "API_PORT")]
//!     port: u16,
//! }
//!
//! let app = sparkcfg::load::<App>("prod")?;
//! println!("{} from {:?}", app.port, app.origin("API_PORT"));
//! # Ok::<(), sparkcfg::LoadError>(())
//! ```
//!
//! The full door is [`Project`]: environments, findings as data, and every output.
#![forbid(unsafe_code)]

pub mod abridging;
pub mod bindings;
pub mod checks;
pub mod cli;
pub mod compose;
pub mod detection;
pub mod dialects;
pub mod drift;
pub mod envelope;
pub mod environment;
pub mod error;
pub mod finding;
pub mod identity;
pub mod ignores;
pub mod inference;
pub mod interpolation;
pub mod layer;
pub mod masking;
pub mod merge;
pub mod model;
pub mod outputs;
pub mod page;
pub mod plain;
pub mod pm2;
pub mod portable;
pub mod project;
pub mod quoting;
pub mod reference;
pub mod rendering;
pub mod report;
pub mod schema;
pub mod secret;
pub mod source;
pub mod stores;
pub mod suggestion;
pub mod targets;
pub mod tree;
pub mod typed;
pub mod uses;

use std::fmt;
use std::path::Path;

use serde::de::DeserializeOwned;

pub use error::Error;
pub use project::Project;
pub use report::Report;
pub use typed::Loaded;

use finding::Severity;
use project::Options;
use project::files::Files;
use report::Summary;

/// Why an environment could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// Nothing could be checked.
    Stopped(Error),
    /// The environment has errors: all of them.
    Invalid(Box<Report>),
    /// The environment is valid, but not what the type asks for.
    Mismatch(Vec<typed::Mismatch>),
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(error) => error.fmt(formatter),
            Self::Invalid(report) => {
                let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
                for finding in errors {
                    let place = finding.label.as_ref().map(|label| report.place(label.span));
                    let place = place
                        .map(|place| format!("{}:{}:{}: ", place.path, place.line, place.column))
                        .unwrap_or_default();
                    writeln!(formatter, "{place}{} [{}]", finding.message, finding.rule.code)?;
                }
                Ok(())
            }
            Self::Mismatch(mismatches) => {
                for mismatch in mismatches {
                    let key = mismatch.key.as_deref().map_or_else(|| "the environment".to_owned(), finding::told_name);
                    writeln!(formatter, "{}: {}", source::printable(&key), source::printable(&mismatch.message))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Loads an environment of the project in the current folder (or above it) as a `T`.
///
/// Personal layers count, the process environment does not. Sealed layers stay closed; see [`load_from`] for those.
///
/// # Errors
/// See [`LoadError`]. Every error finding is told, not the first.
pub fn load<T: DeserializeOwned>(environment: &str) -> Result<Loaded<T>, LoadError> {
    let here =
        std::env::current_dir().map_err(|_| LoadError::Stopped(Error::new("the current folder cannot be read")))?;
    let options = Options { environments: vec![environment.to_owned()], personal: true, ..Options::default() };
    load_from(&project::discover(&here), &options)
}

/// Loads the first environment that `options` names from the project in `folder`.
///
/// # Errors
/// See [`LoadError`].
pub fn load_from<T: DeserializeOwned>(folder: &Path, options: &Options<'_>) -> Result<Loaded<T>, LoadError> {
    let mut project = Project::read(&Files::on_disk(folder, ""), options).map_err(LoadError::Stopped)?;
    let found = checks::run(&project);
    // Also where nothing is wrong: the places that come with the values may not tell the length of a secret.
    project.hide_secrets();
    if found.findings.iter().any(|finding| finding.severity == Severity::Error) {
        let sources = std::mem::take(&mut project.sources);
        return Err(LoadError::Invalid(Box::new(Report::new("load", found.findings, sources, Summary::default()))));
    }
    let environments = project.environments();
    let Some(environment) = environments.first() else {
        return Err(LoadError::Stopped(Error::new("there is no environment to load")));
    };
    let schema = project.schema.as_ref().map(|schema| &schema.schema);
    typed::extract(environment, schema, &project.sources).map_err(LoadError::Mismatch)
}
