//! `sparkcfg read`: what each reader makes of an env file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr;

use super::{Global, printing};
use crate::detection;
use crate::dialects::{self, Dialect, Process, Reading};
use crate::error::Error;
use crate::outputs::Style;
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
    let words = |text: &'_ str| -> Vec<String> {
        let parts = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        parts.filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
    };
    let mut referring: HashMap<String, Vec<&str>> = HashMap::new();
    for (key, value) in lines {
        for word in words(value) {
            referring.entry(word).or_default().push(key);
        }
    }
    let mut found = HashSet::new();
    let mut left: Vec<&str> =
        referring.iter().filter(|(word, _)| detection::names_secret(word)).flat_map(|(_, keys)| keys.clone()).collect();
    while let Some(key) = left.pop() {
        if found.insert(key.to_owned()) {
            left.extend(referring.get(key).into_iter().flatten().copied());
        }
    }
    found
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
            ("human", Some(_)) => readings.first().map(|read| list(read, &bytes, &hidden)).unwrap_or_default(),
            ("human", None) => compare(&readings, &bytes, &hidden, &printing::style(global.color, false)),
            (other, _) => {
                return Err(Error::new(format!("`read` does not write {other}")).help("there are human and json"));
            }
        };
        if text.is_empty() {
            printing::complain("there is no variable in this file\n")?;
        }
        printing::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(key: &str, value: Option<&str>, hidden: &Hidden) -> String {
    match value {
        None => "(not set)".to_owned(),
        Some("") => "(empty)".to_owned(),
        Some(text) => printable(&ends_marked(&hidden.value(key, text).replace('\n', "⏎"))),
    }
}

/// Blanks at an end of a value, which nobody would see, as `␠`.
fn ends_marked(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let front = text.len() - text.trim_start_matches(' ').len();
    let behind = text.len() - front - inner.len();
    [&"␠".repeat(front), inner, &"␠".repeat(behind)].concat()
}

/// `make refuses the file in line 3: …`
fn refusal(read: &ReadBy, bytes: &[u8]) -> Option<String> {
    let error = read.reading.error.as_ref()?;
    let before = error.at.as_ref().filter(|at| at.end > 0).and_then(|at| bytes.get(..at.start));
    let line = before.map(|before| format!(" in line {}", memchr::memchr_iter(b'\n', before).count() + 1));
    Some(format!("{} refuses the file{}: {}\n", printable(&read.name), line.unwrap_or_default(), error.message))
}

fn list(read: &ReadBy, bytes: &[u8], hidden: &Hidden) -> String {
    let mut out = String::new();
    for variable in &read.reading.vars {
        let value = shown(&variable.key, variable.value.as_deref(), hidden);
        let _ = writeln!(out, "{}={value}", printable(hidden.key(&variable.key)));
    }
    out.extend(refusal(read, bytes));
    out
}

/// Each key once; where readers differ, each value with those who see it, the most seen first.
fn compare(readings: &[ReadBy], bytes: &[u8], hidden: &Hidden, style: &Style) -> String {
    let values = |read: &'_ ReadBy| -> HashMap<String, Option<String>> {
        read.reading.vars.iter().map(|variable| (variable.key.clone(), variable.value.clone())).collect()
    };
    let values: Vec<_> = readings.iter().map(values).collect();
    let mut seen = HashSet::new();
    let mut out = String::new();
    for key in readings.iter().flat_map(|read| &read.reading.vars).map(|variable| variable.key.as_str()) {
        if !seen.insert(key) {
            continue;
        }
        let name = printable(hidden.key(key));
        let mut groups: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for (read, values) in readings.iter().zip(&values) {
            groups.entry(values.get(key).and_then(Option::as_deref)).or_default().push(&read.name);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        if let [(value, _)] = groups.as_slice() {
            let _ = writeln!(out, "  {name}={}", shown(key, *value, hidden));
            continue;
        }
        let _ = writeln!(out, "{} {name}", mark(style, "≠", "!"));
        groups.sort_by_key(|(_, readers)| std::cmp::Reverse(readers.len()));
        cells(&mut out, key, &groups, hidden, style.width);
    }
    for read in readings {
        if let Some(refusal) = refusal(read, bytes) {
            let _ = write!(out, "{} {refusal}", mark(style, "×", "x"));
        }
    }
    out
}

/// The sign in front of what is to be looked at.
fn mark(style: &Style, sign: &'static str, plain: &'static str) -> String {
    match style {
        Style { color: true, .. } => format!("\u{1b}[33m{sign}\u{1b}[0m"),
        Style { unicode: true, .. } => sign.to_owned(),
        _ => plain.to_owned(),
    }
}

/// The different values of one key, and who sees them in a column behind, wrapped.
fn cells(out: &mut String, key: &str, groups: &[(Option<&str>, Vec<&str>)], hidden: &Hidden, width: usize) {
    const INDENT: &str = "    ";
    // A value that is wider stands on a line of its own.
    let widest = width / 3;
    let number = |(number, (value, _)): (usize, &(Option<&str>, Vec<&str>))| {
        let shown = shown(key, *value, hidden);
        // Two masked values look alike; the number says that they are not.
        if shown == MASK { format!("{MASK} ({})", number + 1) } else { shown }
    };
    let cells: Vec<String> = groups.iter().enumerate().map(number).collect();
    let column = cells.iter().map(|cell| cell.width()).filter(|width| *width <= widest).max().unwrap_or_default();
    for (cell, (_, readers)) in cells.iter().zip(groups) {
        let start = INDENT.len() + column + 2;
        let mut line = format!("{INDENT}{cell}");
        if cell.width() > column {
            let _ = writeln!(out, "{line}");
            line.clear();
        }
        let mut used = line.width();
        for (number, reader) in readers.iter().enumerate() {
            let end = if number + 1 < readers.len() { "," } else { "" };
            if number > 0 && used + 1 + reader.len() + end.len() > width {
                let _ = writeln!(out, "{line}");
                (line, used) = (String::new(), 0);
            }
            let gap = if used < start { start - used } else { 1 };
            let _ = write!(line, "{:gap$}{reader}{end}", "");
            used += gap + reader.len() + end.len();
        }
        let _ = writeln!(out, "{line}");
    }
}

/// What arrives in the last of readers that start each other.
fn read_chain(chain: &str, bytes: &[u8], process: &Process) -> Result<Reading, Error> {
    let named = |name: &str| {
        dialects::find(name).ok_or_else(|| {
            let names = || dialects::ALL.iter().map(|dialect| dialect.name);
            let help = match crate::suggestion::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
            };
            Error::new(format!("there is no reader `{}`", printable(name))).help(help)
        })
    };
    let dialects: Vec<&Dialect> = chain.split('>').map(|name| named(name.trim())).collect::<Result<_, _>>()?;
    Ok(dialects::read_in_turn(&dialects, bytes, process))
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
        return Err(Error::new("this is not a plain file").at(&*shown).help("name one env file: sparkcfg read .env"));
    }
    if about.len() > LIMIT {
        return Err(Error::new("this file is over 8 MiB, which no env file should be").at(&*shown));
    }
    std::fs::read(path).map_err(|_| Error::new("this file cannot be read").at(&*shown))
}
