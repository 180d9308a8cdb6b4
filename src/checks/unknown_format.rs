//! The schema names a format that nobody knows.
//!
//! JSON Schema has such a format say what a value is for, and ask nothing of it, so every text passes. Each is told once,
//! where it stands first: as a warning where it looks like a misspelt one, else as a note.
//!
//! Why it hurts: whoever wrote `"format": "prot"` thinks that the port is checked.
//!
//! Remedy: correct the name, take it away, or write a `pattern`. `sparkcfg explain bad-format` says what is checked.

use super::Subject;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "unknown-format",
    severity: Severity::Warning,
    summary: "the schema names a format that nobody knows",
    page: include_str!("unknown_format.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(schema) = subjects.first().and_then(|subject| subject.project.schema.as_ref()) else { return };
    for (name, pointer, meant) in schema.schema.unknown_formats() {
        let message = format!("nobody knows the format {}, so it asks nothing", told_name(name));
        let finding = Finding::new(&RULE, message);
        let finding = match meant {
            Some(meant) => finding.help(format!("did you mean {meant}?")),
            None => finding.severity(Severity::Note).help("say with a `pattern` what a value must look like"),
        };
        findings.push(match schema.place(&pointer) {
            Some(span) => finding.at(span, "not checked"),
            None => finding,
        });
    }
}
