//! What is wrong with the settings of an environment.

use sparkcfg::schema::Schema;
use sparkcfg::schema::violation::{Because, Violation, ViolationKind};

const SCHEMA: &str = r##"{
  "type": "object",
  "properties": {
    "API_KEY": {
      "type": "string", "writeOnly": true,
      "x-sparkcfg": {
        "required-in": ["staging", "prod"],
        "in": { "prod": { "minLength": 24, "not": { "enum": ["namastex888"] } } },
        "drift": "must-differ", "services": ["api"], "owner": "platform"
      }
    },
    "API_PORT": { "$ref": "#/$defs/port", "default": 8883, "description": "Where the API listens." },
    "DEBUG": { "type": "boolean", "x-sparkcfg": { "only-in": ["dev"] } },
    "LOG_LEVEL": { "enum": ["DEBUG", "INFO", "ERROR"] },
    "OLD": { "type": "string", "deprecated": true, "x-sparkcfg": { "replaced-by": "API_KEY" } },
    "TLS": { "type": "boolean" },
    "TLS_CERT": { "type": "string", "format": "file-path" }
  },
  "required": ["API_PORT"],
  "dependentRequired": { "TLS_CERT": ["TLS"] },
  "if": { "properties": { "TLS": { "const": true } }, "required": ["TLS"] },
  "then": { "required": ["TLS_CERT"] },
  "additionalProperties": false,
  "$defs": { "port": { "type": "integer", "minimum": 1, "maximum": 65535 } }
}"##;

fn check(environment: &str, values: &[(&str, Option<&str>)]) -> Vec<Violation> {
    Schema::parse(SCHEMA).unwrap().check(Some(environment), values.iter().copied())
}

/// Environment, settings, and the one violation: its key, kind and pointer.
type Row = (&'static str, Vec<(&'static str, Option<&'static str>)>, &'static str, ViolationKind, &'static str);

#[test]
fn each_fault_names_its_key_and_its_place() {
    let missing = |because| ViolationKind::Missing { because };
    let port = ("API_PORT", Some("8883"));
    let table: Vec<Row> = vec![
        ("dev", vec![], "API_PORT", missing(Because::Always), "/required"),
        ("prod", vec![port], "API_KEY", missing(Because::Environment), "/properties/API_KEY/x-sparkcfg/required-in"),
        ("prod", vec![port, ("API_KEY", Some("namastex888, but a longer one"))], "", ViolationKind::Forbidden, ""),
        (
            "dev",
            vec![("API_PORT", Some("80800"))],
            "API_PORT",
            ViolationKind::AboveMaximum { limit: "65535".into(), exclusive: false },
            "/$defs/port/maximum",
        ),
        (
            "dev",
            vec![("API_PORT", Some("http"))],
            "API_PORT",
            ViolationKind::WrongType { expected: vec!["integer"] },
            "/$defs/port/type",
        ),
        (
            "dev",
            vec![port, ("LOG_LEVEL", Some("info"))],
            "LOG_LEVEL",
            ViolationKind::NotAllowed {
                allowed: vec!["DEBUG".into(), "INFO".into(), "ERROR".into()],
                nearest: Some("INFO".into()),
                types: vec![],
            },
            "/properties/LOG_LEVEL/enum",
        ),
        (
            "dev",
            vec![port, ("API_PROT", Some("1"))],
            "API_PROT",
            ViolationKind::Unknown { nearest: Some("API_PORT".into()) },
            "/additionalProperties",
        ),
        (
            "dev",
            vec![port, ("TLS_CERT", Some("a.pem"))],
            "TLS",
            missing(Because::Key("TLS_CERT".into())),
            "/dependentRequired",
        ),
        (
            "dev",
            vec![port, ("TLS", Some("yes"))],
            "TLS_CERT",
            missing(Because::Condition(vec!["TLS".into()])),
            "/then/required",
        ),
        (
            "staging",
            vec![port, ("API_KEY", Some("x")), ("DEBUG", Some("1"))],
            "DEBUG",
            ViolationKind::NotHere { allowed_environments: vec!["dev".into()] },
            "/properties/DEBUG/x-sparkcfg/only-in",
        ),
        (
            "dev",
            vec![port, ("OLD", Some("x"))],
            "OLD",
            ViolationKind::Deprecated { replaced_by: Some("API_KEY".into()) },
            "/properties/OLD/deprecated",
        ),
        (
            "dev",
            vec![port, ("TLS", Some("0")), ("TLS_CERT", Some("certificates/"))],
            "TLS_CERT",
            ViolationKind::Format { name: "file-path".into() },
            "/properties/TLS_CERT/format",
        ),
    ];
    for (environment, values, key, kind, pointer) in table {
        let found = check(environment, &values);
        if key.is_empty() {
            assert_eq!(found, [], "{values:?}");
            continue;
        }
        let expected = Violation { key: Some(key.into()), path: String::new(), kind, pointer: pointer.into() };
        assert_eq!(found, [expected], "{environment}: {values:?}");
    }
}

#[test]
fn an_environment_has_rules_of_its_own() {
    let values = [("API_PORT", Some("1")), ("API_KEY", Some("namastex888"))];
    assert_eq!(check("dev", &values), []);
    let found = check("prod", &values);
    let kinds: Vec<_> = found.iter().map(|violation| (&violation.kind, violation.pointer.as_str())).collect();
    let place = "/properties/API_KEY/x-sparkcfg/in/prod";
    assert_eq!(
        kinds,
        [
            (
                &ViolationKind::TooShort { limit: 24, unit: sparkcfg::schema::violation::Unit::Characters },
                format!("{place}/minLength").as_str()
            ),
            (&ViolationKind::Forbidden, format!("{place}/not").as_str()),
        ]
    );
}

#[test]
fn a_sealed_value_counts_as_set_and_breaks_nothing() {
    let values = [("API_PORT", None), ("API_KEY", None), ("TLS", None)];
    assert_eq!(check("prod", &values), []);
    let values = [("API_PORT", None), ("API_KEY", None), ("TLS_CERT", None)];
    let found = check("prod", &values);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].key.as_deref(), Some("TLS"));
}
