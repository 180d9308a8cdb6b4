//! The image of a service has a tag but no digest.
//!
//! Why it hurts: a tag can be moved by whoever publishes the image; a digest names the very bytes.
//!
//! Example: `image: redis:7.4.1`
//!
//! Remedy: write it behind the tag, `redis:7.4.1@sha256:…`; `docker compose config` has an option that does.

use super::deployed::{Deployed, Words};
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-no-digest",
    severity: Severity::Note,
    summary: "an image is not pinned by its digest",
    page: include_str!("compose_no_digest.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let words = Words {
        one: "has an image without a digest",
        several: "have images without a digest",
        help: "write it behind the tag, as in redis:7.4.1@sha256:…",
    };
    let lacking = deployed.services().filter(|service| {
        let moving = |image: &str| {
            !image.contains('@')
                && image.rsplit('/').next().is_some_and(|name| name.contains(':') && !name.ends_with(":latest"))
        };
        // What a variable says is chosen elsewhere.
        let is_written = service.get("image").is_some_and(|image| deployed.origin(image.span).is_none());
        service.get("build").is_none() && is_written && service.literal("image").is_some_and(|image| moving(&image))
    });
    let lacking: Vec<_> = lacking
        .map(|service| (service.name.as_str(), service.get("image").map_or(service.span, |image| image.span)))
        .collect();
    deployed.tell_together(&RULE, &lacking, &words, findings);
}
