//! How a report is written: one file a format.
//!
//! To add a format: one file with a `write` function, one `mod` line, one entry in [`ALL`].

mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod rdjson;
mod sarif;

use std::collections::HashMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::abridging::told_apart;
use crate::drift::{Cell, Comparison, Counts};
use crate::finding::{Bucket, Change, Finding, Fix, Severity};
pub(crate) use crate::quoting::{json_text, markup};
use crate::report::{Report, Summary};
use crate::source::Span;

/// One format.
#[derive(Debug)]
pub struct Output {
    /// What follows `--format`.
    pub name: &'static str,
    /// One line for `--help`.
    pub summary: &'static str,
    /// Writes the whole report; unless it is empty, the text ends with a newline.
    pub write: fn(&Report, &Style) -> String,
}

/// How a person's terminal wants it.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// Whether to use box-drawing characters.
    pub unicode: bool,
    /// Columns available.
    pub width: usize,
    /// Findings only, without the closing line.
    pub quiet: bool,
}

/// Every format, in the order in which `--help` lists them.
pub static ALL: &[Output] = &[
    human::OUTPUT,
    json::OUTPUT,
    sarif::OUTPUT,
    github::OUTPUT,
    gitlab::OUTPUT,
    junit::OUTPUT,
    rdjson::OUTPUT,
    markdown::OUTPUT,
    html::OUTPUT,
];

/// A format by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Output> {
    ALL.iter().find(|output| output.name == name)
}

/// The report for people as a log keeps it: without colours.
fn for_log(report: &Report, style: &Style) -> String {
    human::write(report, &Style { color: false, ..*style })
}

/// What was checked and what came of it: `3 environments, 57 keys, 9 files: 4 errors, 1 warning (2 fixable)`.
fn closing(summary: &Summary) -> String {
    let Summary { fixable, ignored, .. } = *summary;
    let mut line = format!("{}: {}", checked(summary), verdict(summary));
    let extra: Vec<_> = [(fixable, "fixable"), (ignored, "ignored")]
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if !extra.is_empty() {
        let _ = write!(line, " ({})", extra.join(", "));
    }
    line
}

/// `3 environments, 57 keys, 9 files`.
fn checked(summary: &Summary) -> String {
    let Summary { environments, keys, files, .. } = *summary;
    format!("{}, {}, {}", plural(environments, "environment"), plural(keys, "key"), plural(files, "file"))
}

/// `4 errors, 1 warning`, or `no findings`.
fn verdict(summary: &Summary) -> String {
    let counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")];
    let found: Vec<_> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| plural(*number, word)).collect();
    if found.is_empty() { "no findings".to_owned() } else { found.join(", ") }
}

/// `5 unexpected (3 errors, 2 warnings)`, of the findings of a comparison that are unexpected.
fn unexpected(report: &Report) -> String {
    told_number(report, "unexpected", &|_| true)
}

/// `2 new (1 error, 1 warning)`, of those that a branch brings.
fn introduced(report: &Report, comparison: &Comparison) -> String {
    told_number(report, "new", &|finding| comparison.change(finding) == Some(Change::Introduced))
}

fn told_number(report: &Report, word: &str, is_meant: &dyn Fn(&Finding) -> bool) -> String {
    let counts = |finding: &&Finding| finding.bucket() == Bucket::Unexpected && is_meant(finding);
    let number = |severity| report.findings.iter().filter(counts).filter(|it| it.severity == severity).count();
    let (errors, warnings, notes) = (number(Severity::Error), number(Severity::Warning), number(Severity::Note));
    let summary = Summary { errors, warnings, notes, ..Summary::default() };
    match errors + warnings + notes {
        0 => format!("nothing {word}"),
        all => format!("{all} {word} ({})", verdict(&summary)),
    }
}

/// What begins a report in which nothing is wrong, and somebody has to look at what a change lets through all the same.
const LET_THROUGH: &str = "☑";

/// How much a change lets through: what it accepts, and what counts no longer because of it.
fn let_through(counts: &Counts) -> usize {
    counts.newly_acknowledged + counts.no_longer_counted
}

/// `, 2 newly acknowledged, 4 no longer counted`, as far as there are any.
fn told_let_through(counts: &Counts) -> String {
    let told = [(counts.newly_acknowledged, "newly acknowledged"), (counts.no_longer_counted, "no longer counted")]
        .map(|(number, words)| if number == 0 { String::new() } else { format!(", {number} {words}") });
    told.concat()
}

/// `, 1 unknown whether changed`, where there are any.
fn told_undecided(counts: &Counts) -> String {
    if counts.undecided == 0 { String::new() } else { format!(", {} unknown whether changed", counts.undecided) }
}

/// `, 1 not judged`, where policies disagree, or a member of the workspace could not be checked: then the run has no verdict.
fn told_unjudged(report: &Report) -> String {
    let number = report.unjudged().len();
    if number == 0 { String::new() } else { format!(", {number} not judged") }
}

/// How bad a report of a comparison is: what fails the run is an error, whatever its findings are called.
fn worst(report: &Report, listed: &[&Finding]) -> Option<Severity> {
    let worst = listed.iter().map(|finding| finding.severity).max();
    if report.fails() { Some(Severity::Error) } else { worst }
}

/// Whether the columns of a table tell all of a difference.
fn is_told_by_columns(finding: &Finding) -> bool {
    finding.difference.as_ref().is_some_and(|difference| difference.short.contains(" · "))
}

/// What is wrong, in words that stand beside the values of all sources.
fn beside_columns(comparison: &Comparison, finding: &Finding) -> String {
    let short = finding.difference.as_ref().map_or(finding.message.as_str(), |difference| &difference.short);
    match short.split_once([' ', ':']) {
        // Which part of the value it is, no column tells.
        Some((part, _)) if finding.rule.code == "drift-shape" => format!("the {part} must stay the same"),
        // Of what the templates give nothing runs.
        _ if finding.rule.code == "drift-stale-live" && comparison.is_rendered() => {
            "what is rendered has another value than the declared one".to_owned()
        }
        _ if is_told_by_columns(finding) => finding.rule.summary.to_owned(),
        _ => short.to_owned(),
    }
}

/// What the sources say of a key, each in no more than `most` columns; what differs looks different.
fn told_values(cells: &[Option<Cell>], most: usize) -> Vec<String> {
    let told: Vec<_> = cells.iter().map(|cell| cell.as_ref().map(Cell::told).unwrap_or_default()).collect();
    told_apart(&told, &vec![most; told.len()])
}

/// `1 key`, `2 keys`.
fn plural(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// The fix, unless its place or its columns would tell something about a secret.
fn told_fix<'a>(report: &Report, finding: &'a Finding) -> Option<&'a Fix> {
    finding.fix.as_ref().filter(|fix| report.sources.is_open(fix.span))
}

/// Where to show a finding in formats that take no finding without a place: the place, else a related one.
fn shown_at(finding: &Finding) -> Option<Span> {
    finding.label.as_ref().or_else(|| finding.related.first()).map(|label| label.span)
}

/// The file that stands for the project where a format takes no finding without a file and there is none.
const PROJECT_FILE: &str = "sparkcfg.toml";

/// What a finding stays known by when lines move: a hash of code, environments, key and path, and which one of
/// those with the same hash it is, from 1.
///
/// No text of a file goes in: the hash of a short secret tells the secret.
fn fingerprints(report: &Report) -> Vec<(String, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let identify = |finding: &Finding| {
        let mut hash = Sha256::new();
        let path = shown_at(finding).map_or_else(
            || report.home.of_project(PROJECT_FILE),
            |span| report.home.path(report.sources.path(span.source)),
        );
        let key = finding.key.as_deref().unwrap_or_default();
        // No part holds a null byte, so two different findings never hash the same text.
        hash.update([finding.rule.code, key, &path, &finding.environments.join("\0\0")].join("\0"));
        let mut name = String::with_capacity(32);
        for byte in hash.finalize().iter().take(16) {
            let _ = write!(name, "{byte:02x}");
        }
        let nth = seen.entry(name.clone()).or_default();
        *nth += 1;
        (name, *nth)
    };
    report.told().map(identify).collect()
}

/// `path` as a relative URI reference (RFC 3986): everything but unreserved characters and `/` percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::acts;

    #[test]
    fn the_last_line_counts() {
        let nothing = Summary::default();
        for (summary, expected) in [
            (
                Summary { environments: 3, keys: 57, files: 9, errors: 4, warnings: 1, fixable: 2, ..nothing },
                "3 environments, 57 keys, 9 files: 4 errors, 1 warning (2 fixable)",
            ),
            (Summary { environments: 1, keys: 1, files: 1, ..nothing }, "1 environment, 1 key, 1 file: no findings"),
            (
                Summary { notes: 1, fixable: 1, ignored: 3, ..nothing },
                "0 environments, 0 keys, 0 files: 1 note (1 fixable, 3 ignored)",
            ),
        ] {
            assert_eq!(closing(&summary), expected);
        }
    }

    #[test]
    fn json_is_inert_and_says_the_same() {
        for text in ["a\u{7f}\u{9b}\u{202e}\u{e0041}b", "##[group]", "##vso[x]", "plain \"quoted\" \n ü"] {
            let written = json_text(&text);
            assert!(!written.trim_end().chars().any(|character| acts("", character)), "{written:?}");
            assert!(!written.contains("##[") && !written.contains("##vso["), "{written}");
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
