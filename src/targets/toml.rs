//! One TOML table with the types of the schema. TOML has no null, so what is not written is absent.

use serde_json::Value;

use super::Target;

pub(super) const TARGET: Target = Target {
    name: "toml",
    summary: "one table with the types of the schema",
    write: |picture| {
        picture.each(|variable, text| {
            let typed = if is_writable(&variable.typed) { to_toml(&variable.typed) } else { None };
            let value = typed.unwrap_or_else(|| text.into());
            let table = toml::Table::from_iter([(variable.key.to_owned(), inline(value))]);
            toml::to_string(&table).map_err(|_| "TOML has no way to write this value".to_owned())
        })
    },
};

/// TOML has no null, and its integers have 64 bits with a sign.
fn is_writable(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Number(number) => !number.is_u64() || number.as_i64().is_some(),
        Value::Array(items) => items.iter().all(is_writable),
        Value::Object(members) => members.values().all(is_writable),
        Value::Bool(_) | Value::String(_) => true,
    }
}

fn to_toml(value: &Value) -> Option<toml::Value> {
    toml::Value::try_from(value).ok()
}

/// A table would take the variables after it for its own members, so it is written as its JSON text.
fn inline(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::Table(_) => serde_json::to_string(&value).map_or(value, toml::Value::String),
        toml::Value::Array(items) => toml::Value::Array(items.into_iter().map(inline).collect()),
        other => other,
    }
}
