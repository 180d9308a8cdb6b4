//! A key is set that the schema does not know.
//!
//! With `"additionalProperties": false` every such key is an error, as is one that the schema describes as `false`. Where the schema allows others, only a key that
//! looks like a misspelt one is told, as a warning.
//!
//! Why it hurts: nobody reads it. Most often it is a spelling mistake, and the real key keeps its default.
//!
//! Example: `DATABSE_URL=…`.
//!
//! Remedy: correct the spelling, take the key away, or declare it in the schema.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::Subject;
use crate::environment::Setting;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::PROCESS;
use crate::schema::violation::ViolationKind;
use crate::suggestion::{MOST_COMPARISONS, nearest};

pub(super) static RULE: Rule = Rule {
    code: "unknown-key",
    severity: Severity::Error,
    summary: "a key is not in the schema",
    page: include_str!("unknown_key.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(schema) = &subject.project.schema else { return };
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::Unknown { .. })) {
        let ViolationKind::Unknown { nearest: near } = &violation.kind else { continue };
        // A line without a key has a finding of its own, and what is within a value is no key.
        if setting.key.is_empty() || !violation.path.is_empty() {
            continue;
        }
        let key = told_name(setting.key);
        // The schema `false` under the key's own name: somebody decided that nobody sets it.
        let is_ruled_out = schema.schema.property(setting.key).pointer().as_ref() == Some(&violation.pointer);
        let (message, help) = match near {
            _ if is_ruled_out => (
                format!("the schema rules out {key}"),
                format!("take it away; see {}", subject.said_by(&violation.pointer)),
            ),
            Some(near) => (format!("{key} is not in the schema"), format!("did you mean {near}?")),
            None => {
                let path = subject.project.sources.path(schema.source);
                (format!("{key} is not in the schema"), format!("take it away, or declare it in {path}"))
            }
        };
        findings.push(found(subject, setting, message, help));
    }
    if !schema.schema.is_open() {
        return;
    }
    let known: HashSet<_> = subject.violations.iter().filter_map(|violation| violation.key.as_deref()).collect();
    let is_new = |setting: &&Setting<'_>| {
        !known.contains(setting.key) && setting.key.len() >= 5 && !schema.schema.property(setting.key).is_declared()
    };
    let free = OnceCell::new();
    let mut compared = 0;
    for setting in subject.environment.settings.iter().filter(is_new) {
        let free: &Vec<&str> = free.get_or_init(|| {
            let free = schema.schema.keys().filter(|key| subject.environment.get(key).is_none());
            free.collect()
        });
        compared += free.len();
        if compared > MOST_COMPARISONS {
            break;
        }
        let near = match nearest(setting.key, free.iter().copied()) {
            Some(near) if !is_slip(setting.key, near) => {
                nearest(setting.key, free.iter().copied().filter(|key| is_slip(setting.key, key)))
            }
            near => near,
        };
        if let Some(near) = near {
            let finding = found(
                subject,
                setting,
                format!("{} is not in the schema, but {near} is", setting.key),
                format!("did you mean {near}?"),
            );
            findings.push(finding.severity(Severity::Warning));
        }
    }
}

/// Whether two names differ as a slip of the hand makes them: by a letter, or by two within one long word. `SMTP_HOST` and
/// `SMTP_PORT` are two names.
fn is_slip(one: &str, other: &str) -> bool {
    const LONG: usize = 6;
    match strsim::osa_distance(one, other) {
        0 | 1 => true,
        2 => {
            let (ones, others) = (one.split('_'), other.split('_'));
            ones.clone().count() == others.clone().count()
                && ones
                    .zip(others)
                    .filter(|(one, other)| one != other)
                    .all(|(one, other)| one.len().min(other.len()) >= LONG)
        }
        _ => false,
    }
}

fn found<'a>(subject: &Subject<'a>, setting: &Setting<'a>, message: String, help: String) -> Finding {
    // The process environment has the last word only about what a file brings up.
    let of_files = subject.environment.layers.iter().rev().filter(|layer| layer.name != PROCESS);
    let mut named = of_files
        .filter_map(|layer| Some((layer, layer.entries.iter().rfind(|entry| layer.key(entry) == setting.key)?)));
    let Some((layer, entry)) = named.next() else { return subject.about(&RULE, setting, message).help(help) };
    let span = layer.span(&entry.key);
    let finding = subject.finding(&RULE, message).key(setting.key);
    finding.at(span, format!("from layer {}", layer.name)).help(help)
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips_and_other_names() {
        for (one, other, expected) in [
            ("LOG_LEVL", "LOG_LEVEL", true),
            ("DATABSE_URL", "DATABASE_URL", true),
            ("DATBSE_URL", "DATABASE_URL", true),
            ("DATABASEURL", "DATABASE_URL", true),
            ("SMTP_HOST", "SMTP_PORT", false),
            ("EMAIL_USE_SSL", "EMAIL_USE_TLS", false),
            ("API_KEY", "APP_KEY", true),
            ("QUEUE", "CACHE", false),
        ] {
            assert_eq!(is_slip(one, other), expected, "{one} {other}");
        }
    }
}
