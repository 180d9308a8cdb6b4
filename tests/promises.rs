//! What the project says of itself is so: a code is a file, a page and a folder of cases; exit codes; formats; README.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

mod console;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use console::{difference, run};
use sparkcfg::{checks, outputs};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn codes() -> BTreeSet<String> {
    checks::ALL.iter().map(|check| check.rule.code.to_owned()).collect()
}

/// The commands, as `--help` lists them.
fn commands() -> BTreeSet<String> {
    commands_of("sparkcfg")
}

/// The commands that the help of `command` lists.
fn commands_of(command: &str) -> BTreeSet<String> {
    let home = tempfile::tempdir().unwrap();
    let help = run(&format!("{command} --help"), root(), home.path()).stdout;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect()
}

#[test]
fn a_code_is_listed_once_and_in_order() {
    let codes: Vec<_> = checks::ALL.iter().map(|check| check.rule.code).collect();
    assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
    for code in codes {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
        assert_eq!(checks::find(code).map(|rule| rule.code), Some(code));
    }
}

#[test]
fn a_code_is_a_file() {
    let holds_rule =
        |name: &String| fs::read_to_string(root().join("src/checks").join(name)).unwrap().contains("static RULE: Rule");
    let files: BTreeSet<_> = names("src/checks").into_iter().filter(holds_rule).collect();
    let expected: BTreeSet<_> = codes().iter().map(|code| format!("{}.rs", code.replace('-', "_"))).collect();
    assert_eq!(files, expected);
}

#[test]
fn a_code_has_cases_and_cases_have_a_code() {
    let groups = names("tests/cases");
    let known = &codes() | &commands();
    let strangers: Vec<_> = groups.difference(&known).collect();
    assert!(strangers.is_empty(), "neither a code nor a command: {strangers:?}");
    for code in codes() {
        assert!(groups.contains(&code), "{code} has no case");
        let (good, bad): (Vec<_>, Vec<_>) =
            names(&format!("tests/cases/{code}")).into_iter().partition(|name| name.starts_with("good-"));
        assert!(!good.is_empty(), "{code} has no good case");
        assert!(!bad.is_empty(), "{code} has no bad case");
    }
}

#[test]
fn a_code_has_a_page() {
    let home = tempfile::tempdir().unwrap();
    let list = run("sparkcfg explain", home.path(), home.path());
    assert_eq!((list.code, list.stdout.lines().count()), (0, checks::ALL.len()), "{}", list.shown());
    for (check, line) in checks::ALL.iter().zip(list.stdout.lines()) {
        let rule = check.rule;
        let code = rule.code;
        let page = rule.explanation();
        assert!(page.contains("Remedy: "), "{code}: no remedy");
        assert!(page.lines().next().is_some_and(|first| first.ends_with('.')), "{code}: no first sentence");
        assert!(page.len() > 150, "{code}: {} bytes are no page", page.len());
        assert!(!rule.summary.is_empty() && !rule.summary.ends_with('.'), "{code}: {}", rule.summary);
        for word in [code, rule.severity.name(), rule.summary] {
            assert!(line.contains(word), "{line} does not say {word}");
        }
        let printed = run(&format!("sparkcfg explain {code}"), home.path(), home.path());
        assert_eq!(printed.stdout, format!("{code} ({})\n\n{page}\n", rule.severity.name()));
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{code}");
    }
}

/// A page may not promise an option that there is not.
#[test]
fn pages_name_only_options_that_exist() {
    let home = tempfile::tempdir().unwrap();
    let verbs = commands_of("sparkcfg secrets").into_iter().map(|verb| format!("secrets {verb}"));
    let helps: String = commands()
        .into_iter()
        .chain(verbs)
        .filter(|command| !command.ends_with("help"))
        .map(|command| run(&format!("sparkcfg {command} --help"), root(), home.path()).stdout)
        .collect();
    let option = regex::Regex::new(r"--[a-z][a-z-]+").unwrap();
    let promised = checks::ALL.iter().flat_map(|check| {
        let page = check.rule.explanation();
        option.find_iter(&page).map(|found| (check.rule.code, found.as_str().to_owned())).collect::<Vec<_>>()
    });
    let empty: Vec<_> = promised.filter(|(_, option)| !helps.contains(option.as_str())).collect();
    assert!(empty.is_empty(), "{empty:?}");
}

#[test]
fn exit_codes() {
    let home = tempfile::tempdir().unwrap();
    let good = "tests/cases/wrong-type/good-numbers-and-switches-are-what-they-say";
    let bad = "tests/cases/wrong-type/a-worker-count-in-words";
    let warned = "tests/cases/key-without-value/a-key-waits-for-whoever-starts-the-container";
    for (line, expected) in [
        (format!("sparkcfg validate --project {good}"), 0),
        (format!("sparkcfg validate --project {good} --fail-on note"), 0),
        (format!("sparkcfg validate --project {bad}"), 1),
        (format!("sparkcfg validate --project {bad} --fail-on never"), 0),
        (format!("sparkcfg validate --project {bad} -qq"), 1),
        (format!("sparkcfg validate --project {warned}"), 0),
        (format!("sparkcfg validate --project {warned} --fail-on warning"), 1),
        (format!("sparkcfg validate --project {bad} nowhere"), 2),
        (format!("sparkcfg validate --project {bad} --identity nowhere.txt"), 2),
        (format!("sparkcfg validate --project {bad} --output json=no/such/folder/report.json"), 2),
        (format!("sparkcfg validate --project {bad} --output odd=report"), 2),
        ("sparkcfg validate --project nowhere".to_owned(), 2),
        ("sparkcfg validate --project tests/console".to_owned(), 2),
        ("sparkcfg validate --format odd".to_owned(), 2),
        ("sparkcfg validate --odd".to_owned(), 2),
        ("sparkcfg odd".to_owned(), 2),
        ("sparkcfg".to_owned(), 2),
        ("sparkcfg --help".to_owned(), 0),
        ("sparkcfg --version".to_owned(), 0),
        ("sparkcfg explain missing-key".to_owned(), 0),
        ("sparkcfg explain no-such-thing --project tests/console".to_owned(), 2),
    ] {
        let ran = run(&line, root(), home.path());
        assert_eq!(ran.code, expected, "{line}\n{}", ran.shown());
    }
}

#[test]
fn a_format_is_listed_and_changes_no_verdict() {
    let home = tempfile::tempdir().unwrap();
    let help = run("sparkcfg validate --help", root(), home.path()).stdout;
    for output in outputs::ALL {
        let name = output.name;
        assert!(help.contains(&format!("- {name}:")) && help.contains(output.summary), "--help does not list {name}");
        for (project, expected) in [
            ("tests/cases/wrong-type/good-numbers-and-switches-are-what-they-say", 0),
            ("tests/cases/wrong-type/a-worker-count-in-words", 1),
        ] {
            let ran = run(&format!("sparkcfg validate --project {project} --format {name}"), root(), home.path());
            assert_eq!((ran.code, ran.stderr.as_str()), (expected, ""), "{name}");
            assert!(ran.stdout.is_empty() || ran.stdout.ends_with('\n'), "{name}");
            let file = home.path().join(name);
            let both = format!("sparkcfg validate --project {project} -qq --output {name}={}", file.display());
            assert_eq!(run(&both, root(), home.path()).code, expected, "{name}");
            assert!(file.is_file(), "--output {name} wrote nothing");
        }
    }
}

/// Every `console` block of the README that starts with `$ sparkcfg` runs, and shows what stands there.
#[test]
fn readme_commands() {
    let home = tempfile::tempdir().unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap_or_default();
    let differences: Vec<_> = console_blocks(&readme)
        .into_iter()
        .filter_map(|(line, expected)| {
            let shown = run(&line, root(), home.path()).shown();
            let trimmed: String = shown.lines().map(|line| format!("{}\n", line.trim_end())).collect();
            difference(&line, expected.trim_end(), trimmed.trim_end())
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The commands of `console` blocks with what stands under each.
fn console_blocks(text: &str) -> Vec<(String, String)> {
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    let mut found = Vec::new();
    for block in blocks.filter(|block| block.starts_with("$ sparkcfg ")) {
        for part in block.strip_prefix("$ ").unwrap_or(block).split("\n$ ") {
            let (line, output) = part.split_once('\n').unwrap_or((part, ""));
            // `[exit 1]` may stand last, as in the transcripts.
            let output = output.trim_end();
            let output = output
                .rsplit_once('\n')
                .filter(|(_, last)| last.starts_with("[exit "))
                .map_or(output, |(rest, _)| rest);
            found.push((line.to_owned(), output.to_owned()));
        }
    }
    found
}

#[test]
fn console_blocks_are_found() {
    let text = "a\n```console\n$ sparkcfg explain\nlist\n\n$ sparkcfg validate\nbad\n[exit 1]\n```\n```console\n$ cargo test\n```\n";
    let expected = [("sparkcfg explain", "list"), ("sparkcfg validate", "bad")];
    assert_eq!(console_blocks(text), expected.map(|(line, output)| (line.to_owned(), output.to_owned())));
}
