//! A rendered file is not what its template gives today.
//!
//! Somebody changed a template, the schema or an environment and did not render again, so what is deployed is not what
//! was reviewed. The same is said of a file that was never rendered, of one whose template is gone, and of one to which git
//! gave the line ends of another system.
//!
//! Example: `templates/compose.yml.j2` names a new image, and `rendered/prod/compose.yml` still has the old one.
//!
//! Remedy: render again (`sparkcfg render prod`) and commit what came out with the change that caused it. `sparkcfg
//! render --check` shows the difference without writing anything.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "render-stale",
    severity: Severity::Error,
    summary: "a rendered file is not what its template gives",
    page: include_str!("render_stale.rs"),
};
