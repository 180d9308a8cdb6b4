//! The official JSON Schema Test Suite, for whoever has a checkout of it:
//! `JSON_SCHEMA_TEST_SUITE=path cargo test --test schema -- --ignored`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sparkcfg::schema::Schema;

const DRAFTS: [(&str, &str); 5] = [
    ("draft4", "http://json-schema.org/draft-04/schema#"),
    ("draft6", "http://json-schema.org/draft-06/schema#"),
    ("draft7", "http://json-schema.org/draft-07/schema#"),
    ("draft2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("draft2020-12", "https://json-schema.org/draft/2020-12/schema"),
];

/// What the suite asks for and a project's schema may not have: other files, and meta-schemas of one's own. In
/// `format.json`, formats are annotations; here they are asserted. `content.json` of draft 7 is asserted likewise.
const LEFT_OUT: [&str; 3] = ["refRemote.json", "vocabulary.json", "format.json"];

#[test]
#[ignore = "needs a checkout of json-schema-org/JSON-Schema-Test-Suite"]
fn the_official_suite_agrees() {
    let suite = std::env::var("JSON_SCHEMA_TEST_SUITE").expect("JSON_SCHEMA_TEST_SUITE names the checkout");
    let mut faults = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (draft, uri) in DRAFTS {
        let folder = Path::new(&suite).join("tests").join(draft);
        for entry in std::fs::read_dir(&folder).expect("the suite has a folder for the draft") {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() || LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            let groups: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            for group in groups {
                run(&format!("{draft}/{name}"), uri, &group, &mut faults, &mut counts);
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(counts["as a value"] > 3_000 && counts["as settings"] > 200, "{counts:?}");
}

fn run(file: &str, uri: &str, group: &Value, faults: &mut Vec<String>, counts: &mut BTreeMap<&'static str, usize>) {
    let description = group["description"].as_str().unwrap();
    let mut nested = group["schema"].clone();
    // With a name of its own, the schema's references start from there.
    if nested.get("$id").or(nested.get("id")).is_none() {
        move_references(&mut nested);
    }
    let nested = json!({
        "$schema": uri, "definitions": { "S": nested },
        "properties": { "K": { "type": "object", "properties": { "v": { "$ref": "#/definitions/S" } } } }
    });
    let mut root = group["schema"].clone();
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".to_owned(), uri.into());
    }
    let (nested, root) = (Schema::parse(&nested.to_string()), Schema::parse(&root.to_string()));
    for case in group["tests"].as_array().unwrap() {
        let expected = case["valid"].as_bool().unwrap();
        let data = &case["data"];
        let name = format!("{file}: {description}: {}", case["description"].as_str().unwrap());
        match &nested {
            // These two look for the root of the whole text.
            _ if file.ends_with("recursiveRef.json") || file.ends_with("dynamicRef.json") => {}
            Ok(schema) => {
                let text = json!({ "v": data }).to_string();
                let violations = schema.check(None, [("K", Some(text.as_str()))]);
                *counts.entry("as a value").or_default() += 1;
                if violations.is_empty() != expected {
                    faults.push(format!("{name}: expected {expected}, found {violations:?}"));
                }
            }
            Err(error) if root.is_err() => {
                // The only schemas that are refused are those that need another file: a meta-schema.
                *counts.entry("refused").or_default() += 1;
                if !error.message.contains("json-schema.org") {
                    faults.push(format!("{name}: {}", error.message));
                }
            }
            Err(error) => faults.push(format!("{name}: {}", error.message)),
        }
        let (Ok(schema), Some(members)) = (&root, data.as_object()) else { continue };
        let texts: Vec<_> = members.iter().map(|(key, value)| (key, spelled(value))).collect();
        if texts.iter().all(|(key, text)| schema.typed(None, key, text).to_value() == members[key.as_str()]) {
            let violations = schema.check(None, texts.iter().map(|(key, text)| (key.as_str(), Some(text.as_str()))));
            *counts.entry("as settings").or_default() += 1;
            if violations.is_empty() != expected {
                faults.push(format!("{name} (as settings): expected {expected}, found {violations:?}"));
            }
        }
    }
}

fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The schema moves to `#/definitions/S`, and what refers to its root with it.
fn move_references(schema: &mut Value) {
    match schema {
        // What has a name of its own is a root of its own.
        Value::Object(map) if map.get("$id").is_some_and(Value::is_string) => {}
        Value::Object(map) => {
            for (keyword, value) in map {
                match value {
                    Value::String(reference) if keyword == "$ref" => {
                        if let Some(rest) =
                            reference.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with('/'))
                        {
                            *reference = format!("#/definitions/S{rest}");
                        }
                    }
                    value if !matches!(keyword.as_str(), "enum" | "const") => move_references(value),
                    _ => {}
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(move_references),
        _ => {}
    }
}
