//! What a rule looks at: a setting, a part of one, or all settings of an environment together.

use serde_json::{Map, Number, Value};

use super::numbers::Numeral;
use super::plan::NodeId;
use super::typed::{Typed, Types};

/// A value under a rule.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    /// Sealed, and not opened: any value at all.
    Unknown,
    Null,
    Boolean(bool),
    Number(Numeral<'a>),
    Text(&'a str),
    Array(&'a [Value]),
    Object(Members<'a>),
}

/// How many settings are passed in the time that one is searched for.
const MANY: usize = 8;

/// The members of an object.
#[derive(Clone, Copy)]
pub(super) enum Members<'a> {
    Json(&'a Map<String, Value>),
    Settings(&'a Settings<'a>),
}

/// The settings of one environment, sorted by key: the object that the schema's root describes.
pub(super) struct Settings<'a> {
    entries: Vec<Setting<'a>>,
}

/// A key and its value.
pub(super) struct Setting<'a> {
    pub(super) key: &'a str,
    /// `None` is a value that is not known.
    pub(super) value: Option<Typed<'a>>,
    /// The node that describes the key by its name in the schema's first table.
    pub(super) declared: Option<NodeId>,
}

impl<'a> Settings<'a> {
    /// Of settings with one key the last one wins.
    pub(super) fn new(mut entries: Vec<Setting<'a>>) -> Self {
        if !entries.is_sorted_by(|one, next| one.key < next.key) {
            // Stable, so that the last of a key stays the last.
            entries.sort_by_key(|setting| setting.key);
            entries.dedup_by(|later, earlier| {
                let same = later.key == earlier.key;
                if same {
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Self { entries }
    }

    pub(super) fn entries(&self) -> &[Setting<'a>] {
        &self.entries
    }

    pub(super) fn get(&self, key: &str) -> Option<&Setting<'a>> {
        let index = self.entries.binary_search_by(|setting| setting.key.cmp(key)).ok()?;
        self.entries.get(index)
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether a key has a text, and it is empty.
    pub(super) fn is_empty(&self, key: &str) -> bool {
        self.get(key).is_some_and(|setting| matches!(setting.value, Some(Typed::Text(""))))
    }
}

impl<'a> Members<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Json(map) => map.len(),
            Self::Settings(settings) => settings.entries.len(),
        }
    }

    pub(super) fn get(self, key: &str) -> Option<View<'a>> {
        match self {
            Self::Json(map) => map.get(key).map(View::from),
            Self::Settings(settings) => settings.get(key).map(Setting::view),
        }
    }

    /// Which of these names, sorted, it does not have.
    pub(super) fn lacking(self, names: &[Box<str>]) -> Vec<&str> {
        let names = names.iter().map(|name| &**name);
        match self {
            Self::Json(map) => names.filter(|name| !map.contains_key(*name)).collect(),
            Self::Settings(settings) if names.len() * MANY < settings.entries.len() => {
                names.filter(|name| !settings.contains(name)).collect()
            }
            Self::Settings(settings) => {
                // Both are in order, so that one walk along them is enough.
                let mut left = settings.entries.iter().peekable();
                let mut has = |name: &str| {
                    while left.next_if(|setting| setting.key < name).is_some() {}
                    left.peek().is_some_and(|setting| setting.key == name)
                };
                names.filter(|name| !has(name)).collect()
            }
        }
    }

    pub(super) fn contains(self, key: &str) -> bool {
        match self {
            Self::Json(map) => map.contains_key(key),
            Self::Settings(settings) => settings.contains(key),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, View<'a>)> {
        self.declared().map(|(key, view, _)| (key, view))
    }

    /// The same, each with [`Setting::declared`].
    pub(super) fn declared(self) -> impl Iterator<Item = (&'a str, View<'a>, Option<NodeId>)> {
        let (json, settings) = match self {
            Self::Json(map) => (Some(map), None),
            Self::Settings(settings) => (None, Some(settings)),
        };
        let json = json.into_iter().flatten().map(|(key, value)| (key.as_str(), View::from(value), None));
        let settings = settings.into_iter().flat_map(|settings| &settings.entries);
        json.chain(settings.map(|setting| (setting.key, setting.view(), setting.declared)))
    }
}

impl<'a> Setting<'a> {
    pub(super) fn view(&'a self) -> View<'a> {
        self.value.as_ref().map_or(View::Unknown, View::from)
    }
}

impl<'a> From<&'a Typed<'a>> for View<'a> {
    fn from(typed: &'a Typed<'a>) -> Self {
        match typed {
            Typed::Null => Self::Null,
            Typed::Boolean(boolean) => Self::Boolean(*boolean),
            Typed::Integer(integer) => Self::Number(Numeral::Integer(*integer)),
            Typed::Digits(digits) => Self::Number(Numeral::Digits(digits)),
            Typed::Number(float) => Self::Number(Numeral::Float(*float)),
            Typed::Text(text) => Self::Text(text),
            Typed::Array(items) => Self::Array(items),
            Typed::Object(map) => Self::Object(Members::Json(map)),
        }
    }
}

impl<'a> From<&'a Value> for View<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(boolean) => Self::Boolean(*boolean),
            Value::Number(number) => Self::Number(number.into()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::Array(items),
            Value::Object(map) => Self::Object(Members::Json(map)),
        }
    }
}

impl View<'_> {
    /// Whether the value is of one of these types. A float without a fraction is an integer since draft 6.
    pub(super) fn is(self, types: Types, whole_floats_are_integers: bool) -> bool {
        let wanted = match self {
            Self::Unknown => return true,
            Self::Null => Types::NULL,
            Self::Boolean(_) => Types::BOOLEAN,
            Self::Number(Numeral::Float(float)) if !(whole_floats_are_integers && float.fract() == 0.0) => {
                Types::NUMBER
            }
            Self::Number(_) => Types::INTEGER,
            Self::Text(_) => Types::STRING,
            Self::Array(_) => Types::ARRAY,
            Self::Object(_) => Types::OBJECT,
        };
        types.has(wanted)
    }

    /// Whether the value equals a JSON value; `None` when that depends on a value that is not known.
    pub(super) fn equals(self, value: &Value) -> Option<bool> {
        match (self, value) {
            (View::Unknown, _) => None,
            (View::Null, Value::Null) => Some(true),
            (View::Boolean(one), Value::Bool(two)) => Some(one == *two),
            (View::Number(one), Value::Number(two)) => {
                Some(one.compare(Numeral::from(two)).is_some_and(std::cmp::Ordering::is_eq))
            }
            (View::Text(one), Value::String(two)) => Some(one == two),
            (View::Array(one), Value::Array(two)) => {
                let mut pairs = one.iter().zip(two);
                Some(one.len() == two.len() && pairs.all(|(one, two)| View::from(one).equals(two) == Some(true)))
            }
            (View::Object(one), Value::Object(two)) => equal_members(one, two),
            _ => Some(false),
        }
    }
}

fn equal_members(one: Members<'_>, two: &Map<String, Value>) -> Option<bool> {
    if one.len() != two.len() {
        return Some(false);
    }
    let mut known = true;
    for (key, value) in two {
        match one.get(key).map_or(Some(false), |member| member.equals(value)) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => known = false,
        }
    }
    known.then_some(true)
}

/// A text that is the same for equal JSON values and differs for others: members sorted, numbers by value.
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => canonical_number(number),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let mut members: Vec<_> =
                map.iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

fn canonical_number(number: &Number) -> String {
    match Numeral::from(number) {
        // `Display` writes a whole float without a fraction, so that 1.0 and 1 are one text.
        Numeral::Float(float) if float != 0.0 => float.to_string(),
        Numeral::Float(_) => "0".to_owned(),
        Numeral::Integer(_) | Numeral::Digits(_) => number.to_string(),
    }
}
