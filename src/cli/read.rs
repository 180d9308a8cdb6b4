//! `sparkcfg read`: what each reader makes of an env file.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::{Global, printing};
use crate::detection;
use crate::dialects::{self, Dialect, Process, Reading};
use crate::error::Error;
use crate::source::{MASK, printable};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg read .env                             every reader, and where they differ
  sparkcfg read .env --as docker-run             one reader
  sparkcfg read .env --as \"make > python-dotenv\"   what arrives when make starts the program
  sparkcfg read .env --as node --format json     for scripts";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Read {
    /// The file
    file: PathBuf,
    /// One reader, or several that start each other: make > python-dotenv
    #[arg(long = "as", value_name = "READER")]
    reader: Option<String>,
    /// Print values whose key sounds like a secret, too
    #[arg(long)]
    reveal: bool,
}

/// One reader, or a chain of them, and what it read.
struct ReadBy {
    name: String,
    reading: Reading,
}

impl Read {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let bytes = bytes(&self.file)?;
        let process: Process = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let readings = match &self.reader {
            Some(chain) => vec![ReadBy { name: chain.clone(), reading: read_chain(chain, &bytes, &process)? }],
            None => {
                let read = |dialect: &Dialect| ReadBy {
                    name: dialect.name.to_owned(),
                    reading: (dialect.read)(&bytes, &process),
                };
                dialects::ALL.iter().map(read).collect()
            }
        };
        let text = match (global.format.as_str(), &self.reader) {
            ("json", Some(_)) => pretty(&readings.first().map(as_json).unwrap_or_default()),
            ("json", None) => pretty(&Value::Array(readings.iter().map(as_json).collect())),
            ("human", Some(_)) => readings.first().map(|read| self.list(read)).unwrap_or_default(),
            ("human", None) => self.compare(&readings),
            (other, _) => {
                return Err(Error::new(format!("`read` does not write {other}")).help("there are human and json"));
            }
        };
        printing::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }

    fn shown(&self, key: &str, value: Option<&str>) -> String {
        match value {
            None => "(not set)".to_owned(),
            Some("") => "(empty)".to_owned(),
            Some(text) if !self.reveal && (detection::names_secret(key) || detection::url_password(text).is_some()) => {
                MASK.to_owned()
            }
            Some(text) => printable(&text.replace('\n', "⏎")),
        }
    }

    fn list(&self, read: &ReadBy) -> String {
        let mut out = String::new();
        for variable in &read.reading.vars {
            let _ =
                writeln!(out, "{}={}", printable(&variable.key), self.shown(&variable.key, variable.value.as_deref()));
        }
        if let Some(error) = &read.reading.error {
            let _ = writeln!(out, "{} refuses the file: {}", printable(&read.name), error.message);
        }
        out
    }

    /// Each key once; where readers differ, each value with those who see it.
    fn compare(&self, readings: &[ReadBy]) -> String {
        let mut keys: Vec<&str> = Vec::new();
        for variable in readings.iter().flat_map(|read| &read.reading.vars) {
            if !keys.contains(&variable.key.as_str()) {
                keys.push(&variable.key);
            }
        }
        let mut out = String::new();
        for key in keys {
            let mut groups: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
            for read in readings {
                groups.entry(read.reading.value(key)).or_default().push(&read.name);
            }
            if let [value] = groups.keys().collect::<Vec<_>>().as_slice() {
                let _ = writeln!(out, "  {}={}", printable(key), self.shown(key, **value));
                continue;
            }
            let _ = writeln!(out, "≠ {}", printable(key));
            let mut groups: Vec<_> = groups.into_iter().collect();
            groups.sort_by_key(|(_, readers)| std::cmp::Reverse(readers.len()));
            for (number, (value, readers)) in groups.iter().enumerate() {
                // Two masked values look alike; the number says that they are not.
                let shown = self.shown(key, *value);
                let shown = if shown == MASK { format!("{MASK} ({})", number + 1) } else { shown };
                let _ = writeln!(out, "    {shown:24} {}", readers.join(", "));
            }
        }
        for read in readings {
            if let Some(error) = &read.reading.error {
                let _ = writeln!(out, "! {} refuses the file: {}", read.name, error.message);
            }
        }
        out
    }
}

/// Readers that start each other: what one has read is the process environment of the next.
fn read_chain(chain: &str, bytes: &[u8], process: &Process) -> Result<Reading, Error> {
    let mut process = process.clone();
    let mut last = Reading::default();
    for name in chain.split('>').map(str::trim) {
        let dialect = dialects::find(name).ok_or_else(|| {
            let names = || dialects::ALL.iter().map(|dialect| dialect.name);
            let help = match crate::suggestion::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
            };
            Error::new(format!("there is no reader `{}`", printable(name))).help(help)
        })?;
        last = (dialect.read)(bytes, &process);
        let set = last.vars.iter().filter_map(|variable| Some((variable.key.clone(), variable.value.clone()?)));
        process.extend(set);
    }
    Ok(last)
}

fn as_json(read: &ReadBy) -> Value {
    let vars: Map<String, Value> =
        read.reading.vars.iter().map(|variable| (variable.key.clone(), variable.value.as_deref().into())).collect();
    json!({ "reader": read.name, "vars": vars, "error": read.reading.error.as_ref().map(|error| error.message) })
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}

fn bytes(path: &std::path::Path) -> Result<Vec<u8>, Error> {
    const LIMIT: u64 = 8 << 20;
    let shown = path.to_string_lossy();
    let about = std::fs::metadata(path).map_err(|_| Error::new("there is no such file").at(&*shown))?;
    if !about.is_file() {
        return Err(Error::new("this is not a plain file").at(&*shown));
    }
    if about.len() > LIMIT {
        return Err(Error::new("this file is over 8 MiB, which no env file should be").at(&*shown));
    }
    std::fs::read(path).map_err(|_| Error::new("this file cannot be read").at(&*shown))
}
