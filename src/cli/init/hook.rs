//! The entry for pre-commit: in the list that a project has, or in a file of its own.

use crate::cli::generated::Generated;
use crate::error::Error;
use crate::project::files::Files;
use crate::source::Span;
use crate::tree::yaml;

/// Where pre-commit looks for its hooks.
const FILE: &str = ".pre-commit-config.yaml";

const ENTRY: &str = "- repo: local\n  hooks:\n    - id: sparkcfg\n      name: sparkcfg validate\n      entry: sparkcfg validate --staged\n      language: system\n      pass_filenames: false\n      always_run: true\n";

/// What other managers of hooks leave in the folder of a project.
const OTHERS: &[&str] = &[
    ".husky",
    ".huskyrc",
    ".huskyrc.json",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".lefthook.toml",
    ".overcommit.yml",
    ".simple-git-hooks.json",
    ".githooks",
    "captainhook.json",
    "lefthook.json",
    "lefthook.toml",
    "lefthook.yaml",
    "lefthook.yml",
    "prek.toml",
    "simple-git-hooks.json",
];

/// The same within `package.json`.
const IN_PACKAGE: &[&str] = &["husky", "lefthook", "simple-git-hooks", "pre-commit", "yorkie", "ghooks"];

/// The file with the entry, where it lacks it; a text is why there can be none.
pub(super) fn hook(files: &Files) -> Result<Result<Option<Generated>, String>, Error> {
    let file = Generated::within(files, FILE)?;
    let Some(before) = file.before.clone() else {
        return Ok(Ok(takes_one(files)?.then(|| file.holding(format!("repos:\n{ENTRY}")))));
    };
    if before.contains("sparkcfg") {
        return Ok(Ok(None));
    }
    match with_entry(&before) {
        Some(after) => Ok(Ok(Some(file.holding(after)))),
        None => Ok(Err(format!("left {} as it is: there is no list of repos that it could add to", file.shown))),
    }
}

/// Whether a project that has no hooks of pre-commit has git, and nothing else that runs hooks.
fn takes_one(files: &Files) -> Result<bool, Error> {
    let root = files.root();
    if !root.join(".git").exists() || OTHERS.iter().any(|name| root.join(name).exists()) {
        return Ok(false);
    }
    let package = files.read_if_there("package.json")?.unwrap_or_default();
    let package: serde_json::Value = serde_json::from_slice(&package).unwrap_or_default();
    let members = ["devDependencies", "dependencies"].map(|name| &package[name]);
    let has = |name: &&&str| package.get(**name).is_some() || members.iter().any(|list| list.get(**name).is_some());
    Ok(!IN_PACKAGE.iter().any(|name| has(&name)))
}

/// The text with the entry at the end of its list, and nothing else changed; `None` where there is no list that is written one
/// item below the other, or where that is not what comes of it.
fn with_entry(before: &str) -> Option<String> {
    let ends = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let (place, rest) =
        lines.iter().enumerate().find_map(|(place, line)| Some((place, line.strip_prefix("repos:")?.trim())))?;
    let (value, comment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let is_of_list = |line: &&&str| line.starts_with([' ', '\t', '-', '#', '\r', '\n']) && !line.starts_with("---");
    let list: Vec<&str> = lines[place + 1..].iter().take_while(is_of_list).copied().collect();
    // A comment at the margin is about what follows it.
    let length = list.iter().rposition(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let length = length.map_or(0, |last| last + 1);
    let first = list.iter().find(|line| line.trim_start().starts_with('-'));
    let indent = first.map_or("", |line| &line[..line.len() - line.trim_start_matches(' ').len()]);
    let head = match value.trim() {
        "" if first.is_some() => lines[place].to_owned(),
        "" | "[]" if length == 0 => {
            let comment = if comment.is_empty() { String::new() } else { format!("  {comment}") };
            format!("repos:{comment}{ends}")
        }
        _ => return None,
    };
    let mut after = lines[..place].concat() + &head + &list[..length].concat();
    if !after.ends_with('\n') {
        after.push_str(ends);
    }
    after.extend(ENTRY.lines().flat_map(|line| [indent, line, ends]));
    after.push_str(&lines[place + 1 + length..].concat());
    let has = |text: &str| count(text).unwrap_or_default();
    (has(&after) == has(before) + 1).then_some(after)
}

/// How many repos the list has.
fn count(text: &str) -> Option<usize> {
    let documents = yaml::parse(Span::NOWHERE.source, text).ok()?;
    Some(documents.roots.first()?.get("repos")?.items().count())
}

#[cfg(test)]
mod tests {
    use super::{ENTRY, with_entry};

    #[test]
    fn nothing_else_changes() {
        let indented = |by: &str| ENTRY.lines().flat_map(|line| [by, line, "\n"]).collect::<String>();
        let (flat, two, four) = (indented(""), indented("  "), indented("    "));
        for (before, expected) in [
            (
                "repos:\n- repo: x\n  hooks:\n  - id: y\n",
                Some(format!("repos:\n- repo: x\n  hooks:\n  - id: y\n{flat}")),
            ),
            ("repos:\n  - repo: x", Some(format!("repos:\n  - repo: x\n{two}"))),
            (
                "default_stages: [push]\nrepos:  # ours\n    - repo: x\n    # - repo: z\n",
                Some(format!("default_stages: [push]\nrepos:  # ours\n    - repo: x\n    # - repo: z\n{four}")),
            ),
            ("repos: []\n", Some(format!("repos:\n{flat}"))),
            ("repos: [] # none\nci:\n  skip: [y]\n", Some(format!("repos:  # none\n{flat}ci:\n  skip: [y]\n"))),
            (
                "repos:\n- repo: x\n\n# for pre-commit.ci\nci:\n  skip: [y]\n",
                Some(format!("repos:\n- repo: x\n{flat}\n# for pre-commit.ci\nci:\n  skip: [y]\n")),
            ),
            ("---\nrepos:\n- repo: x\n...\n", Some(format!("---\nrepos:\n- repo: x\n{flat}...\n"))),
            ("repos: [{repo: x}]\n", None),
            ("repos: [\n]\n", None),
            ("ci: {}\n", None),
            ("repos: {", None),
            ("", None),
        ] {
            assert_eq!(with_entry(before), expected, "{before}");
        }
        let windows = with_entry("repos:\r\n- repo: x\r\nci: {}\r\n").unwrap();
        assert!(!windows.replace("\r\n", "").contains('\n') && windows.ends_with("\r\nci: {}\r\n"), "{windows}");
    }
}
