//! What the rules of a revision say of the values of now: what a branch brings together with the looser rule that lets it
//! through is in no finding of either time.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::changes::is_unexpected;
use super::following::{Before, Present};
use super::{Member, Options, settled, settling, source};
use crate::drift::Row;
use crate::finding::{Finding, Label};
use crate::project::Project;
use crate::project::files::Files;
use crate::source::printable;

const CONFIG: &str = "sparkcfg.toml";

impl Member<'_> {
    /// What would count now by the schema and the `sparkcfg.toml` of a revision; nothing where they are the same, or cannot be
    /// read with the files of now.
    pub(super) fn by_rules_of(
        &self,
        past: &Before<'_>,
        now: &Present<'_>,
        (rows, renamed): (&[Row], &HashMap<Arc<str>, Arc<str>>),
        options: &Options<'_>,
    ) -> Vec<Finding> {
        let rules = past.project.and_then(|then| self.with_rules_of(past, then, now));
        // The rules name an environment as it was called then.
        let Some(files) = rules.or_else(|| (!renamed.is_empty()).then(|| self.files.clone())) else {
            return Vec::new();
        };
        let Ok(project) = Self::read(&files, Vec::new(), options) else { return Vec::new() };
        let mut environments = project.environments();
        // What was no environment and is none, as a base that has another name, is none by other rules either.
        let is_one = |name: &str| {
            now.columns.iter().any(|column| column.name == name) || past.environments.iter().any(|it| *it.name == *name)
        };
        environments.retain(|environment| is_one(&environment.name));
        for environment in &mut environments {
            if let Some((old, _)) = renamed.iter().find(|(_, new)| **new == environment.name) {
                environment.protected = project.config.is_protected(old);
                environment.name = Arc::clone(old);
            }
        }
        let names: Vec<_> = environments.iter().map(|environment| &*environment.name).collect();
        let policies = project.config.policies(("", ""), &names).unwrap_or_default();
        let sources = environments.iter().map(|environment| {
            let mut source = source(&project, environment, None, 0);
            if let Some(new) = renamed.get(&environment.name) {
                source.column.name = printable(new);
            }
            source
        });
        let (_, findings, _) = self.judged(sources.collect(), &policies, &project, options, true);
        let (mut counting, _) = settled(&project, findings);
        settling::raise(&mut counting, &mut [], options);
        let told = counting.into_iter().filter(is_unexpected).filter_map(|mut finding| {
            let key = finding.key.as_deref()?;
            let at = rows.iter().position(|row| row.key == key)?;
            // What is a secret by now is told as one, or not at all.
            if rows[at].secret && !project.is_secret(key) {
                return None;
            }
            // Its texts are those of another reading; the values stand where they stand now.
            let cell = |name: &str| rows[at].cells.get(now.columns.iter().position(|it| it.name == name)?)?.as_ref();
            let place = finding.environments.iter().rev().find_map(|name| cell(name)?.at);
            finding.label = place.map(|span| Label { span, message: String::new() });
            finding.related.clear();
            finding.fix = None;
            finding.difference.as_mut()?.row = Some(at);
            Some(finding)
        });
        told.collect()
    }

    /// The files of now with the rules of the revision.
    fn with_rules_of(&self, past: &Before<'_>, then: &Project, now: &Present<'_>) -> Option<Files> {
        let text = |files: &Files| files.read_if_there(CONFIG).ok().flatten().unwrap_or_default();
        let config = text(&past.past.files);
        let is_same_config = config == text(&self.files);
        let schema = |project: &Project| {
            let source = project.schema.as_ref().filter(|_| !project.has_built_in_schema())?.source;
            Some((project.sources.path(source).to_owned(), project.sources.text(source).to_string()))
        };
        let (before, after) = (schema(then), schema(now.project));
        if is_same_config && before.as_ref().map(|(_, text)| text) == after.as_ref().map(|(_, text)| text) {
            return None;
        }
        let mut files = self.files.with(CONFIG, config);
        if let Some((path, text)) = before {
            let path = path.strip_prefix(&past.past.files.shown(""))?;
            files = files.with(path, text.into_bytes());
        }
        Some(files)
    }
}
