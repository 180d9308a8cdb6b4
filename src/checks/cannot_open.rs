//! A sealed file stays closed, because no key here opens it.
//!
//! Nothing fails by that: the names in a SOPS file are visible, so required keys are still checked, and only rules
//! about the sealed values themselves are left out. With `--require-secrets`, as before a deploy, it is an error.
//!
//! Example: `prod.secrets.env` on a laptop that has the development key only.
//!
//! Remedy: give a key with `--identity FILE`, `SPARKCFG_AGE_KEY`, `SPARKCFG_AGE_KEY_FILE`, `SOPS_AGE_KEY` or
//! `SOPS_AGE_KEY_FILE`, or put it where SOPS looks (`~/.config/sops/age/keys.txt`); or ask one of the people who can. The
//! program in `SOPS_AGE_KEY_CMD` is started by `sparkcfg secrets`, `run` and `release --rollback` only: checks start none.
//!
//! In CI of GitHub and GitLab, the run of a pull request from a fork gets no secrets, and opens nothing even if it had some: its
//! files would decide what is done with the values. Leave `--require-secrets` out of such a run.

use super::File;
use crate::envelope::CannotOpen;
use crate::finding::{Finding, Rule, Severity};
use crate::stores::State;

pub(super) static RULE: Rule = Rule {
    code: "cannot-open",
    severity: Severity::Note,
    summary: "no key here opens a sealed file",
    page: include_str!("cannot_open.rs"),
};

/// A merge writes down who could read what of its result, and SOPS seals that comment like any other.
const HIDDEN: &str =
    "; a sealed comment in it may tell of values that somebody lost access to, and only a key shows that";

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let Some(sealed) = file.project.sealed.get(&file.index) else { return };
    let State::Closed(reason) = sealed.state else { return };
    if is_told_of_all(file, reason) && !file.project.require_secrets {
        return;
    }
    let names = file.project.names_of(&sealed.readers.recipients);
    // Who else could open it is no advice where nobody is to.
    let readers = if names.is_empty() || reason == CannotOpen::Withheld {
        String::new()
    } else {
        format!("; it opens for {}", super::listed(&names, "and"))
    };
    let severity = if file.project.require_secrets { Severity::Error } else { RULE.severity };
    let start = file.layer.span(&(0..0));
    let message = format!("{} stays sealed: {}", file.layer.name, reason.message());
    let hidden = if sealed.noted.is_sealed && file.project.remembers { HIDDEN } else { "" };
    let help = format!("{}{readers}{hidden}", help(file, reason));
    let mut finding = Finding::new(&RULE, message).severity(severity).at(start, "").help(help);
    finding.environments.clone_from(&file.environments);
    findings.push(finding);
}

/// What to do. What others run to let somebody in is about this project, wherever it is typed.
fn help(file: &File<'_>, reason: CannotOpen) -> String {
    let mut help = reason.help().to_owned();
    if reason != CannotOpen::NotARecipient {
        return help;
    }
    for command in ["secrets grant NAME ENV", "secrets init"] {
        let told = file.project.calls.sparkcfg(command);
        help = help.replace(&format!("`sparkcfg {command}`"), &format!("`{told}`"));
    }
    help
}

/// Whether nobody at all opens the file, which `recipients-differ` tells where a list says who should.
fn is_told_of_all(file: &File<'_>, reason: CannotOpen) -> bool {
    let config = &file.project.config;
    let known = file.project.sealed_files.get(&file.index);
    let readers = known.and_then(|known| config.readers_of(&known.environments));
    let is_told = readers.is_some_and(|readers| readers.iter().all(|name| config.fault_of_key(name).is_none()));
    is_told && matches!(reason, CannotOpen::KeyGroups | CannotOpen::OtherKeys)
}
