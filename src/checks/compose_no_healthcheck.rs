//! A service has no health check, or one that is switched off.
//!
//! Why it hurts: a process that hangs counts as running; `depends_on` with `service_healthy` never begins, and a deploy goes
//! on over a dead service. Where the image may bring a check of its own (one that is built, or that sparkcfg does not know),
//! it is a note. Services that end when their work is done need none.
//!
//! Example: `image: postgres:16` without `healthcheck`.
//!
//! Remedy: write `healthcheck: { test: ["CMD-SHELL", "pg_isready -U app"], interval: 10s }`.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that container health is checked at runtime".

use super::deployed::{Deployed, Words};
use crate::compose::Service;
use crate::compose::service::Presence;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-healthcheck",
    severity: Severity::Warning,
    summary: "nobody asks whether a service is well",
    page: include_str!("compose_no_healthcheck.rs"),
};

/// Official images that bring no check.
const WITHOUT: &[&str] = &[
    "alpine",
    "busybox",
    "caddy",
    "debian",
    "golang",
    "haproxy",
    "httpd",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "nginx",
    "node",
    "php",
    "postgres",
    "python",
    "rabbitmq",
    "redis",
    "ruby",
    "traefik",
    "ubuntu",
    "valkey/valkey",
];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let (mut without, mut perhaps) = (Vec::new(), Vec::new());
    for service in deployed.services().filter(|service| !deployed.is_one_shot(&service.name)) {
        let place = (service.name.as_str(), service.span);
        match service.presence(&[&["healthcheck"]]) {
            Presence::Unknown => {}
            Presence::Missing if is_known_without(service) => without.push(place),
            Presence::Missing => perhaps.push(place),
            Presence::Given => {
                if let Some(span) = switched_off(service) {
                    let message = format!("the health check of {} is switched off", service.name);
                    let finding = Finding::new(&RULE, message).at(span, "").help(WRITE);
                    deployed.tell(&service.name, finding, findings);
                }
            }
        }
    }
    let words = Words { one: "has no health check", several: "have no health check", help: WRITE };
    deployed.tell_together(&RULE, &without, &words, findings);
    let words = Words {
        one: "has no health check here; its image may bring one",
        several: "have no health check here; their images may bring one",
        help: "write a healthcheck, or accept it in sparkcfg.toml where the image brings one",
    };
    let before = findings.len();
    deployed.tell_together(&RULE, &perhaps, &words, findings);
    findings.iter_mut().skip(before).for_each(|finding| finding.severity = Severity::Note);
}

const WRITE: &str = "write a healthcheck with a test that fails when the service does not answer";

fn is_known_without(service: &Service) -> bool {
    let image = service.literal("image").filter(|_| service.get("build").is_none()).unwrap_or_default();
    let name = image.split(['@', ':']).next().unwrap_or_default();
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    WITHOUT.contains(&name.strip_prefix("library/").unwrap_or(name))
}

fn switched_off(service: &Service) -> Option<crate::source::Span> {
    let check = service.get("healthcheck")?;
    let disabled = check.get("disable").filter(|node| node.boolean() == Some(true));
    let none = check.get("test").filter(|test| {
        test.text() == Some("NONE") || test.items().next().is_some_and(|first| first.text() == Some("NONE"))
    });
    disabled.or(none).map(|node| node.span)
}
