//! A member of a workspace that is no member any more: what it has counts no longer, be it from before or new.

use super::super::changes::{is_unexpected, no_longer};
use super::super::held::{Held, Left};
use super::following::Before;
use super::{Found, Member, Options, baseline_then, unreadable};
use crate::finding::{Change, Finding};
use crate::project::Project;
use crate::project::files::Files;

impl Member<'_> {
    /// What a member that only the revision has would add to the findings that count: what it has now where its folder is
    /// still there, or has another name, else what it had.
    pub(in crate::cli::drift) fn left(files: &Files, held: &Held, left: &Left, options: &Options<'_>) -> Found {
        let Left { folder, to } = left;
        let name = if folder.is_empty() { "." } else { folder };
        let files = files.member(to.as_ref().unwrap_or(folder));
        let member = Member { files, held: vec![held.at(folder)], name: Some(name.into()) };
        let is_there = Project::config(&member.files)
            .and_then(|config| Project::has_environments(&member.files, &config))
            .unwrap_or(true);
        let compared = if is_there { member.compare(options) } else { Ok(None) };
        let broken = match compared {
            Ok(Some(found)) => return uncounted(found, name),
            Ok(None) => None,
            // What it has now nobody here can say.
            Err(error) => Some(unreadable(&member.files, &error)),
        };
        let mut found = member.left_behind(name, is_there, options);
        found.unread.extend(broken);
        found
    }

    /// What counted at the revision, of a member that cannot be compared any more.
    fn left_behind(&self, name: &str, is_there: bool, options: &Options<'_>) -> Found {
        let mut found = Found::default();
        let Some(past) = self.held.first() else { return found };
        let mut project = match self.read_before(past, Vec::new(), options) {
            Ok(Some(project)) => project,
            Ok(None) => return found,
            Err(error) => {
                found.unread.push(unreadable(&past.files, &error));
                return found;
            }
        };
        let because = if is_there { no_member(name) } else { format!("{name} is gone") };
        let then = {
            let before = Before { past, project: Some(&project), environments: project.environments(), offset: 0 };
            let accepted = baseline_then(past, &mut found.unread);
            let then = self.findings_then(&before, options);
            let mut then = Self::counting_then(accepted.as_ref(), &before, then.findings, options);
            then.keep(options.keys.as_ref());
            then
        };
        for mut finding in then.counting.into_iter().filter(is_unexpected) {
            no_longer(&mut finding, &because);
            found.settled.push(without_row(finding));
        }
        project.hide_secrets();
        found.sources = std::mem::take(&mut project.sources);
        found
    }
}

fn no_member(name: &str) -> String {
    format!("{name} is no member any more")
}

/// What was found in a member that is none, as what would count if it still were one.
fn uncounted(found: Found, name: &str) -> Found {
    let Found { findings, mut settled, sources, unread, .. } = found;
    // What is only counted is not followed.
    let follows = |finding: &Finding| {
        is_unexpected(finding) || finding.changed(Change::Unknown) && finding.rule.code != "drift-unknown"
    };
    settled.extend(findings);
    let told = settled.into_iter().filter_map(|mut finding| {
        let is_new = finding.changed(Change::Introduced);
        let is_accepted =
            finding.difference.as_ref().and_then(|it| it.accepted.as_ref()).map(|accepted| accepted.is_new);
        let is_settled = finding.changed(Change::NoLongerCounted) || finding.changed(Change::Resolved);
        match is_accepted {
            Some(true) => {}
            Some(false) => return None,
            None if is_settled => {}
            None if !follows(&finding) => return None,
            None if is_new => no_longer(&mut finding, &format!("new, and {}", no_member(name))),
            None => no_longer(&mut finding, &no_member(name)),
        }
        Some(without_row(finding))
    });
    Found { settled: told.collect(), sources, unread, ..Found::default() }
}

/// What is no member has no rows.
fn without_row(mut finding: Finding) -> Finding {
    if let Some(difference) = &mut finding.difference {
        difference.row = None;
    }
    finding
}
