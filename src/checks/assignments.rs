//! Where the assignments of a file stand for sparkcfg itself, and what they give: what another reader is held against.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::dialects::compose;

/// The assignments of a file, in order: each from its key to the end of its value.
#[derive(Default)]
pub(super) struct Assignments {
    all: Vec<Assignment>,
    /// The lines for which docker compose refuses the file, and that sparkcfg goes on without.
    damaged: Vec<Range<usize>>,
    /// What sparkcfg reads of each key, where values may refer to each other.
    values: HashMap<String, String>,
}

/// The key, and the end of the value.
struct Assignment {
    key: Range<usize>,
    end: usize,
}

impl Assignments {
    /// Those of a text.
    pub(super) fn of(text: &str) -> Self {
        let wide = |at: u32| at as usize;
        let entries = compose::parse(text).entries.into_iter();
        Self::at(entries.map(|entry| (wide(entry.key.start)..wide(entry.key.end), wide(entry.value.end))))
    }

    /// Those at these places.
    fn at(places: impl Iterator<Item = (Range<usize>, usize)>) -> Self {
        let mut all: Vec<_> = places.map(|(key, end)| Assignment { end: end.max(key.end), key }).collect();
        all.sort_unstable_by_key(|one| one.key.start);
        Self { all, ..Self::default() }
    }

    /// With the lines that cannot be read, of which a place is given each, and with what sparkcfg reads without them.
    pub(super) fn with(mut self, damaged: Vec<Range<usize>>, values: HashMap<String, String>) -> Self {
        self.damaged = damaged;
        self.damaged.sort_unstable_by_key(|line| line.start);
        self.values = values;
        self
    }

    /// The lines that cannot be read.
    pub(super) fn damaged(&self) -> &[Range<usize>] {
        &self.damaged
    }

    /// The one that begins in a line and ends there; `None` where it goes on, or where another one goes on into the line.
    fn within(&self, line: &Range<usize>) -> Option<&Assignment> {
        let first = self.first_in(line);
        let own = self.all.get(first).filter(|one| one.key.start < line.end && one.end <= line.end)?;
        self.none_leads_into(first, line).then_some(own)
    }

    /// Whether a file is the same to sparkcfg without a line, but for what that assigns.
    pub(super) fn is_whole(&self, line: &Range<usize>) -> bool {
        self.within(line).is_some()
    }

    /// Whether nothing that is assigned goes on over the ends of a line.
    pub(super) fn is_apart(&self, line: &Range<usize>) -> bool {
        let first = self.first_in(line);
        let rest = self.all.get(first..).unwrap_or_default();
        let mut own = rest.iter().take_while(|one| one.key.start < line.end);
        self.none_leads_into(first, line) && own.all(|one| one.end <= line.end)
    }

    /// The lines of the assignment that goes on into a line; `None` where none does.
    pub(super) fn leading_into(&self, text: &str, line: &Range<usize>) -> Option<Range<usize>> {
        let first = self.first_in(line);
        let above = self.all.get(first.checked_sub(1)?).filter(|above| above.end > line.start)?;
        let start = text.get(..above.key.start)?.rfind('\n').map_or(0, |before| before + 1);
        let end = text.get(above.end..)?.find('\n').map_or(text.len(), |length| above.end + length);
        let ends_alone = self.all.get(first).is_none_or(|next| next.key.start >= end);
        ends_alone.then_some(start..end)
    }

    fn first_in(&self, line: &Range<usize>) -> usize {
        self.all.partition_point(|one| one.key.start < line.start)
    }

    fn none_leads_into(&self, first: usize, line: &Range<usize>) -> bool {
        let above = first.checked_sub(1).and_then(|last| self.all.get(last));
        above.is_none_or(|above| above.end <= line.start)
    }

    /// The keys that begin behind the first place, and before the second.
    pub(super) fn keys_between(&self, range: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let first = self.all.partition_point(|one| one.key.start <= range.start);
        let rest = self.all.get(first..).unwrap_or_default();
        rest.iter().map(|one| &one.key).take_while(|key| key.start < range.end)
    }

    /// The keys that are assigned with `:`, which is nothing to most readers.
    pub(super) fn by_colon<'t>(&self, text: &'t str) -> HashSet<&'t str> {
        let assigns = |key: &Range<usize>| {
            text.get(key.end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(':'))
        };
        self.all.iter().filter(|one| assigns(&one.key)).filter_map(|one| text.get(one.key.clone())).collect()
    }

    /// The key that is assigned in a line and nowhere else, and that nothing above refers to; and what sparkcfg reads of it.
    pub(super) fn given(&self, text: &str, line: &Range<usize>) -> Option<(&str, &str)> {
        let key = text.get(self.within(line)?.key.clone())?;
        let (key, value) = self.values.get_key_value(key)?;
        let sets = |one: &&Assignment| text.get(one.key.clone()) == Some(key);
        let above = text.get(..line.start)?;
        let refers = ["$", "${", "$("].iter().any(|sign| above.contains(&[sign, key.as_str()].concat()));
        (!refers && self.all.iter().filter(sets).count() == 1).then_some((key, value))
    }
}
