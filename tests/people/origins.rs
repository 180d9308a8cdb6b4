//! What a merge takes from a version that somebody could read stays on record, whatever else it takes along.

use super::Scene;
use super::leaving::{SEALED, left, sharing};

const CHANGED_BEFORE: [&str; 4] = ["API_KEY: deploy", "DB_PASSWORD: deploy", "NEW_SECRET: deploy", "TOKEN: deploy"];

fn merges(scene: &Scene, way: &[&str]) {
    let (merged, text) = scene.git(way);
    assert!(merged, "{way:?}: {text}");
}

/// One side has changed values, then revoked; the other one, from before, brings a change of its own.
#[test]
fn what_was_changed_before_a_revocation_stays() {
    for other in ["set", "rotate"] {
        for (at, way) in [
            ("main", &["merge", "-q", "--no-edit", "before"][..]),
            ("before", &["merge", "-q", "--no-edit", "main"]),
            ("before", &["rebase", "-q", "main"]),
        ] {
            let scene = sharing();
            scene.git(&["switch", "-q", "-c", "before"]);
            match other {
                "set" => scene.set("laptop", "API_KEY", "prod", "canary-of-the-branch"),
                _ => drop(scene.does("laptop", "secrets rotate prod")),
            }
            scene.commit("on a branch");
            scene.git(&["switch", "-q", "main"]);
            scene.set("laptop", "NEW_SECRET", "prod", "canary-new");
            scene.set("laptop", "TOKEN", "prod", "canary-token-2");
            scene.commit("set");
            scene.does("laptop", "secrets revoke deploy prod");
            scene.commit("revoke");
            assert_eq!(left(&scene), CHANGED_BEFORE);
            scene.git(&["switch", "-q", at]);
            merges(&scene, way);
            assert_eq!(left(&scene), CHANGED_BEFORE, "{other} {at} {way:?}");
            scene.does("laptop", "secrets rotate prod");
            assert_eq!(left(&scene), CHANGED_BEFORE, "{other} {at} {way:?}");
            scene.set("laptop", "TOKEN", "prod", "canary-token-3");
            assert_eq!(left(&scene), CHANGED_BEFORE[..3], "{other} {at} {way:?}");
        }
    }
}

/// A change that is taken back brings the old value back.
#[test]
fn a_reverted_change_is_told_again() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.set("laptop", "API_KEY", "prod", "canary-other");
    scene.commit("set API_KEY");
    scene.set("laptop", "TOKEN", "prod", "canary-other-2");
    scene.commit("set TOKEN");
    assert_eq!(left(&scene), ["DB_PASSWORD: deploy"]);
    merges(&scene, &["revert", "--no-edit", "HEAD~1"]);
    assert_eq!(left(&scene), ["API_KEY: deploy", "DB_PASSWORD: deploy"]);
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(left(&scene), ["API_KEY: deploy", "DB_PASSWORD: deploy"]);
}

/// Both sides revoked and changed the same value; whoever rebases takes one version of the file whole.
#[test]
fn a_side_that_is_taken_whole_keeps_its_record() {
    for (side, way) in [("--theirs", "rebase"), ("--ours", "rebase"), ("--theirs", "merge"), ("--ours", "merge")] {
        let scene = sharing();
        scene.git(&["branch", "before"]);
        for (branch, value) in [("before", "canary-one"), ("main", "canary-two")] {
            scene.git(&["switch", "-q", branch]);
            scene.does("laptop", "secrets revoke deploy prod");
            scene.commit("revoke");
            scene.set("laptop", "TOKEN", "prod", value);
            scene.commit("set");
        }
        scene.git(&["switch", "-q", "before"]);
        let (merged, text) =
            scene.git(if way == "rebase" { &["rebase", "main"] } else { &["merge", "--no-edit", "main"] });
        assert!(!merged, "{way}: {text}");
        merges(&scene, &["checkout", side, SEALED]);
        scene.git(&["add", "-A"]);
        let go_on = if way == "rebase" { ["rebase", "--continue"] } else { ["commit", "--no-edit"] };
        merges(&scene, &[["-c", "core.editor=true"], go_on].concat()[..]);
        assert_eq!(left(&scene), ["API_KEY: deploy", "DB_PASSWORD: deploy"], "{side} {way}");
    }
}

/// SOPS sets a value on one branch, and knows nothing of the record; the other one rotates.
#[test]
fn what_sops_sets_meanwhile_has_changed() {
    for (at, way) in [
        ("main", &["merge", "-q", "--no-edit", "sops"][..]),
        ("sops", &["merge", "-q", "--no-edit", "main"]),
        ("sops", &["rebase", "-q", "main"]),
    ] {
        let scene = sharing();
        scene.does("laptop", "secrets revoke deploy prod");
        scene.commit("revoke");
        scene.git(&["switch", "-q", "-c", "sops"]);
        scene.set("laptop", "TOKEN", "prod", "canary-by-sops");
        scene.git(&["checkout", "-q", "HEAD", "--", "sparkcfg-revoked.toml"]);
        scene.commit("sops set");
        scene.git(&["switch", "-q", "main"]);
        scene.does("laptop", "secrets rotate prod");
        scene.commit("rotate");
        scene.git(&["switch", "-q", at]);
        merges(&scene, way);
        assert!(scene.reads("laptop", "prod").unwrap().contains("TOKEN=canary-by-sops"), "{way:?}");
        assert_eq!(left(&scene), ["API_KEY: deploy", "DB_PASSWORD: deploy"], "{at} {way:?}");
        scene.does("laptop", "secrets rotate prod");
        assert_eq!(left(&scene), ["API_KEY: deploy", "DB_PASSWORD: deploy"], "{at} {way:?}");
    }
}

/// What is on record of one file is no reason to note anything in another.
#[test]
fn a_merge_notes_nothing_where_nobody_lost_anything() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.git(&["switch", "-q", "-c", "other"]);
    scene.set("laptop", "TOKEN", "dev", "canary-other");
    scene.commit("set");
    scene.git(&["switch", "-q", "main"]);
    scene.set("laptop", "API_KEY", "dev", "canary-main");
    scene.commit("set");
    merges(&scene, &["merge", "-q", "--no-edit", "other"]);
    assert!(!scene.read("environments/dev.secrets.env").contains("sparkcfg-known-to"));
}
