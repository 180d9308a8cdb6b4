//! Templates and an environment in, the text of files out: what a value is written as follows the file that it goes to.
//!
//! A template is never given a secret, unless its owner asks for that: it gets a mark in its place, and the mark
//! becomes whatever refers to the secret in that kind of file. Values, too, go through the template as marks, and are
//! quoted for the place at which they come out; no value can become a part of a template or of a file's structure.

mod aliases;
mod context;
mod expressions;
mod guard;
pub mod header;
mod jinja;
pub mod kinds;
mod marks;
mod plain;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use serde_json::Value;

use kinds::{Draft, Kind};
use marks::Pieces;

use crate::uses;

/// What a template is rendered with. Its `Debug` tells no values.
pub struct Input<'i> {
    /// The name of the environment.
    pub environment: &'i str,
    /// The keys that are set, sorted.
    pub variables: Vec<Variable<'i>>,
    /// Keys that the schema knows and that are not set.
    pub unset: Vec<Unset<'i>>,
    /// Whether secrets are among the texts.
    pub reveals: bool,
}

/// A key without a value.
#[derive(Debug, Clone, Copy)]
pub struct Unset<'i> {
    /// The key.
    pub key: &'i str,
    /// The services that read it.
    pub services: &'i [String],
}

/// One key. Its `Debug` tells no value.
pub struct Variable<'i> {
    /// The key.
    pub key: &'i str,
    /// The text; `None` for a secret that is only referred to.
    pub text: Option<&'i str>,
    /// The text as the schema reads it.
    pub typed: Value,
    /// Whether `KEY_FILE` may name a file with the value.
    pub has_file_variant: bool,
    /// The services that read it.
    pub services: &'i [String],
}

impl Input<'_> {
    /// All keys that are known, each with the services that read it.
    fn known(&self) -> impl Iterator<Item = (&str, &[String])> {
        let set = self.variables.iter().map(|variable| (variable.key, variable.services));
        set.chain(self.unset.iter().map(|unset| (unset.key, unset.services)))
    }

    /// The same for a file of which nobody mounts secrets as files.
    fn without_mounts(&self) -> Self {
        let variables = self.variables.iter().map(|variable| Variable {
            typed: variable.typed.clone(),
            has_file_variant: false,
            ..*variable
        });
        let (variables, unset) = (variables.collect(), self.unset.clone());
        Self { environment: self.environment, variables, unset, reveals: self.reveals }
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Input").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl fmt::Debug for Variable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Variable").field("secret", &self.text.is_none()).finish_non_exhaustive()
    }
}

/// The templates of a project: path within `templates/` → text. One whose name begins with `_` is only there for others
/// to include.
pub type Templates = BTreeMap<String, String>;

/// What became of one template.
#[derive(Debug)]
pub struct Rendered {
    /// Where it is written, within the environment's folder: the template's path without `.j2`.
    pub path: String,
    /// The text, without a header.
    pub body: String,
    /// The keys that it uses.
    pub used: BTreeSet<String>,
}

/// What is wrong with a template, or with a value at its place in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The template, as in [`Templates`].
    pub template: String,
    /// Where in it, in bytes.
    pub at: Range<usize>,
    /// Which kind.
    pub kind: FaultKind,
    /// The key, where one is concerned.
    pub key: Option<String>,
    /// What is wrong, in lower case; never quotes a value.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The kinds of [`Fault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A name without a value.
    Undefined,
    /// A template that cannot be read or run.
    Broken,
    /// A value that cannot stand where it was put.
    Unwritable,
}

/// Whether a template makes a file of its own.
#[must_use]
pub fn is_own_file(path: &str) -> bool {
    path.split('/').all(|part| !part.starts_with('_'))
}

/// The path of the file that a template makes.
#[must_use]
pub fn target_path(template: &str) -> &str {
    template.strip_suffix(".j2").unwrap_or(template)
}

/// Renders one template.
///
/// # Errors
/// Every fault that can be found in one run.
pub fn render(template: &str, templates: &Templates, input: &Input<'_>) -> Result<Rendered, Vec<Fault>> {
    let path = target_path(template);
    let kind = kinds::of(path);
    let without_mounts;
    // Only docker compose, which reads `${NAME}` too, mounts secrets as files.
    let input = if kind.interpolates {
        input
    } else {
        without_mounts = input.without_mounts();
        &without_mounts
    };
    let draft = if template.ends_with(".j2") {
        jinja::run(template, &reach::of(template, templates), input)?
    } else {
        plain::run(template, templates, input)?
    };
    let mut body = settle(kind, template, &draft, input)?;
    if !body.is_empty() && !body.ends_with('\n') {
        body.push('\n');
    }
    let mut used = draft.used;
    if kind.interpolates {
        used.extend(handed_on(path, &body));
    }
    Ok(Rendered { path: path.to_owned(), body, used })
}

/// The variables that a rendered file itself leaves to whoever reads it: `KEY:` under `environment`, `${KEY}`.
fn handed_on(path: &str, body: &str) -> impl Iterator<Item = String> {
    let found = uses::read(path, body).into_iter();
    found.filter(|found| matches!(found.kind, uses::Kind::Read | uses::Kind::Pass)).map(|found| found.name)
}

/// A template that has been run: its text with marks for values, and where each stretch of it came from.
struct Run {
    text: String,
    pieces: Pieces,
    used: BTreeSet<String>,
    origins: Vec<Origin>,
}

/// Where a stretch of a run's text came from.
struct Origin {
    text: Range<usize>,
    template: String,
    source: Range<usize>,
    /// Whether the text is the source, byte for byte.
    verbatim: bool,
}

impl Run {
    /// The place in a template of a place in the text.
    fn origin(&self, template: &str, at: usize) -> (String, Range<usize>) {
        match self.origins.iter().find(|origin| origin.text.contains(&at)) {
            Some(origin) if origin.verbatim => {
                let start = origin.source.start + (at - origin.text.start);
                (origin.template.clone(), start..start + 1)
            }
            Some(origin) => (origin.template.clone(), origin.source.clone()),
            None => (template.to_owned(), 0..0),
        }
    }
}

fn settle(kind: &Kind, template: &str, run: &Run, input: &Input<'_>) -> Result<String, Vec<Fault>> {
    let is_secret = |key: &str| input.variables.iter().any(|variable| variable.key == key && variable.text.is_none());
    if let Some(at) = run.pieces.maimed(&run.text, &is_secret) {
        let (template, at) = run.origin(template, at);
        let message = "a filter or a slice takes a secret apart, which is not in this file".to_owned();
        let help = "put the secret as it is, or render with --with-secrets into a folder that git ignores".to_owned();
        return Err(vec![Fault { template, at, kind: FaultKind::Unwritable, key: None, message, help }]);
    }
    let draft = Draft { text: &run.text, pieces: &run.pieces, environment: input.environment, is_secret: &is_secret };
    (kind.write)(&draft).map_err(|misfits| {
        let fault = |misfit: kinds::Misfit| {
            let (template, at) = run.origin(template, misfit.at);
            let help = misfit.help.to_owned();
            Fault { template, at, kind: FaultKind::Unwritable, key: misfit.key, message: misfit.message, help }
        };
        let mut faults: Vec<_> = misfits.into_iter().map(fault).collect();
        faults.dedup();
        faults
    })
}

#[cfg(test)]
mod tests;
