//! How a file's text becomes variables: one file a reader.
//!
//! To add a reader: one file with a `read` function, one `mod` line, one entry in [`ALL`].

pub mod compose;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// A program or library that reads env files.
#[derive(Debug)]
pub struct Dialect {
    /// What users call it.
    pub name: &'static str,
    /// One line for `--help`.
    pub summary: &'static str,
    /// The version whose behaviour this is.
    pub version: &'static str,
    /// Whether the process environment beats the file: a variable that is set already keeps its value.
    pub process_wins: bool,
    /// Reads a file as that program would in that process environment.
    pub read: fn(&[u8], &Process) -> Reading,
}

/// A process environment, as given by the caller; never the real one.
pub type Process = BTreeMap<String, String>;

/// What a reader made of a file.
///
/// It holds the file's values, secrets among them, and so it has no `Debug`.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Each variable once, in the order in which the keys first appear.
    pub vars: Vec<Variable>,
    /// Why the reader refuses the file; `vars` holds what it had set before.
    pub error: Option<ReadError>,
    /// Where this reader would run a command or call a function. Nothing is run here; the reader's page says what
    /// stands in its place.
    pub executes: Vec<Range<usize>>,
}

/// A variable as one reader sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub key: String,
    /// The value; `None` when the reader knows the name but sets nothing.
    pub value: Option<String>,
    /// The key of the assignment that won, as bytes of the file.
    pub key_span: Range<usize>,
    /// Its value as written, quotes included.
    pub value_span: Range<usize>,
}

/// Why a reader refuses a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong, in lower case; never quotes the file.
    pub message: &'static str,
    /// Where, as bytes of the file, if the reader can tell.
    pub at: Option<Range<usize>>,
}

impl Reading {
    /// What the reader makes of `key`; `None` when it does not set it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.vars.iter().find(|variable| variable.key == key)?.value.as_deref()
    }
}

/// Every reader, in the order in which `--help` lists them.
pub static ALL: &[Dialect] = &[Dialect {
    name: "compose",
    summary: "docker compose, env_file:",
    version: "2.40.3",
    process_wins: false,
    read: compose::read,
}];

/// The reader that users call `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Dialect> {
    ALL.iter().find(|dialect| dialect.name == name)
}

/// A reading in the making, with its variables by name.
#[derive(Default)]
struct Draft {
    reading: Reading,
    places: HashMap<String, usize>,
}

impl Draft {
    /// Sets a variable, replacing what an earlier line made of it.
    fn set(&mut self, variable: Variable) {
        if let Some(place) = self.places.get(&variable.key).and_then(|at| self.reading.vars.get_mut(*at)) {
            *place = variable;
        } else {
            self.places.insert(variable.key.clone(), self.reading.vars.len());
            self.reading.vars.push(variable);
        }
    }

    fn get(&self, key: &str) -> Option<&Variable> {
        self.places.get(key).and_then(|at| self.reading.vars.get(*at))
    }

    /// What an earlier line made of `key`.
    fn value(&self, key: &str) -> Option<&str> {
        self.get(key)?.value.as_deref()
    }

    /// The reading of a file from which nothing is loaded because of what stands at `at`.
    fn refused(self, message: &'static str, at: Range<usize>) -> Reading {
        let error = Some(ReadError { message, at: Some(at) });
        Reading { error, executes: self.reading.executes, ..Reading::default() }
    }
}

/// The file as text, bytes that are not UTF-8 replaced by `U+FFFD`, and the way back to the bytes.
struct Text<'b> {
    text: Cow<'b, str>,
    /// For each replaced stretch: where its replacement ends in the text, and where the stretch ends in the bytes.
    replaced: Vec<(usize, usize)>,
}

impl<'b> Text<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: Cow::Borrowed(text), replaced: Vec::new() };
        }
        let (mut text, mut replaced, mut read) = (String::with_capacity(bytes.len()), Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            read += chunk.valid().len();
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                read += 1;
                replaced.push((text.len(), read));
            }
        }
        Self { text: Cow::Owned(text), replaced }
    }

    /// The byte of the file that the text's byte `at` came from.
    fn original(&self, at: usize) -> usize {
        let before = self.replaced.partition_point(|(end, _)| *end <= at);
        let (text_end, file_end) =
            before.checked_sub(1).and_then(|index| self.replaced.get(index)).copied().unwrap_or_default();
        // Within a replacement there is nothing to point at but its first byte.
        let within =
            self.replaced.get(before).is_some_and(|(end, _)| at + char::REPLACEMENT_CHARACTER.len_utf8() > *end);
        if within { self.replaced.get(before).map_or(file_end, |(_, end)| end - 1) } else { file_end + (at - text_end) }
    }

    /// Turns ranges of the text into ranges of the file.
    fn in_file(&self, mut reading: Reading) -> Reading {
        if self.replaced.is_empty() {
            return reading;
        }
        let back = |range: &mut Range<usize>| *range = self.original(range.start)..self.original(range.end);
        for variable in &mut reading.vars {
            back(&mut variable.key_span);
            back(&mut variable.value_span);
        }
        reading.executes.iter_mut().for_each(back);
        reading.error.iter_mut().filter_map(|error| error.at.as_mut()).for_each(back);
        reading
    }
}
