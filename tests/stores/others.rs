//! Files for other programs to open: sealed by the library and by each command, then read by them, and changed by SOPS
//! itself. `tests/stores_real.sh` runs this; `SEALED_FILES` names the folder, `SOPS` the program.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use age::secrecy::ExposeSecret;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sparkcfg::identity::{Identities, Recipient};
use sparkcfg::secret::Secret;

use super::{lines, order, settings, sops};

const PATH: &str = "environments/prod.secrets.env";

/// The folder that the script reads, and the identity that opens all that is written there.
fn folder() -> (PathBuf, Identities, Recipient) {
    let folder = PathBuf::from(std::env::var_os("SEALED_FILES").unwrap());
    let path = folder.join("key.txt");
    if !path.exists() {
        fs::write(&path, age::x25519::Identity::generate().to_string().expose_secret()).unwrap();
    }
    let key: age::x25519::Identity = fs::read_to_string(&path).unwrap().trim().parse().unwrap();
    let mut identities = Identities::default();
    identities.add("key.txt", key.to_string().expose_secret());
    (folder, identities, key.to_public().to_string().parse().unwrap())
}

/// A sealed file, beside the values that another program should find in it and its whole text.
fn put(name: &str, sealed: &[u8], plain: &str) {
    let (folder, ..) = folder();
    let values = plain.split('\n').filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    let values: BTreeMap<_, _> = values.map(|(key, value)| (key, value.replace("\\n", "\n"))).collect();
    fs::write(folder.join(format!("{name}.env")), sealed).unwrap();
    fs::write(folder.join(format!("{name}.json")), serde_json::to_vec(&values).unwrap()).unwrap();
    fs::write(folder.join(format!("{name}.txt")), plain).unwrap();
}

/// What the independent reader can tell: it drops comments, and a byte-order mark at the beginning of a value.
fn told(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().filter(|line| !line.starts_with('#') && !line.contains('\u{feff}')).collect()
}

#[test]
#[ignore = "run by tests/stores_real.sh"]
fn write_what_the_library_seals() {
    let (_, _, recipient) = folder();
    let written = Cell::new(0);
    proptest!(settings(200), |(lines in lines())| {
        let plain = Secret::new(told(lines).concat());
        let sealed = (sops().seal)(&plain, &order(std::slice::from_ref(&recipient), None)).unwrap();
        put(&format!("sealed-{:03}", written.get()), sealed.as_bytes(), plain.expose());
        written.set(written.get() + 1);
    });
    assert_eq!(written.get(), 200);
}

/// A project of one person and somebody else, in a folder of its own.
struct Scene {
    root: tempfile::TempDir,
    key: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let (folder, _, recipient) = folder();
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("environments")).unwrap();
        fs::write(root.path().join("environments/prod.env"), "LOG_LEVEL=info\n").unwrap();
        let other = age::x25519::Identity::generate().to_public();
        let table = format!(
            "[people]\nlaptop = \"{}\"\nother = \"{other}\"\n\n[access]\nprod = [\"laptop\"]\n",
            recipient.as_str()
        );
        fs::write(root.path().join("sparkcfg.toml"), table).unwrap();
        Self { root, key: folder.join("key.txt") }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn run(&self, program: &Path, arguments: &[&str], input: &[u8], editor: &str) -> Output {
        let mut command = Command::new(program);
        command.current_dir(self.root.path()).args(arguments).env_clear().env("HOME", self.root.path());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("SOPS_AGE_KEY_FILE", &self.key);
        command.env("EDITOR", editor).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs `sparkcfg secrets`; gives its stdout.
    fn does(&self, arguments: &[&str], input: &[u8], editor: &str) -> Vec<u8> {
        let words = [&["secrets"], arguments].concat();
        let output = self.run(Path::new(env!("CARGO_BIN_EXE_sparkcfg")), &words, input, editor);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The text of the sealed file.
    fn plain(&self) -> String {
        let (_, identities, _) = folder();
        let bytes = fs::read(self.path(PATH)).unwrap();
        (sops().plain)(&bytes, &identities).unwrap().expose().to_owned()
    }
}

/// Random texts of a strategy.
fn texts<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::new(settings(1));
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// 34 files after each of six commands, each the work of those before it.
#[test]
#[ignore = "run by tests/stores_real.sh"]
fn write_what_each_command_leaves() {
    let value = "[ -~äü密🔑\n\t]{1,40}".prop_filter("set refuses blanks alone", |text| !text.trim().is_empty());
    let values = texts((value.clone(), value), 34);
    for (round, (first, second)) in values.iter().enumerate() {
        let scene = Scene::new();
        let keep = |verb: &str| {
            put(&format!("{verb}-{round:03}"), &fs::read(scene.path(PATH)).unwrap(), &scene.plain());
        };
        let quoted: String = first.chars().filter(|sign| !"'\\\n".contains(*sign)).collect();
        let text = format!("API_KEY=value-{round}\nQUOTED='{quoted}x'\nLINES=\"one\ntwo $${{three}}\"\n");
        fs::write(scene.path("loose.env"), text).unwrap();
        scene.does(&["import", "loose.env", "-e", "prod", "--no-validate"], b"", "");
        assert_eq!(scene.does(&["get", "QUOTED", "-e", "prod"], b"", ""), format!("{quoted}x").as_bytes());
        assert_eq!(scene.does(&["get", "LINES", "-e", "prod"], b"", ""), b"one\ntwo ${three}");
        keep("import");
        scene.does(&["set", "SET", "-e", "prod", "--exact", "--no-validate"], second.as_bytes(), "");
        assert_eq!(scene.does(&["get", "SET", "-e", "prod"], b"", ""), second.as_bytes());
        keep("set");
        // A blank within needs the quotes, so that the text stays as it was typed.
        fs::write(scene.path("edited.env"), format!("{}EDITED='{quoted} x'\n", scene.plain())).unwrap();
        scene.does(&["edit", "prod", "--no-validate"], b"", &format!("cp {}", scene.path("edited.env").display()));
        assert_eq!(scene.plain(), fs::read_to_string(scene.path("edited.env")).unwrap());
        keep("edit");
        for (verb, arguments) in [
            ("rotate", &["rotate", "prod"][..]),
            ("grant", &["grant", "other", "prod"]),
            ("revoke", &["revoke", "other", "prod"]),
        ] {
            let before = (scene.plain(), fs::read(scene.path(PATH)).unwrap());
            scene.does(arguments, b"", "");
            assert_eq!(scene.plain(), before.0, "{verb}");
            assert_ne!(fs::read(scene.path(PATH)).unwrap(), before.1, "{verb}");
            keep(verb);
        }
    }
}

/// Every file opens in SOPS, which checks the MAC too, to the very text; and what SOPS makes of our files opens here.
#[test]
#[ignore = "needs SOPS: run by tests/stores_real.sh"]
fn real_sops_reads_and_changes_our_files() {
    let program = PathBuf::from(std::env::var_os("SOPS").unwrap());
    let (folder, identities, _) = folder();
    let scene = Scene::new();
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|end| end == "env"));
    names.sort();
    for path in &names {
        let output = scene.run(&program, &["decrypt", &path.display().to_string()], b"", "");
        assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{}", path.display());
    }
    let mut changed = 0;
    for path in names.iter().step_by(10) {
        fs::copy(path, scene.path(PATH)).unwrap();
        scene.does(&["sync"], b"", "");
        let mut expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        expected.push_str("NEW=by SOPS\n");
        for (arguments, editor) in [
            (&["set", PATH, "[\"NEW\"]", "\"by SOPS\""][..], ""),
            (&["updatekeys", "--yes", PATH], ""),
            (&["rotate", "--in-place", PATH], ""),
            (&["edit", PATH], "sed -i '$aBY_EDITOR=too'"),
            (&["unset", PATH, "[\"BY_EDITOR\"]"], ""),
        ] {
            let output = scene.run(&program, arguments, b"", editor);
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            let bytes = fs::read(scene.path(PATH)).unwrap();
            let plain = (sops().plain)(&bytes, &identities).unwrap();
            let plain = plain.expose().replace("BY_EDITOR=too\n", "");
            assert_eq!(plain, expected, "{arguments:?}");
            changed += 1;
        }
        // What the library alone sealed has keys of any shape, which a command refuses.
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sealed-")) {
            continue;
        }
        // And back: a command here changes what SOPS wrote.
        scene.does(&["set", "NEW", "-e", "prod", "--no-validate"], b"ours", "");
        let output = scene.run(&program, &["decrypt", PATH], b"", "");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected.replace("NEW=by SOPS", "NEW=ours"));
    }
    eprintln!("SOPS opened {} files and changed some {changed} times", names.len());
    assert!(names.len() >= 400 && changed >= 200);
}
