//! The schema or `sparkcfg.toml` names an environment that the project does not have.
//!
//! In the schema, environments stand under `required-in`, `recommended-in`, `only-in` and `in` of `x-sparkcfg`. Only a name is
//! told that is close to one of the project: a schema that several projects share may know more environments than each of
//! them has. In `sparkcfg.toml` they stand under `protected` and `[access]`. A name in `[access]` that is close to an
//! environment without a list of its own is an error; any other one that has no file yet is a note.
//!
//! Why it hurts: what is asked for in `porduction` is asked nowhere, and every check passes. A list of people under a
//! misspelt name guards nothing.
//!
//! Remedy: write the environment's name as its file has it.

use std::collections::HashSet;

use super::Subject;
use super::tables::placed;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::Project;
use crate::suggestion::nearest;

pub(super) static RULE: Rule = Rule {
    code: "unknown-environment",
    severity: Severity::Warning,
    summary: "an environment is named that does not exist",
    page: include_str!("unknown_environment.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    in_tables(project, findings);
    let Some(schema) = project.schema.as_ref().filter(|_| !project.has_built_in_schema()) else { return };
    let known: HashSet<&str> = project.all_environments().collect();
    for (name, pointer) in schema.schema.environments_named() {
        if known.contains(name) {
            continue;
        }
        let Some(meant) = nearest(name, known.iter().copied()) else { continue };
        let message = format!("the schema names an environment {}, which the project does not have", told_name(name));
        let finding = Finding::new(&RULE, message).help(format!("did you mean {}?", told_name(meant)));
        findings.push(match schema.place(&pointer) {
            Some(span) => finding.at(span, "asked nowhere"),
            None => finding,
        });
    }
}

/// What `sparkcfg.toml` names.
fn in_tables(project: &Project, findings: &mut Vec<Finding>) {
    if project.config_source.is_none() {
        return;
    }
    let known: HashSet<&str> = project.all_environments().collect();
    for name in project.config.access.keys().filter(|name| !known.contains(name.as_str())) {
        // An environment with a list of its own is not the one that was meant.
        let without = known.iter().copied().filter(|known| !project.config.access.contains_key(*known));
        let message = format!("[access] names an environment {}, which the project does not have", told_name(name));
        let finding = placed(Finding::new(&RULE, message), project, &["access"], name, "guards nothing");
        findings.push(match nearest(name, without) {
            Some(meant) => finding.severity(Severity::Error).help(format!("did you mean {}?", told_name(meant))),
            None => finding
                .severity(Severity::Note)
                .help("it begins with its file, or with the first secret that is set in it"),
        });
    }
    for name in project.config.protected.iter().flatten().filter(|name| !known.contains(name.as_str())) {
        let Some(meant) = nearest(name, known.iter().copied()) else { continue };
        let message = format!("protected names an environment {}, which the project does not have", told_name(name));
        let finding = placed(Finding::new(&RULE, message), project, &["protected"], name, "protects nothing");
        findings.push(finding.help(format!("did you mean {}?", told_name(meant))));
    }
}
