//! The schema says something that cannot be meant.
//!
//! Three things are told, where they stand: a name that stands twice in one object, of which only the last counts; a rule
//! about several keys (`agree`, `differ`, `contain`) that names a key which neither the schema nor any env file knows, so that
//! it asks nothing; and a `default` that the schema of its own key would refuse, as a note.
//!
//! Why it hurts: the first of two `"PORT"` looks as if it were checked, and what is compared with a misspelt key is not.
//!
//! Example: `"agree": [["DATABASE_URL#port", "POSTGRES_PRT"]]`.
//!
//! Remedy: put both into one, correct the name, or mend the default. A rule about a key of a schema that allows no others
//! (`"additionalProperties": false`) is refused at once.

use super::Subject;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::{Project, ProjectSchema};
use crate::schema::place::unescape;
use crate::source::Span;
use crate::suggestion::nearest;

pub(super) static RULE: Rule = Rule {
    code: "doubtful-schema",
    severity: Severity::Warning,
    summary: "the schema says something that cannot be meant",
    page: include_str!("doubtful_schema.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    let Some(schema) = &project.schema else { return };
    twins(schema, findings);
    defaults(project, schema, findings);
    rules(subjects, schema, findings);
}

fn twins(schema: &ProjectSchema, findings: &mut Vec<Finding>) {
    for twin in schema.schema.twins() {
        let message = format!("{} stands twice in one object of the schema", told_name(&twin.name));
        let finding = Finding::new(&RULE, message).at(Span::new(schema.source, twin.last), "only this one counts");
        findings
            .push(finding.related(Span::new(schema.source, twin.first), "this says nothing").help("put both into one"));
    }
}

fn defaults(project: &Project, schema: &ProjectSchema, findings: &mut Vec<Finding>) {
    for pointer in schema.schema.refused_defaults() {
        let key = match pointer.split('/').collect::<Vec<_>>().as_slice() {
            ["", "properties", key, "default"] => Some(unescape(key).into_owned()),
            _ => None,
        };
        // The place would show it.
        if key.as_ref().map_or(schema.schema.names_secrets(), |key| project.is_secret(key)) {
            continue;
        }
        let whose = key.map_or_else(|| "a default".to_owned(), |key| format!("the default of {}", told_name(&key)));
        let finding = Finding::new(&RULE, format!("{whose} is none that its own schema allows"));
        let finding = finding.severity(Severity::Note).help("write one that is, or take it away");
        findings.push(match schema.place(&pointer) {
            Some(span) => finding.at(span, "taken where the key is not set"),
            None => finding,
        });
    }
}

fn rules(subjects: &[Subject<'_>], schema: &ProjectSchema, findings: &mut Vec<Finding>) {
    // Of a key in an environment that was not asked about nobody knows here.
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    if !schema.schema.is_open() || project.all_environments().count() > subjects.len() {
        return;
    }
    for (key, pointer) in schema.schema.undeclared_in_rules() {
        let is_known = |subject: &Subject<'_>| {
            let environment = subject.environment;
            environment.get(key).is_some() || environment.broken(key).is_some() || project.has_closed_layer(environment)
        };
        if subjects.iter().any(is_known) {
            continue;
        }
        let name = told_name(key);
        let finding =
            Finding::new(&RULE, format!("neither the schema nor any file knows {name}, so the rule asks nothing"));
        let settings = subjects.iter().flat_map(|subject| &subject.environment.settings).map(|setting| setting.key);
        let finding = match nearest(key, schema.schema.keys().chain(settings)) {
            Some(near) => finding.help(format!("did you mean {}?", told_name(near))),
            None => finding.help("correct the name, or take it out of the rule"),
        };
        findings.push(match schema.place(&pointer) {
            Some(span) => finding.at(span, "this rule"),
            None => finding,
        });
    }
}
