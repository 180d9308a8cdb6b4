//! A key stands alone, without `=`.
//!
//! docker compose takes its value from the process environment of whoever starts it, or sets nothing. Others set an
//! empty value, refuse the file, or glue the line to the next one.
//!
//! So it is with a word behind a closing quote, which a shell glues to the value.
//!
//! Example: a line that says `ADMIN_PORT`; `b` in `NAME="a"b`.
//!
//! Remedy: write `ADMIN_PORT=8081`, or `ADMIN_PORT=` for an empty value, or take the line away; `NAME="ab"`.

use super::{File, behind_quote};
use crate::detection;
use crate::finding::{Finding, Rule, Severity};
use crate::layer::{BEHIND_QUOTE, Content, Entry};

pub(super) static RULE: Rule = Rule {
    code: "key-without-value",
    severity: Severity::Warning,
    summary: "a key stands alone, without =",
    page: include_str!("key_without_value.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    // A token that was pasted without its key is told as that.
    let is_token = |entry: &Entry| detection::known_token(file.layer.key(entry)).is_some();
    for (index, entry) in file.layer.entries.iter().enumerate() {
        let before = file.layer.quoted_before(index);
        if before.is_none() && !matches!(entry.content, Content::Inherited) || is_token(entry) {
            continue;
        }
        if let Some(before) = before {
            let at = if entry.key.is_empty() { &entry.value } else { &entry.key };
            findings.push(
                file.about(&RULE, before, format!("{BEHIND_QUOTE} of {}", file.name(before)))
                    .at(file.layer.span(at), "docker compose takes it for another key")
                    .help(behind_quote::advice(file, before)),
            );
            continue;
        }
        let name = file.name(entry);
        findings.push(
            file.about(&RULE, entry, format!("{name} has no = and no value"))
                .at(file.layer.span(&entry.key), "its value comes from whoever starts the reader, if at all")
                .help(format!("write {name}=value, or {name}= for an empty value")),
        );
    }
}
