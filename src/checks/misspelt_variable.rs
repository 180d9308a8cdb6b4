//! A variable is used under a name that nothing declares, where a name that means it is declared and read by nobody.
//!
//! Either the two differ by a letter or two, or one is the other with a prefix, as `LOG_LEVEL` and `APP_LOG_LEVEL`, or both
//! name the environment (`ENVIRONMENT`, `APP_ENV`). A program that reads by a module of its own counts as well, and a name that
//! a Compose file hands on: a service that lacks the declared one has no finding besides. Where both are declared or set, and only one is read, it is a note. An error where
//! the program has no default for what it reads: then this stands for `undeclared-variable` as well.
//!
//! Why it hurts: whoever sets the declared name changes nothing, and nobody finds out why.
//!
//! Example: `.env.example` has `LOG_LEVEL=INFO`, the program reads `APP_LOG_LEVEL`.
//!
//! Remedy: use one name in all places.

use super::references::{Key, Referenced, rank};
use super::slips::Slip;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::uses::Kind;
use crate::uses::known::{Known, known};

pub(super) static RULE: Rule = Rule {
    code: "misspelt-variable",
    severity: Severity::Warning,
    summary: "a variable is read by another name than the declared one",
    page: include_str!("misspelt_variable.rs"),
};

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in &referenced.keys {
        // What libraries know may be misspelt where the project's own programs read it.
        let is_own = referenced.is_own(name) || known(name) == Some(Known::Library) && key.is_read_by_code();
        if referenced.is_undeclared(name, key) && is_own {
            slipped(referenced, name, key, findings);
        }
    }
    for (name, other) in &referenced.doubled {
        if let (Some(key), Some(read)) = (referenced.keys.get(name), referenced.keys.get(other)) {
            doubled(referenced, (name, key), (other, read), findings);
        }
    }
}

/// A slip of a letter or two.
fn slipped(referenced: &Referenced<'_>, name: &str, key: &Key<'_>, findings: &mut Vec<Finding>) {
    let Some(Slip { meant: near, places }) = referenced.slip(name, key) else { return };
    let message =
        format!("{} is used, but {} is what is declared, and nothing reads that", told_name(name), told_name(near));
    let finding = Referenced::finding(&RULE, name, &places, message);
    let declared = referenced.keys.get(near).and_then(|key| key.declared.first());
    let finding =
        declared.into_iter().fold(finding, |finding, declared| finding.related(declared.span, "declared here"));
    let severity = referenced.missed(key).max(Severity::Warning);
    findings.push(finding.severity(severity).help(format!("did you mean {}?", told_name(near))));
}

/// Two names for one thing, of which only one is read.
fn doubled(
    referenced: &Referenced<'_>,
    (name, key): (&str, &Key<'_>),
    (other, read): (&str, &Key<'_>),
    findings: &mut Vec<Finding>,
) {
    let mut places: Vec<_> = read.sure().filter(|(file, found)| found.kind == Kind::Read && file.is_code()).collect();
    places.sort_by_cached_key(rank);
    let (told, read_name) = (told_name(name), told_name(other));
    let severity = match (read.is_written_down(), read.declared.is_empty()) {
        (true, _) => Severity::Note,
        (false, false) => Severity::Warning,
        (false, true) => referenced.missed(read).max(Severity::Warning),
    };
    let is = if key.declared.is_empty() { "set" } else { "declared" };
    let message = format!("{told} is {is}, but what programs read is {read_name}");
    let mut finding = Finding::new(&RULE, message).key(name).severity(severity);
    if let Some(declared) = key.places().first() {
        finding = finding.at(declared.span, "no program reads it");
    } else if let Some((file, set)) = key.sure().find(|(_, found)| found.kind == Kind::Set) {
        finding = finding.at(file.span(set), "no program reads it");
    }
    for (file, found) in places {
        finding = finding.related(file.span(found), format!("{read_name} is read here"));
    }
    findings.push(finding.help(format!("if both mean the same, use one name: {read_name}, or {told}")));
}
