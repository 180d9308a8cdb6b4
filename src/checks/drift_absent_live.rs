//! A key is declared and not in the process that runs.
//!
//! What counts: keys that the environment is known to set. `KEY_FILE` in the process counts as the key: its value comes from a file.
//!
//! Example: prod sets `SENTRY_DSN`, and the container was started before that.
//!
//! Remedy: restart what runs so that it reads its configuration again, or hand the variable on to it (`environment:` or
//! `env_file:` in a compose file, `env` in an ecosystem file).

use super::matrix::Compared;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-absent-live",
    severity: Severity::Error,
    summary: "a declared key is not in what runs",
    page: include_str!("drift_absent_live.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    if !compared.surely_sets(0) {
        return;
    }
    let key = told_name(compared.key);
    let is_absent = |live: &usize| !compared.cells[*live].state.is_there() && !compared.cells[*live].by_file;
    for live in compared.columns().skip(1).filter(is_absent) {
        let name = compared.name(live);
        let message = format!("{key} is declared and not in {name}");
        let noun = compared.noun(live);
        let finding = compared.finding(&RULE, &[0, live], message, &format!("declared, not in the {noun}"));
        findings.push(finding.help(match noun {
            "file" => "set it there, or take it out of what is declared",
            _ => "restart what runs, and see that the variable is handed on to it",
        }));
    }
}
