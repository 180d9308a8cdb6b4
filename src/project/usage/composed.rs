//! Commands that start Compose files by their names, in scripts, manifests and Makefiles.

use std::sync::LazyLock;

use regex::Regex;

use super::commands::CHANGED;
use super::signs::{captured, is_yaml};
use super::{UNKNOWN, placed};

/// A command, with its files as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// The Compose files, each laid over the one before.
    files: Vec<String>,
    /// Those of `--env-file`.
    env_files: Vec<String>,
    /// The folder into which the line changes first.
    folder: String,
}

/// Compose files that a file of the project starts together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::project) struct Started {
    /// Their paths within the project, each laid over the one before.
    pub(in crate::project) files: Vec<String>,
    /// Those of `--env-file`.
    pub(in crate::project) env_files: Vec<String>,
}

/// Options of `docker compose` that are followed by a value.
const VALUED: &[&str] =
    &["-p", "--project-name", "--profile", "--project-directory", "--ansi", "--parallel", "--progress"];

/// The commands in a text; without those whose files only a running shell can tell.
pub(super) fn commands(text: &str) -> Vec<Command> {
    static COMPOSE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\b(?:docker[ -]|podman-)compose\b([^|;&)\n]*)").ok());
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim_start().starts_with('#'));
    let of_line = |line: &str| {
        let folder = captured(&CHANGED, line, 1).pop().unwrap_or_default();
        let started = captured(&COMPOSE, line, 1).into_iter();
        started.filter_map(|arguments| command(&arguments, &folder)).collect::<Vec<_>>()
    };
    lines.flat_map(of_line).collect()
}

fn command(arguments: &str, folder: &str) -> Option<Command> {
    let (mut files, mut env_files) = (Vec::new(), Vec::new());
    let quotes = ['"', '\'', '`', ',', '\\'];
    let mut words = arguments.split_whitespace().map(|word| word.trim_matches(quotes));
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.trim_matches(quotes))),
            None => (word, None),
        };
        match name {
            "-f" | "--file" => files.push(value.or_else(|| words.next())?.to_owned()),
            "--env-file" => env_files.push(value.or_else(|| words.next())?.to_owned()),
            _ if VALUED.contains(&name) && value.is_none() => drop(words.next()),
            _ if name.starts_with('-') => {}
            _ => break,
        }
    }
    let is_known = |file: &String| is_yaml(file) && !file.contains(UNKNOWN);
    (!files.is_empty() && files.iter().all(is_known)).then(|| Command { files, env_files, folder: folder.to_owned() })
}

impl Command {
    /// The files within the project, where a file of `folder` holds the command: it names them from its own folder or from
    /// the top. `None` where one of them is not there.
    pub(super) fn started(&self, folder: &str, is_there: impl Fn(&str) -> bool) -> Option<Started> {
        let changed = if self.folder.is_empty() { None } else { placed(folder, &self.folder) };
        let folders = [changed.as_deref(), Some(folder), Some("")];
        folders.into_iter().flatten().find_map(|folder| {
            let paths = |names: &[String]| names.iter().map(|name| placed(folder, name)).collect::<Option<Vec<_>>>();
            let files = paths(&self.files).filter(|files| files.iter().all(|file| is_there(file)))?;
            Some(Started { files, env_files: paths(&self.env_files).unwrap_or_default() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_started() {
        let is_there = |path: &str| ["a.yml", "deploy/a.yml", "deploy/b.yaml"].contains(&path);
        for (folder, text, expected) in [
            ("", "docker compose -f deploy/a.yml up -d", "deploy/a.yml"),
            ("deploy", "docker-compose --file=./a.yml -f b.yaml up", "deploy/a.yml deploy/b.yaml"),
            ("scripts", "docker compose \\\n  -p x -f 'deploy/a.yml' --env-file .env up", "deploy/a.yml < .env"),
            ("scripts", "cd ../deploy && docker compose -f a.yml up", "deploy/a.yml"),
            ("", "\t@podman-compose -f a.yml down; docker compose -f deploy/a.yml up", "a.yml|deploy/a.yml"),
            ("", "{\"up\": \"docker compose -f a.yml up\"}", "a.yml"),
            ("", "docker compose up -f a.yml", ""),
            ("", "docker compose -f $FILE -f a.yml up", ""),
            ("", "docker compose -f a.yml -f missing.yml up", ""),
            ("", "# docker compose -f a.yml up", ""),
            ("", "docker compose -f - up", ""),
        ] {
            let found = commands(text).into_iter().filter_map(|command| command.started(folder, is_there));
            let found = found.map(|started| {
                let files = started.files.join(" ");
                if started.env_files.is_empty() { files } else { format!("{files} < {}", started.env_files.join(" ")) }
            });
            assert_eq!(found.collect::<Vec<_>>().join("|"), expected, "{text}");
        }
    }
}
