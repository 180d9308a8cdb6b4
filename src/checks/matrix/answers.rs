//! What the checks of drift ask about a key.

use std::collections::BTreeSet;

use super::Compared;
use crate::drift::policy::Conflict;
use crate::drift::{Kind, Mode, Relation, State};
use crate::environment::Setting;
use crate::finding::Severity;
use crate::project::Project;
use crate::schema::extension::Drift;
use crate::schema::property::Property;
use crate::schema::sameness::Shape;

impl<'c, 'a> Compared<'c, 'a> {
    /// Whether what is declared is compared with what runs.
    pub(in crate::checks) fn is_live(&self) -> bool {
        self.rules.mode == Mode::Live
    }

    /// Whether two sources are compared that somebody named, in that order.
    pub(in crate::checks) fn is_pair(&self) -> bool {
        self.rules.mode == Mode::Pair
    }

    /// Whether one environment is compared at two revisions.
    pub(in crate::checks) fn is_over_time(&self) -> bool {
        self.rules.mode == Mode::Time
    }

    /// The older and the newer source, where one environment is compared at two revisions.
    pub(in crate::checks) fn times(&self) -> Option<(usize, usize)> {
        (self.is_over_time() && self.sides.len() > 1).then(|| (0, self.sides.len() - 1))
    }

    /// The sources, by number.
    pub(in crate::checks) fn columns(&self) -> std::ops::Range<usize> {
        0..self.sides.len()
    }

    /// The sources that are judged: of one environment at two revisions only the newer.
    pub(in crate::checks) fn judged(&self) -> std::ops::Range<usize> {
        let first = if self.is_over_time() { self.sides.len().saturating_sub(1) } else { 0 };
        first..self.sides.len()
    }

    /// Whether a source may go without the key: the schema knows it, does not demand it, and has no default.
    pub(in crate::checks) fn may_lack(&self, column: usize) -> bool {
        self.property.is_some() && self.cells[column].state == State::Absent && !self.is_missing(column)
    }

    /// What users call a source.
    pub(in crate::checks) fn name(&self, column: usize) -> &'c str {
        &self.sides[column].column.name
    }

    /// The environment that a source is; of what runs, the one that it is compared with.
    pub(in crate::checks) fn environment(&self, column: usize) -> &'c str {
        &self.sides[column].subject.environment.name
    }

    /// Whether a source is no file of the project, but what runs.
    pub(in crate::checks) fn runs(&self, column: usize) -> bool {
        self.sides[column].column.kind == Kind::Live
    }

    /// Whether a source is what the templates give.
    pub(in crate::checks) fn is_rendered(&self, column: usize) -> bool {
        self.sides[column].column.kind == Kind::Rendered
    }

    /// The project that a source belongs to.
    pub(in crate::checks) fn project(&self, column: usize) -> &'a Project {
        self.sides[column].subject.project
    }

    /// Whether findings about secrets and placeholders are errors in a source.
    pub(in crate::checks) fn is_protected(&self, column: usize) -> bool {
        self.sides[column].column.protected
    }

    /// How bad it is when something could not be opened.
    pub(in crate::checks) fn unknown_severity(&self) -> Severity {
        self.rules.unknown
    }

    /// Whether a difference that nobody classified is an error.
    pub(in crate::checks) fn is_strict(&self) -> bool {
        self.rules.strict
    }

    /// Whether somebody looks at what is not unexpected.
    pub(in crate::checks) fn lists_all(&self) -> bool {
        self.rules.lists_all
    }

    /// Whether the schema says that the key must be there, and it is not.
    pub(in crate::checks) fn is_missing(&self, column: usize) -> bool {
        self.sides[column].flaws.get(self.key) == Some(&true)
    }

    /// Whether the schema forbids the key in a source that has it.
    pub(in crate::checks) fn is_forbidden(&self, column: usize) -> bool {
        self.only_in.is_some_and(|list| !self.sides[column].is_in(list)) && self.cells[column].state.is_there()
    }

    /// Whether a source surely sets the key. A file of which nobody here knows what it sets may do so, or not.
    pub(in crate::checks) fn surely_sets(&self, column: usize) -> bool {
        let state = self.cells[column].state;
        let is_seen = || self.settings[column].is_some() || self.sides[column].gaps.breaks(self.key, None);
        state.is_there() && (state != State::Unknown || is_seen())
    }

    /// Whether the schema says that others read the key, and not the service that a live source is.
    pub(in crate::checks) fn is_for_others(&self, live: usize) -> bool {
        let readers = self.property.as_ref().map(Property::services).unwrap_or_default();
        let services = self.sides[live].services;
        !services.is_empty() && !readers.is_empty() && !readers.iter().any(|reader| services.contains(reader))
    }

    /// Whether the schema says of other keys which service reads them, and of this one it does not.
    pub(in crate::checks) fn lacks_readers(&self, live: usize) -> bool {
        let readers = self.property.as_ref().map(Property::services).unwrap_or_default();
        !self.sides[live].services.is_empty() && readers.is_empty()
    }

    /// Whether the declared value of the key is in a live source under a name that nobody declared.
    pub(in crate::checks) fn arrives_renamed(&self, live: usize) -> bool {
        let Some(value) = self.text(0) else { return false };
        let settings = self.sides[live].subject.environment.settings.iter().filter(|setting| setting.is_set());
        let unknown = |setting: &&Setting<'_>| !self.sets(0, setting.key) && !self.is_declared(setting.key);
        settings.filter(unknown).any(|setting| carries(self.key, value, setting.key, setting.value.text()))
    }

    /// Whether a live variable holds the value of a declared key that is not there by its own name.
    pub(in crate::checks) fn stands_for_another(&self, live: usize) -> bool {
        let settings = self.sides[0].subject.environment.settings.iter().filter(|setting| setting.is_set());
        let elsewhere = settings.filter(|setting| !self.sets(live, setting.key));
        let mut values = elsewhere.filter_map(|setting| Some((setting.key, setting.value.text()?)));
        values.any(|(key, value)| carries(key, value, self.key, self.text(live)))
    }

    /// What a live source is, for people: a process, a container, a file.
    pub(in crate::checks) fn noun(&self, column: usize) -> &'static str {
        match self.name(column).split(':').next() {
            Some("env") => "file",
            Some("render") => "rendered file",
            Some("pm2" | "proc") => "process",
            Some("compose") => "service",
            _ => "container",
        }
    }

    /// The text of a source, secret or not.
    pub(in crate::checks) fn text(&self, column: usize) -> Option<&str> {
        self.texts[column].as_deref()
    }

    /// Whether there is a schema that could declare the key.
    pub(in crate::checks) fn has_schema(&self) -> bool {
        self.sides.iter().any(|side| side.subject.project.schema.is_some())
    }

    /// Whether a source sets another key.
    pub(in crate::checks) fn sets(&self, column: usize, key: &str) -> bool {
        self.sides[column].subject.environment.get(key).is_some_and(Setting::is_set)
    }

    /// The setting of a source.
    pub(in crate::checks) fn setting(&self, column: usize) -> Option<&'c Setting<'a>> {
        self.settings[column]
    }

    /// How two sources relate.
    pub(in crate::checks) fn relation(&self, one: usize, other: usize) -> Relation {
        // Sealed or not, a value here and none there are not the same.
        let lacks = |column: usize| self.cells[column].state == State::Absent;
        let seals = |column: usize| self.settings[column].is_some() && self.cells[column].state == State::Unknown;
        if lacks(one) && seals(other) || lacks(other) && seals(one) {
            return Relation::Different;
        }
        self.cells[one].relation(&self.cells[other])
    }

    /// The pairs of sources in which the key has a place, with what a difference means.
    pub(in crate::checks) fn pairs(&self) -> impl Iterator<Item = (usize, usize, Option<Drift>)> {
        self.pairs.iter().copied()
    }

    /// The pairs that `wanted` holds for; the sources in them, in order.
    pub(in crate::checks) fn columns_of(&self, wanted: impl Fn(usize, usize, Option<Drift>) -> bool) -> Vec<usize> {
        let mut pairs = self.pairs().filter(|(one, other, policy)| wanted(*one, *other, *policy)).peekable();
        if pairs.peek().is_none() {
            return Vec::new();
        }
        let mut is_in = vec![false; self.sides.len()];
        pairs.for_each(|(one, other, _)| (is_in[one], is_in[other]) = (true, true));
        self.columns().filter(|column| is_in[*column]).collect()
    }

    /// What a difference between two sources means; secrets of a protected environment stay there.
    pub(super) fn policy(&self, one: usize, other: usize) -> Option<Drift> {
        let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
        if self.is_over_time() || self.is_live() || first == second {
            return None;
        }
        let apart = |column: usize| {
            let side = &self.sides[column];
            side.subject.project.config.keeps_secrets_apart(&side.subject.environment.name)
        };
        let kept_apart = self.is_own_secret && (apart(one) || apart(other)) && !self.is_one_entry(one, other);
        let usual = kept_apart.then_some(Drift::MustDiffer);
        self.fitting.between(first, second).ok().flatten().or(usual)
    }

    /// Whether two sources have the value from one line of a layer that both share, which somebody wrote on purpose.
    fn is_one_entry(&self, one: usize, other: usize) -> bool {
        let entry = |column: usize| {
            let environment = self.sides[column].subject.environment;
            let setting = environment.get(self.key)?;
            Some((environment.layers[setting.layer], setting.entry))
        };
        entry(one)
            .zip(entry(other))
            .is_some_and(|((one, first), (other, second))| std::ptr::eq(one, other) && first == second)
    }

    /// The parts of its value that somebody keeps the same.
    pub(in crate::checks) fn kept_shapes(&self) -> BTreeSet<Shape> {
        let declared = self.property.iter().flat_map(|property| property.same().iter().copied());
        declared.chain(self.fitting.shapes()).collect()
    }

    /// Whether a part of the value stays the same between two sources.
    pub(in crate::checks) fn keeps(&self, shape: Shape, one: usize, other: usize) -> bool {
        let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
        let declared = self.property.as_ref().is_some_and(|property| property.same().contains(&shape));
        declared || self.fitting.keeps(shape, first, second)
    }

    /// Whether somebody said what differences of the key mean.
    pub(in crate::checks) fn is_classified(&self) -> bool {
        self.pairs().any(|(one, other, _)| {
            let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
            self.fitting.between(first, second).is_ok_and(|policy| policy.is_some())
        })
    }

    /// Two rules that disagree about the key.
    pub(in crate::checks) fn conflict(&self) -> Option<(usize, usize, Conflict)> {
        if self.fitting.is_undisputed() {
            return None;
        }
        self.pairs().find_map(|(one, other, _)| {
            let [first, second] = [one, other].map(|column| &*self.sides[column].subject.environment.name);
            self.fitting.between(first, second).err().map(|conflict| (one, other, conflict))
        })
    }

    /// Whether two rules that are equally near disagree about any pair of sources.
    pub(super) fn has_conflict(&self) -> bool {
        self.conflict().is_some()
    }
}

/// Whether a variable called `name` holds the value of `key`: one word of the names is a shorter form of the other, or the
/// value is like no other.
fn carries(key: &str, value: &str, name: &str, text: Option<&str>) -> bool {
    const LIKE_NO_OTHER: usize = 6;
    let is_short_for = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|start| start.ends_with('_'));
    let Some(text) = text.filter(|_| !value.is_empty()) else { return false };
    text == value && (is_short_for(key, name) || is_short_for(name, key))
        || value.len() >= LIKE_NO_OTHER && text.contains(value)
}

#[cfg(test)]
mod tests {
    use super::carries;

    #[test]
    fn a_value_under_another_name() {
        for (key, value, name, text, expected) in [
            ("SQL_DATABASE", "managair", "POSTGRES_DB", Some("managair"), true),
            ("APP_DOMAIN", "a.example", "ALLOWED_HOSTS", Some("localhost a.example"), true),
            ("API_DB_MIGRATE", "true", "DB_MIGRATE", Some("true"), true),
            ("API_DB_MIGRATE", "true", "DB_MIGRATE", Some("false"), false),
            ("DEBUG", "true", "VERBOSE", Some("true"), false),
            ("PORT", "8883", "ADDRESS", Some("0.0.0.0:8883"), false),
            ("REPORT", "1", "PORT", Some("1"), false),
            ("KEY", "", "A_KEY", Some(""), false),
            ("KEY", "secret", "A_KEY", None, false),
        ] {
            assert_eq!(carries(key, value, name, text), expected, "{key} {name}");
        }
    }
}
