//! A process has a variable that no file declares.
//!
//! What counts: variables that neither the environment nor a noise profile knows (the shell's, PM2's, Docker's, systemd's,
//! Kubernetes', those of CI runners, and `[drift] noise` in `sparkcfg.toml`). Its value is not shown.
//!
//! Example: somebody exported `MYVAR` before `pm2 start`.
//!
//! A key of the schema that the environment does not set counts, too: it is never noise.
//!
//! Remedy: declare it, take it out of what runs, or list its pattern under `[drift] noise`; set a key of the schema in the
//! environment.

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
    let is_known = compared.is_known();
    let out = |live: usize| if compared.is_rendered(live) { "the template" } else { "what runs" };
    let help = |live: usize| {
        if is_known {
            let sealed = if compared.secret { ", sealed," } else { "" };
            format!("set it in {}{sealed} or take it out of {}", compared.home(0), out(live))
        } else {
            format!("declare it, take it out of {}, or list it under [drift] noise", out(live))
        }
    };
    // A template that names the file of a secret says where that is, and no value.
    let is_file = |live: &usize| compared.is_rendered(*live) && compared.key.ends_with("_FILE") && !is_known;
    for live in compared.columns().skip(1).filter(is_own).filter(may_be_there).filter(|live| !is_file(live)) {
        let name = compared.name(live);
        let message = if is_known {
            format!("{key} is in {name}, and {} does not set it", compared.name(0))
        } else {
            format!("{key} is in {name} and declared nowhere")
        };
        let short = format!("{} only", compared.noun(live));
        let mut finding = compared.finding(&RULE, &[live], message, &short);
        if let Some(difference) = &mut finding.difference {
            difference.bucket = Bucket::Unclassified;
            difference.saw = None;
        }
        findings.push(finding.help(help(live)));
    }
}
