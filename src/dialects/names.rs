//! What users call readers: names that are exactly one of those here, and names of others that come near one.

use super::{ALL, Dialect};
use crate::suggestion::nearest;

/// Other names of readers.
const SAME: &[(&str, &str)] = &[
    ("docker run", "docker-run"),
    ("docker", "docker-run"),
    ("env_file", "compose"),
    ("gmake", "make"),
    ("gnu make", "make"),
    ("makefile", "make"),
    ("nodejs", "node"),
    ("node.js", "node"),
    ("npm dotenv", "node-dotenv"),
    ("dotenv-js", "node-dotenv"),
    ("ruby dotenv", "ruby-dotenv"),
    ("python_dotenv", "python-dotenv"),
    ("load_dotenv", "python-dotenv"),
    ("environmentfile", "systemd"),
    ("sh", "shell"),
    ("dash", "shell"),
];

/// Names of what reads nearly as one of those here, or of several of them, and what to name instead.
const NEAR: &[(&str, &str)] = &[
    ("docker-compose", COMPOSE),
    ("docker compose", COMPOSE),
    ("podman-compose", COMPOSE),
    ("bash", SHELL),
    ("ksh", SHELL),
    ("zsh", SHELL),
    ("dotenv", "there are node-dotenv for npm, ruby-dotenv for the gem and python-dotenv"),
    ("next", "next brings an older dotenv and dotenv-expand of its own; dotenv-expand comes near"),
    ("nextjs", "next brings an older dotenv and dotenv-expand of its own; dotenv-expand comes near"),
    ("vite", "vite brings a dotenv-expand of its own version; dotenv-expand comes near"),
    (
        "pydantic-settings",
        "pydantic-settings reads with python-dotenv, and differs only where a value refers to another; python-dotenv comes near",
    ),
    ("python-decouple", "python-decouple splits lines at the first = by itself; split comes near"),
    ("decouple", "python-decouple splits lines at the first = by itself; split comes near"),
    ("podman", "podman reads nearly as docker-run does"),
];

const COMPOSE: &str = "docker compose reads in three ways: compose is for env_file:, compose-interpolation for --env-file and \
                       .env, compose-raw for env_file: with format: raw";
const SHELL: &str = "shell is what every POSIX shell reads; it comes near, but for what only this shell has";

/// The reader that is called `name`, as it is written or in other words.
///
/// # Errors
/// What to name instead, for a name of which nothing is known, or only what comes near.
pub fn named(name: &str) -> Result<&'static Dialect, String> {
    let called = |name: &str| ALL.iter().find(|dialect| dialect.name == name);
    let lower = name.to_lowercase();
    let other = || SAME.iter().find(|(same, _)| *same == lower).and_then(|(_, name)| called(name));
    if let Some(dialect) = called(name).or_else(other) {
        return Ok(dialect);
    }
    let names = || ALL.iter().map(|dialect| dialect.name);
    let near = NEAR.iter().find(|(near, _)| *near == lower).map(|(_, help)| (*help).to_owned());
    Err(near.unwrap_or_else(|| match nearest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_call_readers() {
        for (name, expected) in [
            ("make", "make"),
            ("GNU make", "make"),
            ("docker run", "docker-run"),
            ("sh", "shell"),
            ("NodeJS", "node"),
            ("bash", SHELL),
            ("Docker Compose", COMPOSE),
            ("pyton-dotenv", "did you mean `python-dotenv`?"),
        ] {
            let found = named(name).map_or_else(|help| help, |dialect| dialect.name.to_owned());
            assert_eq!(found, expected, "{name}");
        }
        let help = named("something else").map(|dialect| dialect.name);
        assert!(help.is_err_and(|help| help.starts_with("there are compose, ")));
    }

    #[test]
    fn every_name_is_known_once() {
        let own = ALL.iter().map(|dialect| dialect.name);
        let mut all: Vec<_> = own.chain(SAME.iter().map(|one| one.0)).chain(NEAR.iter().map(|one| one.0)).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(SAME.iter().all(|(_, name)| ALL.iter().any(|dialect| dialect.name == *name)));
    }
}
