//! The schema against tables, against the `jsonschema` crate, and against schemas that mean harm.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]
#![expect(clippy::too_many_lines, reason = "tables are long")]

#[path = "schema/coercion.rs"]
mod coercion;
#[path = "schema/differential.rs"]
mod differential;
#[path = "schema/environments.rs"]
mod environments;
#[path = "schema/errors.rs"]
mod errors;
#[path = "schema/formats.rs"]
mod formats;
#[path = "schema/names.rs"]
mod names;
#[path = "schema/rules.rs"]
mod rules;
#[path = "schema/suite.rs"]
mod suite;
