//! A file that is for one person only is in git, or would be taken by `git add .`.
//!
//! What counts: a personal layer (`prod.local.env`, `.env.local`) that git tracks, an error, or that no rule of the
//! repository's `.gitignore` files ignores, a warning; a tracked file beside the layers that holds an identity, which opens
//! sealed files: an error, unless `identities` in `sparkcfg.toml` publishes it on purpose. Git itself is not started for
//! this: its index and the ignore rules are read.
//!
//! Why it hurts: whoever has the repository, now or in ten years, has the secrets in it; and one person's settings
//! become everybody's.
//!
//! Remedy: take the file out of git's index (the finding names the command), write a line into `.gitignore`
//! (`*.local.env`), and make new values for what was in the file: taking it out does not take it out of the history. After an identity was in git, `sparkcfg secrets rotate` and new values.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::project::tracking::Exposure;

pub(super) static RULE: Rule = Rule {
    code: "secrets-tracked",
    severity: Severity::Error,
    summary: "a file that is for one person only is in git, or not ignored",
    page: include_str!("secrets_tracked.rs"),
};

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(subject) = subjects.first() else { return };
    let project = subject.project;
    for (exposed, place) in &project.exposed {
        let name = exposed.path.rsplit('/').next().unwrap_or(&exposed.path);
        let path = project.sources.path(place.source);
        let (severity, message, help) = match exposed.exposure {
            Exposure::Personal => (
                Severity::Error,
                format!("{name} is a personal layer, and git tracks it"),
                format!("`git rm --cached {path}`, ignore it, and change the secrets that stood in it"),
            ),
            Exposure::NotIgnored => (
                Severity::Warning,
                format!("{name} is a personal layer, and git does not ignore it"),
                "add a line for it to .gitignore: *.local.env, or .env*.local beside a .env".to_owned(),
            ),
            Exposure::Identity => (
                Severity::Error,
                format!("{name} holds an identity that opens secrets, and git tracks it"),
                format!(
                    "`git rm --cached {path}`, then make a new key, rotate, and change every secret that it opened"
                ),
            ),
        };
        findings.push(Finding::new(&RULE, message).severity(severity).at(*place, "").help(help));
    }
}
