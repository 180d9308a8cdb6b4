//! What git's history tells of values that somebody could read, and of which no record tells; and what it costs to ask.

use std::collections::BTreeMap;
use std::process::Command;

use super::leaving::{SEALED, left, left_for, rotate_with_sops, set_all_the_same, sharing};
use super::{Scene, two_people};

const ALL: [&str; 3] = ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"];
const NONE: [&str; 0] = [];

/// What `validate` lists without a key, and with one.
fn told(scene: &Scene, without: &[&str], with: &[&str]) {
    assert_eq!(left(scene), without, "without a key");
    assert_eq!(left_for(scene, "laptop"), with, "with a key");
}

/// A scene in which SOPS alone took `deploy` away, with a new data key.
fn left_by_sops() -> Scene {
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    scene.write("sparkcfg.toml", &table.replace("prod = [\"laptop\", \"deploy\"]", "prod = [\"laptop\"]"));
    scene.does("laptop", "secrets sync");
    rotate_with_sops(&scene, &["laptop"]);
    scene
}

/// Takes lines out of the record, as a person does for values that need no change.
fn strike(scene: &Scene, key: &str) {
    let record = scene.read("sparkcfg-revoked.toml");
    let kept = record.split_inclusive('\n').filter(|line| !line.starts_with(&format!("values.{key}")));
    scene.write("sparkcfg-revoked.toml", &kept.collect::<String>());
}

#[test]
fn whom_sops_takes_away_is_found_with_a_key() {
    let scene = left_by_sops();
    for is_committed in [false, true] {
        if is_committed {
            scene.commit("sops updatekeys; sops rotate");
        }
        assert_eq!(scene.found(), BTreeMap::new(), "without a key, nothing is certain");
        assert_eq!(left_for(&scene, "laptop"), ALL);
        let (_, out, err) = scene.run("laptop", "validate prod");
        assert!(out.contains("`sparkcfg secrets rotate prod` brings it into"), "{out}{err}");
    }
    // What SOPS changes as well is known by nobody.
    let before = scene.read(SEALED);
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    scene.git(&["checkout", "-q", "--", "sparkcfg-revoked.toml"]);
    assert_eq!(left_for(&scene, "laptop"), ALL[..2]);
    scene.write(SEALED, &before);
    // The next change brings it into the record, for everybody.
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    told(&scene, &ALL[..2], &ALL[..2]);
    scene.commit("set");
    // What was on record and is struck by hand stays struck.
    strike(&scene, "API_KEY");
    assert_eq!(left_for(&scene, "laptop"), ALL[1..2]);
    scene.commit("no change is needed");
    assert_eq!(left_for(&scene, "laptop"), ALL[1..2]);
    // Whoever may read it again has lost nothing.
    scene.does("laptop", "secrets grant deploy prod");
    told(&scene, &NONE, &NONE);
}

/// The name of whoever left may have left the table, too.
#[test]
fn who_has_no_name_any_more_was_recorded_by_it() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let table = scene.read("sparkcfg.toml");
    let kept: String = table.split_inclusive('\n').filter(|line| !line.starts_with("deploy = ")).collect();
    scene.write("sparkcfg.toml", &kept);
    scene.commit("deploy is gone");
    told(&scene, &ALL, &ALL);
    strike(&scene, "TOKEN");
    scene.commit("no change is needed");
    assert_eq!(left_for(&scene, "laptop"), ALL[..2]);
}

#[test]
fn a_value_that_is_back_is_known_again() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", &format!("canary-new-{key}"));
    }
    scene.commit("set anew");
    assert_eq!(left_for(&scene, "laptop"), NONE);
    // Set to what it was.
    set_all_the_same(&scene, "TOKEN", "canary-3");
    told(&scene, &NONE, &ALL[2..]);
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(left(&scene), ALL[2..]);
    scene.commit("it is back");
    strike(&scene, "TOKEN");
    assert_eq!(left_for(&scene, "laptop"), NONE);
    scene.git(&["reset", "-q", "--hard", "HEAD~1"]);
    // The file as it was between the revocation and the change.
    scene.git(&["checkout", "-q", "HEAD~1", "--", SEALED]);
    told(&scene, &NONE, &ALL);
    // Who cannot open the earlier versions is told nothing.
    assert_eq!(left_for(&scene, "deploy"), NONE);
}

/// Between two commits a value may be set to another one and back: that strikes it, and its sealed text tells.
#[test]
fn a_value_that_was_away_between_two_commits_is_known_again() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    set_all_the_same(&scene, "TOKEN", "canary-3");
    for is_committed in [false, true] {
        if is_committed {
            scene.commit("set, and set back");
        }
        told(&scene, &ALL[..2], &ALL);
    }
}

/// Values that are no secrets are struck in the same commit as others are changed.
#[test]
fn what_was_struck_at_once_stays_struck() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    for key in ["API_KEY", "DB_PASSWORD"] {
        strike(&scene, key);
    }
    assert_eq!(left_for(&scene, "laptop"), NONE);
    scene.commit("revoke, change and strike");
    told(&scene, &NONE, &NONE);
    scene.set("laptop", "TOKEN", "prod", "canary-newer");
    scene.commit("and again");
    told(&scene, &NONE, &NONE);
}

/// A clone that lacks commits says so, once, where somebody may have lost something.
#[test]
fn a_clone_without_history_says_so() {
    let scene = sharing();
    scene.git(&["revert", "--no-edit", "HEAD"]);
    let clone = scene.folder.path().join("shallow");
    let origin = format!("file://{}", scene.root().display());
    let noted = |depth: &str| {
        let (cloned, text) = scene.git(&["clone", "-q", "--depth", depth, &origin, clone.to_str().unwrap()]);
        assert!(cloned, "{text}");
        let told = ["validate --format json", "secrets who --check --format json", "secrets who"].map(|line| {
            let (_, out, err) = scene.run("nobody", &format!("{line} --project {}", clone.display()));
            format!("{out}{err}").matches("this clone lacks a part of the history").count()
        });
        std::fs::remove_dir_all(&clone).unwrap();
        told
    };
    assert_eq!(noted("1"), [1, 1, 1]);
    assert_eq!(noted("99"), [0, 0, 0]);
    // A clone of which the contents of earlier versions are fetched when somebody asks lacks them.
    scene.git(&["config", "uploadpack.allowFilter", "true"]);
    let (cloned, text) = scene.git(&["clone", "-q", "--filter=blob:none", &origin, clone.to_str().unwrap()]);
    assert!(cloned, "{text}");
    let (_, out, err) = scene.run("nobody", &format!("validate --project {}", clone.display()));
    assert!(out.contains("this clone lacks a part of the history"), "{out}{err}");
    std::fs::remove_dir_all(&clone).unwrap();
    // Where all may open everything, somebody may have been named in a commit that was reverted.
    for environment in ["dev", "staging", "prod"] {
        scene.does("laptop", &format!("secrets grant deploy {environment}"));
    }
    scene.commit("grant everything");
    assert_eq!(noted("1"), [1, 1, 1]);
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    assert_eq!(noted("1"), [1, 1, 1]);
}

/// A grant that was reverted together with the name of whom it was for.
#[test]
fn a_clone_says_what_it_cannot_know_of_whom_nobody_names() {
    let scene = Scene::new();
    scene.does("laptop", "secrets init");
    scene.set("laptop", "API_KEY", "prod", "canary-1");
    scene.commit("begin");
    let (_, key) = super::person();
    scene.does("laptop", &format!("secrets grant new prod --key {}", key.as_str()));
    scene.commit("grant");
    scene.git(&["revert", "--no-edit", "HEAD"]);
    assert!(!scene.read("sparkcfg.toml").contains("new = "));
    assert_eq!(scene.found().get("recipients-differ"), Some(&1));
    let clone = scene.folder.path().join("shallow");
    let origin = format!("file://{}", scene.root().display());
    let (cloned, text) = scene.git(&["clone", "-q", "--depth", "1", &origin, clone.to_str().unwrap()]);
    assert!(cloned, "{text}");
    let (code, out, err) = scene.run("nobody", &format!("validate --project {}", clone.display()));
    assert!(code == 0 && out.contains("this clone lacks a part of the history"), "{out}{err}");
}

/// Where git refuses the repository, as one of somebody else, the check is not lost in silence.
#[test]
fn a_repository_that_git_refuses_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let scene = super::two_people();
    let table = scene.read("sparkcfg.toml");
    let kept = table.split_inclusive('\n').filter(|line| !line.starts_with("deploy = ")).collect::<String>();
    scene.write("sparkcfg.toml", &kept);
    let programs = scene.folder.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    std::fs::write(programs.join("git"), "#!/bin/sh\nexit 128\n").unwrap();
    std::fs::set_permissions(programs.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = |path: &std::path::Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(scene.root()).env_clear().envs(scene.environment("nobody")).env("PATH", path);
        let output = command.args(["secrets", "who", "--check", "--format", "json"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().matches("git does not read this repository here").count()
    };
    assert_eq!(told(&programs), 1);
    std::fs::remove_dir_all(scene.root().join(".git")).unwrap();
    assert_eq!(told(&programs), 0, "no repository");
}

/// Whoever can push can bring back an old version without a key, and its MAC fits.
#[test]
fn a_version_that_is_back_is_told_once() {
    let scene = sharing();
    let told = || {
        let (_, out, err) = scene.run("nobody", "validate --format json");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let findings = report["findings"].as_array().unwrap().iter();
        let found = findings.filter(|one| one["code"] == "sealed-file-damaged");
        let found =
            found.map(|one| format!("{}: {}", one["severity"].as_str().unwrap(), one["message"].as_str().unwrap()));
        found.collect::<Vec<_>>()
    };
    let old = scene.read(SEALED);
    let commit = scene.git(&["rev-parse", "HEAD"]).1;
    let expected = [format!("note: prod.secrets is again what it was in commit {}", &commit[..10])];
    assert_eq!(told(), NONE);
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    assert_eq!(told(), NONE);
    scene.commit("set");
    assert_eq!(told(), NONE);
    scene.write(SEALED, &old);
    assert_eq!(told(), expected, "in the folder");
    scene.commit("back");
    assert_eq!(told(), expected, "in the commit that did it");
    scene.write("README", "");
    scene.commit("something else");
    assert_eq!(told(), NONE);
    scene.set("laptop", "TOKEN", "prod", "canary-newer");
    assert_eq!(told(), NONE);
}

/// What a merge takes from one of its sides is no earlier version, wherever that side stands in the history.
#[test]
fn a_merge_that_takes_a_side_brings_nothing_back() {
    let scene = sharing();
    let told = || {
        let (_, out, err) = scene.run("nobody", "validate");
        assert!(out.contains("environments, "), "{out}{err}");
        out.contains("is again what it was")
    };
    let old = scene.read(SEALED);
    scene.git(&["checkout", "-q", "-b", "side"]);
    scene.set("laptop", "TOKEN", "prod", "canary-theirs");
    scene.commit("theirs");
    let theirs = scene.read(SEALED);
    scene.git(&["checkout", "-q", "-"]);
    scene.set("laptop", "TOKEN", "prod", "canary-ours");
    scene.commit("ours");
    let ours = scene.read(SEALED);
    for (taken, expected) in [(&ours, false), (&theirs, false), (&old, true)] {
        scene.git(&["merge", "-q", "--no-commit", "side"]);
        scene.write(SEALED, taken);
        scene.commit("merge");
        assert_eq!(scene.git(&["rev-parse", "HEAD^2"]).1, scene.git(&["rev-parse", "side"]).1);
        assert_eq!(told(), expected);
        scene.git(&["reset", "-q", "--hard", "HEAD^1"]);
    }
    // A change that both have, one of them with another one after it.
    scene.git(&["reset", "-q", "--hard", "HEAD^"]);
    scene.git(&["cherry-pick", "side"]);
    scene.set("laptop", "API_KEY", "prod", "canary-later");
    scene.commit("later");
    let later = scene.read(SEALED);
    scene.git(&["checkout", "-q", "side"]);
    scene.set("laptop", "API_KEY", "dev", "canary-of-dev");
    scene.commit("of dev");
    scene.git(&["checkout", "-q", "-"]);
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "side"]);
    assert!(merged && scene.read(SEALED) == later, "{text}");
    assert!(!told());
}

/// Git is started once to ask about all sealed files, and not at all where there are none.
#[test]
fn git_is_asked_once() {
    use std::os::unix::fs::PermissionsExt;
    let scene = sharing();
    let (programs, log) = (scene.folder.path().join("programs"), scene.folder.path().join("log"));
    std::fs::create_dir(&programs).unwrap();
    let script = format!("#!/bin/sh\necho git >>'{}'\nPATH=${{PATH#*:}} exec git \"$@\"\n", log.display());
    std::fs::write(programs.join("git"), script).unwrap();
    std::fs::set_permissions(programs.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let started = || {
        std::fs::write(&log, "").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(scene.root()).env_clear().envs(scene.environment("laptop")).env("PATH", &path);
        let output = command.arg("validate").output().unwrap();
        (output.status.success(), std::fs::read_to_string(&log).unwrap().lines().count())
    };
    scene.does("laptop", "secrets revoke deploy prod");
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", &format!("canary-new-{key}"));
    }
    scene.commit("revoke");
    assert_eq!(started().1, 1);
    for environment in ["dev", "staging", "prod"] {
        std::fs::remove_file(scene.root().join(format!("environments/{environment}.secrets.env"))).unwrap();
    }
    scene.commit("nothing is sealed");
    assert_eq!(started().1, 0);
}

/// Nobody is told to take a version that lets somebody in again.
#[test]
fn a_grant_that_is_reverted_is_not_to_be_taken_back() {
    let scene = two_people();
    let told = || {
        let (_, out, err) = scene.run("nobody", "validate");
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains("the data key is still that of commit"), "{out}{err}");
        out
    };
    scene.does("laptop", "secrets grant deploy prod");
    scene.commit("grant");
    let (reverted, text) = scene.git(&["revert", "--no-edit", "HEAD"]);
    assert!(reverted, "{text}");
    // No value changed, so none is back.
    assert!(!told().contains("is again what it was"), "{}", told());
    scene.git(&["reset", "-q", "--hard", "HEAD^"]);
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    scene.commit("set");
    let (back, text) = scene.git(&["checkout", "HEAD~2", "--", SEALED, "sparkcfg.toml", ".sops.yaml"]);
    assert!(back, "{text}");
    scene.commit("back");
    let told = told();
    assert!(told.contains("is again what it was"), "{told}");
    assert!(told.contains("a newer version in git can be opened by deploy, too"), "{told}");
    assert!(!told.contains("take the newer version"), "{told}");
}

/// Whoever seals a file anew and empties the record with it hides nothing from those who can open it.
#[test]
fn a_record_that_is_emptied_with_a_rotation_is_remembered() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    strike(&scene, "TOKEN");
    scene.commit("TOKEN needs no change");
    told(&scene, &ALL[..2], &ALL[..2]);
    let record = scene.read("sparkcfg-revoked.toml");
    scene.does("laptop", "secrets rotate prod");
    told(&scene, &ALL[..2], &ALL[..2]);
    let section = record.find('[').unwrap();
    scene.write("sparkcfg-revoked.toml", &record[..section]);
    for is_committed in [false, true] {
        if is_committed {
            scene.commit("rotate");
        }
        told(&scene, &NONE, &ALL[..2]);
    }
    // The next change brings it back, for everybody.
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    told(&scene, &ALL[1..2], &ALL[1..2]);
}

/// A sealed file that is not there is not made anew where git has it.
#[test]
fn a_file_that_git_has_is_brought_back() {
    let scene = two_people();
    std::fs::remove_file(scene.root().join(SEALED)).unwrap();
    let (code, _, err) = scene.run("laptop", "secrets rotate prod");
    assert!(code == 2 && err.contains(&format!("bring it back: git restore -- {SEALED}")), "{err}");
    let (restored, text) = scene.git(&["restore", "--", SEALED]);
    assert!(restored, "{text}");
    scene.does("laptop", "secrets rotate prod");
    scene.git(&["rm", "-q", "-f", SEALED]);
    let (code, _, err) = scene.run("laptop", "secrets rotate prod");
    assert!(code == 2 && err.contains("sparkcfg secrets set KEY -e prod"), "{err}");
}
