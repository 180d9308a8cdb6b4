//! `sparkcfg secrets export`: a sealed file as another program wants it.

use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use clap::ValueHint;
use serde_json::Value;
use zeroize::Zeroizing;

use super::carrying::values;
use super::{Global, Keys, now};
use crate::cli::printing;
use crate::cli::show::refused;
use crate::dialects::{self, Dialect, Process, Reading};
use crate::error::Error;
use crate::finding::told_name;
use crate::plain::{self, refers};
use crate::portable::COMMON;
use crate::project::revocations::UNNAMED;
use crate::project::sealing::{Sealing, Source, Target};
use crate::project::{compose_entries, git, writing};
use crate::secret::Secret;
use crate::source::printable;
use crate::stores::{self, Order};
use crate::targets::{self, Picture};

pub(super) const EXAMPLES: &str = "\
Examples:
  sparkcfg secrets export prod --as dotenv | ssh host 'cat > /run/app.env'
  sparkcfg secrets export prod --as dotenv --to prod.local.env     only if git ignores it; 0600
  sparkcfg secrets export prod --as age --to backup/prod.env.age   sealed for the same people

What is written is one sealed file. All that an environment gets, with what its base has sealed, is
`sparkcfg show prod --as dotenv --with-secrets`.";

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The environment, `base`, or the path of a sealed file
    #[arg(value_name = "ENV")]
    environment: String,
    /// As what: plain dotenv text, or one age file for the same people
    #[arg(long = "as", value_name = "FORM", value_parser = ["age", "dotenv"])]
    form: String,
    /// Write it into a new file of the project; plain text only where git ignores it, readable by you alone
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    to: Option<PathBuf>,
    /// Leave this key out; may be given several times
    #[arg(long, value_name = "KEY")]
    without: Vec<String>,
    /// Print plain text even where people see it: on a terminal
    #[arg(long)]
    reveal: bool,
}

impl Export {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let secret = self.form == "dotenv";
        if secret && self.to.is_none() && !self.reveal && std::io::stdout().is_terminal() {
            let help = "send them through a pipe, use --to FILE, or add --reveal";
            return Err(Error::new("secrets are not printed on a terminal").help(help));
        }
        let mut sealing = keys.sealing(global)?;
        let target = sealing.target(&self.environment)?;
        if target.bytes.is_none() {
            return Err(Error::new("there is no such sealed file yet").at(sealing.files.shown(&target.file.path)));
        }
        let mut plain = sealing.plain(&target)?;
        for key in &self.without {
            let missing = || Error::new(format!("{} has no value in it", told_name(key)));
            let left = plain::unset(&plain, key, compose_entries).or_else(|| without_line(&plain, key));
            plain = left.ok_or_else(missing)?;
        }
        let text = if secret {
            portable(&plain, &sealing.files.shown(&target.file.path))?
        } else {
            sealed(&sealing, &target, &plain)?
        };
        let Some(path) = &self.to else {
            return printing::print(text.expose()).map(|()| ExitCode::SUCCESS);
        };
        let root = sealing.files.root().to_owned();
        let root = root.as_path();
        let within = within(root, path)?;
        if root.join(&within).symlink_metadata().is_ok() {
            let help = "export to a new name, or remove the file first";
            return Err(Error::new("there is such a file already; it is left as it is").at(&within).help(help));
        }
        if secret && !git::is_ignored(root, &within)? {
            let help = format!("add {within} to .gitignore first, or export to a name that it has");
            return Err(Error::new("git would commit this file, and secrets in plain text with it")
                .at(&within)
                .help(help));
        }
        if secret {
            writing::write(root, &within, text.expose().as_bytes(), true)?;
        } else {
            let lock = sealing.lock()?;
            writing::write_locked(root, &within, text.expose().as_bytes())?;
            let keys: Vec<_> = values(&plain).into_keys().map(ToOwned::to_owned).collect();
            let open_to: Vec<_> = sealing.leaving(&target).into_iter().filter(|name| name != UNNAMED).collect();
            let is_from = |path: &str| path == target.file.path;
            sealing.carry(&lock, &Source { is: &is_from, open_to: &open_to }, (&within, &plain), &keys)?;
        }
        printing::complain(&format!("wrote {}\n", printable(&sealing.files.shown(&within))))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn sealed(sealing: &Sealing, target: &Target, plain: &Secret) -> Result<Secret, Error> {
    let recipients = sealing.recipients(target)?;
    let store = stores::of(".secrets.env.age").ok_or_else(|| Error::new("there is no such form"))?;
    let order = Order { recipients: &recipients, time: &now(), new_key: true, anew: None, previous: None };
    let text = (store.seal)(plain, &order).map_err(|why| Error::new(why.message).help(why.help))?;
    Ok(Secret::new(text))
}

/// The text as it stands, if all common readers of such files agree about it; else each value spelled so that they do.
fn portable(plain: &Secret, place: &str) -> Result<Secret, Error> {
    let copy = || Secret::new(plain.expose().to_owned());
    let readers: Vec<_> = COMMON.iter().filter_map(|name| dialects::find(name)).collect();
    let read = |reader: &Dialect| (reader.read)(plain.expose().as_bytes(), &Process::new());
    let values = |reading: &Reading| -> Vec<_> {
        let values = reading.vars.iter().map(|variable| (variable.key.clone(), variable.value.clone()));
        values.map(|(key, value)| (key, value.map(Zeroizing::new))).collect()
    };
    let Some(own) = dialects::find("compose").map(read) else { return Ok(copy()) };
    if readers
        .iter()
        .map(|reader| read(reader))
        .all(|reading| reading.error.is_none() && values(&reading) == values(&own))
    {
        return Ok(copy());
    }
    let slice =
        |range: &std::ops::Range<u32>| plain.expose().get(range.start as usize..range.end as usize).unwrap_or_default();
    let (entries, faults) = compose_entries(plain.expose());
    if let Some(entry) = entries.iter().find(|entry| refers(slice(&entry.value))) {
        let message =
            format!("{} refers to other keys, which not every reader resolves alike", told_name(slice(&entry.key)));
        return Err(Error::new(message).help(
            "`sparkcfg show ENV --as dotenv --with-secrets` writes what it resolves to; --without leaves it out",
        ));
    }
    // Of a text that it refuses docker compose has no value, and what has none would be lost without a word.
    if let Some(at) = faults.first().map(|fault| fault.at.start as usize).or_else(|| refused_at(&own)) {
        return Err(unreadable(plain, at).at(place));
    }
    let variables = own.vars.iter().map(|variable| targets::Variable {
        key: &variable.key,
        text: variable.value.as_deref(),
        typed: Value::Null,
        digits: None,
        secret: true,
    });
    let picture = Picture { environment: "", variables: variables.collect() };
    let target = targets::find("dotenv").ok_or_else(|| Error::new("there is no such form"))?;
    (target.write)(&picture).map(Secret::new).map_err(|refusals| {
        let help = "--without KEY leaves it out, `sparkcfg secrets get` gives it alone, and `sparkcfg show ENV --as TARGET --with-secrets` writes for the one program that reads it";
        refused(target, &refusals).help(help)
    })
}

/// Where a reader refuses the text.
fn refused_at(reading: &Reading) -> Option<usize> {
    let error = reading.error.as_ref()?;
    Some(error.at.as_ref().map_or(0, |at| at.start))
}

/// The text has a line that no reader of such files would take, in which `at` lies.
fn unreadable(plain: &Secret, at: usize) -> Error {
    let text = plain.expose();
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let number = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
    let key = told_name(line.split_once('=').map_or(line, |(key, _)| key));
    Error::new(format!("docker compose refuses line {number}, with {key}, so nothing was written"))
        .help("mend it with `sparkcfg secrets edit`; --without KEY, with all that stands before the `=`, leaves it out")
}

/// The text without the lines that have `key`, sign by sign, before their `=`, as SOPS takes it.
fn without_line(plain: &Secret, key: &str) -> Option<Secret> {
    let lines = plain.expose().split_inclusive('\n');
    let others = lines.filter(|line| line.split_once('=').is_none_or(|(other, _)| other != key));
    // Sized beforehand, so that no outgrown buffer keeps a copy of the secrets.
    let mut left = String::with_capacity(plain.expose().len());
    others.for_each(|line| left.push_str(line));
    (left.len() < plain.expose().len()).then(|| Secret::new(left))
}

/// A path as the user gave it, seen from the project's folder.
pub(super) fn within(root: &Path, path: &Path) -> Result<String, Error> {
    let outside = || {
        Error::new("this file would lie outside of the project")
            .at(path.to_string_lossy())
            .help("name one within its folder; a pipe writes anywhere")
    };
    let name = path.file_name().ok_or_else(outside)?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // A folder that is not there yet is taken as it is written.
    let real = folder.canonicalize().or_else(|_| std::path::absolute(folder)).map_err(|_| outside())?;
    let root = root.canonicalize().map_err(|_| outside())?;
    let inside = real.strip_prefix(&root).map_err(|_| outside())?.join(name);
    let plain = inside.components().all(|part| matches!(part, Component::Normal(_)));
    let parts: Option<Vec<_>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    parts.filter(|_| plain).map(|parts| parts.join("/")).ok_or_else(outside)
}
