//! Checks a project's layered env files and sealed secrets before they hurt.
#![forbid(unsafe_code)]

pub mod envelope;
pub mod finding;
pub mod identity;
pub mod layer;
pub mod outputs;
pub mod plain;
pub mod report;
pub mod secret;
pub mod source;
pub mod stores;
