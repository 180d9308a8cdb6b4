//! What those could read who lose access is remembered, whichever way they lose it.

use std::collections::BTreeMap;

use sparkcfg::identity::Recipient;
use sparkcfg::project::config::Config;
use sparkcfg::stores::{Order, Previous};

use super::{Scene, TIME, person, sops, two_people};

pub(super) const SEALED: &str = "environments/prod.secrets.env";

/// Two people, both of whom can open prod; committed.
pub(super) fn sharing() -> Scene {
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
    // The record stays, with nothing in it.
    let record = scene.read("sparkcfg-revoked.toml");
    assert!(known(&scene) == 0 && record.lines().all(|line| line.starts_with('#')), "{record}");
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

/// What is still to change, as `KEY: names`, and what validate says of the record itself.
pub(super) fn left(scene: &Scene) -> Vec<String> {
    left_for(scene, "nobody")
}

/// The same, told to somebody with a key.
pub(super) fn left_for(scene: &Scene, person: &str) -> Vec<String> {
    let (_, out, err) = scene.run(person, "validate --format json");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    // That lines were taken out of the record is a note of its own; see `record.rs`.
    let is_value = |one: &&serde_json::Value| one["code"] == "revoked-reader" && one["severity"] != "note";
    let findings = report["findings"].as_array().unwrap().iter().filter(is_value);
    let told = findings.map(|one| one["message"].as_str().unwrap().to_owned());
    let mut told: Vec<_> = told.map(|text| text.replace(" is still what ", ": ").replace(" could read", "")).collect();
    told.sort();
    told
}

/// What `sops rotate -i` does: another data key for the recipients of the file.
pub(super) fn rotate_with_sops(scene: &Scene, people: &[&str]) {
    let recipients: Vec<_> = people.iter().map(|name| recipient(scene, name)).collect();
    let (before, identities) = (scene.read(SEALED), scene.identities("laptop"));
    let previous = Some(Previous { bytes: before.as_bytes(), identities: &identities });
    let plain = (sops().plain)(before.as_bytes(), &identities).unwrap();
    let order = Order { recipients: &recipients, time: TIME, new_key: true, anew: None, previous };
    scene.write(SEALED, &(sops().seal)(&plain, &order).unwrap());
}

fn recipient(scene: &Scene, name: &str) -> Recipient {
    Config::parse("sparkcfg.toml", &scene.read("sparkcfg.toml")).unwrap().people[name].parse().unwrap()
}

/// The record may be about another version of the file than the one that lies there.
#[test]
fn a_second_revocation_forgets_nothing_of_the_first() {
    // Taken back, but for the record, which git does not have yet.
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.git(&["checkout", "-q", "."]);
    scene.does("laptop", "secrets revoke deploy prod");
    let all = ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"];
    assert_eq!(left(&scene), all);

    // Another data key in between, by a program that knows nothing of the record.
    let scene = sharing();
    let (_, third) = person();
    scene.does("laptop", &format!("secrets grant third prod --key {}", third.as_str()));
    scene.does("laptop", "secrets revoke deploy prod");
    rotate_with_sops(&scene, &["laptop", "third"]);
    scene.does("laptop", "secrets revoke third prod");
    assert_eq!(left(&scene), all.map(|line| format!("{line} and third")));

    // An old file comes back after one of its values was set anew.
    let scene = sharing();
    let table = scene.read("sparkcfg.toml");
    scene.write("sparkcfg.toml", &table.replace("prod = [\"laptop\", \"deploy\"]", "prod = [\"laptop\"]"));
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    assert_eq!(left(&scene), all[1..]);
    scene.git(&["checkout", "-q", "environments"]);
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(left(&scene), all);
}

#[test]
fn a_file_that_begins_anew_forgets_nobody() {
    let scene = sharing();
    scene.set("laptop", "API_KEY", "prod", "canary-of-both");
    scene.does("laptop", "secrets revoke deploy prod");
    scene.git(&["rm", "-q", "-f", SEALED]);
    scene.set("laptop", "API_KEY", "prod", "canary-of-both");
    assert_eq!(known(&scene), 1);
}

/// A value that was removed may come back as it was.
#[test]
fn a_value_that_comes_back_is_not_new() {
    for path in [SEALED, super::whole::WHOLE] {
        let scene = if path == SEALED { sharing() } else { super::whole::sharing_whole() };
        scene.does("laptop", "secrets revoke deploy prod");
        scene.does("laptop", "secrets unset API_KEY -e prod");
        let told = |person| left_for(&scene, person);
        assert_eq!(told("laptop"), ["DB_PASSWORD: deploy", "TOKEN: deploy"], "{path}");
        scene.does("laptop", "secrets rotate prod");
        set_all_the_same(&scene, "API_KEY", "canary-1");
        assert_eq!(told("laptop"), ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"], "{path}");
        scene.set("laptop", "API_KEY", "prod", "canary-new");
        assert_eq!(told("laptop"), ["DB_PASSWORD: deploy", "TOKEN: deploy"], "{path}");
        // With the rest gone, nothing is left to tell, with or without a key.
        scene.does("laptop", "secrets unset DB_PASSWORD -e prod");
        scene.does("laptop", "secrets unset TOKEN -e prod");
        assert_eq!((told("laptop"), told("nobody")), (vec![], vec![]), "{path}");
    }
}

/// Sets what is a secret of another environment, too.
pub(super) fn set_all_the_same(scene: &Scene, key: &str, value: &str) {
    let (code, _, err) = scene.run_with("laptop", &format!("secrets set {key} -e prod --no-validate"), value);
    assert_eq!(code, 0, "{err}");
}

/// What SOPS makes of a file that it writes: comments stay, sealed, and metadata that it does not know goes.
pub(super) fn rewrite_with_sops(scene: &Scene, from: &str, to: &str) {
    let (before, identities) = (scene.read(SEALED), scene.identities("laptop"));
    let previous = Some(Previous { bytes: before.as_bytes(), identities: &identities });
    let comment = |line: &&str| line.starts_with("#sparkcfg-");
    let comments: String = before.split_inclusive('\n').filter(comment).collect();
    let plain = (sops().plain)(before.as_bytes(), &identities).unwrap();
    let plain = sparkcfg::secret::Secret::new([plain.expose().replace(from, to), comments.clone()].concat());
    let recipients: Vec<_> = scene.recipients("prod");
    let order = Order { recipients: &recipients, time: TIME, new_key: false, anew: None, previous };
    let text = (sops().seal)(&plain, &order).unwrap();
    assert!(!comments.is_empty() && !text.contains("deploy") && text.contains(",type:comment]"));
    scene.write(SEALED, &text);
}

/// Two branches of which one revokes and the other one sets; merged, and not yet written by sparkcfg.
pub(super) fn merged_after_a_revocation() -> Scene {
    let scene = sharing();
    scene.git(&["switch", "-q", "-c", "before"]);
    scene.set("laptop", "NEW_SECRET", "prod", "canary-new-on-the-branch");
    scene.commit("set on a branch");
    scene.git(&["switch", "-q", "main"]);
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "before"]);
    assert!(merged, "{text}");
    scene
}

#[test]
fn what_a_merge_noted_outlives_sops() {
    let scene = merged_after_a_revocation();
    let all = ["API_KEY: deploy", "DB_PASSWORD: deploy", "NEW_SECRET: deploy", "TOKEN: deploy"];
    assert_eq!(left(&scene), all);
    // Nobody sees it while they edit, and without a change it stays.
    let before = scene.read(SEALED);
    assert!(!scene.reads("laptop", "prod").unwrap().contains("deploy"));
    set_all_the_same(&scene, "TOKEN", "canary-3");
    assert_eq!(scene.read(SEALED), before);
    rewrite_with_sops(&scene, "", "");
    assert_eq!(left_for(&scene, "laptop"), all);
    // What SOPS changes has changed.
    scene.write(SEALED, &before);
    rewrite_with_sops(&scene, "canary-2", "canary-by-sops");
    assert_eq!(left_for(&scene, "laptop"), [all[0], all[2], all[3]]);
    scene.set("laptop", "TOKEN", "prod", "canary-new");
    assert_eq!(left(&scene), [all[0], all[2]]);
    assert!(!scene.read("sparkcfg-revoked.toml").contains("canary"));

    // What no merge writes is a comment in plain sight.
    for readers in ["{\"x\":{\"a b\":\"\"}}", "{\"\\u001b[31m\":{}}", "canary"] {
        let note = format!("{{\"data-keys\":[],\"readers\":{readers}}}");
        let scene = sharing();
        scene.write(SEALED, &format!("#sparkcfg-known-to {note}\n{}", scene.read(SEALED)));
        let (_, out, err) = scene.run("laptop", "validate");
        assert!(out.contains("this comment is not sealed") && !out.contains("canary"), "{out}{err}");
    }
}

/// Somebody loses access while an editor is open.
#[test]
fn an_open_editor_lets_nobody_in_again() {
    // With `revoke`; and in the table alone, so that the file is the one that the editor got.
    let program = env!("CARGO_BIN_EXE_sparkcfg");
    let revoke = format!("{program} secrets revoke deploy prod");
    let by_hand = "sed -i 's/^prod = .*/prod = [\"laptop\"]/' sparkcfg.toml".to_owned();
    for meanwhile in [revoke, by_hand] {
        let scene = sharing();
        let script = scene.folder.path().join("editor.sh");
        let key = scene.folder.path().join("laptop/.config/sops/age/keys.txt");
        let text = format!(
            "set -e\nexport SOPS_AGE_KEY_FILE={}\n{meanwhile}\nsed -i s/canary-1/canary-new/ \"$1\"\n",
            key.display()
        );
        std::fs::write(&script, text).unwrap();
        let mut command = std::process::Command::new(program);
        command.current_dir(scene.root()).env_clear().envs(scene.environment("laptop"));
        command.env("EDITOR", format!("sh {}", script.display())).args(["secrets", "edit", "prod"]);
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(scene.reads("laptop", "prod").unwrap().contains("API_KEY=canary-new"), "{meanwhile}");
        assert_eq!(scene.reads("deploy", "prod"), None, "{meanwhile}");
        assert_eq!(left(&scene), ["DB_PASSWORD: deploy", "TOKEN: deploy"], "{meanwhile}");
    }
}

/// Of a conflict, the side that was taken counts.
#[test]
fn a_side_that_was_not_taken_is_not_known() {
    for side in ["ours", "theirs"] {
        let scene = sharing();
        scene.git(&["switch", "-q", "-c", "before"]);
        scene.set("laptop", "API_KEY", "prod", "canary-of-the-branch");
        scene.commit("set on a branch");
        scene.git(&["switch", "-q", "main"]);
        scene.does("laptop", "secrets revoke deploy prod");
        for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
            scene.set("laptop", key, "prod", "canary-after");
        }
        scene.commit("revoke");
        let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "before"]);
        assert!(!merged && text.contains("both sides changed API_KEY"), "{text}");
        scene.write(SEALED, &super::solved(&scene.read(SEALED), side == "ours"));
        let known: &[&str] = if side == "ours" { &[] } else { &["API_KEY: deploy"] };
        assert_eq!(left(&scene), known, "{side}");
        scene.set("laptop", "DB_PASSWORD", "prod", "canary-later");
        assert_eq!(left(&scene), known, "{side}");
    }
}

/// Whoever was let in on the other branch has lost nothing.
#[test]
fn whoever_was_granted_on_the_other_branch_is_not_gone() {
    let scene = sharing();
    scene.git(&["switch", "-q", "-c", "granted"]);
    let (_, third) = person();
    scene.does("laptop", &format!("secrets grant third prod --key {}", third.as_str()));
    scene.commit("grant");
    scene.git(&["switch", "-q", "main"]);
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    scene.commit("set");
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "granted"]);
    assert!(merged, "{text}");
    assert_eq!(left(&scene), Vec::<String>::new());
    assert_eq!(scene.found(), BTreeMap::new());
    assert!(scene.read(SEALED).contains(third.as_str()) && !text.contains("a version was sealed for"), "{text}");
    // The other way round, and where git does not say which branch it is.
    scene.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scene.git(&["switch", "-q", "granted"]);
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "main"]);
    assert!(merged && scene.found() == BTreeMap::new(), "{text}");
    scene.git(&["reset", "-q", "--hard", "HEAD~1"]);
    scene.git(&["switch", "-q", "main"]);
    let (picked, text) = scene.git(&["cherry-pick", "granted"]);
    assert!(picked && text.contains("if [access] names them in the end, `sparkcfg secrets rotate ENV`"), "{text}");
    assert_eq!(scene.found(), BTreeMap::from([("recipients-differ".to_owned(), 1)]));
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(scene.found(), BTreeMap::new());
}

/// A branch lets nobody in by its file alone.
#[test]
fn a_recipient_without_a_name_gets_in_by_no_merge() {
    let scene = sharing();
    scene.git(&["switch", "-q", "-c", "other"]);
    let (stranger, key) = person();
    let (before, identities) = (scene.read(SEALED), scene.identities("laptop"));
    let previous = Some(Previous { bytes: before.as_bytes(), identities: &identities });
    let plain = (sops().plain)(before.as_bytes(), &identities).unwrap();
    let recipients = [scene.recipients("prod"), vec![key]].concat();
    let order = Order { recipients: &recipients, time: TIME, new_key: false, anew: None, previous };
    scene.write(SEALED, &(sops().seal)(&plain, &order).unwrap());
    scene.commit("one recipient more");
    scene.git(&["switch", "-q", "main"]);
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    scene.commit("set");
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "other"]);
    assert!(merged && text.contains("a version was sealed for age1"), "{text}");
    assert!((sops().plain)(scene.read(SEALED).as_bytes(), &stranger).is_err());
}

/// Whoever lost access on one branch knows what was set on another one while they still had it.
#[test]
fn a_branch_from_before_brings_no_trust_along() {
    // Where one stands, and how the other branch comes.
    for (at, way) in [
        ("main", &["merge", "-q", "--no-edit", "before"][..]),
        ("before", &["merge", "-q", "--no-edit", "main"]),
        ("main", &["cherry-pick", "before"]),
        ("before", &["cherry-pick", "main"]),
        ("main", &["rebase", "-q", "before"]),
        ("before", &["rebase", "-q", "main"]),
    ] {
        let scene = sharing();
        scene.git(&["switch", "-q", "-c", "before"]);
        scene.set("laptop", "API_KEY", "prod", "canary-of-the-branch");
        scene.set("laptop", "NEW_SECRET", "prod", "canary-new-on-the-branch");
        scene.commit("set on a branch");
        scene.git(&["switch", "-q", "main"]);
        scene.does("laptop", "secrets revoke deploy prod");
        scene.set("laptop", "DB_PASSWORD", "prod", "canary-after");
        scene.commit("revoke");
        scene.git(&["switch", "-q", at]);
        let (merged, text) = scene.git(way);
        assert!(merged, "{at} {way:?}: {text}");
        assert!(text.contains("a version was sealed for deploy"), "{at} {way:?}: {text}");
        let opened = scene.reads("laptop", "prod").unwrap();
        assert!(opened.contains("API_KEY=canary-of-the-branch") && opened.contains("DB_PASSWORD=canary-after"));
        assert_eq!(scene.reads("deploy", "prod"), None, "{at} {way:?}");
        let known = ["API_KEY: deploy", "NEW_SECRET: deploy", "TOKEN: deploy"];
        assert_eq!(left(&scene), known, "{at} {way:?}: {text}");
        assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 3)]), "{at} {way:?}");
        // The next change brings it into the record, and strikes what it changes.
        scene.set("laptop", "NEW_SECRET", "prod", "canary-newer");
        assert!(!scene.read(SEALED).contains("sparkcfg-known-to"));
        assert_eq!(left(&scene), [known[0], known[2]], "{at} {way:?}");
    }
}

/// Two branches that revoke the same person, one of which has changed a value since, in each way in which they meet.
#[test]
fn what_one_branch_changed_is_not_told_again() {
    for way in ["merge", "merge the other way", "rebase", "rebase the other way"] {
        let scene = sharing();
        for branch in ["one", "two"] {
            scene.git(&["switch", "-q", "-c", branch, "main"]);
            scene.does("laptop", "secrets revoke deploy prod");
            scene.commit("revoke");
        }
        scene.set("laptop", "DB_PASSWORD", "prod", "canary-new");
        scene.commit("set");
        let (at, other) = if way.ends_with("other way") { ("one", "two") } else { ("two", "one") };
        scene.git(&["switch", "-q", at]);
        let how: &[&str] = if way.starts_with("merge") { &["merge", "-q", "--no-edit"] } else { &["rebase", "-q"] };
        let (done, text) = scene.git(&[how, &[other]].concat());
        assert!(done, "{way}: {text}");
        assert!(scene.reads("laptop", "prod").unwrap().contains("DB_PASSWORD=canary-new"), "{way}");
        assert_eq!(left(&scene), ["API_KEY: deploy", "TOKEN: deploy"], "{way}");
        scene.does("laptop", "secrets rotate prod");
        assert_eq!(left(&scene), ["API_KEY: deploy", "TOKEN: deploy"], "{way}");
    }
}

/// One branch settles all that there is to settle, the other one adds to it.
#[test]
fn an_empty_record_merges_too() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    scene.git(&["switch", "-q", "-c", "settled"]);
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        scene.set("laptop", key, "prod", "canary-new");
    }
    assert_eq!(scene.found(), BTreeMap::new());
    scene.commit("settle");
    scene.git(&["switch", "-q", "main"]);
    scene.set("laptop", "API_KEY", "prod", "canary-new");
    scene.commit("set one");
    let (merged, text) = scene.git(&["merge", "-q", "--no-edit", "settled"]);
    assert!(merged, "{text}");
    assert_eq!(left(&scene), Vec::<String>::new());
    assert_eq!(scene.found(), BTreeMap::new());
}

/// The record names files, so an environment with a new name is told of.
#[test]
fn an_environment_with_a_new_name_forgets_nobody() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    scene.commit("revoke");
    let renamed = "environments/live.secrets.env";
    scene.git(&["mv", SEALED, renamed]);
    scene.git(&["mv", "environments/prod.env", "environments/live.env"]);
    for file in ["sparkcfg.toml", ".sops.yaml"] {
        scene.write(file, &scene.read(file).replace("prod", "live"));
    }
    let (_, out, err) = scene.run("nobody", "validate");
    assert!(out.contains(&format!("it is {renamed} now")) && out.contains("sparkcfg-revoked.toml:5:"), "{out}{err}");
    let record = scene.read("sparkcfg-revoked.toml");
    scene.write("sparkcfg-revoked.toml", &record.replace(SEALED, renamed));
    assert_eq!(left(&scene), ["API_KEY: deploy", "DB_PASSWORD: deploy", "TOKEN: deploy"]);
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
        assert!(!scene.read(SEALED).contains(&format!("sops_{kind}__")), "{kind}");
        let keys = ["API_KEY", "DB_PASSWORD", "TOKEN"];
        assert_eq!(left(&scene), keys.map(|key| format!("{key}: a key of {kind}")));
        scene.git(&["rm", "-q", "-f", "--ignore-unmatch", "sparkcfg-revoked.toml"]);
        let _ = std::fs::remove_file(scene.root().join("sparkcfg-revoked.toml"));
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
    // Nor is it gone unseen.
    let before = scene.read(SEALED);
    for line in ["secrets set API_KEY -e prod", "secrets rotate prod", "secrets revoke deploy prod"] {
        let (code, _, err) = scene.run_with("laptop", line, "x");
        assert!(code == 2 && err.contains("sealed for others than the recipient that is named"), "{line}: {err}");
    }
    assert_eq!(scene.read(SEALED), before);
}

/// What was never sealed leaves not even a digest, and stops a revocation before it is half done.
#[test]
fn plain_text_in_a_sealed_file_leaves_no_trace() {
    let scene = sharing();
    let files = ["sparkcfg.toml", ".sops.yaml", "sparkcfg-revoked.toml"];
    let before = files.map(|path| scene.read(path));
    scene.write(SEALED, &format!("PLAIN_unencrypted=canary-plain\n{}", scene.read(SEALED)));
    let (code, out, err) = scene.run("laptop", "secrets revoke deploy prod");
    assert!(code == 2 && !format!("{out}{err}").contains("canary"), "{out}{err}");
    assert_eq!(files.map(|path| scene.read(path)), before);
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
