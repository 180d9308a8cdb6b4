//! A port is published on all addresses of the host.
//!
//! Why it hurts: Docker opens it in front of the host's own firewall rules (ufw, firewalld), so the whole network reaches
//! it. Ports 80 and 443 are mostly published to be reached: of them it is a note.
//!
//! Example: `"5432:5432"`
//!
//! Remedy: write `"127.0.0.1:5432:5432"`, or `expose` it to other services only. A gateway's port may be accepted in
//! `sparkcfg.toml` with a reason.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that incoming container traffic is bound to a specific host interface".

use super::deployed::Deployed;
use crate::compose::Service;
use crate::compose::short::{self, Port};
use crate::finding::{Finding, Rule, Severity};
use crate::interpolation::interpolates;
use crate::tree::Node;

pub(super) static RULE: Rule = Rule {
    code: "compose-open-port",
    severity: Severity::Warning,
    summary: "a port is open on every address of the host",
    page: include_str!("compose_open_port.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    // In the host's own network nothing is published.
    let publishes = |service: &&Service| service.literal("network_mode").as_deref() != Some("host");
    for service in deployed.services().filter(publishes) {
        let items = service.get("ports").into_iter().flat_map(|ports| ports.items());
        for (item, port) in items.filter_map(|item| Some((item, short::port(item)?))) {
            let published = port.published.as_deref().unwrap_or("a port of Docker's choice");
            if !port.is_everywhere() || published.contains('$') {
                continue;
            }
            let protocol = if port.protocol == "tcp" { String::new() } else { format!("/{}", port.protocol) };
            let finding = Finding::new(&RULE, format!("{} is open on every address: {published}", service.name))
                .at(port.span, "in front of the host's firewall")
                .severity(if port.is_of_the_web() { Severity::Note } else { RULE.severity })
                .help(if port.is_of_the_web() {
                    "leave it where the world is to reach it; else name 127.0.0.1, or expose it to other services only"
                        .to_owned()
                } else if port.is_map {
                    "write host_ip: 127.0.0.1, or expose it to other services only".to_owned()
                } else {
                    let published = port.published.as_deref().unwrap_or_default();
                    format!(
                        "write 127.0.0.1:{published}:{}{protocol}, or expose it to other services only",
                        port.target
                    )
                });
            // A variable that only says which port does not close it.
            if is_chosen(deployed, item, &port) {
                deployed.tell(&service.name, finding, findings);
            } else {
                deployed.tell_plainly(&service.name, finding, findings);
            }
        }
    }
}

/// Whether a variable brings the address on which a port is open.
fn is_chosen(deployed: &Deployed<'_>, item: &Node, port: &Port) -> bool {
    if port.is_map {
        return item.get("host_ip").is_some_and(|host| deployed.origin(host.span).is_some());
    }
    let Some(origin) = deployed.origin(port.span) else { return false };
    match short::outside_braces(&origin.written).as_slice() {
        [host, _, _] => interpolates(host),
        _ => port.host.is_some(),
    }
}
