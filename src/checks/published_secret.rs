//! A value is known from a public example.
//!
//! What counts is a table of values that stand in widely copied example files: default passwords of databases, example
//! keys of frameworks; for a key that is named like a password, the words that are tried first (`postgres`, `root`); and, for a secret, the values that the schema rules out by name (`"not": { "enum": […] }`). The
//! password in a URL counts too. A file that shows an env file (`.env.example`) may hold them: that is where they are known
//! from.
//!
//! Why it hurts: it is the first thing that anybody tries. An error in protected environments, a warning elsewhere.
//!
//! Remedy: make a new one, and seal it: `openssl rand -hex 32 | sparkcfg secrets set KEY -e ENV`.

use super::Subject;
use crate::detection;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::layout::documents;
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "published-secret",
    severity: Severity::Error,
    summary: "a value is known from a public example",
    page: include_str!("published_secret.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for setting in &subject.environment.settings {
        let Some(text) = setting.value.text() else { continue };
        let why = match detection::published_as(setting.key, text) {
            Some(known_from) => format!("everybody can read in {known_from}"),
            None if forbidden(subject, setting.key) => "the schema calls known".to_owned(),
            None => continue,
        };
        // What shows an env file is where such values are known from.
        if documents(subject.path(setting)) {
            continue;
        }
        let message = format!("{} has a value that {why}", told_name(setting.key));
        let help = format!("make a new one and seal it in {}", subject.sealed_file());
        findings.push(subject.about(&RULE, setting, message).severity(subject.severity(Severity::Warning)).help(help));
    }
}

/// Whether the schema lists the value of a secret among those that must not be used: it lists them because they are
/// known.
pub(super) fn forbidden(subject: &Subject<'_>, key: &str) -> bool {
    let mut about = subject.violations_about(key);
    about.any(|violation| violation.kind == ViolationKind::Forbidden) && subject.project.is_secret(key)
}
