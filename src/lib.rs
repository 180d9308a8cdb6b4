//! Checks a project's layered env files and sealed secrets before they hurt.
#![forbid(unsafe_code)]

pub mod finding;
pub mod layer;
pub mod outputs;
pub mod report;
pub mod schema;
pub mod secret;
pub mod source;
