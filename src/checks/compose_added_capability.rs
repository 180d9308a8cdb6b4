//! A service adds a capability that is nearly root on the host.
//!
//! These are `ALL`, `SYS_ADMIN`, `SYS_MODULE`, `SYS_PTRACE`, `SYS_RAWIO`, `DAC_READ_SEARCH` and `BPF`.
//!
//! Why it hurts: with one of these a process leaves its container by well-known ways.
//!
//! Example: `cap_add: [SYS_ADMIN]`
//!
//! Remedy: find the smaller capability, device or option that the service really needs.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that Linux kernel capabilities are restricted within containers".

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-added-capability",
    severity: Severity::Warning,
    summary: "a service is given a capability that rules the host",
    page: include_str!("compose_added_capability.rs"),
};

const RULING: &[&str] = &["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for (name, span) in service.texts("cap_add") {
            let name = name.to_ascii_uppercase();
            let name = name.strip_prefix("CAP_").unwrap_or(&name);
            if !RULING.contains(&name) {
                continue;
            }
            let finding = Finding::new(&RULE, format!("{} is given the capability {name}", service.name))
                .at(span, "a known way out of the container")
                .help("give the smaller capability or device that is really needed");
            deployed.tell(&service.name, finding, findings);
        }
    }
}
