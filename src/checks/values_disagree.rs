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
use crate::schema::parts::Part;
use crate::schema::rules::{Disagreement, RuleKind};

pub(super) static RULE: Rule = Rule {
    code: "values-disagree",
    severity: Severity::Error,
    summary: "two values differ that must be equal",
    page: include_str!("values_disagree.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    told(subject, RuleKind::Agree, &RULE, findings);
}

/// Tells the broken rules of one kind; [`super::values_collide`] tells the other.
pub(super) fn told(subject: &Subject<'_>, kind: RuleKind, rule: &'static Rule, findings: &mut Vec<Finding>) {
    for broken in subject.disagreements.iter().filter(|broken| broken.kind == kind) {
        findings.push(one(subject, broken, rule));
    }
}

fn one(subject: &Subject<'_>, broken: &Disagreement, rule: &'static Rule) -> Finding {
    let members = broken.members.iter().map(|member| {
        let setting = subject.environment.get(&member.key).filter(|setting| setting.is_set());
        let key = told_name(&member.key);
        let what = member.part.map_or_else(|| key.clone(), |part| format!("the {} of {key}", part.name()));
        let default = || subject.project.schema.as_ref()?.schema.property(&member.key).default_text();
        let value = match setting {
            Some(setting) => shown(subject, &member.key, setting.value.text().unwrap_or_default(), member.part),
            None => default()
                .and_then(|text| shown(subject, &member.key, &text, member.part))
                .map(|text| format!("{text} by default")),
        };
        (what, value, setting)
    });
    let members: Vec<_> = members.collect();
    let [(first, first_value, first_setting), others @ ..] = members.as_slice() else {
        return subject.finding(rule, "a rule about several values is broken");
    };
    // Of several that agree with each other, the one that does not is told.
    let odd = others.iter().find(|(_, value, _)| broken.kind == RuleKind::Differ || value != first_value);
    let Some((second, second_value, second_setting)) = odd.or(others.last()) else {
        return subject.finding(rule, "a rule about several values is broken");
    };
    let message = match (broken.kind, first_value, second_value) {
        (RuleKind::Agree, Some(one), Some(other)) => format!("{first} is {one}, but {second} is {other}"),
        (RuleKind::Agree, ..) => format!("{first} and {second} are not the same (hidden)"),
        (RuleKind::Differ, Some(one), Some(_)) => format!("{first} and {second} are both {one}"),
        (RuleKind::Differ, ..) => format!("{first} and {second} are the same (hidden)"),
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
    let verb = if broken.kind == RuleKind::Agree { "must be equal" } else { "must differ" };
    finding.help(format!("they {verb}: {}", subject.said_by(&broken.pointer)))
}

/// A part of a secret URL may be told unless it is the user or the password: host and port are what people compare.
fn shown(subject: &Subject<'_>, key: &str, text: &str, part: Option<Part>) -> Option<String> {
    match part {
        Some(Part::Password | Part::User) => None,
        Some(part) => part.of(text).map(std::borrow::Cow::into_owned),
        None if subject.project.hides(key, text) => None,
        None => Some(super::shortened(text)),
    }
}
