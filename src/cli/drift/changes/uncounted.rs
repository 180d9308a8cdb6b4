//! What a branch lets count no longer, without mending it, and why.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Known, Since, is_about_the_same, is_about_value, is_conflict};
use crate::abridging::told_apart;
use crate::checks::matrix::{Lapsed, Time, part, subject};
use crate::drift::{Cell, Relation};
use crate::finding::{Change, Finding, Label};
use crate::schema::extension::Drift;

impl Since<'_, '_> {
    /// Of what would count by the rules of the revision, what no other finding is about, each with the reason why it does not:
    /// neither one of the revision or of now, nor one that something else silences.
    pub(super) fn elapsed(
        &self,
        elapsed: Vec<Finding>,
        (known, silenced): (&Known<'_>, &HashSet<String>),
        counting: &[Finding],
    ) -> Vec<Finding> {
        let is_told = |finding: &Finding| {
            // Where a value has no place, or is missing, that is all there is to say.
            let is_presence = |known: &Finding| {
                matches!(known.rule.code, "drift-missing" | "drift-not-allowed-here")
                    && is_about_the_same(known, finding)
            };
            let mut others = counting.iter().filter(|known| known.key == finding.key);
            others.any(|known| is_conflict(known) || is_about_value(finding) && is_presence(known))
        };
        let told = elapsed.into_iter().filter_map(|finding| {
            let subject = subject(&finding);
            let mut finding = self.by_new_names(finding);
            if silenced.contains(&subject) || is_told(&finding) {
                return None;
            }
            let candidates = known.candidates(&subject);
            let covered = known.now.get(&subject);
            // Of what differed before, only what an environment adds that no finding of now names.
            let adds = |name: &&Arc<str>| {
                covered.is_none_or(|known| !known.contains(*name)) && self.is_new_in(&finding, name, candidates)
            };
            let is_followed = !candidates.is_empty() || covered.is_some();
            let brings = || self.change(&finding, candidates) == Change::Introduced;
            if is_followed && !(brings() && finding.environments.iter().any(|name| adds(&name))) {
                return None;
            }
            let because = self.because(&finding)?;
            finding.difference.as_mut()?.because = Some(because);
            Some(finding)
        });
        told.collect()
    }

    /// Whether what a finding says of an environment surely came since the revision, which has it as `candidates`.
    fn is_new_in(&self, finding: &Finding, name: &Arc<str>, candidates: &[&Finding]) -> bool {
        let is_named = candidates.iter().any(|then| then.environments.contains(name));
        let is_changed = |key: &String| self.times.relation(name, key, part(finding)) == Relation::Different;
        !is_named || !self.then.contains(name) || finding.key.as_ref().is_some_and(is_changed)
    }

    /// Why a finding of the revision counts no longer, though what it said still holds, or nobody can see any more whether it
    /// does; `None` where it is mended.
    pub(super) fn because(&self, then: &Finding) -> Option<String> {
        let key = then.key.as_deref()?;
        match self.gone(then).as_slice() {
            [] => {}
            [only] => return Some(format!("environment {only} is gone")),
            several => return Some(format!("environments {} are gone", several.join(", "))),
        }
        if matches!(then.rule.code, "drift-unclassified" | "drift-extra") {
            return self.by_pattern(then, key);
        }
        let part_agrees = |pair: [&str; 2], part| self.times.part_agrees(pair, key, part, Time::Now);
        Lapsed::of(then, (self.columns, self.rows), self.policies, &part_agrees)?.because()
    }

    /// Why nobody has to decide on a difference any more of which nobody has decided anything.
    fn by_pattern(&self, then: &Finding, key: &str) -> Option<String> {
        let row = self.rows.iter().find(|row| row.key == key)?;
        let is_extra = then.rule.code == "drift-extra";
        let is_there = |cell: &Cell| cell.state.is_there();
        let cells = || row.cells.iter().flatten();
        let holds = if is_extra {
            cells().any(is_there) && !cells().all(is_there)
        } else {
            self.was_strict && row.policy == Some(Drift::MayDiffer)
        };
        let pattern = (self.by_pattern)(key).filter(|_| holds)?;
        Some(if is_extra {
            format!("nobody declared {key}, and {pattern}")
        } else {
            format!("strict asks for a policy, and {pattern}")
        })
    }

    /// Whether a value had to be the same everywhere, and what counts for it now is something else: for a secret that may be
    /// what counts for all of them.
    pub(super) fn is_loosened(&self, then: &Finding) -> bool {
        let Some(key) = then.key.as_deref() else { return false };
        let is_now = || self.rows.iter().find(|row| row.key == key).and_then(|row| row.policy);
        self.policies.get(key).map(|was| was.policy) == Some(Drift::MustMatch) && is_now() != Some(Drift::MustMatch)
    }

    /// Tells a finding of the revision with the values of now, where the branch changed one, and says whether it did: who
    /// reviews it must see what is let through.
    pub(super) fn tell_values_of_now(&self, finding: &mut Finding) -> bool {
        const LIMIT: usize = 60;
        let is_about_all = matches!(finding.rule.code, "drift-must-match" | "drift-must-differ" | "drift-shape");
        let Some(key) = finding.key.as_deref().filter(|_| is_about_all && !self.is_without(finding)) else {
            return false;
        };
        let row = finding.difference.as_ref().and_then(|difference| self.rows.get(difference.row?));
        let cell = |name: &str| row?.cells.get(self.columns.iter().position(|it| it.name == name)?)?.as_ref();
        let cells: Option<Vec<_>> = finding.environments.iter().map(|name| Some((&**name, cell(name)?))).collect();
        let Some(cells) = cells else { return false };
        let changed = cells.iter().filter(|(name, _)| self.times.relation(name, key, None) == Relation::Different);
        let changed: Vec<_> = changed.map(|(_, cell)| cell.at).collect();
        if changed.is_empty() {
            return false;
        }
        let texts: Vec<_> = cells.iter().map(|(_, cell)| cell.told()).collect();
        let texts = told_apart(&texts, &vec![LIMIT; texts.len()]);
        let told: Vec<_> = cells.iter().zip(&texts).map(|((name, _), text)| format!("{name} {text}")).collect();
        if let Some(difference) = &mut finding.difference {
            finding.message = finding.message.replace(&difference.short.replace(" · ", ", "), &told.join(", "));
            if difference.parts.is_none() {
                difference.short = crate::source::printable(&told.join(" · "));
            }
            let value = |cell: &Cell| cell.value.clone().unwrap_or_else(|| cell.state.name().to_owned());
            difference.saw = difference.saw.take().map(|_| cells.iter().map(|(_, cell)| value(cell)).collect());
        }
        if let Some(span) = changed.into_iter().flatten().next_back() {
            finding.related.clear();
            finding.label = Some(Label { span, message: String::new() });
        }
        true
    }
}
