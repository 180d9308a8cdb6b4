//! How values that must be equal, or must differ, are told; shared by the checks of both.

use super::Subject;
use crate::detection;
use crate::environment::{Resolved, Setting};
use crate::finding::{Finding, Rule, told_name};
use crate::interpolation::references;
use crate::layer::{Entry, Layer};
use crate::schema::extension::Member;
use crate::schema::parts::Part;
use crate::schema::rules::{Disagreement, RuleKind};

/// Tells the broken rules of one kind.
pub(super) fn told(subject: &Subject<'_>, kind: RuleKind, rule: &'static Rule, findings: &mut Vec<Finding>) {
    // Those of one rule stand side by side.
    let of_kind: Vec<_> = subject.disagreements.iter().filter(|broken| broken.kind == kind).collect();
    for of_rule in of_kind.chunk_by(|one, next| one.rule == next.rule) {
        findings.extend(of_rule.iter().map(|broken| one(subject, broken, rule, of_rule.len() > 1)));
    }
}

/// `is_one_of_several` says whether other values break the rule as well, so that each is to stand at its own line.
fn one(subject: &Subject<'_>, broken: &Disagreement, rule: &'static Rule, is_one_of_several: bool) -> Finding {
    let member = |member: &Member| {
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
    };
    let [(first, first_value, first_setting), (second, second_value, second_setting)] =
        [member(&broken.members[0]), member(&broken.members[1])];
    let message = match (broken.kind, &first_value, &second_value) {
        (RuleKind::Agree, Some(one), Some(other)) => format!("{first} is {one}, but {second} is {other}"),
        (RuleKind::Agree, ..) => format!("{first} and {second} are not the same (hidden)"),
        (RuleKind::Contain, _, Some(item)) => format!("{first} lacks {item}, {second}"),
        (RuleKind::Contain, ..) => format!("{first} lacks {second} (hidden)"),
        (RuleKind::Differ, Some(one), Some(_)) => format!("{first} and {second} are both {one}"),
        (RuleKind::Differ, ..) => format!("{first} and {second} are the same (hidden)"),
    };
    let mut finding = subject.finding(rule, message);
    // Of the two, the value of the higher layer made them differ; but one that can be seen tells more.
    let mut settings: Vec<_> = [second_setting, first_setting].into_iter().flatten().collect();
    settings.sort_by_key(|setting| {
        let height = if is_one_of_several { 0 } else { setting.layer };
        (subject.environment.layers[setting.layer].sealed, std::cmp::Reverse(height))
    });
    let mut settings = settings.into_iter();
    if let Some(setting) = settings.next() {
        let layer = subject.environment.layers[setting.layer];
        finding = finding.key(setting.key).at(subject.environment.place(setting), format!("from layer {}", layer.name));
    }
    if let Some(setting) = settings.next() {
        finding = finding.related(subject.environment.place(setting), "compared with this");
    }
    let said = subject.said_by(&broken.pointer);
    finding.help(match broken.kind {
        RuleKind::Agree => format!("they must be equal: {said}"),
        RuleKind::Differ => format!("they must differ: {said}"),
        RuleKind::Contain => format!("add it to the list, or change the other: {said}"),
    })
}

/// A part of a URL in plain sight, where [`may_tell`] allows it. Of a sealed value nothing is told.
fn told_value<'a>(subject: &Subject<'a>, setting: &Setting<'a>, part: Option<Part>) -> Option<String> {
    let Some(part) = part else { return subject.shown(setting) };
    let layer = subject.environment.layers[setting.layer];
    let entry = layer.entries.get(setting.entry)?;
    let text = setting.value.text()?;
    let told = part.of(text)?;
    // A value that refers to a secret tells only what its own line shows.
    let secret = matches!(setting.value, Resolved::Secret(_)) && !own_text(subject, layer, entry)?.contains(&*told);
    (!layer.sealed && !secret && may_tell(subject, setting.key, text, part)).then(|| told.into_owned())
}

/// What is written, without the references to secrets and what they default to.
fn own_text(subject: &Subject<'_>, layer: &Layer, entry: &Entry) -> Option<String> {
    let written = layer.content(entry)?;
    let (mut own, mut at) = (String::new(), 0);
    for reference in references(written).iter().filter(|reference| subject.project.is_secret(reference.name)) {
        if entry.interpolates && reference.range.start >= at {
            own.push_str(written.get(at..reference.range.start)?);
            own.push('\n');
            at = reference.range.end;
        }
    }
    own.push_str(written.get(at..)?);
    Some(own)
}

/// Whether a part of a URL may be told: host and port are what people compare. Where an `@` stands at a place that
/// leaves open which part is the password, none is; and of a secret only what says where it leads.
fn may_tell(subject: &Subject<'_>, key: &str, text: &str, part: Part) -> bool {
    let place = matches!(part, Part::Scheme | Part::Host | Part::Port | Part::Database);
    let allowed = place || part == Part::Origin && !subject.project.is_secret(key);
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    let clear = match rest.matches('@').count() {
        0 => true,
        1 => authority.contains('@'),
        _ => false,
    };
    allowed && clear && detection::known_token(text).is_none()
}

fn told_default(subject: &Subject<'_>, key: &str, text: String, part: Option<Part>) -> Option<String> {
    match part {
        Some(part) if !may_tell(subject, key, &text, part) => None,
        Some(part) => part.of(&text).map(std::borrow::Cow::into_owned),
        None => (!subject.project.hides(key, &text)).then_some(text),
    }
}
