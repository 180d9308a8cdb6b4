//! The schema of a project's keys: compiled once, then asked what a key is, how its text reads and what is wrong.
//!
//! Configuration schemas use a small part of JSON Schema, and a run is over in milliseconds, so that compiling with
//! a complete validator would cost far more than all the rest. The schema becomes a plan of plain checks for
//! nearly every keyword; what looks beyond its own place is left to the `jsonschema` crate, as a whole.

mod check;
mod compile;
mod document;
mod effective;
pub mod extension;
pub mod formats;
mod json;
mod keywords;
mod mentions;
mod meta;
mod names;
mod numbers;
mod order;
pub mod parts;
mod pattern;
pub mod place;
mod plan;
pub mod property;
pub mod rules;
pub mod sameness;
pub mod typed;
mod view;
pub mod violation;
mod whole;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bumpalo::Bump;
use serde_json::Value;

use check::Checker;
use compile::Refusal;
use document::{Document, Draft};
use extension::Extension;
use json::Json;
pub use pattern::portable as portable_pattern;
use place::{Places, Twin};
use plan::{NodeId, Plan};
pub use property::Property;
use rules::{Disagreement, Lookup, Rule};
use sameness::Shape;
use typed::{Reading, Typed, Types};
use view::{Setting, Settings, View};
use violation::{Because, Violation, ViolationKind};
use whole::Whole;

/// The keywords that bound a value, and are numbers themselves.
pub const BOUNDS: [&str; 9] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    draft: Draft,
    places: Places,
    /// The whole text again, in a form that lasts; read when first asked for, as most runs ask for none of it.
    value: OnceLock<Value>,
    plan: Plan,
    rules: Vec<Rule>,
    /// Only where the plan cannot check by itself.
    whole: Option<Whole>,
    has_twins: bool,
    /// By environment, the keys that `required-in` and `recommended-in` ask for.
    wanted_in: HashMap<String, Vec<Wanted>>,
}

/// A key that an environment should set.
#[derive(Debug)]
struct Wanted {
    key: String,
    /// The node that asks for it.
    node: NodeId,
    because: Because,
}

/// Why a schema cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// Where in the text, in bytes.
    pub at: Option<Range<u32>>,
    /// What is wrong, in lower case.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Schema {
    /// Reads and compiles a schema.
    ///
    /// # Errors
    /// Text that is no JSON object; a `$schema` that is not known; a keyword with a value that its draft does not
    /// allow; a pattern that cannot be matched in linear time; a `$ref` that leads nowhere,
    /// in a circle or out of the text (nothing is ever fetched); an `x-sparkcfg` that has unknown or wrong members.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        Self::of(&text.into())
    }

    /// The same for a text that others hold as well: it may be large, and is kept.
    ///
    /// # Errors
    /// See [`Schema::parse`].
    pub fn of(text: &Arc<str>) -> Result<Self, SchemaError> {
        let places = Places::new(Arc::clone(text));
        let body = text.trim_start_matches('\u{feff}');
        let arena = Bump::new();
        let (root, has_twins) = Json::read(body, &arena).map_err(|error| syntax_error(text, body, &error))?;
        let refused = |refusal: Refusal| SchemaError {
            at: places.find(&refusal.pointer),
            message: refusal.message,
            help: refusal.help,
        };
        let document = Document::of(&root).map_err(refused)?;
        let compiled = compile::compile(&document).map_err(refused)?;
        let rules = Rule::all(&compiled.root, &compiled.plan).map_err(refused)?;
        let (draft, is_entangled, plan) = (document.draft, document.is_entangled, compiled.plan);
        let whole = if is_entangled {
            let Some(whole) = Whole::new(&root.to_value(), draft) else {
                let message = "the schema is no valid JSON Schema, or one of its references leads nowhere";
                return Err(refused(Refusal::new(String::new(), message)));
            };
            Some(whole)
        } else {
            None
        };
        let wanted_in = wanted_in(&plan);
        Ok(Self { draft, places, value: OnceLock::new(), plan, rules, whole, has_twins, wanted_in })
    }

    /// The keys that the schema names, in the order of the text.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let mut seen = std::collections::HashSet::new();
        let is_alone = self.plan.tables.len() < 2;
        self.plan.keys().filter(move |name| is_alone || seen.insert(*name))
    }

    /// The keys that must be alike in `shape` wherever they are set.
    pub fn keys_of_same(&self, shape: Shape) -> impl Iterator<Item = &str> {
        let mut notes = self.plan.nodes.iter().filter_map(|node| node.notes.as_ref());
        let is_asked = notes.any(|notes| notes.extension.same.contains(&shape));
        let keys = is_asked.then(|| self.keys()).into_iter().flatten();
        keys.filter(move |key| self.property(key).same().contains(&shape))
    }

    /// What the schema says about a key; an empty description when it does not know the key.
    #[must_use]
    pub fn property(&self, key: &str) -> Property<'_> {
        Property::new(self, key)
    }

    /// The environments that `x-sparkcfg` names anywhere, each with a JSON pointer to where it does, in no order.
    pub fn environments_named(&self) -> impl Iterator<Item = (&str, String)> {
        let noted = (0..).zip(&self.plan.nodes).filter_map(|(id, node)| Some((NodeId(id), node.notes.as_ref()?)));
        noted.flat_map(move |(id, notes)| {
            let Extension { required_in, recommended_in, only_in, within, .. } = &notes.extension;
            let lists = [("required-in", required_in), ("recommended-in", recommended_in)].into_iter();
            let lists = lists.chain(only_in.as_ref().map(|list| ("only-in", list)));
            let listed = lists.flat_map(|(member, list)| {
                (0..).zip(list).map(move |(index, name): (usize, _)| (name, format!("{member}/{index}")))
            });
            let keyed = within.keys().map(|name| (name, format!("in/{}", place::escape(name))));
            let at = format!("{}/{}", self.plan.pointer(id), extension::KEYWORD);
            listed.chain(keyed).map(move |(name, below)| (name.as_str(), format!("{at}/{below}")))
        })
    }

    /// The key whose value is in the file that `key` names: `DB_PASSWORD` for `DB_PASSWORD_FILE`, where the schema says so.
    #[must_use]
    pub fn by_file<'k>(&self, key: &'k str) -> Option<&'k str> {
        key.strip_suffix("_FILE").filter(|key| self.property(key).has_file_variant())
    }

    /// Whether the schema allows keys that it does not describe.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.plan.properties(Plan::ROOT).is_none_or(|properties| matches!(properties.rest, plan::Rest::Allowed))
    }

    /// Whether the schema says of any key that it is a secret, or surely is none.
    #[must_use]
    pub fn names_secrets(&self) -> bool {
        self.plan.names_secrets
    }

    /// The formats that the schema names and nobody knows, each with a JSON pointer to where it does first, and the known
    /// one that was probably meant. They assert nothing.
    pub fn unknown_formats(&self) -> impl Iterator<Item = (&str, String, Option<&'static str>)> {
        self.plan.unknown_formats.iter().map(|(node, name)| {
            let pointer = format!("{}/format", self.plan.pointer(*node));
            (&**name, pointer, crate::suggestion::nearest(name, formats::names()))
        })
    }

    /// The names that stand twice in one object of the text: of those the last counts.
    pub fn twins(&self) -> Vec<Twin> {
        if self.has_twins { self.places.twins() } else { Vec::new() }
    }

    /// Each `default` that what stands beside it would refuse in an env file, as a JSON pointer.
    pub fn refused_defaults(&self) -> impl Iterator<Item = String> {
        self.plan.refused_defaults.iter().map(|node| format!("{}/default", self.plan.pointer(*node)))
    }

    /// The keys that rules over several keys name and the schema does not describe, each with a JSON pointer to the rule.
    pub fn undeclared_in_rules(&self) -> impl Iterator<Item = (&str, String)> {
        let named = self.rules.iter().flat_map(|rule| rule.keys().map(move |key| (key, rule.pointer())));
        named.filter(|(key, _)| !self.property(key).is_declared())
    }

    /// Reads a key's text as the first type that the schema allows there and that the text spells; where the schema lists
    /// values, as one of them.
    #[must_use]
    pub fn typed<'a>(&self, environment: Option<&str>, key: &str, text: &'a str) -> Typed<'a> {
        self.typed_as(self.plan.types(key, environment), key, text)
    }

    fn typed_as<'a>(&self, types: Types, key: &str, text: &'a str) -> Typed<'a> {
        if types.has(Types::ARRAY) || self.plan.has_choices && types.is_mixed() {
            return Typed::read(text, &self.property(key).reading_as(types));
        }
        Typed::read(text, &Reading { types, ..Reading::default() })
    }

    /// The bytes of what a JSON pointer leads to, for a label: a member's key with its quotes, an item's first line.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Option<Range<u32>> {
        self.places.find(pointer)
    }

    /// The whole schema.
    fn json(&self) -> &Value {
        // It was read before, so that it is JSON.
        self.value.get_or_init(|| serde_json::from_str(self.places.text()).unwrap_or_default())
    }

    /// The value that a JSON pointer leads to.
    #[must_use]
    pub fn value(&self, pointer: &str) -> Option<&Value> {
        self.json().pointer(pointer)
    }

    /// Everything that is wrong with the settings of an environment, in the order of their keys; missing keys last.
    ///
    /// A value of `None` is sealed and was not opened: the key counts as set, its value is not checked, and no rule
    /// that depends on it is reported. Without an environment, `required-in`, `in` and `only-in` do not apply.
    /// Defaults are not filled in.
    pub fn check<'a>(
        &self,
        environment: Option<&str>,
        values: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Vec<Violation> {
        let setting = |(key, text): (&'a str, Option<&'a str>)| {
            let declared = self.plan.declared(key);
            let typed = |text| self.typed_as(self.plan.types_of(key, declared, environment), key, text);
            Setting { key, value: text.map(typed), declared }
        };
        let settings = Settings::new(values.into_iter().map(setting).collect());
        let mut violations = if let Some(whole) = &self.whole {
            whole.check(environment, self.json(), &settings, &self.plan)
        } else {
            let is_secret = |key: &str| self.property(key).is_secret();
            let view = View::Object(view::Members::Settings(&settings));
            Checker::new(&self.plan, environment, &is_secret).run(view)
        };
        self.note_environment(environment, &settings, &mut violations);
        one_for_each_key(violations)
    }

    /// The rules over several keys that an environment breaks.
    ///
    /// A key that is not set has the schema's default. A member that is sealed, or absent without a default, or that
    /// does not have the part asked for, is left out.
    pub fn disagreements<'a>(
        &self,
        environment: Option<&str>,
        lookup: impl Fn(&str) -> Lookup<'a>,
    ) -> Vec<Disagreement> {
        let text = |key: &str| match lookup(key) {
            Lookup::Text(text) => Some(text.to_owned()),
            Lookup::Sealed => None,
            Lookup::Absent => {
                let property = self.property(key);
                let applies = property.only_in().zip(environment).is_none_or(|(list, here)| is_listed(list, here));
                property.default_text().filter(|_| applies)
            }
        };
        let items = |key: &str| match lookup(key) {
            Lookup::Text(text) => match self.typed(environment, key, text) {
                Typed::Array(items) => Some(items),
                _ => None,
            },
            Lookup::Sealed => None,
            Lookup::Absent => self.property(key).default().and_then(Value::as_array).cloned(),
        };
        let is_same = |one: (&str, &str), other: (&str, &str)| {
            // Numbers are compared as such, whatever the schema says.
            let is_number = |key: &str| Types::NUMBER.has(self.plan.types(key, environment));
            let same = |key: &str| self.property(key).sameness().same(one.1, other.1);
            !is_number(one.0) && same(one.0) && same(other.0)
        };
        let values = rules::Values { text: &text, items: &items, is_same: &is_same };
        self.rules.iter().flat_map(|rule| rule.check(&values)).collect()
    }

    /// Whether a rule says that two keys have one value, wherever it applies.
    #[must_use]
    pub fn agree(&self, one: &str, other: &str) -> bool {
        self.rules.iter().any(|rule| rule.makes_equal(one, other))
    }

    /// The plain standard schema of an environment, for any other validator: `x-sparkcfg` taken out, `required-in`,
    /// `only-in`, `in` and `file-env` folded in. Without an environment, only taken out.
    #[must_use]
    pub fn effective(&self, environment: Option<&str>) -> Value {
        let wanted = self.wanted(environment).filter(|wanted| wanted.because == Because::Environment);
        let wanted: Vec<_> = wanted.map(|wanted| wanted.key.as_str()).collect();
        let by_file = |key: &&str| environment.is_some() && self.property(key).has_file_variant();
        let required: Vec<_> = wanted.iter().copied().filter(|key| !by_file(key)).collect();
        let mut schema = effective::effective(self.json(), self.draft, environment, &required);
        for key in required {
            let property = self.property(key);
            let types = self.plan.types(key, environment);
            let fragment = property.within(environment).and_then(|fragment| fragment.get("minLength"));
            let is_long = property.always("minLength").chain(fragment).any(|least| least.as_f64() >= Some(1.0));
            if !is_long && (types.is_empty() || types.has(Types::STRING)) {
                effective::forbid_empty(&mut schema, self.draft, key);
            }
        }
        for key in self.keys().filter(by_file) {
            let is_declared = self.property(&format!("{key}_FILE")).is_declared();
            effective::allow_file(&mut schema, key, wanted.contains(&key), is_declared);
        }
        let elsewhere = |key: &&str| {
            let list = self.property(key).only_in().zip(environment);
            list.is_some_and(|(list, here)| !is_listed(list, here))
        };
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            for key in self.keys().filter(elsewhere) {
                // What `false` says since draft 6, every draft understands in this form.
                properties.insert(key.to_owned(), serde_json::json!({ "not": {} }));
            }
        }
        schema
    }

    /// What `x-sparkcfg` and `deprecated` say about the keys that are set, and about those that should be.
    fn note_environment(&self, environment: Option<&str>, settings: &Settings<'_>, violations: &mut Vec<Violation>) {
        let violation =
            |key: &str, kind, pointer| Violation { key: Some(key.to_owned()), path: String::new(), kind, pointer };
        let used = settings.entries().iter().filter(|_| self.plan.has_notes_on_use);
        for Setting { key, .. } in used {
            for (id, _) in self.plan.declarations(key) {
                for id in self.plan.together(id) {
                    let Some(notes) = &self.plan.node(id).notes else { continue };
                    if notes.deprecated {
                        let replaced_by = self.property(key).replaced_by().map(str::to_owned);
                        let pointer = format!("{}/deprecated", self.plan.pointer(id));
                        violations.push(violation(key, ViolationKind::Deprecated { replaced_by }, pointer));
                    }
                    let only_in = notes.extension.only_in.as_ref().zip(environment);
                    if let Some((list, _)) = only_in.filter(|(list, here)| !is_listed(list, here)) {
                        let pointer = format!("{}/{}/only-in", self.plan.pointer(id), extension::KEYWORD);
                        let kind = ViolationKind::NotHere { allowed_environments: list.clone() };
                        violations.push(violation(key, kind, pointer));
                    }
                }
            }
        }
        for Wanted { key, node, because } in self.wanted(environment) {
            if !settings.contains(key) || settings.is_empty(key) {
                let member = if *because == Because::Recommended { "recommended-in" } else { "required-in" };
                let pointer = format!("{}/{}/{member}", self.plan.pointer(*node), extension::KEYWORD);
                violations.push(violation(key, ViolationKind::Missing { because: because.clone() }, pointer));
            }
        }
    }

    fn wanted(&self, environment: Option<&str>) -> impl Iterator<Item = &Wanted> {
        environment.and_then(|name| self.wanted_in.get(name)).into_iter().flatten()
    }
}

fn is_listed(list: &[String], environment: &str) -> bool {
    list.iter().any(|name| name == environment)
}

fn wanted_in(plan: &Plan) -> HashMap<String, Vec<Wanted>> {
    let mut wanted_in: HashMap<String, Vec<Wanted>> = HashMap::new();
    let asks = |extension: &Extension| !extension.required_in.is_empty() || !extension.recommended_in.is_empty();
    if !plan.nodes.iter().filter_map(|node| node.notes.as_ref()).any(|notes| asks(&notes.extension)) {
        return wanted_in;
    }
    let tables = plan.tables.iter().filter(|table| !table.conditional);
    let properties = tables.filter_map(|table| plan.properties(table.node)).flat_map(|properties| &properties.order);
    for (id, key) in properties.filter_map(|id| Some((*id, plan.name(*id)?))) {
        for node in plan.together(id) {
            let Some(notes) = &plan.node(node).notes else { continue };
            let Extension { required_in, recommended_in, .. } = &notes.extension;
            let required = required_in.iter().map(|name| (name, Because::Environment));
            for (name, because) in required.chain(recommended_in.iter().map(|name| (name, Because::Recommended))) {
                wanted_in.entry(name.clone()).or_default().push(Wanted { key: key.to_owned(), node, because });
            }
        }
    }
    wanted_in
}

/// A key is missing or unknown once, however many rules say so; the plainest reason stays.
fn one_for_each_key(violations: Vec<Violation>) -> Vec<Violation> {
    let mut kept: Vec<Violation> = Vec::with_capacity(violations.len());
    let mut seen: HashMap<(Option<String>, String, bool), usize> = HashMap::new();
    for violation in violations {
        let is_missing = matches!(violation.kind, ViolationKind::Missing { .. });
        if !is_missing && !matches!(violation.kind, ViolationKind::Unknown { .. }) {
            kept.push(violation);
            continue;
        }
        let entry = seen.entry((violation.key.clone(), violation.path.clone(), is_missing));
        match entry {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(kept.len());
                kept.push(violation);
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                let Some(earlier) = kept.get_mut(*entry.get()) else { continue };
                if rank(&violation.kind) < rank(&earlier.kind) {
                    *earlier = violation;
                }
            }
        }
    }
    kept
}

fn rank(kind: &ViolationKind) -> Option<&Because> {
    match kind {
        ViolationKind::Missing { because } => Some(because),
        _ => None,
    }
}

/// What `serde_json` says about broken JSON; a schema holds no secrets, so its words may be shown.
fn syntax_error(text: &str, body: &str, error: &serde_json::Error) -> SchemaError {
    let skipped = text.len() - body.len();
    let before: usize = body.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let start = (skipped + before + error.column().saturating_sub(1)).min(text.len());
    let start = (0..=start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let width = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    let at = u32::try_from(start).ok().zip(u32::try_from(start + width).ok()).map(|(start, end)| start..end);
    SchemaError { at, message: format!("the schema is no valid JSON: {words}"), help: None }
}
