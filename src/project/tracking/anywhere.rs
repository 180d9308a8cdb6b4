//! Identities in texts that git has far from the layers: in the workflow of a CI, in a script, in a note.
//!
//! No more is read than costs no time to speak of: small texts of which people write few, the likeliest ones first.

use std::fs;

use super::{Exposed, Git, identity_in_text, is_looked_at};
use crate::project::config::Config;
use crate::project::files::Files;

/// How many files are read, the largest one, and all of them together, in bytes.
const MOST: usize = 128;
const LARGEST: u64 = 32 * 1024;
const TOGETHER: u64 = 1024 * 1024;

/// The tracked files of a project, but those beside its layers, that hold an identity.
pub(super) fn found(files: &Files, config: &Config, git: &Git<'_>, folders: &[String]) -> Vec<Exposed> {
    let Some(index) = git.index else { return Vec::new() };
    let rank = |path| rank(path).filter(|_| !is_looked_at(path, folders));
    let depth = |path: &str| path.bytes().filter(|byte| *byte == b'/').count();
    let mut likely: Vec<_> =
        index.within(&git.start).filter_map(|path| Some((rank(path)?, depth(path), path))).collect();
    if likely.len() > MOST {
        likely.select_nth_unstable(MOST);
        likely.truncate(MOST);
    }
    likely.sort_unstable();
    let (mut found, mut read) = (Vec::new(), 0);
    for (_, _, path) in likely {
        let about = fs::symlink_metadata(files.root().join(path));
        let Some(size) = about.ok().filter(fs::Metadata::is_file).map(|about| about.len()) else { continue };
        if size > LARGEST || read + size > TOGETHER {
            continue;
        }
        read += size;
        let Ok(bytes) = files.read(path) else { continue };
        let exposure = identity_in_text(&bytes).filter(|_| {
            let belongs_to_a_member = config.workspace.is_some() && is_of_another_project(git, path);
            !super::is_published(config, path) && !belongs_to_a_member
        });
        found.extend(exposure.map(|exposure| Exposed { path: path.to_owned(), exposure, rule: None }));
    }
    found
}

/// How likely it is that people write a key into a file, the likeliest first, by its path; `None` for what is not looked at:
/// programs and data, of which there are many, and whatever lies where keys are made up for tests and examples.
fn rank(path: &str) -> Option<u8> {
    const MADE_UP: &[&str] = &[
        "test",
        "tests",
        "testdata",
        "testing",
        "__tests__",
        "e2e",
        "spec",
        "specs",
        "fixture",
        "fixtures",
        "mocks",
        "example",
        "examples",
        "sample",
        "samples",
        "vendor",
        "third_party",
        "node_modules",
    ];
    const OF_CI: &[&str] = &[
        ".github",
        ".gitlab",
        ".gitea",
        ".forgejo",
        ".circleci",
        ".woodpecker",
        ".buildkite",
        ".devcontainer",
        "ci",
        "deploy",
    ];
    let mut parts = path.split('/');
    let name = parts.next_back()?;
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    // Programs are most of what a repository has, so that they are turned down first.
    let is_text =
        matches!(end, "" | "yml" | "yaml" | "toml" | "json" | "ini" | "conf" | "cfg" | "properties" | "tf" | "tfvars")
            || matches!(
                end,
                "nix" | "sh" | "bash" | "ps1" | "service" | "txt" | "md" | "rst" | "env" | "age" | "key" | "pem"
            );
    if !is_text && !name.starts_with('.') {
        return None;
    }
    let is = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if parts.clone().any(|part| is(MADE_UP, part)) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if ["example", "sample", "test"].iter().any(|word| lower.contains(word)) {
        return None;
    }
    if matches!(end, "age" | "key" | "pem") || (lower.contains("key") && matches!(end, "" | "txt")) {
        return Some(0);
    }
    let is_of_ci = parts.any(|part| is(OF_CI, part))
        || ["gitlab-ci", "pipelines", "jenkinsfile", "docker", "compose", "env", ".travis", ".drone", "makefile"]
            .iter()
            .any(|word| lower.contains(word));
    match end {
        _ if is_of_ci => Some(1),
        "md" | "rst" | "txt" => Some(3),
        _ => Some(2),
    }
}

/// Whether a folder on the way to a path is a project, which looks at its files itself.
fn is_of_another_project(git: &Git<'_>, path: &str) -> bool {
    let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    let has = |folder: &str, name: &str| git.tracks(&format!("{folder}/{name}"));
    let has_layers = |folder: &str| {
        let start = format!("{}{folder}/environments/", git.start);
        git.index.is_some_and(|index| index.within(&start).any(|name| name.ends_with(".env")))
    };
    folders.into_iter().any(|folder| has(folder, "sparkcfg.toml") || has(folder, ".env") || has_layers(folder))
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn what_is_looked_at() {
        for (path, expected) in [
            ("deploy/key.txt", Some(0)),
            ("a/b/prod.age", Some(0)),
            (".github/workflows/ci.yml", Some(1)),
            (".gitlab-ci.yml", Some(1)),
            ("Dockerfile", Some(1)),
            ("web/.env", Some(1)),
            ("a.yaml", Some(2)),
            ("Justfile", Some(2)),
            (".npmrc", Some(2)),
            ("README.md", Some(3)),
            ("src/main.rs", None),
            ("logo.png", None),
            ("tests/key.txt", None),
            ("app/Fixtures/ci.yml", None),
            (".env.example", None),
            ("test-key.txt", None),
        ] {
            assert_eq!(rank(path), expected, "{path}");
        }
    }
}
