//! Schemas that are wrong, and schemas that mean harm.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sparkcfg::schema::Schema;

#[test]
fn a_wrong_schema_is_refused_at_its_place() {
    let table = [
        (r#"{"a": }"#, "the schema is no valid JSON: expected value", None, Some("}")),
        (r#"{"a": 1"#, "the schema is no valid JSON: EOF while parsing an object", None, Some("1")),
        (r"[]", "the schema must be a JSON object", None, Some("[")),
        (
            r#"{"$schema": "https://json-schema.org/draft/2020-13/schema"}"#,
            "unknown JSON Schema draft `https://json-schema.org/draft/2020-13/schema`",
            Some("did you mean `https://json-schema.org/draft/2020-12/schema`?"),
            Some(r#""$schema""#),
        ),
        (
            r#"{"properties": {"A": {"type": "int"}}}"#,
            "`type` has no type `int`",
            Some("did you mean `integer`?"),
            Some(r#""type""#),
        ),
        (
            r#"{"properties": {"A": {"type": "strnig"}}}"#,
            "`type` has no type `strnig`",
            Some("did you mean `string`?"),
            Some(r#""type""#),
        ),
        (r#"{"properties": {"A": {"minimum": "1"}}}"#, "`minimum` must be a number", None, Some(r#""minimum""#)),
        (
            r#"{"properties": {"A": {"multipleOf": 0}}}"#,
            "`multipleOf` must be more than 0",
            None,
            Some(r#""multipleOf""#),
        ),
        (
            r#"{"properties": {"A": {"minLength": -1}}}"#,
            "`minLength` must be a whole number, 0 or more",
            None,
            Some(r#""minLength""#),
        ),
        (
            r#"{"properties": {"A": {"writeOnly": "true"}}}"#,
            "`writeOnly` must be a boolean",
            None,
            Some(r#""writeOnly""#),
        ),
        (
            r#"{"properties": {"A": {"deprecated": 1}}}"#,
            "`deprecated` must be a boolean",
            None,
            Some(r#""deprecated""#),
        ),
        (r#"{"properties": {"A": {"title": 5}}}"#, "`title` must be a text", None, Some(r#""title""#)),
        (r#"{"description": []}"#, "`description` must be a text", None, Some(r#""description""#)),
        (r#"{"properties": {"A": {"examples": 3}}}"#, "`examples` must be an array", None, Some(r#""examples""#)),
        (r#"{"properties": {"A": 1}}"#, "a schema must be an object or a boolean", None, Some(r#""A""#)),
        (r#"{"required": "A"}"#, "`required` must be a list of keys", None, Some(r#""required""#)),
        (
            r#"{"properties": {"A": {"pattern": "a(?!b)"}}}"#,
            "the pattern `a(?!b)` uses look-around, which cannot be matched in linear time",
            Some(
                "write it without look-around and back-references; two rules can stand side by side in `allOf`, and `not` says what must not match",
            ),
            Some(r#""pattern""#),
        ),
        (
            r#"{"properties": {"A": {"pattern": "(a)\\1"}}}"#,
            "the pattern `(a)\\1` uses a back-reference, which cannot be matched in linear time",
            Some(
                "write it without look-around and back-references; two rules can stand side by side in `allOf`, and `not` says what must not match",
            ),
            Some(r#""pattern""#),
        ),
        (
            r##"{"properties": {"A": {"$ref": "#/$defs/B"}}}"##,
            "`$ref` to `#/$defs/B` leads nowhere",
            Some("define it under `$defs` and refer to `#/$defs/NAME`"),
            Some(r#""$ref""#),
        ),
        (
            r#"{"properties": {"A": {"$ref": "https://example.com/a.json"}}}"#,
            "`$ref` to `https://example.com/a.json` leads out of this schema, and nothing is ever fetched",
            Some("copy the definition into this schema, under `$defs`"),
            Some(r#""$ref""#),
        ),
        (
            r##"{"properties": {"A": {"$ref": "#b"}}, "$defs": {"a": {"$anchor": "a"}}}"##,
            "`$ref` to `#b` leads nowhere",
            Some("define it under `$defs` and refer to `#/$defs/NAME`"),
            Some(r#""$ref""#),
        ),
        (
            r#"{"$id": "https://example.com/a.json", "properties": {"A": {"$ref": "b.json#/$defs/c"}}}"#,
            "`$ref` to `b.json#/$defs/c` leads out of this schema, and nothing is ever fetched",
            Some("copy the definition into this schema, under `$defs`"),
            Some(r#""$ref""#),
        ),
        (
            r#"{"properties": {"A": {"$ref": "file:///etc/passwd"}}}"#,
            "`$ref` to `file:///etc/passwd` leads out of this schema, and nothing is ever fetched",
            Some("copy the definition into this schema, under `$defs`"),
            Some(r#""$ref""#),
        ),
        (
            r#"{"properties": {"A": {"x-sparkcfg": {"requierd-in": []}}}}"#,
            "unknown key `requierd-in` in x-sparkcfg",
            Some("did you mean `required-in`?"),
            Some(r#""requierd-in""#),
        ),
        (
            r#"{"properties": {"A": {"x-sparkcfg": {"drift": "must-mach"}}}}"#,
            "x-sparkcfg: unknown variant `must-mach`, expected one of `must-match`, `must-differ`, `may-differ`",
            None,
            Some(r#""x-sparkcfg""#),
        ),
        (
            r#"{"x-sparkcfg": {"agre": []}}"#,
            "unknown key `agre` in x-sparkcfg",
            Some("did you mean `agree`?"),
            Some(r#""agre""#),
        ),
        (
            r#"{"x-sparkcfg": {"agree": [["A#prot", "B"]]}}"#,
            "`A#prot` names no part of a URL",
            Some("did you mean `port`?"),
            Some(r#"["A#prot", "B"]"#),
        ),
        (
            r#"{"properties": {"PORT": {}}, "additionalProperties": false, "x-sparkcfg": {"differ": [["PORT", "PROT"]]}}"#,
            "the schema has no key `PROT`",
            Some("did you mean `PORT`?"),
            Some(r#"["PORT", "PROT"]"#),
        ),
        (
            r#"{"x-sparkcfg": {"differ": [["A"]]}}"#,
            "a rule over several keys needs two at least",
            None,
            Some(r#"["A"]"#),
        ),
        (
            r#"{"properties": {"A": {"x-sparkcfg": {"in": {"prod": {"type": "intger"}}}}}}"#,
            "`type` has no type `intger`",
            Some("did you mean `integer`?"),
            Some(r#""type""#),
        ),
    ];
    for (text, message, help, at) in table {
        let error = Schema::parse(text).expect_err(text);
        let found = error.at.as_ref().and_then(|range| text.get(range.start as usize..range.end as usize));
        assert_eq!((error.message.as_str(), error.help.as_deref(), found), (message, help, at), "{text}");
    }
}

#[test]
fn formats_that_nobody_knows_are_noted_once() {
    let text = r#"{"properties": {
        "A": {"format": "prot"}, "B": {"format": "prot"}, "C": {"items": {"format": "acme"}},
        "D": {"format": "idn-email"}, "E": {"format": "path"}, "F": {"format": "uint16"}
    }}"#;
    let schema = Schema::parse(text).unwrap();
    let found: Vec<_> = schema.unknown_formats().collect();
    assert_eq!(
        found,
        [
            ("prot", "/properties/A/format".to_owned(), Some("port")),
            ("acme", "/properties/C/items/format".to_owned(), None)
        ]
    );
    assert_eq!(schema.check(None, [("A", Some("x")), ("C", Some("x,y"))]), []);
    assert_eq!(schema.check(None, [("D", Some("x"))]).len(), 1);
}

#[test]
fn endless_and_deep_schemas_are_errors() {
    let nested = |depth: usize| format!("{}{{}}{}", r#"{"not":"#.repeat(depth), "}".repeat(depth));
    let chain = |length: usize| {
        let mut definitions = String::new();
        for index in 0..length {
            let _ = write!(definitions, r##""d{index}": {{"$ref": "#/$defs/d{}"}},"##, index + 1);
        }
        format!(r##"{{"properties": {{"A": {{"$ref": "#/$defs/d0"}}}}, "$defs": {{{definitions}"d{length}": {{}}}}}}"##)
    };
    for (text, message) in [
        (r##"{"$ref": "#"}"##.to_owned(), "the schema leads back to itself without an end"),
        (r##"{"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}"##.to_owned(),
            "the schema leads back to itself without an end"),
        (nested(10_000), "the schema is no valid JSON: recursion limit exceeded"),
        (format!(r#"{{"x": {}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000)), "the schema is no valid JSON: recursion limit exceeded"),
        (chain(100_000), "too many schemas refer to one another here for one and the same value"),
    ] {
        assert_eq!(Schema::parse(&text).expect_err("it is refused").message, message);
    }
    // A circle that goes deeper into the value ends with the value.
    let tree = r##"{"properties": {"A": {"type": "array", "items": {"$ref": "#/properties/A"}}}}"##;
    let tree = Schema::parse(tree).unwrap();
    let text = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(tree.check(None, [("A", Some(text.as_str()))]), []);
    let text = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(tree.check(None, [("A", Some(text.as_str()))]).len(), 1);
    let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(tree.check(None, [("A", Some(text.as_str()))]).len(), 1, "too deep to be JSON: stays text");
}

/// That it ends at all is the test: unfolded, this schema would keep a machine busy for years.
#[test]
fn a_schema_that_multiplies_its_work_ends() {
    let mut definitions = serde_json::Map::new();
    for index in 0..60 {
        let next = json!({ "$ref": format!("#/$defs/d{}", index + 1) });
        definitions.insert(format!("d{index}"), json!({ "allOf": [next, next] }));
    }
    definitions.insert("d60".to_owned(), json!({ "type": "string" }));
    let schema = json!({ "properties": { "A": { "$ref": "#/$defs/d0" } }, "$defs": definitions });
    let schema = Schema::parse(&schema.to_string()).unwrap();
    assert_eq!(schema.check(None, [("A", Some("x"))]).len(), 1);
}

/// Patterns that take exponential or quadratic time in a backtracking engine.
#[test]
fn hostile_patterns_return() {
    const PATTERNS: [&str; 30] = [
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "^(a*)*$",
        "^(.*a){20}$",
        "(a+)+b",
        "(x+x+)+y",
        "^([a-zA-Z]+)*$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "^(a?){50}a{50}$",
        "(.*)*x",
        "^(\\w+\\s?)*$",
        "([^,]*,)*$",
        "^.*.*.*=.*$",
        "\\s+$",
        "^((a{1,10}){1,10}){1,10}$",
        "^(\\d+)*[a-z]$",
        "(?:(?:a*)*)*b",
        "^([\\s\\S]*)*$",
        "a.*b.*c.*d.*e",
        "^(?:.|\\n)*X$",
        "((a|b)*)*c",
        "^[^@]+@[^@]+\\.[^@]+$",
        "(a|b|ab)*c",
        "^(?:a?a?a?){10}b$",
        "(\\w*)*\\.$",
        "^(0|1|01|10)*2$",
        "(ab*)*c",
        "^(\\S+\\s*)*!$",
        "[a-z]*[a-z]*[a-z]*[a-z]*1",
    ];
    let inputs =
        ["a".repeat(100_000), "ab".repeat(50_000), " ".repeat(100_000), "0 1".repeat(33_333), "x,y=".repeat(25_000)];
    for pattern in PATTERNS {
        let schema = json!({ "properties": { "A": { "type": "string", "pattern": pattern } } });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        for input in &inputs {
            let _: Vec<_> = schema.check(None, [("A", Some(input.as_str()))]);
        }
    }
    let huge = json!({ "properties": { "A": { "pattern": "((((a{100}){100}){100}){100}){100}" } } });
    assert!(Schema::parse(&huge.to_string()).is_err());
    let empty = json!({ "properties": { "A": { "pattern": "(((((){128}){128}){128}){128}){128}" } } });
    let _ = Schema::parse(&empty.to_string());
}

#[test]
fn no_value_shows_in_what_is_found() {
    const CANARY: &str = "canary-4f1c";
    let property = |schema: Value| json!({ "properties": { "S": schema }, "additionalProperties": false });
    for rule in [
        json!({ "type": "integer" }),
        json!({ "type": "string", "writeOnly": true, "enum": ["canary-4f1d", "b"] }),
        json!({ "const": 1 }),
        json!({ "type": "string", "maxLength": 3, "pattern": "^x", "format": "port" }),
        json!({ "anyOf": [{ "type": "string", "maxLength": 1 }, { "type": "string", "pattern": "^x" }] }),
        json!({ "type": "array", "items": { "type": "integer" } }),
        json!({ "type": "string", "unevaluatedItems": false, "maxLength": 3 }),
    ] {
        let schema = Schema::parse(&property(rule.clone()).to_string()).unwrap();
        let violations = schema.check(None, [("S", Some(CANARY))]);
        assert!(!violations.is_empty(), "{rule}");
        assert!(!format!("{violations:?}").contains(CANARY), "{rule}: {violations:?}");
        assert!(!format!("{violations:?}").contains("nearest: Some"), "{rule}: {violations:?}");
        assert!(!format!("{:?}", schema.typed(None, "S", CANARY)).contains(CANARY));
    }
}
