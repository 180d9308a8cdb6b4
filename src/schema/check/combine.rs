//! The checks that combine other schemas, and which of their violations a person wants to hear of.

use serde_json::Value;

use super::values::rule;
use super::{Cause, Checker, Context, Sink, Verdict};
use crate::schema::plan::{Check, NodeId};
use crate::schema::typed::Types;
use crate::schema::view::View;
use crate::schema::violation::{Violation, ViolationKind};

impl<'s> Checker<'s> {
    pub(super) fn all_of(&self, nodes: &[NodeId], view: View<'_>, context: Context<'_>, mut sink: Sink<'_>) -> Verdict {
        let verdicts = nodes.iter().map(|node| self.node(*node, view, context, sink.as_deref_mut()));
        verdicts.max().unwrap_or(Verdict::Valid)
    }

    pub(super) fn any_of(
        &self,
        id: NodeId,
        nodes: &[NodeId],
        view: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::Invalid;
        for node in nodes {
            verdict = verdict.min(self.node(*node, view, context, None));
            if verdict == Verdict::Valid {
                return verdict;
            }
        }
        if verdict == Verdict::Invalid { self.no_branch(id, "anyOf", nodes, view, context, sink) } else { verdict }
    }

    pub(super) fn one_of(
        &self,
        id: NodeId,
        nodes: &[NodeId],
        view: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let verdicts: Vec<_> = nodes.iter().map(|node| self.node(*node, view, context, None)).collect();
        let count = |verdict| verdicts.iter().filter(|one| **one == verdict).count();
        match (count(Verdict::Valid), count(Verdict::Unknown)) {
            (0, 0) => self.no_branch(id, "oneOf", nodes, view, context, sink),
            (1, 0) => Verdict::Valid,
            (0 | 1, _) => Verdict::Unknown,
            (fitting, _) => self.report(id, "oneOf", context, sink, || self.broken("oneOf", nodes, fitting, context)),
        }
    }

    /// That a rule is broken; of one about the settings as a whole with what it looks at.
    fn broken(&self, keyword: &str, nodes: &[NodeId], fitting: usize, context: Context<'_>) -> ViolationKind {
        if Self::is_root(context) { self.plan.rule_over(keyword, nodes, fitting) } else { rule(keyword) }
    }

    /// Every branch is broken: says what is wrong with the only one that could have been meant, if there is one.
    fn no_branch(
        &self,
        id: NodeId,
        keyword: &'static str,
        nodes: &[NodeId],
        view: View<'_>,
        context: Context<'_>,
        mut sink: Sink<'_>,
    ) -> Verdict {
        if Self::is_root(context) && sink.is_some() {
            if let (Some(sink), Some(violations)) = (sink.as_deref_mut(), self.only_meant(nodes, view, context)) {
                sink.extend(violations);
                return Verdict::Invalid;
            }
            return self.report(id, keyword, context, sink, || self.broken(keyword, nodes, 0, context));
        }
        if sink.is_none() {
            return Verdict::Invalid;
        }
        if let Some(values) = nodes.iter().map(|node| self.listed_values(*node)).collect::<Option<Vec<_>>>() {
            let values = values.into_iter().flatten().collect();
            return self.report(id, keyword, context, sink, || self.not_allowed(values, Vec::new(), view, context));
        }
        let mut meant = nodes.iter().filter(|node| {
            let types = self.plan.node(**node).types;
            types.is_empty() || view.is(types, self.plan.whole_floats_are_integers)
        });
        match (meant.next(), meant.next()) {
            (None, _) => {
                let types = nodes.iter().fold(Types::NONE, |types, node| types | self.plan.node(*node).types);
                self.report(id, keyword, context, sink, || ViolationKind::WrongType { expected: types.names() })
            }
            (Some(only), None) => {
                // Whoever mistypes a number among `[integer, "auto"]` wants to hear of both.
                let others = nodes.iter().filter(|node| *node != only);
                let types = others.fold(Types::NONE, |types, node| types | self.plan.node(*node).types).names();
                if let Some(values) = self.listed_values(*only).filter(|_| !types.is_empty()) {
                    return self.report(id, keyword, context, sink, || self.not_allowed(values, types, view, context));
                }
                self.node(*only, view, context, sink.as_deref_mut());
                Verdict::Invalid
            }
            _ => self.report(id, keyword, context, sink, || rule(keyword)),
        }
    }

    /// What is wrong with the only alternative of which all listed values fit, where others want other values:
    /// `MODE=tls` chooses the one with `"MODE": { "const": "tls" }`.
    fn only_meant(&self, nodes: &[NodeId], view: View<'_>, context: Context<'_>) -> Option<Vec<Violation>> {
        let mut meant = None;
        for node in nodes {
            let mut violations = Vec::new();
            let context = Context { because: Cause::Meant(*node), ..context };
            self.node(*node, view, context, Some(&mut violations));
            let is_listed = |one: &Violation| one.key.is_some() && matches!(one.kind, ViolationKind::NotAllowed { .. });
            if violations.iter().any(is_listed) {
                continue;
            }
            if meant.replace(violations).is_some() {
                return None;
            }
        }
        meant.filter(|violations| nodes.len() > 1 && !violations.is_empty())
    }

    /// The values of a schema that does nothing but list them, as generated schemas write documented choices.
    fn listed_values(&self, id: NodeId) -> Option<Vec<&'s Value>> {
        let mut listed = None;
        for check in &self.plan.node(id).checks {
            match check {
                Check::OneOfValues { values, .. } => listed = Some(values.iter().collect()),
                Check::Types(_) => {}
                Check::Refer(node) => listed = Some(self.listed_values(*node)?),
                _ => return None,
            }
        }
        listed
    }

    pub(super) fn not(
        &self,
        id: NodeId,
        node: NodeId,
        view: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let verdict = self.node(node, view, context, None).reversed();
        if verdict != Verdict::Invalid {
            return verdict;
        }
        let is_listed = self.listed_values(node).is_some();
        self.report(id, "not", context, sink, || {
            if is_listed { ViolationKind::Forbidden } else { self.broken("not", &[node], 1, context) }
        })
    }

    pub(super) fn condition(
        &self,
        id: NodeId,
        [test, then, otherwise]: [Option<NodeId>; 3],
        view: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let context = test.map_or(context, |test| Context { because: Cause::Condition(test), ..context });
        let branch =
            |node: Option<NodeId>, sink| node.map_or(Verdict::Valid, |node| self.node(node, view, context, sink));
        match branch(test, None) {
            Verdict::Valid => branch(then, sink),
            Verdict::Invalid => branch(otherwise, sink),
            Verdict::Unknown => match (branch(then, None), branch(otherwise, None)) {
                (Verdict::Invalid, Verdict::Invalid) => self.report(id, "if", context, sink, || {
                    let nodes: Vec<_> = [test, then, otherwise].into_iter().flatten().collect();
                    self.broken("if", &nodes, 0, context)
                }),
                (one, two) if one == two => one,
                _ => Verdict::Unknown,
            },
        }
    }
}
