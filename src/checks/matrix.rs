//! Sources side by side: what each says about a key, and what is made of the difference; shared by the checks of drift.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::{ALL, Subject};
use crate::detection;
use crate::drift::policy::{Conflict, Fitting, Policies};
use crate::drift::{Cell, Column, Kind, Mode, Relation, Row, State, classes};
use crate::environment::{Environment, Resolved, Setting};
use crate::finding::{Bucket, Difference, Finding, Rule, Severity, told_name};
use crate::layer::Layer;
use crate::project::{Project, ProjectSchema};
use crate::schema::extension::Drift;
use crate::schema::property::Property;
use crate::schema::violation::ViolationKind;
use crate::source::{Span, printable};

/// One source of a comparison.
#[derive(Debug)]
pub struct Source<'a> {
    /// What users call it.
    pub column: Column,
    /// Where it belongs; for a live source the project that declares it.
    pub project: &'a Project,
    /// Its values.
    pub environment: &'a Environment<'a>,
    /// How far its texts move when the sources of all projects come together.
    pub offset: u32,
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
    /// Whether a file that nobody here can open may hold any key; its text.
    closed: Option<&'a str>,
}

/// One key in all sources, as a check of drift sees it.
pub struct Compared<'c, 'a> {
    pub(super) sides: &'c [Side<'a>],
    rules: &'c Rules<'c>,
    /// The key.
    pub(super) key: &'c str,
    /// What the schema says about it.
    pub(super) property: Option<Property<'c>>,
    fitting: Fitting<'c>,
    pub(super) settings: Vec<Option<&'c Setting<'a>>>,
    texts: Vec<Option<Cow<'c, str>>>,
    /// What each source says.
    pub(super) cells: Vec<Cell>,
    /// Whether no output may show its values.
    pub(super) secret: bool,
    row: usize,
    /// Keys that some sources have and others do not, for names that were mistyped.
    uneven: &'c [(&'c str, Vec<bool>)],
}

/// Compares sources key by key: the rows, and the findings that the checks of drift have about them.
///
/// The first source that is neither live nor of a revision says what the schema is.
#[must_use]
pub fn compare(sources: Vec<Source<'_>>, rules: &Rules<'_>) -> (Vec<Row>, Vec<Finding>) {
    let sides: Vec<_> = sources.into_iter().map(Side::new).collect();
    let judge = sides.iter().find(|side| side.column.kind == Kind::Declared).or(sides.first());
    let Some(judge) = judge.map(|side| side.subject.project) else { return (Vec::new(), Vec::new()) };
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    for side in &sides {
        keys.extend(side.subject.environment.settings.iter().filter(|it| it.is_set()).map(|setting| setting.key));
    }
    // What follows a secret on its line was read as a key, and may be a part of it.
    for side in &sides {
        for rest in side.subject.project.rests_of_secrets() {
            keys.remove(rest);
        }
    }
    keys.remove("");
    let uneven = uneven(&sides, &keys);
    let (mut rows, mut findings) = (Vec::with_capacity(keys.len()), Vec::new());
    for key in keys {
        let mut compared = Compared::new(&sides, rules, judge, key, rows.len(), &uneven);
        let before = findings.len();
        if !compared.is_even() {
            compared.find_overridden();
            let checks = ALL.iter().filter_map(|check| if compared.is_live() { check.live } else { check.row });
            checks.for_each(|check| check(&compared, &mut findings));
        }
        rows.push(compared.into_row(findings.get(before..).unwrap_or_default()));
    }
    (rows, findings)
}

/// The keys that some sources have and others do not. Of very many, none: nobody mistypes hundreds of names.
fn uneven<'k>(sides: &[Side<'_>], keys: &BTreeSet<&'k str>) -> Vec<(&'k str, Vec<bool>)> {
    const MANY: usize = 500;
    let has = |side: &Side<'_>, key| side.subject.environment.get(key).is_some_and(Setting::is_set);
    let having = keys.iter().map(|key| (*key, sides.iter().map(|side| has(side, key)).collect::<Vec<_>>()));
    let uneven: Vec<_> = having.filter(|(_, having)| having.contains(&true) && having.contains(&false)).collect();
    if uneven.len() > MANY { Vec::new() } else { uneven }
}

impl<'a> Side<'a> {
    fn new(source: Source<'a>) -> Self {
        let Source { column, project, environment, offset } = source;
        let subject = Subject::new(project, environment);
        let mut flaws = HashMap::new();
        for violation in &subject.violations {
            let Some(key) = &violation.key else { continue };
            match violation.kind {
                ViolationKind::Deprecated { .. } | ViolationKind::NotHere { .. } => {}
                ViolationKind::Unknown { .. } if violation.path.is_empty() => {}
                ViolationKind::Missing { .. } if violation.path.is_empty() => drop(flaws.insert(key.clone(), true)),
                _ => drop(flaws.insert(key.clone(), false)),
            }
        }
        let winning = |loose: &&crate::environment::Loose<'_>| {
            let setting = environment.get(loose.key);
            setting.is_some_and(|setting| (setting.layer, setting.entry) == (loose.layer, loose.entry))
        };
        let loose = environment.loose.iter().filter(winning).map(|loose| loose.key).collect();
        let closed = project.has_closed_layer(environment) && column.kind != Kind::Live;
        let closed = environment.layers.iter().find(|layer| closed && layer.sealed && layer.entries.is_empty());
        let closed = closed.map(|layer| &*layer.text);
        Self { column, subject, offset, flaws, loose, closed }
    }

    /// What the source says about a key, and the text that is compared.
    fn cell<'c>(&'c self, key: &str, property: Option<&Property<'c>>) -> (State, Option<Cow<'c, str>>, bool) {
        let environment = self.subject.environment;
        let Some(setting) = environment.get(key).filter(|setting| setting.is_set()) else {
            let is_live = self.column.kind == Kind::Live;
            let by_file = is_live || property.is_some_and(Property::has_file_variant);
            if by_file && environment.get(&format!("{key}_FILE")).is_some_and(Setting::is_set) {
                return (State::Set, None, true);
            }
            let elsewhere = property.and_then(Property::only_in).is_some_and(|list| !self.is_in(list));
            return match property.and_then(Property::default_text) {
                _ if elsewhere => (State::NotApplicable, None, false),
                _ if self.closed.is_some() => (State::Unknown, self.closed.map(Cow::Borrowed), false),
                Some(default) => (State::Default, Some(Cow::Owned(default)), false),
                None => (State::Absent, None, false),
            };
        };
        let layer = environment.layers[setting.layer];
        match &setting.value {
            _ if self.loose.contains(setting.key) => (State::Unresolved, None, false),
            Resolved::Unknown => {
                let sealed = layer.slice(&environment.entry(setting).value);
                (State::Unknown, (layer.sealed && !sealed.is_empty()).then_some(sealed.into()), false)
            }
            value => {
                let text = value.text().unwrap_or_default();
                let state = if text.is_empty() {
                    State::Empty
                } else if self.flaws.get(key) == Some(&false) {
                    State::Invalid
                } else if detection::is_placeholder(text) {
                    State::Placeholder
                } else {
                    State::Set
                };
                (state, Some(text.into()), false)
            }
        }
    }

    fn is_in(&self, list: &[String]) -> bool {
        list.iter().any(|name| **name == *self.subject.environment.name)
    }

    pub(super) fn place(&self, span: Span) -> Span {
        span.shifted(self.offset)
    }

    /// Where a key stands; nowhere in a live source.
    fn at(&self, setting: &Setting<'a>) -> Option<Span> {
        (self.column.kind != Kind::Live).then(|| {
            let layer = self.subject.environment.layers[setting.layer];
            let entry = self.subject.environment.entry(setting);
            self.place(crate::environment::place(layer, entry))
        })
    }

    fn hides(&self, key: &str, setting: &Setting<'_>) -> bool {
        let live = self.column.kind == Kind::Live;
        match &setting.value {
            Resolved::Secret(secret) if live => self.subject.project.hides(key, secret.expose()),
            Resolved::Secret(_) | Resolved::Unknown => true,
            value => value.text().is_some_and(|text| self.subject.project.hides(key, text)),
        }
    }
}

impl<'c, 'a> Compared<'c, 'a> {
    fn new(
        sides: &'c [Side<'a>],
        rules: &'c Rules<'c>,
        judge: &'c Project,
        key: &'c str,
        row: usize,
        uneven: &'c [(&'c str, Vec<bool>)],
    ) -> Self {
        let schema = judge.schema.as_ref().map(|schema| &schema.schema);
        let property = schema.map(|schema| schema.property(key)).filter(Property::is_declared);
        let fitting = rules.policies.of(key, property.as_ref().and_then(Property::drift));
        let setting = |side: &'c Side<'a>| side.subject.environment.get(key).filter(|setting| setting.is_set());
        let settings: Vec<_> = sides.iter().map(setting).collect();
        let told: Vec<_> = sides.iter().map(|side| side.cell(key, property.as_ref())).collect();
        // A sealed text is never the same as an opened one.
        let texts: Vec<Option<(bool, &str)>> =
            told.iter().map(|(state, text, _)| text.as_ref().map(|text| (*state == State::Unknown, &**text))).collect();
        let classes = classes(&texts, |one, other| {
            let same = |one, other| property.as_ref().map_or(one == other, |property| property.is_same(one, other));
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
        let hides = |(side, setting): (&Side<'_>, Option<&Setting<'_>>)| setting.is_some_and(|it| side.hides(key, it));
        let secret = judge.is_secret(key) || sides.iter().zip(settings.iter().copied()).any(hides);
        let cells = told.iter().zip(&classes).zip(sides.iter().zip(&settings)).map(
            |(((state, text, by_file), class), (side, setting))| {
                // What only runs and nobody declared may be anything, so it is not shown.
                let known = side.column.kind != Kind::Live
                    || property.is_some()
                    || settings
                        .iter()
                        .zip(sides)
                        .any(|(setting, side)| setting.is_some() && side.column.kind != Kind::Live);
                let text = text.as_deref().filter(|_| *state != State::Unknown && !secret && known);
                Cell {
                    state: *state,
                    class: *class,
                    value: text.map(told_value),
                    sealed: side.column.kind != Kind::Live
                        && setting.is_some_and(|setting| side.subject.environment.layers[setting.layer].sealed),
                    by_file: *by_file,
                    at: setting.and_then(|setting| side.at(setting)),
                    overrides: Vec::new(),
                }
            },
        );
        let cells = cells.collect();
        let texts = told.into_iter().map(|(state, text, _)| text.filter(|_| state != State::Unknown)).collect();
        Self { sides, rules, key, property, fitting, settings, texts, cells, secret, row, uneven }
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
        let demanding = self.property.as_ref().is_some_and(|property| property.only_in().is_some());
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
        let usual = match () {
            () if relations.contains(&Relation::Different) => Bucket::Expected,
            () if relations.contains(&Relation::Unknown) => Bucket::Unknown,
            () => Bucket::Equal,
        };
        let bucket = findings.iter().filter_map(|finding| finding.difference.as_ref()).map(|it| it.bucket).min();
        Row {
            member: self.rules.member.clone(),
            key: printable(&told_name(self.key)),
            secret: self.secret,
            policy: policies.first().copied(),
            bucket: bucket.unwrap_or(usual),
            cells: self.cells.into_iter().map(Some).collect(),
        }
    }

    /// Whether what is declared is compared with what runs.
    pub(super) fn is_live(&self) -> bool {
        self.rules.mode == Mode::Live
    }

    /// Whether one environment is compared at two revisions.
    pub(super) fn is_over_time(&self) -> bool {
        self.rules.mode == Mode::Time
    }

    /// The sources, by number.
    pub(super) fn columns(&self) -> std::ops::Range<usize> {
        0..self.sides.len()
    }

    /// The sources that are judged: of one environment at two revisions only the newer.
    pub(super) fn judged(&self) -> std::ops::Range<usize> {
        let first = if self.is_over_time() { self.sides.len().saturating_sub(1) } else { 0 };
        first..self.sides.len()
    }

    /// Whether a source may go without the key: the schema knows it, does not demand it, and has no default.
    pub(super) fn may_lack(&self, column: usize) -> bool {
        self.property.is_some() && self.cells[column].state == State::Absent && !self.is_missing(column)
    }

    /// What users call a source.
    pub(super) fn name(&self, column: usize) -> &'c str {
        &self.sides[column].column.name
    }

    /// The project that a source belongs to.
    pub(super) fn project(&self, column: usize) -> &'a Project {
        self.sides[column].subject.project
    }

    /// Whether findings about secrets and placeholders are errors in a source.
    pub(super) fn is_protected(&self, column: usize) -> bool {
        self.sides[column].column.protected
    }

    /// How bad it is when something could not be opened.
    pub(super) fn unknown_severity(&self) -> Severity {
        self.rules.unknown
    }

    /// Whether a difference that nobody classified is an error.
    pub(super) fn is_strict(&self) -> bool {
        self.rules.strict
    }

    /// Whether the schema says that the key must be there, and it is not.
    pub(super) fn is_missing(&self, column: usize) -> bool {
        self.sides[column].flaws.get(self.key) == Some(&true)
    }

    /// Whether the schema forbids the key in a source that has it.
    pub(super) fn is_forbidden(&self, column: usize) -> bool {
        let list = self.property.as_ref().and_then(Property::only_in);
        list.is_some_and(|list| !self.sides[column].is_in(list)) && self.cells[column].state.is_there()
    }

    /// The text of a source, secret or not.
    pub(super) fn text(&self, column: usize) -> Option<&str> {
        self.texts[column].as_deref()
    }

    /// Whether there is a schema that could declare the key.
    pub(super) fn has_schema(&self) -> bool {
        self.sides.iter().any(|side| side.subject.project.schema.is_some())
    }

    /// Whether a source sets another key.
    pub(super) fn sets(&self, column: usize, key: &str) -> bool {
        self.sides[column].subject.environment.get(key).is_some_and(Setting::is_set)
    }

    /// The setting of a source.
    pub(super) fn setting(&self, column: usize) -> Option<&'c Setting<'a>> {
        self.settings[column]
    }

    /// How two sources relate.
    pub(super) fn relation(&self, one: usize, other: usize) -> Relation {
        self.cells[one].relation(&self.cells[other])
    }

    /// The pairs of sources in which the key has a place, with what a difference means.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize, Option<Drift>)> {
        let has_place =
            |column: &usize| self.cells[*column].state != State::NotApplicable && !self.is_forbidden(*column);
        let columns: Vec<_> = self.columns().filter(has_place).collect();
        let pairs = columns.clone().into_iter().enumerate();
        let pairs =
            pairs.flat_map(move |(at, one)| columns.clone().into_iter().skip(at + 1).map(move |other| (one, other)));
        pairs.map(|(one, other)| (one, other, self.policy(one, other)))
    }

    /// The pairs that `wanted` holds for; the sources in them, in order.
    pub(super) fn columns_of(&self, wanted: impl Fn(usize, usize, Option<Drift>) -> bool) -> Vec<usize> {
        let pairs = self.pairs().filter(|(one, other, policy)| wanted(*one, *other, *policy));
        let columns: BTreeSet<_> = pairs.flat_map(|(one, other, _)| [one, other]).collect();
        columns.into_iter().collect()
    }

    /// What a difference between two sources means; secrets of a protected environment stay there.
    fn policy(&self, one: usize, other: usize) -> Option<Drift> {
        let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
        if self.is_over_time() || self.is_live() || first == second {
            return None;
        }
        let apart = |column: usize| {
            let side = &self.sides[column];
            side.subject.project.config.keeps_secrets_apart(&side.subject.environment.name)
        };
        let usual = (self.secret && (apart(one) || apart(other))).then_some(Drift::MustDiffer);
        self.fitting.between(first, second).ok().flatten().or(usual)
    }

    /// Whether somebody said what differences of the key mean.
    pub(super) fn is_classified(&self) -> bool {
        self.pairs().any(|(one, other, _)| {
            let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
            self.fitting.between(first, second).is_ok_and(|policy| policy.is_some())
        })
    }

    /// Two rules that disagree about the key.
    pub(super) fn conflict(&self) -> Option<(usize, usize, Conflict)> {
        self.pairs().find_map(|(one, other, _)| {
            let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
            self.fitting.between(first, second).err().map(|conflict| (one, other, conflict))
        })
    }

    /// What one source says, in a few words: `staging 3000`, `prod ●a`.
    pub(super) fn told(&self, column: usize) -> String {
        format!("{} {}", self.name(column), self.told_value(column))
    }

    /// What one source says, without its name.
    pub(super) fn told_value(&self, column: usize) -> String {
        let cell = &self.cells[column];
        match (cell.state, &cell.value, cell.class) {
            (State::Absent | State::NotApplicable, ..) => "-".to_owned(),
            (State::Unknown, _, None) => "?".to_owned(),
            (State::Unresolved, ..) => "unresolved".to_owned(),
            (State::Empty, ..) => "empty".to_owned(),
            (_, Some(value), _) => super::shortened(value),
            (_, None, Some(class)) => format!("●{}", Row::letter(class)),
            _ => "set".to_owned(),
        }
    }

    /// A finding about some sources of this key, at its place in the last of them that has one.
    pub(super) fn finding(&self, rule: &'static Rule, columns: &[usize], message: String, short: &str) -> Finding {
        let mut finding = Finding::new(rule, message).key(self.key);
        let mut names: Vec<_> = columns.iter().map(|column| (self.name(*column), *column)).collect();
        names.sort_unstable();
        finding.environments = names.iter().map(|(name, _)| (*name).into()).collect();
        let value = |(_, column): &(&str, usize)| match (&self.cells[*column].value, self.cells[*column].state) {
            (Some(value), _) => value.clone(),
            (None, state) => state.name().to_owned(),
        };
        let saw = (!self.secret).then(|| names.iter().map(value).collect());
        let key = finding.key.clone().unwrap_or_default();
        let member = self.rules.member.as_ref().map(|member| format!("{member}/")).unwrap_or_default();
        let list: Vec<_> = names.iter().map(|(name, _)| *name).collect();
        finding.difference = Some(Box::new(Difference {
            id: printable(&format!("{}:{member}{key}:{}", rule.code, list.join(","))),
            row: Some(self.row),
            short: printable(short),
            saw,
            bucket: Bucket::Unexpected,
            change: None,
            accepted: None,
        }));
        self.placed(finding, columns)
    }

    /// Points at the value of the last source that has one, and lists the others'.
    fn placed(&self, mut finding: Finding, columns: &[usize]) -> Finding {
        let at = |column: &usize| Some((*column, self.cells[*column].at?));
        // Of a revision there is no file to open, so a working file is pointed at where there is one.
        let working = |(column, _): &(usize, Span)| self.sides[*column].column.kind == Kind::Declared;
        let places: Vec<_> = columns.iter().filter_map(at).collect();
        let main = places.iter().rev().find(|place| working(place)).or(places.last()).copied();
        match main {
            Some((column, span)) => {
                let layer =
                    self.settings[column].map(|setting| self.sides[column].subject.environment.layers[setting.layer]);
                let from = layer.map(|layer| format!("from layer {}", layer.name)).unwrap_or_default();
                finding = finding.at(span, from);
                if let Some(below) = self.cells[column].overrides.first() {
                    finding = finding.related(*below, "overrides this");
                }
            }
            None => {
                if let Some(span) = self.declared_at() {
                    finding = finding.at(span, "declared here");
                }
            }
        }
        let others = places
            .iter()
            .filter(|(column, span)| Some((*column, *span)) != main && Some(*span) != main.map(|(_, span)| span));
        for (column, span) in others {
            finding = finding.related(*span, format!("in {}", self.name(*column)));
        }
        finding
    }

    /// Where the schema declares the key, unless that is no file of the project.
    pub(super) fn declared_at(&self) -> Option<Span> {
        let side = self.sides.iter().find(|side| side.column.kind == Kind::Declared).or(self.sides.first())?;
        let project = side.subject.project;
        let schema = project.schema.as_ref().filter(|_| !project.has_built_in_schema())?;
        let place = |schema: &ProjectSchema, pointer: &str| schema.place(pointer);
        self.property.as_ref()?.pointer().and_then(|pointer| place(schema, &pointer)).map(|span| side.place(span))
    }

    /// The file in which the key would be set for a source, as users see it.
    pub(super) fn home(&self, column: usize) -> String {
        let side = &self.sides[column];
        if self.secret {
            return side.subject.sealed_file();
        }
        let path = side.own_layer().map(|layer| side.subject.project.sources.path(layer.source));
        path.unwrap_or_default().to_owned()
    }

    /// The name of a key that this one was probably meant to be: one that the other sources have, and that this one's lack.
    ///
    /// With it comes the first source that has it, where nobody declared that one either.
    pub(super) fn meant(&self) -> Option<(&'c str, Option<usize>)> {
        let (_, own) = self.uneven.iter().find(|(key, _)| *key == self.key)?;
        let turned = |(key, having): &&(&'c str, Vec<bool>)| {
            let elsewhere = having.iter().zip(own).all(|(has, own)| !(*has && *own));
            *key != self.key && elsewhere && self.is_declared(key) >= self.is_declared(self.key)
        };
        let candidates = || self.uneven.iter().filter(turned).map(|(key, _)| *key);
        let words = |key: &str| key.split('_').map(str::to_ascii_lowercase).collect::<BTreeSet<_>>();
        let near = crate::suggestion::nearest(self.key, candidates());
        let meant = near.or_else(|| candidates().find(|key| words(key) == words(self.key)))?;
        let (_, having) = self.uneven.iter().find(|(key, _)| *key == meant)?;
        Some((meant, having.iter().position(|has| *has).filter(|_| !self.is_declared(meant))))
    }

    fn is_declared(&self, key: &str) -> bool {
        let schema = self.sides.iter().find_map(|side| side.subject.project.schema.as_ref());
        schema.is_some_and(|schema| schema.schema.property(key).is_declared())
    }
}

impl Compared<'_, '_> {
    /// Whether two rules that are equally near disagree about any pair of sources.
    fn has_conflict(&self) -> bool {
        !self.fitting.is_undisputed() && self.conflict().is_some()
    }
}

impl<'a> Side<'a> {
    /// The file that is the environment's own, plain and no person's.
    pub(super) fn own_layer(&self) -> Option<&'a Layer> {
        let project = self.subject.project;
        let fits = |layer: &&&Layer| !layer.sealed && !super::is_personal(project.sources.path(layer.source));
        self.subject.environment.layers.iter().rev().find(fits).copied()
    }

    fn overridden(&self, setting: &Setting<'a>) -> Vec<Span> {
        if self.column.kind == Kind::Live {
            return Vec::new();
        }
        let environment = self.subject.environment;
        let place = |(layer, entry): (usize, usize)| {
            let layer = environment.layers[layer];
            Some(self.place(crate::environment::place(layer, layer.entries.get(entry)?)))
        };
        environment.shadowed(setting).into_iter().filter_map(place).collect()
    }
}

/// A value as a cell holds it: safe to print, and not without end.
fn told_value(text: &str) -> String {
    const LIMIT: usize = 1000;
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text),
    }
}
