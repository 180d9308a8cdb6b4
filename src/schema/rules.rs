//! The root's rules over several keys: which agree, and which differ.

use std::cmp::Ordering;

use serde_json::Value;

use super::check::written;
use super::compile::Refusal;
use super::extension::{Group, KEYWORD, Member, RootExtension};
use super::parts::Part;
use super::plan::Plan;
use super::typed::{Reading, Typed, Types};

/// A rule that is broken in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The rule's position within `agree` or `differ`.
    pub rule: usize,
    /// The rule in the schema, as a JSON pointer.
    pub pointer: String,
    /// What it asks for.
    pub kind: RuleKind,
    /// `agree`: the first member that has a value, and one that has another. `differ`: the first of those that have one
    /// value, and another of them. `contain`: the list, and what it lacks.
    pub members: [Member; 2],
}

/// What a rule over several keys asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// One value.
    Agree,
    /// Pairwise different values.
    Differ,
    /// A list that has the others among its items.
    Contain,
}

impl RuleKind {
    /// The member of the root's `x-sparkcfg` that says so.
    const fn keyword(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Differ => "differ",
            Self::Contain => "contain",
        }
    }
}

/// What is known of a key in one environment.
#[derive(Clone, Copy)]
pub enum Lookup<'a> {
    /// Not set: the schema's default holds, if there is one.
    Absent,
    /// Set, and not opened.
    Sealed,
    /// Set to this.
    Text(&'a str),
}

/// A key and its text.
type Text<'t> = (&'t str, &'t str);

/// What rules look at.
pub(super) struct Values<'v> {
    /// A key's value, if it is known.
    pub(super) text: &'v dyn Fn(&str) -> Option<String>,
    /// The items of a list.
    pub(super) items: &'v dyn Fn(&str) -> Option<Vec<Value>>,
    /// Whether the texts of two keys are one value by what the schema says of both.
    pub(super) is_same: &'v dyn Fn(Text<'_>, Text<'_>) -> bool,
}

/// A rule, read.
#[derive(Debug)]
pub(super) struct Rule {
    kind: RuleKind,
    index: usize,
    members: Vec<Member>,
    when: Vec<(Member, Vec<Value>)>,
}

impl Rule {
    /// Reads all rules of the root's `x-sparkcfg`.
    pub(super) fn all(root: &RootExtension, plan: &Plan) -> Result<Vec<Self>, Refusal> {
        let kinds =
            [(RuleKind::Agree, &root.agree), (RuleKind::Differ, &root.differ), (RuleKind::Contain, &root.contain)];
        let groups = kinds.iter().flat_map(|(kind, groups)| {
            groups.iter().enumerate().map(move |(index, group)| Self::read(*kind, index, group)?.settled(plan))
        });
        groups.collect()
    }

    /// A rule about a key that the schema refuses would never be broken, and nobody would know.
    fn settled(self, plan: &Plan) -> Result<Self, Refusal> {
        let Some(refused) = self.keys().find(|key| plan.refuses(key)) else { return Ok(self) };
        let refusal = Refusal::new(pointer(self.kind, self.index), format!("the schema has no key `{refused}`"));
        Err(match crate::suggestion::nearest(refused, plan.keys()) {
            Some(known) => refusal.help(format!("did you mean `{known}`?")),
            None => refusal,
        })
    }

    fn read(kind: RuleKind, index: usize, group: &Group) -> Result<Self, Refusal> {
        let place = pointer(kind, index);
        let (keys, when) = match group {
            Group::Always(keys) => (keys, None),
            Group::When(group) => (&group.keys, Some(&group.when)),
        };
        let member = |text: &str| {
            Member::parse(text).map_err(|part| {
                let names = Part::NAMES.map(|(name, _)| name);
                let help = match crate::suggestion::nearest(&part, names) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("the parts are {}", names.join(", ")),
                };
                Refusal::new(place.clone(), format!("`{text}` names no part of a URL")).help(help)
            })
        };
        if keys.len() < 2 {
            return Err(Refusal::new(place, "a rule over several keys needs two at least"));
        }
        let members: Vec<Member> = keys.iter().map(|key| member(key)).collect::<Result<_, _>>()?;
        let conditions = when.into_iter().flatten();
        let when =
            conditions.map(|(key, values)| Ok((member(key)?, values.clone()))).collect::<Result<_, Refusal>>()?;
        if let (RuleKind::Contain, Some(list)) = (kind, members.first().filter(|list| list.part.is_some())) {
            return Err(Refusal::new(place, format!("`{list}` is part of a URL, and no list"))
                .help("the first member of `contain` is the key of a list, the others are what it must have"));
        }
        Ok(Self { kind, index, members, when })
    }

    /// The keys that it names, those of its conditions included.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let members = self.members.iter().chain(self.when.iter().map(|(member, _)| member));
        members.map(|member| member.key.as_str())
    }

    /// Where it stands, as a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        pointer(self.kind, self.index)
    }

    /// Whether it wants the whole values of two keys to be one.
    pub(super) fn makes_equal(&self, one: &str, other: &str) -> bool {
        let has = |key: &str| self.members.iter().any(|member| member.part.is_none() && member.key == key);
        self.kind == RuleKind::Agree && has(one) && has(other)
    }

    /// What is broken: each member that breaks it, beside the one that it is held against.
    pub(super) fn check(&self, values: &Values<'_>) -> Vec<Disagreement> {
        let Values { text, items, is_same } = values;
        let value = |member: &Member| {
            let text = text(&member.key)?;
            match member.part {
                // A URL that carries no password says that none is asked for; that is an answer too.
                Some(part @ (Part::User | Part::Password)) if text.contains("://") => {
                    Some(part.of(&text).map(std::borrow::Cow::into_owned).unwrap_or_default())
                }
                Some(part) => part.of(&text).map(std::borrow::Cow::into_owned),
                None => Some(text),
            }
        };
        let holds = |(member, values): &(Member, Vec<Value>)| {
            value(member).is_some_and(|text| values.iter().any(|wanted| member_spells(member, &text, wanted)))
        };
        if !self.when.iter().all(holds) {
            return Vec::new();
        }
        if self.kind == RuleKind::Contain {
            let [list, others @ ..] = self.members.as_slice() else { return Vec::new() };
            let Some(items) = items(&list.key) else { return Vec::new() };
            let lacks = |member: &Member, text: &str| !items.iter().any(|item| member_spells(member, text, item));
            let lacking = others.iter().filter(|member| value(member).is_some_and(|text| lacks(member, &text)));
            return lacking.map(|member| self.broken(list, member)).collect();
        }
        let known: Vec<_> = self.members.iter().filter_map(|member| Some((member, value(member)?))).collect();
        let mut groups: Vec<Vec<(&Member, &str)>> = Vec::new();
        for (member, value) in &known {
            let is_one = |(other, text): &(&Member, &str)| {
                same(value, text)
                    || match (member.part, other.part) {
                        (None, None) => is_same((&member.key, value), (&other.key, text)),
                        (Some(part), None) => part.is_said_by(value, text),
                        (None, Some(part)) => part.is_said_by(text, value),
                        (Some(_), Some(_)) => false,
                    }
            };
            match groups.iter_mut().find(|members| members.iter().any(is_one)) {
                Some(members) => members.push((member, value)),
                None => groups.push(vec![(member, value)]),
            }
        }
        if self.kind == RuleKind::Agree {
            // What a schema names first is what it is about.
            let Some((first, others)) = groups.split_first() else { return Vec::new() };
            let odd = others.iter().flatten();
            return odd.map(|(member, _)| self.broken(first[0].0, member)).collect();
        }
        let collisions = groups.iter().flat_map(|group| group.iter().skip(1).map(|(member, _)| (group[0].0, *member)));
        collisions.map(|(first, member)| self.broken(first, member)).collect()
    }

    fn broken(&self, first: &Member, other: &Member) -> Disagreement {
        let members = [first.clone(), other.clone()];
        Disagreement { rule: self.index, pointer: pointer(self.kind, self.index), kind: self.kind, members }
    }
}

fn pointer(kind: RuleKind, index: usize) -> String {
    format!("/{KEYWORD}/{}/{index}", kind.keyword())
}

fn read(text: &str, types: Types) -> Typed<'_> {
    Typed::read(text, &Reading { types, ..Reading::default() })
}

/// Whether two texts are one value: numbers by value, all else by character.
fn same(one: &str, two: &str) -> bool {
    let number = |text| read(text, Types::NUMBER).numeral();
    one == two || number(one).zip(number(two)).is_some_and(|(one, two)| one.compare(two) == Some(Ordering::Equal))
}

/// Whether what a member says is a value of the schema.
fn member_spells(member: &Member, text: &str, wanted: &Value) -> bool {
    let said = || Some(member.part?.is_said_by(text, wanted.as_str()?));
    spells(text, wanted) || said().unwrap_or_default()
}

/// Whether a text spells a value of the schema.
fn spells(text: &str, wanted: &Value) -> bool {
    match wanted {
        Value::Bool(wanted) => read(text, Types::BOOLEAN) == Typed::Boolean(*wanted),
        wanted => same(text, &written(wanted)),
    }
}
