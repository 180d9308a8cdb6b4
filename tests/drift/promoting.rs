//! `sparkcfg promote`: what its patch holds, where git takes it, and what it says of the rest.

use std::fs;
use std::path::Path;

use super::console::{Ran, run};
use super::git;

/// A repository with a project in `folder`, whose staging and prod have these values for `U`.
fn project(folder: &str, readers: &str, staging: &str, prod: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join(folder);
    for below in ["environments", "schemas"] {
        fs::create_dir_all(root.join(below)).unwrap();
    }
    let schema = r#"{"properties": {"A": {}, "U": {"x-sparkcfg": {"drift": "must-match"}}, "Z": {}}}"#;
    fs::write(root.join("schemas/app.schema.json"), schema).unwrap();
    fs::write(root.join("sparkcfg.toml"), format!("[consumers]\n\"environments/*.env\" = [{readers}]\n")).unwrap();
    for (name, value) in [("staging", staging), ("prod", prod)] {
        fs::write(root.join(format!("environments/{name}.env")), format!("A=1\n{value}Z=1\n")).unwrap();
    }
    git(place.path(), &["init", "-q", "-b", "main"]);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "one"]);
    place
}

fn ran(line: &str, folder: &Path) -> Ran {
    let home = tempfile::tempdir().unwrap();
    run(line, folder, home.path())
}

/// Applies what `promote` printed in a folder.
fn apply(folder: &Path, patch: &str) {
    let beside = tempfile::tempdir().unwrap();
    let file = beside.path().join("promoted.diff");
    fs::write(&file, patch).unwrap();
    git(folder, &["apply", &file.to_string_lossy()]);
}

/// Usual values are written as the readers of the file need them.
#[test]
fn a_value_is_spelled_for_its_readers() {
    let values = ["ünïcode", "'a b'", "'a(b)'", "'a;b'", "\"x y\"", "'*'", "'http://x/?a=1&b=2'", "plain"];
    for readers in ["\"compose\"", "\"node\"", "\"compose\", \"node\"", "\"shell\""] {
        for value in values {
            for prod in ["U=0\n", ""] {
                let place = project("", readers, &format!("U={value}\n"), prod);
                let promoted = ran("sparkcfg promote staging prod", place.path());
                assert_eq!(promoted.code, 0, "{readers} {value}: {}", promoted.shown());
                apply(place.path(), &promoted.stdout);
                let left = ran("sparkcfg drift staging prod", place.path());
                assert_eq!(left.code, 0, "{readers} {value}: {}", left.shown());
                let checked = ran("sparkcfg validate", place.path());
                assert!(!checked.stdout.contains("reads-differently"), "{readers} {value}: {}", checked.shown());
            }
        }
    }
    // make keeps the quotes that a shell needs.
    let place = project("", "\"make\", \"shell\"", "U='a b'\n", "U=0\n");
    let promoted = ran("sparkcfg promote staging prod", place.path());
    assert!(promoted.code == 1 && promoted.stderr.contains("no spelling of it suits all"), "{}", promoted.shown());
    let fixed = ran("sparkcfg drift staging prod --fix=unsafe", place.path());
    assert!(fixed.code == 1 && fixed.stdout.contains("by hand: no spelling of it suits all"), "{}", fixed.shown());
    let long = format!("U=0\n{}", "# a line\n".repeat(4_000));
    let place = project("", "\"compose\"", "U='a b'\n", &long);
    let promoted = ran("sparkcfg promote staging prod", place.path());
    assert!(promoted.code == 1 && promoted.stderr.contains("too long to prove a spelling"), "{}", promoted.shown());
    // Another line of the file has another value then, for all who read it, and that is told.
    let place = project("", "\"compose\"", "U='a b'\n", "U=0\nV=${U}\n");
    let promoted = ran("sparkcfg promote staging prod", place.path());
    assert!(promoted.code == 0 && promoted.stderr.contains("which changes V, too"), "{}", promoted.shown());
    // Nor is it followed by one reader alone: a shell takes what is in single quotes as it stands, python-dotenv does not.
    let place = project("", "\"python-dotenv\", \"shell\"", "U='a b'\n", "U=0\nV='${U}'\n");
    assert_eq!(ran("sparkcfg promote staging prod", place.path()).code, 1);
}

/// What is accepted is not promoted, and not passed over either.
#[test]
fn an_accepted_difference_is_named() {
    let place = project("", "\"compose\"", "U=1\n", "U=2\n");
    assert_eq!(ran("sparkcfg drift staging prod --ack drift-must-match U --why OPS-412", place.path()).code, 0);
    let promoted = ran("sparkcfg promote staging prod", place.path());
    assert_eq!((promoted.code, promoted.stdout.as_str()), (1, ""), "{}", promoted.shown());
    assert!(promoted.stderr.contains("left out: U: the difference is accepted (OPS-412)"), "{}", promoted.shown());
}

/// git takes a patch in the folder in which it was made, also below a project that is a part of a repository.
#[test]
fn a_patch_is_one_for_the_folder_it_is_made_in() {
    for folder in ["", "services/api"] {
        for below in ["", "environments"] {
            let place = project(folder, "\"compose\"", "U=1\n", "U=2\n");
            let here = place.path().join(folder).join(below);
            let promoted = ran("sparkcfg promote staging prod", &here);
            assert!(promoted.code == 0 && !promoted.stderr.contains("git -C"), "{}", promoted.shown());
            apply(&here, &promoted.stdout);
            assert_eq!(ran("sparkcfg drift staging prod", &here).code, 0, "{folder} {below}");
        }
        // git takes no path above the folder that it runs in.
        let place = project(folder, "\"compose\"", "U=1\n", "U=2\n");
        let root = place.path().join(folder);
        for line in ["sparkcfg promote staging prod", "sparkcfg drift staging prod --fix=unsafe --patch made.diff"] {
            let made = ran(line, &root.join("schemas"));
            assert!(made.stderr.contains("git -C .. apply"), "{}", made.shown());
        }
        apply(&root, &fs::read_to_string(root.join("schemas/made.diff")).unwrap());
        assert_eq!(ran("sparkcfg drift staging prod", &root).code, 0, "{folder}");
    }
}

/// A value of several lines is copied like any other; what no reader of the file could have is told, also by `--fix=unsafe`.
#[test]
fn a_value_of_several_lines_is_copied() {
    let value = "U='one\ntwo'\n";
    for readers in ["\"compose\"", "\"node\"", "\"compose\", \"node\"", "\"shell\""] {
        for prod in ["U=0\n", "U='old\nlines'\n", ""] {
            let place = project("", readers, value, prod);
            let promoted = ran("sparkcfg promote staging prod", place.path());
            assert_eq!(promoted.code, 0, "{readers}: {}", promoted.shown());
            apply(place.path(), &promoted.stdout);
            assert_eq!(ran("sparkcfg drift staging prod", place.path()).code, 0, "{readers}");
            let text = fs::read_to_string(place.path().join("environments/prod.env")).unwrap();
            assert!(text.starts_with("A=1\n") && text.ends_with("Z=1\n") && !text.contains("old"), "{text}");
        }
    }
    let place = project("", "\"docker-run\"", value, "U=0\n");
    let promoted = ran("sparkcfg promote staging prod", place.path());
    assert!(
        promoted.code == 1 && promoted.stderr.contains("U: give it one value by hand: no spelling"),
        "{}",
        promoted.shown()
    );
    let fixed = ran("sparkcfg drift staging prod --fix=unsafe", place.path());
    assert!(fixed.stderr.contains("left as it is: U: give it one value by hand: no spelling"), "{}", fixed.shown());
}

/// What the schema does not allow in an environment is not written there.
#[test]
fn a_value_that_is_refused_is_left_out() {
    for (value, defaulted) in [("W=1\n", false), ("W=abc\n", false), ("", true)] {
        let place = project("", "\"compose\"", value, if defaulted { "" } else { "W=8\n" });
        let default = if defaulted { r#""default": 1,"# } else { "" };
        let schema = format!(
            r#"{{"properties": {{"W": {{"type": "integer", {default} "x-sparkcfg": {{"drift": "must-match",
                "required-in": ["prod"], "in": {{"prod": {{"minimum": 4}}}}}}}}}}}}"#
        );
        fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
        let before = fs::read_to_string(place.path().join("environments/prod.env")).unwrap();
        let promoted = ran("sparkcfg promote staging prod", place.path());
        assert_eq!(promoted.stdout, "", "{value}: {}", promoted.shown());
        assert!(
            defaulted || promoted.stderr.contains("the schema does not allow that value there"),
            "{}",
            promoted.shown()
        );
        ran("sparkcfg drift --fix=unsafe", place.path());
        assert_eq!(fs::read_to_string(place.path().join("environments/prod.env")).unwrap(), before);
    }
}

/// What stands beside a secret is no part of a patch, and is named.
#[test]
fn what_stands_beside_a_secret_is_named() {
    let place = project("", "\"compose\"", "U=1\n", "API_KEY=c4n4ry-plain\nU=2\n");
    let promoted = ran("sparkcfg promote staging prod", place.path());
    let told = "left out: set U in prod as in staging: right beside a secret in environments/prod.env; \
                sparkcfg drift staging prod --fix=unsafe makes it";
    assert!(promoted.code == 1 && promoted.stderr.contains(told), "{}", promoted.shown());
    assert_eq!(ran("sparkcfg drift staging prod --fix=unsafe", place.path()).code, 0);
}
