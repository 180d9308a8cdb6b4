//! An app has no `filter_env`, or one that filters nothing.
//!
//! Why it hurts: PM2 keeps the whole environment of the shell that started it, tokens of that login included, and writes it
//! into its dump. Asked for in protected environments.
//!
//! Example: an app in prod without `filter_env`.
//!
//! Remedy: write `filter_env: ["AWS_", "GITHUB_", "TOKEN"]`: a variable that has one of these texts anywhere in its name does
//! not pass. `filter_env: true` has no effect in PM2 7, although its documentation has it.

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-inherited-environment",
    severity: Severity::Note,
    summary: "an app inherits the environment of whoever starts PM2",
    page: include_str!("pm2_inherited_environment.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    if !deployed.deployment.protected {
        return;
    }
    let lacking: Vec<_> =
        deployed.apps().filter(|app| app.inherits_all()).map(|app| (app.name.as_str(), app.span)).collect();
    let words = Words {
        one: "inherits the environment of whoever starts PM2",
        several: "inherit the environment of whoever starts PM2",
        help: "write filter_env with what the names of variables hold that may not pass: [\"AWS_\", \"TOKEN\"]",
    };
    deployed.tell_together(&RULE, &lacking, &words, findings);
}
