//! One JSON object with the types of the schema; a secret that is not written is null.

use serde_json::Value;

use super::Target;
use crate::quoting;

pub(super) const TARGET: Target = Target {
    name: "json",
    summary: "one object with the types of the schema; secrets are null",
    write: |picture| {
        let members = picture.variables.iter().map(|variable| (variable.key.to_owned(), variable.typed.clone()));
        Ok(quoting::json_text(&Value::Object(members.collect())))
    },
};
