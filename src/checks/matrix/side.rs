//! One source of a comparison: what it says about a key, and where.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use super::super::Subject;
use super::unread::Gaps;
use super::{Side, Source};
use crate::detection;
use crate::drift::State;
use crate::environment::{LooseFault, Resolved, Setting};
use crate::layer::Layer;
use crate::project::Project;
use crate::project::layout::is_personal;
use crate::schema::property::Property;
use crate::schema::violation::{Because, ViolationKind};
use crate::source::Span;

/// How many settings are looked at in one run to see which values the schema takes beside them.
const MOST_CHECKED: usize = 1 << 20;

/// How a source has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It says it, or does not have it.
    Itself,
    /// A file holds it.
    File,
    /// A reference stands for it.
    Reference,
}

impl<'a> Side<'a> {
    pub(super) fn new(source: Source<'a>, over_time: bool) -> Self {
        let Source { column, project, environment, is_partial, services, handed, offset } = source;
        let subject = Subject::new(project, environment);
        let mut flaws = HashMap::new();
        for violation in &subject.violations {
            let Some(key) = &violation.key else { continue };
            let lacks = violation.kind.is_lack() && violation.path.is_empty();
            match violation.kind {
                ViolationKind::Deprecated { .. }
                | ViolationKind::NotHere { .. }
                | ViolationKind::Missing { because: Because::Recommended } => {}
                ViolationKind::Unknown { .. } if violation.path.is_empty() => {}
                _ => _ = flaws.insert(key.clone(), lacks),
            }
        }
        let winning = |loose: &&crate::environment::Loose<'_>| {
            let setting = environment.get(loose.key);
            setting.is_some_and(|setting| (setting.layer, setting.entry) == (loose.layer, loose.entry))
                && !matches!(loose.fault, LooseFault::Above | LooseFault::Outside(_))
        };
        let loose = environment.loose.iter().filter(winning).map(|loose| loose.key).collect();
        let is_live = !column.kind.is_of_files();
        let gaps = if is_live { Gaps::default() } else { Gaps::of(project, environment) };
        let closed = gaps.sealed_text(project);
        let schema = project.schema.as_ref().map(|schema| &schema.schema);
        let names_readers = |key| schema.is_some_and(|schema| !schema.property(key).services().is_empty());
        let is_told = !services.is_empty() && schema.is_some_and(|schema| schema.keys().any(names_readers));
        let services = if is_told { services } else { &[] };
        let left = Cell::new(MOST_CHECKED);
        Self { column, subject, offset, flaws, loose, gaps, closed, over_time, is_partial, services, handed, left }
    }

    /// What the source says about a key, which it sets to this or not at all, and the text that is compared.
    pub(super) fn cell<'c>(
        &'c self,
        key: &str,
        setting: Option<&'c Setting<'a>>,
        property: Option<&Property<'c>>,
    ) -> (State, Option<Cow<'c, str>>, Way) {
        let environment = self.subject.environment;
        // What cannot be read is still the same as long as all of its text is.
        let as_text = |text: Option<&'a str>| text.filter(|_| self.over_time).map(Cow::Borrowed);
        if self.gaps.breaks(key, setting.map(|setting| setting.layer)) {
            return (State::Unknown, as_text(self.gaps.text_around(key)), Way::Itself);
        }
        let Some(setting) = setting else {
            let is_live = !self.column.kind.is_of_files();
            let by_file = is_live || property.is_some_and(Property::has_file_variant);
            if by_file && environment.get(&format!("{key}_FILE")).is_some_and(Setting::is_set)
                || self.handed.is_some_and(|handed| handed.by_file.contains(key))
            {
                return (State::Set, None, Way::File);
            }
            if self.refers_for(key) {
                return (State::Set, None, Way::Reference);
            }
            let elsewhere = property.and_then(Property::only_in).is_some_and(|list| !self.is_in(list));
            return match property.and_then(Property::default_text) {
                _ if elsewhere => (State::NotApplicable, None, Way::Itself),
                _ if self.is_partial || self.gaps.is_torn() => {
                    (State::Unknown, as_text(self.gaps.torn_text().filter(|_| self.closed.is_none())), Way::Itself)
                }
                // Which keys it sets nobody knows, so two environments with one such file need not share any.
                _ if self.closed.is_some() => {
                    let text = self.closed.as_deref().filter(|_| self.over_time);
                    (State::Unknown, text.map(Cow::Borrowed), Way::Itself)
                }
                Some(default) => (State::Default, Some(Cow::Owned(default)), Way::Itself),
                None => (State::Absent, None, Way::Itself),
            };
        };
        let layer = environment.layers[setting.layer];
        match &setting.value {
            _ if self.loose.contains(setting.key) => (State::Unresolved, None, Way::Itself),
            Resolved::Unknown if self.refers_for(key) => (State::Set, None, Way::Reference),
            Resolved::Unknown => {
                let sealed = layer.slice(&environment.entry(setting).value);
                (State::Unknown, (layer.sealed && !sealed.is_empty()).then_some(sealed.into()), Way::Itself)
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
                (state, Some(text.into()), if self.refers_for(key) { Way::Reference } else { Way::Itself })
            }
        }
    }

    /// Whether so many more settings may be looked at for a value that is to be written.
    pub(in crate::checks) fn may_check(&self, settings: usize) -> bool {
        let left = self.left.get().checked_sub(settings);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Whether a reference stands there for the value of a key.
    fn refers_for(&self, key: &str) -> bool {
        self.handed.is_some_and(|handed| handed.by_reference.contains_key(key))
    }

    pub(super) fn is_in(&self, list: &[String]) -> bool {
        list.iter().any(|name| **name == *self.subject.environment.name)
    }

    pub(in crate::checks) fn place(&self, span: Span) -> Span {
        span.shifted(self.offset)
    }

    /// Where a key stands; nowhere in a live source.
    pub(super) fn at(&self, setting: &Setting<'a>) -> Option<Span> {
        (self.column.kind.is_of_files()).then(|| {
            let layer = self.subject.environment.layers[setting.layer];
            let entry = self.subject.environment.entry(setting);
            self.place(crate::environment::place(layer, entry))
        })
    }

    /// Whether its value must not be shown; `judge` has said already that the key names no secret.
    pub(super) fn hides(&self, key: &str, setting: &Setting<'_>, judge: &Project) -> bool {
        let live = !self.column.kind.is_of_files();
        let text = match &setting.value {
            Resolved::Secret(secret) if live => Some(secret.expose()),
            Resolved::Secret(_) | Resolved::Unknown => return true,
            // What a reference to a secret gives holds that.
            _ if self.handed.and_then(|handed| handed.by_reference.get(key)) == Some(&true) => return true,
            value => value.text(),
        };
        let project = self.subject.project;
        let named = !std::ptr::eq(project, judge) && project.is_secret(key);
        named || text.is_some_and(|text| project.looks_secret(key, text))
    }

    /// Whether its value is that of a secret that is known under another name; `judge` may know more of them.
    pub(super) fn borrows(&self, setting: &Setting<'_>, judge: &Project) -> bool {
        let text = match &setting.value {
            Resolved::Secret(secret) => Some(secret.expose()),
            Resolved::Unknown => None,
            value => value.text(),
        };
        let project = self.subject.project;
        let knows =
            |text| project.is_known_secret(text) || !std::ptr::eq(project, judge) && judge.is_known_secret(text);
        text.is_some_and(knows)
    }

    /// The file that is the environment's own, plain and no person's.
    pub(in crate::checks) fn own_layer(&self) -> Option<&'a Layer> {
        let project = self.subject.project;
        let fits = |layer: &&&Layer| !layer.sealed && !is_personal(project.sources.path(layer.source));
        self.subject.environment.layers.iter().rev().find(fits).copied()
    }

    pub(super) fn overridden(&self, setting: &Setting<'a>) -> Vec<Span> {
        if !self.column.kind.is_of_files() {
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
