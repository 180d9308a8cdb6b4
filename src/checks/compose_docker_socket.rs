//! A service mounts the socket of Docker or of another container engine.
//!
//! Why it hurts: who reaches the socket starts a privileged container and owns the host. Mounting it `:ro` does not help:
//! that protects the file, not what is said through it.
//!
//! Example: `/var/run/docker.sock:/var/run/docker.sock:ro`
//!
//! Remedy: put a proxy that allows only a few questions in between, or let the service do without.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the Docker socket is not mounted inside any containers".

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-docker-socket",
    severity: Severity::Error,
    summary: "a service can command Docker",
    page: include_str!("compose_docker_socket.rs"),
};

const SOCKETS: &[&str] = &["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for mount in service.mounts() {
            let Some(source) = mount.source.as_deref().filter(|_| mount.is_path) else { continue };
            let Some(name) = SOCKETS.iter().find(|name| source.trim_end_matches(['}', '/']).ends_with(*name)) else {
                continue;
            };
            let finding = Finding::new(&RULE, format!("{} mounts {name}", service.name))
                .at(mount.span, "root on the host, read-only or not")
                .help("put a proxy in between that allows only what is needed");
            // A variable only says where the socket lies.
            deployed.tell_plainly(&service.name, finding, findings);
        }
    }
}
