//! An attribute of an app has a value that PM2 refuses.
//!
//! Why it hurts: PM2 says what it expected and starts nothing of the whole file. It takes a text for a number where it spells
//! one (`"5000"`), but neither `"5s"` for milliseconds nor `"false"` for false, and no `@daily` for a pattern of cron. Of an `env_<name>` that is a text it makes a
//! variable for each character.
//!
//! Example: `autorestart: "false"`, `restart_delay: "5s"`, `exec_mode: "clustr"`, `env: ["PORT=80"]`
//!
//! Remedy: write `autorestart: false`, `restart_delay: 5000`, `exec_mode: "cluster"`, `env: { PORT: "80" }`.
//!
//! What is known of PM2 is what PM2 7 answers.

use super::deployed::{Deployed, told};
use super::listed;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::pm2::attributes::{self, Attribute};
use crate::tree::{Pair, Value};

pub(super) static RULE: Rule = Rule {
    code: "pm2-bad-attribute",
    severity: Severity::Error,
    summary: "PM2 refuses a value of an app",
    page: include_str!("pm2_bad_attribute.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for app in deployed.apps() {
        // PM2 puts something of its own in the place of these.
        let is_replaced = |name: &str, said: &Pair| match name {
            "log_date_format" => app.get("time").is_some(),
            "exec_mode" => app.get("execute_command").is_some(),
            "merge_logs" => said.key != name,
            _ => false,
        };
        for attribute in attributes::ALL {
            let Some(pair) = app.pair(attribute.name).filter(|said| attribute.refuses(said)) else { continue };
            if is_replaced(attribute.name, pair) {
                continue;
            }
            let message = format!(
                "PM2 refuses {} of {}, which takes {}",
                pair.key,
                told(&app.name),
                listed(&attribute.told(), "or")
            );
            let finding = Finding::new(&RULE, message).at(pair.value.span, "nothing in this file is started");
            deployed.tell(&app.name, finding.help(remedy(attribute, pair)), findings);
        }
        let named = app.blocks().filter(|block| block.key != "env" && attributes::BLOCK.refuses(block));
        for block in named {
            let (key, app_name) = (told_name(&block.key), told(&app.name));
            let message = if matches!(block.value.value, Value::List(_)) {
                format!("PM2 refuses {key} of {app_name}, which takes names with their values")
            } else {
                format!("PM2 makes a variable of each character of {key} of {app_name}")
            };
            let finding = Finding::new(&RULE, message).at(block.value.span, "");
            deployed.tell(&app.name, finding.help(remedy(&attributes::BLOCK, block)), findings);
        }
    }
}

fn remedy(attribute: &Attribute, pair: &Pair) -> String {
    let key = &pair.key;
    match pair.value.boolean() {
        Some(flag) if attribute.is_flag() => format!("write {key}: {flag}, without quotes"),
        _ if attribute.is_time() => format!("write milliseconds, as in {key}: 5000"),
        _ if attribute.name.starts_with("env") => {
            format!("write each variable with its value, as in {}: {{ NAME: \"value\" }}", told_name(key))
        }
        _ => format!("write {}", listed(&attribute.told(), "or")),
    }
}
