//! `sparkcfg secrets merge`: what git calls to merge two versions of a sealed file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Global, Keys, now};
use crate::cli::{identities, printing};
use crate::envelope::SOLVE_KEYS;
use crate::error::Error;
use crate::identity::{Identities, Recipient};
use crate::merge::{CannotMerge, Outcome, Tools, Versions, merge, side_by_side};
use crate::project::access::sealed_files;
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::git::{self, Tree};
use crate::project::revocations::{self, Revocations};
use crate::project::{Project, discover, writing};
use crate::source::printable;
use crate::stores::{self, Store};

/// The arguments, in the order in which a merge driver gets them: `%O %A %B %P`.
#[derive(Debug, clap::Args)]
pub(super) struct Merge {
    /// The version that both sides come from (%O)
    base: PathBuf,
    /// Our version, which the result takes the place of (%A)
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// The path of the file in the repository (%P)
    path: String,
}

impl Merge {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let [base, ours, theirs] = [read(&self.base)?, read(&self.ours)?, read(&self.theirs)?];
        let versions = Versions { base: &base, ours: &ours, theirs: &theirs };
        if self.path.rsplit('/').next() == Some(revocations::NAME) {
            return self.merge_records(&versions);
        }
        let merged = match self.merged(&versions, global, keys) {
            Ok(merged) => merged,
            Err(error) => {
                // Neither side may be lost unseen, so both stand in the file until somebody decides.
                put(&self.ours, &side_by_side(&versions))?;
                printing::complain(&format!("{error}\n"))?;
                let path = printable(&self.path);
                let later = if stores::of(&self.path).is_some_and(|store| store.shows_names) {
                    // Git runs a driver at the top of the work tree, wherever it was started.
                    let top = std::env::var_os("GIT_PREFIX").filter(|prefix| !prefix.is_empty()).map_or("", |_| ":/");
                    format!("; with a key that opens both, this merges them: git checkout --merge {top}{path}")
                } else {
                    String::new()
                };
                printing::complain(&format!("{path}: both versions stand in it, and none is lost{later}\n"))?;
                return Ok(ExitCode::from(1));
            }
        };
        let (outcome, config, has_record) = merged;
        let called = |key: &str| config.owner_of(key).unwrap_or(key).to_owned();
        put(&self.ours, outcome.text(called, has_record).as_bytes())?;
        for key in &outcome.left_out {
            let name = printable(config.owner_of(key).unwrap_or(key));
            printing::complain(&format!(
                "{}: a version was sealed for {name}, whom not both sides let open it; the result is not\n  help: if [access] names them in the end, `sparkcfg secrets rotate ENV` seals it for them\n",
                printable(&self.path)
            ))?;
        }
        if outcome.conflicts.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let names: Vec<_> = outcome.conflicts.iter().map(|key| printable(key)).collect();
        printing::complain(&format!(
            "{}: both sides changed {}\n  help: {SOLVE_KEYS}\n",
            printable(&self.path),
            names.join(", ")
        ))?;
        Ok(ExitCode::from(1))
    }

    /// The record of what is still to change belongs to the sealed files, and needs no key.
    fn merge_records(&self, versions: &Versions<'_>) -> Result<ExitCode, Error> {
        match Revocations::merge(&self.path, versions.base, versions.ours, versions.theirs) {
            Ok(text) => {
                put(&self.ours, text.as_bytes())?;
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                put(&self.ours, &side_by_side(versions))?;
                printing::complain(&format!("{error}\n"))?;
                let path = printable(&self.path);
                printing::complain(&format!("{path}: both versions stand in it; keep what is in either\n"))?;
                Ok(ExitCode::from(1))
            }
        }
    }

    fn merged(&self, versions: &Versions<'_>, global: &Global, keys: &Keys) -> Result<(Outcome, Config, bool), Error> {
        let store = stores::of(&self.path).ok_or_else(|| {
            Error::new("this is no sealed file")
                .at(&self.path)
                .help("its name ends with .secrets.env or .secrets.env.age")
        })?;
        let (root, path) = self.project(global)?;
        let theirs = theirs(&root);
        let files = Files::on_disk(&root, "");
        let mut config = Project::config(&files)?;
        let identities = identities::collect_with_programs(&keys.identity, &files, &config)?;
        let mut recipients = recipients(&files, &config, &path)?;
        let has_record = has_record(&files, theirs.as_ref().map(|(files, _)| files), &path)?;
        if let Some(theirs) = theirs {
            let granted = granted(versions, &theirs, &path, store);
            recipients.extend(granted.into_iter().filter(|one| !recipients.contains(one)).collect::<Vec<_>>());
            for (name, key) in theirs.1.people {
                config.people.entry(name).or_insert(key);
            }
        }
        let time = now();
        let tools = Tools { store, identities: &identities, recipients: &recipients, time: &time };
        let outcome = merge(versions, &tools).map_err(|why| {
            let readers = who_reads_both(versions, store, &config);
            failed(&why, &self.path, &identities, &readers)
        })?;
        Ok((outcome, config, has_record))
    }

    /// The project that the file belongs to, and its path there. Git runs a driver at the top of the work tree.
    fn project(&self, global: &Global) -> Result<(PathBuf, String), Error> {
        let here = std::env::current_dir().map_err(|_| Error::new("the current folder cannot be read"))?;
        let full = here.join(&self.path);
        let root = match &global.project {
            Some(_) => here.join(global.folder()?.0),
            None => discover(full.parent().unwrap_or(&here)),
        };
        let inside = full.strip_prefix(&root).map(|path| path.to_string_lossy().replace('\\', "/"));
        let inside = inside.map_err(|_| Error::new("this file belongs to another project").at(&self.path))?;
        Ok((root, inside))
    }
}

fn failed(why: &CannotMerge, path: &str, identities: &Identities, readers: &[String]) -> Error {
    let error = Error::new(format!("it cannot be merged: {why}")).at(path);
    let CannotMerge::Open(_, closed) = why else { return error.help(why.help()) };
    if closed.is_damage() {
        return error.help(why.help());
    }
    let names: Vec<_> = readers.iter().map(|name| printable(name)).collect();
    let who = match names.as_slice() {
        [] => "whoever has a key that opens both sides".to_owned(),
        names => format!("whoever can open both sides ({})", names.join(", ")),
    };
    let leave = "`git merge --abort` (or `--abort` of what git was doing) leaves the branches as they were";
    error.help(format!("let {who} merge them; {leave}{}", identities.looked()))
}

/// Those who can open both sides: names, or public keys without one.
fn who_reads_both(versions: &Versions<'_>, store: &Store, config: &Config) -> Vec<String> {
    let named = |bytes: &[u8]| (store.readers)(bytes).map(|readers| readers.recipients).unwrap_or_default();
    let (ours, theirs) = (named(versions.ours), named(versions.theirs));
    let both = ours.iter().filter(|key| theirs.contains(key));
    both.map(|key| config.owner_of(key).unwrap_or(key).to_owned()).collect()
}

/// The project as it is on the branch that git merges into this one; `None` where git does not say which that is, as when it
/// picks a commit or rebases.
fn theirs(root: &Path) -> Option<(Files, Config)> {
    let heads =
        std::env::vars_os().filter_map(|(name, _)| name.to_str()?.strip_prefix("GITHEAD_").map(ToOwned::to_owned));
    let heads: Vec<_> = heads.collect();
    let [head] = heads.as_slice() else { return None };
    let files = git::files(root, "", Tree::Revision(head)).ok()?;
    let config = Project::config(&files).ok()?;
    Some((files, config))
}

/// Whether something of a file is on record on either branch; where the other one is not known, whether anything is on this one.
fn has_record(ours: &Files, theirs: Option<&Files>, path: &str) -> Result<bool, Error> {
    let names = |files: &Files| -> Result<bool, Error> { Ok(Revocations::read(files)?.paths().any(|one| one == path)) };
    Ok(match theirs {
        // A record that is broken on the other branch is told of once it is here.
        Some(theirs) => names(ours)? || names(theirs).unwrap_or(true),
        None => Revocations::has_begun(ours)?,
    })
}

/// Those who were let in on the other branch: its table names them, its file is sealed for them, and that from which both
/// began is not. The table of the result will have them.
fn granted(versions: &Versions<'_>, (files, config): &(Files, Config), path: &str, store: &Store) -> Vec<Recipient> {
    let named = |bytes: &[u8]| (store.readers)(bytes).map(|readers| readers.recipients).unwrap_or_default();
    let (base, theirs) = (named(versions.base), named(versions.theirs));
    let is_new = |one: &Recipient| {
        let is_among = |keys: &[String]| keys.iter().any(|key| key == one.as_str());
        is_among(&theirs) && !is_among(&base)
    };
    let table = recipients(files, config, path).unwrap_or_default();
    table.into_iter().filter(is_new).collect()
}

/// Those for whom the result is sealed. The file may be new to this side, and is then told by its name.
fn recipients(files: &Files, config: &Config, path: &str) -> Result<Vec<Recipient>, Error> {
    let known = sealed_files(files, config)?.into_iter().find(|file| file.path == path);
    let environments = match known {
        Some(file) => file.environments,
        None => {
            let name = path.rsplit('/').next().unwrap_or(path);
            let stem = stores::of(path).and_then(|store| name.strip_suffix(store.suffix)).unwrap_or(name);
            if stem == "base" { Project::environment_names_in(files, config)? } else { vec![stem.to_owned()] }
        }
    };
    config.recipients_of(&environments)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |message: &str| Error::new(message.to_owned()).at(path.to_string_lossy());
    let about = fs::metadata(path).map_err(|_| failed("there is no such file"))?;
    if !about.is_file() {
        return Err(failed("this is no ordinary file"));
    }
    fs::read(path).map_err(|_| failed("this file cannot be read"))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    writing::replace(path, bytes)
        .map_err(|_| Error::new("the result cannot be written; the file is as it was").at(path.to_string_lossy()))
}
