//! Every format over hand-made reports: valid for its readers, inert, the same verdict in each, and no secret in any.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod readers;
mod reports;

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sparkcfg::outputs::{self, Style};
use sparkcfg::report::Report;

const STYLE: Style = Style { color: false, unicode: true, width: 100, quiet: false };

fn write(format: &str, report: &Report) -> String {
    let output = outputs::find(format).expect("the format exists");
    (output.write)(report, &STYLE)
}

fn parsed(schema: &str) -> Value {
    serde_json::from_str(schema).expect("the schema is JSON")
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("the schema is a schema")
}

fn report_schema() -> jsonschema::Validator {
    validator(&parsed(include_str!("../../schemas/report.schema.json")))
}

fn sarif_schema() -> jsonschema::Validator {
    let mut schema = parsed(include_str!("../data/sarif/sarif-schema-2.1.0.json"));
    // The pattern has a stray `]` that only ECMAScript's oldest syntax takes; no report has a language.
    for definition in ["run", "toolComponent"] {
        change(&mut schema, &format!("/definitions/{definition}/properties/language/pattern"), None);
    }
    validator(&schema)
}

/// What a CI runner takes for a command in a line of a log.
///
/// The runner's rules, from its `ActionCommand`: after blanks `::name properties::data`, or `##[name properties]data`
/// anywhere.
fn command(line: &str) -> Option<String> {
    if let Some(rest) = line.trim_start().strip_prefix("::")
        && let Some((command, _)) = rest.split_once("::")
    {
        return Some(command.split(' ').next().unwrap_or_default().to_owned());
    }
    ["##[", "##vso[", "##teamcity["].into_iter().find(|start| line.contains(start)).map(str::to_owned)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r'])
}

#[test]
fn every_format_says_the_same() {
    for (name, report) in reports::all() {
        let summary = report.summary;
        let expected = [summary.errors, summary.warnings, summary.notes];
        assert_eq!(report.fails(), expected[0] > 0);
        for output in outputs::ALL {
            let text = (output.write)(&report, &STYLE);
            if output.name == "junit" {
                assert_eq!(readers::junit_fails(&text), report.fails());
            }
            let counts = readers::counts(output.name, &text);
            assert_eq!(counts, Some(expected), "{} of {name}", output.name);
            assert_eq!(text, (output.write)(&report, &STYLE), "{} of {name} is the same twice", output.name);
            assert!(text.ends_with('\n'), "{} of {name} ends with a newline", output.name);
        }
    }
}

#[test]
fn nothing_acts_on_a_terminal_or_a_runner() {
    for (name, report) in reports::all() {
        for output in outputs::ALL {
            for color in [false, true] {
                let text = (output.write)(&report, &Style { color, ..STYLE });
                let text = if color && output.name == "human" { without_colour(&text) } else { text };
                let raw = text.chars().find(|raw| *raw != '\n' && outputs_may_not_hold(*raw));
                assert_eq!(raw, None, "{} of {name}", output.name);
                let commands: Vec<_> = lines(&text).filter_map(command).collect();
                let ours = |command: &String| ["error", "warning", "notice"].contains(&command.as_str());
                let allowed = if output.name == "github" { most_annotations(&report) } else { 0 };
                assert_eq!(commands.len(), allowed, "{} of {name}: {commands:?}", output.name);
                assert!(commands.iter().all(ours), "{} of {name}: {commands:?}", output.name);
            }
        }
    }
}

fn outputs_may_not_hold(character: char) -> bool {
    let direction = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || direction || matches!(character, '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn without_colour(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('m').expect("a colour ends");
        let plain = code.strip_prefix('[').expect("a colour begins with [");
        assert!(plain.chars().all(|character| character.is_ascii_digit() || character == ';'), "{code} is no colour");
        out.push_str(rest);
    }
    out
}

fn most_annotations(report: &Report) -> usize {
    let summary = report.summary;
    [summary.errors, summary.warnings, summary.notes].iter().map(|number| (*number).min(10)).sum()
}

#[test]
fn the_runner_parser_finds_commands() {
    for (line, expected) in [
        ("::error file=a::b", Some("error")),
        (" \t::warning::b", Some("warning")),
        ("x ##[group]y", Some("##[")),
        ("x ::error::y", None),
        ("::error", None),
        ("plain", None),
    ] {
        assert_eq!(command(line).as_deref(), expected, "{line}");
    }
}

#[test]
fn annotations_survive_the_runner() {
    for (name, report) in reports::all() {
        let text = write("github", &report);
        let mut kinds = Vec::new();
        for line in text.lines().filter(|line| line.starts_with("::")) {
            let (head, data) = line[2..].split_once("::").expect("a command has data");
            let (kind, properties) = head.split_once(' ').expect("a command has properties");
            kinds.push(kind);
            let names: Vec<_> = properties.split(',').map(|pair| pair.split_once('=').expect("a pair").0).collect();
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(names.iter().all(|property| known.contains(property)), "{name}: {names:?}");
            let unescaped = data.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
            assert!(!unescaped.is_empty());
        }
        let order = |kind: &&str| ["error", "warning", "notice"].iter().position(|known| known == kind);
        assert!(kinds.is_sorted_by_key(order), "{name}: {kinds:?}");
        assert!(text.ends_with(&write("human", &report)), "{name}: the report follows");
    }
    let text = write("github", &reports::many(2_000, ""));
    let last: Vec<_> = text.lines().filter(|line| line.starts_with("::") && line.contains("more")).collect();
    assert_eq!(last.len(), 3, "{last:?}");
    assert!(last[0].contains("and 657 errors more"), "{}", last[0]);
}

#[test]
fn json_fits_its_schema() {
    let schema = report_schema();
    for (name, report) in reports::all() {
        let document: Value = serde_json::from_str(&write("json", &report)).unwrap();
        let wrong: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn json_keeps_replacements_exactly() {
    let (_, report) = reports::all().into_iter().find(|(name, _)| *name == "hostile").unwrap();
    let document: Value = serde_json::from_str(&write("json", &report)).unwrap();
    let told = document["findings"].as_array().unwrap().iter().filter_map(|finding| finding["fix"].get("replacement"));
    let mut told: Vec<_> = told.map(|text| text.as_str().unwrap()).collect();
    told.sort_unstable();
    let mut expected = reports::HOSTILE.to_vec();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn broken_json_does_not_fit() {
    let schema = report_schema();
    let whole: Value = serde_json::from_str(&write("json", &reports::one_of_each())).unwrap();
    for (pointer, value) in broken_members(&whole, &["", "/findings/0", "/findings/0/location", "/summary"]) {
        let mut broken = whole.clone();
        change(&mut broken, &pointer, value);
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
    for (pointer, value) in [
        ("/version", json!(2)),
        ("/findings/0/severity", json!("fatal")),
        ("/findings/0/code", json!("Not A Code")),
        ("/findings/0/location/line", json!(0)),
        ("/findings/0/location/path", json!("")),
        ("/findings/0/environments", json!(["a", "a"])),
        ("/findings/0/surprise", json!(1)),
        ("/summary/errors", json!(-1)),
        ("/surprise", json!(1)),
    ] {
        let mut broken = whole.clone();
        change(&mut broken, pointer, Some(value));
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
}

/// Each member of the objects at `pointers`, once taken away and once of a wrong type.
fn broken_members(whole: &Value, pointers: &[&str]) -> Vec<(String, Option<Value>)> {
    let members = pointers.iter().flat_map(|pointer| {
        let object = whole.pointer(pointer).and_then(Value::as_object).expect("the pointer leads to an object");
        object.keys().map(move |name| format!("{pointer}/{name}"))
    });
    members.flat_map(|pointer| [(pointer.clone(), None), (pointer, Some(json!([[1.5]])))]).collect()
}

/// Sets the member at `pointer`, or takes it away.
fn change(document: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let object = document.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent is an object");
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.remove(name),
    };
}

#[test]
fn sarif_fits_the_standard() {
    let schema = sarif_schema();
    for (name, report) in reports::all() {
        let document: Value = serde_json::from_str(&write("sarif", &report)).unwrap();
        let wrong: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).take(3).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
    }
}

#[test]
fn broken_sarif_does_not_fit() {
    let schema = sarif_schema();
    let whole: Value = serde_json::from_str(&write("sarif", &reports::one_of_each())).unwrap();
    let result = "/runs/0/results/0";
    for (pointer, value) in [
        ("/version", Some(json!("2.0.0"))),
        ("/runs", None),
        ("/runs/0/tool", None),
        ("/runs/0/columnKind", Some(json!("bytes"))),
        ("/surprise", Some(json!(1))),
        (&format!("{result}/level"), Some(json!("fatal"))),
        (&format!("{result}/message"), None),
        (&format!("{result}/locations/0/physicalLocation/region/startLine"), Some(json!(0))),
        (&format!("{result}/locations/0/physicalLocation/artifactLocation/uri"), Some(json!("a b\\c"))),
        (&format!("{result}/partialFingerprints"), Some(json!({ "a": 1 }))),
    ] {
        let mut broken = whole.clone();
        change(&mut broken, pointer, value);
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
}

/// What GitHub's code scanning asks beyond the standard.
#[test]
fn sarif_has_what_github_asks() {
    for (name, report) in reports::all() {
        let document: Value = serde_json::from_str(&write("sarif", &report)).unwrap();
        let run = &document["runs"][0];
        assert_eq!(run["automationDetails"]["id"], "sparkcfg/validate/");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for rule in rules {
            for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
                let text = rule.pointer(text).and_then(Value::as_str).unwrap();
                assert!(!text.is_empty(), "{rule}");
            }
            assert!(rule["shortDescription"]["text"].as_str().unwrap().chars().count() <= 1024);
            assert!(rule["fullDescription"]["text"].as_str().unwrap().chars().count() <= 1024);
        }
        let secret = |rule: &&Value| rule["properties"].get("security-severity").is_some();
        assert!(rules.iter().filter(secret).any(|rule| rule["id"] == "plaintext-secret"));
        assert!(!rules.iter().filter(secret).any(|rule| rule["id"] == "out-of-range"));
        let results = run["results"].as_array().unwrap();
        let mut prints: Vec<_> = results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), results.len(), "{name}: fingerprints are unique");
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"];
            for member in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(place["region"][member].as_u64().unwrap() >= 1, "{name}: {member}");
            }
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.starts_with('/') && !uri.contains([':', '\\', '#', '?']), "{name}: {uri}");
        }
    }
}

#[test]
fn fingerprints_do_not_move_with_lines() {
    let prints = |text: &str| {
        let mut maker = reports::Maker::default();
        let file = maker.file("environments/prod.env", text);
        let place = maker.span(file, "80800");
        let finding = sparkcfg::finding::Finding::new(&reports::RANGE, "PORT is wrong").key("PORT").at(place, "");
        maker.add(finding, &["prod"]);
        let report = maker.report();
        let sarif: Value = serde_json::from_str(&write("sarif", &report)).unwrap();
        let gitlab: Value = serde_json::from_str(&write("gitlab", &report)).unwrap();
        (sarif["runs"][0]["results"][0]["partialFingerprints"].clone(), gitlab[0]["fingerprint"].clone())
    };
    assert_eq!(prints("PORT=80800\n"), prints("# a comment\nOTHER=1\nPORT=80800 # other text\n"));
}

#[test]
fn gitlab_entries_are_unique_and_relative() {
    for (name, report) in reports::all() {
        let entries: Vec<Value> = serde_json::from_str(&write("gitlab", &report)).unwrap();
        let mut prints: Vec<_> = entries.iter().map(|entry| entry["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), entries.len(), "{name}");
        for entry in &entries {
            for member in ["/description", "/check_name", "/location/path"] {
                assert!(!entry.pointer(member).and_then(Value::as_str).unwrap().is_empty(), "{name}: {member}");
            }
            assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
    }
}

#[test]
fn rdjson_counts_bytes() {
    let mut maker = reports::Maker::default();
    let file = maker.file("prod.env", "A=1\nÜ=ü # x\n");
    let place = maker.span(file, "# x");
    maker.add(sparkcfg::finding::Finding::new(&reports::RANGE, "x").at(place, ""), &[]);
    let document: Value = serde_json::from_str(&write("rdjson", &maker.report())).unwrap();
    let range = &document["diagnostics"][0]["location"]["range"];
    assert_eq!(*range, json!({ "start": { "line": 2, "column": 7 }, "end": { "line": 2, "column": 10 } }));
}

#[test]
fn markdown_fits_and_means_nothing() {
    for (name, report) in reports::all() {
        let text = write("markdown", &report);
        assert!(text.len() <= 60_000, "{name}: {} bytes", text.len());
        assert!(text.starts_with("<!-- sparkcfg:validate v1 -->\n### "), "{name}");
        let rows = text.lines().filter(|line| line.starts_with('|')).collect::<Vec<_>>();
        for row in &rows {
            let cells = row.replace("\\|", "").matches('|').count();
            assert_eq!(cells, 6, "{name}: {row}");
        }
        for line in text.lines().skip(2) {
            let prose = without_code(line);
            let own = ["<sub>", "</sub>", "<details>", "</details>", "<summary>", "</summary>"];
            let prose = own.iter().fold(prose, |prose, tag| prose.replace(tag, ""));
            assert!(!prose.contains(['<', '@', '#', '[', '`', '*', '&']), "{name}: {line}");
            assert!(!prose.contains("://") && !prose.contains("www."), "{name}: {line}");
        }
        let told = rows.len().saturating_sub(2);
        let left = report.findings.len() - told;
        assert_eq!(left > 0, text.contains(&format!("\nand {left} finding")), "{name}: what is left is counted");
    }
}

/// A line without its code spans, as Markdown finds them: a run of backticks up to the next run of that length.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let run = rest.len() - rest.trim_start_matches('`').len();
        let mut at = run;
        let end = loop {
            let Some(next) = rest[at..].find('`').map(|next| next + at) else { break None };
            let length = rest[next..].len() - rest[next..].trim_start_matches('`').len();
            at = next + length;
            if length == run {
                break Some(at);
            }
        };
        let Some(end) = end else { break };
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn html_lets_nothing_in() {
    for (name, report) in reports::all() {
        let text = write("html", &report);
        for element in ["style", "script"] {
            let (_, rest) = text.split_once(&format!("<{element}>")).unwrap();
            let (inner, _) = rest.split_once(&format!("</{element}>")).unwrap();
            let hash = STANDARD.encode(Sha256::digest(inner));
            assert!(text.contains(&format!("{element}-src 'sha256-{hash}'")), "{name}: the policy names the {element}");
        }
        assert!(text.contains("default-src 'none'"), "{name}");
    }
}

#[test]
fn no_secret_in_any_form() {
    let canary = reports::CANARY;
    let report = reports::secrets(canary);
    let hexadecimal = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    };
    let percent = canary.bytes().fold(String::new(), |mut out, byte| {
        let _ =
            if byte.is_ascii_alphanumeric() { write!(out, "{}", char::from(byte)) } else { write!(out, "%{byte:02X}") };
        out
    });
    let markup = canary.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let forms = [
        canary.to_owned(),
        canary[..5].to_owned(),
        "V4lue".to_owned(),
        STANDARD.encode(canary)[..16].to_owned(),
        URL_SAFE.encode(canary)[..16].to_owned(),
        hexadecimal(canary.as_bytes())[..20].to_owned(),
        hexadecimal(canary.as_bytes())[..20].to_uppercase(),
        hexadecimal(&Sha256::digest(canary))[..16].to_owned(),
        percent,
        markup,
        serde_json::to_string(canary).unwrap(),
    ];
    for output in outputs::ALL {
        let text = (output.write)(&report, &STYLE);
        for form in &forms {
            assert!(!text.contains(form.as_str()), "{} tells {form}", output.name);
        }
        assert!(text.contains("TOKEN_0"), "{} tells the key", output.name);
    }
}

/// Neither in columns nor in the width of a pointer, nor in the number of something.
#[test]
fn no_secret_tells_its_length() {
    let (short, long) = (reports::secrets("five5"), reports::secrets(&"twenty-five".repeat(30)));
    for output in outputs::ALL {
        assert_eq!((output.write)(&short, &STYLE), (output.write)(&long, &STYLE), "{}", output.name);
    }
}

#[test]
fn people_get_what_fits_their_terminal() {
    for (name, report) in reports::all() {
        let output = outputs::find("human").unwrap();
        for width in [0, 60, 80, 100_000] {
            for unicode in [false, true] {
                let text = (output.write)(&report, &Style { width, unicode, ..STYLE });
                assert_eq!(
                    readers::counts("human", &text),
                    readers::counts("human", &write("human", &report)),
                    "{name}"
                );
                let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
                let names = reports::HOSTILE.iter().map(|text| text.len()).max().unwrap_or_default() * 8;
                assert!(longest <= width.clamp(60, 400) + names, "{name}: a line of {longest} at {width}");
            }
        }
        let quiet = (output.write)(&report, &Style { quiet: true, ..STYLE });
        let whole = write("human", &report);
        let (findings, closing) = whole.trim_end().rsplit_once('\n').unwrap_or(("", whole.trim_end()));
        assert_eq!(quiet.trim_end(), findings.trim_end(), "{name}");
        assert!(closing.starts_with("3 environments, 57 keys, 9 files: "), "{name}: {closing}");
    }
}

/// For `tests/outputs_real.sh`, which gives them to the formats' own tools.
#[test]
fn reports_are_left_for_real_tools() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, report) in reports::all() {
        for output in outputs::ALL {
            let path = folder.join(format!("{name}.{}", output.name));
            let text = (output.write)(&report, &STYLE);
            std::fs::write(&path, &text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
