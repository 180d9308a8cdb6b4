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
            Ok(format!("{} = {value}\n", toml_edit::Key::new(variable.key)))
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

/// In one line: a table of its own would take the variables after it for its members.
fn to_toml(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(to_toml).collect::<Option<toml_edit::Array>>()?.into(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| Some((key.as_str(), to_toml(value)?)));
            members.collect::<Option<toml_edit::InlineTable>>()?.into()
        }
    })
}
