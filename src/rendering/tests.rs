//! What comes out of templates, kind by kind.

use std::collections::BTreeMap;

use proptest::prelude::{Strategy, any, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::{FaultKind, Input, Templates, Unset, Variable, header, render};
use crate::masking::holds_secrets;

mod defaults;
mod lines;
mod typing;

fn input<'i>(services: &'i [String], value: &'i str) -> Input<'i> {
    let variable = |key: &'i str, text: Option<&'i str>, typed: Value| Variable {
        key,
        text,
        typed,
        has_file_variant: key == "DB_PASSWORD",
        services,
    };
    Input {
        environment: "prod",
        variables: vec![
            variable("API_KEY", None, Value::Null),
            variable("DB_PASSWORD", None, Value::Null),
            variable("DEBUG", Some("no"), json!(false)),
            variable("HOSTS", Some("a,b"), json!(["a", "b"])),
            variable("PORT", Some("8080"), json!(8080)),
            variable("V", Some(value), value.into()),
        ],
        unset: vec![Unset { key: "LATER", services: &[] }],
        reveals: false,
    }
}

fn rendered(name: &str, text: &str, value: &str) -> Result<String, Vec<super::Fault>> {
    let services = ["api".to_owned()];
    let templates = Templates::from([(name.to_owned(), text.to_owned())]);
    render(name, &templates, &input(&services, value)).map(|rendered| rendered.body)
}

#[test]
fn each_kind_quotes_for_the_place() {
    for (name, text, value, expected) in [
        ("compose.yml.j2", "a: {{ V }}\n", "no", "a: \"no\"\n"),
        ("compose.yml.j2", "a: {{ V }} # why\n", "12:30", "a: \"12:30\" # why\n"),
        ("compose.yml.j2", "- {{ V }}:{{ PORT }}\n", "0123", "- \"0123:8080\"\n"),
        ("compose.yml.j2", "- a: redis:{{ V }}\n  b: 1\n", "7", "- a: \"redis:7\"\n  b: 1\n"),
        ("compose.yml.j2", "a: \"x-{{ V }}\"\n", "\"$A\\", "a: \"x-\\\"$$A\\\\\"\n"),
        ("compose.yml.j2", "a: 'x-{{ V }}'\n", "it's $A", "a: 'x-it''s $$A'\n"),
        ("compose.yml.j2", "a: [{{ V }}, x{{ PORT }}]\n", "a, b]", "a: [\"a, b]\", \"x8080\"]\n"),
        ("compose.yml.j2", "a: { {{ V }}: 1 }\n", "k", "a: { \"k\": 1 }\n"),
        ("compose.yml.j2", "a: |\n  x {{ V }}\nb: {{ V }}\n", "1\n2$", "a: |\n  x 1\n  2$$\nb: \"1\\n2$$\"\n"),
        ("compose.yml.j2", "- a: |\n    x\n  b: {{ V }}\n", "1e3", "- a: |\n    x\n  b: \"1e3\"\n"),
        ("compose.yml.j2", "a: {{ PORT | yaml }}\nb: {{ HOSTS | yaml }}\n", "", "a: 8080\nb: [\"a\", \"b\"]\n"),
        ("compose.yml.j2", "a:\n  {{ HOSTS | yaml }}\n", "", "a:\n  - \"a\"\n  - \"b\"\n"),
        ("compose.yml.j2", "a: {{ API_KEY }}\n", "", "a: \"${API_KEY?start it with sparkcfg run prod}\"\n"),
        (
            "compose.yml.j2",
            "a: r://:{{ API_KEY }}@{{ V }}\n",
            "$h",
            "a: \"r://:${API_KEY?start it with sparkcfg run prod}@$$h\"\n",
        ),
        ("compose.yml.j2", "a: &x {{ V }}\nb: *x\n", "1", "a: &x \"1\"\nb: *x\n"),
        ("compose.yml.j2", "a: ${LEFT:-alone} $$\n", "", "a: ${LEFT:-alone} $$\n"),
        ("other.yml.j2", "a: {{ V }}\n", "$A", "a: \"$A\"\n"),
        ("compose.yml", "a: ${V}\nb: \"${PORT:-1}\" $$\n", "no", "a: \"no\"\nb: \"8080\" $$\n"),
        ("compose.yml", "a: ${V:-x}\n", "", "a: \"x\"\n"),
        ("compose.yml", "a: ${V}\n", "", "a: \"\"\n"),
        ("e.config.js.j2", "x = {{ V }};\n", "it's \"${a}\"\n", "x = \"it's \\\"${a}\\\"\\n\";\n"),
        ("e.config.js.j2", "x = `{{ V }}${ {{ V }} }`;\n", "`${a}", "x = `\\`\\${a}${ \"`${a}\" }`;\n"),
        ("e.config.js.j2", "x = 'a{{ V }}'; // {{ V }}\n", "it's", "x = 'ait\\'s'; // it's\n"),
        (
            "e.config.js.j2",
            "x = {{ API_KEY }}; y = {{ PORT | json }};\n",
            "",
            "x = (process.env[\"API_KEY\"] ?? (() => { throw new Error(\"API_KEY is not set: start it with sparkcfg run prod\"); })()); y = 8080;\n",
        ),
        (
            "e.config.js.j2",
            "x = \"a{{ API_KEY }}\";\n",
            "",
            "x = (\"a\" + (process.env[\"API_KEY\"] ?? (() => { throw new Error(\"API_KEY is not set: start it with sparkcfg run prod\"); })()) + \"\");\n",
        ),
        (
            "a.json.j2",
            "{\"a\": {{ V }}, \"b{{ V }}\": {{ HOSTS | json }}}\n",
            "\"\n",
            "{\"a\": \"\\\"\\n\", \"b\\\"\\n\": [\n  \"a\",\n  \"b\"\n]}\n",
        ),
        (
            "compose.yml.j2",
            "{{ V }}: {{ V }}\n\"{{ V }}\" : $$$${{ V }}\n",
            "$a",
            "\"$a\": \"$$a\"\n\"$a\" : \"$$$$$$a\"\n",
        ),
        ("compose.yml.j2", "a: ${A:-b} {{ V }} # ${ {{ V }}\n", "c", "a: \"${A:-b} c\" # ${ c\n"),
        ("env.j2", "A={{ V }}  # {{ PORT }} it is\nB= # {{ V }}\n", "a#b", "# 8080 it is\nA='a#b'\n# a#b\nB=\n"),
        (
            "env.j2",
            "A={{ V }}\nB=x:{{ PORT }}\nAPI_KEY={{ API_KEY }}\n# {{ V }}\n",
            "a b",
            "A='a b'\nB=x:8080\n# API_KEY is a secret: sparkcfg run prod sets it\n# a b\n",
        ),
        (
            "a.sh.j2",
            "A={{ V }} B=\"{{ V }}\" C='{{ V }}' D={{ API_KEY }}\n",
            "it's $1",
            "A='it'\\''s $1' B=\"it's \\$1\" C='it'\\''s $1' D=\"${API_KEY?start it with sparkcfg run prod}\"\n",
        ),
        (
            "a.service.j2",
            "[Service]\nEnvironment=A={{ V }}\nExecStart=/x {{ V }}\n",
            "5% $a \"b\"",
            "[Service]\nEnvironment=A=\"5%% $a \\\"b\\\"\"\nExecStart=/x \"5%% $$a \\\"b\\\"\"\n",
        ),
        ("a.conf.j2", "port {{ PORT }}\n", "", "port 8080\n"),
        (
            "compose.yml.j2",
            "{% if DEBUG %}\na: 1\n{% endif %}\nb: {{ DEBUG }}\n{% for host in HOSTS %}\n- {{ host }}\n{% endfor %}\n",
            "",
            "b: \"no\"\n- \"a\"\n- \"b\"\n",
        ),
        ("compose.yml.j2", "a: {{ LATER | default(\"x\") }}\n", "", "a: \"x\"\n"),
        (
            "compose.yml.j2",
            "{% macro twice(x) %}{{ x }}-{{ x }}{% endmacro %}\na: {{ twice(V) }}\n",
            "no: {",
            "a: \"no: {-no: {\"\n",
        ),
        (
            "compose.yml.j2",
            "a:\n  {{ env_of(\"api\") | yaml }}\n",
            "$",
            "a:\n  API_KEY: \"${API_KEY?start it with sparkcfg run prod}\"\n  DB_PASSWORD_FILE: \"/run/secrets/DB_PASSWORD\"\n  DEBUG: \"no\"\n  HOSTS: \"a,b\"\n  PORT: \"8080\"\n  \"V\": \"$$\"\n",
        ),
    ] {
        assert_eq!(rendered(name, text, value).as_deref(), Ok(expected), "{name}: {text}");
    }
}

/// What a macro or a block writes is structure, and values keep their places in it.
#[test]
fn macros_and_blocks_write_structure() {
    let text = "{% macro one(name, port) %}\n{{ name }}: [{{ port }}, {{ V }}]\n{% endmacro %}\n{{ one('a', PORT) }}{% set b %}\nb: {{ V }}\n{% endset %}\n{{ b }}";
    let expected = "\"a\": [\"8080\", \"x: $$y\"]\nb: \"x: $$y\"\n";
    assert_eq!(rendered("compose.yml.j2", text, "x: $y").as_deref(), Ok(expected));
}

#[test]
fn faults_have_a_place() {
    for (name, text, value, expected) in [
        (
            "a.yml.j2",
            "a: {{ PROT }}\nb: {{ env.NO }}\n",
            "",
            vec![(FaultKind::Undefined, "PROT"), (FaultKind::Undefined, "NO")],
        ),
        ("a.yml.j2", "{% if false %}{{ NEVER }}{% endif %}\n", "", vec![(FaultKind::Undefined, "NEVER")]),
        (
            "a.yml.j2",
            "a: {{ LATER }}\nb: {{ LATER }} {{ PRT }}\n",
            "",
            vec![(FaultKind::Undefined, "LATER"), (FaultKind::Undefined, "PRT")],
        ),
        ("a.yml.j2", "a: {{ V | raw }}\n", "", vec![(FaultKind::Broken, "V | raw")]),
        ("a.yml.j2", "a: {{ V | safe }}\n", "", vec![(FaultKind::Broken, "V | safe")]),
        (
            "a.yml.j2",
            "a: {{ HOSTS | first }}{% include \"../secret\" %}\n",
            "",
            vec![(FaultKind::Broken, "{% include \"../secret\" %}")],
        ),
        (
            "a.yml.j2",
            "{% for x in range(100000) %}{% for y in range(100000) %}{% endfor %}{% endfor %}",
            "",
            vec![(FaultKind::Broken, "")],
        ),
        ("a.yml.j2", "a: {{ API_KEY }}\n", "", vec![(FaultKind::Unwritable, "API_KEY")]),
        ("a.yml.j2", "# {{ V }}\na: 1\n", "x\ny: 2", vec![(FaultKind::Unwritable, "V")]),
        ("a.yml.j2", "a: one\n  two {{ V }}\n", "x", vec![(FaultKind::Unwritable, "V")]),
        ("a.conf.j2", "pass {{ V }}\n", "a b", vec![(FaultKind::Unwritable, "V")]),
        ("a.env", "A=1\nB=\"${V}\" \"\n", "x", vec![(FaultKind::Unwritable, "${V}")]),
        // Nothing else would set these.
        ("a.env", "PW=${API_KEY}\nU=x://a:${API_KEY}@b\n", "", vec![(FaultKind::Unwritable, "${API_KEY}"); 2]),
        ("a.env.j2", "DEBUG={{ API_KEY }}\n", "", vec![(FaultKind::Unwritable, "API_KEY")]),
        (
            "b.env.j2",
            "A=$X{{ V }}\nB=${X}/{{ V }}\n",
            "x",
            vec![(FaultKind::Unwritable, "V"), (FaultKind::Unwritable, "V")],
        ),
        (
            "a.service.j2",
            "User={{ V }}\nCPUQuota={{ V }}\n",
            "5%h",
            vec![(FaultKind::Unwritable, "V"), (FaultKind::Unwritable, "V")],
        ),
        ("env.j2", "A={{ V }}\n", "a$b'\"\\c\n", vec![(FaultKind::Unwritable, "A={{")]),
        ("a.json.j2", "[\"\\{{ V }}\"]\n", "x", vec![(FaultKind::Unwritable, "V")]),
        ("a.yml.j2", "a: \"\\{{ V }}\"\n", "x", vec![(FaultKind::Unwritable, "V")]),
        ("a.yml.j2", "# {{ V }}\n", "x\u{2028}y: 2", vec![(FaultKind::Unwritable, "V")]),
        ("a.service.j2", "Environment=\"A=%{{ V }}\"\n", "h", vec![(FaultKind::Unwritable, "V")]),
        ("compose.yml.j2", "a: ${{ V }}\n", "{A}", vec![(FaultKind::Unwritable, "V")]),
        ("compose.yml.j2", "a: '${A:-{{ V }}}'\n", "}", vec![(FaultKind::Unwritable, "V")]),
        ("compose.yml.j2", "{{ API_KEY }}: 1\n", "", vec![(FaultKind::Unwritable, "API_KEY")]),
        (
            "a.yml.j2",
            "a: {{ env[\"NO\"] }}{{ env['LATER'] }}{{ PROT.a.b }}\nb: {{ env[\"NEVER\"] }}\n",
            "",
            vec![
                (FaultKind::Undefined, "NO"),
                (FaultKind::Undefined, "LATER"),
                (FaultKind::Undefined, "PROT"),
                (FaultKind::Undefined, "NEVER"),
            ],
        ),
        (
            "compose.yml",
            "a: ${PROT}\nb: ${NO:?x}\n",
            "",
            vec![(FaultKind::Undefined, "${PROT}"), (FaultKind::Undefined, "${NO:?x}")],
        ),
    ] {
        let faults = rendered(name, text, value).unwrap_err();
        let found: Vec<_> =
            faults.iter().map(|fault| (fault.kind, text.get(fault.at.clone()).unwrap_or_default())).collect();
        if expected.iter().any(|(kind, _)| *kind == FaultKind::Broken) || name == "env.j2" {
            assert_eq!(found.len(), 1, "{text}: {faults:?}");
            assert_eq!(found[0].0, expected[0].0, "{text}: {faults:?}");
        } else {
            assert_eq!(found, expected, "{text}: {faults:?}");
        }
    }
}

/// What a shell would run takes no text that it could make something of; beside it any text can stand.
#[test]
fn what_a_shell_runs() {
    let texts = [
        ("x.service.j2", "ExecStart=/bin/sh -c \"echo {{ V }}\"\n"),
        ("x.service.j2", "ExecStartPre=-/usr/bin/bash -lc 'echo {{ V }}'\n"),
        ("x.service.j2", "ExecStart=@/bin/sh server -e -c {{ V }}\n"),
        (
            "compose.yml.j2",
            "services:\n  a:\n    image: x\n    entrypoint: [/bin/sh, -c]\n    command: [\"echo {{ V }}\"]\n",
        ),
        (
            "compose.yml.j2",
            "services:\n  a:\n    command:\n      - |\n        echo {{ V }}\n    image: x\n    entrypoint: sh -e -c\n",
        ),
        ("compose.yml.j2", "command: [bash, -e, -c, \"echo {{ V }}\"]\n"),
        ("compose.yml.j2", "command: [bash, -o, pipefail, -c, \"echo {{ V }}\"]\n"),
        ("compose.yml.j2", "command: [su, \"-\", app, -c, \"echo {{ V }}\"]\n"),
        ("compose.yml.j2", "test: [CMD, sh, -e, -c, \"echo {{ V }}\"]\n"),
        (
            "compose.yml.j2",
            "services:\n  a:\n    image: x\n    develop:\n      watch:\n        - exec:\n            command: \"x {{ V }}\"\n",
        ),
        ("deployment.yml.j2", "command: [sh, -c]\nargs: [\"echo {{ V }}\"]\n"),
        ("ecosystem.yml.j2", "apps:\n  - script: sh\n    args: [-c, \"echo {{ V }}\"]\n"),
        ("e.config.js.j2", "x = { apps: [{ script: \"sh\", args: [\"-c\", \"echo {{ V }}\"] }] };\n"),
        ("e.config.js.j2", "x = { args: [\"-c\", \"echo \" + {{ V }}], script: \"/bin/bash\" };\n"),
        ("e.config.js.j2", "execFile(\"sh\", [\"-c\", \"echo {{ V }}\"]);\n"),
        ("e.config.js.j2", "cp.spawn('bash', ['-e', '-c', {{ V }}], {});\n"),
        ("e.config.js.j2", "spawn(\"echo {{ V }}\", { shell: true });\n"),
        ("e.config.js.j2", "spawn(\"echo\", [\"{{ V }}\"], { stdio: \"inherit\", shell: '/bin/sh' });\n"),
    ];
    for (name, text) in texts {
        let faults = rendered(name, text, "$(id)").unwrap_err();
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert_eq!(faults[0].kind, FaultKind::Unwritable, "{text}");
        let plain = rendered(name, text, "a-1");
        let begins = text.contains("-c {{ V }}") || text.contains("'-c', {{ V }}");
        assert_eq!(plain.is_ok(), !begins, "{text}: {plain:?}");
    }
    for (name, text) in [
        ("x.service.j2", "ExecStart=/usr/bin/server -c \"echo {{ V }}\"\n"),
        ("x.service.j2", "ExecStart=/bin/sh -c 'exec \"$$0\" \"$$1\"' echo {{ V }}\n"),
        ("compose.yml.j2", "services:\n  a:\n    image: x\n    entrypoint: [server]\n    command: [-c, \"{{ V }}\"]\n"),
        (
            "compose.yml.j2",
            "services:\n  a:\n    image: x\n    entrypoint: [sh, run.sh]\n    command: [-c, \"{{ V }}\"]\n",
        ),
        ("compose.yml.j2", "command: [sh, -c, 'echo \"$$1\"', sh, \"{{ V }}\"]\n"),
        ("deployment.yml.j2", "command: [server]\nargs: [\"echo {{ V }}\"]\n"),
        ("e.config.js.j2", "x = { script: \"server.js\", args: [\"-c\", \"echo {{ V }}\"] };\n"),
        ("e.config.js.j2", "execFile(\"server\", [\"-c\", \"echo {{ V }}\"], { shell: false });\n"),
        ("e.config.js.j2", "spawn(\"sh\", [\"run.sh\", \"-c\", \"{{ V }}\"]);\n"),
        ("e.config.js.j2", "f(a ? \"sh\" : \"-c\", [\"{{ V }}\"]);\n"),
    ] {
        let found = rendered(name, text, "$(id)");
        assert!(found.is_ok(), "{text}: {found:?}");
    }
}

#[test]
fn headers_tell_edits() {
    let services = [];
    let input = input(&services, "x");
    for (path, body) in [
        ("compose.yml", "a: 1\n"),
        ("a.sh", "#!/bin/sh\necho\n"),
        ("a.js", "x\n"),
        ("user-data.yml", "#cloud-config\na: 1\n"),
        ("user-data.yml", "## template: jinja\n#cloud-config\na: 1\n"),
        ("Dockerfile", "# syntax=docker/dockerfile:1\nFROM a\n"),
        ("a.yml", "%YAML 1.2\n---\na: 1\n"),
    ] {
        let text = header::write(path, path, body, "0", &input, false);
        assert_eq!(header::state(&text), header::State::Untouched, "{text}");
        assert_eq!(header::state(&format!("{text} ")), header::State::Edited, "{text}");
        assert_eq!(header::state(body), header::State::Unmarked);
        let stays = body.starts_with('#');
        assert_eq!(text.lines().next() == body.lines().next(), stays, "{text}");
        assert_eq!(header::state(&format!("#!x\n{text}")), header::State::Edited);
        assert!(!holds_secrets(&text));
        assert!(holds_secrets(&header::write(path, path, body, "0", &input, true)));
    }
    assert_eq!(header::write("a.json", "a.json", "{}", "0", &input, false), "{}");
    let xml = "<?xml version=\"1.0\"?>\n<a/>\n";
    assert_eq!(header::write("a.conf", "a.conf", xml, "0", &input, false), xml);
}

#[test]
fn inputs_tell_what_changed() {
    let [api, worker] = ["api", "worker"].map(|name| [name.to_owned()]);
    let hash = |template: &str, value: &str, services: &[String], other: &str| {
        let texts =
            [("compose.yml.j2", "a: {% include '_b.j2' %}\n"), ("_b.j2", template), ("_c.j2", other), ("d.j2", other)];
        let templates: Templates = texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let input = input(services, value);
        let used = render("compose.yml.j2", &templates, &input).unwrap().used;
        header::inputs("compose.yml.j2", &templates, &input, &used)
    };
    for (template, uses) in [
        ("{{ V }}", true),
        ("{{ env.V }}", true),
        ("{{ env['V'] }}", true),
        ("{{ V[0] | default('') }}", true),
        ("{% if V is defined %}x{% endif %}", true),
        ("{{ env | yaml }}", true),
        ("{% for key in env %}{{ env[key] }}{% endfor %}", true),
        ("{{ env_of('api') | yaml }}", true),
        ("{{ PORT }}", false),
    ] {
        let before = hash(template, "1", &api, "{{ V }}");
        assert_eq!(before != hash(template, "2", &api, "{{ V }}"), uses, "{template}");
        assert_eq!(before, hash(template, "1", &api, "{{ DEBUG }}"), "what others are made from: {template}");
        assert_ne!(before, hash(&format!("{template}{{# why #}}"), "1", &api, "{{ V }}"), "{template}");
        if !template.contains("_of") {
            assert_eq!(before, hash(template, "1", &worker, "{{ V }}"), "who reads a key: {template}");
        }
    }
}

/// A secret that is only referred to has no parts, and no template can make it another name by mistake.
#[test]
fn a_withheld_secret_stays_whole() {
    for expression in [
        "API_KEY | lower",
        "API_KEY | replace(\"E\", \"x\")",
        "API_KEY | length",
        "API_KEY | first",
        "API_KEY[2:5]",
        "API_KEY | reverse",
        "(\"x\" ~ API_KEY) | lower",
    ] {
        let result = rendered("compose.yml.j2", &format!("a: {{{{ {expression} }}}}\n"), "");
        assert!(result.is_err(), "{expression}: {result:?}");
    }
    for (expression, expected) in [
        ("API_KEY", "a: \"${API_KEY?start it with sparkcfg run prod}\"\n"),
        ("\"x-\" ~ API_KEY", "a: \"x-${API_KEY?start it with sparkcfg run prod}\"\n"),
        ("API_KEY | default(\"none\")", "a: \"${API_KEY?start it with sparkcfg run prod}\"\n"),
        ("1 if API_KEY and PORT == 8080 else 2", "a: \"1\"\n"),
        ("1 if API_KEY is defined and not DEBUG in [1] else API_KEY", "a: \"1\"\n"),
    ] {
        let result = rendered("compose.yml.j2", &format!("a: {{{{ {expression} }}}}\n"), "");
        assert_eq!(result.as_deref(), Ok(expected), "{expression}");
    }
}

/// The engine would say that a secret which is only referred to differs from everything.
#[test]
fn a_withheld_secret_is_not_compared() {
    let loops = "{%- for key, value in {\"API_KEY\": API_KEY} | items if key in [\"API_KEY\"] %}{{ key }}={{ value }}\n{% endfor %}";
    assert!(rendered("a.env.j2", loops, "").is_ok());
    for expression in [
        "API_KEY == \"\"",
        "\"x\" != API_KEY",
        "env.API_KEY > 3",
        "PORT == 1 or (env[\"API_KEY\"] | default(\"\")) == \"x\"",
        "API_KEY in [\"x\", \"y\"]",
        "API_KEY is eq(\"x\")",
        "API_KEY is startingwith(\"x\")",
        "API_KEY is string",
        "API_KEY | int(5)",
        "[API_KEY] | select(\"eq\", \"x\")",
        "[API_KEY, \"b\"] | sort",
        "(\"a\" ~ API_KEY) is lower",
    ] {
        let faults = rendered("a.env.j2", &format!("{{% if {expression} %}}A=1\n{{% endif %}}"), "").unwrap_err();
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Broken), "{expression}: {faults:?}");
    }
    for template in [
        "{% set key = API_KEY %}{% set other = \"a\" ~ key %}{% if other == \"x\" %}{% endif %}",
        "{% with key = API_KEY %}{% if key in [1] %}{% endif %}{% endwith %}",
        "{% macro is(key) %}{{ 1 if key == \"x\" }}{% endmacro %}A={{ is(API_KEY) }}\n",
        "{% for key, value in env | items %}{% if value == \"x\" %}{% endif %}{% endfor %}",
        "{% for key in [API_KEY] %}{% if key != \"x\" %}{% endif %}{% endfor %}",
    ] {
        let faults = rendered("a.env.j2", template, "").unwrap_err();
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Broken), "{template}: {faults:?}");
    }
    for template in [
        "{% set key = API_KEY is defined %}{% if key == true %}{% endif %}",
        "{% for key, value in env | dictsort if key != \"x\" %}{{ key }}={{ value }}\n{% endfor %}",
        "{% if env is mapping and \"API_KEY\" in env and HOSTS | length == 2 and PORT | int == 8080 %}{% endif %}",
        "{% if secrets_of(\"api\") | length == 2 and V is startingwith(\"\") %}{% endif %}",
    ] {
        assert!(rendered("a.env.j2", template, "").is_ok(), "{template}: {:?}", rendered("a.env.j2", template, ""));
    }
    for expression in ["API_KEY == \"\"", "API_KEY in [\"x\", \"y\"]"] {
        let faults = rendered("a.env.j2", &format!("{{% if {expression} %}}A=1\n{{% endif %}}"), "").unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| (fault.kind, fault.key.as_deref())).collect();
        assert_eq!(found, [(FaultKind::Broken, Some("API_KEY"))], "{expression}: {faults:?}");
    }
}

proptest! {
    #![proptest_config(Config::with_cases(256))]

    #[test]
    fn any_text_arrives_in_yaml_and_json(value in any::<String>().prop_filter("marks", |text| !super::marks::holds_mark(text))) {
        let yaml = "whole: {{ V }}\nkey {{ V }}: 1\ndouble: \"a{{ V }}b\"\nflow: [{{ V }}, {a: {{ V }}x}]\n- {{ V }}".replace("\n- {{ V }}", "");
        let text = rendered("a.yml.j2", &yaml, &value).unwrap();
        let read: BTreeMap<String, Value> = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read["whole"], value);
        assert_eq!(read["double"], format!("a{value}b"));
        assert_eq!(read["flow"], json!([value, { "a": format!("{value}x") }]));
        assert_eq!(read[&format!("key {value}")], 1);
        let text = rendered("a.json.j2", "[{{ V }}, \"a{{ V }}\"]", &value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!([value, format!("a{value}")]));
    }

    /// A block has no escapes: what is not refused is read as it was meant.
    #[test]
    fn any_text_arrives_in_a_block_or_is_refused(pieces in proptest::collection::vec(0..20_usize, 0..6), form in 0..12_usize) {
        const PIECES: [&str; 20] = [
            " ", "\n", "a", "#", ": ", "- ", "\t", "é", "\u{feff}", "\u{a0}", "'", "\"", "%", "---", "...", "|", "\\", "$", "\n\n", "b c",
        ];
        let value: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let (text, expected) = [
            ("a: |\n  {V}\nb: 1\n", "{V}\n"),
            ("a: |-\n  {V}\nb: 1\n", "{V}"),
            ("a: |+\n  {V}\nb: 1\n", "{V}\n"),
            ("a: |\n  x {V}\n  y\n", "x {V}\ny\n"),
            ("a: |\n  x\n  {V}\n", "x\n{V}\n"),
            ("a: |2\n    {V}\n  y\n", "  {V}\ny\n"),
            ("a: |\n  {V}{V}\n", "{V}{V}\n"),
            ("a: >\n  x {V} y\n  z\n", "x {V} y z\n"),
            ("a: >-\n  x\n  {V}\n", "x {V}"),
            ("a: >+\n  {V}\n", "{V}\n"),
            ("- |\n {V}\n", "{V}\n"),
            ("a:\n- b: |\n    {V}\n  c: 1\n", "{V}\n"),
        ][form];
        if let Ok(written) = rendered("a.yml.j2", &text.replace("{V}", "{{ V }}"), &value) {
            let read: Value = serde_saphyr::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written:?}"));
            let places = ["/a/0/b", "/a", "/0"].map(|place| read.pointer(place).and_then(Value::as_str));
            let found = places.into_iter().flatten().next();
            assert_eq!(found, Some(expected.replace("{V}", &value).as_str()), "{written:?}");
        }
    }
}
