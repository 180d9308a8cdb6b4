//! What runs, where it is not as it usually is: stopped, several times over, no text, or not what a schema speaks of.

use std::fs;

use super::console::{Ran, run};

/// Compares prod with a source, a file with these bytes beside the project.
fn compared(schema: &str, source: &str, bytes: &[u8]) -> Ran {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in ["environments", "schemas"] {
        fs::create_dir(place.path().join(folder)).unwrap();
    }
    fs::write(place.path().join("environments/prod.env"), "A=1\nW=2\nBOTH=3\n").unwrap();
    fs::write(place.path().join("schemas/app.schema.json"), schema).unwrap();
    fs::write(place.path().join("live"), bytes).unwrap();
    run(&format!("sparkcfg drift prod {source}"), place.path(), home.path())
}

const PLAIN: &str = r#"{"properties": {"A": {}, "W": {}, "BOTH": {}}}"#;

/// A line that docker compose refuses is named.
#[test]
fn a_broken_line_of_a_loose_file_is_named() {
    let ran = compared(PLAIN, "env:live", b"A=1\nW=2\nBOTH=3\nC D=3\n");
    assert!(ran.stdout.contains("broken: live:4"), "{}", ran.shown());
}

/// A key for some services is needed by no other, whichever stand beside it.
#[test]
fn a_service_needs_what_is_for_it() {
    let schema = r#"{"properties": {"A": {"x-sparkcfg": {"services": ["api"]}},
        "W": {"x-sparkcfg": {"services": ["worker"]}}, "BOTH": {}}}"#;
    let migrate = r#""migrate": {"environment": {"BOTH": "3"}}"#;
    for beside in ["", r#", "api": {}"#] {
        let config = format!(r#"{{"services": {{{migrate}{beside}}}}}"#);
        assert_eq!(compared(schema, "compose:live#migrate", config.as_bytes()).code, 0, "{beside}");
    }
    let container = br#"[{"Name": "/api", "Config": {"Env": ["A=1", "BOTH=3"]}}]"#;
    assert_eq!(compared(schema, "docker:live", container).code, 0);
    let container = br#"[{"Name": "/api", "Config": {"Env": ["BOTH=3"]}}]"#;
    let ran = compared(schema, "docker:live", container);
    assert!(ran.code == 1 && ran.stdout.contains("drift-absent-live A"), "{}", ran.shown());
}

/// What is stopped is not taken for what runs.
#[test]
fn what_is_stopped_is_told() {
    let pm2 = |status: &str| {
        let one = format!(
            r#"{{"name": "web", "pm2_env": {{"status": "{status}", "env": {{"A": "1", "W": "2", "BOTH": "3"}}}}}}"#
        );
        format!("[{one}]")
    };
    let docker = |running: bool| {
        format!(
            r#"[{{"Name": "/web", "State": {{"Running": {running}, "Status": "exited"}}, "Config": {{"Env": ["A=1", "W=2", "BOTH=3"]}}}}]"#
        )
    };
    for (source, text, word) in [
        ("pm2:live#web", pm2("online"), None),
        ("pm2:live#web", pm2("stopped"), Some("stopped")),
        ("pm2:live#web", pm2("errored"), Some("errored")),
        ("docker:live", docker(true), None),
        ("docker:live", docker(false), Some("exited")),
    ] {
        let ran = compared(PLAIN, source, text.as_bytes());
        assert_eq!(ran.code, if word.is_some() { 2 } else { 0 }, "{}", ran.shown());
        assert!(
            word.is_none_or(|word| ran.stderr.contains("`web` does not run") && ran.stderr.contains(word)),
            "{}",
            ran.shown()
        );
    }
}

/// Instances have to agree on what somebody declared, but for what PM2 itself counts up.
#[test]
fn instances_agree_on_what_is_declared() {
    let pm2 = |more: &str, first: &str, second: &str| {
        let one = |own: &str| {
            format!(r#"{{"name": "web", "pm2_env": {{{more}"env": {{"A": "1", "W": "2", "BOTH": "3", {own}}}}}}}"#)
        };
        format!("[{}, {}]", one(first), one(second))
    };
    let other = r#""ZFOO": "x""#;
    for (text, code) in [
        (pm2("", other, r#""ZFOO": "y""#), 0),
        (pm2("", other, r#""AFOO": "1", "BFOO": "1", "CFOO": "1", "DFOO": "1", "EFOO": "1", "W": "9""#), 2),
        (pm2(r#""increment_var": "W", "#, other, r#""W": "3""#), 0),
    ] {
        let ran = compared(PLAIN, "pm2:live#web", text.as_bytes());
        assert_eq!(ran.code, code, "{text}: {}", ran.shown());
        assert!(code == 0 || ran.stderr.contains("and not with the same W"), "{}", ran.shown());
    }
}

/// A variable that is no text is unknown, and the others are compared.
#[test]
fn a_variable_that_is_no_text_is_unknown() {
    let ran = compared(PLAIN, "proc:live", b"A=1\0W=caf\xe9\0BOTH=4\0OTHER=\xff\0");
    assert!(
        ran.code == 1 && ran.stdout.contains("drift-stale-live BOTH") && ran.stdout.contains("unknown 1"),
        "{}",
        ran.shown()
    );
}

/// What was accepted of an app stays so wherever PM2's output lies; of a process nothing stays.
#[test]
fn what_runs_is_accepted_by_its_name() {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(place.path().join("environments")).unwrap();
    fs::write(place.path().join("environments/prod.env"), "A=1\n").unwrap();
    let live = r#"[{"name": "web", "pm2_env": {"env": {"A": "2"}}}]"#;
    for name in ["one.json", "two.json"] {
        fs::write(place.path().join(name), live).unwrap();
    }
    let ran = |line: &str| run(line, place.path(), home.path());
    assert_eq!(ran("sparkcfg drift prod pm2:two.json#web").code, 1);
    assert_eq!(ran("sparkcfg drift prod pm2:one.json#web --ack drift-stale-live A --why TODO").code, 0);
    assert_eq!(ran("sparkcfg drift prod pm2:two.json#web").code, 0);
    let process = ran("sparkcfg drift prod proc:1 --ack drift-stale-live A --why TODO");
    assert!(process.code == 2 && process.stderr.contains("has another number"), "{}", process.shown());
}

/// The standard input is read once: what is accepted of it is compared anew without it.
#[test]
fn what_comes_through_a_pipe_can_be_accepted() {
    let live = r#"[{"name": "web", "pm2_env": {"env": {"A": "2", "B": "1"}}}]"#;
    for (source, text) in [("pm2:-#web", live), ("env:-", "A=2\nB=1\n")] {
        for accept in [["--ack", "drift-stale-live", "A"].as_slice(), &["--ack-all"]] {
            let place = tempfile::tempdir().unwrap();
            fs::create_dir(place.path().join("environments")).unwrap();
            fs::write(place.path().join("environments/prod.env"), "A=1\nB=1\n").unwrap();
            fs::write(place.path().join("input"), text).unwrap();
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
            command.current_dir(place.path()).args(["drift", "prod", source]).args(accept).args(["--why", "TODO"]);
            let output = command.stdin(fs::File::open(place.path().join("input")).unwrap()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.code() == Some(0) && told.contains("acknowledged 1"),
                "{source} {accept:?} {output:?}"
            );
        }
    }
}
