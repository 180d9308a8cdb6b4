//! A file that is for one person only is in git, or would be taken by `git add .`.
//!
//! What counts: a personal layer (`prod.local.env`, `.env.local`) that git tracks, an error, or that no rule of the
//! repository's `.gitignore` files ignores, a warning; a tracked file beside the layers that holds an identity, which opens
//! sealed files: an error, unless `identities` in `sparkcfg.toml` publishes it on purpose. Git itself is not started for
//! this: its index and the ignore rules are read. An identity is looked for farther off, too: in the workflow of a CI, in scripts,
//! notes and configuration anywhere in the project's folder that git has, up to 32 KiB each and 128 of them, the likeliest ones
//! first; not in programs, nor in folders of tests and examples, where keys are made up.
//!
//! The other way round, a sealed file or the schema that a rule of a `.gitignore` keeps out of git is a warning, at that rule:
//! both are meant for everybody who has the repository.
//!
//! With `--staged`, every text of the repository counts that differs from the last commit, whatever its name and its folder,
//! up to 1 MiB: notes, programs, workflows. An error are identities, private keys, and tokens whose shape leaves no doubt, and
//! plain text that a killed run of sparkcfg left (`.sparkcfg-plain-…`);
//! JSON web tokens are left out, which are most often those of a test. Where one is meant to be there, as the key of a test,
//! say so in the file, above it or anywhere: `# sparkcfg: ignore-file[secrets-tracked] reason`.
//!
//! Why it hurts: whoever has the repository, now or in ten years, has the secrets in it; and one person's settings
//! become everybody's.
//!
//! Remedy: take the file out of git's index (the finding names the command), write a line into `.gitignore`
//! (`*.local.env`), and make new values for what was in the file: taking it out does not take it out of the history. After an identity was in git, `sparkcfg secrets rotate` and new values.

use super::Subject;
use crate::detection;
use crate::finding::{Finding, Rule, Severity};
use crate::ignores;
use crate::project::Project;
use crate::project::staged::{StagedText, TextKind};
use crate::project::tracking::Exposure;
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "secrets-tracked",
    severity: Severity::Error,
    summary: "a key, or a file for one person only, is in git or not ignored",
    page: include_str!("secrets_tracked.rs"),
};

/// What is about to be committed beside env files.
pub(super) fn check_staged(project: &Project, findings: &mut Vec<Finding>) {
    for StagedText { source, kind } in &project.staged_texts {
        let text = project.sources.text(*source);
        let path = project.sources.path(*source);
        let whole = match kind {
            TextKind::Personal => Some(("is a personal layer", "and ignore it")),
            TextKind::LeftBehind => Some(("is what a run of sparkcfg left that was killed", "and remove it")),
            TextKind::Unsealed | TextKind::Other => None,
        };
        if let Some((what, then)) = whole {
            let message = format!("{path} {what}, and is about to be committed");
            let help = format!("`{}`, {then}", project.calls.git("rm --cached", &[path]));
            findings.push(Finding::new(&RULE, message).at(Span::new(*source, 0..0), "").help(help));
            continue;
        }
        let tokens = detection::undoubted(text);
        if tokens.is_empty() {
            continue;
        }
        let silenced: Vec<_> =
            ignores::in_text(*source, text).into_iter().filter(|ignore| ignore.code == RULE.code).collect();
        for token in tokens {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span::new(*source, offset(token.range.start)..offset(token.range.end));
            let is_here = |line: Span| span.start >= line.start && span.start <= line.end;
            if silenced.iter().any(|ignore| is_here(ignore.line)) {
                continue;
            }
            let message = format!("{path} holds {}, and is about to be committed", token.name);
            let help =
                format!("take it out of {path}; if it was committed or shown before, make a new one where it is used");
            findings.push(Finding::new(&RULE, message).at(span, "").help(help));
        }
    }
}

pub(super) fn check(subjects: &[Subject<'_>], findings: &mut Vec<Finding>) {
    let Some(subject) = subjects.first() else { return };
    let project = subject.project;
    for (exposed, place) in &project.exposed {
        let path = exposed.path.as_str();
        let untrack = project.calls.git("rm --cached", &[path]);
        let hidden = |what: &str| {
            let message = format!("{path} is {what}, and a rule keeps it out of git: nobody else gets it");
            (Severity::Warning, message, format!("narrow the rule, or write !{path} below it"))
        };
        let (severity, message, help) = match exposed.exposure {
            Exposure::HiddenSecrets => hidden("sealed"),
            Exposure::HiddenSchema => hidden("the schema"),
            Exposure::Personal => (
                Severity::Error,
                format!("{path} is a personal layer, and git tracks it"),
                format!("`{untrack}`, ignore it, and change the secrets that stood in it"),
            ),
            Exposure::NotIgnored => (
                Severity::Warning,
                format!("{path} is a personal layer, and git does not ignore it"),
                "add a line for it to .gitignore: *.local.env, or .env*.local beside a .env".to_owned(),
            ),
            Exposure::Identity { .. } => (
                Severity::Error,
                format!("{path} holds an identity that opens secrets, and git tracks it"),
                format!("`{untrack}`, then make a new key, rotate, and change every secret that it opened"),
            ),
            Exposure::IdentityWithin { .. } => (
                Severity::Error,
                format!("{path} holds an identity that opens secrets, and git tracks it"),
                format!("take it out of {path}, then make a new key, rotate, and change every secret that it opened"),
            ),
            Exposure::PrivateKey { .. } => (
                Severity::Error,
                format!("{path} holds an SSH private key, and git tracks it"),
                format!(
                    "`{untrack}`, then make a new key, and take this one away wherever it lets somebody in; where it opens sealed files, rotate, too, and change every secret in them"
                ),
            ),
        };
        findings.push(Finding::new(&RULE, message).severity(severity).at(*place, "").help(help));
    }
}
