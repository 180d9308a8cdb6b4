//! The plan applied to values, in three-valued logic: a value that is sealed may make a rule unknown, never broken.

mod combine;
mod members;
mod values;

pub(super) use values::{rule, written};

use crate::suggestion::{MOST_COMPARISONS, nearest};
use std::cell::Cell;

use super::plan::{Check, NodeId, Plan};
use super::view::View;
use super::violation::{Because, Violation, ViolationKind};

/// Whether a value fulfils a schema. The order makes "all of" the maximum and "any of" the minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Valid,
    Unknown,
    Invalid,
}

impl Verdict {
    fn reversed(self) -> Self {
        match self {
            Self::Valid => Self::Invalid,
            Self::Unknown => Self::Unknown,
            Self::Invalid => Self::Valid,
        }
    }
}

/// Where in the settings a value stands.
#[derive(Clone, Copy)]
pub(super) struct Path<'p> {
    outer: Option<&'p Path<'p>>,
    step: PathStep<'p>,
}

#[derive(Clone, Copy)]
enum PathStep<'p> {
    Root,
    Member(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    pub(super) const ROOT: Path<'static> = Path { outer: None, step: PathStep::Root };

    fn member(&'p self, name: &'p str) -> Path<'p> {
        Path { outer: Some(self), step: PathStep::Member(name) }
    }

    fn index(&'p self, index: usize) -> Path<'p> {
        Path { outer: Some(self), step: PathStep::Index(index) }
    }

    /// The key, and the JSON pointer below it.
    fn split(&self) -> (Option<String>, String) {
        let mut steps = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            steps.push(path.step);
            at = path.outer;
        }
        let mut key = None;
        let mut below = String::new();
        for step in steps.into_iter().rev() {
            match step {
                PathStep::Root => {}
                PathStep::Member(name) if key.is_none() => key = Some(name.to_owned()),
                PathStep::Member(name) => below.extend(["/", &super::place::escape(name)]),
                PathStep::Index(index) => below.extend(["/", &index.to_string()]),
            }
        }
        (key, below)
    }
}

/// What a check is told beside the node and the value.
#[derive(Clone, Copy)]
struct Context<'p> {
    path: &'p Path<'p>,
    /// Why a missing key is asked for.
    because: Cause<'p>,
    depth: u32,
}

#[derive(Clone, Copy)]
enum Cause<'p> {
    Always,
    /// What this node says of the settings.
    Condition(NodeId),
    /// The values that this node lists, where its alternatives list others.
    Meant(NodeId),
    Key(&'p str),
}

impl Cause<'_> {
    fn because(self, plan: &Plan) -> Because {
        match self {
            Self::Always => Because::Always,
            Self::Condition(node) => Because::Condition(plan.keys_named(&[node])),
            Self::Meant(node) => Because::Condition(plan.keys_listed(node)),
            Self::Key(key) => Because::Key(key.to_owned()),
        }
    }
}

/// Deeper than any sane schema and value; less than a thread's stack takes.
const DEEPEST: u32 = 400;

/// More than the largest real project needs; a schema that multiplies its own work stops here.
const MOST_STEPS: u32 = 50_000_000;

/// Applies a plan in one environment and collects what is broken.
pub(super) struct Checker<'s> {
    plan: &'s Plan,
    environment: Option<&'s str>,
    /// Whether a hint at the value may be given for a key.
    is_secret: &'s dyn Fn(&str) -> bool,
    steps: Cell<u32>,
    comparisons: Cell<usize>,
}

/// Where violations go; `None` only asks for the verdict.
type Sink<'v> = Option<&'v mut Vec<Violation>>;

impl<'s> Checker<'s> {
    pub(super) fn new(plan: &'s Plan, environment: Option<&'s str>, is_secret: &'s dyn Fn(&str) -> bool) -> Self {
        Self { plan, environment, is_secret, steps: Cell::new(0), comparisons: Cell::new(0) }
    }

    /// Checks all settings of the environment.
    pub(super) fn run(&self, settings: View<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let context = Context { path: &Path::ROOT, because: Cause::Always, depth: 0 };
        self.node(Plan::ROOT, settings, context, Some(&mut violations));
        violations
    }

    /// Checks the value of one key against one schema.
    pub(super) fn member(&self, id: NodeId, key: &str, value: View<'_>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let path = Path::ROOT.member(key);
        let context = Context { path: &path, because: Cause::Always, depth: 0 };
        self.node(id, value, context, Some(&mut violations));
        violations
    }

    fn node(&self, id: NodeId, view: View<'_>, context: Context<'_>, mut sink: Sink<'_>) -> Verdict {
        let context = Context { depth: context.depth + 1, ..context };
        self.steps.set(self.steps.get() + 1);
        if context.depth > DEEPEST || self.steps.get() > MOST_STEPS {
            return self.give_up(id, context, sink);
        }
        let mut verdict = Verdict::Valid;
        for check in &self.plan.node(id).checks {
            let one = self.check(id, check, view, context, sink.as_deref_mut());
            verdict = verdict.max(one);
            // A value of the wrong type has nothing else to answer for; the settings as a whole still do.
            let is_settled = sink.is_none() || matches!(check, Check::Types(_)) && !Self::is_root(context);
            if one == Verdict::Invalid && is_settled {
                break;
            }
        }
        verdict
    }

    /// Says that the schema asks for more work than a check may take, once.
    fn give_up(&self, id: NodeId, context: Context<'_>, sink: Sink<'_>) -> Verdict {
        let reported = |sink: &Vec<Violation>| {
            let gave_up =
                |kind: &ViolationKind| matches!(kind, ViolationKind::Rule { keyword, .. } if keyword == "$ref");
            sink.last().is_some_and(|last| gave_up(&last.kind))
        };
        if sink.as_deref().is_some_and(reported) {
            return Verdict::Invalid;
        }
        self.report(id, "$ref", context, sink, || values::rule("$ref"))
    }

    fn check(&self, id: NodeId, check: &'s Check, view: View<'_>, context: Context<'_>, sink: Sink<'_>) -> Verdict {
        match check {
            Check::Never => self.never(id, context, sink),
            Check::Refer(node) => self.node(*node, view, context, sink),
            Check::AllOf(nodes) => self.all_of(nodes, view, context, sink),
            Check::AnyOf(nodes) => self.any_of(id, nodes, view, context, sink),
            Check::OneOf(nodes) => self.one_of(id, nodes, view, context, sink),
            Check::Not(node) => self.not(id, *node, view, context, sink),
            Check::If { test, then, otherwise } => {
                self.condition(id, [Some(*test), *then, *otherwise], view, context, sink)
            }
            Check::Within(environments) => {
                let here = environments.iter().find(|(name, _)| Some(&**name) == self.environment);
                here.map_or(Verdict::Valid, |(_, node)| self.node(*node, view, context, sink))
            }
            _ => match view {
                View::Unknown => Verdict::Unknown,
                View::Object(members) => self.about_object(id, check, members, context, sink),
                View::Array(items) => self.about_array(id, check, items, context, sink),
                View::Null | View::Boolean(_) | View::Number(_) | View::Text(_) => {
                    self.about_value(id, check, view, context, sink)
                }
            },
        }
    }

    /// The schema `false`: the key may not be there at all.
    fn never(&self, id: NodeId, context: Context<'_>, sink: Sink<'_>) -> Verdict {
        if matches!(context.path.step, PathStep::Member(_)) {
            return self
                .report_at(self.plan.pointer(id), context.path, sink, || ViolationKind::Unknown { nearest: None });
        }
        self.report_at(self.plan.pointer(id), context.path, sink, || values::rule("false"))
    }

    /// Notes a violation of a node's keyword.
    fn report(
        &self,
        id: NodeId,
        keyword: &str,
        context: Context<'_>,
        sink: Sink<'_>,
        kind: impl FnOnce() -> ViolationKind,
    ) -> Verdict {
        if sink.is_none() {
            return Verdict::Invalid;
        }
        self.report_at(format!("{}/{keyword}", self.plan.pointer(id)), context.path, sink, kind)
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn report_at(
        &self,
        pointer: String,
        path: &Path<'_>,
        sink: Sink<'_>,
        kind: impl FnOnce() -> ViolationKind,
    ) -> Verdict {
        if let Some(violations) = sink {
            let (key, path) = path.split();
            violations.push(Violation { key, path, kind: kind(), pointer });
        }
        Verdict::Invalid
    }

    /// The candidate that was probably meant, as long as there is time to look.
    fn nearest<'a>(&self, word: &str, candidates: impl ExactSizeIterator<Item = &'a str>) -> Option<String> {
        let spent = self.comparisons.get() + candidates.len();
        if spent > MOST_COMPARISONS {
            return None;
        }
        self.comparisons.set(spent);
        nearest(word, candidates).map(str::to_owned)
    }
}
