//! Several people and their sealed files: who may open what, and branches that meet again.

#![allow(clippy::unwrap_used, clippy::panic)]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

#[cfg(unix)]
#[path = "people/advice.rs"]
mod advice;
#[path = "people/earlier.rs"]
mod earlier;
#[cfg(unix)]
#[path = "people/history.rs"]
mod history;
#[path = "people/keys.rs"]
mod keys;
#[path = "people/leaving.rs"]
mod leaving;
#[path = "people/names.rs"]
mod names;
#[path = "people/origins.rs"]
mod origins;
#[path = "people/record.rs"]
mod record;
#[path = "people/releases.rs"]
mod releases;
#[path = "people/whole.rs"]
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use sparkcfg::envelope::{OURS, THEIRS};
use sparkcfg::identity::{Identities, Recipient};
use sparkcfg::merge::{CannotMerge, Outcome, Tools, Versions, merge};
use sparkcfg::project::config::Config;
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order, Previous, Store};

const TIME: &str = "2026-12-01T10:20:30Z";

type Values = BTreeMap<String, String>;

/// A fresh person: what opens, and whom to seal for.
fn person() -> (Identities, Recipient) {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate();
    let mut identities = Identities::default();
    assert_eq!(identities.add("test", key.to_string().expose_secret()), []);
    (identities, key.to_public().to_string().parse().unwrap())
}

fn sops() -> &'static Store {
    stores::of("prod.secrets.env").unwrap()
}

fn text(values: &Values) -> Secret {
    Secret::new(values.iter().map(|(key, value)| format!("{key}={value}\n")).collect())
}

fn seal(values: &Values, recipients: &[Recipient], new_key: bool, previous: Option<(&str, &Identities)>) -> String {
    let previous = previous.map(|(text, identities)| Previous { bytes: text.as_bytes(), identities });
    (sops().seal)(&text(values), &Order { recipients, time: TIME, new_key, anew: None, previous }).unwrap()
}

fn opened(text: &str, identities: &Identities) -> Values {
    let plain = (sops().plain)(text.as_bytes(), identities).unwrap();
    let lines = plain.expose().lines().map(|line| line.split_once('=').unwrap());
    lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Takes one side at every mark.
fn solved(text: &str, ours: bool) -> String {
    let (mut kept, mut takes) = (String::new(), true);
    for line in text.split_inclusive('\n') {
        match line {
            OURS => takes = ours,
            "=======\n" => takes = !ours,
            THEIRS => takes = true,
            line if takes => kept.push_str(line),
            _ => {}
        }
    }
    kept
}

/// What a side does to a key: nothing, change it, or remove it.
fn edits() -> impl Strategy<Value = BTreeMap<String, Option<String>>> {
    prop::collection::btree_map("[A-H]", prop::option::weighted(0.8, "[a-c]{1,2}"), 0..5)
}

fn edited(base: &Values, edits: &BTreeMap<String, Option<String>>) -> Values {
    let mut values = base.clone();
    for (key, value) in edits {
        match value {
            Some(value) => _ = values.insert(key.clone(), value.clone()),
            None => _ = values.remove(key),
        }
    }
    values
}

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// Everything a merge must keep, for any two sides: what one side changed alone is there, what both changed differently
/// is a conflict, and each way of solving that is a whole file.
fn assert_merges(base: &Values, ours: &Values, theirs: &Values, result: &Outcome, identities: &Identities) {
    let keys: BTreeSet<_> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let (mut mine, mut other, mut conflicts) = (Values::new(), Values::new(), Vec::new());
    for key in keys {
        let (was, one, two) = (base.get(key), ours.get(key), theirs.get(key));
        let (one, two) = if one == two || two == was {
            (one, one)
        } else if one == was {
            (two, two)
        } else {
            conflicts.push(key.clone());
            (one, two)
        };
        mine.extend(one.map(|value| (key.clone(), value.clone())));
        other.extend(two.map(|value| (key.clone(), value.clone())));
    }
    assert_eq!(result.conflicts, conflicts);
    let text = result.text(ToOwned::to_owned, false);
    assert_eq!(text.contains("<<<<<<<"), !conflicts.is_empty());
    assert_eq!(opened(&solved(&text, true), identities), mine);
    assert_eq!(opened(&solved(&text, false), identities), other);
}

#[test]
fn five_hundred_pairs_of_branches_meet() {
    let (identities, recipient) = person();
    let recipients = [recipient];
    let values = prop::collection::btree_map("[A-H]", "[a-c]{1,2}", 0..8);
    let disjoint = std::cell::Cell::new(0);
    proptest!(settings(500), |(base in values, left in edits(), right in edits(), apart in any::<bool>(), rotated in any::<[bool; 2]>())| {
        let mut right = right;
        if apart {
            right.retain(|key, _| !left.contains_key(key));
        }
        let (ours, theirs) = (edited(&base, &left), edited(&base, &right));
        let before = seal(&base, &recipients, false, None);
        let side = |values, new| seal(values, &recipients, new, Some((&before, &identities)));
        let (one, two) = (side(&ours, rotated[0]), side(&theirs, rotated[1]));
        let tools = Tools { store: sops(), identities: &identities, recipients: &recipients, time: TIME };
        let versions = Versions { base: before.as_bytes(), ours: one.as_bytes(), theirs: two.as_bytes() };
        let result = merge(&versions, &tools).unwrap();
        assert_merges(&base, &ours, &theirs, &result, &identities);
        if apart {
            prop_assert!(result.conflicts.is_empty());
            disjoint.set(disjoint.get() + 1);
        }
        // Nothing but what changed differs from our side, unless the other side has a new data key.
        if !rotated[1] && result.conflicts.is_empty() {
            let text = result.text(ToOwned::to_owned, false);
            let kept = |values: &Values| ours.iter().filter(|(key, value)| values.get(*key) == Some(value)).count();
            let after = opened(&text, &identities);
            let same = one.lines().filter(|line| !line.starts_with("sops_") && text.lines().any(|now| now == *line));
            prop_assert_eq!(same.count(), kept(&after));
        }
    });
    assert!(disjoint.get() > 150, "only {}", disjoint.get());
}

#[test]
fn access_that_one_side_took_away_stays_away() {
    let (laptop, laptop_key) = person();
    let (gone, gone_key) = person();
    let (new, new_key) = person();
    let both = [laptop_key.clone(), gone_key.clone()];
    let base = Values::from([("A".into(), "1".into()), ("B".into(), "1".into())]);
    let before = seal(&base, &both, false, None);
    let changed = |key: &str| edited(&base, &BTreeMap::from([(key.to_owned(), Some("2".to_owned()))]));
    let ours = seal(&changed("A"), &both, false, Some((&before, &laptop)));
    // The other branch revoked, and granted somebody whom our table does not know.
    let theirs = seal(&changed("B"), &[laptop_key.clone(), new_key.clone()], true, Some((&before, &laptop)));
    let tools = Tools { store: sops(), identities: &laptop, recipients: &both, time: TIME };
    let versions = Versions { base: before.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
    let result = merge(&versions, &tools).unwrap();
    let mut left_out = vec![gone_key.as_str().to_owned(), new_key.as_str().to_owned()];
    left_out.sort();
    assert_eq!(result.left_out, left_out);
    let text = result.text(ToOwned::to_owned, false);
    assert_eq!(opened(&text, &laptop), Values::from([("A".into(), "2".into()), ("B".into(), "2".into())]));
    for stranger in [&gone, &new] {
        assert!((sops().plain)(text.as_bytes(), stranger).is_err());
        assert!(merge(&versions, &Tools { identities: stranger, ..tools }).is_err());
    }
    assert!(!text.lines().any(|line| line.starts_with("A=") && ours.contains(line)), "the data key is new");
}

#[test]
fn whoever_came_later_merges_without_the_base() {
    let (laptop, laptop_key) = person();
    let (late, late_key) = person();
    let base = Values::from(["A", "B", "C"].map(|key| (key.to_owned(), "1".to_owned())));
    let before = seal(&base, std::slice::from_ref(&laptop_key), false, None);
    let both = [laptop_key, late_key];
    let change = |key: &str, value: Option<&str>| {
        let edit = BTreeMap::from([(key.to_owned(), value.map(ToOwned::to_owned))]);
        let values = edited(&base, &edit);
        (seal(&values, &both, false, Some((&before, &laptop))), values)
    };
    for (left, right) in
        [(("A", Some("2")), ("B", Some("2"))), (("A", None), ("D", Some("2"))), (("A", Some("2")), ("A", None))]
    {
        let ((ours, mine), (theirs, other)) = (change(left.0, left.1), change(right.0, right.1));
        let tools = Tools { store: sops(), identities: &late, recipients: &both, time: TIME };
        let versions = Versions { base: before.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        let result = merge(&versions, &tools).unwrap();
        assert_merges(&base, &mine, &other, &result, &late);
    }
}

#[test]
fn damaged_versions_are_not_merged() {
    let (laptop, key) = person();
    let recipients = [key];
    let values = Values::from([("A".into(), "1".into()), ("B".into(), "1".into())]);
    let good = seal(&values, &recipients, false, None);
    let cut: String = good.lines().filter(|line| !line.starts_with("A=")).map(|line| format!("{line}\n")).collect();
    let tools = Tools { store: sops(), identities: &laptop, recipients: &recipients, time: TIME };
    for (ours, theirs) in [(&good, &cut), (&cut, &good)] {
        let versions = Versions { base: good.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        assert!(matches!(merge(&versions, &tools), Err(CannotMerge::Open(..))));
    }
}

/// A project in a git repository of its own, and people who each have a home.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    /// Three environments, none with a secret yet.
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(scene.root().join("environments")).unwrap();
        for environment in ["dev", "staging", "prod"] {
            scene.write(&format!("environments/{environment}.env"), "LOG_LEVEL=info\n");
        }
        scene.git(&["init", "-q", "-b", "main"]);
        scene
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::write(self.root().join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap_or_default()
    }

    /// Runs sparkcfg as one of the people: exit code, stdout, stderr.
    fn run(&self, person: &str, line: &str) -> (i32, String, String) {
        self.run_with(person, line, "")
    }

    /// The same, with something to read from stdin.
    fn run_with(&self, person: &str, line: &str, input: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(self.root()).env_clear().envs(self.environment(person)).args(line.split(' '));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn environment(&self, person: &str) -> [(&'static str, OsString); 7] {
        let home = self.folder.path().join(person);
        std::fs::create_dir_all(&home).unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        [
            ("PATH", path),
            ("HOME", home.into()),
            ("USER", person.into()),
            ("NO_COLOR", "1".into()),
            ("COLUMNS", "100".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("EDITOR", "sed -i s/canary-/edited-/".into()),
        ]
    }

    /// Runs it and expects it to do its work; gives what it wrote to stdout.
    fn does(&self, person: &str, line: &str) -> String {
        let (code, out, err) = self.run(person, line);
        assert_eq!(code, 0, "{line}\n{out}{err}");
        out
    }

    /// Sets a secret as one of the people.
    fn set(&self, person: &str, key: &str, environment: &str, value: &str) {
        let (code, out, err) = self.run_with(person, &format!("secrets set {key} -e {environment}"), value);
        assert!(code == 0 && !format!("{out}{err}").contains(value), "{out}{err}");
    }

    fn git(&self, arguments: &[&str]) -> (bool, String) {
        self.git_as("laptop", arguments)
    }

    fn git_as(&self, person: &str, arguments: &[&str]) -> (bool, String) {
        let driver = format!("merge.sparkcfg.driver='{}' secrets merge %O %A %B %P", env!("CARGO_BIN_EXE_sparkcfg"));
        let mut command = Command::new("git");
        command.current_dir(self.root()).env_clear().envs(self.environment(person));
        command.args(["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", &driver]).args(arguments);
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        let (done, text) = self.git(&["commit", "-q", "-m", message]);
        assert!(done, "{text}");
    }

    /// Seals values as one of the people would, for whoever the table names.
    fn seal(&self, person: &str, environment: &str, lines: &str) {
        let path = format!("environments/{environment}.secrets.env");
        let recipients = self.recipients(environment);
        let identities = self.identities(person);
        let before = std::fs::read(self.root().join(&path)).ok();
        let previous = before.as_deref().map(|bytes| Previous { bytes, identities: &identities });
        let order = Order { recipients: &recipients, time: TIME, new_key: false, anew: None, previous };
        let text = (sops().seal)(&Secret::new(lines.to_owned()), &order).unwrap();
        self.write(&path, &text);
    }

    fn recipients(&self, environment: &str) -> Vec<Recipient> {
        let config = Config::parse("sparkcfg.toml", &self.read("sparkcfg.toml")).unwrap();
        config.recipients_of(&[environment]).unwrap()
    }

    fn identities(&self, person: &str) -> Identities {
        let path = self.folder.path().join(person).join(".config/sops/age/keys.txt");
        let mut identities = Identities::default();
        assert_eq!(identities.add("test", &std::fs::read_to_string(path).unwrap()), []);
        identities
    }

    /// What a person reads of a sealed file; `None` if it does not open for them.
    fn reads(&self, person: &str, environment: &str) -> Option<String> {
        let bytes = self.read(&format!("environments/{environment}.secrets.env"));
        let plain = (sops().plain)(bytes.as_bytes(), &self.identities(person)).ok()?;
        Some(plain.expose().to_owned())
    }

    /// The codes that `validate` finds without any key, with how many of each.
    fn found(&self) -> BTreeMap<String, usize> {
        let (_, out, err) = self.run("nobody", "validate --format json");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let mut found = BTreeMap::new();
        // That a version was brought back is a note of its own; see `history.rs`.
        let is_note =
            |finding: &&serde_json::Value| finding["code"] == "sealed-file-damaged" && finding["severity"] == "note";
        for finding in report["findings"].as_array().unwrap().iter().filter(|finding| !is_note(finding)) {
            *found.entry(finding["code"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        found.remove("cannot-open");
        found
    }
}

/// A scene with two people and secrets in every environment: `laptop` opens all, `deploy` nothing yet.
fn two_people() -> Scene {
    let scene = Scene::new();
    scene.does("laptop", "secrets init");
    scene.does("deploy", "secrets init");
    for environment in ["dev", "staging", "prod"] {
        scene.seal("laptop", environment, "# about the key\nAPI_KEY=canary-1\nDB_PASSWORD=canary-2\nTOKEN=canary-3\n");
    }
    scene.does("laptop", "secrets sync");
    scene.commit("begin");
    assert_eq!(scene.found(), BTreeMap::new());
    scene
}

#[test]
fn a_person_begins_once() {
    let scene = Scene::new();
    let public = scene.does("laptop", "secrets init");
    let files = ["sparkcfg.toml", ".gitignore", ".gitattributes", ".sops.yaml"];
    let before = files.map(|path| scene.read(path));
    assert!(public.trim().parse::<Recipient>().is_ok());
    assert!(before[0].contains(public.trim()) && before[3].contains(public.trim()));
    let key = scene.folder.path().join("laptop/.config/sops/age/keys.txt");
    let secret = std::fs::read_to_string(&key).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (code, out, err) = scene.run("laptop", "secrets init --name another");
    assert_eq!((code, out.as_str()), (0, public.as_str()), "{err}");
    assert_eq!(files.map(|path| scene.read(path)), before);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), secret);
    assert!(!format!("{out}{err}").contains("AGE-SECRET-KEY"));
    // A name that is taken, and names that cannot be one, make no key.
    for name in ["laptop", "two words", "a\u{1b}[31m", ""] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(scene.root()).env_clear().envs(scene.environment("other"));
        let output = command.env_remove("USER").args(["secrets", "init", "--name", name]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(!scene.folder.path().join("other/.config").exists());
    }
    let broken = scene.folder.path().join("third/.config/sops/age");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(broken.join("keys.txt"), "# nothing\n").unwrap();
    let (code, _, err) = scene.run("third", "secrets init");
    assert_eq!(code, 2);
    assert!(err.contains("a file is there already"), "{err}");
    assert_eq!(std::fs::read_to_string(broken.join("keys.txt")).unwrap(), "# nothing\n");
}

#[test]
fn access_comes_and_goes() {
    let scene = two_people();
    let before = scene.read("environments/prod.secrets.env");
    assert_eq!(scene.reads("deploy", "prod"), None);
    let (code, _, err) = scene.run("deploy", "secrets grant deploy prod");
    assert_eq!(code, 2, "{err}");
    assert_eq!(scene.git(&["status", "--porcelain"]).1, "", "who cannot open it changes nothing");

    scene.does("laptop", "secrets grant deploy prod");
    assert!(scene.reads("deploy", "prod").unwrap().contains("API_KEY=canary-1"));
    assert_eq!(scene.found(), BTreeMap::new());
    // Nothing but the new recipient and what proves the whole is different.
    let after = scene.read("environments/prod.secrets.env");
    let kept = after.lines().filter(|line| before.contains(line)).count();
    assert_eq!((after.lines().count(), kept), (before.lines().count() + 2, before.lines().count() - 2), "{after}");
    assert_eq!(scene.read("environments/dev.secrets.env"), scene.git(&["show", "HEAD:environments/dev.secrets.env"]).1);
    assert!(scene.read(".sops.yaml").matches("age1").count() == 4);
    let again = scene.read("sparkcfg.toml");
    scene.does("laptop", "secrets grant deploy prod");
    // What is sealed for them is made anew, because nobody else can tell what it opens to.
    let granted = scene.read("environments/prod.secrets.env");
    let values =
        |text: &str| text.lines().filter(|line| !line.starts_with("sops_")).map(str::to_owned).collect::<Vec<_>>();
    assert!(granted != after && values(&granted) == values(&after), "{granted}");
    assert_eq!(scene.read("sparkcfg.toml"), again);
    scene.commit("grant");

    let told = scene.does("laptop", "secrets revoke deploy prod");
    for key in ["API_KEY", "DB_PASSWORD", "TOKEN"] {
        assert!(told.contains(key), "{told}");
    }
    let files = ["sparkcfg.toml", ".sops.yaml", "sparkcfg-revoked.toml", "environments/prod.secrets.env"];
    for text in files.map(|path| scene.read(path)).iter().chain([&told]) {
        assert!(!text.contains("canary"), "{text}");
    }
    assert_eq!(scene.reads("deploy", "prod"), None);
    assert!(scene.reads("laptop", "prod").unwrap().contains("TOKEN=canary-3"));
    // Not one sealed value of before is left: the data key is another.
    let revoked = scene.read("environments/prod.secrets.env");
    assert!(after.lines().filter(|line| line.contains("=ENC[")).all(|line| !revoked.contains(line)));
    assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 3)]));
    scene.does("laptop", "secrets revoke deploy prod");
    assert_eq!(scene.read("environments/prod.secrets.env"), revoked, "it is revoked once");
    scene.commit("revoke");
    changes_are_struck(&scene);
}

/// After a revocation, each value is warned of until it changed, however it is sealed in between.
fn changes_are_struck(scene: &Scene) {
    let left = || scene.found().get("revoked-reader").copied().unwrap_or_default();
    scene.does("laptop", "secrets rotate prod");
    assert_eq!(left(), 3, "sealing anew changes no value");
    scene.does("laptop", "secrets unset TOKEN -e prod");
    assert_eq!(left(), 2);
    // As plain SOPS would: one value changed, the data key kept.
    scene.seal("laptop", "prod", "API_KEY=canary-9\nDB_PASSWORD=canary-2\n");
    assert_eq!(left(), 1);
    scene.does("laptop", "secrets unset DB_PASSWORD -e prod");
    assert_eq!(left(), 0);
    assert_eq!(scene.found().get("recipients-differ"), None);
}

#[test]
fn mistakes_about_people_change_nothing() {
    let scene = two_people();
    for (line, word) in [
        ("secrets grant deply prod", "did you mean `deploy`"),
        ("secrets grant deploy prd", "did you mean `prod`"),
        ("secrets grant deploy base", "for the people of all"),
        ("secrets grant third prod --key age1xyz", "checksum"),
        (
            "secrets grant laptop prod --key age1sntty6rrnszd5265qgh38vqvg9xufsthkx3cay59fyugl30r9gxqzs2nkt",
            "another public key",
        ),
        ("secrets revoke laptop prod", "nobody would be left"),
        ("secrets revoke nobody prod", "no `nobody`"),
        ("secrets rotate", "required"),
        ("secrets rotate prod --all", "cannot be used with"),
        ("secrets rotate prd", "did you mean `prod`"),
        ("secrets drill", "--identity"),
        ("secrets diff prod", "required"),
        ("secrets diff prod prd", "did you mean `prod`"),
        ("secrets diff prod prod@nowhere", "no revision `nowhere`"),
        ("secrets sync --format json", "has no effect on `secrets sync`"),
        ("secrets merge a b c environments/prod.secrets.env", "no such file"),
    ] {
        let (code, out, err) = scene.run("laptop", line);
        assert_eq!((code, out.as_str()), (2, ""), "{line}\n{out}{err}");
        assert!(err.contains(word), "{line}\n{err}");
        assert_eq!(scene.git(&["status", "--porcelain"]).1, "", "{line}");
    }
    // Somebody without a key changes nothing either.
    for line in ["secrets rotate --all", "secrets revoke laptop dev", "secrets grant deploy dev"] {
        let (code, _, err) = scene.run("nobody", line);
        assert_eq!(code, 2, "{line}\n{err}");
        assert_eq!(scene.git(&["status", "--porcelain"]).1, "", "{line}");
    }
}

/// Names come out in terminals and in the logs of CI, where some signs do more than stand there.
#[test]
fn no_name_does_anything() {
    let scene = two_people();
    let table = scene.read("sparkcfg.toml");
    let (_, public) = person();
    for name in ["", "::error::x", "a\u{1b}[31m", "b\u{202e}ob", "b\u{200b}ob"] {
        let key = public.as_str();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(scene.root()).env_clear().envs(scene.environment("laptop"));
        let output = command.args(["secrets", "grant", name, "prod", "--key", key]).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.contains("is no name for a person"), "{name:?}: {err}");
        assert!(err.lines().all(|line| !line.trim_start().starts_with("::")), "{err}");
        assert_eq!(scene.read("sparkcfg.toml"), table);
        let quoted = toml_edit::Value::from(name).to_string();
        scene.write("sparkcfg.toml", &table.replacen("[people]\n", &format!("[people]\n{quoted} = \"{key}\"\n"), 1));
        let (code, out, err) = scene.run("laptop", "secrets who");
        assert!(code == 2 && out.is_empty() && err.contains("is no name for a person"), "{name:?}: {out}{err}");
        scene.write("sparkcfg.toml", &table);
    }
    scene.write("sparkcfg.toml", &format!("{table}<<<<<<< ours\n=======\n>>>>>>> theirs\n"));
    let (code, _, err) = scene.run("laptop", "validate");
    let line = table.lines().count() + 1;
    assert!(
        code == 2 && err.contains("git left a conflict") && err.contains(&format!("sparkcfg.toml:{line}")),
        "{err}"
    );
}

/// A block may say that it is somebody's, and be sealed for anybody.
#[test]
fn whoever_is_granted_access_has_it() {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy prod");
    let path = "environments/prod.secrets.env";
    let text = scene.read(path);
    let (_, stranger) = person();
    let key = Config::parse("", &scene.read("sparkcfg.toml")).unwrap().people["deploy"].clone();
    let index = text.lines().find_map(|line| line.strip_suffix(&format!("__map_recipient={key}"))).unwrap().to_owned();
    let old = text.lines().find(|line| line.starts_with(&format!("{index}__map_enc="))).unwrap().to_owned();
    let other = sparkcfg::envelope::seal(&[7; 32], &[&stranger]).unwrap().replace('\n', "\\n");
    scene.write(path, &text.replace(&old, &format!("{index}__map_enc={other}")));
    assert_eq!(scene.reads("deploy", "prod"), None);
    scene.does("laptop", "secrets grant deploy prod");
    assert!(scene.reads("deploy", "prod").is_some());
    let (code, _, err) = scene.run("laptop", "secrets revoke dave prod");
    assert!(code == 2 && err.contains("no `dave`") && !err.contains("grant"), "{err}");
}

/// What an environment gets from its base alone says nothing about who may open the environment.
#[test]
fn a_shared_file_grants_no_environment() {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy prod");
    scene.set("laptop", "SHARED", "base", "canary-shared");
    scene.git(&["rm", "-q", "-f", "environments/dev.secrets.env"]);
    let told = scene.does("laptop", "secrets who");
    let row =
        |name: &str| told.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!((row("dev"), row("prod")), (vec!["dev", "shared", "yes"], vec!["prod", "yes", "yes"]), "{told}");
}

#[test]
fn rotation_is_for_the_people_of_the_table() {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy dev");
    scene.commit("grant");
    let before = scene.read("environments/dev.secrets.env");
    // Somebody adds themselves to a file, as whoever can push could.
    let (stranger, key) = person();
    let block = (sops().seal)(
        &Secret::new("X=1\n".into()),
        &Order { recipients: std::slice::from_ref(&key), time: TIME, new_key: false, anew: None, previous: None },
    )
    .unwrap();
    let enc = block.lines().find_map(|line| line.strip_prefix("sops_age__list_0__map_enc=")).unwrap();
    let path = "environments/dev.secrets.env";
    scene.write(
        path,
        &format!("{before}sops_age__list_2__map_enc={enc}\nsops_age__list_2__map_recipient={}\n", key.as_str()),
    );
    assert_eq!(scene.found().get("recipients-differ"), Some(&1));
    let (code, out, _) = scene.run("nobody", "secrets who --check");
    assert_eq!(code, 1, "{out}");
    scene.does("laptop", "secrets rotate --all");
    let after = scene.read(path);
    assert!(!after.contains(key.as_str()) && (sops().plain)(after.as_bytes(), &stranger).is_err());
    assert!(scene.reads("deploy", "dev").is_some());
    assert_eq!(scene.found().get("recipients-differ"), None);
    assert_eq!(scene.run("nobody", "secrets who --check").0, 0);
}

#[test]
fn every_wrong_recipient_is_found_without_a_key() {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy prod");
    let path = "environments/prod.secrets.env";
    let good = scene.read(path);
    let [one, two] = ["laptop", "deploy"].map(|name| scene.identities(name).public_keys()[0].clone());
    let (_, other) = person();
    let other = other.as_str();
    let block = |index: usize| {
        let lines = good.lines().filter(|line| line.starts_with(&format!("sops_age__list_{index}__")));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    let cases = [
        (
            "added",
            format!("{good}{}", block(0).replace("list_0", "list_2").replace(&one, other).replace(&two, other)),
            1,
        ),
        ("removed", good.replace(&block(1), ""), 1),
        ("swapped", good.replace(&two, other), 2),
        ("both swapped", good.replace(&two, other).replace(&one, &two), 2),
        ("none", good.replace(&block(0), "").replace(&block(1), ""), 2),
        ("good", good.clone(), 0),
    ];
    for (name, text, expected) in cases {
        scene.write(path, &text);
        assert_eq!(scene.found().get("recipients-differ").copied().unwrap_or_default(), expected, "{name}");
        assert_eq!(scene.run("nobody", "secrets who --check").0, i32::from(expected > 0), "{name}");
    }
}

#[test]
fn branches_meet_in_a_real_repository() {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy prod");
    scene.commit("grant");
    let text =
        |api: &str, password: &str| format!("# about the key\nAPI_KEY={api}\nDB_PASSWORD={password}\nTOKEN=canary-3\n");
    scene.git(&["checkout", "-q", "-b", "other"]);
    scene.seal("deploy", "prod", &text("canary-1", "canary-8"));
    scene.commit("theirs");
    scene.git(&["checkout", "-q", "main"]);
    scene.seal("laptop", "prod", &text("canary-7", "canary-2"));
    scene.commit("ours");
    let (merged, said) = scene.git(&["merge", "-q", "--no-edit", "other"]);
    assert!(merged, "{said}");
    assert_eq!(scene.reads("deploy", "prod").as_deref(), Some(text("canary-7", "canary-8").as_str()));
    assert_eq!(scene.found(), BTreeMap::new());
    // The diff against our side shows the value of theirs and what proves the whole; the time only after a second.
    let (_, diff) = scene.git(&["diff", "--unified=0", "HEAD^1", "--", "environments"]);
    let names: Vec<_> = added(&diff).into_iter().filter(|name| *name != "sops_lastmodified").collect();
    assert_eq!(names, ["DB_PASSWORD", "sops_mac"]);

    scene.git(&["checkout", "-q", "other"]);
    scene.seal("deploy", "prod", &text("canary-5", "canary-8"));
    scene.commit("theirs again");
    scene.git(&["checkout", "-q", "main"]);
    let (merged, said) = scene.git(&["merge", "--no-edit", "other"]);
    assert!(!merged && said.contains("both sides changed API_KEY") && !said.contains("canary"), "{said}");
    assert!(scene.git(&["status", "--porcelain"]).1.contains("UU environments/prod.secrets.env"));
    let conflict = scene.read("environments/prod.secrets.env");
    assert_eq!(conflict.matches(OURS).count(), 2, "{conflict}");
    let advice = |scene: &Scene| scene.run("nobody", "validate --format json").1;
    let (same_side, anew) = ("take the same side at every mark", "merge it anew, key by key");
    assert!(said.contains(same_side) && advice(&scene).contains(same_side) && !advice(&scene).contains(anew), "{said}");
    for (ours, expected) in [(true, "canary-7"), (false, "canary-5")] {
        scene.write("environments/prod.secrets.env", &solved(&conflict, ours));
        assert_eq!(scene.reads("laptop", "prod").as_deref(), Some(text(expected, "canary-8").as_str()));
    }
    scene.commit("solved");

    // Whoever has no key gets both versions side by side, and loses neither.
    scene.git(&["checkout", "-q", "-b", "third", "HEAD~1"]);
    let (merged, said) = scene.git_as("nobody", &["merge", "--no-edit", "other"]);
    assert!(!merged && said.contains("git checkout --merge"), "{said}");
    let both = scene.read("environments/prod.secrets.env");
    assert!(both.starts_with("<<<<<<< ours\n") && both.ends_with(">>>>>>> theirs\n"));
    assert!(advice(&scene).contains(anew) && !advice(&scene).contains(same_side));
    let (done, said) = scene.git(&["checkout", "--merge", "environments/prod.secrets.env"]);
    assert!(done, "{said}");
    assert_eq!(scene.read("environments/prod.secrets.env").matches(OURS).count(), 2);
    // What git makes of it line by line has marks that neither side of solves.
    let line_by_line = scene.read("environments/prod.secrets.env").replace(OURS, "<<<<<<< HEAD\n");
    scene.write("environments/prod.secrets.env", &line_by_line.replace(THEIRS, ">>>>>>> other\n"));
    assert!(advice(&scene).contains(anew) && !advice(&scene).contains(same_side));
}

/// The names of the lines that a diff adds, without their values.
fn added(diff: &str) -> Vec<&str> {
    let added = diff.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++"));
    added.filter_map(|line| line[1..].split_once('=')).map(|(name, _)| name).collect()
}

/// Two people and three environments, from the first key to a merge, with the commands alone.
#[test]
fn a_team_lives_with_its_secrets() {
    let scene = Scene::new();
    scene.does("laptop", "secrets init");
    scene.does("deploy", "secrets init");
    for environment in ["dev", "staging", "prod"] {
        scene.set("laptop", "API_KEY", environment, &format!("canary-{environment}-1"));
        scene.set("laptop", "DB_PASSWORD", environment, &format!("canary-{environment}-2"));
    }
    for environment in ["dev", "staging", "prod"] {
        scene.does("laptop", &format!("secrets grant deploy {environment}"));
    }
    scene.commit("begin");
    assert_eq!(scene.found(), BTreeMap::new());
    let unchanged = |person: &str, environment: &str| {
        let text = format!("API_KEY=canary-{environment}-1\nDB_PASSWORD=canary-{environment}-2\n");
        assert_eq!(scene.reads(person, environment).as_deref(), Some(text.as_str()), "{person} {environment}");
    };
    for environment in ["dev", "staging", "prod"] {
        unchanged("deploy", environment);
    }

    // One branch edits a secret, the other sets another one; both are there in the end, and nothing else changed.
    scene.git(&["checkout", "-q", "-b", "other"]);
    scene.set("deploy", "DB_PASSWORD", "prod", "canary-prod-8");
    scene.does("deploy", "secrets revoke laptop dev");
    scene.commit("theirs");
    scene.git(&["checkout", "-q", "main"]);
    scene.does("laptop", "secrets edit dev");
    scene.set("laptop", "API_KEY", "prod", "canary-prod-7");
    scene.does("laptop", "secrets revoke deploy staging");
    let diff = scene.git(&["diff", "--unified=0", "--", "environments/prod.secrets.env"]).1;
    // What was sealed twice within a second keeps its time.
    let changed: Vec<_> = added(&diff).into_iter().filter(|name| *name != "sops_lastmodified").collect();
    assert_eq!(changed, ["API_KEY", "sops_mac"]);
    scene.commit("ours");
    let (merged, said) = scene.git_as("deploy", &["merge", "--no-edit", "other"]);
    // Both took somebody out of the table: that is for people to decide, the sealed files and the record are not.
    let state = scene.git(&["status", "--porcelain"]).1;
    let conflicts: Vec<_> = state.lines().filter(|line| line.starts_with("UU") || line.starts_with("AA")).collect();
    assert!(
        merged || conflicts.iter().all(|line| line.ends_with("sparkcfg.toml") || line.ends_with(".sops.yaml")),
        "{said}{state}"
    );
    let record = scene.read("sparkcfg-revoked.toml");
    assert!(record.contains("dev.secrets.env") && record.contains("staging.secrets.env"), "{record}");
    assert!(!record.contains("<<<<<<<"), "{record}");
    assert_eq!(scene.reads("deploy", "prod").as_deref(), Some("API_KEY=canary-prod-7\nDB_PASSWORD=canary-prod-8\n"));
    for text in [said, record, scene.git(&["diff"]).1] {
        assert!(!text.contains("canary") && !text.contains("edited-"), "{text}");
    }
}

#[test]
fn whole_files_are_shared_too() {
    let scene = Scene::new();
    scene.does("laptop", "secrets init");
    scene.does("deploy", "secrets init");
    let path = "environments/prod.secrets.env.age";
    let bytes = || std::fs::read(scene.root().join(path)).unwrap();
    let reads = |person: &str| {
        let plain = (stores::of(path).unwrap().plain)(&bytes(), &scene.identities(person));
        plain.ok().map(|plain| plain.expose().to_owned())
    };
    scene.set("laptop", "API_KEY", path, "canary-1");
    scene.set("laptop", "DB_PASSWORD", "prod", "canary-2");
    scene.commit("begin");
    let text = "API_KEY=canary-1\nDB_PASSWORD=canary-2\n";
    assert_eq!((reads("laptop").as_deref(), reads("deploy")), (Some(text), None));
    let (code, _, err) = scene.run("deploy", "secrets grant deploy prod");
    assert!(code == 2 && scene.git(&["status", "--porcelain"]).1.is_empty(), "{err}");
    scene.does("laptop", "secrets grant deploy prod");
    assert_eq!((reads("laptop").as_deref(), reads("deploy").as_deref()), (Some(text), Some(text)));
    assert_eq!(scene.found(), BTreeMap::new());
    let before = bytes();
    scene.does("deploy", "secrets rotate prod");
    assert!(bytes() != before && reads("laptop").as_deref() == Some(text));
    let told = scene.does("laptop", "secrets revoke deploy prod");
    assert!(told.contains("API_KEY") && told.contains("DB_PASSWORD") && !told.contains("canary"), "{told}");
    assert_eq!((reads("laptop").as_deref(), reads("deploy")), (Some(text), None));
    assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 1)]));
    // Names are hidden too, so the record speaks of the whole file to whoever cannot open it.
    let record = scene.read("sparkcfg-revoked.toml");
    assert!(!record.contains("API_KEY") && !record.contains("canary"), "{record}");
    let left = |person: &str| {
        let told = scene.run(person, "validate --format json").1;
        let report: serde_json::Value = serde_json::from_str(&told).unwrap();
        let findings = report["findings"].as_array().unwrap().iter().filter(|one| one["code"] == "revoked-reader");
        findings.map(|one| one["key"].as_str().unwrap_or("*").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (left("laptop"), left("deploy")),
        (vec!["API_KEY".to_owned(), "DB_PASSWORD".to_owned()], vec!["*".to_owned()])
    );
    scene.set("laptop", "API_KEY", "prod", "canary-3");
    assert_eq!((left("laptop"), left("deploy")), (vec!["DB_PASSWORD".to_owned()], vec!["*".to_owned()]));
    scene.set("laptop", "API_KEY", "prod", "canary-1");
    assert_eq!(left("laptop"), ["DB_PASSWORD"]);
    let (code, out, err) = scene.run("deploy", "secrets edit prod");
    assert!(code == 2 && !format!("{out}{err}").contains("canary"), "{err}");
    scene.does("laptop", "secrets edit prod");
    assert_eq!(reads("laptop"), Some(text.replace("canary-", "edited-")));
    assert_eq!(scene.found(), BTreeMap::new());
}

#[test]
fn what_sops_was_told_is_taken_over() {
    let scene = Scene::new();
    scene.does("laptop", "secrets init --name laptop");
    let public = scene.identities("laptop").public_keys()[0].clone();
    let ((_, one), (_, two)) = (person(), person());
    for path in ["sparkcfg.toml", ".sops.yaml", ".gitattributes"] {
        std::fs::remove_file(scene.root().join(path)).unwrap();
    }
    let (one, two) = (one.as_str(), two.as_str());
    let rules = format!(
        "creation_rules:\n  - path_regex: prod\\.secrets\n    age: {one},{public}\n  - path_regex: staging\n    age: [{two}, no-key]\n    pgp: ABCD\n"
    );
    scene.write(".sops.yaml", &rules);
    scene.write("environments/test.env", "LOG_LEVEL=info\n");
    let (code, _, err) = scene.run("laptop", "secrets init");
    assert_eq!(code, 0, "{err}");
    let config = Config::parse("sparkcfg.toml", &scene.read("sparkcfg.toml")).unwrap();
    let name = |key: &str| config.owner_of(key).unwrap().to_owned();
    let mut prod = config.access["prod"].clone();
    prod.sort();
    assert_eq!(prod, ["laptop".to_owned(), name(one)]);
    assert_eq!(config.access["staging"], [name(two)]);
    assert_eq!(
        (&config.access["dev"], &config.access["test"]),
        (&vec!["laptop".to_owned()], &vec!["laptop".to_owned()])
    );
    // Names that nobody chose are marked, and what cannot be taken over is told.
    assert_eq!(scene.read("sparkcfg.toml").matches("# from .sops.yaml").count(), 2);
    for words in ["took over from .sops.yaml", "person-1", "none of age", "no public key"] {
        assert!(err.contains(words), "{words}: {err}");
    }
    // Rules that fit stay; those for the rest are added.
    assert!(scene.read(".sops.yaml").contains("path_regex: prod"), "{}", scene.read(".sops.yaml"));
    let again = scene.read("sparkcfg.toml");
    scene.does("laptop", "secrets init");
    assert_eq!(scene.read("sparkcfg.toml"), again);
    scene.write("sparkcfg.toml", "");
    scene.write(".sops.yaml", "creation_rules: [\n");
    let (code, _, err) = scene.run("laptop", "secrets init");
    assert!(code == 2 && err.contains(".sops.yaml"), "{err}");
    assert_eq!(scene.read("sparkcfg.toml"), "");
}

#[test]
fn what_is_staged_is_judged_whatever_its_name() {
    let scene = two_people();
    // A token of a published example, whose checksum is right: it opens nothing any more.
    let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
    for (path, text, ignored, expected) in [
        (".env.bak", "DB_PASSWORD=hunter2canary\n", "", (true, true)),
        (".env.bak", "DB_PASSWORD=hunter2canary\n", "*.bak\n", (false, true)),
        ("environments/prod.env~", "DB_PASSWORD=hunter2canary\n", "", (true, true)),
        ("prod.env.orig", "URL=postgres://app:hunter2canary@db.internal/app\n", "", (true, true)),
        (".env.example", "DB_PASSWORD=hunter2canary\nAPI_KEY=changeme\nKEY=namastex888\n", "", (false, false)),
        (".env.example", &format!("GITHUB={token}\n"), "", (true, true)),
        (".env.example", &format!("# {token}\n"), "", (true, true)),
        ("environments/prod.env.js", "DB_PASSWORD=hunter2canary\n", "", (false, false)),
        (".env.bak", "LOG_LEVEL=info\n", "", (false, false)),
    ] {
        scene.write(path, text);
        scene.write(".git/info/exclude", ignored);
        let count = |out: &str| out.matches("\"plaintext-secret\"").count();
        let (code, out, _) = scene.run("nobody", "validate --format json");
        assert_eq!((code, count(&out)), (i32::from(expected.0), usize::from(expected.0)), "{path} {ignored}");
        // What somebody adds all the same is refused.
        scene.git(&["add", "-f", path]);
        let (code, staged, err) = scene.run("nobody", "validate --staged --format json");
        assert_eq!(
            (code, count(&staged)),
            (i32::from(expected.1), usize::from(expected.1)),
            "{path} {ignored} {staged}"
        );
        for text in [out, staged, err] {
            assert!(!text.contains("hunter2") && !text.contains(&token), "{text}");
        }
        scene.git(&["rm", "-q", "--cached", path]);
        std::fs::remove_file(scene.root().join(path)).unwrap();
    }
}

#[test]
fn no_secret_is_let_into_any_folder() {
    use age::secrecy::ExposeSecret;
    let scene = two_people();
    let key = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
    let token = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"].concat();
    let silenced = format!("# sparkcfg: ignore-file[secrets-tracked] the key of a test\n{key}\n");
    let staged = |path: &str| {
        scene.git(&["add", "-f", path]);
        let (code, out, err) = scene.run("nobody", "validate --staged --format json");
        for text in [&out, &err] {
            assert!(!text.contains("hunter2") && !text.contains(&token) && !text.contains(&key[20..40]), "{text}");
        }
        let (again, human, _) = scene.run("nobody", "validate --staged");
        assert!(again == code && !human.contains("hunter2") && !human.contains(&key[20..40]), "{human}");
        (code, out, err)
    };
    for (path, text, expected) in [
        ("svc/.env", "DB_PASSWORD=hunter22real\n", Some("plaintext-secret")),
        ("svc/.env.local", "A=1\n", Some("secrets-tracked")),
        ("svc/.env.example", "DB_PASSWORD=changeme\n", None),
        ("deploy/keys.txt", &key, Some("secrets-tracked")),
        ("environments/ada.txt", &key, Some("secrets-tracked")),
        ("notes.md", &format!("# Notes\n\nthe key: {key}\n"), Some("secrets-tracked")),
        ("src/main.py", &format!("TOKEN = '{token}'\n"), Some("secrets-tracked")),
        ("tests/key.txt", &silenced, None),
        ("notes.md", "# Notes\n\nthe key lies in the safe\n", None),
        (".sparkcfg-plain-abc", "DB_PASSWORD=hunter22real\n", Some("secrets-tracked")),
        ("environments/prod.secrets.yaml", "db:\n  password: hunter22real\n", Some("plaintext-secret")),
        ("deploy/prod.secrets.json", "{\"password\": \"ENC[AES256_GCM,data:YQ==]\"}\n", None),
    ] {
        std::fs::create_dir_all(scene.root().join(path).parent().unwrap()).unwrap();
        scene.write(path, text);
        let (code, out, err) = staged(path);
        assert_eq!(code, i32::from(expected.is_some()), "{path}: {out}{err}");
        assert_eq!(expected.is_some(), out.contains(&format!("\"path\": \"{path}\"")), "{path}: {out}");
        assert!(expected.is_none_or(|code| out.contains(&format!("\"{code}\""))), "{path}: {out}");
        // The line that the hook shows says which of several files of one name it is.
        let told = format!("\"message\": \"{path} ");
        assert!(expected != Some("secrets-tracked") || out.contains(&told), "{path}: {out}");
        scene.git(&["rm", "-q", "--cached", path]);
        std::fs::remove_file(scene.root().join(path)).unwrap();
    }
    // As PowerShell writes it.
    let wide: Vec<u8> = format!("\u{feff}{key}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(scene.root().join("key.txt"), wide).unwrap();
    assert_eq!(staged("key.txt").0, 1);
    scene.git(&["rm", "-q", "--cached", "key.txt"]);
    std::fs::remove_file(scene.root().join("key.txt")).unwrap();
    // An env file of another project is judged there, by what its schema says; a key is one anywhere.
    std::fs::create_dir(scene.root().join("web")).unwrap();
    scene.write("web/sparkcfg.toml", "");
    scene.write("web/.env", "DB_PASSWORD=hunter22real\n");
    scene.git(&["add", "web/sparkcfg.toml"]);
    assert_eq!(staged("web/.env").0, 0);
    scene.write("web/.env", &format!("DB_PASSWORD=hunter22real\n# {key}\n"));
    assert_eq!(staged("web/.env").0, 1);
    scene.git(&["rm", "-q", "-r", "--cached", "web"]);
    // What the last commit has already is no news.
    scene.write("notes.md", &key);
    scene.git(&["add", "notes.md"]);
    scene.git(&["commit", "-q", "-m", "too late"]);
    scene.write("more.md", "nothing\n");
    let (code, out, err) = staged("more.md");
    assert_eq!(code, 0, "{out}{err}");
}

#[cfg(unix)]
#[test]
fn a_link_is_judged_by_what_it_leads_to() {
    let scene = two_people();
    std::fs::create_dir(scene.root().join("shared")).unwrap();
    for (to, expected) in [("../shared/qa.env", 1), ("../../outside.env", 2), ("/etc/hostname", 2), ("none.env", 2)] {
        scene.write("shared/qa.env", "DB_PASSWORD=hunter22real\n");
        let link = scene.root().join("environments/qa.env");
        std::os::unix::fs::symlink(to, &link).unwrap();
        scene.git(&["add", "environments", "shared"]);
        let (code, out, err) = scene.run("nobody", "validate --staged");
        assert_eq!(code, expected, "{to}: {out}{err}");
        assert!(!out.contains("hunter2") && err.contains("symbolic link") == (expected == 2), "{to}: {out}{err}");
        scene.git(&["rm", "-q", "--cached", "environments/qa.env"]);
        std::fs::remove_file(link).unwrap();
    }
}

#[test]
fn one_broken_file_hides_no_other() {
    let scene = two_people();
    let path = "environments/dev.secrets.env";
    let sealed = scene.read(path);
    scene.write(path, &format!("<<<<<<< ours\n{sealed}=======\n>>>>>>> theirs\n"));
    let (code, out, err) = scene.run("nobody", "secrets who");
    assert_eq!(code, 2, "{out}{err}");
    assert!(err.contains("git left a conflict in this file") && err.contains(path), "{err}");
    let row = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("dev").contains("unknown") && row("prod").contains("yes"), "{out}");
    let (code, json, _) = scene.run("nobody", "secrets who --format json");
    assert!(code == 2 && json.contains("\"trouble\": \"git left a conflict in this file\""), "{json}");
    scene.write(path, &sealed);
    // Elsewhere it says what is missing, and not that nobody is known.
    std::fs::remove_dir_all(scene.root().join("environments")).unwrap();
    let config = scene.read("sparkcfg.toml");
    let people = &config[..config.find("[access]").unwrap()];
    scene.write("sparkcfg.toml", people);
    let (code, out, err) = scene.run("nobody", "secrets who");
    assert!(code == 0 && out.contains("there is no environment here"), "{out}{err}");
    scene.write("sparkcfg.toml", "[workspace]\nmembers = [\"services/*\"]\n");
    for line in ["secrets who", "secrets rotate --all", "secrets drill --identity ../laptop/.config/sops/age/keys.txt"]
    {
        let (code, out, err) = scene.run("nobody", line);
        assert!(code == 2 && err.contains("the root of a workspace"), "{line}: {out}{err}");
    }
}

#[test]
fn a_drill_tells_what_a_loss_would_cost() {
    let scene = two_people();
    scene.does("laptop", "secrets grant deploy prod");
    let line = |person: &str| {
        format!(
            "secrets drill --identity {}",
            scene.folder.path().join(person).join(".config/sops/age/keys.txt").display()
        )
    };
    let (code, out, err) = scene.run("nobody", &line("laptop"));
    assert_eq!(code, 0, "{out}{err}");
    for words in
        ["3 of 3 sealed files open", "dev.secrets.env is lost for good", "prod.secrets.env opens for laptop alone"]
    {
        assert!(out.contains(words), "{out}");
    }
    // The identity that was named counts, whatever else lies around.
    let (code, out, _) = scene.run("laptop", &line("deploy"));
    assert_eq!(code, 1);
    assert!(out.contains("1 of 3 sealed files open") && out.contains("dev.secrets.env does not open"), "{out}");
    assert!(!out.contains("canary"));
}

#[test]
fn differences_have_names_and_no_values() {
    let scene = two_people();
    scene.seal("laptop", "dev", "API_KEY=canary-1\nDB_PASSWORD=canary-9\nNEW=canary-4\n");
    let rows = |person: &str, line: &str| -> Vec<String> {
        let out = scene.does(person, line);
        assert!(!out.contains("canary"));
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    for (person, line, expected) in [
        (
            "laptop",
            "secrets diff dev prod",
            ["API_KEY same", "DB_PASSWORD changed", "NEW only in dev", "TOKEN only in prod"],
        ),
        (
            "nobody",
            "secrets diff dev prod",
            ["API_KEY sealed", "DB_PASSWORD sealed", "NEW only in dev", "TOKEN only in prod"],
        ),
        (
            "nobody",
            "secrets diff dev@HEAD dev",
            ["API_KEY same", "DB_PASSWORD changed or sealed anew", "NEW only in dev", "TOKEN only in dev@HEAD"],
        ),
        (
            "laptop",
            "secrets diff environments/dev.secrets.env@HEAD environments/dev.secrets.env",
            [
                "API_KEY same",
                "DB_PASSWORD changed",
                "NEW only in environments/dev.secrets.env",
                "TOKEN only in environments/dev.secrets.env@HEAD",
            ],
        ),
    ] {
        assert_eq!(rows(person, line), expected, "{person}: {line}");
    }
}

/// A plugin that hides nothing, and leaves a mark when it is started.
#[cfg(all(unix, feature = "plugin"))]
const PLUGIN: &str = r#"#!/bin/sh
: > "$(dirname "$0")/started"
while IFS= read -r line; do
  case "$line" in
    "-> done"*) IFS= read -r line; break ;;
    "-> "*) tag=$line ;;
    ?*) case "$tag" in "-> wrap-file-key"* | "-> recipient-stanza 0 fake"*) key=$line ;; esac ;;
  esac
done
if [ -n "$key" ]; then
  case "$1" in
    --age-plugin=recipient-v1) printf -- '-> recipient-stanza 0 fake\n%s\n' "$key" ;;
    --age-plugin=identity-v1) printf -- '-> file-key 0\n%s\n' "$key" ;;
  esac
  IFS= read -r line
  IFS= read -r line
fi
printf -- '-> done\n\n'
"#;

#[cfg(all(unix, feature = "plugin"))]
#[test]
fn a_plugin_is_started_for_whom_it_belongs_to_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = two_people();
    let folder = scene.folder.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let program = folder.join("age-plugin-fake");
    std::fs::write(&program, PLUGIN).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let key = scene.folder.path().join("token.txt");
    std::fs::write(&key, "AGE-PLUGIN-FAKE-1QQQQQQQQCMU539\n").unwrap();
    let key = key.display().to_string();
    let path = std::env::join_paths(
        std::iter::once(folder.clone()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    )
    .unwrap();
    let run = |person: &str, line: &str, installed: bool, debug: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.current_dir(scene.root()).env_clear().envs(scene.environment(person)).args(line.split(' '));
        if installed {
            command.env("PATH", &path);
        }
        if debug {
            command.env("AGEDEBUG", "plugin");
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let started = std::fs::remove_file(folder.join("started")).is_ok();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), started, text)
    };
    let grant = "secrets grant token prod --key age1fake1qqqqqqqqxcpc7l";
    let (code, _, text) = run("laptop", grant, false, false);
    assert!(code == 2 && text.contains("not installed"), "{text}");
    assert_eq!(scene.git(&["status", "--porcelain"]).1, "");
    let (code, started, text) = run("laptop", grant, true, false);
    assert!(code == 0 && started, "{text}");
    let only = format!("--identity {key}");
    for (line, installed, debug, expected, words) in [
        (format!("secrets drill {only}"), true, false, (1, true), "1 of 3 sealed files open"),
        (format!("secrets drill {only}"), false, false, (2, false), "age-plugin-fake was not found"),
        (format!("secrets drill {only}"), true, true, (2, false), "AGEDEBUG"),
        (format!("validate prod {only}"), true, false, (0, false), "stays sealed"),
        ("secrets who --check".to_owned(), true, false, (0, false), "no findings"),
        ("secrets who".to_owned(), true, false, (0, false), "token"),
    ] {
        let (code, started, text) = run("nobody", &line, installed, debug);
        assert_eq!((code, started), expected, "{line}\n{text}");
        assert!(text.contains(words), "{line}\n{text}");
    }
}

#[cfg(not(feature = "plugin"))]
#[test]
fn a_plugin_needs_a_build_with_plugins() {
    let scene = two_people();
    let (code, _, err) = scene.run("laptop", "secrets grant token prod --key age1fake1qqqqqqqqxcpc7l");
    assert!(code == 2 && err.contains("--features plugin"), "{err}");
    let key = scene.folder.path().join("token.txt");
    std::fs::write(&key, "AGE-PLUGIN-FAKE-1QQQQQQQQCMU539\n").unwrap();
    let (code, _, err) = scene.run("nobody", &format!("validate --identity {}", key.display()));
    assert!(code == 2 && err.contains("--features plugin") && !err.contains("QQQQ"), "{err}");
    assert_eq!(scene.git(&["status", "--porcelain"]).1, "");
}

#[cfg(feature = "ssh")]
#[test]
fn an_ssh_key_is_a_person_too() {
    let scene = two_people();
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/sops/keys");
    let public = std::fs::read_to_string(data.join("ssh_ed25519.pub")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    command.current_dir(scene.root()).env_clear().envs(scene.environment("laptop"));
    let output = command.args(["secrets", "grant", "server", "prod", "--key", public.trim()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(scene.found(), BTreeMap::new());
    let (code, out, _) =
        scene.run("nobody", &format!("secrets drill --identity {}", data.join("ssh_ed25519").display()));
    assert!(code == 1 && out.contains("1 of 3 sealed files open") && out.contains("server"), "{out}");
    scene.does("laptop", "secrets revoke server prod");
    assert_eq!(scene.found(), BTreeMap::from([("revoked-reader".to_owned(), 3)]));
}
