//! Whole age files, which do not say for whom they are sealed: who loses them is remembered, as far as anybody can tell.

use std::collections::BTreeMap;

use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order};

use super::leaving::{SEALED, left, left_for, sharing};
use super::{Scene, TIME, person};

pub(super) const WHOLE: &str = "environments/prod.secrets.env.age";

/// The same, with prod in a whole age file.
pub(super) fn sharing_whole() -> Scene {
    let scene = sharing();
    scene.does("laptop", &format!("secrets export prod --as age --to {WHOLE}"));
    scene.git(&["rm", "-q", SEALED]);
    scene.does("laptop", "secrets sync");
    scene.commit("another form");
    assert_eq!(scene.found(), BTreeMap::new());
    scene
}

/// What a person reads of prod's whole file.
fn reads_whole(scene: &Scene, person: &str) -> Option<String> {
    let bytes = std::fs::read(scene.root().join(WHOLE)).unwrap();
    let plain = (stores::of(WHOLE).unwrap().plain)(&bytes, &scene.identities(person)).ok()?;
    Some(plain.expose().to_owned())
}

/// A whole age file does not say for whom a side is sealed, so that no merge hands anybody what is not theirs.
#[test]
fn a_whole_file_is_merged_by_nobody() {
    for way in ["merge", "cherry-pick", "rebase"] {
        let scene = sharing_whole();
        scene.git(&["switch", "-q", "-c", "before"]);
        scene.set("laptop", "API_KEY", "prod", "canary-of-the-branch");
        scene.commit("set on a branch");
        scene.git(&["switch", "-q", "main"]);
        scene.does("laptop", "secrets revoke deploy prod");
        scene.set("laptop", "DB_PASSWORD", "prod", "canary-after");
        scene.commit("revoke");
        let (done, text) = match way {
            "merge" => scene.git(&["merge", "-q", "--no-edit", "before"]),
            "cherry-pick" => scene.git(&["cherry-pick", "before"]),
            _ => scene.git(&["rebase", "-q", "main", "before"]),
        };
        assert!(!done && text.contains("it cannot be merged: a whole age file does not say"), "{way}: {text}");
        assert!(text.contains("both versions stand in it"), "{way}: {text}");
        assert_eq!(scene.found().get("sealed-file-damaged"), Some(&1), "{way}");
        assert_eq!(reads_whole(&scene, "deploy"), None, "{way}");
        // The side from before the revocation: its reader is one too many, and is not forgotten.
        scene.git(&["checkout", "-q", "--theirs", WHOLE]);
        assert!(reads_whole(&scene, "deploy").is_some(), "{way}");
        assert_eq!(scene.found().get("recipients-differ"), Some(&1), "{way}");
        scene.set("laptop", "DB_PASSWORD", "prod", "canary-after");
        assert_eq!(reads_whole(&scene, "deploy"), None, "{way}");
        let told = left_for(&scene, "laptop");
        let expected = ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"];
        assert_eq!(told[0], expected[0], "{way}");
        assert_eq!(told.last().unwrap(), expected[2], "{way}");
    }
}

/// Each branch knows what it changed itself; whichever file is taken, nothing is forgotten and nothing told twice.
#[test]
fn whole_files_of_two_branches_have_a_record_each() {
    for side in ["--ours", "--theirs"] {
        let scene = sharing_whole();
        scene.does("laptop", "secrets revoke deploy prod");
        scene.commit("revoke");
        for (branch, key) in [("one", "API_KEY"), ("two", "TOKEN")] {
            scene.git(&["switch", "-q", "-c", branch, "main"]);
            scene.set("laptop", key, "prod", "canary-new");
            scene.commit("set");
        }
        let (done, text) = scene.git(&["merge", "-q", "--no-edit", "one"]);
        assert!(!done && !text.contains("sparkcfg-revoked.toml: both"), "{text}");
        scene.git(&["checkout", "-q", side, WHOLE]);
        let (other, same) = if side == "--ours" { ("API_KEY", "TOKEN") } else { ("TOKEN", "API_KEY") };
        let mut expected = vec!["DB_PASSWORD: deploy".to_owned(), format!("{other}: deploy")];
        expected.sort();
        assert_eq!(left_for(&scene, "laptop"), expected, "{side}");
        scene.set("laptop", other, "prod", "canary-new");
        scene.commit("merged");
        assert_eq!(left_for(&scene, "laptop"), ["DB_PASSWORD: deploy"], "{side} {same}");
    }
}

/// A recipient that a whole file does not name leaves a trace all the same once it is sealed without them.
#[test]
fn a_recipient_without_a_name_is_not_forgotten() {
    let scene = sharing_whole();
    let (_, hidden) = person();
    let everybody = [scene.recipients("prod"), vec![hidden]].concat();
    let plain = Secret::new(reads_whole(&scene, "laptop").unwrap());
    let order = Order { recipients: &everybody, time: TIME, new_key: true, anew: None, previous: None };
    scene.write(WHOLE, &(stores::of(WHOLE).unwrap().seal)(&plain, &order).unwrap());
    assert_eq!(scene.found(), BTreeMap::from([("recipients-differ".to_owned(), 1)]));
    let (code, _, err) = scene.run("laptop", "secrets rotate prod");
    assert!(code == 0 && err.contains("was open to a recipient without a name"), "{err}");
    let told = ["API_KEY", "DB_PASSWORD", "TOKEN"].map(|key| format!("{key}: a recipient without a name"));
    assert_eq!(left_for(&scene, "laptop"), told);
}

/// What is still to be changed goes along with the values into a file of the other form, or of another environment.
#[test]
fn an_import_forgets_nobody() {
    let scene = sharing_whole();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    scene.does("laptop", &format!("secrets import {WHOLE} -e {SEALED}"));
    scene.git(&["rm", "-q", "-f", WHOLE]);
    scene.does("laptop", "secrets sync");
    let known = ["DB_PASSWORD: deploy", "TOKEN: deploy"];
    assert_eq!(left(&scene), known);
    scene.git(&["rm", "-q", "-f", "environments/staging.secrets.env"]);
    scene.does("laptop", &format!("secrets import {SEALED} -e staging --key TOKEN --no-validate"));
    assert_eq!(left(&scene), ["DB_PASSWORD: deploy", "TOKEN: deploy", "TOKEN: deploy"]);

    // Changed by hand, it is told where the record should go.
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    let order = Order { recipients: &scene.recipients("prod"), time: TIME, new_key: true, anew: None, previous: None };
    let plain = Secret::new(scene.reads("laptop", "prod").unwrap());
    scene.write(WHOLE, &(stores::of(WHOLE).unwrap().seal)(&plain, &order).unwrap());
    scene.git(&["rm", "-q", "-f", SEALED]);
    let (_, out, err) = scene.run("laptop", "validate");
    assert!(out.contains(&format!("it is {WHOLE} now")), "{out}{err}");
    scene.write("sparkcfg-revoked.toml", &scene.read("sparkcfg-revoked.toml").replace(SEALED, WHOLE));
    assert_eq!(left_for(&scene, "laptop"), ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"]);
}
