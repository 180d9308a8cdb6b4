//! `--against`: what a branch did to differences whose values are sealed, and to environments that it renames.

use std::fs;
use std::path::Path;

use age::secrecy::ExposeSecret;
use serde_json::Value;

use super::console::run;
use super::{codes, git, repository};

/// A repository with sealed files, and the key to them.
pub(super) struct Sealed {
    place: tempfile::TempDir,
    pub(super) home: tempfile::TempDir,
    recipient: sparkcfg::identity::Recipient,
}

impl Sealed {
    pub(super) fn new(schema: &str) -> Self {
        let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for folder in ["environments", "schemas"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
        let key = age::x25519::Identity::generate();
        fs::write(home.path().join("key.txt"), key.to_string().expose_secret()).unwrap();
        git(place.path(), &["init", "-q", "-b", "main"]);
        Self { recipient: key.to_public().to_string().parse().unwrap(), place, home }
    }

    pub(super) fn folder(&self) -> &Path {
        self.place.path()
    }

    pub(super) fn seal(&self, path: &str, text: &str) {
        let recipients = [self.recipient.clone()];
        let order = sparkcfg::stores::Order {
            recipients: &recipients,
            time: "2026-12-01T10:20:30Z",
            new_key: true,
            anew: None,
            previous: None,
        };
        let plain = sparkcfg::secret::Secret::new(text.to_owned());
        let sealed = (sparkcfg::stores::of(path).unwrap().seal)(&plain, &order).unwrap();
        fs::write(self.folder().join(path), sealed).unwrap();
    }

    pub(super) fn commit(&self) {
        git(self.folder(), &["add", "-A"]);
        git(self.folder(), &["commit", "-q", "-m", "one"]);
    }

    /// What `drift --against HEAD` finds, with the key or without, and how it ends.
    pub(super) fn against(&self, key: bool, more: &str) -> (Vec<String>, i32) {
        let key =
            if key { format!(" --identity {}", self.home.path().join("key.txt").display()) } else { String::new() };
        let (found, code) = codes(&format!("sparkcfg drift --against HEAD{key}{more}"), self.folder());
        (found.into_iter().map(|(code, key, change)| format!("{code} {key} {change}")).collect(), code)
    }
}

pub(super) const PROD: &str = "environments/prod.secrets.env";
pub(super) const STAGING: &str = "environments/staging.secrets.env";

/// With the key values are compared in memory; without it, sealed text that is another one may hold what it held.
#[test]
fn a_changed_secret_is_never_unchanged() {
    let schema = r#"{"properties": {"SHARED_KEY": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#;
    let known = |change: &str| vec![format!("drift-must-match SHARED_KEY {change}")];
    let hidden = |change: &str| vec![format!("drift-unknown SHARED_KEY {change}")];
    for (prod, with_key, without) in [
        (None, (known("unchanged"), 0), (hidden("unchanged"), 0)),
        // Sealed anew, as after `secrets rotate`.
        (Some("c4n4ry-prod"), (known("unchanged"), 0), (hidden("unknown"), 0)),
        (Some("c4n4ry-new"), (known("introduced"), 1), (hidden("unknown"), 0)),
        (Some("c4n4ry-staging"), (known("resolved"), 0), (hidden("unknown"), 0)),
    ] {
        for ending in ["", ".age"] {
            let sealed = Sealed::new(schema);
            sealed.seal(&format!("{STAGING}{ending}"), "SHARED_KEY=c4n4ry-staging\n");
            sealed.seal(&format!("{PROD}{ending}"), "SHARED_KEY=c4n4ry-prod\n");
            sealed.commit();
            if let Some(value) = prod {
                sealed.seal(&format!("{PROD}{ending}"), &format!("SHARED_KEY={value}\n"));
            }
            assert_eq!(sealed.against(true, ""), with_key, "{prod:?}{ending}");
            assert_eq!(sealed.against(false, ""), without, "{prod:?}{ending}");
            let changed = i32::from(prod.is_some());
            assert_eq!(sealed.against(false, " --unknown error").1, changed, "{prod:?}{ending}");
            for format in ["human", "markdown", "html"] {
                let line = format!("sparkcfg drift --against HEAD --format {format}");
                let ran = run(&line, sealed.folder(), sealed.home.path());
                assert_eq!(ran.stdout.contains("nknown whether changed"), prod.is_some(), "{}", ran.shown());
                assert!(!ran.shown().contains("c4n4ry"), "{}", ran.shown());
            }
        }
    }
}

/// Of a part that must stay the same, another password says nothing; and of what could not be opened before, nobody can
/// say that it is new.
#[test]
fn only_what_a_difference_is_about_is_followed() {
    let schema = r#"{"properties": {"DATABASE_URL": {"format": "postgres-url", "writeOnly": true,
        "x-sparkcfg": {"drift": "may-differ", "same": ["port"]}}}}"#;
    let url = |password: &str, port: u16| format!("DATABASE_URL=postgres://a:c4n4ry-{password}@db:{port}/a\n");
    for (password, port, change, code) in
        [("one", 15432, "unchanged", 0), ("two", 15432, "unchanged", 0), ("one", 25432, "introduced", 0)]
    {
        let sealed = Sealed::new(schema);
        sealed.seal(STAGING, &url("staging", 5432));
        sealed.seal(PROD, &url("one", 15432));
        sealed.commit();
        sealed.seal(PROD, &url(password, port));
        let expected = vec![format!("drift-shape DATABASE_URL {change}")];
        assert_eq!(sealed.against(true, ""), (expected, code), "{password} {port}");
    }
    // Sealed for somebody else before.
    let sealed =
        Sealed::new(r#"{"properties": {"SHARED_KEY": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#);
    let other =
        Sealed { recipient: age::x25519::Identity::generate().to_public().to_string().parse().unwrap(), ..sealed };
    other.seal(STAGING, "SHARED_KEY=c4n4ry-staging\n");
    other.seal(PROD, "SHARED_KEY=c4n4ry-prod\n");
    other.commit();
    let key = fs::read_to_string(other.home.path().join("key.txt")).unwrap();
    let key: age::x25519::Identity = key.parse().unwrap();
    let sealed = Sealed { recipient: key.to_public().to_string().parse().unwrap(), ..other };
    sealed.seal(STAGING, "SHARED_KEY=c4n4ry-staging\n");
    sealed.seal(PROD, "SHARED_KEY=c4n4ry-prod\n");
    assert_eq!(sealed.against(true, ""), (vec!["drift-must-match SHARED_KEY unknown".to_owned()], 0));
    assert_eq!(sealed.against(true, " --unknown error").1, 1);
}

/// An environment that gets another name brings its differences along; what changes with it is new all the same.
#[test]
fn a_renamed_environment_is_the_same() {
    let schema = r#"{"properties": {
        "TIMEOUT": {"type": "integer", "x-sparkcfg": {"drift": "must-match"}},
        "POOL": {"type": "integer", "x-sparkcfg": {"drift": "must-match"}},
        "JWT_KEY": {"writeOnly": true, "x-sparkcfg": {"drift": "must-differ"}}, "NAME": {"x-sparkcfg": {"drift": "may-differ"}}}}"#;
    for (name, text, expected, code) in [
        ("preprod", None, [("JWT_KEY", "unchanged"), ("TIMEOUT", "unchanged")].as_slice(), 0),
        // Before the other ones in the order of names.
        ("a", Some("TIMEOUT=9\nPOOL=1\nNAME=s\n"), &[("TIMEOUT", "introduced"), ("JWT_KEY", "unchanged")], 1),
        (
            "preprod",
            Some("TIMEOUT=3\nPOOL=7\nNAME=s\n"),
            &[("POOL", "introduced"), ("JWT_KEY", "unchanged"), ("TIMEOUT", "unchanged")],
            1,
        ),
        // Nothing of it is left, so it is another one.
        (
            "qa",
            Some("TIMEOUT=4\nPOOL=2\n"),
            &[("JWT_KEY", "introduced"), ("POOL", "introduced"), ("TIMEOUT", "introduced")],
            1,
        ),
    ] {
        let sealed = Sealed::new(schema);
        let write =
            |name: &str, text: &str| fs::write(sealed.folder().join(format!("environments/{name}.env")), text).unwrap();
        write("base", "POOL=1\n");
        write("prod", "TIMEOUT=30\n");
        write("staging", "TIMEOUT=3\nPOOL=1\nNAME=s\n");
        for path in [STAGING, PROD] {
            sealed.seal(path, "JWT_KEY=c4n4ry-of-both\n");
        }
        sealed.commit();
        for end in ["env", "secrets.env"] {
            git(
                sealed.folder(),
                &["mv", &format!("environments/staging.{end}"), &format!("environments/{name}.{end}")],
            );
        }
        if let Some(text) = text {
            write(name, text);
        }
        let (found, ended) = sealed.against(true, "");
        let told = |(key, change): &(&str, &str)| format!("{key} {change}");
        let found: Vec<_> = found.iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
        assert_eq!((found, ended), (expected.iter().map(told).collect(), code), "{name} {text:?}");
    }
}

/// What was accepted of an environment that is no more is an entry that covers nothing.
#[test]
fn an_entry_about_an_environment_that_is_no_more_is_stale() {
    let sealed = Sealed::new(r#"{"properties": {"TIMEOUT": {"x-sparkcfg": {"drift": "must-match"}}}}"#);
    for (name, text) in [("dev", "3"), ("staging", "3"), ("prod", "30")] {
        let path = sealed.folder().join(format!("environments/{name}.env"));
        fs::write(path, format!("TIMEOUT={text}\n")).unwrap();
    }
    let runs = |line: &str| run(line, sealed.folder(), sealed.home.path());
    assert_eq!(runs("sparkcfg drift staging prod --ack drift-must-match TIMEOUT --why x").code, 0);
    fs::rename(sealed.folder().join("environments/staging.env"), sealed.folder().join("environments/qa.env")).unwrap();
    let told = |line: &str| codes(line, sealed.folder()).0.iter().any(|(code, ..)| code == "baseline-stale");
    assert!(told("sparkcfg drift"));
    runs("sparkcfg drift --prune-acks");
    assert!(!told("sparkcfg drift"));
    let text = fs::read_to_string(sealed.folder().join("sparkcfg-baseline.toml")).unwrap();
    assert!(!text.contains("staging"), "{text}");
}

/// What was an error and is sealed now is not resolved, and not unchanged either: nobody here can see what it is.
#[test]
fn what_nobody_can_open_is_not_resolved() {
    let sealed = Sealed::new("{}");
    for name in ["staging", "prod"] {
        let path = sealed.folder().join(format!("environments/{name}.env"));
        fs::write(path, "JWT_SECRET=c4n4ry-in-both-environments\n").unwrap();
    }
    sealed.commit();
    for (name, path) in [("staging", STAGING), ("prod", PROD)] {
        sealed.seal(path, "JWT_SECRET=c4n4ry-in-both-environments\n");
        fs::remove_file(sealed.folder().join(format!("environments/{name}.env"))).unwrap();
    }
    let ran = run("sparkcfg drift --against HEAD --format json", sealed.folder(), sealed.home.path());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.shown()));
    let counts = ["undecided", "unchanged", "resolved"].map(|name| report["counts"][name].as_u64().unwrap());
    assert_eq!((counts, ran.code), ([1, 0, 0], 0), "{}", ran.shown());
}

/// A branch that mends a part of a difference did not make the rest of it.
#[test]
fn what_is_left_of_a_difference_is_not_new() {
    let schema = r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}},
        "OWN": {"x-sparkcfg": {"drift": "must-differ"}}}}"#;
    for (staging, prod, one, own, code) in [
        ("ONE=2\nOWN=x\n", "ONE=2\nOWN=y\n", "unchanged", "unchanged", 0),
        ("ONE=2\nOWN=x\n", "ONE=4\nOWN=x\n", "introduced", "unchanged", 1),
        ("ONE=1\nOWN=x\n", "ONE=3\nOWN=z\n", "unchanged", "unchanged", 0),
        ("ONE=2\nOWN=z\n", "ONE=3\nOWN=z\n", "unchanged", "introduced", 1),
    ] {
        let sealed = Sealed::new(schema);
        let write = |name: &str, text: &str| {
            fs::write(sealed.folder().join(format!("environments/{name}.env")), text).unwrap();
        };
        for (name, text) in [("dev", "ONE=1\nOWN=x\n"), ("staging", "ONE=2\nOWN=x\n"), ("prod", "ONE=3\nOWN=x\n")] {
            write(name, text);
        }
        sealed.commit();
        write("staging", staging);
        write("prod", prod);
        let (mut found, ended) = sealed.against(false, "");
        found.sort();
        let expected = vec![format!("drift-must-differ OWN {own}"), format!("drift-must-match ONE {one}")];
        assert_eq!((found, ended), (expected, code), "{staging} {prod}");
    }
}

/// A value that is taken over from one environment parts from those that had it before.
#[test]
fn a_difference_that_moves_is_new() {
    let sealed = Sealed::new(r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}}}}"#);
    let write = |name: &str, text: &str| {
        fs::write(sealed.folder().join(format!("environments/{name}.env")), text).unwrap();
    };
    for (name, text) in [("dev", "ONE=1\n"), ("staging", "ONE=1\n"), ("prod", "ONE=2\n")] {
        write(name, text);
    }
    sealed.commit();
    write("staging", "ONE=2\n");
    assert_eq!(sealed.against(false, ""), (vec!["drift-must-match ONE introduced".to_owned()], 1));
}

/// What came to the other branch meanwhile is not this one's doing.
#[test]
fn a_branch_is_compared_with_where_it_began() {
    let sealed = Sealed::new(r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}}, "TWO": {}}}"#);
    let write = |name: &str, text: &str| {
        fs::write(sealed.folder().join(format!("environments/{name}.env")), text).unwrap();
    };
    write("staging", "ONE=1\n");
    write("prod", "ONE=2\n");
    sealed.commit();
    git(sealed.folder(), &["switch", "-q", "-c", "work"]);
    write("prod", "ONE=2\nTWO=1\n");
    sealed.commit();
    git(sealed.folder(), &["switch", "-q", "main"]);
    write("prod", "ONE=1\n");
    sealed.commit();
    git(sealed.folder(), &["switch", "-q", "work"]);
    let against = |revision: &str| codes(&format!("sparkcfg drift --against {revision}"), sealed.folder());
    let told = |change: &str| (vec![("drift-must-match".to_owned(), "ONE".to_owned(), change.to_owned())], 0);
    assert_eq!(against("main"), told("unchanged"));
    assert_eq!(against("HEAD~1"), told("unchanged"));
    write("prod", "ONE=3\nTWO=1\n");
    let (found, code) = against("main");
    assert_eq!((found[0].2.as_str(), code), ("introduced", 1), "{found:?}");
}

/// A project that was moved is followed, whether the move is committed or not; one that git cannot follow is told.
#[test]
fn a_moved_project_is_the_same() {
    let schema = r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}},
        "TWO": {"x-sparkcfg": {"drift": "may-differ"}}}}"#;
    for (from, to) in [("app", "services/app"), ("app", ""), ("", "services/app")] {
        for committed in [false, true] {
            let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let before = place.path().join(from);
            for (path, text) in [
                ("environments/dev.env", "ONE=1\nTWO=a\n"),
                ("environments/prod.env", "ONE=2\nTWO=b\n"),
                ("schemas/app.schema.json", schema),
            ] {
                fs::create_dir_all(before.join(path).parent().unwrap()).unwrap();
                fs::write(before.join(path), text).unwrap();
            }
            git(place.path(), &["init", "-q", "-b", "main"]);
            git(place.path(), &["add", "-A"]);
            git(place.path(), &["commit", "-q", "-m", "one"]);
            git(place.path(), &["tag", "v1"]);
            let now = place.path().join(to);
            fs::create_dir_all(&now).unwrap();
            for folder in ["environments", "schemas"] {
                let path = |below: &str| {
                    [below, folder].iter().filter(|it| !it.is_empty()).copied().collect::<Vec<_>>().join("/")
                };
                git(place.path(), &["mv", &path(from), &path(to)]);
            }
            if committed {
                git(place.path(), &["commit", "-q", "-m", "moved"]);
            }
            let (found, code) = codes("sparkcfg drift --against v1", &now);
            let old = vec![("drift-must-match".to_owned(), "ONE".to_owned(), "unchanged".to_owned())];
            assert_eq!((found, code), (old, 0), "{from} {to} {committed}");
            fs::write(now.join("environments/prod.env"), "ONE=2\nTWO=c\n").unwrap();
            let changed = run("sparkcfg drift prod@v1 prod", &now, home.path());
            assert!(changed.code == 0 && changed.stdout.contains("TWO  b → c"), "{}", changed.shown());
        }
    }
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    git(place.path(), &["init", "-q", "-b", "main"]);
    git(place.path(), &["commit", "-q", "--allow-empty", "-m", "one"]);
    fs::create_dir_all(place.path().join("new/environments")).unwrap();
    fs::write(place.path().join("new/environments/prod.env"), "ONE=1\n").unwrap();
    let ran = run("sparkcfg drift prod@HEAD prod --project new", place.path(), home.path());
    assert!(
        ran.code == 2 && ran.stderr.contains("there is no project in HEAD:new, and git knows of none"),
        "{}",
        ran.shown()
    );
}

/// A secret that takes over what another environment has makes a difference smaller, and one that leaves it makes a new one.
#[test]
fn secrets_that_come_to_agree_make_no_new_difference() {
    let sealed = Sealed::new(r#"{"properties": {"ONE": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}}}"#);
    let seal = |name: &str, value: &str| {
        sealed.seal(&format!("environments/{name}.secrets.env"), &format!("ONE=c4n4ry-{value}\n"));
    };
    for (name, value) in [("dev", "a"), ("staging", "b"), ("prod", "c")] {
        seal(name, value);
    }
    sealed.commit();
    let told = |change: &str, code| (vec![format!("drift-must-match ONE {change}")], code);
    seal("prod", "b");
    assert_eq!(sealed.against(true, ""), told("unchanged", 0));
    sealed.commit();
    seal("prod", "a");
    assert_eq!(sealed.against(true, ""), told("introduced", 1));
}

/// What was accepted of secrets counts again once one of them is another, and not when it is only sealed anew.
#[test]
fn an_accepted_secret_that_changes_counts_again() {
    let schema = r#"{"properties": {"ONE": {"writeOnly": true, "x-sparkcfg": {"drift": "must-match"}}, "TWO": {"writeOnly": true}}}"#;
    for ending in ["", ".age"] {
        let sealed = Sealed::new(schema);
        let seal = |name: &str, one: &str, two: &str| {
            let text = format!("ONE=c4n4ry-{one}\nTWO=c4n4ry-{two}-{name}\n");
            sealed.seal(&format!("environments/{name}.secrets.env{ending}"), &text);
        };
        let key = sealed.home.path().join("key.txt");
        let drift = |more: &str| {
            run(&format!("sparkcfg drift --identity {} {more}", key.display()), sealed.folder(), sealed.home.path())
        };
        seal("dev", "a", "x");
        seal("prod", "b", "x");
        // The files are committed only afterwards, as they often are.
        assert_eq!(drift("--ack drift-must-match ONE --why TODO").code, 0);
        sealed.commit();
        let baseline = fs::read_to_string(sealed.folder().join("sparkcfg-baseline.toml")).unwrap();
        assert!(baseline.contains("sealed = [\"") && !baseline.contains("c4n4ry"), "{baseline}");
        for (one, two, code) in [("b", "x", 0), ("b", "y", 0), ("c", "y", 1), ("b", "y", 0)] {
            seal("prod", one, two);
            let ran = drift("");
            assert_eq!(ran.code, code, "{one} {two}: {}", ran.shown());
            let json = drift("--format json");
            assert_eq!(json.stdout.contains("it was accepted with other values"), code == 1, "{}", json.shown());
            // Without the key nobody can say.
            let ran = run("sparkcfg drift", sealed.folder(), sealed.home.path());
            assert_eq!(ran.code, 0, "{}", ran.shown());
        }
        seal("prod", "c", "y");
        assert_eq!(drift("--ack drift-must-match ONE --why TODO").code, 0);
        assert_eq!(drift("").code, 0);
        // Where git has no such file, what was accepted stays so.
        fs::remove_dir_all(sealed.folder().join(".git")).unwrap();
        seal("prod", "d", "y");
        assert_eq!(drift("").code, 0);
    }
}

/// A branch is told of what it wrote, at its place.
#[test]
fn a_finding_points_at_what_is_new() {
    let sealed = Sealed::new(
        r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}}, "OWN": {"x-sparkcfg": {"drift": "must-differ"}}}}"#,
    );
    let write = |name: &str, text: &str| {
        fs::write(sealed.folder().join(format!("environments/{name}.env")), text).unwrap();
    };
    write("base", "ONE=1\n");
    for name in ["dev", "prod", "staging"] {
        write(name, &format!("OWN={name}\n"));
    }
    sealed.commit();
    let places = || {
        let ran = run("sparkcfg drift --against HEAD --format json", sealed.folder(), sealed.home.path());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let place = |finding: &Value| {
            let location = &finding["location"];
            format!("{} {}:{}", finding["key"].as_str().unwrap(), location["path"].as_str().unwrap(), location["line"])
        };
        let mut told: Vec<_> = report["findings"].as_array().unwrap().iter().map(place).collect();
        told.sort();
        told
    };
    write("canary", "OWN=prod\nONE=2\n");
    assert_eq!(places(), ["ONE environments/canary.env:2", "OWN environments/canary.env:1"]);
    write("canary", "OWN=canary\n");
    write("dev", "OWN=dev\nONE=2\n");
    assert_eq!(places(), ["ONE environments/dev.env:2"]);
}

/// A clone that does not reach back to where a branch began says so.
#[test]
fn a_shallow_clone_is_told() {
    let sealed = Sealed::new(r#"{"properties": {"ONE": {"x-sparkcfg": {"drift": "must-match"}}}}"#);
    let write = |name: &str, text: &str| {
        fs::write(sealed.folder().join(format!("environments/{name}.env")), text).unwrap();
    };
    write("staging", "ONE=1\n");
    write("prod", "ONE=2\n");
    sealed.commit();
    git(sealed.folder(), &["switch", "-q", "-c", "work"]);
    write("dev", "ONE=1\n");
    sealed.commit();
    git(sealed.folder(), &["switch", "-q", "main"]);
    write("prod", "ONE=1\n");
    sealed.commit();
    let around = tempfile::tempdir().unwrap();
    let from = format!("file://{}", sealed.folder().display());
    git(around.path(), &["clone", "-q", "--depth", "1", "-b", "work", &from, "clone"]);
    let clone = around.path().join("clone");
    git(&clone, &["fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let ran = run("sparkcfg drift --against origin/main", &clone, sealed.home.path());
    assert!(ran.code == 2 && ran.stderr.contains("git fetch --unshallow"), "{}", ran.shown());
    git(&clone, &["fetch", "-q", "--unshallow", "origin"]);
    assert_eq!(run("sparkcfg drift --against origin/main", &clone, sealed.home.path()).code, 0);
}

/// A branch is not stopped by what is broken where it began: all of its drift is new.
#[test]
fn a_broken_revision_stops_no_branch_that_mends_it() {
    for path in ["schemas/app.schema.json", "sparkcfg.toml", "sparkcfg-baseline.toml"] {
        let place = repository("drift/a-page-for-a-reviewer");
        let home = tempfile::tempdir().unwrap();
        let file = place.path().join(path);
        let whole = fs::read_to_string(&file).ok();
        fs::write(&file, "{\n").unwrap();
        git(place.path(), &["add", "."]);
        git(place.path(), &["commit", "-q", "-m", "broken"]);
        match &whole {
            Some(text) => fs::write(&file, text).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let ran = run("sparkcfg drift --against HEAD", place.path(), home.path());
        let is_told = ran.stdout.contains(&format!("broken: HEAD:{path}:"));
        // Of the baseline only what it would accept is lost.
        let accepts = path.ends_with("baseline.toml");
        let expected = if accepts { "unchanged 4" } else { "introduced 4" };
        assert!(ran.stdout.contains(expected) && (is_told || accepts), "{}", ran.shown());
        assert_eq!(ran.code, i32::from(!accepts), "{}", ran.shown());
    }
}
