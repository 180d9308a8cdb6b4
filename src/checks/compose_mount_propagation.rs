//! A mount has the propagation `shared` or `rshared`.
//!
//! Why it hurts: what the container mounts below it appears on the host as well.
//!
//! Example: `/mnt/data:/data:rshared`
//!
//! Remedy: leave the propagation out, or use `rslave`, which only follows the host.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure mount propagation mode is not set to shared".

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-mount-propagation",
    severity: Severity::Warning,
    summary: "a mount is shared with the host",
    page: include_str!("compose_mount_propagation.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for mount in service.mounts() {
            let shared = mount.propagation.as_deref().filter(|kind| matches!(*kind, "shared" | "rshared"));
            let Some(kind) = shared else { continue };
            let finding = Finding::new(&RULE, format!("{} mounts {} as {kind}", service.name, mount.target))
                .at(mount.span, "what is mounted below it reaches the host")
                .help("leave the propagation out, or use rslave");
            deployed.tell(&service.name, finding, findings);
        }
    }
}
