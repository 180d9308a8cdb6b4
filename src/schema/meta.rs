//! What the meta-schema of its draft says of a schema; asked by `sparkcfg schema --check` alone, because to compile the
//! meta-schema takes longer than all else that a run does.
//!
//! The messages of the `jsonschema` crate hold the value that they are about, which may be the default of a secret: kinds and
//! places are taken from it, the words are our own.

use std::collections::BTreeSet;
use std::sync::Arc;

use bumpalo::Bump;
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::compile::Refusal;
use super::document::{Document, Draft};
use super::json::Json;
use super::place::{Places, unescape};
use super::{Schema, SchemaError, syntax_error};

/// So many places are told of a schema: finding each reads the text again.
const MOST_TOLD: usize = 100;

impl Schema {
    /// What is wrong with a schema: everything that the meta-schema of its draft does not allow, the first hundred places of
    /// it; where it allows all, what [`Schema::of`] refuses.
    #[must_use]
    pub fn faults(text: &Arc<str>) -> Vec<SchemaError> {
        let body = text.trim_start_matches('\u{feff}');
        let arena = Bump::new();
        let root = match Json::read(body, &arena) {
            Ok((root, _)) => root,
            Err(error) => return vec![syntax_error(text, body, &error)],
        };
        let places = Places::new(Arc::clone(text));
        let told = |Refusal { pointer, message, help }| SchemaError { at: places.find(&pointer), message, help };
        let found = match Document::of(&root) {
            Ok(document) => faults(&root.to_value(), document.draft),
            Err(refusal) => return vec![told(refusal)],
        };
        if found.is_empty() {
            return Self::of(text).err().into_iter().collect();
        }
        let told_first = found.into_iter().take(MOST_TOLD);
        let mut told: Vec<_> = told_first.map(|(pointer, message)| told(Refusal::new(pointer, message))).collect();
        told.sort_by_key(|fault| fault.at.as_ref().map(|at| at.start));
        told
    }
}

/// What the meta-schema does not allow: a JSON pointer into the schema, and what is wrong there.
type Fault = (String, String);

/// Everything in a schema that the meta-schema of `draft` does not allow, each place once, in the order of the pointers.
fn faults(schema: &Value, draft: Draft) -> Vec<Fault> {
    let validator = match draft {
        Draft::Draft4 => jsonschema::draft4::meta::validator(),
        Draft::Draft6 => jsonschema::draft6::meta::validator(),
        Draft::Draft7 => jsonschema::draft7::meta::validator(),
        Draft::Draft201909 => jsonschema::draft201909::meta::validator(),
        Draft::Draft202012 => jsonschema::draft202012::meta::validator(),
    };
    let mut found = BTreeSet::new();
    for error in validator.iter_errors(schema) {
        found.insert(fault(&error));
    }
    found.into_iter().collect()
}

fn fault(error: &ValidationError<'_>) -> Fault {
    let pointer = error.instance_path().as_str().to_owned();
    let what = match pointer.rsplit_once('/') {
        Some((_, name)) if name.parse::<usize>().is_err() => format!("`{}`", unescape(name)),
        Some(_) => "this item".to_owned(),
        None => "the schema".to_owned(),
    };
    let limit = |limit: &Value| limit.to_string();
    let wrong = match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => {
            format!("must be {}", with_article(&kind.to_string()))
        }
        ValidationErrorKind::Type { kind: TypeKind::Multiple(kinds) } => {
            let kinds: Vec<_> = kinds.iter().map(|kind| with_article(&kind.to_string())).collect();
            format!("must be {}", kinds.join(" or "))
        }
        ValidationErrorKind::Minimum { limit: least } => format!("must be {} at least", limit(least)),
        ValidationErrorKind::ExclusiveMinimum { limit: least } => format!("must be more than {}", limit(least)),
        ValidationErrorKind::MinItems { limit } => format!("must have {limit} items at least"),
        ValidationErrorKind::UniqueItems => "has an item twice".to_owned(),
        ValidationErrorKind::Enum { options } => format!("must be one of {}", limit(options)),
        ValidationErrorKind::Required { property } => format!("lacks {property}"),
        ValidationErrorKind::Pattern { pattern } => format!("does not match {pattern}"),
        ValidationErrorKind::Format { format } => format!("is no {format}"),
        _ if pointer.ends_with("/type") => "must be a type or a list of types, each once".to_owned(),
        _ => "is none of what the meta-schema allows there".to_owned(),
    };
    (pointer, format!("{what} {wrong}"))
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}
