//! `--fix` and `--patch`: the replacements that findings offer, written to the files or as a patch for review.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::{printing, workspace};
use crate::drift::command::again;
use crate::drift::live::word;
use crate::error::Error;
use crate::finding::{Fix, told_name};
use crate::interpolation::references;
use crate::layer::{Entry, Layer};
use crate::project::files::Files;
use crate::project::layout::is_personal;
use crate::project::{Options, Project, writing};
use crate::report::Report;
use crate::source::{SourceId, Span, printable};

/// A file with fixes applied.
struct Edited<'r> {
    source: SourceId,
    before: &'r str,
    after: String,
    fixes: usize,
}

/// What was changed.
#[derive(Default)]
pub(super) struct Applied {
    /// How many fixes were made.
    pub(super) fixes: usize,
    /// In which files.
    pub(super) files: BTreeSet<String>,
    /// The keys that are set anew, each with the file.
    pub(super) keys: BTreeSet<(String, String)>,
    /// What they replaced.
    pub(super) places: Vec<Span>,
}

/// Applies the fixes of a report that are safe, or all of them.
///
/// A file that changed since it was read is left alone. Each file is replaced whole or not at all.
pub(super) fn apply(report: &Report, root: &Path, prefix: &str, all: bool) -> Result<Applied, Error> {
    let mut applied = Applied::default();
    for (source, wanted) in wanted(report, all) {
        let edited = edited(report, source, &wanted);
        let shown = report.sources.path(edited.source);
        let path = root.join(shown.strip_prefix(prefix).unwrap_or(shown));
        let same = std::fs::read(&path).is_ok_and(|bytes| bytes == edited.before.as_bytes());
        if !same && edited.before.contains('\u{fffd}') {
            // What is not UTF-8 was replaced when it was read; writing it back would lose it.
            continue;
        }
        if !same {
            return Err(Error::new("this file changed while it was checked; nothing in it was fixed")
                .at(shown)
                .help("run it again"));
        }
        writing::replace(&path, edited.after.as_bytes())
            .map_err(|_| Error::new("this file could not be written; it is as it was").at(shown))?;
        applied.fixes += edited.fixes;
        applied.keys.extend(keys(report, all).filter(|(path, _)| path == shown));
        applied.places.extend(wanted.iter().map(|fix| fix.span));
        applied.files.insert(shown.to_owned());
    }
    Ok(applied)
}

/// The keys that the fixes of a report are about, each with the file that is changed.
pub(super) fn keys(report: &Report, all: bool) -> impl Iterator<Item = (String, String)> {
    report.findings.iter().filter_map(move |finding| {
        let fix = finding.fix.as_ref().filter(|fix| fix.safe || all)?;
        Some((report.sources.path(fix.span.source).to_owned(), finding.key.clone()?))
    })
}

/// Says where a person's own file (`prod.local.env`) sets a key that was changed, or refers to it. No gate reads such a file, so
/// what is changed is right without it; and nothing in it is changed by a fix of what stands below it.
///
/// # Errors
/// A workspace whose members cannot be told. Of a project that cannot be read nothing is said.
pub(super) fn tell_of_own_files(changed: &BTreeSet<(String, String)>, files: &Files) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let mut folders = vec![String::new()];
    if let Some(workspace) = &Project::config(files)?.workspace {
        folders.extend(workspace::members(files, workspace)?);
    }
    let mut told = BTreeSet::new();
    for folder in folders {
        let options = Options { personal: true, ..Options::default() };
        let Ok(project) = Project::read(&files.member(&folder), &options) else { continue };
        for environment in project.environments() {
            let path = |layer: &Layer| project.sources.path(layer.source).to_owned();
            let own = || environment.layers.iter().filter(|layer| is_personal(project.sources.path(layer.source)));
            let reads = |changed: &&(String, String)| environment.layers.iter().any(|layer| path(layer) == changed.0);
            for ((_, key), layer) in
                changed.iter().filter(reads).flat_map(|changed| own().map(move |own| (changed, own)))
            {
                let refers = |entry: &Entry| {
                    let text = layer.content(entry).filter(|_| entry.interpolates);
                    text.is_some_and(|text| references(text).iter().any(|reference| reference.name == key))
                };
                let (own, key) = (printable(&path(layer)), told_name(key));
                let run = again("run", &[&word(&environment.name)], None);
                if layer.entries.iter().any(|entry| told_name(layer.key(entry)) == key) {
                    told.insert(format!(
                        "{own} sets {key} itself: `{run}` keeps that on this machine, unless it is told --no-local\n"
                    ));
                } else if layer.entries.iter().any(refers) {
                    told.insert(format!(
                        "{own} refers to {key}, so what it sets changes with `{run}` on this machine\n"
                    ));
                }
            }
        }
    }
    told.iter().try_for_each(|line| printing::complain(line))
}

/// What is put before the paths that users see, and from where a patch is applied.
pub(super) struct Here {
    /// The current folder below the project's, as `environments/`; empty where it is the project's, or another one.
    below: String,
    /// The project's folder, where no path of it can be written from the current one.
    elsewhere: Option<String>,
}

impl Here {
    /// Where a command runs that is about the project in `root`, of which paths are shown behind `prefix`.
    pub(super) fn of(root: &Path, prefix: &str) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        if !prefix.is_empty() || here == *root || root == Path::new(".") {
            return Self { below: String::new(), elsewhere: None };
        }
        let below = here.strip_prefix(root).ok().map(|below| below.to_string_lossy().replace('\\', "/"));
        match below {
            Some(below) => {
                let up = vec![".."; below.split('/').count()].join("/");
                Self { below: format!("{below}/"), elsewhere: Some(up) }
            }
            None => Self { below: String::new(), elsewhere: Some(root.to_string_lossy().into_owned()) },
        }
    }
}

/// Changes as text.
#[derive(Default)]
pub(super) struct Patch {
    /// What `git apply` takes.
    pub(super) text: String,
    /// Changes that are left out because a secret stands right beside them: their files, and what each would do.
    pub(super) left: Vec<(String, Vec<String>)>,
    /// The folder in which it is to be applied, where that is not the current one.
    pub(super) elsewhere: Option<String>,
}

/// The fixes of a report that are safe, or all of them, as a patch that `git apply` takes in the current folder. That takes
/// no path above it; with such a file the patch is one for the project's folder.
pub(super) fn patch(report: &Report, all: bool, here: &Here) -> Patch {
    let wanted = wanted(report, all);
    let is_below = |source: &SourceId| report.sources.path(*source).starts_with(&here.below);
    let is_near = !here.below.is_empty() && wanted.keys().all(is_below);
    let above = if is_near { here.below.as_str() } else { "" };
    let (mut out, mut left) = (String::new(), Vec::new());
    for (source, mut fixes) in wanted {
        let shown = report.sources.path(source);
        let path = shown.strip_prefix(above).unwrap_or(shown);
        let all = fixes.clone();
        while !fixes.is_empty() {
            let edited = edited(report, source, &fixes);
            match (1..=3).rev().map(|radius| hunks(report, &edited, radius)).reduce(Result::or) {
                Some(Ok(hunks)) => {
                    let _ = write!(out, "--- a/{path}\n+++ b/{path}\n{hunks}");
                    break;
                }
                Some(Err(beside)) => {
                    let line = |fix: &&Fix| {
                        edited.before.get(..fix.span.range().start).unwrap_or_default().matches('\n').count()
                    };
                    let before = fixes.len();
                    fixes.retain(|fix| !beside.contains(&line(fix)));
                    // A fix that goes over lines may begin before the hunk; nothing of the file is better than a secret.
                    if fixes.len() == before {
                        fixes.clear();
                    }
                }
                None => fixes.clear(),
            }
        }
        if fixes.len() < all.len() {
            let is_left = |fix: &&&Fix| !fixes.iter().any(|made| std::ptr::eq(*made, **fix));
            left.push((shown.to_owned(), all.iter().filter(is_left).map(|fix| fix.title.clone()).collect()));
        }
    }
    let elsewhere = here.elsewhere.clone().filter(|_| !is_near && !out.is_empty());
    Patch { text: out, left, elsewhere }
}

/// Says in which folder a patch is to be applied.
pub(super) fn applied_in(folder: &str) -> String {
    format!("the patch is for another folder: git -C {} apply\n", word(&printable(folder)))
}

/// The changes with some lines around them; where a secret is among those lines, the lines of such changes, from 0.
fn hunks(report: &Report, edited: &Edited<'_>, radius: usize) -> Result<String, BTreeSet<usize>> {
    let diff = TextDiff::from_lines(edited.before, &edited.after);
    let starts: Vec<usize> = edited
        .before
        .split_inclusive('\n')
        .scan(0, |at, line| {
            *at += line.len();
            Some(*at - line.len())
        })
        .collect();
    let hides = |line: usize| {
        let start = starts.get(line).copied().unwrap_or(edited.before.len());
        let end = starts.get(line + 1).copied().unwrap_or(edited.before.len());
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        report.sources.hides(Span::new(edited.source, offset(start)..offset(end)))
    };
    let mut unified = diff.unified_diff();
    unified.context_radius(radius);
    let mut beside = BTreeSet::new();
    for hunk in unified.iter_hunks() {
        let old = || hunk.iter_changes().filter(|change| change.tag() != ChangeTag::Insert);
        let lines: Vec<_> = old().filter_map(|change| change.old_index()).collect();
        if lines.iter().any(|line| hides(*line)) {
            // What is inserted behind the last line begins where that one ends.
            beside.extend(lines.iter().flat_map(|line| [*line, line + 1]));
        }
    }
    if beside.is_empty() { Ok(unified.to_string()) } else { Err(beside) }
}

/// The fixes of each file that can be made together, in order.
fn wanted(report: &Report, all: bool) -> BTreeMap<SourceId, Vec<&Fix>> {
    let mut by_file: BTreeMap<SourceId, Vec<&Fix>> = BTreeMap::new();
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for fix in fixes.filter(|fix| fix.safe || all) {
        by_file.entry(fix.span.source).or_default().push(fix);
    }
    for wanted in by_file.values_mut() {
        wanted.sort_by_key(|fix| (fix.span.start, fix.span.end));
        // Two that insert at one place can both stand; two that replace the same bytes cannot.
        wanted.dedup_by(|one, other| one.span.start < other.span.end || one == other);
    }
    by_file
}

fn edited<'r>(report: &'r Report, source: SourceId, wanted: &[&Fix]) -> Edited<'r> {
    let before: &str = report.sources.text(source);
    let mut after = String::with_capacity(before.len() + 16);
    let mut at = 0;
    for fix in wanted {
        let range = fix.span.range();
        after.push_str(before.get(at..range.start).unwrap_or_default());
        after.push_str(&fix.replacement);
        at = range.end;
    }
    after.push_str(before.get(at..).unwrap_or_default());
    Edited { source, before, after, fixes: wanted.len() }
}
