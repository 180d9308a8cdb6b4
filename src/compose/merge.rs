//! Files laid over each other as Compose does it: by name, by place in the file, by `!reset` and `!override`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::short;
use crate::tree::{Node, Pair, Tag, Value};

/// The most values that one merge may look at.
const MAX_STEPS: usize = 250_000;

/// Lays one tree over another.
pub(super) struct Merger {
    steps: usize,
    /// Where maps of `KEY: value` were laid over each other already.
    sequences: HashSet<Vec<String>>,
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
    /// A list of names stands for a map of services that have to be started.
    Awaited,
    /// One text stands for a list of one.
    Listed,
    /// A text is the value of this name.
    Under(&'static str),
    /// `host=address`, each as it stands; a map stands for such a list.
    Hosts,
    /// Options belong to a driver: another driver brings its own.
    Logging,
}

#[allow(clippy::unnested_or_patterns, reason = "one place a line reads best")]
fn way(path: &[&str]) -> Way {
    match path {
        ["services", _, "command" | "entrypoint" | "extends"]
        | ["services", _, "healthcheck", "test"]
        | ["services", _, "ulimits", _] => Way::Replace,
        ["services", _, "environment" | "labels" | "annotations" | "sysctls"]
        | ["services", _, "build", "args" | "labels" | "additional_contexts"]
        | ["services", _, "deploy", "labels"]
        | ["networks" | "volumes", _, "labels"] => Way::Keyed,
        ["services", _, "networks"] => Way::Named,
        ["services", _, "depends_on"] => Way::Awaited,
        ["services", _, "dns" | "dns_search" | "dns_opt" | "env_file" | "tmpfs" | "label_file"] => Way::Listed,
        ["services", _, "build"] => Way::Under("context"),
        ["services", _, "extra_hosts"] | ["services", _, "build", "extra_hosts"] => Way::Hosts,
        ["services", _, "logging"] => Way::Logging,
        _ => Way::Usual,
    }
}

impl Merger {
    pub(super) fn new() -> Self {
        Self { steps: 0, sequences: HashSet::new() }
    }

    /// Notes that so many values are looked at; `None` when that is too much.
    pub(super) fn count(&mut self, steps: usize) -> Option<()> {
        self.steps = self.steps.saturating_add(steps);
        (self.steps <= MAX_STEPS).then_some(())
    }

    /// Whether two trees say the same, wherever they stand; also where that is too much to tell.
    pub(super) fn says_the_same(&mut self, one: &Arc<Node>, other: &Arc<Node>) -> bool {
        if Arc::ptr_eq(one, other) || self.count(1).is_none() {
            return true;
        }
        match (&one.value, &other.value) {
            (Value::Scalar { .. }, Value::Scalar { .. }) => one.text() == other.text(),
            (Value::List(items), Value::List(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(one, two)| self.says_the_same(one, two))
            }
            (Value::Map(pairs), Value::Map(others)) => {
                let mut found = pairs.iter().map(|pair| other.get(&pair.key).zip(Some(&pair.value)));
                pairs.len() == others.len()
                    && found.all(|found| found.is_some_and(|(one, two)| self.says_the_same(one, two)))
            }
            _ => false,
        }
    }

    /// `over` laid over `base`, both at `path`; `None` when there is too much to do.
    pub(super) fn merge(&mut self, base: &Arc<Node>, over: &Arc<Node>, path: &mut Vec<String>) -> Option<Arc<Node>> {
        self.count(1)?;
        if over.tag == Some(Tag::Override) || base.tag == Some(Tag::Reset) || base.is_null() {
            return Some(Arc::clone(over));
        }
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let way = way(&names);
        // A command that is left empty is that of the image again.
        if over.is_null() && over.tag.is_none() && way != Way::Replace {
            return Some(Arc::clone(base));
        }
        // Of a list Compose takes nothing away by name, and it makes one of two maps that it lays over each other.
        let is_sequence =
            way == Way::Keyed && (!self.sequences.insert(path.clone()) || matches!(base.value, Value::List(_)));
        let (base, over) = match way {
            Way::Replace => return Some(Arc::clone(over)),
            Way::Keyed => (keyed(base)?, keyed(over)?),
            Way::Named => (named(base, &[])?, named(over, &[])?),
            Way::Awaited => (named(base, STARTED)?, named(over, STARTED)?),
            Way::Listed => (listed(base)?, listed(over)?),
            Way::Hosts => (hosts(base)?, hosts(over)?),
            Way::Under(name) => (under(base, name)?, under(over, name)?),
            Way::Logging if other_driver(base, over) => return Some(Arc::clone(over)),
            Way::Logging | Way::Usual => (Arc::clone(base), Arc::clone(over)),
        };
        let value = match (&base.value, &over.value) {
            (Value::Map(below), Value::Map(above)) => Value::Map(self.maps(below, above, path, way, is_sequence)?),
            (Value::List(below), Value::List(above)) => {
                self.steps += below.len() + above.len();
                Value::List(without_repeats(below.iter().chain(above), names.last().copied()))
            }
            _ => return Some(over),
        };
        Node::new(value, over.span, over.tag).map(Arc::new)
    }

    fn maps(
        &mut self,
        below: &[Pair],
        above: &[Pair],
        path: &mut Vec<String>,
        way: Way,
        is_sequence: bool,
    ) -> Option<Vec<Pair>> {
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
                Some(_) if is_sequence && pair.value.tag == Some(Tag::Reset) => {}
                // A variable without a value takes the place of one with a value, too.
                Some(&index) if pair.value.tag == Some(Tag::Reset) || way == Way::Keyed => pairs[index] = pair.clone(),
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

/// What a service that is only named is waited for.
const STARTED: &[(&str, &str)] = &[("condition", "service_started"), ("required", "true")];

fn named(node: &Arc<Node>, with: &[(&str, &str)]) -> Option<Arc<Node>> {
    let Value::List(items) = &node.value else { return Some(Arc::clone(node)) };
    let pair = |item: &Arc<Node>| {
        let scalar = |text: &str| Arc::new(Node::scalar(text, true, item.span));
        let option = |(key, text): &(&str, &str)| Pair { key: (*key).into(), key_span: item.span, value: scalar(text) };
        let options = Value::Map(with.iter().map(option).collect());
        let value = if with.is_empty() { scalar("") } else { Arc::new(Node::new(options, item.span, None)?) };
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

fn hosts(node: &Arc<Node>) -> Option<Arc<Node>> {
    let Value::Map(_) = &node.value else { return Some(Arc::clone(node)) };
    let line = |pair: &Pair| {
        let text = format!("{}={}", pair.key, pair.value.text().unwrap_or_default());
        Arc::new(Node::scalar(text, false, pair.value.span))
    };
    Node::new(Value::List(node.pairs().map(line).collect()), node.span, node.tag).map(Arc::new)
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

/// What makes two ports the same. Without a host it is the one that stands for all of them; a number is another port
/// than the same digits in quotes.
fn identity(port: &short::Port, item: &Node) -> String {
    let plain = |node: &Arc<Node>| matches!(&node.value, Value::Scalar { text, plain: true } if text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = if item.get("published").is_some_and(plain) { "#" } else { "" };
    let host = port.host.as_deref().unwrap_or("0.0.0.0");
    let published = port.published.as_deref().unwrap_or_default();
    format!("{host}:{number}{published}:{}/{}", port.target, port.protocol)
}

/// Later items take the place of earlier ones that mean the same: the same target of a mount, the same port.
pub(super) fn without_repeats<'n>(items: impl Iterator<Item = &'n Arc<Node>>, name: Option<&str>) -> Vec<Arc<Node>> {
    let mut kept: Vec<Arc<Node>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for item in items {
        let identity = match name {
            Some("volumes") => short::mount(item).map(|mount| mount.target),
            Some("devices") => item.text().map(|text| text.split(':').nth(1).unwrap_or(text).to_owned()),
            Some("ports") => short::port(item).map(|port| identity(&port, item)),
            Some("env_file") => {
                item.text().or_else(|| item.get("path").and_then(|path| path.text())).map(ToOwned::to_owned)
            }
            Some(kind @ ("secrets" | "configs")) => {
                let of = |key| item.get(key).and_then(|node| node.text());
                let folder = if kind == "secrets" { "/run/secrets/" } else { "/" };
                let by_source = item.text().or_else(|| of("source")).map(|source| format!("{folder}{source}"));
                of("target").map(ToOwned::to_owned).or(by_source)
            }
            Some(
                "aliases" | "link_local_ips" | "extra_hosts" | "cap_add" | "cap_drop" | "dns" | "dns_search"
                | "dns_opt" | "expose" | "links" | "profiles" | "tmpfs" | "security_opt" | "group_add",
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
