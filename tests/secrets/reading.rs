//! What is read of sealed files: values as they are, or nothing at all.

use std::fs;

use sparkcfg::identity::{Identities, Recipient};
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order};

use super::{CANARY, Project, ran};

const PROD: &str = "p/environments/prod.secrets.env";

/// A lower layer's value is none of the file's that should have the last word.
#[test]
fn no_value_comes_from_beneath_a_file_that_is_not_known() {
    let project = Project::new();
    project.run(&["set", "API_KEY", "-e", "base"], b"beneath").ok();
    project.set("API_KEY", "above");
    project.set("OTHER", "canary-2");
    let good = project.sealed();
    let cut = good.split_inclusive('\n').filter(|line| !line.starts_with("API_KEY="));
    let conflict = format!("<<<<<<< ours\n{good}=======\n{good}>>>>>>> theirs\n");
    for text in [cut.collect(), good[..good.len() / 2].to_owned(), String::new(), "# note\n".to_owned(), conflict] {
        project.write(PROD, &text);
        // In any order in which the files lie in memory.
        for _ in 0..4 {
            let ran = project.run(&["get", "API_KEY", "-e", "prod"], b"");
            assert!(ran.stdout.is_empty());
            ran.failed(2, "environments/prod.secrets.env");
        }
        project.run(&["get", "API_KEY", "-e", "base"], b"").ok();
    }
    // Nobody here can open it, and its names prove nothing then.
    project.write(PROD, &good.split_inclusive('\n').filter(|line| !line.starts_with("API_KEY=")).collect::<String>());
    let (stranger, _) = super::key();
    project.write("home/stranger.txt", &stranger);
    project.write("p/environments/prod.env", "API_KEY=beneath\n");
    let identity = project.path("home/stranger.txt");
    let ran = project.run(&["get", "API_KEY", "-e", "prod", "--identity", identity.to_str().unwrap()], b"");
    assert_eq!((ran.code, ran.stdout.as_slice()), (Some(2), &b""[..]));
    fs::remove_file(project.path(PROD)).unwrap();
    assert_eq!(project.get("API_KEY"), "beneath");
}

/// A file with these lines, as SOPS seals them: sign by sign.
fn by_sops(project: &Project, lines: &str) -> String {
    let recipients: [Recipient; 1] = [project.recipient.parse().unwrap()];
    let order =
        Order { recipients: &recipients, time: "2026-01-01T00:00:00Z", new_key: false, anew: None, previous: None };
    (stores::of(PROD).unwrap().seal)(&Secret::new(lines.to_owned()), &order).unwrap()
}

/// What SOPS hands over of a file, sign by sign.
fn lines(project: &Project) -> String {
    let mut identities = Identities::default();
    identities.add("test", &project.read("home/key.txt"));
    (stores::of(PROD).unwrap().plain)(project.sealed().as_bytes(), &identities).unwrap().expose().to_owned()
}

/// The codes and keys that `validate` tells of prod, with the key at hand.
fn told(project: &Project) -> Vec<String> {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    command.current_dir(project.path("p")).env_clear().args(["validate", "prod", "--format", "json", "--identity"]);
    command.arg(project.path("home/key.txt")).env("HOME", project.path("home"));
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(!text.contains(CANARY), "{text}");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    let told = |finding: &serde_json::Value| {
        format!("{} {}", finding["code"].as_str().unwrap(), finding["key"].as_str().unwrap_or_default())
    };
    report["findings"].as_array().unwrap().iter().map(told).collect()
}

/// SOPS knows nothing of quotes, so a value that it wrote may be another one here.
#[test]
fn values_of_sops_and_of_sparkcfg_are_told_apart() {
    let project = Project::new();
    for (key, value) in [("A", "pa$word"), ("B", "it's\n$5 #1"), ("C", "plain"), ("D", " blanks ")] {
        project.set(key, value);
        assert_eq!(project.get(key), value);
    }
    project.edit(&["prod"], "printf 'E=two words\\nF=\"x\"\\nG=\"a\\nb\"\\nURL=http://${A}@h\\n' >> \"$1\"").ok();
    assert_eq!((project.get("E"), project.get("F"), project.get("G")), ("two words".into(), "x".into(), "a\nb".into()));
    // A reference is meant for sparkcfg, and is another value for SOPS all the same.
    assert_eq!(told(&project), ["reads-differently URL"], "{}", lines(&project));

    let foreign =
        format!("A=S3cr#t$$x #1{CANARY}\nB='{CANARY}-b'\nC= {CANARY}-c \nD=-----BEGIN\\n{CANARY}\\n\nE=plain\n");
    project.write(PROD, &by_sops(&project, &foreign));
    let differ = ["reads-differently A", "reads-differently B", "reads-differently C", "reads-differently D"];
    assert_eq!(told(&project), differ);
    // One message for all references; one that leads nowhere says so itself.
    for (referring, expected) in [
        (format!("A=pw${{PORT}}{CANARY}\nB=$PORT-{CANARY}\n"), &["reads-differently "][..]),
        (format!("A=pw$NOWHERE/{CANARY}\n"), &["undefined-reference A"]),
    ] {
        project.write(PROD, &by_sops(&project, &referring));
        assert_eq!(told(&project), expected);
    }
    project.write(PROD, &by_sops(&project, &foreign));
    for (key, value) in [("A", "S3cr#t$$x #1"), ("B", "'b'"), ("C", " c "), ("D", "-----BEGIN\nd\n")] {
        project.set(key, value);
    }
    assert_eq!(told(&project), [""; 0], "{}", lines(&project));
}

/// What is taken over from SOPS is what SOPS hands over; what sparkcfg spelled, what sparkcfg reads.
#[test]
fn a_dotenv_file_by_sops_is_taken_over_sign_by_sign() {
    let project = Project::new();
    let foreign = "A=S3cr#t$$x #1\nB='sq'\nC= blanks \nD=-----BEGIN\\nx\\n\nE=a${B}\nF='pa$word'\nG=plain\n# note\n";
    project.write("p/old.secrets.env", &by_sops(&project, foreign));
    let said = project.run(&["import", "old.secrets.env", "-e", "prod"], b"").ok().stderr;
    assert!(said.contains("taken sign by sign, as SOPS hands them over: A, B, C, D, E\n"), "{said}");
    for (key, value) in [
        ("A", "S3cr#t$$x #1"),
        ("B", "'sq'"),
        ("C", " blanks "),
        ("D", "-----BEGIN\nx\n"),
        ("E", "a${B}"),
        ("F", "pa$word"),
        ("G", "plain"),
    ] {
        assert_eq!(project.get(key), value, "{key}");
    }
    assert_eq!(told(&project), [""; 0]);
}

/// A sealed value opens nowhere but in the file that it was sealed in.
#[test]
fn what_is_sealed_is_not_handed_over_or_sealed_again() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let token = project.sealed().lines().find_map(|line| line.strip_prefix("API_KEY=")).unwrap().to_owned();
    let before = project.sealed();
    project.run(&["set", "OTHER", "-e", "prod"], token.as_bytes()).failed(1, "OTHER is sealed twice");
    project.edit(&["prod"], &format!("echo 'OTHER={token}' >> \"$1\"")).failed(1, "OTHER is sealed twice");
    assert_eq!(project.sealed(), before);
    project.write("p/environments/prod.env", &format!("LEVEL=warn\nOTHER={token}\n"));
    assert_eq!(told(&project), ["sealed-file-damaged OTHER"]);
    // A whole file under a wrong name is one mistake.
    project.write("p/environments/prod.env", &before);
    assert_eq!(told(&project).iter().filter(|one| one.starts_with("sealed-file-damaged")).count(), 1);
}

/// Plain text goes to whoever reads it as the same value, or not at all.
#[test]
fn an_export_alters_nothing() {
    let project = Project::new();
    project.set("A", "plain");
    project.set("B", "line\nline $x");
    let text = String::from_utf8(project.run(&["export", "prod", "--as", "dotenv"], b"").ok().stdout).unwrap();
    for reader in sparkcfg::portable::COMMON {
        let read = sparkcfg::dialects::find(reader).unwrap().read;
        let reading = read(text.as_bytes(), &std::collections::BTreeMap::new());
        assert_eq!(reading.value("B"), Some("line\nline $x"), "{reader}: {text}");
    }
    project.set("C", "a'b\"c`d$e\\\n");
    project.run(&["export", "prod", "--as", "dotenv"], b"").failed(2, "dotenv cannot hold every value: C: ");
    let show = ["export", "prod", "--as", "age"];
    assert!(!project.run(&show, b"").ok().stdout.is_empty());
}

/// Where docker compose refuses a line, no key is lost without a word.
#[test]
fn an_export_loses_nothing() {
    let project = Project::new();
    project.write(PROD, &by_sops(&project, &format!("A={CANARY}\nB='{CANARY}-open\nC={CANARY}-c\n")));
    let export = ["export", "prod", "--as", "dotenv"];
    let told = project.run(&export, b"");
    assert_eq!(told.stdout, b"");
    told.failed(2, "docker compose refuses line 2, with B, so nothing was written");
    project.write("p/.gitignore", "*.local.env\n");
    let to = [&export[..], &["--to", "prod.local.env"]].concat();
    project.run(&to, b"").failed(2, "with B, so nothing was written");
    assert!(!project.path("p/prod.local.env").exists());
    let without = [&export[..], &["--without", "B"]].concat();
    let text = String::from_utf8(project.run(&without, b"").ok().stdout).unwrap();
    assert_eq!(text, format!("A={CANARY}\nC={CANARY}-c\n"));
}

#[test]
fn what_is_refused_says_what_would_come_of_it() {
    let project = Project::new().with_schema();
    project.set("API_KEY", "long enough");
    project.set("DB_PASSWORD", "x");
    // The result, not the file, is too large.
    let large = vec![b'x'; 900_000];
    project.run(&["set", "DB_PASSWORD", "-e", "prod"], &large).failed(2, "sealed, this would be larger than 1 MiB");
    // What the schema asks for stays.
    let schema = project.read("p/schemas/app.schema.json");
    project.write("p/schemas/app.schema.json", &schema.replacen("{ ", "{ \"required\": [\"API_KEY\"], ", 1));
    let dev = ["set", "API_KEY", "-e", "base"];
    project.run(&["unset", "API_KEY", "-e", "prod"], b"").failed(1, "--no-validate removes it all the same");
    assert_eq!(project.get("API_KEY"), "long enough");
    project.run(&["unset", "API_KEY", "-e", "prod", "--no-validate"], b"").ok();
    project.run(&dev, b"long enough").ok();
    // What others read too is not taken away from them.
    project.write("p/environments/base.env", "PORT=80\nDB_PASSWORD=hunter2canary\n");
    let import = ["import", "environments/base.env", "-e", "prod", "--key", "DB_PASSWORD", "--overwrite", "--remove"];
    project.run(&import, b"").failed(2, "take the values from dev too");
    assert!(project.read("p/environments/base.env").contains("DB_PASSWORD"));
    let mut base = import;
    base[3] = "base";
    project.run(&base, b"").ok();
    assert_eq!(project.read("p/environments/base.env"), "PORT=80\n");
    // No dotenv text.
    project.write("p/n.yaml", "API_KEY: hunter2canary\n");
    project.run(&["import", "n.yaml", "-e", "prod"], b"").failed(2, "this is YAML or JSON in plain text");
    project.run(&["import", "-", "-e", "prod"], b"---\nAPI_KEY: x\n").failed(2, "this is YAML or JSON");
}

#[test]
fn files_are_named_as_they_are_seen() {
    let project = Project::new();
    let within = |arguments: &[&str], stdin: &[u8]| {
        let mut command = project.command(arguments);
        command.current_dir(project.path("p/environments"));
        ran(command, stdin)
    };
    within(&["set", "A", "-e", "prod.secrets.env"], b"1").ok();
    assert_eq!(within(&["get", "A", "-e", "prod.secrets.env"], b"").ok().stdout, b"1");
    assert_eq!(within(&["get", "A", "-e", "../environments/prod.secrets.env"], b"").ok().stdout, b"1");
    let new = ["set", "A", "-e", "environments/new.secrets.env"];
    project.run(&new, b"1").failed(2, "a new one begins with its file, environments/new.env");
    assert!(!project.path("p/environments/new.secrets.env").exists());
}

/// Whoever is revoked while they type gets nothing sealed and loses nothing that they typed.
#[test]
fn what_was_typed_outlives_a_refusal() {
    let project = Project::new();
    project.set("A", "1");
    let table = project.read("p/sparkcfg.toml").replace("prod = [\"laptop\"]", "prod = [\"other\"]");
    let (_, other) = super::key();
    let table = table.replacen("[people]\n", &format!("[people]\nother = \"{other}\"\n"), 1);
    project.write("home/table", &table);
    let to = project.path("p/sparkcfg.toml");
    let script = format!("cp \"$HOME/table\" {}; echo TYPED=hunter2canary >> \"$1\"", to.display());
    let before = project.sealed();
    let ran = project.edit(&["prod"], &script);
    let path = ran.stderr.split("what was typed lies in ").nth(1).unwrap_or_else(|| panic!("{}", ran.stderr));
    let path = path.split(" until").next().unwrap().to_owned();
    assert_eq!(fs::read_to_string(&path).unwrap(), "A=1\nTYPED=hunter2canary\n");
    ran.failed(2, "is one of its readers");
    assert_eq!(project.sealed(), before);
    project.run(&["who"], b"").ok();
    assert!(!std::path::Path::new(&path).exists());
}
