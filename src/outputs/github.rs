//! `github`: workflow commands that annotate the lines of a pull request, then the report for the job's log.

use std::fmt::Write;

use super::{Output, Style, for_log, plural, shown_at};
use crate::finding::{Finding, Severity};
use crate::report::Report;

pub(super) const OUTPUT: Output =
    Output { name: "github", summary: "annotations for GitHub Actions, then the report", write };

/// What a step may annotate of each kind; GitHub drops the rest without a word.
const MOST_OF_A_KIND: usize = 10;

fn write(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_a_kind = report.told().filter(|finding| finding.severity == severity);
        let of_a_kind: Vec<_> = of_a_kind.collect();
        let more = of_a_kind.len().saturating_sub(MOST_OF_A_KIND);
        for (index, finding) in of_a_kind.into_iter().take(MOST_OF_A_KIND).enumerate() {
            let more = if index + 1 == MOST_OF_A_KIND { more } else { 0 };
            annotation(&mut out, report, finding, more);
        }
    }
    out.push_str(&for_log(report, style));
    out
}

fn annotation(out: &mut String, report: &Report, finding: &Finding, more: usize) {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let _ = write!(out, "::{command} ");
    if let Some(span) = shown_at(finding) {
        let place = report.place_in_repository(span);
        let _ = write!(out, "file={},line={},endLine={},", property(&place.path), place.line, place.end_line);
        // Columns are refused for a place over several lines.
        if place.line == place.end_line {
            let _ = write!(out, "col={},endColumn={},", place.column, place.end_column.max(place.column));
        }
    }
    let mut text = finding.message.clone();
    if !finding.environments.is_empty() {
        let _ = write!(text, " (in {})", finding.environments.join(", "));
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\n{help}");
    }
    if more > 0 {
        let _ = write!(text, "\n… and {} more, see the log of this step", plural(more, finding.severity.name()));
    }
    let _ = writeln!(out, "title={}::{}", property(finding.rule.code), data(&text));
}

/// Escapes as the runner unescapes what follows `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes as the runner unescapes a property's value.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_property_or_a_command() {
        for (text, as_data, as_property) in [
            ("a,b:c", "a,b:c", "a%2Cb%3Ac"),
            ("100%0A", "100%250A", "100%250A"),
            ("a\r\n::error::b", "a%0D%0A::error::b", "a%0D%0A%3A%3Aerror%3A%3Ab"),
        ] {
            assert_eq!((data(text).as_str(), property(text).as_str()), (as_data, as_property));
        }
    }
}
