//! A line of `[consumers]` says nothing about any file.
//!
//! Its pattern is like no env file of an environment, or it lists no reader. Patterns are paths relative to `sparkcfg.toml`;
//! `*` stands for any part of one, `./.env` is `.env`.
//!
//! Why it hurts: whoever wrote the line thinks that the file is checked for its readers. It is not, and where there is any
//! such line, sparkcfg does not look for readers itself.
//!
//! Example: `"enviroments/*.env" = ["compose", "make"]`.
//!
//! Remedy: write the path of the file, and who reads it: `".env" = ["compose", "make"]`.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::project::consumers::Unused;
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "unused-consumer",
    severity: Severity::Warning,
    summary: "a line of [consumers] says nothing about any file",
    page: include_str!("unused_consumer.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    for Unused { pattern, at, is_empty, near } in &project.unused_consumers {
        let (message, help) = match near {
            _ if *is_empty => {
                let help = format!("list who reads it: \"{pattern}\" = [\"compose\", \"make\"]; or take the line away");
                (format!("[consumers] lists no reader of {pattern}"), help)
            }
            Some(near) => (format!("no env file is like {pattern} in [consumers]"), format!("did you mean {near}?")),
            None => {
                let help = "write a path relative to sparkcfg.toml, of a file that an environment uses";
                (format!("no env file is like {pattern} in [consumers]"), help.to_owned())
            }
        };
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = project.config_source.zip(at.as_ref());
        let finding = Finding::new(&RULE, message).help(help);
        findings.push(match place {
            Some((source, at)) => finding.at(Span::new(source, offset(at.start)..offset(at.end)), "says nothing"),
            None => finding,
        });
    }
}
