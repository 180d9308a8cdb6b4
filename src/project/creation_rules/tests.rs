use super::*;

fn wanted(path: &str, keys: &[&str]) -> Wanted {
    let readers = keys.iter().enumerate().map(|(index, key)| (format!("person-{index}"), (*key).to_owned()));
    Wanted { path: path.to_owned(), readers: readers.collect() }
}

fn two() -> [Wanted; 2] {
    [
        wanted("environments/dev.secrets.env", &["age1a"]),
        wanted("environments/prod.secrets.env", &["age1b", "ssh-ed25519 AAAA"]),
    ]
}

#[test]
fn a_new_file() {
    let text = in_step(None, &two()).unwrap();
    assert_eq!(
        text,
        "creation_rules:\n  \
           # sparkcfg: begin, written by `sparkcfg secrets sync` from sparkcfg.toml\n  \
           # person-0\n  \
           - path_regex: '^environments/dev\\.secrets\\.env$'\n    \
             age: >-\n      \
               age1a\n  \
           # person-0, person-1\n  \
           - path_regex: '^environments/prod\\.secrets\\.env$'\n    \
             age: >-\n      \
               age1b,\n      \
               ssh-ed25519 AAAA\n  \
           # sparkcfg: end\n"
    );
    assert_eq!(in_step(Some(&text), &two()).unwrap(), text);
    let fewer = in_step(Some(&text), &two()[..1]).unwrap();
    assert_eq!(fewer, text, "a rule too many does no harm");
    let other = in_step(Some(&text), &[wanted("environments/dev.secrets.env", &["age1c"])]).unwrap();
    assert!(other.contains("age1c") && !other.contains("age1a") && !other.contains("prod"), "{other}");
    assert_eq!(in_step(Some(&other), &two()).unwrap(), text);
}

#[test]
fn what_others_wrote_stays() {
    for before in [
        "# mine\nstores:\n  yaml:\n    indent: 2\n",
        "creation_rules:\n  - path_regex: secrets\n    age: age1z\n  - pgp: ABCD\n",
        "creation_rules:\n- path_regex: prod\n  age: [age1z, age1y]\nstores: {}\n",
        "stores: {}\ncreation_rules: # all of them\n\n    # first\n    - age: age1z",
        "creation_rules: []\n",
        "creation_rules:\n",
        "# only a comment\n",
        "",
    ] {
        for before in [before.to_owned(), before.replace('\n', "\r\n")] {
            let text = in_step(Some(&before), &two()).unwrap_or_else(|why| panic!("{before}: {why:?}"));
            assert!(is_in_step(&CreationRules::parse(&text).unwrap(), &two()));
            for line in before.lines().filter(|line| *line != "creation_rules: []") {
                assert!(text.lines().any(|now| now == line), "{before}\n{text}");
            }
            assert_eq!(text.contains("\r\n"), before.contains("\r\n"));
            assert_eq!(in_step(Some(&text), &two()).unwrap(), text);
        }
    }
}

#[test]
fn a_conflict_of_our_own_rules_is_none() {
    let mine = in_step(Some("creation_rules:\n  - path_regex: infra\n    age: age1z\n"), &two()).unwrap();
    let at = mine.find("      age1a").unwrap();
    let conflict = "<<<<<<< HEAD\n      age1a\n=======\n      age1q\n>>>>>>> x\n";
    let text = [&mine[..at], conflict, &mine[at..]].concat();
    let why = CreationRules::parse(&text).unwrap_err();
    assert!(why.message.contains("conflict") && why.help.contains("writes them anew"), "{why:?}");
    assert_eq!(in_step(Some(&text), &two()).unwrap(), mine);
    let outside = format!("{mine}<<<<<<< HEAD\n  - age: age1z\n=======\n>>>>>>> x\n");
    assert_eq!(in_step(Some(&outside), &two()).unwrap_err().help, crate::envelope::SOLVE_TEXT);
}

#[test]
fn what_cannot_be_added_to_is_refused() {
    for before in [
        "creation_rules: [{age: age1z}]\n",
        "{creation_rules: []}\n",
        "creation_rules:\n  - path_regex: '('\n",
        "creation_rules: [\n",
        "a: 1\na: 2\n...\n",
        "# sparkcfg: begin\n",
        "creation_rules: &all\n  - age: age1z\n",
    ] {
        assert!(in_step(Some(before), &two()).is_err(), "{before}");
    }
}

#[test]
fn what_sops_would_do() {
    use DifferenceKind::{LeftOut, NoRule, OtherKeys, PartlySealed, Uninvited};
    let path = "environments/prod.secrets.env";
    for (text, expected) in [
        ("creation_rules:\n  - age: age1b,age1a\n", vec![]),
        ("creation_rules:\n  - age: >-\n      age1a,\n      age1b\n", vec![]),
        ("creation_rules:\n  - key_groups:\n      - age: [age1a, age1b]\n", vec![]),
        ("", vec![(0, NoRule)]),
        ("creation_rules:\n  - path_regex: dev\n    age: age1a,age1b\n", vec![(0, NoRule)]),
        (
            "creation_rules:\n  - path_regex: prod\n    age: age1a\n  - age: age1a,age1b\n",
            vec![(2, LeftOut("age1b".into()))],
        ),
        ("creation_rules:\n  - age: age1a,age1b,age1c\n", vec![(2, Uninvited("age1c".into()))]),
        ("creation_rules:\n  - age: age1a,age1b\n    pgp: ABCD\n", vec![(2, OtherKeys)]),
        ("creation_rules:\n  - age: age1a,age1b\n    kms: []\n", vec![]),
        ("creation_rules:\n  - key_groups:\n      - age: [age1a]\n      - age: [age1b]\n", vec![(2, OtherKeys)]),
        ("creation_rules:\n  - age: age1a,age1b\n    encrypted_regex: PASS\n", vec![(2, PartlySealed)]),
    ] {
        let found = CreationRules::parse(text).unwrap().differences(path, ["age1a", "age1b"]);
        let found: Vec<_> = found.into_iter().map(|difference| (difference.line, difference.kind)).collect();
        assert_eq!(found, expected, "{text}");
    }
}
