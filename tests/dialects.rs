//! Every reader against what the real programs answered; see `tests/data/dialects/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::format_collect,
    clippy::print_stdout,
    reason = "a failed unwrap is the failure of the test, and the counts are for people"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};
use sparkcfg::dialects::{self, Process};

/// Our reader, the recorded parser it stands for, and the sibling that was run in its place on some of the cases.
const READERS: &[(&str, &str, &str)] = &[
    ("compose", "compose2_env_file", "compose2_env_file"),
    ("compose-interpolation", "compose2_envfile_flag", "compose2_envfile_flag"),
    ("compose-raw", "compose2_env_file_raw", "docker_run"),
    ("docker-run", "docker_run", "docker_run"),
    ("python-dotenv", "python_load", "python_load"),
    ("node-dotenv", "dotenv_js_18", "dotenv_js_18_load"),
    ("dotenv-expand", "dotenv_expand_18", "dotenv_expand_17"),
    ("node", "node26_envfile", "node24_envfile"),
    ("dotenvy", "dotenvy_iter", "dotenvy_load"),
    ("godotenv", "godotenv_read", "godotenv_load"),
    ("ruby-dotenv", "ruby_32", "ruby_32"),
    ("shell", "dash_source", "dash_source"),
    ("make", "make_export", "make_export"),
    ("systemd", "systemd_252", "systemd_262"),
    ("bun", "bun", "bun"),
    ("deno", "deno", "deno"),
    ("uv", "uv", "uv"),
    ("split", "split_first", "split_first"),
];

/// Cases that cannot agree, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("node", "keyonly-from-env", SEEN_IN_ENVIRONMENT),
    ("bun", "keyonly-from-env", SEEN_IN_ENVIRONMENT),
    ("deno", "keyonly-from-env", SEEN_IN_ENVIRONMENT),
    ("uv", "keyonly-from-env", SEEN_IN_ENVIRONMENT),
    ("shell", "keyonly-from-env", SEEN_IN_ENVIRONMENT),
    ("dotenv-expand", "interp-cmd-dollar-paren", RUNS_A_COMMAND),
    ("dotenv-expand", "interp-cmd-dollar-paren-dq", RUNS_A_COMMAND),
    ("dotenv-expand", "interp-make-paren", RUNS_A_COMMAND),
    ("ruby-dotenv", "interp-cmd-dollar-paren", RUNS_A_COMMAND),
    ("ruby-dotenv", "interp-cmd-dollar-paren-dq", RUNS_A_COMMAND),
    ("ruby-dotenv", "interp-make-paren", RUNS_A_COMMAND),
    ("shell", "interp-cmd-dollar-paren", RUNS_A_COMMAND),
    ("shell", "interp-cmd-dollar-paren-dq", RUNS_A_COMMAND),
    ("shell", "interp-double-dollar-brace", PROCESS_ID),
    ("shell", "pw-dollar-bang", PROCESS_ID),
];
const SEEN_IN_ENVIRONMENT: &str = "the file sets nothing; the recorder saw the variable of the process environment";
const RUNS_A_COMMAND: &str = "the real one runs a command";
const PROCESS_ID: &str = "`$$` is the number of the shell's process";

#[path = "dialects/compose.rs"]
mod compose;

struct Case {
    id: String,
    file: Vec<u8>,
    process: Process,
    outcomes: Vec<Value>,
}

fn cases() -> Vec<Case> {
    let lines = include_str!("data/dialects/cases.jsonl").lines();
    // A lone surrogate stands for a byte that is not UTF-8; we give `U+FFFD` for it.
    lines.map(|line| case(&serde_json::from_str(&line.replace("\\udcff", "\\ufffd")).unwrap())).collect()
}

fn case(recorded: &Value) -> Case {
    let text = |name: &str| recorded[name].as_str();
    let file = if let Some(text) = text("text") {
        text.as_bytes().to_vec()
    } else if let Some(encoded) = text("b64") {
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap()
    } else {
        repeated(recorded["repeat"].as_array().unwrap())
    };
    let mut process: Process = serde_json::from_value(recorded["env"].clone()).unwrap_or_default();
    // The recorder's home.
    process.insert("HOME".to_owned(), "/home/user".to_owned());
    let outcomes = recorded["outcomes"].as_array().unwrap().clone();
    Case { id: text("id").unwrap().to_owned(), file, process, outcomes }
}

/// `[before, text, times, after]`.
fn repeated(parts: &[Value]) -> Vec<u8> {
    let text = |at: usize| parts[at].as_str().unwrap();
    let times = usize::try_from(parts[2].as_u64().unwrap()).unwrap();
    format!("{}{}{}", text(0), text(1).repeat(times), text(3)).into_bytes()
}

/// Long values are recorded by length and hash.
fn abridged(value: &str) -> String {
    if value.chars().count() <= 200 {
        return value.to_owned();
    }
    let hash: String = Sha256::digest(value).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("<len={} sha256={hash}>", value.len())
}

type Answer = (bool, BTreeMap<String, Option<String>>);

fn recorded(case: &Case, parser: &str) -> Option<Answer> {
    let outcome =
        case.outcomes.iter().find(|outcome| outcome["parsers"].as_array().unwrap().contains(&parser.into()))?;
    Some((outcome["error"] == true, serde_json::from_value(outcome["vars"].clone()).unwrap()))
}

fn ours(case: &Case, reader: &str) -> Answer {
    let reading = (dialects::find(reader).unwrap().read)(&case.file, &case.process);
    // The commands in these files are none, and so they gave nothing.
    let given = |value: &str| abridged(&value.replace(dialects::UNKNOWN, ""));
    let vars = reading.vars.into_iter().map(|variable| (variable.key, variable.value.as_deref().map(given)));
    (reading.error.is_some(), vars.collect())
}

#[test]
fn every_reader_agrees_with_the_real_one() {
    let (mut failures, mut counts) = (Vec::new(), Vec::new());
    for (reader, parser, sibling) in READERS {
        let (mut agreed, mut all) = (0, 0);
        for case in cases() {
            let Some(expected) = recorded(&case, parser).or_else(|| recorded(&case, sibling)) else { continue };
            all += 1;
            let found = ours(&case, reader);
            let excused = EXCEPTIONS.iter().any(|(of, id, _)| of == reader && *id == case.id);
            if found == expected {
                agreed += 1;
                assert!(!excused, "{reader} agrees on {}: take it off the list", case.id);
            } else if !excused {
                let file: String = String::from_utf8_lossy(&case.file).chars().take(200).collect();
                failures.push(format!("{reader} {}: {file:?}\n  expected {expected:?}\n  found    {found:?}", case.id));
            }
        }
        println!("{reader}: {agreed} of {all}");
        counts.push(format!("| `{reader}` | {agreed} |"));
    }
    assert!(failures.is_empty(), "{}\n{} differ", failures.join("\n"), failures.len());
    table_in_readme(&counts);
}

/// The cases that `read --as` answers otherwise than the parser alone: what loading a file leaves, and what only a program
/// knows. The page names them.
#[test]
fn what_read_answers_otherwise_is_said() {
    const PAGE: &str = include_str!("../docs/readers.md");
    const LOADED: &[&str] = &["dup-env-and-file", "interp-env-vs-file", "interp-self-env"];
    const WITHOUT_NAME: &[&str] = &["dup-env-and-file", "interp-env-vs-file", "interp-self-env", "keyonly-empty-key"];
    for (reader, ..) in READERS {
        let dialect = dialects::find(reader).unwrap();
        let (mut loaded, mut unknown) = (Vec::new(), 0);
        for case in cases() {
            let parsed = (dialect.read)(&case.file, &case.process);
            let arrived = dialects::read_in_turn(&[dialect], &case.file, &case.process);
            let is_excused = EXCEPTIONS.iter().any(|(of, id, _)| of == reader && *id == case.id);
            unknown += usize::from(!is_excused && parsed.vars.iter().any(dialects::Variable::is_unknown));
            if parsed != arrived {
                loaded.push(case.id);
            }
        }
        loaded.sort();
        let (cases, commands): (&[&str], usize) = match *reader {
            "node-dotenv" | "dotenvy" => (LOADED, 0),
            "godotenv" => (WITHOUT_NAME, 0),
            "shell" => (&[], 3),
            _ => (&[], 0),
        };
        assert_eq!(
            (loaded.iter().map(String::as_str).collect::<Vec<_>>(), unknown),
            (cases.to_vec(), commands),
            "{reader}"
        );
        assert!(cases.iter().all(|id| PAGE.contains(&format!("`{id}`"))), "{reader}");
    }
}

/// The counts stand in the README, three readers a line; `UPDATE=1` writes them anew.
fn table_in_readme(counts: &[String]) {
    const START: &str = "<!-- agreement -->\n";
    const END: &str = "<!-- /agreement -->";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let rows: String = counts.chunks(3).map(|row| row.concat().replace("||", "|") + "\n").collect();
    let table = format!("{0}\n{1}\n{rows}", "| reader | agrees ".repeat(3) + "|", "|---".repeat(6) + "|");
    let (before, rest) = readme.split_once(START).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, [before, START, &table, END, after].concat()).unwrap();
    } else {
        assert!(found == table, "README.md counts otherwise: UPDATE=1 cargo test --test dialects");
    }
}

/// What was measured under `-include .env` and `export`: loaders keep what make has read, and programs that hand the
/// file's own values on do not.
#[test]
fn what_make_has_read_arrives_where_the_environment_wins() {
    let file = b"DB_PASSWORD=pa#ss\nAPI_KEY=\"quoted\"\nTOKEN=a$bc\n";
    let process = Process::from([("HOME".to_owned(), "/home/user".to_owned())]);
    let of_make = ["pa", "\"quoted\"", "ac"];
    for (reader, expected) in [
        ("compose-interpolation", of_make),
        ("python-dotenv", of_make),
        ("node-dotenv", of_make),
        ("dotenv-expand", of_make),
        ("node", of_make),
        ("dotenvy", of_make),
        ("godotenv", of_make),
        ("ruby-dotenv", of_make),
        ("bun", of_make),
        ("deno", of_make),
        ("uv", of_make),
        ("compose", ["pa#ss", "quoted", "a"]),
        ("compose-raw", ["pa#ss", "\"quoted\"", "a$bc"]),
        ("docker-run", ["pa#ss", "\"quoted\"", "a$bc"]),
        ("make", of_make),
        ("shell", ["pa#ss", "quoted", "a"]),
        ("systemd", ["pa#ss", "quoted", "a$bc"]),
        ("split", ["pa#ss", "quoted", "a$bc"]),
    ] {
        let chain = ["make", reader].map(|name| dialects::find(name).unwrap());
        let reading = dialects::read_in_turn(&chain, file, &process);
        let arrived = ["DB_PASSWORD", "API_KEY", "TOKEN"].map(|key| reading.value(key).unwrap_or_default());
        assert_eq!(arrived, expected, "make > {reader}");
    }
}

/// As dash 0.5.12 answered.
#[test]
fn shells_work_out_what_stands_in_front_of_a_command() {
    for (file, expected) in [
        ("A=${B:=x} nocmd\n", Some(&[("B", "x")][..])),
        ("${U= }\nA=1\n", Some(&[("U", " "), ("A", "1")])),
        ("A=1 ${U= }\n", Some(&[("U", " "), ("A", "1")])),
        ("${U= a b}\nC=1\n", Some(&[("U", " a b"), ("C", "1")])),
        ("A=éx\nK=${#A}\n", Some(&[("A", "éx"), ("K", "3")])),
        ("A= \r\nB=1\n", Some(&[("B", "1")])),
        ("L=${} x\n", None),
        ("A=${B?} nocmd\nC=1\n", None),
    ] {
        let reading = (dialects::find("shell").unwrap().read)(file.as_bytes(), &Process::new());
        let mut found: Vec<_> =
            reading.vars.iter().map(|one| (one.key.as_str(), one.value.as_deref().unwrap())).collect();
        found.sort_by_key(|(key, _)| file.find(key));
        let mut expected = expected.map(<[_]>::to_vec);
        if let Some(expected) = &mut expected {
            expected.sort_by_key(|(key, _)| file.find(key));
        }
        assert_eq!(reading.error.is_none().then_some(found), expected, "{file}");
    }
}

/// As dash 0.5.12 answered: what stands in a command is read as a program, with its comments, backticks and references.
#[test]
fn shells_find_the_end_of_a_command() {
    for (file, expected) in [
        ("A=$(echo x # y)\nB=1)\nC=2\n", Some(&["A", "C"][..])),
        ("A=$(echo ;# 'x\n)\nB=1\n", Some(&["A", "B"])),
        ("A=$(echo a#b)\nB=1\n", Some(&["A", "B"])),
        ("A=$(echo `x`)\nB=1\n", Some(&["A", "B"])),
        ("A=$(echo ${x:-)})\nB=1\n", Some(&["A", "B"])),
        ("A=$(echo `x)\nB=1\n", None),
        ("A=$(echo ${x)\nB=1\n", None),
        ("A=$(echo \"${x)\")\nB=1\n", None),
    ] {
        let reading = (dialects::find("shell").unwrap().read)(file.as_bytes(), &Process::new());
        let found: Vec<_> = reading.vars.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(reading.error.is_none().then_some(found.as_slice()), expected, "{file}");
    }
}

/// As dash answered: which commands it refuses, and where they end; see `tests/data/shell/README.md`.
#[test]
fn shells_read_commands_by_their_grammar() {
    let mut failures = Vec::new();
    for line in include_str!("data/shell/commands.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = case["text"].as_str().unwrap();
        let reading = (dialects::find("shell").unwrap().read)(file.as_bytes(), &Process::new());
        let refused = reading.error.is_some();
        let vars: Option<BTreeMap<String, String>> = serde_json::from_value(case["vars"].clone()).unwrap();
        // Of what a command gives nothing is known.
        let is_known = |one: &&dialects::Variable| !one.is_unknown();
        let known = reading.vars.iter().filter(is_known).map(|one| (one.key.clone(), one.value.clone().unwrap()));
        let is_same = vars.is_none_or(|vars| {
            let keys = reading.vars.iter().map(|one| &one.key).collect::<BTreeSet<_>>();
            keys == vars.keys().collect() && known.into_iter().all(|(key, value)| vars.get(&key) == Some(&value))
        });
        if refused != (case["refused"] == true) || !refused && !is_same {
            failures.push(format!("{file:?}: refused {refused}, recorded {case}"));
        }
    }
    assert!(failures.is_empty(), "{} differ\n{}", failures.len(), failures.join("\n"));
}

/// As GNU make 4.3 answered: `export` in front of a definition exports names that no shell could have.
#[test]
fn make_exports_what_it_is_told_to() {
    for (file, expected) in [
        ("export É+=\n", Some("")),
        ("export É?=x\n", Some("x")),
        ("É=1\nexport É?=x\n", Some("1")),
        ("É=1\nexport É+=x\n", Some("1 x")),
        ("É=1\n", None),
    ] {
        let reading = (dialects::find("make").unwrap().read)(file.as_bytes(), &Process::new());
        assert_eq!(reading.value("É"), expected, "{file}");
    }
}
