//! A service lacks `no-new-privileges`.
//!
//! Why it hurts: a setuid program in the image makes root of any user. With the option, a process never gets more than it
//! began with. Images whose programs need `sudo` or setuid do not start with it, so `validate` never adds it by itself.
//!
//! Example: a service without `security_opt`.
//!
//! Remedy: write `security_opt: ["no-new-privileges:true"]`.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the container is restricted from acquiring additional privileges".

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-privilege-gain",
    severity: Severity::Warning,
    summary: "a process in a container may gain privileges",
    page: include_str!("compose_privilege_gain.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let words = Words {
        one: "may gain privileges",
        several: "may gain privileges",
        help: "write security_opt: [\"no-new-privileges:true\"], and try whether the image starts with it",
    };
    let lacking = deployed.services().filter(|service| {
        let given = |(option, _): &(String, _)| {
            matches!(option.as_str(), "no-new-privileges" | "no-new-privileges:true" | "no-new-privileges=true")
        };
        // A privileged service has more to lose than this.
        let privileged = service.get("privileged").is_some_and(|node| node.boolean() != Some(false));
        !service.texts("security_opt").iter().any(given) && !privileged && service.is_known("security_opt")
    });
    let lacking: Vec<_> = lacking.map(|service| (service.name.as_str(), service.span)).collect();
    deployed.tell_together(&RULE, &lacking, &words, findings);
}
