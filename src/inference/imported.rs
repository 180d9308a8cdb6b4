//! Schemas of other tools as proposals: pydantic's JSON Schema, varlock's `.env.schema`, a schema of dotenv-linter.

use serde_json::{Map, Value, json};

use super::{Origin, Proposal, sighted};
use crate::detection;
use crate::schema::{BOUNDS, formats};
use crate::source::printable;

/// The proposals of a file; `None` where it is none of the three. `name` says which form it may have.
#[must_use]
pub fn read(name: &str, text: &str) -> Option<Vec<Proposal>> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(root)) if root.contains_key("entries") => Some(linter(name, &root)),
        Ok(Value::Object(root)) if root.contains_key("properties") => Some(pydantic(name, &root)),
        Ok(_) => None,
        Err(_) => Some(varlock(name, text)).filter(|proposals| !proposals.is_empty()),
    }
}

fn proposal(name: &str, key: &str, mut property: Map<String, Value>, required: bool) -> Proposal {
    let secret = property.get("writeOnly") == Some(&Value::Bool(true)) || detection::names_secret(key);
    if secret {
        for keyword in ["default", "examples", "enum", "const", "pattern"] {
            property.shift_remove(keyword);
        }
        property.insert("writeOnly".to_owned(), true.into());
    }
    let hides = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let password = detection::url_password(&text).is_some();
        password || detection::token(&text).is_some() || detection::looks_like_a_key(key, &text)
    };
    property.retain(|keyword, value| {
        !matches!(keyword.as_str(), "default" | "examples" | "enum" | "const") || !hides(value)
    });
    property.insert("$comment".to_owned(), format!("review: from {}", printable(name)).into());
    Proposal { key: key.to_owned(), property, required }
}

/// The keywords of JSON Schema that are taken over as they stand, before and after its bounds.
const KEPT: [&[&str]; 3] = [
    &["description", "default", "examples", "enum", "const", "type", "pattern"],
    &BOUNDS,
    &["uniqueItems", "deprecated", "writeOnly", "items"],
];

fn pydantic(name: &str, root: &Map<String, Value>) -> Vec<Proposal> {
    let properties = root.get("properties").and_then(Value::as_object);
    let required = root.get("required").and_then(Value::as_array);
    let is_required = |key: &str| required.is_some_and(|list| list.iter().any(|name| name == key));
    let each = properties.into_iter().flatten().filter_map(|(field, rule)| {
        let rule = plain(rule, root, 0)?;
        let mut property: Map<_, _> = KEPT
            .iter()
            .copied()
            .flatten()
            .filter_map(|keyword| Some(((*keyword).to_owned(), rule.get(*keyword)?.clone())))
            .filter(|(keyword, value)| keyword != "default" || !value.is_null())
            .collect();
        match rule.get("format").and_then(Value::as_str) {
            Some("password") => drop(property.insert("writeOnly".to_owned(), true.into())),
            Some(format) if formats::accepts(format, "").is_some() => {
                property.insert("format".to_owned(), format.into());
            }
            _ => {}
        }
        // pydantic reads variables in any case; those who write them use capitals.
        Some(proposal(name, &field.to_ascii_uppercase(), property, is_required(field)))
    });
    each.collect()
}

/// A rule without references and without the null that stands for "not set".
fn plain(rule: &Value, root: &Map<String, Value>, depth: u8) -> Option<Map<String, Value>> {
    let mut own = rule.as_object()?.clone();
    let lists = ["anyOf", "allOf", "oneOf"].iter().find_map(|keyword| own.shift_remove(*keyword));
    let mut from = own.shift_remove("$ref").map(|reference| vec![json!({ "$ref": reference })]).unwrap_or_default();
    from.extend(lists.and_then(|lists| lists.as_array().cloned()).unwrap_or_default());
    from.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    if let ([choice], true) = (from.as_slice(), depth < 4) {
        let target = match choice.get("$ref").and_then(Value::as_str) {
            Some(reference) => root.get("$defs")?.get(reference.strip_prefix("#/$defs/")?)?,
            None => choice,
        };
        for (keyword, value) in plain(target, root, depth + 1)? {
            own.entry(keyword).or_insert(value);
        }
    }
    // What an item refers to stays behind.
    if own.get("items").is_some_and(|items| items.to_string().contains("$ref")) {
        own.shift_remove("items");
    }
    Some(own)
}

fn linter(name: &str, root: &Map<String, Value>) -> Vec<Proposal> {
    let entries = root.get("entries").and_then(Value::as_object);
    let each = entries.into_iter().flatten().map(|(key, entry)| {
        let mut property = Map::new();
        let words: &[(&str, &str)] = match entry.get("type").and_then(Value::as_str).unwrap_or_default() {
            "Integer" => &[("type", "integer")],
            "Float" => &[("type", "number")],
            "Boolean" => &[("type", "boolean")],
            "Url" => &[("type", "string"), ("format", "uri")],
            "Email" => &[("type", "string"), ("format", "email")],
            _ => &[("type", "string")],
        };
        property.extend(words.iter().map(|(keyword, word)| ((*keyword).to_owned(), Value::from(*word))));
        if let Some(pattern) = entry.get("regex").and_then(Value::as_str).filter(|pattern| !pattern.is_empty()) {
            property.insert("pattern".to_owned(), pattern.into());
        }
        proposal(name, key, property, entry.get("required") == Some(&Value::Bool(true)))
    });
    each.collect()
}

/// Comments with `@` decorate the key below; those of the first block, which `# ---` ends, all of them.
fn varlock(name: &str, text: &str) -> Vec<Proposal> {
    let (header, body) = text.split_once("\n# ---").unwrap_or(("", text));
    let all_required = header.contains("@defaultRequired=true");
    let all_secret = header.contains("@defaultSensitive=true");
    let public =
        header.split_once("inferFromPrefix(").and_then(|(_, rest)| rest.split_once(')')).map(|(prefix, _)| prefix);
    let each = sighted::in_env_file(name, &Origin::Example, body).into_iter().map(|sighting| {
        let comment = sighting.comment.unwrap_or_default();
        let (prose, decorators) = comment.split_at(comment.find('@').unwrap_or(comment.len()));
        let says = |word: &str| {
            decorators.split_whitespace().any(|one| one == format!("@{word}") || one == format!("@{word}=true"))
        };
        let denies = |word: &str| decorators.split_whitespace().any(|one| one == format!("@{word}=false"));
        let mut property = decorators.split_once("@type=").map(|(_, kind)| varlock_type(kind)).unwrap_or_default();
        let prose = prose.trim();
        if !prose.is_empty() && detection::token(prose).is_none() {
            property.insert("description".to_owned(), printable(prose).into());
        }
        let inferred = public.is_some_and(|prefix| !sighting.key.starts_with(prefix));
        if says("sensitive") || (all_secret || inferred) && !denies("sensitive") {
            property.insert("writeOnly".to_owned(), true.into());
        }
        let value = sighting.value.filter(|value| !value.is_empty() && !value.contains(['(', '$']));
        if let Some(value) = value.filter(|_| !property.contains_key("writeOnly")) {
            let typed = match property.get("type").and_then(Value::as_str) {
                Some("integer" | "number" | "boolean") => serde_json::from_str(&value).ok(),
                _ => Some(Value::from(value)),
            };
            property.extend(typed.map(|value| ("default".to_owned(), value)));
        }
        let required = says("required") || all_required && !says("optional") && !denies("required");
        proposal(name, &sighting.key, property, required)
    });
    each.collect()
}

fn varlock_type(kind: &str) -> Map<String, Value> {
    let end = kind.find([' ', '(']).unwrap_or(kind.len());
    let arguments = kind.get(end..).and_then(|rest| rest.strip_prefix('(')?.split_once(')')).map(|(inside, _)| inside);
    let words =
        |pairs: &[(&str, Value)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let formatted = |format: &str| words(&[("type", "string".into()), ("format", format.into())]);
    match kind.get(..end).unwrap_or_default() {
        "number" => words(&[("type", "number".into())]),
        "boolean" => words(&[("type", "boolean".into())]),
        "port" => words(&[("type", "integer".into()), ("minimum", 1.into()), ("maximum", 65535.into())]),
        "url" => formatted("uri"),
        "email" => formatted("email"),
        "uuid" => formatted("uuid"),
        "semver" => formatted("semver"),
        "simple-object" => words(&[("type", "object".into())]),
        "enum" => {
            let values: Vec<_> =
                arguments.unwrap_or_default().split(',').map(|one| one.trim().trim_matches(['"', '\''])).collect();
            words(&[("enum", values.into())])
        }
        _ => words(&[("type", "string".into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, description in the schema (without its note) and whether it is required.
    fn told(name: &str, text: &str) -> Vec<(String, String, bool)> {
        let proposals = read(name, text).unwrap();
        let plain = |mut one: Proposal| {
            assert_eq!(one.property.shift_remove("$comment"), Some(format!("review: from {name}").into()));
            (one.key, Value::Object(one.property).to_string(), one.required)
        };
        proposals.into_iter().map(plain).collect()
    }

    #[test]
    fn other_tools() {
        let pydantic = r##"{"$defs": {"Mode": {"enum": ["a", "b"], "type": "string"}}, "properties": {
            "port": {"default": 8000, "maximum": 65535, "title": "Port", "type": "integer"},
            "api_key": {"default": "hunter2", "format": "password", "type": "string", "writeOnly": true},
            "mode": {"$ref": "#/$defs/Mode"},
            "url": {"anyOf": [{"type": "string", "format": "uri", "minLength": 1}, {"type": "null"}], "default": null}},
            "required": ["mode"], "type": "object"}"##;
        let linter = r#"{"version": "1.0", "entries": {"PORT": {"type": "Integer", "required": true}, "NAME": {"type": "String", "regex": "^[A-Z]+$"}}}"#;
        let varlock = "# @defaultRequired=true @defaultSensitive=inferFromPrefix(PUBLIC_)\n# ---\n\n# Where it listens\n# @type=port @sensitive=false\nPORT=3000\n\n# @type=enum(a, b) @optional @sensitive=false\nMODE=a\n\nTOKEN=exec(`op read`)\nPUBLIC_X=y\n";
        for (name, text, expected) in [
            (
                "settings.json",
                pydantic,
                vec![
                    ("PORT", r#"{"default":8000,"type":"integer","maximum":65535}"#, false),
                    ("API_KEY", r#"{"type":"string","writeOnly":true}"#, false),
                    ("MODE", r#"{"enum":["a","b"],"type":"string"}"#, true),
                    ("URL", r#"{"type":"string","minLength":1,"format":"uri"}"#, false),
                ],
            ),
            (
                "schema.json",
                linter,
                vec![
                    ("PORT", r#"{"type":"integer"}"#, true),
                    ("NAME", r#"{"type":"string","pattern":"^[A-Z]+$"}"#, false),
                ],
            ),
            (
                ".env.schema",
                varlock,
                vec![
                    (
                        "PORT",
                        r#"{"type":"integer","minimum":1,"maximum":65535,"description":"Where it listens","default":3000}"#,
                        true,
                    ),
                    ("MODE", r#"{"enum":["a","b"],"default":"a"}"#, false),
                    ("TOKEN", r#"{"writeOnly":true}"#, true),
                    ("PUBLIC_X", r#"{"default":"y"}"#, true),
                ],
            ),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(key, rule, required)| (key.to_owned(), rule.to_owned(), required)).collect();
            assert_eq!(told(name, text), expected, "{name}");
        }
        assert!(read("x", "[1]").is_none() && read("x", "prose").is_none());
    }
}
