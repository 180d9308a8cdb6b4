//! The record as the file that git keeps.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Deserializer};

use super::Revocations;
use super::people::people;
use crate::envelope::{self, CONFLICT, SOLVE_TEXT};
use crate::error::Error;
use crate::project::files::{self, Files};
use crate::project::writing;
use crate::source::Sources;

/// The file's name; it lies beside `sparkcfg.toml`.
pub const NAME: &str = "sparkcfg-revoked.toml";

const HEAD: &str = "\
# Values that somebody could read who may not any more. Change each at its provider and set it anew with
# `sparkcfg secrets set` or `edit`: its line then goes by itself. A line of a value that needs no change can be removed.
# The digests are of sealed text, never of values; of a whole age file the names are sealed.
";

/// The file before anybody lost access to anything.
const BEGINNING: &str = "\
# Nobody has lost access yet. Here stands, from then on, what they could read and what is still to be changed.
";

impl Revocations {
    /// The record of a project, in which names are those of its `[people]`; empty where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, or is broken.
    pub fn read(files: &Files) -> Result<Self, Error> {
        let mut record = Self::as_written(files)?;
        record.tell_apart(&people(files));
        Ok(record)
    }

    /// The same with the names as they stand there, whoever has them by now.
    pub(super) fn as_written(files: &Files) -> Result<Self, Error> {
        match files.read_if_there(NAME)? {
            Some(bytes) => Self::parse(&files.shown(NAME), &files::text(bytes).0),
            None => Ok(Self::default()),
        }
    }

    pub(in crate::project) fn parse(path: &str, text: &str) -> Result<Self, Error> {
        if let Some(line) = envelope::conflict_line(text.as_bytes()) {
            return Err(Error::new(CONFLICT).at(format!("{path}:{line}")).help(SOLVE_TEXT));
        }
        toml::from_str(text).map_err(|error| {
            let mut sources = Sources::default();
            let source = sources.add(path, text);
            let start = error.span().unwrap_or_default().start;
            let position = sources.position(source, u32::try_from(start).unwrap_or(u32::MAX));
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            Error::new(message)
                .at(format!("{path}:{}:{}", position.line, position.column))
                .help("restore it from the last good commit; sparkcfg itself writes this file")
        })
    }

    /// Makes the file of a project that has none, with nothing in it: a branch on which it begins later would conflict with
    /// one that has none, and git asks no merge driver then. Tells whether there was none.
    ///
    /// # Errors
    /// See [`Revocations::write`].
    pub fn begin(files: &Files) -> Result<bool, Error> {
        let is_new = !Self::is_there(files)?;
        if is_new {
            writing::write_locked(files.root(), NAME, BEGINNING.as_bytes())?;
        }
        Ok(is_new)
    }

    /// Whether a project has a record, be it empty.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn is_there(files: &Files) -> Result<bool, Error> {
        Ok(files.read_if_there(NAME)?.is_some())
    }

    /// Whether a project has, or ever had, something to remember.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn has_begun(files: &Files) -> Result<bool, Error> {
        Ok(files.read_if_there(NAME)?.is_some_and(|bytes| files::text(bytes).0 != BEGINNING))
    }

    /// Writes the record. Its file stays when nothing is left in it: a branch that had removed it would conflict with one
    /// that changed it, and git asks no merge driver then.
    ///
    /// # Errors
    /// See [`writing::write_locked`].
    pub fn write(&self, files: &Files) -> Result<(), Error> {
        writing::write_locked(files.root(), NAME, self.with_keys(&people(files)).text().as_bytes())
    }

    pub(super) fn text(&self) -> String {
        let quoted = |text: &str| toml_edit::Value::from(text).to_string().trim().to_owned();
        let name = |text: &str| toml_edit::Key::new(text).to_string();
        let list = |items: &BTreeSet<String>| items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ");
        let mut text = HEAD.to_owned();
        for (path, pending) in &self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n[{}]\n", name(path));
            if !pending.all.is_empty() {
                let _ = writeln!(text, "all = [{}]", list(&pending.all));
            }
            for (version, names) in &pending.left {
                let _ = writeln!(text, "left.{version} = {}", quoted(names));
            }
            if !pending.data_keys.is_empty() {
                let _ = writeln!(text, "data-keys = [{}]", list(&pending.data_keys));
            }
            for (person, key) in &pending.people {
                let _ = writeln!(text, "people.{} = {}", name(person), quoted(key));
            }
            for (key, known) in &pending.values {
                let (key, readers) = (name(key), list(&known.readers));
                let sealed = match known.sealed.first() {
                    Some(one) if known.sealed.len() == 1 => quoted(one),
                    _ => format!("[{}]", list(&known.sealed)),
                };
                let _ = writeln!(text, "values.{key} = {{ readers = [{readers}], sealed = {sealed} }}");
            }
        }
        text
    }
}

/// A digest, or a list of them.
pub(super) fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Digests {
        One(String),
        Several(BTreeSet<String>),
    }
    Ok(match Digests::deserialize(deserializer)? {
        Digests::One(one) => [one].into(),
        Digests::Several(several) => several,
    })
}
