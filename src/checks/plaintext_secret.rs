//! A secret stands in a file that is not sealed.
//!
//! What counts, in this order:
//!
//! 1. Sealed text, references and placeholders are no secrets.
//! 2. A literal value of a key that the schema calls `writeOnly`. Where it says `"secret": false`, only the next counts.
//! 3. A value whose shape says what it is: a GitHub token with a valid checksum, an AWS key, a private key, and some
//!    fifty more. These count in comments too.
//! 4. A password in a URL, but not `user:user@localhost`.
//! 5. A value of a key whose name says so (`DB_PASSWORD`), unless it is too short, a number, a path or a plain URL.
//! 6. Twenty characters or more without order, under a name with the word `key`: a warning.
//! 7. 32 characters or more, small and large letters and digits without order, under any name: a warning.
//!
//! Keys that are often public (Google) and test keys (Stripe) are warnings; a JSON web token that needs no signature is
//! a note.
//!
//! What counts by 2, 4 and 5 is an error in files that a protected environment uses, and in any file that is about to be
//! committed (`--staged`); in others a warning.
//!
//! Why it hurts: everybody who can read the repository, now or in ten years, can read it.
//!
//! Remedy: `sparkcfg secrets import FILE -e ENV --only-secrets --remove` seals what is secret in `ENV.secrets.env` and
//! takes it out of the file; then change it where it is used: it has been seen. If it is no secret, say
//! `"x-sparkcfg": { "secret": false }` in the schema, or silence it where it stands:
//! `# sparkcfg: ignore[plaintext-secret] reason`.

use std::ops::Range;

use super::File;
use crate::detection::{self, Certainty};
use crate::environment::is_one_reference;
use crate::finding::{Finding, Rule, Severity};
use crate::interpolation::{Sign, references};
use crate::project::layout::is_personal;

pub(super) static RULE: Rule = Rule {
    code: "plaintext-secret",
    severity: Severity::Error,
    summary: "a secret stands in a file that is not sealed",
    page: include_str!("plaintext_secret.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    // A personal file is git-ignored: that is where a person's own secrets may stand.
    if file.layer.sealed || is_personal(file.path()) {
        return;
    }
    for entry in &file.layer.entries {
        let Some(text) = file.layer.content(entry) else { continue };
        let Some(secret) = secret(file, file.layer.key(entry), text) else { continue };
        let message = format!("{} {} in a file that is not sealed", file.name(entry), secret.told);
        let finding = file.about(&RULE, entry, message).at(file.layer.span(&entry.value), READABLE);
        let mut finding = finished(file, finding, secret.severity);
        if secret.told == LIKE_A_KEY {
            let silence = "`# sparkcfg: ignore[plaintext-secret] reason`";
            finding = finding.help(format!(
                "if it is one, seal it in {}; if not, write {silence} above it",
                super::sealed_name(file.path())
            ));
        }
        findings.push(finding);
    }
    for range in file.project.comments(file.layer) {
        let Some(token) = detection::token(file.layer.slice(&range)) else { continue };
        let offset = |at: usize| range.start + u32::try_from(at).unwrap_or_default();
        let place = offset(token.range.start)..offset(token.range.end);
        let message = format!("a comment holds {} in a file that is not sealed", token.name);
        let finding = Finding::new(&RULE, message).at(file.layer.span(&place), READABLE);
        findings.push(finished(file, finding, severity_of(token.certainty)));
    }
}

const LIKE_A_KEY: &str = "looks like a key";

const READABLE: &str = "readable by everybody who can read the repository";

fn finished(file: &File<'_>, finding: Finding, severity: Severity) -> Finding {
    let sealed = super::sealed_name(file.path());
    let help = format!("seal it in {sealed}, then change it where it is used: it has been seen");
    let mut finding = finding.severity(severity).help(help);
    finding.environments.clone_from(&file.environments);
    finding
}

fn severity_of(certainty: Certainty) -> Severity {
    match certainty {
        Certainty::Certain => Severity::Error,
        Certainty::Likely => Severity::Warning,
        Certainty::Harmless => Severity::Note,
    }
}

struct Secret {
    told: String,
    severity: Severity,
}

impl Secret {
    fn new(told: &str, severity: Severity) -> Self {
        Self { told: told.to_owned(), severity }
    }
}

/// The steps of the page, in their order.
fn secret(file: &File<'_>, key: &str, text: &str) -> Option<Secret> {
    if text.is_empty() || text.starts_with("ENC[") || text.starts_with("encrypted:") {
        return None;
    }
    let token =
        detection::token(text).map(|token| Secret::new(&format!("is {}", token.name), severity_of(token.certainty)));
    let usual = if file.protected || file.project.staged { Severity::Error } else { Severity::Warning };
    // In a URL only its password counts: the rest may well be an example.
    let counts = detection::url_password(text).map_or(text, |password| &text[password]);
    let stands_in = || detection::stands_in_for_a_secret(counts);
    match file.project.declared_secret(key) {
        // `${DB_PASSWORD}` refers to a secret without holding one.
        Some(true) if !is_one_reference(text) && (token.is_some() || !stands_in()) => {
            Some(token.unwrap_or_else(|| Secret::new("is a secret", usual)))
        }
        Some(_) => token.map(|token| Secret { severity: Severity::Error, ..token }),
        None if token.is_some() => token,
        None => undeclared(key, text).map(|(told, severity)| Secret::new(told, severity.unwrap_or(usual))),
    }
}

/// Steps 4 to 7: what it is, and how much it counts where that is always the same.
fn undeclared(key: &str, text: &str) -> Option<(&'static str, Option<Severity>)> {
    if let Some(password) = detection::url_password(text) {
        return holds_password(text, password).then_some(("holds a password in a URL", None));
    }
    if is_one_reference(text) || detection::stands_in_for_a_secret(text) {
        return None;
    }
    if detection::names_secret(key) && detection::may_be_secret(text) {
        return Some(("is a secret by its name", None));
    }
    detection::looks_like_a_key(key, text).then_some((LIKE_A_KEY, Some(Severity::Warning)))
}

fn holds_password(text: &str, password: Range<usize>) -> bool {
    let password = &text[password];
    if password.contains("${") {
        return defaults_to_a_secret(text);
    }
    !detection::stands_in_for_a_secret(password) && !detection::is_local_default(text)
}

/// Whether a reference to a secret brings a text to take instead: `${DB_PASSWORD:-hunter2}`.
fn defaults_to_a_secret(text: &str) -> bool {
    references(text).iter().any(|reference| {
        let sign = reference.operator.map(|operator| operator.sign);
        let literal = !reference.argument.is_empty() && !is_one_reference(reference.argument);
        literal && matches!(sign, Some(Sign::Default | Sign::Alternative)) && detection::names_secret(reference.name)
    })
}
