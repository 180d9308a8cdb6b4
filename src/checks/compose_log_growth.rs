//! The log of a service has no limit, or is thrown away.
//!
//! Why it hurts: the driver `json-file`, which Docker takes by itself, never rotates: the disk fills up. The driver `none`
//! leaves nothing to look at. The daemon may set limits for all services; then accept it in `sparkcfg.toml`.
//!
//! Example: a service without `logging`.
//!
//! Remedy: write `logging: { driver: local }`, or `json-file` with `options: { max-size: 10m, max-file: "3" }`.

use super::deployed::{Deployed, Words};
use crate::compose::Service;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-log-growth",
    severity: Severity::Note,
    summary: "the log of a service grows without end, or is not kept",
    page: include_str!("compose_log_growth.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let mut lacking = Vec::new();
    for service in deployed.services().filter(|service| !service.partial) {
        match driver(service) {
            Some("none") => {
                let span = service.get("logging").map_or(service.span, |node| node.span);
                let finding = Finding::new(&RULE, format!("the log of {} is thrown away", service.name))
                    .at(span, "")
                    .help("use the driver local, or json-file with max-size and max-file");
                deployed.tell(&service.name, finding, findings);
            }
            Some("json-file") if service.node.find(&["logging", "options", "max-size"]).is_none() => {
                lacking.push((service.name.as_str(), service.span));
            }
            _ => {}
        }
    }
    let words = Words {
        one: "has a log without a limit",
        several: "have logs without a limit",
        help: "write logging: { driver: local }, or set max-size and max-file",
    };
    deployed.tell_together(&RULE, &lacking, &words, findings);
}

/// The driver; `None` where a variable decides.
fn driver(service: &Service) -> Option<&str> {
    let Some(driver) = service.node.find(&["logging", "driver"]) else { return Some("json-file") };
    driver.text().filter(|driver| !driver.contains('$'))
}
