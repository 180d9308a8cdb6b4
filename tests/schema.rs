//! The schema against tables, against the `jsonschema` crate, and against schemas that mean harm.

#[path = "schema/coercion.rs"]
mod coercion;
#[path = "schema/differential.rs"]
mod differential;
#[path = "schema/environments.rs"]
mod environments;
#[path = "schema/suite.rs"]
mod suite;
