//! The last line of a file does not end.
//!
//! Why it hurts: whatever is appended, by `echo KEY=1 >> .env` or by a merge, becomes part of the last value.
//!
//! Remedy: end the file with a newline. `sparkcfg validate --fix` does it.

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "no-final-newline",
    severity: Severity::Note,
    summary: "the last line of a file does not end",
    page: include_str!("no_final_newline.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let text = &file.layer.text;
    if file.layer.sealed || text.is_empty() || text.ends_with('\n') {
        return;
    }
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let last = file.layer.entries.last();
    let at = last.map_or(end..end, |entry| entry.key.clone());
    let named = last.filter(|entry| !entry.key.is_empty());
    let message = match named {
        Some(entry) => format!("the file ends without a newline after {}", file.name(entry)),
        None => "the file ends without a newline".to_owned(),
    };
    let mut finding =
        Finding::new(&RULE, message).at(file.layer.span(&at), "the last line").help("end the file with a newline");
    finding.key = named.map(|entry| file.name(entry));
    findings.push(finding.fix(file.layer.span(&(end..end)), "\n", "add a newline"));
}
