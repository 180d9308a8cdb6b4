//! Who may import whom: only rows above one's own, and no member of a table another one.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// The modules, from the row that everything may import to the one that nothing may.
const ROWS: &[&[&str]] = &[
    &["source", "secret", "suggestion", "detection", "identity", "abridging"],
    &["finding", "layer", "masking", "schema", "interpolation", "envelope", "tree"],
    &["error", "dialects", "environment", "ignores", "plain", "compose", "pm2"],
    &["stores", "drift", "typed", "model", "portable", "quoting", "uses"],
    &["project", "page"],
    &["checks", "report", "targets", "rendering", "merge", "reference", "bindings", "inference"],
    &["outputs"],
    &["cli", "lib", "main"],
];

/// The last row: its modules are one program.
const TOP: usize = 7;

/// Folders whose members know nothing of each other.
const TABLES: &[&str] = &["dialects", "checks", "stores", "targets", "outputs", "reference", "bindings"];

/// Files within a table that are no members but serve them.
const SHARED: &[[&str; 2]] = &[
    ["checks", "advice"],
    ["checks", "behind_quote"],
    ["checks", "assignments"],
    ["checks", "comparison"],
    ["checks", "concealment"],
    ["checks", "consequences"],
    ["checks", "difference"],
    ["checks", "edits"],
    ["checks", "following"],
    ["checks", "matrix"],
    ["checks", "line_ends"],
    ["checks", "lookalikes"],
    ["checks", "mending"],
    ["checks", "one_mistake"],
    ["checks", "part"],
    ["checks", "reader"],
    ["checks", "references"],
    ["checks", "respelling"],
    ["checks", "runner"],
    ["checks", "second_reading"],
    ["checks", "settling"],
    ["checks", "side_effects"],
    ["checks", "slips"],
    ["checks", "spelling"],
    ["checks", "stumbling"],
    ["checks", "subject"],
    ["checks", "tables"],
    ["checks", "traps"],
    ["checks", "delivery"],
    ["checks", "image"],
    ["checks", "deployed"],
    ["checks", "view"],
    ["checks", "words"],
    ["checks", "wreckage"],
    ["dialects", "chain"],
    ["dialects", "families"],
    ["dialects", "text"],
    ["targets", "lines"],
    ["bindings", "identifiers"],
    ["bindings", "shape"],
    ["reference", "example"],
    ["reference", "kind"],
    ["reference", "markers"],
];

#[test]
fn imports_go_upward() {
    let violations = violations(&sources());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Text in, data out: only the project's reader and the command line touch the machine.
#[test]
fn only_the_edges_touch_the_machine() {
    let touching = Regex::new(r"\bstd::(fs|env|process|thread)\b|\b(e?print(ln)?|dbg)!").unwrap();
    let files = sources();
    let inner = files.iter().filter(|(path, _)| {
        !path.starts_with("project/") && !path.starts_with("cli/") && path != "main.rs" && path != "lib.rs"
    });
    let inner: Vec<_> = inner.collect();
    assert!(inner.len() > 50);
    let found = inner
        .iter()
        .flat_map(|(path, text)| touching.find_iter(text).map(move |found| format!("{path} uses {}", found.as_str())));
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The source files, as paths within `src/` and what of their text is no test and no comment.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let parts = path.strip_prefix(&root).unwrap().components();
                let parts: Vec<_> = parts.map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
                found.push((parts.join("/"), code(&fs::read_to_string(&path).unwrap())));
            }
        }
    }
    // A file of tests may import what it tests with.
    found.retain(|(path, _)| !path.ends_with("tests.rs") && !path.contains("tests/"));
    found.sort();
    found
}

/// The text without its comments and without the tests at its foot.
fn code(text: &str) -> String {
    let tests = Regex::new(r"(?m)^#\[cfg\((all\()?test[^\n]*\n(#\[[^\n]*\n)*mod \w+ \{").unwrap();
    let end = tests.find(text).map_or(text.len(), |found| found.start());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn violations(files: &[(String, String)]) -> Vec<String> {
    let members: BTreeSet<_> = files.iter().filter_map(|(path, _)| member(&module(path))).collect();
    let mut found = Vec::new();
    for (path, text) in files {
        let own = module(path);
        let Some(own_row) = row(&own[0]) else {
            found.push(format!("{path}: a module without a row"));
            continue;
        };
        for target in imports(&own, text) {
            let name = target.join("::");
            // A name that is no module is one that the crate's root gives out.
            let target_row = row(&target[0]).unwrap_or(TOP);
            if target[0] != own[0] && target_row >= own_row && own_row != TOP {
                found.push(format!("{path} imports {name}, which is no row above"));
            }
            let (mine, other) = (member(&own), member(&target).filter(|other| members.contains(other)));
            if let (Some(mine), Some(other)) = (mine, other)
                && mine != other
            {
                found.push(format!("{path} imports {name}, another member of its table"));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The table and the member that a module belongs to.
fn member(module: &[String]) -> Option<[String; 2]> {
    let [table, name, ..] = module else { return None };
    let shared = SHARED.contains(&[table.as_str(), name.as_str()]);
    (TABLES.contains(&table.as_str()) && !shared).then(|| [table.clone(), name.clone()])
}

/// `stores/sops/seal.rs` is the module `stores::sops::seal`, `checks/mod.rs` is `checks`.
fn module(path: &str) -> Vec<String> {
    let mut parts: Vec<_> = path.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// What a text refers to by `crate::` or `super::`, from the crate's root on.
fn imports(own: &[String], text: &str) -> Vec<Vec<String>> {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:crate|super)(?:\s*::\s*\w+)*(?:\s*::\s*\{)?").unwrap());
    let mut found = Vec::new();
    for path in PATH.find_iter(text) {
        let words: Vec<_> = path.as_str().split("::").map(str::trim).collect();
        let (group, words) = match words.split_last() {
            Some((&"{", words)) => (heads(&text[path.end()..]), words),
            _ => (vec![String::new()], words.as_slice()),
        };
        let mut base = if words[0] == "crate" { Vec::new() } else { own.to_vec() };
        base.extend(
            (words[0] == "super").then(|| vec![String::new(); enclosing(text, path.start())]).into_iter().flatten(),
        );
        for word in words {
            match *word {
                "crate" => {}
                "super" => drop(base.pop()),
                word => base.push(word.to_owned()),
            }
        }
        for head in group {
            let target: Vec<_> = base.iter().cloned().chain((!head.is_empty()).then_some(head)).collect();
            if !target.is_empty() {
                found.push(target);
            }
        }
    }
    found
}

/// How many modules within the file hold the byte `at`; `super` in one of them is the file itself.
fn enclosing(text: &str, at: usize) -> usize {
    static MODULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bmod \w+ \{").unwrap());
    let open = |from: usize| {
        let mut depth = 1;
        text[from..at].chars().all(|character| {
            depth += i32::from(character == '{') - i32::from(character == '}');
            depth > 0
        })
    };
    MODULE.find_iter(&text[..at]).filter(|module| open(module.end())).count()
}

/// The first name of each item of a group, up to its closing brace.
fn heads(text: &str) -> Vec<String> {
    let (mut depth, mut heads, mut item) = (0, Vec::new(), String::new());
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(character),
            _ => {}
        }
    }
    heads.push(item);
    let first = |item: &String| item.trim().split([':', ' ']).next().unwrap_or_default().to_owned();
    heads.iter().map(first).filter(|head| !head.is_empty() && head != "self" && head != "*").collect()
}

#[test]
fn made_up_imports_are_judged() {
    for (path, text, expected) in [
        ("layer.rs", "use crate::source::Span;", None),
        ("source.rs", "use crate::layer::Layer;", Some("source.rs imports layer::Layer, which is no row above")),
        ("layer.rs", "use crate::finding::Finding;", Some("layer.rs imports finding::Finding, which is no row above")),
        (
            "layer.rs",
            "use crate::{source::Span, cli::{run, Global}};",
            Some("layer.rs imports cli, which is no row above"),
        ),
        (
            "layer.rs",
            "fn f() { crate::project::discover() }",
            Some("layer.rs imports project::discover, which is no row above"),
        ),
        ("layer.rs", "use super::report::Report;", Some("layer.rs imports report::Report, which is no row above")),
        ("layer.rs", "use crate::Project;", Some("layer.rs imports Project, which is no row above")),
        ("cli/show.rs", "use super::printing; use crate::outputs;", None),
        ("cli/show.rs", "use crate::main;", None),
        ("utils.rs", "", Some("utils.rs: a module without a row")),
        ("schema/plan.rs", "use super::value::Types;", None),
        ("layer.rs", "mod inner {\n use super::report::Report; }", None),
        (
            "layer.rs",
            "mod inner {}\nuse super::report::Report;",
            Some("layer.rs imports report::Report, which is no row above"),
        ),
        ("checks/syntax.rs", "use super::{File, Subject};", None),
        ("checks/syntax.rs", "use super::comparison::told;", None),
        (
            "checks/syntax.rs",
            "use super::{\n    File,\n    wrong_type,\n};",
            Some("checks/syntax.rs imports checks::wrong_type, another member of its table"),
        ),
        (
            "checks/syntax.rs",
            "crate::checks::wrong_type::RULE",
            Some("checks/syntax.rs imports checks::wrong_type::RULE, another member of its table"),
        ),
        ("checks/mod.rs", "use self::syntax; fn f() { crate::checks::syntax::check() }", None),
        ("stores/sops/seal.rs", "use super::cipher; use super::super::offset; use crate::stores::Order;", None),
        (
            "stores/sops/seal.rs",
            "use super::super::age;",
            Some("stores/sops/seal.rs imports stores::age, another member of its table"),
        ),
        ("outputs/json.rs", "pub(super) fn write() {}", None),
    ] {
        let others = ["checks/wrong_type.rs", "checks/comparison.rs", "stores/age.rs", "outputs/human.rs"];
        let mut files = vec![(path.to_owned(), code(text))];
        files.extend(others.map(|path| (path.to_owned(), String::new())));
        assert_eq!(violations(&files), Vec::from_iter(expected.map(ToOwned::to_owned)), "{path}: {text}");
    }
}

#[test]
fn comments_and_tests_import_nothing() {
    for (text, expected) in [
        ("use a;\n// crate::cli\n", "use a;"),
        ("//! crate::cli\n", ""),
        ("use a;\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\n", "use a;"),
        ("use a;\n#[cfg(all(test, unix))]\n#[allow(x)]\nmod tests {\n use crate::cli;\n}\n", "use a;"),
    ] {
        assert_eq!(code(text).trim(), expected, "{text}");
    }
}
