//! `--against`: which differences a revision had already, and which of its own are gone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::drift::{Column, Relation, Row};
use crate::finding::{Bucket, Change, Finding};
use crate::schema::Schema;

/// An environment and the value that a finding has of it, unless that is a secret.
type Seen<'f> = (&'f str, Option<&'f str>);

/// What is needed to follow findings from a revision to now.
pub(super) struct Since<'s> {
    /// The environments of the revision.
    pub(super) then: HashSet<Arc<str>>,
    /// The environments of now.
    pub(super) columns: &'s [Column],
    /// The rows of now.
    pub(super) rows: &'s [Row],
    /// What says which texts are the same value.
    pub(super) schema: Option<&'s Schema>,
    /// Findings of now that the baseline covers.
    pub(super) accepted: &'s [Finding],
}

impl Since<'_> {
    /// Splits findings into those that count and those that do not, by what the revision had.
    ///
    /// A difference is the one that was there only with the same values. An environment that came or went makes no old
    /// difference new, unless it brings a value of its own.
    pub(super) fn split(&self, findings: Vec<Finding>, before: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
        let mut known: HashMap<String, Vec<&Finding>> = HashMap::new();
        for finding in &before {
            known.entry(subject(finding)).or_default().push(finding);
        }
        let mut now: HashMap<String, HashSet<Arc<str>>> = HashMap::new();
        for finding in findings.iter().chain(self.accepted) {
            now.entry(subject(finding)).or_default().extend(finding.environments.iter().map(Arc::clone));
        }
        let (mut counting, mut settled) = (Vec::new(), Vec::new());
        for mut finding in findings {
            let candidates = known.get(&subject(&finding)).into_iter().flatten();
            let unchanged = candidates.into_iter().any(|then| self.is_the_same(&finding, then));
            if let Some(difference) = &mut finding.difference {
                difference.change = Some(if unchanged { Change::Unchanged } else { Change::Introduced });
            }
            if unchanged { settled.push(finding) } else { counting.push(finding) }
        }
        let is_there = |finding: &Finding| {
            let environments = now.get(&subject(finding));
            environments.is_some_and(|known| finding.environments.iter().any(|name| known.contains(name)))
        };
        let unknown: HashSet<_> =
            counting.iter().chain(&settled).filter(|it| is_unknown(it)).filter_map(|it| it.key.clone()).collect();
        // Of what nobody here can open, nobody can say that it is well now; that it is sealed, everybody can.
        let is_open = |finding: &Finding| {
            let hidden = finding.key.as_ref().is_some_and(|key| unknown.contains(key));
            hidden && !is_unknown(finding) && finding.rule.code != "drift-exposed-secret"
        };
        for mut finding in before.into_iter().filter(|finding| !is_there(finding)) {
            let change = if is_open(&finding) { Change::Unchanged } else { Change::Resolved };
            if let Some(difference) = &mut finding.difference {
                difference.change = Some(change);
                // Its row is one of the revision's.
                difference.row = None;
                if difference.bucket != Bucket::Unexpected {
                    continue;
                }
            }
            finding.fix = None;
            settled.push(finding);
        }
        (counting, settled)
    }

    /// Whether a finding of now says what one of the revision said: the same about the environments that both have, and
    /// nothing more about others.
    fn is_the_same(&self, now: &Finding, then: &Finding) -> bool {
        let is_now = |name: &str| self.columns.iter().any(|column| column.name == name);
        let one: Vec<_> = seen(now).filter(|(name, _)| self.then.contains(*name)).collect();
        let other: Vec<_> = seen(then).filter(|(name, _)| is_now(name)).collect();
        let same = |(one, other): (&Seen<'_>, &Seen<'_>)| one.0 == other.0 && self.is_one_value(now, one.1, other.1);
        if one.is_empty() || one.len() != other.len() || !one.iter().zip(&other).all(same) {
            return false;
        }
        // Where values must be one, or nobody said so, another that has one of them says nothing new.
        let may_grow = matches!(now.rule.code, "drift-must-match" | "drift-shape" | "drift-unclassified");
        let mut added = seen(now).filter(|(name, _)| !self.then.contains(*name));
        added.all(|(name, value)| may_grow && one.iter().any(|known| self.is_alike(now, (name, value), *known)))
    }

    fn is_alike(&self, finding: &Finding, one: Seen<'_>, other: Seen<'_>) -> bool {
        if one.1.is_some() {
            return self.is_one_value(finding, one.1, other.1);
        }
        let row = finding.difference.as_ref().and_then(|difference| self.rows.get(difference.row?));
        let cell = |name: &str| row?.cells.get(self.columns.iter().position(|column| column.name == name)?)?.as_ref();
        cell(one.0).zip(cell(other.0)).is_some_and(|(one, other)| one.relation(other) == Relation::Same)
    }

    fn is_one_value(&self, finding: &Finding, one: Option<&str>, other: Option<&str>) -> bool {
        if one == other {
            return true;
        }
        let whole = finding.difference.as_ref().is_some_and(|difference| difference.parts.is_none());
        let (Some(one), Some(other), true) = (one, other, whole) else { return false };
        let property = self.schema.zip(finding.key.as_deref()).map(|(schema, key)| schema.property(key));
        property.is_some_and(|property| property.sameness().same(one, other))
    }
}

/// What a finding is about, whichever environments have it.
fn subject(finding: &Finding) -> String {
    let id = finding.difference.as_ref().map(|difference| difference.id.as_str()).unwrap_or_default();
    let environments = crate::source::printable(&finding.environments.join(","));
    id.strip_suffix(&environments).unwrap_or(id).to_owned()
}

/// The environments of a finding with what each has, unless that is a secret.
fn seen(finding: &Finding) -> impl Iterator<Item = Seen<'_>> {
    let difference = finding.difference.as_ref();
    let values = difference.and_then(|difference| difference.parts.as_ref().or(difference.saw.as_ref()));
    let value = move |at: usize| values.and_then(|values| values.get(at)).map(String::as_str);
    finding.environments.iter().enumerate().map(move |(at, name)| (&**name, value(at)))
}

fn is_unknown(finding: &Finding) -> bool {
    finding.rule.code == "drift-unknown"
}
