//! Who gained or lost access to the sealed files of an environment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, Options};
use crate::checks::matrix;
use crate::drift::{Access, Mode};
use crate::environment::Environment;
use crate::error::Error;
use crate::project::config::Config;
use crate::project::{Project, git};
use crate::source::printable;

/// A project at one time, with the environments that are looked at.
pub(super) struct Side<'s> {
    pub(super) project: &'s Project,
    pub(super) environments: Vec<&'s Environment<'s>>,
}

impl<'s> Side<'s> {
    /// One environment.
    pub(super) fn of(source: &matrix::Source<'s>) -> Self {
        Self { project: source.project, environments: vec![source.environment] }
    }
}

impl Member<'_> {
    /// Who can read more or less than at the revision that `then` is, and which sealed files are older than it.
    pub(super) fn access_changes<'s>(
        &self,
        chosen: &[matrix::Source<'s>],
        working: &'s Project,
        then: Option<(&'s Project, &'s [Environment<'s>])>,
        options: &Options<'_>,
    ) -> Result<Vec<Access>, Error> {
        let config_path = self.files.shown("sparkcfg.toml");
        if let ([then, now], Mode::Time) = (chosen, options.mode) {
            return Ok(between(&Side::of(then), &Side::of(now), &config_path));
        }
        let (Some((project, environments)), Some(revision)) = (then, options.against) else { return Ok(Vec::new()) };
        let then = Side { project, environments: environments.iter().collect() };
        let now = Side { project: working, environments: chosen.iter().map(|it| it.environment).collect() };
        let mut changes = between(&then, &now, &config_path);
        for path in changed(&then, &now) {
            let Some(commit) = git::replaced_in(self.files.root(), revision, path)? else { continue };
            let shown = printable(path);
            match changes.iter_mut().find(|change| change.path == shown) {
                Some(change) => change.replaced_in = Some(commit),
                None => changes.push(Access { path: shown, replaced_in: Some(commit), ..Access::default() }),
            }
        }
        Ok(changes)
    }
}

/// Readers by what they read: the path of a sealed file, or an access list.
type Readers = BTreeMap<String, BTreeSet<String>>;

/// Who gained or lost access between two times: to sealed files that were there before, and by the tables of
/// `sparkcfg.toml`, which users see at `config_path`, where no file says so already.
pub(super) fn between(then: &Side<'_>, now: &Side<'_>, config_path: &str) -> Vec<Access> {
    let mut changes = changes(&files(then), &files(now));
    let of_tables = self::changes(&tables(then), &tables(now));
    for Access { path, gained, lost, .. } in of_tables {
        let told = |names: &[String], of: fn(&Access) -> &[String]| {
            names.iter().all(|name| changes.iter().any(|file| of(file).contains(name)))
        };
        if !told(&gained, |file| &file.gained) || !told(&lost, |file| &file.lost) {
            let path = format!("{}: [access] {path}", printable(config_path));
            changes.push(Access { path, gained, lost, replaced_in: None });
        }
    }
    changes
}

fn changes(then: &Readers, now: &Readers) -> Vec<Access> {
    let mut changes = Vec::new();
    for (path, new) in now {
        let Some(old) = then.get(path) else { continue };
        let told = |one: &BTreeSet<String>, other| one.difference(other).map(|name| printable(name)).collect();
        let (gained, lost): (Vec<_>, Vec<_>) = (told(new, old), told(old, new));
        if !gained.is_empty() || !lost.is_empty() {
            changes.push(Access { path: printable(path), gained, lost, replaced_in: None });
        }
    }
    changes
}

fn named(config: &Config, key: &str) -> String {
    config.owner_of(key).unwrap_or(key).to_owned()
}

/// The sealed files whose text differs between two times, in `now`.
pub(super) fn changed<'s>(then: &Side<'s>, now: &Side<'s>) -> Vec<&'s str> {
    let texts = |side: &Side<'s>| -> BTreeMap<&'s str, &'s str> {
        let project = side.project;
        let sealed = project.sealed_files.iter().filter(|(index, _)| project.sealed.contains_key(index));
        sealed.filter_map(|(index, file)| Some((file.path.as_str(), &*project.layers.get(*index)?.text))).collect()
    };
    let (then, now) = (texts(then), texts(now));
    now.into_iter().filter(|(path, text)| then.get(path) != Some(text)).map(|(path, _)| path).collect()
}

/// The recipients that the sealed files themselves name.
fn files(side: &Side<'_>) -> Readers {
    let Side { project, environments } = side;
    let is_used = |layer| environments.iter().flat_map(|it| &it.layers).any(|used| std::ptr::eq(*used, layer));
    let used = project.layers.iter().enumerate().filter(|(_, layer)| is_used(*layer));
    let sealed = used.filter_map(|(index, _)| {
        let readers = &project.sealed.get(&index)?.readers;
        let path = &project.sealed_files.get(&index)?.path;
        let others = readers.others.iter().map(|other| format!("a key of {}", other.kind));
        let names = readers.recipients.iter().map(|key| named(&project.config, key)).chain(others);
        Some((path.clone(), names.collect()))
    });
    sealed.collect()
}

/// The people of the access lists. Who is meant by a name can change, too.
fn tables(side: &Side<'_>) -> Readers {
    let config = &side.project.config;
    let names = side.environments.iter().map(|environment| environment.name.to_string());
    let lists = names.filter_map(|name| {
        let readers = config.readers_of(std::slice::from_ref(&name))?;
        Some((name, readers.into_iter().map(ToOwned::to_owned).collect()))
    });
    lists.collect()
}
