//! Somebody with two names is one person, whichever of them is used.

use super::leaving::{SEALED, sharing};

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
