//! Checks a project's layered env files and sealed secrets before they hurt.
#![forbid(unsafe_code)]

pub mod checks;
pub mod cli;
pub mod detection;
pub mod dialects;
pub mod envelope;
pub mod environment;
pub mod error;
pub mod finding;
pub mod identity;
pub mod ignores;
pub mod interpolation;
pub mod layer;
pub mod model;
pub mod outputs;
pub mod project;
pub mod report;
pub mod schema;
pub mod secret;
pub mod source;
pub mod stores;
pub mod suggestion;
