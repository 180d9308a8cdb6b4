//! The schema as a plan: a flat list of nodes, each with the checks that its keywords ask for.

use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashSet};
use serde_json::Value;

use super::extension::Extension;
use super::formats::Format;
use super::numbers::Numeral;
use super::pattern::{Pattern, PatternSet};
use super::place::escape;
use super::typed::Types;

/// Where a node stands in [`Plan::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// One schema within the schema.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) step: Step,
    pub(super) checks: Vec<Check>,
    /// The types that the schema allows here, other schemas that it refers to included; see [`Types::NONE`].
    pub(super) types: Types,
    /// Whether these types only follow from keywords that are about one, such as `minLength`: what names types goes first.
    pub(super) is_implied: bool,
    /// Whether it describes a key that another table names as well.
    pub(super) is_named_elsewhere: bool,
    pub(super) notes: Option<Box<Notes>>,
}

/// What a node says besides its checks.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) extension: Extension,
    pub(super) deprecated: bool,
    /// `writeOnly`, where the schema says it.
    pub(super) write_only: Option<bool>,
    /// How the items of a list are read that have no schema of their own.
    pub(super) items: Option<NodeId>,
    /// How the first items of a list are read.
    pub(super) first_items: Vec<NodeId>,
    /// What holds of the members or items that nothing else describes.
    pub(super) unevaluated: Vec<NodeId>,
}

/// How a node is reached: its place in the text, without the cost of writing it out.
#[derive(Debug)]
pub(super) enum Step {
    /// By this JSON pointer from the root.
    Pointer(Box<str>),
    /// By one keyword of the parent.
    Keyword(NodeId, &'static str),
    /// By a name under a keyword of the parent.
    Member(NodeId, &'static str, Arc<str>),
    /// By a position under a keyword of the parent.
    Index(NodeId, &'static str, usize),
    /// By an environment under the parent's `x-sparkcfg`.
    Within(NodeId, Box<str>),
}

/// A number that the schema compares with.
pub(super) type Bound = Numeral<'static>;

/// What one keyword, or a few that belong together, ask of a value.
#[derive(Debug)]
pub(super) enum Check {
    Never,
    Types(Types),
    /// `enum`, or `const` when it is one value under that name.
    OneOfValues {
        values: Box<[Value]>,
        keyword: &'static str,
    },
    Minimum {
        limit: Bound,
        exclusive: bool,
        keyword: &'static str,
    },
    Maximum {
        limit: Bound,
        exclusive: bool,
        keyword: &'static str,
    },
    MultipleOf(Bound),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Arc<Pattern>),
    Format(Arc<Format>),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    PrefixItems(Box<[NodeId]>),
    Items {
        node: NodeId,
        from: usize,
    },
    Contains {
        node: NodeId,
        least: u64,
        most: Option<u64>,
    },
    MinProperties(u64),
    MaxProperties(u64),
    Required(Box<[Box<str>]>),
    /// `properties`, `patternProperties` and `additionalProperties`.
    Properties(Box<Properties>),
    PropertyNames(NodeId),
    /// `dependentRequired`, or the list form of `dependencies`.
    Dependent {
        key: Box<str>,
        needs: Box<[Box<str>]>,
        keyword: &'static str,
    },
    DependentSchema {
        key: Box<str>,
        node: NodeId,
    },
    AllOf(Box<[NodeId]>),
    AnyOf(Box<[NodeId]>),
    OneOf(Box<[NodeId]>),
    Not(NodeId),
    If {
        test: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    Refer(NodeId),
    /// `in` of `x-sparkcfg`: by environment.
    Within(Box<[(Box<str>, NodeId)]>),
    /// `contentEncoding` and `contentMediaType`, which drafts 6 and 7 assert.
    Content(Box<jsonschema::Validator>),
}

/// The three keywords that share out an object's members.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) named: HashMap<Arc<str>, NodeId>,
    /// In the order of the text.
    pub(super) order: Vec<NodeId>,
    pub(super) patterns: PatternSet<NodeId>,
    pub(super) rest: Rest,
}

impl Properties {
    /// The nodes about one name.
    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = NodeId> {
        let named = self.named.get(name).copied();
        let mut described = named.into_iter().chain(self.patterns.matching(name)).peekable();
        let rest = match self.rest {
            Rest::Described(node) if described.peek().is_none() => Some(node),
            _ => None,
        };
        described.chain(rest)
    }

    /// Whether keys are described by their names alone.
    pub(super) fn only_names(&self) -> bool {
        self.patterns.is_empty() && !matches!(self.rest, Rest::Described(_))
    }
}

/// What `additionalProperties` says.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Rest {
    #[default]
    Allowed,
    Refused,
    Described(NodeId),
}

/// A compiled schema.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Node>,
    /// Whether a float without a fraction is an integer: since draft 6.
    pub(super) whole_floats_are_integers: bool,
    /// The nodes that describe the settings as a whole and declare keys: the root, what it refers to, and the
    /// branches of its conditions.
    pub(super) tables: Vec<Table>,
    /// Whether all tables describe keys by their names alone.
    pub(super) only_names: bool,
    /// By key, what all tables but the first say that only name keys. A schema may have hundreds of conditions with
    /// a key or two each, and looking into every one for every key would take their product.
    pub(super) named_elsewhere: HashMap<Arc<str>, Vec<(NodeId, bool)>>,
    /// Whether any node says anything besides its checks.
    pub(super) has_notes: bool,
    /// Whether anything is said about secrets: `writeOnly`, `secret`.
    pub(super) names_secrets: bool,
    /// Whether anything is said about keys that are set: `deprecated`, `only-in`.
    pub(super) has_notes_on_use: bool,
    /// Whether anything lists values of a key that may have several types, so that the list decides how a text is read.
    pub(super) has_choices: bool,
    /// Whether `in` of `x-sparkcfg` names types anywhere.
    pub(super) has_types_within: bool,
    /// What describes the keys that no table does: `unevaluatedProperties`.
    pub(super) unevaluated: Vec<NodeId>,
    /// The formats that nobody knows, each with the first node that names it.
    pub(super) unknown_formats: Vec<(NodeId, Box<str>)>,
    /// Those whose `default` they would refuse themselves.
    pub(super) refused_defaults: Vec<NodeId>,
    /// The nodes by their JSON pointers; only messages ask for one.
    pub(super) by_pointer: OnceLock<HashMap<String, NodeId>>,
    /// The nodes whose values may have a secret in them; found when first asked for.
    pub(super) with_secrets: OnceLock<HashSet<NodeId>>,
}

/// A node that declares keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) node: NodeId,
    /// Whether it holds only under a condition (`anyOf`, `then`, …).
    pub(super) conditional: bool,
}

impl Plan {
    /// The schema's root.
    pub(super) const ROOT: NodeId = NodeId(0);

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The name under which a node stands in `properties` and its kin.
    pub(super) fn name(&self, id: NodeId) -> Option<&str> {
        match &self.node(id).step {
            Step::Member(_, _, name) => Some(name),
            _ => None,
        }
    }

    /// The keys that the tables name, table by table.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let properties = self.tables.iter().filter_map(|table| self.properties(table.node));
        properties.flat_map(|properties| &properties.order).filter_map(|node| self.name(*node))
    }

    /// Whether `additionalProperties` rules a key out in every environment.
    pub(super) fn refuses(&self, key: &str) -> bool {
        let mut always = self.tables.iter().filter(|table| !table.conditional);
        always.any(|table| {
            let refusing = self.properties(table.node).filter(|one| matches!(one.rest, Rest::Refused));
            refusing.is_some_and(|properties| properties.of(key).next().is_none())
        })
    }

    /// The JSON pointer of a node.
    pub(super) fn pointer(&self, id: NodeId) -> String {
        let mut steps = Vec::new();
        let mut at = id;
        loop {
            let (parent, step) = match &self.node(at).step {
                Step::Pointer(pointer) => {
                    steps.push(pointer.to_string());
                    break;
                }
                Step::Keyword(parent, keyword) => (parent, format!("/{keyword}")),
                Step::Member(parent, keyword, name) => (parent, format!("/{keyword}/{}", escape(name))),
                Step::Index(parent, keyword, index) => (parent, format!("/{keyword}/{index}")),
                Step::Within(parent, name) => (parent, format!("/{}/in/{}", super::extension::KEYWORD, escape(name))),
            };
            steps.push(step);
            at = *parent;
        }
        steps.reverse();
        steps.concat()
    }

    /// The node's three keywords for members.
    pub(super) fn properties(&self, id: NodeId) -> Option<&Properties> {
        self.node(id).checks.iter().find_map(|check| match check {
            Check::Properties(properties) => Some(&**properties),
            _ => None,
        })
    }

    /// The nodes that describe a key: of each table the one of that name and those whose pattern matches, or else
    /// the one for all other keys. With each, whether it holds only under a condition.
    pub(super) fn declarations<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (NodeId, bool)> {
        let tables = self.tables.iter().enumerate().filter_map(|(index, table)| {
            let properties = self.properties(table.node)?;
            (index == 0 || !properties.only_names()).then_some((properties, table.conditional))
        });
        let here = tables.flat_map(|(properties, conditional)| properties.of(key).map(move |node| (node, conditional)));
        here.chain(self.named_elsewhere.get(key).into_iter().flatten().copied())
    }

    /// The types that a key may have in an environment: those allowed by all descriptions that always hold; where they
    /// say nothing, those allowed by any of the others.
    pub(super) fn types(&self, key: &str, environment: Option<&str>) -> Types {
        self.types_of(key, self.declared(key), environment)
    }

    /// The node that describes a key by its name in the first table: most schemas have no other.
    pub(super) fn declared(&self, key: &str) -> Option<NodeId> {
        self.properties(self.tables.first()?.node)?.named.get(key).copied()
    }

    /// The same as [`Plan::types`] for who has asked already what the key is declared by.
    pub(super) fn types_of(&self, key: &str, declared: Option<NodeId>, environment: Option<&str>) -> Types {
        let alone = declared.map(|node| self.node(node)).filter(|node| self.only_names && !node.is_named_elsewhere);
        let types = match alone {
            Some(node) => node.types,
            None if self.only_names => self.types_among(self.named(key)),
            None => self.types_among(self.declarations(key)),
        };
        if self.unevaluated.is_empty() && !self.has_types_within {
            return types;
        }
        let about = self.about(key);
        let types = self.types_among(about.iter().copied());
        environment.map_or(types, |environment| self.types_within(environment, &about, types))
    }

    /// The types that are left where `in` of `x-sparkcfg` names some.
    fn types_within(&self, environment: &str, about: &[(NodeId, bool)], types: Types) -> Types {
        let checks = about.iter().flat_map(|(node, _)| self.together(*node)).flat_map(|node| &self.node(node).checks);
        let fragments = checks.filter_map(|check| match check {
            Check::Within(environments) => environments.iter().find(|(name, _)| **name == *environment),
            _ => None,
        });
        let named =
            fragments.map(|(_, node)| self.node(*node)).filter(|node| !node.is_implied && !node.types.is_empty());
        named.fold(types, |types, node| if (types & node.types).is_empty() { node.types } else { types & node.types })
    }

    /// What [`Plan::declarations`] are where the schema only names keys, at a third of its cost: it is asked of every value.
    fn named<'a>(&'a self, key: &str) -> impl Iterator<Item = (NodeId, bool)> + use<'a> {
        let first = self.declared(key).zip(self.tables.first().map(|table| table.conditional));
        let elsewhere = if self.named_elsewhere.is_empty() { None } else { self.named_elsewhere.get(key) };
        first.into_iter().chain(elsewhere.into_iter().flatten().copied())
    }

    /// The nodes about a key, with whether they only hold under a condition; those that always hold first.
    pub(super) fn about(&self, key: &str) -> Vec<(NodeId, bool)> {
        let mut nodes: Vec<_> =
            if self.only_names { self.named(key).collect() } else { self.declarations(key).collect() };
        nodes.sort_by_key(|(_, conditional)| *conditional);
        if nodes.is_empty() {
            nodes.extend(self.unevaluated.iter().map(|node| (*node, false)));
        }
        nodes
    }

    /// What [`Plan::types`] are by these nodes about a key.
    pub(super) fn types_among(&self, nodes: impl Iterator<Item = (NodeId, bool)>) -> Types {
        let (mut always, mut implied, mut perhaps) = (None, Types::NONE, Types::NONE);
        for (node, conditional) in nodes {
            let Node { types, is_implied, .. } = self.node(node);
            if conditional {
                perhaps = perhaps | *types;
            } else if *is_implied {
                implied = implied | *types;
            } else if !types.is_empty() {
                always = Some(always.map_or(*types, |always| always & *types));
            }
        }
        always.unwrap_or(if implied.is_empty() { perhaps } else { implied })
    }

    /// The nodes that the value of `id` fulfils together with it: itself, and what `$ref` and `allOf` add.
    pub(super) fn together(&self, id: NodeId) -> Vec<NodeId> {
        self.reach(id, |check, reached| match check {
            Check::Refer(node) => reached(*node),
            Check::AllOf(nodes) => nodes.iter().copied().for_each(reached),
            _ => {}
        })
    }

    /// Like [`Plan::together`], and the alternatives of `anyOf` and `oneOf`.
    pub(super) fn perhaps(&self, id: NodeId) -> Vec<NodeId> {
        self.reach(id, |check, reached| match check {
            Check::Refer(node) => reached(*node),
            Check::AllOf(nodes) | Check::AnyOf(nodes) | Check::OneOf(nodes) => nodes.iter().copied().for_each(reached),
            _ => {}
        })
    }

    /// Like [`Plan::perhaps`], and what holds under a condition or in one environment.
    pub(super) fn ever(&self, id: NodeId) -> Vec<NodeId> {
        self.reach(id, same_value)
    }

    fn reach(&self, id: NodeId, next: impl Fn(&Check, &mut dyn FnMut(NodeId))) -> Vec<NodeId> {
        let mut reached = vec![id];
        let mut at = 0;
        while let Some(id) = reached.get(at).copied() {
            at += 1;
            for check in &self.node(id).checks {
                next(check, &mut |node| {
                    if !reached.contains(&node) {
                        reached.push(node);
                    }
                });
            }
        }
        reached
    }

    /// Whether the value that a node describes may have a secret in it: as an item, a member, or as a whole.
    pub(super) fn has_secret(&self, id: NodeId) -> bool {
        let found = || {
            let mut holders: HashMap<NodeId, Vec<NodeId>> = HashMap::default();
            let mut open = Vec::new();
            for (holder, node) in (0..).map(NodeId).zip(&self.nodes) {
                let mut hold = |held| holders.entry(held).or_default().push(holder);
                for check in &node.checks {
                    same_value(check, &mut hold);
                    parts(check, &mut hold);
                }
                let Some(notes) = &node.notes else { continue };
                notes.unevaluated.iter().copied().for_each(hold);
                if notes.extension.secret.or(notes.write_only) == Some(true) {
                    open.push(holder);
                }
            }
            let mut found: HashSet<NodeId> = open.iter().copied().collect();
            while let Some(held) = open.pop() {
                let new = holders.get(&held).into_iter().flatten().filter(|holder| found.insert(**holder));
                open.extend(new);
            }
            found
        };
        self.with_secrets.get_or_init(found).contains(&id)
    }
}

/// The nodes that describe the same value as a check, or would if a condition held; not the condition.
pub(super) fn same_value(check: &Check, reached: &mut dyn FnMut(NodeId)) {
    match check {
        Check::AllOf(nodes) | Check::AnyOf(nodes) | Check::OneOf(nodes) => nodes.iter().copied().for_each(reached),
        Check::Refer(node) | Check::DependentSchema { node, .. } => reached(*node),
        Check::If { then, otherwise, .. } => then.iter().chain(otherwise).copied().for_each(reached),
        Check::Within(environments) => environments.iter().for_each(|(_, node)| reached(*node)),
        _ => {}
    }
}

/// The nodes that describe the items or members of a value.
fn parts(check: &Check, reached: &mut dyn FnMut(NodeId)) {
    match check {
        Check::PrefixItems(nodes) => nodes.iter().copied().for_each(reached),
        Check::Items { node, .. } | Check::Contains { node, .. } => reached(*node),
        Check::Properties(properties) => {
            let rest = if let Rest::Described(node) = properties.rest { Some(node) } else { None };
            properties.order.iter().copied().chain(properties.patterns.all()).chain(rest).for_each(reached);
        }
        _ => {}
    }
}
