//! A finding of a revision beside what there is now: each check says of its own whether what it said still holds, and why it
//! counts no longer.

use std::collections::HashMap;

use crate::drift::{Cell, Column, Row};
use crate::finding::Finding;
use crate::schema::extension::Drift;
use crate::schema::sameness::Shape;

/// Whether a part of a value is the same in two environments; `None` where nobody here can open both.
pub(super) type PartAgrees<'l> = dyn Fn([&str; 2], Shape) -> Option<bool> + 'l;

/// A finding that only a revision has, and its key as it is now.
pub struct Lapsed<'l> {
    then: &'l Finding,
    /// The key.
    pub(in crate::checks) key: &'l str,
    /// The key in all sources.
    pub(in crate::checks) row: &'l Row,
    columns: &'l [Column],
    part_agrees: &'l PartAgrees<'l>,
    /// What a difference of the key meant at the revision, where a policy said so.
    pub(in crate::checks) was: Option<Drift>,
    /// Whether that was so for secrets of protected environments, and nobody said anything of the key.
    is_usual: bool,
}

/// What a difference of a key meant at a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Was {
    /// The policy.
    pub policy: Drift,
    /// Whether that is what holds for secrets of protected environments, and nobody said anything of the key.
    pub is_usual: bool,
}

impl<'l> Lapsed<'l> {
    /// Takes a finding of a revision, by the names that its environments have now, with the sources and keys of now and the
    /// policies of that time; nothing where the key is none of them.
    #[must_use]
    pub fn of(
        then: &'l Finding,
        (columns, rows): (&'l [Column], &'l [Row]),
        policies: &HashMap<String, Was>,
        part_agrees: &'l PartAgrees<'l>,
    ) -> Option<Self> {
        let key = then.key.as_deref()?;
        let row = rows.iter().find(|row| row.key == key)?;
        let was = policies.get(key);
        let is_usual = was.is_some_and(|was| was.is_usual);
        Some(Self { then, key, row, columns, part_agrees, was: was.map(|was| was.policy), is_usual })
    }

    /// Why it counts no longer, though what it said still holds, or nobody can see any more whether it does; `None` where it is
    /// mended.
    #[must_use]
    pub fn because(&self) -> Option<String> {
        let check = super::ALL.iter().find(|check| check.rule.code == self.then.rule.code)?;
        check.lapsed.and_then(|because| because(self))
    }

    /// The environments that it names, each with what it says now.
    pub(in crate::checks) fn named(&self) -> Vec<(&'l str, &'l Cell)> {
        let cell = |name: &str| self.row.cells.get(self.columns.iter().position(|it| it.name == name)?)?.as_ref();
        self.then.environments.iter().filter_map(|name| Some((&**name, cell(name)?))).collect()
    }

    /// Whether any environment that it names says something of the kind.
    pub(in crate::checks) fn any(&self, is_it: impl Fn(&Cell) -> bool) -> bool {
        self.named().iter().any(|(_, cell)| is_it(cell))
    }

    /// Whether something holds between any two of the environments that it names.
    pub(in crate::checks) fn any_pair(&self, is_it: impl Fn((&str, &Cell), (&str, &Cell)) -> bool) -> bool {
        let named = self.named();
        let others = |at: usize| named.iter().skip(at + 1);
        named.iter().enumerate().any(|(at, one)| others(at).any(|other| is_it(*one, *other)))
    }

    /// The environments that it names, as a list.
    pub(in crate::checks) fn names(&self) -> String {
        let names: Vec<_> = self.then.environments.iter().map(|name| &**name).collect();
        names.join(", ")
    }

    /// What became of a policy.
    pub(in crate::checks) fn policy(&self, was: Drift) -> String {
        let key = self.key;
        match self.row.policy {
            None if self.is_usual => format!("{key} was a secret of a protected environment, and is none any more"),
            Some(now) if now != was => format!("the policy of {key} was {}, and is {}", was.name(), now.name()),
            None => format!("the policy of {key} was {}, and there is none", was.name()),
            Some(_) => format!("no policy says {} of {} any more", was.name(), self.names()),
        }
    }

    /// Whether the values that it is about are spelled as they were; of a secret nobody says so.
    pub(in crate::checks) fn is_untouched(&self) -> bool {
        let saw = self.then.difference.as_ref().and_then(|difference| difference.saw.as_ref());
        let (named, Some(saw)) = (self.named(), saw) else { return false };
        let is_same = |((_, cell), saw): (&(&str, &Cell), &String)| {
            cell.value.as_ref().map_or(saw == cell.state.name(), |value| value == saw)
        };
        named.len() == saw.len() && named.iter().zip(saw).all(is_same)
    }

    /// The part of the value that it is about, where that is not all of it.
    pub(in crate::checks) fn part(&self) -> Option<Shape> {
        part(self.then)
    }

    /// Whether a part of the value surely differs between two environments.
    pub(in crate::checks) fn part_differs(&self, environments: [&str; 2], part: Shape) -> bool {
        (self.part_agrees)(environments, part) == Some(false)
    }
}

/// What a finding is about, whichever environments have it.
#[must_use]
pub fn subject(finding: &Finding) -> String {
    let id = finding.difference.as_ref().map(|difference| difference.id.as_str()).unwrap_or_default();
    let environments = crate::source::printable(&finding.environments.join(","));
    id.strip_suffix(&environments).unwrap_or(id).to_owned()
}

/// The part of the value that a finding is about, where that is not all of it: `port` of `drift-shape:URL#port:`.
#[must_use]
pub fn part(finding: &Finding) -> Option<Shape> {
    let subject = subject(finding);
    let (_, name) = subject.strip_suffix(':')?.rsplit_once('#')?;
    Shape::named(name)
}
