//! Commands that start Compose files by their names, in scripts, manifests and Makefiles.

use std::sync::LazyLock;

use regex::Regex;

use super::commands::CHANGED;
use super::signs::{captured, is_yaml};
use super::{UNKNOWN, placed};
use crate::compose::extend::beside;
use crate::project::deployments::{FOUND_BY_COMPOSE, over};

/// A command, with its files as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// The Compose files, each laid over the one before; empty for what Compose finds by itself.
    files: Vec<String>,
    /// Those of `--env-file`.
    env_files: Vec<String>,
    /// That of `--project-directory`, where relative paths of the files start.
    directory: Option<String>,
    /// The folder into which the line changes first.
    folder: String,
}

/// Compose files whose relative paths start elsewhere than beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::project) struct Moved {
    /// Their paths within the project; `*` stands for a part that only a running shell knows.
    files: Vec<String>,
    /// The folder, within the project.
    pub(in crate::project) directory: String,
}

impl Moved {
    /// Whether these files are meant.
    pub(in crate::project) fn is_about(&self, files: &[String]) -> bool {
        let fits = |pattern: &String, file: &String| {
            let (mut parts, mut own) = (pattern.split('/'), file.split('/'));
            let same = parts.by_ref().zip(own.by_ref()).all(|(part, own)| part == "*" || part == own);
            same && pattern.matches('/').count() == file.matches('/').count()
        };
        self.files.len() == files.len() && self.files.iter().zip(files).all(|(pattern, file)| fits(pattern, file))
    }
}

/// Files of Compose or PM2 that a file of the project starts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::project) struct Started {
    /// Their paths within the project, each laid over the one before.
    pub(in crate::project) files: Vec<String>,
    /// Those of `--env-file`.
    pub(in crate::project) env_files: Vec<String>,
    /// The environment that is named beside them.
    pub(in crate::project) environment: Option<String>,
}

/// Options of `docker compose` that are followed by a value.
const VALUED: &[&str] = &["-p", "--project-name", "--profile", "--ansi", "--parallel", "--progress"];

/// The commands in a text; without those whose files only a running shell can tell.
pub(super) fn commands(text: &str) -> Vec<Command> {
    static COMPOSE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\b(?:docker[ -]|podman-)compose\b((?:\$\([\w ]*\)|[^|;&)\n])*)").ok());
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim_start().starts_with('#'));
    let of_line = |line: &str| {
        let folder = captured(&CHANGED, line, 1).pop().unwrap_or_default();
        let started = COMPOSE.iter().flat_map(|pattern| pattern.captures_iter(line));
        let one = |found: regex::Captures<'_>| {
            let before = &line[..found.get(0)?.start()];
            let command = command(found.get(1)?.as_str(), &folder)?;
            // Prose tells what one may type.
            (!command.files.is_empty() || begins_command(before)).then_some(command)
        };
        started.filter_map(one).collect::<Vec<_>>()
    };
    lines.flat_map(of_line).collect()
}

fn command(arguments: &str, folder: &str) -> Option<Command> {
    let (mut files, mut env_files, mut directory) = (Vec::new(), Vec::new(), None);
    let quotes = ['"', '\'', '`', ',', '\\'];
    let mut words = arguments.split_whitespace().map(|word| word.trim_matches(quotes));
    let mut starts = false;
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.trim_matches(quotes))),
            None => (word, None),
        };
        match name {
            "-f" | "--file" => files.push(value.or_else(|| words.next())?.to_owned()),
            "--env-file" => env_files.push(value.or_else(|| words.next())?.to_owned()),
            "--project-directory" => directory = Some(value.or_else(|| words.next())?.to_owned()),
            _ if VALUED.contains(&name) && value.is_none() => drop(words.next()),
            _ if name.starts_with('-') => {}
            _ => {
                starts = name.trim_end_matches(['"', '}']) == "up" && starts_all(words);
                break;
            }
        }
    }
    let folder = folder.to_owned();
    ((starts || !files.is_empty()) && files.iter().all(|file| is_yaml(file))).then_some(Command {
        files,
        env_files,
        directory,
        folder,
    })
}

/// Whether `docker compose up` with these words starts every service: it names none.
fn starts_all<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    const VALUED: &[&str] = &["-t", "--timeout", "--scale", "--pull", "--wait-timeout", "--attach", "--no-attach"];
    while let Some(word) = words.next() {
        if VALUED.contains(&word) {
            words.next();
        } else if !(word.is_empty() || word.starts_with(['-', '>', '}', '#']) || word.starts_with("2>")) {
            return false;
        }
    }
    true
}

/// Whether what stands before a command lets it be one: `@`, `cd x &&`, `sudo`, the key of a manifest.
fn begins_command(before: &str) -> bool {
    let before = before.trim_end();
    let word = before.rsplit([' ', '\t']).next().unwrap_or_default();
    before.is_empty()
        || before.ends_with(['@', ';', '&', '|', '{', '('])
        || matches!(word, "-" | "sudo" | "then" | "do" | "else" | "exec" | "time" | "if" | "!")
        || before.strip_suffix('"').is_some_and(|rest| rest.trim_end().ends_with(':'))
}

impl Command {
    /// Whether it leaves it to Compose which files it takes.
    pub(super) fn takes_what_is_found(&self) -> bool {
        self.files.is_empty()
    }

    /// The files within the project, where a file of `folder` holds the command: it names them from its own folder or from
    /// the top. `None` where one of them is not there.
    pub(super) fn started(&self, folder: &str, is_there: impl Fn(&str) -> bool) -> Option<Started> {
        self.folders(folder).into_iter().find_map(|folder| {
            let folder = folder.as_str();
            let paths = |names: &[String]| names.iter().map(|name| placed(folder, name)).collect::<Option<Vec<_>>>();
            let found = || found_by_compose(folder, &is_there);
            let files = if self.files.is_empty() { found() } else { paths(&self.files) };
            let files = files.filter(|files| files.iter().all(|file| is_there(file)))?;
            Some(Started { files, env_files: paths(&self.env_files).unwrap_or_default(), environment: None })
        })
    }

    /// Which files it moves, by every folder from which it may name them.
    pub(super) fn moved(&self, folder: &str) -> Vec<Moved> {
        let Some(directory) = self.directory.as_ref().filter(|_| !self.files.is_empty()) else { return Vec::new() };
        let gaps = |name: &String| {
            let part = |part: &str| if part.contains(UNKNOWN) { "*".to_owned() } else { part.to_owned() };
            name.split('/').map(part).collect::<Vec<_>>().join("/")
        };
        let moved = |folder: String| {
            let path = |name: &String| beside(&folder, &gaps(name));
            // What a variable names there, such as `$(CURDIR)`, is the top.
            let directory = if directory.contains('$') { Some(String::new()) } else { beside(&folder, directory) };
            Some(Moved { files: self.files.iter().map(path).collect::<Option<_>>()?, directory: directory? })
        };
        self.folders(folder).into_iter().filter_map(moved).collect()
    }

    /// The folders from which a file of `folder` may name others, the likeliest first.
    fn folders(&self, folder: &str) -> Vec<String> {
        let changed = if self.folder.is_empty() { None } else { placed(folder, &self.folder) };
        let mut folders: Vec<_> = changed.into_iter().chain([folder.to_owned(), String::new()]).collect();
        folders.dedup();
        folders
    }
}

/// What Compose finds in a folder where no command says which files it is to take.
fn found_by_compose(folder: &str, is_there: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let first = FOUND_BY_COMPOSE.iter().find(|name| placed(folder, name).is_some_and(|path| is_there(&path)))?;
    let both = std::iter::once((*first).to_owned()).chain(over(first));
    Some(both.filter_map(|name| placed(folder, &name)).filter(|path| is_there(path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_started() {
        let is_there = |path: &str| {
            let others = ["compose.yml", "compose.override.yml", "web/docker-compose.yml"];
            ["a.yml", "deploy/a.yml", "deploy/b.yaml"].contains(&path) || others.contains(&path)
        };
        for (folder, text, expected) in [
            ("", "docker compose -f deploy/a.yml up -d", "deploy/a.yml"),
            ("deploy", "docker-compose --file=./a.yml -f b.yaml up", "deploy/a.yml deploy/b.yaml"),
            ("scripts", "docker compose \\\n  -p x -f 'deploy/a.yml' --env-file .env up", "deploy/a.yml < .env"),
            ("scripts", "cd ../deploy && docker compose -f a.yml up", "deploy/a.yml"),
            ("", "\t@podman-compose -f a.yml down; docker compose -f deploy/a.yml up", "a.yml|deploy/a.yml"),
            ("", "{\"up\": \"docker compose -f a.yml up\"}", "a.yml"),
            ("", "docker compose up -f a.yml", ""),
            ("", "docker compose --env-file .env up -d", "compose.yml compose.override.yml < .env"),
            ("web", "docker-compose up", "web/docker-compose.yml"),
            ("scripts", "cd ../web && docker compose up", "web/docker-compose.yml"),
            ("", "docker compose down; docker compose build", ""),
            ("", "docker compose up -d db cache", ""),
            ("", "docker compose up --scale web=2 --wait >/dev/null 2>&1", "compose.yml compose.override.yml"),
            ("", "echo \"then run 'docker compose up'\"", ""),
            ("", "{\"up\": \"docker compose up\"}", "compose.yml compose.override.yml"),
            ("", "\t@docker compose up -d --build", "compose.yml compose.override.yml"),
            ("", "docker compose -f $FILE -f a.yml up", ""),
            ("", "docker compose -f a.yml -f missing.yml up", ""),
            ("", "# docker compose -f a.yml up", ""),
            ("", "docker compose -f - up", ""),
            ("", "docker compose --project-directory $(CURDIR) -f a.yml up", "a.yml"),
        ] {
            let found = commands(text).into_iter().filter_map(|command| command.started(folder, is_there));
            let found = found.map(|started| {
                let files = started.files.join(" ");
                if started.env_files.is_empty() { files } else { format!("{files} < {}", started.env_files.join(" ")) }
            });
            assert_eq!(found.collect::<Vec<_>>().join("|"), expected, "{text}");
        }
    }

    #[test]
    fn files_that_are_moved() {
        for (folder, text, file, expected) in [
            (
                "",
                "docker compose --project-directory . -f rendered/prod/compose.yml up",
                "rendered/prod/compose.yml",
                Some(""),
            ),
            (
                "",
                "docker compose --project-directory=$(CURDIR) -f rendered/$(ENV)/compose.yml up",
                "rendered/prod/compose.yml",
                Some(""),
            ),
            (
                "bin",
                "docker compose -f \"rendered/$1/compose.yml\" --project-directory \"$PWD\" up",
                "rendered/prod/compose.yml",
                Some(""),
            ),
            ("deploy", "docker compose --project-directory .. -f a.yml up", "deploy/a.yml", Some("")),
            ("", "docker compose --project-directory web -f $(ENV).yml up", "rendered/prod/compose.yml", None),
            ("", "docker compose --project-directory /srv -f a.yml up", "a.yml", None),
            ("", "docker compose -f a.yml up --project-directory .", "a.yml", None),
        ] {
            let moved: Vec<_> = commands(text).iter().flat_map(|command| command.moved(folder)).collect();
            let found = moved.iter().find(|moved| moved.is_about(&[file.to_owned()]));
            assert_eq!(found.map(|moved| moved.directory.as_str()), expected, "{text}");
        }
    }
}
