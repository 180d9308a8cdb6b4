//! What is rendered, given to the programs that read it: no value becomes code, and every value arrives.
//!
//! Which of these programs are there differs from machine to machine; one that is not is passed over, and said so.
//! Docker compose is the one that is installed, or what `DOCKER_COMPOSE` names.
#![cfg(unix)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::print_stderr, reason = "what is passed over is said")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sparkcfg::rendering::{Fault, FaultKind, Input, Templates, Variable, render};

fn rendered(name: &str, text: &str, value: &str) -> Result<String, Vec<Fault>> {
    let variable =
        Variable { key: "V", text: Some(value), typed: value.into(), has_file_variant: false, services: &[] };
    let input = Input { environment: "prod", variables: vec![variable], unset: Vec::new(), reveals: false };
    let templates = Templates::from([(name.to_owned(), text.to_owned())]);
    render(name, &templates, &input).map(|rendered| rendered.body)
}

/// Refused, whatever the value is, at its place and with a word of what to do.
fn assert_refused(name: &str, text: &str, values: &[&str]) {
    for value in values {
        let Err(faults) = rendered(name, text, value) else { panic!("{text}: {value}") };
        assert!(faults.iter().all(|fault| fault.kind == FaultKind::Unwritable && !fault.help.is_empty()), "{faults:?}");
        assert_eq!(text.get(faults[0].at.clone()), Some("V"), "{text}: {faults:?}");
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("-c").arg(":").output().is_ok();
    if !found {
        eprintln!("passed over: there is no {program}");
    }
    found
}

const FOR_SHELLS: &[&str] = &[
    "plain",
    "",
    "it's \"$HOME\" \\",
    "'; touch x; '",
    "\"; touch x; \"",
    "$(touch x)",
    "(touch x)",
    "{x:=`touch x`}",
    "`touch x`",
    "\\'; touch x; '",
    "a\nb; touch x\n",
    ")\ntouch x\n(",
    "# b",
];

#[test]
fn no_value_becomes_a_command() {
    let said = [
        "printf %s {{ V }}",
        "printf %s \"{{ V }}\"",
        "printf %s '{{ V }}'",
        "a=\"$(printf %s 'b\n')\" # it's\nprintf %s {{ V }}",
        "a=\"$(printf %s \"b'c\"\nprintf c # \"\n)\"\nprintf %s \"{{ V }}\"",
        "a=`printf %s \\`printf 'b'\\``\nprintf %s '{{ V }}'",
        "a=$((1 + (2 * 3))) b=${a#*/} c=\"${HOME:-none}\"#'\nb'\nprintf %s {{ V }}",
        "a=\"$${{ V }}\"\nprintf %s \"${a#$$}\"",
        "f() { printf %s \"$1\"; }\ncase x in x) f {{ V }} ;; esac",
        "(printf %s \"\\\"\\$\\\\\" >/dev/null; printf %s a\\ # \"b'\" >/dev/null; printf %s {{ V }})",
        "a=${HOME#\"$PWD\"} b=\"${HOME#\"$PWD\"/}\" f=a.txt\nc=${f%'.txt'} d=\"${f%'.txt'}\" e=\"${1:-\"w x\"}\"\nprintf %s {{ V }}",
        "a=$(case x in a) echo;; (x | \"y)\") echo ')' ;; *) (echo b) ;; esac; echo c)\nprintf %s \"{{ V }}\"",
        "a=$(echo case; case $a in b) : ;; esac)\nprintf %s {{ V }}",
        "cat >/dev/null <<E\n$(echo its) it's \"\nE\nprintf %s {{ V }}",
        "a=$(cat <<'E'\nit's ) \"\nE\n)\nprintf %s \"{{ V }}\"",
        "cat >/dev/null <<-A <<B; printf %s {{ V }}\n\tit's\n\tA\n(\nB\n",
        "export A={{ V }} B=c; A=$A printf %s \"$A\"",
        "sh -c 'printf %s \"$1\"' sh {{ V }}",
        "if [ {{ V }} = a ] || test -n {{ V }}; then :; fi; case {{ V }} in b | c) : ;; esac; printf %s {{ V }}",
        "for a in {{ V }}; do printf %s \"$a\"; done",
        "(case x in a) : ;; x) printf %s {{ V }} ;; esac) </dev/null 2>&1",
        "set -- {{ V }} && printf %s \"$1\" | sed 's/a-b/c/'",
        "{% for key in ['A', 'B_2'] %}export {{ key }}={{ V }}; {% endfor %}printf %s \"$B_2\"",
        "{% for key in ['A', 'B_2'] %}{{ key }}={{ V }}; {% endfor %}printf %s \"$B_2\"",
    ];
    for shell in ["dash", "bash"].into_iter().filter(|shell| is_there(shell)) {
        for (text, value) in said.iter().flat_map(|text| FOR_SHELLS.iter().map(move |value| (text, value))) {
            let script = rendered("a.sh.j2", text, value).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
            assert_eq!(run(shell, &script), *value, "{shell}: {script}");
        }
        for value in FOR_SHELLS {
            match rendered("a.sh.j2", "printf ; # it's {{ V }}\nprintf %s a", value) {
                Ok(script) => assert_eq!(run(shell, &script), "a", "{shell}: {script}"),
                Err(_) => assert!(value.contains('\n')),
            }
        }
    }
    for text in [
        "echo \"$(echo 'a'\n{{ V }})\"",
        "echo \"$(\necho {{ V }}\n)\"",
        "echo \"$(echo a)\n$(echo {{ V }})\"",
        "echo `echo {{ V }}`",
        "echo $'{{ V }}'",
        "echo $((\n{{ V }}))",
        "((a = {{ V }}))",
        "echo ${A:-{{ V }}}",
        "echo \\{{ V }}",
        "echo \"\\{{ V }}\"",
        "echo ${{ V }}",
        "echo \"${{ V }}\"",
    ] {
        assert_refused("a.sh.j2", text, FOR_SHELLS);
    }
    // What shells read differently is told once, where it stands, for all values behind it.
    for (text, cause) in [
        ("echo $'it\\'s' {{ V }}; echo {{ V }}", "'"),
        ("echo $[ 1 ] {{ V }}; echo {{ V }}", "["),
        ("cat <<\"$A\"\n{{ V }}", "\n"),
        ("echo \"${A:-it's}\"\necho {{ V }}; echo {{ V }}", "'"),
        ("echo ${A:-\"b } c\"}\necho {{ V }}\necho {{ V }}", "}"),
        ("echo \"${A#'a\"b'}\"\necho {{ V }}\necho {{ V }}", "'"),
        ("a=$(case x in @(x)) echo b ;; esac)\necho {{ V }}\necho {{ V }}", ")"),
    ] {
        for value in FOR_SHELLS {
            let faults = rendered("a.sh.j2", text, value).unwrap_err();
            let found: Vec<_> = faults.iter().map(|fault| (fault.kind, text.get(fault.at.clone()))).collect();
            assert_eq!(found, [(FaultKind::Unwritable, Some(cause))], "{text}: {faults:?}");
        }
    }
}

#[test]
fn a_here_document_takes_what_stays_a_text() {
    for shell in ["dash", "bash"].into_iter().filter(|shell| is_there(shell)) {
        for value in FOR_SHELLS {
            let documents = [
                ("cat <<E\n<{{ V }}\nE", format!("<{value}\n")),
                ("cat <<-'E' | cat\n\t{{ V }}>\n\tE", format!("{value}>\n")),
                (
                    "cat <<E\n$(printf '%s' ')' \"(\")$((1 + (2)))`echo b`${HOME:+c}\"<{{ V }}\nE",
                    format!(")(3bc\"<{value}\n"),
                ),
                ("grep '' <<E\n<{{ V }}>\nE", format!("<{value}>\n")),
                (
                    "while IFS= read -r line; do printf '%s\\n' \"$line\"; done <<E\n<{{ V }}>\nE",
                    format!("<{value}>\n"),
                ),
            ];
            for (text, expected) in documents {
                let script = rendered("a.sh.j2", text, value).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
                assert_eq!(run(shell, &script), expected, "{shell}: {script}");
            }
        }
    }
    for text in [
        "sh <<E\n{{ V }}\nE",
        "cat <<E | sh\n{{ V }}\nE",
        "cat <<E\n$(echo\n{{ V }}\n)\nE",
        "echo $(cat <<E\n{{ V }}\nE\n)",
        "eval \"$(cat <<E\n{{ V }}\nE\n)\"",
        "a=$(cat <<E | sh\n{{ V }}\nE\n)",
        "a=$(cat <<E; id\n{{ V }}\nE\n)",
        "a=$(sh <<E\n{{ V }}\nE\n)",
        "PS4=$(cat <<E\n{{ V }}\nE\n)",
        "a=$(cat $(id <<E\n{{ V }}\nE\n))",
        "cat <<{{ V }}",
        "cat <<E\n$(case x in x) echo b ;; esac) {{ V }}\nE",
        "cat <<E\n$(echo # it's\n) {{ V }}\nE",
        "cat <<E\n$(echo 'a\n{{ V }}')\nE",
        "cat <<E\n`echo {{ V }}`\nE",
        "cat <<E\n${A:-{{ V }}}\nE",
    ] {
        assert_refused("a.sh.j2", text, FOR_SHELLS);
    }
    // Where it is not known what becomes of a text, a plain word is the same to everybody.
    let others: Vec<_> = FOR_SHELLS.iter().copied().filter(|value| *value != "plain").collect();
    for (text, expected) in [
        ("sh <<E\necho \"{{ V }}\"\nE", "plain\n"),
        ("sh -s a <<E\necho {{ V }} \\$1\nE", "plain a\n"),
        ("od -c <<E >/dev/null\n{{ V }}\nE\nprintf a", "a"),
        ("cat <<E | bash --norc\necho {{ V }}\nE", "plain\n"),
    ] {
        let script = rendered("a.sh.j2", text, "plain").unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        assert_eq!(run("bash", &script), expected, "{script}");
        assert_refused("a.sh.j2", text, &others);
    }
    let faults = rendered("a.sh.j2", "echo $(cat <<E\n{{ V }}\nE\n)", "plain").unwrap_err();
    assert!(faults[0].message.ends_with("within a substitution"), "{faults:?}");
    for text in ["psql -U a b <<E\nselect '{{ V }}'\nE", "cat <<E | docker exec -i b psql -U c\n select '{{ V }}'\nE"] {
        assert!(rendered("a.sh.j2", text, "plain").is_ok(), "{text}");
        assert_refused("a.sh.j2", text, &others);
    }
}

/// The output of the substitution is only assigned, and its program takes a text.
#[test]
fn a_here_document_whose_text_is_kept_takes_what_no_shell_misreads() {
    for text in [
        "a=$(cat <<E\n{{ V }}\n<{{ V }}>\nE\n)",
        "a=\"$(cat <<E\n{{ V }}\n<{{ V }}>\nE\n)\"",
        "export a=\"$(cat <<'E'\n{{ V }}\n<{{ V }}>\nE\n)\"",
        "a=$(tr -d z <<-E\n\t{{ V }}\n\t<{{ V }}>\n\tE\n)",
    ] {
        for shell in ["dash", "bash"].into_iter().filter(|shell| is_there(shell)) {
            for value in ["plain", "a b", "no: {x}", "-n; id & id | id", "* ~ [a] %s !x", "EE"] {
                let script = format!("{text}\nprintf '%s\\n' \"$a\"");
                let script = rendered("a.sh.j2", &script, value).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
                assert_eq!(run(shell, &script), format!("{value}\n<{value}>\n"), "{shell}: {script}");
            }
        }
        for value in ["it's", "a)b", "$HOME", "`id`", "a\\b", "\"", "E #"] {
            let faults = rendered("a.sh.j2", text, value).unwrap_err();
            assert!(faults[0].message.contains("older shells"), "{value}: {faults:?}");
        }
    }
}

#[test]
fn a_value_may_be_a_part_of_the_name_of_a_variable() {
    for text in [
        "{% set key = 'a-b' %}export {{ key }}={{ V }}",
        "{% set key = 'a b' %}{{ key }}={{ V }}",
        "{{ '2' }}a={{ V }}",
    ] {
        let faults = rendered("a.sh.j2", text, "x y").unwrap_err();
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert!(faults[0].message.contains("the name of a variable"), "{text}: {faults:?}");
        assert!(!text.get(faults[0].at.clone()).unwrap().contains('V'), "{text}: {faults:?}");
    }
    assert_refused("a.sh.j2", "{% set key = 'PS4' %}export {{ key }}={{ V }}", &["x y", "$(touch x)", ""]);
}

/// What a command evaluates once more is no text there, whatever quotes are around it.
#[test]
fn nothing_is_evaluated_twice() {
    let numbers = [
        "let {{ V }}",
        "let \"a = {{ V }}\"",
        "((a = {{ V }}))",
        "echo $((1 + {{ V }}))",
        "for ((i = 0; i < {{ V }}; i++)); do :; done",
        "[[ $a -eq {{ V }} ]]",
        "if [[ -n $a && ( \"{{ V }}\" -lt 3 ) ]]; then :; fi",
        "[ {{ V }} -gt 3 ]",
        "a[{{ V }}]=b",
        "a=([\"{{ V }}\"]=b c)",
        "declare -i a; a={{ V }}",
        "declare -i a={{ V }}",
        "SECONDS={{ V }}",
    ];
    let names = [
        "declare \"{{ V }}\"",
        "export {{ V }}",
        "printf -v {{ V }} %s a",
        "test -v {{ V }}",
        "unset {{ V }}",
        "read -r {{ V }}",
    ];
    let plain = [
        "eval \"echo {{ V }}\"",
        "trap 'echo {{ V }}' EXIT",
        "sh -c 'echo {{ V }}'",
        "sudo -u nobody bash -ec \"echo {{ V }}\"",
        "find . -exec sh -c 'echo {{ V }}' \\;",
        "ssh host \"echo {{ V }}\"",
        "ssh host echo {{ V }}",
        "echo {{ V }} | sudo sh",
        "bash <<<\"echo {{ V }}\"",
        "alias a=\"echo {{ V }}\"",
    ];
    let scripts =
        ["sed -i \"s/a/{{ V }}/\" file", "awk -F: '{ print \"{{ V }}\" }'", "python3 -c 'print(\"{{ V }}\")'"];
    let nothing = [
        "eval {{ V }}",
        "eval 'true; {{ V }}'",
        "sh -c {{ V }}",
        "{{ V }} a",
        "exec {{ V }} a",
        ". {{ V }}",
        "source \"{{ V }}\"",
    ];
    let code = ["a[$(touch x)]", "$(touch x)", "a b", "'", "a\nb", "%s", ";", ""];
    for text in [&numbers[..], &names, &plain, &scripts, &nothing].concat() {
        assert_refused("a.sh.j2", text, &code);
    }
    let refused = |texts: &[&str], value: &str| texts.iter().for_each(|text| assert_refused("a.sh.j2", text, &[value]));
    refused(&numbers, "a");
    refused(&numbers, "010");
    refused(&names, "a/b");
    refused(&scripts, "a/b");
    refused(&nothing, "reboot");
    for (texts, value) in [(&numbers[..], "8080"), (&names, "A_1"), (&plain, "a-b/c:1@d.e"), (&scripts, "a-b.c")] {
        for text in texts {
            assert!(rendered("a.sh.j2", text, value).is_ok(), "{text}: {:?}", rendered("a.sh.j2", text, value));
        }
    }
    // What hands its words on evaluates none of them.
    for text in [
        "exec \"{{ V }}/bin/java\" -jar {{ V }}",
        ". {{ V }}/lib.sh",
        "[[ $a == {{ V }}* || {{ V }} =~ b ]]",
        "declare -r a={{ V }}",
        "read -rp {{ V }} a",
        "psql --host {{ V }} -v a={{ V }}",
        "case $a in {{ V }}) true ;; esac",
        "a=(b {{ V }})",
        "docker run --rm -e A={{ V }} image {{ V }}",
        "sed -n 's/a/b/p' {{ V }}/file",
        "echo {{ V }} >> {{ V }}/file",
        "echo \"sed: {{ V }}\"",
    ] {
        assert!(rendered("a.sh.j2", text, "a $b; c").is_ok(), "{text}: {:?}", rendered("a.sh.j2", text, "a $b; c"));
    }
    for (text, value) in [
        ("echo {{ V }}", "-n"),
        ("echo \"a {{ V }}\"", "\\n"),
        ("printf \"{{ V }}\\n\"", "100%"),
        ("cat <<E\n{{ V }}\nE", "a\nE\nb"),
        ("cat <<E\nE{{ V }}\nE", ""),
        ("cat <<-E\n\t{{ V }}\nE", "\ta"),
    ] {
        assert_refused("a.sh.j2", text, &[value]);
    }
}

/// What a script says. It must have made no file.
fn run(shell: &str, script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(shell).arg("-c").arg(script).current_dir(folder.path()).output().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{shell}: {script}");
    String::from_utf8(output.stdout).unwrap()
}

const FOR_SCRIPTS: &[&str] = &[
    "plain",
    "",
    "it's \"quoted\"",
    "`",
    "$",
    "${process.exit(3)}",
    "{process.exit(3)}",
    "\\",
    "*/ process.exit(3) /*",
    "/ process.exit(3) //",
    "*",
    "\u{2028}process.exit(3)//",
    "\nprocess.exit(3)//",
    "__proto__",
];

#[test]
fn no_value_becomes_a_part_of_a_script() {
    let told = [
        ("{{ V }}", ""),
        ("'{{ V }}'", ""),
        ("`{{ V }}`", ""),
        ("`{{ V }}{process.exit(3)}`", "{process.exit(3)}"),
        ("`${ {a: '}'}.a ? '' : `b` }{{ V }}`", ""),
        ("[/it's \"/, {{ V }}][1]", ""),
        ("[/[/'\"]\\//.source, `{{ V }}`][1]", ""),
        ("[8 / 2 / 1, 'a'.length / 2, '{{ V }}'][2]", ""),
        ("[(8 + 4) / 2,\n'{{ V }}'][1]", ""),
        ("/* it's /*/ {{ V }} // it's {{ V }}\n", ""),
        ("Object.keys({ {{ V }}: 1 })[0]", ""),
        ("Object.keys({ '{{ V }}': 1 })[0]", ""),
        ("JSON.parse('{{ V | json }}')", ""),
        ("(() => {{ {\"a\": V} | json }})().a", ""),
        ("Object.keys({{ {V: 1} | json }})[0]", ""),
        ("String.raw`${ {{ V }} }`", ""),
        ("{ args: [{{ V }}] }.args[0]", ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    let mut add = |script: String, value: String| {
        fs::write(folder.path().join(format!("{}.js", expected.len())), script).unwrap();
        expected.push(value);
    };
    for value in FOR_SCRIPTS {
        for (text, end) in told {
            let text = format!("#!/usr/bin/env node\nmodule.exports =\n{text};\n");
            match rendered("a.config.js.j2", &text, value) {
                Ok(script) => add(script, format!("{value}{end}")),
                Err(faults) => assert!(text.contains("//") && value.contains(['\n', '\u{2028}']), "{text}: {faults:?}"),
            }
        }
        for text in ["// {{ V }}", "/* {{ V }} */", "/**{{ V }}/ */", "/* /{{ V }}*/"] {
            if let Ok(script) = rendered("a.config.js.j2", &format!("{text}\nmodule.exports = 'a';\n"), value) {
                add(script, "a".to_owned());
            }
        }
    }
    for text in ["a = /{{ V }}/;", "a = '\\{{ V }}';", "a = `${{ V }}`;", "a = (b) / c / d; e = {{ V }};"] {
        assert_refused("a.config.js.j2", text, FOR_SCRIPTS);
    }
    let once_more = [
        "eval('a = {{ V }}');",
        "new Function(`return {{ V }}`);",
        "cp.execSync(\"kill {{ V }}\");",
        "JSON.parse('{\"a\": \"{{ V }}\"}');",
        "new RegExp(\"^{{ V }}$\");",
        "a = { args: \"--name {{ V }}\" };",
        "a = { \"args\": {{ V }} };",
        "a = { script: './{{ V }}.js' };",
        "a = { 'post-deploy': \"echo {{ V }}\" };",
    ];
    for text in once_more {
        assert_refused("a.config.js.j2", text, &["a b", "'", "$(a)", "\\", ""]);
        assert!(rendered("a.config.js.j2", text, "8080").is_ok(), "{text}");
    }
    for text in ["String.raw`{{ V }}`;", "a.b`${1}{{ V }}`;", "a = x{{ V }};", "a = {{ V }}{{ V }};"] {
        assert_refused("a.config.js.j2", text, FOR_SCRIPTS);
    }
    if is_there("node") {
        let all = format!("[...Array({}).keys()].map((index) => require(`./${{index}}.js`))", expected.len());
        let print = format!("process.stdout.write(JSON.stringify({all}))");
        let output = Command::new("node").args(["-e", &print]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let script = || fs::read_to_string(folder.path().join(format!("{index}.js"))).unwrap();
            assert_eq!(found, expected, "{}", script());
        }
    }
}

/// Of a secret that is only referred to, the program that reads the file has the whole text, or stops.
#[test]
fn a_secret_is_a_whole_operand() {
    let secret = Variable { key: "V", text: None, typed: Value::Null, has_file_variant: false, services: &[] };
    let input = Input { environment: "prod", variables: vec![secret], unset: Vec::new(), reveals: false };
    let script = |text: &str| {
        let templates = Templates::from([("a.js.j2".to_owned(), format!("module.exports = {text};\n"))]);
        render("a.js.j2", &templates, &input).map(|rendered| rendered.body)
    };
    for text in
        ["JSON.parse('{{ {\"a\": V} | json }}')", "{ args: \"--key {{ V }}\" }", "eval(\"{{ V }}\")", "tag`{{ V }}`"]
    {
        assert!(script(text).is_err(), "{text}: {:?}", script(text));
    }
    if !is_there("node") {
        return;
    }
    for (text, expected) in [
        ("{{ V }}", json!("it's")),
        ("\"a{{ V }}b\".length", json!(6)),
        ("\"a{{ V }}\" === 'a{{ V }}' ? `<{{ V }}>` : 0", json!("<it's>")),
        ("Object.keys({ {{ V }}: 1, 'b{{ V }}': 2 })", json!(["it's", "bit's"])),
        ("[\"{{ V }}\" + 1, {{ V }}.length]", json!(["it's1", 4])),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.js"), script(text).unwrap()).unwrap();
        let print = "process.stdout.write(JSON.stringify(require('./a.js')))";
        let node = |value: Option<&str>| {
            let mut command = Command::new("node");
            command
                .args(["-e", print])
                .current_dir(folder.path())
                .env_remove("V")
                .envs(value.map(|value| ("V", value)));
            command.output().unwrap()
        };
        let output = node(Some("it's"));
        assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default(), expected, "{text}: {output:?}");
        let output = node(None);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains("V is not set: start it with sparkcfg run prod"), "{told}");
    }
}

const FOR_BLOCKS: &[&str] = &[
    "plain",
    "two\nlines",
    "  apart",
    "a\n  b\n\nc",
    "ends\n",
    "\nbegins",
    "",
    " ",
    "\ttab",
    "$HOME ${A} $$",
    "# b: c",
    "- a",
];

/// A block has no escapes: a value is read from it as it is, or refused.
#[test]
fn a_value_in_a_block_arrives_or_is_refused() {
    let texts = [
        ("|\n      {{ V }}\n", "{V}\n"),
        ("|-\n\n      a\n      {{ V }}\n", "\na\n{V}"),
        ("|2 # why\n        {{ V }}\n      b\n", "  {V}\nb\n"),
        ("|\n      a:\n        {{ V }} b\n\n      c\n", "a:\n  {V} b\n\nc\n"),
        (">\n      a {{ V }}\n      b\n", "a {V} b\n"),
        (">-\n      a\n      {{ V }}\n      b\n", "a {V} b"),
        ("\"{{ V }}\"\n", "{V}"),
        ("\"a\n       {{ V }}\n       b\"\n", "a {V} b"),
        ("'a\n       {{ V }}\n       b'\n", "a {V} b"),
    ];
    let mut taken = BTreeMap::new();
    for (index, (text, _)) in texts.iter().enumerate() {
        let file = |value: &str| {
            rendered("compose.yml.j2", &format!("services:\n  a:\n    user: {text}    image: b\n"), value)
        };
        taken.extend(FOR_BLOCKS.iter().filter_map(|value| Some(((index, *value), file(value).ok()?))));
    }
    let refused =
        |value: &str| (0..texts.len()).filter(|index| !taken.contains_key(&(*index, value))).collect::<Vec<_>>();
    assert_eq!(refused("plain"), [0_usize; 0]);
    assert_eq!(refused("two\nlines"), [4, 5, 8]);
    assert_eq!(refused("  apart"), [0, 5, 8]);
    assert_eq!(refused("ends\n"), [0, 1, 4, 5, 8]);
    let compose = compose();
    for ((index, value), text) in &taken {
        let expected = texts[*index].1.replace("{V}", value);
        let read: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(read["services"]["a"]["user"], expected.replace('$', "$$"), "{text}");
        if let Some(compose) = &compose {
            let config = config(compose, text, "");
            // What is empty it leaves out.
            let told = config["services"]["a"]["user"].as_str().unwrap_or_default();
            assert_eq!(told, expected.replace('$', "$$"), "{text}");
        }
    }
}

/// A file that docker compose can read as it stands is read alike once it is rendered.
#[test]
fn a_plain_compose_file_keeps_its_escapes() {
    let text = "services:\n  a:\n    image: b\n    command: [\"echo $${HOME} $$$$\", \"${V}\", \"${W:-$$x}\"]\n";
    let rendered = rendered("compose.yml", text, "$y").unwrap();
    assert_eq!(rendered, text.replace("${V}", "$$y").replace("${W:-$$x}", "$$x"));
    if let Some(compose) = compose() {
        // What docker compose prints has its escapes, too.
        let expected = json!(["echo $${HOME} $$$$", "$$y", "$$x"]);
        assert_eq!(config(&compose, &rendered, "")["services"]["a"]["command"], expected);
    }
}

/// A default is what docker compose makes of it, and not what YAML would.
#[test]
fn a_default_of_a_compose_file_arrives_as_before() {
    let text = "services:\n  a:\n    image: b:${W:-1}\n    platform: ${W:-}\n    command: ${W:-npm start --port 1}\n    ports: [\"${W:-8080:80}\"]\n    healthcheck: { test: [\"CMD-SHELL\", \"${W:-a -f || exit 1}\"], retries: \"${W:-3}\" }\n    environment:\n      A: ${W:-}\n      B: ${W:-01234}\n      C: ${W:-1e3}\n      D: ${W:-\"x\"}\n      E: ${V}\n      F: ${V:-}\n      G: \"${W:-it's} ${V-x}\"\n      H: a-${V:-z}-${V:+set}-$$HOME\n      I: ${W:-${V:-q}-no}\n";
    let Some(compose) = compose() else { return };
    for value in ["", "a b", "5"] {
        let rendered = rendered("compose.yml", text, value).unwrap();
        assert_eq!(config(&compose, &rendered, ""), config(&compose, text, value), "{rendered}");
    }
}

/// What the issue of the reference stack lists, ports, hosts and folders that contradict each other, is told at its line
/// before anything is rendered, or has one source.
#[test]
fn the_reference_stack_contradicts_itself_nowhere() {
    let rendered = |environment: &str, changes: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for path in ["environments", "schemas", "templates", "sparkcfg.toml"] {
            let copied = Command::new("cp").arg("-R").arg(root.join(path)).arg(folder.path()).status().unwrap();
            assert!(copied.success());
        }
        let path = folder.path().join(format!("environments/{environment}.env"));
        let text = fs::read_to_string(&path).unwrap();
        let kept = text.lines().filter(|line| !changes.iter().any(|(key, _)| line.starts_with(&format!("{key}="))));
        let changed = changes.iter().map(|(key, value)| format!("{key}={value}"));
        let lines: Vec<String> = kept.map(ToOwned::to_owned).chain(changed).collect();
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparkcfg"));
        let output = command.args(["render", environment, "--stdout"]).current_dir(folder.path()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        let codes: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("error[")?.split_once(']')).collect();
        let codes: Vec<_> = codes.iter().map(|(code, _)| (*code).to_owned()).collect();
        (String::from_utf8(output.stdout).unwrap(), codes)
    };
    for (changes, code) in [
        (("AUTOMAGIK_SPARK_API_HOST", "localhost"), "schema-rule"),
        (("LANGFLOW_API_URL", "http://localhost:7860"), "schema-rule"),
        (("LANGFLOW_PORT", "7870"), "values-disagree"),
    ] {
        assert_eq!(rendered("staging", &[changes]), (String::new(), vec![code.to_owned()]), "{changes:?}");
    }
    let automagik = [("AUTOMAGIK_API_HOST", "localhost"), ("AUTOMAGIK_API_URL", "http://localhost:8881")];
    for environment in ["staging", "prod"] {
        assert_eq!(
            rendered(environment, &automagik),
            (String::new(), vec!["schema-rule".to_owned(); 2]),
            "{environment}"
        );
    }
    let (text, codes) = rendered("prod", &[("AUTOMAGIK_SPARK_WORKER_LOG", "/srv/logs/spark.txt")]);
    assert_eq!(codes, [""; 0]);
    for line in ["volumes: [\"worker-logs:/srv/logs\"]", "out_file: \"/srv/logs/worker.out.log\""] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("/var/log"), "{text}");
    let (text, _) = rendered("dev", &[]);
    assert!(!text.contains("worker-logs") && text.contains("out_file: \"logs/worker.out.log\""), "{text}");
}

fn compose() -> Option<Vec<String>> {
    let named = std::env::var("DOCKER_COMPOSE").unwrap_or_else(|_| "docker compose".to_owned());
    let words: Vec<String> = named.split_whitespace().map(ToOwned::to_owned).collect();
    let works = Command::new(&words[0]).args(&words[1..]).arg("version").output();
    let found = works.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("passed over: there is no docker compose");
    }
    found.then_some(words)
}

/// What docker compose makes of a file, started with `value` as `V`.
fn config(compose: &[String], text: &str, value: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = &folder.path().join("compose.yml");
    fs::write(path, text).unwrap();
    let mut command = Command::new(&compose[0]);
    command.args(&compose[1..]).args(["-p", "x", "-f"]).arg(path).args(["config", "--format", "json"]);
    command.env_remove("W").env("V", value);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_env_file_has_a_value_for_each_line() {
    let hostile = &["$(touch x)", "a\"; touch x #", "k: v}", "plain"];
    for text in ["CERT=\"-----BEGIN\n{{ V }}\n-----END\"\n", "K='a\nL={{ V }}\n'\n", "K: {{ V }}\n", "{{ V }}\n"] {
        assert_refused("a.env.j2", text, hostile);
    }
    assert_eq!(rendered("a.env.j2", "K=\"a\nb\"\nL={{ V }}\n", "x").unwrap(), "K=\"a\nb\"\nL=x\n");
    assert_refused("a.env.j2", "{{ V }}=x\n", &[" A", "A ", "A=b", "A B", "#", "export A", "A\nB", "é"]);
    assert_eq!(rendered("a.env.j2", "A_{{ V }}=x\n", "1").unwrap(), "A_1=x\n");
    // A shell would take it for the home folder.
    assert_eq!(rendered("a.env.j2", "H={{ V }}\n", "~/x").unwrap(), "H='~/x'\n");
}

/// What docker compose splits, or gives to a shell, holds no value that would be divided there.
#[test]
fn a_value_stays_one_argument() {
    let texts = [
        ("command: app --name {{ V }}", "x"),
        ("entrypoint: >\n      app\n      --name {{ V }}", "x"),
        ("command: [sh, -c, \"app --name {{ V }}\"]", "x"),
        ("command:\n      - /bin/bash\n      - -ec\n      - |\n        app {{ V }}", "x"),
        ("healthcheck: { test: \"curl {{ V }}\" }", "x"),
        ("healthcheck:\n      test: [CMD-SHELL, 'curl {{ V }}']", "x"),
        ("healthcheck:\n      test: [CMD, sh, -c, 'curl {{ V }}']", "x"),
        ("post_start: [{ command: \"app {{ V }}\" }]", "x"),
    ];
    let file = |text: &str| format!("services:\n  a: &a\n    image: b\n    {text}\n  c:\n    <<: *a\n");
    for (text, plain) in texts {
        assert_refused("compose.yml.j2", &file(text), &["a b", "$(touch x)", "it's", "; x", "", "-x"]);
        assert!(rendered("compose.yml.j2", &file(text), plain).is_ok(), "{text}");
    }
    for text in ["healthcheck: { test: \"{{ V }}\" }", "command: [sh, -c, \"a; {{ V }}\"]"] {
        assert_refused("compose.yml.j2", &file(text), &["reboot"]);
    }
    for text in [
        "command: [app, --name, \"{{ V }}\"]",
        "healthcheck: { test: [CMD, app, {{ V }}] }",
        "environment: { A: sh -c {{ V }} }",
    ] {
        assert!(rendered("compose.yml.j2", &file(text), "it's $(a) b").is_ok(), "{text}");
    }
    for text in ["volumes: [\"{{ V }}:/data\"]", "ports: [\"{{ V }}:80\"]", "devices: [\"/dev/a:{{ V }}\"]"] {
        assert_refused("compose.yml.j2", &file(text), &["a:b", ":"]);
        assert!(rendered("compose.yml.j2", &file(text), "[::1]").is_ok(), "{text}");
    }
    assert!(rendered("compose.yml.j2", &file("volumes: [\"{{ V }}\"]"), "a:/b:ro").is_ok());
    assert_refused("stack.yml.j2", &file("user: {{ V }}"), &["a$b"]);
    assert!(rendered("prod.compose.yml.j2", &file("user: {{ V }}"), "a$b").unwrap().contains("\"a$$b\""));
    assert_refused("job.yml.j2", "spec:\n  command: [\"sh\", \"-c\", \"app {{ V }}\"]\n", &["a b"]);
}

/// What the manual says of a unit: prefixes before a program, quotes only where words are, variables in commands.
#[test]
fn a_value_in_a_unit_arrives_or_is_refused() {
    for (text, value, expected) in [
        ("ExecStart={{ V }}/bin a {{ V }}", "/o%$", None),
        ("ExecStart={{ V }}/bin", "/opt", Some("ExecStart=/opt/bin")),
        ("ExecStart=/bin/a {{ V }}", "+x $A", Some("ExecStart=/bin/a \"+x $$A\"")),
        ("ExecStart=:/bin/a {{ V }}", "$A", Some("ExecStart=:/bin/a \"$A\"")),
        ("ExecStart={{ V }} a", "+/bin/a", None),
        ("ExecStart=\"{{ V }}\"", "!/bin/a", None),
        ("ExecStart=-{{ V }}", "@/bin/a", None),
        ("Environment={{ V }}", "A=b", Some("Environment=\"A=b\"")),
        ("WorkingDirectory={{ V }}", "/a b", Some("WorkingDirectory=/a b")),
        ("WorkingDirectory=\"{{ V }}\"", "/a", None),
        ("WorkingDirectory={{ V }}", "-/a", None),
        ("WorkingDirectory={{ V }}", "~", None),
        ("WorkingDirectory={{ V }}", "/a%n", Some("WorkingDirectory=/a%%n")),
        ("WorkingDirectory={{ V }}", "/a ", None),
        ("ReadWritePaths={{ V }}", "/a /b", None),
        ("EnvironmentFile={{ V }}", "-/a", None),
        ("Nice={{ V }}", "-5", Some("Nice=-5")),
        ("Description=A {{ V }}", "b, c", Some("Description=A b, c")),
        ("OnCalendar={{ V }}", "*-*-* 02:00", Some("OnCalendar=*-*-* 02:00")),
    ] {
        let unit = rendered("a.service.j2", text, value).ok();
        assert_eq!(unit.as_deref().map(|unit| unit.trim_end_matches('\n')), expected, "{text} {value}");
    }
}
