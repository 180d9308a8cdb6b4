//! An app has no `max_memory_restart` that PM2 understands.
//!
//! Why it hurts: a leak grows until the kernel stops something, perhaps something else. Asked for in protected environments;
//! a value that PM2 refuses (`300MB` instead of `300M`) is told everywhere.
//!
//! Example: an app without `max_memory_restart` in prod.
//!
//! Remedy: write `max_memory_restart: "512M"`.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-memory-limit",
    severity: Severity::Warning,
    summary: "PM2 never restarts an app for its memory",
    page: include_str!("pm2_memory_limit.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        let finding = match app.get("max_memory_restart") {
            None if deployed.deployment.protected && app.lacks(&["max_memory_restart"]) => {
                Finding::new(&RULE, format!("{} is never restarted for its memory", told(&app.name))).at(app.span, "")
            }
            Some(node) if node.text().is_some_and(|text| !is_size(text)) => {
                Finding::new(&RULE, format!("the memory limit of {} is none that PM2 reads", told(&app.name)))
                    .at(node.span, "")
            }
            _ => continue,
        };
        let finding = finding.help("write a number with K, M or G, as in max_memory_restart: \"512M\"");
        deployed.tell(&app.name, finding, findings);
    }
}

/// `^\d+(G|M|K)?$`
fn is_size(text: &str) -> bool {
    let digits = text.strip_suffix(['G', 'M', 'K']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
