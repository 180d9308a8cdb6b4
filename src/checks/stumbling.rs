//! Lines at which a reader of a file stumbles, and what it makes of the file without them: of what such a line swallows or
//! keeps from being read, nobody can say more than that, so it is no mistake of its own.

use std::borrow::Cow;
use std::ops::Range;

use super::assignments::Assignments;
use super::reader::{Surroundings, read};
use crate::dialects::{ReadError, Reading, Variable};
use crate::portable::is_plain_line;

/// How many bytes it may read again, over all these lines: each costs a reading of the file, and one of all above it.
const MOST_READ: usize = 2 << 20;

/// A line at which a reader stumbles.
pub(super) struct Stumble {
    /// The line, without its end; all lines of a value that runs over several.
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
    /// The first line that a reader takes lines below for a part of, in a reading without an error.
    fn swallowing(reading: &Reading, text: &str, assignments: &Assignments) -> Option<Self> {
        let spans = reading.vars.iter().map(|one| one.key_span.start..one.value_span.end);
        let spans = spans.chain(reading.executes.iter().cloned());
        let several = spans.filter(|span| text.get(span.clone()).is_some_and(|taken| taken.contains('\n')));
        let swallowing = several.filter_map(|span| {
            let line = line_at(text, span.start).filter(|line| assignments.is_whole(line))?;
            let keys: Vec<_> = assignments.keys_between(&(line.end..span.end)).cloned().collect();
            let taken = text.get(line.end..span.end).is_some_and(|taken| !taken.trim().is_empty());
            taken.then_some((line, keys, span.end))
        });
        let (line, keys, end) = swallowing.min_by_key(|(line, _, _)| line.start)?;
        let variable = reading.vars.iter().find(|one| line.contains(&one.key_span.start)).cloned();
        Some(Self { line, kind: Kind::Swallows { variable, keys, end }, is_whole: true })
    }
}

/// A reader on its way through a file.
struct Search<'a> {
    chain: &'a str,
    around: Cow<'a, Surroundings>,
    assignments: &'a Assignments,
    /// No line that begins above this place leaves the reader within what it opens there.
    clear: usize,
    /// How many bytes were read.
    work: usize,
}

impl Search<'_> {
    fn read(&mut self, text: &str) -> Option<Reading> {
        self.counts(text)?;
        read(self.chain, text.as_bytes(), &self.around)
    }

    /// Counts a text that is to be read, if it still may be.
    fn counts(&mut self, text: &str) -> Option<()> {
        self.work += text.len();
        (self.work <= MOST_READ).then_some(())
    }

    /// The first line at which it stumbles in a text, of which this is the reading.
    fn stumble(&mut self, reading: &Reading, text: &str) -> Option<Stumble> {
        let Some(kind) = Kind::of(reading) else { return Stumble::swallowing(reading, text, self.assignments) };
        let at = kind.error()?.at.as_ref().filter(|at| at.end > at.start)?.start;
        let line = line_at(text, at)?;
        let (line, kind) = self.cause(text, line.start).unwrap_or((line, kind));
        let line = self.assignments.leading_into(text, &line).unwrap_or(line);
        self.clear = line.start;
        Some(Stumble { is_whole: self.assignments.is_whole(&line), line, kind })
    }

    /// The first line above `end` that opens what it does not close, a quote most likely. A line below closes it, and then
    /// the reader takes quotes that open for such that close, until it refuses what nobody did wrong.
    fn cause(&mut self, text: &str, end: usize) -> Option<(Range<usize>, Kind)> {
        /// Of so many lines that the reader refuses by themselves it is looked at what it makes of all above them.
        const MOST: usize = 12;
        let mut looked_at = 0;
        let mut next = self.clear;
        for written in text.get(self.clear..end)?.split_inclusive('\n') {
            let line = next..next + written.trim_end_matches('\n').len();
            next += written.len();
            let text_of_line = text.get(line.clone())?;
            if is_plain_line(text_of_line) || !self.assignments.is_apart(&line) {
                continue;
            }
            self.counts(text_of_line)?;
            if Kind::of(&read(self.chain, text_of_line.as_bytes(), &Surroundings::default())?).is_none() {
                continue;
            }
            looked_at += 1;
            let kind = Kind::of(&self.read(text.get(..line.end)?)?);
            let is_here = |kind: &Kind| {
                kind.error().and_then(|error| error.at.as_ref()).is_some_and(|at| line.contains(&at.start))
            };
            if let Some(kind) = kind.filter(is_here) {
                return Some((line, kind));
            }
            if looked_at == MOST {
                return None;
            }
        }
        None
    }

    /// What it makes of a file without the lines at which it stumbles, from what it made of the whole file.
    fn goes_on(&mut self, mut reading: Reading, text: &str) -> Option<ReadOn> {
        let (mut stumbles, mut whole) = (Vec::new(), None);
        let mut rest = Cow::Borrowed(text);
        // What it makes of a line that cannot be read is nothing to compare.
        for line in self.assignments.damaged() {
            rest = Cow::Owned(without(&rest, line)?);
        }
        if !self.assignments.damaged().is_empty() {
            let next = self.read(&rest)?;
            whole = Some(std::mem::replace(&mut reading, next));
        }
        while let Some(stumble) = self.stumble(&reading, &rest) {
            self.go_on_without(text, &stumble.line);
            rest = Cow::Owned(without(&rest, &stumble.line)?);
            stumbles.push(stumble);
            let next = self.read(&rest)?;
            let before = std::mem::replace(&mut reading, next);
            whole = whole.or(Some(before));
        }
        (reading.error.is_none() && reading.gave_up.is_none()).then_some(ReadOn { reading, whole, stumbles })
    }

    /// Goes on without a line: what refers to its key finds what sparkcfg reads there, as it will once the line is mended.
    fn go_on_without(&mut self, text: &str, line: &Range<usize>) {
        if let Some((key, value)) = self.assignments.given(text, line) {
            self.around.to_mut().give(key, value);
        }
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
    /// Reads a file with a chain of readers; `None` where they stumble at what cannot be left out. The bytes that are read are
    /// added to `work`.
    pub(super) fn of(
        chain: &str,
        text: &str,
        around: &Surroundings,
        assignments: &Assignments,
        work: &mut usize,
    ) -> Option<Self> {
        *work += text.len();
        let reading = read(chain, text.as_bytes(), around)?;
        let mut search = Search { chain, around: Cow::Borrowed(around), assignments, clear: 0, work: 0 };
        let on = search.goes_on(reading, text);
        *work += search.work;
        on
    }

    /// Goes on from what they made of the whole file.
    pub(super) fn from(
        reading: Reading,
        chain: &str,
        text: &str,
        around: &Surroundings,
        assignments: &Assignments,
    ) -> Option<Self> {
        Search { chain, around: Cow::Borrowed(around), assignments, clear: 0, work: 0 }.goes_on(reading, text)
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

/// The text with a comment to all readers in the place of a line, or of several, as long as each is, so that every place stays.
fn without(text: &str, lines: &Range<usize>) -> Option<String> {
    let comment = |line: &str| line.len().checked_sub(1).map_or(String::new(), |rest| format!("#{}", " ".repeat(rest)));
    let comments: Vec<_> =
        text.get(lines.clone()).filter(|lines| !lines.is_empty())?.split('\n').map(comment).collect();
    Some([text.get(..lines.start)?, &comments.join("\n"), text.get(lines.end..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::{Kind, ReadOn};
    use crate::checks::reader::Surroundings;
    use crate::checks::view::own_view;

    #[test]
    fn what_a_reader_stumbles_at() {
        for (chain, text, stumbles, rest) in [
            ("shell", "A=1\nB=x y\n", "", "A"),
            ("shell", "A=it's\nI=1\nJ=don't\n", "swallows I J at 1; refuses at 3", "I"),
            ("shell", "A=it's\nH=2\nJ=x'y z\nK=3\n", "swallows H J at 1; refuses at 3", "H K"),
            ("shell", "J=don't\nL=1\n", "refuses at 1", "L"),
            // The quotes below are right: it is the one above them that opens too many.
            ("shell", "A=it's\nJ='x y'\nK='z w'\n", "refuses at 1", "J K"),
            ("shell", "A=1\nB=it\"s\nJ=\"a b\"\nK=\"p\" # c\n", "refuses at 2", "A J K"),
            ("shell", "F=don't #c\nM=a;b\n", "refuses at 1", "M"),
            ("shell", "A=it's\nI=1\nJ=don't\nK=(x)\nL='1'\n", "refuses at 1; refuses at 3; refuses at 4", "I L"),
            ("shell", "A=\"it\nB=2\nC=\"x y\"\n", "", "B C"),
            ("shell", "A='x\ny'\nB=it's\nC='x y'\n", "refuses at 3", "A C"),
            ("shell", "A=1\nB=${A:?}\nC=it's\nD='x y'\n", "refuses at 3", "A B D"),
            ("uv", "A=a b\nB=it's\nC='x y'\n", "gives up at 1; gives up at 2", "C"),
            ("dotenvy", "B=it's\nC='x y'\n", "refuses at 1", "C"),
            ("uv", "A=a b\nI=1\nB=c d\n", "gives up at 1; gives up at 3", "I"),
            ("dotenvy", "A=a b\nI=1\n", "refuses at 1", "I"),
            ("node", "A= \nB=2\nC=3\n", "swallows B at 1", "B C"),
            ("make", "A=1\\\nB=2\nC=3\n", "swallows B at 1", "B C"),
            ("python-dotenv", "A='1\n2'\nB=3\n", "", "A B"),
            // The lines of one value are one line.
            ("make", "A=1\nB=\"x\n\ny\"\nC=2\nD='p\nq'\n", "refuses at 2; refuses at 6", "A C"),
        ] {
            let around = Surroundings::default();
            let (_, assignments) = own_view(text, &around, &mut 0);
            let found = ReadOn::of(chain, text, &around, &assignments, &mut 0).unwrap();
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
        let around = Surroundings::default();
        let text = "A='1\nB=2'\nC=3\n";
        let found = ReadOn::of("make", text, &around, &own_view(text, &around, &mut 0).1, &mut 0);
        assert!(found.is_none_or(|found| found.stumbles.is_empty() || !found.is_sure()));
    }

    #[test]
    fn so_many_lines_are_left_out_as_may_be_read_again() {
        let around = Surroundings::default();
        for (count, expected) in [(40, true), (20_000, false)] {
            let line = |at: usize| if at < count { format!("A{at}=a b\n") } else { "I=1\n".to_owned() };
            let text: String = (0..=count).map(line).collect();
            let (_, assignments) = own_view(&text, &around, &mut 0);
            let found = ReadOn::of("uv", &text, &around, &assignments, &mut 0);
            assert_eq!(found.is_some_and(|found| found.stumbles.len() == count), expected, "{count}");
        }
    }

    #[test]
    fn a_long_file_with_many_quotes_too_many_is_not_read_for_each_of_them() {
        let around = Surroundings::default();
        for chain in ["shell", "dotenvy", "uv", "godotenv"] {
            let stray =
                |at: usize| if at % 3000 == 5 { format!("A{at}=it's\n") } else { format!("A{at}=some-value\n") };
            let text: String = (0..40_000).map(stray).collect();
            let mut work = 0;
            let (_, assignments) = own_view(&text, &around, &mut work);
            ReadOn::of(chain, &text, &around, &assignments, &mut work);
            assert!(work <= 2 * (super::MOST_READ + 2 * text.len()), "{chain} reads {work} bytes of {}", text.len());
        }
    }
}
