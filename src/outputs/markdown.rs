//! `markdown`: for a comment on a pull request and for the summary of a job.

mod drift;

use std::collections::HashSet;
use std::fmt::Write;

use super::{Output, PROJECT_FILE, Style, closing, plural, shown_at, verdict};
use crate::finding::{Finding, Severity};
use crate::quoting::markdown::{code, phrase};
use crate::report::Report;

pub(super) const OUTPUT: Output =
    Output { name: "markdown", summary: "a pull request comment or job summary, below 60,000 bytes", write };

/// GitHub takes 65,536 characters in a comment and 1 MiB in a step's summary; this leaves room for what a workflow adds.
const BUDGET: usize = 60_000;
/// How much of a message is told.
const LONGEST_MESSAGE: usize = 400;
/// How long a part of a marker may be.
const LONGEST_MARKER: usize = 200;
/// How much of a name is told.
const LONGEST_NAME: usize = 80;

/// How much to tell, from the most to the least; the first that fits is written. The headline never changes.
#[derive(Clone, Copy)]
struct Amount {
    help: bool,
    notes: bool,
    rows: usize,
}

fn write(report: &Report, style: &Style) -> String {
    if let Some(comparison) = &report.comparison {
        return drift::write(report, comparison, style);
    }
    let all = report.findings.len();
    let steps = [
        Amount { help: true, notes: true, rows: all },
        Amount { help: false, notes: true, rows: all },
        Amount { help: false, notes: false, rows: all },
    ];
    let fewer = std::iter::successors(Some(all / 2), |rows| (*rows > 0).then_some(rows / 2));
    let fewer = fewer.map(|rows| Amount { help: false, notes: false, rows });
    let written = steps.into_iter().chain(fewer).map(|amount| page(report, style, amount));
    // The last step has no rows, so one fits.
    written.into_iter().find(|text| text.len() <= BUDGET).unwrap_or_default()
}

fn page(report: &Report, style: &Style, amount: Amount) -> String {
    let summary = &report.summary;
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    let mut out = format!(
        "<!-- sparkcfg:{command} v1{} -->\n### {} sparkcfg {command}: {}\n",
        of_project(report),
        worst.map_or("✓", glyph),
        verdict(summary),
        command = report.command
    );
    if !report.findings.is_empty() {
        let told = report.findings.iter().filter(|finding| amount.notes || finding.severity > Severity::Note);
        // Most severe first: what does not fit is what matters least.
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        told.truncate(amount.rows);
        rows(&mut out, report, &told);
        let left = report.findings.len() - told.len();
        if left > 0 {
            let _ = writeln!(out, "\nand {} more: see the full report", plural(left, "finding"));
        }
        if amount.help {
            remedies(&mut out, &told);
        }
    }
    if !style.quiet {
        let version = env!("CARGO_PKG_VERSION");
        let _ = writeln!(out, "\n<sub>sparkcfg {version} · {} · secrets are never shown</sub>", closing(summary));
    }
    out
}

fn rows(out: &mut String, report: &Report, findings: &[&Finding]) {
    if findings.is_empty() {
        return;
    }
    out.push_str("\n| | Key | Problem | In | Where |\n|---|---|---|---|---|\n");
    for finding in findings {
        let key = finding.key.as_deref().map_or_else(String::new, |key| code(key, LONGEST_NAME));
        let environments: Vec<_> = finding.environments.iter().map(|name| phrase(name, LONGEST_NAME)).collect();
        let place = shown_at(finding).map_or_else(
            || PROJECT_FILE.to_owned(),
            |span| {
                let place = report.place(span);
                format!("{}:{}", place.path, place.line)
            },
        );
        let _ = writeln!(
            out,
            "| {} | {key} | `{}` {} | {} | {} |",
            glyph(finding.severity),
            finding.rule.code,
            phrase(&finding.message, LONGEST_MESSAGE),
            environments.join(", "),
            code(&place, LONGEST_NAME)
        );
    }
}

fn remedies(out: &mut String, findings: &[&Finding]) {
    let mut told = Vec::new();
    let mut seen = HashSet::new();
    for finding in findings {
        let Some(help) = &finding.help else { continue };
        let key = finding.named().map_or_else(String::new, |key| format!("{}: ", code(&key, LONGEST_NAME)));
        let line = format!("- {key}{}\n", phrase(help, LONGEST_MESSAGE));
        if seen.insert(line.clone()) {
            told.push(line);
        }
    }
    if !told.is_empty() {
        let _ = write!(out, "\n<details><summary>What to do</summary>\n\n{}\n</details>\n", told.concat());
    }
}

fn glyph(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Note => "•",
    }
}

/// The project in a marker: two of one repository have comments of their own.
fn of_project(report: &Report) -> String {
    let folder = &report.home.folder;
    if folder.is_empty() { String::new() } else { format!(" project={}", marker(folder)) }
}

/// A part of a comment that nothing in it ends.
fn marker(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@#".contains(&byte);
    // Two names that differ in another sign only have comments of their own.
    let plain = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("={byte:02X}") };
    text.bytes().map(plain).collect::<String>().chars().take(LONGEST_MARKER).collect()
}

#[cfg(test)]
mod tests {
    use super::marker;

    #[test]
    fn nothing_ends_the_marker() {
        for (text, expected) in [
            ("staging..prod", "staging..prod"),
            ("prod@v1.4.0..pm2:-#web", "prod@v1.4.0..pm2:-#web"),
            ("a\u{e4}b", "a=C3=A4b"),
            ("a_b", "a_b"),
            ("a --> <b>..c\u{202e}", "a=20--=3E=20=3Cb=3E..c=E2=80=AE"),
        ] {
            assert_eq!(marker(text), expected);
        }
        assert_eq!(marker(&"x".repeat(1000)).len(), 200);
    }
}
