//! What the project says of itself is so: a code is a file, a page and a folder of cases; exit codes; formats; the README
//! and the pages of `docs/`.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

mod console;
#[path = "promises/pages.rs"]
mod pages;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use console::run;
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
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'), "{code}");
        assert_eq!(checks::find(code).map(|rule| rule.code), Some(code));
    }
}

#[test]
fn a_code_is_a_file() {
    let holds_rule = |name: &String| {
        name.ends_with(".rs")
            && fs::read_to_string(root().join("src/checks").join(name)).unwrap().contains("static RULE: Rule")
    };
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
    // What a page says of other programs is theirs to keep.
    let of_others = regex::Regex::new(r"(`|\$ )(git|docker) [^`\n]*").unwrap();
    let promised = checks::ALL.iter().flat_map(|check| {
        let page = check.rule.explanation();
        let page = of_others.replace_all(&page, "");
        option.find_iter(&page).map(|found| (check.rule.code, found.as_str().to_owned())).collect::<Vec<_>>()
    });
    let empty: Vec<_> = promised.filter(|(_, option)| !helps.contains(option.as_str())).collect();
    assert!(empty.is_empty(), "{empty:?}");
}

/// Completions for each shell, and the manual page, know every command.
#[test]
fn shells_and_the_manual_know_every_command() {
    let home = tempfile::tempdir().unwrap();
    let manual = run("sparkcfg man", root(), home.path());
    assert_eq!((manual.code, manual.stderr.as_str()), (0, ""));
    assert!(manual.stdout.contains(".TH sparkcfg 1"));
    for command in commands() {
        assert!(manual.stdout.contains(&command.replace('-', "\\-")), "the manual leaves out {command}");
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&format!("sparkcfg completions {shell}"), root(), home.path());
        assert_eq!((script.code, script.stderr.as_str()), (0, ""), "{shell}");
        for command in commands() {
            assert!(script.stdout.contains(&command), "{shell} leaves out {command}");
        }
    }
    let unknown = run("sparkcfg completions tcsh", root(), home.path());
    assert_eq!(unknown.code, 2);
}

/// The schema of the built-in model that a project keeps is compared with the model itself.
#[test]
fn a_stale_schema_of_the_model_is_told_with_a_diff() {
    let (home, project) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = project.path().join("schemas/spark.schema.json");
    fs::create_dir(project.path().join("schemas")).unwrap();
    fs::write(project.path().join("sparkcfg.toml"), "schema = \"schemas/spark.schema.json\"\n").unwrap();
    let kept = fs::read_to_string(root().join("schemas/spark.schema.json")).unwrap();
    fs::write(&path, kept.replacen("65535", "65536", 1)).unwrap();
    let stale = run("sparkcfg schema --check", project.path(), home.path());
    assert_eq!(stale.code, 1);
    assert!(stale.stdout.contains("65536") && stale.stdout.contains("\n+") && stale.stdout.contains("\n-"));
    assert!(stale.stderr.contains("is stale"));
    assert_eq!(run("sparkcfg schema", project.path(), home.path()).code, 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), kept);
    assert_eq!(run("sparkcfg schema --check", project.path(), home.path()).code, 0);
}

/// What was asked for on the command line goes before `NO_COLOR`, which goes before nothing at all where it is empty.
#[test]
fn colour_is_as_it_was_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let bad = root().join("tests/cases/wrong-type/a-worker-count-in-words");
    for (line, expected) in [
        ("sparkcfg validate", false),
        ("sparkcfg validate --color always", true),
        ("NO_COLOR= sparkcfg validate", false),
        ("NO_COLOR= FORCE_COLOR=1 sparkcfg validate", true),
        ("NO_COLOR= FORCE_COLOR=1 sparkcfg validate --color never", false),
        ("sparkcfg validate --color always --format json", false),
    ] {
        assert_eq!(run(line, &bad, home.path()).stdout.contains('\u{1b}'), expected, "{line}");
    }
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

/// The reference of the built-in model is the one that the schema gives.
#[test]
fn the_reference_is_up_to_date() {
    let home = tempfile::tempdir().unwrap();
    let ran = run("sparkcfg docs --inject schemas/README.md --check", root(), home.path());
    assert_eq!(ran.code, 0, "{}", ran.shown());
}

/// A small project in a repository of its own, with what the closure does to it committed.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("environments/base.env", "LEVEL=info\n"),
        ("environments/prod.env", "APP_VERSION=1.2.0\nDB_PASSWORD=correct-horse-9\n"),
        (
            "templates/compose.yml.j2",
            "services:\n  app:\n    image: app:{{ APP_VERSION }}\n    environment:\n      {{ env | yaml }}\n",
        ),
        (".gitignore", "/private/\n"),
        // Nothing is sealed here, so that what happens to secrets can be seen.
        ("sparkcfg.toml", "[severity]\nplaintext-secret = \"off\"\n"),
    ] {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(path), text).unwrap();
    }
    git(folder.path(), &["init", "-q"]);
    commit(folder.path());
    folder
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "change"]);
}

/// What is written with secrets is private, and in no place from which it could be committed.
#[test]
fn secrets_are_rendered_only_where_git_does_not_look() {
    let (folder, home) = (repository(), tempfile::tempdir().unwrap());
    let root = folder.path();
    for (line, expected) in [
        ("sparkcfg render prod --with-secrets", 2),
        ("sparkcfg render prod --with-secrets --to /tmp", 2),
        ("sparkcfg render prod --with-secrets --to ../private", 2),
        ("sparkcfg render prod --with-secrets --to private", 0),
        ("sparkcfg render prod", 0),
    ] {
        let ran = run(line, root, home.path());
        assert_eq!(ran.code, expected, "{line}\n{}", ran.shown());
        assert!(!ran.shown().contains("correct-horse"), "{line}\n{}", ran.shown());
    }
    let (private, open) = (root.join("private/prod/compose.yml"), root.join("rendered/prod/compose.yml"));
    let text = fs::read_to_string(&private).unwrap();
    assert!(text.contains("DB_PASSWORD: \"correct-horse-9\"") && text.contains("HOLDS SECRETS"), "{text}");
    let text = fs::read_to_string(&open).unwrap();
    assert!(text.contains("${DB_PASSWORD?") && !text.contains("correct-horse"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&private), mode(&open)), (0o600, 0o644));
    }
    // A pattern that takes back for one folder what another says of all; and folders that are for something else.
    fs::write(root.join(".gitignore"), "x\nmine/*\n!mine/prod/\nprivate/\n").unwrap();
    for folder in ["mine", "other", ".git", "templates", "environments"] {
        let ran = run(&format!("sparkcfg render prod --with-secrets --to {folder}"), root, home.path());
        assert_eq!(ran.code, 2, "{}", ran.shown());
        assert!(!root.join(folder).join("prod").exists(), "{folder}");
    }
    // A repository within the folder asks nobody but itself.
    fs::create_dir_all(root.join("private/own")).unwrap();
    git(&root.join("private/own"), &["init", "-q"]);
    let ran = run("sparkcfg render prod --with-secrets --to private/own", root, home.path());
    assert!(ran.code == 2 && !root.join("private/own/prod").exists(), "{}", ran.shown());
    fs::write(root.join("private/own/.gitignore"), "*\n").unwrap();
    let ran = run("sparkcfg render prod --with-secrets --to private/own", root, home.path());
    assert_eq!(ran.code, 0, "{}", ran.shown());
    fs::remove_dir_all(root.join("private/own")).unwrap();
    // Where there is no repository, nothing says that the files stay out of one.
    fs::rename(root.join(".git"), root.join("git")).unwrap();
    let ran = run("sparkcfg render prod --with-secrets --to private", root, home.path());
    assert_eq!(ran.code, 2, "{}", ran.shown());
    fs::rename(root.join("git"), root.join(".git")).unwrap();
    // A file that git tracks is not ignored, whatever a pattern says.
    git(root, &["add", "-f", "private"]);
    let ran = run("sparkcfg render prod --with-secrets --to private", root, home.path());
    assert_eq!(ran.code, 2, "{}", ran.shown());
    // Nor does a difference tell what stands in such a file.
    let ran = run("sparkcfg render prod --check --to private", root, home.path());
    assert!(ran.code == 1 && !ran.shown().contains("correct-horse"), "{}", ran.shown());
}

/// What is started by its name stays what can be started so.
#[cfg(unix)]
#[test]
fn a_script_can_be_executed_once_it_is_rendered() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, home) = (repository(), tempfile::tempdir().unwrap());
    let root = folder.path();
    let template = root.join("templates/go.sh.j2");
    fs::write(&template, "#!/bin/sh\necho {{ APP_VERSION }}\n").unwrap();
    assert_eq!(run("sparkcfg render", root, home.path()).code, 0);
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("rendered/prod/go.sh"), 0o644);
    fs::set_permissions(&template, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = run("sparkcfg render --check", root, home.path());
    assert!(ran.code == 1 && ran.shown().contains("go.sh cannot be executed"), "{}", ran.shown());
    assert_eq!(run("sparkcfg render", root, home.path()).code, 0);
    assert_eq!((mode("rendered/prod/go.sh"), mode("rendered/prod/compose.yml")), (0o755, 0o644));
    assert_eq!(run("sparkcfg render --check", root, home.path()).code, 0);
}

/// A release is what git holds; the way back from it is a change like any other.
#[test]
fn a_release_is_recorded_compared_and_taken_back() {
    let (folder, home) = (repository(), tempfile::tempdir().unwrap());
    let root = folder.path();
    let says = |line: &str, code: i32, words: &str| {
        let ran = run(line, root, home.path());
        assert_eq!(ran.code, code, "{line}\n{}", ran.shown());
        assert!(ran.shown().contains(words), "{line}\n{}", ran.shown());
        assert!(!ran.shown().contains("correct-horse"), "{line}\n{}", ran.shown());
    };
    says("sparkcfg release prod --diff", 2, "prod has not been released yet");
    says("sparkcfg release prod", 1, "has not been rendered");
    says("sparkcfg render", 0, "wrote rendered/prod/compose.yml");
    commit(root);
    says("sparkcfg release prod", 0, "wrote releases/prod.json");
    let first = fs::read_to_string(root.join("releases/prod.json")).unwrap();
    let revision = git(root, &["rev-parse", "HEAD"]);
    assert!(first.contains(revision.trim()) && !first.contains("1.2.0") && !first.contains("correct-horse"), "{first}");
    commit(root);
    says("sparkcfg release prod", 0, "nothing changed in prod");
    let rendered = fs::read_to_string(root.join("rendered/prod/compose.yml")).unwrap();
    fs::write(root.join("rendered/prod/old.yml"), rendered).unwrap();
    says("sparkcfg release prod", 1, "rendered/prod/old.yml has no template any more");
    fs::remove_file(root.join("rendered/prod/old.yml")).unwrap();
    says("sparkcfg release prod --rollback", 2, "no release of prod before");

    fs::write(root.join("environments/prod.env"), "APP_VERSION=1.3.0\nDB_PASSWORD=correct-horse-9\n").unwrap();
    says("sparkcfg release prod --diff", 0, "+    image: \"app:1.3.0\"");
    says("sparkcfg release prod", 2, "environments/prod.env: not committed");
    says("sparkcfg release prod --rollback", 2, "no release of prod before");
    says("sparkcfg render", 0, "wrote rendered/prod/compose.yml");
    commit(root);
    says("sparkcfg release prod", 0, "wrote releases/prod.json");
    commit(root);
    fs::write(root.join("environments/base.env"), "LEVEL=debug\n").unwrap();
    says("sparkcfg release prod --rollback", 2, "environments/base.env: not committed");
    git(root, &["checkout", "-q", "environments"]);
    says("sparkcfg release prod --rollback", 0, "restored environments/prod.env");
    assert!(fs::read_to_string(root.join("environments/prod.env")).unwrap().starts_with("APP_VERSION=1.2.0\n"));

    fs::write(root.join("releases/prod.json"), "{}").unwrap();
    says("sparkcfg release prod --diff", 2, "this is no record of a release");
}
