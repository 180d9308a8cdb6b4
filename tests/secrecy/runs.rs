//! One secret in many shapes, thousands of runs of the program: every command, format and way to fail, and nothing of
//! the secret in what it says, writes or hands on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use sparkcfg::identity::Recipient;
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order};

/// What every secret here has in it. No six of these characters stand in a row anywhere else.
const CORE: &str = "Zq7vKx93LmWtQ4";

/// Shapes of secrets, as they stand in an env file.
const SHAPES: [(&str, &str); 4] = [
    ("bare", "Zq7vKx93LmWtQ4"),
    ("quoted", "'x \" é/%&<> Zq7vKx93LmWtQ4 ##[error] $HOME'"),
    ("lines", "\"-----BEGIN PRIVATE KEY-----\\nZq7vKx93LmWtQ4\\n-----END PRIVATE KEY-----\\n\""),
    ("url", "postgres://app:Zq7vKx93LmWtQ4@db.internal:5432/app?sslmode=require"),
];

const TIME: &str = "2026-12-01T10:20:30Z";

const SCHEMA: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "properties": {
    "PORT": {"type": "integer", "maximum": 65535},
    "DB_PASSWORD": {"type": "string", "writeOnly": true},
    "API_TOKEN": {"type": "string", "writeOnly": true}
  }
}"#;

/// Rules that no secret here keeps.
const STRICT: &str = r#"{
  "properties": {
    "DB_PASSWORD": {"type": "integer", "writeOnly": true},
    "API_TOKEN": {"writeOnly": true, "enum": ["a", "b"], "maxLength": 3, "pattern": "^[0-9]+$", "format": "uri"},
    "NOTE": {"not": {"minLength": 1}, "const": "x"}
  },
  "additionalProperties": false,
  "required": ["NOWHERE"]
}"#;

/// A project in a folder: its files, and which key its user has.
struct Scene {
    name: &'static str,
    files: BTreeMap<String, String>,
    key: Key,
}

#[derive(Clone, Copy)]
enum Key {
    Right,
    Other,
    None,
}

fn sealed(path: &str, plain: &str, recipients: &[Recipient]) -> String {
    let order = Order { recipients, time: TIME, new_key: false, anew: None, previous: None };
    (stores::of(path).unwrap().seal)(&Secret::new(plain.to_owned()), &order).unwrap()
}

/// Every way to have a project, good and bad, around one value.
fn scenes(value: &str, recipient: &Recipient, other: &Recipient) -> Vec<Scene> {
    const SEALED: &str = "environments/prod.secrets.env";
    const AGE: &str = "environments/prod.secrets.env.age";
    let both = [recipient.clone(), other.clone()];
    let one = std::slice::from_ref(recipient);
    let plain = format!("# {CORE}\nDB_PASSWORD={value}\nAPI_TOKEN={value}\nNOTE={value}\n");
    let good = BTreeMap::from([
        (SEALED.to_owned(), sealed(SEALED, &plain, &both)),
        ("environments/prod.env".into(), "PORT=8080\nCOPY=${DB_PASSWORD}\nLATE=${API_TOKEN:-x}\n".into()),
        ("environments/dev.env".into(), "PORT=8080\nCOPY=x\nLATE=y\n".into()),
        ("environments/dev.secrets.env".into(), sealed(SEALED, "DB_PASSWORD=another-one-here\n", &both)),
        ("schemas/app.schema.json".into(), SCHEMA.into()),
        (
            "sparkcfg.toml".into(),
            format!(
                "[people]\nlaptop = \"{}\"\nformer = \"{}\"\n[access]\nprod = [\"laptop\", \"former\"]\ndev = [\"laptop\", \"former\"]\n",
                recipient.as_str(),
                other.as_str()
            ),
        ),
        ("templates/app.conf.j2".into(), "port={{ PORT }}\npassword={{ DB_PASSWORD }}\n".into()),
        ("taken/plain.env".into(), format!("{plain}BROKEN \"{CORE}\nOTHER={value}\n")),
        ("taken/other.yaml".into(), format!("A: {CORE}\nB: ENC[x]\nsops:\n  mac: {CORE}\n  age: []\n")),
        ("taken/other.json".into(), format!("{{\"A\": \"{CORE}\", \"A\": 1, \"sops\": {{}}}}")),
    ]);
    let scene = |name, key, changes: &[(&str, String)]| {
        let mut files = good.clone();
        files.extend(changes.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
        Scene { name, files, key }
    };
    let text = &good[SEALED];
    let swapped = text.replacen("DB_PASSWORD=", "API_TOKEN2=", 1);
    let unsealed = format!("LEFT={value}\n#{CORE}\n{CORE}\nLWtleQ/{CORE}= x\n{text}");
    let conflict = format!("<<<<<<< HEAD\n{text}=======\nDB_PASSWORD={value}\n>>>>>>> other\n");
    let broken = format!("{plain}{CORE} x\nexport  Q='{CORE}\n{CORE}/=1\nDUP={value}\nDUP={value}x\n");
    let secrets = format!("DB_PASSWORD={value}\nAPI_TOKEN={value}\n");
    let open = format!(
        "{secrets}{secrets}# old: API_TOKEN={value}\nA=${{DB_PASSWORD:-{CORE}}}\nCACHE_PASSWORD={CORE} # {CORE}\nDATABASE_URL=postgres://u:{CORE}@h/x y\nSMTP_PASSWORD='{CORE}\nQ=x\n"
    );
    let mut scenes = vec![
        scene("good", Key::Right, &[]),
        scene("no-key", Key::None, &[]),
        scene("other-key", Key::Other, &[(SEALED, sealed(SEALED, &plain, one))]),
        scene("swapped", Key::Right, &[(SEALED, swapped)]),
        scene("cut", Key::Right, &[(SEALED, text[..text.len() / 2].to_owned())]),
        scene("unsealed", Key::Right, &[(SEALED, unsealed.clone())]),
        scene("unsealed-no-key", Key::None, &[(SEALED, unsealed)]),
        scene("conflict", Key::Right, &[(SEALED, conflict)]),
        scene("not-sealed", Key::Right, &[(SEALED, plain.clone())]),
        scene(
            "in-plain-sight",
            Key::Right,
            &[("environments/prod.env", open.clone()), ("environments/prod.local.env", open)],
        ),
        scene("against-rules", Key::Right, &[("schemas/app.schema.json", STRICT.into())]),
        scene("bad-schema", Key::Right, &[("schemas/app.schema.json", "{\"type\": [".into())]),
        scene("bad-config", Key::Right, &[("sparkcfg.toml", "[acess]\nprod = []\n".into())]),
        scene("programs", Key::Right, &programs(value)),
        scene("age", Key::Right, &[(AGE, sealed(AGE, &plain, &both))]),
        scene("age-broken", Key::Right, &[(AGE, sealed(AGE, &broken, &both))]),
        scene("age-cut", Key::Right, &[(AGE, sealed(AGE, &plain, &both)[..300].to_owned())]),
    ];
    for scene in &mut scenes {
        if scene.name.starts_with("age") {
            scene.files.remove(SEALED);
        }
    }
    scenes
}

/// A project in which programs, Compose, PM2 and an example have the value in plain text, under names that say so.
fn programs(value: &str) -> Vec<(&'static str, String)> {
    let quoted = serde_json::to_string(value.trim_matches(['"', '\''])).unwrap();
    vec![
        (".env.example", format!("# the old one was {CORE}\nAPI_TOKEN={value}\n# DB_PASSWORD={value} # {CORE}\n")),
        (".env", format!("API_TOKEN={value}\nCACHE_URL=redis://:{CORE}@cache:6379/0\n")),
        (
            "compose.yaml",
            format!(
                "services:\n  api:\n    build: app\n    environment:\n      DB_PASSWORD: {quoted}\n      API_TOKEN: ${{API_TOKEN:-{CORE}}}\n      CACHE_URL: \"redis://:{CORE}@cache:6379/0\"\n"
            ),
        ),
        (
            "ecosystem.config.js",
            format!(
                "module.exports = {{ apps: [{{ name: 'api', script: 'app/a.js', env: {{ DB_PASSWORD: {quoted} }} }}] }}\n"
            ),
        ),
        (
            "app/settings.py",
            format!(
                "import os\nPASSWORD = os.getenv('DB_PASSWORD', {quoted})\nTOKEN = os.environ.get('API_TOKEN') or {quoted}\nOTHER = os.environ['SMTP_PASSWORD']\nURL = os.getenv('CACHE_URL', 'redis://:{CORE}@cache:6379/0')\nNEW = {quoted}\n"
            ),
        ),
        ("sparkcfg.toml", String::new()),
        ("schemas/app.schema.json", "{\"properties\": {}}".to_owned()),
    ]
}

/// A command line, and what it may do.
struct Line {
    words: Vec<String>,
    /// Whether it may change files: then it gets a copy of its own.
    writes: bool,
    /// Whether giving out a secret is its purpose, if it succeeds: to stdout, or into a file.
    gives: bool,
    /// Whether everything is to be staged in a git repository around it, and committed before.
    git: Git,
    /// Whether two shapes of secrets are enough: see [`rare_lines`].
    is_rare: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Git {
    No,
    Staged,
    Committed,
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |text: &str, writes, gives| {
        let words = text.split(' ').map(|word| word.replace('~', " ")).collect();
        lines.push(Line { words, writes, gives, git: Git::No, is_rare: false });
    };
    for output in sparkcfg::outputs::ALL {
        add(&format!("validate --format {}", output.name), false, false);
        add(&format!("secrets who --check --format {}", output.name), false, false);
    }
    for target in sparkcfg::targets::ALL {
        add(&format!("show prod --as {}", target.name), false, false);
    }
    let outputs = sparkcfg::outputs::ALL.iter().map(|output| format!(" --output {0}={0}.out", output.name));
    let outputs: Vec<_> = outputs.collect();
    add(&format!("validate{}", outputs.concat()), true, false);
    for (text, writes, gives) in [
        ("validate prod --fail-on never --color always", false, false),
        ("show prod DB_PASSWORD", false, false),
        ("show prod COPY", false, false),
        ("explain DB_PASSWORD", false, false),
        ("explain COPY", false, false),
        ("explain NOWHERE", false, false),
        ("schema --env prod", false, false),
        ("read environments/prod.env", false, false),
        ("read environments/prod.secrets.env", false, false),
        ("read environments/prod.env --format json", false, false),
        ("read environments/prod.secrets.env --as make~>~node --format json", false, false),
        ("run prod -- true", false, false),
        ("run prod --mask -- sh -c env", false, false),
        ("validate --fix", true, false),
        ("secrets get DB_PASSWORD -e prod", false, true),
        ("secrets get NOWHERE -e prod", false, false),
        ("secrets set NEW_TOKEN -e prod", true, false),
        ("secrets set DB_PASSWORD -e prod --no-validate", true, false),
        ("secrets set bad~name -e prod", true, false),
        ("secrets set PORT -e prod --from-file taken/plain.env", true, false),
        ("secrets unset DB_PASSWORD -e prod", true, false),
        ("secrets edit prod", true, false),
        ("secrets import taken/plain.env -e prod", true, false),
        ("secrets import taken/other.yaml -e prod", true, false),
        ("secrets import taken/other.json -e prod", true, false),
        ("secrets export prod --as age", false, false),
        ("secrets export prod --as dotenv", false, true),
        ("secrets who", false, false),
        ("secrets grant former prod", true, false),
        ("secrets revoke former prod", true, false),
        ("secrets rotate --all", true, false),
        ("secrets sync", true, false),
        ("secrets drill --identity key.txt", false, false),
        ("secrets diff prod dev", false, false),
        ("init", false, false),
        ("init --yes", true, false),
        ("init --yes --from schemas/app.schema.json", true, false),
        ("refs", false, false),
        ("refs DB_PASSWORD", false, false),
        ("refs --format json", false, false),
        ("refs --format sarif", false, false),
        ("docs", false, false),
        ("docs --format json --example --force", true, false),
        (
            "secrets merge environments/prod.secrets.env environments/dev.secrets.env environments/prod.secrets.env",
            true,
            false,
        ),
    ] {
        add(text, writes, gives);
    }
    lines.extend(rare_lines());
    lines
}

/// Lines that are tried with two shapes of secrets, so that all of it does not take too long.
fn rare_lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for (text, git, writes, gives) in [
        ("drift", Git::No, false, false),
        ("drift prod dev --show all --values", Git::No, false, false),
        ("drift --show all --format json", Git::No, false, false),
        ("drift --suggest", Git::No, false, false),
        ("promote prod dev", Git::No, false, false),
        ("promote dev prod", Git::No, false, false),
        ("deploy-check prod", Git::No, false, false),
        ("deploy-check prod --format json", Git::No, false, false),
        ("render", Git::No, true, false),
        ("render prod --stdout", Git::No, false, false),
        ("render --diff", Git::No, false, false),
        ("render prod --with-secrets --to out", Git::No, true, true),
        ("schema --types python", Git::No, false, false),
        ("schema --types typescript=settings.ts", Git::No, true, false),
        ("secrets init", Git::No, true, false),
        // What is no secret of that environment goes through as it came.
        ("secrets mask prod", Git::No, false, true),
        ("secrets export prod --as age --to out.age", Git::No, true, false),
        ("secrets export prod --as dotenv --to out.local.env", Git::No, true, true),
        ("validate --staged", Git::Staged, true, false),
        ("validate --staged --format sarif", Git::Staged, true, false),
        ("validate", Git::Committed, true, false),
        ("drift --against HEAD", Git::Committed, true, false),
        ("release prod", Git::Committed, true, false),
        ("release prod --diff", Git::Committed, true, false),
    ] {
        let words = text.split(' ').map(str::to_owned).collect();
        lines.push(Line { words, writes, gives, git, is_rare: true });
    }
    lines
}

/// What no text may contain: six characters in a row of the secret, of its base64 at each alignment, or of its
/// hexadecimal form. Escapes for URLs and JSON leave the core as it is.
fn needles(identity: &str) -> Vec<String> {
    let mut texts = vec![CORE.to_owned(), identity[20..].to_owned()];
    for shift in 0..3 {
        let encoded = STANDARD.encode(format!("{}{CORE}", &"xyz"[..shift]));
        texts.push(encoded[4..encoded.len() - 4].to_owned());
    }
    let hex: String = CORE.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).map(char::from).collect();
    let windows = |text: &String, size: usize| -> Vec<String> {
        text.as_bytes().windows(size).map(|part| String::from_utf8(part.to_vec()).unwrap()).collect()
    };
    let mut found: Vec<_> = texts.iter().flat_map(|text| windows(text, 6)).collect();
    found.extend(windows(&hex, 12));
    found.extend(windows(&hex.to_uppercase(), 12));
    found
}

fn hit<'n>(bytes: &[u8], needles: &'n [String]) -> Option<&'n String> {
    let text = unsealed(&String::from_utf8_lossy(bytes));
    needles.iter().find(|needle| text.contains(needle.as_str()))
}

/// A text without what is sealed in it: in so much of it, six characters of anything stand somewhere by chance.
fn unsealed(text: &str) -> String {
    let (mut out, mut within) = (String::with_capacity(text.len()), false);
    for line in text.split_inclusive('\n') {
        within |= line.contains("-----BEGIN AGE ENCRYPTED FILE-----");
        if !within {
            let mut pieces = line.split("ENC[AES256_GCM,");
            out.push_str(pieces.next().unwrap());
            // What stands behind the end of a sealed value is in plain sight.
            pieces.for_each(|piece| out.push_str(piece.split_once(']').map_or(piece, |(_, rest)| rest)));
        }
        within &= !line.contains("-----END AGE ENCRYPTED FILE-----");
    }
    out
}

fn lay(files: &BTreeMap<String, String>, root: &Path) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The files under a folder that tell something, with what they tell.
fn telling(root: &Path, needles: &[String]) -> BTreeSet<PathBuf> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if hit(&fs::read(&path).unwrap(), needles).is_some() {
                found.insert(path);
            }
        }
    }
    found
}

/// A home with the keys, an editor that says what it was given, and a place for private files.
fn home(root: &Path, identities: &[String; 2]) {
    fs::create_dir_all(root.join("private")).unwrap();
    fs::write(root.join("right.txt"), &identities[0]).unwrap();
    fs::write(root.join("other.txt"), &identities[1]).unwrap();
    fs::write(root.join("input.txt"), format!("x\nBROKEN \"{CORE}\n")).unwrap();
    let editor = format!("#!/bin/sh\necho \"$@\"\nenv\ncat {}/input.txt >>\"$1\"\n", root.display());
    fs::write(root.join("editor.sh"), editor).unwrap();
}

/// Runs one line in one scene; complains about what it tells.
fn complaint(scene: &Scene, line: &Line, folder: &Path, home: &Path, needles: &[String]) -> Option<String> {
    let copy = line.writes.then(|| tempfile::tempdir().unwrap());
    let root = copy.as_ref().map_or(folder, tempfile::TempDir::path);
    if copy.is_some() {
        lay(&scene.files, root);
    }
    if line.git != Git::No {
        let commit = ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "all"];
        let all: [&[&str]; 3] = [&["init", "-q"], &["add", "-A", "-f"], &commit];
        for arguments in all.iter().take(if line.git == Git::Committed { 3 } else { 2 }) {
            assert!(
                Command::new("git").args(*arguments).current_dir(root).env("HOME", home).status().unwrap().success()
            );
        }
    }
    let before = if line.writes { telling(root, needles) } else { BTreeSet::new() };
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
    command.args(&line.words).current_dir(root).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("XDG_RUNTIME_DIR", home.join("private"));
    command.env("EDITOR", format!("sh {}/editor.sh", home.display()));
    match scene.key {
        Key::Right => drop(command.env("SOPS_AGE_KEY_FILE", home.join("right.txt"))),
        Key::Other => drop(command.env("SOPS_AGE_KEY_FILE", home.join("other.txt"))),
        Key::None => {}
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(format!("{CORE}\n").as_bytes());
    let output = child.wait_with_output().unwrap();
    let what = format!("{}: {}", scene.name, line.words.join(" "));
    let gives = line.gives && output.status.success();
    for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if let Some(needle) = hit(bytes, needles).filter(|_| !(gives && stream == "stdout")) {
            return Some(format!("{what}: {stream} tells {needle}\n{}", String::from_utf8_lossy(bytes)));
        }
    }
    let code = output.status.code();
    if code.is_none_or(|code| code > 2 && code != 125) {
        return Some(format!("{what}: ends with {code:?}\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let after = if line.writes { telling(root, needles) } else { BTreeSet::new() };
    let written: Vec<_> = after.difference(&before).collect();
    (!written.is_empty() && !gives).then(|| format!("{what}: written to {written:?}"))
}

#[test]
fn three_thousand_runs_tell_nothing() {
    use age::secrecy::ExposeSecret;
    let keys = [(); 2].map(|()| age::x25519::Identity::generate());
    let identities = keys.each_ref().map(|key| key.to_string().expose_secret().to_owned());
    let [recipient, other]: [Recipient; 2] = keys.each_ref().map(|key| key.to_public().to_string().parse().unwrap());
    let needles = needles(&identities[0]);
    let (lines, home_folder) = (lines(), tempfile::tempdir().unwrap());
    home(home_folder.path(), &identities);
    let mut runs = 0;
    let mut complaints = Vec::new();
    for (shape, value) in SHAPES {
        for scene in scenes(value, &recipient, &other) {
            let folder = tempfile::tempdir().unwrap();
            lay(&scene.files, folder.path());
            let lines: Vec<_> =
                lines.iter().filter(|line| !line.is_rare || matches!(shape, "quoted" | "url")).collect();
            runs += lines.len();
            let judge = |line: &&Line| complaint(&scene, line, folder.path(), home_folder.path(), &needles);
            complaints.par_extend(lines.par_iter().filter_map(judge).map(|text| format!("{shape}, {text}")));
        }
    }
    assert!(complaints.is_empty(), "{} complaints\n\n{}", complaints.len(), complaints.join("\n\n"));
    assert!(runs >= 3_000, "{runs}");
    assert!(telling(&home_folder.path().join("private"), &needles).is_empty());
}

#[test]
fn what_is_sealed_is_no_text() {
    let text = "A=ENC[AES256_GCM,data:x,tag:y]z\nsops_age__list_0__map_enc=-----BEGIN AGE ENCRYPTED FILE-----\\nq\\n-----END AGE ENCRYPTED FILE-----\\n\nB=1 ENC[AES256_GCM,open\n-----BEGIN AGE ENCRYPTED FILE-----\nq\n-----END AGE ENCRYPTED FILE-----\nC=2\n";
    assert_eq!(unsealed(text), "A=z\nB=1 open\nC=2\n");
}
