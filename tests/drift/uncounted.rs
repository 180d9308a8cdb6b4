//! What a branch lets count no longer, without mending it: whoever reviews the branch is told.

use std::fs;

use serde_json::Value;

use super::following::{PROD as SEALED_PROD, STAGING, Sealed};
use super::{console, environments, git, repository};

/// A change of one file, or the end of one: its path, a text in it, and the one that takes its place.
type Edit = (&'static str, &'static str, &'static str);

const CASE: &str = "drift/a-page-for-a-reviewer";
const PROD: &str = "environments/prod.env";
const SCHEMA: &str = "schemas/app.schema.json";

/// `CODE KEY CHANGE` of every finding that the branch has an effect on, with the reason of those that count no longer.
fn told(edits: &[Edit]) -> (Vec<String>, console::Ran, tempfile::TempDir) {
    let place = repository(CASE);
    let home = tempfile::tempdir().unwrap();
    for (path, text, new) in edits {
        let path = place.path().join(path);
        let before = fs::read_to_string(&path).unwrap_or_default();
        assert!(before.contains(text), "{text} stands in {}", path.display());
        fs::write(&path, before.replacen(text, new, 1)).unwrap();
    }
    let ran = console::run("sparkcfg drift --against HEAD --format json", place.path(), home.path());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter().filter(|it| it["change"] != "unchanged");
    let findings = findings.filter(|it| it["bucket"] == "unexpected");
    let line = |it: &Value| {
        let words = [&it["code"], &it["key"], &it["change"], &it["because"]].map(text);
        words.join(" ").trim_end().to_owned()
    };
    (findings.map(line).collect(), ran, place)
}

#[test]
fn a_difference_that_is_left_is_never_resolved() {
    let key = "drift-must-match API_TIMEOUT_MS no-longer-counted";
    let policy = |was: &str, is: &str| format!("{key} the policy of API_TIMEOUT_MS was {was}, and {is}");
    for (edits, expected) in [
        // What is mended is resolved.
        (vec![(PROD, "30000", "3000")], vec!["drift-must-match API_TIMEOUT_MS resolved".to_owned()]),
        // A looser policy, also where the values change with it, and none.
        (vec![(SCHEMA, "\"must-match\"", "\"may-differ\"")], vec![policy("must-match", "is may-differ")]),
        (
            vec![(SCHEMA, "\"must-match\"", "\"may-differ\""), (PROD, "30000", "90000")],
            vec![format!("{key} new, and the policy of API_TIMEOUT_MS was must-match, and is may-differ")],
        ),
        (vec![(SCHEMA, "\"drift\": \"must-match\"", "")], vec![policy("must-match", "there is none")]),
        // A difference that comes together with the looser policy that lets it through.
        (
            vec![(SCHEMA, "duration\",\n      \"x-sparkcfg\": {\n        \"drift\": \"must-match", "duration\",\n      \"x-sparkcfg\": {\n        \"drift\": \"may-differ"), (PROD, "LOG_LEVEL", "CACHE_TTL=5m\nLOG_LEVEL")],
            vec!["drift-must-match CACHE_TTL no-longer-counted new, and the policy of CACHE_TTL was must-match, and is may-differ".to_owned()],
        ),
        (
            vec![(SCHEMA, ",\n          \"port\"", ""), (PROD, "db.prod.internal", "db.prod.internal:15432")],
            vec!["drift-shape DATABASE_URL no-longer-counted new, and nothing says any more that its port stays the same".to_owned()],
        ),
        // A comment, above what was there and above what is new.
        (
            vec![(PROD, "API", "# sparkcfg: ignore[drift-must-match] why\nAPI")],
            vec![format!("{key} a comment silences it: {PROD}:1")],
        ),
        (
            vec![(PROD, "LOG_LEVEL", "# sparkcfg: ignore[drift-must-match] why\nCACHE_TTL=5m\nLOG_LEVEL")],
            vec![format!("drift-must-match CACHE_TTL no-longer-counted new, and a comment silences it: {PROD}:5")],
        ),
        // A severity.
        (
            vec![("sparkcfg.toml", "", "[severity]\ndrift-must-match = \"off\"\n")],
            vec![format!("{key} drift-must-match is off in sparkcfg.toml")],
        ),
        (
            vec![("sparkcfg.toml", "", "[severity]\ndrift-must-match = \"note\"\n")],
            vec![format!("{key} drift-must-match was error, and is note in sparkcfg.toml")],
        ),
        (
            vec![("sparkcfg.toml", "", "[severity]\ndrift-must-match = \"warning\"\n"), (PROD, "30000", "90000")],
            vec![format!("{key} new, and drift-must-match was error, and is warning in sparkcfg.toml")],
        ),
        // What the schema demanded or forbade.
        (
            vec![(SCHEMA, ",\n          \"prod\"", "")],
            vec!["drift-missing SENTRY_DSN no-longer-counted the schema does not demand SENTRY_DSN in prod any more".into()],
        ),
        (
            vec![(SCHEMA, "\"only-in\": [\n          \"dev\"", "\"only-in\": [\n          \"prod\", \"dev\"")],
            vec!["drift-not-allowed-here DEBUG_TOOLBAR no-longer-counted the schema allows DEBUG_TOOLBAR in prod now".into()],
        ),
        (
            vec![(SCHEMA, "\"must-differ\"", "\"may-differ\"")],
            vec![
                "drift-must-differ JWT_SIGNING_KEY no-longer-counted the policy of JWT_SIGNING_KEY was must-differ, and is may-differ"
                    .into(),
            ],
        ),
    ] {
        let (found, ran, _) = told(&edits);
        assert_eq!(found, expected, "{edits:?}\n{}", ran.shown());
    }
}

#[test]
fn what_a_removed_environment_had_is_not_resolved() {
    let place = repository(CASE);
    let home = tempfile::tempdir().unwrap();
    git(place.path(), &["rm", "-q", PROD]);
    let ran = |format: &str| {
        let line = format!("sparkcfg drift --against HEAD --format {format}");
        let ran = console::run(&line, place.path(), home.path());
        assert_eq!(ran.code, 0, "{}", ran.shown());
        ran.stdout
    };
    for (format, expected) in [
        ("human", "no longer counted 4\n    drift-must-match API_TIMEOUT_MS: environment prod is gone (dev 3000"),
        ("markdown", "### ☑ Config drift: nothing new, 4 no longer counted, 0 resolved, 0 unchanged\n"),
        (
            "markdown",
            "| `DEBUG_TOOLBAR` | `drift-not-allowed-here` set in prod; in dev only | environment prod is gone |",
        ),
        ("html", ", 4 no longer counted"),
        (
            "html",
            "drift-missing</span> SENTRY_DSN is set in staging and missing in prod, which requires it: environment prod is gone</li>",
        ),
        ("json", "\"no_longer_counted\": 4"),
    ] {
        let told = ran(format);
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}

/// `CODE KEY CHANGE` of what is told of a repository since its last commit, with the reason, and the exit code.
pub(super) fn told_of(folder: &std::path::Path, options: &str) -> (Vec<String>, i32) {
    let home = tempfile::tempdir().unwrap();
    let line = format!("sparkcfg drift --against HEAD --format json{options}");
    let ran = console::run(&line, folder, home.path());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |it: &Value| [&it["code"], &it["key"], &it["change"], &it["because"]].map(text).join(" ");
    let mut told: Vec<_> = report["findings"].as_array().unwrap().iter().map(line).collect();
    told.sort();
    (told.iter().map(|line| line.trim_end().to_owned()).collect(), ran.code)
}

/// What did not count before this branch is none of its doing, whatever the value is now.
#[test]
fn what_was_silenced_before_is_not_told_again() {
    let place = environments("TIMEOUT=3s\n", "", "# sparkcfg: ignore[drift-must-match] load test\nTIMEOUT=30s\n");
    let prod = place.path().join(PROD);
    let text = fs::read_to_string(&prod).unwrap();
    fs::write(&prod, text.replace("30s", "60s")).unwrap();
    assert_eq!(told_of(place.path(), ""), (Vec::new(), 0));
    // Without the comment it counts.
    fs::write(&prod, "TIMEOUT=60s\n").unwrap();
    assert_eq!(told_of(place.path(), ""), (vec!["drift-must-match TIMEOUT introduced".to_owned()], 1));
}

#[test]
fn who_takes_strict_away_is_told_what_that_lets_through() {
    let place = environments("X=1\n", "", "X=2\n");
    let config = place.path().join("sparkcfg.toml");
    fs::write(&config, "[drift]\nstrict = true\n").unwrap();
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "strict"]);
    fs::remove_file(&config).unwrap();
    fs::write(place.path().join(PROD), "X=2\nY=2\n").unwrap();
    fs::write(place.path().join("environments/dev.env"), "Y=1\n").unwrap();
    let why = "strict was true in sparkcfg.toml, and is not";
    let expected = [
        format!("drift-unclassified X no-longer-counted {why}"),
        format!("drift-unclassified Y no-longer-counted new, and {why}"),
    ];
    assert_eq!(told_of(place.path(), ""), (expected.to_vec(), 0));
    assert_eq!(told_of(place.path(), " --strict").1, 1);
}

/// Strict asks somebody to decide on each key; a pattern for all of them is none of that.
#[test]
fn who_ends_strict_by_a_pattern_is_told_what_that_lets_through() {
    let place = environments("X=1\nZ=1\n", "Z=2\n", "X=2\n");
    let config = place.path().join("sparkcfg.toml");
    let strict = "[drift]\nstrict = true\n";
    fs::write(&config, strict).unwrap();
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "strict"]);
    fs::write(place.path().join(PROD), "X=2\nY=2\n").unwrap();
    fs::write(place.path().join("environments/dev.env"), "Y=1\nZ=2\n").unwrap();
    let rule = |keys: &str| format!("{strict}\n[[drift.rule]]\nkeys = [{keys}]\npolicy = \"may-differ\"\n");
    fs::write(&config, rule("\"*\"")).unwrap();
    let let_through = |key: &str, new: &str| {
        format!(
            "drift-unclassified {key} no-longer-counted {new}strict asks for a policy, and `*` says may-differ in sparkcfg.toml"
        )
    };
    let expected = [let_through("X", ""), let_through("Y", "new, and "), let_through("Z", "")];
    assert_eq!(told_of(place.path(), ""), (expected.to_vec(), 0));
    // To name a key is the decision.
    fs::write(&config, rule("\"X\", \"Y\", \"Z\"")).unwrap();
    let expected = ["drift-unclassified X resolved", "drift-unclassified Z resolved"].map(ToOwned::to_owned);
    assert_eq!(told_of(place.path(), ""), (expected.to_vec(), 0));
}

#[test]
fn what_a_member_had_that_is_none_any_more_is_told() {
    let place = tempfile::tempdir().unwrap();
    let schema = r#"{"properties": {"POOL": {"x-sparkcfg": {"drift": "must-match"}}}}"#;
    for member in ["a", "b"] {
        for (name, text) in [("environments/dev.env", "POOL=5\n"), (PROD, "POOL=50\n"), (SCHEMA, schema)] {
            let path = place.path().join(format!("services/{member}/{name}"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let config = place.path().join("sparkcfg.toml");
    fs::write(&config, "[workspace]\nmembers = [\"services/*\"]\n").unwrap();
    git(place.path(), &["init", "-q", "-b", "main"]);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "one"]);
    let unchanged = |key: &str| format!("drift-must-match {key} unchanged");
    let gone = |why: &str| format!("drift-must-match POOL no-longer-counted services/b {why}");
    fs::write(&config, "[workspace]\nmembers = [\"services/a\"]\n").unwrap();
    assert_eq!(told_of(place.path(), "").0, [gone("is no member any more"), unchanged("POOL")]);
    // What the branch adds there counts no more than what was there, and whoever reviews it sees the values of now.
    let prod = place.path().join("services/b").join(PROD);
    fs::write(&prod, "POOL=70\n").unwrap();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(
        told_of(place.path(), "").0,
        [
            "drift-must-match POOL no-longer-counted new, and services/b is no member any more".to_owned(),
            unchanged("POOL")
        ]
    );
    for (format, expected) in [
        (
            "human",
            "no longer counted 1\n    drift-must-match services/b/POOL: new, and services/b is no member any more (dev 5 · prod 70)\n",
        ),
        ("human", "☑ nothing new, 1 no longer counted "),
        ("markdown", "### ☑ Config drift: nothing new, 1 no longer counted, 0 resolved, 1 unchanged\n"),
        (
            "markdown",
            "| `services/b/POOL` | `drift-must-match` `dev 5 · prod 70` | new, and services/b is no member any more |",
        ),
        ("html", "☑</span> sparkcfg drift: nothing new, 1 no longer counted</h1>"),
        (
            "html",
            "<code>services/b</code> POOL must match: dev 5, prod 70: new, and services/b is no member any more</li>",
        ),
    ] {
        let line = format!("sparkcfg drift --against HEAD --format {format}");
        let ran = console::run(&line, place.path(), home.path());
        assert!(ran.code == 0 && ran.stdout.contains(expected), "{expected}\n{}", ran.shown());
    }
    // What it mends there is mended.
    fs::write(&prod, "POOL=5\n").unwrap();
    assert_eq!(told_of(place.path(), "").0, ["drift-must-match POOL resolved".to_owned(), unchanged("POOL")]);
    fs::remove_dir_all(place.path().join("services/b")).unwrap();
    assert_eq!(told_of(place.path(), "").0, [gone("is gone"), unchanged("POOL")]);
    // One that has another name now is none that is gone.
    git(place.path(), &["reset", "-q", "--hard"]);
    git(place.path(), &["mv", "services/b", "services/c"]);
    assert_eq!(told_of(place.path(), "").0, [unchanged("POOL"), unchanged("POOL")]);
}

/// Nobody needs the key to see that a policy went.
#[test]
fn a_looser_policy_of_what_is_sealed_is_told_without_the_key() {
    let schema = r#"{"properties": {"TOKEN": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#;
    let sealed = Sealed::new(schema);
    sealed.seal(STAGING, "TOKEN=c4n4ry-staging\n");
    sealed.seal(SEALED_PROD, "TOKEN=c4n4ry-prod\n");
    sealed.commit();
    fs::write(sealed.folder().join(SCHEMA), schema.replace("must-match", "may-differ")).unwrap();
    let expected = "drift-unknown TOKEN no-longer-counted the policy of TOKEN was must-match, and is may-differ";
    for options in ["", " --unknown error"] {
        assert_eq!(told_of(sealed.folder(), options), (vec![expected.to_owned()], 0), "{options}");
    }
}

/// A secret of which nobody says anything any more must differ like all of them, and need not match.
#[test]
fn the_end_of_the_policy_of_what_is_sealed_is_told_without_the_key() {
    let schema = r#"{"properties": {"TOKEN": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#;
    let sealed = Sealed::new(schema);
    sealed.seal(STAGING, "TOKEN=c4n4ry-staging\n");
    sealed.seal(SEALED_PROD, "TOKEN=c4n4ry-prod\n");
    fs::write(sealed.folder().join("sparkcfg.toml"), "protected = [\"prod\"]\n").unwrap();
    sealed.commit();
    fs::write(sealed.folder().join(SCHEMA), schema.replace("\"drift\": \"must-match\"", "")).unwrap();
    let expected = "drift-unknown TOKEN no-longer-counted the policy of TOKEN was must-match, and is must-differ";
    for options in ["", " --unknown error"] {
        let told = told_of(sealed.folder(), options).0;
        assert!(told.contains(&expected.to_owned()), "{options}: {told:?}");
    }
}

/// A baseline of the revision that cannot be read accepts nothing there, and that is told.
#[test]
fn a_broken_baseline_of_the_revision_is_told() {
    let place = environments("TIMEOUT=3s\n", "", "TIMEOUT=30s\n");
    let home = tempfile::tempdir().unwrap();
    let baseline = place.path().join("sparkcfg-baseline.toml");
    fs::write(&baseline, "version = 1\nack = [\n").unwrap();
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "broken"]);
    fs::remove_file(&baseline).unwrap();
    for (format, expected) in [
        ("human", "broken: HEAD:sparkcfg-baseline.toml:"),
        ("markdown", "❔ `HEAD:sparkcfg-baseline.toml:"),
        ("html", "<code>HEAD:sparkcfg-baseline.toml:"),
        ("json", "\"HEAD:sparkcfg-baseline.toml:"),
    ] {
        let line = format!("sparkcfg drift --against HEAD --format {format}");
        let ran = console::run(&line, place.path(), home.path());
        assert!(ran.code == 0 && ran.stdout.contains(expected), "{expected}\n{}", ran.shown());
    }
    assert_eq!(told_of(place.path(), "").0, ["drift-must-match TIMEOUT unchanged"]);
}

/// Where policies disagree nothing is settled, and nobody accepts it.
#[test]
fn policies_that_disagree_settle_nothing() {
    let place = environments("TIMEOUT=3s\n", "", "TIMEOUT=30s\n");
    let home = tempfile::tempdir().unwrap();
    let rule = "[[drift.rule]]\nkeys = [\"TIMEOUT\"]\npolicy = \"may-differ\"\n";
    fs::write(place.path().join("sparkcfg.toml"), rule).unwrap();
    let expected = ["drift-must-match TIMEOUT unknown", "policy-conflict TIMEOUT introduced"].map(ToOwned::to_owned);
    assert_eq!(told_of(place.path(), ""), (expected.to_vec(), 2));
    let entry = "version = 1\nack = [\n  { code = \"policy-conflict\", key = \"TIMEOUT\", in = [\"dev\", \"prod\"], why = \"x\" },\n]\n";
    fs::write(place.path().join("sparkcfg-baseline.toml"), entry).unwrap();
    for line in ["drift", "drift --ack policy-conflict TIMEOUT --why x", "drift --ack-all --why x"] {
        let ran = console::run(&format!("sparkcfg {line}"), place.path(), home.path());
        assert_eq!(ran.code, 2, "{}", ran.shown());
    }
    fs::remove_file(place.path().join("sparkcfg-baseline.toml")).unwrap();
    // A comment above the value does not silence it either, in any format.
    let comment = "# sparkcfg: ignore[policy-conflict] who cares\nTIMEOUT=30s\n";
    fs::write(place.path().join(PROD), comment).unwrap();
    for (format, expected) in [
        ("human", "policy-conflict"),
        ("markdown", "### ✗ Config drift: 1 unexpected (1 error), 1 not judged\n"),
        ("html", "✗</span> sparkcfg drift: 1 unexpected (1 error), 1 not judged</h1>"),
        ("json", "\"code\": \"policy-conflict\""),
    ] {
        let ran = console::run(&format!("sparkcfg drift --format {format}"), place.path(), home.path());
        assert!(ran.code == 2 && ran.stdout.contains(expected), "{}", ran.shown());
    }
    let told = console::run("sparkcfg validate", place.path(), home.path());
    assert!(told.stdout.contains("unused-ignore"), "{}", told.shown());
    for level in ["off", "note", "warning"] {
        let config = format!("[severity]\npolicy-conflict = \"{level}\"\n{rule}");
        fs::write(place.path().join("sparkcfg.toml"), config).unwrap();
        for command in ["drift", "validate"] {
            let ran = console::run(&format!("sparkcfg {command}"), place.path(), home.path());
            let expected =
                "error: [severity] cannot make policy-conflict less than an error\n   at sparkcfg.toml:2:1\n";
            assert!(ran.code == 2 && ran.stderr.contains(expected), "{}", ran.shown());
        }
    }
}
