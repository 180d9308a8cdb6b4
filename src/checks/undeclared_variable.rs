//! A variable is used, and nothing declares it: not the schema, no layer, no `.env.example`.
//!
//! An error where the program or Compose file has no default for it, a note where it has one, where something sets it, where
//! only tests and scripts use it, or where it is not sure that it is a variable of the environment. Names that machines, CI
//! and libraries know need no declaration, nor does `KEY_FILE` beside a `KEY` that is declared or read. A project that declares nothing at
//! all is told by notes.
//!
//! Why it hurts: whoever sets the project up does not know that it exists, until a program exits or quietly takes its default.
//!
//! Example: `os.environ["CELERY_BROKER_URL"]`, and no line of that name in `.env.example`.
//!
//! Remedy: declare it in the schema or in `.env.example`, or silence the line with `# sparkcfg: ignore[undeclared-variable]
//! reason`.

use super::references::{Referenced, rank};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::references::Used;
use crate::uses::{Kind, Side, Use};

pub(super) static RULE: Rule = Rule {
    code: "undeclared-variable",
    severity: Severity::Error,
    summary: "a variable is used that nothing declares",
    page: include_str!("undeclared_variable.rs"),
};

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in &referenced.keys {
        if !key.declared.is_empty() || !referenced.is_own(name) || referenced.is_told(name) {
            continue;
        }
        let plausible = referenced.is_plausible(name);
        let counts = |kind: Kind, sure: bool, side: Option<Side>, by: &str| match kind {
            Kind::Mention | Kind::Prefix => false,
            // What a workflow or a Dockerfile sets for itself is its own business.
            Kind::Set => sure && plausible && side == Some(Side::Start),
            // Scripts, workflows and Dockerfiles have variables of their own.
            Kind::Read | Kind::Pass if matches!(by, "shell" | "workflow" | "dockerfile") => sure,
            Kind::Read | Kind::Pass => sure || plausible,
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
        findings.push(finding.help("declare it in the schema or in .env.example, so that people know of it"));
    }
}
