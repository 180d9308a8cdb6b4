//! What the `jsonschema` crate is asked: keywords about lists and maps, the standard's formats, and the rare rest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, Registry, Validator};
use serde_json::{Value, json};

use super::formats;
use super::value::Types;
use super::violation::{Because, Bound, ViolationKind};

/// The URI under which the crate knows the document.
const DOCUMENT: &str = "urn:sparkcfg:schema";

/// Validators of the crate, each built when it is first needed.
#[derive(Debug)]
pub(super) struct Foreign {
    document: Value,
    draft: Draft,
    validators: Mutex<HashMap<String, Option<Arc<Validator>>>>,
    formats: Mutex<HashMap<String, Option<Arc<Validator>>>>,
}

impl Foreign {
    pub(super) fn new(document: &Value, draft: super::plan::Draft) -> Self {
        Self {
            document: document.clone(),
            draft: match draft {
                super::plan::Draft::D4 => Draft::Draft4,
                super::plan::Draft::D6 => Draft::Draft6,
                super::plan::Draft::D7 => Draft::Draft7,
                super::plan::Draft::D2019 => Draft::Draft201909,
                super::plan::Draft::D2020 => Draft::Draft202012,
            },
            validators: Mutex::default(),
            formats: Mutex::default(),
        }
    }

    /// What is wrong with `value` under the schema at `pointer`, and the place of each broken keyword.
    pub(super) fn errors(&self, pointer: &str, value: &Value) -> Vec<(ViolationKind, String)> {
        let validator = {
            let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
            let known = validators.entry(pointer.to_owned());
            known.or_insert_with(|| self.build(&format!("{DOCUMENT}#{}", encoded(pointer))).map(Arc::new)).clone()
        };
        let Some(validator) = validator else {
            let kind = ViolationKind::Rule { keyword: "schema".to_owned() };
            return vec![(kind, pointer.to_owned())];
        };
        let errors = validator.iter_errors(value);
        errors
            .flat_map(|error| {
                let place = error.schema_path().as_str().to_owned();
                kinds(&error).into_iter().map(move |kind| (kind, place.clone()))
            })
            .collect()
    }

    /// Whether a text is of one of the standard's formats.
    pub(super) fn is_format(&self, name: &str, text: &str) -> bool {
        let validator = {
            let mut known = self.formats.lock().unwrap_or_else(PoisonError::into_inner);
            let build = || {
                let schema = json!({"format": name});
                // Every draft's formats are the newest one's; draft 7 is the quickest to build.
                let draft =
                    if matches!(name, "color" | "ip-address" | "host-name") { Draft::Draft4 } else { Draft::Draft7 };
                options(draft).build(&schema).ok().map(Arc::new)
            };
            known.entry(name.to_owned()).or_insert_with(build).clone()
        };
        validator.is_none_or(|validator| validator.is_valid(&Value::from(text)))
    }

    fn build(&self, reference: &str) -> Option<Validator> {
        let mut document = self.document.clone();
        if let Some(members) = document.as_object_mut() {
            // Its own address would hide the one it gets here.
            members.remove("$id");
            members.remove("id");
            members.entry("$schema").or_insert_with(|| json!("https://json-schema.org/draft/2020-12/schema"));
        }
        let registry = Registry::new().add(DOCUMENT, document).ok()?.prepare().ok()?;
        // A draft-7 schema that refers to the document keeps the document's own draft, and spares the crate from
        // compiling the newest meta-schema, which costs more than everything else in a run.
        let wrapper = if self.draft == Draft::Draft4 { Draft::Draft4 } else { Draft::Draft7 };
        options(wrapper).with_registry(&registry).build(&json!({"$ref": reference})).ok()
    }
}

fn options<'r>(draft: Draft) -> jsonschema::ValidationOptions<'r> {
    let options = jsonschema::options().with_draft(draft).should_validate_formats(true);
    let options = options.with_pattern_options(PatternOptions::regex());
    formats::ALL.iter().fold(options, |options, format| options.with_format(format.name, format.accepts))
}

/// A URI fragment of a JSON pointer (RFC 6901 §6).
fn encoded(pointer: &str) -> String {
    let mut out = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"/_-.~$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn kinds(error: &jsonschema::ValidationError<'_>) -> Vec<ViolationKind> {
    let spelled = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let bound = |bound, limit: &Value| ViolationKind::OutOfRange { bound, limit: limit.to_string() };
    let length = |short, limit, unit| ViolationKind::BadLength { short, limit, unit };
    let kind = match error.kind() {
        Kind::Type { kind } => ViolationKind::WrongType { expected: types(kind) },
        Kind::Enum { options } => {
            ViolationKind::NotAllowed { allowed: options.as_array().into_iter().flatten().map(spelled).collect() }
        }
        Kind::Constant { expected_value } => ViolationKind::NotAllowed { allowed: vec![spelled(expected_value)] },
        Kind::Minimum { limit } => bound(Bound::Minimum, limit),
        Kind::Maximum { limit } => bound(Bound::Maximum, limit),
        Kind::ExclusiveMinimum { limit } => bound(Bound::ExclusiveMinimum, limit),
        Kind::ExclusiveMaximum { limit } => bound(Bound::ExclusiveMaximum, limit),
        Kind::MultipleOf { multiple_of } => {
            ViolationKind::OutOfRange { bound: Bound::MultipleOf, limit: multiple_of.to_string() }
        }
        Kind::MinLength { limit } => length(true, *limit, "characters"),
        Kind::MaxLength { limit } => length(false, *limit, "characters"),
        Kind::MinItems { limit } => length(true, *limit, "items"),
        Kind::MaxItems { limit } => length(false, *limit, "items"),
        Kind::MinProperties { limit } => length(true, *limit, "members"),
        Kind::MaxProperties { limit } => length(false, *limit, "members"),
        Kind::Pattern { pattern } => ViolationKind::Pattern { pattern: pattern.clone() },
        Kind::Format { format } => ViolationKind::Format { name: format.clone() },
        Kind::Required { .. } => ViolationKind::Missing { because: Because::Required },
        Kind::Not { schema } if schema.get("enum").is_some() || schema.get("const").is_some() => {
            ViolationKind::Forbidden
        }
        other => ViolationKind::Rule { keyword: other.keyword().to_owned() },
    };
    vec![kind]
}

fn types(kind: &jsonschema::error::TypeKind) -> Types {
    let name = |name: &jsonschema::JsonType| Types::of_keyword(&Value::from(name.to_string()));
    match kind {
        jsonschema::error::TypeKind::Single(single) => name(single),
        jsonschema::error::TypeKind::Multiple(several) => {
            several.iter().map(|kind| name(&kind)).fold(Types::NONE, Types::or)
        }
    }
}

impl Foreign {
    /// What is wrong with a whole environment: for schemas that cannot be taken apart into properties.
    pub(super) fn whole(&self, instance: &Value) -> Vec<super::Violation> {
        let Some(validator) = self.build(DOCUMENT) else { return Vec::new() };
        let mut found = Vec::new();
        for error in validator.iter_errors(instance) {
            let key = error.instance_path().segments().next().map(|segment| match segment {
                jsonschema::paths::LocationSegment::Property(name) => name.to_string(),
                jsonschema::paths::LocationSegment::Index(index) => index.to_string(),
            });
            let pointer = error.schema_path().as_str().to_owned();
            let mut add = |key, kind| found.push(super::Violation { key, kind, pointer: pointer.clone() });
            // The crate tells these once, about the environment as a whole.
            match error.kind() {
                Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected }
                    if key.is_none() =>
                {
                    unexpected.iter().for_each(|name| add(Some(name.clone()), ViolationKind::Unknown));
                }
                Kind::Required { property } if key.is_none() => {
                    let name = property.as_str().map(ToOwned::to_owned);
                    add(name, ViolationKind::Missing { because: Because::Required });
                }
                _ => kinds(&error).into_iter().for_each(|kind| add(key.clone(), kind)),
            }
        }
        found
    }
}
