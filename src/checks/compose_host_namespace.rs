//! A service shares the network, the processes, the memory segments or the users of the host.
//!
//! Why it hurts: it reaches every local service, sees and stops every process, or is root where it should be nobody.
//!
//! Example: `network_mode: host`, `pid: host`, `ipc: host`, `userns_mode: host`, `uts: host`
//!
//! Remedy: take it away; publish the ports that are needed.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the host's network namespace is not shared", and its likes for process, IPC, UTS
//! and user namespaces.

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-host-namespace",
    severity: Severity::Error,
    summary: "a service shares a namespace with the host",
    page: include_str!("compose_host_namespace.rs"),
};

const SHARED: &[(&str, &str)] = &[
    ("network_mode", "the network"),
    ("pid", "the processes"),
    ("ipc", "the shared memory"),
    ("userns_mode", "the users"),
    ("uts", "the host name"),
];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for (key, what) in SHARED {
            let Some(node) = service.get(key).filter(|node| node.text() == Some("host")) else { continue };
            let finding = Finding::new(&RULE, format!("{} shares {what} of the host", service.name))
                .at(node.span, "")
                .help(format!("take {key} away"));
            deployed.tell(&service.name, finding, findings);
        }
    }
}
