//! Schemas of other tools as proposals: pydantic's JSON Schema, varlock's `.env.schema`, a schema of dotenv-linter.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Proposal, varlock};
use crate::detection;
use crate::schema::{BOUNDS, formats};
use crate::source::printable;

/// What another tool says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// Of each key.
    pub proposals: Vec<Proposal>,
    /// Whether it allows other keys than these.
    pub open: bool,
    /// The class of pydantic that it describes. It says the names of the fields, which lack the prefix of the variables.
    pub class: Option<String>,
    /// Whether it names every key that an env file may have, whatever reads it: what it does not name is a mistake there.
    pub whole: bool,
}

impl Imported {
    /// Gives the keys the names that the variables of its class have, by the names of the fields in capital letters. A field
    /// that has none is a model, the parts of which programs tell.
    pub fn rename(&mut self, variables: &HashMap<String, Vec<String>>) {
        self.proposals.retain(|proposal| variables.get(&proposal.key).is_none_or(|names| !names.is_empty()));
        for proposal in &mut self.proposals {
            if let Some(name) = variables.get(&proposal.key).and_then(|names| names.first()) {
                proposal.key.clone_from(name);
            }
        }
    }
}

/// The class that a schema of pydantic describes: only pydantic gives each field a title.
fn class(root: &Map<String, Value>) -> Option<String> {
    let properties = root.get("properties")?.as_object()?;
    let titled = properties.values().any(|rule| rule.get("title").is_some());
    root.get("title").and_then(Value::as_str).filter(|_| titled).map(ToOwned::to_owned)
}

/// The proposals of a file; `None` where it is none of the three. `name` says which form it may have.
#[must_use]
pub fn read(name: &str, text: &str) -> Option<Imported> {
    let is_true = |root: &Map<String, Value>, key: &str| root.get(key) == Some(&Value::Bool(true));
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(root)) if root.contains_key("entries") => {
            let open = ["allow_other_keys", "allowOtherKeys"].iter().any(|key| is_true(&root, key));
            Some(Imported { proposals: linter(name, &root), open, class: None, whole: !open })
        }
        Ok(Value::Object(root)) if root.contains_key("properties") => {
            let open = is_true(&root, "additionalProperties");
            Some(Imported { proposals: pydantic(name, &root), open, class: class(&root), whole: false })
        }
        Ok(_) => None,
        Err(_) => {
            let proposals = varlock::read(name, text);
            (!proposals.is_empty()).then_some(Imported { proposals, open: false, class: None, whole: false })
        }
    }
}

pub(super) fn proposal(name: &str, key: &str, mut property: Map<String, Value>, required: bool) -> Proposal {
    let secret = property.get("writeOnly") == Some(&Value::Bool(true)) || detection::names_secret(key);
    if secret {
        keep_secret(&mut property);
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

/// The most that stands in all keys of one kind as it is, in characters.
const MAX_START: usize = 8;

/// Whether a pattern says what all secrets of one kind look like, `^sk_`, `^[A-Z0-9]{32}$`, and not what one of them is: beside
/// classes of characters, little stands there as it is.
fn is_of_a_kind(pattern: &str) -> bool {
    let (mut plain, mut class, mut classes) = (0_usize, false, 0_usize);
    let mut signs = pattern.strip_prefix('^').unwrap_or_default().chars();
    while let Some(sign) = signs.next() {
        match (sign, class) {
            ('\\', _) => match signs.next() {
                Some('d' | 'w' | 's') => classes += 1,
                _ => plain += 1,
            },
            ('[', false) => (class, classes) = (true, classes + 1),
            (']', true) => class = false,
            ('{', false) => drop(signs.find(|sign| *sign == '}')),
            ('.', false) => classes += 1,
            ('(' | ')' | '?' | ':' | '|' | '*' | '+' | '$', false) | (_, true) => {}
            ('_' | '-', false) => plain += 1,
            (sign, false) if sign.is_ascii_alphabetic() => plain += 1,
            // How keys begin is a word.
            _ => return false,
        }
    }
    // Several of them, one of which it is, are values.
    let whole = pattern.ends_with('$');
    let lists = pattern.contains('|');
    pattern.starts_with('^') && plain <= MAX_START && !lists && (classes > 0 || !whole && plain > 0)
}

/// Says of a property that it is a secret, and nothing that may be its value.
pub fn keep_secret(property: &mut Map<String, Value>) {
    property.retain(|keyword, value| match keyword.as_str() {
        "default" | "examples" | "enum" | "const" => false,
        "pattern" => value.as_str().is_some_and(is_of_a_kind),
        _ => true,
    });
    property.insert("writeOnly".to_owned(), true.into());
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
    let each = properties.into_iter().flatten().filter_map(|(field, written)| {
        let rule = plain(written, root, 0)?;
        let mut property: Map<_, _> = KEPT
            .iter()
            .copied()
            .flatten()
            .filter_map(|keyword| Some(((*keyword).to_owned(), rule.get(*keyword)?.clone())))
            .filter(|(keyword, value)| keyword != "default" || !value.is_null())
            .collect();
        let format = rule.get("format").and_then(Value::as_str);
        if let Some(format) = format.filter(|format| formats::accepts(format, "").is_some()) {
            property.insert("format".to_owned(), format.into());
        }
        if keeps_secret(written, root, 0) {
            property.insert("writeOnly".to_owned(), true.into());
            property.shift_remove("items");
        }
        // pydantic reads variables in any case; those who write them use capitals.
        Some(proposal(name, &field.to_ascii_uppercase(), property, is_required(field)))
    });
    each.collect()
}

/// Whether a rule says of the value, or of a part of it, that it is a secret.
fn keeps_secret(rule: &Value, root: &Map<String, Value>, depth: u8) -> bool {
    const MAX_DEPTH: u8 = 16;
    let within = |rule: &Value| depth < MAX_DEPTH && keeps_secret(rule, root, depth + 1);
    let rule = match rule {
        Value::Object(rule) => rule,
        Value::Array(rules) => return rules.iter().any(within),
        _ => return false,
    };
    let says = |keyword: &str, value: &Value| match keyword {
        "writeOnly" => value == &Value::Bool(true),
        "format" => value == "password",
        "$ref" => value.as_str().and_then(|reference| target(reference, root)).is_some_and(within),
        "properties" => value.as_object().is_some_and(|fields| fields.values().any(within)),
        "anyOf" | "allOf" | "oneOf" | "items" | "prefixItems" | "additionalProperties" => within(value),
        _ => false,
    };
    rule.iter().any(|(keyword, value)| says(keyword, value))
}

/// What a reference refers to.
fn target<'r>(reference: &str, root: &'r Map<String, Value>) -> Option<&'r Value> {
    root.get("$defs")?.get(reference.strip_prefix("#/$defs/")?)
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
            Some(reference) => target(reference, root)?,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, description in the schema (without its note) and whether it is required.
    fn told(name: &str, text: &str) -> Vec<(String, String, bool)> {
        let proposals = read(name, text).unwrap().proposals;
        let plain = |mut one: Proposal| {
            let comment = one.property.shift_remove("$comment").unwrap_or_default();
            let when = if one.key == "E" { ", which says @required=forEnv(production)" } else { "" };
            assert_eq!(comment, format!("review: from {name}{when}"));
            (one.key, Value::Object(one.property).to_string(), one.required)
        };
        proposals.into_iter().map(plain).collect()
    }

    #[test]
    fn patterns_of_others() {
        for (pattern, kept) in [
            ("^sk_", true),
            ("^[A-Z]+$", true),
            ("^[0-9]{4}$", true),
            (r"^sk-\w{20,}$", true),
            ("^hunter2$", false),
            ("^hunter2pass[a-z]$", false),
            ("^(a1|b2)$", false),
            ("hunter2", false),
            ("", false),
        ] {
            assert_eq!(is_of_a_kind(pattern), kept, "{pattern}");
        }
    }

    #[test]
    fn other_tools() {
        let pydantic = r##"{"$defs": {"Nested": {"type": "object", "properties": {"x": {"type": "string", "format": "password"}}}, "Mode": {"enum": ["a", "b"], "type": "string"}}, "properties": {
            "port": {"default": 8000, "maximum": 65535, "title": "Port", "type": "integer"},
            "api_key": {"default": "hunter2", "format": "password", "type": "string", "writeOnly": true},
            "mode": {"$ref": "#/$defs/Mode"},
            "pin": {"anyOf": [{"type": "string", "format": "password"}, {"type": "integer"}], "default": "hunter2"},
            "many": {"type": "array", "items": {"type": "string", "writeOnly": true}, "default": ["hunter2"]},
            "nested": {"$ref": "#/$defs/Nested", "default": {"x": "hunter2"}},
            "url": {"anyOf": [{"type": "string", "format": "uri", "minLength": 1}, {"type": "null"}], "default": null}},
            "required": ["mode"], "type": "object"}"##;
        let linter = r#"{"version": "1.0", "entries": {"PORT": {"type": "Integer", "required": true}, "NAME": {"type": "String", "regex": "^[A-Z]+$"}}}"#;
        let strict = "# @defaultSensitive=false @defaultRequired=infer\n# ---\n\n# --- Web ---\n\n# @type=number(min=1, max=100, precision=0)\nA=4\n# @type=port(min=1024) @required\nB=\n\n# Begins so.\n# @type=string(minLength=5, startsWith=\"s, k\", endsWith=.x) @example=\"s, k-5.x\"\nC=\nD= # @type=enum(a, b) @required @deprecated\n# @type=string(matches=\"^[a-z, ]+$\") @required=forEnv(production)\nE=\n# @type=url @sensitive\nF=http://x.example/\n# @type=url @required\nG=http://${A}/\n# @type=number(isInt=true) @example=3000\nH=\n";
        let bare = "VAULT=hunter2\nURL=\n# @public @type=port\nPORT=1\n# @optional @sensitive=false @example=x\nB=\n";
        let varlock = "# @defaultRequired=true @defaultSensitive=inferFromPrefix(PUBLIC_)\n# ---\n\n# Where it listens\n# @type=port @sensitive=false\nPORT=3000\n\n# @type=enum(a, b) @optional @sensitive=false\nMODE=a\n\nTOKEN=exec(`op read`)\nPUBLIC_X=y\n";
        for (name, text, expected) in [
            (
                "settings.json",
                pydantic,
                vec![
                    ("PORT", r#"{"default":8000,"type":"integer","maximum":65535}"#, false),
                    ("API_KEY", r#"{"type":"string","writeOnly":true}"#, false),
                    ("MODE", r#"{"enum":["a","b"],"type":"string"}"#, true),
                    ("PIN", r#"{"writeOnly":true}"#, false),
                    ("MANY", r#"{"type":"array","writeOnly":true}"#, false),
                    ("NESTED", r#"{"type":"object","writeOnly":true}"#, false),
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
                        false,
                    ),
                    ("MODE", r#"{"enum":["a","b"],"default":"a"}"#, false),
                    ("TOKEN", r#"{"writeOnly":true}"#, false),
                    ("PUBLIC_X", r#"{"default":"y"}"#, false),
                ],
            ),
            (
                "bare.schema",
                bare,
                vec![
                    ("VAULT", r#"{"writeOnly":true}"#, false),
                    ("URL", r#"{"writeOnly":true}"#, true),
                    ("PORT", r#"{"type":"integer","minimum":1,"maximum":65535,"default":1}"#, false),
                    ("B", r#"{"examples":["x"]}"#, false),
                ],
            ),
            (
                "strict.schema",
                strict,
                vec![
                    ("A", r#"{"type":"integer","minimum":1,"maximum":100,"default":4}"#, false),
                    ("B", r#"{"type":"integer","minimum":1024,"maximum":65535}"#, true),
                    (
                        "C",
                        r#"{"type":"string","minLength":5,"pattern":"^s, k.*\\.x$","description":"Begins so.","examples":["s, k-5.x"]}"#,
                        false,
                    ),
                    ("D", r#"{"enum":["a","b"],"deprecated":true}"#, true),
                    ("E", r#"{"type":"string","pattern":"^[a-z, ]+$"}"#, false),
                    ("F", r#"{"type":"string","format":"uri","writeOnly":true}"#, false),
                    ("G", r#"{"type":"string","format":"uri"}"#, false),
                    ("H", r#"{"type":"integer","examples":[3000]}"#, false),
                ],
            ),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(key, rule, required)| (key.to_owned(), rule.to_owned(), required)).collect();
            assert_eq!(told(name, text), expected, "{name}");
        }
        assert!(read("x", "[1]").is_none() && read("x", "prose").is_none());
        for (name, text) in [("x.toml", "[a]\ntype = \"x\"\n"), ("README.md", "# T\n\nexport FOO=bar\n")] {
            assert!(read(name, text).is_none(), "{name}");
        }
        for (text, open) in [
            (r#"{"entries": {}, "allowOtherKeys": true}"#, true),
            (r#"{"entries": {}, "allow_other_keys": true}"#, true),
            (r#"{"entries": {}}"#, false),
            (r#"{"properties": {}, "additionalProperties": true}"#, true),
        ] {
            assert_eq!(read("x", text).unwrap().open, open, "{text}");
        }
    }
}
