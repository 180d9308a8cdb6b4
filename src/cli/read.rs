//! `sparkcfg read`: what each reader makes of an env file.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::{Global, printing};
use crate::detection;
use crate::dialects::{self, Dialect, Process, Reading};
use crate::error::Error;
use crate::plain::is_name;
use crate::source::{MASK, printable};
use crate::stores;

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

/// What of a file is not to be shown.
enum Hidden {
    Nothing,
    /// Values of keys that sound like a secret, passwords in URLs, and these keys, which refer to one.
    Secrets(HashSet<String>),
    /// A sealed file: what stands in plain sight there may be a secret that somebody forgot to seal. All but the names
    /// that are given a value.
    AllBut(HashSet<String>),
}

impl Hidden {
    fn of(read: &Read, bytes: &[u8]) -> Self {
        match read {
            Read { reveal: true, .. } => Self::Nothing,
            _ if stores::of(&read.file.to_string_lossy()).is_some() => {
                let text = String::from_utf8_lossy(bytes);
                let names = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).filter(|name| is_name(name));
                Self::AllBut(names.map(ToOwned::to_owned).collect())
            }
            _ => Self::Secrets(referring(&String::from_utf8_lossy(bytes))),
        }
    }

    fn key<'k>(&self, key: &'k str) -> &'k str {
        if matches!(self, Self::AllBut(names) if !names.contains(key)) { MASK } else { key }
    }

    fn value<'v>(&self, key: &str, value: &'v str) -> &'v str {
        let hides = match self {
            Self::Nothing => false,
            Self::Secrets(keys) => {
                detection::names_secret(key) || keys.contains(key) || detection::url_password(value).is_some()
            }
            Self::AllBut(_) => true,
        };
        if hides && !value.is_empty() { MASK } else { value }
    }
}

/// The keys whose values refer to a secret, over any number of steps. A line without a key belongs to the one above.
fn referring(text: &str) -> HashSet<String> {
    let (mut lines, mut key) = (Vec::new(), "");
    for line in text.lines() {
        let named = line.split_once('=').map(|(name, value)| (name.trim().trim_start_matches("export ").trim(), value));
        let value = match named.filter(|(name, _)| is_name(name)) {
            Some((name, value)) => {
                key = name;
                value
            }
            None => line,
        };
        if value.contains('$') {
            lines.push((key, value));
        }
    }
    let mut found = HashSet::new();
    loop {
        let secret = |word: &str| detection::names_secret(word) || found.contains(word);
        let refers = |value: &str| {
            let parts = value.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
            parts.into_iter().any(secret)
        };
        let more: Vec<_> = lines.iter().filter(|(key, value)| !found.contains(*key) && refers(value)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more.iter().map(|(key, _)| (*key).to_owned()));
    }
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
        let hidden = Hidden::of(self, &bytes);
        let text = match (global.format.as_str(), &self.reader) {
            ("json", Some(_)) => pretty(&readings.first().map(|read| as_json(read, &hidden)).unwrap_or_default()),
            ("json", None) => pretty(&Value::Array(readings.iter().map(|read| as_json(read, &hidden)).collect())),
            ("human", Some(_)) => readings.first().map(|read| list(read, &hidden)).unwrap_or_default(),
            ("human", None) => compare(&readings, &hidden),
            (other, _) => {
                return Err(Error::new(format!("`read` does not write {other}")).help("there are human and json"));
            }
        };
        printing::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(key: &str, value: Option<&str>, hidden: &Hidden) -> String {
    match value {
        None => "(not set)".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(text) => printable(&hidden.value(key, text).replace('\n', "⏎")),
    }
}

fn list(read: &ReadBy, hidden: &Hidden) -> String {
    let mut out = String::new();
    for variable in &read.reading.vars {
        let value = shown(&variable.key, variable.value.as_deref(), hidden);
        let _ = writeln!(out, "{}={value}", printable(hidden.key(&variable.key)));
    }
    if let Some(error) = &read.reading.error {
        let _ = writeln!(out, "{} refuses the file: {}", printable(&read.name), error.message);
    }
    out
}

/// Each key once; where readers differ, each value with those who see it.
fn compare(readings: &[ReadBy], hidden: &Hidden) -> String {
    let mut keys: Vec<&str> = Vec::new();
    for variable in readings.iter().flat_map(|read| &read.reading.vars) {
        if !keys.contains(&variable.key.as_str()) {
            keys.push(&variable.key);
        }
    }
    let mut out = String::new();
    for key in keys {
        let name = printable(hidden.key(key));
        let mut groups: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for read in readings {
            groups.entry(read.reading.value(key)).or_default().push(&read.name);
        }
        if let [value] = groups.keys().collect::<Vec<_>>().as_slice() {
            let _ = writeln!(out, "  {name}={}", shown(key, **value, hidden));
            continue;
        }
        let _ = writeln!(out, "≠ {name}");
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, readers)| std::cmp::Reverse(readers.len()));
        for (number, (value, readers)) in groups.iter().enumerate() {
            // Two masked values look alike; the number says that they are not.
            let shown = shown(key, *value, hidden);
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

fn as_json(read: &ReadBy, hidden: &Hidden) -> Value {
    let vars: Map<String, Value> = read
        .reading
        .vars
        .iter()
        .map(|variable| {
            let value = variable.value.as_deref().map(|value| hidden.value(&variable.key, value));
            (hidden.key(&variable.key).to_owned(), value.into())
        })
        .collect();
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
