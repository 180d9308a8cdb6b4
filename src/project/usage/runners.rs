//! Runners of tasks that read an env file before they start one: just and Task.

use std::sync::LazyLock;

use regex::Regex;

use super::signs::Given;
use crate::source::Span;
use crate::tree::yaml;

/// What just reads where nothing says otherwise.
const DEFAULT: &str = ".env";

/// The env file that a justfile loads. just reads it with dotenvy, and runs nothing if it cannot.
pub(super) fn of_just(text: &str) -> Vec<Given> {
    static SETTING: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let value = r#"(?:[ \t]*:=[ \t]*(?:(true|false)\b|["']([^"'\n]*)["']|(\S+)))?"#;
        Regex::new(&format!(r"(?m)^set[ \t]+dotenv-(load|required|override|filename|path)\b{value}")).ok()
    });
    let (mut loads, mut files) = (false, Vec::new());
    for setting in SETTING.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let group = |number: usize| setting.get(number).map(|group| group.as_str());
        match group(1) {
            Some("filename" | "path") => files.push(match group(3) {
                Some(file) => file.to_owned(),
                // An expression, which only just works out.
                None => ANY.to_owned(),
            }),
            _ => loads |= group(2) != Some("false"),
        }
    }
    if files.is_empty() && loads {
        files.push(DEFAULT.to_owned());
    }
    files.into_iter().map(|file| ("dotenvy", Some(file))).collect()
}

/// Stands for what of a file's name is only known at a run.
const ANY: &str = "*";

/// The env files that a Taskfile names, for all tasks or for one. Task reads them with godotenv.
pub(super) fn of_task(text: &str) -> Vec<Given> {
    static TEMPLATE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{[^}]*\}\}").ok());
    let (Ok(documents), Some(template)) = (yaml::parse(Span::NOWHERE.source, text), TEMPLATE.as_ref()) else {
        return Vec::new();
    };
    let of_all = documents.roots.iter().filter_map(|root| root.get("dotenv"));
    let tasks = documents.roots.iter().filter_map(|root| root.get("tasks"));
    let of_one = tasks.flat_map(|tasks| tasks.pairs()).filter_map(|task| task.value.get("dotenv"));
    let files = of_all.chain(of_one).flat_map(|list| list.items()).filter_map(|file| file.text());
    files.map(|file| ("godotenv", Some(template.replace_all(file, ANY).into_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Given, of_just, of_task};

    fn files(found: &[Given]) -> Vec<String> {
        found.iter().map(|(reader, file)| format!("{reader} {}", file.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn what_just_loads() {
        for (text, expected) in [
            ("set dotenv-load\n\nrun:\n  ./app\n", &["dotenvy .env"][..]),
            ("set dotenv-load := true\n", &["dotenvy .env"]),
            ("set dotenv-required\n", &["dotenvy .env"]),
            ("set dotenv-load := false\n", &[]),
            ("set dotenv-load\nset dotenv-filename := \".env.dev\"\n", &["dotenvy .env.dev"]),
            ("set dotenv-path := 'config/app.env'\n", &["dotenvy config/app.env"]),
            ("set dotenv-path := env_var('FILE')\n", &["dotenvy *"]),
            ("# set dotenv-load\n", &[]),
            ("run:\n  set dotenv-load\n", &[]),
            ("set export\n", &[]),
        ] {
            assert_eq!(files(&of_just(text)), expected, "{text}");
        }
    }

    #[test]
    fn what_task_loads() {
        for (text, expected) in [
            ("version: '3'\ndotenv: ['.env', '{{.ENV}}/.env']\n", &["godotenv .env", "godotenv */.env"][..]),
            ("dotenv:\n  - .env.dev\ntasks:\n  a:\n    cmds: [x]\n", &["godotenv .env.dev"]),
            ("tasks:\n  a:\n    dotenv: [a.env]\n    cmds: [x]\n  b: echo\n", &["godotenv a.env"]),
            ("tasks:\n  dotenv:\n    cmds: [x]\n", &[]),
            ("# dotenv: [.env]\ntasks: {}\n", &[]),
            ("dotenv: [\n", &[]),
            ("", &[]),
        ] {
            assert_eq!(files(&of_task(text)), expected, "{text}");
        }
    }
}
