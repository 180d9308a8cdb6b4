//! A service has no limit on its processes.
//!
//! Why it hurts: a service that starts processes without end takes the host's last process number, and nobody can log in.
//!
//! Example: a service without `pids_limit` and without `deploy.resources.limits.pids`.
//!
//! Remedy: write `pids_limit: 200`; where the service has `deploy.resources.limits`, write `pids: 200` there, for docker compose
//! refuses both beside each other.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the PIDs cgroup limit is used".

use super::deployed::{Forms, Lacking, Words};
use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-pids-limit",
    severity: Severity::Note,
    summary: "a service may start any number of processes",
    page: include_str!("compose_no_pids_limit.rs"),
};

pub(super) static LACKING: Lacking = Lacking {
    paths: &[&["pids_limit"], &["deploy", "resources", "limits", "pids"]],
    only_while_it_runs: false,
    forms: Some(Forms { short: "pids_limit", long: "deploy.resources.limits.pids" }),
    words: Words {
        one: "has no limit on its processes",
        several: "have no limit on their processes",
        help: "set pids_limit, or deploy.resources.limits.pids",
    },
};
