//! `json`: everything, for other programs; described by `schemas/report.schema.json`.

mod drift;

use std::sync::Arc;

use serde::Serialize;

use super::{Output, Style, json_text, told_fix};
use crate::finding::{Finding, Label, Severity};
use crate::report::{FileRead, Place, Report, Summary};

pub(super) const OUTPUT: Output =
    Output { name: "json", summary: "for programs; its schema: `sparkcfg schema --print report`, or `drift`", write };

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    command: &'a str,
    findings: Vec<Entry<'a>>,
    summary: Summary,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    files: &'a [FileRead],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unchecked: &'a [String],
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'a str,
    severity: Severity,
    /// The environment, where it is exactly one.
    environment: Option<&'a str>,
    environments: Vec<&'a str>,
    key: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
    location: Option<Place>,
    related: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Remedy<'a>>,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Place,
    message: &'a str,
}

#[derive(Serialize)]
struct Remedy<'a> {
    title: &'a str,
    location: Place,
    replacement: &'a str,
    /// Told only where there are two kinds of fixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    safe: Option<bool>,
}

fn write(report: &Report, _: &Style) -> String {
    if let Some(comparison) = &report.comparison {
        return drift::write(report, comparison);
    }
    let findings = report.findings.iter().map(|finding| entry(report, finding)).collect();
    json_text(&Document {
        version: 1,
        command: report.command,
        findings,
        summary: report.summary,
        files: &report.files,
        unchecked: &report.unchecked,
    })
}

fn entry<'a>(report: &Report, finding: &'a Finding) -> Entry<'a> {
    let related = |label: &'a Label| Related { place: report.place(label.span), message: &label.message };
    Entry {
        code: finding.rule.code,
        severity: finding.severity,
        environment: match finding.environments.as_slice() {
            [only] => Some(only),
            _ => None,
        },
        environments: finding.environments.iter().map(Arc::as_ref).collect(),
        key: finding.key.as_deref(),
        message: &finding.message,
        help: finding.help.as_deref(),
        location: finding.label.as_ref().map(|label| report.place(label.span)),
        related: finding.other_places().map(related).collect(),
        fix: told_fix(report, finding).map(|fix| Remedy {
            title: &fix.title,
            location: report.place(fix.span),
            replacement: &fix.replacement,
            safe: finding.difference.as_ref().map(|_| fix.safe),
        }),
    }
}
