//! An app in cluster mode has less than 3 seconds to end.
//!
//! Why it hurts: PM2 waits 1.6 seconds by itself, then kills; requests that are being answered break off at every reload.
//!
//! Example: `exec_mode: "cluster"` without `kill_timeout`.
//!
//! Remedy: write `kill_timeout: 5000`, more than the longest request takes.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-kill-timeout",
    severity: Severity::Warning,
    summary: "a clustered app has little time to end",
    page: include_str!("pm2_kill_timeout.rs"),
};

const SHORTEST: u64 = 3000;

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        if !app.text("exec_mode").is_some_and(|mode| mode.starts_with("cluster")) {
            continue;
        }
        let (milliseconds, span) = match app.get("kill_timeout") {
            Some(node) => (node.text().and_then(|text| text.parse::<u64>().ok()), node.span),
            None if app.lacks(&["kill_timeout"]) => (Some(1600), app.span),
            None => continue,
        };
        let Some(milliseconds) = milliseconds.filter(|milliseconds| *milliseconds < SHORTEST) else { continue };
        let finding =
            Finding::new(&RULE, format!("{} is killed {milliseconds} ms after it is asked to end", told(&app.name)))
                .at(span, "")
                .help("write kill_timeout: 5000, or more");
        deployed.tell(&app.name, finding, findings);
    }
}
