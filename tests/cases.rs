//! Every folder of `tests/cases/` as a test: a small project, the command, its whole output.
//!
//! `tests/cases/<code or command>/<a sentence>/NAME.console` holds `$ sparkcfg …`, what a terminal shows, and
//! `[exit N]`. `UPDATE=1 cargo test --test cases` writes the transcripts anew; what a transcript cannot say about
//! itself (that places are right, that no secret is shown, that all formats agree) is checked beside it.
//! A folder `before` in a case holds the project as git has it under the tag `v1.0.0`.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

mod console;
mod oracles;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use console::{Ran, difference, run};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

/// A folder of `tests/cases/<group>/`.
struct Case {
    group: String,
    name: String,
    folder: PathBuf,
}

#[test]
fn every_case() {
    let cases = cases();
    assert!(cases.len() >= 2 * sparkcfg::checks::ALL.len(), "only {} cases were found", cases.len());
    let complaints: Vec<String> = cases.par_iter().flat_map_iter(complaints).collect();
    assert!(complaints.is_empty(), "{} complaints\n\n{}", complaints.len(), complaints.join("\n"));
}

/// For each code at least one case shows it and nothing else, so that it is known to be found for its own sake.
#[test]
fn every_code_stands_alone_somewhere() {
    let cases = cases();
    let alone = |code: &str| {
        let own = cases.iter().filter(|case| case.group == code && !case.name.starts_with("good-"));
        let lines = own.flat_map(|case| transcripts(case).into_iter().map(move |(_, path)| (case, command(&path))));
        let mut found =
            lines.filter_map(|(case, line)| Some(run_in_a_copy(case, &format!("{} --format json", line?)).0));
        found.any(|json| BTreeSet::from_iter(oracles::codes_of(&json)) == BTreeSet::from([code.to_owned()]))
    };
    let codes: Vec<_> = sparkcfg::checks::ALL.iter().map(|check| check.rule.code).collect();
    let never: Vec<_> = codes.par_iter().filter(|code| !alone(code)).collect();
    assert!(never.is_empty(), "{never:?}");
}

/// `--fix` takes the one line out of a Compose file, and leaves every other byte as it was.
#[test]
fn a_mended_compose_file_keeps_its_comments() {
    let name = "taken-away-and-nothing-else";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/compose-version-key").join(name);
    let case = Case { group: "compose-version-key".into(), name: name.into(), folder };
    let before = fs::read_to_string(case.folder.join("compose.yml")).unwrap();
    for (before, line) in [
        (before.clone(), "version: \"3.8\"\n"),
        (before.replace('\n', "\r\n"), "version: \"3.8\"\r\n"),
        (before.replace("version: \"3.8\"", "version: \"3.8\"  # so old"), "version: \"3.8\"  "),
    ] {
        let place = Place::new(&case.folder);
        let file = place.project().join("compose.yml");
        fs::write(&file, &before).unwrap();
        let ran = run("sparkcfg validate --fix", &place.project(), &place.home());
        assert_eq!(ran.code, 0, "{}", ran.shown());
        assert_eq!(fs::read_to_string(&file).unwrap(), before.replacen(line, "", 1), "{}", ran.shown());
    }
}

fn cases() -> Vec<Case> {
    let groups = names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"));
    let cases = groups.into_iter().flat_map(|(group, folder)| {
        names(&folder).into_iter().map(move |(name, folder)| Case { group: group.clone(), name, folder })
    });
    cases.collect()
}

fn names(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    names.sort();
    names
}

fn transcripts(case: &Case) -> Vec<(String, PathBuf)> {
    names(&case.folder).into_iter().filter(|(name, _)| name.ends_with(".console")).collect()
}

/// The command of a transcript.
fn command(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().next().and_then(|line| line.strip_prefix("$ ")).map(ToOwned::to_owned)
}

fn complaints(case: &Case) -> Vec<String> {
    let transcripts = transcripts(case);
    let title = format!("{}/{}", case.group, case.name);
    if transcripts.is_empty() {
        return vec![format!("{title}: no NAME.console")];
    }
    let mut complaints = oracles::sealed_values(&case.folder);
    for (name, path) in transcripts {
        let found = one(case, &path).into_iter().map(|text| format!("{title}/{name}: {text}"));
        complaints.extend(found);
    }
    complaints
}

fn one(case: &Case, path: &Path) -> Vec<String> {
    let expected = fs::read_to_string(path).unwrap();
    let Some(line) = command(path) else {
        return vec!["the first line is not `$ sparkcfg …`".to_owned()];
    };
    let (ran, place) = run_in_a_copy(case, &line);
    let actual = format!("$ {line}\n{}[exit {}]\n", ran.shown(), ran.code);
    let mut complaints: Vec<_> = if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        fs::write(path, &actual).unwrap();
        Vec::new()
    } else {
        difference("transcript", &expected, &actual).into_iter().collect()
    };
    complaints.extend(oracles::shows_nothing_it_must_not(&ran, place.root.path()));
    if run_in_a_copy(case, &line).0.shown() != ran.shown() {
        complaints.push("a second run says something else".to_owned());
    }
    if line.contains("sparkcfg validate") && !line.contains("--format") {
        let (json, place) = run_in_a_copy(case, &format!("{line} --format json"));
        complaints.extend(oracles::shows_nothing_it_must_not(&json, place.root.path()));
        complaints.extend(oracles::same_verdict(&ran, &json));
        complaints.extend(oracles::places_are_in_the_files(&json, &place.project()));
        let files = sparkcfg::outputs::ALL.iter().map(|output| format!(" --output {0}=../home/{0}", output.name));
        let (all, place) = run_in_a_copy(case, &format!("{line} -qq{}", files.collect::<String>()));
        complaints.extend((all.code != ran.code).then(|| format!("with all formats it ends with {}", all.code)));
        if !json.stdout.is_empty() {
            complaints.extend(oracles::formats_are_safe(&place.home(), oracles::codes_of(&json).len()));
        }
        // What `--fix` has mended is found no more.
        if sparkcfg::checks::find(&case.group).is_some() && !line.contains("--fix") {
            complaints.extend(oracles::finds(&case.group, !case.name.starts_with("good-"), &json));
        }
    }
    if line.contains("sparkcfg refs") && !line.contains("--format") && ran.stderr.is_empty() {
        let (json, place) = run_in_a_copy(case, &format!("{line} --format json"));
        complaints.extend(oracles::shows_nothing_it_must_not(&json, place.root.path()));
        complaints.extend(oracles::same_verdict(&ran, &json));
        complaints.extend(oracles::places_are_in_the_files(&json, &place.project()));
        if sparkcfg::checks::find(&case.group).is_some() {
            complaints.extend(oracles::finds(&case.group, !case.name.starts_with("good-"), &json));
        }
    }
    let compares = line.contains("sparkcfg drift")
        && !["--format", "--ack", "--prune-acks", "--suggest", "--fix", "--patch"]
            .iter()
            .any(|option| line.contains(option));
    if compares && ran.stderr.is_empty() {
        let (json, place) = run_in_a_copy(case, &format!("{line} --format json"));
        complaints.extend(oracles::shows_nothing_it_must_not(&json, place.root.path()));
        complaints.extend(oracles::same_drift(&ran, &json));
        complaints.extend(oracles::places_are_in_the_files(&json, &place.project()));
        let files = sparkcfg::outputs::ALL.iter().map(|output| format!(" --output {0}=../home/{0}", output.name));
        let (all, place) = run_in_a_copy(case, &format!("{line} -qq{}", files.collect::<String>()));
        complaints.extend((all.code != ran.code).then(|| format!("with all formats it ends with {}", all.code)));
        complaints.extend(oracles::formats_are_safe(&place.home(), oracles::codes_of(&json).len()));
        if sparkcfg::checks::find(&case.group).is_some_and(|rule| !sparkcfg::checks::is_of_validate(rule.code)) {
            complaints.extend(oracles::finds(&case.group, !case.name.starts_with("good-"), &json));
        }
    }
    complaints
}

fn run_in_a_copy(case: &Case, line: &str) -> (Ran, Place) {
    let place = Place::new(&case.folder);
    (run(line, &place.project(), &place.home()), place)
}

/// A copy of a case, so that no run sees this repository around it or changes it.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new(folder: &Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        // The search for a project goes no further up than a repository's folder.
        fs::create_dir(root.path().join("home")).unwrap();
        let place = Self { root };
        let before = folder.join("before");
        if before.is_dir() {
            copy(&before, &place.project());
            place.commit();
            fs::remove_dir_all(place.project()).unwrap();
        } else {
            fs::create_dir(place.root.path().join(".git")).unwrap();
        }
        copy(folder, &place.project());
        place
    }

    /// Commits everything, always as the same commit.
    fn commit(&self) {
        for words in [
            ["init", "-q", "-b", "main"].as_slice(),
            &["add", "project"],
            &["-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "one"],
            &["tag", "v1.0.0"],
        ] {
            let mut git = Command::new("git");
            git.current_dir(self.root.path()).args(words);
            git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            git.env("GIT_AUTHOR_DATE", "@1700000000 +0000").env("GIT_COMMITTER_DATE", "@1700000000 +0000");
            assert!(git.status().unwrap().success(), "{words:?}");
        }
    }

    fn project(&self) -> PathBuf {
        self.root.path().join("project")
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for (name, path) in names(from).into_iter().filter(|(name, _)| name != "before") {
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if !name.ends_with(".console") {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
