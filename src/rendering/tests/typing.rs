//! Values that are spelled otherwise than their types are: compared by type, written as they stand.

use serde_json::{Value, json};

use super::super::{FaultKind, Input, Templates, Unset, Variable, render};

fn rendered(text: &str) -> Result<String, Vec<super::super::Fault>> {
    let variable = |key, text, typed| Variable { key, text: Some(text), typed, has_file_variant: false, services: &[] };
    let input = Input {
        environment: "prod",
        variables: vec![
            variable("BIG", "1e30", json!(1e30)),
            variable("EXP", "1e1", json!(10.0)),
            variable("HOSTS", "a,b", json!(["a", "b"])),
            variable("N", "05", json!(5)),
            variable("NAME", "05", Value::from("05")),
            variable("OFF", "off", json!(false)),
            variable("RATE", "0.10", json!(0.1)),
            variable("YES", "yes", json!(true)),
        ],
        unset: vec![Unset { key: "LATER", services: &[] }],
        reveals: false,
    };
    let templates = Templates::from([("a.txt.j2".to_owned(), text.to_owned())]);
    // Whatever is rendered ends its last line.
    render("a.txt.j2", &templates, &input).map(|rendered| rendered.body.trim_end_matches('\n').to_owned())
}

#[test]
fn a_value_is_compared_by_its_type() {
    for expression in [
        "RATE < 0.5",
        "0.05 < RATE < N",
        "N == 5 and N != 4 and N <= 5",
        "OFF == false and YES == true and YES is true and OFF is false and YES is boolean",
        "EXP == 10 and EXP | int == 10 and EXP is eq(10)",
        "N in [4, 5] and N not in [6] and 5 in [N] and [N] == [5]",
        "N + 1 == 6 and N * 2 == 10 and N // 2 == 2 and N % 2 == 1 and N ** 2 == 25 and 7 - N == 2",
        "-N == -5 and -N | abs == 5 and 2 - -N == 7",
        "N is odd and N is integer and N is divisibleby(5) and RATE is number",
        "[N, 7] | select(\"eq\", 5) | list | length == 1",
        "[N, 3] | max == 5 and [N, 1] | sum == 6 and [RATE, N] | sort | first == 0.1",
        "(N) == 5 and env.N == 5 and env[\"N\"] == 5 and N | default(1) == 5",
        "\"abcdefg\"[N:] == \"fg\" and [0, 1, 2, 3, 4, 5][N] == 5",
        "\"a\" in HOSTS and HOSTS == [\"a\", \"b\"] and HOSTS + [\"c\"] == [\"a\", \"b\", \"c\"]",
        "NAME != 5 and NAME == \"05\"",
        "(N, 1) == (5, 1) and N in (4, 5) and {\"a\": N}.a == 5 and {5: 1}[N] == 1",
        "YES and not OFF",
        "YES is startingwith(\"y\") and YES | upper == \"YES\" and YES | string == \"yes\"",
        "N ~ NAME == \"0505\" and \"x\" ~ N ~ OFF == \"x05off\"",
    ] {
        let text = format!("{{% if {expression} %}}yes{{% else %}}no{{% endif %}}");
        assert_eq!(rendered(&text).as_deref(), Ok("yes"), "{expression}");
    }
}

#[test]
fn a_value_is_written_as_it_stands() {
    for (text, expected) in [
        ("{{ RATE }} {{ N }} {{ OFF }} {{ YES }} {{ EXP }} {{ BIG }} {{ HOSTS }}", "0.10 05 off yes 1e1 1e30 a,b"),
        ("{{ YES if N > 1 else OFF }} {{ YES or OFF }} {{ LATER | default(RATE) }}", "yes yes 0.10"),
        (
            "{% set a = RATE %}{{ a }}{{ a < 1 }} {% for n in [N, RATE] %}{{ n }}{{ n > 1 }}{% endfor %}",
            "0.10true 05true0.10false",
        ),
        ("{% macro m(v, w=-N) %}{{ v }}{{ v * 2 }}{{ w }}{% endmacro %}{{ m(N) }}", "0510-5"),
        ("{% for n in range(N) %}{{ n }}{% endfor %} {{ [N, OFF] | join(\"-\") }}", "01234 05-off"),
        ("{% raw %}{{ N > 1 }}{% endraw %}", "{{ N > 1 }}"),
    ] {
        assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_an_operator_lacks_is_told_once_and_at_its_place() {
    for (text, expected) in [
        ("a\n{{ N + LATER }}", vec![(FaultKind::Undefined, "LATER")]),
        ("{% if N > 3 %}{% if LATER == 3 %}{% endif %}{% endif %}", vec![(FaultKind::Undefined, "LATER")]),
        ("{{ N * LATTER - 1 }}", vec![(FaultKind::Undefined, "LATTER")]),
        ("{{ NAME - 1 }}", vec![(FaultKind::Broken, "NAME - 1")]),
    ] {
        let faults = rendered(text).unwrap_err();
        let found: Vec<_> =
            faults.iter().map(|fault| (fault.kind, text.get(fault.at.clone()).unwrap_or_default())).collect();
        assert_eq!(found, expected, "{text}: {faults:?}");
    }
}

#[test]
fn what_is_no_comment_is_told() {
    for (text, at) in [
        ("k=${#list}\nA={{ N }}\n", 3),
        ("k=${#list}\n{# a comment #}\nA={{ N }}\n", 3),
        ("{# one #}\n{# two\nA={{ N }}\n", 10),
    ] {
        let faults = rendered(text).unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| (fault.kind, fault.at.start)).collect();
        assert_eq!(found, [(FaultKind::Broken, at)], "{text}: {faults:?}");
    }
    assert_eq!(rendered("k={% raw %}${#list}{% endraw %}{# a #}").as_deref(), Ok("k=${#list}"));
}

#[test]
fn a_filter_over_what_is_written_is_no_question_about_a_secret() {
    let faults = rendered("{% filter upper %}x {{ N }}{% endfilter %}").unwrap_err();
    assert!(faults.iter().all(|fault| !fault.message.contains("secret")), "{faults:?}");
    assert!(faults[0].help.contains("{{ KEY | upper }}"), "{faults:?}");
}
