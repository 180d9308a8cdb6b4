//! Lines at which a reader of a file stumbles, and what it makes of the file without them: of what such a line swallows or
//! keeps from being read, nobody can say more than that, so it is no mistake of its own.

use std::borrow::Cow;
use std::ops::Range;

use super::reader::{Surroundings, read};
use crate::dialects::{ReadError, Reading, Variable};

/// At how many lines a reader may stumble in a file that is looked at all the same.
const MOST: usize = 12;

/// Where the assignments of a file stand for sparkcfg itself, in order: each from its key to the end of its value.
#[derive(Default)]
pub(super) struct Assignments(Vec<Assignment>);

/// The key, and the end of the value.
struct Assignment {
    key: Range<usize>,
    end: usize,
}

impl Assignments {
    /// Those that a reading found.
    pub(super) fn of(reading: &Reading) -> Self {
        Self::at(reading.vars.iter().map(|one| (one.key_span.clone(), one.value_span.end)))
    }

    /// Those at these places.
    pub(super) fn at(places: impl Iterator<Item = (Range<usize>, usize)>) -> Self {
        let mut all: Vec<_> = places.map(|(key, end)| Assignment { end: end.max(key.end), key }).collect();
        all.sort_unstable_by_key(|one| one.key.start);
        Self(all)
    }

    /// The one that begins in a line and ends there; `None` where it goes on, or where another one goes on into the line.
    fn whole(&self, line: &Range<usize>) -> Option<&Assignment> {
        let first = self.0.partition_point(|one| one.key.start < line.start);
        let above = first.checked_sub(1).and_then(|last| self.0.get(last));
        let own = self.0.get(first).filter(|one| one.key.start < line.end && one.end <= line.end)?;
        above.is_none_or(|above| above.end <= line.start).then_some(own)
    }

    /// The keys that begin behind the first place, and before the second.
    fn keys_between(&self, range: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let first = self.0.partition_point(|one| one.key.start <= range.start);
        let rest = self.0.get(first..).unwrap_or_default();
        rest.iter().map(|one| &one.key).take_while(|key| key.start < range.end)
    }
}

/// A line at which a reader stumbles.
pub(super) struct Stumble {
    /// The line, without its end.
    pub(super) line: Range<usize>,
    pub(super) kind: Kind,
    /// Whether the line holds one assignment and nothing else, so that the file is the same without it.
    is_whole: bool,
}

/// What becomes of the rest of the file there.
#[derive(PartialEq, Eq)]
pub(super) enum Kind {
    /// The reader takes nothing from the whole file.
    Refuses(ReadError),
    /// It takes nothing from this line on.
    GivesUp(ReadError),
    /// It takes lines below for a part of this one.
    Swallows {
        /// What it sets by it.
        variable: Option<Variable>,
        /// The keys in what it takes.
        keys: Vec<Range<usize>>,
        /// Where that ends.
        end: usize,
    },
}

impl Kind {
    /// Why a reader stops in the file, if it does.
    pub(super) fn of(reading: &Reading) -> Option<Self> {
        let refuses = reading.error.clone().map(Self::Refuses);
        refuses.or_else(|| reading.gave_up.clone().map(Self::GivesUp))
    }

    /// What the reader cannot read, if that is why it stumbles.
    pub(super) fn error(&self) -> Option<&ReadError> {
        match self {
            Self::Refuses(error) | Self::GivesUp(error) => Some(error),
            Self::Swallows { .. } => None,
        }
    }
}

impl Stumble {
    /// The first one in a reading of a text.
    fn first(reading: &Reading, text: &str, assignments: &Assignments) -> Option<Self> {
        if let Some(kind) = Kind::of(reading) {
            let at = kind.error()?.at.as_ref().filter(|at| at.end > at.start)?.start;
            let line = line_at(text, at)?;
            return Some(Self { is_whole: assignments.whole(&line).is_some(), line, kind });
        }
        let spans = reading.vars.iter().map(|one| one.key_span.start..one.value_span.end);
        let spans = spans.chain(reading.executes.iter().cloned());
        let several = spans.filter(|span| text.get(span.clone()).is_some_and(|taken| taken.contains('\n')));
        let swallowing = several.filter_map(|span| {
            let line = line_at(text, span.start)?;
            assignments.whole(&line)?;
            let keys: Vec<_> = assignments.keys_between(&(line.end..span.end)).cloned().collect();
            (!keys.is_empty()).then_some((line, keys, span.end))
        });
        let (line, keys, end) = swallowing.min_by_key(|(line, _, _)| line.start)?;
        let variable = reading.vars.iter().find(|one| line.contains(&one.key_span.start)).cloned();
        Some(Self { line, kind: Kind::Swallows { variable, keys, end }, is_whole: true })
    }
}

/// What a reader makes of a file without the lines at which it stumbles.
pub(super) struct ReadOn {
    /// The reading, with the places of the file.
    pub(super) reading: Reading,
    /// That of the file with those lines, if there are any.
    pub(super) whole: Option<Reading>,
    /// Those lines, in the order in which they come to light.
    pub(super) stumbles: Vec<Stumble>,
}

impl ReadOn {
    /// Reads a file with a chain of readers; `None` where they stumble at what cannot be left out.
    pub(super) fn of(chain: &str, text: &str, around: &Surroundings, assignments: &Assignments) -> Option<Self> {
        Self::from(read(chain, text.as_bytes(), around)?, chain, text, around, assignments)
    }

    /// Goes on from what they made of the whole file.
    pub(super) fn from(
        mut reading: Reading,
        chain: &str,
        text: &str,
        around: &Surroundings,
        assignments: &Assignments,
    ) -> Option<Self> {
        let (mut stumbles, mut whole) = (Vec::new(), None);
        let mut text = Cow::Borrowed(text);
        while let Some(stumble) = Stumble::first(&reading, &text, assignments) {
            if stumbles.len() == MOST {
                return None;
            }
            text = Cow::Owned(without(&text, &stumble.line)?);
            stumbles.push(stumble);
            let next = read(chain, text.as_bytes(), around)?;
            let before = std::mem::replace(&mut reading, next);
            whole = whole.or(Some(before));
        }
        (reading.error.is_none() && reading.gave_up.is_none()).then_some(Self { reading, whole, stumbles })
    }

    /// Why they stop, and whether that only comes to light once a line above takes no more lines in.
    pub(super) fn errors(&self) -> impl Iterator<Item = (Kind, bool)> {
        let mut swallowed = false;
        self.stumbles.iter().filter_map(move |stumble| match &stumble.kind {
            Kind::Refuses(error) => Some((Kind::Refuses(error.clone()), swallowed)),
            Kind::GivesUp(error) => Some((Kind::GivesUp(error.clone()), swallowed)),
            Kind::Swallows { .. } => {
                swallowed = true;
                None
            }
        })
    }

    /// Whether each of the lines is an assignment, so that what is read without them is what they keep from being read.
    pub(super) fn is_sure(&self) -> bool {
        self.stumbles.iter().all(|stumble| stumble.is_whole)
    }
}

/// The line in which a place lies, without its end.
fn line_at(text: &str, at: usize) -> Option<Range<usize>> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |before| before + 1);
    let end = text.get(at..)?.find('\n').map_or(text.len(), |length| at + length);
    Some(start..end)
}

/// The text with a comment to all readers in the place of a line, as long as the line is, so that every place stays.
fn without(text: &str, line: &Range<usize>) -> Option<String> {
    let length = line.len().checked_sub(1)?;
    Some([text.get(..line.start)?, "#", &" ".repeat(length), text.get(line.end..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::{Assignments, Kind, ReadOn};
    use crate::checks::reader::{OWN, Surroundings, read};
    use crate::dialects::Process;

    #[test]
    fn what_a_reader_stumbles_at() {
        for (chain, text, stumbles, rest) in [
            ("shell", "A=1\nB=x y\n", "", "A"),
            ("shell", "A=it's\nI=1\nJ=don't\n", "swallows I J at 1; refuses at 3", "I"),
            ("shell", "A=it's\nH=2\nJ=x'y z\nK=3\n", "swallows H J at 1; refuses at 3", "H K"),
            ("shell", "J=don't\nL=1\n", "refuses at 1", "L"),
            ("uv", "A=a b\nI=1\nB=c d\n", "gives up at 1; gives up at 3", "I"),
            ("dotenvy", "A=a b\nI=1\n", "refuses at 1", "I"),
            ("node", "A= \nB=2\nC=3\n", "swallows B at 1", "B C"),
            ("make", "A=1\\\nB=2\nC=3\n", "swallows B at 1", "B C"),
            ("python-dotenv", "A='1\n2'\nB=3\n", "", "A B"),
        ] {
            let around = Surroundings { below: Process::new(), besides: Process::new() };
            let own = read(OWN, text.as_bytes(), &around).unwrap();
            let found = ReadOn::of(chain, text, &around, &Assignments::of(&own)).unwrap();
            let told = found.stumbles.iter().map(|stumble| {
                let line = text[..stumble.line.start].matches('\n').count() + 1;
                match &stumble.kind {
                    Kind::Refuses(_) => format!("refuses at {line}"),
                    Kind::GivesUp(_) => format!("gives up at {line}"),
                    Kind::Swallows { keys, .. } => {
                        let keys: Vec<_> = keys.iter().map(|key| &text[key.clone()]).collect();
                        format!("swallows {} at {line}", keys.join(" "))
                    }
                }
            });
            assert_eq!(told.collect::<Vec<_>>().join("; "), stumbles, "{chain}: {text:?}");
            let keys: Vec<_> = found.reading.vars.iter().map(|one| one.key.as_str()).collect();
            assert_eq!(keys.join(" "), rest, "{chain}: {text:?}");
            assert!(found.is_sure(), "{chain}: {text:?}");
        }
    }

    #[test]
    fn what_is_no_assignment_cannot_be_left_out() {
        let around = Surroundings { below: Process::new(), besides: Process::new() };
        let text = "A='1\nB=2'\nC=3\n";
        let own = read(OWN, text.as_bytes(), &around).unwrap();
        let found = ReadOn::of("make", text, &around, &Assignments::of(&own));
        assert!(found.is_none_or(|found| found.stumbles.is_empty() || !found.is_sure()));
        let many = "A=a b\n".repeat(super::MOST + 1);
        assert!(ReadOn::of("uv", &many, &around, &Assignments::default()).is_none());
    }
}
