//! A key is set, and so is the one that names a file with its value.
//!
//! Where the schema says `"file-env": true`, `KEY_FILE` hands over what `KEY` would: many images have it so, for secrets
//! that are mounted. In a service of Compose a pair counts as well where the file lies in `/run/secrets/`.
//!
//! Why it hurts: nobody can say which of the two counts. Docker's own images refuse to start with both.
//!
//! Example: `DB_PASSWORD_FILE=/run/secrets/db` in prod.env, and `DB_PASSWORD` in prod.secrets.env.
//!
//! Remedy: keep one of them.

use std::collections::HashMap;

use super::Subject;
use super::consequences::is_filled;
use super::deployed::Deployed;
use crate::compose::Variable;
use crate::finding::{Finding, Rule, Severity, told_name};

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

/// The same in what a service of Compose is given.
pub(super) fn check_services(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let schema = deployed.project.schema.as_ref();
    for service in deployed.services() {
        let variables = service.environment();
        let is_filled = |variable: &&Variable| variable.value.text().is_some_and(|text| !text.is_empty());
        let by_name: HashMap<&str, &Variable> =
            variables.iter().filter(is_filled).map(|variable| (variable.name.as_str(), variable)).collect();
        for file in variables.iter().filter(is_filled) {
            let Some(key) = file.name.strip_suffix("_FILE") else { continue };
            let is_mounted = file.value.text().is_some_and(|text| text.starts_with("/run/secrets/"));
            let Some(value) = by_name
                .get(key)
                .filter(|_| is_mounted || schema.is_some_and(|schema| schema.schema.by_file(&file.name).is_some()))
            else {
                continue;
            };
            let (key, service_name) = (told_name(key), &service.name);
            let message = format!("both {key} and {key}_FILE of {service_name} are set");
            let finding = Finding::new(&RULE, message).key(&file.name).at(file.name_span, "");
            let finding = finding.related(value.name_span, "the value itself");
            deployed.tell(service_name, finding.help("keep one of them: nobody can say which counts"), findings);
        }
    }
}
