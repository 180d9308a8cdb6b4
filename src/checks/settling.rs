//! The say that a project has about findings: comments that silence them, severities, and what is told once.

use super::{
    ALL, Check, Run, concealment, one_mistake, plaintext_secret, side_effects, unknown_code, unused_ignore, wreckage,
};
use crate::finding::Finding;
use crate::ignores;
use crate::project::Project;
use crate::project::config::Level;
use crate::source::Span;
use crate::suggestion::nearest;

/// Gives a project its say about findings: comments that silence them, severities, and what may not be told. Gives how
/// many were silenced.
pub fn settle(project: &Project, findings: &mut Vec<Finding>) -> usize {
    settle_after(project, findings, Run::Files).len()
}

/// The same for those of a comparison. Gives what does not count for that, each with the reason.
pub fn settle_telling(project: &Project, findings: &mut Vec<Finding>) -> Vec<(Finding, Silence)> {
    settle_after(project, findings, Run::Drift)
}

/// Why a finding does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// A comment says so, here.
    Comment(Span),
    /// Its code is off.
    Off,
}

/// See [`settle`]; of what is off nothing is given, unless the run is a comparison.
pub(super) fn settle_after(project: &Project, findings: &mut Vec<Finding>, run: Run) -> Vec<(Finding, Silence)> {
    let mut silenced = silence(project, findings, run);
    let off = taken_out(findings, |finding| match project.config.severity.get(finding.rule.code)? {
        Level::Off => Some(Silence::Off),
        level => {
            finding.severity = level.severity().unwrap_or(finding.severity);
            None
        }
    });
    if run == Run::Drift {
        silenced.extend(off);
    }
    if run == Run::Files {
        wreckage::told_once(project, findings);
        one_mistake::kept(project, findings);
    }
    side_effects::limit(project, findings);
    concealment::conceal(project, findings);
    silenced.iter_mut().for_each(|(finding, _)| concealment::conceal(project, std::slice::from_mut(finding)));
    silenced
}

/// Takes out what comments silence, and tells of comments that silence nothing.
fn silence(project: &Project, findings: &mut Vec<Finding>, run: Run) -> Vec<(Finding, Silence)> {
    let layers = project.layers.iter().flat_map(ignores::of);
    let deployments = project.deployments.sources();
    let deployments = deployments.flat_map(|source| ignores::in_text(source, project.sources.text(source)));
    // What a copy silences besides is about the file that it is a copy of.
    let strays = project.strays.iter().flat_map(|stray| ignores::of(&stray.layer));
    let strays = strays.filter(|ignore| ignore.code == plaintext_secret::RULE.code);
    let references = project.references.sources().filter(|_| run == Run::References);
    let references = references.flat_map(|source| ignores::in_text(source, project.sources.text(source)));
    let ignores = layers.chain(deployments).chain(strays).chain(references);
    let mut ignores: Vec<_> = ignores.map(|ignore| (ignore, false)).collect();
    if ignores.is_empty() {
        return Vec::new();
    }
    let by = |finding: &mut Finding| {
        let mut silenced = None;
        for (ignore, used) in &mut ignores {
            let here = finding.label.as_ref().is_some_and(|label| {
                let (line, span) = (ignore.line, label.span);
                line.source == span.source && span.start >= line.start && span.start <= line.end
            });
            if here && ignore.code == finding.rule.code {
                *used = true;
                silenced = Some(Silence::Comment(ignore.at));
            }
        }
        silenced
    };
    let ignored = taken_out(findings, by);
    for (ignore, used) in ignores {
        let check = ALL.iter().find(|check| check.rule.code == ignore.code);
        if run != check.map_or(Run::Files, Check::kind_of_run) {
            continue;
        }
        if check.is_none() {
            let near = nearest(&ignore.code, ALL.iter().map(|check| check.rule.code));
            let (message, help) = match (ignore.code.is_empty(), near) {
                (true, _) => {
                    ("this silences nothing: it names no code".to_owned(), "write ignore[code] and a reason".to_owned())
                }
                (_, Some(near)) => (format!("there is no code {}", ignore.code), format!("did you mean {near}?")),
                (_, None) => {
                    (format!("there is no code {}", ignore.code), "sparkcfg explain lists all codes".to_owned())
                }
            };
            findings.push(Finding::new(&unknown_code::RULE, message).at(ignore.at, "").help(help));
        } else if !used {
            let message = format!("{} is not found here", ignore.code);
            findings.push(
                Finding::new(&unused_ignore::RULE, message)
                    .at(ignore.at, "silences nothing")
                    .help("take the comment away"),
            );
        }
    }
    ignored
}

/// Takes out what there is a reason for.
fn taken_out(
    findings: &mut Vec<Finding>,
    mut by: impl FnMut(&mut Finding) -> Option<Silence>,
) -> Vec<(Finding, Silence)> {
    let (mut kept, mut out) = (Vec::with_capacity(findings.len()), Vec::new());
    for mut finding in findings.drain(..) {
        match by(&mut finding) {
            Some(silence) => out.push((finding, silence)),
            None => kept.push(finding),
        }
    }
    *findings = kept;
    out
}
