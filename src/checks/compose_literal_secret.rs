//! A variable or build argument of a service holds a secret as it is.
//!
//! What counts is what `plaintext-secret` counts: the shape of a known token, a password in a URL, a secret by its name.
//! So does what `published-secret` counts: a value of public examples, and of a password the words that are tried first (`root`).
//! A placeholder (`changeme`) in the place of a secret counts, for with that it is started: a note where an environment is not
//! protected. References (`${DB_PASSWORD}`) and names of files (`DB_PASSWORD_FILE`) are none. What the schema says of a
//! key goes before its name. A default (`${DB_PASSWORD:-8fKq2vX9}`) is one as well, unless a file of the environment sets the
//! variable.
//!
//! What `render --with-secrets` wrote is meant to hold them, as long as git does not have it.
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
    if deployed.is_private(node.span) {
        return;
    }
    let own = literal(node);
    let is_default = own.is_none();
    let text = own.or_else(|| fallback(node.text()?, &|name| deployed.sets(name)));
    let Some((what, certain)) = text.and_then(|text| secret(deployed.project, key, &text)) else { return };
    let severity = match certain {
        Certainty::Known => Severity::Error,
        Certainty::Probable => deployed.severity_of(is_default),
        Certainty::Placeholder if deployed.deployment.protected => deployed.severity_of(is_default),
        Certainty::Placeholder => Severity::Note,
    };
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

/// How much a value of a secret is worth.
enum Certainty {
    /// It is a token that opens something.
    Known,
    /// By all that is known it is a secret.
    Probable,
    /// It stands where a secret is still to be put.
    Placeholder,
}

/// What a value is, and how surely; `None` where it is no secret.
fn secret(project: &Project, key: &str, text: &str) -> Option<(String, Certainty)> {
    let upper = key.to_ascii_uppercase();
    if text.is_empty() || upper.ends_with("_FILE") || text.starts_with("/run/secrets/") {
        return None;
    }
    let probable = |what: String| Some((what, Certainty::Probable));
    if let Some(token) = detection::token(text) {
        let what = format!("is {}", token.name);
        return match token.certainty {
            detection::Certainty::Certain => Some((what, Certainty::Known)),
            detection::Certainty::Harmless => None,
            detection::Certainty::Likely => probable(what),
        };
    }
    if let Some(password) = detection::url_password(text) {
        let real = !detection::stands_in_for_a_secret(&text[password]) && !detection::is_local_default(text);
        return if real { probable(detection::told_password(text).to_owned()) } else { None };
    }
    if let Some(known_from) = published(project, key, text) {
        return probable(format!("has a value that everybody can read in {known_from}"));
    }
    if detection::stands_in_for_a_secret(text) {
        let starts_with_it = detection::is_placeholder(text) && project.is_secret(key);
        return starts_with_it.then(|| ("is a placeholder, and is started with it".to_owned(), Certainty::Placeholder));
    }
    match project.declared_secret(key) {
        Some(true) => probable("is a secret".to_owned()),
        None if detection::is_secret_by_name(key, text) => probable("is a secret by its name".to_owned()),
        Some(false) | None => None,
    }
}
