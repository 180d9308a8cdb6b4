//! The image of a service has no tag, or `latest`.
//!
//! Why it hurts: another day, another program, without any change that could be seen or taken back. An error in protected
//! environments, a warning elsewhere. A service that is built (`build:`) only names what it builds. `${TAG:-latest}` is
//! `latest` where nothing sets the variable: a warning in protected environments and a note elsewhere, unless a file of the
//! environment does.
//!
//! Example: `image: redis`
//!
//! Remedy: name the version, as in `redis:7.4.1`, or a digest.

use super::deployed::Deployed;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-moving-tag",
    severity: Severity::Error,
    summary: "an image has no tag, or latest",
    page: include_str!("compose_moving_tag.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        let Some(node) = service.get("image").filter(|_| service.get("build").is_none()) else { continue };
        let Some(image) = service.literal("image").filter(|image| !image.is_empty()) else { continue };
        let told = match tag(&image) {
            _ if image.contains('@') => continue,
            None => "has no tag, which means latest",
            Some("latest") => "has the tag latest",
            Some(_) => continue,
        };
        let finding = Finding::new(&RULE, format!("the image of {} {told}", service.name))
            .at(node.span, "another program another day")
            .severity(deployed.severity_of(false))
            .help("name the version, as in redis:7.4.1");
        deployed.tell(&service.name, finding, findings);
    }
}

/// What follows the colon of the last part; `localhost:5000/app` has none.
fn tag(image: &str) -> Option<&str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map(|(_, tag)| tag)
}
