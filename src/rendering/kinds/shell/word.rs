//! The words of a simple command as a script spells them, and the values in them.

use super::super::Misfit;
pub(super) use super::super::limit::Limit;
use crate::rendering::marks::Part;

/// Stands for a value in the text of a [`Word`].
pub(super) const VALUE: char = '\u{0}';
/// Stands for what only running the script could tell.
pub(super) const UNKNOWN: char = '\u{1}';

/// A value that a template puts into a script. It may be a secret, so it has no `Debug`.
#[derive(Clone)]
pub(super) struct Hole {
    /// Where, as a byte of the draft.
    pub(super) at: usize,
    /// The text; `None` where a secret is only referred to.
    pub(super) text: Option<String>,
}

impl Hole {
    pub(super) fn new(at: usize, parts: &[Part]) -> Self {
        let text = parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Secret(_) => None,
        });
        Self { at, text: text.collect() }
    }

    /// Whether every reader takes it for nothing but what it is, however often it is read.
    pub(super) fn fits(&self, limit: Limit) -> bool {
        self.text.as_deref().is_some_and(|text| limit.allows(text))
    }

    pub(super) fn refused(&self, message: impl Into<String>, help: &'static str) -> Misfit {
        Misfit::new(self.at, message, help)
    }
}

/// What a word is to its command.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// A part of an assignment, the program, or what that is given.
    #[default]
    Plain,
    /// The file of a redirection.
    File,
    /// What the program reads: `<<<`.
    Text,
    /// Of a list: `A=(…)`.
    Element,
    /// What ends a here-document: `<<`.
    Delimiter { tabs: bool },
}

/// A word: its text without the quotes.
#[derive(Clone, Default)]
pub(super) struct Word {
    pub(super) role: Role,
    /// [`VALUE`] stands for each of the holes.
    pub(super) text: String,
    pub(super) holes: Vec<Hole>,
    pub(super) is_quoted: bool,
}

impl Word {
    /// Whether nothing stands in it, not even an empty text in quotes.
    pub(super) fn is_nothing(&self) -> bool {
        self.text.is_empty() && !self.is_quoted
    }

    /// The text of a word that is no more than a name in the script: of a program, an operator or a word of the language.
    pub(super) fn name(&self) -> &str {
        if self.holes.is_empty() { self.text.rsplit('/').next().unwrap_or_default() } else { "" }
    }

    /// The name that it assigns to, of which values may be a part, and whether a member of a list is meant; what is
    /// assigned is not looked at.
    pub(super) fn assigns(&self) -> Option<(String, bool)> {
        let of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        let end = self.text.find(|sign: char| !of_name(sign) && sign != VALUE)?;
        let (own, rest) = self.text.split_at(end);
        let mut holes = self.holes.iter();
        let mut name = String::new();
        for sign in own.chars() {
            if sign == VALUE {
                name.push_str(holes.next()?.text.as_deref().filter(|text| text.chars().all(of_name))?);
            } else {
                name.push(sign);
            }
        }
        let named = !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit());
        let member = rest.starts_with('[');
        (named && (member || rest.starts_with('=') || rest.starts_with("+="))).then_some((name, member))
    }

    /// The values before the first `=`, and those behind it.
    pub(super) fn sides(&self) -> (&[Hole], &[Hole]) {
        let before = self.text.find('=').and_then(|at| self.text.get(..at)).unwrap_or(&self.text);
        self.holes.split_at(before.matches(VALUE).count().min(self.holes.len()))
    }
}
