//! A secret stands in a file that is not sealed.
//!
//! What counts, in this order: a value whose shape says what it is (a GitHub token with a valid checksum, an AWS key, a
//! private key, …); a literal value of a key that the schema calls `writeOnly`; a password in a URL; a value of a key
//! whose name says so (`DB_PASSWORD`), unless the schema says otherwise. Sealed text, references and placeholders are
//! no secrets.
//!
//! Why it hurts: everybody who can read the repository, now or in ten years, can read it. An error in files that a
//! protected environment uses, a warning in others.
//!
//! Remedy: seal it in `ENV.secrets.env` (SOPS with age), take it out of the file, and change it where it is used: it
//! has been seen. If it is no secret, say `"x-sparkcfg": { "secret": false }` in the
//! schema.

use super::File;
use crate::detection;
use crate::environment::is_one_reference;
use crate::finding::{Finding, Rule, Severity};
use crate::interpolation::{Sign, references};

pub(super) static RULE: Rule = Rule {
    code: "plaintext-secret",
    severity: Severity::Error,
    summary: "a secret stands in a file that is not sealed",
    page: include_str!("plaintext_secret.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    // A personal file is git-ignored: that is where a person's own secrets may stand.
    if file.layer.sealed || super::is_personal(file.path()) {
        return;
    }
    for entry in &file.layer.entries {
        let Some(text) = file.layer.content(entry) else { continue };
        let key = file.layer.key(entry);
        let Some(what) = secret(file, key, text) else { continue };
        let severity = if file.protected || what.certain { Severity::Error } else { Severity::Warning };
        let sealed = super::sealed_name(file.path());
        let name = file.name(entry);
        let mut finding = file
            .about(&RULE, entry, format!("{name} {} in a file that is not sealed", what.told))
            .severity(severity)
            .at(file.layer.span(&entry.value), "readable by everybody who can read the repository")
            .help(format!("seal it in {sealed}, then change it where it is used: it has been seen"));
        finding.environments.clone_from(&file.environments);
        findings.push(finding);
    }
}

struct Secret {
    told: String,
    /// Whether it is one in any environment.
    certain: bool,
}

fn secret(file: &File<'_>, key: &str, text: &str) -> Option<Secret> {
    if let Some(token) = detection::known_token(text) {
        return Some(Secret { told: format!("is {token}"), certain: true });
    }
    if text.is_empty() || text.starts_with("ENC[") || text.starts_with("encrypted:") {
        return None;
    }
    let told = match file.project.declared_secret(key) {
        // `${DB_PASSWORD}` refers to a secret without holding one.
        Some(true) if !is_one_reference(text) => "is a secret",
        Some(_) => return None,
        None => {
            let password = detection::url_password(text).map(|range| &text[range]);
            if password.is_some_and(|password| !password.contains("${") || defaults_to_a_secret(text)) {
                "holds a password in a URL"
            } else if detection::may_be_secret(text) && detection::names_secret(key) && !is_one_reference(text) {
                "is a secret by its name"
            } else {
                return None;
            }
        }
    };
    (!detection::is_placeholder(text)).then(|| Secret { told: told.to_owned(), certain: false })
}

/// Whether a reference to a secret brings a text to take instead: `${DB_PASSWORD:-hunter2}`.
fn defaults_to_a_secret(text: &str) -> bool {
    references(text).iter().any(|reference| {
        let sign = reference.operator.map(|operator| operator.sign);
        let literal = !reference.argument.is_empty() && !is_one_reference(reference.argument);
        literal && matches!(sign, Some(Sign::Default | Sign::Alternative)) && detection::names_secret(reference.name)
    })
}
