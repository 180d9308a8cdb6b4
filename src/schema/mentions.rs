//! The keys that a rule about the settings as a whole names, for the message that it is broken.

use super::plan::{Check, NodeId, Plan, same_value};
use super::typed::Types;
use super::violation::{Over, ViolationKind};

impl Plan {
    /// The keys that some schemas of the settings name, in the order of the text.
    pub(super) fn keys_named(&self, nodes: &[NodeId]) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        let mut seen = Vec::new();
        let mut open: Vec<NodeId> = nodes.iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            if seen.contains(&node) {
                continue;
            }
            seen.push(node);
            let mut inner = Vec::new();
            let mut name = |key: &str| {
                if !keys.iter().any(|known| known == key) {
                    keys.push(key.to_owned());
                }
            };
            for check in &self.node(node).checks {
                match check {
                    Check::Required(names) => names.iter().for_each(|key| name(key)),
                    Check::Dependent { key, needs, .. } => {
                        name(key);
                        needs.iter().for_each(|key| name(key));
                    }
                    Check::Properties(properties) => {
                        properties.order.iter().filter_map(|node| self.name(*node)).for_each(&mut name);
                    }
                    check => {
                        if let Check::DependentSchema { key, .. } = check {
                            name(key);
                        }
                        if let Check::Not(node) | Check::If { test: node, .. } = check {
                            inner.push(*node);
                        }
                        same_value(check, &mut |node| inner.push(node));
                    }
                }
            }
            open.extend(inner.into_iter().rev());
        }
        keys
    }

    /// The keys of which a schema of the settings lists the values.
    pub(super) fn keys_listed(&self, id: NodeId) -> Vec<String> {
        let lists =
            |node: &NodeId| self.node(*node).checks.iter().any(|check| matches!(check, Check::OneOfValues { .. }));
        let properties = self.together(id).into_iter().filter_map(|node| self.properties(node));
        let listed = properties.flat_map(|properties| &properties.order).filter(|node| lists(node));
        listed.filter_map(|node| self.name(*node).map(str::to_owned)).collect()
    }

    /// The keys of a schema that asks for nothing but that they are set.
    fn keys_wanted(&self, id: NodeId) -> Option<Vec<String>> {
        let mut wanted = Vec::new();
        for check in &self.node(id).checks {
            match check {
                Check::Required(names) => wanted.extend(names.iter().map(|name| String::from(&**name))),
                Check::Refer(node) => wanted.extend(self.keys_wanted(*node)?),
                Check::Types(types) if types.has(Types::OBJECT) => {}
                _ => return None,
            }
        }
        (!wanted.is_empty()).then_some(wanted)
    }

    /// A rule about the settings as a whole, and what it looks at.
    pub(super) fn rule_over(&self, keyword: &str, nodes: &[NodeId], fitting: usize) -> ViolationKind {
        let choices: Option<Vec<_>> = nodes.iter().map(|node| self.keys_wanted(*node)).collect();
        let over = Over { keys: self.keys_named(nodes), choices: choices.unwrap_or_default(), fitting };
        ViolationKind::Rule { keyword: keyword.to_owned(), over: Some(Box::new(over)) }
    }

    /// The node at a JSON pointer of the schema's text.
    pub(super) fn at(&self, pointer: &str) -> Option<NodeId> {
        let pointers = || (0..).map(NodeId).take(self.nodes.len()).map(|node| (self.pointer(node), node)).collect();
        self.by_pointer.get_or_init(pointers).get(pointer).copied()
    }

    /// The schemas that a keyword of a node leads to, for the same value.
    pub(super) fn under(&self, id: NodeId, keyword: &str) -> Vec<NodeId> {
        let found = self.node(id).checks.iter().find_map(|check| match (check, keyword) {
            (Check::OneOf(nodes), "oneOf") | (Check::AnyOf(nodes), "anyOf") => Some(nodes.to_vec()),
            (Check::Not(node), "not") | (Check::If { test: node, .. }, "if") => Some(vec![*node]),
            _ => None,
        });
        found.unwrap_or_default()
    }
}
