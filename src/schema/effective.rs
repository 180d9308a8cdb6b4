//! The plain standard schema of one environment, for any other validator.

use serde_json::{Map, Value};

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
    match map.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(schemas) => schemas.push(fragment),
        other => *other = Value::Array(vec![fragment]),
    }
}
