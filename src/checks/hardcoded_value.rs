//! A Compose or PM2 file, or a program, has as a literal what a declared key is there for.
//!
//! Told are a declared key that is set to a literal, a port that is published, or that a command or a health check of Compose
//! names, and that is the value of a declared port, and a URL or a key of some length in a program that is letter by letter the
//! value of a declared key, and no default of it. That a container keeps its port while the port of the host follows the key
//! (`"${API_PORT}:8000"`) is no mistake, and neither is a literal that says where another service of the same file is
//! (`DB_HOST: db`, and the port beside it).
//!
//! Why it hurts: whoever changes the key changes one place of two. The program listens on the new port, and Compose publishes
//! the old one.
//!
//! Example: `ports: ["8883:8883"]`, where `.env.example` has `API_PORT=8883`.
//!
//! Remedy: refer to the key: `"${API_PORT:-8883}:8883"`; on both sides, `"${API_PORT:-8883}:${API_PORT:-8883}"`, where the
//! program in the container is given the key and listens on it. That only one side follows is told as well.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::delivery::{self, Given};
use super::references::{Key, Referenced};
use crate::compose::{Service, short::Port};
use crate::detection;
use crate::finding::{Finding, Label, Rule, Severity, told_name};
use crate::interpolation::references;
use crate::project::references::{Declared, Declarer, Used};
use crate::schema::parts::Part;
use crate::source::Span;
use crate::uses::{Fallback, Kind, Side, Use};

pub(super) static RULE: Rule = Rule {
    code: "hardcoded-value",
    severity: Severity::Note,
    summary: "a literal stands where a declared key should",
    page: include_str!("hardcoded_value.rs"),
};

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in &referenced.keys {
        let Some(declared) = key.declared.iter().find(|declared| declared.by != Declarer::Schema) else { continue };
        let literals: Vec<_> =
            key.uses.iter().filter(|(file, found)| is_literal(referenced, declared, file, found)).collect();
        let Some((file, first)) = literals.first() else { continue };
        if !referenced.is_own(name) {
            continue;
        }
        let owner = first.owner.as_deref().map(|owner| format!(" for {}", told_name(owner))).unwrap_or_default();
        let message = format!("{} is declared, but set to a literal{owner}", told_name(name));
        let mut finding = Finding::new(&RULE, message).key(name).at(file.span(first), "whatever the env file says");
        for (file, found) in literals.iter().skip(1) {
            finding = finding.related(file.span(found), "and here");
        }
        let finding = finding.related(declared.span, "declared here");
        let in_script = file.reader.is_some_and(|reader| reader.name == "pm2");
        let told = told_name(name);
        let instead = if in_script { format!("process.env.{told}") } else { format!("${{{told}}}") };
        findings.push(finding.help(format!("write {instead} there, if it should follow the key")));
    }
    ports(referenced, findings);
    programs(referenced, findings);
}

/// Whether what starts programs sets a literal, in a folder for which the declaration stands too.
fn is_literal(referenced: &Referenced<'_>, declared: &Declared, file: &Used, found: &Use) -> bool {
    let literal = matches!(&found.fallback, Fallback::Text { text, .. } if !text.is_empty());
    let side = file.reader.map(|reader| reader.side);
    let path = referenced.project.sources.path(file.source);
    let folder =
        referenced.project.sources.path(declared.span.source).rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = folder.strip_suffix("environments").unwrap_or(folder).trim_end_matches('/');
    let stands_here = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    found.kind == Kind::Set
        && literal
        && side == Some(Side::Start)
        && !file.aside
        && !is_meant(&file.path)
        && stands_here
        && !is_about_a_service(referenced, file, found)
}

/// Whether a literal says where another service of the same Compose file is: in a container it is found by its name, whatever
/// the env file says for this machine.
fn is_about_a_service(referenced: &Referenced<'_>, file: &Used, found: &Use) -> bool {
    let here = referenced.applications.iter().filter(|(other, _)| other.source == file.source);
    let services: Vec<&str> = here.flat_map(|(_, all)| &all.services).map(|service| service.name.as_str()).collect();
    let names_one = |found: &Use| {
        let Fallback::Text { text, .. } = &found.fallback else { return false };
        let host = Part::Host.of(text);
        let host = host.as_deref().or_else(|| text.split(':').next()).unwrap_or_default();
        services.contains(&host)
    };
    let host = found.name.strip_suffix("PORT").map(|start| format!("{start}HOST"));
    let beside = host.and_then(|host| referenced.keys.get(host.as_str()));
    let is_beside = |(other, used): &(&Used, &Use)| other.source == file.source && used.owner == found.owner;
    names_one(found) || beside.is_some_and(|key| key.uses.iter().any(|used| is_beside(used) && names_one(used.1)))
}

/// The shortest value that nobody writes twice by chance, in bytes.
const MIN_TELLING: usize = 12;

/// Texts of programs that are the value of a declared key.
fn programs(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let mut values: BTreeMap<&str, &Declared> = BTreeMap::new();
    for declared in &referenced.project.references.declared {
        let Some(value) = declared.value.as_deref().filter(|_| declared.by != Declarer::Schema) else { continue };
        let telling = value.contains("://") && value.contains([':', '@']) || detection::looks_like_a_key("KEY", value);
        if value.len() >= MIN_TELLING
            && telling
            && !detection::is_placeholder(value)
            && referenced.is_own(&declared.name)
        {
            values.entry(value).or_insert(declared);
        }
    }
    let counts = |file: &&Used| file.is_code() && !file.aside && !is_made_up(&file.path);
    let files = || referenced.project.references.files.iter().filter(counts);
    for (value, declared) in &values {
        let mut places = files().filter_map(|file| {
            let at = literal(file, referenced.project.sources.text(file.source), &declared.name, value)?;
            let end = at + u32::try_from(value.len()).unwrap_or_default();
            Some(Span::new(file.source, at..end))
        });
        let Some(first) = places.next() else { continue };
        let name = told_name(&declared.name);
        let message = format!("a program has as a literal what is the value of {name}");
        let finding = Finding::new(&RULE, message).key(&declared.name).at(first, "stays when the key changes");
        let finding = places.fold(finding, |finding, span| finding.related(span, "and here"));
        let finding = finding.related(declared.span, "declared here");
        findings.push(finding.help(format!("read {name} there, if it should follow the key")));
    }
}

/// Whether a file holds what is shown in place of real things, by its name: `example-data.ts`.
fn is_made_up(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut words = name.split(['-', '_', '.']);
    words.any(|word| {
        matches!(
            word,
            "example" | "examples" | "fixture" | "fixtures" | "mock" | "mocks" | "sample" | "samples" | "seed"
        )
    })
}

/// Where a text stands as a whole string, on no line that is a comment, and as no default.
fn literal(file: &Used, text: &str, name: &str, value: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    let quoted = |at: &usize| {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        before.is_some_and(|quote| b"\"'`".contains(&quote) && bytes.get(at + value.len()) == Some(&quote))
    };
    let before = |at: usize| text[..at - 1].trim_end_matches(' ');
    let is_code = |at: &usize| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default().trim_start();
        let is_fallback =
            ["??", "||", "?:", " or", "default=", "default("].iter().any(|sign| before(*at).ends_with(sign));
        // `or_when_empty(env('APP_URL'), 'http://localhost')`
        let is_fallback = is_fallback || line.contains(&format!("'{name}'")) || line.contains(&format!("\"{name}\""));
        !["#", "//", "*", "/*", "--"].iter().any(|sign| line.starts_with(sign)) && !is_fallback
    };
    let found = text.match_indices(value).map(|(at, _)| at).filter(|at| quoted(at) && is_code(at));
    found.filter_map(|at| u32::try_from(at).ok()).find(|at| !is_default(file, *at))
}

/// Whether the text at a place is what some variable falls back to: then two keys share a default, which is no mistake.
fn is_default(file: &Used, at: u32) -> bool {
    file.uses.iter().any(|found| matches!(&found.fallback, Fallback::Text { at: default, .. } if default.contains(&at)))
}

/// Whether a file is there to say it differently: `compose.override.yaml`, `compose.dev.yaml`.
fn is_meant(path: &str) -> bool {
    let mut words = path.split(['/', '.', '-', '_']);
    words.any(|word| matches!(word, "override" | "dev" | "development" | "test" | "ci" | "local" | "e2e"))
}

/// Published ports that a declared key has as its value.
fn ports(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let declared: Vec<&Declared> = {
        let all = referenced.project.references.declared.iter();
        all.filter(|declared| declared.name.ends_with("PORT") && declared.value.is_some()).collect()
    };
    if declared.is_empty() {
        return;
    }
    let applications = referenced.applications.iter().filter(|(file, _)| !file.aside && !is_meant(&file.path));
    let given = delivery::services(referenced);
    let first = findings.len();
    for (file, application) in applications {
        let text = referenced.project.sources.text(file.source);
        // What a file takes in is told there.
        let is_here = |span: Span| span.source == file.source;
        for service in application.services.iter().filter(|service| is_here(service.span)) {
            let own = given.iter().flatten().find(|given| given.span == service.span);
            let listens = |declared: &Declared| {
                let key = referenced.keys.get(declared.name.as_str());
                own.zip(key).is_some_and(|(own, key)| listens_on(service, own, &declared.name, key))
            };
            let mut named = named(service);
            named.retain(|(_, place, _)| is_here(*place));
            for port in service.ports().into_iter().filter(|port| is_here(port.span)) {
                let written = text.get(port.span.range()).unwrap_or("$");
                // A port that is the default of a reference follows whatever it refers to.
                let found = if written.contains('$') {
                    half(service, (&port, written), &declared, listens)
                } else {
                    published(service, &port, &declared, listens)
                };
                // What else names the port of the container goes with it, or stays as that does.
                let (own, others): (Vec<_>, Vec<_>) = named.drain(..).partition(|(text, ..)| *text == port.target);
                named = others;
                findings.extend(
                    found.map(|found| own.iter().fold(found, |found, (_, place, _)| found.related(*place, "and here"))),
                );
            }
            findings.extend(of_commands(service, &named, &declared));
        }
    }
    let found = findings.split_off(first);
    told_once(found, findings);
}

/// The same of one service in several files is one finding, at the first of them.
fn told_once(found: Vec<Finding>, findings: &mut Vec<Finding>) {
    let mut known: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    for mut finding in found {
        let at = *known.entry((finding.message.clone(), finding.help.clone())).or_insert(findings.len());
        match (findings.get_mut(at), finding.label.take()) {
            (Some(first), Some(label)) => first.related.push(Label::new(label.span, "and here")),
            (_, label) => {
                finding.label = label;
                findings.push(finding);
            }
        }
    }
}

/// Whether the program of a service is given a key, and reads it; a literal of its own stays what it is.
fn listens_on(service: &Service, given: &Given, name: &str, key: &Key<'_>) -> bool {
    let is_own = |found: &Use| found.kind == Kind::Set && found.owner.as_deref() == Some(service.name.as_str());
    given.has(name) && key.is_read_by_code() && !key.uses.iter().any(|(_, found)| is_own(found))
}

/// A published port that is the value of a declared key.
fn published(
    service: &Service,
    port: &Port,
    declared: &[&Declared],
    listens: impl Fn(&Declared) -> bool,
) -> Option<Finding> {
    let published = port.published.as_deref().filter(|port| port.len() > 2)?;
    let key = declared.iter().find(|declared| declared.value.as_deref() == Some(published))?;
    let (name, service) = (told_name(&key.name), told_name(&service.name));
    let message = format!("{service} publishes {published}, which is the value of {name}");
    let finding = Finding::new(&RULE, message).key(&key.name).at(port.span, "stays when the key changes");
    let finding = finding.related(key.span, "declared here");
    let reference = format!("${{{name}:-{published}}}");
    Some(finding.help(if port.target == published && listens(key) {
        format!("write {reference} on both sides, because {service} is given {name} and listens on it")
    } else {
        format!("write {reference} for the port of the host; that of the container stays {}", port.target)
    }))
}

/// A port of which only the side of the host follows a key, though the program in the container does, too.
fn half(
    service: &Service,
    (port, written): (&Port, &str),
    declared: &[&Declared],
    listens: impl Fn(&Declared) -> bool,
) -> Option<Finding> {
    let references = references(written);
    let [reference] = references.as_slice() else { return None };
    let is_of_host = written[reference.range.end..].starts_with(':');
    let refers = |declared: &&&Declared| is_of_host && reference.name == declared.name;
    let key =
        declared.iter().filter(refers).find(|declared| declared.value.as_deref() == Some(port.target.as_str()))?;
    if !listens(key) {
        return None;
    }
    let (name, service) = (told_name(&key.name), told_name(&service.name));
    let message = format!("{service} listens on {name}, but its own side of the published port stays {}", port.target);
    let finding =
        Finding::new(&RULE, message).key(&key.name).at(port.span, "only the port of the host follows the key");
    let finding = finding.related(key.span, "declared here");
    Some(finding.help(format!("write ${{{name}:-{}}} on both sides", port.target)))
}

/// The ports that the command and the health check of a service name as literals, where, and in which of the two.
fn named(service: &Service) -> Vec<(String, Span, &'static str)> {
    static PORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let address = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):";
        let option = r"(?:^|\s)(?:-p|--?(?:[a-z]+-)*port)[ =]";
        Regex::new(&format!(r"(?:{address}|{option})([0-9]{{3,5}})(?:[^0-9A-Za-z_.:-]|$)")).ok()
    });
    static OPTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^(?:-p|--?(?:[a-z]+-)*port)$").ok());
    let parts =
        [(&["command"][..], "command"), (&["entrypoint"], "command"), (&["healthcheck", "test"], "health check")];
    let mut found = Vec::new();
    for (path, part) in parts {
        let Some(node) = service.node.find(path) else { continue };
        let mut before = None;
        for scalar in std::iter::once(node).chain(node.items().map(|item| &**item)) {
            let Some(text) = scalar.text() else { continue };
            let is_number = (3..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            let option = before.replace(text).zip(OPTION.as_ref());
            if is_number && option.is_some_and(|(before, option)| option.is_match(before)) {
                found.push((text.to_owned(), scalar.span, part));
            }
            let ports = PORT.iter().flat_map(|port| port.captures_iter(text)).filter_map(|found| found.get(1));
            found.extend(ports.map(|port| (port.as_str().to_owned(), scalar.part(port.range()), part)));
        }
    }
    found
}

/// Ports of commands and health checks that a declared key has as its value: one finding for each key.
fn of_commands(service: &Service, named: &[(String, Span, &'static str)], declared: &[&Declared]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (text, place, part) in named {
        let Some(key) = declared.iter().find(|declared| declared.value.as_deref() == Some(text)) else { continue };
        let name = told_name(&key.name);
        if let Some(found) = findings.iter_mut().find(|found| found.key.as_deref() == Some(name.as_str())) {
            found.related.push(Label::new(*place, "and here"));
            continue;
        }
        let message = format!("the {part} of {} has {text}, which is the value of {name}", told_name(&service.name));
        let finding = Finding::new(&RULE, message).key(&key.name).at(*place, "stays when the key changes");
        let help = format!("write ${{{name}:-{text}}} there, if it should follow the key");
        findings.push(finding.related(key.span, "declared here").help(help));
    }
    findings
}
