//! A value stands where a real one is still to be put.
//!
//! What counts: `changeme`, `<your-key>`, `xxxx`, `todo`, `replace-me` and their kin, also as the host of a URL; and for a secret
//! of a protected environment, as a warning, what says of itself that it is none: `ThisShouldBeChanged`.
//!
//! Why it hurts: the service starts with it, and whoever reads the example file knows the password. An error in
//! protected environments, a note elsewhere.
//!
//! Example: `API_KEY=changeme` in prod.
//!
//! Remedy: set the real value; if it is a secret, with `sparkcfg secrets set KEY -e ENV`.

use super::Subject;
use super::matrix::{Compared, Lapsed};
use crate::detection;
use crate::drift::State;
use crate::environment::Resolved;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::layout::documents;
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "placeholder-value",
    severity: Severity::Error,
    summary: "a value is a placeholder",
    page: include_str!("placeholder_value.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for setting in &subject.environment.settings {
        let Some(text) = setting.value.text() else { continue };
        let placeholder = detection::is_placeholder(text) || detection::leads_to_a_placeholder(text);
        // In an environment that counts, `ThisShouldBeChanged` is no secret either; elsewhere it may well do.
        let stands_in = !placeholder
            && subject.environment.protected
            // The shortest of them has four letters, and names are slow to judge.
            && text.len() >= 4
            && !text.bytes().all(|byte| byte.is_ascii_digit())
            && subject.project.is_secret(setting.key)
            && detection::stands_in_for_a_secret(text);
        // What shows an env file is there to hold them.
        if !(placeholder || stands_in) || documents(subject.path(setting)) || detection::published(text).is_some() {
            continue;
        }
        // A rule that says what is allowed tells more; that a placeholder has not the form of a value goes without saying.
        if subject.violations_about(setting.key).any(|violation| !is_about_form(&violation.kind)) {
            continue;
        }
        let sealed = matches!(setting.value, Resolved::Secret(_));
        let message = format!("{} is still a placeholder", told_name(setting.key));
        let help = if sealed || subject.project.is_secret(setting.key) {
            format!("put the real value into {}, sealed", subject.sealed_file())
        } else {
            "set the real value".to_owned()
        };
        let severity = if stands_in { Severity::Warning } else { subject.severity(Severity::Note) };
        findings.push(subject.about(&RULE, setting, message).severity(severity).help(help));
    }
}

/// Still a placeholder.
pub(super) fn lapsed(past: &Lapsed<'_>) -> Option<String> {
    let holds = past.any(|cell| cell.state == State::Placeholder);
    holds.then(|| format!("nothing speaks against a placeholder in {} any more", past.names()))
}

fn is_about_form(kind: &ViolationKind) -> bool {
    use ViolationKind as Kind;
    matches!(
        kind,
        Kind::WrongType { .. } | Kind::TooShort { .. } | Kind::Pattern { .. } | Kind::Format { .. } | Kind::Rule { .. }
    )
}

/// A placeholder in one source, where another has the real value.
pub(super) fn check_row(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let is = |column: &usize, state| compared.cells[*column].state == state;
    if !compared.columns().any(|column| is(&column, State::Set)) {
        return;
    }
    for column in compared.judged().filter(|column| is(column, State::Placeholder)) {
        let (key, name) = (told_name(compared.key), compared.name(column));
        let severity = if compared.is_protected(column) { Severity::Error } else { Severity::Note };
        let message = format!("{key} is still a placeholder in {name}");
        let finding = compared.finding(&RULE, &[column], message, &format!("a placeholder in {name}"));
        findings.push(finding.severity(severity).help("set the real value"));
    }
}
