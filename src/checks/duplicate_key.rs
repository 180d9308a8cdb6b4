//! A key stands twice in one file.
//!
//! Why it hurts: most readers take the last one, dotenvy, deno and uv take the first, so that two services run with
//! two values. Whoever edits the other line changes nothing.
//!
//! Example: `TIMEOUT=30s` on line 3 and `TIMEOUT=7s` on line 9.
//!
//! Remedy: keep one of the lines. Between files there is no such problem: the higher layer wins.

use std::collections::HashMap;

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "duplicate-key",
    severity: Severity::Error,
    summary: "a key stands twice in one file",
    page: include_str!("duplicate_key.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let mut seen = HashMap::with_capacity(file.layer.entries.len());
    for entry in &file.layer.entries {
        let Some(first) = seen.insert(file.layer.key(entry), entry) else { continue };
        let line = file.project.sources.position(file.layer.source, first.key.start).line;
        let message = format!("{} is already set on line {line}", file.name(entry));
        findings.push(
            file.about(&RULE, entry, message)
                .at(file.layer.span(&entry.key), "most readers take this one, some the first")
                .related(file.layer.span(&first.key), "set here before")
                .help("keep one of the two lines"),
        );
    }
}
