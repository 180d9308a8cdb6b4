//! From the schema's JSON to a plan; everything that is wrong with the schema itself comes up here.

mod applicators;
mod defaults;
mod members;
mod values;

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use crate::schema::document::{Document, Draft};
use crate::schema::extension::{self, Extension, RootExtension};
use crate::schema::formats::Format;
use crate::schema::json::{Json, Members};
use crate::schema::pattern::Pattern;
use crate::schema::place::escape;
use crate::schema::plan::{Check, Node, NodeId, Notes, Plan, Step};
use crate::schema::typed::Types;

/// Why a schema cannot be used: where, as a JSON pointer, what is wrong, what to do.
#[derive(Debug)]
pub(in crate::schema) struct Refusal {
    pub(in crate::schema) pointer: String,
    pub(in crate::schema) message: String,
    pub(in crate::schema) help: Option<String>,
}

impl Refusal {
    pub(in crate::schema) fn new(pointer: String, message: impl Into<String>) -> Self {
        Self { pointer, message: message.into(), help: None }
    }

    pub(in crate::schema) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A compiled schema and what its root says about several keys.
pub(in crate::schema) struct Compiled {
    pub(in crate::schema) plan: Plan,
    pub(in crate::schema) root: RootExtension,
}

/// Builds the plan. It owns what is shared: one pattern, one format and one `$ref` target each, however often used.
pub(in crate::schema) struct Compiler<'v> {
    pub(in crate::schema) document: &'v Document<'v>,
    pub(in crate::schema) plan: Plan,
    targets: HashMap<String, NodeId>,
    pending: Vec<(NodeId, &'v Json<'v>)>,
    patterns: HashMap<&'v str, Arc<Pattern>>,
    formats: HashMap<&'v str, Option<Arc<Format>>>,
}

/// A schema object while it is compiled.
pub(in crate::schema) struct Subject<'v> {
    pub(in crate::schema) id: NodeId,
    pub(in crate::schema) map: &'v Members<'v>,
    pub(in crate::schema) checks: Vec<Check>,
    pub(in crate::schema) notes: Notes,
    /// Whether any of `properties`, `patternProperties` and `additionalProperties` stands here.
    has_members: bool,
    is_extended: bool,
}

/// Compiles the whole schema.
pub(in crate::schema) fn compile(document: &Document<'_>) -> Result<Compiled, Refusal> {
    let mut compiler = Compiler {
        document,
        plan: Plan { whole_floats_are_integers: document.draft != Draft::Draft4, ..Plan::default() },
        targets: HashMap::new(),
        pending: Vec::new(),
        patterns: HashMap::new(),
        formats: HashMap::new(),
    };
    compiler.target("", document.root);
    while let Some((id, value)) = compiler.pending.pop() {
        compiler.fill(id, value)?;
    }
    let root = match document.root.get(extension::KEYWORD) {
        Some(value) => compiler.read(Plan::ROOT, value)?,
        None => RootExtension::default(),
    };
    crate::schema::order::finish(&mut compiler.plan)?;
    Ok(Compiled { plan: compiler.plan, root })
}

impl<'v> Compiler<'v> {
    /// The node of the schema at a JSON pointer; compiled once, later.
    pub(in crate::schema) fn target(&mut self, pointer: &str, value: &'v Json<'v>) -> NodeId {
        if let Some(id) = self.targets.get(pointer) {
            return *id;
        }
        let id = self.reserve(Step::Pointer(pointer.into()));
        self.targets.insert(pointer.to_owned(), id);
        self.pending.push((id, value));
        id
    }

    /// The node of a schema inside another one.
    pub(in crate::schema) fn child(&mut self, step: Step, value: &'v Json<'v>) -> Result<NodeId, Refusal> {
        let id = self.reserve(step);
        self.fill(id, value)?;
        Ok(id)
    }

    fn reserve(&mut self, step: Step) -> NodeId {
        let id = NodeId(u32::try_from(self.plan.nodes.len()).unwrap_or(u32::MAX));
        let (types, is_implied, is_named_elsewhere) = (Types::NONE, false, false);
        self.plan.nodes.push(Node { step, checks: Vec::new(), types, is_implied, is_named_elsewhere, notes: None });
        id
    }

    fn fill(&mut self, id: NodeId, value: &'v Json<'v>) -> Result<(), Refusal> {
        let map = match value {
            Json::Object(map) => map,
            Json::Bool(allowed) if self.takes_booleans(id) => {
                if !allowed {
                    self.plan.nodes[id.0 as usize].checks.push(Check::Never);
                }
                return Ok(());
            }
            _ => return Err(Refusal::new(self.plan.pointer(id), "a schema must be an object or a boolean")),
        };
        let mut subject = Subject {
            id,
            map,
            checks: Vec::with_capacity(map.len()),
            notes: Notes::default(),
            has_members: false,
            is_extended: false,
        };
        let mut default = None;
        let replaced = self.document.draft <= Draft::Draft7 && map.get("$ref").is_some();
        for (keyword, value) in map.iter() {
            // Half of most schemas, and says nothing about what is valid.
            match keyword {
                "description" | "title" | "$comment" if value.as_str().is_some() => continue,
                "description" | "title" | "$comment" => return Err(self.refuse(&subject, keyword, "must be a text")),
                "examples" if value.as_array().is_some() || self.document.draft == Draft::Draft4 => continue,
                "examples" => return Err(self.refuse(&subject, keyword, "must be an array")),
                "default" => {
                    default = Some(value);
                    continue;
                }
                _ => {}
            }
            self.annotation(&mut subject, keyword, value)?;
            if !replaced || keyword == "$ref" {
                let _known = self.value_keyword(&mut subject, keyword, value)?
                    || self.list_keyword(&mut subject, keyword, value)?
                    || self.object_keyword(&mut subject, keyword, value)?
                    || self.applicator(&mut subject, keyword, value)?;
            }
        }
        if subject.has_members {
            self.properties(&mut subject)?;
        }
        if default.is_some_and(|default| defaults::refuse(&subject.checks, default)) {
            self.plan.refused_defaults.push(id);
        }
        let Subject { checks, notes, is_extended, .. } = subject;
        let says_something = notes.deprecated
            || notes.write_only.is_some()
            || notes.items.is_some()
            || !notes.first_items.is_empty()
            || !notes.unevaluated.is_empty()
            || is_extended;
        let node = &mut self.plan.nodes[id.0 as usize];
        node.checks = checks;
        node.notes = says_something.then(|| Box::new(notes));
        Ok(())
    }

    /// Whether `true` and `false` may stand for a schema: since draft 6, and for additional items in draft 4, too.
    fn takes_booleans(&self, id: NodeId) -> bool {
        let step = &self.plan.node(id).step;
        self.document.draft > Draft::Draft4 || matches!(step, Step::Keyword(_, "additionalItems"))
    }

    /// What has no say in validation of its own, and what only holds other schemas.
    fn annotation(&mut self, subject: &mut Subject<'v>, keyword: &str, value: &'v Json<'v>) -> Result<(), Refusal> {
        match keyword {
            // Taken in every draft, so that it has to say in every draft what it says. A secret would be shown otherwise.
            "deprecated" | "writeOnly" | "readOnly" => {
                let Some(says) = value.as_bool() else {
                    return Err(self.refuse(subject, keyword, "must be a boolean"));
                };
                match keyword {
                    "deprecated" => subject.notes.deprecated = says,
                    "writeOnly" => subject.notes.write_only = Some(says),
                    _ => {}
                }
            }
            "$defs" | "definitions" => {
                let Some(definitions) = value.as_object() else {
                    return Err(self.refuse(subject, keyword, "must be an object"));
                };
                let parent = self.plan.pointer(subject.id);
                for (name, definition) in definitions.iter() {
                    self.target(&format!("{parent}/{keyword}/{}", escape(name)), definition);
                }
            }
            extension::KEYWORD if subject.id != Plan::ROOT => {
                subject.is_extended = true;
                subject.notes.extension = self.read::<Extension>(subject.id, value)?;
                let mut within = Vec::new();
                for (environment, fragment) in
                    value.get("in").and_then(Json::as_object).into_iter().flat_map(Members::iter)
                {
                    let step = Step::Within(subject.id, environment.into());
                    within.push((environment.into(), self.child(step, fragment)?));
                }
                if !within.is_empty() {
                    subject.checks.push(Check::Within(within.into()));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read<T: serde::de::DeserializeOwned + schemars::JsonSchema>(
        &self,
        id: NodeId,
        value: &Json<'_>,
    ) -> Result<T, Refusal> {
        extension::read(&value.to_value()).map_err(|misread| {
            let pointer = format!("{}/{}{}", self.plan.pointer(id), extension::KEYWORD, misread.below);
            Refusal { pointer, message: misread.message, help: misread.help }
        })
    }

    /// An error at a keyword: `minimum` `must be a number`.
    pub(in crate::schema) fn refuse(&self, subject: &Subject<'_>, keyword: &str, message: &str) -> Refusal {
        self.refuse_below(subject, keyword, "", format!("`{keyword}` {message}"))
    }

    /// An error at a place below a keyword.
    pub(in crate::schema) fn refuse_below(
        &self,
        subject: &Subject<'_>,
        keyword: &str,
        below: &str,
        message: impl Into<String>,
    ) -> Refusal {
        Refusal::new(format!("{}/{}{below}", self.plan.pointer(subject.id), escape(keyword)), message)
    }

    /// A pattern, compiled once per schema.
    pub(in crate::schema) fn pattern(
        &mut self,
        subject: &Subject<'_>,
        keyword: &str,
        below: &str,
        source: &'v str,
    ) -> Result<Arc<Pattern>, Refusal> {
        if let Some(pattern) = self.patterns.get(source) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Pattern::shared(source).map_err(|why| {
            let message = format!("the pattern `{source}` {why}");
            self.refuse_below(subject, keyword, below, message).help(match why {
                _ if why.contains("too large") => "repeat less, and use minLength and maxLength for lengths",
                _ if why.contains("linear") => {
                    "write it without look-around and back-references; two rules can stand side by side in `allOf`, and \
                     `not` says what must not match"
                }
                _ => {
                    "write it as JavaScript does (ECMA-262, flag `u`): a bracket, parenthesis or `*` that stands for itself \
                     needs a backslash, and no other sign may have one"
                }
            })
        })?;
        Ok(Arc::clone(self.patterns.entry(source).or_insert(pattern)))
    }

    /// A format, made ready once per schema; `None` for one that nobody knows, which asserts nothing (JSON Schema
    /// validation, §7.2.3). It is noted where it stands first.
    pub(in crate::schema) fn format(&mut self, subject: &Subject<'_>, name: &'v str) -> Option<Arc<Format>> {
        if let Some(format) = self.formats.get(name) {
            return format.clone();
        }
        let format = Format::named(name, self.document.draft).map(Arc::new);
        if format.is_none() {
            self.plan.unknown_formats.push((subject.id, name.into()));
        }
        self.formats.entry(name).or_insert(format).clone()
    }
}
