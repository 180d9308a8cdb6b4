//! The logs of an app grow: PM2 rotates nothing by itself.
//!
//! Why it hurts: the disk fills up. Asked for in protected environments, of apps that do not write to `/dev/null`, to the
//! journal or to standard output. A rotation that stands elsewhere (the module `pm2-logrotate`, or logrotate) is not seen from
//! here; then accept it in `sparkcfg.toml`.
//!
//! Example: an app in prod without `out_file` and `error_file`.
//!
//! Remedy: `pm2 install pm2-logrotate`, or name the files and rotate them.

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "pm2-log-rotation",
    severity: Severity::Note,
    summary: "nothing rotates the logs of an app",
    page: include_str!("pm2_log_rotation.rs"),
};

const FILES: &[&str] = &["out_file", "error_file", "log_file"];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    if !deployed.deployment.protected {
        return;
    }
    let lacking: Vec<_> =
        deployed.apps().filter(|app| app.lacks(FILES)).map(|app| (app.name.as_str(), app.span)).collect();
    let words = Words {
        one: "logs into PM2's own folder, which nothing rotates by itself",
        several: "log into PM2's own folder, which nothing rotates by itself",
        help: "install pm2-logrotate, or name out_file and error_file and rotate them",
    };
    deployed.tell_together(&RULE, &lacking, &words, findings);
}
