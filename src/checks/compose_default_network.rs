//! A service says nothing of networks, and so is in the one that Compose makes for the whole project.
//!
//! This is off: it is told only where `[severity]` names it, as in `compose-default-network = "note"`.
//!
//! Why it hurts: every service reaches every other one there, the gateway the database as well, and which of them are meant to
//! talk to each other is written nowhere. Of a project with few services that all do, this says little.
//!
//! Example: a service with neither `networks` nor `network_mode`.
//!
//! Remedy: give each service the `networks` that it needs, such as `[front]` and `[front, back]`, and declare them at the top level.

use super::deployed::{Lacking, Words};
use crate::finding::{Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "compose-default-network",
    severity: Severity::Note,
    summary: "a service names no network (off, until [severity] names this code)",
    page: include_str!("compose_default_network.rs"),
};

pub(super) static LACKING: Lacking = Lacking {
    paths: &[&["networks"], &["network_mode"]],
    only_while_it_runs: false,
    forms: None,
    words: Words {
        one: "names no network, and so reaches every other service that names none",
        several: "name no network, and so reach each other",
        help: "write the networks: that it needs, and declare them at the top level",
    },
};
