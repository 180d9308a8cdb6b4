//! An app says nothing about how often it may be restarted.
//!
//! Why it hurts: PM2 restarts an app that dies at once sixteen times without a pause, then leaves it down for good. A database
//! that is away for a minute is enough.
//!
//! Example: an app without `max_restarts`, `min_uptime`, `restart_delay` and `exp_backoff_restart_delay`.
//!
//! Remedy: write `exp_backoff_restart_delay: 100`.

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-crash-loop",
    severity: Severity::Note,
    summary: "nothing slows an app down that crashes at once",
    page: include_str!("pm2_crash_loop.rs"),
};

const OPTIONS: &[&str] = &["max_restarts", "min_uptime", "restart_delay", "exp_backoff_restart_delay"];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let lacking: Vec<_> = deployed
        .apps()
        .filter(|app| app.lacks(OPTIONS) && app.get("autorestart").is_none_or(|node| node.boolean() == Some(true)))
        .map(|app| (app.name.as_str(), app.span))
        .collect();
    let words = Words {
        one: "has nothing that slows a crash loop down",
        several: "have nothing that slows a crash loop down",
        help: "write exp_backoff_restart_delay: 100",
    };
    deployed.tell_together(&RULE, &lacking, &words, findings);
}
