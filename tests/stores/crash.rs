//! A run that is cut off leaves the old file or the new one, whole, and nothing that stops the next run: killed at many
//! moments, at every system call, on a full disk, and where nothing can be written.
//!
//! `SPARKCFG` names another build of the program, `KILLS` how often each command is killed at random.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sparkcfg::identity::Identities;
use sparkcfg::secret::Secret;
use sparkcfg::stores;

use super::order;

/// A command that changes sealed files, what it reads, and whether it can be given again once it is done.
struct Verb {
    arguments: &'static [&'static str],
    input: &'static str,
    again: bool,
}

const VERBS: [Verb; 7] = [
    Verb { arguments: &["set", "B_TOKEN", "-e", "prod", "--no-validate"], input: "a new value", again: true },
    Verb { arguments: &["unset", "B_TOKEN", "-e", "prod"], input: "", again: false },
    Verb { arguments: &["edit", "prod", "--no-validate"], input: "", again: true },
    Verb { arguments: &["rotate", "--all"], input: "", again: true },
    Verb { arguments: &["grant", "newcomer", "prod"], input: "", again: true },
    Verb { arguments: &["revoke", "former", "prod"], input: "", again: true },
    // A whole file, which does not show whom it is sealed for.
    Verb { arguments: &["revoke", "former", "staging"], input: "", again: true },
];

const SEALED: [&str; 3] =
    ["environments/dev.secrets.env", "environments/prod.secrets.env", "environments/staging.secrets.env.age"];

/// How the names of files begin that a killed run may leave behind until the next one.
const LEFTOVER: &str = ".sparkcfg-sealed-";

/// A project in a folder of its own, and how it was at the beginning.
struct Scene {
    root: PathBuf,
    original: BTreeMap<String, Vec<u8>>,
    identities: Identities,
    former: Identities,
    newcomer: Identities,
}

/// The text and data of the files of a project, as far as they are to be compared.
type State = BTreeMap<String, String>;

impl Scene {
    fn new(root: &Path) -> Self {
        use age::secrecy::ExposeSecret;
        let keys: Vec<_> = (0..3).map(|_| age::x25519::Identity::generate()).collect();
        let opening = |key: &age::x25519::Identity| {
            let mut identities = Identities::default();
            identities.add("test", key.to_string().expose_secret());
            identities
        };
        // The newcomer is known, and opens nothing yet.
        let recipients: Vec<_> = keys[..2].iter().map(|key| key.to_public().to_string().parse().unwrap()).collect();
        let mut original = BTreeMap::new();
        for path in SEALED {
            let plain = Secret::new(format!("A_TOKEN=old-one-{path}\nB_TOKEN=old-two\nC_TOKEN=old-three\n"));
            let sealed = (stores::of(path).unwrap().seal)(&plain, &order(&recipients, None)).unwrap();
            original.insert(path.to_owned(), sealed.into_bytes());
        }
        let [laptop, former, newcomer] = [0, 1, 2].map(|index| keys[index].to_public().to_string());
        let both = "[\"laptop\", \"former\"]";
        let table = format!(
            "[people]\nlaptop = \"{laptop}\"\nformer = \"{former}\"\nnewcomer = \"{newcomer}\"\n\n[access]\ndev = {both}\nprod = {both}\nstaging = {both}\n"
        );
        original.insert("sparkcfg.toml".into(), table.into_bytes());
        fs::create_dir_all(root.join("home")).unwrap();
        fs::write(root.join("home/key.txt"), keys[0].to_string().expose_secret()).unwrap();
        let [identities, former, newcomer] = [0, 1, 2].map(|index| opening(&keys[index]));
        let scene = Self { root: root.to_owned(), original, identities, former, newcomer };
        scene.restore();
        scene
    }

    fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// Makes everything as it was.
    fn restore(&self) {
        let _ = fs::remove_dir_all(self.project());
        fs::create_dir_all(self.project().join("environments")).unwrap();
        for (path, bytes) in &self.original {
            fs::write(self.project().join(path), bytes).unwrap();
        }
    }

    fn command(&self, program: &[&str], verb: &Verb) -> Command {
        let own = std::env::var("SPARKCFG").unwrap_or_else(|_| env!("CARGO_BIN_EXE_sparkcfg").to_owned());
        let mut words: Vec<_> = program.iter().map(|word| (*word).to_owned()).collect();
        words.push(own);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("secrets").args(verb.arguments).arg("--project").arg(self.project());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let home = self.root.join("home");
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home).env("SOPS_AGE_KEY_FILE", home.join("key.txt"));
        command.env("EDITOR", "sed -i s/old-two/a-new-value/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, program: &[&str], verb: &Verb) -> Output {
        let mut child = self.command(program, verb).spawn().unwrap();
        // A program that is killed, or reads nothing, may be gone already.
        let _ = child.stdin.take().unwrap().write_all(verb.input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What every file says; a sealed one that does not open whole ends the test.
    fn state(&self, what: &dyn Fn() -> String) -> State {
        let mut state = State::new();
        for path in files(&self.project()) {
            let bytes = fs::read(self.project().join(&path)).unwrap();
            let Some(store) = stores::of(&path).filter(|_| !path.contains(LEFTOVER)) else {
                state.insert(path, String::from_utf8_lossy(&bytes).into_owned());
                continue;
            };
            let plain = (store.plain)(&bytes, &self.identities);
            let plain = plain.unwrap_or_else(|why| panic!("{path} is {why:?}: {}", what()));
            let [former, newcomer] =
                [&self.former, &self.newcomer].map(|identities| (store.plain)(&bytes, identities).is_ok());
            // A new data key is seen by what was kept.
            let kept = self.original.get(&path).is_some_and(|original| data(original).is_subset(&data(&bytes)));
            state.insert(path, format!("{} former: {former}, newcomer: {newcomer}, key kept: {kept}", plain.expose()));
        }
        state
    }
}

/// The sealed lines of a file that no command here edits.
fn data(bytes: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().filter(|line| line.starts_with("A_TOKEN") || line.len() == 64);
    lines.map(str::to_owned).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// Whether all that is there is as it was or as it is to be; how many files are.
fn judged(found: &State, before: &State, after: &State, what: &dyn Fn() -> String) -> (usize, usize) {
    let (mut old, mut new) = (0, 0);
    for path in before.keys() {
        assert!(found.contains_key(path), "{path} is gone: {}", what());
    }
    for (path, text) in found.iter().filter(|(path, _)| !path.contains(LEFTOVER)) {
        let (was, will) = (before.get(path), after.get(path));
        // The record of what somebody could read has the time in it.
        let is_record = was.is_none() && will.is_some();
        assert!(is_record || Some(text) == was || Some(text) == will, "{path} is neither old nor new: {}", what());
        old += usize::from(Some(text) == was && was != will);
        new += usize::from(Some(text) == will && was != will);
    }
    (old, new)
}

/// A verb's run that nobody disturbs: how things are before and after, and how long it takes.
fn undisturbed(scene: &Scene, verb: &Verb) -> (State, State, Duration) {
    let mut shortest = Duration::MAX;
    let mut states = (State::new(), State::new());
    for _ in 0..3 {
        scene.restore();
        let before = scene.state(&|| "at the beginning".to_owned());
        let start = Instant::now();
        let output = scene.run(&[], verb);
        shortest = shortest.min(start.elapsed());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{:?}: {told}", verb.arguments);
        let after = scene.state(&|| "at the end".to_owned());
        assert_ne!(before, after, "{:?} changes nothing", verb.arguments);
        states = (before, after);
    }
    (states.0, states.1, shortest)
}

/// What must hold after a run was cut off, and after the next one.
fn survives(
    scene: &Scene,
    verb: &Verb,
    (before, after): (&State, &State),
    what: &dyn Fn() -> String,
) -> (usize, usize) {
    let counts = judged(&scene.state(what), before, after, what);
    let again = scene.run(&[], verb);
    let told = String::from_utf8_lossy(&again.stderr);
    let done = verb.again || counts.1 == 0;
    assert_eq!(again.status.code(), Some(if done { 0 } else { 2 }), "the next run: {}: {told}", what());
    let found = scene.state(what);
    let (old, _) = judged(&found, before, after, what);
    assert_eq!(old, 0, "the next run does not end it: {}: {told}", what());
    if done {
        assert!(found.keys().eq(after.keys()), "something is left behind: {}: {:?}", what(), found.keys());
        let private = files(&scene.root.join("home"));
        assert_eq!(private, ["key.txt"], "{}", what());
    }
    counts
}

/// Numbers without a pattern, the same in every run.
fn random(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    f64::from(u32::try_from(*state >> 32).unwrap()) / f64::from(u32::MAX)
}

/// Kills a verb's runs, each `kills[i]` of its usual length after its start; how many left the old state, the new one,
/// and something between.
fn kill(verb: &Verb, kills: &[f64]) -> [usize; 3] {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(folder.path());
    let (before, after, length) = undisturbed(&scene, verb);
    let mut counts = [0; 3];
    for moment in kills {
        scene.restore();
        let mut child = scene.command(&[], verb).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(verb.input.as_bytes());
        std::thread::sleep(length.mul_f64(*moment));
        // It may have ended.
        let _ = child.kill();
        child.wait().unwrap();
        let what = || format!("{:?} killed after {:.1} % of {length:?}", verb.arguments, moment * 100.0);
        match survives(&scene, verb, (&before, &after), &what) {
            (_, 0) => counts[0] += 1,
            (0, _) => counts[1] += 1,
            _ => counts[2] += 1,
        }
    }
    counts
}

#[test]
fn a_killed_run_leaves_the_old_file_or_the_new_one() {
    for verb in &VERBS {
        let counts = kill(verb, &[0.2, 0.5, 0.7, 0.8, 0.9, 1.5]);
        assert_eq!(counts.iter().sum::<usize>(), 6);
    }
}

#[test]
#[ignore = "takes minutes: run by tests/crash_real.sh"]
fn a_thousand_killed_runs_leave_the_old_file_or_the_new_one() {
    let each = std::env::var("KILLS").map_or(250, |text| text.parse().unwrap());
    let mut seed = 0x5eed_5eed_5eed_5eed;
    for verb in &VERBS {
        // Half of them anywhere, half where files are written.
        let kills: Vec<_> = (0..each)
            .map(|index| if index % 2 == 0 { random(&mut seed) * 1.1 } else { 0.5 + random(&mut seed) * 0.5 })
            .collect();
        let [old, new, between] = kill(verb, &kills);
        eprintln!("{}: killed {each} times: {old} old, {new} new, {between} old and new by file", verb.arguments[0]);
        assert!(old > 0 && new > 0);
    }
}

/// The calls that change what others see.
const CALLS: &str = "openat,write,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,fchmod,fchown,flock,mkdir";

#[test]
#[ignore = "needs strace: run by tests/crash_real.sh"]
fn a_run_killed_at_any_call_leaves_the_old_file_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(folder.path());
    for verb in &VERBS {
        let (before, after, _) = undisturbed(&scene, verb);
        let mut counts = [0; 3];
        for at in 1.. {
            scene.restore();
            let rule = format!("inject={CALLS}:signal=KILL:when={at}");
            let output = scene.run(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=all", "-e", &rule], verb);
            let what = || format!("{:?} killed at call {at}", verb.arguments);
            match survives(&scene, verb, (&before, &after), &what) {
                (_, 0) => counts[0] += 1,
                (0, _) => counts[1] += 1,
                _ => counts[2] += 1,
            }
            if output.status.success() {
                break;
            }
        }
        let [old, new, between] = counts;
        eprintln!("{}: killed at each call: {old} old, {new} new, {between} old and new by file", verb.arguments[0]);
        assert!(old > 10 && new > 0);
    }
}

#[test]
#[ignore = "needs strace: run by tests/crash_real.sh"]
fn a_run_whose_writing_fails_leaves_the_old_file_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(folder.path());
    for verb in &VERBS {
        let (before, after, _) = undisturbed(&scene, verb);
        let mut refused = 0;
        for (calls, error, most) in
            [("write", "ENOSPC", 40), ("fsync", "EIO", 8), ("rename", "EROFS", 8), ("fchmod", "EPERM", 8)]
        {
            for at in 1..=most {
                scene.restore();
                let rule = format!("inject={calls}:error={error}:when={at}");
                let output =
                    scene.run(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=all", "-e", &rule], verb);
                let what = || format!("{:?}: {calls} {at} ends with {error}", verb.arguments);
                let found = scene.state(&what);
                judged(&found, &before, &after, &what);
                assert!(!found.keys().any(|path| path.contains(LEFTOVER)), "{}: {:?}", what(), found.keys());
                let code = output.status.code();
                assert!(code == Some(0) || (code == Some(2) && !output.stderr.is_empty()), "{}: {code:?}", what());
                refused += usize::from(code == Some(2));
                if code == Some(0) {
                    assert!(SEALED.iter().all(|path| found[*path] == after[*path]), "{}: said to be done", what());
                }
            }
        }
        eprintln!("{}: refused {refused} times for a failed call", verb.arguments[0]);
        assert!(refused >= 3);
    }
}

/// Mounts, or mounts anew, a file system in memory.
fn mount(options: &str, folder: &Path) {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).status().unwrap();
    assert!(mounted.success());
}

#[test]
#[ignore = "needs root, to mount: run by tests/crash_real.sh"]
fn a_full_or_read_only_disk_keeps_the_old_files() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(folder.path());
    let project = scene.project();
    let mut said = Vec::new();
    for verb in &VERBS {
        let (before, after, _) = undisturbed(&scene, verb);
        let _ = fs::remove_dir_all(&project);
        fs::create_dir_all(&project).unwrap();
        mount("size=128k", &project);
        fs::create_dir_all(project.join("environments")).unwrap();
        for (path, bytes) in &scene.original {
            fs::write(project.join(path), bytes).unwrap();
        }
        for full in [true, false] {
            if full {
                // The last write is cut short.
                let _ = fs::write(project.join("filler"), vec![0; 1 << 20]);
            } else {
                mount("remount,ro,size=128k", &project);
            }
            let output = scene.run(&[], verb);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let what = || format!("{:?}, full: {full}: {told}", verb.arguments);
            assert_eq!(output.status.code(), Some(2), "{}", what());
            let expected = if full { "no space is left" } else { "the file system is read-only" };
            assert!(told.contains(expected), "{}", what());
            for (path, bytes) in &scene.original {
                assert_eq!(&fs::read(project.join(path)).unwrap(), bytes, "{path}: {}", what());
            }
            if full {
                let found: BTreeSet<_> = files(&project).into_iter().collect();
                let mut expected: BTreeSet<_> = before.keys().cloned().collect();
                expected.insert("filler".into());
                assert_eq!(found, expected, "{}", what());
                fs::remove_file(project.join("filler")).unwrap();
            }
            said.push(told);
        }
        mount("remount,rw,size=128k", &project);
        let what = || format!("{:?} once there is space again", verb.arguments);
        survives(&scene, verb, (&before, &after), &what);
        assert!(Command::new("umount").arg(&project).status().unwrap().success());
    }
    said.dedup();
    eprintln!("{}", said.concat());
}
