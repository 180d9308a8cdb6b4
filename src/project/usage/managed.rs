//! Commands that give a file to PM2, in scripts, manifests, Makefiles and Dockerfiles.

use std::sync::LazyLock;

use regex::Regex;

use super::commands::CHANGED;
use super::composed::Started;
use super::placed;
use super::signs::captured;

/// A file that PM2 is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// How it is written.
    file: String,
    /// The environment of `--env`.
    environment: Option<String>,
    /// The folder into which the line changes first.
    folder: String,
}

/// By which ends of a name PM2 knows a file of apps; any other one is a program.
const ENDS: &[&str] = &[".json", ".yml", ".yaml", ".config.js", ".config.cjs", ".config.mjs"];

/// The commands in a text.
pub(super) fn commands(text: &str) -> Vec<Command> {
    static PM2: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let action = r"(?:start|restart|reload|startOrRestart|startOrReload|startOrGracefulReload)\b";
        let own = format!(r#"\bpm2\b["',\s]+(?:[^|;&)\n]*?["'\s])??{action}"#);
        Regex::new(&format!(r"(?:{own}|\bpm2-(?:runtime|docker|dev)\b)([^|;&)\n]*)")).ok()
    });
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    let of_line = |line: &str| {
        let folder = captured(&CHANGED, line, 1).pop().unwrap_or_default();
        let given = captured(&PM2, line, 1).into_iter();
        given.flat_map(|arguments| command(&arguments, &folder)).collect::<Vec<_>>()
    };
    lines.flat_map(of_line).collect()
}

fn command(arguments: &str, folder: &str) -> Vec<Command> {
    let signs = ['"', '\'', '`', ',', '\\', '[', ']', '}'];
    let (mut files, mut environment) = (Vec::new(), None);
    let mut words =
        arguments.split([' ', '\t', ',']).map(|word| word.trim_matches(signs)).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        match word.split_once('=') {
            _ if word == "--" => break,
            Some(("--env", name)) => environment = Some(name.to_owned()),
            _ if word == "--env" => environment = words.next().map(ToOwned::to_owned),
            _ if word.starts_with('-') => {}
            _ if ENDS.iter().any(|end| word.ends_with(end)) => files.push(word.to_owned()),
            _ => {}
        }
    }
    let one = |file| Command { file, environment: environment.clone(), folder: folder.to_owned() };
    files.into_iter().map(one).collect()
}

impl Command {
    /// The file within the project, where a file of `folder` holds the command; of a path in an image, its name there.
    pub(super) fn started(&self, folder: &str, is_there: impl Fn(&str) -> bool) -> Option<Started> {
        let changed = if self.folder.is_empty() { None } else { placed(folder, &self.folder) };
        let name = if self.file.starts_with('/') { self.file.rsplit('/').next()? } else { &self.file };
        let folders = changed.into_iter().chain([folder.to_owned(), String::new()]);
        let mut paths = folders.filter_map(|folder| placed(&folder, name));
        let path = paths.find(|path| is_there(path))?;
        Some(Started { files: vec![path], env_files: Vec::new(), environment: self.environment.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn files_that_are_given() {
        let is_there = |path: &str| {
            ["ecosystem.config.js", "deploy/apps.yml", "api/pm2.json", "api/server.config.js"].contains(&path)
        };
        for (folder, text, expected) in [
            ("", "pm2 start ecosystem.config.js --env production", "ecosystem.config.js production"),
            ("scripts", "npx pm2 startOrReload ./ecosystem.config.js --update-env", "ecosystem.config.js"),
            ("", "  \"start\": \"pm2 start deploy/apps.yml && pm2 save\",", "deploy/apps.yml"),
            ("api", "CMD [\"pm2-runtime\", \"start\", \"/app/pm2.json\", \"--env=staging\"]", "api/pm2.json staging"),
            ("", "cd api && pm2-runtime server.config.js", "api/server.config.js"),
            ("", "\tpm2 --silent restart ecosystem.config.js", "ecosystem.config.js"),
            ("", "{\"a\": \"pm2 start deploy/apps.yml\", \"b\": \"pm2 start server.js\"}", "deploy/apps.yml"),
            ("", "pm2 start server.js", ""),
            ("", "pm2 start npm -- run ecosystem.config.js", ""),
            ("", "pm2 start missing.config.js", ""),
            ("", "pm2 delete ecosystem.config.js", ""),
            ("", "# pm2 start ecosystem.config.js", ""),
            ("", "npm install -g pm2\ncp ecosystem.config.js /srv", ""),
        ] {
            let found = commands(text).into_iter().filter_map(|command| command.started(folder, is_there));
            let told = found.map(|one| {
                let environment = one.environment.map(|name| format!(" {name}")).unwrap_or_default();
                format!("{}{environment}", one.files.join(" "))
            });
            assert_eq!(told.collect::<Vec<_>>().join("|"), expected, "{text}");
        }
    }
}
