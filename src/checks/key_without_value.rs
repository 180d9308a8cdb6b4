//! A key stands alone, without `=`.
//!
//! docker compose takes its value from the process environment of whoever starts it, or sets nothing. Others set an
//! empty value, refuse the file, or glue the line to the next one.
//!
//! Example: a line that says `ADMIN_PORT`.
//!
//! Remedy: write `ADMIN_PORT=8081`, or `ADMIN_PORT=` for an empty value, or take the line away.

use super::File;
use crate::detection;
use crate::finding::{Finding, Rule, Severity};
use crate::layer::Content;

pub(super) static RULE: Rule = Rule {
    code: "key-without-value",
    severity: Severity::Warning,
    summary: "a key stands alone, without =",
    page: include_str!("key_without_value.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let alone = file.layer.entries.iter().filter(|entry| matches!(entry.content, Content::Inherited));
    // A token that was pasted without its key is told as that.
    for entry in alone.filter(|entry| detection::known_token(file.layer.key(entry)).is_none()) {
        let name = file.name(entry);
        findings.push(
            file.about(&RULE, entry, format!("{name} has no = and no value"))
                .at(file.layer.span(&entry.key), "its value comes from whoever starts the reader, if at all")
                .help(format!("write {name}=value, or {name}= for an empty value")),
        );
    }
}
