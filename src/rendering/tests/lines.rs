//! Lines of templates, and values that are written as a whole or as numbers.

use proptest::prelude::proptest;
use proptest::test_runner::Config;

use super::super::{Templates, render};
use super::{input, rendered};

#[test]
fn a_tag_takes_no_line_end_of_others() {
    for (name, text, value, expected) in [
        ("env.j2", "A={% if DEBUG %}1{% else %}2{% endif %}\n{# of\ntwo #}\nB={{ V }}\n", "x", "A=2\nB=x\n"),
        ("env.j2", "A=1\n{%- if not DEBUG %}\nB=2\n{%- endif %}\nC={{ V }}\n", "x", "A=1\nB=2\nC=x\n"),
        ("env.j2", "{%- set a = 1 %}\nA=1\n{%- if DEBUG %}\nB=2\n{%- endif %}\nC={{ V }}\n", "x", "A=1\nC=x\n"),
        ("env.j2", "A={% if DEBUG %}\n1\n{% endif %}\nB={{ V }}\n", "x", "A=\nB=x\n"),
        (
            "env.j2",
            "A=\"{{ V }}\"\nB='$X {{ PORT }}'\nC=5$ {{ PORT }}\n",
            "it's",
            "A=\"it's\"\nB='$X 8080'\nC='5$ 8080'\n",
        ),
        ("a.yml.j2", "  {% if not DEBUG %}- x{% endif %}\n  - {{ V }}\n", "y", "  - x\n  - \"y\"\n"),
        (
            "compose.yml.j2",
            "a:\n  {{ env | yaml }}\n",
            "a$b",
            "a:\n  API_KEY: \"${API_KEY?start it with sparkcfg run prod}\"\n  DB_PASSWORD: \"${DB_PASSWORD?start it with sparkcfg run prod}\"\n  DEBUG: \"no\"\n  HOSTS: \"a,b\"\n  PORT: \"8080\"\n  \"V\": \"a$$b\"\n",
        ),
    ] {
        assert_eq!(rendered(name, text, value).as_deref(), Ok(expected), "{name}: {text}");
    }
}

#[test]
fn numbers_and_units_are_read_as_they_were_meant() {
    for (name, text, value, expected) in [
        (
            "e.config.js.j2",
            "x = [{{ 9007199254740991 | json }}, {{ 9007199254740992 | json }}, {{ 18446744073709551615 | json }}];\n",
            "",
            "x = [9007199254740991, \"9007199254740992\", \"18446744073709551615\"];\n",
        ),
        (
            "a.yml.j2",
            "a: {{ 18446744073709551615 | yaml }}\nb: {{ 1.5 | yaml }}\n",
            "",
            "a: 18446744073709551615\nb: 1.5\n",
        ),
        (
            "a.service.j2",
            "Description=of {{ V }}\nExecStart=/x 'a {{ V }}'\nCPUQuota={{ PORT }}%\n",
            "5%h $x 's",
            "Description=of 5%%h $x 's\nExecStart=/x 'a 5%%h $$x \\'s'\nCPUQuota=8080%\n",
        ),
        ("a.service.j2", "CPUQuota={{ V }}\n", "50%", "CPUQuota=50%\n"),
    ] {
        assert_eq!(rendered(name, text, value).as_deref(), Ok(expected), "{name}: {text}");
    }
}

proptest! {
    #![proptest_config(Config::with_cases(256))]

    /// However blocks stand among them, no two lines of a template become one.
    #[test]
    fn lines_stay_apart(steps in proptest::collection::vec(0..12_usize, 0..24)) {
        let (mut text, mut open) = (String::new(), Vec::new());
        for step in steps {
            let line = match (step, open.last().copied()) {
                (0 | 1, _) => "  L\n",
                (2, _) => "T{% if DEBUG %}x{% endif %}\n",
                (3, _) => "  {% include \"_part.j2\" %}\n",
                (4, _) => "{# of\n two #}{% set a %}x{% endset %}\n",
                (5..8, _) => {
                    open.push(false);
                    ["{% if DEBUG %}\n", "  {%- if not DEBUG %}\n", "K: {% if DEBUG %}\n"][step - 5]
                }
                (8 | 9, Some(false)) => {
                    open.pop();
                    open.push(true);
                    ["{%- else %}\n", "  {% else %}\n"][step - 8]
                }
                (10 | 11, Some(_)) => {
                    open.pop();
                    ["{% endif %}\n", " {%- endif %}\n"][step - 10]
                }
                _ => continue,
            };
            text.push_str(line);
        }
        let text = text + &"{% endif %}\n".repeat(open.len());
        let templates =
            Templates::from([("a.conf.j2".to_owned(), text.clone()), ("_part.j2".to_owned(), "I".to_owned())]);
        let out = render("a.conf.j2", &templates, &input(&[], "")).unwrap().body;
        for line in out.lines() {
            assert!(line.matches(char::is_uppercase).count() < 2, "{line:?} of {text:?} gives {out:?}");
        }
    }
}
