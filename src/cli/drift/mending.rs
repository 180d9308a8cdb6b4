//! `--fix` and `--patch` of a comparison.

use std::path::Path;

use super::super::{fix, printing};
use crate::drift::Mode;
use crate::error::Error;
use crate::finding::{Finding, Fix};
use crate::project::files::Files;
use crate::report::Report;
use crate::source::printable;

/// Makes the changes, and gives whether there were any. Each is told, unless nobody wants to hear of it: what is taken out may
/// stand nowhere else.
pub(super) fn apply(
    report: &Report,
    files: &Files,
    prefix: &str,
    (all, is_silent): (bool, bool),
) -> Result<bool, Error> {
    let applied = fix::apply(report, files.root(), prefix, all)?;
    if is_silent {
        return Ok(applied.fixes > 0);
    }
    let plural = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    printing::complain(&format!(
        "mended {} in {}\n",
        plural(applied.fixes, "place"),
        plural(applied.files.len(), "file")
    ))?;
    for finding in &report.findings {
        if let Some(fix) = finding.fix.as_ref().filter(|fix| (fix.safe || all) && applied.places.contains(&fix.span)) {
            printing::complain(&format!("  {}\n", told(report, finding, fix)))?;
        }
    }
    if all {
        tell_what_follows(report)?;
    }
    fix::tell_of_own_files(&applied.keys, files)?;
    for finding in report.findings.iter().filter(|finding| all && finding.fix.is_none() && is_of_copies(finding)) {
        let key = finding.named().unwrap_or_default();
        let help = finding.help.as_deref().unwrap_or(&finding.message);
        let named = report.comparison.as_ref().is_some_and(|comparison| comparison.mode == Mode::Pair);
        let hint = if named { "" } else { "; or name two environments, and the second gets the value of the first" };
        printing::complain(&format!("left as it is: {}: {help}{hint}\n", printable(&key)))?;
    }
    Ok(applied.fixes > 0)
}

/// A change that was made: `environments/prod.env:1 POOL 50 -> 5`.
fn told(report: &Report, finding: &Finding, fix: &Fix) -> String {
    let place = report.place(fix.span);
    let key = finding.named().unwrap_or_default();
    let row = finding.difference.as_ref().and_then(|difference| difference.row);
    let row = row.zip(report.comparison.as_ref()).and_then(|(row, comparison)| comparison.rows.get(row));
    let is_hidden = row.is_some_and(|row| row.secret) || report.sources.hides(fix.span);
    let before = report.sources.shown(fix.span).text;
    let what = match (before.trim(), fix.replacement.trim()) {
        ("", _) if is_hidden => "is set".to_owned(),
        (_, "") if is_hidden => "is taken out".to_owned(),
        _ if is_hidden => "changed".to_owned(),
        ("", after) => format!("+ {after}"),
        (before, "") => format!("- {}", before.lines().last().unwrap_or_default()),
        (before, after) => format!("{before} -> {after}"),
    };
    printable(&format!("{}:{} {key} {what}", place.path, place.line))
}

/// Tells of values that change because they refer to one that is mended.
pub(in crate::cli) fn tell_what_follows(report: &Report) -> Result<(), Error> {
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    for fix in fixes.filter(|fix| !fix.changes.is_empty()) {
        printing::complain(&format!("{}\n", fix.title))?;
    }
    Ok(())
}

/// Whether a finding is one that a value of another environment could mend.
fn is_of_copies(finding: &Finding) -> bool {
    matches!(finding.rule.code, "drift-must-match" | "drift-missing")
}

/// Writes the changes as a patch for review. Where there are none the file is empty, so that nobody takes one of before for
/// it.
pub(super) fn write_patch(report: &Report, path: &Path, all: bool, files: &Files, prefix: &str) -> Result<(), Error> {
    printing::refuse_inputs_for(path, "a patch", "give it a name of its own, as in --patch mend.diff")?;
    let fix::Patch { text, left, elsewhere } = fix::patch(report, all, &fix::Here::of(files.root(), prefix));
    let flag = if all { "--fix=unsafe" } else { "--fix" };
    for (path, title) in left.iter().flat_map(|(path, titles)| titles.iter().map(move |title| (path, title))) {
        printing::complain(&format!(
            "left out of the patch: {title}: right beside a secret in {}; {flag} makes it\n",
            printable(path)
        ))?;
    }
    if all {
        tell_what_follows(report)?;
    }
    if !text.is_empty() {
        fix::tell_of_own_files(&fix::keys(report, all).collect(), files)?;
    }
    if text.is_empty() && left.is_empty() {
        printing::complain("the patch is empty: no finding has a fix of this kind\n")?;
    }
    if let Some(folder) = elsewhere {
        printing::complain(&fix::applied_in(&folder))?;
    }
    std::fs::write(path, text).map_err(|error| {
        Error::new(format!("the patch was not written: {}", printing::reason(&error))).at(path.to_string_lossy())
    })
}
