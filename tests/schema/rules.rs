//! Rules over several keys, the effective schema, what a property says, and schemas that are checked as a whole.

use serde_json::json;
use sparkcfg::schema::Schema;
use sparkcfg::schema::extension::Drift;
use sparkcfg::schema::rules::{Lookup, RuleKind};
use sparkcfg::schema::sameness::Shape;
use sparkcfg::schema::violation::{Because, Over, ViolationKind};

const RULES: &str = r#"{
  "properties": {
    "DATABASE_URL": { "type": "string", "default": "postgresql://app:secret@localhost/app" },
    "POSTGRES_PORT": { "type": "integer", "default": 5432 },
    "POSTGRES_PASSWORD": { "type": "string" },
    "API_PORT": { "type": "integer" }, "REDIS_PORT": { "type": "integer" }, "UI_PORT": { "type": "integer" },
    "MODE": { "type": "string", "x-sparkcfg": { "only-in": ["prod"] }, "default": "a" },
    "OTHER_MODE": { "type": "string", "default": "b" }
  },
  "x-sparkcfg": {
    "agree": [
      ["DATABASE_URL#port", "POSTGRES_PORT"],
      { "keys": ["DATABASE_URL#password", "POSTGRES_PASSWORD"], "when": { "DATABASE_URL#host": ["localhost", "db"] } },
      ["MODE", "OTHER_MODE"]
    ],
    "differ": [["API_PORT", "REDIS_PORT", "UI_PORT"]]
  }
}"#;

/// Settings, and the rules that they break.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn keys_agree_and_differ() {
    let schema = Schema::parse(RULES).unwrap();
    let sealed = "<sealed>";
    let table: &[Row<'_>] = &[
        (&[], &[]),
        (&[("POSTGRES_PORT", "05432")], &[]),
        (&[("POSTGRES_PORT", "5402")], &["agree 0 DATABASE_URL#port POSTGRES_PORT"]),
        (&[("POSTGRES_PORT", "5402"), ("DATABASE_URL", sealed)], &[]),
        (&[("DATABASE_URL", "postgres://h:1/d")], &["agree 0 DATABASE_URL#port POSTGRES_PORT"]),
        (&[("DATABASE_URL", "no url")], &[]),
        (&[("POSTGRES_PASSWORD", "other")], &["agree 1 DATABASE_URL#password POSTGRES_PASSWORD"]),
        (&[("POSTGRES_PASSWORD", "secret")], &[]),
        (&[("POSTGRES_PASSWORD", sealed)], &[]),
        (&[("DATABASE_URL", "postgresql://a:b@far/d"), ("POSTGRES_PASSWORD", "other")], &[]),
        (&[("API_PORT", "80"), ("REDIS_PORT", "81"), ("UI_PORT", "82")], &[]),
        (&[("API_PORT", "80"), ("REDIS_PORT", "80.0")], &["differ 0 API_PORT REDIS_PORT"]),
        (&[("API_PORT", "80"), ("UI_PORT", "80")], &["differ 0 API_PORT UI_PORT"]),
        (&[("API_PORT", "80"), ("UI_PORT", sealed)], &[]),
        (
            &[("API_PORT", "80"), ("REDIS_PORT", "80"), ("UI_PORT", "80")],
            &["differ 0 API_PORT REDIS_PORT", "differ 0 API_PORT UI_PORT"],
        ),
    ];
    for (settings, expected) in table {
        let lookup = |key: &str| match settings.iter().find(|(name, _)| *name == key) {
            None => Lookup::Absent,
            Some((_, text)) if *text == sealed => Lookup::Sealed,
            Some((_, text)) => Lookup::Text(text),
        };
        let found: Vec<String> = schema
            .disagreements(Some("dev"), lookup)
            .iter()
            .map(|found| {
                let kind = if found.kind == RuleKind::Agree { "agree" } else { "differ" };
                assert_eq!(found.pointer, format!("/x-sparkcfg/{kind}/{}", found.rule));
                assert!(schema.place(&found.pointer).is_some());
                let members: Vec<_> = found.members.iter().map(ToString::to_string).collect();
                format!("{kind} {} {}", found.rule, members.join(" "))
            })
            .collect();
        assert_eq!(&found, expected, "{settings:?}");
    }
    // A key that may not be set here has no default here.
    let found = schema.disagreements(Some("prod"), |_| Lookup::Absent);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn when_compares_like_the_schema_does() {
    let schema = r#"{"x-sparkcfg": {"agree": [{"keys": ["A", "B"], "when": {"TLS": [true], "N": [1]}}]}}"#;
    let schema = Schema::parse(schema).unwrap();
    for (tls, n, broken) in [("yes", "1", true), ("1", "01", true), ("no", "1", false), ("yes", "2", false)] {
        let lookup = |key: &str| match key {
            "TLS" => Lookup::Text(tls),
            "N" => Lookup::Text(n),
            "A" => Lookup::Text("a"),
            _ => Lookup::Text("b"),
        };
        assert_eq!(!schema.disagreements(None, lookup).is_empty(), broken, "{tls} {n}");
    }
}

#[test]
fn the_effective_schema_is_plain() {
    let schema = r##"{
      "$schema": "http://json-schema.org/draft-07/schema#",
      "properties": {
        "A": { "type": "string", "x-sparkcfg": { "required-in": ["prod"], "in": { "prod": { "minLength": 2 } } } },
        "B": { "$ref": "#/definitions/b", "description": "b", "x-sparkcfg": { "in": { "prod": { "maximum": 9 } } } }
      },
      "required": ["B"],
      "definitions": { "b": { "type": "integer" } },
      "x-sparkcfg": { "differ": [["A", "B"]] }
    }"##;
    let schema = Schema::parse(schema).unwrap();
    assert_eq!(
        schema.effective(Some("prod")),
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {
                "A": { "type": "string", "allOf": [{ "minLength": 2 }] },
                "B": { "description": "b", "allOf": [{ "$ref": "#/definitions/b" }, { "maximum": 9 }] }
            },
            "required": ["B", "A"],
            "definitions": { "b": { "type": "integer" } }
        })
    );
    let plain = schema.effective(None);
    assert_eq!(plain["properties"]["A"], json!({ "type": "string" }));
    assert!(jsonschema::validator_for(&plain).is_ok());
    assert_eq!(schema.check(Some("prod"), [("A", Some("a")), ("B", Some("10"))]).len(), 2);
    assert_eq!(schema.check(Some("dev"), [("A", Some("a")), ("B", Some("10"))]).len(), 0);
}

/// What `required-in` and `file-env` say, for a validator that knows neither.
#[test]
fn the_effective_schema_takes_a_file_for_a_value() {
    let schema = r#"{
      "properties": {
        "KEY": { "type": "string", "x-sparkcfg": { "required-in": ["prod"], "file-env": true } },
        "OTHER": { "type": "string", "x-sparkcfg": { "file-env": true } },
        "PLAIN": { "type": "string", "x-sparkcfg": { "required-in": ["prod"] } }
      },
      "required": ["OTHER"], "dependentRequired": { "A": ["OTHER"] },
      "patternProperties": { "^A$": {} }, "additionalProperties": false
    }"#;
    let schema = Schema::parse(schema).unwrap();
    let validator = jsonschema::validator_for(&schema.effective(Some("prod"))).unwrap();
    for (instance, expected) in [
        (json!({ "KEY": "k", "OTHER": "o", "PLAIN": "p" }), true),
        (json!({ "KEY_FILE": "/k", "OTHER_FILE": "/o", "PLAIN": "p" }), true),
        (json!({ "KEY_FILE": "/k", "OTHER_FILE": "/o", "PLAIN": "p", "A": "a" }), true),
        // An empty value is as good as none to whoever reads the file.
        (json!({ "KEY": "", "KEY_FILE": "/k", "OTHER": "o", "PLAIN": "p" }), true),
        (json!({ "KEY": "k", "KEY_FILE": "/k", "OTHER": "o", "PLAIN": "p" }), false),
        (json!({ "KEY": "", "OTHER": "o", "PLAIN": "p" }), false),
        (json!({ "KEY": "k", "OTHER": "", "PLAIN": "p" }), true),
        (json!({ "KEY": "k", "OTHER": "o", "PLAIN": "" }), false),
        (json!({ "KEY": "k", "PLAIN": "p" }), false),
        (json!({ "KEY": "k", "OTHER": "o", "PLAIN": "p", "PLAIN_FILE": "p" }), false),
    ] {
        assert_eq!(validator.is_valid(&instance), expected, "{instance}");
    }
}

/// Which keys break a rule over several, and why a key is asked for.
#[test]
fn a_rule_says_what_it_looks_at() {
    let schema = r##"{
      "properties": { "MODE": { "type": "string" } },
      "oneOf": [{ "required": ["A"] }, { "$ref": "#/$defs/b" }],
      "anyOf": [
        { "properties": { "MODE": { "const": "x" } }, "required": ["X"] },
        { "properties": { "MODE": { "const": "y" } }, "required": ["Y"] }
      ],
      "if": { "properties": { "MODE": { "const": "x" } }, "required": ["MODE"] }, "then": { "required": ["Z"] },
      "$defs": { "b": { "required": ["B", "C"] } }
    }"##;
    let schema = Schema::parse(schema).unwrap();
    let found = schema.check(None, [("A", Some("1")), ("B", Some("1")), ("C", Some("1")), ("MODE", Some("x"))]);
    let over = Over {
        keys: ["A", "B", "C"].map(str::to_owned).to_vec(),
        choices: vec![vec!["A".to_owned()], vec!["B".to_owned(), "C".to_owned()]],
        fitting: 2,
    };
    let because = || ViolationKind::Missing { because: Because::Condition(vec!["MODE".to_owned()]) };
    let rule = ViolationKind::Rule { keyword: "oneOf".to_owned(), over: Some(Box::new(over)) };
    let kinds: Vec<_> = found.into_iter().map(|found| (found.key, found.kind)).collect();
    assert_eq!(kinds, [(None, rule), (Some("X".to_owned()), because()), (Some("Z".to_owned()), because())]);
}

#[test]
fn a_property_says_what_it_is() {
    let schema = r##"{
      "properties": {
        "A": { "$ref": "#/$defs/a", "description": "nearer" },
        "B": { "anyOf": [{ "$ref": "#/$defs/secret" }, { "type": "null" }], "x-sparkcfg": { "services": ["api"] } },
        "C": { "type": ["integer", "string"], "enum": [1, "x"], "default": 1, "examples": [1], "deprecated": true },
        "D": { "writeOnly": true, "type": "string", "x-sparkcfg": { "secret": false } }
      },
      "patternProperties": { "_TOKEN$": { "$ref": "#/$defs/secret" } },
      "$defs": {
        "a": { "type": "array", "description": "farther", "default": ["x"],
               "x-sparkcfg": { "separator": " ", "drift": "must-match", "owner": "team", "file-env": true, "same": ["port"] } },
        "secret": { "type": "string", "writeOnly": true, "format": "base64" }
      }
    }"##;
    let schema = Schema::parse(schema).unwrap();
    assert_eq!(schema.keys().collect::<Vec<_>>(), ["A", "B", "C", "D"]);
    let (a, b, c) = (schema.property("A"), schema.property("B"), schema.property("C"));
    assert_eq!((a.description(), a.separator(), a.drift()), (Some("nearer"), Some(" "), Some(Drift::MustMatch)));
    assert_eq!((a.owner(), a.has_file_variant(), a.default_text()), (Some("team"), true, None));
    assert_eq!((a.same(), a.types(), a.is_secret()), (&[Shape::Port][..], vec!["array"], false));
    assert_eq!((b.is_secret(), b.types(), b.services()), (true, vec!["null", "string"], &["api".to_owned()][..]));
    assert_eq!((c.default_text().as_deref(), c.is_deprecated()), (Some("1"), true));
    assert_eq!((c.allowed_values().len(), c.examples()), (2, vec![&json!(1)]));
    let d = schema.property("D");
    assert_eq!((d.secret(), d.is_secret()), (Some(false), false));
    let token = schema.property("API_TOKEN");
    assert_eq!((token.is_declared(), token.is_secret(), token.format()), (true, true, Some("base64")));
    assert_eq!(token.pointer().as_deref(), Some("/patternProperties/_TOKEN$"));
    assert!(!schema.property("E").is_declared());
}

#[test]
fn what_cannot_be_taken_apart_is_checked_as_a_whole() {
    let schema = r##"{
      "allOf": [{ "$ref": "#/$defs/base" }],
      "properties": {
        "KEY": { "type": "string", "x-sparkcfg": { "required-in": ["prod"], "in": { "prod": { "minLength": 24 } } } },
        "PORT": { "type": "integer", "format": "port" }
      },
      "unevaluatedProperties": false,
      "$defs": { "base": { "properties": { "NAME": { "type": "string" } }, "required": ["NAME"] } }
    }"##;
    let schema = Schema::parse(schema).unwrap();
    let check = |environment, values: &[(&'static str, Option<&'static str>)]| {
        let found = schema.check(environment, values.iter().copied());
        found.into_iter().map(|found| (found.key.unwrap_or_default(), found.kind, found.pointer)).collect::<Vec<_>>()
    };
    let missing = |because| ViolationKind::Missing { because };
    assert_eq!(check(None, &[("NAME", Some("a")), ("PORT", Some("1"))]), []);
    assert_eq!(
        check(None, &[("PORT", Some("0")), ("TYPO", Some("1"))]),
        [
            (
                "PORT".into(),
                ViolationKind::BelowMinimum { limit: "1".into(), exclusive: false },
                "/properties/PORT".into()
            ),
            ("NAME".into(), missing(Because::Always), "/$defs/base/required".into()),
            ("TYPO".into(), ViolationKind::Unknown { nearest: None }, "/unevaluatedProperties".into()),
        ]
    );
    assert_eq!(
        check(Some("prod"), &[("NAME", Some("a"))]),
        [("KEY".into(), missing(Because::Environment), "/properties/KEY/x-sparkcfg/required-in".into())]
    );
    let short = check(Some("prod"), &[("NAME", None), ("KEY", Some("short"))]);
    assert_eq!(short.len(), 1, "{short:?}");
    assert_eq!(short[0].2, "/properties/KEY/x-sparkcfg/in/prod/minLength");
    assert_eq!(check(Some("prod"), &[("NAME", None), ("KEY", None), ("PORT", None)]), []);
}
