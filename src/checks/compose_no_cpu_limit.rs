//! A service has no CPU limit.
//!
//! Why it hurts: one busy loop slows down every neighbour.
//!
//! Example: a service without `deploy.resources.limits.cpus` and without `cpus`.
//!
//! Remedy: write `deploy: { resources: { limits: { cpus: "1.5" } } }`; where the service has `mem_limit` or `pids_limit`, write
//! `cpus: 1.5` beside it, for docker compose refuses both forms in one service.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that CPU priority is set appropriately on containers".

use super::deployed::{Forms, Lacking, Words};
use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-cpu-limit",
    severity: Severity::Note,
    summary: "a service may take every processor",
    page: include_str!("compose_no_cpu_limit.rs"),
};

pub(super) static LACKING: Lacking = Lacking {
    paths: &[&["cpus"], &["cpu_quota"], &["cpu_shares"], &["cpuset"], &["deploy", "resources", "limits", "cpus"]],
    only_while_it_runs: false,
    forms: Some(Forms { short: "cpus", long: "deploy.resources.limits.cpus" }),
    words: Words {
        one: "has no CPU limit",
        several: "have no CPU limit",
        help: "set deploy.resources.limits.cpus, or cpus",
    },
};
