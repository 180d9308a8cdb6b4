//! Rust: a struct of serde.

use std::fmt::Write;

use serde_json::Value;

use super::identifiers::{self, Style};
use super::{Field, Language, Module, Shape, heading};
use crate::source::acts;

pub(super) const LANGUAGE: Language =
    Language { name: "rust", summary: "a struct for serde, with serde_json and regex", write };

const SUPPORT: &str = include_str!("support/rust.txt");

const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

fn write(module: &Module<'_>) -> String {
    let mut out = String::new();
    for line in heading(module, "rust") {
        let _ = writeln!(out, "{}", format!("//! {line}").trim_end());
    }
    let _ = write!(
        out,
        "\n{SUPPORT}\n/// {}\n#[derive(Debug, Clone, Deserialize)]\npub struct Settings {{\n",
        module.title
    );
    let keys: Vec<_> = module.fields.iter().map(|field| field.key).collect();
    let names = identifiers::all(&keys, Style::Snake, RESERVED);
    let mut defaults = String::new();
    for (field, name) in module.fields.iter().zip(&names) {
        declare(&mut out, &mut defaults, field, name);
    }
    out.push_str("}\n\n");
    let _ = writeln!(out, "static KEYS: &[Key] = &[");
    for field in &module.fields {
        let _ = writeln!(
            out,
            "    Key {{ name: {}, required: {}, shape: {} }},",
            quoted(field.key),
            field.required,
            shape(&field.shape)
        );
    }
    out.push_str("];\n");
    out.push_str(&defaults);
    out
}

fn declare(out: &mut String, defaults: &mut String, field: &Field<'_>, name: &str) {
    for line in super::told(field) {
        let _ = writeln!(out, "{}", format!("    /// {line}").trim_end());
    }
    let mut kind = type_of(&field.shape);
    if field.secret {
        kind = format!("Secret<{kind}>");
    }
    let key = quoted(field.key);
    if let Some(default) = field.default {
        let plain = field.shape.only().is_some() && !field.shape.is_nullable();
        let value = if plain { literal(default, &field.shape) } else { parsed(default) };
        let _ = writeln!(out, "    #[serde(rename = {key}, default = \"default_{name}\")]\n    pub {name}: {kind},");
        let _ = write!(defaults, "\nfn default_{name}() -> {kind} {{\n    {value}\n}}\n");
    } else if field.required {
        let _ = writeln!(out, "    #[serde(rename = {key})]\n    pub {name}: {kind},");
    } else {
        let _ = writeln!(out, "    #[serde(rename = {key}, default)]\n    pub {name}: Option<{kind}>,");
    }
}

fn type_of(shape: &Shape<'_>) -> String {
    let only = match shape.only() {
        Some("integer") => "i64".to_owned(),
        Some("number") => "f64".to_owned(),
        Some("boolean") => "bool".to_owned(),
        Some("array") => {
            format!("Vec<{}>", shape.items.as_ref().map_or_else(|| "Value".to_owned(), |items| type_of(items)))
        }
        Some("object") => "Map<String, Value>".to_owned(),
        Some("string") => "String".to_owned(),
        _ => return "Value".to_owned(),
    };
    if shape.is_nullable() { format!("Option<{only}>") } else { only }
}

/// A value of the schema as an expression of the type that the shape has.
fn literal(value: &Value, shape: &Shape<'_>) -> String {
    match (shape.only(), value) {
        (Some("integer"), Value::Number(number)) if number.is_i64() => number.to_string(),
        (Some("number"), Value::Number(number)) => {
            number.as_f64().map_or_else(|| parsed(value), |float| format!("{float:?}"))
        }
        (Some("boolean"), Value::Bool(boolean)) => boolean.to_string(),
        (Some("string"), Value::String(text)) => format!("{}.to_owned()", quoted(text)),
        _ => parsed(value),
    }
}

fn parsed(value: &Value) -> String {
    format!("serde_json::from_str({}).unwrap_or_default()", quoted(&value.to_string()))
}

fn shape(shape: &Shape<'_>) -> String {
    let types: Vec<_> = shape.types.iter().map(|name| quoted(name)).collect();
    let mut out = vec![format!("types: &[{}]", types.join(", "))];
    if shape.types.contains(&"array") {
        if shape.separator != "," {
            out.push(format!("separator: {}", quoted(shape.separator)));
        }
        out.extend(shape.items.as_ref().map(|items| format!("items: Some(&{})", self::shape(items))));
    }
    if !shape.bounds.is_empty() {
        let bounds = shape.bounds.iter().map(|(name, bound)| {
            let number = bound.as_f64().map_or_else(|| bound.to_string(), |float| format!("{float:?}"));
            format!("({}, {number})", quoted(name))
        });
        out.push(format!("bounds: &[{}]", bounds.collect::<Vec<_>>().join(", ")));
    }
    let patterns: Vec<_> = shape.linear_patterns().iter().map(|pattern| quoted(pattern)).collect();
    if !patterns.is_empty() {
        out.push(format!("patterns: &[{}]", patterns.join(", ")));
    }
    if let Some(values) = &shape.one_of {
        let values: Vec<_> = values.iter().map(|value| quoted(&value.to_string())).collect();
        out.push(format!("one_of: Some(&[{}])", values.join(", ")));
    }
    format!("Shape {{ {}, ..ANY }}", out.join(", "))
}

/// A string of Rust; what acts on whoever looks at it stands as its number.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if acts(&out, other) => out.extend(other.escape_unicode()),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
