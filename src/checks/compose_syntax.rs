//! A Compose file cannot be read, or its parts do not fit together.
//!
//! No YAML, a name that stands twice in one map, a service that extends itself or one that there is not, a file of `extends` or
//! `include` that is not there, a network, volume, secret, config or service that is named and nobody declares, a name with nothing
//! behind it, a misspelt one, services that wait for each other, a service without an image, a port that is no number, a limit that is said
//! twice and not alike, or a file made to keep its reader busy: over 8 MiB, 100 levels or 250,000 values, anchors that repeat each other.
//!
//! Example: `ports: [80:80`, `volumes: ["dat:/data"]` where `data` is declared, `enviroment:`
//!
//! Remedy: mend the place that is shown; `docker compose config` refuses the file as well.

use super::deployed::{Deployed, Words, told};
use super::listed;
use crate::compose::consistency::{Flaw, Kind};
use crate::compose::{limits, short};
use crate::finding::{Finding, Rule, Severity};
use crate::suggestion::{MOST_COMPARISONS, nearest};

pub(super) static RULE: Rule = Rule {
    code: "compose-syntax",
    severity: Severity::Error,
    summary: "a Compose file cannot be read",
    page: include_str!("compose_syntax.rs"),
};

pub(super) fn check(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    let Some(application) = deployed.application() else { return };
    for refusal in &application.refusals {
        let finding = Finding::new(&RULE, refusal.message).at(refusal.at, "").help(refusal.help);
        findings.push(deployed.of_environment(finding));
    }
    if deployed.lies_over_others() {
        return;
    }
    let flaws = application.flaws();
    let finding = flaws.iter().filter_map(told_flaw).map(|finding| deployed.of_environment(finding));
    findings.extend(finding);
    let bare = flaws.iter().filter_map(|flaw| match flaw {
        Flaw::NoImage { service, span } => Some((service.as_str(), *span)),
        _ => None,
    });
    let words = Words {
        one: "has neither an image nor a way to build one",
        several: "have neither an image nor a way to build one",
        help: "write image: or build:, or name the file as well that says so",
    };
    deployed.tell_together(&RULE, &bare.collect::<Vec<_>>(), &words, findings);
    refused(deployed, findings);
    let mut left = MOST_COMPARISONS;
    for undeclared in application.undeclared(deployed.services()) {
        let (kind, name) = (undeclared.kind, told(&undeclared.name));
        let message = format!("{} names the {} {name}, which there is not", told(&undeclared.service), kind.told());
        let others = application.declared(kind).filter(|near| *near != undeclared.service).take(left);
        let near = nearest(&undeclared.name, others.inspect(|_| left -= 1));
        let help = match (near, kind) {
            (Some(near), _) => format!("did you mean `{}`?", told(near)),
            (None, Kind::Service) => "name a service of these files, or take it away".to_owned(),
            (None, Kind::Volume) if undeclared.name.contains('/') => format!("a folder begins with a dot: ./{name}"),
            (None, _) => format!("declare it under {}: at the top level", kind.section()),
        };
        let finding = Finding::new(&RULE, message).at(undeclared.span, "docker compose starts nothing").help(help);
        deployed.tell(&undeclared.service, finding, findings);
    }
}

/// What docker compose refuses of single services, with their variables replaced.
fn refused(deployed: &Deployed<'_>, findings: &mut Vec<Finding>) {
    for service in deployed.services() {
        let name = told(&service.name);
        for limit in limits::differing(service) {
            let message = format!("{name} says {} otherwise than {}", limit.short, limit.long);
            let finding = Finding::new(&RULE, message)
                .at(limit.span, "docker compose starts nothing")
                .related(limit.other, "where this stands, all has to")
                .help(format!("say it as {} only", limit.long));
            deployed.tell(&service.name, finding, findings);
        }
        for item in service.get("ports").into_iter().flat_map(|ports| ports.items()) {
            if let Some(port) = short::refused_port(item) {
                let help = "a port is a number, or two with a dash: 8080:80, or with an address 127.0.0.1:8080:80";
                let finding = Finding::new(&RULE, format!("{name} publishes {}, which is no port", told(&port)))
                    .at(item.span, "docker compose starts nothing")
                    .help(help);
                deployed.tell(&service.name, finding, findings);
            }
        }
    }
}

/// What is told of each flaw by itself.
fn told_flaw(flaw: &Flaw) -> Option<Finding> {
    Some(match flaw {
        Flaw::Empty { path, span } => Finding::new(&RULE, format!("{} has nothing behind it", told(path)))
            .at(*span, "docker compose starts nothing")
            .help("write what belongs there, or take the line away"),
        Flaw::Misspelt { name, near, span } => {
            Finding::new(&RULE, format!("{} is nothing that docker compose knows here", told(name)))
                .at(*span, "docker compose starts nothing")
                .help(format!("did you mean `{near}`?"))
        }
        Flaw::Circle { services, span } => {
            let message = match services.as_slice() {
                [one] => format!("{} waits for itself", told(one)),
                several => {
                    let names: Vec<_> = several.iter().take(5).map(|name| told(name)).collect();
                    format!("{} wait for each other", listed(&names, "and"))
                }
            };
            Finding::new(&RULE, message).at(*span, "docker compose starts nothing").help("take one depends_on away")
        }
        Flaw::NoImage { .. } => return None,
        Flaw::ModeAndNetworks { service, span, networks } => {
            Finding::new(&RULE, format!("{} has a network mode and networks", told(service)))
                .at(*span, "docker compose starts nothing")
                .related(*networks, "these are its networks")
                .help("take one of them away")
        }
    })
}
