//! A rule of the schema is broken that no other code names.
//!
//! These are the rules about whole environments or combinations: `anyOf`, `oneOf`, `not`, `if`, `contains`,
//! `uniqueItems`, `minProperties` and others; and what is missing or too much within an object that a key holds.
//!
//! Example: `TLS_CERT` and `TLS_CERT_BASE64` in one environment, with `"oneOf": [{ "required": ["TLS_CERT"] }, …]`.
//!
//! Remedy: see the rule at the place that the finding names. A `description` or `$comment` beside the rule is printed
//! with the finding.

use super::{Subject, listed};
use crate::environment::Setting;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::schema::violation::{Over, Violation, ViolationKind};

pub(super) static RULE: Rule = Rule {
    code: "schema-rule",
    severity: Severity::Error,
    summary: "a rule of the schema is broken",
    page: include_str!("schema_rule.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    if subject.project.schema.is_none() {
        return;
    }
    for violation in &subject.violations {
        let finding = match violation.key.as_deref().and_then(|key| subject.environment.get(key)) {
            Some(setting) => about_a_key(subject, violation, setting),
            None => about_the_whole(subject, violation),
        };
        findings.extend(finding.map(|finding| finding.help(subject.help_about(violation))));
    }
}

fn about_a_key<'a>(subject: &Subject<'a>, violation: &Violation, setting: &Setting<'a>) -> Option<Finding> {
    let message = match &violation.kind {
        ViolationKind::Rule { keyword, .. } if keyword == "not" => {
            format!("{}, which the schema rules out", subject.is_wrong(violation, setting))
        }
        ViolationKind::Rule { keyword, .. } if keyword == "uniqueItems" => {
            return Some(about_twins(subject, violation, setting));
        }
        ViolationKind::Rule { keyword, .. } => {
            format!("{}, {}", subject.is_wrong(violation, setting), unfulfilled(subject, violation, keyword))
        }
        kind => about_a_member(subject, violation, kind, setting)?,
    };
    Some(subject.about_violation(&RULE, violation, setting, message))
}

/// How a value breaks a rule.
fn unfulfilled(subject: &Subject<'_>, violation: &Violation, keyword: &str) -> String {
    let schema = subject.project.schema.as_ref();
    let asked = || schema.and_then(|schema| schema.schema.value(&violation.pointer)).map(ToString::to_string);
    let asked = asked().unwrap_or_default();
    let items = if asked == "1" { "item" } else { "items" };
    match keyword {
        "oneOf" => "which does not fit exactly one alternative of `oneOf`".to_owned(),
        "anyOf" => "which fits no alternative of `anyOf`".to_owned(),
        "false" => "where the schema allows no item".to_owned(),
        "contains" => "which has no item of the kind that `contains` asks for".to_owned(),
        "minContains" => format!("which needs at least {asked} {items} of the kind that `contains` asks for"),
        "maxContains" => format!("which may have at most {asked} {items} of the kind that `contains` asks for"),
        "contentEncoding" => format!("which is not encoded as {}", asked.trim_matches('"')),
        _ => format!("which breaks the rule `{keyword}`"),
    }
}

/// An item that a list has twice, at its second place.
fn about_twins<'a>(subject: &Subject<'a>, violation: &Violation, setting: &Setting<'a>) -> Finding {
    let twins = || {
        let text = setting.value.text().filter(|_| subject.shown(setting).is_some())?;
        let schema = &subject.project.schema.as_ref()?.schema;
        let value = schema.typed(Some(&subject.environment.name), setting.key, text).to_value();
        let items = value.pointer(&violation.path)?.as_array()?;
        let again = (1..items.len()).find(|at| items[..*at].contains(&items[*at]))?;
        Some((items.iter().position(|item| *item == items[again])?, again))
    };
    let Some((first, again)) = twins() else {
        let message = format!("{}, which has an item twice", subject.is_wrong(violation, setting));
        return subject.about_violation(&RULE, violation, setting, message);
    };
    let item = Violation { path: format!("{}/{again}", violation.path), ..violation.clone() };
    let message = format!("{}, and so is item {}", subject.is_wrong(&item, setting), first + 1);
    subject.about_violation(&RULE, &item, setting, message)
}

/// What is wrong with a member of an object that a setting holds: it is missing, or nobody knows it.
fn about_a_member<'a>(
    subject: &Subject<'a>,
    violation: &Violation,
    kind: &ViolationKind,
    setting: &Setting<'a>,
) -> Option<String> {
    let (outer, member) = violation.path.rsplit_once('/')?;
    let whose = subject.whose_part(outer, setting);
    let member = match subject.shown(setting) {
        Some(_) => format!("`{}`", told_name(&crate::schema::place::unescape(member))),
        None => "a member".to_owned(),
    };
    match kind {
        ViolationKind::Missing { .. } => Some(format!("{whose} lacks {member}, which the schema requires")),
        ViolationKind::Unknown { .. } => Some(format!("{whose} has {member}, which is not in the schema")),
        _ => None,
    }
}

/// A rule about several keys, or about how many there are; at the key that was set last of those that it names.
fn about_the_whole(subject: &Subject<'_>, violation: &Violation) -> Option<Finding> {
    let name = &subject.environment.name;
    let count = subject.environment.settings.iter().filter(|setting| setting.is_set()).count();
    let keys = if count == 1 { "key" } else { "keys" };
    let (message, named) = match &violation.kind {
        ViolationKind::Rule { keyword, over: Some(over) } => {
            (format!("{name} {}", broken(subject, keyword, over)), over.keys.as_slice())
        }
        ViolationKind::Rule { keyword, .. } => (format!("{name} breaks the rule `{keyword}` of the schema"), &[][..]),
        ViolationKind::TooShort { limit, .. } => {
            (format!("{name} sets {count} {keys}, it needs at least {limit}"), &[][..])
        }
        ViolationKind::TooLong { limit, .. } => {
            (format!("{name} sets {count} {keys}, it may set at most {limit}"), &[][..])
        }
        _ => return None,
    };
    let mut set: Vec<_> = named.iter().filter_map(|key| set(subject, key)).collect();
    set.sort_by_key(|setting| (setting.layer, setting.entry));
    let mut finding = subject.finding(&RULE, message);
    let last = set.pop();
    if let Some(last) = last {
        let layer = subject.environment.layers[last.layer];
        finding = finding.key(last.key).at(subject.environment.place(last), format!("from layer {}", layer.name));
    }
    for other in set {
        finding = finding.related(subject.environment.place(other), "the rule looks at this, too");
    }
    let schema = subject.project.schema.as_ref()?;
    let parent = violation.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    Some(match schema.place(&violation.pointer).or_else(|| schema.place(parent)) {
        Some(span) if last.is_none() => finding.at(span, "this rule"),
        Some(span) if !subject.project.has_built_in_schema() => finding.related(span, "this rule"),
        _ => finding,
    })
}

fn set<'s, 'a>(subject: &'s Subject<'a>, key: &str) -> Option<&'s Setting<'a>> {
    subject.environment.get(key).filter(|setting| setting.is_set())
}

/// How the keys of an environment break a rule: `sets A and B, and may set only one of them`.
fn broken(subject: &Subject<'_>, keyword: &str, over: &Over) -> String {
    let told = |keys: &[String]| keys.iter().map(|key| told_name(key)).collect::<Vec<_>>();
    let is_set = |key: &&String| set(subject, key).is_some();
    let chosen: Vec<_> = over.choices.iter().flatten().filter(is_set).map(|key| told_name(key)).collect();
    let are_single = over.choices.iter().all(|choice| choice.len() == 1);
    let one_each = over.choices.iter().map(|choice| match told(choice).as_slice() {
        [one, other] => format!("both {one} and {other}"),
        several => listed(several, "and"),
    });
    let one_each: Vec<_> = one_each.collect();
    match (keyword, one_each.as_slice()) {
        ("not", [_]) if chosen.len() > 1 => format!("sets {}, which may not be set together", listed(&chosen, "and")),
        ("not", [_]) => format!("sets {}, which the schema rules out", listed(&chosen, "and")),
        ("anyOf" | "oneOf", [one, other]) if over.fitting == 0 && are_single => {
            format!("sets neither {one} nor {other}, and needs one of them")
        }
        ("anyOf" | "oneOf", [_, ..]) if over.fitting == 0 && are_single => {
            format!("sets none of {}, and needs one of them", listed(&one_each, "and"))
        }
        ("anyOf" | "oneOf", [_, ..]) if over.fitting == 0 => format!("needs {}", one_each.join(", or ")),
        ("oneOf", [_, _]) if are_single => {
            format!("sets both {}, and may set only one of them", listed(&chosen, "and"))
        }
        ("oneOf", [_, ..]) if are_single => {
            format!("sets {}, and may set only one of {}", listed(&chosen, "and"), listed(&one_each, "and"))
        }
        ("oneOf", [_, ..]) => format!("may have only {}", one_each.join(", or ")),
        _ => {
            let about = listed(&told(&over.keys), "and");
            let about = if about.is_empty() { "of the schema".to_owned() } else { format!("about {about}") };
            match (keyword, over.fitting) {
                ("oneOf", 2..) => format!("breaks the rule `oneOf` {about}: more than one alternative fits"),
                ("oneOf" | "anyOf", _) => format!("breaks the rule `{keyword}` {about}: no alternative fits"),
                _ => format!("breaks the rule `{keyword}` {about}"),
            }
        }
    }
}
