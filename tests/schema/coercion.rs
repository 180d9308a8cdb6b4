//! Text read as the first type that the schema allows and that it spells.

use serde_json::json;
use sparkcfg::schema::Schema;

#[test]
fn text_becomes_the_first_type_that_fits() {
    let definitions = json!({ "number": { "type": "number" }, "text": { "minLength": 1 } });
    let table = [
        (json!({"type": "integer"}), "8080", json!(8080)),
        (json!({"type": "integer"}), "-7", json!(-7)),
        (json!({"type": "integer"}), "007", json!(7)),
        (json!({"type": "integer"}), "18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        (json!({"type": "integer"}), "18446744073709551616", json!("18446744073709551616")),
        (json!({"type": "integer"}), "NaN", json!("NaN")),
        (json!({"type": "integer"}), "inf", json!("inf")),
        (json!({"type": "integer"}), "0x10", json!("0x10")),
        (json!({"type": "integer"}), "1_000", json!("1_000")),
        (json!({"type": "integer"}), " 8080 ", json!(" 8080 ")),
        (json!({"type": "integer"}), "+1", json!("+1")),
        (json!({"type": "integer"}), "1.0", json!("1.0")),
        (json!({"type": "integer"}), "١", json!("١")),
        (json!({"type": "integer"}), "-", json!("-")),
        (json!({"type": "integer"}), "", json!("")),
        (json!({"type": "number"}), "5", json!(5)),
        (json!({"type": "number"}), "1.0", json!(1.0)),
        (json!({"type": "number"}), "1e3", json!(1000.0)),
        (json!({"type": "number"}), "-2.5E-1", json!(-0.25)),
        (json!({"type": "number"}), "1e999", json!("1e999")),
        (json!({"type": "number"}), ".5", json!(".5")),
        (json!({"type": "number"}), "1.", json!("1.")),
        (json!({"type": "number"}), "nan", json!("nan")),
        (json!({"type": "boolean"}), "YES", json!(true)),
        (json!({"type": "boolean"}), "1", json!(true)),
        (json!({"type": "boolean"}), "off", json!(false)),
        (json!({"type": "boolean"}), "enabled", json!("enabled")),
        (json!({"type": ["boolean", "integer"]}), "1", json!(1)),
        (json!({"type": ["integer", "null"]}), "", json!(null)),
        (json!({"type": ["string", "null"]}), "", json!(null)),
        (json!({"type": "string"}), "", json!("")),
        (json!({"type": "string"}), "8080", json!("8080")),
        (json!({"type": "array"}), "a, b,c", json!(["a", "b", "c"])),
        (json!({"type": "array"}), "", json!([])),
        (json!({"type": "array"}), "[1, \"x\"]", json!([1, "x"])),
        (json!({"type": "array"}), "[1, ", json!("[1, ")),
        (json!({"type": "array", "items": {"type": "integer"}}), "1,2,x", json!([1, 2, "x"])),
        (json!({"type": "array", "x-sparkcfg": {"separator": ";"}}), "a,b;c", json!(["a,b", "c"])),
        (json!({"type": "object"}), "{\"a\": 1}", json!({"a": 1})),
        (json!({"type": "object"}), "a=1", json!("a=1")),
        (json!({"$ref": "#/$defs/number"}), "2", json!(2)),
        (json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), "", json!(null)),
        (json!({"oneOf": [{"type": "boolean"}, {"type": "string"}]}), "on", json!(true)),
        (json!({"allOf": [{"type": ["integer", "string"]}, {"type": "string"}]}), "5", json!("5")),
        (json!({"anyOf": [{"$ref": "#/$defs/text"}, {"type": "integer"}]}), "5", json!(5)),
        (json!({"enum": ["1", "2"]}), "1", json!("1")),
        (json!({"enum": [1, 2]}), "1", json!(1)),
        (json!({"const": true}), "yes", json!(true)),
        // A value that is listed as it stands, else one that is listed.
        (json!({"anyOf": [{"const": false}, {"enum": ["on", "require"]}]}), "on", json!("on")),
        (json!({"anyOf": [{"const": false}, {"enum": ["on", "require"]}]}), "off", json!(false)),
        (json!({"type": ["boolean", "string"], "enum": [false, "on"]}), "on", json!("on")),
        (json!({"type": ["boolean", "string"], "enum": [false, "on"]}), "yes", json!(true)),
        (json!({"anyOf": [{"type": "integer", "minimum": 100}, {"enum": ["5"]}]}), "5", json!("5")),
        (json!({"anyOf": [{"type": "integer", "minimum": 100}, {"enum": ["5"]}]}), "6", json!(6)),
        (json!({"enum": [true, 2]}), "1", json!(true)),
        (json!({"enum": [true, 2]}), "2", json!(2)),
        (json!({"enum": ["a", null]}), "", json!(null)),
        (json!({"type": "array", "items": {"enum": [false, "on"]}}), "on,off,no", json!(["on", false, false])),
        // Keywords that are about one type take no other type away.
        (json!({"type": "integer", "allOf": [{"minLength": 2}]}), "50", json!(50)),
        (json!({"allOf": [{"minimum": 1}, {"minLength": 1}]}), "5", json!(5)),
        // Where nothing else names a type, a condition does.
        (json!({"if": {}, "then": {"type": "integer"}}), "5", json!(5)),
        (json!({"if": {}, "then": {"type": "integer"}}), "x", json!("x")),
        (json!({"pattern": "^[0-9]+$", "if": {}, "then": {"minimum": 3}}), "2", json!("2")),
        (json!({"minLength": 3}), "12345", json!("12345")),
        (json!({"minimum": 3}), "5", json!(5)),
        (json!({}), "5", json!("5")),
        (json!(true), "5", json!("5")),
    ];
    for (property, text, expected) in table {
        let schema = json!({ "properties": { "KEY": property }, "$defs": definitions });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        assert_eq!(schema.typed(None, "KEY", text).to_value(), expected, "{property} reads {text:?}");
    }
}

#[test]
fn other_declarations_count_too() {
    let schema = json!({
        "allOf": [{ "properties": { "A": { "type": "integer" } } }],
        "patternProperties": { "_PORT$": { "type": "integer" } },
        "additionalProperties": { "type": "boolean" },
        "if": { "required": ["A"] }, "then": { "properties": { "B": { "type": "number" } } }
    });
    let schema = Schema::parse(&schema.to_string()).unwrap();
    for (key, text, expected) in
        [("A", "1", json!("1")), ("A_PORT", "1", json!(1)), ("ELSE", "1", json!(true)), ("B", "0", json!(false))]
    {
        assert_eq!(schema.typed(None, key, text).to_value(), expected, "{key}");
    }
}

#[test]
fn an_environment_may_name_types() {
    let schema = json!({ "properties": {
        "A": { "x-sparkcfg": { "in": { "prod": { "type": "integer" } } } },
        "B": { "type": ["integer", "string"], "x-sparkcfg": { "in": { "prod": { "type": "string" } } } },
        "C": { "type": "integer", "x-sparkcfg": { "in": { "prod": { "minLength": 2 } } } }
    } });
    let schema = Schema::parse(&schema.to_string()).unwrap();
    for (environment, key, expected) in [
        ("prod", "A", json!(5)),
        ("dev", "A", json!("5")),
        ("prod", "B", json!("5")),
        ("dev", "B", json!(5)),
        ("prod", "C", json!(5)),
    ] {
        assert_eq!(schema.typed(Some(environment), key, "5").to_value(), expected, "{key} in {environment}");
        assert_eq!(schema.check(Some(environment), [(key, Some("5"))]), [], "{key} in {environment}");
    }
    assert_eq!(schema.check(Some("prod"), [("A", Some("x"))]).len(), 1);
}
