//! The root file system of a service can be written.
//!
//! Why it hurts: who breaks in can leave programs behind. Many images need a few places to write, so this is never mended
//! by `validate`.
//!
//! Example: a service without `read_only`.
//!
//! Remedy: write `read_only: true`, with `tmpfs: [/tmp, /run]` for what the image writes.
//!
//! CIS Docker Benchmark 1.6.0: "Ensure that the container's root filesystem is mounted as read only".

use super::deployed::{Lacking, Words};
use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-writable-root",
    severity: Severity::Note,
    summary: "a service may write to its own image's files",
    page: include_str!("compose_writable_root.rs"),
};

pub(super) static LACKING: Lacking = Lacking {
    paths: &[&["read_only"]],
    only_while_it_runs: false,
    forms: None,
    words: Words {
        one: "has a root file system that can be written",
        several: "have root file systems that can be written",
        help: "set read_only: true, with tmpfs for what is written",
    },
};
