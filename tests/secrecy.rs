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

#[path = "secrecy/rendered.rs"]
mod rendered;
#[path = "secrecy/runs.rs"]
mod runs;

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
        let is_told = ["A", "not set", "no key", "not known"].iter().any(|words| told.contains(words));
        assert!(is_told, "{arguments:?}: {told}");
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

mod labelled {
    //! How many secrets are found, and how many of what is found are secrets, on lines that others wrote.

    use super::{checks, project};
    use age::secrecy::ExposeSecret;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sparkcfg::finding::Severity;

    const LINES: &str = include_str!("data/detection/lines.txt");
    const MADE_UP: &str = include_str!("data/detection/made_up.txt");
    const TEMPLATES: &str = include_str!("data/detection/templates.txt");

    /// How many lines are made of each template.
    const TIMES: usize = 4;

    /// The same numbers in every run (a linear congruential generator, Knuth's constants).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % limit
        }

        fn text(&mut self, alphabet: &str, length: usize) -> String {
            (0..length).map(|_| char::from(alphabet.as_bytes()[self.below(alphabet.len())])).collect()
        }

        fn value(&mut self, kind: &str, length: usize, before: &str) -> String {
            const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
            const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
            const DIGITS: &str = "0123456789";
            const WORDS: &[&str] =
                &["correct", "horse", "battery", "staple", "harbour", "violet", "engine", "copper", "winter"];
            const CHOSEN: &[&str] = &[
                "hunter2!",
                "Summer2024",
                "letmein99",
                "s3cr3t-db",
                "qwerty!23",
                "P@ssw0rd1",
                "trustno1x",
                "ilovecats7",
            ];
            match kind {
                "alnum" => self.text(&[UPPER, LOWER, DIGITS].concat(), length),
                "lower" => self.text(&[LOWER, DIGITS].concat(), length),
                "hex" => self.text("0123456789abcdef", length),
                "digits" => self.text("123456789", 1) + &self.text(DIGITS, length - 1),
                "base32" => self.text(&[UPPER, "234567"].concat(), length),
                "base64" => self.text(&[UPPER, LOWER, DIGITS, "+/"].concat(), length),
                // Ends in a letter, as a token would before a blank.
                "word" => self.text(&[UPPER, LOWER, DIGITS, "-_"].concat(), length - 1) + &self.text(LOWER, 1),
                "words" => (0..length).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join("-"),
                "human" => CHOSEN[self.below(CHOSEN.len())].to_owned(),
                "crc" => checksum(before.rsplit('_').next().unwrap()),
                "jwt" => {
                    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
                    let payload = format!(r#"{{"sub":"{}"}}"#, self.below(9999));
                    format!(
                        "{}.{}.{}",
                        part(r#"{"alg":"HS256","typ":"JWT"}"#),
                        part(&payload),
                        self.text(&[UPPER, LOWER].concat(), 43)
                    )
                }
                "age" => age::x25519::Identity::generate().to_string().expose_secret().to_owned(),
                _ => panic!("{kind}"),
            }
        }

        fn filled(&mut self, template: &str) -> String {
            let (mut line, mut rest) = (String::new(), template);
            while let Some((before, after)) = rest.split_once('{') {
                if !after.starts_with(|first: char| first.is_ascii_lowercase()) {
                    // A brace of the value's own: `${NAME}`.
                    line.extend([before, "{"]);
                    rest = after;
                    continue;
                }
                let (slot, after) = after.split_once('}').unwrap();
                let (kind, length) = slot.split_once(':').unwrap_or((slot, "0"));
                line.push_str(before);
                let value = self.value(kind, length.parse().unwrap(), &line);
                line.push_str(&value);
                rest = after;
            }
            line + rest
        }
    }

    /// CRC-32 by its table, in base 62.
    fn checksum(body: &str) -> String {
        const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let table: Vec<u32> = (0..256u32)
            .map(|byte| {
                (0..8).fold(byte, |value, _| if value & 1 == 1 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 })
            })
            .collect();
        let crc = !body.bytes().fold(u32::MAX, |crc, byte| table[usize::from(byte ^ crc.to_le_bytes()[0])] ^ crc >> 8);
        let digit = |at: u32| char::from(DIGITS[(crc / 62u32.pow(at) % 62) as usize]);
        (0..6).rev().map(digit).collect()
    }

    fn is_found(line: &str) -> bool {
        let project = project(&[("environments/prod.env", &format!("{line}\n"))]);
        let found = checks::run(&project).findings;
        found.iter().any(|finding| finding.rule.code == "plaintext-secret" && finding.severity > Severity::Note)
    }

    #[test]
    #[allow(clippy::print_stdout, reason = "the figures, for whoever asks with --nocapture")]
    fn labelled_lines() {
        let labelled = |text: &'static str| {
            let lines = text.lines().filter_map(|line| line.split_once(' ')).filter(|(label, _)| *label != "#");
            lines.map(|(label, line)| (label == "s", line))
        };
        let mut numbers = Numbers(20_240_229);
        let mut lines: Vec<_> = labelled(LINES).map(|(is_secret, line)| (is_secret, line.to_owned())).collect();
        lines.extend(labelled(MADE_UP).map(|(is_secret, line)| (is_secret, numbers.filled(line))));
        for template in TEMPLATES.lines() {
            lines.extend((0..TIMES).map(|_| (true, numbers.filled(template))));
        }
        assert!(lines.len() >= 500, "{} lines", lines.len());
        let (mut right, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
        for (is_secret, line) in &lines {
            match (is_secret, is_found(line)) {
                (true, true) => right += 1,
                (true, false) => missed.push(line),
                (false, true) => wrong.push(line),
                (false, false) => {}
            }
        }
        let share = |part: usize, of: usize| 1000 * part / of;
        let (recall, precision) = (share(right, right + missed.len()), share(right, right + wrong.len()));
        let told = format!(
            "{} lines, {} secrets: recall {}.{} %, precision {}.{} %\nmissed: {missed:#?}\nwrong: {wrong:#?}",
            lines.len(),
            right + missed.len(),
            recall / 10,
            recall % 10,
            precision / 10,
            precision % 10
        );
        println!("{told}");
        assert!(recall >= 950 && precision >= 950, "{told}");
    }
}

#[test]
fn a_password_is_not_let_into_a_commit() {
    let text = "DB_PASSWORD=hunter2canary\n";
    let folder = folder(&[("environments/dev.env", text)]);
    let severity = |project: &Project| {
        let found = checks::run(project).findings;
        found.iter().find(|finding| finding.rule.code == "plaintext-secret").map(|finding| finding.severity)
    };
    assert_eq!(severity(&Project::open(folder.path()).unwrap()), Some(sparkcfg::finding::Severity::Warning));
    assert_eq!(severity(&project(&[("environments/dev.env", text)])), Some(sparkcfg::finding::Severity::Error));
}

/// The index of a repository (version 2) with these paths, as bytes.
fn index(paths: &[&str]) -> Vec<u8> {
    let mut bytes = b"DIRC\0\0\0\x02\0\0\0".to_vec();
    bytes.push(u8::try_from(paths.len()).unwrap());
    for path in paths {
        let start = bytes.len();
        bytes.extend([0; 60]);
        bytes.extend([0, u8::try_from(path.len()).unwrap()]);
        bytes.extend(path.as_bytes());
        bytes.extend(vec![0; 8 - (bytes.len() - start) % 8]);
    }
    bytes
}

#[test]
fn what_is_for_one_person_is_not_in_git() {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
    let secret = format!("DB_PASSWORD={CANARY}\n");
    let files = [
        ("app/.gitignore", "*.local.env\n!kept.local.env\n"),
        ("app/environments/base.env", "A=1\n"),
        ("app/environments/dev.env", "B=1\n"),
        ("app/environments/dev.local.env", &secret),
        ("app/environments/kept.local.env", &secret),
        ("app/environments/deploy.age-key.txt", &key),
        ("app/environments/open.age-key.txt", &key),
        ("app/environments/a-note-on-the-key.md", "no key"),
        ("app/sparkcfg.toml", "identities = [\"environments/open.age-key.txt\"]\n"),
    ];
    let folder = folder(&files);
    fs::create_dir(folder.path().join(".git")).unwrap();
    let told = || shown(&folder.path().join("app"), &["validate", "--format", "json"]);
    let codes = |told: &str, word: &str| told.matches(word).count();
    let before = told();
    assert_eq!((codes(&before, "\"secrets-tracked\""), codes(&before, "does not ignore it")), (1, 1), "{before}");
    let all: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    fs::write(folder.path().join(".git/index"), index(&all)).unwrap();
    let after = told();
    assert_eq!(codes(&after, "\"secrets-tracked\""), 3, "{after}");
    assert_eq!(
        (codes(&after, "is a personal layer, and git tracks it"), codes(&after, "holds an identity")),
        (2, 1),
        "{after}"
    );
    assert!(!after.contains(CANARY) && !after.contains(&key[20..40]) && !after.contains("open.age-key.txt"), "{after}");
    fs::write(folder.path().join(".git/index"), b"DIRC no index").unwrap();
    assert_eq!(codes(&told(), "\"secrets-tracked\""), 0);
}
