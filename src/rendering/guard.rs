//! Filters and tests, each before it looks at a value: at the text of a secret which is only referred to it stops, instead
//! of an answer that is not true of the secret; of a value with another spelling than its type has it sees what it looks
//! for, the type or the text.

use std::sync::Arc;

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::context::{Depth, Look, Spelled, holds};

/// How it is told.
pub(super) const ASKED: &str = "this asks for the text of a secret, which is not known here";

/// How it is told that a filter was given a text in which values stand already, to be quoted for their places.
pub(super) const WRITTEN: &str = "this would look at a text in which values are written already";

/// Filters that look at what holds a secret, but not at the secret.
const AROUND: &[&str] = &[
    "attr", "batch", "chain", "count", "dictsort", "first", "items", "last", "length", "list", "reverse", "slice",
    "zip",
];
/// Filters that look at what a value is. The others of the engine pass it on, or ask these and the tests.
const TYPES: &[&str] =
    &["abs", "bool", "float", "format", "groupby", "int", "max", "min", "round", "sort", "sum", "unique"];
/// Filters that look at its text.
const SPELLINGS: &[&str] =
    &["capitalize", "indent", "lines", "lower", "replace", "split", "string", "title", "trim", "upper"];
/// Tests of what kind a value is.
const KINDS: &[&str] = &["boolean", "float", "int", "integer", "iterable", "mapping", "number", "sequence", "string"];
/// Tests that compare it.
const COMPARISONS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "divisibleby",
    "eq",
    "equalto",
    "even",
    "false",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "le",
    "lessthan",
    "lt",
    "ne",
    "odd",
    "sameas",
    "true",
];
/// Tests of its text.
const TEXTS: &[&str] = &["endingwith", "lower", "startingwith", "upper"];

/// What one of them sees of a value.
type Seen = fn(Value) -> Value;

/// Puts a guard before each of them.
pub(super) fn add(environment: &mut Environment<'static>) {
    let plain = Arc::new(environment.clone());
    let filters: [(_, _, Seen); 3] = [
        (AROUND, Depth::Itself, |value| value),
        (TYPES, Depth::Whole, Spelled::typed),
        (SPELLINGS, Depth::Whole, Spelled::text),
    ];
    for (names, depth, seen) in filters {
        for name in names {
            let plain = Arc::clone(&plain);
            environment.add_filter(*name, move |values: Rest<Value>| {
                allowed(&values, depth)?;
                plain.empty_state().apply_filter(name, &seen_by(values, seen))
            });
        }
    }
    let tests: [(_, _, Seen); 3] = [
        (KINDS, Depth::Itself, Spelled::typed),
        (COMPARISONS, Depth::Whole, Spelled::typed),
        (TEXTS, Depth::Whole, Spelled::text),
    ];
    for (names, depth, seen) in tests {
        for name in names {
            let plain = Arc::clone(&plain);
            environment.add_test(*name, move |values: Rest<Value>| {
                allowed(&values, depth)?;
                plain.empty_state().perform_test(name, &seen_by(values, seen))
            });
        }
    }
}

fn seen_by(values: Rest<Value>, seen: Seen) -> Vec<Value> {
    values.0.into_iter().map(seen).collect()
}

fn allowed(values: &[Value], depth: Depth) -> Result<(), Error> {
    let asked = |look: Look| values.iter().any(|value| holds(value, look, depth));
    let message = if asked(Look::Secret) {
        ASKED
    } else if asked(Look::Piece) {
        WRITTEN
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::InvalidOperation, message))
}
