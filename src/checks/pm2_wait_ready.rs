//! An app has `wait_ready` without `listen_timeout`, or the other way round.
//!
//! Why it hurts: with `wait_ready` PM2 waits for `process.send("ready")`, 3 seconds by itself, and then goes on as if it had
//! come. `listen_timeout` alone changes nothing for an app in fork mode.
//!
//! Example: `wait_ready: true` alone.
//!
//! Remedy: write both: `wait_ready: true, listen_timeout: 10000`.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity};
use crate::pm2::Mode;

pub(super) static RULE: Rule = Rule {
    code: "pm2-wait-ready",
    severity: Severity::Warning,
    summary: "wait_ready and listen_timeout belong together",
    page: include_str!("pm2_wait_ready.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        let ready = app.get("wait_ready");
        let waits = ready.is_some_and(|node| node.boolean() == Some(true));
        let timeout = app.get("listen_timeout");
        let forked = app.mode() == Some(Mode::Fork);
        let (told_of, span, help) = match (ready, timeout) {
            (Some(node), None) if waits && app.lacks(&["listen_timeout"]) => {
                ("wait_ready without listen_timeout", node.span, "write listen_timeout: 10000, or as long as it needs")
            }
            (_, Some(node))
                if forked
                    && !waits
                    && ready.is_none_or(|node| node.boolean() == Some(false))
                    && app.get("...").is_none() =>
            {
                ("listen_timeout without wait_ready", node.span, "write wait_ready: true, or take listen_timeout away")
            }
            _ => continue,
        };
        let finding = Finding::new(&RULE, format!("{} has {told_of}", told(&app.name))).at(span, "").help(help);
        deployed.tell(&app.name, finding, findings);
    }
}
