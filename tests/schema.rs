//! The schema against tables, against the `jsonschema` crate, and against schemas that mean harm.

#[path = "schema/coercion.rs"]
mod coercion;
#[path = "schema/environments.rs"]
mod environments;
