//! The door to the `jsonschema` crate: the formats and keywords of the standard that have no checker here, and whole
//! schemas whose parts cannot be checked apart (`$dynamicRef`, `unevaluatedProperties`, inner `$id`, …).
//!
//! Messages of the crate hold the value that was checked, so nothing but kinds and paths is taken from it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value, json};

use crate::suggestion::{self, MOST_COMPARISONS};

use super::check::{Checker, rule, written};
use super::document::Draft;
use super::effective::{effective, folded_at};
use super::extension::KEYWORD;
use super::formats::integer_range;
use super::keywords::change_each;
use super::plan::Plan;
use super::typed::Typed;
use super::view::{Setting, Settings, View};
use super::violation::{Because, Unit, Violation, ViolationKind};

/// A format of the standard, by the crate.
pub(super) fn format(name: &str, draft: Draft) -> Option<Validator> {
    // Draft 7 asserts formats and has the smallest meta-schema; host names were stricter before it.
    let is_stricter = draft < Draft::Draft7 && name == "hostname";
    let draft = if is_stricter { jsonschema::Draft::Draft4 } else { jsonschema::Draft::Draft7 };
    jsonschema::options().with_draft(draft).should_validate_formats(true).build(&json!({ "format": name })).ok()
}

/// `contentEncoding` or `contentMediaType`, as drafts 6 and 7 assert them.
pub(super) fn content(keyword: &str, value: &Value) -> Option<Validator> {
    jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(&json!({ keyword: value })).ok()
}

/// A schema that is checked as a whole.
#[derive(Debug)]
pub(super) struct Whole {
    draft: Draft,
    /// One for each environment that was asked for; `None` where its schema cannot be built.
    validators: Mutex<HashMap<Option<String>, Option<Arc<Validator>>>>,
}

impl Whole {
    /// Prepares the schema; `None` when the crate refuses it.
    pub(super) fn new(schema: &Value, draft: Draft) -> Option<Self> {
        let validator = Arc::new(build(schema, draft, None)?);
        Some(Self { draft, validators: Mutex::new(HashMap::from([(None, Some(validator))])) })
    }

    /// Checks the settings of an environment against its own form of the schema.
    pub(super) fn check(
        &self,
        environment: Option<&str>,
        schema: &Value,
        settings: &Settings<'_>,
        plan: &Plan,
    ) -> Vec<Violation> {
        let validator = {
            let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = validators.entry(environment.map(str::to_owned));
            entry.or_insert_with(|| build(schema, self.draft, environment).map(Arc::new)).clone()
        };
        let Some(validator) = validator else { return vec![broken(environment)] };
        let instance = instance(settings);
        let is_sealed = |key: &str| settings.get(key).is_some_and(|setting| setting.value.is_none());
        let any_sealed = settings.entries().iter().any(|setting| setting.value.is_none());
        let (mut violations, mut compared) = (Vec::new(), 0);
        for error in validator.iter_errors(&instance) {
            for mut violation in read(&error) {
                violation.pointer = in_the_text(&violation.pointer, schema, self.draft, environment);
                explain(&mut violation, plan, &mut compared);
                let is_settled = match &violation.key {
                    Some(key) if is_about_presence(&violation.kind) => {
                        !any_sealed
                            || !is_conditional(&violation.pointer) && plan.declarations(key).next().is_none()
                            || matches!(violation.kind, ViolationKind::Missing { .. })
                                && !is_conditional(&violation.pointer)
                    }
                    Some(key) => !is_sealed(key) && (!any_sealed || !is_conditional(&violation.pointer)),
                    None => !any_sealed,
                };
                if is_settled {
                    violations.push(violation);
                }
            }
        }
        unevaluated(violations, environment, settings, plan)
    }
}

/// Adds what the crate does not say of a rule: which keys it looks at.
fn explain(violation: &mut Violation, plan: &Plan, compared: &mut usize) {
    let Some((outer, keyword)) = violation.pointer.rsplit_once('/') else { return };
    match &mut violation.kind {
        ViolationKind::Rule { over: over @ None, .. } if violation.key.is_none() => {
            let nodes = plan.at(outer).map(|node| plan.under(node, keyword)).unwrap_or_default();
            // The crate says of `oneOf` alone whether several fit, and its error does not count them.
            if let (ViolationKind::Rule { over: Some(found), .. }, false) =
                (plan.rule_over(keyword, &nodes, 0), nodes.is_empty())
            {
                *over = Some(found);
            }
        }
        ViolationKind::Missing { because: Because::Condition(keys) } if keys.is_empty() => {
            let branch = violation.pointer.rfind("/then/").or_else(|| violation.pointer.rfind("/else/"));
            let test = branch.and_then(|at| plan.at(violation.pointer.get(..at)?));
            let nodes = test.map(|node| plan.under(node, "if")).unwrap_or_default();
            *keys = plan.keys_named(&nodes);
        }
        ViolationKind::Unknown { nearest: nearest @ None }
            if violation.path.is_empty() && *compared < MOST_COMPARISONS =>
        {
            *compared += plan.nodes.len();
            let key = violation.key.as_deref().unwrap_or_default();
            *nearest = suggestion::nearest(key, plan.keys()).map(str::to_owned);
        }
        _ => {}
    }
}

/// What `unevaluatedProperties` of the settings tells, in the words of what is really wrong.
///
/// A schema that is broken has evaluated nothing (JSON Schema core, §7.7), so that each key it describes comes up as
/// unknown beside the one mistake. And a key that must fulfil a schema there breaks that, which is looked into here.
fn unevaluated(
    violations: Vec<Violation>,
    environment: Option<&str>,
    settings: &Settings<'_>,
    plan: &Plan,
) -> Vec<Violation> {
    let is_left = |violation: &Violation| {
        let is_unknown = matches!(violation.kind, ViolationKind::Unknown { .. }) && violation.path.is_empty();
        is_unknown && violation.pointer.ends_with("/unevaluatedProperties")
    };
    let others: Vec<_> = violations.iter().filter(|violation| !is_left(violation)).map(|one| one.key.clone()).collect();
    let mut told = Vec::with_capacity(violations.len());
    for violation in violations {
        let Some(key) = violation.key.clone().filter(|_| is_left(&violation)) else {
            told.push(violation);
            continue;
        };
        // The table that always describes it is broken, or the condition under which another does.
        let mut declared = plan.declarations(&key).map(|(_, conditional)| conditional);
        let is_about = |other: &Option<String>| other.is_none() || *other == violation.key;
        if declared.any(|conditional| others.iter().any(|other| !conditional || is_about(other))) {
            continue;
        }
        let schema = plan.unevaluated.iter().find(|node| plan.pointer(**node) == violation.pointer);
        let value = settings.get(&key).and_then(|setting| setting.value.as_ref());
        match schema.zip(value) {
            Some((node, value)) => {
                let found = Checker::new(plan, environment, &|_| true).member(*node, &key, View::from(value));
                // What only the crate can tell apart.
                let broken = || Violation { kind: rule("unevaluatedProperties"), ..violation.clone() };
                told.extend(if found.is_empty() { vec![broken()] } else { found });
            }
            None => told.push(violation),
        }
    }
    told
}

fn build(schema: &Value, draft: Draft, environment: Option<&str>) -> Option<Validator> {
    // The keys of `required-in` are left to the caller, which knows the reason.
    let mut schema = effective(schema, draft, environment, &[]);
    spell_out_widths(&mut schema, draft);
    spell_out_patterns(&mut schema, draft);
    let draft = match draft {
        Draft::Draft4 => jsonschema::Draft::Draft4,
        Draft::Draft6 => jsonschema::Draft::Draft6,
        Draft::Draft7 => jsonschema::Draft::Draft7,
        Draft::Draft201909 => jsonschema::Draft::Draft201909,
        Draft::Draft202012 => jsonschema::Draft::Draft202012,
    };
    let options = jsonschema::options()
        .with_draft(draft)
        .offline()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex());
    super::formats::own().fold(options, |options, (name, test)| options.with_format(name, test)).build(&schema).ok()
}

/// Formats that are ranges of numbers, as the ranges.
fn spell_out_widths(schema: &mut Value, draft: Draft) {
    change_each(schema, draft, &mut |map, _| {
        let range = map.get("format").and_then(Value::as_str).and_then(integer_range);
        let (Some((least, most)), false) = (range, draft <= Draft::Draft7 && map.contains_key("$ref")) else { return };
        let bound = |limit: Option<i128>| limit.map(|limit| Typed::Integer(limit).to_value());
        let bounds = [("minimum", bound(least)), ("maximum", bound(most))];
        let bounds = bounds.into_iter().filter_map(|(name, limit)| Some((name.to_owned(), limit?)));
        let bounds = Value::Object(bounds.collect());
        match map.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(schemas) => schemas.push(bounds),
            other => *other = Value::Array(vec![bounds]),
        }
    });
}

/// Patterns as the crate's engine reads them.
fn spell_out_patterns(schema: &mut Value, draft: Draft) {
    change_each(schema, draft, &mut |map, _| {
        if let Some(Value::String(pattern)) = map.get_mut("pattern")
            && let std::borrow::Cow::Owned(spelled) = super::pattern::spelled_out(pattern)
        {
            *pattern = spelled;
        }
    });
}

fn broken(environment: Option<&str>) -> Violation {
    let pointer = environment.map(|_| format!("/{KEYWORD}")).unwrap_or_default();
    Violation { key: None, path: String::new(), kind: rule("$ref"), pointer }
}

fn instance(settings: &Settings<'_>) -> Value {
    let values = settings.entries().iter().map(|Setting { key, value, .. }| {
        let value = match value {
            // The crate compares numbers as floats beyond 64 bits, which is what a schema can express there.
            Some(Typed::Digits(digits)) => digits.parse::<f64>().map_or(Value::Null, Value::from),
            Some(typed) => typed.to_value(),
            None => Value::Null,
        };
        ((*key).to_owned(), value)
    });
    Value::Object(values.collect::<Map<_, _>>())
}

fn is_about_presence(kind: &ViolationKind) -> bool {
    matches!(kind, ViolationKind::Missing { .. } | ViolationKind::Unknown { .. })
}

/// Whether a rule holds only where another one does, so that a sealed value may switch it off.
fn is_conditional(pointer: &str) -> bool {
    const CONDITIONAL: [&str; 7] = ["if", "then", "else", "anyOf", "oneOf", "not", "unevaluatedProperties"];
    pointer.split('/').any(|step| CONDITIONAL.contains(&step))
}

/// One error of the crate as violations: those about several keys become one for each.
fn read(error: &ValidationError<'_>) -> Vec<Violation> {
    let mut steps = error.instance_path().into_iter().map(|segment| match segment {
        LocationSegment::Property(name) => name.into_owned(),
        LocationSegment::Index(index) => index.to_string(),
    });
    let key = steps.next();
    let path = steps.fold(String::new(), |path, step| path + "/" + &super::place::escape(&step));
    let pointer = error.schema_path().as_str().to_owned();
    let member = |name: &str, kind: ViolationKind| match &key {
        None => Violation { key: Some(name.to_owned()), path: String::new(), kind, pointer: pointer.clone() },
        Some(key) => {
            let path = format!("{path}/{}", super::place::escape(name));
            Violation { key: Some(key.clone()), path, kind, pointer: pointer.clone() }
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let because = because(&pointer);
            vec![member(&written(property), ViolationKind::Missing { because })]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(|name| member(name, ViolationKind::Unknown { nearest: None })).collect()
        }
        kind => {
            vec![Violation { key: key.clone(), path: path.clone(), kind: translate(kind), pointer: pointer.clone() }]
        }
    }
}

fn because(pointer: &str) -> Because {
    let steps: Vec<_> = pointer.split('/').collect();
    match steps.as_slice() {
        [.., "dependentRequired" | "dependencies", key]
        | [.., "dependentRequired" | "dependencies", key, "required" | "0"] => Because::Key((*key).to_owned()),
        steps if steps.iter().any(|step| matches!(*step, "then" | "else" | "dependentSchemas")) => {
            Because::Condition(Vec::new())
        }
        _ => Because::Always,
    }
}

/// The effective schema has an environment's fragment at the end of `allOf`; the text has it under `x-sparkcfg`.
fn in_the_text(pointer: &str, schema: &Value, draft: Draft, environment: Option<&str>) -> String {
    let mut at = Some(schema);
    let mut text = String::new();
    let mut steps = pointer.split('/').skip(1).peekable();
    while let Some(step) = steps.next() {
        let folded = environment.zip(at.and_then(Value::as_object)).and_then(|(name, map)| {
            let (index, fragment) = folded_at(map, draft, name)?;
            (step == "allOf" && steps.peek() == Some(&index.to_string().as_str())).then_some((name, fragment))
        });
        if let Some((name, fragment)) = folded {
            steps.next();
            at = Some(fragment);
            text.extend(["/", KEYWORD, "/in/", &super::place::escape(name)]);
            continue;
        }
        // What the text does not have was added here: its owner is named instead.
        let Some(inner) = at.and_then(|value| value.pointer(&format!("/{step}"))) else { break };
        at = Some(inner);
        text.extend(["/", step]);
    }
    text
}

fn translate(kind: &ValidationErrorKind) -> ViolationKind {
    use ValidationErrorKind as Kind;
    let below = |limit: &Value, exclusive| ViolationKind::BelowMinimum { limit: limit.to_string(), exclusive };
    let above = |limit: &Value, exclusive| ViolationKind::AboveMaximum { limit: limit.to_string(), exclusive };
    let short = |limit: &u64, unit| ViolationKind::TooShort { limit: *limit, unit };
    let long = |limit: &u64, unit| ViolationKind::TooLong { limit: *limit, unit };
    match kind {
        Kind::Type { kind } => {
            let expected: Vec<_> = match kind {
                TypeKind::Single(one) => vec![one.as_str()],
                TypeKind::Multiple(many) => many.iter().map(jsonschema::JsonType::as_str).collect(),
            };
            ViolationKind::WrongType { expected }
        }
        Kind::Minimum { limit } => below(limit, false),
        Kind::ExclusiveMinimum { limit } => below(limit, true),
        Kind::Maximum { limit } => above(limit, false),
        Kind::ExclusiveMaximum { limit } => above(limit, true),
        Kind::MultipleOf { multiple_of } => ViolationKind::NotMultiple { of: multiple_of.to_string() },
        Kind::Enum { options } => {
            let allowed = options.as_array().map(|values| values.iter().map(written).collect()).unwrap_or_default();
            ViolationKind::NotAllowed { allowed, nearest: None, types: Vec::new() }
        }
        Kind::Constant { expected_value } => {
            ViolationKind::NotAllowed { allowed: vec![written(expected_value)], nearest: None, types: Vec::new() }
        }
        Kind::MinLength { limit } => short(limit, Unit::Characters),
        Kind::MaxLength { limit } => long(limit, Unit::Characters),
        Kind::MinItems { limit } => short(limit, Unit::Items),
        Kind::MaxItems { limit } => long(limit, Unit::Items),
        Kind::MinProperties { limit } => short(limit, Unit::Members),
        Kind::MaxProperties { limit } => long(limit, Unit::Members),
        Kind::Pattern { pattern } => ViolationKind::Pattern { pattern: pattern.clone() },
        Kind::Format { format } => ViolationKind::Format { name: format.clone() },
        Kind::FalseSchema => ViolationKind::Unknown { nearest: None },
        Kind::Not { schema } if schema.get("enum").is_some() || schema.get("const").is_some() => {
            ViolationKind::Forbidden
        }
        other => rule(other.keyword()),
    }
}
