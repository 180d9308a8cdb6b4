//! Whatever is written for a reader is read back as it was.

use proptest::prelude::{Strategy, any, prop, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::{ALL, Picture, Variable, find};
use crate::dialects::{self, Process};

fn picture<'v>(values: &[(&'v str, &'v str, Value)]) -> Picture<'v> {
    let variables = values.iter().map(|(key, text, typed)| Variable {
        key,
        text: Some(text),
        typed: typed.clone(),
        digits: None,
        secret: key.contains("SECRET"),
    });
    Picture { environment: "prod", variables: variables.collect() }
}

/// The values that a text holds, as a reader of `target` gets them: `None` where this machine has none.
fn read_back(target: &str, written: &str) -> Vec<(String, Value)> {
    let by = |name: &str, text: &str| -> Vec<(String, Value)> {
        let reading = (dialects::find(name).unwrap().read)(text.as_bytes(), &Process::new());
        assert!(reading.error.is_none(), "{name} refuses {text:?}");
        reading.vars.iter().map(|variable| (variable.key.clone(), variable.value.as_deref().into())).collect()
    };
    let members = |value: Value| value.as_object().unwrap().clone().into_iter().collect();
    match target {
        "dotenv" => by("node-dotenv", written),
        "compose-env" => by("compose-interpolation", written),
        "docker-env" => by("docker-run", written),
        "systemd" => by("systemd", written),
        "shell" => by("shell", written),
        "json" => members(serde_json::from_str(written).unwrap()),
        "yaml" => members(serde_saphyr::from_str(written).unwrap()),
        "toml" => members(toml::from_str(written).unwrap()),
        "kubernetes" => {
            let objects = written.split("---\n").map(|text| serde_saphyr::from_str::<Value>(text).unwrap());
            let data = objects.map(|object| object.get("data").or(object.get("stringData")).unwrap().clone());
            data.flat_map(|data| data.as_object().unwrap().clone()).collect()
        }
        "github-env" => as_a_runner_reads(written),
        "tfvars" => written.split_terminator('\n').map(|line| line.split_once(" = ").unwrap()).map(hcl).collect(),
        "pm2" => {
            let (hint, module) = written.split_once('\n').unwrap();
            assert!(hint.starts_with("// ") && hint.contains(".cjs"), "{hint}");
            let object = module.strip_prefix("module.exports = ").unwrap().strip_suffix(";\n").unwrap();
            members(serde_json::from_str(&object.replace(",\n}", "\n}")).unwrap())
        }
        other => panic!("{other} is not read back"),
    }
}

/// GitHub's runner: `NAME=value` up to the line's end, or `NAME<<WORD` up to a line that is the word.
fn as_a_runner_reads(text: &str) -> Vec<(String, Value)> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        match (line.find('='), line.find("<<")) {
            (Some(equals), heredoc) if heredoc.is_none_or(|at| equals < at) => {
                found.push((line[..equals].to_owned(), line[equals + 1..].into()));
            }
            (_, Some(at)) => {
                let (value, after) = rest.split_once(&format!("\n{}\n", &line[at + 2..])).unwrap();
                found.push((line[..at].to_owned(), value.into()));
                rest = after;
            }
            _ => panic!("{line} is no assignment"),
        }
    }
    found
}

/// HCL's strings are JSON's but for `\U` and the doubled `${` and `%{`.
fn hcl((key, value): (&str, &str)) -> (String, Value) {
    let plain = value.replace("$${", "${").replace("%%{", "%{");
    (key.to_owned(), serde_json::from_str(&plain).unwrap())
}

/// A text that no target may change, whatever it means to some of them.
const HARD: &[&str] = &[
    "",
    "plain",
    "no",
    "1e3",
    "0123",
    "12:30",
    "null",
    "a b",
    " a ",
    "a#b",
    "a #b",
    "it's",
    "a\"b",
    "$A ${A} $$",
    "%{a} %%",
    "a\\nb\\",
    "`id`",
    "$(id)",
    "- a",
    "{a: b}",
    "[a]",
    "*a",
    "&a",
    "!a",
    "@a",
    "é😀",
    "<<EOF",
    "a=b",
    "::notice::x",
];

#[test]
fn nothing_stays_nothing_for_terraform() {
    let written = (find("tfvars").unwrap().write)(&picture(&[("KEY", "", Value::Null)])).unwrap();
    assert_eq!(written, "KEY = null\n");
}

#[test]
fn what_is_written_is_read_back() {
    let mut refused = 0;
    for target in ALL {
        for text in HARD {
            let picture = picture(&[
                ("BEFORE", "1", "1".into()),
                ("KEY", text, (*text).into()),
                ("LAST_SECRET", "x", "x".into()),
            ]);
            match (target.write)(&picture) {
                Ok(written) => {
                    let expected = [("BEFORE", "1"), ("KEY", text), ("LAST_SECRET", "x")];
                    let expected = expected.map(|(key, text)| (key.to_owned(), Value::from(text)));
                    assert_eq!(read_back(target.name, &written), expected, "{} of {text:?}:\n{written}", target.name);
                }
                Err(refusals) => {
                    refused += 1;
                    assert!(refusals.iter().all(|refusal| refusal.key == "KEY"), "{} of {text:?}", target.name);
                    assert!(matches!(target.name, "dotenv" | "docker-env"), "{} refuses {text:?}", target.name);
                }
            }
        }
    }
    assert!(refused < 12, "{refused} were refused");
}

#[test]
fn types_are_kept_where_the_target_has_them() {
    let values = [
        ("FLAG", "yes", json!(true)),
        ("LIST", "a,b", json!(["a", "b"])),
        ("MAP", "{\"a\": 1}", json!({ "a": 1 })),
        ("PORT", "08", json!(8)),
        ("RATE", "0.5", json!(0.5)),
    ];
    for (target, expected) in [
        (
            "json",
            "{\n  \"FLAG\": true,\n  \"LIST\": [\n    \"a\",\n    \"b\"\n  ],\n  \"MAP\": {\n    \"a\": 1\n  },\n  \"PORT\": 8,\n  \"RATE\": 0.5\n}\n",
        ),
        ("yaml", "\"FLAG\": true\n\"LIST\": [\"a\", \"b\"]\n\"MAP\": {\"a\": 1}\n\"PORT\": 8\n\"RATE\": 0.5\n"),
        ("toml", "FLAG = true\nLIST = [\"a\", \"b\"]\nMAP = { a = 1 }\nPORT = 8\nRATE = 0.5\n"),
        ("tfvars", "FLAG = true\nLIST = [\"a\", \"b\"]\nMAP = { \"a\" = 1 }\nPORT = 8\nRATE = 0.5\n"),
        (
            "shell",
            "export FLAG='yes'\nexport LIST='a,b'\nexport MAP='{\"a\": 1}'\nexport PORT='08'\nexport RATE='0.5'\n",
        ),
    ] {
        assert_eq!((find(target).unwrap().write)(&picture(&values)).unwrap(), expected, "{target}");
    }
}

#[test]
fn secrets_that_are_not_written_are_absent() {
    for target in ALL {
        let mut picture = picture(&[("A", "1", "1".into()), ("B_SECRET", "x", "x".into())]);
        picture.variables[1].text = None;
        picture.variables[1].typed = Value::Null;
        let written = (target.write)(&picture).unwrap();
        let expected = matches!(target.name, "json" | "yaml");
        assert_eq!(written.contains("B_SECRET"), expected, "{}", target.name);
        let written = (target.write)(&Picture { environment: "", variables: Vec::new() }).unwrap();
        assert!(read_back(target.name, &written).is_empty(), "{}: {written}", target.name);
    }
}

#[test]
fn names_that_a_target_does_not_take() {
    for (target, key) in [("shell", "a-b"), ("github-env", "GITHUB_ENV"), ("tfvars", "1A"), ("kubernetes", "a b")] {
        let refusals = (find(target).unwrap().write)(&picture(&[(key, "x", "x".into())])).unwrap_err();
        assert_eq!(refusals.iter().map(|refusal| refusal.key.as_str()).collect::<Vec<_>>(), [key], "{target}");
    }
}

proptest! {
    #![proptest_config(Config::with_cases(64))]

    #[test]
    fn any_text_is_read_back(texts in prop::collection::vec(any::<String>().prop_filter("NUL", |text| !text.contains('\0')), 3)) {
        for target in ALL {
            for text in &texts {
                let Ok(written) = (target.write)(&picture(&[("KEY", text, text.as_str().into())])) else { continue };
                // The made-up reader of Terraform's language here knows no \U.
                if target.name == "tfvars" && (written.contains("\\U") || text.contains("$$") || text.contains("%%")) { continue }
                assert_eq!(read_back(target.name, &written), [("KEY".to_owned(), Value::from(text.as_str()))], "{}: {written}", target.name);
            }
        }
    }
}
