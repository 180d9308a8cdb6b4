//! What the schema says about one key, beyond whether a value is valid.

use std::fmt;

use serde_json::Value;

use super::extension::{Drift, Extension, Render};
use super::plan::{Check, Node, NodeId, Notes, Plan};
use super::sameness::Shape;
use super::typed::{Reading, Types, separator_of};
use super::{Schema, check::written};

/// One key as the schema describes it. A key that the schema does not know has an empty description.
#[derive(Clone)]
pub struct Property<'s> {
    schema: &'s Schema,
    types: Types,
    /// The nodes about the key, those that always hold first.
    nodes: Vec<(NodeId, bool)>,
}

impl<'s> Property<'s> {
    pub(super) fn new(schema: &'s Schema, key: &str) -> Self {
        let nodes = schema.plan.about(key);
        Self { schema, types: schema.plan.types_among(nodes.iter().copied()), nodes }
    }

    /// Whether the schema names the key, or has a pattern for it.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// Where the schema describes the key, as a JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> Option<String> {
        self.nodes.first().map(|(node, _)| self.plan().pointer(*node))
    }

    /// `title`.
    #[must_use]
    pub fn title(&self) -> Option<&'s str> {
        self.keyword("title")?.as_str()
    }

    /// `description`.
    #[must_use]
    pub fn description(&self) -> Option<&'s str> {
        self.keyword("description")?.as_str()
    }

    /// `default`.
    #[must_use]
    pub fn default(&self) -> Option<&'s Value> {
        self.keyword("default")
    }

    /// `default` as an env file would write it; `None` for lists and objects, which have no one spelling, and null.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        self.default().filter(|value| !value.is_array() && !value.is_object() && !value.is_null()).map(written)
    }

    /// `examples`, or draft 4's habit of `example`.
    #[must_use]
    pub fn examples(&self) -> Vec<&'s Value> {
        let list = self.keyword("examples").and_then(Value::as_array);
        list.map(|values| values.iter().collect()).or_else(|| Some(vec![self.keyword("example")?])).unwrap_or_default()
    }

    /// The values that `enum` or `const` allow, alternatives under `anyOf` and `oneOf` included.
    #[must_use]
    pub fn allowed_values(&self) -> Vec<&'s Value> {
        listed(self.perhaps())
    }

    /// `format`.
    #[must_use]
    pub fn format(&self) -> Option<&'s str> {
        self.keyword("format")?.as_str()
    }

    /// The `format` that is checked of the value in every case.
    pub(super) fn checked_format(&self) -> Option<&'s str> {
        let checks = self.certain().flat_map(|id| &self.plan().node(id).checks);
        checks.into_iter().find_map(|check| match check {
            Check::Format(format) => Some(format.name()),
            _ => None,
        })
    }

    /// Whether the schema allows a list.
    pub(super) fn is_list(&self) -> bool {
        self.types.has(Types::ARRAY)
    }

    /// The names of the types that the schema allows; none when it does not say.
    #[must_use]
    pub fn types(&self) -> Vec<&'static str> {
        self.types.names()
    }

    /// `deprecated`.
    #[must_use]
    pub fn is_deprecated(&self) -> bool {
        self.notes().any(|notes| notes.deprecated)
    }

    /// Whether the value is secret: as `x-sparkcfg` says, or else `writeOnly`.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret().unwrap_or_default()
    }

    /// `secret` of `x-sparkcfg`, or else `writeOnly`: `Some(false)` says that the value surely is none. What says so of a
    /// part of the value, under a condition or in one environment says it of the value everywhere.
    #[must_use]
    pub fn secret(&self) -> Option<bool> {
        let plan = self.plan();
        let ever = || self.nodes.iter().flat_map(|(node, _)| plan.ever(*node)).filter_map(|id| noted(plan.node(id)));
        if let Some(declared) = ever().find_map(|notes| notes.extension.secret) {
            return Some(declared);
        }
        let written = ever().filter_map(|notes| notes.write_only).max();
        let may_have_parts = self.types.is_empty()
            || self.types.has(Types::ARRAY)
            || self.types.has(Types::OBJECT)
            || plan.has_types_within;
        let in_a_part = || may_have_parts && self.nodes.iter().any(|(node, _)| plan.has_secret(*node));
        if written != Some(true) && in_a_part() { Some(true) } else { written }
    }

    /// The environments in which the key must be set.
    #[must_use]
    pub fn required_in(&self) -> &'s [String] {
        self.extension(|extension| Some(extension.required_in.as_slice()).filter(|list| !list.is_empty()))
            .unwrap_or_default()
    }

    /// The environments in which the key may be set; `None` for all.
    #[must_use]
    pub fn only_in(&self) -> Option<&'s [String]> {
        self.extension(|extension| extension.only_in.as_deref())
    }

    /// What the value must fulfil besides in one environment.
    pub(super) fn within(&self, environment: Option<&str>) -> Option<&'s Value> {
        self.extension(|extension| extension.within.get(environment?))
    }

    /// How the value may vary between environments.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        self.extension(|extension| extension.drift)
    }

    /// Whether that is said of names that fit a pattern, or of all others, and not of this key.
    #[must_use]
    pub fn is_drift_by_pattern(&self) -> bool {
        let plan = self.plan();
        let says = |node: NodeId| {
            let mut notes = plan.together(node).into_iter().filter_map(|id| noted(plan.node(id)));
            notes.any(|notes| notes.extension.drift.is_some())
        };
        let first = self.nodes.iter().find(|(node, _)| says(*node)).map(|(node, _)| plan.pointer(*node));
        first.is_some_and(|at| at.contains("/patternProperties/") || at.ends_with("/additionalProperties"))
    }

    /// The parts that stay the same where the value itself may differ.
    #[must_use]
    pub fn same(&self) -> &'s [Shape] {
        self.extension(|extension| Some(extension.same.as_slice()).filter(|list| !list.is_empty())).unwrap_or_default()
    }

    /// The services that read the key.
    #[must_use]
    pub fn services(&self) -> &'s [String] {
        self.extension(|extension| Some(extension.services.as_slice()).filter(|list| !list.is_empty()))
            .unwrap_or_default()
    }

    /// Who answers for the key.
    #[must_use]
    pub fn owner(&self) -> Option<&'s str> {
        self.extension(|extension| extension.owner.as_deref())
    }

    /// The key to use instead.
    #[must_use]
    pub fn replaced_by(&self) -> Option<&'s str> {
        self.extension(|extension| extension.replaced_by.as_deref())
    }

    /// What stands between the items of a list; `None` for the usual comma.
    #[must_use]
    pub fn separator(&self) -> Option<&'s str> {
        self.extension(|extension| extension.separator.as_deref())
    }

    /// What stands between the items of a list.
    #[must_use]
    pub fn list_separator(&self) -> &'s str {
        separator_of(self.separator())
    }

    /// Whether the items of a list have no order: `uniqueItems`.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.keyword("uniqueItems").and_then(Value::as_bool).unwrap_or_default()
    }

    /// Whether `KEY_FILE` may name a file with the value.
    #[must_use]
    pub fn has_file_variant(&self) -> bool {
        self.extension(|extension| extension.file_env).unwrap_or_default()
    }

    /// Whether templates must use the key.
    #[must_use]
    pub fn render(&self) -> Option<Render> {
        self.extension(|extension| extension.render)
    }

    /// What holds of the key's value in every case, under a keyword: the key's own description first. What only some
    /// condition brings is left out.
    pub fn always(&self, keyword: &str) -> impl Iterator<Item = &'s Value> {
        let plan = self.plan();
        let certain = self.nodes.iter().filter(|(_, conditional)| !conditional);
        let nodes = certain.flat_map(|(node, _)| plan.together(*node));
        nodes.filter_map(move |id| self.schema.json().pointer(&plan.pointer(id))?.get(keyword))
    }

    /// The names of the types that the items of a list may have; none when the schema does not say.
    #[must_use]
    pub fn item_types(&self) -> Vec<&'static str> {
        self.reading().items.map(|items| items.types.names()).unwrap_or_default()
    }

    /// How the key's text is read.
    pub(super) fn reading(&self) -> Reading<'s> {
        self.reading_as(self.types)
    }

    /// How the key's text is read where it may have these types.
    pub(super) fn reading_as(&self, types: Types) -> Reading<'s> {
        let plan = self.plan();
        let reading = |node: NodeId| {
            let types = plan.node(node).types;
            let about = || plan.perhaps(node).into_iter().map(|id| plan.node(id));
            let allowed = if types.is_mixed() { listed(about()) } else { Vec::new() };
            Reading { types, allowed, ..Reading::default() }
        };
        let allowed = if types.is_mixed() && plan.has_choices { self.allowed_values() } else { Vec::new() };
        if !types.has(Types::ARRAY) {
            return Reading { types, allowed, ..Reading::default() };
        }
        let lists = || self.perhaps().filter_map(noted);
        let items = lists().find_map(|notes| notes.items).map(|node| Box::new(reading(node)));
        let first = lists().map(|notes| &notes.first_items).find(|first| !first.is_empty());
        let first = first.into_iter().flatten().map(|node| reading(*node)).collect();
        Reading { types, allowed, separator: self.separator(), first, items }
    }

    /// The nodes from which a fact about the key may come, nearest first, with the place that names them.
    fn certain(&self) -> impl Iterator<Item = NodeId> {
        let plan = self.plan();
        self.nodes.iter().flat_map(|(node, _)| plan.together(*node))
    }

    fn perhaps(&self) -> impl Iterator<Item = &'s Node> {
        let plan = self.plan();
        self.nodes.iter().flat_map(|(node, _)| plan.perhaps(*node)).map(|id| plan.node(id))
    }

    fn notes(&self) -> impl Iterator<Item = &'s Notes> {
        let plan = self.plan();
        let nodes = plan.has_notes.then(|| self.certain()).into_iter().flatten();
        nodes.filter_map(|id| noted(plan.node(id)))
    }

    fn extension<T>(&self, fact: impl Fn(&'s Extension) -> Option<T>) -> Option<T> {
        self.notes().find_map(|notes| fact(&notes.extension))
    }

    /// What the key's own description, or one that always holds with it, says under a keyword.
    #[must_use]
    pub fn keyword(&self, keyword: &str) -> Option<&'s Value> {
        let value = |id| self.schema.json().pointer(&self.plan().pointer(id))?.get(keyword);
        self.certain().find_map(value)
    }

    fn plan(&self) -> &'s Plan {
        &self.schema.plan
    }
}

/// The values that `enum` or `const` of some nodes allow.
fn listed<'s>(nodes: impl Iterator<Item = &'s Node>) -> Vec<&'s Value> {
    let lists = nodes.flat_map(|node| &node.checks).filter_map(|check| match check {
        Check::OneOfValues { values, .. } => Some(values),
        _ => None,
    });
    lists.flatten().collect()
}

fn noted(node: &Node) -> Option<&Notes> {
    node.notes.as_deref()
}

impl fmt::Debug for Property<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Property").field(&self.pointer()).finish()
    }
}
