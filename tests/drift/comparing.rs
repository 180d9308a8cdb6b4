//! What a comparison says of single values: each state that a cell can have, and the letters of secrets.

use std::fs;

use serde_json::Value;

use super::console::run;
use super::{copy, environments, git, repository};

/// Each state of a cell has a word of its own, and only what is known has a value or a letter.
#[test]
fn every_state_is_told_apart() {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let write = |path: &str, text: &str| {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "schemas/app.schema.json",
        r#"{"properties": {
            "SET": {}, "EMPTY": {}, "DEFAULT": {"default": "d"}, "ABSENT": {}, "ELSEWHERE": {"x-sparkcfg": {"only-in": ["dev"]}},
            "BROKEN": {}, "LOOSE": {}, "PLACEHOLDER": {}, "INVALID": {"type": "integer"}, "API_KEY": {"writeOnly": true}}}"#,
    );
    let dev: String = ["SET", "EMPTY", "DEFAULT", "ABSENT", "ELSEWHERE", "BROKEN", "LOOSE", "PLACEHOLDER"]
        .map(|key| format!("{key}=x\n"))
        .concat();
    write("environments/dev.env", &format!("{dev}INVALID=1\nAPI_KEY=c4n4ry-one\n"));
    let prod = "SET=y\nEMPTY=\nLOOSE=${NOWHERE}\nPLACEHOLDER=changeme\nINVALID=many\nAPI_KEY=c4n4ry-two\nBROKEN=\"y\n";
    write("environments/prod.env", prod);
    let ran = run("sparkcfg drift --format json", place.path(), home.path());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
    for (key, state, class, value) in [
        ("SET", "set", Some("b"), Some("y")),
        ("EMPTY", "empty", Some("b"), Some("")),
        ("DEFAULT", "default", Some("b"), Some("d")),
        ("ABSENT", "absent", None, None),
        ("ELSEWHERE", "not-applicable", None, None),
        ("BROKEN", "unknown", None, None),
        ("LOOSE", "unresolved", None, None),
        ("PLACEHOLDER", "placeholder", Some("b"), Some("changeme")),
        ("INVALID", "invalid", Some("b"), Some("many")),
        ("API_KEY", "set", Some("b"), None),
    ] {
        let row = report["rows"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        let cell = &row["cells"]["prod"];
        let told = (cell["state"].as_str().unwrap(), cell["class"].as_str(), cell.get("value").and_then(Value::as_str));
        assert_eq!(told, (state, class, value), "{key}: {}", ran.shown());
    }
    assert!(!ran.stdout.contains("c4n4ry"), "{}", ran.shown());
}

/// What a comment tells to run accepts what it shows, whatever was compared.
#[test]
fn the_command_of_a_comment_accepts() {
    let pm2 = r#"[{"name": "web", "pm2_env": {"status": "online", "env": {"LEVEL": "info"}}}]"#;
    let all = [
        "staging prod",
        "prod pm2:pm2.json#web",
        "prod env:live.env",
        "",
        "--project app",
        "staging prod --project app",
    ];
    for sources in all {
        let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = place.path().join(if sources.contains("app") { "app" } else { "" });
        fs::create_dir_all(root.join("environments")).unwrap();
        let policy = "[[drift.rule]]\nkeys = [\"LEVEL\"]\npolicy = \"must-match\"\n";
        for (path, text) in [
            ("environments/staging.env", "LEVEL=debug\n"),
            ("environments/prod.env", "LEVEL=warn\n"),
            ("live.env", "LEVEL=info\n"),
            ("pm2.json", pm2),
            ("sparkcfg.toml", policy),
        ] {
            fs::write(root.join(path), text).unwrap();
        }
        let line = format!("sparkcfg drift {sources}");
        for (format, start, end) in
            [("markdown", "is meant to be: `", "`"), ("html", "to accept it: <code>", "</code>")]
        {
            let page = run(&format!("{line} --format {format}"), place.path(), home.path());
            assert_eq!(page.code, 1, "{}", page.shown());
            let command = page.stdout.split_once(start).and_then(|(_, rest)| rest.split_once(end)).unwrap().0;
            let (command, _) = command.split_once(" --why").unwrap();
            let ran = run(&format!("{command} --why known"), place.path(), home.path());
            assert_eq!(ran.code, 0, "{}", ran.shown());
            assert_eq!(run(&line, place.path(), home.path()).code, 0, "{line}");
            fs::remove_file(root.join("sparkcfg-baseline.toml")).unwrap();
        }
        let wrong = run(&format!("{line} --ack drift-stale-live NONE --why x"), place.path(), home.path());
        assert_eq!(
            wrong.stderr.contains("sparkcfg drift SOURCE SOURCE --ack"),
            sources.is_empty() || sources.starts_with("--"),
            "{}",
            wrong.shown()
        );
    }
}

/// In a row with several findings each value is marked by its own.
#[test]
fn a_page_marks_each_value_by_how_bad_it_is() {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(place.path().join("environments")).unwrap();
    for (name, text) in [("dev", "KEY=changeme\n"), ("staging", "KEY=a\n"), ("prod", "KEY=<your-key>\n")] {
        fs::write(place.path().join(format!("environments/{name}.env")), text).unwrap();
    }
    let page = run("sparkcfg drift --format html", place.path(), home.path()).stdout;
    for cell in
        ["data-in=\"dev\" class=\"wrong note\"", "data-in=\"staging\">", "data-in=\"prod\" class=\"wrong error\""]
    {
        assert!(page.contains(cell), "{cell}: {page}");
    }
}

/// What a report tells to be run is about what it found, and says where it is to be run where it is read elsewhere.
#[test]
fn commands_say_which_project_and_which_part_of_it() {
    let place = repository("drift/a-page-for-a-reviewer");
    git(place.path(), &["commit", "-q", "--allow-empty", "-m", "two"]);
    let around = tempfile::tempdir().unwrap();
    copy(place.path(), &around.path().join("services/api"));
    let home = tempfile::tempdir().unwrap();
    let page = |line: &str, folder: &str, format: &str| {
        run(&format!("{line} --format {format}"), &around.path().join(folder), home.path()).stdout
    };
    let line = "sparkcfg drift --keys API_TIMEOUT_MS --project services/api";
    let fix = "sparkcfg drift --keys API_TIMEOUT_MS --project services/api --fix=unsafe";
    for format in ["markdown", "html"] {
        let text = page(line, "", format);
        assert!(text.contains(fix), "{text}");
    }
    assert!(page(line, "", "human").contains("sparkcfg drift staging prod --project services/api tells"));
    // A comment is read at the top of the repository.
    fs::remove_dir_all(around.path().join("services/api/.git")).unwrap();
    git(around.path(), &["init", "-q"]);
    assert!(
        page("sparkcfg drift", "services/api", "markdown")
            .contains("\nIn `services/api`:  \n**Fix** 1 with `sparkcfg drift --fix`")
    );
    assert!(page("sparkcfg drift", "services/api", "html").contains("commands are for <code>services/api</code>"));
    assert!(!page(line, "", "markdown").contains("\nIn `"));
}

/// The hint below a matrix leads to what it is about, and the row has the policy that is broken.
#[test]
fn the_hint_leads_to_the_difference() {
    let schema = r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}}, "OWN": {"x-sparkcfg": {"drift": "must-differ"}}}}"#;
    for (dev, staging, prod, pair) in [
        ("ONE=1", "ONE=2", "ONE=2", "dev prod"),
        ("ONE=2", "ONE=1", "ONE=1", "dev prod"),
        ("ONE=2", "ONE=2", "ONE=1", "staging prod"),
        ("ONE=2", "ONE=1", "ONE=2", "staging prod"),
        ("OWN=1", "OWN=2", "OWN=1", "dev prod"),
        ("OWN=1", "OWN=2", "OWN=2", "staging prod"),
    ] {
        let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(place.path().join("environments")).unwrap();
        fs::create_dir_all(place.path().join("schemas")).unwrap();
        fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
        for (name, text) in [("dev", dev), ("staging", staging), ("prod", prod)] {
            fs::write(place.path().join(format!("environments/{name}.env")), format!("{text}\n")).unwrap();
        }
        let matrix = run("sparkcfg drift", place.path(), home.path());
        assert!(matrix.stdout.contains(&format!("sparkcfg drift {pair} tells")), "{}", matrix.shown());
        assert_eq!(run(&format!("sparkcfg drift {pair}"), place.path(), home.path()).code, 1);
    }
}

/// The page marks the sources that more others contradict, and none where nobody says which is right.
#[test]
fn the_page_marks_what_the_others_contradict() {
    for (dev, qa, expected) in [("5", "5", vec!["prod"]), ("5", "50", vec!["dev"]), ("5", "6", vec![])] {
        let place = environments("", &format!("TIMEOUT={dev}s\n"), "TIMEOUT=50s\n");
        fs::write(place.path().join("environments/qa.env"), format!("TIMEOUT={qa}s\n")).unwrap();
        let home = tempfile::tempdir().unwrap();
        let page = run("sparkcfg drift --format html", place.path(), home.path()).stdout;
        let cells = page.split("<td data-in=\"").skip(1).filter(|cell| cell.contains("class=\"wrong error\""));
        let marked: Vec<_> = cells.filter_map(|cell| cell.split('"').next()).collect();
        assert_eq!(marked, expected, "{dev} {qa}");
    }
}
