//! What in which file gives a reader of env files away.

use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;
use serde_json::Value;

use super::{commands, home_made, loaders, runners};

/// Files that may give a reader away, and how.
pub(super) struct Sign {
    pub(super) files: fn(&str) -> bool,
    pub(super) readers: fn(&str) -> Vec<Given>,
}

/// A reader, and the file that it is said to read, as it is written there.
pub(super) type Given = (&'static str, Option<String>);

pub(super) const SIGNS: &[Sign] = &[
    Sign { files: is_makefile, readers: |text| included(text).into_iter().map(|file| ("make", file)).collect() },
    Sign { files: holds_commands, readers: commands::readers },
    // `bin/deploy`, `docker-entrypoint`
    Sign {
        files: |name| !name.contains('.') && !holds_commands(name),
        readers: |text| if is_of_a_shell(text) { commands::readers(text) } else { Vec::new() },
    },
    Sign {
        files: is_of_compose,
        readers: |text| {
            let raw = raw_files(text).into_iter().map(|file| ("compose-raw", file));
            raw.chain([("compose", None)]).collect()
        },
    },
    Sign {
        files: is_of_pm2,
        readers: |text| {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let splits = ["split('=')", "split(\"=\")", "indexOf('=')", "indexOf(\"=\")"];
            // What is cut at each `=` is told as a reader of its own.
            let ways = |code: &str| splits.iter().map(|split| code.matches(split).count()).sum::<usize>();
            let splits = code.contains(".env") && ways(&code) > home_made::cuts(&code).len();
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
    Sign { files: is_of_node, readers: loaded },
    Sign { files: is_of_node, readers: loaders::of_node },
    Sign { files: loaders::is_of_python, readers: loaders::of_python },
    Sign { files: |name| name.ends_with(".container"), readers: loaders::of_quadlet },
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
    Sign { files: is_of_just, readers: runners::of_just },
    Sign {
        files: |name| {
            let name = name.to_ascii_lowercase();
            is_yaml(&name) && (name.starts_with("taskfile.") || name.starts_with("taskfile-"))
        },
        readers: runners::of_task,
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

pub(super) fn given(there: bool, reader: &'static str) -> Vec<Given> {
    if there { vec![(reader, None)] } else { Vec::new() }
}

pub(super) fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Whether a file is one of Compose.
pub(super) fn is_of_compose(name: &str) -> bool {
    (name.starts_with("compose") || name.starts_with("docker-compose")) && is_yaml(name)
}

/// Whether a file says what PM2 starts.
pub(super) fn is_of_pm2(name: &str) -> bool {
    name.starts_with("ecosystem.") && name.contains("config.")
}

/// Whether a file is a program of node, or a part of one.
pub(super) fn is_of_node(name: &str) -> bool {
    let ends = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];
    ends.iter().any(|end| name.ends_with(end)) && !name.ends_with(".min.js") && !name.ends_with(".d.ts")
}

/// The files that a program loads by `process.loadEnvFile()`, or by the same function under its own name; none is `.env`.
fn loaded(text: &str) -> Vec<Given> {
    static LOADED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)^(?:[^/\n]|/[^/\n])*?(\bprocess\??\.|[^.\w])loadEnvFile\( *(?:["']([^"'\n]+)["'])? *\)"#).ok()
    });
    static IMPORTED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"\{[^{}]*\bloadEnvFile\b[^{}]*\}[^;\n]*["'](?:node:)?process["']"#).ok());
    if memmem::find(text.as_bytes(), b"loadEnvFile").is_none() {
        return Vec::new();
    }
    // A function of the project's own may have that name, too.
    let is_imported = matches(&IMPORTED, text);
    let calls = captured(&LOADED, text, 1).into_iter().zip(captured(&LOADED, text, 2));
    let calls = calls.filter(|(before, _)| is_imported || before.starts_with("process"));
    calls.map(|(_, file)| ("node", Some(if file.is_empty() { ".env".to_owned() } else { file }))).collect()
}

pub(super) fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// Whether a file is a script, or holds some.
pub(super) fn is_script(name: &str, text: &str) -> bool {
    holds_commands(name) || !name.contains('.') && is_of_a_shell(text)
}

/// Whether a text is a script of a shell, by its first line.
fn is_of_a_shell(text: &str) -> bool {
    let first = text.strip_prefix("#!").and_then(|rest| rest.lines().next()).unwrap_or_default();
    first.split(['/', ' ']).any(|word| matches!(word, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh"))
}

/// Whether a folder holds files like `requirements/base.txt`.
pub(super) fn is_of_requirements(folder: &str) -> bool {
    folder.rsplit('/').next() == Some("requirements")
}

pub(super) fn is_makefile(name: &str) -> bool {
    matches!(name, "Makefile" | "makefile" | "GNUmakefile") || name.ends_with(".mk")
}

fn is_of_just(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "justfile" | ".justfile") || name.ends_with(".just")
}

fn holds_commands(name: &str) -> bool {
    is_makefile(name)
        || is_of_just(name)
        || [".sh", ".bash", ".zsh", ".ksh", ".service"].iter().any(|end| name.ends_with(end))
        || matches!(name, "package.json" | "deno.json" | "deno.jsonc" | "Procfile" | "Dockerfile" | ".envrc")
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
pub(super) fn captured(pattern: &LazyLock<Option<Regex>>, text: &str, group: usize) -> Vec<String> {
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
    use super::loaded;

    #[test]
    fn files_that_a_program_loads() {
        for (text, expected) in [
            ("process.loadEnvFile();", &[".env"][..]),
            ("  process.loadEnvFile('../.env.prod')\n", &["../.env.prod"]),
            ("import { env, loadEnvFile } from 'node:process';\nloadEnvFile(\"a.env\");\n", &["a.env"]),
            ("const { loadEnvFile } = require(\"process\");\nif (x) loadEnvFile();\n", &[".env"]),
            ("import { loadEnvFile } from './env';\nloadEnvFile('.env');\n", &[]),
            ("// process.loadEnvFile();\n", &[]),
            ("process.loadEnvFile(path);\n", &[]),
        ] {
            let found: Vec<_> = loaded(text).into_iter().filter_map(|(_, file)| file).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
