//! A value cannot be written where a template puts it.
//!
//! Every value is quoted for the place where it comes out, so that the program that reads the file gets exactly that
//! value. Some places have no quotes: a comment has no way to hold a line break, a file of an unknown kind has no rules
//! to quote by, and not every kind of file can refer to a secret. At others, what a value would be depends on what runs:
//! within `$(…)` or `${…}` of a script, in a here-document for a program that may evaluate it, beside a `$NAME` that readers
//! of an env file see differently, right behind a `$` or a backslash.
//!
//! Example: `requirepass {{ REDIS_PASSWORD }}` in a template of a `.conf` file, where the password is a secret.
//!
//! Remedy: put the value where the file has quotes, choose another value, or hand a secret over in another way, such as a
//! mounted file.

use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "render-unwritable",
    severity: Severity::Error,
    summary: "a value cannot be written where a template puts it",
    page: include_str!("render_unwritable.rs"),
};
