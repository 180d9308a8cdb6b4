//! A script reads an env file in a way of its own, which takes some of its lines otherwise than a library or a shell.
//!
//! `export $(grep -v '^#' .env | xargs)` splits values at blanks and takes quotes and backslashes away; a loop over
//! `read` takes quotes and comments for a part of the value; `eval $(sed … .env)` makes one line of all. No two such scripts
//! are alike, so sparkcfg does not follow them. It tells of one where the file has a line that is not plain: in a script, a
//! recipe of make, a command in a manifest or a unit, or a step of a workflow of GitHub. So it does of an
//! `ecosystem.config.js` that cuts lines at each `=`: a value with a second one loses what stands behind it.
//!
//! Why it hurts: `GREETING="hello world"` is `hello` for the first, and has its quotes for the other.
//!
//! Example: `export $(cat .env | xargs)` beside `GREETING="hello world"`.
//!
//! Remedy: let the shell read the file, `set -a; . ./.env; set +a`, or write only letters, digits and
//! `! % * + , - . / : = ? @ [ ] ^ _ { } ~` without quotes.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::portable;

pub(super) static RULE: Rule = Rule {
    code: "home-made-reader",
    severity: Severity::Note,
    summary: "a script reads the file in a way of its own",
    page: include_str!("home_made_reader.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(project) = subjects.first().map(|subject| subject.project) else { return };
    for (place, layers) in &project.home_made_readers {
        for layer in layers.iter().filter_map(|index| project.layers.get(*index)).filter(|layer| !layer.sealed) {
            let cuts = is_program(project.sources.path(place.source));
            let is_whole = |line: &str| !cuts || line.matches('=').count() < 2;
            let is_plain = |line: &str| {
                line.trim_start().starts_with('#') || portable::is_plain_line(line.trim()) && is_whole(line)
            };
            let Some(line) = layer.text.lines().find(|line| !is_plain(line)) else { continue };
            let start = u32::try_from(line.as_ptr() as usize - layer.text.as_ptr() as usize).unwrap_or_default();
            let end = start + u32::try_from(line.len()).unwrap_or_default();
            let path = project.sources.path(layer.source);
            let (message, help) = if cuts {
                (
                    format!(
                        "{path} is cut at each = here: of a value with a second one the end is lost, and quotes stay"
                    ),
                    "split at the first = alone, by line.indexOf('='), or load the file with npm's dotenv",
                )
            } else {
                (
                    format!(
                        "{path} is read in a way of its own here, which splits values or takes their quotes otherwise"
                    ),
                    "source it in a shell instead (set -a; . FILE; set +a), or keep to values that need no quotes",
                )
            };
            findings.push(
                Finding::new(&RULE, message)
                    .severity(if is_whole(line) { RULE.severity } else { Severity::Warning })
                    .at(*place, "not as a shell or a library does")
                    .related(layer.span(&(start..end)), "the first line that is not plain")
                    .help(help),
            );
        }
    }
}

/// Whether a file is a program of node, and no script.
fn is_program(path: &str) -> bool {
    [".js", ".cjs", ".mjs", ".ts", ".cts", ".mts"].iter().any(|end| path.ends_with(end))
}
