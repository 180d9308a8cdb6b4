//! What no output may tell, tried by each way on which something once came out.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use sparkcfg::checks;
use sparkcfg::outputs::{self, Style};
use sparkcfg::project::files::Files;
use sparkcfg::project::{Options, Project};
use sparkcfg::report::{Report, Summary};

const CANARY: &str = "hunter2canary";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn project(files: &[(&str, &str)]) -> Project {
    let files: BTreeMap<_, _> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    Project::read(&Files::staged(Path::new("."), "", files), &Options::default()).unwrap()
}

#[test]
fn debug_tells_no_text() {
    let text = format!("DB_PASSWORD={CANARY}\nA=\"\\n{CANARY}\"\nB=${{A}}\nTOKEN=$${CANARY}\nC=${{E}}\nE=1\n");
    let folder = folder(&[(".env", &text)]);
    let process = HashMap::from([("TOKEN".to_owned(), CANARY.to_owned())]);
    let options = Options { process, ..Options::default() };
    let error = sparkcfg::load_from::<HashMap<String, String>>(folder.path(), &options).unwrap_err();
    assert!(matches!(error, sparkcfg::LoadError::Invalid(_)));
    let project = Project::read(&Files::on_disk(folder.path(), ""), &options).unwrap();
    let environments = project.environments();
    let settings: Vec<_> = environments.iter().flat_map(|environment| &environment.settings).collect();
    let entries: Vec<_> = project.layers.iter().flat_map(|layer| &layer.entries).collect();
    let loose = &environments[0].loose;
    assert!(!loose.is_empty());
    for told in [
        format!("{error:?}"),
        format!("{project:?}"),
        format!("{options:?}"),
        format!("{environments:?} {settings:?} {entries:?} {loose:?}"),
    ] {
        assert!(!told.contains(CANARY), "{told}");
    }
}

/// Every text of every finding.
fn told(project: &Project) -> String {
    let finding = |finding: &sparkcfg::finding::Finding| {
        let labels: Vec<_> = finding.label.iter().chain(&finding.related).map(|label| &label.message).collect();
        format!("{:?} {} {:?} {labels:?}\n", finding.key, finding.message, finding.help)
    };
    checks::run(project).findings.iter().map(finding).collect()
}

#[test]
fn no_message_tells_a_line_of_a_key_file() {
    let body = "MIIEowIBAAKCAQEA1x2y3z4w5v6u7t8s9r0qABCDEFabcdef0123456789ABCDEF";
    let schema = format!(
        r#"{{"properties": {{"{body}": {{"deprecated": true, "minLength": 9, "x-sparkcfg": {{"only-in": ["prod"]}}}}}}}}"#
    );
    for (value, schema) in [
        ("changeme", ""),
        ("minioadmin", ""),
        ("${NOWHERE}", ""),
        ("${NOWHERE:?}", ""),
        ("${", ""),
        ("${LATER}\nLATER=1", ""),
        ("x", schema.as_str()),
    ] {
        let text = format!("{body}={value}\n");
        let mut files =
            vec![("environments/a.env", "A=1\n"), ("environments/b.env", &text), ("environments/c.env", &text)];
        if !schema.is_empty() {
            files.push(("schemas/app.schema.json", schema));
        }
        let told = told(&project(&files));
        assert!(told.contains(sparkcfg::source::MASK), "{value}: {told}");
        assert!(!told.replace(&format!("#/properties/{body}"), "").contains(body), "{value}: {told}");
    }
}

/// What every output says about a project.
fn written(mut project: Project) -> String {
    let found = checks::run(&project);
    project.hide_secrets();
    let report = Report::new("validate", found.findings, std::mem::take(&mut project.sources), Summary::default());
    let style = Style { color: false, unicode: true, width: 100, quiet: false };
    outputs::ALL.iter().map(|output| (output.write)(&report, &style)).collect()
}

#[test]
fn what_stands_around_a_reference_to_a_secret_is_hidden() {
    for text in [
        format!("COPY=${{DB_PASSWORD:-{CANARY}}}; ${{\n"),
        format!("COPY=\"${{DB_PASSWORD:-{CANARY}}}\" $OTHER\nFINE=a b\n"),
        format!("COPY=${{DB_PASSWORD:-{CANARY}}}\nCOPY=changeme\n"),
        format!("A=${{DB_PASSWORD:-x}}\nB=${{A:-{CANARY}}}\nB=changeme\n"),
        format!("COPY=${{DB_PASSWORD:-a${CANARY}}}\n"),
        format!("# COPY=${{DB_PASSWORD:-{CANARY}}} # sparkcfg: ignore[syntax] why\n"),
        format!("COPY=\"${{DB_PASSWORD:-{CANARY}}}\n"),
    ] {
        let told = written(project(&[(".env", &text)]));
        assert!(told.contains(sparkcfg::source::MASK), "{text}");
        let line = told.lines().find(|line| line.contains(CANARY));
        assert_eq!(line, None, "{text}");
    }
}

#[test]
fn no_part_of_a_broken_url_is_told() {
    for (key, url) in [
        ("URL", "postgres://u:p@ss/hunter2canary#rd@db/x"),
        ("URL", "postgres://u:p@hunter2canary/x@db/y"),
        ("URL", "postgres://u:12345@hunter2canary/x?e=a@b"),
        ("API_TOKEN", "https://x@host/hunter2canary@y"),
        ("API_TOKEN", "https://hunter2canary@host/"),
    ] {
        for part in ["host", "database", "origin", "port", "user", "password"] {
            let schema = format!(r#"{{"properties": {{}}, "x-sparkcfg": {{"agree": [["{key}#{part}", "OTHER"]]}}}}"#);
            let text = format!("{key}='{url}'\nOTHER=other\n");
            let told = told(&project(&[(".env", &text), ("schemas/app.schema.json", &schema)]));
            assert!(!told.contains(CANARY), "{key} {part}: {told}");
        }
    }
    let schema = r#"{"x-sparkcfg": {"agree": [["DB_TOKEN#host", "OTHER"]]}}"#;
    let told =
        told(&project(&[(".env", "DB_TOKEN=postgres://u:p@db/x\nOTHER=y\n"), ("schemas/app.schema.json", schema)]));
    assert!(told.contains("the host of DB_TOKEN is db"), "{told}");
}

#[test]
fn plain_secrets_are_found() {
    for (path, text, expected) in [
        ("environments/local.env", "DB_PASSWORD=hunter2canary", true),
        ("environments/prod.env", "DB_PASSWORD=${OTHER_PASSWORD-hunter2canary}", true),
        ("environments/prod.env", "DB_PASSWORD=${A}hunter2canary${B}", true),
        ("environments/prod.env", "DB_PASSWORD=${OTHER_PASSWORD}", false),
        ("environments/prod.env", "URL=postgres://u:${DB_PASSWORD:-hunter2canary}@db", true),
        ("environments/prod.env", "URL=postgres://${USER:-app}:${DB_PASSWORD}@db", false),
    ] {
        let found = checks::run(&project(&[(path, &format!("{text}\n"))])).findings;
        assert_eq!(found.iter().any(|finding| finding.rule.code == "plaintext-secret"), expected, "{path}: {text}");
    }
}

#[test]
fn short_lines_of_a_key_file_are_hidden() {
    let text = "A=-----BEGIN RSA PRIVATE KEY-----\nhunter2canary\nhunter2canary==\nhunter2 canary\nhunter2canary/+\n-----END RSA PRIVATE KEY-----\n";
    let told = written(project(&[(".env", text)]));
    assert!(!told.contains(CANARY), "{told}");
}

/// What a command shows in a folder.
fn shown(folder: &Path, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    let output = command.current_dir(folder).env("NO_COLOR", "1").args(arguments).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

const KEY_FILE: &str = "A=-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEA1x2y3z4w5v6u7t8s9r0qABCDEFabcdef0123456789hunter2canary=
hunter2canaryabcd/+a=
hunter2canary==
hunter2canaryx
-----END RSA PRIVATE KEY-----
";

#[test]
fn commands_hide_the_lines_of_a_key_file() {
    // The line that marks the end is one that no reader takes.
    let folder = folder(&[(".env", &KEY_FILE.replace("-----END", "# -----END"))]);
    for arguments in [
        &["show", "default"][..],
        &["show", "default", "--as", "json"],
        &["show", "default", "hunter2canarz"],
        &["explain", "hunter2canarz"],
        &["validate"],
    ] {
        let told = shown(folder.path(), arguments).replace("hunter2canarz", "");
        assert!(told.contains('A') || told.contains("not set") || told.contains("no key"), "{arguments:?}: {told}");
        assert!(!told.contains(CANARY), "{arguments:?}: {told}");
    }
    let told = shown(folder.path(), &["explain", "hunter2canary"]);
    assert!(told.starts_with(sparkcfg::source::MASK) && !told.contains(CANARY), "{told}");
}

#[test]
fn explain_hides_what_borrows_a_secret() {
    let folder = folder(&[(".env", "COPY=${DB_PASSWORD:-hunter2canary}\n")]);
    let told = shown(folder.path(), &["explain", "COPY"]);
    assert!(told.contains(sparkcfg::source::MASK) && !told.contains(CANARY), "{told}");
}

#[test]
fn no_column_tells_the_length_of_a_secret() {
    let told = |secret: &str| {
        let folder = folder(&[("environments/dev.env", &format!("DB_PASSWORD='{secret}' PORT=1\n"))]);
        let options = Options { environments: vec!["dev".to_owned()], ..Options::default() };
        let loaded = sparkcfg::load_from::<HashMap<String, String>>(folder.path(), &options).unwrap();
        format!("{}{:?}", shown(folder.path(), &["explain", "PORT"]), loaded.origin("PORT").unwrap())
    };
    assert_eq!(told("short1"), told("a-much-longer-secret"));
}

#[test]
fn nothing_acts_on_a_terminal_or_a_runner() {
    let schema = r###"{"properties": {"A": {"description": "::error::a\n  ::error::b\n\u001b[31mc", "default": "##[group]"}}}"###;
    let folder = folder(&[
        ("environments/::error::\u{1b}[31mx.env", "A='##[group]'\nB='\u{9b}31m'\n"),
        ("environments/base.env", "C=1\n"),
        ("schemas/app.schema.json", schema),
    ]);
    let stale = self::folder(&[
        ("sparkcfg.toml", "schema = \"schemas/spark.schema.json\"\n"),
        ("schemas/spark.schema.json", "{\n ::error::x\n\u{1b}[31m ##[group]\n}\n"),
    ]);
    let environment = "::error::\u{1b}[31mx";
    for (folder, arguments) in [
        (&folder, &["explain", "A"][..]),
        (&folder, &["explain", "C"]),
        (&folder, &["explain", "::error::\u{1b}"]),
        (&folder, &["show", environment]),
        (&folder, &["show", environment, "--as", "json"]),
        (&folder, &["show", environment, "::error::"]),
        (&folder, &["schema", "--env", environment]),
        (&stale, &["schema", "--check"]),
    ] {
        let told = shown(folder.path(), arguments);
        assert!(!told.is_empty(), "{arguments:?}");
        let acts = told.chars().find(|character| character.is_control() && *character != '\n');
        assert_eq!(acts, None, "{arguments:?}: {told}");
        let command = told.lines().find(|line| line.trim_start().starts_with("::") || line.contains("##["));
        assert_eq!(command, None, "{arguments:?}: {told}");
    }
}

#[test]
fn a_mismatch_tells_no_line_of_a_key_file() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let folder = folder(&[(".env", "MIIEowIBAAKCAQEA1x2y3z4w5v6u7t8s9r0qABCDEFhunter2canary=1\n")]);
    let error = sparkcfg::load_from::<Nothing>(folder.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, sparkcfg::LoadError::Mismatch(_)), "{error}");
    assert!(!error.to_string().contains(CANARY), "{error}");
}
