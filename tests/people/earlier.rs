//! Whoever could open an earlier version of a file has its data key, and is not forgotten while the file has the same one.

use std::collections::BTreeMap;

use super::leaving::{SEALED, left, left_for, merged_after_a_revocation, rewrite_with_sops, sharing};
use super::{TIME, person, sops};
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order};

const ALL: [&str; 3] = ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"];

/// The lines of a sealed file that hold values.
fn values(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains("=ENC[") && !line.starts_with("sops_")).collect()
}

/// What `sops updatekeys` does where the table has one person less: their line goes, the data key stays.
fn without_the_second_reader(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with("sops_age__list_1__")).collect()
}

#[test]
fn a_grant_that_git_takes_back_is_none_taken_back() {
    let scene = sharing();
    assert_eq!(scene.found(), BTreeMap::new());
    let granted = scene.read(SEALED);
    let commit = scene.git(&["rev-parse", "--short", "HEAD"]).1;
    let (reverted, text) = scene.git(&["revert", "--no-edit", "HEAD"]);
    assert!(reverted, "{text}");
    let told = BTreeMap::from([("recipients-differ".to_owned(), 1)]);
    assert_eq!(scene.found(), told);
    let (code, out, err) = scene.run("nobody", "secrets who --check");
    let expected = format!(
        "deploy can open prod, but not by its access list: the data key is still that of commit {}",
        commit.trim()
    );
    let unbroken: String = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        code == 1 && unbroken.contains(&expected) && unbroken.contains("`sparkcfg secrets rotate prod`"),
        "{out}{err}"
    );
    assert!(scene.does("nobody", "secrets who").contains("uninvited"));
    let table: serde_json::Value = serde_json::from_str(&scene.does("nobody", "secrets who --format json")).unwrap();
    assert_eq!(table["environments"]["prod"]["files"][0]["holders"][0]["name"], "deploy");
    // What is about to be committed is judged in the same way.
    let (_, out, err) = scene.run("nobody", "validate --staged");
    assert!(out.contains("recipients-differ"), "{out}{err}");

    // The advice, and any other change, takes the data key away, and forgets nothing of what it opened.
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(left(&scene), ALL);
    assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 3)]));
    scene.git(&["checkout", "-q", "."]);
    assert_eq!(scene.found(), told);
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    assert_eq!(left(&scene), ALL[..2]);
    let now = scene.read(SEALED);
    assert!(values(&granted).iter().all(|line| !values(&now).contains(line)), "the data key is new");
    scene.commit("a new data key");
    assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 2)]));
    // Who is granted access has nothing that they should not have.
    scene.git(&["checkout", "-q", "HEAD~1", "--", SEALED, "sparkcfg-revoked.toml"]);
    scene.does("laptop", "secrets grant deploy prod");
    assert_eq!(scene.found(), BTreeMap::new());
}

#[test]
fn an_old_file_that_sops_seals_for_fewer_is_found() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", "canary-after");
    }
    scene.commit("revoke");
    assert_eq!(scene.found(), BTreeMap::new());
    scene.git(&["checkout", "-q", "HEAD~1", "--", SEALED]);
    assert_eq!(scene.found(), BTreeMap::from([("recipients-differ".to_owned(), 1)]));
    scene.write(SEALED, &without_the_second_reader(&scene.read(SEALED)));
    assert_eq!(scene.reads("deploy", "prod"), None);
    assert_eq!(scene.found(), BTreeMap::from([("recipients-differ".to_owned(), 1)]));
    let (code, out, err) = scene.run("laptop", "secrets revoke deploy prod");
    assert!(code == 0 && out.contains("TOKEN"), "{out}{err}");
    assert_eq!(left(&scene), ALL);
}

/// A file that is imported is another one, and its readers are those of its values all the same.
#[test]
fn an_import_tells_who_could_open_the_file() {
    let scene = sharing();
    let (_, stranger) = person();
    let everybody = [scene.recipients("prod"), vec![stranger]].concat();
    scene.does("laptop", "secrets revoke deploy prod");
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", "canary-after");
    }
    scene.commit("revoke");
    let plain = Secret::new("FIRST=canary-1\nTOKEN=canary-after\nOTHER=canary-3\n".to_owned());
    let stranger = everybody[2].as_str();
    for (path, readers) in
        [("old.enc.env", format!("{stranger} and deploy")), ("old.env.age", "a recipient without a name".to_owned())]
    {
        let order = Order { recipients: &everybody, time: TIME, new_key: true, anew: None, previous: None };
        let store = if path == "old.enc.env" { sops() } else { stores::of("prod.secrets.env.age").unwrap() };
        scene.write(path, &(store.seal)(&plain, &order).unwrap());
        let (code, _, err) =
            scene.run("laptop", &format!("secrets import {path} -e prod --key FIRST --key TOKEN --no-validate"));
        assert!(code == 0 && err.contains(&format!("{path} was open to ")), "{err}");
        // Of what stood there already, the value is the same.
        let expected = ["FIRST", "TOKEN"].map(|key| format!("{key}: {readers}"));
        assert_eq!(left(&scene), expected);
        scene.set("laptop", "FIRST", "prod", "canary-new");
        assert_eq!(left(&scene), expected[1..], "{path}");
        scene.git(&["checkout", "-q", "."]);
    }
    // Of whoever may open it, nothing is to be told.
    let order = Order { recipients: &everybody[1..2], time: TIME, new_key: true, anew: None, previous: None };
    assert_eq!(left(&scene), Vec::<String>::new());
    scene.write("own.env", &(sops().seal)(&plain, &order).unwrap());
    scene.does("laptop", "secrets import own.env -e prod --key FIRST --no-validate");
    assert_eq!(left(&scene), Vec::<String>::new());
}

/// What a merge noted in the file itself is in no record yet, and the advice fits that.
#[test]
fn what_a_merge_noted_can_be_struck() {
    let scene = merged_after_a_revocation();
    let help = |key: &str| {
        let (_, out, err) = scene.run("nobody", "validate --format json");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let findings = report["findings"].as_array().unwrap().clone();
        let of_key = findings.into_iter().find(|one| one["code"] == "revoked-reader" && one["key"] == key);
        of_key.map(|one| one["help"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    let record = || scene.read("sparkcfg-revoked.toml");
    assert!(!record().contains("NEW_SECRET") && record().contains("TOKEN"), "{}", record());
    assert!(help("NEW_SECRET").contains("`sparkcfg secrets rotate prod` brings it into sparkcfg-revoked.toml"));
    assert!(help("TOKEN").ends_with("if it needs no change, take it out of sparkcfg-revoked.toml"));
    scene.does("laptop", "secrets rotate prod");
    assert!(help("NEW_SECRET").ends_with("if it needs no change, take it out of sparkcfg-revoked.toml"));
    let kept: String = record().split_inclusive('\n').filter(|line| !line.starts_with("values.NEW_SECRET")).collect();
    scene.write("sparkcfg-revoked.toml", &kept);
    assert_eq!(left(&scene), ALL);
}

/// SOPS seals what a merge noted: without a key that is said, and nothing is claimed.
#[test]
fn what_sops_sealed_of_a_note_is_in_doubt() {
    let scene = merged_after_a_revocation();
    let (_, out, _) = scene.run("nobody", "validate --format json");
    assert!(!out.contains("may still be") && !out.contains("a sealed comment in it"), "{out}");
    rewrite_with_sops(&scene, "", "");
    let (_, out, _) = scene.run("nobody", "validate --format json");
    assert!(out.contains("TOKEN may still be what deploy could read"), "{out}");
    assert!(
        out.contains("with a key, `sparkcfg validate` tells whether") && out.contains("a sealed comment in it"),
        "{out}"
    );
    let expected = ["API_KEY: deploy", "DB_PASSWORD: deploy", "NEW_SECRET: deploy", "TOKEN: deploy"];
    assert_eq!(left_for(&scene, "laptop"), expected);
}

/// The record begins with the project, so that a commit that changes it fits any branch.
#[test]
fn a_change_of_the_record_alone_fits_any_branch() {
    let scene = sharing();
    scene.git(&["branch", "before"]);
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    scene.commit("set");
    scene.git(&["switch", "-q", "before"]);
    let (picked, text) = scene.git(&["cherry-pick", "main"]);
    assert!(picked, "{text}");
    assert!(scene.reads("deploy", "prod").unwrap().contains("TOKEN=canary-new"));
    assert_eq!(scene.found(), BTreeMap::new());
    scene.git(&["switch", "-q", "main"]);
    let (reverted, text) = scene.git(&["revert", "--no-edit", "HEAD~1"]);
    assert!(reverted, "{text}");
    assert_eq!(scene.found(), BTreeMap::from([("recipients-differ".to_owned(), 1)]), "sealed for one too few");
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(scene.found(), BTreeMap::new());
}

/// A project in a folder of its repository, and a history that is not all there.
#[test]
fn only_the_history_that_is_there_tells() {
    let scene = sharing();
    scene.git(&["revert", "--no-edit", "HEAD"]);
    let clone = scene.folder.path().join("shallow");
    let origin = format!("file://{}", scene.root().display());
    for (depth, expected) in [("1", 0), ("2", 1)] {
        let (cloned, text) = scene.git(&["clone", "-q", "--depth", depth, &origin, clone.to_str().unwrap()]);
        assert!(cloned, "{text}");
        let (code, out, err) = scene.run("nobody", &format!("secrets who --check --project {}", clone.display()));
        assert_eq!(code, expected, "{depth}: {out}{err}");
        std::fs::remove_dir_all(&clone).unwrap();
    }
    let files = ["environments", "sparkcfg.toml", ".sops.yaml", "sparkcfg-revoked.toml"];
    scene.git(&["reset", "-q", "--hard", "HEAD~1"]);
    std::fs::create_dir(scene.root().join("services")).unwrap();
    for file in files {
        scene.git(&["mv", file, "services/"]);
    }
    scene.commit("into a folder");
    assert_eq!(scene.run("nobody", "secrets who --check --project services").0, 0);
    let sealed = "services/environments/prod.secrets.env";
    scene.write(sealed, &without_the_second_reader(&scene.read(sealed)));
    let table = scene.read("services/sparkcfg.toml").replace("prod = [\"laptop\", \"deploy\"]", "prod = [\"laptop\"]");
    scene.write("services/sparkcfg.toml", &table);
    let (code, out, _) = scene.run("nobody", "secrets who --check --project services --format json");
    assert!(code == 1 && out.contains("the data key is still that of commit"), "{out}");
}
