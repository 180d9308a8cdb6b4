//! `markdown`: one table, with the columns that say something.

use std::fmt::Write;

use super::{Entry, Form, Reference};
use crate::quoting::markdown::{code, prose};

pub(super) const FORM: Form = Form { name: "markdown", summary: "a table for a README", write };

/// A column: its title, and what stands in it.
type Column = (&'static str, fn(&Entry) -> String);

const COLUMNS: &[Column] = &[
    ("Key", |entry| code(&entry.key, usize::MAX)),
    ("Type", kind),
    ("Default", |entry| entry.default.as_ref().map(|text| value(text)).unwrap_or_default()),
    ("Required in", |entry| prose(&entry.where_required())),
    ("Only in", |entry| entry.only_in.as_ref().map(|list| prose(&list.join(", "))).unwrap_or_default()),
    ("Secret", |entry| if entry.secret { "yes".to_owned() } else { String::new() }),
    ("Across environments", |entry| entry.policy.unwrap_or_default().to_owned()),
    ("Services", |entry| prose(&entry.services.join(", "))),
    ("Owner", |entry| entry.owner.as_ref().map(|owner| prose(owner)).unwrap_or_default()),
    ("Description", description),
];

fn write(reference: &Reference) -> String {
    if reference.keys.is_empty() {
        return "The schema names no keys.\n".to_owned();
    }
    let says = |(_, cell): &&Column| reference.keys.iter().any(|entry| !cell(entry).is_empty());
    let columns: Vec<_> = COLUMNS.iter().filter(says).collect();
    let mut out = String::new();
    let titles: Vec<_> = columns.iter().map(|(title, _)| *title).collect();
    let _ = writeln!(out, "| {} |\n|{}", titles.join(" | "), "---|".repeat(titles.len()));
    for entry in &reference.keys {
        let cells: Vec<_> = columns.iter().map(|(_, cell)| cell(entry)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

fn value(text: &str) -> String {
    if text.is_empty() { "empty".to_owned() } else { code(&crate::source::printable(text), usize::MAX) }
}

fn kind(entry: &Entry) -> String {
    let mut out = prose(&entry.kind);
    if !entry.values.is_empty() {
        let values: Vec<_> = entry.values.iter().map(|text| value(text)).collect();
        let _ = write!(out, ": {}", values.join(", "));
    }
    out
}

fn description(entry: &Entry) -> String {
    let mut parts = Vec::new();
    if entry.deprecated {
        let instead = entry.replaced_by.as_ref().map(|key| format!(": use {}", code(key, usize::MAX)));
        parts.push(format!("**Deprecated{}.**", instead.unwrap_or_default()));
    }
    parts.extend(entry.description.as_ref().map(|text| prose(text)));
    parts.join(" ")
}
