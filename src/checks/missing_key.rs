//! A key that must have a value has none.
//!
//! It must have one because the schema requires it (`required`), requires it in this environment
//! (`x-sparkcfg.required-in`), or requires it once another key is set (`dependentRequired`, `if` and `then`). An empty
//! value satisfies `required`, as JSON Schema has it, but not `required-in`. Where the schema only recommends it
//! (`x-sparkcfg.recommended-in`), it is a warning.
//!
//! Why it hurts: the service stops at its start, or runs with a default that nobody chose.
//!
//! Example: `DATABASE_URL` is missing in prod.
//!
//! Remedy: set the key in the environment's file, or in the base if every environment shares it. A secret belongs in a
//! sealed file.

use super::{Subject, listed};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::layout::documents;
use crate::schema::violation::{Because, ViolationKind};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "missing-key",
    severity: Severity::Error,
    summary: "a key that must have a value has none",
    page: include_str!("missing_key.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(schema) = &subject.project.schema else { return };
    for violation in &subject.violations {
        let (ViolationKind::Missing { because }, Some(key)) = (&violation.kind, &violation.key) else { continue };
        // What is missing within a value is no key.
        if !violation.path.is_empty() {
            continue;
        }
        let name = &subject.environment.name;
        let empty = subject.environment.get(key).filter(|setting| setting.is_set());
        let why = match because {
            Because::Always => format!("required in every environment, missing in {name}"),
            Because::Environment if empty.is_some() => format!("required in {name} and empty"),
            Because::Environment => format!("required in {name} and missing"),
            Because::Recommended if empty.is_some() => format!("empty in {name}, which should set it"),
            Because::Recommended => format!("missing in {name}, which should set it"),
            Because::Key(other) => format!("required because {other} is set, missing in {name}"),
            Because::Condition(others) => format!("required {}, missing in {name}", condition(subject, key, others)),
        };
        let secret = subject.project.is_secret(key);
        let (file, near) = home(subject, key, secret);
        let set = match secret {
            // What documents an env file holds no secret, and nobody seals it.
            true if documents(&file) => format!("add it to {file}, without a value"),
            true => subject.sealing_advice(),
            false => format!("set it in {file}"),
        };
        let set = match subject.project.passed_over.get(name.as_ref()) {
            Some(paths) => format!("{set}; {} is in no commit, because git ignores it", paths.join(", ")),
            None => set,
        };
        let mut finding = subject.finding(&RULE, format!("{key} is {why}")).key(key.as_str());
        if *because == Because::Recommended {
            finding = finding.severity(Severity::Warning);
        }
        let description = schema.schema.property(key).description();
        let first = description
            .and_then(|text| text.split_inclusive(". ").next())
            .map(|text| text.trim_end_matches(['.', ' ']));
        let mut help = first.map_or_else(|| set.clone(), |text| format!("{set} ({text})"));
        if matches!(because, Because::Condition(_)) {
            help = format!("{help}; see {}", subject.said_by(&violation.pointer));
        }
        finding = finding.help(help);
        if let Some(setting) = empty {
            finding = finding.at(subject.environment.place(setting), "empty here");
        } else if let (true, Some(span)) = (subject.project.has_built_in_schema(), near) {
            // The built-in schema is no file that an editor or a review could open.
            finding = finding.at(span, "it would follow this");
        } else if let Some(span) = schema
            .schema
            .property(key)
            .pointer()
            .and_then(|pointer| schema.place(&pointer))
            .or_else(|| schema.place(&violation.pointer))
        {
            finding = finding.at(span, "declared here");
        }
        if let (Some(span), None, false) = (near, empty, subject.project.has_built_in_schema()) {
            finding = finding.related(span, "it would follow this");
        }
        findings.push(finding);
    }
}

/// Why a rule asks for a key: `because TLS is yes`.
fn condition(subject: &Subject<'_>, key: &str, others: &[String]) -> String {
    const MOST: usize = 3;
    let state = |other: &String| {
        let name = told_name(other);
        match subject.environment.get(other).filter(|setting| setting.is_set()) {
            None => format!("{name} is not set"),
            Some(setting) => {
                subject.shown(setting).map_or(format!("{name} is set"), |value| format!("{name} is {value}"))
            }
        }
    };
    let states: Vec<_> = others.iter().filter(|other| *other != key).map(state).collect();
    match states.as_slice() {
        [] => "by a rule of the schema".to_owned(),
        few if few.len() <= MOST => format!("because {}", listed(few, "and")),
        many => format!("because {} and others are as they are", many[..MOST].join(", ")),
    }
}

fn has_conventional_layers(subject: &Subject<'_>) -> bool {
    subject.project.config.environments.is_empty()
}

/// The file of an environment that has only the one that all share, and its sealed ones: `environments/prod.env` beside
/// `environments/base.env`, `.env.prod` beside `.env`.
fn own_file(environment: &str, shared: &str) -> Option<String> {
    let (folder, name) =
        shared.rsplit_once('/').map_or(("", shared), |(folder, name)| (&shared[..=folder.len()], name));
    match name {
        "base.env" if environment != "base" => Some(format!("{folder}{environment}.env")),
        ".env" if environment != "default" => Some(format!("{folder}.env.{environment}")),
        _ => None,
    }
}

/// The file where the key would stand, and the neighbour that it would follow: the schema's order is the files' order.
fn home(subject: &Subject<'_>, key: &str, secret: bool) -> (String, Option<Span>) {
    let layers = &subject.environment.layers;
    let fitting = layers.iter().rev().find(|layer| layer.sealed == secret && !layer.name.ends_with(".local"));
    let Some(layer) = fitting.or(layers.last()) else { return (String::new(), None) };
    let path = subject.project.sources.path(layer.source);
    let own = own_file(&subject.environment.name, path).filter(|_| !secret && has_conventional_layers(subject));
    if let Some(own) = own {
        return (format!("{own}, which is not there yet"), None);
    }
    let path = path.to_owned();
    let keys: Vec<_> = subject.project.schema.iter().flat_map(|schema| schema.schema.keys()).collect();
    let at = keys.iter().position(|known| *known == key).unwrap_or_default();
    let before = keys[..at]
        .iter()
        .rev()
        .take(20)
        .find_map(|known| layer.entries.iter().find(|entry| layer.key(entry) == *known));
    let neighbour = before.or(layer.entries.last()).map(|entry| layer.span(&entry.key));
    (path, neighbour.or_else(|| Some(layer.span(&(0..0)))))
}
