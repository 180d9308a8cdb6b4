//! `rdjson`: the Reviewdog Diagnostic Format, for comments and suggestions in a review.

use serde::Serialize;

use super::{Output, PROJECT_FILE, Style, json_text, shown_at, told_fix};
use crate::finding::{Finding, Fix, Severity};
use crate::report::Report;
use crate::source::Span;

pub(super) const OUTPUT: Output =
    Output { name: "rdjson", summary: "for reviewdog: comments and suggestions in a review", write };

/// `DiagnosticResult` of reviewdog's `proto/rdf/reviewdog.proto`.
#[derive(Serialize)]
struct Document<'a> {
    source: Source,
    severity: &'static str,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

/// 1-based; unlike everywhere else the column counts bytes.
#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location,
}

fn write(report: &Report, _: &Style) -> String {
    let diagnostics = report.told().map(|finding| diagnostic(report, finding)).collect();
    let worst = report.told().map(|finding| finding.severity).max().unwrap_or(Severity::Note);
    json_text(&Document { source: Source { name: "sparkcfg" }, severity: word(worst), diagnostics })
}

fn diagnostic<'a>(report: &Report, finding: &'a Finding) -> Diagnostic<'a> {
    let environments = finding.environments.join(", ");
    let environments = if environments.is_empty() { environments } else { format!(" (in {environments})") };
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    let shown = shown_at(finding);
    // A suggestion has no path of its own: it is taken for one in the file of its diagnostic.
    let is_here = |fix: &&Fix| fix.safe && shown.is_some_and(|span| span.source == fix.span.source);
    let beginning = || Range { start: Position { line: 1, column: 1 }, end: Position { line: 1, column: 1 } };
    Diagnostic {
        message: format!("{}{environments}{help}", finding.message),
        location: shown.map_or_else(
            || Location { path: report.home.of_project(PROJECT_FILE), range: beginning() },
            |span| location(report, span),
        ),
        severity: word(finding.severity),
        code: Code { value: finding.rule.code },
        suggestions: told_fix(report, finding)
            .filter(is_here)
            .map(|fix| Suggestion { range: range(report, fix.span), text: &fix.replacement })
            .into_iter()
            .collect(),
        related_locations: finding
            .other_places()
            .map(|label| Related { message: &label.message, location: location(report, label.span) })
            .collect(),
    }
}

fn location(report: &Report, span: Span) -> Location {
    Location { path: report.place_in_repository(span).path, range: range(report, span) }
}

fn range(report: &Report, span: Span) -> Range {
    let place = report.place(span);
    let told = report.sources.veiled(span);
    let position = |line, offset: u32| {
        let start = report.sources.lines(Span::new(span.source, offset..offset)).start;
        Position { line, column: offset.saturating_sub(start) + 1 }
    };
    Range { start: position(place.line, told.start), end: position(place.end_line, told.end) }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "INFO",
    }
}
