//! Two values differ that must be equal.
//!
//! The schema says which (`x-sparkcfg.agree` at its root), whole values or parts of URLs: `DATABASE_URL#port` and
//! `POSTGRES_PORT`. Values count after all layers are merged, with the schema's defaults where a key is not set.
//!
//! Why it hurts: the URL says one port and the container listens on another.
//!
//! Remedy: change one of them, or let one refer to the other: `DATABASE_URL=postgres://db:${POSTGRES_PORT}/app`.

use super::{Subject, told_name};
use crate::finding::{Finding, Rule, Severity};
use crate::schema::{Disagreement, Relation, parts};

pub(super) static RULE: Rule = Rule {
    code: "values-disagree",
    severity: Severity::Error,
    summary: "two values differ that must be equal",
    page: include_str!("values_disagree.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    told(subject, Relation::Agree, &RULE, findings);
}

/// Tells the broken rules of one kind; [`super::values_collide`] tells the other.
pub(super) fn told(subject: &Subject<'_>, relation: Relation, rule: &'static Rule, findings: &mut Vec<Finding>) {
    for broken in subject.disagreements.iter().filter(|broken| broken.relation == relation) {
        findings.push(one(subject, broken, rule));
    }
}

fn one(subject: &Subject<'_>, broken: &Disagreement, rule: &'static Rule) -> Finding {
    let members = broken.members.iter().map(|name| {
        let (key, part) = parts::split(name);
        let setting = subject.environment.get(key).filter(|setting| setting.is_set());
        let what = part.map_or_else(|| told_name(key), |part| format!("the {part} of {}", told_name(key)));
        let value = match setting {
            Some(setting) => part_shown(subject, setting.key, setting.value.text().unwrap_or_default(), part),
            None => subject
                .project
                .schema
                .as_ref()
                .and_then(|schema| schema.schema.property(key)?.default())
                .map(|text| format!("{text} by default")),
        };
        (what, value, setting)
    });
    let members: Vec<_> = members.collect();
    let [(first, first_value, first_setting), (second, second_value, second_setting)] = members.as_slice() else {
        return subject.finding(rule, "a rule about several values is broken");
    };
    let message = match (broken.relation, first_value, second_value) {
        (Relation::Agree, Some(one), Some(other)) => format!("{first} is {one}, but {second} is {other}"),
        (Relation::Agree, ..) => format!("{first} and {second} are not the same (hidden)"),
        (Relation::Differ, Some(one), Some(_)) => format!("{first} and {second} are both {one}"),
        (Relation::Differ, ..) => format!("{first} and {second} are the same (hidden)"),
    };
    let mut finding = subject.finding(rule, message);
    let mut settings = [second_setting, first_setting].into_iter().flatten();
    if let Some(setting) = settings.next() {
        let layer = subject.environment.layers[setting.layer];
        finding = finding
            .key(told_name(setting.key))
            .at(subject.environment.place(setting), format!("from layer {}", layer.name));
    }
    if let Some(setting) = settings.next() {
        finding = finding.related(subject.environment.place(setting), "compared with this");
    }
    let verb = if broken.relation == Relation::Agree { "must be equal" } else { "must differ" };
    finding.help(format!("they {verb}: {}", subject.said_by(&broken.pointer)))
}

/// A part of a secret URL may be told unless it is the password: its host or port is what people compare.
fn part_shown(subject: &Subject<'_>, key: &str, text: &str, part: Option<&str>) -> Option<String> {
    match part {
        Some("password" | "user") => None,
        Some(part) => parts::of(text, part),
        None if subject.project.hides(key, text) => None,
        None => Some(super::shortened(text)),
    }
}
