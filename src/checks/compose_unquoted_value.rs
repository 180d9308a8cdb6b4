//! A value of `environment`, `labels` or `args` stands without quotes, and is not what arrives.
//!
//! Why it hurts: Compose reads numbers as YAML has them and writes them in its own way. `1.10` arrives as `1.1`, `012` as `10`,
//! `0x1F` as `31`, and a number of 20 digits loses most of them. A date without quotes is no text, so Compose refuses the
//! file. It is a note where only the spelling of a number changes. Booleans and `null` are meant as such.
//!
//! Example: `APP_VERSION: 1.10`
//!
//! Remedy: quote it: `APP_VERSION: "1.10"`. Only a date is quoted by `validate --fix`: with a number, what arrives would
//! change, and it may be relied on.

use super::deployed::Deployed;
use crate::compose::arrival::{Arrival, arrival, is_same_number};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::tree::{Node, Pair, Value};

pub(super) static RULE: Rule = Rule {
    code: "compose-unquoted-value",
    severity: Severity::Warning,
    summary: "a value without quotes arrives as another one",
    page: include_str!("compose_unquoted_value.rs"),
};

const PLACES: &[&[&str]] = &[&["environment"], &["labels"], &["build", "args"], &["build", "labels"]];

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        let maps = PLACES.iter().filter_map(|path| service.node.find(path));
        for pair in maps.flat_map(Node::pairs) {
            if let Some(finding) = told(deployed, &service.name, pair) {
                deployed.tell(&service.name, finding, findings);
            }
        }
    }
}

fn told(deployed: &Deployed<'_>, service: &str, pair: &Pair) -> Option<Finding> {
    let Value::Scalar { text, plain: true } = &pair.value.value else { return None };
    let key = told_name(&pair.key);
    let hidden = deployed.project.hides(&pair.key, text);
    let (message, severity) = match arrival(text) {
        Arrival::AsWritten => return None,
        Arrival::Refused => {
            (format!("Compose refuses {key} of {service}: a date without quotes is no text"), Severity::Error)
        }
        Arrival::As(told) => {
            let severity = if is_same_number(text, &told) { Severity::Note } else { Severity::Warning };
            let message = if hidden {
                format!("{key} of {service} does not arrive as it is written")
            } else {
                format!("{key} of {service} arrives as {told}, not as {text}")
            };
            (message, severity)
        }
    };
    let finding = Finding::new(&RULE, message).key(&pair.key).at(pair.value.span, "without quotes").severity(severity);
    let finding = finding.help(if hidden { "quote it".to_owned() } else { format!("quote it: \"{text}\"") });
    Some(finding.fix(pair.value.span, format!("\"{text}\""), "quote it").safe(severity == Severity::Error))
}
