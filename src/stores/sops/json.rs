//! JSON text as a tree. Keys that stand there twice are refused: readers disagree about which one counts.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::tree::{Item, Node};

/// The tree, or the 1-based line at which the text is no JSON.
pub(super) fn parse(text: &str) -> Result<Node, usize> {
    serde_json::from_str(text).map_err(|error| error.line())
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(node) = list.next_element()? {
            items.push(Item::Value(String::new(), node));
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let (mut items, mut keys) = (Vec::new(), HashSet::new());
        while let Some((key, node)) = map.next_entry::<String, Node>()? {
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom("twice"));
            }
            items.push(Item::Value(key, node));
        }
        Ok(Node::Map(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_stays_and_numbers_are_spelled_as_sops_spells_them() {
        let node =
            parse(r#"{"b": [1, -2, 9223372036854775807, 1.50, 2.0, 1e3, null, true, "x\ny"], "a": {}}"#).unwrap();
        let Node::Map(items) = node else { panic!("no map") };
        let [Item::Value(first, Node::List(list)), Item::Value(second, Node::Map(_))] = items.as_slice() else {
            panic!("another tree")
        };
        assert_eq!((first.as_str(), second.as_str()), ("b", "a"));
        let spelled = list.iter().map(|item| match item {
            Item::Value(_, Node::Number(text) | Node::Text(text)) => text.as_str(),
            Item::Value(_, Node::Null) => "null",
            _ => "other",
        });
        let expected = ["1", "-2", "9223372036854775807", "1.5", "2", "1000", "null", "other", "x\ny"];
        assert_eq!(spelled.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_refused() {
        for (text, line) in
            [("{\"a\": 1,\n\"a\": 2}", 2), ("{", 1), ("{}\n\n{}", 3), ("", 1), ("{\"a\": [{\"b\":1,\"b\":1}]}", 1)]
        {
            assert_eq!(parse(text).err(), Some(line), "{text}");
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
