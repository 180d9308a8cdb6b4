//! What is advised works as it stands: from where it is told, and for whom.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::leaving::{SEALED, sharing};
use super::{Scene, two_people};

const NAME: &str = "sparkcfg-revoked.toml";

impl Scene {
    /// Runs a line of a shell as one of the people, in a folder; what it wrote, after its exit code.
    fn shell(&self, person: &str, folder: &Path, line: &str) -> (i32, String) {
        let own = PathBuf::from(env!("CARGO_BIN_EXE_sparkcfg"));
        let path = std::env::join_paths(
            std::iter::once(own.parent().unwrap().to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        let mut command = Command::new("sh");
        command.current_dir(folder).env_clear().envs(self.environment(person)).env("PATH", path.unwrap());
        let output = command.args(["-c", line]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// What `git` has staged.
    fn is_staged(&self, path: &str) -> bool {
        self.git(&["diff", "--cached", "--name-only"]).1.lines().any(|line| line == path)
    }
}

/// The command that begins with `begin` in a text, up to the end of its line or to what goes on behind it.
fn command<'t>(text: &'t str, begin: &str) -> &'t str {
    let from = text.find(begin).unwrap_or_else(|| panic!("{begin}: {text}"));
    text[from..].split(['\n', '`', ';', ':']).next().unwrap()
}

#[test]
fn commands_work_where_they_are_told() {
    let scene = sharing();
    let (inside, outside) = (scene.root().join("environments"), scene.folder.path().to_owned());
    let absolute = scene.root().to_string_lossy().into_owned();
    for (folder, project) in
        [(&inside, ""), (&outside, " --project project"), (&inside, &*format!(" --project {absolute}"))]
    {
        let (code, text) = scene.shell("laptop", folder, &format!("sparkcfg secrets revoke deploy prod{project}"));
        assert_eq!(code, 0, "{text}");
        let (code, said) = scene.shell("laptop", folder, command(&text, "git "));
        assert_eq!(code, 0, "{text}{said}");
        assert!([SEALED, "sparkcfg.toml", NAME].iter().all(|path| scene.is_staged(path)), "{text}");
        scene.commit("revoke");

        std::fs::remove_file(scene.root().join(NAME)).unwrap();
        let line = format!("COLUMNS=400 sparkcfg validate{project}");
        let (code, text) = scene.shell("nobody", folder, &line);
        assert!(code == 0 && text.contains("is gone"), "{text}");
        let (code, said) = scene.shell("laptop", folder, command(&text, "git "));
        assert!(code == 0 && scene.root().join(NAME).exists(), "{text}{said}");

        let (_, text) = scene.shell("nobody", folder, &line);
        let (code, said) =
            scene.shell("laptop", folder, &format!("echo canary-new | {}", command(&text, "sparkcfg secrets set")));
        assert_eq!(code, 0, "{text}{said}");
        scene.does("laptop", "secrets grant deploy prod");
        scene.commit("grant");
    }
}

#[test]
fn what_is_left_out_of_a_commit_is_named() {
    let scene = sharing();
    scene.does("laptop", "secrets revoke deploy prod");
    let all = ["sparkcfg.toml", ".sops.yaml", NAME, SEALED];
    let there: Vec<_> = all.into_iter().filter(|path| scene.root().join(path).exists()).collect();
    for left_out in ["sparkcfg.toml", ".sops.yaml", SEALED] {
        scene.git(&["reset", "-q"]);
        for path in there.iter().filter(|path| **path != left_out) {
            assert!(scene.git(&["add", path]).0);
        }
        let (code, out, err) = scene.run("nobody", "validate --staged");
        let help = format!("a part of this change is not staged: git add {left_out}\n");
        assert!(code == 1 && out.contains(&help) && out.matches("error[").count() == 1, "{left_out}: {out}{err}");
        assert!(scene.git(&["add", left_out]).0);
        assert_eq!(scene.run("nobody", "validate --staged").0, 0, "{left_out}");
    }
    // What is wrong in the folder, too, is no matter of what is staged.
    scene.commit("revoke");
    scene.write(
        "sparkcfg.toml",
        &scene.read("sparkcfg.toml").replace("prod = [\"laptop\"]", "prod = [\"laptop\", \"deploy\"]"),
    );
    scene.git(&["add", "-A"]);
    let (code, out, err) = scene.run("nobody", "validate --staged");
    assert!(code == 1 && !out.contains("not staged"), "{out}{err}");
}

#[test]
fn whoever_has_no_key_leaves_a_merge_to_others() {
    let scene = two_people();
    scene.git(&["checkout", "-q", "-b", "feature"]);
    scene.set("laptop", "TOKEN", "prod", "canary-theirs");
    scene.commit("theirs");
    scene.git(&["checkout", "-q", "main"]);
    scene.set("laptop", "API_KEY", "prod", "canary-ours");
    scene.commit("ours");
    let (merged, text) = scene.git_as("nobody", &["merge", "--no-edit", "feature"]);
    assert!(!merged && text.contains("let whoever can open both sides (laptop) merge them"), "{text}");
    for (person, told) in [("nobody", true), ("deploy", true), ("laptop", false)] {
        let (code, out, err) = scene.run(person, "validate --format json");
        assert!(code == 1 && out.contains("a merge was left half done"), "{out}{err}");
        assert_eq!(out.contains("leave that to somebody who has one"), told, "{person}: {out}");
    }
    assert!(scene.git_as("nobody", &["merge", "--abort"]).0);
    assert!(scene.git(&["merge", "--no-edit", "feature"]).0);
    let read = scene.reads("laptop", "prod").unwrap();
    assert!(read.contains("canary-theirs") && read.contains("canary-ours"), "{read}");
}

#[test]
fn a_key_in_git_is_told_as_what_it_is() {
    let scene = two_people();
    let key = "x\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----\n";
    scene.write("deploy.txt", key);
    let identity = std::fs::read_to_string(scene.folder.path().join("laptop/.config/sops/age/keys.txt")).unwrap();
    scene.write("my.key", &format!("\n{identity}"));
    scene.git(&["add", "-A"]);
    let (code, out, err) = scene.run("nobody", "validate");
    assert!(code == 1 && out.contains("deploy.txt holds an SSH private key, and git tracks it"), "{out}{err}");
    assert!(out.contains("[deploy.txt:2:1]") && !out.contains("b3Blbn"), "{out}");
    assert!(out.contains("my.key holds an identity that opens secrets, and git tracks it"), "{out}");
    assert!(out.contains("[my.key:3:1]") && !out.contains("AGE-SECRET"), "{out}");
}
