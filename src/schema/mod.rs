//! A JSON Schema as configuration needs it: the types and secrets of keys, what is wrong with values, and where.

mod check;
mod extension;
mod foreign;
pub mod formats;
pub mod parts;
mod pattern;
mod place;
mod plan;
mod rules;
mod value;
mod violation;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde_json::Value;

pub use extension::{Conditional, CrossRule, Drift, Extension, RootExtension};
pub use rules::{Disagreement, Relation};
pub use value::{Typed, Types, boolean};
pub use violation::{Because, Bound, Violation, ViolationKind};

use check::{Checker, Fields};
use foreign::Foreign;
use plan::{Compiler, Draft, Id, Plan, escaped};

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// The place in the text, where one is known.
    pub at: Option<Range<u32>>,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
    pointer: String,
}

impl SchemaError {
    fn at(pointer: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at: None, message: message.into(), help: help.into(), pointer: pointer.into() }
    }
}

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    text: Box<str>,
    document: Value,
    plan: Plan,
    foreign: Foreign,
    /// Whether the root has a keyword that only the crate can check.
    whole: bool,
    /// `x-sparkcfg` of the properties that have it.
    extensions: HashMap<String, Extension>,
    /// `x-sparkcfg.in`: environment → key → compiled fragment.
    overrides: BTreeMap<String, Vec<(String, Id)>>,
    root: RootExtension,
}

/// What a schema says about one key.
#[derive(Debug, Clone, Copy)]
pub struct Property<'s> {
    /// The members of the property's schema, a reference followed.
    pub schema: &'s Value,
    /// Whether it is a secret; `None` when the schema does not say.
    pub secret: Option<bool>,
    /// `x-sparkcfg`.
    pub extension: Option<&'s Extension>,
    /// The types as which a text is read.
    pub types: Types,
}

impl<'s> Property<'s> {
    /// The description, for people.
    #[must_use]
    pub fn description(&self) -> Option<&'s str> {
        self.schema.get("description")?.as_str()
    }

    /// The default as an env file spells it.
    #[must_use]
    pub fn default(&self) -> Option<String> {
        match self.schema.get("default")? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => {
                let separator = self.extension.and_then(|extension| extension.separator.as_deref()).unwrap_or(",");
                let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                Some(items?.join(separator))
            }
            other => Some(other.to_string()),
        }
    }
}

impl Schema {
    /// Compiles the text of a schema.
    ///
    /// # Errors
    /// Broken JSON; anything that is no schema of the drafts 4 to 2020-12; a reference that leads nowhere or out of the
    /// document; an unknown format; a pattern without a linear engine; an unknown member of `x-sparkcfg`.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        let document: Value = serde_json::from_str(text).map_err(|error| json_error(text, &error))?;
        Self::compile(text, document).map_err(|mut error| {
            error.at = error.at.take().or_else(|| place::find(text, &error.pointer).filter(|at| !at.is_empty()));
            error
        })
    }

    fn compile(text: &str, document: Value) -> Result<Self, SchemaError> {
        if !document.is_object() {
            return Err(SchemaError::at("", "a schema is a JSON object", ""));
        }
        let Some(draft) = Draft::of(&document) else {
            let help = "write https://json-schema.org/draft/2020-12/schema, or a draft from 4 on";
            return Err(SchemaError::at("/$schema", "this is no draft of JSON Schema that sparkcfg knows", help));
        };
        let mut compiler = Compiler::new(&document, draft);
        let root_id = compiler.root()?;
        let mut extensions = HashMap::new();
        let mut overrides: BTreeMap<String, Vec<(String, Id)>> = BTreeMap::new();
        for (key, schema) in document.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let Some(value) = schema.get("x-sparkcfg") else { continue };
            let pointer = format!("/properties/{}/x-sparkcfg", escaped(key));
            let extension: Extension = extension(value, &pointer, extension::PROPERTY_KEYS)?;
            for (environment, fragment) in &extension.r#in {
                let id = compiler.fragment(fragment, &format!("{pointer}/in/{}", escaped(environment)))?;
                overrides.entry(environment.clone()).or_default().push((key.clone(), id));
            }
            extensions.insert(key.clone(), extension);
        }
        let root = match document.get("x-sparkcfg") {
            Some(value) => extension(value, "/x-sparkcfg", extension::ROOT_KEYS)?,
            None => RootExtension::default(),
        };
        let plan = compiler.finish(root_id)?;
        let whole = plan.nodes[plan.root].foreign;
        let foreign = Foreign::new(&document, draft);
        Ok(Self { text: text.into(), document, plan, foreign, whole, extensions, overrides, root })
    }

    /// The schema as JSON.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The keys that the schema names, in its order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.document.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str())
    }

    /// What the schema says about `key`; `None` when it does not name it.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<Property<'_>> {
        let id = *self.plan.nodes[self.plan.root].object.as_ref()?.properties.get(key)?;
        let own = self.document.get("properties")?.get(key)?;
        let extension = self.extensions.get(key);
        let target = self.plan.nodes[id].pointer.as_deref().and_then(|pointer| self.document.pointer(pointer));
        let write_only =
            [Some(own), target].into_iter().flatten().find_map(|schema| schema.get("writeOnly")?.as_bool());
        let secret = extension.and_then(|extension| extension.secret).or(write_only);
        let schema =
            if own.get("$ref").is_some() && own.as_object().is_some_and(|own| own.len() == 1) { target? } else { own };
        Some(Property { schema, secret, extension, types: self.plan.nodes[id].reads })
    }

    /// Whether the schema lists every key that may be set.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let object = self.plan.nodes[self.plan.root].object.as_ref();
        object.and_then(|object| object.additional).is_some_and(|id| self.plan.nodes[id].never)
    }

    /// The rules about several keys.
    #[must_use]
    pub fn cross_rules(&self) -> &RootExtension {
        &self.root
    }

    /// The place of a JSON pointer in the text.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Option<Range<u32>> {
        place::find(&self.text, pointer)
    }

    /// The text of a key's value with its type.
    #[must_use]
    pub fn typed<'t>(&self, key: &str, text: &'t str) -> Typed<'t> {
        let object = self.plan.nodes[self.plan.root].object.as_ref();
        let declared = object.and_then(|object| object.properties.get(key)).copied();
        let id = declared.or_else(|| {
            let object = object?;
            let mut first = None;
            object
                .patterns
                .as_ref()?
                .each_match(key, |index| first = first.or_else(|| object.pattern_nodes.get(index).copied()));
            first
        });
        // A key that the schema does not know is text: there is nothing that says otherwise.
        let types = id.map_or(Types::STRING, |id| self.plan.nodes[id].reads);
        let separator = self.extensions.get(key).and_then(|extension| extension.separator.as_deref()).unwrap_or(",");
        Typed::read(text, types, separator)
    }

    /// Everything that is wrong with the values of an environment, sorted by key. A value of `None` is sealed.
    ///
    /// A rule whose outcome hangs on a sealed value is not told.
    pub fn check<'v>(
        &self,
        environment: Option<&str>,
        values: impl Iterator<Item = (&'v str, Option<&'v str>)>,
    ) -> Vec<Violation> {
        let fields: Fields<'_> = values.map(|(key, text)| (key, text.map(|text| self.typed(key, text)))).collect();
        let mut checker = Checker { plan: &self.plan, foreign: &self.foreign, fields: &fields, found: Vec::new() };
        if self.whole {
            checker.found = self.whole(&fields);
        } else {
            checker.root(self.plan.root, "", &Because::Required);
        }
        for (key, id) in environment.and_then(|name| self.overrides.get(name)).into_iter().flatten() {
            if let Some(Some(value)) = fields.get(key.as_str()) {
                let name = environment.unwrap_or_default();
                checker.value(
                    key,
                    *id,
                    value,
                    &format!("/properties/{}/x-sparkcfg/in/{}", escaped(key), escaped(name)),
                );
            }
        }
        let mut found = checker.found;
        for (key, extension) in &self.extensions {
            self.presence(key, extension, environment, &fields, &mut found);
        }
        let deprecated = fields.keys().filter_map(|key| {
            let property =
                self.property(key).filter(|property| property.schema.get("deprecated") == Some(&Value::Bool(true)))?;
            let replaced_by = property.extension.and_then(|extension| extension.replaced_by.clone());
            let pointer = format!("/properties/{}/deprecated", escaped(key));
            Some(Violation { key: Some((*key).to_owned()), kind: ViolationKind::Deprecated { replaced_by }, pointer })
        });
        found.extend(deprecated);
        found.sort_by(|one, other| (&one.key, &one.pointer).cmp(&(&other.key, &other.pointer)));
        found.dedup();
        // One word is enough about a key that is missing for several reasons.
        let mut missing = std::collections::HashSet::new();
        found.retain(|violation| {
            !matches!(violation.kind, ViolationKind::Missing { .. }) || missing.insert(violation.key.clone())
        });
        found
    }

    fn presence(
        &self,
        key: &str,
        extension: &Extension,
        environment: Option<&str>,
        fields: &Fields<'_>,
        found: &mut Vec<Violation>,
    ) {
        let Some(environment) = environment else { return };
        let named = |list: &[String]| list.iter().any(|name| name == environment);
        let mut add = |kind, member: &str| {
            let pointer = format!("/properties/{}/x-sparkcfg/{member}", escaped(key));
            found.push(Violation { key: Some(key.to_owned()), kind, pointer });
        };
        // An empty text is no value where one is demanded.
        let empty = matches!(fields.get(key), Some(Some(Typed::Text("") | Typed::Null)));
        if named(&extension.required_in) && (empty || !fields.contains_key(key)) {
            add(ViolationKind::Missing { because: Because::Environment }, "required-in");
        }
        if !extension.only_in.is_empty() && !named(&extension.only_in) && fields.contains_key(key) {
            add(ViolationKind::NotHere { only_in: extension.only_in.clone() }, "only-in");
        }
    }

    /// The whole environment through the crate, for schemas that cannot be taken apart.
    fn whole(&self, fields: &Fields<'_>) -> Vec<Violation> {
        if fields.values().any(Option::is_none) {
            return Vec::new();
        }
        let members = fields.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.as_ref()?.to_value())));
        self.foreign.whole(&Value::Object(members.collect()))
    }

    /// The plain standard schema of one environment, for any other validator.
    #[must_use]
    pub fn effective(&self, environment: &str) -> Value {
        let mut document = self.document.clone();
        let mut required: Vec<Value> = Vec::new();
        if let Some(members) = document.as_object_mut() {
            members.remove("x-sparkcfg");
        }
        for (key, schema) in document.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(members) = schema.as_object_mut() else { continue };
            members.remove("x-sparkcfg");
            let Some(extension) = self.extensions.get(key) else { continue };
            if let Some(fragment) = extension.r#in.get(environment) {
                let all_of = members.entry("allOf").or_insert_with(|| Value::Array(Vec::new()));
                if let Some(list) = all_of.as_array_mut() {
                    list.push(fragment.clone());
                }
            }
            if extension.required_in.iter().any(|name| name == environment) {
                required.push(Value::from(key.as_str()));
            }
            if !extension.only_in.is_empty() && !extension.only_in.iter().any(|name| name == environment) {
                *schema = Value::Bool(false);
            }
        }
        if let (Some(members), false) = (document.as_object_mut(), required.is_empty()) {
            let all = members.entry("required").or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = all.as_array_mut() {
                required.retain(|key| !list.contains(key));
                list.append(&mut required);
            }
        }
        document
    }
}

/// Reads `x-sparkcfg`; serde's words name the member that is wrong.
fn extension<T: serde::de::DeserializeOwned>(value: &Value, pointer: &str, known: &[&str]) -> Result<T, SchemaError> {
    serde_json::from_value(value.clone()).map_err(|error| {
        let message = error.to_string();
        let word = message.split('`').nth(1).unwrap_or_default();
        let help =
            crate::suggestion::nearest(word, known.iter().copied()).map(|name| format!("did you mean `{name}`?"));
        let pointer =
            if value.get(word).is_some() { format!("{pointer}/{}", escaped(word)) } else { pointer.to_owned() };
        SchemaError::at(pointer, format!("x-sparkcfg: {message}"), help.unwrap_or_default())
    })
}

fn json_error(text: &str, error: &serde_json::Error) -> SchemaError {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (before + error.column().saturating_sub(1)).min(text.len());
    let at = u32::try_from(offset).unwrap_or(u32::MAX);
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    SchemaError {
        at: Some(at..at),
        message: format!("this is not JSON: {message}"),
        help: String::new(),
        pointer: String::new(),
    }
}
