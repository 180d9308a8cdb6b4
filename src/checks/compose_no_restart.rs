//! A service has no restart policy.
//!
//! Why it hurts: after a crash, or a restart of the host, it is simply gone. Any policy that is written counts, also
//! `restart: "no"`. Services that others wait for with `service_completed_successfully` end when their work is done, and need
//! none; nor do those behind a profile.
//!
//! Example: a service without `restart` and without `deploy.restart_policy`.
//!
//! Remedy: write `restart: unless-stopped`, or `restart: on-failure:5`, or `restart: "no"` for what should end.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the 'on-failure' container restart policy is set to '5'".

use super::deployed::{Lacking, Words};
use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-restart",
    severity: Severity::Warning,
    summary: "a service stays down when it stops",
    page: include_str!("compose_no_restart.rs"),
};

pub(super) static LACKING: Lacking = Lacking {
    paths: &[&["restart"], &["deploy", "restart_policy"], &["deploy", "mode"], &["profiles"]],
    only_while_it_runs: true,
    forms: None,
    words: Words {
        one: "has no restart policy",
        several: "have no restart policy",
        help: "write restart: unless-stopped, or restart: \"no\" for what should end",
    },
};
