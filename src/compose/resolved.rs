//! Services as Compose starts them: each variable replaced by its value, else by its default, as far as that is known.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::Service;
use crate::interpolation::{Budget, Outcome, expand, interpolates};
use crate::source::{SourceId, Span};
use crate::tree::{Node, Pair, Value};

/// What is known of a variable.
pub enum Known {
    /// It has this value, which is set there.
    Set(String, Span),
    /// Nothing sets it.
    Unset,
    /// It has a value that cannot be told, or may have one.
    Unknown,
}

/// Where a text comes from that is not written in the file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What stands in the file.
    pub written: String,
    /// The variables that have a value, each with the place where it is set.
    pub set: Vec<(String, Span)>,
    /// Those that fall back to a default.
    pub defaults: Vec<String>,
}

/// Services with their variables replaced.
pub struct Resolved {
    /// In the order of the application.
    pub services: Vec<Service>,
    origins: BTreeMap<(SourceId, u32), Origin>,
}

/// What a program is given, which is not how it is started.
const LEFT: &[&str] = &["environment", "build", "labels", "annotations", "command", "entrypoint", "env_file"];

impl Resolved {
    /// The services of an application; a text of which one variable is not known stays as it is written.
    #[must_use]
    pub fn of(services: &[Service], known: &dyn Fn(&str) -> Known) -> Self {
        let mut resolver =
            Resolver { known, budget: Budget::default(), origins: BTreeMap::new(), seen: HashMap::new() };
        let one = |service: &Service| Service {
            name: service.name.clone(),
            span: service.span,
            node: resolver.service(&service.node),
            partial: service.partial,
        };
        let services = services.iter().map(one).collect();
        Self { services, origins: resolver.origins }
    }

    /// Where the text that stands in a place comes from; `None` where it is written there as it is.
    #[must_use]
    pub fn origin(&self, span: Span) -> Option<&Origin> {
        let within = (Bound::Included((span.source, span.start)), Bound::Excluded((span.source, span.end)));
        (span.start < span.end).then(|| self.origins.range(within).next()).flatten().map(|(_, origin)| origin)
    }
}

struct Resolver<'r> {
    known: &'r dyn Fn(&str) -> Known,
    budget: Budget,
    origins: BTreeMap<(SourceId, u32), Origin>,
    /// What an anchor gave is the same wherever it is merged.
    seen: HashMap<*const Node, Arc<Node>>,
}

impl Resolver<'_> {
    fn service(&mut self, node: &Arc<Node>) -> Arc<Node> {
        let Value::Map(pairs) = &node.value else { return Arc::clone(node) };
        let mut one = |pair: &Pair| {
            if LEFT.contains(&pair.key.as_str()) {
                return pair.clone();
            }
            Pair { value: self.node(&pair.value), ..pair.clone() }
        };
        let pairs = pairs.iter().map(&mut one).collect();
        Node::new(Value::Map(pairs), node.span, node.tag).map_or_else(|| Arc::clone(node), Arc::new)
    }

    fn node(&mut self, node: &Arc<Node>) -> Arc<Node> {
        if let Some(known) = self.seen.get(&Arc::as_ptr(node)) {
            return Arc::clone(known);
        }
        let value = match &node.value {
            Value::Scalar { text, plain } if interpolates(text) => {
                self.text(text, node.span).map(|text| Value::Scalar { text, plain: *plain })
            }
            Value::Map(pairs) => {
                let one = |pair: &Pair| Pair { value: self.node(&pair.value), ..pair.clone() };
                Some(Value::Map(pairs.iter().map(one).collect()))
            }
            Value::List(items) => Some(Value::List(items.iter().map(|item| self.node(item)).collect())),
            _ => None,
        };
        let own = value.and_then(|value| Node::new(value, node.span, node.tag)).map(Arc::new);
        let own = own.unwrap_or_else(|| Arc::clone(node));
        self.seen.insert(Arc::as_ptr(node), Arc::clone(&own));
        own
    }

    /// A text with its variables replaced, a dollar sign of a value doubled as one of the file is; `None` where one of them
    /// is not known, or nothing is left.
    fn text(&mut self, written: &str, span: Span) -> Option<String> {
        let (known, mut set, mut is_unknown) = (self.known, Vec::new(), false);
        let mut lookup = |name: &str| match known(name) {
            Known::Set(text, place) => {
                set.push((name.to_owned(), place));
                Some(Cow::<str>::Owned(text))
            }
            Known::Unset => None,
            Known::Unknown => {
                is_unknown = true;
                None
            }
        };
        let expansion = expand(written, &mut lookup, &mut self.budget).ok()?;
        let is_open = |outcome: &Outcome| matches!(outcome, Outcome::Undefined | Outcome::Missing);
        if is_unknown || expansion.text.is_empty() || expansion.resolved.iter().any(|one| is_open(&one.outcome)) {
            return None;
        }
        let falls_back = expansion.resolved.iter().filter(|one| one.outcome == Outcome::Default);
        let mut defaults: Vec<_> = falls_back.map(|one| one.reference.name.to_owned()).collect();
        defaults.dedup();
        set.retain(|(name, _)| !defaults.contains(name));
        set.dedup();
        if !(set.is_empty() && defaults.is_empty()) {
            let origin = Origin { written: written.to_owned(), set, defaults };
            self.origins.insert((span.source, span.start), origin);
        }
        Some(expansion.text.replace('$', "$$"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::tree::yaml;

    #[test]
    fn texts_with_their_variables() {
        let source = Sources::default().add("a.yml", "");
        let known = |name: &str| match name {
            "SET" => Known::Set("7".to_owned(), Span::new(source, 0..0)),
            "DOLLAR" => Known::Set("a$b".to_owned(), Span::new(source, 0..0)),
            "SECRET" => Known::Unknown,
            _ => Known::Unset,
        };
        for (written, expected, defaults, set) in [
            ("${A:-true}", Some("true"), "A", ""),
            ("${SET:-1}", Some("7"), "", "SET"),
            ("x:${SET}-${A-b}", Some("x:7-b"), "A", "SET"),
            ("${SET:+on}", Some("on"), "", "SET"),
            ("${DOLLAR}", Some("a$$b"), "", "DOLLAR"),
            ("$$SET", Some("$$SET"), "", ""),
            ("${A:+on}b", Some("b"), "", ""),
            ("${A}", None, "", ""),
            ("${A:?no}", None, "", ""),
            ("${A:-}", None, "", ""),
            ("${SECRET:-1}", None, "", ""),
            ("${A:-${SECRET}}", None, "", ""),
            ("${A", None, "", ""),
        ] {
            let text = format!("services: {{a: {{image: '{written}', environment: ['X={written}']}}}}");
            let documents = yaml::parse(source, &text).unwrap_or_else(|_| panic!("{text}"));
            let node = documents.roots[0].find(&["services", "a"]).map(|node| Arc::new(node.clone()));
            let node = node.unwrap_or_else(|| panic!("{text}"));
            let service = Service { name: "a".to_owned(), span: node.span, node, partial: false };
            let resolved = Resolved::of(&[service], &known);
            let (image, given) = (resolved.services[0].get("image"), resolved.services[0].environment());
            let image = image.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(image.text(), Some(expected.unwrap_or(written)), "{written}");
            assert_eq!(given[0].value.text(), Some(written), "{written}");
            let origin = resolved.origin(image.span);
            let names =
                |set: &[(String, Span)]| set.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ");
            let found = origin.map(|origin| (origin.defaults.join(" "), names(&origin.set)));
            assert_eq!(found.unwrap_or_default(), (defaults.to_owned(), set.to_owned()), "{written}");
        }
    }
}
