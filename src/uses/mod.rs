//! Where a text uses environment variables: one file a language, told by the path. Pure: a text and its path in, uses out.
//!
//! Programs are read as tokens (`lexer`), so that comments and the inside of strings do not count, and never run. To
//! add a language: one file with a `read` function, one `mod` line, one entry in [`ALL`].

mod branches;
mod calls;
pub mod casts;
pub mod compose;
pub mod docker;
mod erb;
mod go;
mod guards;
mod heredoc;
mod javascript;
mod jvm;
pub mod known;
mod kubernetes;
mod lexed;
mod lexer;
pub mod makefile;
mod php;
mod pm2;
mod prisma;
mod python;
mod ruby;
mod rust;
mod schemas;
mod secrecy;
pub mod settings;
pub mod shell;
mod tags;
mod terraform;
pub mod values;
mod viper;
mod workflow;

use std::collections::BTreeMap;
use std::ops::Range;

/// One use of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The variable.
    pub name: String,
    /// Where the name stands, as bytes of the text.
    pub at: Range<u32>,
    /// What is done with it.
    pub kind: Kind,
    /// What happens where it has no value.
    pub fallback: Fallback,
    /// Whether it surely is an environment variable, and surely this one.
    pub sure: bool,
    /// The service or app that it is for, where the text says so.
    pub owner: Option<String>,
    /// What stands around it of its value, where the program itself keeps that secret: by its type, or by what it is told.
    pub secret: Option<Vec<Range<u32>>>,
}

impl Use {
    /// Says that whoever reads it does so only in some cases.
    fn may_lack(&mut self) {
        if self.fallback.is_missing() {
            self.fallback = Fallback::Optional;
        }
    }

    /// Every variable that begins with a text may be read, all of them where it is empty.
    fn prefix(name: String, at: Range<u32>) -> Self {
        Self { name, at, kind: Kind::Prefix, fallback: Fallback::Optional, sure: true, owner: None, secret: None }
    }
}

/// What is done with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Its value is taken.
    Read,
    /// It is handed on to a service, app or build.
    Pass,
    /// It is given a value here, whatever stands elsewhere.
    Set,
    /// Its name stands here as a text or word of its own; nobody knows why.
    Mention,
    /// Every name that begins so may be read: `envy::prefixed("APP_")`, `AutomaticEnv()`.
    Prefix,
}

/// What happens where a variable has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fallback {
    /// Whoever reads it stops: `os.environ["X"]`, `${X:?}`.
    Required,
    /// Nothing is said about it: `process.env.X`, `${X}`.
    Absent,
    /// It is asked whether there is one: `if (process.env.X)`.
    Optional,
    /// A text is taken.
    Text {
        /// The text.
        text: String,
        /// Where it is written.
        at: Range<u32>,
    },
    /// Something is taken that only running it could tell.
    Computed,
}

impl Fallback {
    /// Whether a value is needed.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Required | Self::Absent)
    }
}

/// How the uses of one kind of file are found.
#[derive(Debug)]
pub struct Reader {
    /// The language or program, as users know it.
    pub name: &'static str,
    /// What it is to a variable.
    pub side: Side,
    /// Whether a file is one of these, by its path.
    reads: fn(&Path<'_>) -> bool,
    /// One of these stands in every text that has a use; all texts are read when empty.
    pub markers: &'static [&'static str],
    read: fn(&str, &mut Vec<Use>),
}

/// On which side of a variable a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// A program.
    Code,
    /// What starts programs and gives them their environment.
    Start,
    /// What builds and tests.
    Build,
}

/// A path, cut once for all readers.
#[derive(Debug)]
pub struct Path<'p> {
    whole: &'p str,
    name: &'p str,
    extension: &'p str,
}

impl<'p> Path<'p> {
    fn new(whole: &'p str) -> Self {
        let name = whole.rsplit('/').next().unwrap_or(whole);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        Self { whole, name, extension }
    }

    fn is_yaml(&self) -> bool {
        matches!(self.extension, "yml" | "yaml")
    }
}

/// Every reader. The first one that takes a path reads it.
pub static ALL: &[Reader] = &[
    Reader { name: "workflow", side: Side::Build, reads: workflow::reads, markers: &[], read: workflow::read },
    Reader { name: "compose", side: Side::Start, reads: compose::reads, markers: &[], read: compose::read },
    Reader { name: "pm2", side: Side::Start, reads: pm2::reads, markers: &[], read: pm2::read },
    Reader { name: "dockerfile", side: Side::Build, reads: docker::reads, markers: &[], read: docker::read },
    Reader { name: "make", side: Side::Build, reads: makefile::reads, markers: &[], read: makefile::read },
    Reader { name: "terraform", side: Side::Build, reads: terraform::reads, markers: &[], read: terraform::read },
    Reader { name: "shell", side: Side::Build, reads: shell::reads, markers: &["$", "export", "="], read: shell::read },
    Reader { name: "python", side: Side::Code, reads: python::reads, markers: python::MARKERS, read: python::read },
    Reader {
        name: "javascript",
        side: Side::Code,
        reads: javascript::reads,
        markers: javascript::MARKERS,
        read: javascript::read,
    },
    Reader { name: "prisma", side: Side::Code, reads: prisma::reads, markers: prisma::MARKERS, read: prisma::read },
    Reader { name: "go", side: Side::Code, reads: go::reads, markers: go::MARKERS, read: go::read },
    Reader { name: "rust", side: Side::Code, reads: rust::reads, markers: rust::MARKERS, read: rust::read },
    Reader { name: "ruby", side: Side::Code, reads: ruby::reads, markers: ruby::MARKERS, read: ruby::read },
    Reader { name: "erb", side: Side::Code, reads: erb::reads, markers: erb::MARKERS, read: erb::read },
    Reader { name: "php", side: Side::Code, reads: php::reads, markers: php::MARKERS, read: php::read },
    Reader {
        name: "kotlin",
        side: Side::Code,
        reads: jvm::reads_kotlin,
        markers: jvm::MARKERS,
        read: jvm::read_kotlin,
    },
    Reader { name: "java", side: Side::Code, reads: jvm::reads, markers: jvm::MARKERS, read: jvm::read },
    Reader { name: "spring", side: Side::Code, reads: jvm::reads_settings, markers: &["${"], read: jvm::read_settings },
    Reader {
        name: "kubernetes",
        side: Side::Build,
        reads: kubernetes::reads,
        markers: kubernetes::MARKERS,
        read: kubernetes::read,
    },
];

/// The largest text that is read, in bytes: what is larger was made by a program.
pub const MAX_BYTES: usize = 2 << 20;

/// The longest default that is looked for, in bytes.
const MAX_DEFAULT: usize = 1024;

/// The reader of a path.
#[must_use]
pub fn reader(path: &str) -> Option<&'static Reader> {
    let path = Path::new(path);
    ALL.iter().find(|reader| (reader.reads)(&path))
}

impl Reader {
    /// Whether a file says something even where it uses nothing: what a service is not given, what is not in an image.
    #[must_use]
    pub fn tells_without_uses(&self) -> bool {
        self.side == Side::Start || self.name == "dockerfile"
    }

    /// Every use in the text at a path, in the order of their places, each once. None in a text over [`MAX_BYTES`].
    #[must_use]
    pub fn uses(&self, path: &str, text: &str) -> Vec<Use> {
        let mut uses = Vec::new();
        if text.len() > MAX_BYTES {
            return uses;
        }
        (self.read)(text, &mut uses);
        branches::soften(self.name, text, &mut uses);
        let path = Path::new(path);
        if jvm::is_of_profile(&path) || is_of_one_environment(&path) {
            uses.iter_mut().for_each(Use::may_lack);
        }
        uses.retain(|found| found.kind == Kind::Prefix || is_name(&found.name));
        uses.sort_by(|one, other| (one.at.start, one.kind, &one.name).cmp(&(other.at.start, other.kind, &other.name)));
        // Of several readings of one place the sure one counts.
        uses.sort_by_key(|found| (found.at.start, !found.sure));
        uses.dedup_by(|next, kept| next.at == kept.at && (next.name == kept.name || kept.sure && !next.sure));
        uses
    }
}

/// Whether a program's file counts in one environment only: `config/environments/production.rb` of Rails,
/// `settings/production.py` of Django, `config/production.js` of node-config.
fn is_of_one_environment(path: &Path<'_>) -> bool {
    let stem = path.name.split('.').next().unwrap_or_default();
    let folder = path.whole.rsplit('/').nth(1).unwrap_or_default();
    matches!(path.extension, "rb" | "py" | "js" | "ts" | "cjs" | "mjs")
        && matches!(folder, "environments" | "settings" | "config")
        && matches!(stem, "production" | "prod" | "staging" | "stage" | "test" | "testing" | "development" | "dev")
}

/// Every use in the text of a file; none where no reader knows such a file.
#[must_use]
pub fn read(path: &str, text: &str) -> Vec<Use> {
    reader(path).map(|reader| reader.uses(path, text)).unwrap_or_default()
}

/// Gives the variables that a program of Python reads in any case, as settings of pydantic do, the names that are declared, by
/// their names in capital letters: `app_name` for `APP_NAME`.
pub fn respell(path: &str, text: &str, uses: &mut [Use], declared: &BTreeMap<String, &str>) {
    if reader(path).is_none_or(|reader| reader.name != "python") {
        return;
    }
    for found in uses.iter_mut().filter(|found| found.kind == Kind::Read) {
        // What is written as it is counts as it is.
        let written = text.get(found.at.start as usize..found.at.end as usize);
        if written == Some(found.name.as_str()) {
            continue;
        }
        if let Some(name) = declared.get(&found.name.to_ascii_uppercase()) {
            (*name).clone_into(&mut found.name);
        }
    }
}

/// Names by what they are in capital letters; those that are so themselves come first.
#[must_use]
pub fn in_capitals<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<String, &'n str> {
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        let capitals = name.to_ascii_uppercase();
        let counts = capitals == name;
        found.entry(capitals).and_modify(|known| *known = if counts { name } else { *known }).or_insert(name);
    }
    found
}

/// Whether a word can be a variable's name at all.
#[must_use]
pub fn is_name(word: &str) -> bool {
    let starts = word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let has_letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    starts && has_letter && word.len() <= 128 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a word is written as variables of the environment are: `DATABASE_URL`, `PORT`.
#[must_use]
pub fn is_screaming(word: &str) -> bool {
    is_name(word) && word.len() > 1 && !word.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
