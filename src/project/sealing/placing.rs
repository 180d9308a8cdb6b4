//! Which sealed file is meant by what somebody typed: an environment, `base`, or a path.

use std::path::Path;
use std::sync::OnceLock;

use super::{Sealing, Target};
use crate::error::Error;
use crate::project::access::{SealedFile, sealed_among, sealed_files};
use crate::project::{Project, layout, stacks};
use crate::stores;
use crate::suggestion::nearest;

impl Sealing {
    /// The sealed file that `name` means: an environment, `base` for what all environments share, or a path. A file
    /// that is not there yet has its place too.
    ///
    /// # Errors
    /// There is no such environment, or it has several sealed files of its own, or none is listed for it; a file that
    /// cannot be read.
    pub fn target(&self, name: &str) -> Result<Target, Error> {
        let file = if stores::of(name).is_some() { self.by_path(name)? } else { self.by_environment(name)? };
        self.load(file)
    }

    /// A sealed file with what is in it.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn load(&self, file: SealedFile) -> Result<Target, Error> {
        let unknown = || Error::new("this is no sealed file").at(self.files.shown(&file.path));
        let store = stores::of(&file.path).ok_or_else(unknown)?;
        let bytes = self.files.read_if_there(&file.path)?;
        Ok(Target { file, store, bytes, sealed: true, past: OnceLock::new() })
    }

    fn by_path(&self, name: &str) -> Result<SealedFile, Error> {
        let prefix = self.files.shown("");
        let path = name.strip_prefix(&prefix).unwrap_or(name).trim_start_matches("./").to_owned();
        let known = sealed_files(&self.files, &self.config)?;
        for path in [Some(path), self.seen_from_here(name)].into_iter().flatten() {
            if let Some(file) = known.iter().find(|file| file.path == path) {
                return Ok(file.clone());
            }
            if let Some(file) = self.placed(&path)? {
                file.environments.iter().try_for_each(|name| self.knows(name))?;
                return Ok(file);
            }
        }
        Err(Error::new("no environment has this sealed file as a layer").at(name).help(listed(&known)))
    }

    /// The path of a file that is named as it is seen from the current folder, which may lie within the project.
    fn seen_from_here(&self, name: &str) -> Option<String> {
        let path = Path::new(name);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let path = folder.canonicalize().ok()?.join(path.file_name()?);
        let within = path.strip_prefix(self.files.root().canonicalize().ok()?).ok()?;
        Some(within.to_str()?.replace('\\', "/"))
    }

    fn by_environment(&self, name: &str) -> Result<SealedFile, Error> {
        let known = sealed_files(&self.files, &self.config)?;
        let mut own: Vec<_> = known.iter().filter(|file| layer(&file.path) == Some(name)).collect();
        if own.is_empty() {
            // What all environments share is nobody's own, be there but one of them by now.
            let is_own = |file: &&SealedFile| {
                *file.environments == [name.to_owned()]
                    && (layer(&file.path) != Some("base") || !self.config.environments.is_empty())
            };
            own.extend(known.iter().filter(is_own));
        }
        match own.as_slice() {
            [only] => return Ok((*only).clone()),
            [] => {}
            [first, ..] => {
                let help = format!("name the one you mean by its path, as in {}", self.files.shown(&first.path));
                return Err(Error::new(format!("{name} has several sealed files")).help(help));
            }
        }
        if name != "base" {
            self.knows(name)?;
        }
        let root = self.lies_in_root()?;
        let path = format!("{}{name}.secrets.env", if root { "" } else { "environments/" });
        self.placed(&path)?.ok_or_else(|| {
            Error::new(format!("[environments] lists no sealed file for {name}"))
                .at(self.files.shown("sparkcfg.toml"))
                .help(format!("add \"{path}\" to the layers of {name}"))
        })
    }

    /// Refuses environments that a project does not have, and that no table names.
    fn knows(&self, name: &str) -> Result<(), Error> {
        let environments = Project::environment_names_in(&self.files, &self.config)?;
        let names: Vec<_> = environments.iter().chain(self.config.access.keys()).map(String::as_str).collect();
        if names.contains(&name) { Ok(()) } else { Err(self.unknown(name, &names)) }
    }

    fn unknown(&self, name: &str, names: &[&str]) -> Error {
        let error = Error::new(format!("there is no environment `{name}`"));
        if names.is_empty() && self.config.workspace.is_some() {
            return error.help("name the member of the workspace with --project DIR");
        }
        if let Some(help) = self.environments_of_layer(name) {
            return error.help(help);
        }
        let mut list: Vec<_> = names.to_vec();
        list.sort_unstable();
        list.dedup();
        match (nearest(name, list.iter().copied()), list.is_empty()) {
            (_, true) if self.config.people.is_empty() => {
                error.help(format!("begin with environments/{name}.env and `sparkcfg secrets init`"))
            }
            (_, true) => error.help(format!("say who may open it first: sparkcfg secrets grant NAME {name}")),
            (Some(near), _) => error.help(format!("did you mean `{near}`? There are: base, {}", list.join(", "))),
            (None, _) if name.contains(['/', '.']) => error.help(format!("there are: base, {}", list.join(", "))),
            (None, _) => error.help(format!(
                "there are: base, {}; a new one begins with its file, environments/{name}.env",
                list.join(", ")
            )),
        }
    }

    /// What to name instead of a layer in plain text; `None` for whatever is none.
    fn environments_of_layer(&self, name: &str) -> Option<String> {
        let path = name.strip_prefix(&self.files.shown("")).unwrap_or(name).trim_start_matches("./");
        let stacks = Project::stacks_of(&self.files, &self.config).ok()?;
        let mut users = stacks.iter().filter(|stack| stack.files.iter().any(|file| file == path));
        let first = users.next()?;
        let meant = if users.next().is_some() { "base" } else { first.name.as_str() };
        Some(format!("this is a layer in plain text; the environment is meant: {meant}"))
    }

    /// Whether the project has its layers beside `.env`, and no folder for them.
    fn lies_in_root(&self) -> Result<bool, Error> {
        let folder = layout::of_folder(&self.files.names("environments")?, false);
        Ok(folder.is_empty() && !layout::of_root(&self.files.names("")?, false).is_empty())
    }

    /// The environments of a sealed file that is not there yet; `None` if it would be no layer of any.
    pub(super) fn placed(&self, path: &str) -> Result<Option<SealedFile>, Error> {
        let with = |mut names: Vec<String>, name: &str| {
            names.push(name.to_owned());
            names
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stacks = match folder {
            _ if !self.config.environments.is_empty() => stacks(&self.files, &self.config, false)?,
            // A file where the project has no others would be no layer, or turn the others into none.
            _ if name.starts_with('.') || self.lies_in_root()? != folder.is_empty() => return Ok(None),
            "environments" => layout::of_folder(&with(self.files.names(folder)?, name), false),
            "" => layout::of_root(&with(self.files.names("")?, name), false),
            _ => return Ok(None),
        };
        Ok(sealed_among(&stacks).into_iter().find(|file| file.path == path))
    }
}

fn listed(known: &[SealedFile]) -> String {
    if known.is_empty() {
        return "this project has no sealed file yet".to_owned();
    }
    let paths: Vec<_> = known.iter().map(|file| file.path.as_str()).collect();
    format!("there are: {}", paths.join(", "))
}

/// The environment that a sealed file is named after; `base` for what all share.
fn layer(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(stores::of(path)?.suffix)
}
