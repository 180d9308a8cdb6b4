//! `--fix` and `--patch`: the replacements that findings offer, written to the files or as a patch for review.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use crate::error::Error;
use crate::finding::Fix;
use crate::project::writing;
use crate::report::Report;
use crate::source::{SourceId, Span};

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
}

/// Applies the fixes of a report that are safe, or all of them.
///
/// A file that changed since it was read is left alone. Each file is replaced whole or not at all.
pub(super) fn apply(report: &Report, root: &Path, prefix: &str, all: bool) -> Result<Applied, Error> {
    let mut applied = Applied::default();
    for edited in edited(report, all) {
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
        applied.files.insert(shown.to_owned());
    }
    Ok(applied)
}

/// The fixes as a patch that `git apply` takes, and the files that are left out of it: those in which a secret stands
/// right beside the change.
pub(super) fn patch(report: &Report, all: bool) -> (String, Vec<String>) {
    let (mut out, mut left) = (String::new(), Vec::new());
    for edited in edited(report, all) {
        let path = report.sources.path(edited.source);
        match (1..=3).rev().find_map(|radius| hunks(report, &edited, radius)) {
            Some(hunks) => {
                let _ = write!(out, "--- a/{path}\n+++ b/{path}\n{hunks}");
            }
            None => left.push(path.to_owned()),
        }
    }
    (out, left)
}

/// The changes with some lines around them, unless a secret is among those lines.
fn hunks(report: &Report, edited: &Edited<'_>, radius: usize) -> Option<String> {
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
    for hunk in unified.iter_hunks() {
        let mut old = hunk.iter_changes().filter(|change| change.tag() != ChangeTag::Insert);
        if old.any(|change| change.old_index().is_some_and(hides)) {
            return None;
        }
    }
    Some(unified.to_string())
}

fn edited(report: &Report, all: bool) -> Vec<Edited<'_>> {
    let mut by_file: BTreeMap<SourceId, Vec<&Fix>> = BTreeMap::new();
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for fix in fixes.filter(|fix| fix.safe || all) {
        by_file.entry(fix.span.source).or_default().push(fix);
    }
    let edit = |(source, mut wanted): (SourceId, Vec<&Fix>)| {
        let before: &str = report.sources.text(source);
        wanted.sort_by_key(|fix| (fix.span.start, fix.span.end));
        // Two that insert at one place can both stand; two that replace the same bytes cannot.
        wanted.dedup_by(|one, other| one.span.start < other.span.end || one == other);
        let mut after = String::with_capacity(before.len() + 16);
        let mut at = 0;
        for fix in &wanted {
            let range = fix.span.range();
            after.push_str(before.get(at..range.start).unwrap_or_default());
            after.push_str(&fix.replacement);
            at = range.end;
        }
        after.push_str(before.get(at..).unwrap_or_default());
        Edited { source, before, after, fixes: wanted.len() }
    };
    by_file.into_iter().map(edit).collect()
}
