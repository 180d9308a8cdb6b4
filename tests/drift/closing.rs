//! What a branch closes or takes away, for whoever has no key to it; and what no key may bring to light.

use std::fs;

use super::console::run;
use super::following::{PROD, STAGING, Sealed};
use super::{codes, committed, write};

const PLAIN_PROD: &str = "environments/prod.env";
const SCHEMA: &str = r#"{"properties": {"TIMEOUT": {"x-sparkcfg": {"drift": "must-match"}},
    "TOKEN": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#;

/// A repository in which all environments have one plain value.
fn plain() -> Sealed {
    let sealed = Sealed::new(SCHEMA);
    write(sealed.folder(), &[("environments/base.env", "TIMEOUT=3000\n")]);
    for name in ["dev", "staging", "prod"] {
        write(sealed.folder(), &[(&format!("environments/{name}.env"), "NAME=a\n")]);
    }
    sealed.commit();
    sealed
}

/// What was plain and is sealed, or broken, may differ now: that is told by the name of the key in every format.
#[test]
fn what_cannot_be_read_any_more_is_told() {
    let told = |change: &str| (vec![format!("drift-unknown TIMEOUT {change}")], 0);
    for broken in [false, true] {
        let sealed = plain();
        if broken {
            write(sealed.folder(), &[(PLAIN_PROD, "NAME=a\nTIMEOUT='99\n")]);
        } else {
            sealed.seal(PROD, "TIMEOUT=99\n");
            assert_eq!(sealed.against(true, ""), (vec!["drift-must-match TIMEOUT introduced".to_owned()], 1));
        }
        assert_eq!(sealed.against(false, ""), told("unknown"), "{broken}");
        assert_eq!(sealed.against(false, " --unknown error").1, 1, "{broken}");
        for format in ["human", "markdown", "html", "json"] {
            let line = format!("sparkcfg drift --against HEAD --format {format}");
            let ran = run(&line, sealed.folder(), sealed.home.path());
            let says = if format == "json" { "\"undecided\": 1" } else { "nknown whether changed" };
            assert!(ran.stdout.contains(says) && ran.stdout.contains("TIMEOUT"), "{}", ran.shown());
        }
        // Once it is there, it is none of the next branch's doing.
        sealed.commit();
        assert_eq!(sealed.against(false, ""), told("unchanged"), "{broken}");
    }
}

/// A key that the revision did not have is only counted.
#[test]
fn a_new_sealed_key_is_no_change_of_an_old_one() {
    let sealed = plain();
    sealed.seal(STAGING, "TOKEN=c4n4ry-staging\n");
    sealed.seal(PROD, "TOKEN=c4n4ry-prod\n");
    write(sealed.folder(), &[("environments/dev.env", "NAME=a\nTOKEN=\n")]);
    let ran = run("sparkcfg drift --against HEAD", sealed.folder(), sealed.home.path());
    assert!(ran.code == 0 && !ran.stdout.contains("unknown whether changed"), "{}", ran.shown());
}

/// Whether a key is there shows without the key to its value.
#[test]
fn a_secret_that_is_taken_away_is_new_without_the_key() {
    let sealed = plain();
    for name in ["dev", "staging", "prod"] {
        sealed.seal(&format!("environments/{name}.secrets.env"), "TOKEN=c4n4ry\nOTHER=c4n4ry-too\n");
    }
    sealed.commit();
    sealed.seal(PROD, "OTHER=c4n4ry-too\n");
    for key in [true, false] {
        let (found, code) = sealed.against(key, "");
        assert!(found.contains(&"drift-must-match TOKEN introduced".to_owned()) && code == 1, "{key} {found:?}");
    }
    sealed.commit();
    // What comes to be there may have the value that the others have.
    sealed.seal(PROD, "TOKEN=c4n4ry\nOTHER=c4n4ry-too\n");
    let (found, code) = sealed.against(false, "");
    assert!(found.contains(&"drift-must-match TOKEN unknown".to_owned()) && code == 0, "{found:?}");
}

/// Two plain values that part are new, whatever a third environment holds.
#[test]
fn plain_values_that_part_are_new_beside_a_sealed_one() {
    let sealed = plain();
    sealed.seal(PROD, "TIMEOUT=3000\n");
    sealed.commit();
    write(sealed.folder(), &[("environments/staging.env", "NAME=a\nTIMEOUT=5000\n")]);
    for key in [true, false] {
        let (found, code) = sealed.against(key, "");
        assert!(found.contains(&"drift-must-match TIMEOUT introduced".to_owned()) && code == 1, "{key} {found:?}");
    }
}

/// A secret stays one where somebody copied it behind another name, in the files or in what runs.
#[test]
fn an_opened_secret_is_hidden_under_another_name() {
    let canary = "c4n4ry-x9Kf82LqPz7TnW";
    let sealed = plain();
    write(
        sealed.folder(),
        &[
            ("environments/dev.env", &format!("NAME=a\nLOG_LEVEL={canary}\n")),
            (PLAIN_PROD, &format!("NAME=a\nLOG_LEVEL=warn\nTIMEOUT={canary}\n")),
            ("live.env", &format!("NAME=a\nLOG_LEVEL={canary}\nTIMEOUT=3\nTOKEN=x\n")),
        ],
    );
    sealed.seal(PROD, &format!("TOKEN={canary}\n"));
    let key = sealed.home.path().join("key.txt");
    let ran = |line: &str| run(&format!("{line} --identity {}", key.display()), sealed.folder(), sealed.home.path());
    for format in ["human", "markdown", "html", "json", "github", "sarif", "junit", "gitlab", "rdjson"] {
        for what in ["", "dev prod", "prod env:live.env", "--against HEAD"] {
            let told = ran(&format!("sparkcfg drift {what} --show all --format {format}"));
            assert!(told.code < 2 && !told.shown().contains(canary), "{}", told.shown());
            assert!(format != "json" || told.stdout.contains("LOG_LEVEL"), "{}", told.shown());
        }
    }
    for line in ["sparkcfg promote prod dev", "sparkcfg drift prod dev --fix=unsafe", "sparkcfg drift --suggest"] {
        let told = ran(line);
        assert!(told.code < 2 && !told.shown().contains(canary), "{}", told.shown());
    }
    let dev = fs::read_to_string(sealed.folder().join("environments/dev.env")).unwrap();
    assert!(!dev.contains("TIMEOUT"), "{dev}");
    ran("sparkcfg drift --ack drift-must-match TIMEOUT --why TODO");
    let baseline = fs::read_to_string(sealed.folder().join("sparkcfg-baseline.toml")).unwrap();
    assert!(baseline.contains("TIMEOUT") && !baseline.contains(canary), "{baseline}");
}

/// What was accepted between some environments is nobody's doing who adds one without a value of its own.
#[test]
fn an_environment_that_comes_makes_nothing_accepted_new() {
    let place = committed(&[
        ("schemas/app.schema.json", SCHEMA),
        ("environments/base.env", "TIMEOUT=1\n"),
        ("environments/dev.env", "NAME=a\n"),
        (PLAIN_PROD, "TIMEOUT=2\n"),
    ]);
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run("sparkcfg drift --ack-all --why OPS", place.path(), home.path()).code, 0);
    super::git(place.path(), &["add", "-A"]);
    super::git(place.path(), &["commit", "-q", "-m", "accepted"]);
    let told = |change: &str| vec![("drift-must-match".to_owned(), "TIMEOUT".to_owned(), change.to_owned())];
    for (text, change, code) in [("NAME=q\n", "unchanged", 0), ("TIMEOUT=3\n", "introduced", 1)] {
        write(place.path(), &[("environments/qa.env", text)]);
        let (mut found, ended) = codes("sparkcfg drift --against HEAD", place.path());
        found.retain(|(code, ..)| code == "drift-must-match");
        assert_eq!((found, ended), (told(change), code), "{text}");
    }
    // Without the entry it counts.
    write(place.path(), &[("environments/qa.env", "NAME=q\n"), ("sparkcfg-baseline.toml", "")]);
    let (found, code) = codes("sparkcfg drift --against HEAD", place.path());
    assert!(found.contains(&told("introduced")[0]) && code == 1, "{found:?}");
}

/// An entry that covers nothing yet would let through what comes later: who writes it is told.
#[test]
fn an_entry_that_covers_nothing_is_told_of_the_branch_that_writes_it() {
    let place = committed(&[
        ("schemas/app.schema.json", SCHEMA),
        ("environments/dev.env", "TIMEOUT=1\n"),
        (PLAIN_PROD, "TIMEOUT=1\n"),
    ]);
    let entry =
        r#"{ code = "drift-must-match", key = "TIMEOUT", in = ["dev", "prod"], saw = ["1", "2"], why = "OPS" }"#;
    write(place.path(), &[("sparkcfg-baseline.toml", &format!("version = 1\nack = [\n  {entry},\n]\n"))]);
    let stale = || codes("sparkcfg drift --against HEAD", place.path()).0;
    let expected = [("baseline-stale".to_owned(), "TIMEOUT".to_owned(), "introduced".to_owned())];
    assert_eq!(stale(), expected);
    super::git(place.path(), &["add", "-A"]);
    super::git(place.path(), &["commit", "-q", "-m", "accepted"]);
    assert_eq!(stale(), []);
}

/// A new shared secret that comes with a policy of its own loosens nothing; a pattern is no word on it.
#[test]
fn a_new_secret_with_its_own_policy_loosens_nothing() {
    let schema = |more: &str| format!(r#"{{"properties": {{"NAME": {{}}{more}}}}}"#);
    let token = |policy: &str| format!(r#", "MAIL_TOKEN": {{"writeOnly": true, "x-sparkcfg": {{{policy}}}}}"#);
    let place = committed(&[
        ("schemas/app.schema.json", &schema("")),
        ("sparkcfg.toml", "protected = [\"prod\"]\n"),
        ("environments/dev.env", "NAME=a\n"),
        (PLAIN_PROD, "NAME=a\n"),
    ]);
    let value = "NAME=a\nMAIL_TOKEN=c4n4ry-of-both\n";
    write(place.path(), &[("environments/dev.env", value), (PLAIN_PROD, value)]);
    let rule = "protected = [\"prod\"]\n[[drift.rule]]\nkeys = [\"*\"]\npolicy = \"may-differ\"\n";
    for (policy, config, expected) in [
        (r#""drift": "must-match""#, "protected = [\"prod\"]\n", None),
        ("", rule, Some("no-longer-counted")),
        ("", "protected = [\"prod\"]\n", Some("introduced")),
    ] {
        write(place.path(), &[("schemas/app.schema.json", &schema(&token(policy))), ("sparkcfg.toml", config)]);
        let (found, _) = codes("sparkcfg drift --against HEAD", place.path());
        let changes: Vec<_> = found.iter().filter(|(_, key, _)| key == "MAIL_TOKEN").map(|(.., it)| &**it).collect();
        assert_eq!(changes, Vec::from_iter(expected), "{policy} {config} {found:?}");
    }
}

/// That a key is there shows without the key to its value.
#[test]
fn an_undeclared_secret_in_one_environment_is_told_without_the_key() {
    let sealed = plain();
    sealed.seal(PROD, "NEW_TOKEN=c4n4ry\n");
    for key in [true, false] {
        let (found, _) = sealed.against(key, "");
        assert!(found.contains(&"drift-extra NEW_TOKEN introduced".to_owned()), "{key} {found:?}");
    }
}
