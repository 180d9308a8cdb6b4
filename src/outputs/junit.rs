//! `junit`: a test report in the shape of Jenkins' `junit-10.xsd`, for the tests tab of a CI system.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Output, Style, markup, plural, shown_at};
use crate::finding::Finding;
use crate::report::Report;
use crate::source::printable;

pub(super) const OUTPUT: Output =
    Output { name: "junit", summary: "a JUnit test report: one case for each rule and file", write };

/// The suite of findings that are about no file.
const PROJECT: &str = "project";

/// The findings of a file by code; a file without any has passed.
type Suites<'a> = BTreeMap<String, BTreeMap<&'a str, Vec<&'a Finding>>>;

fn write(report: &Report, _: &Style) -> String {
    let mut suites = Suites::new();
    for source in report.sources.ids() {
        suites.entry(printable(report.sources.path(source))).or_default();
    }
    for finding in report.told() {
        let path = shown_at(finding).map(|span| printable(report.sources.path(span.source)));
        let suite = suites.entry(path.unwrap_or_else(|| PROJECT.to_owned())).or_default();
        suite.entry(finding.rule.code).or_default().push(finding);
    }
    if suites.is_empty() {
        // A report without a case would look as if nothing had run.
        suites.entry(PROJECT.to_owned()).or_default();
    }
    let tests: usize = suites.values().map(|cases| cases.len().max(1)).sum();
    let failures: usize = suites.values().map(|cases| failures(report, cases)).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"sparkcfg {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">",
        report.command
    );
    for (path, cases) in &suites {
        suite(&mut out, report, path, cases);
    }
    out.push_str("</testsuites>\n");
    out
}

/// Cases fail for what fails the run; what does not is told, and passes.
fn failures(report: &Report, cases: &BTreeMap<&str, Vec<&Finding>>) -> usize {
    let fails = |finding: &&Finding| report.fail_on.counts(finding.severity);
    cases.values().filter(|findings| findings.iter().any(fails)).count()
}

fn suite(out: &mut String, report: &Report, path: &str, cases: &BTreeMap<&str, Vec<&Finding>>) {
    let name = markup(path);
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">",
        cases.len().max(1),
        failures(report, cases)
    );
    if cases.is_empty() {
        let _ = writeln!(out, "    <testcase name=\"no findings\" classname=\"{name}\"/>");
    }
    for (code, findings) in cases {
        case(out, report, &name, code, findings);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, report: &Report, class: &str, code: &str, findings: &[&Finding]) {
    let (errors, others): (Vec<_>, Vec<_>) =
        findings.iter().copied().partition(|finding| report.fail_on.counts(finding.severity));
    let _ = writeln!(out, "    <testcase name=\"{code}\" classname=\"{class}\">");
    if let Some(first) = errors.first() {
        // CI systems show the first failure of a case only, so one element tells all.
        let more = match errors.len() - 1 {
            0 => String::new(),
            more => format!(", and {}", plural(more, "more finding")),
        };
        let message = markup(&format!("{}{more}", first.message));
        let _ =
            writeln!(out, "      <failure type=\"{code}\" message=\"{message}\">{}</failure>", told(report, &errors));
    }
    if !others.is_empty() {
        let _ = writeln!(out, "      <system-out>{}</system-out>", told(report, &others));
    }
    out.push_str("    </testcase>\n");
}

fn told(report: &Report, findings: &[&Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = write!(text, "\n{}: ", finding.severity.name());
        if let Some(label) = &finding.label {
            let place = report.place(label.span);
            let _ = write!(text, "{}:{}:{}: ", place.path, place.line, place.column);
        }
        text.push_str(&finding.message);
        if !finding.environments.is_empty() {
            let _ = write!(text, " (in {})", finding.environments.join(", "));
        }
        if let Some(help) = &finding.help {
            let _ = write!(text, "\n  help: {help}");
        }
    }
    markup(&text) + "\n"
}
