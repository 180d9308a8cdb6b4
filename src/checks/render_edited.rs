//! A rendered file was edited by hand.
//!
//! Its header holds a hash of the text below it, and the two do not match. The next rendering would undo the edit, so
//! sparkcfg does not write over such a file, and says so instead. A file that has no header at all, and so was not made
//! by sparkcfg, is left alone in the same way.
//!
//! JSON has no comments, so a JSON file cannot say whether it was edited. It is written over only where the last commit
//! holds it as it is, so that nothing is lost.
//!
//! Example: a port was changed in `rendered/prod/compose.yml` during an incident, and nowhere else.
//!
//! Remedy: move the change to where it belongs, the template or the environment, and render again. `sparkcfg render
//! prod --force` throws the edit away.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "render-edited",
    severity: Severity::Error,
    summary: "a rendered file was edited by hand",
    page: include_str!("render_edited.rs"),
};
