//! An app has no `max_memory_restart`, or one of a few bytes.
//!
//! Why it hurts: a leak grows until the kernel stops something, perhaps something else. Asked for in protected environments;
//! a value of a few bytes (`300` instead of `"300M"`), which restarts the app for ever, is told everywhere.
//!
//! Example: an app without `max_memory_restart` in prod.
//!
//! Remedy: write `max_memory_restart: "512M"`.

use super::deployed::{Deployed, Words, told};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-memory-limit",
    severity: Severity::Warning,
    summary: "PM2 never restarts an app for its memory",
    page: include_str!("pm2_memory_limit.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let mut lacking = Vec::new();
    for app in deployed.apps() {
        match app.get("max_memory_restart") {
            None if deployed.deployment.protected && app.lacks(&["max_memory_restart"]) => {
                lacking.push((app.name.as_str(), app.span));
            }
            Some(node) if node.text().and_then(bytes).is_some_and(|bytes| bytes < LEAST) => {
                let message = format!("{} is restarted for less memory than any app needs", told(&app.name));
                let finding = Finding::new(&RULE, message).at(node.span, "a number alone is one of bytes").help(WRITE);
                deployed.tell(&app.name, finding, findings);
            }
            _ => {}
        }
    }
    let words = Words {
        one: "is never restarted for its memory",
        several: "are never restarted for their memory",
        help: WRITE,
    };
    deployed.tell_together(&RULE, &lacking, &words, findings);
}

const WRITE: &str = "write a number with K, M or G, as in max_memory_restart: \"512M\"";

/// With less, no program starts: PM2 would restart it for ever.
const LEAST: u64 = 1 << 20;

fn bytes(text: &str) -> Option<u64> {
    let unit = match text.as_bytes().last()? {
        b'G' => 1 << 30,
        b'M' => 1 << 20,
        b'K' => 1 << 10,
        _ => 1,
    };
    text.trim_end_matches(['G', 'M', 'K']).parse::<u64>().ok()?.checked_mul(unit)
}
