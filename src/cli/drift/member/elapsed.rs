//! What the rules of a revision say of the values of now: what a branch brings together with the looser rule that lets it
//! through is in no finding of either time.

use super::super::changes::is_unexpected;
use super::following::{Before, Present};
use super::{Member, Options, settled, source};
use crate::drift::Row;
use crate::finding::{Finding, Label};
use crate::project::Project;
use crate::project::files::Files;

const CONFIG: &str = "sparkcfg.toml";

impl Member<'_> {
    /// What would count now by the schema and the `sparkcfg.toml` of a revision; nothing where they are the same, or cannot be
    /// read with the files of now.
    pub(super) fn by_rules_of(
        &self,
        past: &Before<'_>,
        now: &Present<'_>,
        rows: &[Row],
        options: &Options<'_>,
    ) -> Vec<Finding> {
        let Some(files) = past.project.and_then(|then| self.with_rules_of(past, then, now)) else { return Vec::new() };
        let Ok(project) = Self::read(&files, Vec::new(), options) else { return Vec::new() };
        let environments = project.environments();
        let names: Vec<_> = environments.iter().map(|environment| &*environment.name).collect();
        let policies = project.config.policies(("", ""), &names).unwrap_or_default();
        let sources = environments.iter().map(|environment| source(&project, environment, None, 0));
        let (_, findings, _) = self.judged(sources.collect(), &policies, &project, options, true);
        let (counting, _) = settled(&project, findings);
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
