//! A service does not drop all capabilities.
//!
//! Why it hurts: Docker leaves a container 14 capabilities; most services need none or two of them.
//!
//! Example: a service without `cap_drop`.
//!
//! Remedy: write `cap_drop: [ALL]`, and give back under `cap_add` what the service fails without.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that Linux kernel capabilities are restricted within containers".

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-capabilities",
    severity: Severity::Note,
    summary: "a service keeps capabilities that it hardly needs",
    page: include_str!("compose_capabilities.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let words = Words {
        one: "does not drop all capabilities",
        several: "do not drop all capabilities",
        help: "write cap_drop: [ALL], and give back under cap_add what is missed",
    };
    let lacking = deployed.services().filter(|service| {
        let dropped = service.texts("cap_drop").iter().any(|(name, _)| name.eq_ignore_ascii_case("all"));
        let privileged = service.get("privileged").is_some_and(|node| node.boolean() != Some(false));
        !dropped && !privileged && service.is_known("cap_drop")
    });
    let lacking: Vec<_> = lacking.map(|service| (service.name.as_str(), service.span)).collect();
    deployed.tell_together(&RULE, &lacking, &words, findings);
}
