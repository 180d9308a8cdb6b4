//! An app has several instances in fork mode, or cluster mode for something that is not Node.js.
//!
//! Why it hurts: forked instances ask for the same port, and only the first gets it; cluster mode is a feature of Node.js and
//! starts nothing else.
//!
//! Example: `exec_mode: "fork", instances: 4`, or `script: "app.py", instances: 4`. Without `exec_mode`, `instances` makes
//! PM2 cluster what runs on Node.js and fork anything else.
//!
//! Remedy: write `exec_mode: "cluster"` for a Node.js server, or `instances: 1`. Workers that share no port may be accepted
//! in `sparkcfg.toml` with a reason.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity};
use crate::pm2::{App, Mode};

pub(super) static RULE: Rule = Rule {
    code: "pm2-exec-mode",
    severity: Severity::Warning,
    summary: "instances and exec_mode of an app do not fit",
    page: include_str!("pm2_exec_mode.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        let many = app.get("instances").filter(|node| {
            node.text()
                .is_some_and(|text| text == "max" || text.parse::<i64>().is_ok_and(|number| !(0..=1).contains(&number)))
        });
        let named = app.text("exec_mode").is_some();
        let finding = match (app.mode(), many) {
            (Some(Mode::Cluster), _) if named && app.runs_on_node() == Some(false) => {
                let span = app.get("exec_mode").map_or(app.span, |node| node.span);
                Finding::new(&RULE, format!("{} runs in cluster mode, but not on Node.js", told(&app.name)))
                    .at(span, "only Node.js can be clustered")
                    .help("write exec_mode: \"fork\"")
            }
            (Some(Mode::Fork), Some(node)) => several(app, node.span),
            _ => continue,
        };
        deployed.tell(&app.name, finding, findings);
    }
}

fn several(app: &App, span: crate::source::Span) -> Finding {
    Finding::new(&RULE, format!("{} has several instances in fork mode", told(&app.name)))
        .at(span, "each asks for the same port")
        .help("write exec_mode: \"cluster\" for a Node.js server, or instances: 1")
}
