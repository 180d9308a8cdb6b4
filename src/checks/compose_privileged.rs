//! A service runs with `privileged: true`.
//!
//! Why it hurts: such a container has every capability and every device of the host; who breaks into it owns the host.
//!
//! Example: `privileged: true`
//!
//! Remedy: take it away, and give what is really needed: a device under `devices`, a capability under `cap_add`.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that privileged containers are not used".

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-privileged",
    severity: Severity::Error,
    summary: "a service runs privileged",
    page: include_str!("compose_privileged.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        let Some(privileged) = service.get("privileged").filter(|node| node.boolean() == Some(true)) else { continue };
        let finding = Finding::new(&RULE, format!("{} runs privileged", service.name))
            .at(privileged.span, "all capabilities and devices of the host")
            .help("take it away and name what is needed under devices or cap_add");
        deployed.tell(&service.name, finding, findings);
    }
}
