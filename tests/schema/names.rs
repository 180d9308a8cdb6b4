//! References by name: what they say of types and secrets holds as if they were pointers.

use serde_json::{Value, json};
use sparkcfg::schema::Schema;

const DRAFT_4: &str = "http://json-schema.org/draft-04/schema#";
const DRAFT_7: &str = "http://json-schema.org/draft-07/schema#";
const DRAFT_2019: &str = "https://json-schema.org/draft/2019-09/schema";
const DRAFT_2020: &str = "https://json-schema.org/draft/2020-12/schema";

/// The draft, what `KEY` is, and the definitions of the schema.
type Row = (&'static str, Value, Value);

fn parsed((draft, key, definitions): &Row) -> Schema {
    let schema = json!({
        "$schema": draft, "$id": "https://example.com/root.json", "id": "https://example.com/root.json",
        "properties": { "KEY": key }, "definitions": definitions
    });
    Schema::parse(&schema.to_string()).unwrap()
}

/// A definition that names an integer which is secret, with the words that name it.
fn named(name: &str, word: &str) -> Value {
    json!({ "d": { name: word, "type": "integer", "writeOnly": true } })
}

#[test]
fn a_reference_by_name_is_followed() {
    let inner = json!({ "d": {
        "$id": "folder/inner.json", "$ref": "#/definitions/e",
        "definitions": { "e": { "$ref": "#name" }, "f": { "$anchor": "name", "type": "integer", "writeOnly": true } }
    }, "g": { "$anchor": "name", "type": "string" } });
    let table: [Row; 14] = [
        (DRAFT_4, json!({ "$ref": "#name" }), named("id", "#name")),
        (DRAFT_7, json!({ "$ref": "#name" }), named("$id", "#name")),
        (DRAFT_7, json!({ "$ref": "other.json" }), named("$id", "other.json")),
        (DRAFT_7, json!({ "$ref": "root.json#name" }), named("$id", "#name")),
        (DRAFT_2019, json!({ "$ref": "#name" }), named("$anchor", "name")),
        (DRAFT_2019, json!({ "$ref": "https://example.com/root.json#name" }), named("$anchor", "name")),
        (DRAFT_2020, json!({ "$ref": "#name" }), named("$anchor", "name")),
        (DRAFT_2020, json!({ "$ref": "#name" }), named("$dynamicAnchor", "name")),
        (DRAFT_2020, json!({ "$dynamicRef": "#name" }), named("$dynamicAnchor", "name")),
        (DRAFT_2020, json!({ "$dynamicRef": "#/definitions/d" }), named("$anchor", "name")),
        (DRAFT_2020, json!({ "$ref": "urn:example:d" }), named("$id", "urn:example:d")),
        (DRAFT_2020, json!({ "$ref": "folder/inner.json" }), inner.clone()),
        (DRAFT_2020, json!({ "$ref": "/folder/inner.json#name" }), inner),
        (DRAFT_2020, json!({ "$ref": "root.json#/definitions/d" }), named("title", "t")),
    ];
    for row in table {
        let schema = parsed(&row);
        let property = schema.property("KEY");
        assert_eq!((property.is_secret(), property.types()), (true, vec!["integer"]), "{row:?}");
        assert_eq!(schema.typed(None, "KEY", "5").to_value(), json!(5), "{row:?}");
        assert_eq!(schema.check(None, [("KEY", Some("5"))]), [], "{row:?}");
        assert_eq!(schema.check(None, [("KEY", Some("x"))]).len(), 1, "{row:?}");
    }
}

#[test]
fn names_are_read_where_the_draft_has_them() {
    for row in [
        // In draft 7, `$anchor` is no keyword, and what stands beside a `$ref` says nothing.
        (DRAFT_7, json!({ "$ref": "#name" }), named("$anchor", "name")),
        (DRAFT_7, json!({ "$ref": "other.json" }), json!({ "d": { "$id": "other.json", "$ref": "#" } })),
        // Values are no schemas.
        (DRAFT_2020, json!({ "$ref": "#name" }), json!({ "d": { "const": { "$anchor": "name" } } })),
    ] {
        let (draft, key, definitions) = row;
        let schema = json!({ "$schema": draft, "properties": { "KEY": key }, "definitions": definitions });
        let error = Schema::parse(&schema.to_string()).unwrap_err();
        assert!(error.message.contains("leads"), "{schema} {error:?}");
    }
}

#[test]
fn whatever_may_make_a_value_secret_does() {
    let secret = json!({ "type": "string", "writeOnly": true });
    for (key, expected) in [
        (json!({ "if": { "minLength": 3 }, "then": secret }), true),
        (json!({ "if": { "minLength": 3 }, "else": secret }), true),
        (json!({ "x-sparkcfg": { "in": { "prod": { "writeOnly": true } } } }), true),
        (json!({ "x-sparkcfg": { "in": { "prod": { "allOf": [secret] } } } }), true),
        (json!({ "type": "array", "items": secret }), true),
        (json!({ "prefixItems": [{}, secret] }), true),
        (json!({ "type": "object", "properties": { "a": { "properties": { "b": secret } } } }), true),
        (
            json!({ "type": "object", "additionalProperties": { "$ref": "#/properties/KEY" }, "properties": { "p": secret } }),
            true,
        ),
        (json!({ "type": "object", "unevaluatedProperties": secret }), true),
        (json!({ "type": "object", "properties": { "p": secret }, "x-sparkcfg": { "secret": false } }), false),
        (json!({ "type": "object", "properties": { "p": { "type": "string" } } }), false),
        (json!({ "if": secret, "then": { "minLength": 1 } }), false),
    ] {
        let schema = Schema::parse(&json!({ "properties": { "KEY": key, "OTHER": secret } }).to_string()).unwrap();
        assert_eq!(schema.property("KEY").is_secret(), expected, "{key}");
    }
}

#[test]
fn what_nothing_else_describes_has_a_schema_too() {
    let schema = json!({
        "properties": { "A": { "type": "string" } },
        "unevaluatedProperties": { "type": "integer", "maximum": 9, "writeOnly": true }
    });
    let schema = Schema::parse(&schema.to_string()).unwrap();
    assert_eq!(schema.typed(None, "OTHER", "5").to_value(), json!(5));
    assert!(schema.property("OTHER").is_secret() && !schema.property("A").is_secret());
    assert_eq!(schema.check(None, [("A", Some("5")), ("OTHER", Some("5"))]), []);
    let found = schema.check(None, [("OTHER", Some("10"))]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].pointer, "/unevaluatedProperties/maximum");
}

/// Where a branch is broken, the keys that it describes are not unknown beside it.
#[test]
fn what_is_declared_is_not_unknown() {
    let schema = json!({
        "allOf": [{ "properties": { "A": { "type": "integer" }, "B": { "type": "string" } } }],
        "unevaluatedProperties": false
    });
    let schema = Schema::parse(&schema.to_string()).unwrap();
    let found = schema.check(None, [("A", Some("x")), ("B", Some("x")), ("C", Some("x"))]);
    let keys: Vec<_> = found.iter().map(|found| (found.key.as_deref(), found.pointer.as_str())).collect();
    assert_eq!(keys, [(Some("A"), "/allOf/0/properties/A/type"), (Some("C"), "/unevaluatedProperties")], "{found:?}");
}
