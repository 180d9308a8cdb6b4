//! The `env_<name>` blocks of an app have different keys, or an environment of the project has none.
//!
//! Why it hurts: `pm2 start --env staging` without `env_staging` silently takes `env` alone; a key that only one block has is
//! missing in the others.
//!
//! Example: `env_prod: { PORT: 80 }` while the project also has staging.
//!
//! Remedy: give every environment a block with the same keys, or leave the blocks out and start with `sparkcfg run`.

use std::collections::BTreeSet;

use super::deployed::{Deployed, told};
use super::listed;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::pm2::App;
use crate::project::layout::ALONE;
use crate::tree::Pair;
use crate::tree::script::SPREAD;

pub(super) static RULE: Rule = Rule {
    code: "pm2-env-blocks",
    severity: Severity::Warning,
    summary: "the environments of an app do not say the same",
    page: include_str!("pm2_env_blocks.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        let blocks: Vec<&Pair> = app.blocks().filter(|block| block.key != "env").collect();
        let known = |block: &&Pair| !block.value.is_unknown() && block.value.pair(SPREAD).is_none();
        if blocks.is_empty() || !blocks.iter().all(known) || app.get(SPREAD).is_some() {
            continue;
        }
        absent(deployed, app, &blocks, findings);
        uneven(deployed, app, &blocks, findings);
    }
}

/// Names as PM2 and people write them: `production` is `prod`.
fn plain(name: &str) -> &str {
    match name {
        "production" => "prod",
        "development" => "dev",
        "stage" => "staging",
        name => name,
    }
}

/// The environments that start this file and have no block in it.
fn absent(deployed: &Deployed<'_>, app: &App, blocks: &[&Pair], findings: &mut Vec<Finding>) {
    let name = &*deployed.deployment.environment;
    // A lone `.env` is no environment by a name that anybody could write here.
    if name == ALONE && app.get("env").is_some() {
        return;
    }
    let has = |block: &&Pair| block.key.strip_prefix("env_").is_some_and(|own| plain(own) == plain(name));
    if blocks.iter().any(has) {
        return;
    }
    let finding = Finding::new(&RULE, format!("{} has no env_{name}, although it has others", told(&app.name)))
        .at(app.span, "")
        .help(format!("write env_{name}, or leave the blocks out and start with `sparkcfg run {name}`"));
    deployed.tell(&app.name, finding, findings);
}

fn uneven(deployed: &Deployed<'_>, app: &App, blocks: &[&Pair], findings: &mut Vec<Finding>) {
    let all: BTreeSet<&str> =
        blocks.iter().flat_map(|block| block.value.pairs()).map(|pair| pair.key.as_str()).collect();
    for block in blocks {
        let common = app.node.get("env");
        let has = |key: &str| {
            block.value.get(key).is_some() || common.is_some_and(|env| env.is_unknown() || env.get(key).is_some())
        };
        let missing: Vec<_> = all.iter().filter(|key| !has(key)).map(|key| told_name(key)).collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!("{} of {} lacks {}", block.key, told(&app.name), listed(&missing, "and"));
        let finding =
            Finding::new(&RULE, message).at(block.key_span, "").help("give it a value here, or in env for all");
        deployed.tell(&app.name, finding, findings);
    }
}
