//! Programs that a project starts by hand, by scripts of `package.json`: to release, to check, to set something up. What they
//! need is not needed where the project runs.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::project::files::Files;

/// Words in the names of scripts that start what runs.
const RUNS: &[&str] = &[
    "api",
    "app",
    "bot",
    "bots",
    "consumer",
    "cron",
    "daemon",
    "dev",
    "develop",
    "listen",
    "main",
    "preview",
    "prod",
    "production",
    "queue",
    "run",
    "scheduler",
    "serve",
    "server",
    "service",
    "start",
    "watch",
    "web",
    "worker",
    "workers",
];

/// Words in the names of scripts that do something else, whatever they start besides: `start-pr-test`.
const WORKS_ON: &[&str] = &[
    "build",
    "bump",
    "changelog",
    "check",
    "ci",
    "clean",
    "deploy",
    "docs",
    "e2e",
    "format",
    "generate",
    "install",
    "lint",
    "pack",
    "pr",
    "publish",
    "release",
    "test",
    "tests",
    "update",
    "upload",
    "version",
];

/// The folders, with `/` at the end, of programs that react-scripts builds: to these it gives `PUBLIC_URL`, an empty one where
/// nobody sets it. <https://create-react-app.dev/docs/advanced-configuration>
pub(super) fn built_by_react_scripts(files: &Files, paths: &[String]) -> Vec<String> {
    let manifests = paths.iter().filter_map(|path| Some((path, path.strip_suffix("package.json")?)));
    let manifests = manifests.filter(|(_, folder)| folder.is_empty() || folder.ends_with('/'));
    let uses = |path: &str| {
        let text = files.read(path).unwrap_or_default();
        memchr::memmem::find(&text, b"\"react-scripts\"").is_some()
    };
    manifests.filter(|(path, _)| uses(path)).map(|(_, folder)| folder.to_owned()).collect()
}

/// The files among `paths`, sorted, that only such scripts start.
pub(super) fn tools(files: &Files, paths: &[String]) -> HashSet<String> {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for manifest in paths.iter().filter(|path| path.rsplit('/').next() == Some("package.json")) {
        let text = files.read(manifest).unwrap_or_default();
        let Ok(Value::Object(manifest_of)) = serde_json::from_slice(&text) else { continue };
        let folder = manifest.strip_suffix("package.json").unwrap_or_default();
        for (path, runs) in started(&manifest_of) {
            let path = format!("{folder}{path}");
            *found.entry(path).or_default() |= runs;
        }
    }
    let is_there = |path: &String| paths.binary_search(path).is_ok();
    found.into_iter().filter(|(path, runs)| !runs && is_there(path)).map(|(path, _)| path).collect()
}

/// The files that a manifest names, and whether each of them runs.
fn started(manifest: &serde_json::Map<String, Value>) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let own = |value: &Value| value.as_str().map(|path| (plain(path), true));
    found.extend(manifest.get("main").and_then(own));
    match manifest.get("bin") {
        Some(Value::Object(names)) => found.extend(names.values().filter_map(own)),
        Some(path) => found.extend(own(path)),
        None => {}
    }
    for (name, line) in manifest.get("scripts").and_then(Value::as_object).into_iter().flatten() {
        let words: Vec<_> = name.split([':', '-', '_', '.']).map(str::to_ascii_lowercase).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let runs = has(RUNS) && !has(WORKS_ON);
        let words = line.as_str().unwrap_or_default().split([' ', '"', '\'', ';', '&', '|', '=']);
        let is_program =
            |word: &&str| [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".py"].iter().any(|end| word.ends_with(end));
        found.extend(words.filter(is_program).map(|word| (plain(word), runs)));
    }
    found
}

fn plain(path: &str) -> String {
    path.trim_start_matches("./").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scripts_start() {
        for (manifest, expected) in [
            (r#"{"scripts": {"start": "node server.js", "release": "node tools.js && node ./server.js"}}"#, "tools.js"),
            (r#"{"scripts": {"start-pr-test": "node checkout.js && npm run dev"}}"#, "checkout.js"),
            (r#"{"scripts": {"start:worker": "tsx 'worker.ts'", "reset-password": "node reset.js"}}"#, "reset.js"),
            (r#"{"main": "./a.js", "bin": {"b": "./b.js"}, "scripts": {"pack": "node a.js b.js c.js"}}"#, "c.js"),
            (r#"{"bin": "a.js", "scripts": {"test": "node a.js"}}"#, ""),
            (r#"{"scripts": [1], "bin": 1}"#, ""),
        ] {
            let Ok(Value::Object(manifest)) = serde_json::from_str(manifest) else { panic!("{manifest}") };
            let mut found: BTreeMap<String, bool> = BTreeMap::new();
            for (path, runs) in started(&manifest) {
                *found.entry(path).or_default() |= runs;
            }
            let tools: Vec<_> = found.iter().filter(|(_, runs)| !**runs).map(|(path, _)| path.as_str()).collect();
            assert_eq!(tools.join(" "), expected);
        }
    }
}
