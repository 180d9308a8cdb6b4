//! How values that must be equal, or must differ, are told; shared by the checks of both.

use super::Subject;
use crate::detection::told_name;
use crate::environment::{Resolved, Setting};
use crate::finding::{Finding, Rule};
use crate::schema::parts::Part;
use crate::schema::rules::{Disagreement, RuleKind};

/// Tells the broken rules of one kind.
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
            Some(setting) => told_value(subject, setting, member.part),
            None => default()
                .and_then(|text| told_default(subject, &member.key, text, member.part))
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
        finding = finding.key(setting.key).at(subject.environment.place(setting), format!("from layer {}", layer.name));
    }
    if let Some(setting) = settings.next() {
        finding = finding.related(subject.environment.place(setting), "compared with this");
    }
    let verb = if broken.kind == RuleKind::Agree { "must be equal" } else { "must differ" };
    finding.help(format!("they {verb}: {}", subject.said_by(&broken.pointer)))
}

/// A part of a URL in plain sight may be told unless it is the user or the password: host and port are what people
/// compare. Of a sealed value nothing is told.
fn told_value<'a>(subject: &Subject<'a>, setting: &Setting<'a>, part: Option<Part>) -> Option<String> {
    let Some(part) = part else { return subject.shown(setting) };
    let layer = subject.environment.layers[setting.layer];
    let written = layer.content(layer.entries.get(setting.entry)?)?;
    let told = part.of(setting.value.text()?)?;
    // A value that refers to a secret tells only what its own line shows.
    let secret = matches!(setting.value, Resolved::Secret(_)) && !written.contains(&*told);
    (!layer.sealed && !secret && !matches!(part, Part::Password | Part::User)).then(|| told.into_owned())
}

fn told_default(subject: &Subject<'_>, key: &str, text: String, part: Option<Part>) -> Option<String> {
    match part {
        Some(Part::Password | Part::User) => None,
        Some(part) => part.of(&text).map(std::borrow::Cow::into_owned),
        None => (!subject.project.hides(key, &text)).then_some(text),
    }
}
