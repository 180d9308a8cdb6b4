//! A value is not one of those that the schema lists, or is one that must not be used here.
//!
//! Why it hurts: code that switches over the known values falls through to whatever comes last.
//!
//! Example: `LOG_LEVEL=verbose` with `"enum": ["debug", "info", "warn", "error"]`.
//!
//! Remedy: use one of the values that the message lists.

use super::{Subject, with_article};
use crate::detection;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "not-allowed-value",
    severity: Severity::Error,
    summary: "a value is not one of those allowed",
    page: include_str!("not_allowed_value.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let wanted = |kind: &ViolationKind| {
        matches!(kind, ViolationKind::NotAllowed { .. } | ViolationKind::Forbidden | ViolationKind::NotHere { .. })
    };
    for (violation, setting) in subject.violations_of(wanted) {
        // A secret that is ruled out by name is a published one; that check tells it.
        if violation.kind == ViolationKind::Forbidden && subject.project.is_secret(setting.key) {
            continue;
        }
        // A secret in plain sight that may stand nowhere: that check says to take it away.
        let layer = subject.environment.layers[setting.layer];
        let seen = !layer.sealed && setting.value.text().is_some_and(|text| detection::token(text).is_some());
        if matches!(violation.kind, ViolationKind::NotHere { .. })
            && seen
            && subject.project.belongs_nowhere(setting.key)
        {
            continue;
        }
        let see = subject.said_of(violation);
        let environment = &subject.environment.name;
        let (message, help) = match &violation.kind {
            ViolationKind::NotAllowed { .. } if subject.shown(setting).is_none() => {
                // The list of what a secret may be would tell it.
                (
                    format!("{}, which is not one of those allowed", subject.is_wrong(violation, setting)),
                    format!("see {see}"),
                )
            }
            ViolationKind::NotAllowed { allowed, types, .. } if allowed.is_empty() && types.is_empty() => {
                let message =
                    format!("{}, and the schema allows no value at all", subject.is_wrong(violation, setting));
                (message, format!("see {see}"))
            }
            ViolationKind::NotAllowed { allowed, nearest, types } => {
                let help = match nearest {
                    Some(near) => format!("did you mean {near}? ({see})"),
                    None => format!("see {see}"),
                };
                let is = subject.is_wrong(violation, setting);
                (format!("{is}, allowed is {}", several(allowed, types.iter().copied().map(with_article))), help)
            }
            ViolationKind::NotHere { allowed_environments } => {
                let key = told_name(setting.key);
                let message = match super::listed(allowed_environments, "and") {
                    nowhere if nowhere.is_empty() => format!("{key} must not be set in any environment"),
                    others => format!("{key} must not be set in {environment}, only in {others}"),
                };
                (message, format!("take it away here; see {see}"))
            }
            _ => {
                let pointed = violation.pointer.contains("/x-sparkcfg/in/");
                let place = if pointed { format!(" in {environment}") } else { String::new() };
                (
                    format!("{}, which must not be used{place}", subject.is_wrong(violation, setting)),
                    format!("choose another value; see {see}"),
                )
            }
        };
        findings.push(
            subject.about_violation(&RULE, violation, setting, message).help(subject.help_with_look(setting, help)),
        );
    }
}

/// The values that are allowed, and the types of which every value is.
fn several(allowed: &[String], types: impl Iterator<Item = &'static str>) -> String {
    const MOST: usize = 8;
    let mut named: Vec<_> = allowed.iter().take(MOST).cloned().collect();
    named.extend((allowed.len() > MOST).then(|| format!("one of {} more", allowed.len() - MOST)));
    named.extend(types.map(str::to_owned));
    super::listed(&named, "or")
}
