//! Where in a schema other schemas stand, draft by draft.

use serde_json::{Map, Value};

use super::document::Draft;
use super::json::{Json, Members};

/// What a keyword's value is, as far as schemas go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A schema, or a list of schemas.
    Schemas,
    /// An object whose members are schemas, or something else that is no object.
    NamedSchemas,
}

fn holds(keyword: &str, draft: Draft) -> Option<Holds> {
    let since = |first: Draft, holds| (draft >= first).then_some(holds);
    match keyword {
        "additionalProperties" | "items" | "not" | "allOf" | "anyOf" | "oneOf" => Some(Holds::Schemas),
        "additionalItems" if draft < Draft::Draft202012 => Some(Holds::Schemas),
        "contains" | "propertyNames" => since(Draft::Draft6, Holds::Schemas),
        "if" | "then" | "else" => since(Draft::Draft7, Holds::Schemas),
        "unevaluatedItems" | "unevaluatedProperties" | "contentSchema" => since(Draft::Draft201909, Holds::Schemas),
        "prefixItems" => since(Draft::Draft202012, Holds::Schemas),
        "properties" | "patternProperties" | "definitions" | "$defs" | "dependencies" => Some(Holds::NamedSchemas),
        "dependentSchemas" => since(Draft::Draft201909, Holds::NamedSchemas),
        _ => None,
    }
}

/// Whether `test` holds for any schema object within `schema`; it is told whether it sees the root.
pub(super) fn any(schema: &Json<'_>, draft: Draft, test: &dyn Fn(&Members<'_>, bool) -> bool) -> bool {
    fn within(schema: &Json<'_>, draft: Draft, is_root: bool, test: &dyn Fn(&Members<'_>, bool) -> bool) -> bool {
        let Json::Object(map) = schema else { return false };
        test(map, is_root)
            || map.iter().any(|(keyword, value)| match (holds(keyword, draft), value) {
                (Some(Holds::Schemas), Json::Array(schemas)) => {
                    schemas.iter().any(|schema| within(schema, draft, false, test))
                }
                (Some(Holds::Schemas), schema) => within(schema, draft, false, test),
                (Some(Holds::NamedSchemas), Json::Object(schemas)) => {
                    schemas.iter().any(|(_, schema)| within(schema, draft, false, test))
                }
                _ => false,
            })
    }
    within(schema, draft, true, test)
}

/// Changes every schema object within `schema`, inner ones first; `change` is told whether it sees the root.
pub(super) fn change_each(schema: &mut Value, draft: Draft, change: &mut dyn FnMut(&mut Map<String, Value>, bool)) {
    fn within(schema: &mut Value, draft: Draft, is_root: bool, change: &mut dyn FnMut(&mut Map<String, Value>, bool)) {
        let Value::Object(map) = schema else { return };
        for (keyword, value) in map.iter_mut() {
            match (holds(keyword, draft), value) {
                (Some(Holds::Schemas), Value::Array(schemas)) => {
                    for schema in schemas {
                        within(schema, draft, false, change);
                    }
                }
                (Some(Holds::Schemas), schema) => within(schema, draft, false, change),
                (Some(Holds::NamedSchemas), Value::Object(schemas)) => {
                    for schema in schemas.values_mut() {
                        within(schema, draft, false, change);
                    }
                }
                _ => {}
            }
        }
        change(map, is_root);
    }
    within(schema, draft, true, change);
}
