//! Secrets that were written into rendered files, or by hand into Compose and PM2 files: in whatever spelling the file has
//! them, no output tells a part of one.

use std::fs;
use std::path::Path;
use std::process::Command;

use sparkcfg::identity::Recipient;
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order};

/// Every quote of every kind of file has to escape something in it.
const SECRET: &str = "Zq8\"kL'2p$Wx\\9vT%mR`4n";
/// No five characters of it, however they are escaped, stand in what is said otherwise.
const PARTS: [&str; 4] = ["Zq8", "kL'", "9vT", "mR`"];

/// A repository with a sealed secret, of which a folder is ignored.
struct Place {
    folder: tempfile::TempDir,
    key: String,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        use age::secrecy::ExposeSecret;
        let identity = age::x25519::Identity::generate();
        let recipient: Recipient = identity.to_public().to_string().parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let sealed_path = "environments/dev.secrets.env";
        let recipients = [recipient];
        let order =
            Order { recipients: &recipients, time: "2026-12-01T10:20:30Z", new_key: false, anew: None, previous: None };
        let plain = Secret::new(format!("SEC='{}'\n", SECRET.replace('\'', "\\'")));
        let sealed = (stores::of(sealed_path).unwrap().seal)(&plain, &order).unwrap();
        let schema = r#"{"properties": {"PORT": {"type": "integer"}, "SEC": {"type": "string", "writeOnly": true}}}"#;
        let place = Self { folder, key: identity.to_string().expose_secret().to_owned() };
        for (path, text) in [
            (sealed_path, sealed.as_str()),
            ("environments/dev.env", "PORT=8080\n"),
            ("schemas/app.schema.json", schema),
            (".gitignore", "private/\n"),
        ] {
            place.write(path, text);
        }
        for (path, text) in files {
            place.write(path, text);
        }
        let git = Command::new("git").args(["init", "--quiet"]).current_dir(place.root()).status().unwrap();
        assert!(git.success());
        place
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a run says on both of its ways; `has_key` whether it can open what is sealed.
    fn said(&self, words: &str, has_key: bool) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        command.args(words.split(' ')).current_dir(self.root()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.root());
        if has_key {
            command.env("SOPS_AGE_KEY", &self.key);
        }
        let output = command.output().unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
    }

    fn tells_nothing(&self, words: &str, has_key: bool) -> String {
        let said = self.said(words, has_key);
        let told: Vec<_> = PARTS.iter().filter(|part| said.contains(*part)).collect();
        assert!(told.is_empty(), "{words}: {told:?} in {said}");
        said
    }
}

const TEMPLATES: [(&str, &str); 6] = [
    ("templates/a.json.j2", "{\"s\": {{ SEC }}, \"p\": {{ PORT }}}\n"),
    ("templates/compose.yml.j2", "x-s: {{ SEC }}\nx-p: {{ PORT }}\nx-t: '{{ SEC }}'\n"),
    ("templates/a.sh.j2", "S={{ SEC }}\nT=\"{{ SEC }}\"\nP={{ PORT }}\n"),
    ("templates/a.js.j2", "s = '{{ SEC }}'; p = {{ PORT }};\n"),
    ("templates/a.service.j2", "[Service]\nEnvironment=S={{ SEC }}\nEnvironment=P={{ PORT }}\n"),
    ("templates/b.yml.j2", "s: |\n  {{ SEC }}\n"),
];

/// One changed key, and edits of every line, are told without a line.
#[test]
fn no_line_of_a_file_with_secrets_is_told() {
    let place = Place::new(&TEMPLATES);
    let render = "render dev --with-secrets --to private";
    let said = place.said(render, true);
    let paths = TEMPLATES.map(|(path, _)| path.replace("templates", "private/dev").replace(".j2", ""));
    let holds = |path: &String| fs::read_to_string(place.root().join(path)).unwrap_or_default().contains("Zq8");
    assert!(paths.iter().all(holds), "{said}");
    place.write("environments/dev.env", "PORT=9090\n");
    let outputs: Vec<_> = sparkcfg::outputs::ALL.iter().map(|output| output.name).collect();
    for edit in [false, true] {
        if edit {
            for path in &paths {
                let text = fs::read_to_string(place.root().join(path)).unwrap();
                place.write(path, &text.replace('\n', " \n"));
            }
        }
        for output in &outputs {
            let said = place.tells_nothing(&format!("{render} --format {output}"), true);
            assert!(said.contains("a.json"), "{output}: {said}");
            for words in ["render dev --to private --check", "render dev --to private --diff"] {
                place.tells_nothing(&format!("{words} --format {output}"), true);
                place.tells_nothing(&format!("{words} --format {output} --no-validate"), false);
            }
        }
    }
    // Without a secret in the template, nothing but the place says that the old file may have one.
    for (path, _) in TEMPLATES {
        place.write(path, "p: {{ PORT }}\n");
    }
    for words in ["render dev --to private --check", "render dev --to private --diff", "render dev --to private"] {
        let said = place.tells_nothing(words, false);
        assert!(said.contains("private/dev/a.json"), "{words}: {said}");
    }
}

/// The help names the command that was given.
#[test]
fn the_remedy_is_the_command_that_was_given() {
    let place = Place::new(&TEMPLATES[1..2]);
    for (words, remedy) in [
        ("render dev --to private --check", "sparkcfg render dev --to private"),
        ("render dev --check", "sparkcfg render dev"),
    ] {
        let said = place.said(&format!("{words} --format json"), true);
        assert!(said.contains(&format!("render it again: {remedy}\"")), "{said}");
    }
    place.said("render dev --to private --with-secrets", true);
    place.write("environments/dev.env", "PORT=9090\n");
    let said = place.said("render dev --to private --check --format json", true);
    assert!(said.contains("render it again: sparkcfg render dev --to private --with-secrets\""), "{said}");
}

/// What checks look at is written by hand, or with secrets into a folder that they look into.
#[test]
fn no_check_tells_a_secret_that_is_escaped() {
    let yaml = SECRET.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    let script = SECRET.replace('\\', "\\\\").replace('"', "\\\"");
    let compose = format!(
        "services:\n  a:\n    image: x:latest\n    privileged: true\n    command: [\"x\", \"--to={yaml}\"]\n    environment: {{ ZIP: 0123, X: \"{yaml}\" }}\n"
    );
    let ecosystem = format!(
        "module.exports = {{ apps: [{{ name: 'a', script: 'a.js', kill_timeout: 'x', args: [\"--to={script}\"], env: {{ X: \"{script}\", MY_TOKEN: \"{script}\" }} }}] }}\n"
    );
    let config = "[hardening.files]\ndev = [\"compose.yaml\", \"ecosystem.config.js\"]\n";
    let place = Place::new(&[
        ("compose.yaml", &compose),
        ("ecosystem.config.js", &ecosystem),
        ("sparkcfg.toml", config),
        ("rendered/dev/compose.yml", &format!("# HOLDS SECRETS: never commit, copy or show this file.\n{compose}")),
    ]);
    for output in sparkcfg::outputs::ALL {
        let said = place.tells_nothing(&format!("validate --format {}", output.name), true);
        assert!(said.contains("compose"), "{said}");
    }
    // Who has no key sees nothing of what says itself that it holds secrets.
    fs::remove_file(place.root().join("sparkcfg.toml")).unwrap();
    let said = place.tells_nothing("validate", false);
    assert!(said.contains("rendered/dev/compose.yml"), "{said}");
}

/// A link out of the project is told as that, and not as a repository that cannot be read.
#[cfg(unix)]
#[test]
fn a_link_is_told_as_one() {
    let (place, other) = (Place::new(&TEMPLATES), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(other.path(), place.root().join("private")).unwrap();
    let said = place.said("render dev --with-secrets --to private", true);
    assert!(said.contains("a symbolic link is not written through"), "{said}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

/// A copy that somebody left in a template is not told with what is wrong beside it.
#[test]
fn no_line_of_a_template_tells_a_copy_of_a_secret() {
    let copy = SECRET.replace('\\', "\\\\").replace('"', "\\\"");
    let text = format!("x: \"{copy}\" {{{{ NOWHERE }}}}\nMY_TOKEN: {{{{ NOTHING | default(\"{copy}\") }}}}\n");
    let place = Place::new(&[("templates/a.yml.j2", &text)]);
    for output in sparkcfg::outputs::ALL {
        let said = place.tells_nothing(&format!("render dev --format {}", output.name), true);
        assert!(said.contains("NOWHERE"), "{said}");
    }
}
