//! The type of the model's secret keys: read from text, shown to nobody.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use crate::secret::Secret;

/// A secret value of the model.
///
/// It can be read with serde but not written, its `Debug` is a constant, and in the schema it is always a
/// `writeOnly` string, so that no field can forget to say that it is secret.
#[derive(Debug)]
pub struct SecretText(Secret);

impl SecretText {
    /// The text itself. Never pass it to anything that prints, logs or reports.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for a string, a deserializer that has something else may quote it in an error of its own.
        deserializer.deserialize_any(Text)
    }
}

/// Takes text; every other type gets an error that does not quote the value, as serde's own errors would.
struct Text;

impl Text {
    fn refuse<E: Error, T>() -> Result<T, E> {
        Err(E::custom("a secret must be text"))
    }
}

impl Visitor<'_> for Text {
    type Value = SecretText;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretText, E> {
        Ok(text.to_owned().into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<SecretText, E> {
        Ok(text.into())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretText, E> {
        Self::refuse()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretText, E> {
        Self::refuse()
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<SecretText, E> {
        Self::refuse()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretText, E> {
        Self::refuse()
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<SecretText, E> {
        Self::refuse()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretText, E> {
        Self::refuse()
    }

    fn visit_char<E: Error>(self, character: char) -> Result<SecretText, E> {
        Ok(character.to_string().into())
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<SecretText, E> {
        Self::refuse()
    }
}

impl JsonSchema for SecretText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }
}

/// Reads a secret for which an empty text means that there is none: `LANGFLOW_API_KEY=`.
pub(super) fn unless_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretText>, D::Error> {
    let text = Option::<SecretText>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.expose().is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn text_is_taken_and_nothing_else_is_quoted() {
        let canary = 7_423_901_u64;
        let values = [json!(canary), json!(-7_423_901_i64), json!(7_423_901.5), json!(true), json!([7_423_901])];
        for value in values {
            let message = serde_json::from_value::<SecretText>(value).unwrap_err().to_string();
            assert!(!message.contains("7423901") && !message.contains("true"), "{message}");
        }
        assert_eq!(serde_json::from_value::<SecretText>(json!("canary")).unwrap().expose(), "canary");
    }

    #[test]
    fn debug_shows_nothing() {
        assert!(!format!("{:?}", SecretText::from("canary".to_owned())).contains("canary"));
    }

    #[test]
    fn empty_means_none() {
        for (value, expected) in [(json!(""), None), (json!("x"), Some("x")), (Value::Null, None)] {
            let read = unless_empty(&value).unwrap();
            assert_eq!(read.as_ref().map(SecretText::expose), expected, "{value}");
        }
    }
}
