//! Somebody with two names is one person, whichever of them is used.

use super::leaving::{SEALED, left, left_for, sharing};
use super::person;
use super::whole::sharing_whole;

#[test]
fn access_is_not_taken_from_one_of_two_names() {
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    let line = table.lines().find(|line| line.starts_with("deploy = ")).unwrap();
    let second = format!("{line}\n{}\n", line.replacen("deploy", "deploy-2", 1));
    let known = table.replace(&format!("{line}\n"), &second);
    scene.write("sparkcfg.toml", &known);
    // A second name that opens nothing harms nobody, and must not begin to.
    assert_eq!(scene.found().get("recipients-differ"), None);
    let (code, _, err) = scene.run("laptop", "secrets grant deploy-2 prod");
    assert!(code == 2 && err.contains("deploy-2 and deploy are one public key"), "{err}");

    scene.write("sparkcfg.toml", &known.replace("\"deploy\"]", "\"deploy\", \"deploy-2\"]"));
    assert_eq!(scene.found().get("recipients-differ"), Some(&1));
    let (code, out, _) = scene.run("nobody", "secrets who --check");
    assert!(code == 1 && out.contains("deploy and deploy-2 are one public key"), "{out}");
    let (before, both) = (scene.read(SEALED), scene.read("sparkcfg.toml"));
    for name in ["deploy", "deploy-2"] {
        let (code, out, err) = scene.run("laptop", &format!("secrets revoke {name} prod"));
        assert!(code == 2 && out.is_empty() && err.contains("are one public key"), "{out}{err}");
    }
    assert_eq!((scene.read(SEALED), scene.read("sparkcfg.toml")), (before, both));

    // Whoever may read it by another name has lost nothing, and loses it with that one.
    scene.write("sparkcfg.toml", &known.replace("\"deploy\"]", "\"deploy-2\"]"));
    let (code, _, err) = scene.run_with("laptop", "secrets set API_KEY -e prod", "canary-new");
    assert!(code == 0 && !err.contains("was open to"), "{err}");
    assert!(scene.reads("deploy", "prod").is_some());
    let table = scene.does("nobody", "secrets who");
    assert!(!table.contains("uninvited") && !table.contains("not yet"), "{table}");
    scene.does("laptop", "secrets revoke deploy-2 prod");
    assert_eq!(scene.reads("deploy", "prod"), None);
}

/// A name that is given to another key, as after a laptop was stolen, is somebody else's.
#[test]
fn a_name_that_is_used_again_forgives_nobody() {
    for is_whole in [false, true] {
        let scene = if is_whole { sharing_whole() } else { sharing() };
        scene.does("laptop", "secrets revoke deploy prod");
        scene.commit("revoke");
        let told = |name: &str, keys: &[&str]| {
            let expected: Vec<_> = keys.iter().map(|key| format!("{key}: {name}")).collect();
            assert_eq!(left_for(&scene, "laptop"), expected, "{is_whole}");
        };
        told("deploy", &["API_KEY", "DB_PASSWORD", "TOKEN"]);
        let table = scene.read("sparkcfg.toml");
        let key = table.lines().find_map(|line| line.strip_prefix("deploy = ")).unwrap().trim_matches('"');
        let (_, another) = person();
        scene.write("sparkcfg.toml", &table.replace(key, another.as_str()));
        scene.does("laptop", "secrets sync");
        told(key, &["API_KEY", "DB_PASSWORD", "TOKEN"]);
        let (_, out, err) = scene.run("nobody", "validate --staged");
        assert!(!out.contains("is not staged as it is"), "{out}{err}");
        scene.does("laptop", "secrets grant deploy prod");
        told(key, &["API_KEY", "DB_PASSWORD", "TOKEN"]);
        scene.commit("grant");
        scene.set("laptop", "TOKEN", "prod", "canary-new");
        told(key, &["API_KEY", "DB_PASSWORD"]);
        // The new one loses access as well, and both are told apart.
        scene.does("laptop", "secrets revoke deploy prod");
        scene.commit("revoke again");
        let (_, out, _) = scene.run("laptop", "validate --format json");
        assert!(out.contains(&format!("API_KEY is still what {key} and deploy could read")), "{out}");
        assert!(out.contains("TOKEN is still what deploy could read"), "{out}");
        // Whoever has the old key again has lost nothing.
        if !is_whole {
            scene.write("sparkcfg.toml", &scene.read("sparkcfg.toml").replace(another.as_str(), key));
            scene.does("laptop", "secrets grant deploy prod");
            assert_eq!(
                left(&scene),
                ["API_KEY", "DB_PASSWORD", "TOKEN"].map(|name| format!("{name}: {}", another.as_str()))
            );
        }
    }
}

/// A public key that was cut off is one mistake, and nothing is brought in step with it.
#[test]
fn a_public_key_that_is_none_is_told_once() {
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    let key = table.lines().find_map(|line| line.strip_prefix("deploy = ")).unwrap().trim_matches('"');
    scene.write("sparkcfg.toml", &table.replace(key, &key[..40]));
    assert_eq!(scene.found(), [("recipients-differ".to_owned(), 1)].into());
    let (_, out, _) = scene.run("nobody", "validate");
    assert!(out.contains("nothing can be sealed for deploy: not an age recipient"), "{out}");
    let rules = scene.read(".sops.yaml");
    let (code, _, err) = scene.run("laptop", "secrets sync");
    assert!(code == 2 && err.contains("[people] deploy: not an age recipient"), "{err}");
    assert_eq!(scene.read(".sops.yaml"), rules);
}

/// Where secrets were shared, a table that lists nobody for a sealed file is told, be there no [access] at all.
#[test]
fn people_without_access_are_no_list() {
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    scene.write("sparkcfg.toml", table.split("[access]").next().unwrap());
    assert_eq!(scene.found(), [("recipients-differ".to_owned(), 3)].into());
    std::fs::remove_file(scene.root().join("sparkcfg-revoked.toml")).unwrap();
    assert_eq!(scene.found(), [].into(), "nobody shared anything here");
}

#[test]
fn nobody_revokes_their_own_access() {
    let scene = sharing();
    let (code, _, err) = scene.run("laptop", &format!("secrets revoke deploy {SEALED}"));
    assert!(code == 2 && err.contains("name an environment that has it: prod"), "{err}");
    let (table, sealed) = (scene.read("sparkcfg.toml"), scene.read(SEALED));
    let (code, _, err) = scene.run("laptop", "secrets revoke laptop prod");
    assert!(code == 2 && err.contains("laptop is whoever runs this") && err.contains("run it: deploy"), "{err}");
    assert_eq!((scene.read("sparkcfg.toml"), scene.read(SEALED)), (table, sealed));
    scene.does("deploy", "secrets revoke laptop prod");
}
