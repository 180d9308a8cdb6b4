//! The checks of single values and of lists.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::Value;

use super::{Checker, Context, Sink, Verdict};
use crate::schema::numbers::Numeral;
use crate::schema::plan::{Bound, Check, NodeId};
use crate::schema::view::{View, canonical};
use crate::schema::violation::{Unit, ViolationKind};

impl<'s> Checker<'s> {
    /// Checks that look at the value itself; those about lists and objects are fulfilled.
    pub(super) fn about_value(
        &self,
        id: NodeId,
        check: &'s Check,
        view: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        match (check, view) {
            (Check::Types(types), _) if !view.is(*types, self.plan.whole_floats_are_integers) => {
                self.report(id, "type", context, sink, || ViolationKind::WrongType { expected: types.names() })
            }
            (Check::OneOfValues { values, keyword }, _) => self.listed(id, values, keyword, view, context, sink),
            (_, View::Number(number)) => self.about_number(id, check, number, context, sink),
            (_, View::Text(text)) => self.about_text(id, check, text, context, sink),
            _ => Verdict::Valid,
        }
    }

    fn listed(
        &self,
        id: NodeId,
        values: &'s [Value],
        keyword: &str,
        view: View<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let mut verdict = Verdict::Invalid;
        for value in values {
            match view.equals(value) {
                Some(true) => return Verdict::Valid,
                Some(false) => {}
                None => verdict = Verdict::Unknown,
            }
        }
        if verdict == Verdict::Unknown {
            return verdict;
        }
        self.report(id, keyword, context, sink, || self.not_allowed(values.iter().collect(), Vec::new(), view, context))
    }

    /// The listed values as texts, and the one that was probably meant.
    pub(super) fn not_allowed(
        &self,
        values: Vec<&Value>,
        types: Vec<&'static str>,
        view: View<'_>,
        context: Context<'_>,
    ) -> ViolationKind {
        let allowed: Vec<String> = values.into_iter().map(written).collect();
        let is_secret = || context.path.split().0.is_none_or(|key| (self.is_secret)(&key));
        let nearest = match view {
            View::Text(text) if !is_secret() => {
                let near = self.nearest(text, allowed.iter().map(String::as_str));
                near.or_else(|| written_out(text, &allowed).cloned())
            }
            _ => None,
        };
        ViolationKind::NotAllowed { allowed, nearest, types }
    }

    fn about_number(
        &self,
        id: NodeId,
        check: &Check,
        number: Numeral<'_>,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let is_beyond = |limit: &Bound, exclusive: bool, side: Ordering| {
            let order = number.compare(*limit);
            order == Some(side) || exclusive && order == Some(Ordering::Equal)
        };
        match check {
            Check::Minimum { limit, exclusive, keyword } if is_beyond(limit, *exclusive, Ordering::Less) => self
                .report(id, keyword, context, sink, || ViolationKind::BelowMinimum {
                    limit: limit.to_string(),
                    exclusive: *exclusive,
                }),
            Check::Maximum { limit, exclusive, keyword } if is_beyond(limit, *exclusive, Ordering::Greater) => self
                .report(id, keyword, context, sink, || ViolationKind::AboveMaximum {
                    limit: limit.to_string(),
                    exclusive: *exclusive,
                }),
            Check::MultipleOf(of) if !number.is_multiple_of(*of) => {
                self.report(id, "multipleOf", context, sink, || ViolationKind::NotMultiple { of: of.to_string() })
            }
            _ => Verdict::Valid,
        }
    }

    fn about_text(&self, id: NodeId, check: &Check, text: &str, context: Context<'_>, sink: Sink<'_>) -> Verdict {
        match check {
            Check::MinLength(_) | Check::MaxLength(_) => {
                let length = if text.is_ascii() { text.len() } else { text.chars().count() };
                self.length(id, check, length, context, sink)
            }
            Check::Pattern(pattern) if !pattern.is_match(text) => {
                let pattern = pattern.source();
                self.report(id, "pattern", context, sink, || ViolationKind::Pattern { pattern: pattern.to_owned() })
            }
            Check::Format(format) if !format.accepts(text) => {
                let name = format.name();
                self.report(id, "format", context, sink, || ViolationKind::Format { name: name.to_owned() })
            }
            Check::Content(validator) if !validator.is_valid(&Value::from(text)) => {
                let keyword = "contentEncoding";
                self.report(id, keyword, context, sink, || rule(keyword))
            }
            _ => Verdict::Valid,
        }
    }

    /// Checks about lists; the rest goes to [`Checker::about_value`].
    pub(super) fn about_array(
        &self,
        id: NodeId,
        check: &'s Check,
        items: &[Value],
        context: Context<'_>,
        mut sink: Sink<'_>,
    ) -> Verdict {
        match check {
            Check::MinItems(_) | Check::MaxItems(_) => self.length(id, check, items.len(), context, sink),
            Check::UniqueItems => {
                let mut seen = HashSet::new();
                if items.iter().all(|item| seen.insert(canonical(item))) {
                    return Verdict::Valid;
                }
                self.report(id, "uniqueItems", context, sink, || rule("uniqueItems"))
            }
            Check::PrefixItems(nodes) => {
                let pairs = items.iter().zip(nodes.iter()).enumerate();
                let verdicts = pairs.map(|(index, (item, node))| {
                    let path = context.path.index(index);
                    self.node(*node, View::from(item), Context { path: &path, ..context }, sink.as_deref_mut())
                });
                verdicts.max().unwrap_or(Verdict::Valid)
            }
            Check::Items { node, from } => {
                let rest = items.iter().enumerate().skip(*from);
                let verdicts = rest.map(|(index, item)| {
                    let path = context.path.index(index);
                    self.node(*node, View::from(item), Context { path: &path, ..context }, sink.as_deref_mut())
                });
                verdicts.max().unwrap_or(Verdict::Valid)
            }
            Check::Contains { node, least, most } => {
                let fulfils = |item: &&Value| self.node(*node, View::from(*item), context, None) == Verdict::Valid;
                let count = items.iter().filter(fulfils).count() as u64;
                let keyword = match most {
                    _ if count < *least && *least == 1 => "contains",
                    _ if count < *least => "minContains",
                    Some(most) if count > *most => "maxContains",
                    _ => return Verdict::Valid,
                };
                self.report(id, keyword, context, sink, || rule(keyword))
            }
            _ => self.about_value(id, check, View::Array(items), context, sink),
        }
    }

    /// `minLength` and its kin, for texts, lists and objects.
    pub(super) fn length(
        &self,
        id: NodeId,
        check: &Check,
        length: usize,
        context: Context<'_>,
        sink: Sink<'_>,
    ) -> Verdict {
        let (keyword, limit, unit) = match check {
            Check::MinLength(limit) => ("minLength", *limit, Unit::Characters),
            Check::MaxLength(limit) => ("maxLength", *limit, Unit::Characters),
            Check::MinItems(limit) => ("minItems", *limit, Unit::Items),
            Check::MaxItems(limit) => ("maxItems", *limit, Unit::Items),
            Check::MinProperties(limit) => ("minProperties", *limit, Unit::Members),
            Check::MaxProperties(limit) => ("maxProperties", *limit, Unit::Members),
            _ => return Verdict::Valid,
        };
        let length = length as u64;
        if keyword.starts_with("min") && length < limit {
            self.report(id, keyword, context, sink, || ViolationKind::TooShort { limit, unit })
        } else if keyword.starts_with("max") && length > limit {
            self.report(id, keyword, context, sink, || ViolationKind::TooLong { limit, unit })
        } else {
            Verdict::Valid
        }
    }
}

/// A value of the schema as people write it in an env file.
pub(in crate::schema) fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// That a keyword is broken which has no kind of its own.
pub(in crate::schema) fn rule(keyword: &str) -> ViolationKind {
    ViolationKind::Rule { keyword: keyword.to_owned(), over: None }
}

/// The one value that `text` is short for: `WARN` for `WARNING`.
fn written_out<'a>(text: &str, allowed: &'a [String]) -> Option<&'a String> {
    let begins = |known: &&String| known.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    let mut found = allowed.iter().filter(begins).filter(|_| text.len() > 2);
    found.next().filter(|_| found.next().is_none())
}
