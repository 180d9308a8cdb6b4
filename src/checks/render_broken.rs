//! A template cannot be read or run.
//!
//! It breaks the syntax of its language, asks for a filter or a file that does not exist, does not come to an end, or
//! compares a secret that is not in the file, which would differ from everything.
//! Templates are Jinja2 by MiniJinja, without access to files outside `templates/`, to the network or to the clock.
//! Filters that switch escaping off do not exist.
//!
//! Example: `{% if DEBUG %}` without `{% endif %}`.
//!
//! Remedy: mend the template at the place that is shown.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "render-broken",
    severity: Severity::Error,
    summary: "a template cannot be read or run",
    page: include_str!("render_broken.rs"),
};
