//! The say that a project has about findings: comments that silence them, severities, and what is told once.

use std::collections::{BTreeMap, HashMap};

use super::{
    ALL, Check, Run, concealment, one_mistake, plaintext_secret, side_effects, unknown_code, unused_ignore, wreckage,
};
use crate::finding::Finding;
use crate::ignores::{self, Ignore};
use crate::project::Project;
use crate::project::config::Level;
use crate::source::SourceId;
use crate::suggestion::nearest;

/// Gives a project its say about findings: comments that silence them, severities, and what may not be told. Gives how
/// many were silenced. `drift` says whether they are those of a comparison or those of everything else.
pub fn settle(project: &Project, findings: &mut Vec<Finding>, drift: bool) -> usize {
    settle_after(project, findings, if drift { Run::Drift } else { Run::Files })
}

pub(super) fn settle_after(project: &Project, findings: &mut Vec<Finding>, run: Run) -> usize {
    let ignored = silence(project, findings, run);
    findings.retain_mut(|finding| match project.config.severity.get(finding.rule.code) {
        Some(Level::Off) => false,
        Some(level) => {
            finding.severity = level.severity().unwrap_or(finding.severity);
            true
        }
        None => true,
    });
    if run == Run::Files {
        wreckage::told_once(project, findings);
        one_mistake::kept(project, findings);
    }
    side_effects::limit(project, findings);
    concealment::conceal(project, findings);
    ignored
}

/// Takes out what comments silence, and tells of comments that silence nothing.
fn silence(project: &Project, findings: &mut Vec<Finding>, run: Run) -> usize {
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
        return 0;
    }
    let mut silenced = Silenced::by(&ignores);
    let before = findings.len();
    findings.retain(|finding| !silenced.takes(finding));
    let ignored = before - findings.len();
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

/// Where lines begin and end, and whether something was found there.
type Lines = BTreeMap<(u32, u32), bool>;

/// What comments silence: the lines of each code in each file, and whether something was found there.
struct Silenced<'i> {
    lines: HashMap<(SourceId, &'i str), Lines>,
}

impl<'i> Silenced<'i> {
    fn by(ignores: &'i [Ignore]) -> Self {
        let mut lines: HashMap<_, Lines> = HashMap::new();
        for ignore in ignores {
            let line = (ignore.line.start, ignore.line.end);
            lines.entry((ignore.line.source, ignore.code.as_str())).or_default().insert(line, false);
        }
        Self { lines }
    }

    /// Whether a finding is silenced.
    fn takes(&mut self, finding: &Finding) -> bool {
        /// Lines do not overlap: beside the one in which the finding begins there may be the end of the file alone.
        const MOST: usize = 2;
        let Some(span) = finding.label.as_ref().map(|label| label.span) else { return false };
        let Some(lines) = self.lines.get_mut(&(span.source, finding.rule.code)) else { return false };
        let above = lines.range(..=(span.start, u32::MAX)).rev().take(MOST);
        // And what is about the whole file, from its first line on.
        let near = above.chain(lines.range(..=(0, u32::MAX))).map(|(line, _)| *line);
        let here: Vec<_> = near.filter(|(_, end)| span.start <= *end).collect();
        for line in &here {
            lines.insert(*line, true);
        }
        !here.is_empty()
    }

    /// Whether a comment silences something.
    fn is_used(&self, ignore: &Ignore) -> bool {
        let lines = self.lines.get(&(ignore.line.source, ignore.code.as_str()));
        lines.and_then(|lines| lines.get(&(ignore.line.start, ignore.line.end))).copied().unwrap_or_default()
    }
}
