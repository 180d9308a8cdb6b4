//! A service's program stops without a variable, and its Compose service does not hand it on.
//!
//! For each service that is built here, what the programs in its folder surely need (`os.environ["X"]`, a field of a settings
//! class without a default, `ENV.fetch("X")`) is compared with what reaches the container: `environment`, `env_file`, build
//! arguments, and `ENV` of the Dockerfile, each by that very name: that its image, its ports or a variable of another name
//! refer to it gives the program nothing. Services that share a folder count together; in a monorepo the folder is that of
//! the Dockerfile. Files that Compose lays over another one count with it; what only `-f` adds makes it a note. For keys with
//! `services` in the schema, each service named there is looked at, whatever its programs read: it is enough that its block
//! refers to the key. What several of them lack is one finding, and what is misspelt where it is handed on is told there.
//!
//! For an app of PM2 it is a note: an app gets what the shell has that started PM2, and its program may read a file.
//!
//! Only what the Dockerfile copies, or the service mounts, counts as its program. Where a program loads an env file by itself
//! and one may be in its image, it is a note.
//!
//! Nothing is told where it cannot be known what reaches the container: an `env_file` that is not there, a service that
//! extends what is not there, a command that takes variables from somewhere else (`doppler run`, `op run`, `sparkcfg run`, `. FILE`), a
//! program that loads an env file where one is mounted. What a command or a script of the image sets reaches it.
//!
//! Why it hurts: the container exits at start, and the env file of the host, in which the key stands, does not help.
//!
//! Example: `settings.py` has `os.environ["SECRET_KEY"]`, and `compose.yaml` gives the service only `DATABASE_URL`.
//!
//! Remedy: add it to `environment` of the service (`SECRET_KEY: ${SECRET_KEY:?}`), or give it the env file.

use std::collections::{BTreeMap, HashSet};

use super::delivery::{Given, apps, is_within, services};
use super::references::{Key, Referenced};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::references::Used;
use crate::source::Span;
use crate::suggestion::is_slip;
use crate::uses::{Fallback, Kind, Use};

pub(super) static RULE: Rule = Rule {
    code: "not-delivered",
    severity: Severity::Error,
    summary: "a service needs a variable that it is not given",
    page: include_str!("not_delivered.rs"),
};

/// Who starts what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Starter {
    Compose,
    Pm2,
}

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let services = services(referenced);
    let mut told = HashSet::new();
    let apps = apps(referenced);
    let all =
        services.iter().map(|given| (Starter::Compose, given)).chain(apps.iter().map(|given| (Starter::Pm2, given)));
    for (starter, given) in all {
        let mut folders: BTreeMap<&str, Vec<&Given>> = BTreeMap::new();
        for service in given {
            if let Some(folder) = &service.folder {
                folders.entry(folder).or_default().push(service);
            }
        }
        for (folder, services) in &folders {
            let inner: Vec<&str> =
                folders.keys().copied().filter(|other| other != folder && is_within(other, folder)).collect();
            for (finding, key, lacking) in needed(referenced, (folder, &inner), services, starter) {
                // What two files include is told of once.
                if lacking.iter().all(|span| told.contains(&(key, *span))) {
                    continue;
                }
                findings.push(finding);
                told.extend(lacking.into_iter().map(|span| (key, span)));
            }
        }
    }
    by_schema(referenced, &services, &told, findings);
}

/// Whether a container surely ends without the variable.
fn stops(found: &Use) -> bool {
    found.sure && found.kind == Kind::Read && found.fallback == Fallback::Required
}

/// What the programs of a folder need, and none of its services is given: each with the key, and where these services stand.
fn needed<'a>(
    referenced: &Referenced<'a>,
    (folder, inner): (&str, &[&str]),
    services: &[&Given],
    starter: Starter,
) -> Vec<(Finding, &'a str, Vec<Span>)> {
    let mut findings = Vec::new();
    if services.iter().any(|service| service.names.is_none()) {
        return findings;
    }
    let here = |file: &Used| {
        file.is_code()
            && !file.aside
            && is_within(&file.path, folder)
            && !inner.iter().any(|inner| is_within(&file.path, inner))
    };
    let images = || services.iter().filter_map(|service| service.image.as_ref());
    let loads = loads_a_file(referenced, &here);
    if loads && (starter == Starter::Pm2 || images().any(|image| image.mounts_env_file(folder))) {
        return findings;
    }
    let loaded = loads && images().any(|image| image.may_hold_env_file(folder));
    for (name, key) in referenced.keys.iter().filter(|(name, _)| referenced.is_own(name)) {
        let Some(mut places) = places(key, &here) else { continue };
        let runs = |service: &&&Given| places.iter().any(|(file, _)| service.holds(&file.path));
        let services: Vec<_> = services.iter().filter(runs).collect();
        places.retain(|(file, _)| services.iter().any(|service| service.holds(&file.path)));
        if services.is_empty() || services.iter().any(|service| service.has(name)) {
            continue;
        }
        let finding = missing(name, &places, &services, starter);
        let finding = if loaded { finding.severity(Severity::Note) } else { finding };
        findings.push((finding, *name, services.iter().map(|service| service.span).collect()));
    }
    findings
}

/// What is said of a variable that these services run with, and are not given.
fn missing(name: &str, places: &[(&Used, &Use)], services: &[&&Given], starter: Starter) -> Finding {
    let names: Vec<_> = services.iter().map(|service| told_name(&service.name)).collect();
    let (are, told) = (if names.len() == 1 { "is" } else { "are" }, told_name(name));
    let listed = super::listed(&names, "and");
    let elsewhere = services.iter().any(|service| service.elsewhere.contains(name));
    let message = match starter {
        Starter::Compose if elsewhere => {
            format!("{told} is needed by {listed}, which {are} given it only by another Compose file")
        }
        Starter::Compose => format!("{told} is needed by {listed}, which {are} not given it"),
        Starter::Pm2 => format!("{told} is needed by {listed}, and PM2 gives it only what the shell has"),
    };
    let given = services.iter().flat_map(|service| service.names.iter().flatten());
    let near = given.into_iter().find(|given| is_slip(given, name));
    let help = match (starter, near) {
        (_, Some(near)) => format!("it is given {}: did you mean {told}?", told_name(near)),
        (Starter::Compose, None) => {
            format!("add {told}: ${{{told}:?}} to its environment, or give it an env_file that has it")
        }
        (Starter::Pm2, None) => "set it in env of the app, or let the program read the env file".to_owned(),
    };
    let mut finding = Finding::new(&RULE, message).key(name).help(help);
    if let Some(first) = services.first() {
        finding = finding.at(first.span, "");
    }
    for (index, (file, found)) in places.iter().enumerate() {
        let place = if index == 0 { "read here, and needed" } else { "and here" };
        finding = finding.related(file.span(found), place);
    }
    let sure = starter == Starter::Compose && !elsewhere;
    if sure { finding } else { finding.severity(Severity::Note) }
}

/// Whether a program of the folder reads an env file by itself.
fn loads_a_file(referenced: &Referenced<'_>, here: &dyn Fn(&Used) -> bool) -> bool {
    let sources = &referenced.project.sources;
    let files = referenced.project.references.files.iter().filter(|file| here(file));
    let words = ["dotenv", "env_file", "read_env", "loadEnvFile", "envfile", ".env\""];
    files.map(|file| sources.text(file.source)).any(|text| words.iter().any(|word| text.contains(word)))
}

/// Where programs stop without the key; `None` where they do not, or where others of them have a value for it.
fn places<'a>(key: &Key<'a>, here: &dyn Fn(&Used) -> bool) -> Option<Vec<(&'a Used, &'a Use)>> {
    let uses = || {
        key.uses
            .iter()
            .copied()
            .filter(|(file, found)| here(file) && matches!(found.kind, Kind::Read | Kind::Pass | Kind::Set))
    };
    let helped = uses().any(|(_, found)| !found.fallback.is_missing() || found.kind == Kind::Set);
    let places: Vec<_> = uses().filter(|(_, found)| stops(found)).collect();
    (!helped && !places.is_empty()).then_some(places)
}

/// What the schema says that services need, and programs did not tell. A service that several files have is given it if
/// one of them does.
fn by_schema(
    referenced: &Referenced<'_>,
    files: &[Vec<Given>],
    told: &HashSet<(&str, Span)>,
    findings: &mut Vec<Finding>,
) {
    let Some(schema) = &referenced.project.schema else { return };
    for key in schema.schema.keys() {
        let property = schema.schema.property(key);
        if property.default().is_some() {
            continue;
        }
        let lacks = |name: &String| {
            let mut services = files.iter().flatten().filter(|service| service.name == *name).peekable();
            let first = *services.peek()?;
            let fine = |service: &Given| {
                let refers = service.mentions.contains(key) || service.elsewhere.contains(key);
                service.names.is_none() || service.has(key) || refers || told.contains(&(key, service.span))
            };
            (!services.any(fine)).then_some(first)
        };
        let lacking: Vec<_> = property.services().iter().filter_map(lacks).collect();
        let Some((first, others)) = lacking.split_first() else { continue };
        let names: Vec<_> = lacking.iter().map(|service| told_name(&service.name)).collect();
        let (are, told) = (if names.len() == 1 { "is" } else { "are" }, told_name(key));
        let message = format!("{told} is for {}, which {are} not given it", super::listed(&names, "and"));
        let mut finding = Finding::new(&RULE, message).key(key).at(first.span, "");
        for service in others {
            finding = finding.related(service.span, "and not here");
        }
        if let Some(span) = property.pointer().and_then(|pointer| schema.place(&pointer)) {
            finding = finding.related(span, "the schema says so here");
        }
        let help = format!(
            "add {told}: ${{{told}:?}} to its environment, or take the service out of `services` in the schema"
        );
        findings.push(finding.help(help));
    }
}
