//! Plain templates: what a reference gives is one text, quoted for its place, be it a value or a default.

use super::super::{FaultKind, Input, Templates, Variable, render};

fn rendered(name: &str, text: &str) -> Result<String, Vec<super::super::Fault>> {
    let variable = |key, text: &'static str| Variable {
        key,
        text: Some(text),
        typed: text.into(),
        has_file_variant: false,
        services: &[],
    };
    let variables = vec![variable("A", "a b"), variable("COST", "$5"), variable("EMPTY", ""), variable("P", "80")];
    let secret = Variable { text: None, ..variable("PW", "") };
    let input = Input {
        environment: "prod",
        variables: variables.into_iter().chain([secret]).collect(),
        unset: Vec::new(),
        reveals: false,
    };
    let templates = Templates::from([(name.to_owned(), text.to_owned())]);
    render(name, &templates, &input).map(|rendered| rendered.body)
}

#[test]
fn a_default_is_quoted_as_a_value_is() {
    for (name, text, expected) in [
        ("compose.yml", "a: ${X:-}\nb: ${X:-01234}\nc: ${X:-1e3}\n", "a: \"\"\nb: \"01234\"\nc: \"1e3\"\n"),
        ("compose.yml", "a: ${X:-\"x\"}\nb: ${EMPTY}\nc: ${EMPTY:-}\n", "a: \"\\\"x\\\"\"\nb: \"\"\nc: \"\"\n"),
        ("compose.yml", "a: ${EMPTY-d}${EMPTY:-d}${EMPTY:+d}${P:+set}\n", "a: \"dset\"\n"),
        ("compose.yml", "a: \"${X:-it's}\"\nb: '${X:-a \"b\"}'\n", "a: \"it's\"\nb: 'a \"b\"'\n"),
        ("compose.yml", "a: ${X:-$$x ${COST}} $$y\n", "a: \"$$x $$5 $$y\"\n"),
        ("compose.yml", "a: ${X:-a: {b} # c} # d\n", "a: \"a: {b} # c\" # d\n"),
        ("compose.yml", "a: ${X:-u:${PW}@h}\n", "a: \"u:${PW?start it with sparkcfg run prod}@h\"\n"),
        ("compose.yml", "a: ${PW:-none}\n", "a: \"${PW?start it with sparkcfg run prod}\"\n"),
        (
            "compose.yml",
            "services:\n  a:\n    image: x\n    command: ${X:-npm start}\n    ports: [\"${X:-8080:80}\"]\n",
            "services:\n  a:\n    image: x\n    command: \"npm start\"\n    ports: [\"8080:80\"]\n",
        ),
        ("a.yml", "a: ${X:-no}\n", "a: \"no\"\n"),
        (
            "a.json",
            "{\"a\": ${X:-}, \"b\": ${X:-no}, \"c\": \"x${X:-'}\"}\n",
            "{\"a\": \"\", \"b\": \"no\", \"c\": \"x'\"}\n",
        ),
        ("a.js", "a = ${X:-it's}; b = \"${X:-it's}\";", "a = \"it's\"; b = \"it\\'s\";\n"),
        ("a.sh", "A=${X:-b; touch c}\nB=\"${X:-$$(d) ${P}}\"\n", "A='b; touch c'\nB=\"\\$(d) 80\"\n"),
        ("a.env", "A=${X:-b c}\nB=\"${X:-d e}\"\nC=${X:-}\n", "A='b c'\nB='d e'\nC=\n"),
        ("a.service", "[Service]\nEnvironment=\"A=${X:-b %c}\"\n", "[Service]\nEnvironment=\"A=b %%c\"\n"),
        ("a.conf", "listen ${X:-80 default};\nport ${P};\n", "listen 80 default;\nport 80;\n"),
    ] {
        assert_eq!(rendered(name, text).as_deref(), Ok(expected), "{name}: {text}");
    }
}

#[test]
fn what_cannot_stand_is_told_at_its_own_place() {
    for (name, text, expected) in [
        // Within quotes of the file a default is a text of the file's too.
        ("a.yml", "a: \"${X:-b\\\"c}\"\n", vec!["${X:-b\\\"c}"]),
        ("a.json", "[\"${X:-b\\\"c}\"]", vec!["${X:-b\\\"c}"]),
        ("a.js", "a = '${X:-it's}';", vec!["${X:-it's}"]),
        ("a.sh", "A=\"${X:-b\\\"c}\"\n", vec!["${X:-b\\\"c}"]),
        ("a.env", "A='${X:-it's}'\n", vec!["${X:-it's}"]),
        ("a.service", "[Service]\nEnvironment=\"A=${X:-b\\c}\"\n", vec!["${X:-b\\c}"]),
        ("a.conf", "listen ${X:-80 ${A}};\n", vec!["${X:-80 ${A}}"]),
        (
            "compose.yml",
            "services:\n  a:\n    image: x\n    environment:\n      F: ${A:+set}\n      G: ok\n    command: [sh, -c, \"echo ${A}\"]\n",
            vec!["${A}"],
        ),
        ("compose.yml", "services:\n  a:\n    image: x\n    command: ${X:-run ${A}}\n", vec!["${X:-run ${A}}"]),
    ] {
        let faults = rendered(name, text).unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| text.get(fault.at.clone()).unwrap_or_default()).collect();
        assert_eq!(found, expected, "{name}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Unwritable), "{faults:?}");
    }
}

#[test]
fn a_name_without_a_value_is_told_within_a_default_too() {
    let text = "a: ${X:-${Y}}\nb: ${Z:?why}\nc: ${A:-${W}}\n";
    let faults = rendered("compose.yml", text).unwrap_err();
    let found: Vec<_> = faults.iter().map(|fault| text.get(fault.at.clone()).unwrap_or_default()).collect();
    assert_eq!(found, ["${Y}", "${Z:?why}"]);
}

#[test]
fn what_a_compose_file_hands_on_is_used() {
    let text = "services:\n  a:\n    image: x\n    environment:\n      C:\n      D: 1\n  b:\n    image: x\n    environment:\n      - E\n";
    let input = Input { environment: "prod", variables: Vec::new(), unset: Vec::new(), reveals: false };
    for (name, expected) in [("compose.yml", vec!["C", "E"]), ("other.yml", vec![])] {
        let templates = Templates::from([(name.to_owned(), text.to_owned())]);
        let used = render(name, &templates, &input).unwrap().used;
        assert_eq!(used.into_iter().collect::<Vec<_>>(), expected, "{name}");
    }
}

/// What stands right behind the sign of an anchor or a tag would be drawn into it.
#[test]
fn no_value_is_the_name_of_an_anchor_or_a_tag() {
    for text in ["a: &${P} y\n", "a: !${P} y\n", "a: &x-${P} y\n"] {
        let faults = rendered("a.yml", text).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].kind, FaultKind::Unwritable);
    }
    assert_eq!(rendered("a.yml", "a: &x ${P}\n").as_deref(), Ok("a: &x \"80\"\n"));
}
