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
        (json!({"minLength": 3}), "12345", json!("12345")),
        (json!({"minimum": 3}), "5", json!(5)),
        (json!({}), "5", json!("5")),
        (json!(true), "5", json!("5")),
    ];
    for (property, text, expected) in table {
        let schema = json!({ "properties": { "KEY": property }, "$defs": definitions });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        assert_eq!(schema.typed("KEY", text).to_value(), expected, "{property} reads {text:?}");
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
        assert_eq!(schema.typed(key, text).to_value(), expected, "{key}");
    }
}
