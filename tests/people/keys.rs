//! Key files as people hand them over: whatever is wrong with one is said once, with its name.

use std::fs;

use super::two_people;

#[test]
fn what_is_no_key_file_is_told() {
    let scene = two_people();
    let identity = fs::read_to_string(scene.folder.path().join("laptop/.config/sops/age/keys.txt")).unwrap();
    let key = identity.lines().last().unwrap();
    let public = scene.recipients("prod")[0].as_str().to_owned();
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEl0dGhpc2lzbm9rZXlhdGFsbGJ1dGxvb2tz me@laptop";
    for (name, text, message) in [
        ("cut.txt", format!("# me\n{}\n", &key[..60]), "this age identity is cut off or changed"),
        ("empty.txt", String::new(), "there is no identity in it"),
        ("comment.txt", "# nothing\n".to_owned(), "there is no identity in it"),
        ("public.txt", public.clone(), "this is a public key, which opens nothing"),
        ("id.pub", ssh.to_owned(), "this is an SSH public key, which opens nothing"),
        ("word.txt", "nonsense".to_owned(), "not an age identity"),
    ] {
        scene.write(name, &text);
        let line = text.lines().count().max(1);
        for arguments in ["secrets get API_KEY -e prod", "validate"] {
            let (code, out, err) = scene.run("nobody", &format!("{arguments} --identity {name}"));
            assert!(code == 2 && err.contains(&format!("error: --identity: {message}")), "{name}: {out}{err}");
            let place = if text.is_empty() || text.starts_with("# nothing") {
                name.to_owned()
            } else {
                format!("{name}:{line}")
            };
            assert!(
                err.contains(&format!("\n   at {place}\n  help: ")) && !err.contains(&key[20..40]),
                "{name}: {err}"
            );
        }
        // Named in the tables, it is wrong for everybody.
        let table = scene.read("sparkcfg.toml");
        scene.write("sparkcfg.toml", &format!("identities = [\"{name}\"]\n{table}"));
        let (code, _, err) = scene.run("nobody", "validate");
        assert!(code == 2 && err.contains(message) && err.contains(name), "{name}: {err}");
        scene.write("sparkcfg.toml", &table);
    }
    fs::create_dir(scene.root().join("keys")).unwrap();
    fs::write(scene.root().join("binary.key"), [0xff, 0xfe, 0x00]).unwrap();
    // As `age --passphrase` writes it, and as it does with `--armor`.
    let sealed = [&b"age-encryption.org/v1\n-> scrypt bm9uY2U 18\n"[..], &[0xff, 0xfe, 0x00]].concat();
    fs::write(scene.root().join("sealed.age"), sealed).unwrap();
    scene.write("armored.age", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n");
    for name in ["sealed.age", "armored.age"] {
        for arguments in ["secrets get API_KEY -e prod", "validate"] {
            let (code, _, err) = scene.run("nobody", &format!("{arguments} --identity {name}"));
            let told = "the key file is encrypted with a passphrase, which is not supported";
            assert!(code == 2 && err.contains(&format!("{told}\n   at {name}:1\n")), "{err}");
        }
    }
    for (name, message) in [
        ("keys", "this is a folder, and no key file"),
        ("binary.key", "this is no text, and so no key file"),
        ("nowhere", "there is no such key file"),
    ] {
        let (code, _, err) = scene.run("nobody", &format!("validate --identity {name}"));
        assert!(code == 2 && err.contains(message) && err.contains(&format!("at {name}\n  help: ")), "{err}");
    }
}

/// A file that only SOPS would look at says nothing before there is a key in it; `init` puts one there.
#[test]
fn an_empty_file_where_sops_looks_is_none() {
    let scene = two_people();
    let folder = scene.folder.path().join("newcomer/.config/sops/age");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("keys.txt"), "").unwrap();
    let (code, out, err) = scene.run("newcomer", "validate");
    assert!(code == 0 && out.contains("no age identity was found"), "{out}{err}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let scene = two_people();
    fs::create_dir(scene.root().join("folder")).unwrap();
    for (line, place, message) in [
        ("secrets import nofile -e prod", "nofile", "there is no such file"),
        ("secrets import nowhere/x.env -e prod", "nowhere/x.env", "there is no such file"),
        ("secrets import folder -e prod", "folder", "this is a folder, and no file"),
        ("secrets set K -e prod --from-file nofile", "nofile", "there is no such file"),
        ("secrets set K -e prod --from-file folder", "folder", "this is a folder, and no file"),
        ("secrets drill --identity nofile", "nofile", "there is no such key file"),
    ] {
        let (code, out, err) = scene.run("laptop", line);
        let expected = format!("{message}\n   at {place}\n  help: ");
        assert!(code == 2 && err.contains(&expected), "{line}: {out}{err}");
    }
    // What may be a value is not repeated.
    let (code, _, err) = scene.run("laptop", "secrets set K -e prod --from-file Hunter2canary");
    assert!(code == 2 && err.contains("its name is not repeated") && !err.contains("Hunter2"), "{err}");
}

#[test]
fn nothing_to_set_names_what_was_asked_for() {
    let scene = two_people();
    for (line, expected) in [
        ("secrets set TOKEN -e prod", "`sparkcfg secrets unset TOKEN -e prod` removes it"),
        ("secrets set TOKEN canary-9 -e prod", "`sparkcfg secrets set TOKEN -e prod` asks for it"),
        ("secrets grant someone prod", "sparkcfg secrets grant someone prod --key age1"),
    ] {
        let (code, _, err) = scene.run("laptop", line);
        assert!(code == 2 && err.contains(expected) && !err.contains("canary"), "{line}: {err}");
    }
    scene.git(&["rm", "-q", "environments/dev.secrets.env"]);
    let (code, _, err) = scene.run("laptop", "secrets rotate dev");
    assert!(code == 2 && err.contains("`sparkcfg secrets set KEY -e dev` makes one"), "{err}");
}

/// A key is a key wherever git has it, and is told once: for a file of nothing else, and for a text that it stands in.
#[test]
fn an_identity_is_found_wherever_git_has_it() {
    let scene = two_people();
    let identity = fs::read_to_string(scene.folder.path().join("deploy/.config/sops/age/keys.txt")).unwrap();
    let key = identity.lines().last().unwrap();
    let ci = format!("jobs:\n  check:\n    env:\n      SOPS_AGE_KEY: {key}\n");
    let silenced = format!("# sparkcfg: ignore-file[secrets-tracked] shown on purpose\n{ci}");
    let cut = &key[..key.len() - 1];
    let files = [
        (".github/workflows/ci.yml", ci.clone(), Some((4, "take it out of"))),
        (".github/workflows/shown.yml", silenced, None),
        ("deploy/key.txt", identity.clone(), Some((identity.lines().count(), "git rm --cached"))),
        ("docker-compose.yml", format!("# {key}\nservices: {{}}\n"), Some((1, "take it out of"))),
        ("environments/note.md", format!("# Keys\n\n{key} opens all\n"), Some((3, "take it out of"))),
        ("a/b/c/notes.md", format!("the key: `{key}`\n"), Some((1, "take it out of"))),
        ("README.md", format!("the key: {cut}\n"), None),
        ("large.json", format!("{}\n{key}\n", "[]".repeat(20_000)), None),
        ("src/main.py", format!("KEY = '{key}'\n"), None),
        ("tests/key.txt", identity.clone(), None),
        ("svc/sparkcfg.toml", String::new(), None),
        ("svc/environments/dev.env", "A=1\n".to_owned(), None),
        ("svc/deploy/ci.yml", ci, Some((4, "take it out of"))),
    ];
    for (path, text, _) in &files {
        fs::create_dir_all(scene.root().join(path).parent().unwrap()).unwrap();
        scene.write(path, text);
    }
    let told = || {
        let (_, out, err) = scene.run("nobody", "validate --format json");
        assert!(!format!("{out}{err}").contains(&key[20..40]), "{out}{err}");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
        let findings = report["findings"].as_array().unwrap().iter().filter(|one| one["severity"] == "error");
        let found = findings.map(|one| {
            let (place, text) = (&one["location"], |name: &str| one[name].as_str().unwrap().to_owned());
            assert!(text("message").ends_with("holds an identity that opens secrets, and git tracks it"), "{one}");
            (place["path"].as_str().unwrap().to_owned(), place["line"].as_u64().unwrap(), text("help"))
        });
        let mut found: Vec<_> = found.collect();
        found.sort();
        found
    };
    assert_eq!(told(), [], "git has none of them");
    scene.git(&["add", "-A"]);
    let mut expected: Vec<_> = files.iter().filter_map(|(path, _, told)| Some((*path, (*told)?))).collect();
    expected.sort_unstable();
    let matches = |found: Vec<(String, u64, String)>| {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((path, line, help), (at, (on, how))) in found.iter().zip(&expected) {
            assert!(path == at && *line == *on as u64 && help.contains(how), "{path}:{line} {help}");
        }
    };
    matches(told());
    // A member of a workspace looks at its own.
    let table = scene.read("sparkcfg.toml");
    scene.write("sparkcfg.toml", &format!("{table}\n[workspace]\nmembers = [\"svc\"]\n"));
    matches(told());
    scene.write("sparkcfg.toml", &table);
    // What is published on purpose is no secret.
    scene.write("sparkcfg.toml", &format!("identities = [\"deploy/key.txt\"]\n{table}"));
    assert!(!told().iter().any(|(path, ..)| path == "deploy/key.txt"));
}

/// Of a repository with many files the likeliest ones are read, and no more of them than costs no time to speak of.
#[test]
fn the_likeliest_files_come_first() {
    let scene = two_people();
    let identity = fs::read_to_string(scene.folder.path().join("deploy/.config/sops/age/keys.txt")).unwrap();
    fs::create_dir_all(scene.root().join("docs/ci")).unwrap();
    for number in 0..300 {
        scene.write(&format!("docs/{number}.md"), &identity);
    }
    scene.write("docs/ci/key.yml", &identity);
    scene.git(&["add", "-A"]);
    let (_, out, _) = scene.run("nobody", "validate --format json");
    let found = out.matches("holds an identity").count();
    assert!((100..=128).contains(&found), "{found}");
    assert!(out.contains("\"docs/ci/key.yml\""));
}
