//! Values against a compiled schema.

use std::collections::HashMap;

use serde_json::Value;

use super::foreign::Foreign;
use super::plan::{Id, Link, Node, Object, Plan, Test, escaped};
use super::value::{Typed, Types};
use super::violation::{Because, Bound, Violation, ViolationKind};

/// What is known about the values of an environment: a key that is missing here is not set, `None` is sealed.
pub(super) type Fields<'a> = HashMap<&'a str, Option<Typed<'a>>>;

/// A judgement that may have to wait for a value that nobody here can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn all(mut truths: impl Iterator<Item = Self>) -> Self {
        truths
            .try_fold(Self::Yes, |so_far, next| match next {
                Self::No => None,
                Self::Unknown => Some(Self::Unknown),
                Self::Yes => Some(so_far),
            })
            .unwrap_or(Self::No)
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// A check of one environment.
pub(super) struct Checker<'p, 'a> {
    pub(super) plan: &'p Plan,
    pub(super) foreign: &'p Foreign,
    pub(super) fields: &'a Fields<'a>,
    pub(super) found: Vec<Violation>,
}

impl<'p> Checker<'p, '_> {
    /// Tells everything that is wrong with the value of `key`. `pointer` is the place of `id` in the schema.
    pub(super) fn value(&mut self, key: &str, id: Id, value: &Typed<'_>, pointer: &str) {
        let node = &self.plan.nodes[id];
        let pointer = node.pointer.as_deref().unwrap_or(pointer);
        if node.foreign || node.nested && matches!(value, Typed::Nested(_)) {
            let errors = self.foreign.errors(pointer, &value.to_value());
            self.found.extend(errors.into_iter().map(|(kind, pointer)| Violation {
                key: Some(key.to_owned()),
                kind,
                pointer,
            }));
            return;
        }
        if node.never {
            self.add(key, ViolationKind::Rule { keyword: "false".to_owned() }, pointer.to_owned());
            return;
        }
        if !is_type(node, value) {
            self.add(key, ViolationKind::WrongType { expected: node.types }, format!("{pointer}/type"));
            // The other keywords would only say again that it is no number.
            return;
        }
        for test in &node.tests {
            if !holds(test, value, self.foreign) {
                let (keyword, kind) = told(test);
                self.add(key, kind, format!("{pointer}/{keyword}"));
            }
        }
        for link in &node.links {
            self.value_link(key, link, value, pointer);
        }
    }

    fn value_link(&mut self, key: &str, link: &'p Link, value: &Typed<'_>, pointer: &str) {
        match link {
            Link::Reference(id) => self.value(key, *id, value, &format!("{pointer}/$ref")),
            Link::AllOf(ids) => {
                for (index, id) in ids.iter().enumerate() {
                    self.value(key, *id, value, &format!("{pointer}/allOf/{index}"));
                }
            }
            Link::AnyOf(ids) | Link::OneOf(ids) => {
                let keyword = if matches!(link, Link::AnyOf(_)) { "anyOf" } else { "oneOf" };
                let valid = ids.iter().filter(|id| self.valid(**id, value)).count();
                if valid == 1 || valid > 1 && keyword == "anyOf" {
                    return;
                }
                // If just one of them is meant for this type, its own words say more.
                let mut meant = ids.iter().enumerate().filter(|(_, id)| is_type(&self.plan.nodes[**id], value));
                match (valid, meant.next(), meant.next()) {
                    (0, Some((index, id)), None) => {
                        self.value(key, *id, value, &format!("{pointer}/{keyword}/{index}"))
                    }
                    (0, None, _) => {
                        let expected = ids.iter().map(|id| self.plan.nodes[*id].reads).fold(Types::NONE, Types::or);
                        self.add(key, ViolationKind::WrongType { expected }, format!("{pointer}/{keyword}"));
                    }
                    _ => self.add(
                        key,
                        ViolationKind::Rule { keyword: keyword.to_owned() },
                        format!("{pointer}/{keyword}"),
                    ),
                }
            }
            Link::Not(id) => {
                if self.valid(*id, value) {
                    let lists = matches!(self.plan.nodes[*id].tests.as_slice(), [Test::Enum(_) | Test::Const(_)]);
                    let kind = if lists {
                        ViolationKind::Forbidden
                    } else {
                        ViolationKind::Rule { keyword: "not".to_owned() }
                    };
                    self.add(key, kind, format!("{pointer}/not"));
                }
            }
            Link::If { condition, then, otherwise } => {
                let (branch, name) = if self.valid(*condition, value) { (then, "then") } else { (otherwise, "else") };
                if let Some(id) = branch {
                    self.value(key, *id, value, &format!("{pointer}/{name}"));
                }
            }
        }
    }

    /// Whether a value is valid, without a word about why not.
    fn valid(&self, id: Id, value: &Typed<'_>) -> bool {
        let node = &self.plan.nodes[id];
        if node.foreign || node.nested && matches!(value, Typed::Nested(_)) {
            // The crate decides whole properties only; a part of one is judged by asking it for that part's place.
            return match &node.pointer {
                Some(pointer) => self.foreign.errors(pointer, &value.to_value()).is_empty(),
                None => true,
            };
        }
        !node.never
            && is_type(node, value)
            && node.tests.iter().all(|test| holds(test, value, self.foreign))
            && node.links.iter().all(|link| match link {
                Link::Reference(id) => self.valid(*id, value),
                Link::AllOf(ids) => ids.iter().all(|id| self.valid(*id, value)),
                Link::AnyOf(ids) => ids.iter().any(|id| self.valid(*id, value)),
                Link::OneOf(ids) => ids.iter().filter(|id| self.valid(**id, value)).count() == 1,
                Link::Not(id) => !self.valid(*id, value),
                Link::If { condition, then, otherwise } => {
                    let branch = if self.valid(*condition, value) { then } else { otherwise };
                    branch.is_none_or(|id| self.valid(id, value))
                }
            })
    }

    /// Tells everything that is wrong with the environment as a whole.
    pub(super) fn root(&mut self, id: Id, pointer: &str, because: &Because) {
        let node = &self.plan.nodes[id];
        let pointer = node.pointer.as_deref().unwrap_or(pointer);
        if node.never || !node.types.has(Types::OBJECT) {
            let keyword = if node.never { "false" } else { "type" };
            self.found.push(Violation {
                key: None,
                kind: ViolationKind::Rule { keyword: keyword.to_owned() },
                pointer: pointer.to_owned(),
            });
            return;
        }
        for test in &node.tests {
            let whole = Typed::Nested(Value::Object(self.known()));
            if matches!(test, Test::Enum(_) | Test::Const(_))
                && !self.has_unknown()
                && !holds(test, &whole, self.foreign)
            {
                self.rule(told(test).0, pointer);
            }
        }
        if let Some(object) = &node.object {
            self.members(object, pointer, because);
        }
        for link in &node.links {
            match link {
                Link::Reference(id) => self.root(*id, &format!("{pointer}/$ref"), because),
                Link::AllOf(ids) => {
                    for (index, id) in ids.iter().enumerate() {
                        self.root(*id, &format!("{pointer}/allOf/{index}"), because);
                    }
                }
                Link::If { condition, then, otherwise } => {
                    let (branch, name) = match self.root_valid(*condition) {
                        Truth::Yes => (then, "then"),
                        Truth::No => (otherwise, "else"),
                        Truth::Unknown => continue,
                    };
                    if let Some(id) = branch {
                        self.root(*id, &format!("{pointer}/{name}"), &Because::Rule);
                    }
                }
                Link::AnyOf(_) | Link::OneOf(_) | Link::Not(_) => {
                    if self.root_link(link) == Truth::No {
                        self.rule(
                            match link {
                                Link::AnyOf(_) => "anyOf",
                                Link::OneOf(_) => "oneOf",
                                _ => "not",
                            },
                            pointer,
                        );
                    }
                }
            }
        }
    }

    fn members(&mut self, object: &'p Object, pointer: &str, because: &Because) {
        for (key, value) in self.fields {
            let mut declared = false;
            if let Some(id) = object.properties.get(*key) {
                declared = true;
                if let Some(value) = value
                    && !self.valid(*id, value)
                {
                    self.value(key, *id, value, &format!("{pointer}/properties/{}", escaped(key)));
                }
            }
            if let Some(patterns) = &object.patterns {
                patterns.each_match(key, |index| {
                    declared = true;
                    let (Some(value), Some(id)) = (value, object.pattern_nodes.get(index)) else { return };
                    if !self.valid(*id, value) {
                        self.value(
                            key,
                            *id,
                            value,
                            &format!("{pointer}/patternProperties/{}", escaped(patterns.source(index))),
                        );
                    }
                });
            }
            if let Some(id) = object.additional.filter(|_| !declared) {
                let place = format!("{pointer}/additionalProperties");
                if self.plan.nodes[id].never {
                    self.add(key, ViolationKind::Unknown, place);
                } else if let Some(value) = value {
                    self.value(key, id, value, &place);
                }
            }
            if object.names.is_some_and(|id| !self.valid(id, &Typed::Text(key))) {
                self.add(key, ViolationKind::Unknown, format!("{pointer}/propertyNames"));
            }
        }
        for key in object.required.iter().filter(|key| !self.fields.contains_key(key.as_str())) {
            self.add(key, ViolationKind::Missing { because: because.clone() }, format!("{pointer}/required"));
        }
        for (key, needs) in object.dependent_required.iter().filter(|(key, _)| self.fields.contains_key(key.as_str())) {
            for need in needs.iter().filter(|need| !self.fields.contains_key(need.as_str())) {
                self.add(
                    need,
                    ViolationKind::Missing { because: Because::Key(key.clone()) },
                    format!("{pointer}/dependentRequired/{}", escaped(key)),
                );
            }
        }
        for (key, id) in object.dependent_schemas.iter().filter(|(key, _)| self.fields.contains_key(key.as_str())) {
            self.root(*id, &format!("{pointer}/dependentSchemas/{}", escaped(key)), &Because::Key(key.clone()));
        }
        let count = self.fields.len() as u64;
        for (limit, short, keyword) in [(object.min, true, "minProperties"), (object.max, false, "maxProperties")] {
            if let Some(limit) = limit.filter(|limit| if short { count < *limit } else { count > *limit }) {
                let kind = ViolationKind::BadLength { short, limit, unit: "keys" };
                self.found.push(Violation { key: None, kind, pointer: format!("{pointer}/{keyword}") });
            }
        }
    }

    fn root_valid(&self, id: Id) -> Truth {
        let node = &self.plan.nodes[id];
        if node.never || !node.types.has(Types::OBJECT) {
            return Truth::No;
        }
        let whole = || Typed::Nested(Value::Object(self.known()));
        let tests = node.tests.iter().map(|test| match test {
            Test::Enum(_) | Test::Const(_) if self.has_unknown() => Truth::Unknown,
            Test::Enum(_) | Test::Const(_) => Truth::of(holds(test, &whole(), self.foreign)),
            _ => Truth::Yes,
        });
        let object = node.object.iter().map(|object| self.members_valid(object));
        Truth::all(tests.chain(object).chain(node.links.iter().map(|link| self.root_link(link))))
    }

    fn root_link(&self, link: &Link) -> Truth {
        match link {
            Link::Reference(id) => self.root_valid(*id),
            Link::AllOf(ids) => Truth::all(ids.iter().map(|id| self.root_valid(*id))),
            Link::AnyOf(ids) => Truth::all(ids.iter().map(|id| self.root_valid(*id).not())).not(),
            Link::OneOf(ids) => {
                let truths: Vec<_> = ids.iter().map(|id| self.root_valid(*id)).collect();
                let count = |wanted| truths.iter().filter(|truth| **truth == wanted).count();
                match (count(Truth::Yes), count(Truth::Unknown)) {
                    (valid, 0) => Truth::of(valid == 1),
                    (0 | 1, _) => Truth::Unknown,
                    _ => Truth::No,
                }
            }
            Link::Not(id) => self.root_valid(*id).not(),
            Link::If { condition, then, otherwise } => {
                let branch = match self.root_valid(*condition) {
                    Truth::Yes => then,
                    Truth::No => otherwise,
                    Truth::Unknown => return Truth::Unknown,
                };
                branch.map_or(Truth::Yes, |id| self.root_valid(id))
            }
        }
    }

    fn members_valid(&self, object: &Object) -> Truth {
        let set = |key: &String| self.fields.contains_key(key.as_str());
        let count = self.fields.len() as u64;
        let dependent = object.dependent_required.iter().filter(|(key, _)| set(key));
        let counted = object.min.is_none_or(|min| count >= min) && object.max.is_none_or(|max| count <= max);
        if !counted || !object.required.iter().all(set) || !dependent.flat_map(|(_, needs)| needs).all(set) {
            return Truth::No;
        }
        let judge = |id: Id, value: &Option<Typed<'_>>| match value {
            _ if self.plan.nodes[id].never => Truth::No,
            Some(value) => Truth::of(self.valid(id, value)),
            None => Truth::Unknown,
        };
        let schemas = object.dependent_schemas.iter().filter(|(key, _)| set(key)).map(|(_, id)| self.root_valid(*id));
        // With nothing but `properties`, as in most conditions, only the named keys need a look.
        if object.patterns.is_none() && object.additional.is_none() && object.names.is_none() {
            let named =
                object.properties.iter().filter_map(|(key, id)| Some(judge(*id, self.fields.get(key.as_str())?)));
            return Truth::all(schemas.chain(named));
        }
        let members = self.fields.iter().map(|(key, value)| {
            let mut truths = Vec::new();
            truths.extend(object.properties.get(*key).map(|id| judge(*id, value)));
            if let Some(patterns) = &object.patterns {
                patterns.each_match(key, |index| {
                    truths.extend(object.pattern_nodes.get(index).map(|id| judge(*id, value)))
                });
            }
            if truths.is_empty() {
                truths.extend(object.additional.map(|id| judge(id, value)));
            }
            truths.extend(object.names.map(|id| Truth::of(self.valid(id, &Typed::Text(key)))));
            Truth::all(truths.into_iter())
        });
        Truth::all(schemas.chain(members))
    }

    fn has_unknown(&self) -> bool {
        self.fields.values().any(Option::is_none)
    }

    fn known(&self) -> serde_json::Map<String, Value> {
        let known = self.fields.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.as_ref()?.to_value())));
        known.collect()
    }

    fn rule(&mut self, keyword: &str, pointer: &str) {
        let kind = ViolationKind::Rule { keyword: keyword.to_owned() };
        self.found.push(Violation { key: None, kind, pointer: format!("{pointer}/{keyword}") });
    }

    fn add(&mut self, key: &str, kind: ViolationKind, pointer: String) {
        self.found.push(Violation { key: Some(key.to_owned()), kind, pointer });
    }
}

fn is_type(node: &Node, value: &Typed<'_>) -> bool {
    let kind = value.kind();
    node.types.has(kind) || kind == Types::INTEGER && node.types.has(Types::NUMBER)
}

/// Whether a keyword holds; a keyword about another type always does.
fn holds(test: &Test, value: &Typed<'_>, foreign: &Foreign) -> bool {
    let length = |text: &str| text.chars().count() as u64;
    match (test, value) {
        (Test::Enum(allowed), _) => allowed.iter().any(|allowed| equal(allowed, value)),
        (Test::Const(allowed), _) => equal(allowed, value),
        (Test::Bound(bound, limit, _), _) => value.number().is_none_or(|number| match bound {
            Bound::Minimum => number >= *limit,
            Bound::ExclusiveMinimum => number > *limit,
            Bound::Maximum => number <= *limit,
            Bound::ExclusiveMaximum => number < *limit,
            Bound::MultipleOf => is_multiple(number, *limit),
        }),
        // Bytes are at least as many as characters; most texts need not be counted.
        (Test::MinLength(limit), Typed::Text(text)) => (text.len() as u64) >= *limit && length(text) >= *limit,
        (Test::MaxLength(limit), Typed::Text(text)) => (text.len() as u64) <= *limit || length(text) <= *limit,
        (Test::Pattern(pattern), Typed::Text(text)) => pattern.is_match(text),
        (Test::Format(format), Typed::Text(text)) => (format.accepts)(text),
        // The crate asks fluent-uri too; this way the common case does not have to build it.
        (Test::Standard("uri"), Typed::Text(text)) => fluent_uri::Uri::parse(*text).is_ok(),
        (Test::Standard(name), Typed::Text(text)) => foreign.is_format(name, text),
        _ => true,
    }
}

fn is_multiple(number: f64, of: f64) -> bool {
    let quotient = number / of;
    // 0.3 is a multiple of 0.1 although no double says so; the tolerance is the error of one division.
    quotient.is_finite() && (quotient - quotient.round()).abs() <= quotient.abs() * f64::EPSILON
}

fn equal(expected: &Value, value: &Typed<'_>) -> bool {
    match (expected, value) {
        (Value::String(expected), Typed::Text(text)) => expected == text,
        (Value::Bool(expected), Typed::Boolean(boolean)) => expected == boolean,
        (Value::Null, Typed::Null) => true,
        (Value::Number(expected), Typed::Integer(text)) if !expected.is_f64() => {
            // Exact, so that neighbours beyond 2^53 stay apart.
            text.parse::<i128>().ok() == expected.to_string().parse::<i128>().ok()
        }
        (Value::Number(expected), _) => value.number().is_some_and(|number| expected.as_f64() == Some(number)),
        (Value::Array(_) | Value::Object(_), Typed::Nested(nested)) => same(expected, nested),
        _ => false,
    }
}

/// JSON equality: `1` and `1.0` are the same, the order of members does not matter.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// The keyword, and what is to be told when it does not hold.
fn told(test: &Test) -> (&'static str, ViolationKind) {
    let spelled = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match test {
        Test::Enum(allowed) => ("enum", ViolationKind::NotAllowed { allowed: allowed.iter().map(spelled).collect() }),
        Test::Const(allowed) => ("const", ViolationKind::NotAllowed { allowed: vec![spelled(allowed)] }),
        Test::Bound(bound, _, limit) => {
            let keyword = match bound {
                Bound::Minimum => "minimum",
                Bound::ExclusiveMinimum => "exclusiveMinimum",
                Bound::Maximum => "maximum",
                Bound::ExclusiveMaximum => "exclusiveMaximum",
                Bound::MultipleOf => "multipleOf",
            };
            (keyword, ViolationKind::OutOfRange { bound: *bound, limit: limit.clone() })
        }
        Test::MinLength(limit) => {
            ("minLength", ViolationKind::BadLength { short: true, limit: *limit, unit: "characters" })
        }
        Test::MaxLength(limit) => {
            ("maxLength", ViolationKind::BadLength { short: false, limit: *limit, unit: "characters" })
        }
        Test::Pattern(pattern) => ("pattern", ViolationKind::Pattern { pattern: pattern.source.clone() }),
        Test::Format(format) => ("format", ViolationKind::Format { name: format.name.to_owned() }),
        Test::Standard(name) => ("format", ViolationKind::Format { name: (*name).to_owned() }),
    }
}
