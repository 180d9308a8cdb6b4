//! The record of what is still to change goes where the sealed files go.

use super::leaving::{SEALED, left, left_for, sharing};
use super::{Scene, two_people};

const NAME: &str = "sparkcfg-revoked.toml";

/// The exit code of the hook, and what it says of the record.
fn staged(scene: &Scene) -> (i32, Vec<String>) {
    let (code, out, err) = scene.run("nobody", "validate --staged --format json");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let of_record = |one: &&serde_json::Value| one["location"]["path"] == NAME;
    let told = report["findings"].as_array().unwrap().iter().filter(of_record);
    (code, told.map(|one| format!("{} {}", one["code"], one["message"]).replace('"', "")).collect())
}

#[test]
fn a_commit_takes_the_record_along() {
    let scene = sharing();
    scene.git(&["rm", "-q", "--cached", "--ignore-unmatch", NAME]);
    let _ = std::fs::remove_file(scene.root().join(NAME));
    scene.git(&["commit", "-q", "-a", "-m", "as before there were records"]);
    let before = scene.read(SEALED);
    scene.does("laptop", "secrets revoke deploy prod");
    let untold = format!("git does not have {NAME}, which alone tells what is still to change in {SEALED}");
    // What is staged is still sealed as it was.
    assert_eq!((left(&scene).len(), staged(&scene)), (3, (0, vec![])));
    // What `git commit -a` takes.
    scene.git(&["add", "-u"]);
    assert!(left(&scene).contains(&untold), "{:?}", left(&scene));
    let (code, told) = staged(&scene);
    let expected = format!(
        "revoked-reader {NAME} is not staged as it is, and a commit without it forgets what is still to change in {SEALED}"
    );
    assert_eq!((code, told), (1, vec![expected.clone()]));
    scene.git(&["add", NAME]);
    assert_eq!(staged(&scene), (0, vec![]));
    scene.git(&["commit", "-q", "-m", "revoke"]);
    assert!(!left(&scene).contains(&untold));

    // Changed since, and only the sealed file is staged; one that says less, or something else, is no loss.
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    scene.git(&["add", SEALED]);
    assert_eq!(staged(&scene), (0, vec![]));
    scene.git(&["add", NAME]);
    scene.git(&["commit", "-q", "-m", "set"]);
    assert!(before != scene.read(SEALED) && left(&scene).len() == 2);
    scene.write("environments/prod.env", "LOG_LEVEL=warn\n");
    scene.git(&["add", "-u"]);
    assert_eq!(staged(&scene), (0, vec![]));
}

/// A record that is gone is not begun anew: nobody would hear any more of what it told.
#[test]
fn none_is_begun_in_the_place_of_one_that_is_gone() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let commit = scene.git(&["rev-parse", "HEAD"]).1;
    let record = scene.read(NAME);
    let table = scene.read("sparkcfg.toml");
    for is_committed in [false, true] {
        std::fs::remove_file(scene.root().join(NAME)).unwrap();
        if is_committed {
            scene.commit("remove");
        }
        for line in ["secrets grant deploy dev", "secrets revoke deploy dev", "secrets init", "secrets rotate dev"] {
            let (code, out, err) = scene.run("laptop", line);
            let expected = format!("{NAME} is gone, which alone tells what is still to change in {SEALED}");
            assert!(code == 2 && err.contains(&expected), "{line}: {out}{err}");
            assert!(err.contains(&format!("git checkout {} -- {NAME}", &commit[..10])), "{err}");
            assert!(!scene.root().join(NAME).exists() && scene.read("sparkcfg.toml") == table, "{line}");
        }
        scene.git(&["checkout", "-q", &commit[..10], "--", NAME]);
        assert_eq!(scene.read(NAME), record);
    }
    scene.does("laptop", "secrets grant deploy dev");
    assert_eq!(left(&scene).len(), 3);
}

#[test]
fn of_a_whole_file_too() {
    let scene = two_people();
    scene.git(&["rm", "-q", "-f", SEALED]);
    let age = format!("{SEALED}.age");
    let (code, _, err) = scene.run_with("laptop", &format!("secrets set API_KEY -e {age}"), "canary-7");
    assert_eq!(code, 0, "{err}");
    scene.does("laptop", "secrets grant deploy prod");
    scene.commit("a whole file");
    let known = scene.read(NAME);
    scene.does("laptop", "secrets revoke deploy prod");
    scene.git(&["add", "-A"]);
    assert_eq!(staged(&scene), (0, vec![]));
    let now = scene.read(NAME);
    scene.write(NAME, &known);
    scene.git(&["add", "-A"]);
    scene.write(NAME, &now);
    let (code, told) = staged(&scene);
    assert!(code == 1 && told.len() == 1 && told[0].ends_with(&age), "{told:?}");
}

/// Sets a value that another key has too.
fn set_the_same(scene: &Scene, key: &str, environment: &str, value: &str) {
    let line = format!("secrets set {key} -e {environment} --no-validate");
    let (code, _, err) = scene.run_with("laptop", &line, value);
    assert_eq!(code, 0, "{err}");
}

/// Nothing changes about a value by another name for it.
#[test]
fn a_value_with_a_new_name_is_still_known() {
    for environment in ["prod", "staging"] {
        let scene = sharing();
        for (key, value) in [("TOKEN", "rhinoceros-71"), ("SHORT", "on")] {
            set_the_same(&scene, key, "prod", value);
        }
        scene.does("laptop", "secrets revoke deploy prod");
        set_the_same(&scene, "NEW_TOKEN", environment, "rhinoceros-71");
        scene.does("laptop", "secrets unset TOKEN -e prod");
        // What is equal by chance, and what is another value, is nobody's.
        set_the_same(&scene, "OTHER", environment, "on");
        set_the_same(&scene, "ANOTHER", environment, "rhinoceros-72");
        let names = ["API_KEY", "DB_PASSWORD", "NEW_TOKEN", "SHORT"].map(|key| format!("{key}: deploy"));
        assert_eq!(left_for(&scene, "laptop"), names, "{environment}");
        assert_eq!(left(&scene), names, "{environment}");
        set_the_same(&scene, "NEW_TOKEN", environment, "rhinoceros-73");
        assert_eq!(left(&scene).len(), 3, "{environment}");
    }
    // Whoever may read the other file has lost nothing there; and of a file that took the place of another it is the same.
    let scene = sharing();
    scene.does("laptop", "secrets grant deploy staging");
    scene.set("laptop", "TOKEN", "prod", "rhinoceros-71");
    scene.does("laptop", "secrets revoke deploy prod");
    set_the_same(&scene, "NEW_TOKEN", "staging", "rhinoceros-71");
    assert_eq!(left(&scene).len(), 3);
    std::fs::remove_file(scene.root().join("environments/dev.secrets.env")).unwrap();
    set_the_same(&scene, "NEW_TOKEN", "environments/dev.secrets.env.age", "rhinoceros-71");
    assert!(left_for(&scene, "laptop").contains(&"NEW_TOKEN: deploy".to_owned()), "{:?}", left_for(&scene, "laptop"));
}

/// What only the record tells is missed once git has it no more.
#[test]
fn a_record_that_was_removed_is_missed() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.git(&["rm", "-q", NAME]);
    let gone = format!("{NAME} is gone, which alone tells");
    let (code, out, err) = scene.run("nobody", "validate --staged");
    assert!(code == 1 && out.contains(&gone), "{out}{err}");
    scene.git(&["commit", "-q", "-m", "tidy up"]);
    let (code, out, err) = scene.run("nobody", "validate");
    assert!(code == 0 && out.contains(&gone), "{out}{err}");
    let help = out.split("git checkout ").nth(1).unwrap();
    let commit = help.split(' ').next().unwrap();
    assert_eq!(scene.git(&["checkout", commit, "--", NAME]).1, "");
    let (_, out, err) = scene.run("nobody", "validate");
    assert!(!out.contains(&gone) && out.contains("API_KEY is still what deploy could read"), "{out}{err}");
    // Whatever it told of has changed: nobody misses it.
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", &format!("canary-new-{key}"));
    }
    std::fs::remove_file(scene.root().join(NAME)).unwrap();
    let (_, out, err) = scene.run("nobody", "validate");
    assert!(!out.contains(&gone), "{out}{err}");
}

/// A table that was not committed with a revocation, or came back, lets nobody in again by the way.
#[test]
fn an_older_table_lets_nobody_in_again() {
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    let (code, _, err) = scene.run("laptop", "secrets revoke deploy prod");
    let all = ["sparkcfg.toml", ".sops.yaml", NAME, SEALED];
    let all: Vec<_> = all.into_iter().filter(|path| scene.root().join(path).exists()).collect();
    assert!(code == 0 && err.contains(&format!("git add {}", all.join(" "))), "{err}");
    scene.write("sparkcfg.toml", &table);
    let (_, out, err) = scene.run("nobody", "validate");
    assert!(out.contains("deploy lost access to prod, but is in its access list"), "{out}{err}");
    for line in ["secrets rotate prod", "secrets set API_KEY -e prod"] {
        let (code, _, err) = scene.run_with("laptop", line, "canary-new");
        assert!(code == 2 && err.contains("secrets grant deploy prod"), "{line}: {err}");
    }
    assert_eq!(scene.reads("deploy", "prod"), None);
    scene.does("laptop", "secrets grant deploy prod");
    assert!(scene.reads("deploy", "prod").is_some());
    scene.does("laptop", "secrets rotate prod");
}

/// What `validate` says of lines that were taken out: severity and message, for whoever has no key.
fn struck(scene: &Scene, line: &str) -> Vec<String> {
    let (_, out, err) = scene.run("nobody", &format!("{line} --format json"));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let findings = report["findings"].as_array().unwrap().iter().filter(|one| one["code"] == "revoked-reader");
    let told = findings.map(|one| format!("{}: {}", one["severity"], one["message"]).replace('"', ""));
    told.filter(|told| told.contains(" and was taken out of ") || told.contains(" tells nothing of ")).collect()
}

fn without(record: &str, key: &str) -> String {
    record.split_inclusive('\n').filter(|line| !line.contains(&format!("values.{key} "))).collect()
}

/// Only git's history still knows, and tells as long as nothing has changed.
#[test]
fn a_section_that_was_taken_out_is_missed() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let record = scene.read(NAME);
    let forgotten = [format!(
        "warning: API_KEY, DB_PASSWORD and TOKEN are still what deploy could read, and {NAME} tells nothing of {SEALED} any more"
    )];
    let heading = record.split('[').next().unwrap().to_owned();
    for emptied in [heading.as_str(), ""] {
        scene.write(NAME, emptied);
        for line in ["validate", "secrets who --check"] {
            assert_eq!(struck(&scene, line), forgotten, "{line}");
        }
        scene.git(&["add", NAME]);
        assert_eq!(struck(&scene, "validate --staged"), forgotten);
    }
    scene.commit("tidy up");
    scene.write("environments/dev.env", "LOG_LEVEL=debug\n");
    scene.commit("something else");
    scene.does("laptop", "secrets grant deploy staging");
    scene.does("laptop", "secrets revoke deploy staging");
    scene.commit("another record");
    assert_eq!(struck(&scene, "validate"), forgotten);
    let (_, out, _) = scene.run("nobody", "validate --format json");
    assert!(out.contains(&format!(":./{NAME}`; the line of a value")), "{out}");
    // What has changed is nobody's any more.
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    scene.commit("set");
    let fewer = forgotten[0].replace("API_KEY, DB_PASSWORD and TOKEN", "DB_PASSWORD and TOKEN");
    assert_eq!(struck(&scene, "validate"), [fewer]);
    // An older record that takes the place of a newer one forgets what that one had.
    scene.write(NAME, &without(&record, "API_KEY"));
    let told = struck(&scene, "validate");
    assert!(
        told.len() == 1 && told[0].contains(" tells nothing of environments/staging.secrets.env any more"),
        "{told:?}"
    );
}

/// The line of a value that needs no change may go, and is told of once.
#[test]
fn a_line_that_was_taken_out_is_told_once() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let all = scene.read(NAME);
    let told = [format!("note: TOKEN is still what deploy could read, and was taken out of {NAME}")];
    let fewer = without(&all, "TOKEN");
    scene.git(&["checkout", "-q", "-b", "feature"]);
    scene.write(NAME, &fewer);
    assert_eq!(struck(&scene, "validate"), told);
    scene.commit("it needs none");
    assert_eq!(struck(&scene, "validate"), told);
    // One that is left of a section that stays.
    scene.write(NAME, &without(&without(&fewer, "API_KEY"), "DB_PASSWORD"));
    assert_eq!(struck(&scene, "validate").len(), 1);
    scene.commit("neither do these");
    scene.write("environments/dev.env", "LOG_LEVEL=debug\n");
    scene.commit("something else");
    assert_eq!(struck(&scene, "validate"), [""; 0]);
    // A merge brings in what the branch was told of.
    scene.git(&["checkout", "-q", "main"]);
    scene.write("environments/staging.env", "LOG_LEVEL=debug\n");
    scene.commit("meanwhile");
    assert!(scene.git(&["merge", "-q", "--no-edit", "feature"]).0);
    assert_eq!(struck(&scene, "validate"), [""; 0]);
}

/// One side lets somebody go, the other one knows nothing of it: whoever takes that one's record forgets.
#[test]
fn a_merge_that_drops_the_record_is_told() {
    let scene = sharing();
    scene.git(&["checkout", "-q", "-b", "feature"]);
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.git(&["checkout", "-q", "main"]);
    scene.set("laptop", "API_KEY", "dev", "canary-dev");
    scene.commit("meanwhile");
    assert!(scene.git(&["merge", "-q", "--no-commit", "feature"]).0);
    scene.git(&["checkout", "-q", "main", "--", NAME]);
    scene.git(&["commit", "-q", "-m", "merge"]);
    let told = struck(&scene, "validate");
    assert!(told.len() == 1 && told[0].starts_with("warning: API_KEY, DB_PASSWORD and TOKEN are still"), "{told:?}");
}
