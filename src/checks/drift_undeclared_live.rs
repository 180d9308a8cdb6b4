//! A process has a variable that no file declares.
//!
//! What counts: variables that neither the environment nor a noise profile knows (the shell's, PM2's, Docker's, systemd's,
//! Kubernetes', those of CI runners, and `[drift] noise` in `sparkcfg.toml`). Its value is not shown.
//!
//! Example: somebody exported `MYVAR` before `pm2 start`.
//!
//! Remedy: declare it, take it out of what runs, or list its pattern under `[drift] noise`.

use super::matrix::Compared;
use crate::finding::{Bucket, Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "drift-undeclared-live",
    severity: Severity::Note,
    summary: "a variable is in what runs only",
    page: include_str!("drift_undeclared_live.rs"),
};

pub(super) fn check(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let declared = compared.cells[0].state;
    // `KEY_FILE` hands the value of a declared key over.
    let by_file = compared.key.strip_suffix("_FILE").is_some_and(|key| compared.sets(0, key));
    if declared.is_there() || declared == crate::drift::State::Default || by_file {
        return;
    }
    let key = told_name(compared.key);
    let is_own = |live: &usize| compared.cells[*live].state.is_there() && !compared.stands_for_another(*live);
    let may_be_there = |live: &usize| !compared.is_forbidden(*live);
    for live in compared.columns().skip(1).filter(is_own).filter(may_be_there) {
        let message = format!("{key} is in {} and declared nowhere", compared.name(live));
        let short = format!("{} only", compared.noun(live));
        let mut finding = compared.finding(&RULE, &[live], message, &short);
        if let Some(difference) = &mut finding.difference {
            difference.bucket = Bucket::Unclassified;
            difference.saw = None;
        }
        let help = if compared.property.is_some() {
            "set it in what is declared, or take it out of what runs"
        } else {
            "declare it, take it out of what runs, or list it under [drift] noise"
        };
        findings.push(finding.help(help));
    }
}
