//! A PM2 file cannot be read.
//!
//! Scripts (`.js`, `.cjs`) are read as text and never run; what is no literal in them is simply not known, and no finding. A
//! bracket or a text that is never closed is one: node refuses the file.
//!
//! Example: `{"apps": [`
//!
//! Remedy: mend the place that is shown.

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-syntax",
    severity: Severity::Error,
    summary: "a PM2 file cannot be read",
    page: include_str!("pm2_syntax.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let Some(refusal) = deployed.ecosystem().and_then(|file| file.refusal.as_ref()) else { return };
    let finding = Finding::new(&RULE, refusal.message).at(refusal.at, "").help(refusal.help);
    findings.push(deployed.of_environment(finding));
}
