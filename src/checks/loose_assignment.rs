//! An assignment is written with blanks around `=`, or with `:`.
//!
//! docker compose reads it; docker run refuses the file, shells run a command of that name, and make and systemd see
//! something else again.
//!
//! Example: `TTL = 30`, `TTL: 30`. A comment right behind the blank, `TTL= # seconds`, is the value for docker compose: that is
//! a warning.
//!
//! Remedy: write `TTL=30`. `sparkcfg validate --fix` does it.

use super::{File, advice};
use crate::finding::{Finding, Rule, Severity};
use crate::layer::Content;

pub(super) static RULE: Rule = Rule {
    code: "loose-assignment",
    severity: Severity::Note,
    summary: "an assignment has blanks around =, or is written with :",
    page: include_str!("loose_assignment.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed {
        return;
    }
    for entry in &file.layer.entries {
        let between = entry.key.end..entry.value.start;
        let written = file.layer.slice(&between);
        // What has no key is told as that, and is no better with a `=`.
        if written == "=" || entry.key.is_empty() || matches!(entry.content, Content::Inherited) {
            continue;
        }
        // An empty value has no place of its own: what follows `=` on such a line is the trailing blank's business.
        let between = if entry.value.is_empty() && written.starts_with('=') { continue } else { between };
        let message = if written.contains('=') {
            format!("{} has blanks around =", file.name(entry))
        } else {
            format!("{} is assigned with :", file.name(entry))
        };
        let span = file.layer.span(&between);
        let finding = file.about(&RULE, entry, message);
        let write = || advice::to_write(file, entry, file.layer.slice(&entry.value));
        findings.push(if file.looks_like_comment(entry) {
            let part =
                if file.layer.slice(&entry.value).starts_with('#') { "the value" } else { "a part of the value" };
            let message = format!("what looks like a comment behind {} is {part} to docker compose", file.name(entry));
            file.about(&RULE, entry, message)
                .severity(Severity::Warning)
                .at(file.layer.span(&entry.value), "no comment begins here")
                .help("put the comment on a line of its own, above; a value that begins with # needs quotes")
        } else {
            finding.at(span, "some readers refuse this").help(write()).fix(span, "=", "write = without blanks")
        });
    }
}
