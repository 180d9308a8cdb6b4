//! `sparkcfg.toml`: which keys may stand where, and what they mean, from the types that read it.

use std::sync::LazyLock;

use serde_json::Value;

use super::hover::{self, Page};
use super::spots::{self, Spot};
use crate::project::config::Config;

/// The JSON Schema of the file.
static SCHEMA: LazyLock<Value> = LazyLock::new(Config::schema);

/// What may stand at a place.
pub(super) struct Slot {
    /// The table, with the key of the line for a value: `["drift", "rule", "policy"]`.
    pub(super) path: Vec<String>,
    /// Whether the place is behind the `=`.
    pub(super) is_value: bool,
}

/// A key or value that may stand somewhere.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) description: String,
}

impl Slot {
    /// The slot at a byte, from the lines above it, whatever is wrong with the rest of the text.
    pub(super) fn at(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let header = |line: &str| {
            let line = line.trim();
            let inner = line.strip_prefix('[')?.trim_start_matches('[').split(']').next()?;
            let is_table = !inner.is_empty() && !inner.contains(['"', ',', '=']);
            is_table.then(|| inner.split('.').map(|part| part.trim().to_owned()).collect())
        };
        let mut path: Vec<String> = before[..start].lines().rev().find_map(header).unwrap_or_default();
        // A line within a list of several lines belongs to the key that begins it.
        let list = before[..start].rsplit_once('=').filter(|(_, rest)| {
            let rest = rest.trim_start();
            rest.starts_with('[') && !rest.contains(']')
        });
        let line = &before[start..];
        let key = match (line.split_once('='), list) {
            (Some((key, _)), _) => Some(key),
            (None, Some((head, _))) => head.rsplit('\n').next(),
            (None, None) => None,
        };
        let is_value = key.is_some();
        path.extend(key.map(|key| key.trim().trim_matches('"').to_owned()));
        Self { path, is_value }
    }

    /// The keys that may stand here, or the values.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let Some(schema) = self.schema() else { return Vec::new() };
        if self.is_value { values(schema) } else { keys(schema) }
    }

    /// Whether keys may stand at this path.
    pub(super) fn is_table(&self) -> bool {
        self.schema().is_some_and(|schema| schema["type"] == "object")
    }

    /// The schema of the value at this path.
    fn schema(&self) -> Option<&'static Value> {
        self.path.iter().try_fold(&*SCHEMA, |schema, step| {
            let schema = resolved(schema);
            let member = schema["properties"].get(step).or_else(|| schema.get("additionalProperties"))?;
            Some(resolved(member))
        })
    }
}

/// Follows `$ref`, an optional value, and the items of a list.
fn resolved(schema: &'static Value) -> &'static Value {
    let target = schema["$ref"].as_str().and_then(|target| SCHEMA.pointer(target.trim_start_matches('#')));
    let present = || schema["anyOf"].as_array()?.iter().find(|schema| schema["type"] != "null");
    match target.or_else(present).or_else(|| schema.get("items")) {
        Some(inner) => resolved(inner),
        None => schema,
    }
}

fn described_as(name: &str, schema: &Value) -> Choice {
    let description = schema["description"].as_str().unwrap_or_default().to_owned();
    Choice { name: name.to_owned(), description }
}

fn keys(schema: &Value) -> Vec<Choice> {
    let properties = schema["properties"].as_object();
    properties.into_iter().flatten().map(|(name, schema)| described_as(name, schema)).collect()
}

fn values(schema: &Value) -> Vec<Choice> {
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let described = alternatives.flat_map(|schema| {
        let listed = schema["enum"].as_array().into_iter().flatten().chain(schema.get("const"));
        listed.filter_map(|value| Some(described_as(value.as_str()?, schema)))
    });
    let plain = schema["enum"].as_array().into_iter().flatten();
    let plain = plain.filter_map(|value| Some(Choice { name: value.as_str()?.to_owned(), description: String::new() }));
    let boolean = if schema["type"] == "boolean" { ["true", "false"].as_slice() } else { &[] };
    let boolean = boolean.iter().map(|word| Choice { name: (*word).to_owned(), description: String::new() });
    described.chain(plain).chain(boolean).collect()
}

/// What the key at a byte means, or the code that `[severity]` names there.
pub(super) fn described(text: &str, offset: usize) -> Option<(Page, Spot)> {
    let spot = spots::word(text, offset)?;
    let end = text.get(offset..)?.find('\n').map_or(text.len(), |at| offset + at);
    let start = text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..end)?;
    let equals = line.find('=').map(|at| start + at);
    if line.trim_start().starts_with('#') || equals.is_some_and(|equals| offset > equals) {
        return None;
    }
    if let Some(page) = hover::code(&spot.key) {
        return Some((page, spot));
    }
    let mut path = Slot::at(text, start).path;
    if line.trim_start().starts_with('[') {
        path.clear();
        let inner = text.get(start..spot.range.end)?.trim_start().trim_start_matches('[');
        path.extend(inner.split('.').map(|part| part.trim().to_owned()));
    } else {
        path.push(spot.key.clone());
    }
    let (name, parent) = path.split_last()?;
    let parent = Slot { path: parent.to_vec(), is_value: false };
    let choice = parent.choices().into_iter().find(|choice| choice.name == *name)?;
    let page = Page { title: path.join("."), description: choice.description, ..Page::default() };
    Some((page, spot))
}

#[cfg(test)]
mod tests {
    use super::{Slot, described};

    #[test]
    fn slots() {
        for (text, is_value, expected) in [
            ("|", false, "drift schema"),
            ("sch|\n[drift]\nstrict = true\n", false, "protected schema"),
            ("[drift]\n|", false, "strict noise rule"),
            ("[drift]\nstrict = |", true, "true false"),
            ("[[drift.rule]]\npol|", false, "keys between policy"),
            ("[[drift.rule]]\npolicy = \"|", true, "must-match must-differ may-differ"),
            ("[severity]\nunknown-key = \"|", true, "off note warning error"),
            ("[hardening]\nprofile = |", true, "minimal default strict"),
            ("[hardening.accept.web]\n|", false, ""),
            ("[nonsense.deep]\n|", false, ""),
            ("protected = [\n  \"|", true, ""),
        ] {
            let offset = text.find('|').unwrap();
            let slot = Slot::at(&text.replace('|', ""), offset);
            let found: Vec<_> = slot.choices().into_iter().map(|choice| choice.name).collect();
            assert_eq!(slot.is_value, is_value, "{text}");
            assert!(
                expected.split(' ').filter(|name| !name.is_empty()).all(|name| found.iter().any(|f| f == name)),
                "{text}: {found:?}"
            );
            assert_eq!(found.is_empty(), expected.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn meanings() {
        for (text, expected) in [
            ("sch|ema = \"a\"", "schema: Path of the JSON Schema"),
            ("[dri|ft]", "drift: What differences between environments"),
            ("[[drift.rule]]\npol|icy = 1", "drift.rule.policy: What a difference means"),
            ("[severity]\nunknown-k|ey = \"off\"", "unknown-key: a key is not in the schema"),
            ("# sch|ema", ""),
            ("schema = \"sch|ema\"", ""),
        ] {
            let offset = text.find('|').unwrap();
            let found = described(&text.replace('|', ""), offset);
            let found = found.map_or_else(String::new, |(page, _)| format!("{}: {}", page.title, page.description));
            assert_eq!(found.get(..expected.len()), Some(expected), "{text}: {found}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{text}: {found}");
        }
    }
}
