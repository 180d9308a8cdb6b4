//! What of a project is read, now and at a revision.

use super::super::held::Past;
use super::super::running::Said;
use super::super::{identities, readers, validate};
use super::{Member, Options};
use crate::drift::Unread;
use crate::drift::baseline::{self, Baseline};
use crate::error::Error;
use crate::project::files::Files;
use crate::project::{self, Project};
use crate::source::printable;

impl Member<'_> {
    /// The files of the project with those who read them, those of revisions, and what runs.
    pub(super) fn read_by(
        &self,
        working: &Project,
        before: &[(&Past<'_>, Option<Project>)],
        running: &[Said<'_>],
    ) -> Vec<String> {
        let own = readers::of_files(working, &self.files.shown(""));
        let past = before.iter().filter_map(|(_, project)| project.as_ref());
        let past = past.flat_map(|project| project.layers.iter().map(|layer| project.sources.path(layer.source)));
        let live = running.iter().flat_map(|said| match said.running.templates.as_slice() {
            [] => std::slice::from_ref(&said.layer.name),
            templates => templates,
        });
        let others = past.chain(live.map(|name| &**name)).map(|name| format!("read {}\n", printable(name)));
        own.iter().map(validate::told).chain(others).collect()
    }

    pub(super) fn read(files: &Files, environments: Vec<String>, options: &Options<'_>) -> Result<Project, Error> {
        let config = Project::config(files)?;
        let own = match config.identities.as_slice() {
            [] => None,
            _ => Some(identities::collect(options.named, files, &config)?),
        };
        let options = project::Options {
            environments,
            personal: false,
            identities: Some(own.as_ref().unwrap_or(options.person)),
            require_secrets: false,
            history: false,
            process: options.process.clone(),
        };
        Project::read(files, &options)
    }

    /// The project at a revision; nothing where it did not exist yet, unless it is the only one, and one of its environments is
    /// asked for.
    pub(super) fn read_before(
        &self,
        past: &Past<'_>,
        environments: Vec<String>,
        options: &Options<'_>,
    ) -> Result<Option<Project>, Error> {
        let config = Project::config(&past.files)?;
        if Project::has_environments(&past.files, &config)? {
            return Self::read(&past.files, environments, options).map(Some);
        }
        if environments.is_empty() || self.name.is_some() {
            return Ok(None);
        }
        let folder = past.files.shown("");
        let place = printable(folder.trim_end_matches(['/', ':']));
        Err(Error::new(format!("there is no project in {place}, and git knows of none that was moved to here"))
            .help("a folder that was moved is followed once git has the move, by `git mv` or `git add`"))
    }
}

/// The accepted differences of a project, with the path and the text of their file.
pub(super) fn baseline_in(files: &Files) -> Result<Option<(Baseline, String, String)>, Error> {
    let Some(bytes) = files.read_if_there(baseline::NAME)? else { return Ok(None) };
    let path = files.shown(baseline::NAME);
    let (text, _) = project::files::text(bytes);
    Ok(Some((Baseline::parse(&path, &text)?, path, text)))
}

/// What a revision accepts. A baseline that cannot be read there accepts nothing, and that is told.
pub(super) fn baseline_then(past: &Past<'_>, unread: &mut Vec<Unread>) -> Option<Baseline> {
    match baseline_in(&past.files) {
        Ok(known) => known.map(|(known, ..)| known),
        Err(error) => {
            unread.push(unreadable(&past.files, &error));
            None
        }
    }
}

/// A file for which nothing of a revision, or of what is no member any more, can be compared: a branch that mends it, or takes
/// it away, must not be stopped by it.
pub(super) fn unreadable(files: &Files, error: &Error) -> Unread {
    let place = error.place.clone().unwrap_or_else(|| files.shown(""));
    // Lines are counted, columns are not needed to find it.
    let parts: Vec<_> = place.rsplitn(3, ':').collect();
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let path = match parts.as_slice() {
        [column, line, path] if is_number(column) && is_number(line) => format!("{path}:{line}"),
        _ => place.clone(),
    };
    Unread { path: printable(&path), why: "broken" }
}
