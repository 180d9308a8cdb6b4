//! How a difference is told: the finding, with its places, and which file or name was meant.

use std::collections::BTreeSet;

use super::{Compared, Side, told_value};
use crate::abridging::{told_apart, width};
use crate::drift::{Kind, Row, State};
use crate::finding::{Bucket, Difference, Finding, Rule};
use crate::project::ProjectSchema;
use crate::source::{Span, printable};

impl<'c> Compared<'c, '_> {
    /// What one source says, in a few words: `staging 3000`, `prod ●a`.
    pub(in crate::checks) fn told(&self, column: usize) -> String {
        format!("{} {}", self.name(column), self.told_value(column))
    }

    /// What one source says, without its name.
    pub(in crate::checks) fn told_value(&self, column: usize) -> String {
        let cell = &self.cells[column];
        match (cell.state, self.value(column), cell.class) {
            (State::Absent | State::NotApplicable, ..) => "-".to_owned(),
            (State::Unknown, _, None) => "?".to_owned(),
            (State::Unresolved, ..) => "unresolved".to_owned(),
            (State::Empty, ..) => "empty".to_owned(),
            (_, Some(value), _) => self.abridged(column, &value),
            (_, None, Some(class)) => format!("●{}", Row::letter(class)),
            _ => "set".to_owned(),
        }
    }

    /// The value of a source, safe to print; `None` for one that may not be shown.
    pub(super) fn value(&self, column: usize) -> Option<String> {
        let is_live = |side: &Side<'_>| !side.column.kind.is_of_files();
        // What only runs and nobody declared may be anything, so it is not shown.
        let declared =
            || self.settings.iter().zip(self.sides).any(|(setting, side)| setting.is_some() && !is_live(side));
        let known = || !is_live(&self.sides[column]) || self.property.is_some() || declared();
        self.text(column).filter(|_| !self.hidden && known()).map(told_value)
    }

    /// A value of bearable length, which looks like no other one of its row.
    fn abridged(&self, column: usize, value: &str) -> String {
        const LIMIT: usize = 60;
        if width(value) <= LIMIT {
            return value.to_owned();
        }
        let values = (0..self.cells.len()).map(|column| self.value(column).unwrap_or_default());
        let seen = told_apart(&values.collect::<Vec<_>>(), &vec![LIMIT; self.cells.len()]);
        seen.into_iter().nth(column).unwrap_or_default()
    }

    /// A finding that is only counted: nobody sees what it says.
    pub(in crate::checks) fn counted(&self, rule: &'static Rule, bucket: Bucket) -> Finding {
        let mut finding = Finding::new(rule, String::new());
        let (id, short) = (String::new(), String::new());
        let (row, saw, parts, change, accepted) = (Some(self.row), None, None, None, None);
        finding.difference = Some(Box::new(Difference {
            id,
            member: self.rules.member.clone(),
            row,
            short,
            saw,
            parts,
            bucket,
            change,
            accepted,
            because: None,
            partly: Vec::new(),
        }));
        finding
    }

    /// A finding about some sources of this key, at its place in the last of them that has one.
    pub(in crate::checks) fn finding(
        &self,
        rule: &'static Rule,
        columns: &[usize],
        message: String,
        short: &str,
    ) -> Finding {
        let mut finding = Finding::new(rule, message).key(self.key);
        let names = self.names_of(columns);
        finding.environments = names.iter().map(|(name, _)| (*name).into()).collect();
        let value = |(_, column): &(&str, usize)| match (&self.texts[*column], self.cells[*column].state) {
            (Some(text), _) => told_value(text),
            (None, state) => state.name().to_owned(),
        };
        let saw = (!self.secret).then(|| names.iter().map(value).collect());
        let key = finding.key.clone().unwrap_or_default();
        finding.difference = Some(Box::new(Difference {
            id: self.id(rule, &key, &names),
            member: self.rules.member.clone(),
            row: Some(self.row),
            short: printable(short),
            saw,
            parts: None,
            bucket: Bucket::Unexpected,
            change: None,
            accepted: None,
            because: None,
            partly: Vec::new(),
        }));
        self.placed(finding, columns)
    }

    /// Some sources by name, sorted.
    fn names_of(&self, columns: &[usize]) -> Vec<(&'c str, usize)> {
        let mut names: Vec<_> = columns.iter().map(|column| (self.name(*column), *column)).collect();
        names.sort_unstable();
        names
    }

    fn id(&self, rule: &Rule, key: &str, names: &[(&str, usize)]) -> String {
        let member = self.rules.member.as_ref().map(|member| format!("{member}/")).unwrap_or_default();
        let list: Vec<_> = names.iter().map(|(name, _)| *name).collect();
        printable(&format!("{}:{member}{key}:{}", rule.code, list.join(",")))
    }

    /// Says that a finding about some sources is about a part of their values only, which `part` tells.
    pub(in crate::checks) fn narrow(
        &self,
        finding: &mut Finding,
        name: &str,
        columns: &[usize],
        part: impl Fn(usize) -> String,
    ) {
        let names = self.names_of(columns);
        let key = format!("{}#{name}", finding.key.as_deref().unwrap_or_default());
        if let Some(difference) = &mut finding.difference {
            difference.id = self.id(finding.rule, &key, &names);
            difference.parts = (!self.secret).then(|| names.iter().map(|(_, column)| part(*column)).collect());
        }
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
    pub(in crate::checks) fn declared_at(&self) -> Option<Span> {
        let side = self.sides.iter().find(|side| side.column.kind == Kind::Declared).or(self.sides.first())?;
        let project = side.subject.project;
        let schema = project.schema.as_ref().filter(|_| !project.has_built_in_schema())?;
        let place = |schema: &ProjectSchema, pointer: &str| schema.place(pointer);
        self.property.as_ref()?.pointer().and_then(|pointer| place(schema, &pointer)).map(|span| side.place(span))
    }

    /// The file in which the key would be set for a source, as users see it.
    pub(in crate::checks) fn home(&self, column: usize) -> String {
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
    pub(in crate::checks) fn meant(&self) -> Option<(&'c str, Option<usize>)> {
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

    /// Whether the schema knows the key, or one whose value is in the file that this one names.
    pub(in crate::checks) fn is_known(&self) -> bool {
        let schema = self.sides.iter().find_map(|side| side.subject.project.schema.as_ref());
        self.property.is_some() || schema.is_some_and(|schema| schema.schema.by_file(self.key).is_some())
    }

    pub(super) fn is_declared(&self, key: &str) -> bool {
        let schema = self.sides.iter().find_map(|side| side.subject.project.schema.as_ref());
        schema.is_some_and(|schema| schema.schema.property(key).is_declared())
    }
}
