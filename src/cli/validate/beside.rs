//! What `--staged` tells of a commit beside the project: secrets in any text of the repository.

use std::ops::RangeInclusive;

use super::Checked;
use crate::checks;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::project::Project;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::report::Summary;
use crate::source::Sources;

/// The codes of secrets in Compose and PM2 files.
const LITERAL: &[&str] = &["compose-literal-secret", "pm2-literal-secret"];

/// Adds what is about to be committed elsewhere in the repository, but for secrets that the project's own checks stop at.
pub(super) fn added(mut checked: Checked, files: &Files, config: &Config) -> Result<Checked, Error> {
    let mut project = Project::staged_beside(files, config, &checked.known)?;
    let mut found = checks::run_staged_beside(&project);
    let stops = |finding: &&Finding| finding.severity == Severity::Error && LITERAL.contains(&finding.rule.code);
    let stops: Vec<_> = checked.findings.iter().filter(stops).filter_map(|one| place(&checked.sources, one)).collect();
    found.findings.retain(|finding| {
        let (path, lines) = place(&project.sources, finding).unzip();
        !stops.iter().any(|(other, stopped)| {
            path == Some(*other) && lines.as_ref().is_some_and(|lines| stopped.contains(lines.start()))
        })
    });
    project.hide_secrets();
    let summary = Summary { ignored: found.ignored, ..Summary::default() };
    let sources = std::mem::take(&mut project.sources);
    checked.absorb(Checked { findings: found.findings, sources, summary, ..Checked::default() });
    Ok(checked)
}

/// The path and the lines that a finding is about.
fn place<'s>(sources: &'s Sources, finding: &Finding) -> Option<(&'s str, RangeInclusive<u32>)> {
    let span = finding.label.as_ref()?.span;
    let line = |at| sources.position(span.source, at).line;
    Some((sources.path(span.source), line(span.start)..=line(span.end)))
}
