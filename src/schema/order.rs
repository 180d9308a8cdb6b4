//! The last pass over a plan: cycles are refused, and what each node says about types is worked out once.

use std::collections::HashSet;
use std::sync::Arc;

use super::compile::Refusal;
use super::plan::{Check, NodeId, Plan, Properties, Table, same_value};
use super::typed::Types;

/// How many schemas may apply to one value through one another; bounds the checker's own recursion.
const LONGEST_CHAIN: u32 = 128;

/// Refuses schemas that lead back to themselves for the same value, and fills in types and tables.
pub(super) fn finish(plan: &mut Plan) -> Result<(), Refusal> {
    for id in inner_first(plan)? {
        let (types, is_implied) = types(plan, id);
        let node = &mut plan.nodes[id.0 as usize];
        (node.types, node.is_implied) = (types, is_implied);
    }
    (plan.tables, plan.unevaluated) = tables(plan);
    for table in plan.tables.iter().skip(1) {
        let Some(properties) = plan.properties(table.node).filter(|properties| properties.only_names()) else {
            continue;
        };
        let named: Vec<_> = properties.named.iter().map(|(name, node)| (Arc::clone(name), *node)).collect();
        for (name, node) in named {
            if let Some(first) = plan.declared(&name) {
                plan.nodes[first.0 as usize].is_named_elsewhere = true;
            }
            plan.named_elsewhere.entry(name).or_default().push((node, table.conditional));
        }
    }
    let mut described = plan.tables.iter().filter_map(|table| plan.properties(table.node));
    plan.only_names = described.all(Properties::only_names);
    plan.has_notes = plan.nodes.iter().any(|node| node.notes.is_some());
    let mut notes = plan.nodes.iter().filter_map(|node| node.notes.as_ref());
    plan.names_secrets = notes.clone().any(|notes| notes.write_only.is_some() || notes.extension.secret.is_some());
    plan.has_notes_on_use = notes.any(|notes| notes.deprecated || notes.extension.only_in.is_some());
    let lists = |id: &NodeId| plan.node(*id).checks.iter().any(|check| matches!(check, Check::OneOfValues { .. }));
    let mut mixed = (0..).map(NodeId).zip(&plan.nodes).filter(|(_, node)| node.types.is_mixed());
    plan.has_choices = mixed.any(|(id, _)| plan.perhaps(id).iter().any(lists));
    let named = |id: &NodeId| !plan.node(*id).is_implied && !plan.node(*id).types.is_empty();
    plan.has_types_within = plan.nodes.iter().flat_map(|node| &node.checks).any(|check| match check {
        Check::Within(environments) => environments.iter().any(|(_, node)| named(node)),
        _ => false,
    });
    Ok(())
}

/// The nodes that look at the same value as `id` does.
fn next(plan: &Plan, id: NodeId) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    for check in &plan.node(id).checks {
        if let Check::Not(node) | Check::If { test: node, .. } = check {
            nodes.push(*node);
        }
        same_value(check, &mut |node| nodes.push(node));
    }
    nodes
}

/// All nodes, each after those that it leads to for the same value.
fn inner_first(plan: &Plan) -> Result<Vec<NodeId>, Refusal> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done(u32),
    }
    let mut states = vec![State::New; plan.nodes.len()];
    let mut order = Vec::with_capacity(plan.nodes.len());
    // An explicit stack, because a chain of references may be longer than a thread's own stack.
    let mut stack: Vec<(NodeId, Vec<NodeId>, u32)> = Vec::new();
    for index in 0..plan.nodes.len() {
        if states[index] != State::New {
            continue;
        }
        let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        let first = next(plan, id);
        if first.is_empty() {
            states[index] = State::Done(0);
            order.push(id);
            continue;
        }
        states[index] = State::Open;
        stack.push((id, first, 0));
        while let Some((id, left, height)) = stack.last_mut() {
            let Some(inner) = left.pop() else {
                let (id, height) = (*id, *height);
                if height > LONGEST_CHAIN {
                    let message = "too many schemas refer to one another here for one and the same value";
                    return Err(Refusal::new(plan.pointer(id), message));
                }
                states[id.0 as usize] = State::Done(height);
                order.push(id);
                stack.pop();
                if let Some((_, _, outer)) = stack.last_mut() {
                    *outer = (*outer).max(height + 1);
                }
                continue;
            };
            match states[inner.0 as usize] {
                State::Done(inner) => *height = (*height).max(inner + 1),
                State::Open => {
                    let refusal = Refusal::new(plan.pointer(*id), "the schema leads back to itself without an end");
                    return Err(refusal.help("let one of the schemas in the circle describe its value directly"));
                }
                State::New => {
                    states[inner.0 as usize] = State::Open;
                    stack.push((inner, next(plan, inner), 0));
                }
            }
        }
    }
    Ok(order)
}

/// What a node says about types, and whether that only follows from keywords that are about one type;
/// [`Types::NONE`] when it says nothing.
fn types(plan: &Plan, id: NodeId) -> (Types, bool) {
    let mut said: Option<Types> = None;
    let (mut implied, mut listed, mut perhaps) = (Types::NONE, Types::NONE, Types::NONE);
    for check in &plan.node(id).checks {
        let (types, is_implied) = match check {
            Check::Types(types) => (*types, false),
            Check::OneOfValues { values, .. } => {
                listed = values.iter().fold(listed, |types, value| types | Types::of(value));
                continue;
            }
            Check::Refer(node) => (plan.node(*node).types, plan.node(*node).is_implied),
            Check::AllOf(nodes) => {
                for node in nodes.iter().map(|node| plan.node(*node)).filter(|node| !node.types.is_empty()) {
                    if node.is_implied {
                        implied = implied | node.types;
                    } else {
                        said = Some(said.map_or(node.types, |said| said & node.types));
                    }
                }
                continue;
            }
            Check::AnyOf(nodes) | Check::OneOf(nodes) => among(plan, nodes.iter().copied().map(Some)),
            Check::If { then, otherwise, .. } => {
                let (types, is_implied) = among(plan, [*then, *otherwise].into_iter());
                perhaps = if is_implied { perhaps } else { perhaps | types };
                continue;
            }
            other => (implies(other), true),
        };
        if is_implied {
            implied = implied | types;
        } else if !types.is_empty() {
            said = Some(said.map_or(types, |said| said & types));
        }
    }
    let listed = Some(listed).filter(|listed| !listed.is_empty());
    let named = said.or(listed).or_else(|| Some(perhaps).filter(|perhaps| !perhaps.is_empty()));
    named.map_or((implied, true), |types| (types, false))
}

/// What alternatives say about types. One that says nothing is content with the text as it is.
fn among(plan: &Plan, nodes: impl Iterator<Item = Option<NodeId>> + Clone) -> (Types, bool) {
    let speaking = nodes.clone().flatten().map(|node| plan.node(node)).filter(|node| !node.types.is_empty());
    if speaking.clone().next().is_none() {
        return (Types::NONE, true);
    }
    let is_implied = speaking.clone().all(|node| node.is_implied);
    let types = speaking.clone().fold(Types::NONE, |types, node| types | node.types);
    let is_silent = nodes.count() > speaking.count();
    (if is_silent { types | Types::STRING } else { types }, is_implied)
}

/// The type that a keyword is about, for schemas that do not name one.
fn implies(check: &Check) -> Types {
    match check {
        Check::Minimum { .. } | Check::Maximum { .. } | Check::MultipleOf(_) => Types::NUMBER,
        Check::MinLength(_) | Check::MaxLength(_) | Check::Pattern(_) | Check::Format(_) => Types::STRING,
        Check::MinItems(_)
        | Check::MaxItems(_)
        | Check::UniqueItems
        | Check::PrefixItems(_)
        | Check::Items { .. }
        | Check::Contains { .. } => Types::ARRAY,
        Check::MinProperties(_)
        | Check::MaxProperties(_)
        | Check::Required(_)
        | Check::Properties(_)
        | Check::PropertyNames(_) => Types::OBJECT,
        _ => Types::NONE,
    }
}

/// The nodes that declare keys, those without a condition first; and what describes all other keys.
fn tables(plan: &Plan) -> (Vec<Table>, Vec<NodeId>) {
    let mut tables = vec![Table { node: Plan::ROOT, conditional: false }];
    let mut seen = HashSet::from([Plan::ROOT]);
    let mut at = 0;
    while let Some(table) = tables.get(at).copied() {
        at += 1;
        for check in &plan.node(table.node).checks {
            let (certain, uncertain): (&[NodeId], Vec<NodeId>) = match check {
                Check::Refer(node) => (std::slice::from_ref(node), Vec::new()),
                Check::AllOf(nodes) => (nodes, Vec::new()),
                Check::AnyOf(nodes) | Check::OneOf(nodes) => (&[], nodes.to_vec()),
                Check::If { then, otherwise, .. } => (&[], then.iter().chain(otherwise).copied().collect()),
                Check::DependentSchema { node, .. } => (&[], vec![*node]),
                _ => continue,
            };
            let certain = certain.iter().map(|node| Table { node: *node, conditional: table.conditional });
            let uncertain = uncertain.into_iter().map(|node| Table { node, conditional: true });
            for found in certain.chain(uncertain) {
                if seen.insert(found.node) {
                    tables.push(found);
                }
            }
        }
    }
    let notes = tables.iter().filter_map(|table| plan.node(table.node).notes.as_ref());
    let unevaluated = notes.flat_map(|notes| notes.unevaluated.iter().copied()).collect();
    tables.retain(|table| plan.properties(table.node).is_some());
    tables.sort_by_key(|table| table.conditional);
    (tables, unevaluated)
}
