//! A variable or build argument of a service holds a secret as it is.
//!
//! What counts is what `plaintext-secret` counts: the shape of a known token, a password in a URL, a secret by its name.
//! So does what `published-secret` counts: a value of public examples, and of a password the words that are tried first (`root`).
//! References (`${DB_PASSWORD}`), names of files (`DB_PASSWORD_FILE`) and placeholders are none. What the schema says of a
//! key goes before its name. A default (`${DB_PASSWORD:-8fKq2vX9}`) is one as well, unless a file of the environment sets the
//! variable.
//!
//! Why it hurts: everybody who reads the repository, the image's history or `docker inspect` reads it. An error in protected
//! environments and for known tokens, a warning elsewhere; of a default a warning in protected environments, a note elsewhere.
//!
//! Example: `POSTGRES_PASSWORD: 8fKq2vX9`
//!
//! Remedy: write `${POSTGRES_PASSWORD:?}` and start it with `sparkcfg run`, or use `secrets:` with a `_FILE` variable.

use super::deployed::Deployed;
use crate::compose::service::{fallback, literal};
use crate::compose::short;
use crate::detection;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::Project;
use crate::tree::Node;

pub(super) static RULE: Rule = Rule {
    code: "compose-literal-secret",
    severity: Severity::Error,
    summary: "a secret stands in a Compose file",
    page: include_str!("compose_literal_secret.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        for variable in service.environment() {
            tell(deployed, &service.name, (&variable.name, &variable.value), findings);
        }
        let Some(arguments) = service.node.find(&["build", "args"]) else { continue };
        let listed = arguments.items().filter_map(short::assignment);
        for pair in arguments.pairs().cloned().chain(listed) {
            tell(deployed, &service.name, (&pair.key, &pair.value), findings);
        }
    }
}

fn tell(deployed: &Deployed<'_>, service: &str, (key, node): (&str, &Node), findings: &mut Vec<Finding>) {
    let own = literal(node);
    let is_default = own.is_none();
    let text = own.or_else(|| fallback(node.text()?, &|name| deployed.sets(name)));
    let Some((what, certain)) = text.and_then(|text| secret(deployed.project, key, &text)) else { return };
    let severity = if certain { Severity::Error } else { deployed.severity_of(is_default) };
    let what = if is_default { format!("{what}, with a default that stands in the file") } else { what };
    let finding = Finding::new(&RULE, format!("{} of {service} {what}", told_name(key)))
        .key(key)
        .at(node.span, "readable by everybody who can read the file")
        .severity(severity)
        .help(format!("write ${{{}:?}} and seal the value, or use secrets: and a _FILE variable", told_name(key)));
    deployed.tell(service, finding, findings);
}

/// Where everybody can read the value of a secret.
fn published(project: &Project, key: &str, text: &str) -> Option<&'static str> {
    let is_secret = project.declared_secret(key) != Some(false);
    detection::published_as(key, text).filter(|_| is_secret)
}

/// What a value is, and whether that is certain; `None` where it is no secret.
fn secret(project: &Project, key: &str, text: &str) -> Option<(String, bool)> {
    let upper = key.to_ascii_uppercase();
    if text.is_empty() || upper.ends_with("_FILE") || text.starts_with("/run/secrets/") {
        return None;
    }
    if let Some(token) = detection::token(text) {
        let certain = matches!(token.certainty, detection::Certainty::Certain);
        let counts = !matches!(token.certainty, detection::Certainty::Harmless);
        return counts.then(|| (format!("is {}", token.name), certain));
    }
    if let Some(password) = detection::url_password(text) {
        let real = !detection::stands_in_for_a_secret(&text[password]) && !detection::is_local_default(text);
        return real.then(|| (detection::told_password(text).to_owned(), false));
    }
    if let Some(known_from) = published(project, key, text) {
        return Some((format!("has a value that everybody can read in {known_from}"), false));
    }
    if detection::stands_in_for_a_secret(text) {
        return None;
    }
    match project.declared_secret(key) {
        Some(true) => Some(("is a secret".to_owned(), false)),
        Some(false) => None,
        None => detection::is_secret_by_name(key, text).then(|| ("is a secret by its name".to_owned(), false)),
    }
}
