//! `gitlab`: a code quality report, for the widget of a merge request.

use serde::Serialize;

use super::{Output, PROJECT_FILE, Style, fingerprints, json_text, shown_at};
use crate::finding::{Finding, Severity};
use crate::report::Report;

pub(super) const OUTPUT: Output = Output { name: "gitlab", summary: "a GitLab code quality report", write };

/// One entry, as <https://docs.gitlab.com/ci/testing/code_quality/> has it.
#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    /// Of two entries with the same one GitLab shows the first only.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn write(report: &Report, _: &Style) -> String {
    let findings = report.told().zip(fingerprints(report));
    json_text(&findings.map(|(finding, print)| entry(report, finding, &print)).collect::<Vec<_>>())
}

fn entry<'a>(report: &Report, finding: &'a Finding, (hash, nth): &(String, usize)) -> Entry<'a> {
    let location = shown_at(finding).map_or_else(
        || Location { path: report.home.of_project(PROJECT_FILE), lines: Lines { begin: 1, end: 1 } },
        |span| {
            let place = report.place_in_repository(span);
            Location { path: place.path, lines: Lines { begin: place.line, end: place.end_line } }
        },
    );
    let environments = finding.environments.join(", ");
    let environments = if environments.is_empty() { environments } else { format!(" (in {environments})") };
    Entry {
        description: format!("{}{environments}", finding.message),
        check_name: finding.rule.code,
        fingerprint: format!("{hash}-{nth}"),
        severity: match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Note => "info",
        },
        location,
    }
}
