//! Terraform variables, with the types of the schema.

use serde_json::Value;

use super::{Target, is_plain_name};
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "tfvars",
    summary: "Terraform variables, with the types of the schema",
    write: |picture| {
        picture.each(|variable, _| {
            if !is_plain_name(variable.key) {
                return Err("Terraform has no variable of this name".to_owned());
            }
            Ok(format!("{} = {}\n", variable.key, expression(&variable.typed)))
        })
    },
};

fn expression(value: &Value) -> String {
    match value {
        Value::String(text) => quoting::hcl(text),
        Value::Array(items) => format!("[{}]", items.iter().map(expression).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{} = {}", quoting::hcl(key), expression(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}
