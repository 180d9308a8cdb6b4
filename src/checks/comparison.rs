//! How two values that must be equal, or must differ, are told; shared by the checks of both.

use super::{Subject, told_name};
use crate::environment::{Resolved, Setting};
use crate::finding::{Finding, Rule};
use crate::schema::{Disagreement, Relation, parts};

/// Tells the broken rules of one kind.
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
            Some(setting) => told_value(subject, setting, part),
            None => subject
                .project
                .schema
                .as_ref()
                .and_then(|schema| schema.schema.property(key)?.default())
                .filter(|text| !subject.project.hides(key, text))
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

/// A part of a URL in plain sight may be told unless it is the password: its host or port is what people compare.
/// Of a sealed value nothing is told.
fn told_value<'a>(subject: &Subject<'a>, setting: &Setting<'a>, part: Option<&str>) -> Option<String> {
    let Some(part) = part else { return subject.shown(setting) };
    let layer = subject.environment.layers[setting.layer];
    let written = layer.content(layer.entries.get(setting.entry)?)?;
    let told = parts::of(setting.value.text()?, part)?;
    // A value that refers to a secret tells only what its own line shows.
    let secret = matches!(setting.value, Resolved::Secret(_)) && !written.contains(&told);
    (!layer.sealed && !secret && !matches!(part, "password" | "user")).then_some(told)
}
