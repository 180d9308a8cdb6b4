//! Files laid over each other as Compose does it: by name, by place in the file, by `!reset` and `!override`.

use std::collections::HashMap;
use std::sync::Arc;

use super::short;
use crate::tree::{Node, Pair, Tag, Value};

/// The most values that one merge may look at.
const MAX_STEPS: usize = 250_000;

/// Lays one tree over another.
pub(super) struct Merger {
    steps: usize,
}

/// How the values of one place are merged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Maps by name, lists one after the other, scalars by the last.
    Usual,
    /// The later one alone.
    Replace,
    /// `KEY=value` lists and maps alike, by key.
    Keyed,
    /// A list of names stands for a map of empty values.
    Named,
    /// One text stands for a list of one.
    Listed,
    /// A text is the value of this name.
    Under(&'static str),
    /// Options belong to a driver: another driver brings its own.
    Logging,
}

#[allow(clippy::unnested_or_patterns, reason = "one place a line reads best")]
fn way(path: &[&str]) -> Way {
    match path {
        ["services", _, "command" | "entrypoint" | "extends"]
        | ["services", _, "healthcheck", "test"]
        | ["services", _, "ulimits", _] => Way::Replace,
        ["services", _, "environment" | "labels" | "annotations" | "extra_hosts" | "sysctls"]
        | ["services", _, "build", "args" | "labels" | "extra_hosts" | "additional_contexts"]
        | ["services", _, "deploy", "labels"]
        | ["networks" | "volumes", _, "labels"] => Way::Keyed,
        ["services", _, "depends_on" | "networks"] => Way::Named,
        ["services", _, "dns" | "dns_search" | "dns_opt" | "env_file" | "tmpfs" | "label_file"] => Way::Listed,
        ["services", _, "build"] => Way::Under("context"),
        ["services", _, "logging"] => Way::Logging,
        _ => Way::Usual,
    }
}

impl Merger {
    pub(super) fn new() -> Self {
        Self { steps: 0 }
    }

    /// `over` laid over `base`, both at `path`; `None` when there is too much to do.
    pub(super) fn merge(&mut self, base: &Arc<Node>, over: &Arc<Node>, path: &mut Vec<String>) -> Option<Arc<Node>> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return None;
        }
        if over.tag == Some(Tag::Override) || base.tag == Some(Tag::Reset) || base.is_null() {
            return Some(Arc::clone(over));
        }
        if over.is_null() && over.tag.is_none() {
            return Some(Arc::clone(base));
        }
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let way = way(&names);
        let (base, over) = match way {
            Way::Replace => return Some(Arc::clone(over)),
            Way::Keyed => (keyed(base)?, keyed(over)?),
            Way::Named => (named(base)?, named(over)?),
            Way::Listed => (listed(base)?, listed(over)?),
            Way::Under(name) => (under(base, name)?, under(over, name)?),
            Way::Logging if other_driver(base, over) => return Some(Arc::clone(over)),
            Way::Logging | Way::Usual => (Arc::clone(base), Arc::clone(over)),
        };
        let value = match (&base.value, &over.value) {
            (Value::Map(below), Value::Map(above)) => Value::Map(self.maps(below, above, path)?),
            (Value::List(below), Value::List(above)) => {
                self.steps += below.len() + above.len();
                Value::List(without_repeats(below.iter().chain(above), names.last().copied()))
            }
            _ => return Some(over),
        };
        Node::new(value, over.span, over.tag).map(Arc::new)
    }

    fn maps(&mut self, below: &[Pair], above: &[Pair], path: &mut Vec<String>) -> Option<Vec<Pair>> {
        self.steps += below.len() + above.len();
        let mut pairs = below.to_vec();
        let mut places: HashMap<&str, usize> =
            below.iter().enumerate().map(|(index, pair)| (pair.key.as_str(), index)).collect();
        for pair in above {
            match places.get(pair.key.as_str()) {
                None => {
                    places.insert(&pair.key, pairs.len());
                    pairs.push(pair.clone());
                }
                Some(&index) if pair.value.tag == Some(Tag::Reset) => pairs[index] = pair.clone(),
                Some(&index) => {
                    path.push(pair.key.clone());
                    let value = self.merge(&pairs[index].value, &pair.value, path)?;
                    path.pop();
                    pairs[index] = Pair { value, ..pair.clone() };
                }
            }
        }
        Some(pairs)
    }
}

/// `[A=1, B]` as `{A: 1, B: }`; a map stays one.
fn keyed(node: &Arc<Node>) -> Option<Arc<Node>> {
    let Value::List(items) = &node.value else { return Some(Arc::clone(node)) };
    let pairs = items.iter().filter_map(short::assignment).collect();
    Node::new(Value::Map(pairs), node.span, node.tag).map(Arc::new)
}

fn named(node: &Arc<Node>) -> Option<Arc<Node>> {
    let Value::List(items) = &node.value else { return Some(Arc::clone(node)) };
    let pair = |item: &Arc<Node>| {
        let value = Arc::new(Node::scalar("", true, item.span));
        Some(Pair { key: item.text()?.to_owned(), key_span: item.span, value })
    };
    Node::new(Value::Map(items.iter().filter_map(pair).collect()), node.span, node.tag).map(Arc::new)
}

fn listed(node: &Arc<Node>) -> Option<Arc<Node>> {
    if !matches!(node.value, Value::Scalar { .. }) {
        return Some(Arc::clone(node));
    }
    Node::new(Value::List(vec![Arc::clone(node)]), node.span, node.tag).map(Arc::new)
}

fn under(node: &Arc<Node>, name: &str) -> Option<Arc<Node>> {
    if !matches!(node.value, Value::Scalar { .. }) {
        return Some(Arc::clone(node));
    }
    let pair = Pair { key: name.to_owned(), key_span: node.span, value: Arc::clone(node) };
    Node::new(Value::Map(vec![pair]), node.span, node.tag).map(Arc::new)
}

fn other_driver(base: &Node, over: &Node) -> bool {
    let driver = |node: &Node| node.get("driver").and_then(|driver| driver.text().map(ToOwned::to_owned));
    matches!((driver(base), driver(over)), (Some(below), Some(above)) if below != above)
}

/// Later items take the place of earlier ones that mean the same: the same target of a mount, the same port.
fn without_repeats<'n>(items: impl Iterator<Item = &'n Arc<Node>>, name: Option<&str>) -> Vec<Arc<Node>> {
    let mut kept: Vec<Arc<Node>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in items {
        let identity = match name {
            Some("volumes") => short::mount(item).map(|mount| mount.target),
            Some("devices") => item.text().map(|text| text.split(':').nth(1).unwrap_or(text).to_owned()),
            Some("ports") => short::port(item).map(|port| port.identity()),
            Some("env_file") => {
                item.text().or_else(|| item.get("path").and_then(|path| path.text())).map(ToOwned::to_owned)
            }
            Some("secrets" | "configs") => {
                let of = |key| item.get(key).and_then(|node| node.text());
                item.text().or_else(|| of("target")).or_else(|| of("source")).map(ToOwned::to_owned)
            }
            Some(
                "cap_add" | "cap_drop" | "dns" | "dns_search" | "dns_opt" | "expose" | "links" | "profiles" | "tmpfs"
                | "security_opt" | "group_add",
            ) => item.text().map(ToOwned::to_owned),
            _ => None,
        };
        match identity.and_then(|identity| {
            let next = kept.len();
            let place = *places.entry(identity).or_insert(next);
            (place < next).then_some(place)
        }) {
            Some(place) => kept[place] = Arc::clone(item),
            None => kept.push(Arc::clone(item)),
        }
    }
    kept
}
