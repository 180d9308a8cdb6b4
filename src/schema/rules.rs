//! `agree` and `differ`: rules about the values of several keys.

use super::extension::CrossRule;
use super::{Schema, parts};

/// Two values that should be equal and are not, or the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// What was asked of them.
    pub relation: Relation,
    /// The rule's place in the schema.
    pub pointer: String,
    /// The members, as the rule names them, in its order: those with a value.
    pub members: Vec<String>,
}

/// What a rule asks of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// All equal.
    Agree,
    /// No two equal.
    Differ,
}

/// A value as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Looked {
    /// Its text.
    Text(String),
    /// Nothing to compare.
    Nothing,
}

impl Schema {
    /// The rules that are broken. `lookup` gives the resolved text of a key: `None` not set, `Some(None)` sealed.
    ///
    /// A key that is not set counts with its default; one that is sealed, or has neither, is left out.
    pub fn disagreements<'v>(&self, lookup: impl Fn(&str) -> Option<Option<&'v str>>) -> Vec<Disagreement> {
        let look = |name: &str| {
            let (key, part) = parts::split(name);
            let text = match lookup(key) {
                Some(Some(text)) => text.to_owned(),
                Some(None) => return Looked::Nothing,
                None => match self.property(key).and_then(|property| property.default()) {
                    Some(text) => text,
                    None => return Looked::Nothing,
                },
            };
            let value = match part {
                // A URL that carries no password says that none is asked for; that is an answer too.
                Some(part @ ("user" | "password")) if text.contains("://") => {
                    Some(parts::of(&text, part).unwrap_or_default())
                }
                Some(part) => parts::of(&text, part),
                None => (!text.is_empty()).then_some(text),
            };
            value.map_or(Looked::Nothing, Looked::Text)
        };
        let rules = self.root.agree.iter().enumerate().map(|(index, rule)| (Relation::Agree, "agree", index, rule));
        let rules = rules
            .chain(self.root.differ.iter().enumerate().map(|(index, rule)| (Relation::Differ, "differ", index, rule)));
        rules
            .filter_map(|(relation, name, index, rule)| {
                let members = broken(relation, rule, &look)?;
                Some(Disagreement { relation, pointer: format!("/x-sparkcfg/{name}/{index}"), members })
            })
            .collect()
    }
}

fn broken(relation: Relation, rule: &CrossRule, look: &dyn Fn(&str) -> Looked) -> Option<Vec<String>> {
    if let CrossRule::When(rule) = rule {
        let holds = rule.when.iter().all(|(name, values)| match look(name) {
            Looked::Text(text) => values.iter().any(|value| same(value, &text)),
            Looked::Nothing => false,
        });
        if !holds {
            return None;
        }
    }
    let known: Vec<_> = rule
        .keys()
        .iter()
        .filter_map(|name| match look(name) {
            Looked::Text(text) => Some((name, text)),
            Looked::Nothing => None,
        })
        .collect();
    let pair = |wanted: bool| {
        let firsts = known.iter().enumerate();
        firsts
            .flat_map(|(index, one)| known[index + 1..].iter().map(move |other| (one, other)))
            .find(|(one, other)| same(&one.1, &other.1) == wanted)
    };
    let (one, other) = pair(relation == Relation::Differ)?;
    Some(vec![one.0.clone(), other.0.clone()])
}

/// Equal as texts, or as whole numbers: `05432` and `5432` are the same port.
fn same(one: &str, other: &str) -> bool {
    one == other || matches!((one.parse::<u64>(), other.parse::<u64>()), (Ok(one), Ok(other)) if one == other)
}
