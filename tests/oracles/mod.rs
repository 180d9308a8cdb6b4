//! What must be true of any output, whatever its transcript says. Each gives its complaints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use regex::Regex;
use serde_json::Value;
use sparkcfg::identity::Identities;
use sparkcfg::source::MASK;

use crate::console::Ran;

/// Stands in every secret of a case.
const CANARY: &str = "c4n4ry";

/// No secret in any form, nothing that acts on a terminal or a CI runner, no name of this machine's folders.
pub(crate) fn shows_nothing_it_must_not(ran: &Ran, root: &Path) -> Vec<String> {
    let shown = ran.shown();
    let mut complaints: Vec<_> = canaries(&shown).into_iter().map(|form| format!("shows a secret as {form}")).collect();
    // Go is indented with tabs.
    let mut characters = shown.lines().flat_map(|line| line.trim_start_matches('\t').chars());
    complaints.extend(characters.find(acts).map(|character| format!("shows {character:?}")));
    for line in shown.lines().filter(|line| line.trim_start().starts_with("::") || line.contains("##[")) {
        complaints.push(format!("a CI runner would obey: {line}"));
    }
    if shown.contains(&*root.to_string_lossy()) {
        complaints.push("shows an absolute path".to_owned());
    }
    if !matches!(ran.code, 0..=2 | 125..=127) {
        complaints.push(format!("ends with {}", ran.code));
    }
    complaints
}

/// No format shows a secret or a character that acts, and what a workflow obeys is what it was meant to be told.
pub(crate) fn formats_are_safe(folder: &Path, findings: usize) -> Vec<String> {
    let mut complaints = Vec::new();
    for output in sparkcfg::outputs::ALL {
        let name = output.name;
        let Ok(shown) = fs::read_to_string(folder.join(name)) else {
            complaints.push(format!("--output {name} wrote nothing"));
            continue;
        };
        complaints.extend(canaries(&shown).into_iter().map(|form| format!("{name} shows a secret as {form}")));
        complaints.extend(shown.chars().find(acts).map(|character| format!("{name} shows {character:?}")));
        let commands = shown.lines().filter(|line| line.trim_start().starts_with("::")).count();
        let allowed = if name == "github" { findings } else { 0 };
        if commands > allowed || shown.contains("##[") || shown.contains("##vso[") {
            complaints.push(format!("{name} has {commands} commands for {findings} findings"));
        }
    }
    complaints
}

/// Whether a character does something else than be read.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as `Iterator::find` wants it")]
fn acts(character: &char) -> bool {
    let hidden = matches!(*character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    character.is_control() && *character != '\n' || hidden
}

/// The forms in which the canary stands in `text`.
fn canaries(text: &str) -> Vec<&'static str> {
    let bytes = CANARY.as_bytes();
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let percent = bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let reversed = CANARY.chars().rev().collect();
    let mut forms = vec![("text", CANARY.to_owned()), ("hex", hex), ("percent", percent), ("reversed", reversed)];
    let lower = text.to_lowercase();
    forms.retain(|(_, form)| lower.contains(form));
    // Base64 spells the same bytes in three ways, by where they stand; the digits shared with neighbours are left out.
    let in_base64 = (0..3usize).any(|before| {
        let padded = [&vec![0; before], bytes].concat();
        let (from, to) = ((8 * before).div_ceil(6), 8 * padded.len() / 6);
        [STANDARD.encode(&padded), URL_SAFE.encode(&padded)].iter().any(|encoded| text.contains(&encoded[from..to]))
    });
    forms.into_iter().map(|(name, _)| name).chain(in_base64.then_some("base64")).collect()
}

/// Every value that is sealed in a case holds the canary, or nothing would be proved by its absence.
pub(crate) fn sealed_values(folder: &Path) -> Vec<String> {
    let Ok(key) = fs::read_to_string(folder.join("key.txt")) else { return Vec::new() };
    let mut identities = Identities::default();
    let mut complaints: Vec<_> =
        identities.add("key.txt", &key).into_iter().map(|fault| format!("key.txt: {}", fault.message)).collect();
    for path in files(folder) {
        let shown = path.to_string_lossy().into_owned();
        let Some(store) = sparkcfg::stores::of(&shown) else { continue };
        let Ok(plain) = (store.plain)(&fs::read(&path).unwrap(), &identities) else { continue };
        let values = plain.expose().lines().filter_map(|line| line.split_once('='));
        let naked = values.filter(|(_, value)| !value.is_empty() && !value.contains(CANARY));
        complaints.extend(naked.map(|(key, _)| format!("{shown}: the value of {key} has no {CANARY} in it")));
    }
    complaints
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// People and programs are told the same: codes in the same order, the same counts, the same exit code.
pub(crate) fn same_verdict(human: &Ran, json: &Ran) -> Vec<String> {
    static HEADLINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^(?:(error|warning|note)\[([a-z0-9-]+)\]: |  and (\d+) more lines?: )").unwrap()
    });
    static COUNT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(\d+) (environment|key|file|error|warning|note|fixable|ignored)").unwrap());
    let mut complaints = Vec::new();
    if human.code != json.code {
        complaints.push(format!("human ends with {}, json with {}", human.code, json.code));
    }
    if human.stderr != json.stderr {
        complaints.push("stderr depends on the format".to_owned());
    }
    if json.stdout.is_empty() != human.stdout.is_empty() {
        complaints.push("one of human and json is empty".to_owned());
    }
    let Some(report) = report(json, &mut complaints) else { return complaints };
    let (mut told, mut is_folded): (Vec<(String, String)>, _) = (Vec::new(), false);
    for found in HEADLINE.captures_iter(&human.stdout) {
        match found.get(3) {
            // Lines of which the same is to be said as of the one above are told there, and counted each.
            Some(count) => {
                is_folded = true;
                let above = told.last().cloned().unwrap();
                told.extend(std::iter::repeat_n(above, count.as_str().parse().unwrap()));
            }
            None => told.push((found[1].to_owned(), found[2].to_owned())),
        }
    }
    let listed = findings(&report).map(|finding| (text(&finding["severity"]), text(&finding["code"])));
    let listed: Vec<_> = listed.collect();
    let sorted = |list: &[(String, String)]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    if told != listed && !(is_folded && sorted(&told) == sorted(&listed)) {
        complaints.push(format!("human tells {told:?}, json {listed:?}"));
    }
    let closing = human.stdout.lines().last().filter(|line| line.contains(" environment"));
    let counts = closing.into_iter().flat_map(|line| COUNT.captures_iter(line));
    let counts: BTreeMap<_, _> = counts.map(|found| (found[2].to_owned(), found[1].parse::<u64>().unwrap())).collect();
    if closing.is_some() {
        let summary = report["summary"].as_object().unwrap().iter();
        let wrong = summary.filter(|(name, count)| {
            let name = name.strip_suffix('s').unwrap_or(name);
            counts.get(name).copied().unwrap_or_default() != count.as_u64().unwrap()
        });
        complaints.extend(wrong.map(|(name, count)| format!("json counts {count} {name}, human says otherwise")));
    }
    for (severity, name) in [("error", "errors"), ("warning", "warnings"), ("note", "notes")] {
        let count = listed.iter().filter(|(listed, _)| listed == severity).count();
        if report["summary"][name] != count {
            complaints.push(format!("{count} {name} are listed, the summary says {}", report["summary"][name]));
        }
    }
    complaints
}

/// People and programs are told the same about a comparison: the same exit code, and whatever is an error or a warning.
pub(crate) fn same_drift(human: &Ran, json: &Ran) -> Vec<String> {
    let mut complaints = Vec::new();
    if human.code != json.code {
        complaints.push(format!("human ends with {}, json with {}", human.code, json.code));
    }
    if human.stderr != json.stderr {
        complaints.push("stderr depends on the format".to_owned());
    }
    let Some(report) = report(json, &mut complaints) else { return complaints };
    for finding in findings(&report).filter(|finding| finding["severity"] != "note") {
        let (code, key) = (text(&finding["code"]), text(&finding["key"]));
        let counts =
            finding["bucket"] == "unexpected" && !matches!(text(&finding["change"]).as_str(), "unchanged" | "resolved");
        if counts && !human.stdout.contains(&key) {
            complaints.push(format!("human tells nothing of {code} {key}"));
        }
    }
    let rows = report["rows"].as_array().unwrap();
    let in_bucket = |bucket: &str| rows.iter().filter(|row| row["bucket"] == bucket).count();
    for bucket in ["acknowledged", "unclassified", "expected", "equal", "unknown"] {
        if report["counts"][bucket] != in_bucket(bucket) {
            complaints.push(format!(
                "{bucket} is counted as {}, there are {}",
                report["counts"][bucket],
                in_bucket(bucket)
            ));
        }
    }
    complaints
}

/// A report as JSON, valid against its published schema.
fn report(json: &Ran, complaints: &mut Vec<String>) -> Option<Value> {
    static SCHEMAS: LazyLock<[jsonschema::Validator; 3]> = LazyLock::new(|| {
        let texts = [
            include_str!("../../schemas/report.schema.json"),
            include_str!("../../schemas/drift.schema.json"),
            include_str!("../../schemas/refs.schema.json"),
        ];
        texts.map(|text| jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap())
    });
    if json.stdout.is_empty() {
        return None;
    }
    match serde_json::from_str(&json.stdout) {
        Ok(report) => {
            let report: Value = report;
            let schema = match report["command"].as_str() {
                Some("drift") => &SCHEMAS[1],
                Some("refs") => &SCHEMAS[2],
                _ => &SCHEMAS[0],
            };
            complaints.extend(schema.iter_errors(&report).map(|error| format!("the published schema: {error}")));
            Some(report)
        }
        Err(error) => {
            complaints.push(format!("not JSON: {error}"));
            None
        }
    }
}

fn findings(report: &Value) -> impl Iterator<Item = &Value> {
    report["findings"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The code of each finding that a report lists.
pub(crate) fn codes_of(json: &Ran) -> Vec<String> {
    let report: Value = serde_json::from_str(&json.stdout).unwrap_or_default();
    findings(&report).map(|finding| text(&finding["code"])).collect()
}

/// A case of a code shows it; a good one does not.
pub(crate) fn finds(code: &str, wanted: bool, json: &Ran) -> Vec<String> {
    let found = BTreeSet::from_iter(codes_of(json));
    if found.contains(code) == wanted { Vec::new() } else { vec![format!("finds {found:?}")] }
}

/// Every place is in its file, and a finding about a key of an env file is on that key's line.
pub(crate) fn places_are_in_the_files(json: &Ran, project: &Path) -> Vec<String> {
    let report: Value = serde_json::from_str(&json.stdout).unwrap_or_default();
    let mut complaints = Vec::new();
    for finding in findings(&report) {
        let places = [&finding["location"], &finding["fix"]["location"]].into_iter().filter(|place| !place.is_null());
        for place in places.chain(finding["related"].as_array().into_iter().flatten()) {
            complaints.extend(misplaced(place, project).map(|text| format!("{}: {text}: {place}", finding["code"])));
        }
        let key = text(&finding["key"]);
        let line = line_of(&finding["location"], project);
        // What is missing from a built-in schema's project points at the line that it would follow.
        let absent = finding["code"] == "missing-key";
        if let Some(line) = line.filter(|line| !absent && !key.is_empty() && key != MASK && !line.contains(&key)) {
            complaints.push(format!("{} is about {key}, but points at: {line}", finding["code"]));
        }
    }
    complaints
}

fn misplaced(place: &Value, project: &Path) -> Option<&'static str> {
    let number = |name: &str| usize::try_from(place[name].as_u64().unwrap_or_default()).unwrap();
    let [line, column, end_line, end_column] = ["line", "column", "end_line", "end_column"].map(number);
    let path = place["path"].as_str()?;
    if line == 0 || column == 0 || (end_line, end_column) < (line, column) {
        return Some("ends before it starts, or counts from 0");
    }
    // A whole age file shows only opened names, which are no lines of the file.
    if path.starts_with("builtin:") || path.ends_with(".age") || path.contains(':') {
        return None;
    }
    let Ok(bytes) = fs::read(project.join(path)) else { return Some("is in no file of the project") };
    let file = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = file.strip_prefix('\u{feff}').unwrap_or(&file).split('\n').collect();
    let fits = |line: usize, column: usize| lines.get(line - 1).is_some_and(|text| column <= text.chars().count() + 1);
    (!fits(line, column) || !fits(end_line, end_column)).then_some("is not within the file")
}

/// The line that a place in a plain env file starts on.
fn line_of(place: &Value, project: &Path) -> Option<String> {
    let is_env = |path: &&str| path.rsplit('/').next().is_some_and(|name| name.split('.').any(|part| part == "env"));
    let path = place["path"].as_str().filter(is_env).filter(|path| !path.ends_with(".age"))?;
    let bytes = fs::read(project.join(path)).ok()?;
    let line = usize::try_from(place["line"].as_u64()?).ok()?;
    String::from_utf8_lossy(&bytes).split('\n').nth(line.checked_sub(1)?).map(ToOwned::to_owned)
}

#[test]
fn a_canary_is_seen_in_every_form() {
    let spelled = |before: &str| STANDARD.encode(format!("{before}{CANARY}-tail"));
    for (text, expected) in [
        ("password is c4n4ry-1".to_owned(), vec!["text"]),
        ("password is C4N4RY-1".to_owned(), vec!["text"]),
        ("63346E347279".to_owned(), vec!["hex"]),
        ("%63%34%6e%34%72%79".to_owned(), vec!["percent"]),
        ("yr4n4c".to_owned(), vec!["reversed"]),
        (spelled(""), vec!["base64"]),
        (spelled("a"), vec!["base64"]),
        (spelled("ab"), vec!["base64"]),
        (spelled("abc"), vec!["base64"]),
        (MASK.to_owned(), vec![]),
    ] {
        assert_eq!(canaries(&text), expected, "{text}");
    }
}

#[test]
fn wrong_places_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), "A=1\nB=ü\n").unwrap();
    for (path, numbers, expected) in [
        (".env", [2, 3, 2, 4], None),
        (".env", [3, 1, 3, 1], None),
        (".env", [0, 1, 1, 1], Some("ends before it starts, or counts from 0")),
        (".env", [2, 3, 1, 1], Some("ends before it starts, or counts from 0")),
        (".env", [1, 5, 1, 5], Some("is not within the file")),
        (".env", [4, 1, 4, 1], Some("is not within the file")),
        (".env.prod", [1, 1, 1, 1], Some("is in no file of the project")),
    ] {
        let [line, column, end_line, end_column] = numbers;
        let place = serde_json::json!({
            "path": path, "line": line, "column": column, "end_line": end_line, "end_column": end_column
        });
        assert_eq!(misplaced(&place, folder.path()), expected, "{place}");
    }
}
