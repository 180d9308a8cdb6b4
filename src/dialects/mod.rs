//! How a file's text becomes variables: one file a reader.
//!
//! To add a reader: one file with a `read` function, one `mod` line, one entry in [`ALL`].

pub mod bun;
mod chain;
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
mod names;
pub mod node;
pub mod node_dotenv;
pub mod python_dotenv;
pub mod ruby_dotenv;
pub mod shell;
pub mod split;
pub mod systemd;
mod text;
pub mod uv;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

pub use chain::read_in_turn;
pub use names::named;
use text::{Text, span_of};

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
    pub process_wins: bool,
    /// Whether it is a library whose reading and loading are two steps: then `read` gives the file's own value, and only
    /// loading it keeps that of the process environment, as [`read_in_turn`] does. For all others `read` gives what wins.
    pub loads_apart: bool,
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
    /// Why the reader takes nothing from a place on, in a file that it does not refuse; `vars` holds what stands before.
    pub gave_up: Option<ReadError>,
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
        self.error.iter_mut().chain(&mut self.gave_up).filter_map(|error| error.at.as_mut()).for_each(back);
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
        loads_apart: false,
        inherits: false,
        read: compose::read,
    },
    Dialect {
        name: "compose-interpolation",
        summary: "docker compose, --env-file and .env, as ${KEY} in the compose file sees it",
        version: "2.40.3",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: compose_interpolation::read,
    },
    Dialect {
        name: "compose-raw",
        summary: "docker compose, env_file: with format: raw",
        version: "2.40.3",
        process_wins: false,
        loads_apart: false,
        inherits: false,
        read: compose_raw::read,
    },
    Dialect {
        name: "docker-run",
        summary: "docker run --env-file",
        version: "28.2.2",
        process_wins: false,
        loads_apart: false,
        inherits: false,
        read: docker_run::read,
    },
    Dialect {
        name: "python-dotenv",
        summary: "python-dotenv, load_dotenv()",
        version: "1.2.4",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: python_dotenv::read,
    },
    Dialect {
        name: "node-dotenv",
        summary: "npm dotenv",
        version: "18.0.10",
        process_wins: true,
        loads_apart: true,
        inherits: true,
        read: node_dotenv::read,
    },
    Dialect {
        name: "dotenv-expand",
        summary: "npm dotenv with dotenv-expand",
        version: "18.0.10 with 1000.0.0",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: dotenv_expand::read,
    },
    Dialect {
        name: "node",
        summary: "node --env-file",
        version: "26.10.0",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: node::read,
    },
    Dialect {
        name: "dotenvy",
        summary: "the Rust crate dotenvy",
        version: "0.15.7",
        process_wins: true,
        loads_apart: true,
        inherits: true,
        read: dotenvy::read,
    },
    Dialect {
        name: "godotenv",
        summary: "the Go package godotenv",
        version: "1.5.1",
        process_wins: true,
        loads_apart: true,
        inherits: true,
        read: godotenv::read,
    },
    Dialect {
        name: "ruby-dotenv",
        summary: "the Ruby gem dotenv",
        version: "3.2.0",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: ruby_dotenv::read,
    },
    Dialect {
        name: "shell",
        summary: "set -a; . file, in a POSIX shell",
        version: "dash 0.5.12",
        process_wins: false,
        loads_apart: false,
        inherits: true,
        read: shell::read,
    },
    Dialect {
        name: "make",
        summary: "-include and export in GNU make",
        version: "4.3",
        process_wins: false,
        loads_apart: false,
        inherits: true,
        read: make::read,
    },
    Dialect {
        name: "systemd",
        summary: "EnvironmentFile= of a systemd unit",
        version: "252",
        process_wins: false,
        loads_apart: false,
        inherits: false,
        read: systemd::read,
    },
    Dialect {
        name: "bun",
        summary: "bun --env-file",
        version: "1.4.5",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: bun::read,
    },
    Dialect {
        name: "deno",
        summary: "deno run --env-file",
        version: "2.9.6",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: deno::read,
    },
    Dialect {
        name: "uv",
        summary: "uv run --env-file",
        version: "0.13.9",
        process_wins: true,
        loads_apart: false,
        inherits: true,
        read: uv::read,
    },
    Dialect {
        name: "split",
        summary: "hand-written line.split('='), at the first =",
        version: "model",
        process_wins: false,
        loads_apart: false,
        inherits: true,
        read: split::read,
    },
];

/// The reader of this name, as [`ALL`] has it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Dialect> {
    ALL.iter().find(|dialect| dialect.name == name)
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
