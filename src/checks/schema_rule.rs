//! A rule of the schema is broken that no other code names.
//!
//! These are the rules about whole environments or combinations: `anyOf`, `oneOf`, `not`, `if`, `contains`,
//! `uniqueItems`, `minProperties` and others; and what is missing or too much within an object that a key holds.
//!
//! Remedy: see the rule at the place that the finding names. A `description` or `$comment` beside the rule is printed
//! with the finding.

use super::Subject;
use crate::environment::Setting;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::violation::{Violation, ViolationKind};

pub(super) static RULE: Rule = Rule {
    code: "schema-rule",
    severity: Severity::Error,
    summary: "a rule of the schema is broken",
    page: include_str!("schema_rule.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(schema) = &subject.project.schema else { return };
    for violation in &subject.violations {
        let setting = violation.key.as_deref().and_then(|key| subject.environment.get(key));
        if let Some(setting) = setting
            && let Some(what) = about_a_part(subject, violation, setting)
        {
            findings.push(subject.about(&RULE, setting, what).help(subject.help(&violation.pointer)));
            continue;
        }
        let keyword = match (&violation.kind, setting) {
            (ViolationKind::Rule { keyword }, _) => keyword.as_str(),
            (ViolationKind::TooShort { .. }, None) => "minProperties",
            (ViolationKind::TooLong { .. }, None) => "maxProperties",
            _ => continue,
        };
        let parent = violation.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let finding = match setting {
            Some(setting) => {
                let what = match keyword {
                    "not" => "which the schema rules out".to_owned(),
                    _ => format!("which breaks the rule `{keyword}`"),
                };
                let message = format!("{}, {what}", subject.is_wrong(violation, setting));
                subject.about_violation(&RULE, violation, setting, message)
            }
            None => {
                let finding = subject
                    .finding(&RULE, format!("{} breaks the rule `{keyword}` of the schema", subject.environment.name));
                match schema.place(&violation.pointer).or_else(|| schema.place(parent)) {
                    Some(span) => finding.at(span, "this rule"),
                    None => finding,
                }
            }
        };
        findings.push(finding.help(subject.help(&violation.pointer)));
    }
}

/// What is wrong with a member of an object that a setting holds: it is missing, or nobody knows it.
fn about_a_part<'a>(subject: &Subject<'a>, violation: &Violation, setting: &Setting<'a>) -> Option<String> {
    let part = violation.path.strip_prefix('/')?;
    let part = match subject.shown(setting) {
        Some(_) => format!("`{}`", told_name(&part.replace('/', "."))),
        None => "a member".to_owned(),
    };
    let key = told_name(setting.key);
    match violation.kind {
        ViolationKind::Missing { .. } => Some(format!("{key} lacks {part}, which the schema requires")),
        ViolationKind::Unknown { .. } => Some(format!("{key} has {part}, which is not in the schema")),
        _ => None,
    }
}
