//! A run that writes secrets in plain text, cut off: nothing of it is left where git would take it, no value is lost, and the
//! next run clears away what there is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use sparkcfg::identity::Identities;
use sparkcfg::secret::Secret;

use super::{order, sops};

const SEALED: &str = "environments/prod.secrets.env";
const BEFORE: &str = "API_KEY=canary-sealed-1\nTOKEN=canary-sealed-2\n";
const PLAIN: &str = ".env.old";
const IMPORTED: &str = "API_KEY=canary-plain-1\nPORT=8080\n";

/// What a file may hold: nothing where it need not be there.
type Contents<'c> = &'c [Option<&'c str>];

/// A command that writes plain text or takes it away, and what the files of the project may then hold.
struct Verb {
    arguments: &'static [&'static str],
    sealed: Contents<'static>,
    plain: Contents<'static>,
    written: &'static str,
    /// The exit code of the same command once it is done.
    again: i32,
}

const VERBS: [Verb; 3] = [
    Verb {
        arguments: &["export", "prod", "--as", "dotenv", "--to", "prod.local.env"],
        sealed: &[Some(BEFORE)],
        plain: &[Some(IMPORTED)],
        written: "prod.local.env",
        again: 2,
    },
    Verb {
        arguments: &["export", "prod", "--as", "age", "--to", "backup/prod.age"],
        sealed: &[Some(BEFORE)],
        plain: &[Some(IMPORTED)],
        written: "backup/prod.age",
        again: 2,
    },
    Verb {
        arguments: &["import", PLAIN, "-e", "prod", "--key", "API_KEY", "--overwrite", "--remove", "--no-validate"],
        sealed: &[Some(BEFORE), Some("API_KEY=canary-plain-1\nTOKEN=canary-sealed-2\n")],
        plain: &[Some(IMPORTED), Some("PORT=8080\n")],
        written: PLAIN,
        again: 2,
    },
];

/// A project in a repository, with a key in a home of its own.
struct Scene {
    folder: tempfile::TempDir,
    identities: Identities,
    sealed: String,
    table: String,
}

impl Scene {
    fn new() -> Self {
        use age::secrecy::ExposeSecret;
        let key = age::x25519::Identity::generate();
        let mut identities = Identities::default();
        identities.add("test", key.to_string().expose_secret());
        let public = key.to_public().to_string();
        let sealed = (sops().seal)(&Secret::new(BEFORE.to_owned()), &order(&[public.parse().unwrap()], None)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("home")).unwrap();
        fs::write(folder.path().join("home/key.txt"), key.to_string().expose_secret()).unwrap();
        let table = format!("[people]\nlaptop = \"{public}\"\n\n[access]\nprod = [\"laptop\"]\n");
        let scene = Self { folder, identities, sealed, table };
        scene.restore();
        scene
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// Makes everything as it was.
    fn restore(&self) {
        let root = self.root();
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("environments")).unwrap();
        let files = [(SEALED, self.sealed.as_str()), (PLAIN, IMPORTED), ("sparkcfg.toml", &self.table)];
        for (path, text) in files.into_iter().chain([(".gitignore", "*.local.env\n.env.old\n")]) {
            fs::write(root.join(path), text).unwrap();
        }
        self.git(&["init", "-q"]);
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.root()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, program: &[&str], arguments: &[&str]) -> Command {
        let own = std::env::var("SPARKCFG").unwrap_or_else(|_| env!("CARGO_BIN_EXE_sparkcfg").to_owned());
        let words = [program, &[own.as_str(), "secrets"], arguments].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.root()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let home = self.folder.path().join("home");
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home).env("SOPS_AGE_KEY_FILE", home.join("key.txt"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, program: &[&str], arguments: &[&str]) -> Output {
        self.command(program, arguments).output().unwrap()
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read(self.root().join(path)).ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn opened(&self) -> String {
        let plain = (sops().plain)(self.text(SEALED).unwrap().as_bytes(), &self.identities).unwrap();
        plain.expose().to_owned()
    }

    /// Everything holds what it may, and git would take nothing that holds a value; whether the command has done its work.
    fn judge(&self, verb: &Verb, what: &str) -> bool {
        let taken = self.git(&["ls-files", "--others", "--cached", "--exclude-standard", "-z"]);
        for path in taken.split_terminator('\0') {
            let text = self.text(path).unwrap();
            assert!(!text.contains("canary"), "git would take {path}: {what}");
        }
        let (opened, plain) = (self.opened(), self.text(PLAIN));
        assert!(verb.sealed.contains(&Some(opened.as_str())), "{SEALED} is neither old nor new: {what}");
        assert!(verb.plain.contains(&plain.as_deref()), "{PLAIN} is neither old nor new: {what}");
        assert!(
            plain.unwrap().contains("canary-plain-1") || opened.contains("canary-plain-1"),
            "a value is lost: {what}"
        );
        let written = self.text(verb.written);
        match verb.written {
            PLAIN => written.as_deref() == verb.plain[1],
            "prod.local.env" => {
                assert!(written.is_none() || written.as_deref() == Some(BEFORE), "{} is cut off: {what}", verb.written);
                written.is_some()
            }
            path => written.is_some_and(|text| {
                assert!(text.trim_end().ends_with("-----END AGE ENCRYPTED FILE-----"), "{path} is cut off: {what}");
                true
            }),
        }
    }

    /// The next run, which must end what the one before began, and what is left behind then.
    fn survives(&self, verb: &Verb, what: &str) -> bool {
        let done = self.judge(verb, what);
        let again = self.run(&[], verb.arguments);
        let told = String::from_utf8_lossy(&again.stderr);
        let code = if done { verb.again } else { 0 };
        assert_eq!(again.status.code(), Some(code), "the next run: {what}: {told}");
        assert!(self.judge(verb, what), "the next run does not end it: {what}: {told}");
        let read = self.run(&[], &["get", "TOKEN", "-e", "prod"]);
        assert!(read.status.success() && read.stdout == b"canary-sealed-2", "{what}");
        let left = left_behind(&self.root());
        assert!(left.is_empty(), "something is left behind: {what}: {left:?}");
        done
    }
}

/// The temporary files in a folder, git's own included.
fn left_behind(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name.starts_with(".sparkcfg-") || name.starts_with(".tmp") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn a_killed_run_leaves_no_plain_text_to_git() {
    let scene = Scene::new();
    for verb in &VERBS {
        for moment in [2, 4, 6, 9, 14, 25, 60] {
            scene.restore();
            let mut child = scene.command(&[], verb.arguments).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(moment));
            // It may have ended.
            let _ = child.kill();
            child.wait().unwrap();
            scene.survives(verb, &format!("{:?} killed after {moment} ms", verb.arguments));
        }
    }
}

/// The calls that change what others see.
const CALLS: &str = "openat,write,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,fchmod,fchown,flock,mkdir";

#[test]
#[ignore = "needs strace: run by tests/crash_real.sh"]
fn a_run_killed_at_any_call_leaves_no_plain_text_to_git() {
    let scene = Scene::new();
    for verb in &VERBS {
        let (mut undone, mut done) = (0, 0);
        for at in 1.. {
            scene.restore();
            let rule = format!("inject={CALLS}:signal=KILL:when={at}");
            let strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=all", "-e", &rule];
            let output = scene.run(&strace, verb.arguments);
            let what = format!("{:?} killed at call {at}", verb.arguments);
            *(if scene.survives(verb, &what) { &mut done } else { &mut undone }) += 1;
            if output.status.success() {
                break;
            }
        }
        eprintln!("{} {}: killed at each call: {undone} undone, {done} done", verb.arguments[0], verb.arguments[3]);
        assert!(undone > 10 && done > 0);
    }
}
