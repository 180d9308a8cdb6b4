//! An app has less time to end than it needs: under 3 seconds in cluster mode.
//!
//! Why it hurts: PM2 waits 1.6 seconds by itself, then kills; requests that are being answered break off at every reload, and
//! a `SHUTDOWN_TIMEOUT` of the app itself is cut short.
//!
//! Example: `exec_mode: "cluster"` without `kill_timeout`; or `script: "app.js", instances: 2`, which PM2 clusters as well;
//! or `SHUTDOWN_TIMEOUT=30` beside `kill_timeout: 5000`.
//!
//! Remedy: write `kill_timeout: 5000`, more than the longest request takes.

use super::deployed::{Deployed, told};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::Content;
use crate::pm2::{App, Mode};

pub(super) static RULE: Rule = Rule {
    code: "pm2-kill-timeout",
    severity: Severity::Warning,
    summary: "an app has little time to end",
    page: include_str!("pm2_kill_timeout.rs"),
};

const SHORTEST: u64 = 3000;

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let wanted = wanted(deployed);
    for app in deployed.apps() {
        let (milliseconds, span) = match app.get("kill_timeout") {
            Some(node) => (node.text().and_then(|text| text.parse::<u64>().ok()), node.span),
            None if app.lacks(&["kill_timeout"]) => (Some(1600), app.span),
            None => continue,
        };
        let Some(milliseconds) = milliseconds else { continue };
        let is_clustered = app.mode() == Some(Mode::Cluster);
        let own = wanted.iter().find(|(key, wanted)| milliseconds < *wanted && is_for(deployed, key, app));
        let (more, label) = match own {
            Some((key, wanted)) => (format!(", but {} gives it {wanted} ms", told_name(key)), ""),
            None if is_clustered && milliseconds < SHORTEST => {
                let implied = app.get("exec_mode").is_none();
                (String::new(), if implied { "PM2 clusters it because of `instances`" } else { "" })
            }
            None => continue,
        };
        let least = own.map_or(5000, |(_, wanted)| wanted + 1000);
        let message = format!("{} is killed {milliseconds} ms after it is asked to end{more}", told(&app.name));
        let finding =
            Finding::new(&RULE, message).at(span, label).help(format!("write kill_timeout: {least}, or more"));
        deployed.tell(&app.name, finding, findings);
    }
}

/// The keys by which an app of the environment takes its time to end, in milliseconds.
fn wanted(deployed: &Deployed<'_>) -> Vec<(String, u64)> {
    let mut found: Vec<(String, u64)> = Vec::new();
    if deployed.ecosystem().is_none() {
        return found;
    }
    for layer in deployed.project.layers_of(&deployed.deployment.environment) {
        for entry in &layer.entries {
            let Content::Slice(range) = &entry.content else { continue };
            let key = layer.slice(&entry.key);
            let Some(wanted) = milliseconds(key, layer.slice(range)) else { continue };
            // The highest layer counts.
            found.retain(|(known, _)| known != key);
            found.push((key.to_owned(), wanted));
        }
    }
    found
}

/// The time that a key such as `SHUTDOWN_TIMEOUT` gives: `30`, `30s`, `30000`.
fn milliseconds(key: &str, value: &str) -> Option<u64> {
    let is_time = ["TIMEOUT", "PERIOD", "SECONDS", "SECS", "_MS", "_S"].iter().any(|end| key.ends_with(end));
    if !is_time || !["SHUTDOWN", "GRACEFUL", "GRACE_PERIOD"].iter().any(|part| key.contains(part)) {
        return None;
    }
    match value.parse::<u64>() {
        Ok(number) if key.ends_with("_MS") || number >= 1000 => Some(number),
        Ok(number) => number.checked_mul(1000),
        Err(_) => u64::try_from(humantime::parse_duration(value).ok()?.as_millis()).ok(),
    }
}

/// Whether an app reads a key, as far as the schema says who does.
fn is_for(deployed: &Deployed<'_>, key: &str, app: &App) -> bool {
    let Some(schema) = &deployed.project.schema else { return true };
    let property = schema.schema.property(key);
    let services = property.services();
    services.is_empty() || services.contains(&app.name)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times() {
        for (key, value, expected) in [
            ("SHUTDOWN_TIMEOUT", "30", Some(30_000)),
            ("SHUTDOWN_TIMEOUT", "30000", Some(30_000)),
            ("API_GRACEFUL_TIMEOUT", "1m", Some(60_000)),
            ("SHUTDOWN_TIMEOUT_MS", "500", Some(500)),
            ("SHUTDOWN_TIMEOUT", "soon", None),
            ("SHUTDOWN_URL", "30", None),
            ("HTTP_TIMEOUT", "30", None),
        ] {
            assert_eq!(milliseconds(key, value), expected, "{key}={value}");
        }
    }
}
