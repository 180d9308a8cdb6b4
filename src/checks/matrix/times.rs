//! Environments at a revision and now: whether a value that no finding holds is still the same.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Compared, Rules, Side, Source};
use crate::drift::policy::Policies;
use crate::drift::{Mode, Relation, State};
use crate::finding::Severity;
use crate::project::Project;
use crate::schema::sameness::Shape;
use crate::secret::Secret;

/// Every environment that a revision and the working tree both have.
pub struct Times<'a> {
    environments: Vec<(Arc<str>, [Side<'a>; 2])>,
    judge: &'a Project,
    /// The names that keys had at the revision, where they have another one now.
    names: HashMap<String, String>,
}

/// One of the two times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// At the revision.
    Then,
    /// In the working tree.
    Now,
}

impl<'a> Times<'a> {
    /// Takes environments by the names that they have now, each as it was and as it is. `judge` says what the schema is.
    #[must_use]
    pub fn new(environments: Vec<(Arc<str>, [Source<'a>; 2])>, judge: &'a Project) -> Self {
        let sides = |(name, times): (_, [Source<'a>; 2])| (name, times.map(|source| Side::new(source, true)));
        Self { environments: environments.into_iter().map(sides).collect(), judge, names: HashMap::new() }
    }

    /// The same with keys that had other names then, by those of now.
    #[must_use]
    pub fn renamed(mut self, names: HashMap<String, String>) -> Self {
        self.names = names;
        self
    }

    /// How the value of a key then relates to that of now; a part of it where one is named. Values are compared in memory
    /// where both could be opened, else as they are sealed: of two sealed texts that differ, nothing can be said.
    #[must_use]
    pub fn relation(&self, environment: &str, key: &str, part: Option<Shape>) -> Relation {
        let all = self.compared(environment, key, |compared| {
            let text = |column| compared.text(column);
            match (compared.relation(0, 1), part, text(0).zip(text(1))) {
                (Relation::Different, Some(part), Some((then, now))) if part.of(then) == part.of(now) => Relation::Same,
                (relation, ..) => relation,
            }
        });
        all.unwrap_or(Relation::Unknown)
    }

    /// Whether two environments have one value for a key at a time; `None` where nobody here can open both.
    #[must_use]
    pub fn agree(&self, environments: [&str; 2], key: &str, time: Time) -> Option<bool> {
        let (one, other) = self.texts(environments, key, time)?;
        let schema = self.judge.schema.as_ref().map(|schema| &schema.schema);
        let same = || schema.is_some_and(|it| it.property(key).sameness().same(one.expose(), other.expose()));
        Some(one.expose() == other.expose() || same())
    }

    /// Whether a part of the value of a key is the same in two environments at a time; `None` where nobody here can open both.
    #[must_use]
    pub fn part_agrees(&self, environments: [&str; 2], key: &str, part: Shape, time: Time) -> Option<bool> {
        let (one, other) = self.texts(environments, key, time)?;
        Some(part.of(one.expose()) == part.of(other.expose()))
    }

    /// How what was closed then relates to what is closed now.
    #[must_use]
    pub fn of_closed(&self, environment: &str) -> Relation {
        let same =
            self.sides(environment).is_some_and(|[then, now]| then.closed.is_some() && then.closed == now.closed);
        if same { Relation::Same } else { Relation::Unknown }
    }

    /// Whether nobody here can say at a time what the value of a key is; without `value`, whether it is there.
    #[must_use]
    pub fn hides(&self, environment: &str, key: &str, time: Time, value: bool) -> bool {
        let column = usize::from(time == Time::Now);
        let hidden = self.compared(environment, key, |compared| {
            let state = compared.cells[column].state;
            matches!(state, State::Unknown | State::Unresolved) && (value || !compared.surely_sets(column))
        });
        hidden.unwrap_or_default()
    }

    /// Whether a key had a value at the revision in any environment, be it a default, or one that nobody here can read.
    #[must_use]
    pub fn had(&self, key: &str) -> bool {
        let has =
            |compared: &Compared<'_, '_>| !matches!(compared.cells[0].state, State::Absent | State::NotApplicable);
        self.environments.iter().any(|(name, _)| self.compared(name, key, has).unwrap_or_default())
    }

    /// The values of a key in two environments, where both can be opened.
    fn texts(&self, environments: [&str; 2], key: &str, time: Time) -> Option<(Secret, Secret)> {
        let column = usize::from(time == Time::Now);
        let text = |environment| {
            let text = |compared: &Compared<'_, '_>| compared.text(column).map(|text| Secret::new(text.to_owned()));
            self.compared(environment, key, text).flatten()
        };
        let [one, other] = environments.map(text);
        one.zip(other)
    }

    fn sides(&self, environment: &str) -> Option<&[Side<'a>; 2]> {
        self.environments.iter().find(|(name, _)| **name == *environment).map(|(_, sides)| sides)
    }

    fn compared<T>(&self, environment: &str, key: &str, ask: impl Fn(&Compared<'_, '_>) -> T) -> Option<T> {
        let policies = Policies::default();
        let rules = Rules {
            mode: Mode::Time,
            policies: &policies,
            strict: false,
            unknown: Severity::Note,
            hides_values: false,
            lists_all: true,
            member: None,
        };
        let sides = self.sides(environment)?;
        let then = self.names.get(key).map_or(key, String::as_str);
        let set =
            |(side, key): (&'_ Side<'a>, &str)| side.subject.environment.get(key).filter(|setting| setting.is_set());
        let settings = sides.iter().zip([then, key]).map(set).collect();
        Some(ask(&Compared::new(sides, &rules, self.judge, (key, settings), 0, &[])))
    }
}
