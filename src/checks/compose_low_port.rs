//! A port of the host below 1024 is published.
//!
//! Why it hurts: such ports belong to the system's services; mail, name and file services of the host may want them. Of 80 and
//! 443 on all addresses, which are what gateways are for, only `compose-open-port` tells.
//!
//! Example: `"25:25"`
//!
//! Remedy: publish a higher one, and let a gateway or the firewall lead there.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure privileged ports are not mapped within containers".

use super::deployed::Deployed;
use crate::compose::Service;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-low-port",
    severity: Severity::Note,
    summary: "a port below 1024 is published",
    page: include_str!("compose_low_port.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    // In the host's own network nothing is published.
    let publishes = |service: &&Service| service.literal("network_mode").as_deref() != Some("host");
    for service in deployed.services().filter(publishes) {
        for port in service.ports().into_iter().filter(|port| !(port.is_of_the_web() && port.is_everywhere())) {
            let first =
                port.published.as_deref().and_then(|published| published.split('-').next()?.parse::<u32>().ok());
            let Some(number) = first.filter(|number| (1..1024).contains(number)) else { continue };
            let finding = Finding::new(&RULE, format!("{} is published as port {number} of the host", service.name))
                .at(port.span, "a port of the system")
                .help("publish it as a port above 1023");
            deployed.tell(&service.name, finding, findings);
        }
    }
}
