//! Which readers of env files a project visibly uses: what its manifests, scripts and units give away.

mod commands;
mod composed;
mod env_files;
mod home_made;
mod loaders;
mod managed;
mod options;
mod runners;
mod signs;
pub(super) mod versions;
mod workspaces;

use std::collections::HashSet;
use std::ops::Range;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

pub(super) use composed::{Moved, Started};
pub(super) use env_files::EnvFile;
use signs::SIGNS;
use versions::{Older, Sighting};
use workspaces::Workspaces;

use super::files::Files;
use super::layout;
use crate::error::Error;

/// How many folders are looked into; those nearest to the top come first.
const MAX_FOLDERS: usize = 200;
/// How deep they may lie below the top: `services/api/`. Packages of a workspace may lie deeper.
const MAX_DEPTH: usize = 2;
/// How many files of programs are looked into; those nearest to the top come first.
const MAX_PROGRAMS: usize = 400;
/// The largest file that is looked into, in bytes.
const MAX_FILE: usize = 1 << 20;
/// The largest one of those that name versions: what a package manager locks is long.
const MAX_LOCK: usize = 8 << 20;

/// Folders that hold what others wrote, or what was built.
const FOREIGN: &[&str] = &[
    "node_modules",
    "vendor",
    "target",
    "dist",
    "build",
    "venv",
    "env",
    "site-packages",
    "third_party",
    "__pycache__",
];

/// A reader that a file of the project gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    /// Its name.
    pub(super) reader: &'static str,
    /// The one file that it reads; `None` where it is not said which.
    pub(super) file: Option<Named>,
    /// The path of the file that gives it away.
    pub(super) seen_in: String,
}

/// What a look around gives.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Every reader that a file of the project gives away, in the order of [`crate::dialects::ALL`].
    pub(super) usages: Vec<Usage>,
    /// Scripts that read a file in a way of their own.
    pub(super) home_made: Vec<HomeMade>,
    /// Files of Compose and PM2 that commands start by name.
    pub(super) started: Vec<Started>,
    /// Compose files whose paths start elsewhere than beside them, by the commands that start them.
    pub(super) moved: Vec<Moved>,
    /// What Compose files read with `env_file:`, with the `.env` beside them.
    pub(super) env_files: Vec<EnvFile>,
    /// Whether a command has docker compose look names up in another file than `.env`.
    chooses: bool,
    versions: Vec<Sighting>,
}

/// A script that reads a file in a way of its own.
#[derive(Debug)]
pub(super) struct HomeMade {
    pub(super) file: Named,
    /// The path of the script.
    pub(super) path: String,
    /// Where it does so, in bytes of the script.
    pub(super) at: Range<usize>,
}

impl Seen {
    /// Takes in the files of Compose and PM2 that the commands of a file of `folder` start by name; with `all`, those as well
    /// that Compose finds by itself.
    fn start(&mut self, files: &Files, folder: &str, text: &str, all: bool) {
        let is_there = |path: &str| files.has(path);
        self.chooses |= env_files::are_chosen(text);
        // Which files there are to be found, the variable says, too.
        let all = all && !text.contains("COMPOSE_FILE");
        for command in composed::commands(text).into_iter().filter(|command| all || !command.takes_what_is_found()) {
            self.started.extend(command.started(folder, is_there));
            self.moved.extend(command.moved(folder));
        }
        self.started
            .extend(managed::commands(text).into_iter().filter_map(|command| command.started(folder, is_there)));
    }

    /// Which of these readers the project has in a version that reads otherwise than it is modelled here.
    pub(super) fn older(&self, readers: &[&str]) -> Vec<Older> {
        versions::older(readers, &self.versions)
    }
}

/// A file as a command or a unit names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// The folder of the file that names it, as a path within the project; empty at the top.
    folder: String,
    /// How it is written there: `../.env`, `/srv/shop/.env`, `$ROOT/.env`.
    written: String,
}

impl Named {
    /// Those of the project's env files that may be meant; `None` where it may be any. A script names files from its own
    /// folder or from one above it; where a folder is known only on the machine that runs it, the name of the file has to do.
    pub(super) fn among(&self, files: &HashSet<&str>, is_there: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        if leads_out(&self.folder, &self.written) {
            return Some(Vec::new());
        }
        let above = std::iter::successors(Some(self.folder.as_str()), |folder| {
            (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
        });
        for folder in above {
            let Some(path) = placed(folder, &self.written) else { continue };
            if files.contains(path.as_str()) {
                return Some(vec![path]);
            }
            // Another file than those of the project's environments.
            if is_there(&path) {
                return Some(Vec::new());
            }
        }
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let wanted = name(&self.written);
        // A `.env` that is not there is made of one of the others.
        if wanted == ".env" && !files.iter().any(|file| name(file) == wanted) || wanted.contains(UNKNOWN) {
            return None;
        }
        Some(files.iter().filter(|file| name(file) == wanted).map(|file| (*file).to_owned()).collect())
    }
}

/// Signs in the name of a file that only a running shell can read.
const UNKNOWN: [char; 7] = ['$', '*', '?', '~', '`', '%', '('];

/// Looks around in the folders of a project.
pub(super) fn visible(files: &Files) -> Result<Seen, Error> {
    let ignored = ignored(files);
    let workspaces = Workspaces::of(files);
    let mut seen = Seen::default();
    let mut folders = vec![String::new()];
    let (mut next, mut programs) = (0, 0);
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        let within = |name: &String| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        // A folder below the top that cannot be listed gives nothing away.
        let names = if folder.is_empty() { files.names("")? } else { files.names(&folder).unwrap_or_default() };
        // A program with env files of its own beside it does not read those of the project.
        let has_own = !folder.is_empty() && names.iter().any(|name| layout::loose(name).is_some());
        for name in names {
            let path = within(&name);
            let known = if signs::is_of_requirements(&folder) { format!("requirements-{name}") } else { name };
            if signs::is_of_node(&known) && !signs::is_of_pm2(&known) || loaders::is_of_python(&known) {
                programs += 1;
                if programs > MAX_PROGRAMS {
                    continue;
                }
            }
            let wanted: Vec<_> = SIGNS.iter().filter(|sign| (sign.files)(&known)).collect();
            let names_versions = versions::may_name(&known) && !has_own;
            let most = if names_versions { MAX_LOCK } else { MAX_FILE };
            if wanted.is_empty() && !names_versions
                || ignored.matched(&path, false).is_ignore()
                || files.size(&path).is_none_or(|size| size > most)
            {
                continue;
            }
            let text = files.read_if_there(&path).ok().flatten();
            let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
            if names_versions {
                seen.versions.extend(versions::named(&known, &path, &text));
            }
            let uses = wanted.iter().flat_map(|sign| (sign.readers)(&text));
            let named = |written| Named { folder: folder.clone(), written };
            if signs::is_script(&known, &text) {
                // What is started for a test says nothing of what runs.
                seen.start(files, &folder, &text, !is_of_tests(&known));
                let ways = home_made::found(&known, &text).into_iter();
                let ways = ways.map(|(at, file)| HomeMade { file: named(file), path: path.clone(), at });
                seen.home_made.extend(ways);
            }
            if signs::is_of_pm2(&known) {
                let ways = home_made::in_pm2(&text).into_iter();
                seen.home_made.extend(ways.map(|(at, file)| HomeMade { file: named(file), path: path.clone(), at }));
            }
            if signs::is_of_compose(&known) {
                seen.env_files.extend(env_files::of(&folder, &path, &text));
            }
            let uses = uses.filter(|(_, file)| file.is_some() || !has_own);
            seen.usages.extend(uses.map(|(reader, file)| Usage {
                reader,
                file: file.map(named),
                seen_in: path.clone(),
            }));
        }
        let depth = folder.split('/').filter(|part| !part.is_empty()).count();
        if depth < MAX_DEPTH || workspaces.lead_through(&folder) {
            let below = files.folders(&folder).unwrap_or_default();
            let own =
                below.iter().filter(|name| !name.starts_with('.') && !FOREIGN.contains(&name.as_str())).map(within);
            let own = own.filter(|path| depth < MAX_DEPTH || workspaces.lead_through(path));
            let own = own.filter(|path| !ignored.matched(path, true).is_ignore());
            let room = MAX_FOLDERS.saturating_sub(folders.len());
            folders.extend(own.take(room));
        }
    }
    of_workflows(files, &mut seen);
    of_dev_containers(files, &mut seen);
    let Seen { env_files, moved, chooses, .. } = &mut seen;
    env_files.retain(|file| !*chooses && !moved.iter().any(|moved| moved.is_about(&file.compose)));
    let found = &mut seen.usages;
    // dotenv-expand is given what dotenv has read.
    if found.iter().any(|usage| usage.reader == "dotenv-expand") {
        found.retain(|usage| usage.reader != "node-dotenv");
    }
    let order = |usage: &Usage| crate::dialects::ALL.iter().position(|dialect| dialect.name == usage.reader);
    // The first that was looked into is the nearest to the top; what names a file says more than what does not.
    let rank = |usage: &Usage| (order(usage), usage.file.is_none());
    found.sort_by(|one, other| (rank(one), &one.file).cmp(&(rank(other), &other.file)));
    found.dedup_by(|one, other| (one.reader, &one.file) == (other.reader, &other.file));
    Ok(seen)
}

/// Whether a script is about tests, by its name.
fn is_of_tests(name: &str) -> bool {
    let mut words = name.split(|sign: char| !sign.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "ci" | "e2e" | "test" | "tests" | "testing"))
}

/// What commands in the workflows of GitHub name of the files that are in the repository; they run at its top.
fn of_workflows(files: &Files, seen: &mut Seen) {
    const FOLDER: &str = ".github/workflows";
    // One that is not there is made by the workflow itself.
    let named = |written: String| {
        let written = placed("", &written).filter(|file| files.has(file))?;
        Some(Named { folder: String::new(), written })
    };
    let names = files.names(FOLDER).unwrap_or_default();
    for name in names.into_iter().filter(|name| signs::is_yaml(name)) {
        let path = format!("{FOLDER}/{name}");
        if files.size(&path).is_none_or(|size| size > MAX_FILE) {
            continue;
        }
        let text = files.read_if_there(&path).ok().flatten().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        seen.start(files, "", &text, false);
        let uses = commands::readers(&text).into_iter();
        let uses = uses.filter_map(|(reader, file)| Some((reader, named(file?)?)));
        let usage = |(reader, file)| Usage { reader, file: Some(file), seen_in: path.clone() };
        seen.usages.extend(uses.map(usage));
        let ways = home_made::in_workflow(&text).into_iter();
        let ways = ways.filter_map(|(at, file)| Some(HomeMade { file: named(file)?, path: path.clone(), at }));
        seen.home_made.extend(ways);
    }
}

/// What the containers that editors work in are started with. They are started at the top.
fn of_dev_containers(files: &Files, seen: &mut Seen) {
    for path in [".devcontainer/devcontainer.json", ".devcontainer.json"] {
        if files.size(path).is_none_or(|size| size > MAX_FILE) {
            continue;
        }
        let text = files.read_if_there(path).ok().flatten().unwrap_or_default();
        let named = |written| Some(Named { folder: String::new(), written });
        let given = loaders::of_dev_container(&String::from_utf8_lossy(&text)).into_iter();
        let usage = |written| Usage { reader: "docker-run", file: named(written), seen_in: path.to_owned() };
        seen.usages.extend(given.map(usage));
    }
}

/// The path within the project of a file that is named in a file of `folder`; `None` where it is not known before it is run,
/// or lies elsewhere.
fn placed(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part if part.contains(UNKNOWN) => return None,
            part => parts.push(part),
        }
    }
    (!name.starts_with('/')).then(|| parts.join("/"))
}

/// Whether a path that is named in a file of `folder` leads out of the project.
fn leads_out(folder: &str, name: &str) -> bool {
    let mut depth = folder.split('/').filter(|part| !part.is_empty()).count();
    !name.starts_with(['/', '$', '~', '`'])
        && name.split('/').any(|part| match part {
            "" | "." => false,
            ".." => depth.checked_sub(1).map(|less| depth = less).is_none(),
            _ => {
                depth += 1;
                false
            }
        })
}

/// What the project's own `.gitignore` leaves out.
fn ignored(files: &Files) -> Gitignore {
    let Some(text) = files.read_if_there(".gitignore").ok().flatten() else { return Gitignore::empty() };
    let mut builder = GitignoreBuilder::new("");
    for line in String::from_utf8_lossy(&text).lines() {
        // A line that is no pattern leaves nothing out.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_is_one_of_the_projects() {
        let files = ["api/.env", ".env", "environments/prod.env", "environments/dev.env", "web/prod.env"];
        let files = HashSet::from(files);
        let is_there = |path: &str| path == "infra/.env" || path == "version.env";
        for (folder, written, meant) in [
            ("api", ".env", Some(&["api/.env"][..])),
            ("scripts", ".env", Some(&[".env"])),
            ("api/src/config", ".env", Some(&["api/.env"])),
            ("infra", "./.env", Some(&[])),
            ("", "./version.env", Some(&[])),
            ("", "../.env", Some(&[])),
            ("scripts", "../.env", Some(&[".env"])),
            ("scripts", "../../.env", Some(&[])),
            ("scripts", "../environments/dev.env", Some(&["environments/dev.env"])),
            ("scripts", "environments/dev.env", Some(&["environments/dev.env"])),
            ("deploy", "/srv/shop/dev.env", Some(&["environments/dev.env"])),
            ("deploy", "$ROOT/prod.env", Some(&["environments/prod.env", "web/prod.env"])),
            ("deploy", ".env.$STAGE", None),
            ("", "/etc/default/shop", Some(&[])),
        ] {
            let mut found = Named { folder: folder.to_owned(), written: written.to_owned() }.among(&files, is_there);
            if let Some(found) = &mut found {
                found.sort_unstable();
            }
            let meant = meant.map(|meant| meant.iter().map(|&path| path.to_owned()).collect::<Vec<_>>());
            assert_eq!(found, meant, "{written} in {folder}");
        }
    }
}
