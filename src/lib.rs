//! Checks a project's layered env files and sealed secrets before they hurt.
#![forbid(unsafe_code)]

pub mod dialects;
pub mod finding;
pub mod interpolation;
pub mod layer;
pub mod outputs;
pub mod portable;
pub mod report;
pub mod secret;
pub mod source;
