//! Two services have the same `container_name`, or publish the same port of the host.
//!
//! Why it hurts: only the first of them starts. Services of different profiles may never run together, so they are left out.
//!
//! Example: two services with `"8080:80"`.
//!
//! Remedy: give one of them another name or port.

use std::collections::HashMap;

use super::deployed::Deployed;
use crate::compose::Service;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "compose-collision",
    severity: Severity::Warning,
    summary: "two services ask for the same name or port",
    page: include_str!("compose_collision.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let mut seen: HashMap<String, (&Service, Span)> = HashMap::new();
    for service in deployed.services() {
        for (what, span) in claims(service) {
            match seen.get(&what) {
                Some((other, place)) if other.name != service.name && run_together(other, service) => {
                    let finding =
                        Finding::new(&RULE, format!("{} and {} both ask for {what}", other.name, service.name))
                            .at(span, "")
                            .related(*place, "first asked for here")
                            .help("give one of them another one");
                    deployed.tell(&service.name, finding, findings);
                }
                Some(_) => {}
                None => drop(seen.insert(what, (service, span))),
            }
        }
    }
}

fn claims(service: &Service) -> Vec<(String, Span)> {
    let name = service.literal("container_name").zip(service.get("container_name"));
    let name = name.map(|(name, node)| (format!("the container name {name}"), node.span));
    let ports = service.ports().into_iter().filter_map(|port| {
        let published = port
            .published
            .filter(|published| published.bytes().all(|byte| byte.is_ascii_digit()) && published != "0")?;
        let host = port.host.map_or_else(String::new, |host| format!("{host}:"));
        Some((format!("port {host}{published}/{}", port.protocol), port.span))
    });
    name.into_iter().chain(ports).collect()
}

fn run_together(one: &Service, other: &Service) -> bool {
    let (one, other) = (one.profiles(), other.profiles());
    one.is_empty() && other.is_empty() || one.iter().any(|profile| other.contains(profile))
}
