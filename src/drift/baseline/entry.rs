//! One accepted difference: what it is about, and whether a finding is that.

use std::borrow::Cow;

use serde::Deserialize;

use super::super::live;
use super::Judge;
use crate::finding::Finding;

/// What an entry is about: code, key and sources.
pub(super) type Subject = (String, String, Vec<String>);

/// One accepted difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code of the finding.
    pub code: String,
    /// The key.
    pub key: String,
    /// The sources, sorted.
    #[serde(rename = "in")]
    pub within: Vec<String>,
    /// The values that were accepted, in the order of the sources; none for a secret.
    #[serde(default)]
    pub saw: Option<Vec<String>>,
    /// Of a secret the sealed files that held it, in the same order, each by the name that git has for it; empty for a source
    /// that has none.
    #[serde(default)]
    pub sealed: Option<Vec<String>>,
    /// Why.
    pub why: String,
    /// The last day on which it counts: `2026-12-31`.
    #[serde(default)]
    pub until: Option<String>,
    /// Who said so.
    #[serde(default)]
    pub by: Option<String>,
}

impl Entry {
    pub(super) fn subject(&self) -> Subject {
        (self.code.clone(), self.key.clone(), self.within.clone())
    }

    /// Puts the sources in order, and the values with them.
    pub(super) fn sort(&mut self) {
        let mut pairs: Vec<_> = self.within.iter().cloned().enumerate().collect();
        pairs.sort_by(|(_, one), (_, other)| one.cmp(other));
        for list in [&mut self.saw, &mut self.sealed] {
            *list = list.take().map(|list| pairs.iter().filter_map(|(at, _)| list.get(*at).cloned()).collect());
        }
        self.within = pairs.into_iter().map(|(_, name)| name).collect();
    }

    /// Whether its date is over.
    #[must_use]
    pub fn is_expired(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }

    pub(super) fn is_about(&self, finding: &Finding) -> bool {
        self.code == finding.rule.code
            && finding.key.as_deref() == Some(&*self.key)
            && finding.environments.iter().all(|name| self.within.iter().any(|known| is_one_source(known, name)))
    }

    /// Whether a finding goes beyond the sources of this entry, which it has all of.
    pub(super) fn is_about_a_part(&self, finding: &Finding) -> bool {
        let has = |name: &String| finding.environments.iter().any(|known| is_one_source(known, name));
        self.code == finding.rule.code
            && finding.key.as_deref() == Some(&*self.key)
            && self.within.len() > 1
            && self.within.len() < finding.environments.len()
            && self.within.iter().all(has)
    }

    /// The same of a finding that goes beyond its sources.
    pub(super) fn saw_a_part(&self, finding: &Finding, judge: &Judge<'_>) -> bool {
        let seen = finding.difference.as_ref().and_then(|difference| difference.saw.as_ref());
        let (Some(saw), Some(seen)) = (&self.saw, seen) else { return true };
        self.within.iter().zip(saw).all(|(name, saw)| {
            let at = finding.environments.iter().position(|known| is_one_source(known, name));
            let value = at.and_then(|at| seen.get(at));
            value.is_some_and(|value| value == saw || (judge.is_same)(&self.key, saw, value))
        })
    }

    pub(super) fn saw_those_secrets(&self, finding: &Finding, judge: &Judge<'_>) -> bool {
        let sealed = self.within.iter().zip(self.sealed.iter().flatten()).filter(|(_, name)| !name.is_empty());
        let mut about =
            sealed.filter(|(source, _)| finding.environments.iter().any(|known| is_one_source(known, source)));
        !about.any(|(source, name)| (judge.is_another)(&self.key, source, name))
    }

    pub(super) fn saw_the_same(&self, finding: &Finding, judge: &Judge<'_>) -> bool {
        let seen = finding.difference.as_ref().and_then(|difference| difference.saw.as_ref());
        let (Some(saw), Some(seen)) = (&self.saw, seen) else { return true };
        finding.environments.iter().zip(seen).all(|(name, value)| {
            let at = self.within.iter().position(|known| is_one_source(known, name));
            let saw = at.and_then(|at| saw.get(at));
            saw.is_some_and(|saw| saw == value || (judge.is_same)(&self.key, saw, value))
        })
    }
}

/// A source by what stays of its name: what runs is the same wherever the output of its tool lies, `pm2:#web` for `pm2:-#web`. A
/// file and a process are what they are.
#[must_use]
pub fn lasting(source: &str) -> Cow<'_, str> {
    let Some((tool, rest)) = source.split_once(':').filter(|(tool, _)| *tool != "proc" && live::find(tool).is_some())
    else {
        return source.into();
    };
    let part = rest.rfind('#').and_then(|at| rest.get(at..)).unwrap_or_default();
    format!("{tool}:{part}").into()
}

fn is_one_source(one: &str, other: &str) -> bool {
    one == other || lasting(one) == lasting(other)
}
