//! A member of a workspace that is no member any more: what it had at the revision counts no longer.

use super::super::changes::{is_unexpected, no_longer};
use super::super::held::Held;
use super::following::Before;
use super::{Found, Member, Options, baseline_in, unreadable};
use crate::project::Project;
use crate::project::files::Files;

impl Member<'_> {
    /// What a member that only the revision has had there, of what counted.
    pub(in crate::cli::drift) fn left(files: &Files, held: &Held, folder: &str, options: &Options<'_>) -> Found {
        let name = if folder.is_empty() { "." } else { folder };
        let member = Member { files: files.member(folder), held: Vec::new(), name: Some(name.into()) };
        let past = held.at(folder);
        let mut found = Found::default();
        let mut project = match member.read_before(&past, Vec::new(), options) {
            Ok(Some(project)) => project,
            Ok(None) => return found,
            Err(error) => {
                found.unread.push(unreadable(&past, &error));
                return found;
            }
        };
        let is_there = Project::config(&member.files)
            .and_then(|config| Project::has_environments(&member.files, &config))
            .unwrap_or(true);
        let because = if is_there { format!("{name} is no member any more") } else { format!("{name} is gone") };
        let then = {
            let before =
                Before { past: &past, project: Some(&project), environments: project.environments(), offset: 0 };
            let accepted = baseline_in(&past.files).ok().flatten().map(|(known, ..)| known);
            let (then, _) = member.findings_then(&before, options);
            Self::counting_then(accepted.as_ref(), &before, then, options)
        };
        for mut finding in then.counting.into_iter().filter(is_unexpected) {
            no_longer(&mut finding, &because);
            // There is no row to say whose it is.
            finding.key = finding.key.map(|key| format!("{name}/{key}"));
            if let Some(difference) = &mut finding.difference {
                difference.row = None;
            }
            found.settled.push(finding);
        }
        project.hide_secrets();
        found.sources = std::mem::take(&mut project.sources);
        found
    }
}
