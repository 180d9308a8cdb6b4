//! How a file's text becomes variables: one file a reader.
//!
//! To add a reader: one file with a `read` function, one `mod` line, one entry in [`ALL`].

pub mod bun;
pub mod compose;
pub mod compose_interpolation;
pub mod compose_raw;
pub mod deno;
pub mod docker_run;
pub mod dotenv_expand;
pub mod dotenvy;
mod families;
pub mod godotenv;
pub mod make;
pub mod node;
pub mod node_dotenv;
pub mod python_dotenv;
pub mod ruby_dotenv;
pub mod shell;
pub mod split;
pub mod systemd;
pub mod uv;

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
    /// Whether, once the file is loaded, a variable that the process environment has already keeps its value.
    ///
    /// `read` shows the file's own value for libraries whose reading and loading are two steps (node-dotenv, dotenvy,
    /// godotenv), and the process environment's for the others.
    pub process_wins: bool,
    /// Whether what reads this way, or is started by it, finds the process environment beside what the file sets. A
    /// container and a unit of systemd do not.
    pub inherits: bool,
    /// Reads a file as that program would in that process environment.
    pub read: fn(&[u8], &Process) -> Reading,
}

/// A process environment, as given by the caller; never the real one.
pub type Process = BTreeMap<String, String>;

/// Stands in a value for what only a program that is not run here knows, and so in all that is made of it.
pub const UNKNOWN: char = '\u{e001}';

/// What a reader made of a file.
///
/// It holds the file's values, secrets among them, and so it has no `Debug`.
#[derive(Default, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Each variable once, in the order in which the keys first appear.
    pub vars: Vec<Variable>,
    /// Why the reader refuses the file; `vars` holds what it had set before.
    pub error: Option<ReadError>,
    /// Where this reader would run a command or call a function. Nothing is run here; in the values, [`UNKNOWN`] stands in
    /// its place, or what the reader's page says.
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

impl Variable {
    /// Whether only a program that is not run here knows the value.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.value.as_ref().is_some_and(|value| value.contains(UNKNOWN))
    }

    fn plain(key: &str, value: String, key_span: Range<usize>, value_span: Range<usize>) -> Self {
        Self { key: key.to_owned(), value: Some(value), key_span, value_span }
    }
}

impl Reading {
    /// Moves every place: those of a text that a reader was given, into those of the file that it was made of.
    pub(crate) fn move_places(&mut self, back: impl Fn(&mut Range<usize>)) {
        for variable in &mut self.vars {
            back(&mut variable.key_span);
            back(&mut variable.value_span);
        }
        self.executes.iter_mut().for_each(&back);
        self.error.iter_mut().filter_map(|error| error.at.as_mut()).for_each(back);
    }

    /// Gives every variable that is set in the process environment its value there.
    fn prefer(&mut self, process: &Process) {
        for variable in &mut self.vars {
            if let Some(value) = process.get(&variable.key) {
                variable.value = Some(value.clone());
            }
        }
    }

    /// What the reader makes of `key`; `None` when it does not set it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.vars.iter().find(|variable| variable.key == key)?.value.as_deref()
    }
}

/// Every reader, in the order in which `--help` lists them.
pub static ALL: &[Dialect] = &[
    Dialect {
        name: "compose",
        summary: "docker compose, env_file:",
        version: "2.40.3",
        process_wins: false,
        inherits: false,
        read: compose::read,
    },
    Dialect {
        name: "compose-interpolation",
        summary: "docker compose, --env-file and .env, as ${KEY} in the compose file sees it",
        version: "2.40.3",
        process_wins: true,
        inherits: true,
        read: compose_interpolation::read,
    },
    Dialect {
        name: "compose-raw",
        summary: "docker compose, env_file: with format: raw",
        version: "2.40.3",
        process_wins: false,
        inherits: false,
        read: compose_raw::read,
    },
    Dialect {
        name: "docker-run",
        summary: "docker run --env-file",
        version: "28.2.2",
        process_wins: false,
        inherits: false,
        read: docker_run::read,
    },
    Dialect {
        name: "python-dotenv",
        summary: "python-dotenv, load_dotenv()",
        version: "1.2.4",
        process_wins: true,
        inherits: true,
        read: python_dotenv::read,
    },
    Dialect {
        name: "node-dotenv",
        summary: "npm dotenv",
        version: "18.0.10",
        process_wins: true,
        inherits: true,
        read: node_dotenv::read,
    },
    Dialect {
        name: "dotenv-expand",
        summary: "npm dotenv with dotenv-expand",
        version: "18.0.10 with 1000.0.0",
        // It sees to that while it reads: what is the same there, or empty, is expanded.
        process_wins: false,
        inherits: true,
        read: dotenv_expand::read,
    },
    Dialect {
        name: "node",
        summary: "node --env-file",
        version: "26.10.0",
        process_wins: true,
        inherits: true,
        read: node::read,
    },
    Dialect {
        name: "dotenvy",
        summary: "the Rust crate dotenvy",
        version: "0.15.7",
        process_wins: true,
        inherits: true,
        read: dotenvy::read,
    },
    Dialect {
        name: "godotenv",
        summary: "the Go package godotenv",
        version: "1.5.1",
        process_wins: true,
        inherits: true,
        read: godotenv::read,
    },
    Dialect {
        name: "ruby-dotenv",
        summary: "the Ruby gem dotenv",
        version: "3.2.0",
        process_wins: true,
        inherits: true,
        read: ruby_dotenv::read,
    },
    Dialect {
        name: "shell",
        summary: "set -a; . file, in a POSIX shell",
        version: "dash 0.5.12",
        process_wins: false,
        inherits: true,
        read: shell::read,
    },
    Dialect {
        name: "make",
        summary: "-include and export in GNU make",
        version: "4.3",
        process_wins: false,
        inherits: true,
        read: make::read,
    },
    Dialect {
        name: "systemd",
        summary: "EnvironmentFile= of a systemd unit",
        version: "252",
        process_wins: false,
        inherits: false,
        read: systemd::read,
    },
    Dialect {
        name: "bun",
        summary: "bun --env-file",
        version: "1.4.5",
        process_wins: true,
        inherits: true,
        read: bun::read,
    },
    Dialect {
        name: "deno",
        summary: "deno run --env-file",
        version: "2.9.6",
        process_wins: true,
        inherits: true,
        read: deno::read,
    },
    Dialect {
        name: "uv",
        summary: "uv run --env-file",
        version: "0.13.9",
        process_wins: true,
        inherits: true,
        read: uv::read,
    },
    Dialect {
        name: "split",
        summary: "hand-written line.split('='), at the first =",
        version: "model",
        process_wins: false,
        inherits: true,
        read: split::read,
    },
];

/// The reader that users call `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Dialect> {
    ALL.iter().find(|dialect| dialect.name == name)
}

/// Reads a file with readers that start each other, and gives what arrives in the last: what one has read is the process
/// environment of the next, which inherits it, and most loaders let it win. Where one before the last refuses the file,
/// nothing is started.
#[must_use]
pub fn read_in_turn(dialects: &[&Dialect], bytes: &[u8], process: &Process) -> Reading {
    let mut process = process.clone();
    let mut arrived = Draft::default();
    for (index, dialect) in dialects.iter().enumerate() {
        let mut reading = (dialect.read)(bytes, &process);
        let is_last = index + 1 == dialects.len();
        if is_last && (index == 0 || reading.error.is_some()) {
            return reading;
        }
        if reading.error.is_some() {
            return Reading { vars: Vec::new(), ..reading };
        }
        if dialect.process_wins {
            reading.prefer(&process);
        }
        if !dialect.inherits {
            arrived = Draft::default();
            process.retain(|key, _| key == "HOME");
        }
        for variable in reading.vars {
            if let Some(value) = &variable.value {
                process.insert(variable.key.clone(), value.clone());
            } else if arrived.get(&variable.key).is_some() {
                continue;
            }
            arrived.set(variable);
        }
        arrived.reading.executes.extend(reading.executes);
    }
    arrived.reading.executes.sort_unstable_by_key(|place| (place.start, place.end));
    arrived.reading.executes.dedup();
    arrived.reading
}

/// Takes out what stands for something unknown, where it has no place: in names, and in what is run.
fn known(mut text: Vec<u8>) -> Vec<u8> {
    let mark = UNKNOWN.encode_utf8(&mut [0; 4]).as_bytes().to_vec();
    while let Some(at) = memchr::memmem::find(&text, &mark) {
        text.drain(at..at + mark.len());
    }
    text
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

/// The file as text, as a reader wants it, and the way back to the bytes of the file.
struct Text<'b> {
    text: Cow<'b, str>,
    /// For each stretch that differs: where its replacement ends in the text, and where the stretch ends in the file.
    edits: Vec<(usize, usize)>,
}

impl<'b> Text<'b> {
    /// Each byte that is not UTF-8 becomes `U+FFFD`.
    fn new(bytes: &'b [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: Cow::Borrowed(text), edits: Vec::new() };
        }
        let (mut text, mut edits, mut read) = (String::with_capacity(bytes.len()), Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            read += chunk.valid().len();
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                read += 1;
                edits.push((text.len(), read));
            }
        }
        Self { text: Cow::Owned(text), edits }
    }

    /// Only if the file is UTF-8.
    fn strict(bytes: &'b [u8]) -> Result<Self, Reading> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text: Cow::Borrowed(text), edits: Vec::new() }),
            Err(error) => {
                let at = error.valid_up_to();
                Err(Draft::default().refused("the file is not UTF-8", at..at + 1))
            }
        }
    }

    /// Replaces each carriage return by what `replacement` gives for whether a line feed follows.
    fn with_carriage_returns(self, replacement: fn(bool) -> &'static str) -> Self {
        self.replacing(b'\r', replacement)
    }

    /// Replaces each `byte`, an ASCII one, by what `replacement` gives for whether a line feed follows.
    fn replacing(self, byte: u8, replacement: fn(bool) -> &'static str) -> Self {
        if memchr::memchr(byte, self.text.as_bytes()).is_none() {
            return self;
        }
        let (mut text, mut edits, mut read) = (String::with_capacity(self.text.len()), Vec::new(), 0);
        let mut earlier = self.edits.iter().peekable();
        for at in memchr::memchr_iter(byte, self.text.as_bytes()) {
            while let Some((end, file)) = earlier.next_if(|(end, _)| *end <= at) {
                edits.push((text.len() + (end - read), *file));
            }
            text.push_str(self.text.get(read..at).unwrap_or_default());
            let followed = self.text.as_bytes().get(at + 1) == Some(&b'\n');
            text.push_str(replacement(followed));
            read = at + 1;
            edits.push((text.len(), self.original(read)));
        }
        edits.extend(earlier.map(|(end, file)| (text.len() + (end - read), *file)));
        text.push_str(self.text.get(read..).unwrap_or_default());
        Self { text: Cow::Owned(text), edits }
    }

    /// The byte of the file that the text's byte `at` came from.
    fn original(&self, at: usize) -> usize {
        let before = self.edits.partition_point(|(end, _)| *end <= at);
        let edit = |index: usize| self.edits.get(index).copied();
        let (text_end, file_end) = before.checked_sub(1).and_then(edit).unwrap_or_default();
        let file = file_end + (at - text_end);
        // Within a replacement there is nothing to point at but the byte it stands for.
        edit(before).map_or(file, |(_, next)| file.min(next.saturating_sub(1)))
    }

    /// Turns ranges of the text into ranges of the file.
    fn in_file(&self, mut reading: Reading) -> Reading {
        if self.edits.is_empty() {
            return reading;
        }
        let back = |range: &mut Range<usize>| {
            let start = self.original(range.start);
            let end = if range.start >= range.end { start } else { self.original(range.end - 1) + 1 };
            *range = start..end.max(start);
        };
        reading.move_places(back);
        reading
    }
}

/// Where `part`, which must be a slice of `whole`, stands in it.
fn span_of(whole: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
    start..(start + part.len()).min(whole.len())
}

#[cfg(test)]
mod tests {
    use super::{Process, find, read_in_turn};

    /// What arrives, as `KEY=value` lines, and whether it was refused.
    fn arrives(chain: &str, text: &str) -> (String, bool) {
        let dialects: Vec<_> = chain.split(" > ").map(|name| find(name).unwrap()).collect();
        let process = [("HOME", "/home/user"), ("FROM", "env")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let process = Process::from(process);
        let reading = read_in_turn(&dialects, text.as_bytes(), &process);
        let lines = reading.vars.iter().map(|one| format!("{}={}", one.key, one.value.as_deref().unwrap_or("?")));
        (lines.collect::<Vec<_>>().join(" "), reading.error.is_some())
    }

    #[test]
    fn what_arrives_in_the_last() {
        for (chain, text, expected) in [
            ("make > shell", "G=hello world\n", "G=hello world"),
            ("make > node-dotenv", "A?=1\nB:=2\nC+=3\n", "A=1 B=2 C=3"),
            ("make > python-dotenv", "A=pa#ss\nB=\"q\"\n", "A=pa B=\"q\""),
            // The first one lets the environment win as well.
            ("node-dotenv > node", "FROM=file\nA=1\n", "FROM=env A=1"),
            ("make > node", "FROM=file\n", "FROM=file"),
            // A container sees what the file says, and nothing of what started it.
            ("make > compose", "A=pa#ss\nB?=1\n", ""),
            ("make > compose", "A=pa#ss\nB=$A\n", "A=pa#ss B=pa"),
            ("compose > python-dotenv", "A=pa#ss\nB='$A'\n", "A=pa#ss B=$A"),
        ] {
            let refused = text.contains('?') && chain.ends_with("compose");
            assert_eq!(arrives(chain, text), (expected.to_owned(), refused), "{chain}: {text:?}");
        }
        for chain in ["make > python-dotenv", "make > node > shell"] {
            assert_eq!(arrives(chain, "A=\"a\nb\"\nC=1\n"), (String::new(), true), "{chain}");
        }
    }
}
