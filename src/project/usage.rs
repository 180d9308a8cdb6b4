//! Which readers of env files a project visibly uses: what its manifests, scripts and units give away.

mod commands;
mod workspaces;

use std::collections::HashSet;
use std::sync::LazyLock;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use regex::Regex;
use serde_json::Value;

use workspaces::Workspaces;

use super::files::Files;
use super::layout;
use crate::error::Error;

/// How many folders are looked into; those nearest to the top come first.
const MAX_FOLDERS: usize = 200;
/// How deep they may lie below the top: `services/api/`. Packages of a workspace may lie deeper.
const MAX_DEPTH: usize = 2;
/// The largest file that is looked into, in bytes.
const MAX_FILE: usize = 1 << 20;

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
    /// folder or from the top; where a folder is known only on the machine that runs it, the name of the file has to do.
    pub(super) fn among(&self, files: &HashSet<&str>, is_there: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        if leads_out(&self.folder, &self.written) {
            return Some(Vec::new());
        }
        for folder in [self.folder.as_str(), ""] {
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

/// Every reader that a file of the project gives away, in the order of [`crate::dialects::ALL`].
pub(super) fn visible(files: &Files) -> Result<Vec<Usage>, Error> {
    let ignored = ignored(files);
    let workspaces = Workspaces::of(files);
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    let mut next = 0;
    while let Some(folder) = folders.get(next).cloned() {
        next += 1;
        let within = |name: &String| if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        // A folder below the top that cannot be listed gives nothing away.
        let names = if folder.is_empty() { files.names("")? } else { files.names(&folder).unwrap_or_default() };
        // A program with env files of its own beside it does not read those of the project.
        let has_own = !folder.is_empty() && names.iter().any(|name| layout::loose(name).is_some());
        for name in names {
            let path = within(&name);
            let known = if is_of_requirements(&folder) { format!("requirements-{name}") } else { name };
            let wanted: Vec<_> = SIGNS.iter().filter(|sign| (sign.files)(&known)).collect();
            if wanted.is_empty()
                || ignored.matched(&path, false).is_ignore()
                || files.size(&path).is_none_or(|size| size > MAX_FILE)
            {
                continue;
            }
            let text = files.read_if_there(&path).ok().flatten();
            let text = String::from_utf8_lossy(text.as_deref().unwrap_or_default()).into_owned();
            let uses = wanted.iter().flat_map(|sign| (sign.readers)(&text));
            let named = |written| Named { folder: folder.clone(), written };
            let uses = uses.filter(|(_, file)| file.is_some() || !has_own);
            found.extend(uses.map(|(reader, file)| Usage { reader, file: file.map(named) }));
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
    // dotenv-expand is given what dotenv has read.
    if found.iter().any(|usage| usage.reader == "dotenv-expand") {
        found.retain(|usage| usage.reader != "node-dotenv");
    }
    let order = |usage: &Usage| crate::dialects::ALL.iter().position(|dialect| dialect.name == usage.reader);
    found.sort_by(|one, other| (order(one), &one.file).cmp(&(order(other), &other.file)));
    found.dedup();
    Ok(found)
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

/// Files that may give a reader away, and how.
struct Sign {
    files: fn(&str) -> bool,
    readers: fn(&str) -> Vec<Given>,
}

/// A reader, and the file that it is said to read, as it is written there.
type Given = (&'static str, Option<String>);

const SIGNS: &[Sign] = &[
    Sign { files: is_makefile, readers: |text| included(text).into_iter().map(|file| ("make", file)).collect() },
    Sign { files: holds_commands, readers: commands::readers },
    // `bin/deploy`, `docker-entrypoint`
    Sign {
        files: |name| !name.contains('.') && !holds_commands(name),
        readers: |text| if is_of_a_shell(text) { commands::readers(text) } else { Vec::new() },
    },
    Sign {
        files: |name| (name.starts_with("compose") || name.starts_with("docker-compose")) && is_yaml(name),
        readers: |text| {
            let raw = raw_files(text).into_iter().map(|file| ("compose-raw", file));
            raw.chain([("compose", None)]).collect()
        },
    },
    Sign {
        files: |name| name.starts_with("ecosystem.") && name.contains("config."),
        readers: |text| {
            let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let splits = ["split('=')", "split(\"=\")", "indexOf('=')", "indexOf(\"=\")"];
            let splits = code.contains(".env") && splits.iter().any(|split| code.contains(split));
            let loads = ["require('dotenv')", "require(\"dotenv\")"].iter().any(|loads| code.contains(loads));
            [given(splits, "split"), given(loads, "node-dotenv"), given(code.contains("--env-file"), "node")].concat()
        },
    },
    Sign {
        files: |name| matches!(name, "pyproject.toml" | "Pipfile"),
        readers: |text| given(toml_dependencies(text).iter().any(|name| is_python_loader(name)), "python-dotenv"),
    },
    Sign {
        files: |name| {
            matches!(name, "setup.cfg" | "setup.py" | "environment.yml")
                || name.starts_with("requirements") && (name.ends_with(".txt") || name.ends_with(".in"))
        },
        readers: |text| {
            let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
            let mut words = code.flat_map(|line| line.split(|sign: char| !is_of_name(sign)));
            given(words.any(is_python_loader), "python-dotenv")
        },
    },
    Sign { files: |name| name == "package.json", readers: npm },
    Sign { files: |name| matches!(name, "bun.lock" | "bun.lockb" | "bunfig.toml"), readers: |_| given(true, "bun") },
    Sign {
        files: |name| matches!(name, "Gemfile" | "gems.rb"),
        readers: |text| {
            static GEM: LazyLock<Option<Regex>> =
                LazyLock::new(|| Regex::new(r#"(?m)^\s*gem[ (]+["']dotenv(-rails)?["']"#).ok());
            given(matches(&GEM, text), "ruby-dotenv")
        },
    },
    Sign {
        files: |name| name == "go.mod",
        readers: |text| {
            let mut lines = text.lines().filter(|line| !line.contains("// indirect"));
            given(lines.any(|line| line.contains("github.com/joho/godotenv ")), "godotenv")
        },
    },
    Sign {
        files: |name| name == "Cargo.toml",
        readers: |text| given(toml_dependencies(text).iter().any(|name| name == "dotenvy"), "dotenvy"),
    },
    Sign {
        files: |name| name.ends_with(".service"),
        readers: |text| {
            let files = text.lines().filter_map(|line| line.strip_prefix("EnvironmentFile="));
            // A minus in front lets the file be missing.
            let files = files.map(|file| file.strip_prefix('-').unwrap_or(file).trim().to_owned());
            files.filter(|file| !file.is_empty()).map(|file| ("systemd", Some(file))).collect()
        },
    },
];

fn given(there: bool, reader: &'static str) -> Vec<Given> {
    if there { vec![(reader, None)] } else { Vec::new() }
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// Whether a text is a script of a shell, by its first line.
fn is_of_a_shell(text: &str) -> bool {
    let first = text.strip_prefix("#!").and_then(|rest| rest.lines().next()).unwrap_or_default();
    first.split(['/', ' ']).any(|word| matches!(word, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh"))
}

/// Whether a folder holds files like `requirements/base.txt`.
fn is_of_requirements(folder: &str) -> bool {
    folder.rsplit('/').next() == Some("requirements")
}

fn is_makefile(name: &str) -> bool {
    matches!(name, "Makefile" | "makefile" | "GNUmakefile") || name.ends_with(".mk")
}

fn holds_commands(name: &str) -> bool {
    is_makefile(name)
        || [".sh", ".bash", ".zsh", ".ksh", ".service"].iter().any(|end| name.ends_with(end))
        || matches!(
            name,
            "package.json"
                | "deno.json"
                | "deno.jsonc"
                | "justfile"
                | "Justfile"
                | "Procfile"
                | "Dockerfile"
                | ".envrc"
        )
}

/// The env files that a Makefile includes: `-include .env`, with blanks in front (they are none of a recipe's tabs), or by a
/// variable that names such a file.
fn included(text: &str) -> Vec<Option<String>> {
    static INCLUDE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^ *(?:-|s)?include +([^#\n]*)").ok());
    static DEFINED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)^ *(?:export +)?(\w+) *[:?]?:?= *([^#\n]*)").ok());
    static ENV_FILE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\.env(?:[^A-Za-z0-9_]|$)").ok());
    let named = |text: &str| captured(&INCLUDE, text, 1).join(" ");
    let defined: Vec<_> = captured(&DEFINED, text, 1).into_iter().zip(captured(&DEFINED, text, 2)).collect();
    let value = |word: &str| {
        let name = word.strip_prefix("$(").or_else(|| word.strip_prefix("${"))?.strip_suffix([')', '}'])?;
        defined.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned())
    };
    let words =
        named(text).split_whitespace().map(|word| value(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>();
    words.into_iter().filter(|word| matches(&ENV_FILE, word)).map(Some).collect()
}

/// The files that a Compose file reads with `format: raw`, in a mapping of one line or of several.
fn raw_files(text: &str) -> Vec<Option<String>> {
    static PATH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\bpath: *["']?([^\s"',}]+)"#).ok());
    static RAW: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\bformat: *["']?raw\b"#).ok());
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let path = |line: Option<&&str>| captured(&PATH, line?, 1).pop();
    let raw = lines.iter().enumerate().filter(|(_, line)| matches(&RAW, line));
    raw.map(|(at, line)| {
        path(Some(line)).or_else(|| path(lines.get(at.checked_sub(1)?))).or_else(|| path(lines.get(at + 1)))
    })
    .collect()
}

/// What a group of a pattern matches, at each of its places.
fn captured(pattern: &LazyLock<Option<Regex>>, text: &str, group: usize) -> Vec<String> {
    let found = pattern.as_ref().map(|pattern| pattern.captures_iter(text));
    let groups =
        found.into_iter().flatten().map(|found| found.get(group).map_or("", |found| found.as_str()).to_owned());
    groups.collect()
}

fn is_of_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.')
}

/// Whether a package, by its name in a manifest, loads env files as python-dotenv does.
fn is_python_loader(package: &str) -> bool {
    let name = package.to_ascii_lowercase().replace(['_', '.'], "-");
    matches!(name.as_str(), "python-dotenv" | "pydantic-settings" | "environs")
}

/// npm's packages, of every kind of dependency.
fn npm(text: &str) -> Vec<Given> {
    let Ok(manifest) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
    let has = |package: &str| kinds.iter().any(|kind| manifest[*kind].get(package).is_some());
    // dotenv-cli expands what it loads.
    [
        ("dotenv", "node-dotenv"),
        ("dotenv-safe", "node-dotenv"),
        ("@nestjs/config", "node-dotenv"),
        ("dotenv-expand", "dotenv-expand"),
        ("dotenv-cli", "dotenv-expand"),
    ]
    .into_iter()
    .flat_map(|(package, reader)| given(has(package), reader))
    .collect()
}

/// The names of what a `pyproject.toml`, `Pipfile` or `Cargo.toml` depends on, whatever table says it.
fn toml_dependencies(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(manifest) = toml::from_str::<toml::Table>(text) {
        collect(&manifest, &mut names);
    }
    names
}

/// Every table or list that is called dependencies, packages or a group of them, at any depth.
fn collect(table: &toml::Table, names: &mut Vec<String>) {
    for (name, value) in table {
        let of_packages = name.ends_with("dependencies")
            || matches!(name.as_str(), "packages" | "dev-packages" | "dependency-groups");
        match value {
            toml::Value::Table(inner) if of_packages => {
                names.extend(inner.keys().cloned());
                inner.values().for_each(|value| requirements(value, names));
            }
            toml::Value::Table(inner) => collect(inner, names),
            value if of_packages => requirements(value, names),
            _ => {}
        }
    }
}

/// The names in a list of requirements: `python-dotenv[cli]>=1`.
fn requirements(value: &toml::Value, names: &mut Vec<String>) {
    let texts = value.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
    names.extend(texts.map(|text| text.trim().chars().take_while(|sign| is_of_name(*sign)).collect::<String>()));
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
