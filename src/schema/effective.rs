//! The plain standard schema of one environment, for any other validator.

use serde_json::{Map, Value, json};

use super::document::Draft;
use super::extension::KEYWORD;
use super::keywords::change_each;

/// The schema with `x-sparkcfg` taken out, and what it says of the environment folded in: the fragments of `in`
/// join `allOf`, the keys of `required-in` join `required`.
pub(super) fn effective(schema: &Value, draft: Draft, environment: Option<&str>, required: &[&str]) -> Value {
    let mut schema = schema.clone();
    fold(&mut schema, draft, environment);
    if let (Value::Object(root), false) = (&mut schema, required.is_empty()) {
        let entry = root.entry("required").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(names) = entry {
            for key in required {
                if !names.iter().any(|name| name.as_str() == Some(key)) {
                    names.push(Value::from(*key));
                }
            }
        }
    }
    schema
}

fn fold(schema: &mut Value, draft: Draft, environment: Option<&str>) {
    change_each(schema, draft, &mut |map, is_root| {
        let extension = map.shift_remove(KEYWORD).filter(|_| !is_root);
        let fragment = environment.and_then(|name| extension.as_ref()?.get("in")?.get(name).cloned());
        if let Some(mut fragment) = fragment {
            fold(&mut fragment, draft, environment);
            join(map, fragment, draft);
        }
    });
}

/// Asks that a key is not empty, as `required-in` does; a text is all that can be.
pub(super) fn forbid_empty(schema: &mut Value, draft: Draft, key: &str) {
    let Value::Object(root) = schema else { return };
    let filled = json!({ "minLength": 1 });
    match root.get_mut("properties").and_then(|properties| properties.get_mut(key)) {
        Some(Value::Object(property)) if draft <= Draft::Draft7 && property.contains_key("$ref") => {
            join(property, filled, draft);
        }
        Some(Value::Object(property)) => drop(property.insert("minLength".to_owned(), 1.into())),
        Some(property) => *property = filled,
        None => add(root, json!({ "properties": { key: filled } })),
    }
}

/// Lets `KEY_FILE` stand for a key, never both: what `file-env` says. `filled` asks that the key is not empty.
pub(super) fn allow_file(schema: &mut Value, key: &str, filled: bool, is_declared: bool) {
    let Value::Object(root) = schema else { return };
    let file = format!("{key}_FILE");
    let is_closed =
        ["additionalProperties", "unevaluatedProperties"].iter().any(|rest| root.get(*rest) == Some(&false.into()));
    if is_closed && !is_declared {
        let properties = root.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(file.clone(), json!({ "type": "string" }));
        }
    }
    let given = json!({ "required": [file], "properties": { file.as_str(): { "minLength": 1 } } });
    relax(root, key, &json!([{ "required": [key] }, given]));
    if filled {
        let itself = json!({ "required": [key], "properties": { key: { "minLength": 1 } } });
        add(root, json!({ "anyOf": [itself, given] }));
    }
    let full = json!({ "not": { "enum": [""] } });
    let both = json!({ "required": [key, file], "properties": { key: full, file.as_str(): full } });
    add(root, json!({ "not": both }));
}

/// Takes a key out of what a schema of the settings requires, and asks for one of `either` instead.
fn relax(map: &mut Map<String, Value>, key: &str, either: &Value) {
    let inner = map.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten();
    inner.filter_map(Value::as_object_mut).for_each(|inner| relax(inner, key, either));
    for branch in ["then", "else"] {
        map.get_mut(branch).and_then(Value::as_object_mut).into_iter().for_each(|inner| relax(inner, key, either));
    }
    let taken = |names: &mut Value| {
        names.as_array_mut().is_some_and(|names| {
            let count = names.len();
            names.retain(|name| name.as_str() != Some(key));
            names.len() < count
        })
    };
    if map.get_mut("required").is_some_and(taken) {
        if map.get("required") == Some(&json!([])) {
            map.shift_remove("required");
        }
        add(map, json!({ "anyOf": either }));
    }
    for keyword in ["dependentRequired", "dependencies"] {
        let lists = map.get_mut(keyword).and_then(Value::as_object_mut).into_iter().flatten();
        let because: Vec<_> = lists.filter_map(|(other, names)| taken(names).then(|| other.clone())).collect();
        for other in because {
            add(map, json!({ "anyOf": [{ "not": { "required": [other] } }, { "anyOf": either }] }));
        }
    }
}

fn add(map: &mut Map<String, Value>, rule: Value) {
    match map.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(schemas) => schemas.push(rule),
        other => *other = Value::Array(vec![rule]),
    }
}

/// Where in `allOf` the fragment of an environment goes, and the fragment.
pub(super) fn folded_at<'v>(
    map: &'v Map<String, Value>,
    draft: Draft,
    environment: &str,
) -> Option<(usize, &'v Value)> {
    let fragment = map.get(KEYWORD)?.get("in")?.get(environment)?;
    let replaced = draft <= Draft::Draft7 && map.contains_key("$ref");
    let before = if replaced { 1 } else { map.get("allOf").and_then(Value::as_array).map_or(0, Vec::len) };
    Some((before, fragment))
}

fn join(map: &mut Map<String, Value>, fragment: Value, draft: Draft) {
    // Up to draft 7, a `$ref` makes its neighbours silent, so it has to move.
    let reference = (draft <= Draft::Draft7).then(|| map.shift_remove("$ref")).flatten();
    if let Some(reference) = reference {
        map.retain(|keyword, _| !matches!(keyword.as_str(), "allOf"));
        let schemas = vec![Value::Object(Map::from_iter([("$ref".to_owned(), reference)])), fragment];
        map.insert("allOf".to_owned(), Value::Array(schemas));
        return;
    }
    add(map, fragment);
}
