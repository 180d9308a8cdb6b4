//! A template uses a name that has no value.
//!
//! Other tools put an empty text there, warn at best, and go on: a container starts without its password, a port becomes
//! nothing. Here nothing is written until every name has a value; all of them are told in one run.
//!
//! Example: `image: "app:{{ APP_VERSON }}"` in a template, while the environments set `APP_VERSION`.
//!
//! Remedy: correct the name, set the key, or say in the template what is to be taken without it:
//! `{{ APP_VERSION | default("latest") }}`, or `{% if APP_VERSION is defined %}`.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "render-undefined",
    severity: Severity::Error,
    summary: "a template uses a name that has no value",
    page: include_str!("render_undefined.rs"),
};
