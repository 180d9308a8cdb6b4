//! A service has no memory limit.
//!
//! Why it hurts: one leak, and the kernel stops whatever it finds on the host, often the database.
//!
//! Example: a service without `deploy.resources.limits.memory` and without `mem_limit`.
//!
//! Remedy: write `deploy: { resources: { limits: { memory: 512M } } }`; where the service has `cpus` or `pids_limit`, write
//! `mem_limit: 512M` beside it, for docker compose refuses both forms in one service.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the memory usage for containers is limited".

use super::deployed::{Forms, Lacking, Words};
use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-memory-limit",
    severity: Severity::Warning,
    summary: "a service may take all memory",
    page: include_str!("compose_no_memory_limit.rs"),
};

pub(super) static LACKING: Lacking = Lacking {
    paths: &[&["mem_limit"], &["deploy", "resources", "limits", "memory"]],
    only_while_it_runs: false,
    forms: Some(Forms { short: "mem_limit", long: "deploy.resources.limits.memory" }),
    words: Words {
        one: "has no memory limit",
        several: "have no memory limit",
        help: "set deploy.resources.limits.memory, or mem_limit",
    },
};
