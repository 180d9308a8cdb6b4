#!/usr/bin/env python3
"""Asks the settings modules of `sparkcfg schema --types` themselves: do they take and refuse what sparkcfg does, and as
the same value?

Needs python3 with pydantic-settings 2, node with zod 3 or 4 and typescript (found by NODE_PATH), cargo and go; says which
of them it had to leave out. Usage: tests/types_real.py path/to/sparkcfg
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPARKCFG = str(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/debug/sparkcfg").resolve())

TEXTS = [
    "", " ", "0", "1", "-1", "-0", "007", "8080", " 8080 ", "65535", "65536", "0x10", "1_000", "1e3", "1.0", "1.5", "-2.5e-3", ".5",
    "5.", "+5", "NaN", "inf", "1e999", "9007199254740991", "9223372036854775807", "true", "TRUE", "yes", "on", "off", "No", "y", "t",
    "null", "none", "a", "a,b", "a, b ,c", ",", "a,,b", "1,2", "1, x", "a;b", "1;2", '["a","b"]', "[1,2]", "[1,", "[]", '{"a":1}',
    '{"a":[1,null,true]}', "{}", "{a}", '  {"a":1}', "fast", "Fast", "safe", "abc", "abcdef", "äöü", "😀😀", "x-1", "X-1", "3", "6",
    "http://a.example", "https://a.example/b?c=d", "postgres://app@db/x", "redis://cache:6379/0", "localhost", "0.0.0.0:80", "*",
    "10s", "1m30s", "PT1M", "P1.5D", "300M", "1.5 GB", "1.5", "UTC", "Europe/Berlin", "*/5 * * * *", "1.2.3", "v1.2.3", "AAAA",
    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "info", "WARN", "/var/log/x", "~/x", "a/", "1.2.3.4", "::1", "a@b.example",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "2024-02-29", "2023-02-29", "12:30:00Z",
]

# Formats that no pattern says exactly are left to sparkcfg: a module may take more, never less.
EXACT = ["port", "duration", "byte-size", "semver", "base64", "fernet-key", "log-level", "file-path", "ipv4", "uuid"]
LOOSE = [
    "host", "bind-address", "http-url", "https-url", "dsn", "postgres-url", "redis-url", "origin", "timezone", "cron", "ipv6",
    "uri", "email", "date", "date-time", "time", "hostname",
]

ODD = ["class", "def", "a-b", "A_B", "a b", "API_KEY_ID", "type", "__proto__", "constructor", "model_config", "json", "Settings", "self"]


def handwritten():
    text = {"type": "string"}
    keys = {
        "INTEGER": {"type": "integer"},
        "PORT": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 8080},
        "NUMBER": {"type": "number", "minimum": -2.5},
        "ABOVE": {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 8080},
        "THIRD": {"type": "integer", "multipleOf": 3},
        "TENTH": {"type": "number", "multipleOf": 0.1},
        "BOOLEAN": {"type": "boolean", "default": True},
        "MAYBE": {"type": ["integer", "null"]},
        "EITHER": {"type": ["boolean", "integer"]},
        "TEXT_OR_NUMBER": {"type": ["string", "number"]},
        "LIST": {"type": "array", "default": ["a", "b"]},
        "NUMBERS": {"type": "array", "items": {"type": "integer", "maximum": 2}, "minItems": 1},
        "SEMICOLONS": {"type": "array", "items": {"type": ["integer", "string"]}, "maxItems": 2, "x-sparkcfg": {"separator": ";"}},
        "WORDS": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
        "OBJECT": {"type": "object", "default": {"a": [1, None, "x"]}},
        "MODE": {"enum": ["fast", "safe"], "default": "safe"},
        "LEVEL": {"enum": [1, 3, "6", True]},
        "FIXED": {"const": "abc"},
        "SHORT": {"type": "string", "minLength": 2, "maxLength": 3},
        "PATTERN": {"type": "string", "pattern": "^[a-z]+-\\d$"},
        "ANYWHERE": {"type": "string", "pattern": "b|\\s"},
        "ANYTHING": {},
        "SMALL": {"type": "integer", "format": "uint8"},
        "SECRET_NUMBER": {"type": "integer", "writeOnly": True},
        "SECRET_TOKEN": {"type": "string", "writeOnly": True, "minLength": 2},
    }
    keys |= {"F_" + name.upper().replace("-", "_"): {**text, "format": name} for name in EXACT + LOOSE}
    odd = 'quotes " \' `, """, ends */ here, a \\ backslash \\n ${x} <!-- -->\nsecond line \u202e\U000e0041 😀\r\n"""'
    keys |= {name: {"type": "string", "description": odd, "default": odd.split("\n")[0]} for name in ODD}
    return {"title": 'Odd """ title */ \\', "properties": keys}


def projects():
    loose = {"F_" + name.upper().replace("-", "_") for name in LOOSE}
    yield "a schema by hand", json.dumps(handwritten()), {}, loose
    model = subprocess.run([SPARKCFG, "schema", "--print", "spark"], capture_output=True, text=True, check=True).stdout
    keys = json.loads(model)["properties"]
    # What looks beyond a key's own keywords is left to sparkcfg.
    beyond = {"anyOf", "oneOf", "allOf", "not", "if", "uniqueItems", "contains"}
    loose = {
        key
        for key, rule in keys.items()
        if beyond & set(rule) or rule.get("format") in LOOSE or beyond & set(rule.get("items", {})) or rule.get("items", {}).get("format") in LOOSE
    }
    yield "the built-in model", model, {"ENVIRONMENT": "development", "AUTOMAGIK_SPARK_DATABASE_URL": "postgresql://a@db/x"}, loose


def judged(schema, base, keys):
    """What sparkcfg says of each text under each key: None, or the value."""
    questions = [(key, text) for key in keys for text in TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "schemas").mkdir()
        (folder / "schemas/app.schema.json").write_text(schema)
        (folder / "environments").mkdir()
        # One environment for each text, with all keys: each key is judged for itself.
        for number, text in enumerate(TEXTS):
            lines = [f"{key}='{text}'" for key in keys if "'" not in text and key.replace("_", "").isalnum()]
            (folder / f"environments/t{number}.env").write_text("\n".join(lines) + "\n")
        report = run([SPARKCFG, "validate", "--project", str(folder), "--format", "json", "--fail-on", "never"])
        about = {"wrong-type", "out-of-range", "not-allowed-value", "bad-length", "bad-pattern", "bad-format"}
        refused = {
            (finding["key"], environment)
            for finding in json.loads(report)["findings"]
            # A placeholder in place of a value tells the same, where it hides one of these.
            if finding["code"] in about or finding["code"] == "placeholder-value" and finding["severity"] == "error"
            for environment in (finding.get("environments") or [finding.get("environment")])
        }
        values = {}
        for number in range(len(TEXTS)):
            shown = run([SPARKCFG, "show", f"t{number}", "--project", str(folder), "--as", "json", "--with-secrets"])
            values[number] = json.loads(shown)
    verdicts = []
    for key, text in questions:
        number = TEXTS.index(text)
        refuses = (key, f"t{number}") in refused
        verdicts.append((key, text, refuses, None if refuses else values[number].get(key)))
    return verdicts


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-5000:]}")
    return done.stdout


PYTHON = """
import json, os, sys
from pydantic import SecretStr, Secret
from settings import Settings
def plain(value):
    return value.get_secret_value() if isinstance(value, (SecretStr, Secret)) else value
for line in sys.stdin:
    question = json.loads(line)
    os.environ.clear()
    os.environ.update(question["base"] | {question["key"]: question["text"]})
    try:
        settings = Settings()
    except ValueError as error:
        assert "hunter2canary" not in str(error), error
        print(json.dumps({"refused": True}))
        continue
    names = {field.validation_alias: name for name, field in Settings.model_fields.items()}
    assert "hunter2canary" not in repr(settings)
    print(json.dumps({"value": plain(getattr(settings, names[question["key"]]))}))
"""

NODE = """
const { schema, Secret } = require("./settings.js");
const { inspect } = require("node:util");
const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\\n");
for (const line of lines) {
  const { key, text, base } = JSON.parse(line);
  // As `load` does it: zod 4.6 takes what every object inherits, such as `constructor`, for a variable.
  const variables = Object.assign(Object.create(null), base, { [key]: text });
  const read = schema.safeParse(variables);
  const told = inspect(read, { depth: 9 }) + JSON.stringify(read);
  if (told.includes("hunter2canary")) throw new Error(told);
  if (!read.success) { console.log(JSON.stringify({ refused: true })); continue; }
  const value = read.data[key];
  console.log(JSON.stringify({ value: value instanceof Secret ? value.reveal() : value }));
}
"""

RUST = """
#[allow(dead_code)]
mod settings;
use std::io::BufRead;
fn main() {
    for line in std::io::stdin().lock().lines() {
        let question: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let asked = question["key"].as_str().unwrap();
        let variable = |key: &str| {
            let own = (key == asked).then(|| question["text"].as_str().unwrap());
            own.or_else(|| question["base"][key].as_str()).map(str::to_owned)
        };
        match settings::Settings::from_vars(variable) {
            Ok(settings) => {
                assert!(!format!("{settings:?}").contains("hunter2canary"));
                println!("{}", serde_json::json!({ "value": value(&settings, asked) }));
            }
            Err(faults) => {
                assert!(!format!("{faults:?}").contains("hunter2canary"));
                println!("{}", serde_json::json!({ "refused": true }));
            }
        }
    }
}
"""

GO = """package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"scratch/settings"
)

func main() {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var question struct {
			Key, Text string
			Base      map[string]string
		}
		if err := json.Unmarshal(scanner.Bytes(), &question); err != nil {
			panic(err)
		}
		read, err := settings.From(func(key string) (string, bool) {
			if key == question.Key {
				return question.Text, true
			}
			text, set := question.Base[key]
			return text, set
		})
		if told := fmt.Sprintf("%v %+v %#v", read, read, err); strings.Contains(told, "hunter2canary") {
			panic(told)
		}
		if err != nil {
			fmt.Println("{\\"refused\\": true}")
			continue
		}
		all := reflect.ValueOf(*read)
		for i := 0; i < all.NumField(); i++ {
			if all.Type().Field(i).Tag.Get("env") == question.Key {
				value := all.Field(i)
				if value.Kind() == reflect.Pointer && !value.IsNil() {
					value = value.Elem()
				}
				if reveal := value.MethodByName("Reveal"); reveal.IsValid() {
					value = reveal.Call(nil)[0]
				}
				text, err := json.Marshal(map[string]any{"value": value.Interface()})
				if err != nil {
					panic(err)
				}
				fmt.Println(string(text))
			}
		}
	}
}
"""


def generate(language, project, path):
    run([SPARKCFG, "schema", "--project", str(project), "--types", f"{language}={path}"])
    run([SPARKCFG, "schema", "--project", str(project), "--types", f"{language}={path}", "--check"])


def ask(language, project, questions):
    """The answers of a module, or None where its language is not here."""
    place = project / language
    place.mkdir()
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    if language == "python":
        if subprocess.run([sys.executable, "-c", "import pydantic_settings"], capture_output=True).returncode:
            return None
        generate(language, project, place / "settings.py")
        (place / "ask.py").write_text(PYTHON)
        told = run([sys.executable, "ask.py"], cwd=place, input=lines)
    elif language == "typescript":
        found = os.environ.get("NODE_PATH")
        if not shutil.which("node") or not found or not (Path(found) / "zod").is_dir():
            return None
        generate(language, project, place / "settings.ts")
        (place / "node_modules").symlink_to(found)
        (place / "ask.js").write_text(NODE)
        options = "--strict --noEmitOnError --target es2022 --module node16 --moduleResolution node16 --types node --skipLibCheck".split()
        compiler = Path(found) / "typescript/bin/tsc"
        run(["node", str(compiler), *options, "settings.ts"], cwd=place)
        told = run(["node", "ask.js"], cwd=place, input=lines)
    elif language == "rust":
        if not shutil.which("cargo"):
            return None
        (place / "src").mkdir()
        generate(language, project, place / "src/settings.rs")
        struct = (place / "src/settings.rs").read_text().split("pub struct Settings {")[1].split("\n}\n")[0]
        fields = [line.split("pub ")[1].split(": ", 1) for line in struct.splitlines() if line.startswith("    pub ")]
        keys = json.loads((project / "schemas/app.schema.json").read_text())["properties"]
        arms = []
        for (name, kind), key in zip(fields, keys):
            value = f"settings.{name}"
            if "Option<Secret" in kind:
                value = f"{value}.as_ref().map(|secret| secret.reveal().clone())"
            elif "Secret" in kind:
                value = f"{value}.reveal()"
            arms.append(f"        {json.dumps(key)} => serde_json::json!({value}),\n")
        source = RUST + "fn value(settings: &settings::Settings, key: &str) -> serde_json::Value {\n    match key {\n" + "".join(arms) + "        _ => unreachable!(),\n    }\n}\n"
        (place / "src/main.rs").write_text(source)
        (place / "Cargo.toml").write_text('[package]\nname = "scratch"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n[dependencies]\nserde = { version = "1", features = ["derive"] }\nserde_json = "1"\nregex = "1"\n')
        told = run(["cargo", "run", "-q"], cwd=place, input=lines, env=os.environ | {"CARGO_TARGET_DIR": str(Path(tempfile.gettempdir()) / "sparkcfg-types-target")})
    else:
        if not shutil.which("go"):
            return None
        (place / "settings").mkdir()
        generate(language, project, place / "settings/settings.go")
        if shutil.which("gofmt"):
            assert not run(["gofmt", "-l", "settings.go"], cwd=place / "settings"), "gofmt would write it otherwise"
        (place / "go.mod").write_text("module scratch\n\ngo 1.18\n")
        (place / "main.go").write_text(GO)
        run(["go", "vet", "./..."], cwd=place)
        told = run(["go", "run", "."], cwd=place, input=lines)
    return [json.loads(line) for line in told.splitlines()]


def same(one, other):
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    # Beyond 2^53 a float is the nearest that there is.
    numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
    return one == other or numbers and float(one) == float(other)


def main():
    failures = 0
    for title, schema, base, loose in projects():
        keys = list(json.loads(schema)["properties"])
        plain = [key for key in keys if key.replace("_", "").isalnum() and key.isascii()]
        verdicts = judged(schema, base, plain)
        questions = [{"key": key, "text": text, "base": base} for key, text, _, _ in verdicts]
        questions += [{"key": key, "text": "hunter2canary", "base": base} for key in keys if "secret" in key.lower()]
        for language in ["python", "typescript", "rust", "go"]:
            with tempfile.TemporaryDirectory() as folder:
                project = Path(folder).resolve()
                (project / "schemas").mkdir()
                (project / "schemas/app.schema.json").write_text(schema)
                answers = ask(language, project, questions)
            if answers is None:
                print(f"{title}: {language} is not here")
                continue
            assert len(answers) == len(questions), (language, len(answers), len(questions))
            wrong = []
            for (key, text, refuses, value), answer in zip(verdicts, answers):
                # JavaScript has no whole numbers beyond 2^53, and no such member; the module says so.
                if language == "typescript" and (text == "9223372036854775807" or key == "__proto__"):
                    continue
                if refuses != answer.get("refused", False):
                    if not (refuses and key in loose):
                        wrong.append(f"{key}={text!r}: sparkcfg {'refuses' if refuses else 'takes'} it, {language} does not")
                elif not refuses and not same(value, answer["value"]):
                    wrong.append(f"{key}={text!r}: sparkcfg reads {value!r}, {language} {answer['value']!r}")
            print(f"{title}: {language}: {len(verdicts)} values, {len(wrong)} read otherwise")
            print("".join(f"  {line}\n" for line in wrong[:25]), end="")
            failures += len(wrong)
    sys.exit(1 if failures else 0)


main()
