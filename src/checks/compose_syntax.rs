//! A Compose file cannot be read, or its parts do not fit together.
//!
//! No YAML, a name that stands twice in one map, a service that extends itself or one that there is not, a file of `extends` or
//! `include` that is not there, or a file made to keep its reader busy: over 8 MiB, 100 levels or 250,000 values, anchors that repeat each other.
//!
//! Example: `ports: [80:80`.
//!
//! Remedy: mend the place that is shown; `docker compose config` refuses the file as well.

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-syntax",
    severity: Severity::Error,
    summary: "a Compose file cannot be read",
    page: include_str!("compose_syntax.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for refusal in deployed.application().into_iter().flat_map(|application| &application.refusals) {
        let finding = Finding::new(&RULE, refusal.message).at(refusal.at, "").help(refusal.help);
        findings.push(deployed.of_environment(finding));
    }
}
