//! What a branch lets count no longer, without mending it: whoever reviews the branch is told.

use std::fs;

use serde_json::Value;

use super::{console, git, repository};

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
            vec![policy("must-match", "is may-differ")],
        ),
        (vec![(SCHEMA, "\"drift\": \"must-match\"", "")], vec![policy("must-match", "there is none")]),
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
