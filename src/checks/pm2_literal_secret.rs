//! A variable of an app holds a secret as it is.
//!
//! Why it hurts: it is in the repository, and PM2 keeps it in clear in `~/.pm2/dump.pm2` and shows it with `pm2 env` to anybody
//! with that login. An error in protected environments, a warning elsewhere.
//!
//! Of a literal that an expression falls back to (`process.env.API_KEY || "8fKq2vX9"`) a warning in protected environments, a
//! note elsewhere.
//!
//! Example: `env: { API_KEY: "8fKq2vX9" }`
//!
//! What `render --with-secrets` wrote is meant to hold them, as long as git does not have it.
//!
//! Remedy: let `sparkcfg run ENV -- node app.js` be the script, so that PM2 never sees the value.

use super::deployed::{Deployed, told};
use crate::detection;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::tree::{Node, Value};

pub(super) static RULE: Rule = Rule {
    code: "pm2-literal-secret",
    severity: Severity::Error,
    summary: "a secret stands in a PM2 file",
    page: include_str!("pm2_literal_secret.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        for pair in app.blocks().flat_map(|block| block.value.pairs()) {
            let literals = match &pair.value.value {
                Value::OneOf(literals) => literals.as_slice(),
                _ => std::slice::from_ref(&pair.value),
            };
            let found = literals.iter().find_map(|literal| Some((literal, secret(deployed, &pair.key, literal)?)));
            let Some((literal, what)) = found.filter(|(literal, _)| !deployed.is_private(literal.span)) else {
                continue;
            };
            // A text with gaps stands there whatever these come to.
            let is_fallback = pair.value.is_unknown() && literal.span != pair.value.span;
            let what = if is_fallback { format!("{what}, with a fallback that stands in the file") } else { what };
            let finding = Finding::new(&RULE, format!("{} of {} {what}", told_name(&pair.key), told(&app.name)))
                .key(&pair.key)
                .at(literal.span, "PM2 keeps it in clear in ~/.pm2/dump.pm2")
                .severity(deployed.severity_of(is_fallback))
                .help("let `sparkcfg run` be the script, and seal the value");
            deployed.tell(&app.name, finding, findings);
        }
    }
}

fn secret(deployed: &Deployed<'_>, key: &str, literal: &Node) -> Option<String> {
    let text = literal.text().filter(|text| !text.is_empty())?;
    if key.to_ascii_uppercase().ends_with("_FILE") {
        return None;
    }
    if let Some(token) = detection::token(text) {
        return (!matches!(token.certainty, detection::Certainty::Harmless)).then(|| format!("is {}", token.name));
    }
    if let Some(password) = detection::url_password(text) {
        let real = !detection::stands_in_for_a_secret(&text[password]) && !detection::is_local_default(text);
        return real.then(|| detection::told_password(text).to_owned());
    }
    if let Some(known_from) = detection::published_as(key, text)
        && deployed.project.declared_secret(key) != Some(false)
    {
        return Some(format!("has a value that everybody can read in {known_from}"));
    }
    // Of the rest of a text nobody knows.
    if text.contains("${") {
        return None;
    }
    let by_name = || detection::is_secret_by_name(key, text);
    let is_secret = deployed.project.declared_secret(key).unwrap_or_else(by_name);
    (is_secret && !detection::stands_in_for_a_secret(text)).then(|| "is a secret".to_owned())
}
