//! A service says nothing of networks, and so is in the one that Compose makes for the whole project. Told only where
//! `[severity]` asks for it: `compose-default-network = "note"`.
//!
//! Why it hurts: every service reaches every other one there, the gateway the database as well. Which of them talk to each other
//! is written nowhere. Where a project has few services that all do, this tells nothing, so it is off.
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
    words: Words {
        one: "names no network, and so reaches every other service that names none",
        several: "name no network, and so reach each other",
        help: "write the networks: that it needs, and declare them at the top level",
    },
};
