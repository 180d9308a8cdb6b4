//! What holds for any input at all, tried with many.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::format_collect, reason = "short texts, and easier to read")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sparkcfg::checks;
use sparkcfg::dialects::compose;
use sparkcfg::layer::Content;
use sparkcfg::outputs::{self, Style};
use sparkcfg::project::config::Config;
use sparkcfg::project::files::Files;
use sparkcfg::project::{Options, Project};
use sparkcfg::report::{Report, Summary};
use sparkcfg::schema::Schema;

/// Text of the pieces that a reader treats differently, with anything else in between.
fn text(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![8 => select(pieces).prop_map(ToOwned::to_owned), 1 => any::<String>(), 2 => "[A-Z_]{1,6}"];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

const ENV: &[&str] = &[
    "KEY",
    "OTHER",
    "=",
    ":",
    "\n",
    "\r\n",
    "\n\n",
    "\"",
    "'",
    "\\",
    "\\n",
    "\\$",
    "$",
    "${",
    "${KEY",
    "}",
    ":-",
    ":?",
    "$$",
    "$(",
    "`",
    "#",
    " #",
    "# sparkcfg: ignore[syntax] why\n",
    "# sparkcfg: ignore[",
    "# sparkcfg: ignore-file",
    " ",
    "\t",
    "export ",
    "1",
    "true",
    "80800",
    "é",
    "密",
    "\u{85}",
    "\u{a0}",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\u{1b}[31m",
    ";",
    "[]",
    ".",
    "PASSWORD=",
    "postgres://u:p@h/d",
    "changeme",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "ENC[AES256_GCM,data:x,type:str]",
];

const SCHEMA: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"properties\":{",
    "\"KEY\":{",
    "\"type\":\"integer\"",
    "\"type\":",
    "\"$ref\":\"#\"",
    "\"$ref\":\"#/properties/KEY\"",
    "\"allOf\":[",
    "\"not\":{}",
    "\"pattern\":\"(\"",
    "\"pattern\":\"^a+$\"",
    "\"minimum\":1e999",
    "\"enum\":[1,null]",
    "\"x-sparkcfg\":{",
    "\"in\":{\"prod\":{",
    "\"agree\":[[\"A#port\",\"B\"]]",
    "\"required\":[\"KEY\"]",
    "\"$schema\":\"http://json-schema.org/draft-04/schema#\"",
    "true",
    "null",
    "0",
    "-1",
    "\"format\":\"port\"",
    "\\u0000",
    " ",
    "\n",
];

const CONFIG: &[&str] = &[
    "schema = ",
    "\"schemas/app.schema.json\"",
    "\"../up\"",
    "\"builtin:spark\"",
    "\n",
    "[environments]\n",
    "prod = ",
    "[\".env\"]",
    "[\"environments/prod.secrets.env\"]",
    "[severity]\n",
    "syntax = ",
    "\"off\"",
    "\"error\"",
    "[workspace]\n",
    "members = ",
    "[\"*\"]",
    "[people]\n",
    "[access]\n",
    "protected = ",
    "[]",
    "identities = ",
    "=",
    "\"",
    "'''",
    "1",
    "é",
    "#",
    "{",
    "}",
];

const SEALED: &[&str] = &[
    "KEY=",
    "ENC[AES256_GCM,data:",
    "qw==",
    ",iv:",
    "ebdIllhcYeuxbFjTpRv2wQDY6zbbRP4BYPC9IuhygHA=",
    ",tag:",
    "PR9m/vdT8P8rAFJWgGnfPA==",
    ",type:str]",
    "\n",
    "#",
    "sops_age__list_0__map_enc=",
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "\\n",
    "\n-----END AGE ENCRYPTED FILE-----\n",
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSA",
    "sops_age__list_0__map_recipient=",
    "age1sntty6rrnszd5265qgh38vqvg9xufsthkx3cay59fyugl30r9gxqzs2nkt",
    "sops_lastmodified=2026-11-23T07:06:00Z",
    "sops_mac=",
    "sops_version=3.13.2",
    "sops_unencrypted_suffix=",
    "sops_encrypted_regex=(",
    "é",
    "\0",
    "=",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_with_places_in_order(text in text(ENV)) {
        let parsed = compose::parse(&text);
        let mut last = 0;
        for entry in &parsed.entries {
            prop_assert!(entry.key.start <= entry.key.end && entry.key.end <= entry.value.start && entry.value.start <= entry.value.end);
            prop_assert!(last <= entry.key.start, "{} comes before {last}", entry.key.start);
            last = entry.value.end;
            let (key, value) = (slice(&text, &entry.key), slice(&text, &entry.value));
            prop_assert!(key.is_some_and(|key| !key.contains('\n')), "key {:?}", entry.key);
            prop_assert!(value.is_some(), "value {:?}", entry.value);
            let written = value.unwrap_or_default();
            match &entry.content {
                Content::Slice(inner) => {
                    let content = slice(&text, inner);
                    let quoted = content.is_some_and(|content| ['"', '\''].iter().any(|quote| format!("{quote}{content}{quote}") == written));
                    prop_assert!(quoted || content == Some(written), "{content:?} of {written:?}");
                }
                Content::Decoded(content) => {
                    prop_assert!(written.starts_with(['"', '\'']) && written.contains('\\'), "{written:?}");
                    prop_assert!(content.len() <= written.len());
                }
                Content::Inherited => prop_assert!(written.is_empty(), "{written:?}"),
                Content::Opened(_) | Content::Sealed => prop_assert!(false, "a plain file has no sealed value"),
            }
        }
        let mut last = 0;
        for fault in &parsed.faults {
            prop_assert!(last <= fault.at.start && slice(&text, &fault.at).is_some(), "{:?}", fault.at);
            last = fault.at.start;
        }
    }

    #[test]
    fn what_is_written_is_read(pairs in vec(("[A-Za-z_][A-Za-z0-9_]{0,12}", value()), 0..12), end in select(&["\n", "\r\n"][..])) {
        let text: String = pairs.iter().map(|(key, value)| format!("{key}={}{end}", written(value))).collect();
        let parsed = compose::parse(&text);
        prop_assert!(parsed.faults.is_empty(), "{text:?}: {:?}", parsed.faults);
        let read: Vec<_> = parsed.entries.iter().map(|entry| {
            let content = match &entry.content {
                Content::Slice(range) => slice(&text, range).unwrap_or_default(),
                Content::Decoded(text) => text,
                _ => "",
            };
            (slice(&text, &entry.key).unwrap_or_default().to_owned(), content.to_owned())
        }).collect();
        prop_assert_eq!(read, pairs);
    }

    #[test]
    fn any_schema_is_read_or_refused(schema in text(SCHEMA), document in json(), key in "[A-Z]{1,3}", value in any::<String>()) {
        for text in [schema, document] {
            match Schema::parse(&text) {
                Ok(schema) => {
                    let _ = schema.check(Some("prod"), [(key.as_str(), Some(value.as_str()))].into_iter());
                    let _ = schema.effective(Some("prod"));
                }
                Err(error) => prop_assert!(!error.message.is_empty()),
            }
        }
    }

    #[test]
    fn any_configuration_is_read_or_refused(text in text(CONFIG)) {
        if let Err(error) = Config::parse("sparkcfg.toml", &text) {
            prop_assert!(error.place.is_some() && !error.message.is_empty() && !error.message.contains('\n'));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_make_a_report_or_an_error(
        env in text(ENV),
        other in text(ENV),
        bytes in vec(any::<u8>(), 0..80),
        sealed in text(SEALED),
        whole in text(SEALED),
        document in json(),
        config in prop_oneof![3 => Just(String::new()), 1 => text(CONFIG)],
    ) {
        let mut folder: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut put = |path: &str, content: Vec<u8>| folder.insert(path.to_owned(), content);
        put("environments/base.env", env.into_bytes());
        put("environments/dev.env", bytes.clone());
        put("environments/prod.env", [other.as_bytes(), bytes.as_slice()].concat());
        put("environments/prod.secrets.env", sealed.into_bytes());
        put("environments/dev.secrets.env.age", whole.into_bytes());
        put("schemas/app.schema.json", document.into_bytes());
        if !config.is_empty() {
            put("sparkcfg.toml", config.into_bytes());
        }
        let files = Files::staged(Path::new("."), "", folder);
        if let Ok(project) = Project::read(&files, &Options { personal: true, ..Options::default() }) {
            for text in outputs_of(project) {
                let acts = text.chars().find(|character| character.is_control() && *character != '\n');
                prop_assert!(acts.is_none(), "{acts:?} in {text}");
            }
        }
    }
}

/// A line of a secret, whatever stands in and around its value; or one without a secret.
fn line() -> impl Strategy<Value = String> {
    let odd = select(
        &[
            "\"", "'", "\\", " #", "#", "$", "${", "}", ":-", "$(", "`", " ", "=", ":", ";", "@", "/", "://", "x", "é",
            "\u{202e}", "\r",
        ][..],
    );
    let after = prop_oneof![9 => odd.clone(), 1 => Just("# sparkcfg: ignore[syntax] ")];
    let secret = (vec(odd, 0..4), vec(after, 0..4), select(&["=", " = ", ": ", "=\"", "='"][..]));
    let secret = secret
        .prop_map(|(before, after, sign)| format!("DB_PASSWORD{sign}{}c4n4ry{}", before.concat(), after.concat()));
    let plain = select(
        &[
            "PORT=eighty",
            "URL=http://${DB_PASSWORD}@host/",
            "COPY=${DB_PASSWORD}",
            "COPY=$COPY",
            "WORDS=two words ",
            "PORT = 1",
            "",
            "# note",
            "LONE",
            "bad line",
        ][..],
    );
    prop_oneof![2 => secret, 3 => plain.prop_map(ToOwned::to_owned)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_output_shows_a_secret(base in vec(line(), 0..6), prod in vec(line(), 0..6)) {
        const SCHEMA: &str = r#"{ "properties": {
            "PORT": { "type": "integer" }, "URL": { "format": "port" }, "COPY": { "enum": ["a"] }, "WORDS": { "maxLength": 1 },
            "DB_PASSWORD": { "type": "integer", "pattern": "^a" } },
            "x-sparkcfg": { "agree": [["COPY", "PORT"], ["URL#host", "WORDS"]] } }"#;
        let folder = [("environments/base.env", base.join("\n")), ("environments/prod.env", prod.join("\n")), ("schemas/app.schema.json", SCHEMA.to_owned())];
        let folder = folder.map(|(path, text)| (path.to_owned(), text.into_bytes()));
        let files = Files::staged(Path::new("."), "", BTreeMap::from(folder));
        let project = Project::read(&files, &Options::default());
        prop_assert!(project.is_ok(), "{project:?}");
        if let Ok(project) = project {
            for text in outputs_of(project) {
                prop_assert!(!text.contains("c4n4ry"), "{text}");
            }
        }
    }
}

/// What every output says about a project.
fn outputs_of(mut project: Project) -> Vec<String> {
    let found = checks::run(&project);
    project.hide_secrets();
    let report = Report::new("validate", found.findings, std::mem::take(&mut project.sources), Summary::default());
    let style = Style { color: false, unicode: true, width: 100, quiet: false };
    outputs::ALL.iter().map(|output| (output.write)(&report, &style)).collect()
}

fn slice<'t>(text: &'t str, range: &Range<u32>) -> Option<&'t str> {
    text.get(range.start as usize..range.end as usize)
}

/// Values that every reader reads alike: plain words, and anything on one line without a quote or a backslash.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9_./:@%+,-]{0,20}", "[ -&(-\\[\\]-~äß密]{1,20}"]
}

/// Bare where no reader could stumble, else in single quotes, which have no escapes.
fn written(value: &str) -> String {
    let bare = value.chars().all(|character| character.is_ascii_alphanumeric() || "_./:@%+,-".contains(character));
    if bare { value.to_owned() } else { format!("'{value}'") }
}

/// JSON that looks like a schema somewhere.
fn json() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "true",
            "false",
            "{}",
            "[]",
            "null",
            "1",
            "-1.5",
            "\"string\"",
            "\"integer\"",
            "\"KEY\"",
            "\"^a\"",
            "\"port\"",
            "[\"KEY\"]",
            "[1,\"a\"]",
            "\"#/properties/KEY\"",
        ][..],
    );
    let name = select(
        &[
            "type",
            "properties",
            "KEY",
            "A",
            "enum",
            "const",
            "minimum",
            "maximum",
            "minLength",
            "pattern",
            "format",
            "items",
            "anyOf",
            "allOf",
            "oneOf",
            "not",
            "if",
            "then",
            "else",
            "required",
            "dependentRequired",
            "additionalProperties",
            "patternProperties",
            "$ref",
            "$defs",
            "default",
            "writeOnly",
            "deprecated",
            "x-sparkcfg",
            "in",
            "prod",
            "required-in",
            "agree",
            "differ",
            "separator",
            "$schema",
        ][..],
    );
    leaf.prop_map(ToOwned::to_owned).prop_recursive(5, 40, 6, move |inner| {
        let members = vec((name.clone(), inner.clone()), 0..6).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        });
        let items = vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![4 => members, 1 => items]
    })
}
