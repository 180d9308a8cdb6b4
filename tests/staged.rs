//! What `validate --staged` judges of Compose and PM2 files: the files of the index, whatever the folder holds.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value;

/// A repository with these files, of which nothing is staged yet.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    git(folder.path(), &["init", "-q", "-b", "main"]);
    folder
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn git(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(root).args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The exit code, and what was said: the report, else why there is none.
fn run(root: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    command.current_dir(root).env("NO_COLOR", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").args(arguments);
    let output = command.output().unwrap();
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// The codes of errors and warnings, in their order.
fn codes(root: &Path, arguments: &[&str]) -> Vec<String> {
    let (_, told) = run(root, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    let findings = report["findings"].as_array().unwrap();
    let serious = findings.iter().filter(|finding| finding["severity"] != "note");
    serious.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// A key by its shape, which nobody ever had.
fn key() -> String {
    format!("sk_live_{}", "9fH2kLm4Pq7RsT1vWx3Yz5Bc")
}

/// What is committed as it lies in the folder is told as in the folder, whatever Compose and PM2 files say.
#[test]
fn what_is_committed_is_judged_as_the_folder_is() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    };
    let is_meant = |group: &PathBuf| {
        let name = group.file_name().unwrap().to_string_lossy();
        name.starts_with("compose-") || name.starts_with("pm2-") || name == "unused-ignore"
    };
    // Those in which there is something to find.
    let is_bad = |folder: &PathBuf| !folder.file_name().unwrap().to_string_lossy().starts_with("good-");
    let folders = list(&cases).into_iter().filter(is_meant).flat_map(|group| list(&group));
    let folders: Vec<_> = folders.filter(is_bad).collect();
    let told: usize = folders
        .par_iter()
        .map(|from| {
            let folder = repository(&[]);
            let root = folder.path();
            copy(from, root);
            git(root, &["add", "--all", "--force"]);
            git(root, &["commit", "-q", "-m", "one"]);
            let there = run(root, &["validate", "--format", "json"]);
            assert_eq!(run(root, &["validate", "--staged", "--format", "json"]), there, "{}", from.display());
            usize::from(there.1.contains("\"code\""))
        })
        .sum();
    assert!(told > 50, "{told}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}

/// A token in a Compose file is told once, by the check that knows the service; what no check of Compose looks at is told all
/// the same.
#[test]
fn a_token_is_told_once() {
    let compose = format!("services:\n  web:\n    image: web:1\n    environment:\n      STRIPE: {}\n", key());
    let config = "[hardening]\nprofile = \"minimal\"\n[hardening.files]\nprod = [\"compose.yml\"]\n";
    let files = [("environments/prod.env", "A=1\n"), ("sparkcfg.toml", config), ("compose.yml", &compose)];
    let folder = repository(&files);
    let root = folder.path();
    git(root, &["add", "-A"]);
    assert_eq!(codes(root, &["validate", "--staged"]), ["compose-literal-secret"]);
    // Where the project makes less of it there, it is a token in git all the same.
    write(root, "sparkcfg.toml", &format!("{config}[severity]\ncompose-literal-secret = \"warning\"\n"));
    git(root, &["add", "-A"]);
    assert_eq!(codes(root, &["validate", "--staged"]), ["compose-literal-secret", "secrets-tracked"]);
    write(root, "sparkcfg.toml", config);
    write(root, "compose.yml", &format!("# {}\n{compose}", key()));
    git(root, &["add", "-A"]);
    assert_eq!(codes(root, &["validate", "--staged"]), ["secrets-tracked", "compose-literal-secret"]);
    let (code, told) = run(root, &["validate", "--staged"]);
    assert!(code == 1 && !told.contains(&key()), "{told}");
}

/// What git ignores is in no commit: nothing is asked of it, and what lies over it is not judged without it.
#[test]
fn what_git_ignores_is_left_out() {
    let config =
        "[hardening.files]\ndev = [\"compose.yml\"]\nprod = [\"base.yml\", \"over.yml\", \"ecosystem.config.js\"]\n";
    let apps = "module.exports = { apps: [{ name: 'a', script: 'a.js', watch: true }] };\n";
    let files = [
        ("environments/dev.env", "A=1\n"),
        ("environments/prod.env", "A=1\n"),
        ("sparkcfg.toml", config),
        (".gitignore", "base.yml\n"),
        ("base.yml", "services: {web: {image: 'web:1'}}\n"),
        ("over.yml", "services: {web: {read_only: true}}\n"),
        ("compose.yml", "services: {web: {image: 'web:1', privileged: true}}\n"),
        ("ecosystem.config.js", apps),
    ];
    let folder = repository(&files);
    let root = folder.path();
    git(root, &["add", "-A"]);
    let found = |code: &str| codes(root, &["validate", "--staged"]).iter().any(|found| found == code);
    assert!(found("compose-privileged") && found("pm2-watch"));
    assert!(!found("compose-syntax") && !found("compose-no-memory-limit"));
    // The environment itself may be one that git ignores.
    write(root, ".gitignore", "base.yml\nenvironments/prod.env\n");
    git(root, &["rm", "-q", "--cached", "environments/prod.env"]);
    assert!(found("compose-privileged") && !found("pm2-watch"));
    fs::remove_file(root.join("environments/prod.env")).unwrap();
    let (code, told) = run(root, &["validate", "--staged"]);
    assert!(code == 2 && told.contains("names an environment `prod` that there is not"), "{told}");
    // What nobody ignores and nobody staged would be missing for everybody else.
    write(root, "environments/prod.env", "A=1\n");
    write(root, ".gitignore", "");
    git(root, &["add", "environments"]);
    let (code, told) = run(root, &["validate", "--staged"]);
    assert!(code == 2 && told.contains("base.yml") && told.contains("not in the git index"), "{told}");
}

/// Where git ignores all env files, Compose files and the schema are judged all the same; the env files are not.
#[test]
fn a_commit_is_judged_without_env_files() {
    let compose = "services: {web: {image: 'web:1', privileged: true, ports: ['${PORT}:80']}}\n";
    let files = [
        (".gitignore", ".env\n"),
        (".env", "PORT=8080\nA=x\nA=y\n"),
        ("sparkcfg.toml", "schema = \"a.schema.json\"\n"),
        ("a.schema.json", "{\"properties\": {\"PORT\": {}}, \"required\": [\"MISSING\"]}"),
        ("Makefile", "up:\n\tdocker compose up -d\n"),
        ("compose.yml", compose),
    ];
    let folder = repository(&files);
    let root = folder.path();
    git(root, &["add", "-A"]);
    let found = codes(root, &["validate", "--staged"]);
    assert!(found.iter().any(|code| code == "compose-privileged"), "{found:?}");
    assert!(found.iter().all(|code| code.starts_with("compose-")), "{found:?}");
    // What is not staged is not judged.
    write(root, "compose.yml", "services: {web: {image: 'web:1'}}\n");
    assert!(codes(root, &["validate", "--staged"]).contains(&"compose-privileged".to_owned()));
    git(root, &["rm", "-q", "--cached", "a.schema.json"]);
    let (code, told) = run(root, &["validate", "--staged"]);
    assert!(code == 2 && told.contains("not in the git index"), "{told}");
}

/// Members of a workspace, links, and what `git commit PATH` takes in by an index of its own.
#[test]
fn the_index_counts_wherever_it_is() {
    let compose = "services: {web: {image: 'web:1', privileged: true}}\n";
    let files = [
        ("sparkcfg.toml", "[workspace]\nmembers = [\"shop\"]\n"),
        ("shop/.env", "A=1\n"),
        ("shop/Makefile", "up:\n\tdocker compose -f deploy/app.yml up\n"),
        ("shop/deploy/app.yml", "services: {web: {extends: {file: linked.yml, service: web}}}\n"),
        ("shop/deploy/common.yml", compose),
    ];
    let folder = repository(&files);
    let root = folder.path();
    #[cfg(unix)]
    std::os::unix::fs::symlink("common.yml", root.join("shop/deploy/linked.yml")).unwrap();
    #[cfg(not(unix))]
    write(root, "shop/deploy/linked.yml", compose);
    git(root, &["add", "-A"]);
    fs::remove_file(root.join("shop/deploy/linked.yml")).unwrap();
    let found = |code: &str| codes(root, &["validate", "--staged"]).iter().any(|found| found == code);
    assert!(found("compose-privileged") && !found("compose-syntax"));
    git(root, &["add", "-A"]);
    assert!(found("compose-syntax"));
}
