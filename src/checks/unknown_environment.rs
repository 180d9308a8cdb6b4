//! The schema names an environment that the project does not have, and means another.
//!
//! Environments stand under `required-in`, `recommended-in`, `only-in` and `in` of `x-sparkcfg`. Only a name is told that is
//! close to one of the project: a schema that several projects share may know more environments than each of them has.
//!
//! Why it hurts: what the schema asks for in `porduction` is asked nowhere, and every check passes.
//!
//! Remedy: write the environment's name as its file has it.

use std::collections::HashSet;

use super::Subject;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::suggestion::nearest;

pub(super) static RULE: Rule = Rule {
    code: "unknown-environment",
    severity: Severity::Warning,
    summary: "the schema names an environment that does not exist",
    page: include_str!("unknown_environment.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    let Some(schema) = project.schema.as_ref().filter(|_| !project.has_built_in_schema()) else { return };
    let known: HashSet<&str> = project.environment_names().map(|name| &**name).collect();
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
