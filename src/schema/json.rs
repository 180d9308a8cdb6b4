//! The schema's JSON while it is compiled: names and texts borrowed from its text, members in their order.
//!
//! `serde_json::Value` owns each name and keeps a hash table for each object, which for a schema of many small objects
//! costs four times as much as all that is then asked of them. All of it stands in one arena, and is gone with it.

use std::cell::{Cell, RefCell};
use std::fmt;

use bumpalo::Bump;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'t str),
    Array(&'t [Json<'t>]),
    Object(Members<'t>),
}

/// A member of an object.
type Member<'t> = (&'t str, Json<'t>);

/// The members of an object, in the order of the text. Of members with one name the last counts, in the place of the
/// first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Members<'t> {
    list: &'t [Member<'t>],
    /// The members by name, where they are too many to look through.
    sorted: &'t [u32],
}

/// How many members are looked through for each name.
const FEW: usize = 16;

impl<'t> Members<'t> {
    /// `twins` is set where a name stands twice.
    fn new(list: &'t mut [Member<'t>], arena: &'t Bump, twins: &Cell<bool>) -> Self {
        if list.len() <= FEW && !has_twins(list) {
            return Self { list, sorted: &[] };
        }
        let sorted = by_name(list);
        let name = |at: &u32| list[*at as usize].0;
        let same = sorted.chunk_by(|one, next| name(one) == name(next)).filter(|same| same.len() > 1);
        let same: Vec<Vec<usize>> = same.map(|same| same.iter().map(|at| *at as usize).collect()).collect();
        if same.is_empty() {
            return Self { list, sorted: arena.alloc_slice_copy(&sorted) };
        }
        twins.set(true);
        let mut stays = vec![true; list.len()];
        for same in same {
            if let [first, others @ .., last] = same.as_slice() {
                list.swap(*first, *last);
                others.iter().chain([last]).for_each(|at| stays[*at] = false);
            }
        }
        let kept: Vec<_> =
            list.iter().zip(stays).filter(|(_, stays)| *stays).map(|(member, _)| member.clone()).collect();
        Self { sorted: arena.alloc_slice_copy(&by_name(&kept)), list: arena.alloc_slice_fill_iter(kept) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'t Json<'t>> {
        let found = if self.sorted.is_empty() {
            self.list.iter().find(|(known, _)| *known == name)
        } else {
            let at = self.sorted.binary_search_by(|at| self.list[*at as usize].0.cmp(name)).ok()?;
            self.list.get(self.sorted[at] as usize)
        };
        found.map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'t str, &'t Json<'t>)> {
        self.list.iter().map(|(name, value)| (*name, value))
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

fn has_twins(list: &[Member<'_>]) -> bool {
    list.iter().enumerate().any(|(at, (name, _))| list[..at].iter().any(|(earlier, _)| earlier == name))
}

/// The indices of members, sorted by their names; those of one name in their order.
fn by_name(list: &[Member<'_>]) -> Vec<u32> {
    let mut sorted: Vec<u32> = (0..).zip(list).map(|(at, _)| at).collect();
    sorted.sort_by_key(|at| list[*at as usize].0);
    sorted
}

impl<'t> Json<'t> {
    /// Reads a text into an arena, and says whether a name stands twice in one object of it.
    pub(super) fn read(text: &'t str, arena: &'t Bump) -> Result<(Self, bool), serde_json::Error> {
        let (members, items, twins) = (RefCell::default(), RefCell::default(), Cell::new(false));
        let mut from = serde_json::Deserializer::from_str(text);
        let value = Reader { arena, members: &members, items: &items, twins: &twins }.deserialize(&mut from)?;
        from.end()?;
        Ok((value, twins.get()))
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    pub(super) fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(super) fn as_str(&self) -> Option<&'t str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_array(&self) -> Option<&'t [Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub(super) fn as_object(&self) -> Option<&Members<'t>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The member of this name; `None` for what is no object.
    pub(super) fn get(&self, name: &str) -> Option<&'t Self> {
        self.as_object()?.get(name)
    }

    /// What a JSON pointer (RFC 6901) leads to.
    pub(super) fn pointer<'a>(&'a self, pointer: &str) -> Option<&'a Self> {
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
            Self::Text(text) => Value::from(*text),
            Self::Array(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => members.iter().map(|(name, value)| (name, value.to_value())).collect(),
        }
    }
}

/// Reads one value. What an object or a list has is gathered beside the arena until its number is known: the arena would
/// keep every place that became too small.
#[derive(Clone, Copy)]
struct Reader<'r, 't> {
    arena: &'t Bump,
    members: &'r RefCell<Vec<Member<'t>>>,
    items: &'r RefCell<Vec<Json<'t>>>,
    twins: &'r Cell<bool>,
}

impl<'t> DeserializeSeed<'t> for Reader<'_, 't> {
    type Value = Json<'t>;

    fn deserialize<D: Deserializer<'t>>(self, from: D) -> Result<Json<'t>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Reader<'_, 't> {
    type Value = Json<'t>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any valid JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'t>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'t>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'t>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'t>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'t>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'t str) -> Result<Json<'t>, E> {
        Ok(Json::Text(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'t>, E> {
        Ok(Json::Text(self.arena.alloc_str(value)))
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut sequence: A) -> Result<Json<'t>, A::Error> {
        let before = self.items.borrow().len();
        while let Some(item) = sequence.next_element_seed(self)? {
            self.items.borrow_mut().push(item);
        }
        Ok(Json::Array(self.arena.alloc_slice_fill_iter(self.items.borrow_mut().drain(before..))))
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Json<'t>, A::Error> {
        let before = self.members.borrow().len();
        while let Some(member) = map.next_entry_seed(Name(self.arena), self)? {
            self.members.borrow_mut().push(member);
        }
        let list = self.arena.alloc_slice_fill_iter(self.members.borrow_mut().drain(before..));
        Ok(Json::Object(Members::new(list, self.arena, self.twins)))
    }
}

/// Reads the name of a member.
struct Name<'t>(&'t Bump);

impl<'t> DeserializeSeed<'t> for Name<'t> {
    type Value = &'t str;

    fn deserialize<D: Deserializer<'t>>(self, from: D) -> Result<&'t str, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Name<'t> {
    type Value = &'t str;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string key")
    }

    fn visit_borrowed_str<E>(self, name: &'t str) -> Result<&'t str, E> {
        Ok(name)
    }

    fn visit_str<E>(self, name: &str) -> Result<&'t str, E> {
        Ok(self.0.alloc_str(name))
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

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
            let arena = Bump::new();
            let read = Json::read(text, &arena).map(|(read, _)| read);
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
