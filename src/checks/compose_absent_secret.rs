//! A variable of a service names the file of a secret that the service is not given.
//!
//! What counts is a variable that ends in `_FILE` and whose value lies in `/run/secrets/`, where the service neither lists that
//! secret under its `secrets:` nor mounts the place as a volume. Where a variable decides what is mounted, nothing is told.
//!
//! Why it hurts: the program finds no file, and ends or runs without the secret.
//!
//! Example: `DB_PASSWORD_FILE: /run/secrets/db_password` in a service without `secrets: [db_password]`.
//!
//! Remedy: list the secret under `secrets:` of the service, and declare it under `secrets:` at the top level.

use std::collections::HashSet;

use super::deployed::{Deployed, told};
use crate::compose::Service;
use crate::compose::service::literal;
use crate::compose::short;
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::suggestion::{MOST_COMPARISONS, nearest};
use crate::tree::Node;

pub(super) static RULE: Rule = Rule {
    code: "compose-absent-secret",
    severity: Severity::Error,
    summary: "a service is not given the file of a secret that it is to read",
    page: include_str!("compose_absent_secret.rs"),
};

const FOLDER: &str = "/run/secrets/";

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let mut left = MOST_COMPARISONS;
    for service in deployed.services().filter(|service| !service.partial) {
        let variables = service.environment();
        let mut named = variables.iter().filter(|variable| variable.name.ends_with("_FILE")).peekable();
        if named.peek().is_none() {
            continue;
        }
        let Some(given) = given(service) else { continue };
        for variable in named {
            let Some(path) = literal(&variable.value).filter(|path| path.starts_with(FOLDER)) else { continue };
            let mut above = path.match_indices('/').map(|(at, _)| &path[..at.max(1)]);
            if given.contains(&path) || above.any(|place| given.contains(place)) {
                continue;
            }
            let name = &path[FOLDER.len()..];
            left = left.saturating_sub(given.len());
            let near = nearest(name, given.iter().filter_map(|place| place.strip_prefix(FOLDER)).take(left));
            let help = match near {
                Some(near) => format!("did you mean {FOLDER}{}?", told(near)),
                None => format!("add {} to secrets: of the service, and declare it at the top level", told(name)),
            };
            let message = format!(
                "{} reads {} of {}, which it is not given",
                service.name,
                told(&path),
                told_name(&variable.name)
            );
            let finding =
                Finding::new(&RULE, message).key(&variable.name).at(variable.value.span, "not there").help(help);
            deployed.tell(&service.name, finding, findings);
        }
    }
}

/// The places that secrets and volumes fill; `None` where a variable decides one of them.
fn given(service: &Service) -> Option<HashSet<String>> {
    let items = |key: &str| service.get(key).into_iter().flat_map(|node| node.items()).cloned().collect::<Vec<_>>();
    let text = |node: &Node| literal(node);
    let secrets = items("secrets").into_iter().map(|item| {
        let named = item.get("target").or_else(|| item.get("source")).map_or(&item, |node| node);
        let name = text(named)?;
        Some(if name.starts_with('/') { name } else { format!("{FOLDER}{name}") })
    });
    let volumes = items("volumes").into_iter().map(|item| {
        let mount = short::mount(&item)?;
        Some(mount.target).filter(|target| !target.contains('$'))
    });
    secrets.chain(volumes).collect()
}
