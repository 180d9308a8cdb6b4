//! Where a workspace keeps its packages: the folders that npm, pnpm, Cargo and uv are told of.

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_json::Value;

use crate::project::files::Files;

/// How deep a package may lie below the top.
const MAX_DEPTH: usize = 6;

/// The folders of packages, as patterns.
#[derive(Default)]
pub(super) struct Workspaces {
    /// Each pattern by the parts of its path; `**` is any number of folders.
    patterns: Vec<Vec<Part>>,
}

enum Part {
    AnyDepth,
    Folder(GlobMatcher),
}

impl Workspaces {
    /// What the manifests at the top say.
    pub(super) fn of(files: &Files) -> Self {
        let text = |name: &str| {
            let bytes = files.read_if_there(name).ok().flatten().filter(|bytes| bytes.len() <= super::MAX_FILE)?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        let pnpm = text("pnpm-workspace.yaml").map(|text| of_pnpm(&text));
        let npm = text("package.json").map(|text| of_npm(&text));
        let cargo = text("Cargo.toml").map(|text| of_toml(&text, &["workspace", "members"]));
        let uv = text("pyproject.toml").map(|text| of_toml(&text, &["tool", "uv", "workspace", "members"]));
        let globs = [pnpm, npm, cargo, uv].into_iter().flatten().flatten();
        Self { patterns: globs.filter_map(|glob| parts(&glob)).collect() }
    }

    /// Whether `folder` holds a package, or leads to one.
    pub(super) fn lead_through(&self, folder: &str) -> bool {
        let names: Vec<&str> = folder.split('/').collect();
        names.len() <= MAX_DEPTH && self.patterns.iter().any(|pattern| leads(pattern, &names))
    }
}

fn leads(pattern: &[Part], names: &[&str]) -> bool {
    match (pattern, names) {
        (_, []) | ([Part::AnyDepth, ..], _) => true,
        ([Part::Folder(glob), pattern @ ..], [name, names @ ..]) => glob.is_match(name) && leads(pattern, names),
        ([], _) => false,
    }
}

/// A pattern by its parts. One that leaves something out, or that leads out of the project, is none.
fn parts(glob: &str) -> Option<Vec<Part>> {
    let glob = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
    if glob.is_empty() || glob.starts_with(['!', '/']) {
        return None;
    }
    let part = |part: &str| match part {
        "**" => Some(Part::AnyDepth),
        "" | "." | ".." => None,
        part => Some(Part::Folder(GlobBuilder::new(part).build().ok()?.compile_matcher())),
    };
    glob.split('/').map(part).collect()
}

fn of_pnpm(text: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(default)]
        packages: Vec<String>,
    }
    serde_saphyr::from_str::<Manifest>(text).map(|manifest| manifest.packages).unwrap_or_default()
}

/// `workspaces` is a list, or a table that has one.
fn of_npm(text: &str) -> Vec<String> {
    let manifest: Value = serde_json::from_str(text).unwrap_or_default();
    let listed = &manifest["workspaces"];
    let listed = listed.as_array().or_else(|| listed["packages"].as_array());
    listed.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

fn of_toml(text: &str, path: &[&str]) -> Vec<String> {
    let Ok(manifest) = toml::from_str::<toml::Table>(text) else { return Vec::new() };
    let manifest = toml::Value::Table(manifest);
    let listed = path.iter().try_fold(&manifest, |table, name| table.get(name)).and_then(toml::Value::as_array);
    listed.into_iter().flatten().filter_map(toml::Value::as_str).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_lead_to_packages() {
        for (glob, folder, expected) in [
            ("packages/*", "packages", true),
            ("packages/*", "packages/web", true),
            ("packages/*", "packages/web/src", false),
            ("./packages/*/", "packages/web", true),
            ("packages/**", "packages/a/b/c/d", true),
            ("packages/**", "packages/a/b/c/d/e/f", false),
            ("**", "any", true),
            ("apps/web-*/server", "apps/web-one/server", true),
            ("apps/web-*/server", "apps/api/server", false),
            ("!packages/old", "packages/old", false),
            ("../shared", "..", false),
            ("", "a", false),
        ] {
            let workspaces = Workspaces { patterns: parts(glob).into_iter().collect() };
            assert_eq!(workspaces.lead_through(folder), expected, "{glob} {folder}");
        }
    }

    #[test]
    fn manifests() {
        assert_eq!(
            of_pnpm("packages:\n  - 'apps/*'\n  - '!apps/old'\ncatalog:\n  dotenv: ^17\n"),
            ["apps/*", "!apps/old"]
        );
        assert_eq!(of_pnpm("catalog: {}\n"), [""; 0]);
        assert_eq!(of_npm(r#"{"workspaces": ["a", "b/*"]}"#), ["a", "b/*"]);
        assert_eq!(of_npm(r#"{"workspaces": {"packages": ["a"], "nohoist": ["b"]}}"#), ["a"]);
        assert_eq!(of_npm("{"), [""; 0]);
        assert_eq!(of_toml("[workspace]\nmembers = ['crates/*']\n", &["workspace", "members"]), ["crates/*"]);
    }
}
