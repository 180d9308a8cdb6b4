//! A schema compiled for values that are mostly scalars: what a run of `validate` spends its time in.
//!
//! JSON Schema's keywords are checked here where configuration schemas use them; everything else goes to the
//! `jsonschema` crate. `tests/schema.rs` proves that both agree.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::SchemaError;
use super::formats::{self, Format};
use super::pattern::{Pattern, PatternSet};
use super::value::Types;
use super::violation::Bound;

/// Index into [`Plan::nodes`].
pub(super) type Id = usize;

/// How many schemas may refer to one another in a row.
const DEPTH: usize = 128;

/// A compiled document.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Node>,
    pub(super) root: Id,
}

/// One schema.
#[derive(Debug)]
pub(super) struct Node {
    /// The types that `type` allows; all where it is missing.
    pub(super) types: Types,
    /// The types as which a text is read: what `type`, `enum` and the sub-schemas leave.
    pub(super) reads: Types,
    pub(super) tests: Vec<Test>,
    pub(super) links: Vec<Link>,
    pub(super) object: Option<Box<Object>>,
    /// `false`: nothing is valid.
    pub(super) never: bool,
    /// A keyword of this schema, or of one below it, is not compiled here.
    pub(super) foreign: bool,
    /// A keyword of this schema, or of one below it, looks into lists or maps.
    pub(super) nested: bool,
    /// Where a `$ref` led here, the place of the target.
    pub(super) pointer: Option<String>,
}

/// A keyword about a scalar.
#[derive(Debug)]
pub(super) enum Test {
    Enum(Vec<Value>),
    Const(Value),
    Bound(Bound, f64, String),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Arc<Pattern>),
    Format(&'static Format),
    /// A format that the crate checks.
    Standard(&'static str),
}

/// A sub-schema about the same value.
#[derive(Debug)]
pub(super) enum Link {
    Reference(Id),
    AllOf(Vec<Id>),
    AnyOf(Vec<Id>),
    OneOf(Vec<Id>),
    Not(Id),
    If { condition: Id, then: Option<Id>, otherwise: Option<Id> },
}

/// The keywords about the members of a map.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub(super) properties: HashMap<String, Id>,
    pub(super) patterns: Option<PatternSet>,
    pub(super) pattern_nodes: Vec<Id>,
    pub(super) additional: Option<Id>,
    pub(super) names: Option<Id>,
    pub(super) required: Vec<String>,
    pub(super) dependent_required: Vec<(String, Vec<String>)>,
    pub(super) dependent_schemas: Vec<(String, Id)>,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

/// How a document is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

impl Draft {
    pub(super) fn of(document: &Value) -> Option<Self> {
        let Some(uri) = document.get("$schema") else { return Some(Self::D2020) };
        let uri = uri.as_str()?.trim_end_matches('#').trim_end_matches('/');
        let name = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
        Some(match name {
            "json-schema.org/draft-04/schema" => Self::D4,
            "json-schema.org/draft-06/schema" => Self::D6,
            "json-schema.org/draft-07/schema" => Self::D7,
            "json-schema.org/draft/2019-09/schema" => Self::D2019,
            "json-schema.org/draft/2020-12/schema" => Self::D2020,
            _ => return None,
        })
    }
}

/// Compiles a document.
pub(super) struct Compiler<'d> {
    document: &'d Value,
    draft: Draft,
    nodes: Vec<Node>,
    references: HashMap<String, Id>,
    patterns: HashMap<String, Arc<Pattern>>,
}

type Compiled<T> = Result<T, SchemaError>;

impl<'d> Compiler<'d> {
    pub(super) fn new(document: &'d Value, draft: Draft) -> Self {
        Self { document, draft, nodes: Vec::new(), references: HashMap::new(), patterns: HashMap::new() }
    }

    /// Compiles the document itself.
    pub(super) fn root(&mut self) -> Compiled<Id> {
        // Reserved first, so that `$ref: "#"` finds it.
        let root = self.reserve();
        self.references.insert(String::new(), root);
        self.fill(root, self.document, "", 0)?;
        Ok(root)
    }

    /// Compiles a fragment that stands at `pointer`, such as `x-sparkcfg.in.prod` of a property.
    pub(super) fn fragment(&mut self, schema: &Value, pointer: &str) -> Compiled<Id> {
        self.schema(schema, pointer, 0)
    }

    pub(super) fn finish(self, root: Id) -> Compiled<Plan> {
        let mut plan = Plan { nodes: self.nodes, root };
        plan.refuse_cycles()?;
        plan.spread();
        Ok(plan)
    }

    fn reserve(&mut self) -> Id {
        self.nodes.push(Node {
            types: Types::ALL,
            reads: Types::ALL,
            tests: Vec::new(),
            links: Vec::new(),
            object: None,
            never: false,
            foreign: false,
            nested: false,
            pointer: None,
        });
        self.nodes.len() - 1
    }

    fn schema(&mut self, schema: &Value, pointer: &str, depth: usize) -> Compiled<Id> {
        // A property that is nothing but a reference is the schema referred to.
        if let Some(Value::String(reference)) = schema.get("$ref")
            && schema.as_object().is_some_and(|members| members.len() == 1)
        {
            return self.reference(reference, pointer, depth);
        }
        let id = self.reserve();
        self.fill(id, schema, pointer, depth)?;
        Ok(id)
    }

    fn fill(&mut self, id: Id, schema: &Value, pointer: &str, depth: usize) -> Compiled<()> {
        if depth > DEPTH {
            return Err(SchemaError::at(pointer, "schemas are nested or refer to each other more than 128 deep", ""));
        }
        match schema {
            Value::Bool(allows) => self.nodes[id].never = !allows,
            Value::Object(members) => self.members(id, members, pointer, depth)?,
            _ => return Err(SchemaError::at(pointer, "this must be a schema: an object, true or false", "")),
        }
        Ok(())
    }

    fn members(&mut self, id: Id, members: &Map<String, Value>, pointer: &str, depth: usize) -> Compiled<()> {
        if let Some(reference) = members.get("$ref") {
            let reference = self.text(reference, pointer, "$ref")?;
            let target = self.reference(reference, pointer, depth)?;
            self.nodes[id].links.push(Link::Reference(target));
            if self.draft <= Draft::D7 {
                // Up to draft 7 a `$ref` stands alone.
                return Ok(());
            }
        }
        let mut object = Object::default();
        let mut has_object = false;
        for (keyword, value) in members {
            let at = Place { pointer, keyword };
            if self.about_scalars(id, keyword, value, members, &at)?
                || self.link(id, keyword, value, members, &at, depth)?
            {
                continue;
            }
            match self.about_objects(&mut object, keyword, value, members, &at, depth)? {
                Some(true) => has_object = true,
                Some(false) => {}
                None => self.other(id, keyword),
            }
        }
        if has_object {
            self.nodes[id].nested = true;
            self.nodes[id].object = Some(Box::new(object));
        }
        Ok(())
    }

    fn about_scalars(
        &mut self,
        id: Id,
        keyword: &str,
        value: &Value,
        members: &Map<String, Value>,
        at: &Place<'_>,
    ) -> Compiled<bool> {
        let test = match keyword {
            "type" => {
                let types = Types::of_keyword(value);
                let named = value.as_array().map_or(1, Vec::len);
                if types == Types::NONE || named == 0 {
                    return Err(at.wrong("a type is one of string, integer, number, boolean, null, array and object"));
                }
                self.nodes[id].types = types;
                return Ok(true);
            }
            "enum" => Test::Enum(value.as_array().ok_or_else(|| at.wrong("this must be a list"))?.clone()),
            "const" if self.draft > Draft::D4 => Test::Const(value.clone()),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
                return self.bound(id, keyword, value, members, at).map(|()| true);
            }
            "minLength" => Test::MinLength(count(value, at)?),
            "maxLength" => Test::MaxLength(count(value, at)?),
            "pattern" => {
                let text = value.as_str().ok_or_else(|| at.wrong("this must be a text"))?;
                Test::Pattern(self.pattern(text, at)?)
            }
            "format" => match self.format(value, at)? {
                Some(test) => test,
                None => return Ok(true),
            },
            _ => return Ok(false),
        };
        self.nodes[id].tests.push(test);
        Ok(true)
    }

    fn bound(
        &mut self,
        id: Id,
        keyword: &str,
        value: &Value,
        members: &Map<String, Value>,
        at: &Place<'_>,
    ) -> Compiled<()> {
        let flag = |name: &str| self.draft == Draft::D4 && members.get(name) == Some(&Value::Bool(true));
        let bound = match keyword {
            "exclusiveMinimum" | "exclusiveMaximum" if value.is_boolean() && self.draft == Draft::D4 => return Ok(()),
            "minimum" if flag("exclusiveMinimum") => Bound::ExclusiveMinimum,
            "maximum" if flag("exclusiveMaximum") => Bound::ExclusiveMaximum,
            "minimum" => Bound::Minimum,
            "maximum" => Bound::Maximum,
            "exclusiveMinimum" => Bound::ExclusiveMinimum,
            "exclusiveMaximum" => Bound::ExclusiveMaximum,
            _ => Bound::MultipleOf,
        };
        let limit = value.as_f64().ok_or_else(|| at.wrong("this must be a number"))?;
        if bound == Bound::MultipleOf && limit <= 0.0 {
            return Err(at.wrong("this must be greater than 0"));
        }
        self.nodes[id].tests.push(Test::Bound(bound, limit, value.to_string()));
        Ok(())
    }

    fn format(&self, value: &Value, at: &Place<'_>) -> Compiled<Option<Test>> {
        let name = value.as_str().ok_or_else(|| at.wrong("this must be a text"))?;
        if let Some(format) = formats::find(name) {
            return Ok(Some(Test::Format(format)));
        }
        if let Some(standard) = formats::STANDARD.iter().find(|standard| **standard == name) {
            return Ok(Some(Test::Standard(standard)));
        }
        if formats::NUMERIC.contains(&name) || name == "password" {
            return Ok(None);
        }
        let known = formats::ALL.iter().map(|format| format.name).chain(formats::STANDARD.iter().copied());
        let known: Vec<_> = known.collect();
        let help = match crate::suggestion::nearest(name, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        Err(SchemaError::at(at.pointer(), format!("there is no format `{name}`"), help))
    }

    fn link(
        &mut self,
        id: Id,
        keyword: &str,
        value: &Value,
        members: &Map<String, Value>,
        at: &Place<'_>,
        depth: usize,
    ) -> Compiled<bool> {
        let link = match keyword {
            "allOf" => Link::AllOf(self.list(value, at, depth)?),
            "anyOf" => Link::AnyOf(self.list(value, at, depth)?),
            "oneOf" => Link::OneOf(self.list(value, at, depth)?),
            "not" => Link::Not(self.schema(value, &at.pointer(), depth + 1)?),
            "if" if self.draft >= Draft::D7 => {
                let mut branch = |name: &str| {
                    let place = Place { pointer: at.pointer, keyword: name };
                    members.get(name).map(|schema| self.schema(schema, &place.pointer(), depth + 1)).transpose()
                };
                let then = branch("then")?;
                let otherwise = branch("else")?;
                Link::If { condition: self.schema(value, &at.pointer(), depth + 1)?, then, otherwise }
            }
            "then" | "else" => return Ok(true),
            _ => return Ok(false),
        };
        self.nodes[id].links.push(link);
        Ok(true)
    }

    /// `Some(true)` for a keyword about maps, `Some(false)` for one that says nothing here, `None` for none.
    fn about_objects(
        &mut self,
        object: &mut Object,
        keyword: &str,
        value: &Value,
        members: &Map<String, Value>,
        at: &Place<'_>,
        depth: usize,
    ) -> Compiled<Option<bool>> {
        match keyword {
            "properties" => {
                let properties = value.as_object().ok_or_else(|| at.wrong("this must be an object"))?;
                object.properties.reserve(properties.len());
                for (name, schema) in properties {
                    let pointer = if simple(schema) { String::new() } else { at.child(name) };
                    let node = self.schema(schema, &pointer, depth + 1).map_err(|error| error.or_at(at, name))?;
                    object.properties.insert(name.clone(), node);
                }
            }
            "patternProperties" => {
                let schemas = value.as_object().ok_or_else(|| at.wrong("this must be an object"))?;
                let mut patterns = Vec::with_capacity(schemas.len());
                for (source, schema) in schemas {
                    let place = at.child(source);
                    patterns.push(Pattern::new(source).map_err(|message| SchemaError::at(&place, message, ""))?);
                    object.pattern_nodes.push(self.schema(schema, &place, depth + 1)?);
                }
                object.patterns = Some(PatternSet::new(patterns));
            }
            "additionalProperties" => object.additional = Some(self.schema(value, &at.pointer(), depth + 1)?),
            "propertyNames" if self.draft > Draft::D4 => {
                object.names = Some(self.schema(value, &at.pointer(), depth + 1)?);
            }
            "required" => object.required = names(value, at)?,
            "dependentRequired" if self.draft >= Draft::D2019 => {
                for (key, needs) in value.as_object().ok_or_else(|| at.wrong("this must be an object"))? {
                    object.dependent_required.push((key.clone(), names(needs, at)?));
                }
            }
            "dependentSchemas" | "dependencies" => {
                if (keyword == "dependencies") == (self.draft >= Draft::D2019) {
                    return Ok(Some(false));
                }
                for (key, needs) in value.as_object().ok_or_else(|| at.wrong("this must be an object"))? {
                    if needs.is_array() {
                        object.dependent_required.push((key.clone(), names(needs, at)?));
                    } else {
                        let schema = self.schema(needs, &at.child(key), depth + 1)?;
                        object.dependent_schemas.push((key.clone(), schema));
                    }
                }
            }
            "minProperties" => object.min = Some(count(value, at)?),
            "maxProperties" => object.max = Some(count(value, at)?),
            _ => return Ok(None),
        }
        let _ = members;
        Ok(Some(true))
    }

    /// Marks what only the crate can check, and what looks into lists. Everything else is an annotation.
    fn other(&mut self, id: Id, keyword: &str) {
        let node = &mut self.nodes[id];
        match keyword {
            "items" | "prefixItems" | "additionalItems" | "contains" | "minItems" | "maxItems" | "uniqueItems"
            | "minContains" | "maxContains" | "unevaluatedItems" => node.nested = true,
            "unevaluatedProperties" | "$dynamicRef" | "$recursiveRef" | "$dynamicAnchor" | "$recursiveAnchor" => {
                node.nested = true;
                node.foreign = true;
            }
            _ => {}
        }
    }

    fn list(&mut self, value: &Value, at: &Place<'_>, depth: usize) -> Compiled<Vec<Id>> {
        let schemas = value
            .as_array()
            .filter(|list| !list.is_empty())
            .ok_or_else(|| at.wrong("this must be a list of schemas"))?;
        let numbered = schemas.iter().enumerate();
        numbered.map(|(index, schema)| self.schema(schema, &at.child(&index.to_string()), depth + 1)).collect()
    }

    fn reference(&mut self, reference: &str, pointer: &str, depth: usize) -> Compiled<Id> {
        let at = Place { pointer, keyword: "$ref" };
        let Some(fragment) = reference.strip_prefix('#') else {
            let help = "put the schema under $defs and refer to it as #/$defs/NAME";
            return Err(SchemaError::at(at.pointer(), "this refers to another document; sparkcfg fetches none", help));
        };
        if let Some(id) = self.references.get(fragment) {
            return Ok(*id);
        }
        let target = if fragment.is_empty() || fragment.starts_with('/') {
            let path = percent_decoded(fragment);
            self.document.pointer(&path).map(|schema| (schema, path))
        } else {
            anchor(self.document, fragment, self.draft, String::new(), 0)
        };
        let Some((schema, path)) = target else {
            return Err(SchemaError::at(at.pointer(), "this refers to a place that is not in the schema", ""));
        };
        let id = self.reserve();
        self.references.insert(fragment.to_owned(), id);
        self.nodes[id].pointer = Some(path.clone());
        self.fill(id, schema, &path, depth + 1)?;
        Ok(id)
    }

    fn pattern(&mut self, source: &str, at: &Place<'_>) -> Compiled<Arc<Pattern>> {
        if let Some(known) = self.patterns.get(source) {
            return Ok(Arc::clone(known));
        }
        let pattern = Pattern::new(source).map_err(|message| SchemaError::at(at.pointer(), message, ""))?;
        let pattern = Arc::new(pattern);
        self.patterns.insert(source.to_owned(), Arc::clone(&pattern));
        Ok(pattern)
    }

    fn text<'v>(&self, value: &'v Value, pointer: &str, keyword: &str) -> Compiled<&'v str> {
        value.as_str().ok_or_else(|| Place { pointer, keyword }.wrong("this must be a text"))
    }
}

impl Plan {
    /// A schema that leads back to itself without going into a list or map would never come to an end.
    fn refuse_cycles(&self) -> Compiled<()> {
        // 0: not seen, 1: on the way, 2: done
        let mut state = vec![0_u8; self.nodes.len()];
        for start in 0..self.nodes.len() {
            let mut path = vec![(start, 0)];
            while let Some((id, next)) = path.pop() {
                if next == 0 {
                    if state[id] == 2 {
                        continue;
                    }
                    state[id] = 1;
                }
                match self.same_value(id).nth(next) {
                    Some(child) if state[child] == 1 => {
                        let pointer = self.nodes[child].pointer.clone().unwrap_or_default();
                        return Err(SchemaError::at(&pointer, "this schema refers to itself without end", ""));
                    }
                    Some(child) => {
                        path.push((id, next + 1));
                        path.push((child, 0));
                    }
                    None => state[id] = 2,
                }
            }
        }
        Ok(())
    }

    /// The sub-schemas that look at the same value.
    fn same_value(&self, id: Id) -> impl Iterator<Item = Id> {
        let linked = self.nodes[id].links.iter().flat_map(Link::targets);
        let dependent =
            self.nodes[id].object.iter().flat_map(|object| object.dependent_schemas.iter().map(|(_, id)| *id));
        linked.chain(dependent)
    }

    /// Tells each schema what the schemas below it need, and as what a text is to be read. There are no cycles left,
    /// so that a walk in depth comes to an end.
    fn spread(&mut self) {
        let mut done = vec![false; self.nodes.len()];
        for start in 0..self.nodes.len() {
            let mut path = vec![(start, false)];
            while let Some((id, children_done)) = path.pop() {
                if done[id] {
                    continue;
                }
                if !children_done {
                    path.push((id, true));
                    path.extend(self.same_value(id).filter(|child| !done[*child]).map(|child| (child, false)));
                    continue;
                }
                done[id] = true;
                let children: Vec<_> = self.same_value(id).collect();
                let any = |has: fn(&Node) -> bool| children.iter().any(|child| has(&self.nodes[*child]));
                let (foreign, nested) = (any(|node| node.foreign), any(|node| node.nested));
                let reads = self.reads(id);
                let node = &mut self.nodes[id];
                node.foreign |= foreign;
                node.nested |= nested;
                node.reads = reads;
            }
        }
    }

    fn reads(&self, id: Id) -> Types {
        let node = &self.nodes[id];
        let mut types = node.types;
        for test in &node.tests {
            let about = match test {
                Test::Enum(values) => values.iter().map(type_of).fold(Types::NONE, Types::or),
                Test::Const(value) => type_of(value),
                // Keywords about text, where no type is named, mean text: `pattern` would say nothing about a number.
                Test::MinLength(_) | Test::MaxLength(_) | Test::Pattern(_) | Test::Format(_) | Test::Standard(_)
                    if node.types == Types::ALL =>
                {
                    Types::STRING
                }
                _ => continue,
            };
            types = types.and(about);
        }
        for link in &node.links {
            let union = |ids: &[Id]| ids.iter().map(|id| self.nodes[*id].reads).fold(Types::NONE, Types::or);
            types = match link {
                Link::Reference(id) => types.and(self.nodes[*id].reads),
                Link::AllOf(ids) => ids.iter().fold(types, |types, id| types.and(self.nodes[*id].reads)),
                Link::AnyOf(ids) | Link::OneOf(ids) => types.and(union(ids)),
                Link::Not(_) | Link::If { .. } => types,
            };
        }
        types
    }
}

impl Link {
    fn targets(&self) -> Vec<Id> {
        match self {
            Self::Reference(id) | Self::Not(id) => vec![*id],
            Self::AllOf(ids) | Self::AnyOf(ids) | Self::OneOf(ids) => ids.clone(),
            Self::If { condition, then, otherwise } => {
                [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
            }
        }
    }
}

fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => Types::NULL,
        Value::Bool(_) => Types::BOOLEAN,
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            Types::INTEGER.or(Types::NUMBER)
        }
        Value::Number(_) => Types::NUMBER,
        Value::String(_) => Types::STRING,
        Value::Array(_) => Types::ARRAY,
        Value::Object(_) => Types::OBJECT,
    }
}

/// Whether an error within this schema can be placed without a pointer of its own: it has no sub-schemas.
fn simple(schema: &Value) -> bool {
    schema.as_object().is_none_or(|members| members.values().all(|value| !value.is_object() && !value.is_array()))
}

/// A keyword of a schema, for errors: the pointer is put together only when one is needed.
pub(super) struct Place<'p> {
    pointer: &'p str,
    keyword: &'p str,
}

impl Place<'_> {
    fn pointer(&self) -> String {
        format!("{}/{}", self.pointer, escaped(self.keyword))
    }

    fn child(&self, name: &str) -> String {
        format!("{}/{}/{}", self.pointer, escaped(self.keyword), escaped(name))
    }

    fn wrong(&self, message: &'static str) -> SchemaError {
        SchemaError::at(self.pointer(), format!("`{}`: {message}", self.keyword), "")
    }
}

impl SchemaError {
    /// Puts a property's pointer before a place within it that was left relative.
    fn or_at(mut self, at: &Place<'_>, name: &str) -> Self {
        if !self.pointer.starts_with(&at.pointer()) {
            let within = self.pointer.starts_with("/$defs") || self.pointer.starts_with("/definitions");
            if !within {
                self.pointer = format!("{}{}", at.child(name), self.pointer);
            }
        }
        self
    }
}

/// A part of a JSON pointer (RFC 6901).
pub(super) fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

fn count(value: &Value, at: &Place<'_>) -> Compiled<u64> {
    let whole = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and not negative")]
    whole.map(|number| number as u64).ok_or_else(|| at.wrong("this must be a whole number, 0 or more"))
}

fn names(value: &Value, at: &Place<'_>) -> Compiled<Vec<String>> {
    let list = value.as_array().ok_or_else(|| at.wrong("this must be a list of keys"))?;
    let name =
        |name: &Value| name.as_str().map(ToOwned::to_owned).ok_or_else(|| at.wrong("this must be a list of keys"));
    list.iter().map(name).collect()
}

/// The schema that `$anchor` (or, up to draft 7, `$id: "#name"`) names.
fn anchor<'v>(schema: &'v Value, name: &str, draft: Draft, path: String, depth: usize) -> Option<(&'v Value, String)> {
    let is_it = |members: &Map<String, Value>| {
        let old = |keyword: &str| members.get(keyword).and_then(Value::as_str).and_then(|id| id.strip_prefix('#'));
        let found = match draft {
            Draft::D4 => old("id"),
            Draft::D6 | Draft::D7 => old("$id"),
            _ => members.get("$anchor").and_then(Value::as_str),
        };
        found == Some(name)
    };
    if depth > DEPTH {
        return None;
    }
    match schema {
        Value::Object(members) if is_it(members) => Some((schema, path)),
        Value::Object(members) => members.iter().find_map(|(key, value)| {
            let inside = !matches!(key.as_str(), "enum" | "const" | "default" | "examples");
            inside.then(|| anchor(value, name, draft, format!("{path}/{}", escaped(key)), depth + 1)).flatten()
        }),
        Value::Array(items) => {
            let mut numbered = items.iter().enumerate();
            numbered.find_map(|(index, item)| anchor(item, name, draft, format!("{path}/{index}"), depth + 1))
        }
        _ => None,
    }
}

fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code: Option<Range<usize>> = (bytes[at] == b'%').then_some(at + 1..at + 3);
        let byte = code.and_then(|code| u8::from_str_radix(text.get(code)?, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
