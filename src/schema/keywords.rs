//! Where in a schema other schemas stand, draft by draft.

use serde_json::{Map, Value};

use super::document::Draft;
use super::extension::KEYWORD;
use super::json::{Json, Members};
use super::place::escape;

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

/// Shows `visit` every schema object within `schema`, and whether it is the root.
pub(super) fn all(schema: &Json<'_>, draft: Draft, visit: &mut dyn FnMut(&Members<'_>, bool)) {
    fn within(schema: &Json<'_>, draft: Draft, is_root: bool, visit: &mut dyn FnMut(&Members<'_>, bool)) {
        let Json::Object(map) = schema else { return };
        visit(map, is_root);
        for (keyword, value) in map.iter() {
            match (holds(keyword, draft), value) {
                (Some(Holds::Schemas), Json::Array(schemas)) => {
                    for schema in *schemas {
                        within(schema, draft, false, visit);
                    }
                }
                (Some(Holds::Schemas), schema) => within(schema, draft, false, visit),
                (Some(Holds::NamedSchemas), Json::Object(schemas)) => {
                    for (_, schema) in schemas.iter() {
                        within(schema, draft, false, visit);
                    }
                }
                // What holds in one environment only.
                (None, Json::Object(_)) if keyword == KEYWORD => {
                    let fragments = value.get("in").and_then(Json::as_object).into_iter().flat_map(Members::iter);
                    for (_, schema) in fragments {
                        within(schema, draft, false, visit);
                    }
                }
                _ => {}
            }
        }
    }
    within(schema, draft, true, visit);
}

/// The same with the JSON pointer of each, and without those of one environment; outer ones come first.
pub(super) fn placed(schema: &Json<'_>, draft: Draft, visit: &mut dyn FnMut(&str, &Members<'_>)) {
    fn within(at: &mut String, schema: &Json<'_>, draft: Draft, visit: &mut dyn FnMut(&str, &Members<'_>)) {
        let Json::Object(map) = schema else { return };
        visit(at, map);
        let outer = at.len();
        for (keyword, value) in map.iter() {
            at.extend(["/", &escape(keyword)]);
            let here = at.len();
            match (holds(keyword, draft), value) {
                (Some(Holds::Schemas), Json::Array(schemas)) => {
                    for (index, schema) in schemas.iter().enumerate() {
                        at.extend(["/", &index.to_string()]);
                        within(at, schema, draft, visit);
                        at.truncate(here);
                    }
                }
                (Some(Holds::Schemas), schema) => within(at, schema, draft, visit),
                (Some(Holds::NamedSchemas), Json::Object(schemas)) => {
                    for (name, schema) in schemas.iter() {
                        at.extend(["/", &escape(name)]);
                        within(at, schema, draft, visit);
                        at.truncate(here);
                    }
                }
                _ => {}
            }
            at.truncate(outer);
        }
    }
    within(&mut String::new(), schema, draft, visit);
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
