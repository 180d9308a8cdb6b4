//! One YAML mapping with the types of the schema; a string is always quoted.

use serde_json::Value;

use super::Target;
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "yaml",
    summary: "one mapping with the types of the schema; secrets are null",
    write: |picture| {
        let lines = picture.variables.iter().map(|variable| {
            let value = variable.digits.clone().unwrap_or_else(|| flow(&variable.typed));
            format!("{}: {value}\n", quoting::yaml(variable.key))
        });
        let text: String = lines.collect();
        Ok(if text.is_empty() { "{}\n".to_owned() } else { text })
    },
};

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => quoting::yaml(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{}: {}", quoting::yaml(key), flow(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}
