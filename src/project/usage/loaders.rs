//! Calls that load an env file by its name, in programs, and containers that are started with one.

use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use super::signs::{Given, captured, matches};

type Pattern = LazyLock<Option<Regex>>;

/// What a loader looks for by itself.
const DEFAULT: &str = ".env";

/// Whether a file is a program of Python, or a part of one.
pub(super) fn is_of_python(name: &str) -> bool {
    name.ends_with(".py") && !name.starts_with("test_") && !name.ends_with("_test.py")
}

/// The files that a program of Python has python-dotenv or pydantic-settings load, where it names them in plain text.
pub(super) fn of_python(text: &str) -> Vec<Given> {
    static LOADED: Pattern = LazyLock::new(|| {
        Regex::new(r#"\b(?:dotenv\.)?load_dotenv\(\s*(?:(?:dotenv_path\s*=\s*)?["']([^"'\n]+)["']\s*[,)]|\))"#).ok()
    });
    static IMPORTED: Pattern =
        LazyLock::new(|| Regex::new(r"(?m)^\s*(?:from +dotenv(?:\.main)? +import|import +dotenv)\b").ok());
    static SETTINGS: Pattern =
        LazyLock::new(|| Regex::new(r"(?m)^\s*from +pydantic(?:_settings)? +import [^\n]*").ok());
    static ENV_FILE: Pattern =
        LazyLock::new(|| Regex::new(r#"\benv_file\s*=\s*(?:["']([^"'\n]+)["']|[(\[]([^()\[\]]*)[)\]])"#).ok());
    if memmem::find(text.as_bytes(), b"load_dotenv").is_none() && memmem::find(text.as_bytes(), b"env_file").is_none() {
        return Vec::new();
    }
    let code = without_comments(text, "#");
    let mut files = Vec::new();
    if matches(&IMPORTED, &code) {
        let loaded = captured(&LOADED, &code, 1).into_iter();
        files.extend(loaded.map(|file| if file.is_empty() { DEFAULT.to_owned() } else { file }));
    }
    if matches(&SETTINGS, &code) {
        files.extend(captured(&ENV_FILE, &code, 1).into_iter().filter(|file| !file.is_empty()));
        files.extend(captured(&ENV_FILE, &code, 2).iter().flat_map(|list| listed(list)));
    }
    files.into_iter().map(|file| ("python-dotenv", Some(file))).collect()
}

/// The files that a program of node has npm's dotenv load, where it names them in plain text.
pub(super) fn of_node(text: &str) -> Vec<Given> {
    static LOADED: Pattern = LazyLock::new(|| {
        let call = r#"(\bdotenv\.|\brequire\(\s*["']dotenv["']\s*\)\.|(?:^|[^.\w]))config\("#;
        let path = r#"\{[^{}]*?\bpath\s*:\s*(?:["']([^"'\n]+)["']|\[([^\[\]]*)\])\s*[,}]"#;
        Regex::new(&format!(r"(?m){call}\s*(?:{path}|\))")).ok()
    });
    static IMPORTED: Pattern =
        LazyLock::new(|| Regex::new(r#"\{[^{}]*\bconfig\b[^{}]*\}\s*(?:from|=\s*require\()\s*["']dotenv["']"#).ok());
    static NAMED: Pattern = LazyLock::new(|| {
        Regex::new(r#"\bdotenv\s+from\s+["']dotenv["']|\bdotenv\s*=\s*require\(\s*["']dotenv["']"#).ok()
    });
    static AT_ONCE: Pattern = LazyLock::new(|| {
        Regex::new(r#"(?m)^\s*(?:import\s+["']dotenv/config(?:\.js)?["']|require\(\s*["']dotenv/config["'])"#).ok()
    });
    if memmem::find(text.as_bytes(), b"dotenv").is_none() {
        return Vec::new();
    }
    let code = without_comments(text, "//");
    let (is_imported, is_named) = (matches(&IMPORTED, &code), matches(&NAMED, &code));
    let mut files = Vec::new();
    for call in LOADED.iter().flat_map(|pattern| pattern.captures_iter(&code)) {
        let group = |number: usize| call.get(number).map(|group| group.as_str());
        // A function of the project's own may have that name, too.
        let is_its = match group(1).unwrap_or_default() {
            "dotenv." => is_named,
            before => before.starts_with("require") || is_imported,
        };
        if is_its {
            match (group(2), group(3)) {
                (Some(file), _) => files.push(file.to_owned()),
                (None, Some(list)) => files.extend(listed(list)),
                (None, None) => files.push(DEFAULT.to_owned()),
            }
        }
    }
    if matches(&AT_ONCE, &code) {
        files.push(DEFAULT.to_owned());
    }
    files.into_iter().map(|file| ("node-dotenv", Some(file))).collect()
}

/// The env files of a container that Podman makes a unit of: its own, which it reads as `podman run --env-file` does, and
/// those of the service, which systemd reads.
pub(super) fn of_quadlet(text: &str) -> Vec<Given> {
    let mut section = "";
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        }
        let reader = match section {
            "[Container]" => "docker-run",
            "[Service]" => "systemd",
            _ => continue,
        };
        let named = line.strip_prefix("EnvironmentFile").and_then(|rest| rest.trim_start().strip_prefix('='));
        let file = named.map(|file| file.trim_start().trim_start_matches('-').trim().to_owned());
        found.extend(file.filter(|file| !file.is_empty()).map(|file| (reader, Some(file))));
    }
    found
}

/// The files of `--env-file` among the `runArgs` of a dev container, from the top of the project. Compose takes none of them.
pub(super) fn of_dev_container(text: &str) -> Vec<String> {
    static ARGUMENTS: Pattern = LazyLock::new(|| Regex::new(r#""runArgs"\s*:\s*\[([^\[\]]*)\]"#).ok());
    static FILE: Pattern = LazyLock::new(|| Regex::new(r#""--env-file(?:=|"\s*,\s*")([^"\n]+)""#).ok());
    let code = without_comments(text, "//");
    if code.contains("\"dockerComposeFile\"") {
        return Vec::new();
    }
    let files = captured(&ARGUMENTS, &code, 1).into_iter().flat_map(|arguments| captured(&FILE, &arguments, 1));
    files.map(|file| file.trim_start_matches("${localWorkspaceFolder}/").to_owned()).collect()
}

/// The plain texts in a list: `".env", '.env.local'`.
fn listed(list: &str) -> Vec<String> {
    static TEXT: Pattern = LazyLock::new(|| Regex::new(r#"["']([^"'\n]+)["']"#).ok());
    captured(&TEXT, list, 1)
}

/// A program without the lines that are comments.
fn without_comments(text: &str, sign: &str) -> String {
    let code = text.lines().filter(|line| !line.trim_start().starts_with(sign));
    code.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(found: Vec<Given>) -> Vec<String> {
        found.into_iter().map(|(reader, file)| format!("{reader} {}", file.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn what_python_loads() {
        for (text, expected) in [
            ("from dotenv import load_dotenv\nload_dotenv()\n", &["python-dotenv .env"][..]),
            ("from dotenv import load_dotenv\nload_dotenv('a.env', override=True)\n", &["python-dotenv a.env"]),
            ("import dotenv\ndotenv.load_dotenv(dotenv_path=\"b.env\")\n", &["python-dotenv b.env"]),
            ("from dotenv import load_dotenv\nload_dotenv(path)\nload_dotenv(BASE / 'c.env')\n", &[]),
            ("from own import load_dotenv\nload_dotenv('a.env')\n", &[]),
            ("from dotenv import load_dotenv\n# load_dotenv('a.env')\n", &[]),
            (
                "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n    \
                 model_config = SettingsConfigDict(env_prefix='X_', env_file='d.env')\n",
                &["python-dotenv d.env"],
            ),
            (
                "from pydantic import BaseSettings\nclass S(BaseSettings):\n    class Config:\n        \
                 env_file = (\".env\", \".env.prod\")\n",
                &["python-dotenv .env", "python-dotenv .env.prod"],
            ),
            ("env_file = 'd.env'\n", &[]),
        ] {
            assert_eq!(files(of_python(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_node_loads() {
        for (text, expected) in [
            ("require('dotenv').config();\n", &["node-dotenv .env"][..]),
            ("require(\"dotenv\").config({ path: 'a.env' })\n", &["node-dotenv a.env"]),
            (
                "import dotenv from 'dotenv';\ndotenv.config({ override: true, path: \"b.env\" });\n",
                &["node-dotenv b.env"],
            ),
            (
                "import { config } from 'dotenv';\nconfig({ path: ['c.env', 'd.env'] });\n",
                &["node-dotenv c.env", "node-dotenv d.env"],
            ),
            ("import 'dotenv/config';\n", &["node-dotenv .env"]),
            ("const dotenv = require('dotenv')\ndotenv.config({ path: path.join(__dirname, '.env') })\n", &[]),
            ("import { config } from './dotenv';\nconfig({ path: 'x.env' });\n", &[]),
            ("// require('dotenv').config()\n", &[]),
            ("webpack.config({ path: 'x.env' }) // dotenv\n", &[]),
        ] {
            assert_eq!(files(of_node(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_containers_are_started_with() {
        let quadlet = "[Unit]\nEnvironmentFile=no.env\n[Container]\nImage=x\nEnvironmentFile=-/srv/a.env\n[Service]\n\
                       EnvironmentFile = b.env\n#EnvironmentFile=c.env\n";
        assert_eq!(files(of_quadlet(quadlet)), ["docker-run /srv/a.env", "systemd b.env"]);
        for (text, expected) in [
            ("{\"runArgs\": [\"--init\", \"--env-file\", \"a.env\"]}", &["a.env"][..]),
            (
                "{\n // \"runArgs\": [\"--env-file=no.env\"]\n \"runArgs\": [\"--env-file=${localWorkspaceFolder}/.env\"]}",
                &[".env"],
            ),
            ("{\"dockerComposeFile\": \"c.yml\", \"runArgs\": [\"--env-file\", \"a.env\"]}", &[]),
            ("{\"postCreateCommand\": [\"--env-file\", \"a.env\"]}", &[]),
        ] {
            assert_eq!(of_dev_container(text), expected, "{text}");
        }
    }
}
