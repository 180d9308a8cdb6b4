//! What `sparkcfg drift` does with git and with what runs: revisions, patches that git takes, a real process; and with
//! what was released.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

#[path = "drift/applying.rs"]
mod applying;
#[path = "drift/closing.rs"]
mod closing;
#[path = "drift/comparing.rs"]
mod comparing;
#[allow(dead_code, reason = "shared with tests that need more of it")]
mod console;
#[path = "drift/following.rs"]
mod following;
#[path = "drift/letting.rs"]
mod letting;
#[path = "drift/living.rs"]
mod living;
#[path = "drift/promoting.rs"]
mod promoting;
#[path = "outputs/readers.rs"]
mod readers;
#[path = "drift/suggesting.rs"]
mod suggesting;
#[path = "drift/uncounted.rs"]
mod uncounted;
#[path = "drift/verdicts.rs"]
mod verdicts;

use std::fs;
use std::path::Path;
use std::process::Command;

use console::run;
use serde_json::Value;

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a case in it, committed.
fn repository(case: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case), place.path());
    git(place.path(), &["init", "-q", "-b", "main"]);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "one"]);
    place
}

/// Files by their paths: written where there is a text, taken away where there is none.
fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        if text.is_empty() {
            fs::remove_file(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

/// A repository with these files, committed.
fn committed(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), files);
    git(place.path(), &["init", "-q", "-b", "main"]);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "one"]);
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn codes(line: &str, folder: &Path) -> (Vec<(String, String, String)>, i32) {
    let home = tempfile::tempdir().unwrap();
    let ran = run(&format!("{line} --format json"), folder, home.path());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{line}: {}", ran.shown()));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.map(|finding| (text(&finding["code"]), text(&finding["key"]), text(&finding["change"])));
    (told.collect(), ran.code)
}

/// What was accepted in the branch that one comes from counts as new once its values change.
#[test]
fn an_accepted_difference_that_changes_is_new() {
    let place = repository("drift/a-page-for-a-reviewer");
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run("sparkcfg drift --ack-all --why TODO", place.path(), home.path()).code, 0);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "accepted"]);
    let introduced = || {
        let (found, code) = codes("sparkcfg drift --against HEAD", place.path());
        let new = found.into_iter().filter(|(.., change)| change == "introduced").map(|(_, key, _)| key);
        (new.collect::<Vec<_>>(), code)
    };
    assert_eq!(introduced(), (Vec::new(), 0));
    let prod = place.path().join("environments/prod.env");
    let text = fs::read_to_string(&prod).unwrap();
    fs::write(&prod, text.replace("API_TIMEOUT_MS=30000", "API_TIMEOUT_MS=50000")).unwrap();
    assert_eq!(introduced(), (vec!["API_TIMEOUT_MS".to_owned()], 1));
}

/// Whoever reviews a branch sees what the branch itself accepts, and only that.
#[test]
fn what_a_branch_accepts_is_told() {
    let place = repository("drift/a-page-for-a-reviewer");
    let home = tempfile::tempdir().unwrap();
    let ran = |line: &str| run(line, place.path(), home.path());
    let newly = || {
        let report: Value = serde_json::from_str(&ran("sparkcfg drift --against HEAD --format json").stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let new = findings.filter(|finding| finding["accepted"]["new"] == Value::Bool(true));
        let keys: Vec<_> = new.map(|finding| finding["key"].as_str().unwrap().to_owned()).collect();
        assert_eq!(report["counts"]["newly_acknowledged"], keys.len());
        keys
    };
    let first = "API_TIMEOUT_MS";
    ran(&format!("sparkcfg drift --ack drift-must-match {first} --why OPS-1"));
    assert_eq!(newly(), [first]);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "one accepted"]);
    assert_eq!(newly(), [""; 0]);
    assert_eq!(ran("sparkcfg drift --ack-all --why OPS-2 --by maria").code, 0);
    let rest = newly();
    assert!(rest.len() == 3 && !rest.contains(&first.to_owned()), "{rest:?}");
    for (format, told) in [
        ("human", vec!["newly acknowledged 3\n", &format!(" {}: OPS-2 (maria)\n", rest[0])]),
        (
            "markdown",
            vec!["### ☑ Config drift: nothing new, 3 newly acknowledged, ", "**Acknowledged by this change** (3)"],
        ),
        ("html", vec![", 3 newly acknowledged", "; newly acknowledged: OPS-2 (maria)"]),
    ] {
        let ran = ran(&format!("sparkcfg drift --against HEAD --format {format}"));
        assert!(ran.code == 0 && told.iter().all(|told| ran.stdout.contains(told)), "{}", ran.shown());
    }
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "all accepted"]);
    assert!(!ran("sparkcfg drift --against HEAD").stdout.contains("newly"));
    // Another value that is accepted anew is another difference.
    let prod = place.path().join("environments/prod.env");
    let text = fs::read_to_string(&prod).unwrap();
    fs::write(&prod, text.replace("API_TIMEOUT_MS=30000", "API_TIMEOUT_MS=50000")).unwrap();
    assert_eq!(ran(&format!("sparkcfg drift --ack drift-must-match {first} --why OPS-3")).code, 0);
    assert_eq!(newly(), [first]);
}

/// Where nobody looks at them, rows are only counted: to the same numbers as where all of them are filled in.
#[test]
fn what_is_only_counted_counts_the_same() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let home = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for group in fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()) {
        let name = group.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("drift") && name != "validate" {
            continue;
        }
        for case in fs::read_dir(&group).unwrap().map(|entry| entry.unwrap().path()) {
            let short = run("sparkcfg drift", &case, home.path());
            let json = run("sparkcfg drift --format json", &case, home.path());
            assert_eq!(short.code, json.code, "{}: {}", case.display(), short.shown());
            let Ok(report) = serde_json::from_str::<Value>(&json.stdout) else { continue };
            let counts = &report["counts"];
            for word in ["expected", "acknowledged", "unclassified", "equal", "unknown"] {
                let number = counts[word].as_u64().unwrap();
                let told = format!("{word} {number}");
                assert!(number == 0 || short.stdout.contains(&told), "{}: {told}: {}", case.display(), short.shown());
            }
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn a_branch_is_judged_by_what_it_changes() {
    let place = repository("drift/a-page-for-a-reviewer");
    let prod = place.path().join("environments/prod.env");
    let (before, code) = codes("sparkcfg drift --against HEAD", place.path());
    assert_eq!(code, 0, "{before:?}");
    assert!(before.iter().all(|(.., change)| change == "unchanged") && before.len() == 4, "{before:?}");

    let text = fs::read_to_string(&prod).unwrap();
    fs::write(&prod, text.replace("API_TIMEOUT_MS=30000\n", "CACHE_TTL=5s\n")).unwrap();
    let (after, code) = codes("sparkcfg drift --against HEAD", place.path());
    let of = |wanted: &str| {
        after.iter().filter(|(.., change)| change == wanted).map(|(_, key, _)| key.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((code, of("introduced"), of("resolved")), (1, vec!["CACHE_TTL"], vec!["API_TIMEOUT_MS"]), "{after:?}");
    assert_eq!(of("unchanged").len(), 3);

    let home = tempfile::tempdir().unwrap();
    let ran = run("sparkcfg drift prod@HEAD prod", place.path(), home.path());
    assert!(
        ran.stdout.contains("API_TIMEOUT_MS  30000 → 3000") && ran.stdout.contains("CACHE_TTL       1m30s → 5s"),
        "{}",
        ran.shown()
    );
    let ran = run("sparkcfg drift prod@nowhere prod", place.path(), home.path());
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.shown());
}

/// A repository with a key that must match and one that nobody classified, as `base`, `dev` and `prod` have them.
fn environments(base: &str, dev: &str, prod: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("environments")).unwrap();
    fs::create_dir(place.path().join("schemas")).unwrap();
    let schema = r#"{"properties": {"TIMEOUT": {"type": "string", "format": "duration", "x-sparkcfg": {"drift": "must-match"}}}}"#;
    fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
    for (name, text) in [("base", base), ("dev", dev), ("prod", prod)] {
        fs::write(place.path().join(format!("environments/{name}.env")), text).unwrap();
    }
    git(place.path(), &["init", "-q", "-b", "main"]);
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "one"]);
    place
}

/// A difference is the one that a revision had as long as the values are; an environment that comes or goes changes
/// nothing unless it brings a value of its own.
#[test]
fn a_difference_is_followed_by_its_values() {
    let staging = |text: &'static str| Some(("staging", text));
    for (file, change, code) in [
        (None, "unchanged", 0),
        (Some(("prod", "TIMEOUT=999s\n")), "introduced", 1),
        // The same in other words.
        (Some(("prod", "TIMEOUT=0.5m\n")), "unchanged", 0),
        (Some(("prod", "")), "resolved", 0),
        (staging(""), "unchanged", 0),
        (staging("TIMEOUT=30s\n"), "unchanged", 0),
        (staging("TIMEOUT=5s\n"), "introduced", 1),
    ] {
        let place = environments("TIMEOUT=3s\n", "", "TIMEOUT=30s\n");
        if let Some((name, text)) = file {
            fs::write(place.path().join(format!("environments/{name}.env")), text).unwrap();
        }
        let expected = (vec![("drift-must-match".to_owned(), "TIMEOUT".to_owned(), change.to_owned())], code);
        assert_eq!(codes("sparkcfg drift --against HEAD", place.path()), expected, "{file:?}");
    }
    let place = environments("TIMEOUT=3s\n", "", "TIMEOUT=30s\n");
    fs::write(place.path().join("environments/staging.env"), "").unwrap();
    git(place.path(), &["add", "."]);
    git(place.path(), &["commit", "-q", "-m", "two"]);
    fs::remove_file(place.path().join("environments/staging.env")).unwrap();
    let (found, code) = codes("sparkcfg drift --against HEAD", place.path());
    let changes: Vec<_> = found.iter().map(|(.., change)| change.as_str()).collect();
    assert_eq!((changes, code), (vec!["unchanged", "no-longer-counted"], 0), "{found:?}");
}

/// What nobody classified is counted, and no branch is told to have added, left or resolved it.
#[test]
fn what_nobody_classified_is_not_followed() {
    let place = environments("TIMEOUT=3s\n", "REGION=a\n", "REGION=b\n");
    let home = tempfile::tempdir().unwrap();
    for prod in ["REGION=b\n", "REGION=c\n", "REGION=a\n"] {
        fs::write(place.path().join("environments/prod.env"), prod).unwrap();
        let ran = run("sparkcfg drift --against HEAD --format json", place.path(), home.path());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let counts = ["introduced", "unchanged", "resolved"].map(|change| report["counts"][change].as_u64().unwrap());
        assert_eq!((counts, ran.code), ([0, 0, 0], 0), "{}", ran.shown());
        let ran = run("sparkcfg drift --against HEAD --format markdown", place.path(), home.path());
        assert!(!ran.stdout.contains("REGION"), "{}", ran.shown());
    }
}

/// A forge knows paths from the root of the repository only, and each project has reports of its own.
#[test]
fn a_forge_is_told_where_in_the_repository() {
    let place = tempfile::tempdir().unwrap();
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/drift/a-page-for-a-reviewer");
    let inside = place.path().join("services/my api");
    copy(&case, &inside);
    git(place.path(), &["init", "-q", "-b", "main"]);
    let home = tempfile::tempdir().unwrap();
    let folders = [
        (place.path().to_owned(), " --project='services/my api'"),
        (inside.clone(), ""),
        (inside.join("environments"), ""),
    ];
    for format in ["github", "sarif", "gitlab", "rdjson", "markdown"] {
        let written = folders.iter().map(|(folder, option)| {
            let path = home.path().join("report");
            let line = format!("sparkcfg drift staging prod{option} -qq --output {format}={}", path.display());
            let ran = run(&line, folder, home.path());
            assert_eq!(ran.code, 1, "{}", ran.shown());
            fs::read_to_string(path).unwrap()
        });
        let written: Vec<_> = written.collect();
        let encoded = if format == "sarif" { "services/my%20api" } else { "services/my api" };
        for text in &written {
            match format {
                "github" => assert!(text.contains(&format!("file={encoded}/environments/prod.env,")), "{text}"),
                "markdown" => {
                    let marker = "<!-- sparkcfg:drift v1 project=services/my=20api pair=staging..prod -->\n";
                    assert!(text.starts_with(marker), "{text}");
                }
                _ => assert!(text.contains(&format!("\"{encoded}/environments/prod.env\"")), "{text}"),
            }
        }
        if format == "sarif" {
            let report: Value = serde_json::from_str(&written[0]).unwrap();
            assert_eq!(report["runs"][0]["automationDetails"]["id"], "sparkcfg/drift/services/my%20api/");
        }
        if !matches!(format, "github" | "markdown") {
            // The words still name paths as the user who started it sees them.
            let places = |text: &str| -> Vec<String> {
                let kinds = ["\"path\"", "\"uri\"", "\"fingerprint\"", "\"primaryLocationLineHash\""];
                let lines = text.lines().map(str::trim).filter(|line| kinds.iter().any(|kind| line.starts_with(kind)));
                lines.map(ToOwned::to_owned).collect()
            };
            assert!(!places(&written[0]).is_empty(), "{format}");
            assert!(written.iter().all(|text| places(text) == places(&written[0])), "{format}");
        }
    }
}

/// What to run to apply a change names the file that is there.
#[test]
fn pm2_is_started_again_from_the_file_that_is_there() {
    let place = repository("drift-stale-live/the-process-still-has-the-old-level");
    let home = tempfile::tempdir().unwrap();
    let line = "sparkcfg drift prod pm2:pm2.json#web";
    let reload = |path: &str| format!("sparkcfg run prod -- pm2 reload {path} --only web --update-env");
    let of = |app: &str| format!("{{\"apps\": [{{\"name\": \"{app}\", \"script\": \"a.js\"}}]}}\n");
    let without = "sparkcfg run prod -- pm2 restart web --update-env".to_owned();
    for (file, text, expected) in [
        ("notes.json", of("web"), without.clone()),
        ("ecosystem.config.cjs", format!("module.exports = {};\n", of("other")), without.clone()),
        ("pm2.yml", "apps:\n  - name: web\n".to_owned(), reload("pm2.yml")),
        ("process.json", of("web"), reload("pm2.yml")),
        ("ecosystem.json", of("web"), reload("ecosystem.json")),
        // What a script declares only running it could tell; a file that names the app goes before.
        ("ecosystem.config.js", "module.exports = require('./apps');\n".to_owned(), reload("ecosystem.json")),
        (
            "rendered/prod/ecosystem.config.js",
            format!("module.exports = {};\n", of("web")),
            reload("rendered/prod/ecosystem.config.js"),
        ),
        (
            "deploy/prod.config.js",
            format!("module.exports = {};\n", of("web")),
            reload("rendered/prod/ecosystem.config.js"),
        ),
        (
            "sparkcfg.toml",
            "[hardening.files]\nprod = [\"deploy/prod.config.js\"]\n".to_owned(),
            reload("deploy/prod.config.js"),
        ),
    ] {
        let path = place.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        let ran = run(line, place.path(), home.path());
        assert!(ran.stdout.contains(&format!("to apply: {expected}\n")), "{file}: {}", ran.shown());
    }
    // Where nothing is to be applied, nothing is said.
    fs::write(place.path().join("environments/prod.env"), "LOG_LEVEL=info\n").unwrap();
    for format in ["human", "markdown", "html", "json"] {
        let ran = run(&format!("{line} --format {format}"), place.path(), home.path());
        assert!(ran.code == 0 && !ran.stdout.contains("pm2 reload"), "{}", ran.shown());
    }
}

/// One verdict: what fails in one format fails in all, and each tells the same numbers.
///
/// The reports are left for `tests/outputs_real.sh`, which gives them to the formats' own tools.
#[test]
fn every_format_and_exit_code_agrees() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/drift");
    let left = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drift-reports");
    fs::create_dir_all(&left).unwrap();
    let home = tempfile::tempdir().unwrap();
    let changed = repository("drift/a-page-for-a-reviewer");
    let prod = changed.path().join("environments/prod.env");
    let text = fs::read_to_string(&prod).unwrap().replace("API_TIMEOUT_MS=30000", "API_TIMEOUT_MS=50000");
    fs::write(&prod, text.replace("DEBUG_TOOLBAR=false\n", "")).unwrap();
    for (name, case, line, fails) in [
        ("matrix", "a-page-for-a-reviewer", "sparkcfg drift", 1),
        ("wide", "a-matrix-wider-than-a-screen", "sparkcfg drift", 1),
        ("pair", "a-page-for-a-reviewer", "sparkcfg drift staging prod", 1),
        ("never", "a-page-for-a-reviewer", "sparkcfg drift staging prod --fail-on never", 0),
        ("clean", "a-page-for-a-reviewer", "sparkcfg drift staging prod --keys DATABASE_URL", 0),
        ("workspace", "services-of-a-workspace", "sparkcfg drift", 1),
        ("accepted", "accepted-values-have-changed", "sparkcfg drift", 1),
        ("live", "../drift-stale-live/the-process-still-has-the-old-level", "sparkcfg drift prod pm2:pm2.json#web", 1),
        ("rendered", "what-the-templates-give", "sparkcfg drift prod render:compose#web", 1),
        ("closed", "../drift-unknown/a-sealed-file-that-was-cut-off", "sparkcfg drift", 0),
        ("gate", "../drift-unknown/a-sealed-file-that-was-cut-off", "sparkcfg drift --unknown error", 1),
        ("against", "changed", "sparkcfg drift --against HEAD", 1),
        ("reference", "../../..", "sparkcfg drift", 0),
    ] {
        let folder = if case == "changed" { changed.path().to_owned() } else { cases.join(case) };
        let mut reports = Vec::new();
        for output in sparkcfg::outputs::ALL {
            let ran = run(&format!("{line} --format {}", output.name), &folder, home.path());
            assert_eq!(ran.code, fails, "{line} in {case} as {}: {}", output.name, ran.shown());
            assert!(!ran.stdout.contains("c4n4ry"), "{line} in {case}: {} tells a secret", output.name);
            fs::write(left.join(format!("{name}.{}", output.name)), &ran.stdout).unwrap();
            reports.push((output.name, ran.stdout));
        }
        let told = |format: &str| &*reports.iter().find(|(name, _)| *name == format).unwrap().1;
        let summary = &serde_json::from_str::<Value>(told("json")).unwrap()["summary"];
        let expected =
            ["errors", "warnings", "notes"].map(|name| usize::try_from(summary[name].as_u64().unwrap()).unwrap());
        // What is only counted is told one by one in no format but JSON.
        let findings = serde_json::from_str::<Value>(told("json")).unwrap()["findings"].clone();
        let is_counted = |finding: &&Value| {
            let is_open = ["drift-unclassified", "drift-unknown"].contains(&finding["code"].as_str().unwrap());
            let counts = !["acknowledged", "expected"].contains(&finding["bucket"].as_str().unwrap());
            let is_settled = ["unchanged", "resolved"].contains(&finding["change"].as_str().unwrap_or_default());
            counts && !is_settled && finding["severity"] == "note" && (is_open || finding["change"] == "unknown")
        };
        let counted = findings.as_array().unwrap().iter().filter(is_counted).count();
        let expected = [expected[0], expected[1], expected[2] - counted];
        for format in ["sarif", "gitlab", "rdjson", "junit", "html"] {
            assert_eq!(readers::counts(format, told(format)), Some(expected), "{line} in {case} as {format}");
        }
        assert_eq!(readers::junit_fails(told("junit")), fails == 1, "{line} in {case} as junit");
        let annotations = ["::error ", "::warning ", "::notice "]
            .map(|start| told("github").lines().filter(|line| line.starts_with(start)).count());
        assert_eq!(annotations, expected.map(|number| number.min(10)), "{line} in {case}");
        let clean = expected[0] + expected[1] == 0;
        let headline = told("markdown").lines().nth(1).unwrap();
        let (glyph, number) = (if clean { "✓" } else { "✗" }, format!("({} error", expected[0]));
        assert!(headline.starts_with(&format!("### {glyph} Config drift: ")), "{headline}");
        // What a branch adds is told by its number alone.
        let headline = headline.replace(" 1 new,", " 1 new (1 error),");
        for text in [headline.as_str(), told("human"), told("html")] {
            assert_eq!(text.contains(&number), !clean, "{line} in {case}: {text}");
        }
    }
}

/// A page with everything that can be said about 2,000 keys in three environments can still be opened and mailed.
#[test]
fn a_page_of_2000_keys_is_below_2_megabytes() {
    let home = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let environments = place.path().join("environments");
    fs::create_dir(&environments).unwrap();
    fs::write(place.path().join("sparkcfg.toml"), "[[drift.rule]]\nkeys = [\"*\"]\npolicy = \"must-match\"\n").unwrap();
    for name in ["dev", "staging", "prod"] {
        let text: String =
            (0..2_000).map(|key| format!("SERVICE_{key:04}_URL=http://{key}.{name}.internal/v1\n")).collect();
        fs::write(environments.join(format!("{name}.env")), text).unwrap();
    }
    let text = run("sparkcfg drift --format html", place.path(), home.path()).stdout;
    assert_eq!(readers::counts("html", &text), Some([2_000, 0, 0]));
    assert!(text.len() < 2_000_000, "{} bytes", text.len());
}

/// However much differs, a comment is taken, and its headline stays.
#[test]
fn a_comment_always_fits() {
    let home = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let environments = place.path().join("environments");
    fs::create_dir(&environments).unwrap();
    fs::write(place.path().join("sparkcfg.toml"), "[[drift.rule]]\nkeys = [\"*\"]\npolicy = \"must-match\"\n").unwrap();
    for keys in [1, 100, 300, 600, 3000] {
        for name in ["staging", "prod"] {
            let text: String = (0..keys).map(|key| format!("KEY_{key}={name}|`{key}` @someone #12\n")).collect();
            fs::write(environments.join(format!("{name}.env")), text).unwrap();
        }
        let text = run("sparkcfg drift staging prod --format markdown", place.path(), home.path()).stdout;
        assert!(text.len() <= 60_000, "{keys} keys: {} bytes", text.len());
        let start = format!(
            "<!-- sparkcfg:drift v1 pair=staging..prod -->\n### ✗ Config drift: {keys} unexpected ({keys} error"
        );
        assert!(text.starts_with(&start), "{keys} keys: {}", &text[..200]);
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| ✗")).collect();
        assert!(rows.iter().all(|row| row.replace("\\|", "").matches('|').count() == 7), "{:?}", rows.first());
        let left = keys - rows.len();
        assert_eq!(left > 0, text.contains(&format!("\nand {left} finding")), "{keys} keys, {} rows", rows.len());
    }
}

#[test]
fn git_takes_the_patch_and_no_secret_is_in_it() {
    let place = repository("drift/a-page-for-a-reviewer");
    let home = tempfile::tempdir().unwrap();
    let prod = place.path().join("environments/prod.env");
    let original = fs::read_to_string(&prod).unwrap();
    // The secret of this case stands right beside the lines that change, so its file stays out of the patch.
    let ran = run("sparkcfg drift --fix=unsafe --patch fix.diff", place.path(), home.path());
    assert!(
        ran.stderr.contains("set API_TIMEOUT_MS in prod as in dev: right beside a secret in environments/prod.env"),
        "{}",
        ran.shown()
    );
    // A patch of an earlier run must not be taken for this one's.
    assert_eq!(fs::read_to_string(place.path().join("fix.diff")).unwrap(), "");

    fs::write(
        &prod,
        original.replace("JWT_SIGNING_KEY=c4n4ry-both\n", "") + "# 1\n# 2\n# 3\n# 4\nJWT_SIGNING_KEY=c4n4ry-both\n",
    )
    .unwrap();
    git(place.path(), &["commit", "-qam", "two"]);
    run("sparkcfg drift --fix=unsafe --patch fix.diff", place.path(), home.path());
    let patch = fs::read_to_string(place.path().join("fix.diff")).unwrap();
    assert!(patch.contains("+API_TIMEOUT_MS=3000\n") && patch.contains("-DEBUG_TOOLBAR=false\n"), "{patch}");
    assert!(!patch.contains("c4n4ry"), "{patch}");
    git(place.path(), &["apply", "fix.diff"]);
    let (left, _) = codes("sparkcfg drift", place.path());
    assert_eq!(left.iter().map(|(code, ..)| code.as_str()).collect::<Vec<_>>(), ["drift-must-differ"], "{left:?}");
}

/// A file to which a link leads is that of several environments, too.
#[cfg(unix)]
#[test]
fn what_a_link_leads_to_is_left_alone() {
    let place = environments("", "A=1\n", "A=1\nT=1\n");
    let (folder, home) = (place.path(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink("prod.env", folder.join("environments/eu.env")).unwrap();
    let schema = r#"{"properties": {"A": {}, "T": {"x-sparkcfg": {"only-in": ["eu"]}}}}"#;
    fs::write(folder.join("schemas/app.schema.json"), schema).unwrap();
    for line in ["sparkcfg drift --fix", "sparkcfg drift --fix=unsafe", "sparkcfg drift dev prod --fix"] {
        run(line, folder, home.path());
        assert_eq!(fs::read_to_string(folder.join("environments/prod.env")).unwrap(), "A=1\nT=1\n", "{line}");
    }
}

/// A change beside a secret stays out; the others of its file do not.
#[test]
fn a_patch_lacks_only_what_stands_beside_a_secret() {
    let place = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    git(place.path(), &["init", "-q"]);
    fs::create_dir(place.path().join("environments")).unwrap();
    let text = |value: &str| {
        let lines: String = ('A'..='I').map(|key| format!("{key}=same\n")).collect();
        format!("FIRST={value}\nAPI_KEY=c4n4ry-{value}-c4n4ry\nSECOND={value}\n{lines}LAST={value}\n")
    };
    for (name, value) in [("staging", "x"), ("prod", "y")] {
        fs::write(place.path().join(format!("environments/{name}.env")), text(value)).unwrap();
    }
    let policy = "[[drift.rule]]\nkeys = [\"FIRST\", \"SECOND\", \"LAST\"]\npolicy = \"must-match\"\n";
    fs::write(place.path().join("sparkcfg.toml"), policy).unwrap();
    let ran = run("sparkcfg promote staging prod", place.path(), home.path());
    assert_eq!(ran.code, 1, "{}", ran.shown());
    assert!(ran.stdout.contains("-LAST=y\n+LAST=x\n") && !ran.stdout.contains("c4n4ry"), "{}", ran.shown());
    assert!(
        !ran.stdout.contains("FIRST") && ran.stderr.contains("set FIRST in prod as in staging: right beside"),
        "{}",
        ran.shown()
    );
    fs::write(place.path().join("last.diff"), &ran.stdout).unwrap();
    git(place.path(), &["apply", "last.diff"]);
    let applied = fs::read_to_string(place.path().join("environments/prod.env")).unwrap();
    assert_eq!(applied, text("y").replace("LAST=y", "LAST=x"));
}

/// What each tool tells of one service: the level is stale in all of them, and of the noise nothing is told.
#[test]
fn recorded_shapes_are_compared_without_their_noise() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/live");
    let home = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    copy(&data, place.path());
    fs::create_dir(place.path().join("environments")).unwrap();
    let declared =
        "API_PORT=8883\nLOG_LEVEL=warn\nDATABASE_URL=postgres://db.prod.internal:5432/app\nAPI_KEY=c4n4ry-live\n";
    fs::write(place.path().join("environments/prod.env"), declared).unwrap();
    fs::create_dir(place.path().join("schemas")).unwrap();
    let schema = r#"{"type": "object", "properties": {"API_PORT": {"type": "integer"}, "LOG_LEVEL": {"type": "string"},
        "DATABASE_URL": {"format": "postgres-url"}, "API_KEY": {"writeOnly": true}}}"#;
    fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
    let stale = ("drift-stale-live", "LOG_LEVEL");
    for (source, expected) in [
        (
            "docker:docker-inspect.json",
            vec![stale, ("drift-undeclared-live", "UV_LINK_MODE"), ("drift-undeclared-live", "VIRTUAL_ENV")],
        ),
        ("docker:docker-inspect.json docker-image:docker-image-inspect.json", vec![stale]),
        ("compose:compose-config.json#api", vec![stale]),
        ("k8s:kubectl-configmap-secret.json", vec![stale]),
        ("k8s:kubectl-deployment.json", vec![stale, ("drift-unknown", "API_KEY")]),
        ("k8s:kubectl-pod.json", vec![stale, ("drift-unknown", "API_KEY")]),
        ("pm2:pm2-jlist.json#web", vec![]),
        (
            "pm2:pm2-jlist.json#worker",
            vec![
                stale,
                ("drift-absent-live", "API_KEY"),
                ("drift-absent-live", "API_PORT"),
                ("drift-absent-live", "DATABASE_URL"),
            ],
        ),
    ] {
        let line = format!("sparkcfg drift prod {source}");
        let (found, code) = codes(&line, place.path());
        let mut told: Vec<_> = found.iter().map(|(code, key, _)| (code.as_str(), key.as_str())).collect();
        let mut expected = expected;
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected, "{source}");
        assert_eq!(code, i32::from(expected.contains(&stale)), "{source}");
        for format in ["human", "markdown", "html", "json"] {
            let ran = run(&format!("{line} --show all --format {format}"), place.path(), home.path());
            assert!(!ran.shown().contains("c4n4ry"), "{source} as {format}: {}", ran.shown());
        }
    }
}

/// A process of this machine, as Linux tells about it.
#[cfg(target_os = "linux")]
#[test]
fn a_process_is_compared_with_what_is_declared() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("environments")).unwrap();
    fs::write(place.path().join("environments/prod.env"), "PORT=80\nLOG_LEVEL=warn\nSENTRY_DSN=x\n").unwrap();
    let mut child = Command::new("sleep");
    child.arg("60").env_clear().envs([
        ("PORT", "80"),
        ("LOG_LEVEL", "info"),
        ("MYVAR", "1"),
        ("PATH", "/usr/bin:/bin"),
    ]);
    let mut child = child.spawn().unwrap();
    // Until the new program has taken its place, the process still has this one's environment.
    let environ = format!("/proc/{}/environ", child.id());
    while !fs::read(&environ).is_ok_and(|bytes| bytes.windows(5).any(|window| window == b"MYVAR")) {
        std::thread::yield_now();
    }
    let (found, code) = codes(&format!("sparkcfg drift prod proc:{}", child.id()), place.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let told: Vec<_> = found.iter().map(|(code, key, _)| (code.as_str(), key.as_str())).collect();
    let expected =
        [("drift-stale-live", "LOG_LEVEL"), ("drift-absent-live", "SENTRY_DSN"), ("drift-undeclared-live", "MYVAR")];
    assert_eq!((told.as_slice(), code), (expected.as_slice(), 1));
}

/// A deploy is stopped by what was not rendered anew; the release before can be compared with, and brought back.
#[test]
fn a_release_is_compared_with_and_brought_back() {
    let place = repository("deploy-check/in-order");
    let folder = place.path();
    let home = tempfile::tempdir().unwrap();
    let does = |line: &str| {
        let ran = run(line, folder, home.path());
        assert_eq!(ran.code, 0, "{line}: {}", ran.shown());
        ran
    };
    let write = |path: &str, from: &str, to: &str| {
        let text = fs::read_to_string(folder.join(path)).unwrap();
        assert!(text.contains(from), "{path}");
        fs::write(folder.join(path), text.replace(from, to)).unwrap();
    };
    does("sparkcfg render prod");
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", "rendered"]);
    does("sparkcfg release prod");
    assert_eq!(codes("sparkcfg deploy-check prod", folder), (Vec::new(), 0));

    write("environments/prod.env", "1.2.0", "1.3.0");
    let (found, code) = codes("sparkcfg deploy-check prod", folder);
    let told: Vec<_> = found.iter().map(|(code, key, _)| (code.as_str(), key.as_str())).collect();
    assert_eq!((told.as_slice(), code), ([("drift-changed", "APP_VERSION"), ("render-stale", "")].as_slice(), 1));
    does("sparkcfg render prod");
    let (found, code) = codes("sparkcfg deploy-check prod", folder);
    let told: Vec<_> = found.iter().map(|(code, key, _)| (code.as_str(), key.as_str())).collect();
    assert_eq!((told.as_slice(), code), ([("drift-changed", "APP_VERSION")].as_slice(), 0));

    write("environments/prod.env", "8883", "9999");
    does("sparkcfg render prod");
    assert!(does("sparkcfg release prod --diff").stdout.contains("+      - \"127.0.0.1:9999:9999\""));

    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "another port"]);
    does("sparkcfg release prod");
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "released"]);
    does("sparkcfg release prod --rollback");
    let text = fs::read_to_string(folder.join("environments/prod.env")).unwrap();
    assert_eq!(text, "API_PORT=8883\nAPP_VERSION=1.2.0\n");
}

/// What changed since the release is told; it stops a deploy where a policy says so. What the release had already, and
/// what nobody decided on, stops none.
#[test]
fn a_deploy_is_judged_by_what_changed_since_the_release() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let commit = |message: &str| {
        git(folder, &["add", "."]);
        git(folder, &["commit", "-q", "-m", message]);
    };
    let told = |line: &str| {
        let (found, code) = codes(line, folder);
        (found.into_iter().map(|(code, key, _)| format!("{code} {key}")).collect::<Vec<_>>(), code)
    };
    git(folder, &["init", "-q", "-b", "main"]);
    write(
        "schemas/app.schema.json",
        r#"{ "type": "object", "properties": {
            "API_TIMEOUT_MS": { "type": "integer", "x-sparkcfg": { "drift": "must-match" } },
            "POOL_SIZE": { "type": "integer", "x-sparkcfg": { "drift": "must-match" } },
            "CACHE_TTL": { "type": "integer" },
            "JWT_SIGNING_KEY": { "type": "string", "writeOnly": true }
        } }"#,
    );
    write(
        "templates/app.env.j2",
        "TIMEOUT={{ API_TIMEOUT_MS }}\nPOOL={{ POOL_SIZE }}\nTTL={{ CACHE_TTL }}\nJWT_SIGNING_KEY={{ JWT_SIGNING_KEY }}\n",
    );
    write("sparkcfg.toml", "[severity]\nplaintext-secret = \"note\"\n");
    write(
        "environments/staging.env",
        "API_TIMEOUT_MS=3000\nPOOL_SIZE=5\nCACHE_TTL=60\nJWT_SIGNING_KEY=c4n4ry-s7a61ng\n",
    );
    let prod = |timeout: u32, ttl: u32, key: &str| {
        write(
            "environments/prod.env",
            &format!("API_TIMEOUT_MS={timeout}\nPOOL_SIZE=9\nCACHE_TTL={ttl}\nJWT_SIGNING_KEY={key}\n"),
        );
        assert_eq!(run("sparkcfg render prod", folder, home.path()).code, 0);
    };
    prod(3000, 60, "c4n4ry-0ne");
    // Before the first release, every difference that breaks a policy counts.
    let secret = "plaintext-secret JWT_SIGNING_KEY".to_owned();
    assert_eq!(told("sparkcfg deploy-check prod"), (vec!["drift-must-match POOL_SIZE".to_owned(), secret.clone()], 1));
    commit("one");
    let ran = run("sparkcfg release prod", folder, home.path());
    assert_eq!(ran.code, 0, "{}", ran.shown());
    commit("released");
    assert_eq!(told("sparkcfg deploy-check prod"), (vec![secret.clone()], 0));

    prod(3000, 600, "c4n4ry-7w0");
    let changed = |key: &str| format!("drift-changed {key}");
    assert_eq!(
        told("sparkcfg deploy-check prod"),
        (vec![changed("CACHE_TTL"), changed("JWT_SIGNING_KEY"), secret.clone()], 0)
    );
    let ran = run("sparkcfg deploy-check prod", folder, home.path());
    let release = fs::read_to_string(folder.join("releases/prod.json")).unwrap();
    let release: Value = serde_json::from_str(&release).unwrap();
    let since = format!("prod@{}", &release["revision"].as_str().unwrap()[..12]);
    for line in [
        format!("CACHE_TTL changed since {since}: 60 → 600"),
        format!("JWT_SIGNING_KEY changed since {since} (hidden)"),
    ] {
        assert!(ran.stdout.contains(&line), "{line}: {}", ran.shown());
    }
    assert!(!ran.shown().contains("c4n4ry"), "{}", ran.shown());

    prod(30000, 60, "c4n4ry-0ne");
    assert_eq!(
        told("sparkcfg deploy-check prod"),
        (vec![changed("API_TIMEOUT_MS"), "drift-must-match API_TIMEOUT_MS".to_owned(), secret.clone()], 1)
    );
    // What is not there any more is told, too, be it the last key.
    write("environments/prod.env", "# nothing\n");
    let (told_of, code) = told("sparkcfg deploy-check prod");
    assert!(told_of.contains(&changed("CACHE_TTL")) && code == 1, "{told_of:?} {code}");
    prod(30000, 60, "c4n4ry-0ne");
    // Changed in both, it is only told.
    write(
        "environments/staging.env",
        "API_TIMEOUT_MS=30000\nPOOL_SIZE=5\nCACHE_TTL=60\nJWT_SIGNING_KEY=c4n4ry-s7a61ng\n",
    );
    assert_eq!(told("sparkcfg deploy-check prod"), (vec![changed("API_TIMEOUT_MS"), secret], 0));
}

/// What would switch a check off without a word, or compare what cannot be compared, is refused with the way out.
#[test]
fn mistakes_are_told() {
    let place = repository("drift/a-page-for-a-reviewer");
    let home = tempfile::tempdir().unwrap();
    let config = place.path().join("sparkcfg.toml");
    let before = fs::read_to_string(&config).unwrap_or_default();
    for (table, told) in
        [("\n[drift]\nprotected = [\"prd\"]\n", "[drift] protected"), ("protected = [\"prd\"]\n", "protected")]
    {
        let text = if table.starts_with('\n') { format!("{before}{table}") } else { format!("{table}{before}") };
        fs::write(&config, text).unwrap();
        let ran = run("sparkcfg drift", place.path(), home.path());
        assert_eq!(ran.code, 2, "{}", ran.shown());
        assert!(ran.stderr.contains(&format!("{told} names an unknown environment `prd`")), "{}", ran.shown());
        assert!(ran.stderr.contains("did you mean `prod`?"), "{}", ran.shown());
    }
    fs::write(&config, before).unwrap();
    let list = |levels: &[&str]| -> String {
        let one = |level: &&str| {
            format!(r#"{{"name":"web","pm2_env":{{"env":{{"LOG_LEVEL":"{level}","unique_id":"{level}"}}}}}}"#)
        };
        format!("[{}]", levels.iter().map(one).collect::<Vec<_>>().join(","))
    };
    fs::write(place.path().join("pm2.json"), list(&["info", "debug"])).unwrap();
    for (line, told) in [
        ("sparkcfg drift prd", "did you mean `prod`?"),
        ("sparkcfg drift prod dcker:-", "did you mean `docker:`?"),
        ("sparkcfg drift staging prod pm2:pm2.json#web", "one environment at a time"),
        ("sparkcfg drift prod pm2:pm2.json#web", "runs 2 times in pm2:pm2.json#web, and not with the same LOG_LEVEL"),
        ("sparkcfg drift --why x", "--ack CODE KEY"),
        ("sparkcfg drift --fix --ack-all --why x", "run one of them, then the other"),
    ] {
        let ran = run(line, place.path(), home.path());
        assert_eq!(ran.code, 2, "{}", ran.shown());
        assert!(ran.stderr.contains(told), "{}", ran.shown());
    }
}

/// What is accepted between two environments is no lost entry where a third one differs as well.
#[test]
fn a_part_of_a_difference_may_be_accepted() {
    let place = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("environments")).unwrap();
    for (name, value) in [("dev", "a"), ("staging", "b"), ("prod", "c")] {
        fs::write(place.path().join(format!("environments/{name}.env")), format!("TAGS={value}\n")).unwrap();
    }
    let policy = "[[drift.rule]]\nkeys = [\"TAGS\"]\npolicy = \"must-match\"\n";
    fs::write(place.path().join("sparkcfg.toml"), policy).unwrap();
    let ack = run("sparkcfg drift staging prod --ack drift-must-match TAGS --why x", place.path(), home.path());
    assert_eq!(ack.code, 0, "{}", ack.shown());
    let kept = fs::read_to_string(place.path().join("sparkcfg-baseline.toml")).unwrap();
    for line in ["sparkcfg drift", "sparkcfg drift --prune-acks"] {
        let ran = run(line, place.path(), home.path());
        assert!(ran.code == 1 && !ran.stdout.contains("baseline-stale"), "{}", ran.shown());
        assert_eq!(fs::read_to_string(place.path().join("sparkcfg-baseline.toml")).unwrap(), kept);
    }
}

/// What is taken out stands nowhere else where it was never committed, so its name is told; of a secret nothing more.
#[test]
fn what_a_fix_does_is_told() {
    let place = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    for folder in ["environments", "schemas"] {
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    let schema = r#"{"properties": {
        "TOOLBAR": {"x-sparkcfg": {"only-in": ["dev"]}},
        "TOKEN": {"writeOnly": true, "x-sparkcfg": {"only-in": ["dev"]}},
        "POOL": {"type": "integer", "default": 7}}, "required": ["POOL"]}"#;
    fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
    fs::write(place.path().join("environments/dev.env"), "TOOLBAR=yes\nPOOL=5\n").unwrap();
    let prod = place.path().join("environments/prod.env");
    let before = "TOOLBAR=no\nTOKEN=c4n4ry-token\nPOOL=5\n";
    fs::write(&prod, before).unwrap();
    let ran = run("sparkcfg drift --fix", place.path(), home.path());
    for line in ["  environments/prod.env:1 TOOLBAR - TOOLBAR=no\n", "  environments/prod.env:2 TOKEN is taken out\n"] {
        assert!(ran.stderr.contains(line) && !ran.shown().contains("c4n4ry"), "{line}{}", ran.shown());
    }
    assert_eq!(fs::read_to_string(&prod).unwrap(), "POOL=5\n");
    fs::write(&prod, before).unwrap();
    let silent = run("sparkcfg drift --fix -qq", place.path(), home.path());
    assert_eq!((silent.stdout.as_str(), silent.stderr.as_str(), silent.code), ("", "", 0));
    assert_eq!(fs::read_to_string(&prod).unwrap(), "POOL=5\n");
}

#[test]
fn what_is_read_is_said_on_demand() {
    let place = repository("drift/a-page-for-a-reviewer");
    let home = tempfile::tempdir().unwrap();
    let ran = |line: &str| run(line, place.path(), home.path());
    for (line, expected) in [
        ("drift", vec!["read environments/prod.env; "]),
        ("drift --against HEAD", vec!["read environments/prod.env; ", "read HEAD:environments/prod.env\n"]),
        ("drift prod env:environments/dev.env", vec!["read env:environments/dev.env\n"]),
    ] {
        let loud = ran(&format!("sparkcfg {line} -v"));
        assert!(expected.iter().all(|text| loud.stderr.contains(text)), "{}", loud.shown());
        let quiet = ran(&format!("sparkcfg {line}"));
        assert_eq!((&loud.stdout, loud.code, quiet.stderr.as_str()), (&quiet.stdout, quiet.code, ""));
    }
}

/// Of the sources that say something else than most of the others, each is marked; of as many on either side none is.
#[test]
fn a_page_marks_what_most_others_contradict() {
    let place = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    for folder in ["environments", "schemas"] {
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    let schema =
        r#"{"properties": {"POOL": {"x-sparkcfg": {"drift": "must-match"}}, "PORT": {}}, "required": ["PORT"]}"#;
    fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
    for (name, text) in [
        ("a", "POOL=5\nPORT=1\nEXTRA=1\nHALF=1\n"),
        ("b", "POOL=5\nPORT=1\nEXTRA=1\nHALF=1\n"),
        ("c", "POOL=5\nPORT=1\nEXTRA=1\nHALF=1\n"),
        ("d", "PORT=1\nEXTRA=1\n"),
        ("e", "OTHER=1\n"),
        ("f", "EXTRA=1\n"),
    ] {
        fs::write(place.path().join(format!("environments/{name}.env")), text).unwrap();
    }
    let page = run("sparkcfg drift --format html", place.path(), home.path()).stdout;
    let marked = |key: &str| {
        let start = page.find(&format!("<tr id=\"key-{key}\"")).unwrap_or_else(|| panic!("{key}\n{page}"));
        let row = page[start..].split("</tr>").next().unwrap();
        let cells =
            row.split("<td data-in=\"").skip(1).filter(|cell| cell.split('>').next().unwrap().contains("wrong"));
        cells.map(|cell| cell.split('"').next().unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(marked("PORT"), "e f");
    assert_eq!(marked("EXTRA"), "e");
    assert_eq!(marked("HALF"), "");
    assert_eq!(marked("POOL"), "");
    assert_eq!(marked("OTHER"), "e");
}

/// What reads the JSON of a comparison finds its schema where `--help` says.
#[test]
fn the_schema_of_the_json_is_printed() {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let printed = run("sparkcfg schema --print drift", place.path(), home.path());
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/drift.schema.json")).unwrap();
    assert_eq!((printed.stdout, printed.code), (kept, 0));
    let help = run("sparkcfg drift --help", place.path(), home.path()).stdout;
    assert!(help.contains("`sparkcfg schema --print report`, or `drift`"), "{help}");
}
