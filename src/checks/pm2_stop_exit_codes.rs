//! An app that `sparkcfg run` starts lacks `stop_exit_codes` with 125.
//!
//! Why it hurts: `sparkcfg run` ends with 125 when the environment is not valid. PM2 would start it again and again, and the
//! reason would be lost among the restarts.
//!
//! Example: `script: "sparkcfg", args: "run prod -- node app.js"` alone.
//!
//! Remedy: write `stop_exit_codes: [125]`.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-stop-exit-codes",
    severity: Severity::Warning,
    summary: "a bad configuration restarts an app for ever",
    page: include_str!("pm2_stop_exit_codes.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        let script = app.text("script").unwrap_or_default();
        let starts = script.split_whitespace().next().is_some_and(|word| word.rsplit('/').next() == Some("sparkcfg"));
        let codes = app.get("stop_exit_codes");
        let stops = codes.is_some_and(|node| {
            node.is_unknown()
                || node.text() == Some("125")
                || node.items().any(|item| item.is_unknown() || item.text() == Some("125"))
        });
        if !starts || stops || codes.is_none() && !app.lacks(&["stop_exit_codes"]) {
            continue;
        }
        let finding =
            Finding::new(&RULE, format!("{} is restarted when its configuration is not valid", told(&app.name)))
                .at(codes.map_or(app.span, |node| node.span), "")
                .help("write stop_exit_codes: [125]");
        deployed.tell(&app.name, finding, findings);
    }
}
