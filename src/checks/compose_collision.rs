//! Two services have the same `container_name`, or publish the same port of the host; or one publishes it twice.
//!
//! Why it hurts: only the first of them starts. Services of different profiles may never run together, so they are left out.
//!
//! A service with `scale: 3` or `replicas: 3` asks for its `container_name` three times: docker compose refuses it.
//!
//! A port on all addresses is one on each of them too, and a range holds each of its ports.
//!
//! A file that is laid over another one adds to its ports: `"127.0.0.1:8080:80"` over `"8080:80"` is both, unless it says `!override`.
//!
//! Example: two services with `"8080:80"`.
//!
//! Remedy: give one of them another name or port.

use std::collections::HashMap;

use super::deployed::Deployed;
use crate::compose::Service;
use crate::compose::service::literal;
use crate::compose::short::Port;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "compose-collision",
    severity: Severity::Warning,
    summary: "a name or port is asked for twice",
    page: include_str!("compose_collision.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    own_name(deployed, findings);
    let mut seen: HashMap<String, (&Service, Span)> = HashMap::new();
    let mut taken: HashMap<(String, u16), Vec<Claim<'_>>> = HashMap::new();
    let mut left = MOST;
    let mut tell = |service: &Service, span: Span, other: &Service, place: Span, what: &str| {
        let (message, help) = if other.name == service.name {
            let help = "take one away; what lies over a file adds to its ports, and `ports: !override` replaces them";
            (format!("{} asks for {what} twice", service.name), help)
        } else {
            (format!("{} and {} both ask for {what}", other.name, service.name), "give one of them another one")
        };
        let finding = Finding::new(&RULE, message).at(span, "").related(place, "first asked for here").help(help);
        deployed.tell(&service.name, finding, findings);
    };
    for service in deployed.services().filter(|service| starts(service)) {
        if let Some((name, node)) = service.literal("container_name").zip(service.get("container_name")) {
            match seen.get(&name) {
                Some((other, place)) if other.name != service.name && run_together(other, service) => {
                    tell(service, node.span, other, *place, &format!("the container name {name}"));
                }
                Some(_) => {}
                None => drop(seen.insert(name, (service, node.span))),
            }
        }
        // In the host's own network nothing is published.
        let publishes = service.literal("network_mode").as_deref() != Some("host");
        for port in service.ports().into_iter().filter(|_| publishes) {
            let mut is_told = false;
            for number in numbers(&port) {
                if left == 0 {
                    return;
                }
                left -= 1;
                let (host, target) = (Host::of(port.host.as_deref()), port.target.clone());
                let claim = Claim { service, host, target, span: port.span };
                let others = taken.entry((port.protocol.clone(), number)).or_default();
                let other = others.iter().find(|other| {
                    // Compose takes what is said twice in one service for one.
                    let is_one = (&other.host, &other.target) == (&claim.host, &claim.target)
                        || other.target.contains('-')
                        || claim.target.contains('-');
                    (other.service.name != service.name || !is_one)
                        && other.host.meets(&claim.host)
                        && run_together(other.service, service)
                });
                if let Some(other) = other.filter(|_| !is_told) {
                    let host = if let (Host::One(host), true) = (&claim.host, claim.host == other.host) {
                        format!("{host}:")
                    } else {
                        String::new()
                    };
                    let what = format!("port {host}{number}/{}", port.protocol);
                    tell(service, port.span, other.service, other.span, &what);
                    is_told = true;
                }
                // More than a few of one port are never meant.
                if others.len() < 64 {
                    others.push(claim);
                }
            }
        }
    }
}

/// How many ports are looked at, ranges included: two of all that there are.
const MOST: usize = 1 << 17;

/// Who asks for a port, and where.
struct Claim<'s> {
    service: &'s Service,
    host: Host,
    /// The port of the container.
    target: String,
    span: Span,
}

/// The addresses of the host on which a port is asked for.
#[derive(PartialEq, Eq)]
enum Host {
    Every,
    /// All of IPv4.
    Every4,
    /// All of IPv6.
    Every6,
    One(String),
}

impl Host {
    fn of(host: Option<&str>) -> Self {
        match host {
            None | Some("*") => Self::Every,
            Some("0.0.0.0") => Self::Every4,
            Some("::") => Self::Every6,
            Some(one) => Self::One(one.to_owned()),
        }
    }

    /// Whether there is an address that both have.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Every, _) | (_, Self::Every) => true,
            (Self::Every4, Self::One(one)) | (Self::One(one), Self::Every4) => !one.contains(':'),
            (Self::Every6, Self::One(one)) | (Self::One(one), Self::Every6) => one.contains(':'),
            (one, other) => one == other,
        }
    }
}

/// The ports of the host that are asked for. Of a range for one port of a container, Docker takes any that is free.
fn numbers(port: &Port) -> impl Iterator<Item = u16> + use<> {
    let range = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        first.parse::<u16>().ok().zip(last.parse::<u16>().ok()).filter(|(first, last)| first <= last && *first > 0)
    };
    let width = |(first, last): (u16, u16)| last - first;
    let published = port.published.as_deref().and_then(range);
    let published =
        published.filter(|range_of| width(*range_of) == 0 || range(&port.target).map(width) == Some(width(*range_of)));
    published.into_iter().flat_map(|(first, last)| first..=last)
}

/// Whether a service has containers at all: `replicas: 0` switches it off.
fn starts(service: &Service) -> bool {
    let none = |path: &[&str]| service.node.find(path).and_then(literal).is_some_and(|text| text == "0");
    !none(&["scale"]) && !none(&["deploy", "replicas"])
}

/// A service that gives the same name to each of its containers.
fn own_name(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        let said = service.literal("container_name").zip(service.get("container_name"));
        let Some(((name, node), (number, place))) = said.zip(several(service)) else { continue };
        let finding =
            Finding::new(&RULE, format!("{} asks for the container name {name} {number} times", service.name))
                .at(node.span, "docker compose starts nothing")
                .related(place, "so many containers")
                .help("take container_name away: then each container gets a name of its own");
        deployed.tell(&service.name, finding, findings);
    }
}

/// How many containers a service has, where that are several, and where it says so.
fn several(service: &Service) -> Option<(u64, Span)> {
    let said = [&["scale"][..], &["deploy", "replicas"]].into_iter().filter_map(|path| service.node.find(path));
    let mut numbers = said.filter_map(|node| Some((literal(node)?.parse().ok()?, node.span)));
    numbers.find(|(number, _)| *number > 1)
}

fn run_together(one: &Service, other: &Service) -> bool {
    let (one, other) = (one.profiles(), other.profiles());
    one.is_empty() && other.is_empty() || one.iter().any(|profile| other.contains(profile))
}
