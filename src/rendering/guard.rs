//! Filters and tests that would look at the text of a secret which is only referred to: they stop, instead of an answer
//! that is not true of the secret.

use std::sync::Arc;

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::context::{Depth, holds_secret};

/// How it is told.
pub(super) const ASKED: &str = "this asks for the text of a secret, which is not known here";

/// Filters that look at what holds a secret, but not at the secret.
const AROUND: &[&str] = &[
    "attr", "batch", "chain", "count", "dictsort", "first", "items", "last", "length", "list", "reverse", "slice",
    "zip",
];
/// Filters that look at it. The others of the engine pass it on, or ask these and the tests.
const WITHIN: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "lines",
    "lower",
    "max",
    "min",
    "replace",
    "round",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "trim",
    "unique",
    "upper",
];
/// Tests of what kind a value is.
const KINDS: &[&str] = &["boolean", "float", "int", "integer", "iterable", "mapping", "number", "sequence", "string"];
/// Tests of its text.
const TEXTS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "divisibleby",
    "endingwith",
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
    "lower",
    "lt",
    "ne",
    "odd",
    "sameas",
    "startingwith",
    "true",
    "upper",
];

/// Puts a guard before each of them.
pub(super) fn add(environment: &mut Environment<'static>) {
    let plain = Arc::new(environment.clone());
    for (names, depth) in [(AROUND, Depth::Itself), (WITHIN, Depth::Whole)] {
        for name in names {
            let plain = Arc::clone(&plain);
            environment.add_filter(*name, move |values: Rest<Value>| {
                allowed(&values, depth)?;
                plain.empty_state().apply_filter(name, &values)
            });
        }
    }
    for (names, depth) in [(KINDS, Depth::Itself), (TEXTS, Depth::Whole)] {
        for name in names {
            let plain = Arc::clone(&plain);
            environment.add_test(*name, move |values: Rest<Value>| {
                allowed(&values, depth)?;
                plain.empty_state().perform_test(name, &values)
            });
        }
    }
}

fn allowed(values: &[Value], depth: Depth) -> Result<(), Error> {
    let asked = values.iter().any(|value| holds_secret(value, depth));
    if asked { Err(Error::new(ErrorKind::InvalidOperation, ASKED)) } else { Ok(()) }
}
