//! `drift --suggest`: where git takes its patch, and what it says of members that cannot be read.

use std::fs;
use std::path::Path;

use super::console::{Ran, run};
use super::git;

fn ran(line: &str, folder: &Path) -> Ran {
    let home = tempfile::tempdir().unwrap();
    run(line, folder, home.path())
}

/// Two environments that agree in one key and differ in another.
fn project(folder: &Path) {
    fs::create_dir_all(folder.join("environments")).unwrap();
    for (name, pool) in [("dev", 5), ("prod", 50)] {
        fs::write(folder.join(format!("environments/{name}.env")), format!("POOL={pool}\nPORT=80\n")).unwrap();
    }
}

/// Whatever the file looks like, git takes the patch, and nothing is left to propose.
#[test]
fn the_patch_fits_every_shape_of_the_file() {
    let rule = "{ keys = [\"POOL\"], between = [\"dev\", \"prod\"], policy = \"may-differ\" }";
    for text in [
        "",
        "[drift]\nstrict = true\n",
        "drift.strict = true\nprotected = [\"prod\"]\n",
        "drift = { strict = true }\nprotected = [\"prod\"]\n",
        "[drift]\nrule = [] # none yet\n\n[severity]\nsyntax = \"warning\"\n",
        &format!("[drift]\nrule = [\n    {rule}, # why\n]\n"),
        "[[drift.rule]]\nkeys = [\"POOL\"]\npolicy = \"may-differ\"\n",
    ] {
        for text in [text.to_owned(), text.trim_end().to_owned(), text.replace('\n', "\r\n")] {
            let place = tempfile::tempdir().unwrap();
            project(place.path());
            if !text.is_empty() {
                fs::write(place.path().join("sparkcfg.toml"), &text).unwrap();
            }
            git(place.path(), &["init", "-q", "-b", "main"]);
            let suggested = ran("sparkcfg drift --suggest", place.path());
            assert!(suggested.code == 0 && !suggested.stdout.is_empty(), "{text}: {}", suggested.shown());
            let beside = tempfile::tempdir().unwrap();
            let file = beside.path().join("policies.diff");
            fs::write(&file, &suggested.stdout).unwrap();
            git(place.path(), &["apply", &file.to_string_lossy()]);
            let again = ran("sparkcfg drift --suggest", place.path());
            assert!(again.code == 0 && again.stdout.is_empty(), "{text}: {}\n{}", suggested.stdout, again.shown());
            assert!(again.stderr.contains("nothing to propose"), "{}", again.shown());
        }
    }
}

/// What can be said about the others is said all the same, and that it is not all.
#[test]
fn a_member_that_cannot_be_read_is_named() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("sparkcfg.toml"), "[workspace]\nmembers = [\"services/*\"]\n").unwrap();
    for member in ["a", "b"] {
        project(&place.path().join("services").join(member));
    }
    fs::write(place.path().join("services/b/sparkcfg.toml"), "drift = 1\n").unwrap();
    let schema = r#"{"properties": {"POOL": {"x-sparkcfg": {"drift": "must-match"}}}}"#;
    fs::create_dir(place.path().join("services/a/schemas")).unwrap();
    fs::write(place.path().join("services/a/schemas/a.schema.json"), schema).unwrap();
    for (line, expected) in [("drift --suggest", "+    \"PORT\",\n"), ("promote dev prod", "-POOL=50\n+POOL=5\n")] {
        let ran = ran(&format!("sparkcfg {line}"), place.path());
        let told = "services/b was not checked: ";
        let is_told = ran.stderr.contains(told) && ran.stderr.contains(" (services/b/sparkcfg.toml:1)\n");
        assert!(ran.code == 2 && is_told && ran.stdout.contains(expected), "{}", ran.shown());
    }
}
