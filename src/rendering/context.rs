//! The values of an environment as a template sees them: with their types, and written as they stand.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Tuple, Value, ValueKind};
use serde_json::Value as Json;

use super::{Input, marks};

/// A secret that is only referred to. It can be put somewhere, but has no length, no first sign and no part.
#[derive(Debug)]
pub(super) struct Withheld(String);

impl Object for Withheld {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&marks::secret(&self.0))
    }
}

/// What stands for a name without a value, so that the next one can be found: it has every member, and no text.
#[derive(Debug)]
pub(super) struct Anything;

impl Object for Anything {
    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from_object(Self))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// A value that is written otherwise than its type would be: `yes` for true, `a,b` for a list.
pub(super) struct Spelled {
    text: String,
    typed: Value,
}

impl Spelled {
    /// A value as an operator sees it, and so what a list holds.
    pub(super) fn typed(value: Value) -> Value {
        if let Some(spelled) = value.downcast_object_ref::<Self>() {
            return spelled.typed.clone();
        }
        let holds = |item: &Value| item.downcast_object_ref::<Self>().is_some();
        let items = || value.try_iter().into_iter().flatten();
        if value.kind() == ValueKind::Seq && items().any(|item| holds(&item)) {
            let items: Vec<_> = items().map(Self::typed).collect();
            return if value.is_tuple() { Tuple::from(items).into() } else { items.into() };
        }
        value
    }

    /// A value as what looks at a text sees it.
    pub(super) fn text(value: Value) -> Value {
        value.downcast_object_ref::<Self>().map(|spelled| Value::from(spelled.text.as_str())).unwrap_or(value)
    }
}

impl fmt::Debug for Spelled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Spelled")
    }
}

impl Object for Spelled {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.typed.kind() {
            ValueKind::Seq => ObjectRepr::Seq,
            ValueKind::Map => ObjectRepr::Map,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.typed.get_item(key).ok().filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match (self.typed.kind(), self.typed.len(), self.typed.try_iter()) {
            (ValueKind::Seq, Some(length), _) => Enumerator::Seq(length),
            (ValueKind::Map, _, Ok(keys)) => Enumerator::Values(keys.collect()),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.typed.is_true()
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A value that a filter made for its structure.
pub(super) struct Structure(pub(super) Json);

impl fmt::Debug for Structure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Structure")
    }
}

impl Object for Structure {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// All keys: each with its type, and as texts where they are written as a whole, since that is what a program gets.
pub(super) struct Everything {
    typed: BTreeMap<String, Value>,
    texts: BTreeMap<String, Value>,
}

impl fmt::Debug for Everything {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Everything")
    }
}

impl Object for Everything {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.typed.get(key.as_str()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.typed.keys().map(Value::from).collect())
    }
}

/// The value of each key, and of `env` and `environment`.
pub(super) fn values(input: &Input<'_>) -> BTreeMap<String, Value> {
    let each = || input.variables.iter().map(|variable| (variable.key.to_owned(), value(variable)));
    let texts = input.variables.iter().map(|variable| (variable.key.to_owned(), text(variable)));
    let mut values: BTreeMap<String, Value> = each().collect();
    let everything = Everything { typed: each().collect(), texts: texts.collect() };
    values.insert("env".to_owned(), Value::from_object(everything));
    values.insert("environment".to_owned(), input.environment.into());
    values
}

fn own<'i>(input: &'i Input<'_>, service: &str) -> impl Iterator<Item = &'i super::Variable<'i>> {
    input.variables.iter().filter(move |variable| variable.services.iter().any(|name| name == service))
}

/// The keys that a service reads, be they set or not.
pub(super) fn keys_of(input: &Input<'_>, service: &str) -> Vec<String> {
    let own = input.known().filter(|(_, services)| services.iter().any(|name| name == service));
    own.map(|(key, _)| key.to_owned()).collect()
}

/// The secrets among them that are only referred to.
pub(super) fn secrets_of(input: &Input<'_>, service: &str) -> Vec<String> {
    own(input, service).filter(|variable| variable.text.is_none()).map(|variable| variable.key.to_owned()).collect()
}

/// What a service gets: `KEY`, or `KEY_FILE` with the place of a mounted secret.
pub(super) fn of_service(input: &Input<'_>, service: &str, secrets: bool) -> BTreeMap<String, Value> {
    let delivered = own(input, service).filter(|variable| secrets || variable.text.is_some()).map(|variable| {
        if variable.text.is_none() && variable.has_file_variant {
            (format!("{}_FILE", variable.key), Value::from(format!("/run/secrets/{}", variable.key)))
        } else {
            (variable.key.to_owned(), text(variable))
        }
    });
    delivered.collect()
}

fn text(variable: &super::Variable<'_>) -> Value {
    variable.text.map_or_else(|| Value::from_object(Withheld(variable.key.to_owned())), Value::from)
}

fn value(variable: &super::Variable<'_>) -> Value {
    let Some(text) = variable.text else { return self::text(variable) };
    let typed = from_json(&variable.typed);
    let as_written = match &variable.typed {
        Json::String(_) | Json::Null => return text.into(),
        Json::Array(_) | Json::Object(_) => false,
        Json::Bool(_) | Json::Number(_) => typed.to_string() == text,
    };
    if as_written { typed } else { Value::from_object(Spelled { text: text.to_owned(), typed }) }
}

fn from_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (_, Some(number)) => Value::from(number),
            _ => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(from_json).collect(),
        Json::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), from_json(value)));
            Value::from(members.collect::<BTreeMap<_, _>>())
        }
    }
}

/// A template's value with its structure; `None` for what no file can hold.
pub(super) fn to_json(value: &Value) -> Option<Json> {
    if value.downcast_object_ref::<Withheld>().is_some() {
        return Some(value.to_string().into());
    }
    if let Some(spelled) = value.downcast_object_ref::<Spelled>() {
        return to_json(&spelled.typed);
    }
    if let Some(structure) = value.downcast_object_ref::<Structure>() {
        return Some(structure.0.clone());
    }
    if let Some(everything) = value.downcast_object_ref::<Everything>() {
        return everything.texts.iter().map(|(key, text)| Some((key.clone(), to_json(text)?))).collect();
    }
    Some(match value.kind() {
        ValueKind::None => Json::Null,
        ValueKind::Bool => value.is_true().into(),
        // Beyond 64 bits an integer is a text: most readers of a number would round it.
        ValueKind::Number if value.is_integer() => match (i64::try_from(value.clone()), u64::try_from(value.clone())) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => value.to_string().into(),
        },
        ValueKind::Number => Json::from(f64::try_from(value.clone()).ok()?),
        ValueKind::String => value.as_str()?.into(),
        ValueKind::Seq | ValueKind::Iterable => {
            Json::Array(value.try_iter().ok()?.map(|item| to_json(&item)).collect::<Option<_>>()?)
        }
        ValueKind::Map => {
            let member = |key: Value| Some((key.to_string(), to_json(&value.get_item(&key).ok()?)?));
            Json::Object(value.try_iter().ok()?.map(member).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// How far into a value is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// At itself.
    Itself,
    /// At all that it holds.
    Whole,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A secret that is only referred to.
    Secret,
    /// A value that is written already: what a macro or a block gave.
    Piece,
}

/// Whether a value is, or holds, what is looked for.
pub(super) fn holds(value: &Value, look: Look, depth: Depth) -> bool {
    fn within(value: &Value, look: Look, levels: usize) -> bool {
        let is_it = |text: &str| match look {
            Look::Secret => marks::holds_secret(text),
            Look::Piece => marks::holds_mark(text),
        };
        let withheld = look == Look::Secret && value.downcast_object_ref::<Withheld>().is_some();
        if withheld || value.as_str().is_some_and(is_it) {
            return true;
        }
        let members = || value.try_iter().into_iter().flatten();
        match value.kind() {
            ValueKind::Seq | ValueKind::Map if levels == 0 => false,
            ValueKind::Seq => members().any(|item| within(&item, look, levels - 1)),
            ValueKind::Map => {
                members().any(|key| value.get_item(&key).is_ok_and(|member| within(&member, look, levels - 1)))
            }
            _ => false,
        }
    }
    within(value, look, if depth == Depth::Whole { 8 } else { 0 })
}
