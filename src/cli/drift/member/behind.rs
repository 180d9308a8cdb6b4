//! What is to be done where what runs is behind what is declared.

use super::super::applying::{Applying, Declared};
use super::super::running::Running;
use super::super::wanted::Wanted;
use super::{Member, Options};
use crate::drift::Edit;
use crate::finding::{Finding, told_name};
use crate::project::Project;

/// Whether a finding says that what runs does not have what is declared.
pub(super) fn is_behind(finding: &Finding) -> bool {
    matches!(finding.rule.code, "drift-stale-live" | "drift-absent-live")
}

impl Member<'_> {
    /// What is to be done so that what runs has what is declared.
    pub(super) fn applying(
        &self,
        working: &Project,
        findings: &[Finding],
        running: Option<&Running>,
        options: &Options<'_>,
    ) -> Applying {
        let Some((running, Wanted::Declared(name))) = running.zip(options.wanted.first()) else {
            return Applying::default();
        };
        // Which line of a template makes a value nobody can tell from what it gives.
        if let [template, ..] = running.templates.as_slice() {
            let keys =
                findings.iter().filter(|finding| is_behind(finding)).filter_map(|finding| finding.key.as_deref());
            let edit = |key: &str| Edit { key: told_name(key), path: template.clone(), line: None };
            return Applying { edits: keys.map(edit).collect(), command: None };
        }
        let environments = working.environments();
        let Some(environment) = environments.iter().find(|environment| *environment.name == **name) else {
            return Applying::default();
        };
        let keys = findings.iter().filter(|finding| is_behind(finding)).filter_map(|finding| finding.key.as_deref());
        let declared = Declared {
            files: &self.files,
            project: working,
            environment,
            keys: keys.collect(),
            hides_values: options.hides_values,
            folder: options.folder,
            anew: &|| Self::read(&self.files, vec![name.clone()], options).ok(),
        };
        declared.applying(running)
    }
}
