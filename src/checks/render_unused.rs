//! A key of the schema is used by no template.
//!
//! It is set, checked and reviewed, but no rendered file carries it, so no service gets it that way. Perhaps a template
//! was forgotten; perhaps the key is for something else.
//!
//! Example: the schema has `WORKERS`, and neither `compose.yml.j2` nor any other template names it.
//!
//! Remedy: use the key in a template, or say `"x-sparkcfg": { "render": "optional" }` at the key. With `"render":
//! "required"` it is an error.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "render-unused",
    severity: Severity::Note,
    summary: "a key of the schema is used by no template",
    page: include_str!("render_unused.rs"),
};
