//! What `init` will do with a folder, and with each folder below that has env files of its own.

use std::collections::BTreeSet;

use super::super::generated::Generated;
use super::super::workspace;
use super::found::Found;
use super::hook::hook;
use super::{config_file, ignore_rules, schema_file};
use crate::error::Error;
use crate::inference::imported::{self, Imported};
use crate::inference::{Proposal, Sighting};
use crate::project::config::Config;
use crate::project::files::{self, Files};
use crate::project::{Declared, Project, layout, references};
use crate::reference::{Reference, example};

/// What shows an env file.
pub(super) const EXAMPLE: &str = ".env.example";

/// The schema of varlock.
const VARLOCK: &str = ".env.schema";

/// How deep a folder with env files of its own may lie, and how many there may be.
const MAX_DEPTH: usize = 3;
const MAX_MEMBERS: usize = 100;

/// One folder.
pub(super) struct Plan {
    pub(super) files: Files,
    pub(super) found: Found,
    pub(super) proposals: Vec<Proposal>,
    /// Whether other keys than these are allowed.
    open: bool,
    pub(super) written: Vec<Generated>,
}

impl Plan {
    /// The folder itself, then the members of its workspace. `imported` is what other tools say of the folder itself.
    pub(super) fn all(files: &Files, imported: Imported) -> Result<Vec<Self>, Error> {
        let config = Project::config(files)?;
        let configured = files.read_if_there("sparkcfg.toml")?.is_some();
        let members = match &config.workspace {
            Some(workspace) => workspace::members(files, workspace)?,
            None => members(files),
        };
        let mut top = Self::new(files.clone(), &config, &members, (imported, &[]))?;
        let mut plans = Vec::new();
        if configured && config.workspace.is_none() {
            if !members.is_empty() {
                let names: Vec<_> = members.iter().map(|folder| super::quoted(folder)).collect();
                top.found.notes.push(format!(
                    "there are env files in other folders too; to look at them as well, add to sparkcfg.toml: [workspace] members = [{}]",
                    names.join(", ")
                ));
            }
        } else {
            for folder in &members {
                let inside = files.member(folder);
                let start = format!("{folder}/");
                let nested: Vec<_> =
                    members.iter().filter_map(|other| other.strip_prefix(&start)).map(ToOwned::to_owned).collect();
                let config = Project::config(&inside)?;
                let mut plan =
                    Self::new(inside, &config, &nested, (Imported::default(), &top.found.seen_from(folder)))?;
                plan.found.are_given(folder, &top.found.given_below);
                plan.write(&[])?;
                plans.push(plan);
            }
        }
        plans.retain(|plan| !plan.proposals.is_empty());
        let kept = |folder: &&String| plans.iter().any(|plan| plan.files.shown("") == files.member(folder).shown(""));
        let named: Vec<_> = members.iter().filter(kept).cloned().collect();
        top.write(if config.workspace.is_some() { &[] } else { &named })?;
        let mut private = top.found.private.clone();
        private.extend(plans.iter().flat_map(|plan| plan.found.private.iter().cloned()));
        let shows = plans.iter().chain([&top]).any(|plan| plan.written.iter().any(|file| file.path == EXAMPLE));
        // What is copied from the example holds the real values.
        if shows || plans.iter().chain([&top]).any(|plan| !plan.found.documents.is_empty()) {
            private.insert(".env".to_owned());
        }
        // What git has is there on purpose; a rule would lose it once it is renamed.
        private.retain(|path| !Project::is_in_git(files, path));
        top.written.extend(ignore_rules(files, &private, shows)?);
        match hook(files)? {
            Ok(hook) => top.written.extend(hook),
            Err(why) => top.found.notes.push(why),
        }
        plans.insert(0, top);
        Ok(plans)
    }

    /// What is found in a folder, beside what another tool says of it and what the workspace sets.
    fn new(
        files: Files,
        config: &Config,
        members: &[String],
        (mut imported, above): (Imported, &[Sighting]),
    ) -> Result<Self, Error> {
        let mut found = Found::read(&files, config, members, above)?;
        let declared = Declared::read(&files).ok();
        let is_declared = |name: &str| {
            let by_schema = |declared: &Declared| declared.schema.schema.property(name).is_declared();
            declared.as_ref().is_some_and(by_schema)
        };
        let slips: Vec<_> = found.slips(is_declared).collect();
        found.notes.extend(slips);
        // Whoever has a schema of varlock beside the env files means it.
        if imported.proposals.is_empty()
            && let Some(bytes) = files.read_if_there(VARLOCK)?
        {
            imported = imported::read(VARLOCK, &files::text(bytes).0).unwrap_or_default();
        }
        let Imported { mut proposals, open, whole, .. } = imported;
        // Who wrote a schema knows all keys; whoever looks from outside does not.
        let open = open || proposals.is_empty();
        if !whole || proposals.is_empty() {
            found.add_to(&mut proposals);
        }
        found.keep_private(&proposals);
        Ok(Self { files, found, proposals, open, written: Vec::new() })
    }

    fn write(&mut self, members: &[String]) -> Result<(), Error> {
        let has_schema = !self.proposals.is_empty();
        if has_schema || !members.is_empty() {
            self.written.extend(config_file(&self.files, &self.found, has_schema, members)?);
        }
        if has_schema {
            self.written.extend(schema_file(&self.files, &self.proposals, self.open)?);
            self.written.extend(self.example()?);
        }
        Ok(())
    }

    /// Where there is no env file, and nothing that shows one: what a `.env` has to have.
    fn example(&self) -> Result<Option<Generated>, Error> {
        let file = Generated::within(&self.files, EXAMPLE)?;
        if self.found.has_env_files() || file.before.is_some() {
            return Ok(None);
        }
        let files =
            self.written.iter().fold(self.files.clone(), |files, file| files.with(&file.path, file.after.as_bytes()));
        let reference = Reference::of(&Declared::read(&files)?);
        Ok(Some(file.holding(example::write(&reference))))
    }
}

/// The folders below that have env files of their own, sorted. Those of tests, examples and tools are left out.
fn members(files: &Files) -> Vec<String> {
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for path in references::paths(files) {
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        let parts: Vec<_> = folder.split('/').collect();
        for depth in 1..=parts.len().min(MAX_DEPTH) {
            folders.insert(parts[..depth].join("/"));
        }
    }
    folders.retain(|folder| {
        let hidden = folder.split('/').any(|part| part.starts_with('.') || part == "environments");
        !hidden && !references::is_aside(&format!("{folder}/"))
    });
    let mut found = Vec::new();
    for folder in folders {
        // A folder that cannot be listed has nothing to tell.
        let mut names = files.names(&folder).unwrap_or_default();
        // A link shows what another folder has.
        names.retain(|name| !files.root().join(&folder).join(name).is_symlink());
        let layers = || files.names(&format!("{folder}/environments")).unwrap_or_default();
        let has = names.iter().any(|name| layout::documents(name))
            || !layout::of_root(&names, false).is_empty()
            || !layout::of_folder(&layers(), false).is_empty();
        if has && found.len() < MAX_MEMBERS {
            found.push(folder);
        }
    }
    found
}
