//! `sparkcfg read`: what each reader makes of an env file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Serialize, Serializer};
use unicode_width::UnicodeWidthStr;

use super::{Global, printing};
use crate::dialects::{self, Dialect, Process, Reading, Variable};
use crate::error::Error;
use crate::outputs::Style;
use crate::plain::is_name;
use crate::project::consumers::NO_NAME;
use crate::project::dotenvs;
use crate::project::files::Files;
use crate::project::lone::Lone;
use crate::source::{MASK, printable};
use crate::stores;

const EXAMPLES: &str = "\
Examples:
  sparkcfg read .env                             every reader, and where they differ
  sparkcfg read .env --as docker-run             one reader
  sparkcfg read .env --as \"make > python-dotenv\"   what arrives when make starts the program
  sparkcfg read .env --as node --format json     for scripts
  git show main:.env | sparkcfg read -           what comes through a pipe

What a reader takes from the process environment comes from that of this command. Secrets are
masked as `show` masks them, by the schema of the project that the file lies in. A reader that
refuses the file is an answer too: the exit code is 0.";

/// The examples, and every reader with the version that it follows.
pub(super) fn help() -> String {
    let line = |dialect: &Dialect| format!("\n  {:22} {} ({})", dialect.name, dialect.summary, dialect.version);
    let readers: String = dialects::ALL.iter().map(line).collect();
    format!("{EXAMPLES}\n\nReaders, and the version that each follows:{readers}")
}

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Read {
    /// The file; `-` is standard input
    file: PathBuf,
    /// One reader, or several that start each other: make > python-dotenv
    #[arg(long = "as", value_name = "READER")]
    reader: Option<String>,
    /// Print secrets too, in the clear
    #[arg(long)]
    reveal: bool,
}

/// What of a file is not to be shown.
enum Hidden {
    Nothing,
    Secrets(Box<Lone>),
    /// A sealed file: what stands in plain sight there may be a secret that somebody forgot to seal. All but the names
    /// that are given a value.
    AllBut(HashSet<String>),
}

impl Hidden {
    fn of(read: &Read, bytes: &[u8], readings: &[ReadBy], process: &Process, root: &Path) -> Result<Self, Error> {
        if read.reveal {
            return Ok(Self::Nothing);
        }
        if stores::of(&read.file.to_string_lossy()).is_some() {
            let text = String::from_utf8_lossy(bytes);
            let names = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).filter(|name| is_name(name));
            return Ok(Self::AllBut(names.map(ToOwned::to_owned).collect()));
        }
        // The schema of the project in which the file lies says what is a secret.
        let readings: Vec<&Reading> = readings.iter().map(|read| &read.reading).collect();
        Lone::of(&Files::on_disk(root, ""), bytes, &readings, process).map(|lone| Self::Secrets(Box::new(lone)))
    }

    fn key<'v>(&self, variable: &'v Variable) -> &'v str {
        let hides = match self {
            Self::Nothing => false,
            Self::Secrets(lone) => lone.hides_key(variable),
            Self::AllBut(names) => !names.contains(&variable.key),
        };
        if hides { MASK } else { &variable.key }
    }

    /// Whether the value is not to be shown. That it is empty may be told.
    fn hides(&self, variable: &Variable) -> bool {
        let hides = match self {
            Self::Nothing => false,
            Self::Secrets(lone) => lone.hides(variable),
            Self::AllBut(_) => true,
        };
        hides && variable.value.as_ref().is_some_and(|value| !value.is_empty())
    }
}

/// One reader, or a chain of them, and what it read.
struct ReadBy {
    name: String,
    reading: Reading,
    /// Which of the readers that start each other refuses the file.
    refused_by: Option<&'static str>,
    /// Where it would run something, sorted.
    runs: Vec<usize>,
}

impl ReadBy {
    /// Whether only a program that is not run here knows the value: it stands where one reader runs a command.
    fn is_unknown(&self, variable: &Variable) -> bool {
        if variable.is_unknown() {
            return true;
        }
        let next = self.runs.partition_point(|place| *place < variable.value_span.start);
        self.runs.get(next).is_some_and(|place| *place < variable.value_span.end)
    }

    fn cell<'r>(&'r self, variable: &'r Variable, hidden: &Hidden) -> Cell<'r> {
        match &variable.value {
            None => Cell::NotSet,
            Some(_) if self.is_unknown(variable) => Cell::Unknown,
            Some(text) if hidden.hides(variable) => Cell::Hidden(text),
            Some(text) => Cell::Text(text),
        }
    }
}

/// What a reader sees of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cell<'r> {
    NotSet,
    Unknown,
    Hidden(&'r str),
    Text(&'r str),
}

impl Cell<'_> {
    /// In a line of its own or, shortened, among others.
    fn shown(self, limit: usize) -> String {
        match self {
            Self::NotSet => "(not set)".to_owned(),
            Self::Unknown => "(unknown: a program gives it)".to_owned(),
            Self::Hidden(_) => MASK.to_owned(),
            Self::Text("") => "(empty)".to_owned(),
            // What looks like one of these, and is the value.
            Self::Text(text) if text.starts_with('(') && text.ends_with(')') && is_marker(text) => format!("`{text}`"),
            Self::Text(text) => {
                let length = text.chars().count();
                let short: String = text.chars().take(limit).collect();
                let shown = printable(&ends_marked(&short.replace('\n', "⏎")));
                if length > limit { format!("{shown}… ({length} characters)") } else { shown }
            }
        }
    }
}

fn is_marker(text: &str) -> bool {
    [Cell::NotSet, Cell::Unknown, Cell::Text("")].iter().any(|cell| cell.shown(usize::MAX) == text)
}

/// The largest file that is read, in bytes.
const LIMIT: u64 = 8 << 20;

impl Read {
    fn bytes(&self, global: &Global) -> Result<Vec<u8>, Error> {
        let too_large =
            || Error::new("this is over 8 MiB, which no env file should be").at(self.file.to_string_lossy());
        if self.file == Path::new("-") {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes);
            read.map_err(|_| Error::new("standard input cannot be read"))?;
            return if bytes.len() as u64 > LIMIT { Err(too_large()) } else { Ok(bytes) };
        }
        // Findings name files as they are seen from the project's folder, whichever folder they are read in.
        let within = || global.folder().ok().map(|(root, _)| root.join(&self.file)).filter(|path| path.is_file());
        let path = if self.file.exists() { None } else { within() };
        let path = path.as_ref().unwrap_or(&self.file);
        let shown = self.file.to_string_lossy();
        let about = std::fs::metadata(path).map_err(|_| Error::new("there is no such file").at(&*shown))?;
        if !about.is_file() {
            let help = "name one env file: sparkcfg read .env; `-` is standard input";
            return Err(Error::new("this is not a plain file").at(&*shown).help(help));
        }
        if about.len() > LIMIT {
            return Err(too_large());
        }
        std::fs::read(path).map_err(|_| Error::new("this file cannot be read").at(&*shown))
    }

    /// The root of the project in which the file lies.
    fn root(&self, global: &Global) -> Result<PathBuf, Error> {
        if global.project.is_some() {
            return Ok(global.folder()?.0);
        }
        let file = self.file.canonicalize().unwrap_or_else(|_| self.file.clone());
        Ok(crate::project::discover(file.parent().unwrap_or(Path::new("."))))
    }

    /// What docker compose knows before it reads the file with `env_file:`: the `.env` beside its own file.
    fn known_before(&self, bytes: &[u8], process: &Process, root: &Path) -> Result<Process, Error> {
        let takes = |line: &[u8]| !line.starts_with(b"#") && !line.trim_ascii().is_empty() && !line.contains(&b'=');
        if !bytes.contains(&b'$') && !bytes.split(|byte| *byte == b'\n').any(takes) {
            return Ok(Process::new());
        }
        let (Ok(file), Ok(root)) = (self.file.canonicalize(), root.canonicalize()) else { return Ok(Process::new()) };
        let Some(path) = file.strip_prefix(&root).ok().and_then(Path::to_str) else { return Ok(Process::new()) };
        dotenvs::known_before(&Files::on_disk(&root, ""), path, process)
    }

    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let bytes = self.bytes(global)?;
        let process: Process = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let root = self.root(global)?;
        let mut beside = self.known_before(&bytes, &process, &root)?;
        beside.extend(process.clone());
        let around = Around { process, beside };
        let readings = match &self.reader {
            Some(chain) => vec![read_chain(chain, &bytes, &around)?],
            None => dialects::ALL.iter().map(|dialect| read_by(dialect.name, &[dialect], &bytes, &around)).collect(),
        };
        let hidden = Hidden::of(self, &bytes, &readings, &around.beside, &root)?;
        let text = match (global.format.as_str(), readings.as_slice()) {
            ("json", [only]) => pretty(&as_json(only, &bytes, &hidden)),
            ("json", all) => pretty(&all.iter().map(|read| as_json(read, &bytes, &hidden)).collect::<Vec<_>>()),
            ("human", [only]) => list(only, &bytes, &hidden),
            ("human", all) => compare(all, &bytes, &hidden, &printing::style(global.color, false)),
            (other, _) => {
                return Err(Error::new(format!("`read` does not write {other}")).help("there are human and json"));
            }
        };
        if text.is_empty() {
            let nothing = match &self.reader {
                Some(reader) => format!("{} sets nothing from this file\n", printable(reader)),
                None => "no reader finds a variable in this file\n".to_owned(),
            };
            printing::complain(&nothing)?;
        }
        printing::print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Blanks at an end of a value, which nobody would see, as `␠`.
fn ends_marked(text: &str) -> String {
    let inner = text.trim_matches(' ');
    let front = text.len() - text.trim_start_matches(' ').len();
    let behind = text.len() - front - inner.len();
    [&"␠".repeat(front), inner, &"␠".repeat(behind)].concat()
}

/// The line in which a reader stumbles.
fn line_of(read: &ReadBy, bytes: &[u8]) -> Option<usize> {
    let error = read.reading.error.as_ref().or(read.reading.gave_up.as_ref())?;
    let at = error.at.as_ref().filter(|at| at.end > 0)?;
    Some(memchr::memchr_iter(b'\n', bytes.get(..at.start)?).count() + 1)
}

/// `make refuses the file in line 3: …`, `uv takes nothing from line 3 on: …`
fn refusal(read: &ReadBy, bytes: &[u8]) -> Option<String> {
    if let (None, Some(error)) = (&read.reading.error, &read.reading.gave_up) {
        let line = line_of(read, bytes).unwrap_or(1);
        return Some(format!("{} takes nothing from line {line} on: {}\n", printable(&read.name), error.message));
    }
    let error = read.reading.error.as_ref()?;
    let line = line_of(read, bytes).map(|line| format!(" in line {line}")).unwrap_or_default();
    let reader = read.refused_by.unwrap_or(&read.name);
    let nothing = if read.is_stopped() { ", and starts nothing" } else { "" };
    Some(format!("{} refuses the file{line}: {}{nothing}\n", printable(reader), error.message))
}

impl ReadBy {
    /// Whether one that starts another refuses the file.
    fn is_stopped(&self) -> bool {
        let last = self.name.rsplit('>').next().map(str::trim);
        self.refused_by.is_some_and(|reader| self.name.contains('>') && Some(reader) != last)
    }
}

fn list(read: &ReadBy, bytes: &[u8], hidden: &Hidden) -> String {
    let mut out = String::new();
    for variable in &read.reading.vars {
        let value = read.cell(variable, hidden).shown(usize::MAX);
        let _ = writeln!(out, "{}={value}", printable(hidden.key(variable)));
    }
    out.extend(refusal(read, bytes));
    out
}

/// Each key once; where readers differ, each value with those who see it, the most seen first.
fn compare(readings: &[ReadBy], bytes: &[u8], hidden: &Hidden, style: &Style) -> String {
    let cells_of = |read: &'_ ReadBy| -> HashMap<String, usize> {
        read.reading.vars.iter().enumerate().map(|(at, variable)| (variable.key.clone(), at)).collect()
    };
    let places: Vec<_> = readings.iter().map(cells_of).collect();
    let mut seen = HashSet::new();
    let mut out = String::new();
    for variable in readings.iter().flat_map(|read| &read.reading.vars) {
        let key = variable.key.as_str();
        if !seen.insert(key) {
            continue;
        }
        let mut name = variable.key.as_str();
        let mut groups: BTreeMap<Cell<'_>, Vec<&str>> = BTreeMap::new();
        for (read, places) in readings.iter().zip(&places) {
            let own = places.get(key).and_then(|at| read.reading.vars.get(*at));
            let cell = own.map_or(Cell::NotSet, |own| read.cell(own, hidden));
            name = own.map_or(name, |own| if hidden.key(own) == MASK { MASK } else { name });
            groups.entry(cell).or_default().push(&read.name);
        }
        // What one may not see of a key, it may not see through another reader.
        let hides = name == MASK || groups.keys().any(|cell| matches!(cell, Cell::Hidden(_)));
        let groups = groups.into_iter().map(|(cell, readers)| match cell {
            Cell::Text(text) if hides && !text.is_empty() => (Cell::Hidden(text), readers),
            cell => (cell, readers),
        });
        let mut groups: Vec<_> = groups.collect();
        let name = if name.is_empty() { "(no name)".to_owned() } else { printable(name) };
        if let [(cell, _)] = groups.as_slice() {
            let _ = writeln!(out, "  {name}={}", cell.shown(longest(style.width)));
            continue;
        }
        let _ = writeln!(out, "{} {name}", mark(style, "≠", "!"));
        groups.sort_by_key(|(_, readers)| std::cmp::Reverse(readers.len()));
        cells(&mut out, &groups, style.width);
    }
    for read in readings {
        if let Some(refusal) = refusal(read, bytes) {
            let _ = write!(out, "{} {refusal}", mark(style, "×", "x"));
        }
    }
    out
}

/// How much of a value stands in the table of all readers, in characters: about a line.
fn longest(width: usize) -> usize {
    const HOW_LONG: &str = "    … (8388608 characters)";
    width.saturating_sub(HOW_LONG.len()).max(20)
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
fn cells(out: &mut String, groups: &[(Cell<'_>, Vec<&str>)], width: usize) {
    const INDENT: &str = "    ";
    // A value that is wider stands on a line of its own.
    let widest = width / 3;
    let mut cells: Vec<String> = groups.iter().map(|(cell, _)| cell.shown(longest(width))).collect();
    // Two masked values look alike; the number says that they are not.
    let twins: Vec<bool> = cells.iter().map(|cell| cells.iter().filter(|other| *other == cell).count() > 1).collect();
    let mut number = 0;
    for (cell, _) in cells.iter_mut().zip(twins).filter(|(_, twin)| *twin) {
        number += 1;
        let _ = write!(cell, " ({number})");
    }
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

/// What readers are started with.
struct Around {
    process: Process,
    /// With what docker compose knows besides, before it reads the file with `env_file:`.
    beside: Process,
}

/// What arrives in the last of readers that start each other.
fn read_chain(chain: &str, bytes: &[u8], around: &Around) -> Result<ReadBy, Error> {
    let named = |name: &str| {
        dialects::named(name).map_err(|help| {
            if name.is_empty() {
                return Error::new(format!("`{}` has a reader without a name", printable(chain))).help(NO_NAME);
            }
            Error::new(format!("there is no reader `{}`", printable(name))).help(help)
        })
    };
    let dialects: Vec<&Dialect> = chain.split('>').map(|name| named(name.trim())).collect::<Result<_, _>>()?;
    Ok(read_by(chain, &dialects, bytes, around))
}

fn read_by(name: &str, dialects: &[&'static Dialect], bytes: &[u8], around: &Around) -> ReadBy {
    let is_env_file = dialects.first().is_some_and(|first| first.name == "compose");
    let process = if is_env_file { &around.beside } else { &around.process };
    let reading = dialects::read_in_turn(dialects, bytes, process);
    let stops = |count: &usize| {
        let first = dialects.get(..*count).unwrap_or_default();
        *count == dialects.len() || dialects::read_in_turn(first, bytes, process).error.is_some()
    };
    let stopped = reading.error.as_ref().and_then(|_| (1..=dialects.len()).find(stops));
    let refused_by = stopped.and_then(|count| Some(dialects.get(count - 1)?.name));
    let mut runs: Vec<usize> = reading.executes.iter().map(|place| place.start).collect();
    runs.sort_unstable();
    ReadBy { name: name.to_owned(), reading, refused_by, runs }
}

/// What a reader read, as scripts take it. Written as it is gone through: a large file has very many variables.
#[derive(Serialize)]
struct Told<'r, V: Serialize> {
    reader: &'r str,
    vars: V,
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gave_up: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<&'r str>,
}

fn as_json<'r>(read: &'r ReadBy, bytes: &[u8], hidden: &'r Hidden) -> Told<'r, impl Serialize> {
    let value = |variable: &'r Variable| match &variable.value {
        _ if read.is_unknown(variable) => None,
        Some(_) if hidden.hides(variable) => Some(MASK),
        value => value.as_deref(),
    };
    let line = line_of(read, bytes).map(|line| format!("line {line}: ")).unwrap_or_default();
    let error = read.reading.error.as_ref().map(|error| {
        let reader = read.refused_by.filter(|_| read.is_stopped()).map(|reader| format!("{reader}, "));
        format!("{}{line}{}", reader.unwrap_or_default(), error.message)
    });
    let gave_up = read.reading.gave_up.as_ref().filter(|_| error.is_none());
    let gave_up = gave_up.map(|gave_up| format!("{line}{}", gave_up.message));
    let unknown = read.reading.vars.iter().filter(|variable| read.is_unknown(variable));
    let vars = InTurn(move || {
        let mut masked = false;
        let vars = read.reading.vars.iter().map(move |variable| (hidden.key(variable), value(variable)));
        // Names that are not shown look alike, and an object has each name once.
        vars.filter(move |(key, _)| *key != MASK || !std::mem::replace(&mut masked, true))
    });
    Told { reader: &read.name, vars, error, gave_up, unknown: unknown.map(|variable| hidden.key(variable)).collect() }
}

/// A map that is written while it is gone through.
struct InTurn<F>(F);

impl<'r, I: Iterator<Item = (&'r str, Option<&'r str>)>, F: Fn() -> I> Serialize for InTurn<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}

fn pretty(value: &impl Serialize) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).unwrap_or_default())
}
