//! Which files Compose files read with `env_file:`, and the `.env` that docker compose looks names up in for them.

use std::sync::LazyLock;

use regex::Regex;

use super::placed;
use super::signs::captured;
use crate::source::Span;
use crate::tree::{Node, yaml};

/// A file that docker compose reads with `env_file:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::project) struct EnvFile {
    /// Its path within the project.
    pub(in crate::project) path: String,
    /// The path of the `.env` beside the Compose file; it need not be there.
    pub(in crate::project) dotenv: String,
    /// The path of the Compose file, alone.
    pub(super) compose: Vec<String>,
}

/// Those of a Compose file at `path` in `folder`. A name that only docker compose works out is none, and neither is a file
/// that it takes as it stands.
pub(super) fn of(folder: &str, path: &str, text: &str) -> Vec<EnvFile> {
    let Ok(documents) = yaml::parse(Span::NOWHERE.source, text) else { return Vec::new() };
    let Some(dotenv) = placed(folder, ".env") else { return Vec::new() };
    let services = documents.roots.iter().filter_map(|root| root.get("services"));
    let named = services.flat_map(|services| services.pairs()).filter_map(|service| service.value.get("env_file"));
    let written = named.flat_map(|named| written(named));
    let paths = written.filter_map(|written| placed(folder, &written));
    paths.map(|file| EnvFile { path: file, dotenv: dotenv.clone(), compose: vec![path.to_owned()] }).collect()
}

/// The names in an `env_file:`, which is one, or a list of names and of mappings.
fn written(node: &Node) -> Vec<String> {
    if let Some(name) = node.text() {
        return vec![name.to_owned()];
    }
    let name = |item: &Node| {
        let is_raw = item.get("format").is_some_and(|format| format.text() == Some("raw"));
        let path = item.get("path").filter(|_| !is_raw);
        item.text().or_else(|| path?.text()).map(ToOwned::to_owned)
    };
    node.items().filter_map(|item| name(item)).collect()
}

/// Whether a command in a text has docker compose look names up elsewhere than in the `.env` beside its file.
pub(super) fn are_chosen(text: &str) -> bool {
    static CHOSEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\b(?:docker[ -]|podman-)compose\b(?:\$\([\w ]*\)|[^|;&)\n])*?--env-file[= ]+["']?([^\s"',]+)"#)
            .ok()
    });
    let joined = text.replace("\\\n", " ");
    let is_other = |file: &String| file.trim_start_matches("./") != ".env";
    ["COMPOSE_ENV_FILES", "COMPOSE_DISABLE_ENV_FILE"].iter().any(|name| joined.contains(name))
        || captured(&CHOSEN, &joined, 1).iter().any(is_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_compose() {
        for (folder, text, expected) in [
            ("", "services:\n  a:\n    env_file: ./x.env\n", &["x.env < .env"][..]),
            (
                "deploy",
                "services: {a: {env_file: [x.env, ../y.env]}}",
                &["deploy/x.env < deploy/.env", "y.env < deploy/.env"],
            ),
            (
                "",
                "services: {a: {env_file: [{path: x.env, required: false}, {path: y.env, format: raw}]}}",
                &["x.env < .env"],
            ),
            ("", "services: {a: {env_file: '${STAGE}.env'}}", &[]),
            ("", "services: {a: {image: x}}\nenv_file: x.env\n", &[]),
            ("", "services: [", &[]),
        ] {
            let found = of(folder, "compose.yml", text);
            let told: Vec<_> = found.iter().map(|file| format!("{} < {}", file.path, file.dotenv)).collect();
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn files_that_are_chosen() {
        for (text, expected) in [
            ("docker compose up", false),
            ("docker compose --env-file .env up", false),
            ("docker compose --env-file=./prod.env up", true),
            ("docker-compose -f a.yml \\\n  --env-file \"$ENV\" up", true),
            ("docker run --env-file prod.env x; docker compose up", false),
            ("export COMPOSE_ENV_FILES=a.env,b.env", true),
        ] {
            assert_eq!(are_chosen(text), expected, "{text}");
        }
    }
}
