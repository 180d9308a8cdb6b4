//! A variable is used, and nothing declares it: not the schema, no layer, no `.env.example`.
//!
//! A declared one is told as well, as a warning, where `compose.yaml` refers to it without a default and no env file that is
//! more than documentation has it: a line in the schema sets nothing, and Compose takes an empty text. The same is told of what a
//! program stops without, as long as nobody has reviewed what `init` wrote of it in the schema, the only place that has it.
//!
//! An error where the program or Compose file has no default for it, a note where it has one, where something sets it, where
//! only tests and scripts use it, or where it is not sure that it is a variable of the environment. Of what a Makefile takes and
//! nothing in it sets, only what begins as a declared name does is told, and what is called as a credential or the address of a
//! service is. Names that machines, CI
//! and libraries know need no declaration, nor does `KEY_FILE` beside a `KEY` that is declared or read. A project that declares nothing at
//! all is told by notes.
//!
//! Why it hurts: whoever sets the project up does not know that it exists, until a program exits or quietly takes its default.
//!
//! Example: `os.environ["CELERY_BROKER_URL"]`, and no line of that name in `.env.example`.
//!
//! Remedy: declare it in the schema or in `.env.example`, or silence the line with `# sparkcfg: ignore[undeclared-variable]
//! reason`.

use std::collections::HashSet;

use super::references::{Referenced, rank};
use crate::environment::Environment;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::{Layer, PROCESS};
use crate::project::Project;
use crate::project::deployments::FOUND_BY_COMPOSE;
use crate::project::layout::documents;
use crate::project::references::Used;
use crate::schema::extension::REVIEW;
use crate::uses::{Fallback, Kind, Side, Use, makefile};

pub(super) static RULE: Rule = Rule {
    code: "undeclared-variable",
    severity: Severity::Error,
    summary: "a variable is used that nothing declares",
    page: include_str!("undeclared_variable.rs"),
};

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let made = from_outside(referenced);
    for (name, key) in &referenced.keys {
        if !referenced.is_undeclared(name, key) || !referenced.is_own(name) || referenced.is_told(name) {
            continue;
        }
        let plausible = referenced.is_plausible(name);
        // What another letter would make a declared one of is set in vain, if the project's own programs get it.
        let misspelt = referenced.meant(name).is_some() && key.uses.iter().all(|used| referenced.is_given_to_own(used));
        let counts = |kind: Kind, sure: bool, side: Option<Side>, by: &str| match kind {
            Kind::Mention | Kind::Prefix => false,
            // What a workflow or a Dockerfile sets for itself is its own business.
            Kind::Set => sure && (plausible || misspelt) && side == Some(Side::Start),
            // Scripts, workflows and Dockerfiles have variables of their own.
            Kind::Read | Kind::Pass if matches!(by, "shell" | "workflow" | "dockerfile") => sure,
            Kind::Read | Kind::Pass => sure || plausible || by == "make" && made.contains(*name),
        };
        let counted = |(file, found): &(&Used, &Use)| {
            let reader = file.reader;
            let by = reader.map_or("", |reader| reader.name);
            counts(found.kind, found.sure, reader.map(|reader| reader.side), by)
        };
        let mut places: Vec<_> = key.uses.iter().copied().filter(counted).collect();
        places.sort_by_cached_key(rank);
        if places.is_empty() {
            continue;
        }
        let severity = referenced.missed(key);
        let told = told_name(name);
        let only_set = places.iter().all(|(_, found)| found.kind == Kind::Set);
        let message = match (only_set, severity) {
            (true, _) => format!("{told} is set, but nothing declares or reads it"),
            (_, Severity::Error) => format!("{told} is used without a default, and nothing declares it"),
            _ => format!("{told} is used, but nothing declares it"),
        };
        let finding = Referenced::finding(&RULE, name, &places, message).severity(severity);
        let declare = "declare it in the schema or in .env.example, so that people know of it";
        findings.push(match referenced.meant(name) {
            Some(meant) => finding.help(format!("did you mean {}? If not, {declare}", told_name(meant))),
            None => finding.help(declare),
        });
    }
    unset(referenced, findings);
}

/// What Makefiles plausibly take from the environment.
fn from_outside<'a>(referenced: &'a Referenced<'_>) -> HashSet<&'a str> {
    let project = referenced.project;
    let files = project.references.files.iter().filter(|file| file.reader.is_some_and(|reader| reader.name == "make"));
    // What one Makefile of several includes is of use to that one.
    let whole = files.filter(|file| !file.path.ends_with(".mk") && !file.path.ends_with(".mak"));
    whole.flat_map(|file| makefile::from_outside(project.sources.text(file.source))).collect()
}

/// What Compose takes from an env file, and no env file has: a line in the schema or in what documents sets nothing.
fn unset(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let project = referenced.project;
    let is_layer = |layer: &&Layer| layer.name != PROCESS && !documents(project.sources.path(layer.source));
    let mut layers = project.layers.iter().filter(is_layer).peekable();
    let has_layers = layers.peek().is_some();
    if layers.any(|layer| layer.is_unread() || project.is_closed(layer)) {
        return;
    }
    let missing = missing(project);
    for (name, key) in &referenced.keys {
        let has_default =
            project.schema.as_ref().is_some_and(|schema| schema.schema.property(name).default().is_some());
        if key.declared.is_empty()
            || key.is_set(project)
            || has_default
            || missing.contains(*name)
            || project.references.beside.declared.contains(*name)
            || project.references.beside.set.contains(*name)
            || project.references.set_aside.contains(*name)
            || referenced.keys.contains_key(format!("{name}_FILE").as_str())
            || !referenced.is_own(name)
        {
            continue;
        }
        // Whoever else names it may set it: a script that starts Compose, a workflow.
        let perhaps = key.uses.iter().any(|(file, found)| found.kind == Kind::Set || !file.is_code() && !is_main(file));
        let guessed = is_guess(project, name) && !key.is_written_down() && referenced.missed(key) == Severity::Error;
        // Of a program only what it surely stops without is missed: `None` may well mean that something is off.
        let counts = |file: &Used, found: &Use| {
            let stops = || found.fallback == Fallback::Required;
            has_layers && is_main(file) || guessed && file.is_code() && !file.aside && stops()
        };
        let mut places: Vec<_> =
            key.sure().filter(|(file, found)| found.kind == Kind::Read && counts(file, found)).collect();
        if perhaps || places.is_empty() || places.iter().any(|(_, found)| !found.fallback.is_missing()) {
            continue;
        }
        places.sort_by_cached_key(rank);
        let told = told_name(name);
        let message = format!("{told} is used without a default, and no env file sets it");
        let mut finding = Referenced::finding(&RULE, name, &places, message).severity(Severity::Warning);
        for declared in &key.declared {
            finding = finding.related(declared.span, "declared here");
        }
        let set = if guessed {
            "set it, or review what the schema says of it".to_owned()
        } else {
            format!("set it, or say what counts without it: ${{{told}:-…}}")
        };
        findings.push(match referenced.meant(name) {
            Some(meant) => finding.help(format!("did you mean {}? If not, {set}", told_name(meant))),
            None => finding.help(set),
        });
    }
}

/// Whether what the schema says of a key is a guess that nobody has reviewed.
fn is_guess(project: &Project, name: &str) -> bool {
    let Some(schema) = project.schema.as_ref().map(|schema| &schema.schema) else { return false };
    let pointer = schema.property(name).pointer();
    let comment = pointer.and_then(|pointer| schema.value(&format!("{pointer}/$comment")));
    comment.and_then(serde_json::Value::as_str).is_some_and(|comment| comment.starts_with(REVIEW))
}

/// What `missing-key` tells of the environments.
fn missing(project: &Project) -> HashSet<String> {
    let Some(schema) = &project.schema else { return HashSet::new() };
    let of = |environment: &Environment<'_>| {
        let set = environment.settings.iter().map(|setting| (setting.key, None));
        let violations = schema.schema.check(Some(&environment.name), set).into_iter();
        violations
            .filter(|violation| violation.kind.is_lack())
            .filter_map(|violation| violation.key)
            .collect::<Vec<_>>()
    };
    project.environments().iter().flat_map(of).collect()
}

/// Whether Compose reads a file without being told to, and takes its variables from the env files beside it.
fn is_main(file: &Used) -> bool {
    file.reader.is_some_and(|reader| reader.name == "compose") && FOUND_BY_COMPOSE.contains(&file.path.as_str())
}
