//! An app has `watch` in a protected environment.
//!
//! Why it hurts: every file that is written, a log or an upload, restarts it; so does half of a deploy. Elsewhere this is what
//! developers want, and no finding.
//!
//! Example: `watch: true` in prod.
//!
//! Remedy: take it away, or keep it in a file for dev.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-watch",
    severity: Severity::Error,
    summary: "an app restarts when files change",
    page: include_str!("pm2_watch.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    if !deployed.deployment.protected {
        return;
    }
    for app in deployed.apps() {
        let watches = |node: &&crate::tree::Node| node.boolean() == Some(true) || node.items().next().is_some();
        let Some(node) = app.get("watch").filter(watches) else { continue };
        let finding = Finding::new(&RULE, format!("{} restarts when files change", told(&app.name)))
            .at(node.span, "")
            .help("take watch away");
        deployed.tell(&app.name, finding, findings);
    }
}
