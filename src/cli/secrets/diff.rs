//! `sparkcfg secrets diff`: which secrets differ between environments, files or revisions; never by how much.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use super::{Global, Keys};
use crate::cli::{identities, printing};
use crate::error::Error;
use crate::identity::Identities;
use crate::layer::Content;
use crate::project::access::sealed_files;
use crate::project::files::Files;
use crate::project::git::{self, Tree};
use crate::project::{Project, compose_entries};
use crate::secret::Secret;
use crate::source::printable;
use crate::stores::{self, Sealed, State};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// An environment, `base`, or the path of a sealed file; each also with `@REVISION`
    #[arg(value_name = "A")]
    one: String,
    /// The other one
    #[arg(value_name = "B")]
    two: String,
}

/// The secrets of one side.
#[derive(Default)]
struct Side {
    values: BTreeMap<String, Held>,
    /// Files that nobody here can open and that show no names.
    closed: Vec<String>,
}

/// One secret, as far as it is known.
struct Held {
    plain: Option<Secret>,
    /// The sealed text.
    token: String,
    /// The file, relative to the project.
    path: String,
}

impl Diff {
    pub(super) fn run(&self, global: &Global, keys: &Keys) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let here = Files::on_disk(&root, &prefix);
        let identities = identities::collect_with_programs(&keys.identity, &here, &Project::config(&here)?)?;
        let side = |name: &str| -> Result<Side, Error> {
            match name.rsplit_once('@').filter(|(name, revision)| !name.is_empty() && !revision.is_empty()) {
                Some((name, revision)) => {
                    let files = git::files(&root, &prefix, Tree::Revision(revision))?;
                    Side::of(name, &files, &identities)
                }
                None => Side::of(name, &here, &identities),
            }
        };
        let (one, two) = (side(&self.one)?, side(&self.two)?);
        let rows = self.rows(&one, &two);
        if let Some(path) = one.closed.iter().chain(&two.closed).next().filter(|_| rows.is_empty()) {
            let error = Error::new("this file stays closed, and shows no names, so there is nothing to compare");
            return Err(error.at(path).help("pass --identity FILE, or let somebody compare them who can open both"));
        }
        let mut text = super::columns(&rows);
        if rows.is_empty() {
            text.push_str("neither has a secret\n");
        }
        printing::print(&text)?;
        let unknown = rows.iter().any(|row| row[1] == UNKNOWN);
        if unknown {
            printing::complain(&format!("{UNKNOWN}: nobody here can open both; pass --identity FILE\n"))?;
        }
        for path in one.closed.iter().chain(&two.closed).collect::<BTreeSet<_>>() {
            printing::complain(&format!("{} stays closed, and shows no names\n", printable(path)))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn rows(&self, one: &Side, two: &Side) -> Vec<Vec<String>> {
        let keys: BTreeSet<_> = one.values.keys().chain(two.values.keys()).collect();
        let row = |key: &String| {
            let said = match (one.values.get(key), two.values.get(key)) {
                (Some(one), Some(two)) => compared(one, two).to_owned(),
                // A closed file may have it too.
                (Some(_), None) if !two.closed.is_empty() => UNKNOWN.to_owned(),
                (None, Some(_)) if !one.closed.is_empty() => UNKNOWN.to_owned(),
                (Some(_), None) => format!("only in {}", printable(&self.one)),
                _ => format!("only in {}", printable(&self.two)),
            };
            vec![printable(key), said]
        };
        keys.into_iter().map(row).collect()
    }
}

const UNKNOWN: &str = "sealed";

fn compared(one: &Held, two: &Held) -> &'static str {
    match (&one.plain, &two.plain) {
        (Some(one), Some(two)) if one.expose() == two.expose() => "same",
        (Some(_), Some(_)) => "changed",
        // Sealed text is never the same twice, unless nobody touched it.
        _ if !one.token.is_empty() && one.token == two.token => "same",
        _ if one.path == two.path && !one.token.is_empty() => "changed or sealed anew",
        _ => UNKNOWN,
    }
}

impl Side {
    fn of(name: &str, files: &Files, identities: &Identities) -> Result<Self, Error> {
        let mut side = Self::default();
        for path in paths(name, files)? {
            let Some(store) = stores::of(&path) else { continue };
            let sealed = (store.open)(&files.read(&path)?, identities, compose_entries);
            if let (State::Damaged, Some(damage)) = (sealed.state, sealed.damages.first()) {
                return Err(Error::new(damage.message).at(files.shown(&path)).help(damage.help));
            }
            if !store.shows_names && sealed.state != State::Opened {
                side.closed.push(files.shown(&path));
            }
            side.take(sealed, &path);
        }
        Ok(side)
    }

    /// Later files overrule earlier ones.
    fn take(&mut self, mut sealed: Sealed, path: &str) {
        for entry in std::mem::take(&mut sealed.entries) {
            let slice = |range: &std::ops::Range<u32>| sealed.text.get(range.start as usize..range.end as usize);
            let (key, token) = (slice(&entry.key).unwrap_or_default(), slice(&entry.value).unwrap_or_default());
            let plain = match entry.content {
                Content::Opened(secret) => Some(secret),
                _ => None,
            };
            self.values.insert(key.to_owned(), Held { plain, token: token.to_owned(), path: path.to_owned() });
        }
    }
}

/// `base` of `environments/base.secrets.env.age`.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split_once(".secrets").map_or(name, |(stem, _)| stem)
}

/// The sealed files that a name means, lowest layer first.
fn paths(name: &str, files: &Files) -> Result<Vec<String>, Error> {
    if stores::of(name).is_some() {
        let prefix = files.shown("");
        return Ok(vec![name.strip_prefix(&prefix).unwrap_or(name).trim_start_matches("./").to_owned()]);
    }
    let config = Project::config(files)?;
    let names = Project::environment_names_in(files, &config)?;
    if name == "base" && !names.iter().any(|known| known == name) {
        // What all environments share.
        let sealed = sealed_files(files, &config)?.into_iter();
        return Ok(sealed.filter(|file| stem(&file.path) == "base").map(|file| file.path).collect());
    }
    if !names.iter().any(|known| known == name) {
        let near = crate::suggestion::nearest(name, names.iter().map(String::as_str));
        let list = names.join(", ");
        let help =
            near.map_or(format!("there are: {list}"), |near| format!("did you mean `{near}`? There are: {list}"));
        return Err(Error::new(format!("there is no environment `{name}`")).help(help));
    }
    let sealed = sealed_files(files, &config)?.into_iter();
    Ok(sealed.filter(|file| file.environments.iter().any(|one| one == name)).map(|file| file.path).collect())
}
