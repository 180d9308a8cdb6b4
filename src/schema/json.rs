//! The schema's JSON while it is compiled: names and texts borrowed from its text, members in their order.
//!
//! `serde_json::Value` owns each name and keeps a hash table for each object, which for a schema of many small objects
//! costs four times as much as all that is then asked of them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'t, str>),
    Array(Vec<Json<'t>>),
    Object(Members<'t>),
}

/// The members of an object, in the order of the text. Of members with one name the last counts, in the place of the
/// first.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Members<'t> {
    list: Vec<(Cow<'t, str>, Json<'t>)>,
    /// The members by name, where they are too many to look through.
    sorted: Box<[u32]>,
    /// Whether a name stands twice here, or within.
    has_twins: bool,
}

/// How many members are looked through for each name.
const FEW: usize = 16;

impl<'t> Members<'t> {
    fn new(mut list: Vec<(Cow<'t, str>, Json<'t>)>) -> Self {
        let within = list.iter().any(|(_, value)| value.has_twins());
        if list.len() <= FEW && !has_twins(&list) {
            return Self { list, sorted: Box::default(), has_twins: within };
        }
        let mut sorted = by_name(&list);
        let name = |at: &u32| &list[*at as usize].0;
        let twins = sorted.chunk_by(|one, next| name(one) == name(next)).filter(|same| same.len() > 1);
        let twins: Vec<Vec<usize>> = twins.map(|same| same.iter().map(|at| *at as usize).collect()).collect();
        let has_twins = within || !twins.is_empty();
        if !twins.is_empty() {
            let mut stays = vec![true; list.len()];
            for same in twins {
                if let [first, others @ .., last] = same.as_slice() {
                    list.swap(*first, *last);
                    others.iter().chain([last]).for_each(|at| stays[*at] = false);
                }
            }
            let mut stays = stays.into_iter();
            list.retain(|_| stays.next().unwrap_or(true));
            sorted = by_name(&list);
        }
        Self { list, sorted: sorted.into(), has_twins }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Json<'t>> {
        let found = if self.sorted.is_empty() {
            self.list.iter().find(|(known, _)| known == name)
        } else {
            let at = self.sorted.binary_search_by(|at| (*self.list[*at as usize].0).cmp(name)).ok()?;
            self.list.get(self.sorted[at] as usize)
        };
        found.map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Json<'t>)> {
        self.list.iter().map(|(name, value)| (&**name, value))
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

fn has_twins(list: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    list.iter().enumerate().any(|(at, (name, _))| list[..at].iter().any(|(earlier, _)| earlier == name))
}

/// The indices of members, sorted by their names; those of one name in their order.
fn by_name(list: &[(Cow<'_, str>, Json<'_>)]) -> Vec<u32> {
    let mut sorted: Vec<u32> = (0..).zip(list).map(|(at, _)| at).collect();
    sorted.sort_by(|one, two| list[*one as usize].0.cmp(&list[*two as usize].0));
    sorted
}

impl<'t> Json<'t> {
    pub(super) fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    pub(super) fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub(super) fn as_object(&self) -> Option<&Members<'t>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// Whether a name stands twice in one object.
    pub(super) fn has_twins(&self) -> bool {
        match self {
            Self::Object(members) => members.has_twins,
            Self::Array(items) => items.iter().any(Self::has_twins),
            _ => false,
        }
    }

    /// The member of this name; `None` for what is no object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// What a JSON pointer (RFC 6901) leads to.
    pub(super) fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        let mut steps = pointer.strip_prefix('/')?.split('/').map(super::place::unescape);
        steps.try_fold(self, |at, step| match at {
            Self::Object(members) => members.get(&step),
            Self::Array(items) => {
                let is_index =
                    step.bytes().all(|byte| byte.is_ascii_digit()) && (step.len() == 1 || !step.starts_with('0'));
                items.get(step.parse::<usize>().ok().filter(|_| is_index)?)
            }
            _ => None,
        })
    }

    /// The same for those who want it to own what it holds.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::from(&**text),
            Self::Array(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => members.iter().map(|(name, value)| (name, value.to_value())).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        // What a schema says of one key.
        let mut list = Vec::with_capacity(6);
        while let Some((Name(name), value)) = map.next_entry()? {
            list.push((name, value));
        }
        Ok(Json::Object(Members::new(list)))
    }
}

/// The name of a member.
struct Name<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(AnyName)
    }
}

struct AnyName;

impl<'de> Visitor<'de> for AnyName {
    type Value = Name<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string key")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::Json;
    use serde_json::Value;

    /// Both readings of a text are one value, in one order, and pointers lead to the same.
    #[test]
    fn it_reads_what_serde_json_reads() {
        let many: Vec<String> = (0..40).map(|number| format!(r#""k{}": {number}"#, (number * 7) % 33)).collect();
        let many = format!("{{{}}}", many.join(","));
        for text in [
            r#"{"b": 1, "a": -2, "c": 1.5, "d": 1e400, "e": 18446744073709551616}"#,
            r#"{"a": 1, "b": 2, "a": {"b": 3}, "c": [], "a": 4, "b": null}"#,
            r#"{"a\u0062/~": ["x\n", true, {}], "": 0}"#,
            r#"[1, [2, {"x": []}], "\ud83d\ude00"]"#,
            r#"{"a": {"x": 1, "x": 2}, "a": {"y": 1}}"#,
            "\"text\"",
            "{\"a\": 1,}",
            "{\"a\" 1}",
            "[1, 2",
            "nul",
            "",
            &many,
        ] {
            let expected = serde_json::from_str::<Value>(text);
            let read = serde_json::from_str::<Json<'_>>(text);
            match (&expected, &read) {
                (Ok(expected), Ok(read)) => assert_eq!(expected.to_string(), read.to_value().to_string(), "{text}"),
                (Err(expected), Err(read)) => assert_eq!(expected.to_string(), read.to_string(), "{text}"),
                _ => panic!("{text}: {expected:?} {read:?}"),
            }
            let (Ok(expected), Ok(read)) = (expected, read) else { continue };
            for pointer in
                ["", "/a", "/a/b", "/b", "/k5", "/ab~1~0/1", "/0", "/00", "/1/1/x", "/+1", "/", "a", "/k40", "/1/"]
            {
                let found = read.pointer(pointer).map(Json::to_value);
                assert_eq!(expected.pointer(pointer), found.as_ref(), "{text} {pointer}");
            }
        }
    }
}
