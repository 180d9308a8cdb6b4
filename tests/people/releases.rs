//! The way back to an earlier release gives nobody access, and forgets nobody who knows what comes back.

use std::collections::BTreeMap;

use super::leaving::{SEALED, left, sharing};
use super::{Scene, two_people};

const ALL: [&str; 3] = ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"];

/// Two releases: between them somebody lost access, and every value was set anew.
fn released() -> Scene {
    let scene = sharing();
    release(&scene);
    scene.does("laptop", "secrets revoke deploy prod");
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", "canary-after");
    }
    scene.commit("revoke");
    release(&scene);
    assert_eq!(scene.found(), BTreeMap::new());
    scene
}

fn release(scene: &Scene) {
    scene.does("laptop", "release prod");
    scene.commit("release");
}

#[test]
fn a_rollback_gives_nobody_access() {
    let scene = released();
    let (tables, rules) = (scene.read("sparkcfg.toml"), scene.read(".sops.yaml"));
    let before = scene.git(&["show", "HEAD~3:environments/prod.secrets.env"]).1;
    let (code, out, err) = scene.run("laptop", "release prod --rollback");
    assert!(code == 0 && err.contains("sealed for those who may open it now"), "{out}{err}");
    assert!(err.contains("environments/prod.secrets.env was open to deploy"), "{err}");
    assert_eq!((scene.read("sparkcfg.toml"), scene.read(".sops.yaml")), (tables, rules));
    assert!(scene.reads("laptop", "prod").unwrap().contains("TOKEN=canary-3"));
    assert_eq!(scene.reads("deploy", "prod"), None);
    let now = scene.read(SEALED);
    let tokens = |text: &str| text.lines().filter(|line| line.contains("=ENC[")).map(str::to_owned).collect::<Vec<_>>();
    assert!(tokens(&now).iter().all(|line| !tokens(&before).contains(line)), "the data key is new");
    assert_eq!(left(&scene), ALL);
    // What is set anew is told no more, and is for nobody else.
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    assert_eq!(
        (left(&scene), scene.reads("deploy", "prod")),
        (ALL[..2].iter().map(ToString::to_string).collect(), None)
    );
}

#[test]
fn a_rollback_that_would_give_access_needs_a_key() {
    let scene = released();
    let (code, out, err) = scene.run("nobody", "release prod --rollback");
    assert!(code == 2 && err.contains(SEALED) && err.contains("--identity FILE"), "{out}{err}");
    assert_eq!(scene.git(&["status", "--porcelain"]).1, "");
}

#[test]
fn a_rollback_among_the_same_people_needs_no_key() {
    let scene = two_people();
    release(&scene);
    let before = scene.read(SEALED);
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    scene.commit("another token");
    release(&scene);
    scene.does("nobody", "release prod --rollback");
    assert_eq!(scene.read(SEALED), before);
    assert_eq!(left(&scene), Vec::<String>::new());
}

/// What was still to change then is still to change once it is back, though the file then was for the same people.
#[test]
fn what_was_to_change_then_is_to_change_again() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    release(&scene);
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", "canary-after");
    }
    scene.commit("anew");
    release(&scene);
    assert_eq!(left(&scene), Vec::<String>::new());
    scene.does("laptop", "release prod --rollback");
    assert_eq!(left(&scene), ALL);
}
