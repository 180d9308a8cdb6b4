//! `sparkcfg run`: what the command gets, what becomes of signals and exit codes, and what of its output is seen.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

const CANARY: &str = "hunter2canary";

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// `sparkcfg run` in a process environment of which everything is known.
fn sparkcfg(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    command.current_dir(folder).env_clear().arg("run").args(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", folder).env("NO_COLOR", "1");
    command
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn the_environment_is_exactly_this() {
    let schema = r#"{"properties": {"NODE_OPTIONS": {"type": "string"}, "ONLY_OUTSIDE": {"type": "string"}}}"#;
    let folder = project(&[
        ("environments/base.env", "PORT=1\nNAME=base\nNODE_OPTIONS=--a\nINHERITED\n"),
        ("environments/dev.env", "NAME='a \"b\"'\nEMPTY=\nURL=http://${NAME}:${PORT}\nLINES=\"1\\n2\"\n"),
        ("environments/dev.local.env", "LOCAL=1\n"),
        ("schemas/app.schema.json", schema),
    ]);
    let files = ["EMPTY=", "LINES=1\n2", "NAME=a \"b\"", "NODE_OPTIONS=--a", "PORT=1", "URL=http://a \"b\":1"];
    let home = format!("HOME={}", folder.path().display());
    let path = format!("PATH={}", std::env::var("PATH").unwrap());
    let passed = [home.as_str(), "LC_TIME=C", "NO_COLOR=1", path.as_str()];
    for (arguments, expected) in [
        (&["--clean", "--no-local"][..], vec![]),
        (&["--clean"], vec!["LOCAL=1"]),
        (&["--clean", "--pass", "OTHER", "--pass", "NOWHERE"], vec!["LOCAL=1", "OTHER=2"]),
        (&["--no-process-env"], [&["LOCAL=1"][..], &passed].concat()),
        (&["--no-process-env", "--pass", "LD_DEBUG"], [&["LOCAL=1", "LD_DEBUG=none"][..], &passed].concat()),
        (&[], [&["LOCAL=1", "INHERITED=3", "ONLY_OUTSIDE=4"][..], &passed].concat()),
    ] {
        let mut command = sparkcfg(folder.path(), &[&["dev"], arguments, &["--", "env", "-0"]].concat());
        command.envs([
            ("LC_TIME", "C"),
            ("OTHER", "2"),
            ("INHERITED", "3"),
            ("ONLY_OUTSIDE", "4"),
            ("LD_DEBUG", "none"),
            ("SOPS_AGE_KEY_CMD", "true"),
            ("SPARKCFG_AGE_PASSPHRASE", "x"),
            ("DEPLOY_AGE_KEY", "x"),
        ]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut found: Vec<_> = text.split_terminator('\0').collect();
        let mut expected = [&files[..], &expected].concat();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{arguments:?}");
    }
}

#[test]
fn what_is_passed_on_is_a_name() {
    let folder = project(&[("environments/dev.env", "A=1\n")]);
    for word in ["X=hunter2canary", "X=", "=hunter2canary", "a b=hunter2canary", ""] {
        let output = sparkcfg(folder.path(), &["dev", "--clean", "--pass", word, "--", "true"]).output().unwrap();
        let text = told(&output);
        assert_eq!(output.status.code(), Some(125), "{word}: {text}");
        assert!(text.contains("--pass takes") && !text.contains(CANARY), "{text}");
    }
}

#[test]
fn outside_overrules_files_and_says_so() {
    let folder = project(&[(".env", "LOG_LEVEL=info\nPORT=1\n")]);
    for (arguments, level, said) in [
        (&["default"][..], "debug", "from the process environment, not from the files: LOG_LEVEL\n"),
        (&["-q", "default"], "debug", ""),
        (&["default", "--no-process-env"], "info", ""),
    ] {
        let arguments = [arguments, &["--", "sh", "-c", "printf %s $LOG_LEVEL"]].concat();
        let output = sparkcfg(folder.path(), &arguments).env("LOG_LEVEL", "debug").env("PORT", "1").output().unwrap();
        assert_eq!((told(&output), output.status.code()), (format!("{level}{said}"), Some(0)), "{arguments:?}");
    }
}

#[test]
fn output_that_cannot_be_written_is_no_success() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = project(&[(".env", "A=1\n")]);
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (script, code) in [("echo hi", 1), ("echo hi; exit 3", 3), ("true", 0)] {
        let mut command = sparkcfg(folder.path(), &["default", "--mask", "--", "sh", "-c", script]);
        let output = command.stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{script}: {}", told(&output));
        assert_eq!(told(&output).contains("cannot be written"), code != 0, "{script}: {}", told(&output));
    }
    // Who looks at no more than the beginning is content.
    let mut command = sparkcfg(folder.path(), &["default", "--mask", "--", "sh", "-c", "echo hi"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(command.stdout(writer).output().unwrap().status.code(), Some(0));
}

#[test]
fn nothing_is_started_with_125_126_127() {
    let folder = project(&[
        (".env", "A=1\n"),
        (".env.warned", "B\n"),
        (".env.broken", "A=${\n"),
        (".env.loader", "LD_PRELOAD=./x.so\n"),
        (".env.python", "PYTHONPATH=./x\n"),
        (".env.flags", "LD_SDK_KEY=x\n"),
        (".env.identity", "SOPS_AGE_KEY=x\n"),
        (".env.zero", "C=a\0b\n"),
        (".env.long", &format!("LONG={}\n", "x".repeat(200_000))),
        ("a.txt", "no program\n"),
    ]);
    for (arguments, code) in [
        (&["warned", "--", "true"][..], 0),
        (&["warned", "--fail-on", "warning", "--", "true"], 125),
        (&["broken", "--", "true"], 125),
        (&["python", "--", "true"], 125),
        (&["flags", "--", "true"], 0),
        (&["broken", "--no-validate", "--", "true"], 125),
        (&["loader", "--", "true"], 125),
        (&["loader", "--no-validate", "--", "true"], 125),
        (&["identity", "--no-validate", "--", "true"], 125),
        (&["zero", "--no-validate", "--", "true"], 125),
        (&["nowhere", "--", "true"], 125),
        (&["warned", "--odd", "--", "true"], 125),
        (&["warned"], 125),
        (&["warned", "--format", "json", "--", "true"], 125),
        (&["warned", "--identity", "nowhere", "--", "true"], 125),
        (&["warned", "--", "./a.txt"], 126),
        (&["long", "--no-validate", "--", "true"], 126),
        (&["warned", "--", "./nowhere"], 127),
        (&["warned", "--", "no-such-command"], 127),
        (&["warned", "--", ""], 127),
        (&["warned", "--mask", "--", "no-such-command"], 127),
        (&["warned", "--mask", "--", "./a.txt"], 126),
        (&["warned", "--", "sh", "-c", "exit 3"], 3),
        (&["warned", "--mask", "--", "sh", "-c", "exit 4"], 4),
        (&["--help"], 0),
    ] {
        let output = sparkcfg(folder.path(), arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", told(&output));
        assert!(code < 100 || output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn it_becomes_the_command() {
    let folder = project(&[(".env", "A=1\n")]);
    let mut command = sparkcfg(folder.path(), &["default", "--", "sh", "-c", "echo $$; cat"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through\n").unwrap();
    let id = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(told(&output), format!("{id}\nthrough\n"));
    let output = sparkcfg(folder.path(), &["default", "--", "sh", "-c", "kill -USR1 $$"]).output().unwrap();
    assert_eq!(output.status.signal(), Some(10));
}

#[test]
fn a_masked_command_gets_the_signals_and_gives_its_end() {
    let folder = project(&[(".env", "A=1\n")]);
    for (script, signal, code, killed) in [
        ("trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done", Signal::TERM, Some(3), None),
        ("trap 'echo got it; exit 4' HUP; echo ready; while :; do sleep 0.05; done", Signal::HUP, Some(4), None),
        ("trap 'echo got it; exit 5' INT; echo ready; while :; do sleep 0.05; done", Signal::INT, Some(5), None),
        ("echo ready; exec sleep 60", Signal::TERM, None, Some(15)),
    ] {
        let mut command = sparkcfg(folder.path(), &["default", "--mask", "--", "sh", "-c", script]);
        // A group of its own, so that no terminal of whoever runs the tests is asked.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        let status = child.wait().unwrap();
        assert_eq!((status.code(), status.signal()), (code, killed), "{script}");
        assert_eq!(rest, if code.is_some() { "got it\n" } else { "" });
    }
}

#[test]
fn a_masked_command_shows_no_secret() {
    let env = format!(
        "DB_PASSWORD={CANARY}\nURL=postgres://app:p%40{CANARY}@db/x\nPIN_TOKEN=ab\nPORT=8080\nKEY_TOKEN='one line\n{CANARY}-2'\n"
    );
    let folder = project(&[(".env", &env)]);
    let script = r#"
        echo "$DB_PASSWORD|$URL|$PORT|$PIN_TOKEN"; echo "$KEY_TOKEN"
        printf %s "$DB_PASSWORD" | od -An -tx1 | tr -d ' \n'; echo
        printf %s "x:$DB_PASSWORD" | base64
        i=0; while [ $i -lt 3000 ]; do printf '%s' "$DB_PASSWORD$i"; i=$((i+1)); done; echo
        for letter in h u n t e r 2 c a n a r y; do printf %s $letter >&2; sleep 0.01; done; echo >&2
        printf 'Password: '; printf hunter2can"#;
    let arguments = ["default", "--no-validate", "--no-process-env", "--mask", "--", "sh", "-c", script];
    let output = sparkcfg(folder.path(), &arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let out = String::from_utf8(output.stdout).unwrap().replace(sparkcfg::source::MASK, "*");
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("*|*|8080|ab"));
    assert_eq!(lines.by_ref().take(3).collect::<Vec<_>>(), ["*", "*", "eDp*"]);
    assert_eq!(lines.next().map(|line| line.matches('*').count()), Some(3000));
    assert_eq!(lines.next(), Some("Password: hunter2can"));
    let errors = String::from_utf8(output.stderr).unwrap().replace(sparkcfg::source::MASK, "*");
    assert_eq!(errors, "too short to be masked: PIN_TOKEN\n*\n");
}

#[test]
#[cfg(target_os = "linux")]
fn core_dumps_are_off_here_and_as_before_there() {
    // The limit is lifted for as long as the program starts, so it is asked for more than once.
    let script = r#"core() { grep core "/proc/$1/limits" | tr -s ' ' | cut -d' ' -f5; }
        for try in 1 2 3 4 5 6 7 8 9; do [ "$(core $PPID)" = 0 ] || sleep 0.1; done; core $PPID; core self"#;
    let folder = project(&[(".env", "A=1\n"), ("limits.sh", script)]);
    for (arguments, expected) in [("--mask", ["0", "512"]), ("--quiet", ["any", "512"])] {
        let program = env!("CARGO_BIN_EXE_sparkcfg");
        let line = format!("ulimit -S -c 1; exec {program} run default {arguments} -- sh limits.sh");
        let output = Command::new("sh").current_dir(folder.path()).args(["-c", &line]).output().unwrap();
        let lines: Vec<_> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
        assert_eq!(lines.len(), 2, "{}", told(&output));
        let fits = |(line, expected): (&&str, &&str)| line == expected || *expected == "any";
        assert!(lines.iter().zip(&expected).all(fits), "{arguments}: {lines:?}");
    }
}
