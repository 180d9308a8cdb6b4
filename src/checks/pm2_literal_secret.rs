//! A variable of an app holds a secret as it is.
//!
//! Why it hurts: it is in the repository, and PM2 keeps it in clear in `~/.pm2/dump.pm2` and shows it with `pm2 env` to anybody
//! with that login. An error in protected environments, a warning elsewhere.
//!
//! Example: `env: { API_KEY: "8fKq2vX9" }`
//!
//! Remedy: let `sparkcfg run ENV -- node app.js` be the script, so that PM2 never sees the value.

use super::deployed::{Deployed, told};
use crate::detection;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::tree::Pair;

pub(super) static RULE: Rule = Rule {
    code: "pm2-literal-secret",
    severity: Severity::Error,
    summary: "a secret stands in a PM2 file",
    page: include_str!("pm2_literal_secret.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        for pair in app.blocks().flat_map(|block| block.value.pairs()) {
            let Some(what) = secret(deployed, pair) else { continue };
            let finding = Finding::new(&RULE, format!("{} of {} {what}", told_name(&pair.key), told(&app.name)))
                .key(&pair.key)
                .at(pair.value.span, "PM2 keeps it in clear in ~/.pm2/dump.pm2")
                .severity(deployed.severity(Severity::Warning))
                .help("let `sparkcfg run` be the script, and seal the value");
            deployed.tell(&app.name, finding, findings);
        }
    }
}

fn secret(deployed: &Deployed<'_>, pair: &Pair) -> Option<String> {
    let text = pair.value.text().filter(|text| !text.is_empty())?;
    if pair.key.to_ascii_uppercase().ends_with("_FILE") {
        return None;
    }
    if let Some(token) = detection::token(text) {
        return (!matches!(token.certainty, detection::Certainty::Harmless)).then(|| format!("is {}", token.name));
    }
    if let Some(password) = detection::url_password(text) {
        let real = !detection::stands_in_for_a_secret(&text[password]) && !detection::is_local_default(text);
        return real.then(|| detection::told_password(text).to_owned());
    }
    let by_name = || detection::is_secret_by_name(&pair.key, text);
    let is_secret = deployed.project.declared_secret(&pair.key).unwrap_or_else(by_name);
    (is_secret && !detection::stands_in_for_a_secret(text)).then(|| "is a secret".to_owned())
}
