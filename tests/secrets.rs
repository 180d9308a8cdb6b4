//! The life of a secret, told to the program itself: set, read, edited, imported, exported, and never seen.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

#[path = "secrets/reading.rs"]
mod reading;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sparkcfg::identity::{Identities, Recipient};
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order};

const CANARY: &str = "hunter2canary";

/// A project with an environment `prod`, readable by `laptop`, whose key is at hand.
struct Project {
    folder: tempfile::TempDir,
    recipient: String,
}

/// What a command left behind.
#[derive(Debug)]
struct Ran {
    stdout: Vec<u8>,
    stderr: String,
    code: Option<i32>,
}

impl Ran {
    #[track_caller]
    fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// It failed with `code`, said `message`, and told no secret.
    #[track_caller]
    fn failed(self, code: i32, message: &str) {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        assert!(self.stderr.contains(message), "{message}: {}", self.stderr);
        let told = format!("{}{}", self.stderr, String::from_utf8_lossy(&self.stdout));
        assert!(!told.contains(CANARY) && !told.contains("hunter2"), "{told}");
    }
}

fn key() -> (String, String) {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate();
    (key.to_string().expose_secret().to_owned(), key.to_public().to_string())
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (secret, recipient) = key();
        let project = Self { folder, recipient };
        project.write("home/key.txt", &secret);
        project.write("home/run/.keep", "");
        project.write("p/sparkcfg.toml", &project.config("prod = [\"laptop\"]\ndev = [\"laptop\"]"));
        project.write("p/environments/base.env", "PORT=80\n");
        project.write("p/environments/prod.env", "LEVEL=warn\n");
        project.write("p/environments/dev.env", "LEVEL=debug\n");
        project
    }

    fn config(&self, access: &str) -> String {
        format!("[people]\nlaptop = \"{}\"\n[access]\n{access}\n", self.recipient)
    }

    fn with_schema(self) -> Self {
        let text = r#"{ "type": "object", "additionalProperties": false, "properties": {
            "PORT": { "type": "integer" }, "LEVEL": { "type": "string" },
            "API_KEY": { "type": "string", "writeOnly": true, "minLength": 8 },
            "DB_PASSWORD": { "type": "string", "writeOnly": true } } }"#;
        self.write("p/schemas/app.schema.json", text);
        self
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn sealed(&self) -> String {
        self.read("p/environments/prod.secrets.env")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(self.path("p")).env_clear().arg("secrets").args(arguments);
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.path("home"));
        command.env("XDG_RUNTIME_DIR", self.path("home/run")).env("SOPS_AGE_KEY_FILE", self.path("home/key.txt"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str], stdin: &[u8]) -> Ran {
        ran(self.command(arguments), stdin)
    }

    #[track_caller]
    fn set(&self, key: &str, value: &str) {
        self.run(&["set", key, "-e", "prod", "--exact"], value.as_bytes()).ok();
    }

    #[track_caller]
    fn get(&self, key: &str) -> String {
        String::from_utf8(self.run(&["get", key, "-e", "prod"], b"").ok().stdout).unwrap()
    }

    /// The name of an editor that is a shell script, in whose `$1` the file is.
    fn editor(&self, script: &str) -> String {
        let path = self.path("home/editor");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn edit(&self, arguments: &[&str], script: &str) -> Ran {
        let mut command = self.command(&[&["edit"], arguments].concat());
        command.env("EDITOR", self.editor(script));
        ran(command, b"")
    }

    /// What lies where private files do.
    fn private(&self) -> Vec<String> {
        names(&self.path("home/run")).into_iter().filter(|name| name != ".keep").collect()
    }
}

fn ran(mut command: impl std::borrow::BorrowMut<Command>, stdin: &[u8]) -> Ran {
    let command = command.borrow_mut();
    let mut child = command.spawn().unwrap();
    // A program that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Ran { stdout: output.stdout, stderr, code: output.status.code() }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn differing_lines(before: &str, after: &str) -> usize {
    assert_eq!(before.lines().count(), after.lines().count());
    before.lines().zip(after.lines()).filter(|(before, after)| before != after).count()
}

#[test]
fn values_come_back_exactly() {
    let project = Project::new();
    for value in [
        "x",
        "two words",
        "it's \"quoted\" \\ $HOME ${PORT} `id` $(id) #no comment",
        " leading and trailing ",
        "-----BEGIN KEY-----\nabc=\n-----END KEY-----\n",
        "a\r\nb\r\n",
        "\n",
        "\\n",
        "'",
        "ENC[AES256_GCM,data:x]",
        "ünï🔑",
        "a=b=c==",
    ] {
        project.set("API_KEY", value);
        assert_eq!(project.get("API_KEY"), value, "{value:?}");
    }
    project.run(&["set", "API_KEY", "-e", "prod"], b"line\n").ok();
    assert_eq!(project.get("API_KEY"), "line");
    project.write("home/value", "from a file\r\n");
    project.run(&["set", "API_KEY", "-e", "prod", "--from-file", "../home/value"], b"not this").ok();
    assert_eq!(project.get("API_KEY"), "from a file");
    assert!(project.run(&["set", "API_KEY", "-e", "prod"], b"from a file").ok().stderr.contains("unchanged"));
    project.run(&["unset", "API_KEY", "-e", "prod"], b"").ok();
    project.run(&["get", "API_KEY", "-e", "prod"], b"").failed(2, "API_KEY is not set in prod");
    project.run(&["unset", "API_KEY", "-e", "prod"], b"").failed(2, "API_KEY is not set there");
}

#[test]
fn the_command_line_holds_no_value() {
    let project = Project::new();
    for arguments in [
        &["set", "API_KEY=hunter2canary", "-e", "prod"][..],
        &["set", "API_KEY", CANARY, "-e", "prod"],
        &["set", "-e", "prod", "API_KEY", CANARY],
        &["set", "-e", "prod", "API_KEY", "-hunter2canary"],
        &["set", "-e", "prod", "API_KEY", "--hunter2canary"],
        &["set", "-e", "prod", "API_KEY", "--value=hunter2canary"],
        &["set", "API_KEY", "--", CANARY],
        &["set", "API_KEY", "=", CANARY],
    ] {
        project.run(arguments, b"x").failed(2, "never given on the command line");
    }
    assert!(!project.path("p/environments/prod.secrets.env").exists());
}

#[test]
fn a_key_in_the_place_of_a_name_is_not_repeated() {
    use age::secrecy::ExposeSecret;
    let project = Project::new();
    let key = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
    for key in [key.as_str(), &key[..44]] {
        for (arguments, expected) in [
            (&["get", "API_KEY", "-e", "prod", "--identity", key][..], "this is a private key, not a file"),
            (&["grant", key, "prod"], "never given on the command line"),
            (&["grant", "bob", key], "never given on the command line"),
            (&["diff", key, "prod"], "never given on the command line"),
            (&["set", key, "-e", "prod"], "never given on the command line"),
            (&["set", "API_KEY", "-e", key], "never given on the command line"),
            (&["set", "API_KEY", "-e", "prod", "--from-file", key], "never given on the command line"),
            (&["export", key, "--as", "dotenv"], "never given on the command line"),
            (&[key], "never given on the command line"),
        ] {
            let ran = project.run(arguments, b"x");
            assert!(!ran.stderr.contains(&key[18..]) && ran.stdout.is_empty(), "{}", ran.stderr);
            ran.failed(2, expected);
        }
        let mut command = project.command(&["get", "API_KEY", "-e", "prod"]);
        let ran = ran(command.env("SOPS_AGE_KEY_FILE", key), b"");
        assert!(!ran.stderr.contains(&key[18..]), "{}", ran.stderr);
        ran.failed(2, "SOPS_AGE_KEY_FILE: this is a private key, not a file");
    }
    let ran = project.run(&["get", "API_KEY", "-e", "prod=hunter2canary"], b"");
    ran.failed(2, "takes the name of an environment");
}

#[test]
fn what_was_meant_is_told() {
    let project = Project::new();
    project.set("API_KEY", "correct horse");
    for (arguments, expected) in [
        (&["grant", "dev", "laptop"][..], "did you mean `sparkcfg secrets grant laptop dev`?"),
        (&["grant", "dev", "bob"], "the person comes first: sparkcfg secrets grant NAME dev"),
        (&["revoke", "prod", "laptop"], "did you mean `sparkcfg secrets revoke laptop prod`?"),
        (&["grant", "bob", "prod"], "give the public key: sparkcfg secrets grant bob prod --key"),
        (&["grant", "laptop", "*"], "name each environment in a run of its own: dev, prod"),
        (&["set", "API_KEY", "prod"], "did you mean `sparkcfg secrets set API_KEY -e prod`?"),
        (&["set", "API_KEY", "hunter2canary"], "never given on the command line"),
        (&["set", "API_KEY", "base"], "did you mean `sparkcfg secrets set API_KEY -e base`?"),
    ] {
        project.run(arguments, b"x").failed(2, expected);
    }
    let help = project.run(&["set", "--help"], b"").ok();
    assert!(String::from_utf8_lossy(&help.stdout).contains("--env <ENV> <KEY>"), "{help:?}");
    let ran = project.run(&["init", "--name", "bea"], b"").ok();
    assert!(ran.stderr.contains("called laptop in [people] already") && ran.stderr.contains("--name bea is not used"));
    project.run(&["set", "SHARED", "-e", "base"], b"one").ok();
    let ran = project.run(&["diff", "base", "prod"], b"").ok();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(told, "API_KEY  only in prod\nSHARED   same\n");
}

#[test]
fn one_value_is_three_lines() {
    let project = Project::new();
    let text: String = (0..200).map(|number| format!("KEY_{number}=value {number}\n")).collect();
    let recipients: [Recipient; 1] = [project.recipient.parse().unwrap()];
    let order =
        Order { recipients: &recipients, time: "2026-01-01T00:00:00Z", new_key: false, anew: None, previous: None };
    let before = (stores::of(".secrets.env").unwrap().seal)(&Secret::new(text), &order).unwrap();
    project.write("p/environments/prod.secrets.env", &before);
    project.set("KEY_77", "changed");
    assert_eq!(differing_lines(&before, &project.sealed()), 3);
    let after = project.sealed();
    project.edit(&["prod"], "sed -i 's/^KEY_78=.*/KEY_78=edited/' \"$1\"").ok();
    assert!(differing_lines(&after, &project.sealed()) <= 3);
    assert_eq!((project.get("KEY_77"), project.get("KEY_78")), ("changed".to_owned(), "edited".to_owned()));
    project.run(&["unset", "KEY_0", "-e", "prod"], b"").ok();
    assert_eq!(project.sealed().lines().count() + 1, before.lines().count());
}

#[test]
fn what_is_wrong_changes_nothing() {
    let project = Project::new().with_schema();
    project.set("API_KEY", "correct horse");
    let before = project.sealed();
    let set = |key: &str, value: &[u8]| project.run(&["set", key, "-e", "prod"], value);
    set("API_KEY", b"").failed(2, "there is no value");
    set("API_KEY", b"\n").failed(2, "there is no value");
    set("API_KEY", b"hunter2\0canary").failed(2, "NUL byte");
    set("API_KEY", b"hunter2\xff").failed(2, "not UTF-8");
    set("API_KEY", b"hunter2").failed(1, "API_KEY is too short");
    set("API_KYE", CANARY.as_bytes()).failed(1, "did you mean API_KEY?");
    set("API KEY", CANARY.as_bytes()).failed(2, "no variable's name");
    set("sops_mac", CANARY.as_bytes()).failed(2, "must not begin with sops_");
    project.run(&["set", "API_KEY", "-e", "prdo"], CANARY.as_bytes()).failed(2, "did you mean `prod`?");
    project.run(&["set", "API_KEY", "-e", "../x.secrets.env"], CANARY.as_bytes()).failed(2, "no environment has this");
    project
        .run(&["set", "API_KEY", "-e", "prod", "--from-file", "none"], b"")
        .failed(2, "there is no such file\n   at none\n  help: give the path");
    project
        .run(&["set", "A", "-e", "prod", "--identity", "none"], b"")
        .failed(2, "there is no such key file\n   at none\n  help: give the path");
    // Whose size only its end would tell.
    project
        .run(&["set", "A", "-e", "prod", "--identity", "/dev/zero"], b"")
        .failed(2, "a key file is never over 1 MiB\n   at /dev/zero");
    assert_eq!(project.sealed(), before);
    // What a person wants all the same.
    project.run(&["set", "API_KEY", "-e", "prod", "--no-validate"], b"short").ok();
    assert_eq!(project.get("API_KEY"), "short");
}

/// A schema that lets others pass knows a misspelt key all the same.
#[test]
fn a_misspelt_key_changes_nothing_where_others_are_allowed() {
    let project = Project::new();
    let text = r#"{ "type": "object", "properties": { "API_KEY": {}, "DB_PASSWORD": {}, "TOKEN_1": {} } }"#;
    project.write("p/schemas/app.schema.json", text);
    let set = |key: &str, more: &[&str]| {
        let arguments = [&["set", key, "-e", "prod"], more].concat();
        project.run(&arguments, CANARY.as_bytes())
    };
    set("OTHER", &[]).ok();
    let before = project.sealed();
    set("API_KYE", &[]).failed(1, "did you mean API_KEY?");
    project.edit(&["prod"], "echo API_KYE=hunter2222 >> \"$1\"").failed(1, "did you mean API_KEY?");
    assert_eq!(project.sealed(), before);
    // Who wants it so has it, and is not asked again.
    set("API_KYE", &["--no-validate"]).ok();
    project.run(&["set", "API_KYE", "-e", "prod"], b"another canary").ok();
    // Where both are set no check can tell, and the old value of the right one stays.
    set("DB_PASSWORD", &[]).ok();
    assert!(set("DB_PASWORD", &[]).ok().stderr.contains("DB_PASSWORD is, and stays as it was"));
    set("TOKEN_1", &[]).ok();
    assert!(!set("TOKEN_2", &[]).ok().stderr.contains("stays as it was"));
}

#[test]
fn who_may_write() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let before = project.sealed();
    let refused = |message: &str| {
        for arguments in [&["set", "API_KEY", "-e", "prod"][..], &["unset", "API_KEY", "-e", "prod"], &["edit", "prod"]]
        {
            project.run(arguments, b"new value").failed(2, message);
            assert_eq!(project.sealed(), before);
        }
    };
    let (other, stranger) = key();
    project.write("p/sparkcfg.toml", &project.config("dev = [\"laptop\"]"));
    refused("secrets grant NAME prod");
    project.write("p/sparkcfg.toml", &format!("{}[access]\nprod = [\"nobody\"]\n", "[people]\n"));
    refused("`nobody`, who is not in [people]");
    project.write("p/sparkcfg.toml", &format!("[people]\nother = \"{stranger}\"\n[access]\nprod = [\"other\"]\n"));
    refused("none of the identities here is one of its readers");
    project.write("p/sparkcfg.toml", "[people]\nlaptop = \"age1cutoff\"\n[access]\nprod = [\"laptop\"]\n");
    refused("[people] laptop");
    project.write("p/sparkcfg.toml", &project.config("prod = [\"laptop\"]"));
    project.write("home/key.txt", "");
    refused("SOPS_AGE_KEY_FILE: there is no identity in it");
    // A reader of the table who cannot open the file yet.
    project.write("home/key.txt", &other);
    project.write("p/sparkcfg.toml", &format!("[people]\nother = \"{stranger}\"\n[access]\nprod = [\"other\"]\n"));
    refused("ask somebody who can open it");
}

#[test]
fn a_file_that_was_tampered_with_is_left_alone() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let good = project.sealed();
    for (bad, message) in [
        (good.replacen("API_KEY=", "API_KEY2=", 1), "moved here"),
        (format!("EMPTY=\n{good}"), "the value is empty"),
        (format!("#{CANARY}\n{good}"), "not sealed"),
        (good.replacen("sops_mac=", "sops_mca=", 1), "no MAC"),
        (good[..good.len() / 2].to_owned(), ""),
        (String::new(), "this file is empty"),
        (format!("A={CANARY}\n"), "not sealed"),
    ] {
        project.write("p/environments/prod.secrets.env", &bad);
        project.run(&["set", "OTHER", "-e", "prod"], b"value").failed(2, message);
        assert_eq!(project.sealed(), bad);
    }
    // What can be mended is mended with what names it.
    project.write("p/environments/prod.secrets.env", &format!("EMPTY=\n{good}"));
    project.run(&["unset", "EMPTY", "-e", "prod"], b"").ok();
    assert_eq!(project.get("API_KEY"), CANARY);
}

#[test]
fn only_ordinary_files_of_the_project_are_written() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let sealed = project.path("p/environments/prod.secrets.env");
    let elsewhere = project.path("home/elsewhere.env");
    fs::rename(&sealed, &elsewhere).unwrap();
    symlink(&elsewhere, &sealed).unwrap();
    let before = project.read("home/elsewhere.env");
    project.run(&["set", "API_KEY", "-e", "prod"], b"other").failed(2, "put the file itself in its place");
    assert_eq!(project.read("home/elsewhere.env"), before);
    fs::remove_file(&sealed).unwrap();
    fs::rename(&elsewhere, project.path("p/elsewhere.env")).unwrap();
    symlink("../elsewhere.env", &sealed).unwrap();
    project
        .run(&["set", "API_KEY", "-e", "prod"], b"other")
        .failed(2, "put a real file or folder in place of the link");
    assert_eq!(project.read("p/elsewhere.env"), before);
    fs::remove_file(&sealed).unwrap();
    fs::rename(project.path("p/elsewhere.env"), &elsewhere).unwrap();
    fs::create_dir(&sealed).unwrap();
    project.run(&["set", "API_KEY", "-e", "prod"], b"other").failed(2, "not a plain file");
    fs::remove_dir(&sealed).unwrap();
    // The mode stays; what a killed run left is cleared away.
    fs::rename(&elsewhere, &sealed).unwrap();
    fs::set_permissions(&sealed, fs::Permissions::from_mode(0o640)).unwrap();
    project.write("p/environments/.sparkcfg-sealed-abc", "left");
    project.set("API_KEY", "new");
    assert_eq!(fs::metadata(&sealed).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(&project.path("p/environments")), ["base.env", "dev.env", "prod.env", "prod.secrets.env"]);
}

#[test]
fn nobody_overwrites_anybody() {
    let project = Project::new();
    fs::create_dir(project.path("p/.git")).unwrap();
    project.set("KEY_0", "value 0");
    let children: Vec<_> = (1..9)
        .map(|number| {
            let (name, value) = (format!("KEY_{number}"), format!("value {number}"));
            let mut child = project.command(&["set", &name, "-e", "prod"]).spawn().unwrap();
            child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
            child
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for number in 0..9 {
        assert_eq!(project.get(&format!("KEY_{number}")), format!("value {number}"));
    }
}

#[test]
fn a_line_that_cannot_be_read_may_be_a_later_value() {
    let project = Project::new();
    project.run(&["set", "API_KEY", "-e", "base"], CANARY.as_bytes()).ok();
    let get = || project.run(&["get", "API_KEY", "-e", "prod"], b"");
    assert_eq!(get().ok().stdout, CANARY.as_bytes());
    for text in ["API_KEY=\"abc\n", "<<<<<<< a\nAPI_KEY=x\n=======\nAPI_KEY=y\n>>>>>>> b\n", "API_KEY=a\0b\n"] {
        project.write("p/environments/prod.env", text);
        get().failed(2, "cannot be read");
    }
    project.write("p/environments/prod.env", "API_KEY=ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n");
    get().failed(2, "stays sealed");
}

/// The files of a pull request from a fork decide what is done with the values.
#[test]
fn a_fork_opens_nothing() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let event = project.path("home/event.json");
    fs::write(&event, r#"{"pull_request": {"head": {"repo": {"id": 2}}, "base": {"repo": {"id": 1}}}}"#).unwrap();
    let key = project.path("home/key.txt");
    let get = ["get", "API_KEY", "-e", "prod"];
    let named = ["--identity", key.to_str().unwrap()];
    let in_fork = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "pull_request_target");
        command.env("GITHUB_EVENT_PATH", &event).env("SOPS_AGE_KEY_CMD", "false");
        command
    };
    for arguments in [&get[..], &[&named[..], &get].concat()] {
        ran(in_fork(arguments), b"").failed(2, "this is a pull request from a fork");
    }
    ran(in_fork(&[&["drill"], &named[..]].concat()), b"").failed(1, "");
    // Whatever needs a key says why there is none.
    let show = &["show", "prod", "--as", "dotenv", "--with-secrets"][..];
    for arguments in [&["validate", "--require-secrets"][..], &["run", "prod", "--", "true"], &["validate"], show] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(project.path("p")).env_clear().args(arguments).env("HOME", project.path("home"));
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_EVENT_NAME", "pull_request").env("COLUMNS", "300");
        command.env("GITHUB_EVENT_PATH", &event).env("SOPS_AGE_KEY_FILE", &key);
        let ran = ran(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()), b"");
        let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), ran.stderr);
        assert!(told.contains(": this is a pull request from a fork, which gets no secrets"), "{told}");
        assert!(arguments == show || told.contains("prod.secrets stays sealed: this is"), "{told}");
        assert!(told.contains("SPARKCFG_TRUST_FORK=1") && !told.contains("--identity"), "{told}");
        assert_eq!(ran.code == Some(0), arguments == ["validate"], "{told}");
    }
    let mut forced = in_fork(&get);
    forced.env("SPARKCFG_TRUST_FORK", "1").env_remove("SOPS_AGE_KEY_CMD");
    assert_eq!(ran(forced, b"").ok().stdout, CANARY.as_bytes());
}

#[test]
fn an_editor_gets_the_text() {
    let project = Project::new().with_schema();
    // There is no file yet.
    project.edit(&["prod"], "true").ok();
    assert!(!project.path("p/environments/prod.secrets.env").exists());
    project.edit(&["prod"], "printf '# note\\nAPI_KEY=\"correct\\nhorse\"\\r\\n\\nDB_PASSWORD=x y' > \"$1\"").ok();
    assert_eq!((project.get("API_KEY"), project.get("DB_PASSWORD")), ("correct\nhorse".to_owned(), "x y".to_owned()));
    let before = project.sealed();
    assert!(!before.contains("note") && !before.contains("horse"));
    // Nothing changes.
    for script in ["true", "touch \"$1\"", "cp \"$1\" \"$1.new\"; mv \"$1.new\" \"$1\"", "echo >> \"$1\""] {
        assert!(project.edit(&["prod"], script).ok().stderr.contains("unchanged"), "{script}");
        assert_eq!(project.sealed(), before);
    }
    // Nothing good comes of it.
    for (code, script, message) in [
        (1, "echo API_KEY=hunter2 > \"$1\"", "too short"),
        (1, "echo API_KYE=hunter2canary >> \"$1\"", "did you mean API_KEY?"),
        (1, "echo 'DB_PASSWORD=\"hunter2canary' > \"$1\"", "quote is not closed"),
        (1, "echo DB_PASSWORD= > \"$1\"", "cannot seal an empty value"),
        (1, "printf 'API_KEY=hunter2canary\\nAPI_KEY=hunter2canary\\n' > \"$1\"", "stands there twice"),
        (1, "printf 'API_KEY=hunter2canary\\nhunter2+canary/x==\\n' > \"$1\"", "environments/prod.secrets.env"),
        (2, "echo API_KEY=hunter2canary > \"$1\"; exit 1", "failed"),
        (2, "rm \"$1\"", "left no file"),
        (2, "rm \"$1\"; ln -s /etc/passwd \"$1\"", "no ordinary file"),
        (2, "printf '\\377' > \"$1\"", "not UTF-8"),
        (1, "printf 'API_KEY=hunter2canary\\000x\\n' > \"$1\"", "this is a NUL byte"),
        (2, "head -c 1100000 /dev/zero > \"$1\"", "larger than 1 MiB"),
    ] {
        project.edit(&["prod"], script).failed(code, message);
        assert_eq!(project.sealed(), before, "{script}");
        assert_eq!(project.private(), [""; 0]);
    }
    let mut command = project.command(&["edit", "prod"]);
    command.env("VISUAL", "no-such-editor");
    let ran = ran(command, b"");
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    ran.failed(2, "there is no editor `no-such-editor`");
    project.edit(&["prod", "--no-validate"], "echo API_KEY=short > \"$1\"").ok();
    assert_eq!(project.get("API_KEY"), "short");
}

#[test]
fn an_editor_is_alone_with_the_text() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let script = "stat -c %a \"$1\" \"$(dirname \"$1\")\" > \"$HOME/modes\"; env > \"$HOME/env\"; echo \"$@\" > \"$HOME/arguments\"";
    let mut command = project.command(&["edit", "prod"]);
    command.env(
        "VISUAL",
        format!(
            "{} --wait 'two words'",
            project.editor(&format!("for last; do :; done; set -- \"$last\" \"$@\"; {script}"))
        ),
    );
    command.env("SOPS_AGE_KEY", project.read("home/key.txt").trim());
    ran(command, b"").ok();
    assert_eq!(project.read("home/modes"), "600\n700\n");
    assert!(project.read("home/arguments").contains("--wait two words"));
    assert!(project.read("home/arguments").contains(project.path("home/run").to_str().unwrap()));
    assert!(!project.read("home/env").contains("AGE-SECRET-KEY"));
    assert_eq!(project.private(), [""; 0]);
}

/// Swap files, backups and autosaves, as vim, nano and emacs have them, and folders of undo.
#[test]
fn what_editors_leave_beside_the_file_goes_too() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let script = "d=$(dirname \"$1\"); n=$(basename \"$1\"); for f in \"$1~\" \"$d/.$n.swp\" \"$d/#$n#\" \"$1.save\"; do cp \"$1\" \"$f\"; done; mkdir \"$d/.undo\"; cp \"$1\" \"$d/.undo/x\"; chmod 500 \"$d/.undo\"";
    for (script, code) in [(script.to_owned(), 0), (format!("{script}; exit 1"), 2)] {
        let ran = project.edit(&["prod"], &script);
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        assert_eq!(project.private(), [""; 0]);
    }
}

/// `SOPS_AGE_KEY_CMD` starts a program, so only commands that may start one heed it.
#[test]
fn a_program_may_hand_the_identity_over() {
    let project = Project::new().with_schema();
    project.set("API_KEY", CANARY);
    let run = |arguments: &[&str], line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(project.path("p")).env_clear().args(arguments).env("HOME", project.path("home"));
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("SOPS_AGE_KEY_CMD", line);
        ran(
            {
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
                command
            },
            b"",
        )
    };
    let file = project.path("home/key.txt");
    project.write("home/two words.txt", &project.read("home/key.txt"));
    let spaced = format!("cat '{}'", project.path("home/two words.txt").display());
    for line in [format!("cat {}", file.display()), spaced] {
        assert_eq!(run(&["secrets", "get", "API_KEY", "-e", "prod"], &line).ok().stdout, CANARY.as_bytes());
        let started = run(&["run", "prod", "--", "env"], &line).ok();
        let text = String::from_utf8(started.stdout).unwrap();
        assert!(text.contains(CANARY) && !text.contains("SOPS_AGE_KEY_CMD"), "{text}");
    }
    for (line, message) in [
        ("false".to_owned(), "the program failed"),
        ("/nonexistent/program".to_owned(), "cannot be started"),
        ("cat 'x".to_owned(), "a quote is left open"),
        ("echo $HOME; id".to_owned(), "not an age identity"),
    ] {
        run(&["secrets", "get", "API_KEY", "-e", "prod"], &line).failed(2, message);
    }
    let mark = project.path("home/started");
    let ran = run(&["validate", "prod"], &format!("touch {}", mark.display())).ok();
    assert!(!mark.exists() && ran.stderr.contains("hand over what it prints in SOPS_AGE_KEY"), "{}", ran.stderr);
}

#[test]
fn an_identity_that_others_can_read_is_told() {
    let project = Project::new();
    let keys = "home/.config/sops/age/keys.txt";
    project.write(keys, &project.read("home/key.txt"));
    for (mode, told) in [(0o600, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(project.path(keys), fs::Permissions::from_mode(mode)).unwrap();
        let mut command = project.command(&["set", "A", "-e", "prod"]);
        command.env_remove("SOPS_AGE_KEY_FILE");
        let ran = ran(command, mode.to_string().as_bytes()).ok();
        assert_eq!(
            ran.stderr.contains("other users of this machine can read your identity: chmod 600"),
            told,
            "{mode:o}"
        );
    }
}

#[test]
fn a_sealed_file_that_is_gone_is_known_to_git() {
    let project = Project::new();
    let text = r#"{ "type": "object", "required": ["API_KEY"], "properties": {
        "PORT": {}, "LEVEL": {}, "API_KEY": { "writeOnly": true } } }"#;
    project.write("p/schemas/app.schema.json", text);
    project.set("API_KEY", CANARY);
    let git = |arguments: &[&str]| {
        assert!(Command::new("git").current_dir(project.path("p")).args(arguments).status().unwrap().success());
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    fs::remove_file(project.path("p/environments/prod.secrets.env")).unwrap();
    let told = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(project.path("p")).args(["validate", "prod"]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(told().contains("is in git, but not here: git restore environments/prod.secrets.env"), "{}", told());
    git(&["rm", "--quiet", "--cached", "environments/prod.secrets.env"]);
    assert!(told().contains("set it in environments/prod.secrets.env, sealed"), "{}", told());
}

#[test]
fn two_editors_at_once() {
    let project = Project::new();
    project.set("A", "1");
    project.set("B", "1");
    let meanwhile = |key: &str| {
        let program = env!("CARGO_BIN_EXE_sparkcfg");
        // An editor is not told where the key is.
        let identity = project.path("home/key.txt");
        let identity = identity.display();
        format!(
            "echo changed | SOPS_AGE_KEY_FILE={identity} {program} secrets set {key} -e prod; sed -i 's/^A=.*/A=edited/' \"$1\""
        )
    };
    let edit = |script: String| {
        let mut command = project.command(&["edit", "prod"]);
        command.env("EDITOR", project.editor(&script));
        ran(command, b"")
    };
    edit(meanwhile("B")).ok();
    assert_eq!((project.get("A"), project.get("B")), ("edited".to_owned(), "changed".to_owned()));
    project.set("A", "1");
    edit(meanwhile("A")).failed(2, "A changed here and in the file meanwhile");
    assert_eq!(project.get("A"), "changed");
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_mins(1), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An editor that has written a secret and waits.
fn waiting(project: &Project) -> Child {
    let _ = fs::remove_file(project.path("home/started"));
    let script = format!("echo B={CANARY} >> \"$1\"; touch \"$HOME/started\"; exec sleep 60");
    let mut command = project.command(&["edit", "prod"]);
    command.env("EDITOR", project.editor(&script)).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    wait_for("the editor starts", || project.path("home/started").exists());
    assert_eq!(project.private().len(), 1);
    child
}

#[test]
fn no_signal_leaves_plain_text_behind() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let before = project.sealed();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let mut child = waiting(&project);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal.as_raw()));
        assert_eq!(project.private(), [""; 0], "{signal:?}");
        assert_eq!(project.sealed(), before);
    }
    // Nothing can be done about this one until the next start; who still works is left alone.
    let mut killed = waiting(&project);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(project.private().len(), 1);
    project.get("API_KEY");
    assert_eq!(project.private(), [""; 0]);
    let mut working = waiting(&project);
    project.get("API_KEY");
    assert_eq!(project.private().len(), 1);
    kill_process(Pid::from_child(&working), Signal::TERM).unwrap();
    working.wait().unwrap();
    assert_eq!(project.private(), [""; 0]);
}

/// What is sealed is read after what stays in plain text, which then refers to nothing.
#[test]
fn nothing_that_is_referred_to_is_taken_away() {
    let project = Project::new();
    let plain = "DB_PASSWORD=hunter2canary\r\nDSN=jdbc:mysql://h/db?password=${DB_PASSWORD}\r\nLEVEL=debug\r\n";
    project.write("p/environments/dev.env", plain);
    let import = ["import", "environments/dev.env", "-e", "dev", "--remove"];
    let some = project.run(&[&import[..], &["--only-secrets"]].concat(), b"");
    some.failed(2, "DSN would refer to a name that has no value any more");
    assert_eq!(project.read("p/environments/dev.env"), plain);
    assert!(!project.path("p/environments/dev.secrets.env").exists());
    project.run(&[&import[..], &["--key", "DB_PASSWORD", "--key", "DSN"]].concat(), b"").ok();
    // The lines that stay have the ends that they had.
    assert_eq!(project.read("p/environments/dev.env"), "LEVEL=debug\r\n");
    let got = project.run(&["get", "DSN", "-e", "dev"], b"").ok().stdout;
    assert_eq!(String::from_utf8(got).unwrap(), format!("jdbc:mysql://h/db?password={CANARY}"));
    // A value with a hole in it is nobody's.
    let url = b"URL=postgres://app:${DB_PASSWORD}@${DB_HOST}/app\n";
    project.run(&["import", "-", "-e", "dev", "--no-validate"], url).ok();
    project.run(&["get", "URL", "-e", "dev"], b"").failed(2, "URL refers to a name that has no value");
    let nothing = project.run(&[&import[..], &["--only-secrets"]].concat(), b"").ok().stderr;
    assert!(nothing.contains("nothing to import") && !nothing.contains("removed"), "{nothing}");
}

#[test]
fn dotenv_files_are_taken_over() {
    let project = Project::new().with_schema();
    let plain = "# note\nPORT=81\nAPI_KEY=\"correct\nhorse $PORT\" # c\nDB_PASSWORD='hunter2canary'\nLEVEL=\n";
    project.write("p/old.env", plain);
    let told = project.run(&["import", "old.env", "-e", "prod", "--only-secrets"], b"").ok().stderr;
    assert!(told.contains("sealed API_KEY, DB_PASSWORD in environments/prod.secrets.env"), "{told}");
    assert!(told.contains("left out: LEVEL") && told.contains("still holds them in plain text"), "{told}");
    assert_eq!(
        (project.get("API_KEY"), project.get("DB_PASSWORD")),
        ("correct\nhorse 80".to_owned(), CANARY.to_owned())
    );
    assert!(!project.sealed().contains("PORT="));
    assert_eq!(project.read("p/old.env"), plain);
    let before = project.sealed();
    let again = project.run(&["import", "old.env", "-e", "prod", "--only-secrets", "--remove"], b"").ok().stderr;
    assert!(again.contains("unchanged") && again.contains("removed them from old.env"), "{again}");
    assert_eq!(project.sealed(), before);
    assert_eq!(project.read("p/old.env"), "# note\nPORT=81\nLEVEL=\n");
    // What is sealed already is not lost by accident.
    let other = b"DB_PASSWORD=hunter2canary2\n";
    project.run(&["import", "-", "-e", "prod"], other).failed(2, "other values are sealed already: DB_PASSWORD");
    project.run(&["import", "-", "-e", "prod", "--overwrite"], other).ok();
    assert_eq!(project.get("DB_PASSWORD"), "hunter2canary2");
    for (arguments, text, code, message) in [
        (&["--key", "DB_PASWORD"][..], "DB_PASSWORD=hunter2\n", 2, "did you mean DB_PASSWORD?"),
        (&[], "API_KEY=hunter2\n", 2, "other values are sealed already"),
        (&["--overwrite"], "API_KEY=hunter2\n", 1, "too short"),
        (&[], "CERT=\"hunter2\n", 2, "-:1"),
        (&["--remove"], "sops_mac=hunter2\n", 2, ""),
        (&[], "", 0, "there is nothing to import"),
    ] {
        let ran = project.run(&[&["import", "-", "-e", "prod"], arguments].concat(), text.as_bytes());
        ran.failed(code, message);
    }
    project
        .run(&["import", "none.env", "-e", "prod"], b"")
        .failed(2, "there is no such file\n   at none.env\n  help: give the path");
}

#[test]
fn a_file_that_was_never_sealed_is_sealed_in_its_place() {
    let project = Project::new();
    project.write("p/environments/prod.secrets.env", &format!("# note\nAPI_KEY={CANARY}\nEMPTY=\nB=\"1\n2\"\n"));
    let path = "environments/prod.secrets.env";
    project.run(&["import", path, "-e", "prod", "--key", "B"], b"").failed(2, "sealed as a whole");
    let told = project.run(&["import", path, "-e", "prod"], b"").ok().stderr;
    assert!(told.contains("left out: EMPTY") && !told.contains("still holds"), "{told}");
    assert!(!project.sealed().contains(CANARY));
    assert_eq!((project.get("API_KEY"), project.get("B")), (CANARY.to_owned(), "1\n2".to_owned()));
    let plain = project.run(&["export", "prod", "--as", "dotenv"], b"").ok().stdout;
    // `\n` in quotes is no line end for a shell.
    assert_eq!(String::from_utf8(plain).unwrap(), format!("API_KEY={CANARY}\nB='1\n2'\n"));
}

#[test]
fn sealed_files_are_taken_over() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sops");
    let (file, key) = (|path: &str| data.join(path).to_str().unwrap().to_owned(), data.join("keys/k1.txt"));
    for (path, name) in [
        ("enc/mixed.enc.env", "DB_PASSWORD"),
        ("enc/simple.yaml", "left out: l, it is a list"),
        ("enc/types.yaml", "left out: nested, it is a map"),
        ("enc/types.json", "left out: arr, it is a list"),
        ("enc/multidoc.yaml", "sealed d1, d2 in"),
    ] {
        let project = Project::new();
        let arguments = ["import", &file(path), "-e", "prod", "--identity", key.to_str().unwrap()];
        let told = project.run(&arguments, b"").ok().stderr;
        assert!(told.starts_with("sealed ") && told.contains(name), "{path}: {told}");
        let refused = [&arguments[..], &["--remove"]].concat();
        project.run(&refused, b"").failed(2, "this one is sealed");
        project
            .run(&["import", &file(path), "-e", "dev"], b"")
            .failed(2, "none of the age identities found can open it");
        let strange = file("keys/k2.txt");
        project.run(&["import", &file(path), "-e", "dev", "--identity", &strange], b"").failed(2, "");
        assert!(!project.path("p/environments/dev.secrets.env").exists(), "{path}");
    }
    // Values over several lines, numbers and dates arrive as text; one key can be taken alone.
    let project = Project::new();
    let types = file("enc/types.yaml");
    let arguments = ["import", &types, "-e", "prod", "--identity", key.to_str().unwrap(), "--key"];
    project.run(&[&arguments[..], &["multi", "--key", "int"]].concat(), b"").ok();
    assert_eq!((project.get("multi"), project.get("int")), ("l1\nl2\n".to_owned(), "42".to_owned()));
    project.run(&["get", "str", "-e", "prod"], b"").failed(2, "");
    project.run(&[&arguments[..], &["nested"]].concat(), b"").failed(2, "nested has no value in it");
    let json = std::fs::read_to_string(data.join("enc/types.json")).unwrap().replacen("ENC[", "ENX[", 1);
    project.write("p/broken.json", &json);
    let broken = ["import", "broken.json", "-e", "dev", "--identity", key.to_str().unwrap()];
    project.run(&broken, b"").failed(2, "broken.json");
    let project = Project::new();
    project.set("API_KEY", CANARY);
    project.run(&["export", "prod", "--as", "age", "--to", "backup.age"], b"").ok();
    project.run(&["import", "backup.age", "-e", "dev"], b"").failed(1, "the same secret in prod and dev");
    project.run(&["import", "backup.age", "-e", "dev", "--no-validate"], b"").ok();
    let dev = project.run(&["get", "API_KEY", "-e", "dev"], b"").ok().stdout;
    assert_eq!(String::from_utf8(dev).unwrap(), CANARY);
}

/// Whole env files are sealed, with time zones and hosts in them: only secrets must differ.
#[test]
fn what_two_environments_may_share() {
    let project = Project::new();
    project.set("TZ", "Europe/Berlin");
    project.set("API_KEY", CANARY);
    project.set("STRIPE_KEY", "pk_live_f81k20zqp3mmw7x9c4vt");
    // The first one in its file, under another name, and of another environment: it is told at the one in prod.
    let other = ["set", "OLD_NAME", "-e", "dev"];
    project.run(&other, CANARY.as_bytes()).failed(1, "API_KEY in prod is the same secret as OLD_NAME in dev");
    project.run(&["set", "TZ", "-e", "dev"], b"Europe/Berlin").ok();
    project.run(&["set", "STRIPE_KEY", "-e", "dev"], b"pk_live_f81k20zqp3mmw7x9c4vt").ok();
    let same = ["set", "API_KEY", "-e", "dev"];
    project.run(&same, CANARY.as_bytes()).failed(1, "if it is no secret, `\"writeOnly\": false`");
    for said in [r#""writeOnly": false"#, r#""x-sparkcfg": {"secret": false}"#] {
        let schema = format!(r#"{{"properties": {{"TZ": {{}}, "STRIPE_KEY": {{}}, "API_KEY": {{{said}}}}}}}"#);
        project.write("p/schemas/app.schema.json", &schema);
        project.run(&same, CANARY.as_bytes()).ok();
        project.run(&["unset", "API_KEY", "-e", "dev"], b"").ok();
    }
    project.run(&["unset", "TZ", "-e", "dev"], b"").ok();
    let schema = r#"{"properties": {"API_KEY": {}, "STRIPE_KEY": {}, "TZ": {"writeOnly": true}}}"#;
    project.write("p/schemas/app.schema.json", schema);
    project.run(&["set", "TZ", "-e", "dev"], b"Europe/Berlin").failed(1, "TZ is the same secret in prod and dev");
}

/// Quotes in a file by SOPS are signs like any other, unless sparkcfg wrote it.
#[test]
fn a_file_by_sops_is_taken_sign_by_sign() {
    let project = Project::new();
    project.set("PLAIN", "a-b");
    project.set("QUOTED", "a b");
    std::fs::copy(project.path("p/environments/prod.secrets.env"), project.path("p/by-sops.enc.env")).unwrap();
    let values = |file: &str| {
        let told = project.run(&["import", file, "-e", "dev", "--overwrite", "--no-validate"], b"").ok().stderr;
        let value = |key| project.run(&["get", key, "-e", "dev"], b"").ok().stdout;
        (told.contains("taken sign by sign, as SOPS hands them over: QUOTED"), value("PLAIN"), value("QUOTED"))
    };
    assert_eq!(values("environments/prod.secrets.env"), (false, b"a-b".to_vec(), b"a b".to_vec()));
    assert_eq!(values("by-sops.enc.env"), (true, b"a-b".to_vec(), b"'a b'".to_vec()));
}

/// What docker compose would make of YAML is not what it says.
#[test]
fn yaml_in_plain_text_is_refused() {
    for text in ["db:\n  password: canary\n", "password: canary\n", "A=1\nlist:\n  - canary\n", "---\nA: canary\n"] {
        let project = Project::new();
        project.write("p/values.env", text);
        for (file, input) in [("values.env", ""), ("-", text)] {
            let ran = project.run(&["import", file, "-e", "prod"], input.as_bytes());
            ran.failed(2, "this is YAML or JSON in plain text");
        }
        assert!(!project.path("p/environments/prod.secrets.env").exists(), "{text}");
    }
}

/// What `run` would not hand over is not sealed in the first place.
#[test]
fn a_key_that_no_command_gets_is_not_sealed() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let why = "LD_PRELOAD makes programs load or run something else";
    project.run(&["set", "LD_PRELOAD", "-e", "prod"], b"/x.so").failed(1, why);
    project.run(&["import", "-", "-e", "prod"], b"LD_PRELOAD=/x.so\n").failed(1, why);
    project.edit(&["prod"], "echo LD_PRELOAD=/x.so >> \"$1\"").failed(1, why);
    assert!(!project.sealed().contains("LD_PRELOAD"));
    project.run(&["set", "LD_SDK_KEY", "-e", "prod"], b"x").ok();
    project.run(&["set", "LD_PRELOAD", "-e", "prod", "--no-validate"], b"/x.so").ok();
    // It can be taken out again, and stands in no other one's way.
    project.set("OTHER", "x");
    project.run(&["unset", "LD_PRELOAD", "-e", "prod"], b"").ok();
}

/// A value that no variable can hold is left out.
#[test]
fn a_nul_byte_is_not_imported() {
    let project = Project::new();
    let told = project.run(&["import", "-", "-e", "prod"], b"A=ab\0cd\nB_TOKEN=hunter2canary\n").ok().stderr;
    assert!(told.contains("left out: A, it holds a NUL byte"), "{told}");
    let sealed = project.sealed();
    assert!(sealed.starts_with("B_TOKEN=") && !sealed.contains("\nA="), "{sealed}");
}

/// The secrets of the only environment are its own, be there a file that all environments share.
#[test]
fn the_only_environment_has_a_file_of_its_own() {
    let project = Project::new();
    fs::remove_file(project.path("p/environments/dev.env")).unwrap();
    project.run(&["set", "SHARED", "-e", "base"], b"for all").ok();
    project.set("API_KEY", CANARY);
    assert!(project.sealed().contains("API_KEY="));
    assert!(!project.read("p/environments/base.secrets.env").contains("API_KEY="));
    assert_eq!(project.get("SHARED"), "for all");
}

/// A command that is advised can be run as it stands.
#[test]
fn what_is_sealed_twice_is_told_with_its_environment() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    let sealed = project.sealed();
    let token = sealed.lines().find_map(|line| line.strip_prefix("API_KEY=")).unwrap();
    project.run(&["set", "OTHER", "-e", "prod"], token.as_bytes()).failed(1, "sparkcfg secrets set OTHER -e prod");
}

#[test]
fn one_value_does_not_stop_an_export() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    project.set("WILD", "a'b\"c`d$e\nf");
    let export = |more: &[&str]| project.run(&[&["export", "prod", "--as", "dotenv"], more].concat(), b"");
    export(&[]).failed(2, "WILD");
    export(&[]).failed(2, "--without KEY leaves it out");
    assert_eq!(export(&["--without", "WILD"]).ok().stdout, format!("API_KEY={CANARY}\n").as_bytes());
    export(&["--without", "WILD", "--without", "NONE"]).failed(2, "NONE has no value in it");
}

#[test]
fn a_personal_layer_is_no_part_of_what_get_gives() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    project.write("p/environments/prod.local.env", "API_KEY=mine\n");
    assert_eq!(project.get("API_KEY"), CANARY);
}

#[test]
fn plain_text_leaves_only_where_it_may() {
    let project = Project::new();
    project.run(&["export", "prod", "--as", "dotenv"], b"").failed(2, "there is no such sealed file yet");
    project.set("API_KEY", CANARY);
    project.set("B", "a b");
    let text = format!("API_KEY={CANARY}\nB='a b'\n");
    assert_eq!(project.run(&["export", "prod", "--as", "dotenv"], b"").ok().stdout, text.as_bytes());
    let to = |path: &str| project.run(&["export", "prod", "--as", "dotenv", "--to", path], b"");
    let git = Command::new("git").args(["init", "-q", "."]).current_dir(project.path("p")).status();
    assert!(git.unwrap().success());
    project.write("p/.gitignore", "*.local.env\n");
    to("plain.env").failed(2, "git would commit this file");
    to("../out.local.env").failed(2, "outside of the project");
    to("environments/prod.env").failed(2, "there is such a file already");
    to("prod.local.env").ok();
    assert_eq!(project.read("p/prod.local.env"), text);
    assert_eq!(fs::metadata(project.path("p/prod.local.env")).unwrap().permissions().mode() & 0o777, 0o600);
    let sealed = project.run(&["export", "prod", "--as", "age"], b"").ok().stdout;
    let mut identities = Identities::default();
    identities.add("test", &project.read("home/key.txt"));
    let opened = sparkcfg::envelope::open(&sealed, &identities).unwrap();
    assert_eq!(opened.as_slice(), text.as_bytes());
}

#[test]
fn whole_age_files_too() {
    let project = Project::new();
    project.set("API_KEY", "one");
    project.run(&["export", "prod", "--as", "age", "--to", "environments/prod.secrets.env.age"], b"").ok();
    project.run(&["set", "API_KEY", "-e", "prod"], b"two").failed(2, "several sealed files");
    fs::remove_file(project.path("p/environments/prod.secrets.env")).unwrap();
    project.set("API_KEY", "two");
    project.edit(&["prod"], "printf '\\n# note\\nB=3\\n' >> \"$1\"").ok();
    assert_eq!((project.get("API_KEY"), project.get("B")), ("two".to_owned(), "3".to_owned()));
    let before = fs::read(project.path("p/environments/prod.secrets.env.age")).unwrap();
    assert!(project.run(&["set", "B", "-e", "prod"], b"3").ok().stderr.contains("unchanged"));
    project.edit(&["prod"], "true").ok();
    assert_eq!(fs::read(project.path("p/environments/prod.secrets.env.age")).unwrap(), before);
    project.run(&["unset", "B", "-e", "prod"], b"").ok();
    let text = project.run(&["export", "prod", "--as", "dotenv"], b"").ok().stdout;
    assert_eq!(String::from_utf8(text).unwrap(), "API_KEY=two\n\n# note\n");
}

#[test]
fn where_files_lie() {
    let project = Project::new();
    project.run(&["set", "SHARED", "-e", "base"], b"for all").ok();
    assert_eq!(project.get("SHARED"), "for all");
    project.run(&["set", "A", "-e", "environments/dev.secrets.env.age"], b"1").ok();
    project.run(&["set", "B", "-e", "dev"], b"2").ok();
    let expected = ["base.env", "base.secrets.env", "dev.env", "dev.secrets.env.age", "prod.env"];
    assert_eq!(names(&project.path("p/environments")), expected);
    assert_eq!(project.run(&["get", "B", "-e", "environments/dev.secrets.env.age"], b"").ok().stdout, b"2");
    for path in ["dev.secrets.env", "environments/.secrets.env", "x/dev.secrets.env", "/tmp/dev.secrets.env"] {
        project.run(&["set", "A", "-e", path], b"1").failed(2, "no environment has this sealed file as a layer");
    }
    // A project without the folder.
    fs::remove_dir_all(project.path("p/environments")).unwrap();
    project.write("p/.env", "PORT=1\n");
    project.write("p/.env.prod", "PORT=2\n");
    project.set("API_KEY", "one");
    assert!(project.path("p/prod.secrets.env").exists());
    project.run(&["set", "SHARED", "-e", "base"], b"1").ok();
    assert!(project.path("p/base.secrets.env").exists());
    project.run(&["set", "A", "-e", "environments/prod.secrets.env"], b"1").failed(2, "as a layer");
    // One that lists its layers.
    let listed = "[environments]\nprod = [\".env\", \"secret/eu.secrets.env\"]\ntest = [\".env\"]\n";
    project.write("p/sparkcfg.toml", &format!("{}{listed}", project.config("prod = [\"laptop\"]")));
    project.run(&["set", "A", "-e", "test"], b"1").failed(2, "[environments] lists no sealed file for test");
    project.set("API_KEY", "two");
    assert!(project.path("p/secret/eu.secrets.env").exists());
    assert_eq!(project.get("API_KEY"), "two");
    // A member of a workspace.
    project.write("p/sparkcfg.toml", "[workspace]\nmembers = [\"services/*\"]\n");
    fs::remove_file(project.path("p/.env")).unwrap();
    fs::remove_file(project.path("p/.env.prod")).unwrap();
    for path in ["prod.secrets.env", "base.secrets.env"] {
        fs::remove_file(project.path("p").join(path)).unwrap();
    }
    project.run(&["set", "A", "-e", "prod"], b"1").failed(2, "--project DIR");
    project.write("p/services/api/sparkcfg.toml", &project.config("prod = [\"laptop\"]"));
    let told = project.run(&["set", "A", "-e", "prod", "--project", "services/api"], b"1").ok().stderr;
    assert_eq!(told, "set A in services/api/environments/prod.secrets.env\n");
}

/// A file that lost its end holds sealed values, and no command makes anything of them.
#[test]
fn what_was_cut_off_is_not_sealed_again() {
    let project = Project::new();
    for key in ["A_KEY", "B_KEY", "C_KEY"] {
        project.set(key, CANARY);
    }
    let whole = project.sealed();
    let ends: Vec<_> = whole.match_indices('\n').map(|(at, _)| at + 1).take(2).collect();
    for end in ["A_KEY=ENC[AES".len(), 100, ends[0], ends[1], ends[1] + 30] {
        project.write("p/environments/prod.secrets.env", &whole[..end]);
        let cut = "this file is cut off";
        project.run(&["set", "A_KEY", "-e", "prod"], b"new-value").failed(2, cut);
        project.run(&["get", "A_KEY", "-e", "prod"], b"").failed(2, "A_KEY stays sealed");
        let import = ["import", "environments/prod.secrets.env", "-e", "prod", "--no-validate"];
        project.run(&import, b"").failed(2, "A_KEY is a sealed value that nothing in this file opens");
        assert_eq!(project.sealed(), whole[..end]);
    }
    project.write("p/environments/prod.secrets.env", "");
    project.run(&["set", "A_KEY", "-e", "prod"], b"new-value").failed(2, "this file is empty");
}

/// Where there is no terminal, no editor starts that would write the text into a log.
#[test]
fn no_editor_draws_into_a_log() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    for editor in [None, Some("vi"), Some("vim")] {
        let mut command = project.command(&["edit", "prod"]);
        command.envs(editor.map(|editor| ("EDITOR", editor))).env("PATH", project.path("home"));
        for name in ["vi", "vim"] {
            project.write(&format!("home/{name}"), "#!/bin/sh\nwhile read -r line; do echo \"$line\"; done <\"$4\"\n");
            fs::set_permissions(project.path(&format!("home/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
        }
        ran(command, b"").failed(2, "there is no terminal for the editor");
    }
    assert!(project.edit(&["prod"], "sed -i s/hunter2/other/ \"$1\"").code == Some(0));
}

/// Words that may be a value are not repeated.
#[test]
fn an_argument_too_many_is_not_repeated() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    for line in [
        &["get", "API_KEY", "-e", "prod", "hunter2x"][..],
        &["edit", "prod", "hunter2x"],
        &["unset", "API_KEY", "-e", "prod", "hunter2x"],
    ] {
        project.run(line, b"").failed(2, "one argument too many");
    }
    project.run(&["revoke", "bob", "dev", "prod"], b"").failed(2, "name one person and one environment");
    project.run(&["set", "API_KEY", "-e", "prod", "--from-file", "hunter2x"], b"").failed(2, "there is no such file");
    project.run(&["set", "API_KEY", "-e", "prod", "--from-file", "no/file"], b"").failed(2, "at no/file");
}

#[test]
fn what_stands_in_the_place_of_an_environment() {
    let project = Project::new();
    for (name, help) in [
        ("environments/prod.env", "is meant: prod"),
        ("./environments/base.env", "is meant: base"),
        ("no.env", "there are: base"),
    ] {
        let ran = project.run(&["set", "API_KEY", "-e", name], b"new-value");
        assert!(ran.stderr.contains(help) && !ran.stderr.contains("a new one begins"), "{name}: {}", ran.stderr);
        ran.failed(2, "there is no environment");
    }
    fs::remove_file(project.path("p/sparkcfg.toml")).unwrap();
    let ran = project.run(&["set", "API_KEY", "-e", "prod"], b"new-value");
    assert!(!ran.stderr.contains("sparkcfg.toml"), "{}", ran.stderr);
    ran.failed(2, "nothing says yet who may open prod");
}

/// The key file that the environment names is made by whoever begins.
#[test]
fn a_key_is_made_where_the_environment_says() {
    let project = Project::new();
    fs::remove_file(project.path("p/sparkcfg.toml")).unwrap();
    let key = project.path("home/new.key");
    let mut command = project.command(&["init", "--name", "dave"]);
    command.env("SOPS_AGE_KEY_FILE", &key);
    ran(command, b"").ok();
    assert!(fs::read_to_string(&key).unwrap().contains("AGE-SECRET-KEY-1"));
    let mut command = project.command(&["set", "API_KEY", "-e", "prod"]);
    command.env("SOPS_AGE_KEY_FILE", project.path("home/none.key"));
    ran(command, b"x").failed(2, "there is no such key file");
}

/// A log that somebody else wrote shows no secret either, and nothing is let through where one is not known.
#[test]
fn what_is_piped_through_is_masked() {
    let project = Project::new();
    project.set("API_KEY", CANARY);
    project.run(&["set", "SHORT", "-e", "prod"], b"abc").ok();
    let log = format!("start PORT=80\nkey={CANARY} {}\r\nabc\u{ff}\n", hex(CANARY));
    let ran = project.run(&["mask", "prod"], log.as_bytes()).ok();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(out, "start PORT=80\nkey=•••••• ••••••\r\nabc\u{ff}\n");
    assert!(ran.stderr.contains("too short to be masked: SHORT"), "{}", ran.stderr);
    // Nothing that cannot be opened is taken for masked.
    let mut command = project.command(&["mask", "prod"]);
    command.env_remove("SOPS_AGE_KEY_FILE");
    let ran = self::ran(command, log.as_bytes());
    assert!(ran.stdout.is_empty());
    ran.failed(2, "cannot be masked: no age identity was found");
    project.run(&["mask", "prdo"], log.as_bytes()).failed(2, "did you mean `prod`?");
    // GitHub Actions hides what it is told to; anywhere else that would be nothing but a secret in sight.
    let in_github = |value: &str| {
        let mut command = project.command(&["mask", "prod", "--github"]);
        command.env("GITHUB_ACTIONS", value);
        self::ran(command, b"")
    };
    let ran = in_github("true").ok();
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), format!("::add-mask::{CANARY}\n"));
    assert!(ran.stderr.contains("too short to be masked: SHORT"), "{}", ran.stderr);
    let ran = in_github("false");
    assert!(ran.stdout.is_empty());
    ran.failed(2, "this is no step of it");
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
