//! Proposals as the text of a schema: a new one, or one that is there and keeps every byte that it has.

use serde_json::{Map, Value, json};

use super::Proposal;
use crate::quoting::json_text;

const WRITTEN: &str = "Written by `sparkcfg init`. What says \"review\" is a guess: mend it, then delete the word.";
const OPEN: &str = "Once every key is here, say false for additionalProperties: then any other key is an error, not only a misspelt one.";

/// A schema of the proposals alone; whether it is `open` to other keys.
#[must_use]
pub fn new(proposals: &[Proposal], open: bool) -> String {
    let properties: Map<_, _> =
        proposals.iter().map(|proposal| (proposal.key.clone(), Value::Object(proposal.property.clone()))).collect();
    let required: Vec<_> = proposals.iter().filter(|one| one.required).map(|one| one.key.as_str()).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": if open { format!("{WRITTEN} {OPEN}") } else { WRITTEN.to_owned() },
        "type": "object",
        "properties": properties,
    });
    if let Some(members) = schema.as_object_mut() {
        if !required.is_empty() {
            members.insert("required".to_owned(), required.into());
        }
        members.insert("additionalProperties".to_owned(), open.into());
    }
    json_text(&schema)
}

/// The text of a schema with more properties, and what of these is required; `None` where it has no place for them. Whether
/// the others are required is left alone: whoever wrote the schema has decided that.
#[must_use]
pub fn extended(text: &str, proposals: &[Proposal]) -> Option<String> {
    let before: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let known = before.get("properties")?.as_object()?;
    let needed: Vec<&str> = proposals
        .iter()
        .filter(|one| one.required && !known.contains_key(&one.key))
        .map(|one| one.key.as_str())
        .collect();
    let text = &with_required(text, &before, &needed)?;
    let end = end_of(text, "properties")?;
    let windows = text.contains("\r\n");
    let kept = text.get(..end)?.trim_end();
    let mut after = kept.to_owned();
    let mut first = known.is_empty();
    for Proposal { key, property, .. } in proposals.iter().filter(|proposal| !known.contains_key(&proposal.key)) {
        let value = json_text(&Value::Object(property.clone()));
        let value = value.trim_end().replace('\n', "\n    ");
        after.push_str(if first { "\n    " } else { ",\n    " });
        after.push_str(json_text(key).trim_end());
        after.push_str(": ");
        after.push_str(&value);
        first = false;
    }
    after.push_str("\n  ");
    after.push_str(text.get(end..)?);
    let after = if windows { after.replace("\r\n", "\n").replace('\n', "\r\n") } else { after };
    // Nothing that was there may have changed.
    let read: Value = serde_json::from_str(after.trim_start_matches('\u{feff}')).ok()?;
    let mut expected = before.clone();
    if !needed.is_empty() {
        let required = expected.as_object_mut()?.entry("required").or_insert_with(|| json!([]));
        required.as_array_mut()?.extend(needed.iter().map(|key| Value::from(*key)));
    }
    let members = expected.get_mut("properties")?.as_object_mut()?;
    for proposal in proposals {
        members.entry(&proposal.key).or_insert_with(|| Value::Object(proposal.property.clone()));
    }
    (read == expected).then_some(after)
}

/// The text of a schema in which more keys are required.
fn with_required(text: &str, before: &Value, needed: &[&str]) -> Option<String> {
    if needed.is_empty() {
        return Some(text.to_owned());
    }
    let keys: Vec<_> = needed.iter().map(|key| format!("    {}", json_text(key).trim_end())).collect();
    let keys = keys.join(",\n");
    let Some(list) = before.get("required") else {
        let end = end_of(text, "properties")? + 1;
        return Some(format!("{},\n  \"required\": [\n{keys}\n  ]{}", text.get(..end)?, text.get(end..)?));
    };
    let end = end_of(text, "required")?;
    let comma = if list.as_array()?.is_empty() { "" } else { "," };
    Some(format!("{}{comma}\n{keys}\n  {}", text.get(..end)?.trim_end(), text.get(end..)?))
}

/// The byte of the bracket that closes this member of the root.
fn end_of(text: &str, member: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0_usize, 0_usize);
    let (mut name, mut inside) = ("", None::<usize>);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let start = at + 1;
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
                let follows = text.get(at + 1..)?.trim_start().starts_with(':');
                if depth == 1 && follows {
                    name = text.get(start..at)?;
                }
            }
            b'{' | b'[' => {
                if depth == 1 && name == member && inside.is_none() {
                    inside = Some(depth);
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if inside == Some(depth) {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(key: &str) -> Proposal {
        let property = Map::from_iter([("type".to_owned(), "string".into())]);
        Proposal { key: key.to_owned(), property, required: true }
    }

    #[test]
    fn what_is_there_stays() {
        for (text, expected) in [
            (
                "{ \"properties\": {\n    \"A\": {\"title\": \"}\\\"properties\\\": {\"} }, \"x\": 1 }",
                Some(
                    "{ \"properties\": {\n    \"A\": {\"title\": \"}\\\"properties\\\": {\"},\n    \"B\": {\n      \"type\": \"string\"\n    }\n  },\n  \"required\": [\n    \"B\"\n  ], \"x\": 1 }",
                ),
            ),
            (
                "{\"properties\": {}}",
                Some(
                    "{\"properties\": {\n    \"A\": {\n      \"type\": \"string\"\n    },\n    \"B\": {\n      \"type\": \"string\"\n    }\n  },\n  \"required\": [\n    \"A\",\n    \"B\"\n  ]}",
                ),
            ),
            (
                "{\"required\": [\"A\"], \"properties\": {\"A\": {}}}",
                Some(
                    "{\"required\": [\"A\",\n    \"B\"\n  ], \"properties\": {\"A\": {},\n    \"B\": {\n      \"type\": \"string\"\n    }\n  }}",
                ),
            ),
            ("{\"items\": {\"properties\": {}}}", None),
            ("{", None),
        ] {
            assert_eq!(extended(text, &[proposal("A"), proposal("B")]).as_deref(), expected, "{text}");
        }
    }
}
