//! A variable falls back to different values in different places.
//!
//! Defaults of programs, Compose, PM2, make and the schema are compared; empty ones and those of tests and scripts are left out.
//! A note where only files for different environments (`compose.dev.yaml`, `compose.prod.yaml`) differ, where different
//! programs of one repository have each their own, where Compose hands its own default on to the program (but for a port), and where the two
//! differ in an address: in a container it is another one. A file that has several defaults itself chooses between them.
//!
//! Why it hurts: which value counts depends on who starts the program. The API listens on one port, and its client calls another.
//!
//! Example: `${API_PORT:-8883}` in Compose, `os.getenv("API_PORT", "8000")` in the program.
//!
//! Remedy: keep one default, best in the schema, and let the other places demand the value (`${API_PORT:?}`).

use std::collections::{BTreeMap, BTreeSet};

use super::listed;
use super::references::Referenced;
use crate::finding::{Finding, Label, Rule, Severity, told_name};
use crate::project::references::{Declarer, Used};
use crate::source::{SourceId, Span};
use crate::uses::values::{normal, take_digits_for_switches};
use crate::uses::{Fallback, Kind, Use};

pub(super) static RULE: Rule = Rule {
    code: "defaults-disagree",
    severity: Severity::Warning,
    summary: "a variable has different defaults in different places",
    page: include_str!("defaults_disagree.rs"),
};

/// One default.
struct Default<'a> {
    /// The value as it is compared.
    normal: String,
    text: &'a str,
    span: Span,
    /// Whether it stands in a file for one environment.
    special: bool,
    /// The program that has it; `None` for what starts programs, and the schema.
    program: Option<&'a str>,
    /// Whether what starts the program hands it on too, so that the program's own default does not count there.
    passed: bool,
}

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in &referenced.keys {
        let mut defaults: Vec<Default<'_>> = Vec::new();
        for (file, found) in &key.uses {
            let Fallback::Text { text, .. } = &found.fallback else { continue };
            let counts = matches!(found.kind, Kind::Read | Kind::Pass) && !file.aside && !text.is_empty();
            let by = file.reader.map_or("", |reader| reader.name);
            // What a Dockerfile, a script or a workflow takes is about building.
            if counts && !matches!(by, "dockerfile" | "workflow" | "shell") && (found.sure || by == "make") {
                let program = file.is_code().then(|| referenced.program(&file.path));
                let (span, special) = (file.span(found), is_of_one_environment(&file.path));
                let hands_on = |(other, used): &(&Used, &Use)| {
                    other.source == file.source && matches!(used.kind, Kind::Pass | Kind::Set)
                };
                let passed = !file.is_code() && key.uses.iter().any(|(other, used)| hands_on(&(other, used)));
                defaults.push(Default { normal: normal(text), text, span, special, program, passed });
            }
        }
        for declared in key.declared.iter().filter(|declared| declared.by == Declarer::Schema) {
            if let Some(text) = declared.value.as_deref().filter(|text| !text.is_empty()) {
                let (normal, span) = (normal(text), declared.span);
                // The schema of a program in a folder of its own speaks for that one.
                let program = referenced.program(referenced.project.sources.path(span.source));
                let program = Some(program).filter(|program| !program.is_empty());
                defaults.push(Default { normal, text, span, special: false, program, passed: false });
            }
        }
        take_digits_for_switches(defaults.iter_mut().map(|default| &mut default.normal));
        leave_out_choices(&mut defaults);
        let distinct: BTreeSet<_> = defaults.iter().map(|default| &default.normal).collect();
        if distinct.len() < 2 || !referenced.is_own(name) {
            continue;
        }
        let severity = if surely_disagree(name, &defaults) { Severity::Warning } else { Severity::Note };
        findings.push(found(referenced, name, &defaults, severity));
    }
}

/// Leaves out programs' files that have several defaults themselves: they choose between them, a driver, a channel.
fn leave_out_choices(defaults: &mut Vec<Default<'_>>) {
    let mut files: BTreeMap<SourceId, BTreeSet<String>> = BTreeMap::new();
    for default in defaults.iter().filter(|default| default.program.is_some()) {
        files.entry(default.span.source).or_default().insert(default.normal.clone());
    }
    defaults.retain(|default| {
        default.program.is_none() || files.get(&default.span.source).is_none_or(|texts| texts.len() < 2)
    });
}

/// Whether one program, or what starts it, has two defaults. Several programs may each have their own, and in a
/// container an address is another one.
fn surely_disagree(name: &str, defaults: &[Default<'_>]) -> bool {
    let mut programs: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for default in defaults.iter().filter(|default| !default.special) {
        programs.entry(default.program).or_default().insert(&default.normal);
    }
    let all: BTreeSet<&str> = programs.values().flatten().copied().collect();
    // Others call a port, whoever hands it on.
    let passed = defaults.iter().any(|default| default.passed) && !name.ends_with("PORT");
    let between = programs.len() == 2 && programs.contains_key(&None) && !passed && differ(name, &all);
    between || programs.values().any(|texts| differ(name, texts))
}

/// Whether values differ in more than where something runs: on this machine, or in a container beside.
fn differ(name: &str, texts: &BTreeSet<&str>) -> bool {
    let is_local =
        |text: &&&str| ["localhost", "127.0.0.1", "0.0.0.0", "[::]"].iter().any(|local| text.contains(local));
    let local = texts.iter().filter(is_local).count();
    texts.len() > 1 && !name.ends_with("HOST") && (local == 0 || local == texts.len())
}

fn found(referenced: &Referenced<'_>, name: &str, defaults: &[Default<'_>], severity: Severity) -> Finding {
    let mut shown: Vec<String> = Vec::new();
    for default in defaults {
        let text = referenced.shown(name, default.text);
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    let values = if shown.len() > 1 { format!(": {}", listed(&shown, "and")) } else { String::new() };
    let message = format!("{} has different defaults{values}", told_name(name));
    let told = |default: &Default<'_>| format!("here {}", referenced.shown(name, default.text));
    let mut labels = defaults.iter().map(|default| Label::new(default.span, told(default)));
    let mut finding = Finding::new(&RULE, message).key(name).severity(severity);
    finding.label = labels.next();
    finding.related = labels.collect();
    finding.help("keep one of them, and let the other places demand the value")
}

/// Whether a file is for one environment, by its name.
fn is_of_one_environment(path: &str) -> bool {
    let words = path.split(['/', '.', '-', '_']);
    words.into_iter().any(|word| {
        matches!(
            word,
            "dev"
                | "development"
                | "prod"
                | "production"
                | "staging"
                | "stage"
                | "test"
                | "ci"
                | "local"
                | "override"
                | "e2e"
        )
    })
}
