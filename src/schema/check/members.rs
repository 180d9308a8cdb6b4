//! The checks of objects: of the settings as a whole, and of values that are JSON objects.

use super::{Cause, Checker, Context, PathStep, Sink, Verdict};
use crate::schema::plan::{Check, NodeId, Properties, Rest};
use crate::schema::view::{Members, View};
use crate::schema::violation::ViolationKind;

impl<'s> Checker<'s> {
    /// Checks about objects; the rest goes to [`Checker::about_value`].
    pub(super) fn about_object(
        &self,
        id: NodeId,
        check: &'s Check,
        members: Members<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        match check {
            Check::MinProperties(_) | Check::MaxProperties(_) => self.length(id, check, members.len(), context, sink),
            Check::Required(names) => self.required(id, "required", names, context.because, members, context, sink),
            Check::Dependent { key, needs, keyword } if members.contains(key) => {
                self.required(id, keyword, needs, Cause::Key(key), members, context, sink)
            }
            Check::DependentSchema { key, node } if members.contains(key) => {
                let context = Context { because: Cause::Key(key), ..context };
                self.node(*node, View::Object(members), context, sink)
            }
            Check::Properties(properties) => self.properties(id, properties, members, context, sink),
            Check::PropertyNames(node) => self.property_names(*node, members, context, sink),
            _ => self.about_value(id, check, View::Object(members), context, sink),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is needed to say what is missing and why")]
    fn required(
        &self,
        id: NodeId,
        keyword: &str,
        names: &[Box<str>],
        because: Cause<'_>,
        members: Members<'_>,
        context: Context<'_>,
        mut sink: Sink<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::Valid;
        for name in members.lacking(names) {
            verdict = Verdict::Invalid;
            let path = context.path.member(name);
            let context = Context { path: &path, ..context };
            let kind = || ViolationKind::Missing { because: because.because(self.plan) };
            self.report(id, keyword, context, sink.as_deref_mut(), kind);
        }
        verdict
    }

    fn properties(
        &self,
        id: NodeId,
        properties: &'s Properties,
        members: Members<'_>,
        context: Context<'_>,
        mut sink: Sink<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::Valid;
        let is_open = properties.patterns.is_empty() && matches!(properties.rest, Rest::Allowed);
        if is_open && properties.order.len() < members.len() {
            // A condition on one key must not cost a walk over all of them.
            for node in &properties.order {
                let Some((name, value)) = self.plan.name(*node).and_then(|name| Some((name, members.get(name)?)))
                else {
                    continue;
                };
                let path = context.path.member(name);
                let context = Context { path: &path, ..context };
                verdict = verdict.max(self.node(*node, value, context, sink.as_deref_mut()));
            }
            return verdict;
        }
        let is_first = self.plan.tables.first().is_some_and(|table| table.node == id);
        let is_asked = is_first && matches!(members, Members::Settings(_));
        for (name, value, declared) in members.declared() {
            let path = context.path.member(name);
            let context = Context { path: &path, ..context };
            let named = if is_asked { declared } else { properties.named.get(name).copied() };
            let mut is_described = named.is_some();
            if let Some(node) = named {
                verdict = verdict.max(self.node(node, value, context, sink.as_deref_mut()));
            }
            for node in properties.patterns.matching(name) {
                is_described = true;
                verdict = verdict.max(self.node(node, value, context, sink.as_deref_mut()));
            }
            if !is_described {
                verdict = verdict.max(self.other_member(id, properties, name, value, context, sink.as_deref_mut()));
            }
            if verdict == Verdict::Invalid && sink.is_none() {
                break;
            }
        }
        verdict
    }

    fn other_member(
        &self,
        id: NodeId,
        properties: &'s Properties,
        name: &str,
        value: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        match properties.rest {
            Rest::Allowed => Verdict::Valid,
            Rest::Described(node) => self.node(node, value, context, sink),
            Rest::Refused => self.report(id, "additionalProperties", context, sink, || ViolationKind::Unknown {
                nearest: self.nearest(name, properties.named.keys().map(|name| &**name)),
            }),
        }
    }

    fn property_names(&self, node: NodeId, members: Members<'_>, context: Context<'_>, mut sink: Sink<'_>) -> Verdict {
        let mut verdict = Verdict::Valid;
        for (name, _) in members.iter() {
            if self.node(node, View::Text(name), context, None) == Verdict::Invalid {
                let path = context.path.member(name);
                let pointer = self.plan.pointer(node);
                verdict =
                    self.report_at(pointer, &path, sink.as_deref_mut(), || ViolationKind::Unknown { nearest: None });
            }
        }
        verdict
    }

    /// Whether the settings as a whole are looked at, not a part of a value.
    pub(super) fn is_root(context: Context<'_>) -> bool {
        matches!(context.path.step, PathStep::Root)
    }
}
