//! `html`: one page that needs nothing else, for people who were not there; it works without its script.

mod drift;

use std::fmt::Write;

use super::{Output, Style, checked, markup, plural, told_let_through, verdict};
use crate::finding::{Finding, Label, Severity};
use crate::page;
use crate::report::{Report, Summary};

pub(super) const OUTPUT: Output = Output { name: "html", summary: "one self-contained page", write };

fn write(report: &Report, _: &Style) -> String {
    let through = report.comparison.as_ref().map(|it| told_let_through(&it.counts)).unwrap_or_default();
    let number = |severity| report.told().filter(|finding| finding.severity == severity).count();
    let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(number);
    let told = verdict(&Summary { errors, warnings, notes, ..report.summary });
    let mut out = page::head(&format!("sparkcfg {}: {told}{through}", report.command));
    match &report.comparison {
        Some(comparison) => drift::write(&mut out, report, comparison),
        None => findings(&mut out, report),
    }
    page::foot(&mut out);
    out
}

/// Each finding with its place.
fn findings(out: &mut String, report: &Report) {
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    title(out, report, worst.map_or(("clean", "✓"), signed), &verdict(&report.summary));
    let _ = write!(out, "<p>{}</p>\n</header>\n<main>\n", checked(&report.summary));
    if report.findings.is_empty() {
        out.push_str("<p>Nothing to mend.</p>\n");
        return;
    }
    let summary = &report.summary;
    let kinds = [
        (Severity::Error, summary.errors, "error"),
        (Severity::Warning, summary.warnings, "warning"),
        (Severity::Note, summary.notes, "note"),
    ];
    let kinds = kinds.into_iter().filter(|(_, number, _)| *number > 0);
    let kinds = kinds.map(|(severity, number, word)| (severity.name(), plural(number, word)));
    let all = [("", format!("all {}", report.findings.len()))];
    controls(out, "Severity", "", all.into_iter().chain(kinds));
    table(out, report);
}

/// The beginning of the page: one sign for colour-blind eyes, and the verdict.
fn title(out: &mut String, report: &Report, (class, sign): (&str, &str), told: &str) {
    let _ = write!(
        out,
        "<body>\n<header class=\"{class}\">\n<h1><span class=\"glyph\" aria-hidden=\"true\">{sign}</span> sparkcfg {}: {told}</h1>\n",
        report.command,
    );
}

/// Buttons that choose rows by their kind, the one for `pressed` at first, and a search. They are shown by the script,
/// because without it they would do nothing.
fn controls<'k>(out: &mut String, label: &str, pressed: &str, kinds: impl Iterator<Item = (&'k str, String)>) {
    let _ = write!(
        out,
        "<form class=\"controls\" role=\"search\" hidden=\"\">\n<div role=\"group\" aria-label=\"{label}\">\n"
    );
    for (kind, told) in kinds {
        let _ = writeln!(
            out,
            "<button type=\"button\" data-show=\"{kind}\" aria-pressed=\"{}\">{told}</button>",
            kind == pressed
        );
    }
    out.push_str("</div>\n<label>Search <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"/></label>\n");
    out.push_str("<output aria-live=\"polite\"></output>\n</form>\n");
}

fn table(out: &mut String, report: &Report) {
    out.push_str("<table>\n<caption>Findings, by file and line</caption>\n<thead>\n<tr>");
    for (class, title) in
        [("severity", "Severity"), ("key", "Key"), ("problem", "Problem"), ("environments", "In"), ("where", "Where")]
    {
        let _ = write!(out, "<th scope=\"col\" class=\"{class}\">{title}</th>");
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for (index, finding) in report.findings.iter().enumerate() {
        row(out, report, index + 1, finding);
    }
    out.push_str("</tbody>\n</table>\n");
}

fn row(out: &mut String, report: &Report, number: usize, finding: &Finding) {
    let severity = finding.severity.name();
    let _ = write!(
        out,
        "<tr id=\"finding-{number}\" class=\"{severity}\" data-kind=\"{severity}\" data-severity=\"{severity}\">\
         <td><span class=\"glyph\" aria-hidden=\"true\">{}</span> {severity}</td>",
        glyph(finding.severity)
    );
    let key = finding.key.as_deref().map_or_else(String::new, |key| format!("<code>{}</code>", markup(key)));
    let _ = write!(
        out,
        "<th scope=\"row\">{key}</th><td><p>{} <a class=\"code\" href=\"#finding-{number}\">{}</a></p>",
        markup(&finding.message),
        finding.rule.code
    );
    if let Some(help) = &finding.help {
        let _ = write!(out, "<p class=\"help\">{}</p>", markup(help));
    }
    if !finding.related.is_empty() {
        out.push_str("<ul>");
        for label in &finding.related {
            let _ = write!(out, "<li>{}</li>", place(report, label));
        }
        out.push_str("</ul>");
    }
    let _ = write!(out, "</td><td>{}</td><td>", markup(&finding.environments.join(", ")));
    if let Some(label) = &finding.label {
        out.push_str(&place(report, label));
    }
    out.push_str("</td></tr>\n");
}

fn place(report: &Report, label: &Label) -> String {
    let place = report.place(label.span);
    let told = format!("<code>{}:{}:{}</code>", markup(&place.path), place.line, place.column);
    if label.message.is_empty() { told } else { format!("{told} {}", markup(&label.message)) }
}

/// How a severity is told by colour and by sign.
fn signed(severity: Severity) -> (&'static str, &'static str) {
    (severity.name(), glyph(severity))
}

/// Colour is never the only sign.
fn glyph(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Note => "•",
    }
}
