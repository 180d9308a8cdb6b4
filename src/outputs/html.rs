//! `html`: one page that needs nothing else, for people who were not there; it works without its script.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{Output, Style, checked, markup, plural, verdict};
use crate::finding::{Finding, Label, Severity};
use crate::report::Report;

pub(super) const OUTPUT: Output = Output { name: "html", summary: "one self-contained page", write };

const STYLESHEET: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

fn write(report: &Report, _: &Style) -> String {
    let mut out = String::new();
    head(&mut out, report);
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    let _ = write!(
        out,
        "<body>\n<header class=\"{}\">\n<h1><span class=\"glyph\" aria-hidden=\"true\">{}</span> sparkcfg {}: {}</h1>\n<p>{}</p>\n</header>\n<main>\n",
        worst.map_or("clean", Severity::name),
        worst.map_or("✓", glyph),
        report.command,
        verdict(&report.summary),
        checked(&report.summary)
    );
    if report.findings.is_empty() {
        out.push_str("<p>Nothing to mend.</p>\n");
    } else {
        controls(&mut out, report);
        table(&mut out, report);
    }
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(out, "</main>\n<footer>sparkcfg {version} · secrets are never shown</footer>\n");
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

/// The policy lets nothing in but the style and the script that are part of the page.
fn head(out: &mut String, report: &Report) {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>sparkcfg {}: {}</title>\n<style>{STYLESHEET}</style>\n</head>\n",
        hash(STYLESHEET),
        hash(SCRIPT),
        report.command,
        verdict(&report.summary)
    );
}

/// Shown by the script, because without it they would do nothing.
fn controls(out: &mut String, report: &Report) {
    let summary = &report.summary;
    out.push_str(
        "<form class=\"controls\" role=\"search\" hidden=\"\">\n<div role=\"group\" aria-label=\"Severity\">\n",
    );
    let _ = writeln!(
        out,
        "<button type=\"button\" data-show=\"\" aria-pressed=\"true\">all {}</button>",
        report.findings.len()
    );
    for (severity, number, word) in [
        (Severity::Error, summary.errors, "error"),
        (Severity::Warning, summary.warnings, "warning"),
        (Severity::Note, summary.notes, "note"),
    ] {
        if number > 0 {
            let _ = writeln!(
                out,
                "<button type=\"button\" data-show=\"{}\" aria-pressed=\"false\">{}</button>",
                severity.name(),
                plural(number, word)
            );
        }
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
        "<tr id=\"finding-{number}\" class=\"{severity}\" data-severity=\"{severity}\">\
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

/// Colour is never the only sign.
fn glyph(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Note => "•",
    }
}
