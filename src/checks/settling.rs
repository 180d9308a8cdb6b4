//! The say that a project has about findings: comments that silence them, severities, and what is told once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    ALL, Check, Run, concealment, one_mistake, plaintext_secret, policy_conflict, side_effects, unknown_code,
    unused_ignore, wreckage,
};
use crate::finding::Finding;
use crate::ignores::{self, Ignore};
use crate::project::Project;
use crate::project::config::Level;
use crate::source::{SourceId, Span};
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
    // Where policies disagree a comparison has no result, which nobody can wish away.
    let is_conflict = |finding: &mut Finding| run == Run::Drift && finding.rule.code == policy_conflict::RULE.code;
    let conflicts: Vec<_> = findings.extract_if(.., is_conflict).collect();
    let mut silenced = silence(project, findings, run);
    let off_by_default: Vec<_> = ALL.iter().filter(|check| check.is_off).map(|check| check.rule.code).collect();
    let off = taken_out(findings, |finding| match project.config.severity.get(finding.rule.code) {
        Some(Level::Off) => Some(Silence::Off),
        None => off_by_default.contains(&finding.rule.code).then_some(Silence::Off),
        Some(level) => {
            finding.severity = level.severity().unwrap_or(finding.severity);
            None
        }
    });
    if run == Run::Drift {
        silenced.extend(off);
    }
    findings.extend(conflicts);
    if run == Run::Files {
        wreckage::told_once(project, findings);
        one_mistake::kept(project, findings);
    }
    side_effects::limit(project, findings);
    concealment::conceal(project, findings);
    for (finding, _) in &mut silenced {
        concealment::conceal(project, std::slice::from_mut(finding));
    }
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
    let ignores: Vec<_> = ignores.collect();
    if ignores.is_empty() {
        return Vec::new();
    }
    let mut silenced = Silenced::by(&ignores);
    let ignored = taken_out(findings, |finding| silenced.takes(finding).map(Silence::Comment));
    let damaged: BTreeSet<_> = project
        .layers
        .iter()
        .flat_map(|layer| layer.faults.iter().map(|fault| (layer.source, fault.at.start)))
        .collect();
    // What a line that cannot be read would be found to be, nobody knows.
    let is_damaged = |ignore: &Ignore| {
        let Span { source, start, end } = ignore.line;
        damaged.range((source, start)..=(source, end)).next().is_some()
    };
    for ignore in &ignores {
        let used = silenced.is_used(ignore);
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
        } else if !used && !is_damaged(ignore) {
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

/// Where lines begin and end, with the comment about each, and whether something was found there.
type Lines = BTreeMap<(u32, u32), (Span, bool)>;

/// What comments silence: the lines of each code in each file, and whether something was found there.
struct Silenced<'i> {
    lines: HashMap<(SourceId, &'i str), Lines>,
}

impl<'i> Silenced<'i> {
    fn by(ignores: &'i [Ignore]) -> Self {
        let mut lines: HashMap<_, Lines> = HashMap::new();
        for ignore in ignores {
            let line = (ignore.line.start, ignore.line.end);
            lines.entry((ignore.line.source, ignore.code.as_str())).or_default().insert(line, (ignore.at, false));
        }
        Self { lines }
    }

    /// Which comment silences a finding.
    fn takes(&mut self, finding: &Finding) -> Option<Span> {
        /// Lines do not overlap: beside the one in which the finding begins there may be the end of the file alone.
        const MOST: usize = 2;
        let span = finding.label.as_ref()?.span;
        let lines = self.lines.get_mut(&(span.source, finding.rule.code))?;
        let above = lines.range(..=(span.start, u32::MAX)).rev().take(MOST);
        // And what is about the whole file, from its first line on.
        let near = above.chain(lines.range(..=(0, u32::MAX))).map(|(line, _)| *line);
        let here: Vec<_> = near.filter(|(_, end)| span.start <= *end).collect();
        let mut by = None;
        for line in &here {
            let (comment, used) = lines.get_mut(line)?;
            *used = true;
            by = by.or(Some(*comment));
        }
        by
    }

    /// Whether a comment silences something.
    fn is_used(&self, ignore: &Ignore) -> bool {
        let lines = self.lines.get(&(ignore.line.source, ignore.code.as_str()));
        lines.and_then(|lines| lines.get(&(ignore.line.start, ignore.line.end))).is_some_and(|(_, used)| *used)
    }
}
