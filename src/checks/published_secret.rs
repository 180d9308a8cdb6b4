//! A value is known from a public example.
//!
//! What counts is a table of values that stand in widely copied example files: default passwords of databases, example
//! keys of frameworks. The value of a URL's password counts too.
//!
//! Why it hurts: it is the first thing that anybody tries. An error in protected environments, a warning elsewhere.
//!
//! Remedy: make a new one, and seal it.

use super::Subject;
use crate::detection;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "published-secret",
    severity: Severity::Error,
    summary: "a value is known from a public example",
    page: include_str!("published_secret.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for setting in &subject.environment.settings {
        let Some(known) = setting.value.text().and_then(detection::published) else { continue };
        let message = format!("{} has a value that everybody can read in {}", setting.key, known.known_from);
        let help =
            format!("make a new one and seal it: sparkcfg secrets set {} -e {}", setting.key, subject.environment.name);
        findings.push(subject.about(&RULE, setting, message).severity(subject.severity(Severity::Warning)).help(help));
    }
}
