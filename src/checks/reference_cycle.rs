//! Values refer to each other in a circle.
//!
//! docker compose reads from top to bottom, so that one of them becomes empty; make refuses the file, and npm's
//! dotenv-expand never ends. A key that refers to its own value in a lower layer (`PATH=${PATH}:/opt`) is no circle.
//!
//! Example: `A=${B}` and `B=${A}`.
//!
//! Remedy: give one of them a value of its own. What refers to itself and means the process environment is checked with
//! `--process-env`; names that everybody has there, such as `PATH` and `HOME`, are no mistake without it, either.

use super::Subject;
use crate::finding::{Finding, Rule, Severity, told_name};

pub(super) static RULE: Rule = Rule {
    code: "reference-cycle",
    severity: Severity::Error,
    summary: "values refer to each other in a circle",
    page: include_str!("reference_cycle.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (index, circle) in subject.environment.circles() {
        let loose = &subject.environment.loose[index];
        let Some(setting) = subject.environment.get(loose.key) else { continue };
        // In a secret, what stands behind a dollar sign may be part of it.
        let path = subject.shown(setting).map(|_| format!(": {}", names(&circle))).unwrap_or_default();
        let finding = subject.about(&RULE, setting, format!("{} refers to itself{path}", told_name(loose.key)));
        let finding = finding.at(loose.span, "this name has no value yet");
        findings.push(match circle.as_slice() {
            [name, _] => {
                let name = if path.is_empty() { "it" } else { &told_name(name) };
                finding.help(format!(
                    "write the value out, or set {name} in a file that is read before this one; if it comes from the process \
                     environment, check with --process-env"
                ))
            }
            _ => finding.help("give one of them a value of its own"),
        });
    }
}

fn names(circle: &[&str]) -> String {
    circle.iter().map(|name| told_name(name)).collect::<Vec<_>>().join(" → ")
}
