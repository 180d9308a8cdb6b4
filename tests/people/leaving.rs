//! What those could read who lose access is remembered, whichever way they lose it.

use std::collections::BTreeMap;

use super::{Scene, person, two_people};

const SEALED: &str = "environments/prod.secrets.env";

/// Two people, both of whom can open prod; committed.
fn sharing() -> Scene {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy prod");
    scene.commit("grant");
    scene
}

/// The keys that `validate` lists as known to somebody, without a key.
fn known(scene: &Scene) -> usize {
    scene.found().get("revoked-reader").copied().unwrap_or_default()
}

#[test]
fn a_table_changed_by_hand_forgets_nobody() {
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    scene.write("sparkcfg.toml", &table.replace("prod = [\"laptop\", \"deploy\"]", "prod = [\"laptop\"]"));
    assert_eq!(scene.found().get("recipients-differ"), Some(&2), "the file, and the rule for SOPS");
    let (code, _, err) = scene.run_with("laptop", "secrets set API_KEY -e prod", "canary-new");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("was open to deploy"), "{err}");
    assert_eq!(scene.reads("deploy", "prod"), None);
    // All but the one that was set anew; and `.sops.yaml` is in step.
    assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 2)]));
}

#[test]
fn who_may_read_again_is_no_concern_any_more() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    assert_eq!(known(&scene), 3);
    let (code, out, err) = scene.run("laptop", "secrets revoke deploy prod");
    assert!(code == 0 && out.contains("DB_PASSWORD") && err.contains("deploy has no access to prod"), "{out}{err}");
    scene.does("laptop", "secrets grant deploy prod");
    assert_eq!((known(&scene), scene.read("sparkcfg-revoked.toml")), (0, String::new()));
}

/// The file may become one of another form, and what is left to change in it stays known.
#[test]
fn another_form_forgets_nobody() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    let age = format!("{SEALED}.age");
    scene.does("laptop", &format!("secrets export prod --as age --to {age}"));
    scene.git(&["rm", "-q", "-f", SEALED]);
    assert_eq!(known(&scene), 1, "one message about the whole file");
    let (_, out, err) = scene.run("laptop", "secrets revoke deploy prod");
    assert!(out.contains("DB_PASSWORD") && !out.contains("API_KEY"), "{out}{err}");
    // A copy that is no layer has nothing to remember.
    let record = scene.read("sparkcfg-revoked.toml");
    scene.does("laptop", "secrets export prod --as age --to backup/prod.age");
    assert_eq!(scene.read("sparkcfg-revoked.toml"), record);
}

/// Whoever lost access on one branch knows what was set on another one while they still had it.
#[test]
fn a_branch_from_before_brings_no_trust_along() {
    let scene = sharing();
    scene.git(&["switch", "-q", "-c", "before"]);
    scene.set("laptop", "API_KEY", "prod", "canary-of-the-branch");
    scene.commit("set on a branch");
    scene.git(&["switch", "-q", "main"]);
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "before"]);
    assert!(merged, "{text}");
    assert!(text.contains("a version was sealed for deploy"), "{text}");
    assert!(scene.reads("laptop", "prod").unwrap().contains("API_KEY=canary-of-the-branch"));
    assert_eq!(scene.reads("deploy", "prod"), None);
    assert_eq!(known(&scene), 3);
}

#[test]
fn what_opens_beside_age_is_found_and_taken_out() {
    let scene = sharing();
    let good = scene.read(SEALED);
    for kind in ["pgp", "kms", "hckms", "gcp_kms", "azure_kv", "hc_vault"] {
        let block = format!("sops_{kind}__list_0__map_fp=F\nsops_{kind}__list_0__map_enc=E\n");
        // Without the second reader, so that none of the two hides the other.
        let lines = good.split_inclusive('\n').filter(|line| !line.starts_with("sops_age__list_1__"));
        scene.write(SEALED, &format!("{}{block}", lines.collect::<String>()));
        assert_eq!(scene.found().get("recipients-differ"), Some(&2), "{kind}");
        assert_eq!(scene.run("nobody", "secrets who --check").0, 1, "{kind}");
        let (code, _, err) = scene.run_with("laptop", "secrets set API_KEY -e prod", "x");
        assert!(code == 2 && err.contains("secrets rotate"), "{err}");
        scene.does("laptop", "secrets rotate prod");
        assert!(!scene.read(SEALED).contains(kind) && known(&scene) == 0);
        assert_eq!(scene.found(), BTreeMap::new(), "{kind}");
    }
}

/// A block that is sealed for one person more than it names.
#[test]
fn nobody_hides_behind_another_name() {
    let scene = sharing();
    let good = scene.read(SEALED);
    let (_, hidden) = person();
    let key = scene.identities("laptop");
    let (line, text) =
        good.lines().find_map(|line| Some((line, line.strip_prefix("sops_age__list_0__map_enc=")?))).unwrap();
    let data_key = sparkcfg::envelope::open(text.replace("\\n", "\n").as_bytes(), &key).unwrap();
    let named = scene
        .recipients("prod")
        .into_iter()
        .find(|one| good.contains(&format!("list_0__map_recipient={}", one.as_str())));
    let both = sparkcfg::envelope::seal(&data_key, &[&named.unwrap(), &hidden]).unwrap();
    scene.write(SEALED, &good.replace(line, &format!("sops_age__list_0__map_enc={}", both.replace('\n', "\\n"))));
    assert_eq!(scene.found(), BTreeMap::from([("sealed-file-damaged".to_owned(), 1)]));
    let (code, _, err) = scene.run_with("laptop", "secrets set API_KEY -e prod", "x");
    assert_eq!(code, 2, "{err}");
}

/// What was never sealed leaves not even a digest, and stops a revocation before it is half done.
#[test]
fn plain_text_in_a_sealed_file_leaves_no_trace() {
    let scene = sharing();
    let before = ["sparkcfg.toml", ".sops.yaml"].map(|path| scene.read(path));
    scene.write(SEALED, &format!("PLAIN_unencrypted=canary-plain\n{}", scene.read(SEALED)));
    let (code, out, err) = scene.run("laptop", "secrets revoke deploy prod");
    assert!(code == 2 && !format!("{out}{err}").contains("canary"), "{out}{err}");
    assert_eq!(["sparkcfg.toml", ".sops.yaml"].map(|path| scene.read(path)), before);
    assert_eq!(scene.read("sparkcfg-revoked.toml"), "");
}

/// A change of who may read stands in the report of a pull request.
#[test]
fn a_comparison_tells_who_can_read_more() {
    let scene = sharing();
    let (_, public) = person();
    scene.does("laptop", &format!("secrets grant third prod --key {}", public.as_str()));
    for format in ["human", "markdown", "html", "json"] {
        let (_, out, err) = scene.run("nobody", &format!("drift --against HEAD --format {format}"));
        assert!(out.contains("third") && out.contains(SEALED), "{format}: {out}{err}");
    }
    scene.git(&["checkout", "-q", "--", SEALED]);
    // The table alone lets them in with the next rotation.
    let (_, out, err) = scene.run("nobody", "drift --against HEAD");
    assert!(out.contains("[access] prod opens for: + third"), "{out}{err}");
}

/// An old version of a sealed file brings old values back, whoever they are sealed for.
#[test]
fn a_comparison_tells_of_an_older_file() {
    let scene = sharing();
    let old = scene.read(SEALED);
    scene.set("laptop", "API_KEY", "prod", "canary-newer");
    scene.commit("newer");
    let (_, newest, _) = scene.run("nobody", "drift --against HEAD");
    assert!(!newest.contains("is again"), "{newest}");
    let (_, commit) = scene.git(&["rev-parse", "--short", "HEAD"]);
    scene.write(SEALED, &old);
    let told = format!("is again as it was before {}", commit.trim());
    for format in ["human", "markdown", "html"] {
        let (_, out, err) = scene.run("nobody", &format!("drift --against HEAD --format {format}"));
        assert!(out.contains(SEALED) && out.contains(&told), "{format}: {out}{err}");
    }
}

#[test]
fn line_ends_of_windows_are_one_finding() {
    let scene = sharing();
    scene.write(SEALED, &scene.read(SEALED).replace('\n', "\r\n"));
    assert_eq!(scene.found(), BTreeMap::from([("sealed-file-damaged".to_owned(), 1)]));
    // What is not known is handed to no command.
    for line in ["run prod --no-validate -- true", "show prod --as dotenv"] {
        let (code, out, err) = scene.run("laptop", line);
        assert!(code != 0 && out.is_empty() && err.contains(SEALED), "{line}: {out}{err}");
    }
}
