//! The values of an environment as a Rust type of the user's own, and where each came from.

use std::collections::BTreeMap;
use std::ops::Deref;

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use serde::de::DeserializeOwned;

use crate::environment::Environment;
use crate::schema::Schema;
use crate::source::{Position, Sources};

/// A typed value that knows where its parts came from.
///
/// It derefs to the value itself.
#[derive(Debug)]
pub struct Loaded<T> {
    value: T,
    origins: BTreeMap<String, Origin>,
}

/// Where a key's value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The layer: `prod`.
    pub layer: String,
    /// The file, as users see it.
    pub path: String,
    /// The place of the value in it; behind a secret on the same line, the place of that secret.
    pub position: Position,
}

impl<T> Loaded<T> {
    /// Where the value of `key` was set; `None` when no layer sets it.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.origins.get(key)
    }

    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// Why an environment is not a `T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The key, where one is at fault.
    pub key: Option<String>,
    /// What is wrong. It never holds a value.
    pub message: String,
}

/// Extracts a `T`. Texts are read with the types of `schema`; where it names none, figment turns a text
/// into the number or boolean that the type asks for.
///
/// # Errors
/// Every key that does not fit, as far as serde tells: it stops at the first in each struct.
pub fn extract<T: DeserializeOwned>(
    environment: &Environment<'_>,
    schema: Option<&Schema>,
    sources: &Sources,
) -> Result<Loaded<T>, Vec<Mismatch>> {
    let figment = Figment::from(Values { environment, schema });
    let value = figment
        .extract_lossy::<T>()
        .map_err(|error| error.into_iter().map(|error| mismatch(&error)).collect::<Vec<_>>())?;
    let set = environment.settings.iter().filter(|setting| setting.value.text().is_some());
    let origins = set.map(|setting| {
        let span = environment.place(setting);
        let origin = Origin {
            layer: environment.layers[setting.layer].name.clone(),
            path: sources.path(span.source).to_owned(),
            position: sources.position(span.source, sources.veiled(span).start),
        };
        (setting.key.to_owned(), origin)
    });
    Ok(Loaded { value, origins: origins.collect() })
}

/// The settings as a provider: what figment extracts from.
struct Values<'e, 'a> {
    environment: &'e Environment<'a>,
    schema: Option<&'e Schema>,
}

impl Provider for Values<'_, '_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.environment.name.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let known = self.environment.settings.iter().filter_map(|setting| Some((setting, setting.value.text()?)));
        let dict: Dict = known
            .map(|(setting, text)| {
                let value = match self.schema {
                    Some(schema) => {
                        to_figment(&schema.typed(Some(&self.environment.name), setting.key, text).to_value())
                    }
                    None => Value::from(text),
                };
                (setting.key.to_owned(), value)
            })
            .collect();
        Ok(Profile::Default.collect(dict))
    }
}

fn to_figment(value: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match value {
        Json::Null => Value::serialize(()).unwrap_or_else(|_| Value::from("")),
        Json::Bool(boolean) => Value::from(*boolean),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Value::from(number),
            (_, Some(number), _) => Value::from(number),
            (.., number) => Value::from(number.unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(to_figment).collect::<Vec<_>>()),
        Json::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), to_figment(value)));
            Value::from(members.collect::<Dict>())
        }
    }
}

/// figment's own words hold the value; these are made from its kinds alone.
fn mismatch(error: &figment::Error) -> Mismatch {
    use figment::error::Kind;
    let mut key = error.path.first().cloned();
    let message = match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => format!("this is not {expected}"),
        Kind::InvalidLength(_, expected) => format!("this has not the length of {expected}"),
        Kind::UnknownVariant(_, expected) => format!("this is none of {}", expected.join(", ")),
        Kind::UnknownField(name, _) => {
            key = Some(name.clone());
            "the type has no such field".to_owned()
        }
        Kind::MissingField(name) => {
            key = Some(name.to_string());
            "this has no value".to_owned()
        }
        Kind::DuplicateField(_) => "this is set twice".to_owned(),
        _ => "this does not fit the type".to_owned(),
    };
    Mismatch { key, message }
}
