//! A line is no assignment, no comment and not empty, or a reference in it cannot be read.
//!
//! docker compose refuses the whole file for it. sparkcfg goes on with the next line, so that one run tells everything.
//!
//! Example: `KEY="never closed`, `just some words`, `KEY=${BROKEN`.
//!
//! Remedy: write `KEY=value`, or `# ` before a comment.

use super::{File, Subject, behind_quote};
use crate::environment::LooseFault;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::FaultKind;

pub(super) static RULE: Rule = Rule {
    code: "syntax",
    severity: Severity::Error,
    summary: "a line cannot be read",
    page: include_str!("syntax.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    for fault in &file.layer.faults {
        let finding = Finding::new(&RULE, fault.message).at(file.layer.span(&fault.at), fault.effect());
        let mut finding = finding.help(fault.help);
        if fault.kind == FaultKind::Unclosed && file.read_by("systemd") {
            finding.help = Some(format!("{}; systemd takes every line below for a part of the value", fault.help));
        }
        if fault.kind == FaultKind::BehindQuote {
            let before = file.layer.entries.partition_point(|entry| entry.key.start < fault.at.start);
            let before = before.checked_sub(1).and_then(|at| file.layer.entries.get(at));
            finding.help = before.map(|before| behind_quote::advice(file, before)).or(finding.help);
        }
        finding.key = (!fault.hides_file()).then(|| file.layer.key_on_line(fault.at.start)).flatten().map(told_name);
        findings.push(finding);
    }
}

pub(super) fn check_references(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for loose in &subject.environment.loose {
        let LooseFault::Broken { message, help, refused } = &loose.fault else { continue };
        let finding = subject.finding(&RULE, format!("{}: {message}", told_name(loose.key))).key(loose.key);
        let label = if *refused { "docker compose refuses the file" } else { "not followed any further" };
        findings.push(finding.at(loose.span, label).help(*help));
    }
}
