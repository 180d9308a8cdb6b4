//! What a branch lets through by narrower rules, by patterns, and under other names and in other places.

use super::following::{PROD as SEALED_PROD, STAGING as SEALED_STAGING, Sealed};
use super::uncounted::told_of;
use super::{committed, console, git, write};

/// Files by path; an empty text takes one away.
type Files = &'static [(&'static str, &'static str)];

const SCHEMA: &str = "schemas/app.schema.json";
const CONFIG: &str = "sparkcfg.toml";
const BASE: &str = "environments/base.env";
const DEV: &str = "environments/dev.env";
const STAGING: &str = "environments/staging.env";
const PROD: &str = "environments/prod.env";

/// Three environments of which prod has another `POOL`.
const THREE: Files =
    &[(BASE, "POOL=5\nLEVEL=info\n"), (DEV, "NAME=d\n"), (STAGING, "NAME=s\n"), (PROD, "NAME=p\nPOOL=50\n")];

const RULE: &str = "[[drift.rule]]\nkeys = [\"POOL\"]\npolicy = \"must-match\"\n";
const RULE_OF_TWO: &str = "[[drift.rule]]\nkeys = [\"POOL\"]\nbetween = [\"dev\", \"prod\"]\npolicy = \"must-match\"\n";
const APART: &str = "[[drift.rule]]\nkeys = [\"NAME\"]\npolicy = \"must-differ\"\n";
const APART_OF_TWO: &str =
    "[[drift.rule]]\nkeys = [\"NAME\"]\nbetween = [\"prod\", \"staging\"]\npolicy = \"must-differ\"\n";
const STRICT: &str = "[drift]\nstrict = true\n\n[[drift.rule]]\nkeys = [\"POOL\", \"NAME\"]\npolicy = \"may-differ\"\n";
const ANY: &str = "[[drift.rule]]\nkeys = [\"*\"]\npolicy = \"may-differ\"\n";
const NAMED: &str = r#"{"properties": {"LEVEL": {"type": "string"}}}"#;
const BY_PATTERN: &str = r#"{"patternProperties": {"^.*$": {"x-sparkcfg": {"drift": "may-differ"}}}}"#;
const BESIDE_PATTERN: &str = r#"{"properties": {"LEVEL": {"type": "string"}},
    "patternProperties": {"^.*$": {"x-sparkcfg": {"drift": "may-differ"}}}}"#;
const DECIDED: &str = r#"{"properties": {"LEVEL": {"x-sparkcfg": {"drift": "may-differ"}}}}"#;
const ALL: &str = r#"{"properties": {"POOL": {}, "NAME": {}, "LEVEL": {}}}"#;
const TEXTS: &str = r#"{"properties": {"LEVEL": {"type": "string", "x-sparkcfg": {"drift": "must-match"}}}}"#;
const SWITCHES: &str = r#"{"properties": {"LEVEL": {"type": "boolean", "x-sparkcfg": {"drift": "must-match"}}}}"#;
const IN_PROD: &str =
    r#"{"properties": {"NAME": {"x-sparkcfg": {"drift": "may-differ", "required-in": ["prod", "dev"]}}}}"#;

/// What is told of `after`, which a branch makes of [`THREE`] with `before`, but for what nobody classified.
fn told(before: &[(&str, &str)], after: &[(&str, &str)], options: &str) -> (Vec<String>, i32) {
    let place = committed(&[THREE, before].concat());
    write(place.path(), after);
    git(place.path(), &["add", "-A"]);
    let (told, code) = told_of(place.path(), options);
    let is_followed = |line: &String| !line.starts_with("drift-unclassified") || line.contains("no-longer-counted");
    (told.into_iter().filter(is_followed).collect(), code)
}

#[test]
fn what_is_let_through_is_told() {
    let cases: &[(Files, Files, &[&str])] = &[
        // Old is what was there; what an environment adds that the rule leaves out now is not.
        (&[(CONFIG, RULE)], &[(CONFIG, RULE_OF_TWO)], &["drift-must-match POOL unchanged"]),
        (
            &[(CONFIG, RULE)],
            &[(CONFIG, RULE_OF_TWO), (STAGING, "NAME=s\nPOOL=7\n")],
            &[
                "drift-must-match POOL no-longer-counted new, and no policy says must-match of dev, prod, staging any more",
                "drift-must-match POOL unchanged",
            ],
        ),
        (
            &[(CONFIG, APART), (STAGING, "NAME=p\n")],
            &[(CONFIG, APART_OF_TWO), (DEV, "NAME=p\n")],
            &[
                "drift-must-differ NAME no-longer-counted new, and no policy says must-differ of dev, prod, staging any more",
                "drift-must-differ NAME unchanged",
            ],
        ),
        // Under strict a pattern of the schema decides nothing either, be it the only one that knows the key or not.
        (
            &[(CONFIG, STRICT), (SCHEMA, NAMED)],
            &[(SCHEMA, BY_PATTERN), (PROD, "NAME=p\nPOOL=50\nLEVEL=warn\n")],
            &[
                "drift-unclassified LEVEL no-longer-counted new, and strict asks for a policy, and a pattern of the schema says may-differ",
            ],
        ),
        (
            &[(CONFIG, STRICT), (SCHEMA, NAMED)],
            &[(SCHEMA, BESIDE_PATTERN), (PROD, "NAME=p\nPOOL=50\nLEVEL=warn\n")],
            &[
                "drift-unclassified LEVEL no-longer-counted new, and strict asks for a policy, and a pattern of the schema says may-differ",
            ],
        ),
        (&[(CONFIG, STRICT), (SCHEMA, NAMED)], &[(SCHEMA, DECIDED), (PROD, "NAME=p\nPOOL=50\nLEVEL=warn\n")], &[]),
        // What nobody declared.
        (
            &[(SCHEMA, ALL)],
            &[(CONFIG, ANY), (PROD, "NAME=p\nPOOL=50\nMORE=1\n")],
            &[
                "drift-extra MORE no-longer-counted new, and nobody declared MORE, and `*` says may-differ in sparkcfg.toml",
            ],
        ),
        // Values that were not touched are not mended.
        (
            &[(SCHEMA, TEXTS), (PROD, "NAME=p\nLEVEL=yes\n"), (BASE, "LEVEL=true\n")],
            &[(SCHEMA, SWITCHES)],
            &["drift-must-match LEVEL no-longer-counted by the schema these are one value of LEVEL now"],
        ),
        (
            &[(SCHEMA, TEXTS), (PROD, "NAME=p\nLEVEL=yes\n"), (BASE, "LEVEL=true\n")],
            &[(SCHEMA, SWITCHES), (PROD, "NAME=p\nLEVEL=true\n")],
            &["drift-must-match LEVEL resolved"],
        ),
        // Rules name an environment as it was called; under its new name it goes without.
        (
            &[(SCHEMA, IN_PROD), (PROD, "NAME=p\nPOOL=50\nA=1\nB=2\nC=3\n")],
            &[(PROD, ""), ("environments/production.env", "POOL=50\nA=1\nB=2\nC=3\n")],
            &["drift-missing NAME no-longer-counted new, and the schema does not demand NAME in production any more"],
        ),
        // A base that gets another name is no environment that is gone.
        (
            &[(CONFIG, RULE)],
            &[
                (BASE, ""),
                ("environments/common.env", "POOL=5\nLEVEL=info\n"),
                (
                    CONFIG,
                    "[environments]\n\
                dev = [\"environments/common.env\", \"environments/dev.env\"]\n\
                staging = [\"environments/common.env\", \"environments/staging.env\"]\n\
                prod = [\"environments/common.env\", \"environments/prod.env\"]\n\
                [[drift.rule]]\nkeys = [\"POOL\"]\npolicy = \"must-match\"\n",
                ),
            ],
            &["drift-must-match POOL unchanged"],
        ),
    ];
    for (before, after, expected) in cases {
        let found = told(before, after, "");
        let is_extra = |line: &&String| !line.starts_with("drift-extra") || expected.contains(&line.as_str());
        let lines: Vec<_> = found.0.iter().filter(is_extra).collect();
        assert_eq!(
            (lines, found.1),
            (expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>().iter().collect(), 0),
            "{after:?}"
        );
    }
}

/// What failed the run at the level that is asked for, and is off now.
#[test]
fn a_note_that_is_off_is_told_where_notes_fail() {
    let after: Files = &[(CONFIG, "[severity]\ndrift-unclassified = \"off\"\n"), (STAGING, "NAME=s\nLEVEL=x\n")];
    let because = "drift-unclassified is off in sparkcfg.toml";
    let expected = |new: &str, key: &str| format!("drift-unclassified {key} no-longer-counted {new}{because}");
    let expected = vec![expected("", "NAME"), expected("", "POOL"), expected("new, and ", "LEVEL")];
    let (mut found, code) = told(&[(SCHEMA, ALL)], after, " --fail-on note");
    found.sort_by_key(|line| (line.contains("new, and"), line.clone()));
    assert_eq!((found, code), (expected, 0));
    assert_eq!(told(&[(SCHEMA, ALL)], after, ""), (Vec::new(), 0));
    // What has no policy any more is not mended by being one more that nobody classified.
    let expected = "drift-must-match POOL no-longer-counted the policy of POOL was must-match, and there is none";
    let found = told(&[(CONFIG, RULE), (SCHEMA, ALL)], &[(CONFIG, "")], " --fail-on note");
    assert_eq!(found, (vec![expected.to_owned()], 1));
}

/// A key that gets another name in the schema and in all files keeps its differences.
#[test]
fn a_renamed_key_is_the_same() {
    const OLD: &str = r#"{"properties": {"POOL": {"x-sparkcfg": {"drift": "must-match"}}}}"#;
    const NEW: &str = r#"{"properties": {"POOL_SIZE": {"x-sparkcfg": {"drift": "must-match"}}}}"#;
    const LOOSE: &str = r#"{"properties": {"POOL_SIZE": {"x-sparkcfg": {"drift": "may-differ"}}}}"#;
    const BASE_NEW: &str = "POOL_SIZE=5\nLEVEL=info\n";
    let cases: &[(Files, &[&str], i32)] = &[
        (&[(SCHEMA, NEW), (PROD, "NAME=p\nPOOL_SIZE=50\n")], &["drift-must-match POOL_SIZE unchanged"], 0),
        (
            &[(SCHEMA, LOOSE), (PROD, "NAME=p\nPOOL_SIZE=50\n")],
            &["drift-must-match POOL_SIZE no-longer-counted the policy of POOL_SIZE was must-match, and is may-differ"],
            0,
        ),
        // With another value it is another difference.
        (
            &[(SCHEMA, NEW), (PROD, "NAME=p\nPOOL_SIZE=60\n")],
            &["drift-must-match POOL resolved", "drift-must-match POOL_SIZE introduced"],
            1,
        ),
        // Of two that it may be now nobody says which.
        (
            &[(SCHEMA, NEW), (PROD, "NAME=p\nPOOL_SIZE=50\nMOST=50\n"), (BASE, "POOL_SIZE=5\nMOST=5\nLEVEL=info\n")],
            &["drift-must-match POOL resolved", "drift-must-match POOL_SIZE introduced"],
            1,
        ),
    ];
    for (after, expected, code) in cases {
        let after = if after.iter().any(|(path, _)| *path == BASE) {
            after.to_vec()
        } else {
            [*after, &[(BASE, BASE_NEW)]].concat()
        };
        let found = told(&[(SCHEMA, OLD)], &after, "");
        let expected: Vec<_> = expected.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(found, (expected.clone(), *code), "{after:?}");
        // The same where only the new name is asked for.
        let expected = expected.into_iter().filter(|line| line.contains("POOL_SIZE")).collect();
        assert_eq!(told(&[(SCHEMA, OLD)], &after, " --keys POOL_*"), (expected, *code), "{after:?}");
    }
    let place = committed(&[THREE, &[(SCHEMA, OLD)]].concat());
    write(place.path(), &[(SCHEMA, NEW), (BASE, BASE_NEW), (PROD, "NAME=p\nPOOL_SIZE=50\n")]);
    let home = tempfile::tempdir().unwrap();
    let ran = console::run("sparkcfg drift --against HEAD --show unchanged", place.path(), home.path());
    assert!(ran.stdout.contains("dev 5 · staging 5 · prod 50 (was POOL)"), "{}", ran.shown());
}

/// A secret that is none any more, and stands in plain sight for that.
#[test]
fn a_secret_that_is_declared_none_is_told() {
    let schema = r#"{"properties": {"SHARED": {"writeOnly": true, "x-sparkcfg": {"drift": "may-differ"}}}}"#;
    let sealed = Sealed::new(schema);
    sealed.seal(SEALED_STAGING, "SHARED=c4n4ry-staging\n");
    sealed.seal(SEALED_PROD, "SHARED=c4n4ry-prod\n");
    sealed.commit();
    write(
        sealed.folder(),
        &[(SCHEMA, &schema.replace("\"writeOnly\": true, ", "")), (SEALED_PROD, ""), (PROD, "SHARED=plain\n")],
    );
    let expected = "drift-exposed-secret SHARED no-longer-counted new, and SHARED is no secret any more";
    assert_eq!(told_of(sealed.folder(), ""), (vec![expected.to_owned()], 0));
}

/// A member that leaves is told of wherever it went, and also where nobody can read what it has now.
#[test]
fn a_member_that_leaves_takes_nothing_along_unseen() {
    const MUST_MATCH: &str = r#"{"properties": {"POOL": {"x-sparkcfg": {"drift": "must-match"}}}}"#;
    let home = tempfile::tempdir().unwrap();
    for pool in ["5", "50"] {
        let mut files = vec![(CONFIG.to_owned(), "[workspace]\nmembers = [\"services/*\"]\n".to_owned())];
        for member in ["a", "b"] {
            let own = [
                (DEV, "POOL=5\nA=1\nB=1\n".to_owned()),
                (PROD, format!("POOL={pool}\nA=1\nB=1\n")),
                (SCHEMA, MUST_MATCH.to_owned()),
            ];
            files.extend(own.map(|(path, text)| (format!("services/{member}/{path}"), text)));
        }
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let place = committed(&files);
        std::fs::create_dir(place.path().join("other")).unwrap();
        git(place.path(), &["mv", "services/b", "other/b"]);
        write(place.path(), &[("other/b/environments/prod.env", "POOL=70\nA=1\nB=1\n")]);
        git(place.path(), &["add", "-A"]);
        let told = told_of(place.path(), "").0;
        let expected = "drift-must-match POOL no-longer-counted new, and services/b is no member any more";
        assert!(told.contains(&expected.to_owned()), "{pool}: {told:?}");
        // What it has now cannot be read.
        write(place.path(), &[("other/b/schemas/app.schema.json", "{\n")]);
        for (format, expected) in [
            ("human", "broken: other/b/schemas/app.schema.json:"),
            ("markdown", "❔ `other/b/schemas/app.schema.json:"),
            ("html", "<code>other/b/schemas/app.schema.json:"),
            ("json", "\"other/b/schemas/app.schema.json:"),
        ] {
            let line = format!("sparkcfg drift --against HEAD --format {format}");
            let ran = console::run(&line, place.path(), home.path());
            assert!(ran.code == 0 && ran.stdout.contains(expected), "{}", ran.shown());
        }
        let told = told_of(place.path(), "").0;
        let old = "drift-must-match POOL no-longer-counted services/b is no member any more".to_owned();
        assert_eq!(told.contains(&old), pool == "50", "{told:?}");
    }
}
