//! A key is set, and so is the one that names a file with its value.
//!
//! Where the schema says `"file-env": true`, `KEY_FILE` hands over what `KEY` would: many images have it so, for secrets
//! that are mounted.
//!
//! Why it hurts: nobody can say which of the two counts. Docker's own images refuse to start with both.
//!
//! Example: `DB_PASSWORD_FILE=/run/secrets/db` in prod.env, and `DB_PASSWORD` in prod.secrets.env.
//!
//! Remedy: keep one of them.

use super::Subject;
use super::consequences::is_filled;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "value-and-file",
    severity: Severity::Error,
    summary: "a key is set beside the one that names a file with its value",
    page: include_str!("value_and_file.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(schema) = &subject.project.schema else { return };
    let set = |key: &str| subject.environment.get(key).filter(|setting| is_filled(setting));
    for setting in subject.environment.settings.iter().filter(|setting| is_filled(setting)) {
        let twin = schema.schema.by_file(setting.key);
        let Some((key, other)) = twin.and_then(|key| Some((key, set(key)?))) else { continue };
        let message = format!("both {key} and {} are set", setting.key);
        let finding = subject.about(&RULE, setting, message).help("keep one of them: nobody can say which counts");
        findings.push(finding.related(subject.environment.place(other), "the value itself"));
    }
}
