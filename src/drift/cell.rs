//! What one source says about one key, and how two of them relate.

use serde::Serialize;

use super::Row;
use crate::source::Span;

/// What a source says about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has a value.
    Set,
    /// It is set, to nothing.
    Empty,
    /// It is not set, and the schema has a default.
    Default,
    /// It is not set.
    Absent,
    /// The schema does not allow it there, and it is not there.
    NotApplicable,
    /// It could not be opened or read, so nothing can be said about it.
    Unknown,
    /// A reference in it leads nowhere.
    Unresolved,
    /// A placeholder stands in its place.
    Placeholder,
    /// It breaks a rule of the schema.
    Invalid,
}

impl State {
    /// The word that programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Empty => "empty",
            Self::Default => "default",
            Self::Absent => "absent",
            Self::NotApplicable => "not-applicable",
            Self::Unknown => "unknown",
            Self::Unresolved => "unresolved",
            Self::Placeholder => "placeholder",
            Self::Invalid => "invalid",
        }
    }

    /// Whether the source itself sets the key, be it to something that nobody here can read.
    #[must_use]
    pub const fn is_there(self) -> bool {
        !matches!(self, Self::Default | Self::Absent | Self::NotApplicable)
    }
}

/// A key in one source. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What the source says.
    pub state: State,
    /// Cells of a row with the same class have the same value, numbered from 0 in every row; `None` where there is no
    /// value, or none that can be known.
    pub class: Option<usize>,
    /// The value, safe to print; `None` for a secret.
    pub value: Option<String>,
    /// Whether it is held sealed.
    pub sealed: bool,
    /// Whether a file holds the value, which `KEY_FILE` names.
    pub by_file: bool,
    /// Whether a reference stands for the value: whoever starts it hands that over.
    pub by_reference: bool,
    /// Where it is set.
    pub at: Option<Span>,
    /// What that overrides, nearest first.
    pub overrides: Vec<Span>,
}

/// How two cells of a row relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// One value.
    Same,
    /// Two values, or one and none.
    Different,
    /// Nothing can be said: one of them could not be opened.
    Unknown,
}

impl Cell {
    /// The same cell after its texts moved (see [`crate::source::Sources::absorb`]).
    #[must_use]
    pub fn shifted(mut self, offset: u32) -> Self {
        for span in self.at.iter_mut().chain(&mut self.overrides) {
            *span = span.shifted(offset);
        }
        self
    }

    /// The cell in the fewest words, safe to print.
    #[must_use]
    pub fn told(&self) -> String {
        match (self.state, &self.value, self.class) {
            (State::Absent, ..) => "-".to_owned(),
            (State::NotApplicable, ..) => "n/a".to_owned(),
            (State::Unknown, _, None) => "?".to_owned(),
            (State::Unresolved, ..) => "unresolved".to_owned(),
            (State::Empty, ..) => "empty".to_owned(),
            (State::Default, Some(value), _) => format!("({value})"),
            (_, Some(value), _) => value.clone(),
            (_, None, Some(class)) => format!("●{}", Row::letter(class)),
            _ if self.by_file => "by file".to_owned(),
            _ if self.by_reference => "by reference".to_owned(),
            _ => "set".to_owned(),
        }
    }

    /// How it relates to another cell of its row.
    #[must_use]
    pub fn relation(&self, other: &Self) -> Relation {
        let is_closed = |cell: &Self| {
            matches!(cell.state, State::Unknown | State::Unresolved)
                || cell.class.is_none() && (cell.by_file || cell.by_reference)
        };
        match (self.class, other.class) {
            (Some(one), Some(two)) if one == two => Relation::Same,
            _ if is_closed(self) || is_closed(other) => Relation::Unknown,
            (None, None) => Relation::Same,
            _ => Relation::Different,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Relation, State};

    #[test]
    fn unknown_is_never_same_and_never_missing() {
        let cell = |state, class| Cell {
            state,
            class,
            value: None,
            sealed: false,
            by_file: false,
            by_reference: false,
            at: None,
            overrides: Vec::new(),
        };
        for (one, other, expected) in [
            (cell(State::Set, Some(0)), cell(State::Set, Some(0)), Relation::Same),
            (cell(State::Set, Some(0)), cell(State::Empty, Some(1)), Relation::Different),
            (cell(State::Set, Some(0)), cell(State::Absent, None), Relation::Different),
            (cell(State::Absent, None), cell(State::NotApplicable, None), Relation::Same),
            (cell(State::Set, Some(0)), cell(State::Unknown, None), Relation::Unknown),
            (cell(State::Absent, None), cell(State::Unknown, None), Relation::Unknown),
            (cell(State::Unknown, None), cell(State::Unknown, None), Relation::Unknown),
            // Sealed text that is the same at two revisions.
            (cell(State::Unknown, Some(0)), cell(State::Unknown, Some(0)), Relation::Same),
            (cell(State::Unknown, Some(0)), cell(State::Unknown, Some(1)), Relation::Unknown),
        ] {
            assert_eq!(one.relation(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.relation(&one), expected, "{other:?} {one:?}");
        }
    }
}
