//! What is rendered beside what is there, of which no line is told where secrets may stand in it.

use std::sync::Arc;

use super::rendering::{Outcome, Written, of};
use crate::environment::Resolved;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::masking;
use crate::project::deployments::RENDERED;
use crate::project::files::{self, Files};
use crate::project::{Project, git, templates, writing};
use crate::rendering::{header, kinds};
use crate::source::{SourceId, Span};

/// A file as it is beside what it should be.
pub(super) struct Compared {
    pub(super) finding: Option<Finding>,
    /// The difference with secrets masked, as a unified diff.
    pub(super) diff: String,
    /// Whether the file that is there is not sparkcfg's to write over.
    pub(super) is_foreign: bool,
}

impl Compared {
    /// A file of which one thing is told, without a difference.
    fn stale(file: &Written, finding: Finding) -> Self {
        Self { finding: Some(of_environment(finding, file)), diff: String::new(), is_foreign: false }
    }
}

fn of_environment(mut finding: Finding, file: &Written) -> Finding {
    finding.environments.push(Arc::clone(&file.environment));
    finding
}

/// Compares a file with what is there.
pub(super) fn compare(project: &mut Project, files: &Files, file: &Written) -> Result<Compared, Error> {
    let shown = files.shown(&file.path);
    let again = format!("render it again: {}", file.command);
    let template = Span::new(file.source, 0..0);
    let Some(bytes) = files.read_if_there(&file.path)? else {
        let finding = of("render-stale", format!("{shown} has not been rendered"));
        return Ok(Compared::stale(file, finding.at(template, "its template").help(again)));
    };
    let (before, _) = files::text(bytes);
    let after = file.text.expose();
    if before == after {
        let is_executable = writing::is_executable(&files.root().join(&file.path));
        if is_executable || !templates::is_executable(files, &file.template) {
            return Ok(Compared { finding: None, diff: String::new(), is_foreign: false });
        }
        let finding = of("render-stale", format!("{shown} cannot be executed, as its template can"));
        return Ok(Compared::stale(file, finding.at(template, "its template").help(again)));
    }
    let is_private = is_private(files, file, &before);
    let source = told(project, &shown, &before, is_private);
    if before.replace("\r\n", "\n") == after {
        let finding = of("render-stale", format!("{shown} has carriage returns, which its template does not give it"));
        let help = format!("{again}; `{RENDERED}/** text eol=lf` in .gitattributes keeps git from writing them");
        return Ok(Compared::stale(file, finding.at(Span::new(source, 0..0), "").help(help)));
    }
    let with_secrets = if masking::holds_secrets(&before) && !file.with_secrets { " --with-secrets" } else { "" };
    let again = again + with_secrets;
    let state = header::state(&before);
    let marked = header::state(after) != header::State::Unmarked;
    let differs = first_difference(&before, after);
    let first = differs.unwrap_or_else(|| hash_of_inputs(&before));
    let diff = if is_private {
        format!("{shown} may have been written with secrets in it; its difference is not shown\n")
    } else {
        unified(project, source, &shown, &file.template, after)
    };
    let at = project.sources.lines(Span::new(source, first..first));
    let (finding, is_foreign) = match state {
        header::State::Edited => {
            let help = format!(
                "move the change into {}/{} or the environment, then render again with --force",
                templates::FOLDER,
                file.template
            );
            (of("render-edited", format!("{shown} was edited by hand")).at(at, "differs here").help(help), true)
        }
        header::State::Unmarked if marked => {
            let help = "move it out of the way, or write over it with --force";
            (of("render-edited", format!("{shown} was not made by sparkcfg")).at(at, "").help(help), true)
        }
        header::State::Unmarked if !is_committed(files, &file.path) => {
            let message = format!("{shown} differs from what its template gives, and may have been edited by hand");
            let help = if is_private {
                "a file of its kind cannot say so itself: move what was changed in it away, then write over it with --force"
                    .to_owned()
            } else {
                format!(
                    "a file of its kind cannot say so itself: look at `{} --diff`, then write over it with --force; what is committed is not lost",
                    file.command
                )
            };
            (of("render-edited", message).at(at, "differs here").help(help), true)
        }
        // Nothing that its reader sees has changed; what it was made from has.
        _ if differs.is_none() => {
            let message = format!("{shown} comes out the same, but for the hash of what it is made from");
            (of("render-stale", message).at(at, "only this differs").help(again), false)
        }
        _ => (
            of("render-stale", format!("{shown} is not what its template gives")).at(at, "differs here").help(again),
            false,
        ),
    };
    let finding = of_environment(finding.related(template, "its template"), file);
    Ok(Compared { finding: Some(finding), diff, is_foreign })
}

/// Whether a file may hold secrets, in any spelling: it was or is to be written with them, or is of a kind that cannot say so
/// and stands where git does not look.
fn is_private(files: &Files, file: &Written, before: &str) -> bool {
    let is_marked = |text: &str| header::state(text) != header::State::Unmarked;
    let is_hidden = || git::is_held(files.root()) && git::is_ignored(files.root(), &file.path).unwrap_or(true);
    let cannot_say = || !is_marked(before) && !is_marked(file.text.expose());
    file.with_secrets || masking::holds_secrets(before) || cannot_say() && is_hidden()
}

/// Adds a text to the sources as it may be told: no line of one that may hold secrets.
fn told(project: &mut Project, shown: &str, text: &str, is_private: bool) -> SourceId {
    if is_private { hidden(project, shown, text) } else { masked(project, shown, text) }
}

/// Adds a text to the sources with all of its lines masked.
fn hidden(project: &mut Project, shown: &str, text: &str) -> SourceId {
    let source = project.sources.add(shown, text);
    let lines: Vec<_> = project.sources.every_line(source).collect();
    for line in lines {
        project.sources.mask(line);
    }
    source
}

/// Whether the last commit holds a file as it is, so that nothing is lost with it.
fn is_committed(files: &Files, path: &str) -> bool {
    git::uncommitted(files.root(), &[path.to_owned()]).is_ok_and(|changed| changed.is_empty())
}

/// Whether a file is of a kind that has no place for a header, and of none that somebody puts into any folder.
fn is_left_bare(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_anywhere = name.starts_with('.') || name.ends_with(".md") || name.to_ascii_lowercase().starts_with("readme");
    !is_anywhere && kinds::of(path).comment.is_none()
}

/// Files that say that sparkcfg made them and that no template makes any more.
pub(super) fn leftovers(
    project: &mut Project,
    files: &Files,
    outcome: &Outcome,
    to: &str,
) -> Result<Vec<Finding>, Error> {
    let mut found = Vec::new();
    if outcome.is_broken {
        return Ok(found);
    }
    let environments: Vec<_> = project.environment_names().cloned().collect();
    for environment in environments.into_iter().filter(|name| !outcome.is_closed(name)) {
        let folder = format!("{to}/{environment}");
        for path in templates::paths(files, &folder)? {
            let whole = format!("{folder}/{path}");
            if outcome.files.iter().any(|file| file.path == whole) {
                continue;
            }
            let (text, _) = files::text(files.read(&whole)?);
            let is_marked = header::state(&text) != header::State::Unmarked;
            // Of what cannot have comments nobody knows who wrote it, so it is only a note.
            if is_marked || is_left_bare(&path) {
                let shown = files.shown(&whole);
                let source = told(project, &shown, &text, masking::holds_secrets(&text));
                let message = format!("{shown} has no template{}", if is_marked { " any more" } else { "" });
                let help = if is_marked { "delete it" } else { "delete it, if a template made it" };
                let mut finding = of("render-stale", message).at(Span::new(source, 0..0), "").help(help);
                if !is_marked {
                    finding = finding.severity(Severity::Note);
                }
                finding.environments.push(Arc::clone(&environment));
                found.push(finding);
            }
        }
    }
    Ok(found)
}

/// Where a file differs first; `None` if only in its hashes, which differ whenever anything does.
fn first_difference(before: &str, after: &str) -> Option<u32> {
    let (mut at, mut others) = (0, after.split_inclusive('\n'));
    for (number, line) in before.split_inclusive('\n').enumerate() {
        if others.next() != Some(line) && !(number < HEAD && line.contains(INPUTS)) {
            return u32::try_from(at).ok();
        }
        at += line.len();
    }
    let last = before.len().saturating_sub(1);
    others.next().map(|_| u32::try_from(at.min(last)).unwrap_or_default())
}

/// In how many lines a header may stand, and what it says of what a file is made from.
const HEAD: usize = 6;
const INPUTS: &str = "sparkcfg-inputs: ";

/// The line of a header with its hashes.
fn hash_of_inputs(text: &str) -> u32 {
    let head: usize =
        text.split_inclusive('\n').take(HEAD).take_while(|line| !line.contains(INPUTS)).map(str::len).sum();
    u32::try_from(head).unwrap_or_default()
}

/// Adds a text to the sources with everything masked that it may not show.
fn masked(project: &mut Project, shown: &str, text: &str) -> SourceId {
    let ranges = {
        let environments = project.environments();
        let secrets = environments.iter().flat_map(|environment| &environment.settings).filter_map(|setting| {
            match &setting.value {
                Resolved::Secret(secret) => Some(secret.expose()),
                value => value.text().filter(|text| project.hides(setting.key, text)),
            }
        });
        let known: Vec<&str> = secrets.collect();
        project.secrets_in(text, &known)
    };
    let source = project.sources.add(shown, text);
    for range in ranges {
        project.sources.mask(Span::new(source, range));
    }
    source
}

/// The difference of two texts with secrets masked, as a unified diff.
pub(super) fn difference(project: &mut Project, shown: &str, template: &str, before: &str, after: &str) -> String {
    let source = masked(project, shown, before);
    unified(project, source, shown, template, after)
}

fn unified(project: &mut Project, before: SourceId, shown: &str, template: &str, after: &str) -> String {
    let after = masked(project, shown, after);
    let text = |source: SourceId| {
        let length = u32::try_from(project.sources.text(source).len()).unwrap_or(u32::MAX);
        project.sources.shown(Span::new(source, 0..length)).text
    };
    let (before, after) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(3).header(shown, &format!("{}/{template}", templates::FOLDER)).to_string()
}
