//! A value holds `$(…)` or backticks, which some readers run as a command.
//!
//! docker compose and sparkcfg read it as text and run nothing. A shell that sources the file, GNU make that includes
//! it and Ruby's dotenv do run it, with the rights of whoever starts them.
//!
//! Example: `HOST=$(hostname)`.
//!
//! Remedy: write the value out, or let the program that starts the service compute it. Single quotes keep a shell
//! from running it, but not make.

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "command-substitution",
    severity: Severity::Warning,
    summary: "a value holds a command that some readers run",
    page: include_str!("command_substitution.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed || !(file.layer.text.contains('`') || file.layer.text.contains("$(")) {
        return;
    }
    for entry in &file.layer.entries {
        let written = file.layer.slice(&entry.value);
        let dollar = written.find("$(").map(|at| (at, "$(…)"));
        let tick = written.find('`').filter(|at| written[at + 1..].contains('`')).map(|at| (at, "backticks"));
        let Some((at, what)) = dollar.into_iter().chain(tick).min() else { continue };
        let start = entry.value.start + u32::try_from(at).unwrap_or_default();
        let message = format!("{} holds a command in {what}", file.name(entry));
        let span = file.layer.span(&(start..entry.value.end));
        findings.push(
            file.about(&RULE, entry, message)
                .at(span, "text for docker compose, run by shells and make")
                .help("write the value out; an env file should hold no program"),
        );
    }
}
