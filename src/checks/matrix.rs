//! Sources side by side: what each says about a key, and what is made of the difference; shared by the checks of drift.

mod answers;
mod lapsed;
mod side;
mod telling;
mod times;
mod unread;

use std::borrow::Cow;
use std::cell::{Cell as Counter, OnceCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{ALL, Subject};
use crate::drift::live::Handed;
use crate::drift::policy::{Fitting, Policies};
use crate::drift::{Cell, Column, Kind, Mode, Relation, Row, State, Unread, classes};
use crate::environment::{Environment, Setting};
use crate::finding::{Bucket, Finding, Severity, told_name};
use crate::project::Project;
use crate::schema::extension::Drift;
use crate::schema::property::Property;
use crate::source::printable;
pub use lapsed::{Lapsed, Was, part, subject};
use side::Way;
pub use times::{Time, Times};
use unread::Gaps;

/// One source of a comparison.
#[derive(Debug)]
pub struct Source<'a> {
    /// What users call it.
    pub column: Column,
    /// Where it belongs; for a live source the project that declares it.
    pub project: &'a Project,
    /// Its values.
    pub environment: &'a Environment<'a>,
    /// Whether what it does not have may be there all the same.
    pub is_partial: bool,
    /// What the schema may call it under `services`, where it is one that runs.
    pub services: &'a [String],
    /// What it has without the value standing in it.
    pub handed: Option<&'a Handed>,
    /// How far its texts move when the sources of all projects come together.
    pub offset: u32,
}

impl<'a> Source<'a> {
    /// A source of which all is known, and whose texts stay where they are.
    #[must_use]
    pub fn of(column: Column, project: &'a Project, environment: &'a Environment<'a>) -> Self {
        Self { column, project, environment, is_partial: false, services: &[], handed: None, offset: 0 }
    }
}

/// What holds for a whole comparison.
#[derive(Debug)]
pub struct Rules<'r> {
    /// What kind of comparison it is.
    pub mode: Mode,
    /// What `sparkcfg.toml` says about groups of keys.
    pub policies: &'r Policies,
    /// Whether a difference that nobody classified is an error.
    pub strict: bool,
    /// How bad it is when something could not be opened.
    pub unknown: Severity,
    /// Whether letters stand for values that are no secrets, too.
    pub hides_values: bool,
    /// Whether somebody looks at what is not unexpected; else such rows are only counted, and have no findings.
    pub lists_all: bool,
    /// The member of the workspace.
    pub member: Option<Arc<str>>,
}

/// A source with what its schema says.
pub(super) struct Side<'a> {
    pub(super) column: Column,
    pub(super) subject: Subject<'a>,
    offset: u32,
    /// Keys whose value breaks a rule of the schema, and keys that must be there and are not (`true`).
    flaws: HashMap<String, bool>,
    /// Keys whose value holds a reference without a value.
    loose: HashSet<&'a str>,
    /// What of it nobody here can read.
    gaps: Gaps<'a>,
    /// The text of what is closed.
    closed: Option<Cow<'a, str>>,
    /// Whether it is compared with itself at another time.
    over_time: bool,
    /// Whether what it does not have may be there all the same.
    is_partial: bool,
    /// Its names, where the schema says of any key which services read it.
    services: &'a [String],
    /// What it has without the value standing in it.
    handed: Option<&'a Handed>,
    /// How many settings may still be looked at to see whether the schema takes a value beside them.
    left: Counter<usize>,
}

/// One key in all sources, as a check of drift sees it.
pub struct Compared<'c, 'a> {
    pub(super) sides: &'c [Side<'a>],
    rules: &'c Rules<'c>,
    /// The key.
    pub(super) key: &'c str,
    /// What the schema says about it.
    pub(super) property: Option<Property<'c>>,
    /// The environments in which the schema allows it; `None` for all.
    only_in: Option<&'c [String]>,
    fitting: Fitting<'c>,
    pub(super) settings: Vec<Option<&'c Setting<'a>>>,
    texts: Vec<Option<Cow<'c, str>>>,
    /// What each source says.
    pub(super) cells: Vec<Cell>,
    /// Whether it is a secret, so that no output may show its values.
    pub(super) secret: bool,
    /// Whether it is one for what it is itself, and not only because a value of it is that of another secret.
    pub(super) is_own_secret: bool,
    /// Whether no output may show its values, because it is a secret or because nobody wants to see any.
    pub(super) hidden: bool,
    /// The pairs of sources in which the key has a place, with what a difference means.
    pairs: Vec<(usize, usize, Option<Drift>)>,
    row: usize,
    /// Keys that some sources have and others do not, for names that were mistyped.
    uneven: &'c [(&'c str, Vec<bool>)],
}

/// Compares sources key by key: the rows, the findings that the checks of drift have about them, and the files that could
/// not be read.
///
/// The first source that is neither live nor of a revision says what the schema is.
#[must_use]
pub fn compare(sources: Vec<Source<'_>>, rules: &Rules<'_>) -> (Vec<Row>, Vec<Finding>, Vec<Unread>) {
    let over_time = rules.mode == Mode::Time;
    let sides: Vec<_> = sources.into_iter().map(|source| Side::new(source, over_time)).collect();
    let judge = sides.iter().find(|side| side.column.kind == Kind::Declared).or(sides.first());
    let Some(judge) = judge.map(|side| side.subject.project) else {
        return (Vec::new(), Vec::new(), Vec::new());
    };
    let settings = sides.iter().flat_map(|side| &side.subject.environment.settings);
    let mut keys: Vec<&str> = settings.filter(|it| it.is_set()).map(|setting| setting.key).collect();
    // A closed file may hold every key that there is, and a broken line would set one.
    for side in &sides {
        keys.extend(side.gaps.keys());
        let declared = judge.schema.iter().filter(|_| side.gaps.is_closed());
        keys.extend(declared.flat_map(|schema| schema.schema.keys()));
    }
    #[expect(
        clippy::stable_sort_primitive,
        reason = "those of each source are in order already: it makes use of that"
    )]
    keys.sort();
    keys.dedup();
    // What follows a secret on its line was read as a key, and may be a part of it.
    let mut projects: Vec<&Project> = Vec::new();
    for project in sides.iter().map(|side| side.subject.project) {
        if !projects.iter().any(|known| std::ptr::eq(*known, project)) {
            projects.push(project);
            let rests = project.rests_of_secrets();
            keys.retain(|key| !rests.contains(key));
        }
    }
    keys.retain(|key| !key.is_empty());
    let found = set_by_each(&sides, &keys);
    let uneven = uneven(&keys, &found);
    let is_live = rules.mode == Mode::Live;
    let checks: Vec<_> = ALL.iter().filter_map(|check| if is_live { check.live } else { check.row }).collect();
    let (mut rows, mut findings) = (Vec::with_capacity(keys.len()), Vec::new());
    for (key, settings) in keys.into_iter().zip(found) {
        let mut compared = Compared::new(&sides, rules, judge, (key, settings), rows.len(), &uneven);
        let before = findings.len();
        if !compared.is_even() {
            compared.find_overridden();
            for check in &checks {
                check(&compared, &mut findings);
            }
        }
        if rules.hides_values {
            // What would be written in is a value.
            findings.iter_mut().skip(before).for_each(|finding| finding.fix = None);
        }
        rows.push(compared.into_row(findings.get(before..).unwrap_or_default()));
        if !rules.lists_all {
            let counts =
                |finding: &Finding| finding.difference.as_ref().is_none_or(|it| it.bucket == Bucket::Unexpected);
            let told: Vec<_> = findings.drain(before..).filter(counts).collect();
            findings.extend(told);
        }
    }
    let unread = unread::files(&sides, rules, &mut findings);
    (rows, findings, unread)
}

/// What each source sets each key to. Keys and settings are in one order, so that nothing is searched for.
fn set_by_each<'s, 'a>(sides: &'s [Side<'a>], keys: &[&str]) -> Vec<Vec<Option<&'s Setting<'a>>>> {
    let mut rest: Vec<_> = sides.iter().map(|side| side.subject.environment.settings.as_slice()).collect();
    let of_key = |key: &&str| {
        let found = rest.iter_mut().map(|rest| {
            let passed = rest.iter().take_while(|setting| setting.key < *key).count();
            *rest = rest.get(passed..).unwrap_or_default();
            rest.first().filter(|setting| setting.key == *key && setting.is_set())
        });
        found.collect()
    };
    keys.iter().map(of_key).collect()
}

/// The keys that some sources have and others do not. Of very many, none: nobody mistypes hundreds of names.
fn uneven<'k>(keys: &[&'k str], found: &[Vec<Option<&Setting<'_>>>]) -> Vec<(&'k str, Vec<bool>)> {
    const MANY: usize = 500;
    let is_uneven =
        |found: &Vec<Option<&Setting<'_>>>| found.iter().any(Option::is_some) && found.iter().any(Option::is_none);
    let uneven = keys.iter().zip(found).filter(|(_, found)| is_uneven(found));
    let uneven: Vec<_> = uneven.map(|(key, found)| (*key, found.iter().map(Option::is_some).collect())).collect();
    if uneven.len() > MANY { Vec::new() } else { uneven }
}

impl<'c, 'a> Compared<'c, 'a> {
    fn new(
        sides: &'c [Side<'a>],
        rules: &'c Rules<'c>,
        judge: &'c Project,
        (key, settings): (&'c str, Vec<Option<&'c Setting<'a>>>),
        row: usize,
        uneven: &'c [(&'c str, Vec<bool>)],
    ) -> Self {
        let schema = judge.schema.as_ref().map(|schema| &schema.schema);
        let property = schema.map(|schema| schema.property(key)).filter(Property::is_declared);
        let fitting = rules.policies.of(key, property.as_ref().and_then(Property::drift));
        let only_in = property.as_ref().and_then(Property::only_in);
        let told = sides.iter().zip(&settings).map(|(side, setting)| side.cell(key, *setting, property.as_ref()));
        let told: Vec<_> = told.collect();
        // A sealed text is never the same as an opened one.
        let texts: Vec<Option<(bool, &str)>> =
            told.iter().map(|(state, text, _)| text.as_ref().map(|text| (*state == State::Unknown, &**text))).collect();
        let (sameness, read) = (OnceCell::new(), || property.as_ref().map(Property::sameness));
        let classes = classes(&texts, |one, other| {
            let same = |one: &str, other: &str| {
                one == other || sameness.get_or_init(read).as_ref().is_some_and(|it| it.same(one, other))
            };
            one.0 == other.0 && if one.0 { one.1 == other.1 } else { same(one.1, other.1) }
        });
        // Sealed text says something only where it is the same twice.
        let twice =
            |class: &Option<usize>| class.is_some() && classes.iter().filter(|other| *other == class).count() > 1;
        let classes = told
            .iter()
            .zip(&classes)
            .map(|((state, ..), class)| class.filter(|_| *state != State::Unknown || twice(class)));
        let classes: Vec<_> = classes.collect();
        let hides =
            |(side, setting): (&Side<'_>, Option<&Setting<'_>>)| setting.is_some_and(|it| side.hides(key, it, judge));
        let is_own = judge.is_secret(key) || sides.iter().zip(settings.iter().copied()).any(hides);
        let borrows =
            |(side, setting): (&Side<'_>, Option<&Setting<'_>>)| setting.is_some_and(|it| side.borrows(it, judge));
        let secret = is_own || sides.iter().zip(settings.iter().copied()).any(borrows);
        let hidden = secret || rules.hides_values;
        let cells = told.iter().zip(&classes).zip(sides.iter().zip(&settings)).map(
            |(((state, _, way), class), (side, setting))| {
                Cell {
                    state: *state,
                    class: *class,
                    // Filled in where it is told: see [`Compared::value`].
                    value: None,
                    sealed: side.column.kind.is_of_files()
                        && setting.is_some_and(|setting| side.subject.environment.layers[setting.layer].sealed),
                    by_file: *way == Way::File,
                    by_reference: *way == Way::Reference,
                    at: setting.and_then(|setting| side.at(setting)),
                    overrides: Vec::new(),
                }
            },
        );
        let cells = cells.collect();
        let texts = told.into_iter().map(|(state, text, _)| text.filter(|_| state != State::Unknown)).collect();
        let pairs = Vec::new();
        let mut compared = Self {
            sides,
            rules,
            key,
            property,
            only_in,
            fitting,
            settings,
            texts,
            cells,
            secret,
            is_own_secret: is_own,
            hidden,
            pairs,
            row,
            uneven,
        };
        compared.pairs = compared.judge_pairs();
        compared
    }

    fn judge_pairs(&self) -> Vec<(usize, usize, Option<Drift>)> {
        let has_place =
            |column: &usize| self.cells[*column].state != State::NotApplicable && !self.is_forbidden(*column);
        let columns: Vec<_> = self.columns().filter(has_place).collect();
        let mut pairs = Vec::with_capacity(columns.len() * columns.len().saturating_sub(1) / 2);
        for (at, one) in columns.iter().enumerate() {
            let others = columns.iter().skip(at + 1);
            pairs.extend(others.map(|other| (*one, *other, self.policy(*one, *other))));
        }
        pairs
    }

    /// Whether there is nothing to look at: one value everywhere, and nobody asks for more than that.
    fn is_even(&self) -> bool {
        let Some(first) = self.cells.first() else { return true };
        let same = self.cells.iter().all(|cell| {
            cell.class.is_some()
                && cell.class == first.class
                && cell.sealed == first.sealed
                && cell.state == first.state
        });
        let demanding = self.only_in.is_some();
        let must_differ = || self.pairs().any(|(.., policy)| policy == Some(Drift::MustDiffer));
        same && !demanding && !self.has_conflict() && !must_differ()
    }

    /// Fills in what the values override. Only done where something is to be told, because it needs an index of the
    /// files.
    fn find_overridden(&mut self) {
        for (cell, (side, setting)) in self.cells.iter_mut().zip(self.sides.iter().zip(&self.settings)) {
            cell.overrides = setting.map(|setting| side.overridden(setting)).unwrap_or_default();
        }
    }

    fn into_row(self, findings: &[Finding]) -> Row {
        let policies: BTreeSet<_> = self.pairs().filter_map(|(.., policy)| policy).collect();
        let relations: Vec<_> = self.pairs().map(|(one, other, _)| self.relation(one, other)).collect();
        // The other half of what was probably renamed is told there.
        let is_open = self.property.is_none() && policies.is_empty() && !self.is_live() && !self.is_over_time();
        let usual = match () {
            () if is_open && relations.contains(&Relation::Different) => Bucket::Unclassified,
            () if relations.contains(&Relation::Different) => Bucket::Expected,
            () if relations.contains(&Relation::Unknown) => Bucket::Unknown,
            () => Bucket::Equal,
        };
        let bucket = findings.iter().filter_map(|finding| finding.difference.as_ref()).map(|it| it.bucket).min();
        let bucket = bucket.unwrap_or(usual);
        // Of several the one that is broken.
        let broken = findings.iter().find_map(|finding| match finding.rule.code {
            "drift-must-match" => Some(Drift::MustMatch),
            "drift-must-differ" => Some(Drift::MustDiffer),
            _ => None,
        });
        let is_unclassified = findings.iter().any(|finding| finding.rule.code == "drift-unclassified");
        if !self.rules.lists_all && bucket != Bucket::Unexpected {
            return Row {
                member: None,
                key: self.key.to_owned(),
                secret: self.secret,
                description: None,
                owner: None,
                policy: None,
                bucket,
                cells: vec![None; self.cells.len()],
            };
        }
        let values: Vec<_> = (0..self.cells.len()).map(|column| self.value(column)).collect();
        let cells = self.cells.into_iter().zip(values).map(|(cell, value)| Some(Cell { value, ..cell })).collect();
        Row {
            member: self.rules.member.clone(),
            key: printable(&told_name(self.key)),
            secret: self.secret,
            description: self.property.as_ref().and_then(Property::description).map(printable),
            owner: self.property.as_ref().and_then(Property::owner).map(printable),
            // That of other pairs says nothing of a difference that nobody classified.
            policy: broken.or(policies.first().copied().filter(|_| !is_unclassified)),
            bucket,
            cells,
        }
    }
}

/// A value as a cell holds it: on one line, safe to print, and not without end.
fn told_value(text: &str) -> String {
    const LIMIT: usize = 1000;
    let on_one_line = |text: &str| printable(&text.replace('\n', "⏎"));
    if text.len() <= LIMIT {
        return on_one_line(text);
    }
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", on_one_line(&text[..end])),
        None => on_one_line(text),
    }
}
