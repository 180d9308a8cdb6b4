//! A service has no CPU limit.
//!
//! Why it hurts: one busy loop slows down every neighbour.
//!
//! Example: a service without `deploy.resources.limits.cpus` and without `cpus`.
//!
//! Remedy: write `deploy: { resources: { limits: { cpus: "1.5" } } }`.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that CPU priority is set appropriately on containers".

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-cpu-limit",
    severity: Severity::Note,
    summary: "a service may take every processor",
    page: include_str!("compose_no_cpu_limit.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let words = Words {
        one: "has no CPU limit",
        several: "have no CPU limit",
        help: "set deploy.resources.limits.cpus, or cpus",
    };
    deployed.tell_lacking(
        &RULE,
        &[&["cpus"], &["cpu_quota"], &["cpu_shares"], &["cpuset"], &["deploy", "resources", "limits", "cpus"]],
        &words,
        findings,
    );
}
