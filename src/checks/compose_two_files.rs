//! Two files by which Compose finds its project lie in one folder.
//!
//! Why it hurts: Compose takes one of them, in the order `compose.yaml`, `compose.yml`, `docker-compose.yml`,
//! `docker-compose.yaml`, and the other one is edited in vain.
//!
//! Example: `compose.yml` beside `docker-compose.yml`.
//!
//! Remedy: keep one of them, or give the other a name that says what it is for.

use super::deployed::Deployed;
use super::listed;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "compose-two-files",
    severity: Severity::Warning,
    summary: "two Compose files lie in one folder",
    page: include_str!("compose_two_files.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let Some(application) = deployed.application() else { return };
    let first = application.files.first().and_then(|index| deployed.project.deployments.compose.all.get(*index));
    let (Some(file), false) = (first, deployed.deployment.neighbours.is_empty()) else { return };
    let others = listed(&deployed.deployment.neighbours, "and");
    let finding = Finding::new(&RULE, format!("{others} lies in the same folder"))
        .at(Span::new(file.source, 0..0), "Compose finds only one of them by itself")
        .help("keep one, or rename the other");
    findings.push(deployed.of_environment(finding));
}
