//! A service's program stops without a variable, and its Compose service does not hand it on.
//!
//! For each service that is built here, what the programs in its folder surely need (`os.environ["X"]`, a field of a settings
//! class without a default, `ENV.fetch("X")`) is compared with what reaches the container: `environment`, `env_file`, build
//! arguments, and `ENV` of the Dockerfile. Services that share a folder count together. For keys with `services` in the schema,
//! each service named there is looked at, whatever its programs read.
//!
//! Nothing is told where it cannot be known what reaches the container: an `env_file` that is not there, or a service that
//! extends another file.
//!
//! Why it hurts: the container exits at start, and the env file of the host, in which the key stands, does not help.
//!
//! Example: `settings.py` has `os.environ["SECRET_KEY"]`, and `compose.yaml` gives the service only `DATABASE_URL`.
//!
//! Remedy: add it to `environment` of the service (`SECRET_KEY: ${SECRET_KEY:?}`), or give it the env file.

use std::collections::{BTreeMap, BTreeSet};

use super::references::{Key, Referenced};
use crate::compose::{Application, File, Files, Service};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::project::references::Used;
use crate::source::Span;
use crate::uses::{Fallback, Kind, Use};

pub(super) static RULE: Rule = Rule {
    code: "not-delivered",
    severity: Severity::Error,
    summary: "a service needs a variable that it is not given",
    page: include_str!("not_delivered.rs"),
};

/// A service, and what reaches it.
struct Given {
    name: String,
    span: Span,
    /// The folder whose programs it runs; `None` for an image of somebody else.
    folder: Option<String>,
    /// The names that reach it; `None` where that cannot be known.
    names: Option<BTreeSet<String>>,
}

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let files = &referenced.project.references.files;
    let composes: Vec<_> =
        files.iter().filter(|file| file.reader.is_some_and(|reader| reader.name == "compose")).collect();
    for file in composes.into_iter().filter(|file| !file.aside && !lies_over_another(&file.path)) {
        let given = services(referenced, file);
        by_schema(referenced, &given, findings);
        let mut folders: BTreeMap<&str, Vec<&Given>> = BTreeMap::new();
        for service in &given {
            if let Some(folder) = &service.folder {
                folders.entry(folder).or_default().push(service);
            }
        }
        let all: Vec<String> = folders.keys().map(|folder| (*folder).to_owned()).collect();
        for (folder, services) in &folders {
            let inner: Vec<&str> =
                all.iter().map(String::as_str).filter(|other| other != folder && is_within(other, folder)).collect();
            needed(referenced, folder, &inner, services, findings);
        }
    }
}

/// `compose.override.yaml` is no application of its own.
fn lies_over_another(path: &str) -> bool {
    path.contains(".override.")
}

/// The services of a file.
fn services(referenced: &Referenced<'_>, file: &Used) -> Vec<Given> {
    let text = referenced.project.sources.text(file.source);
    let mut files = Files::default();
    files.all.push(File::read(file.source, &file.path, text));
    let application = Application::of(&mut files, &[0], &mut |_| None);
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    application.services.iter().map(|service| given(referenced, folder, service)).collect()
}

fn given(referenced: &Referenced<'_>, folder: &str, service: &Service) -> Given {
    let build = service.get("build");
    let context = build.and_then(|build| {
        let context = build.text().or_else(|| build.get("context").and_then(|context| context.text())).unwrap_or(".");
        joined(folder, context)
    });
    let mut names: BTreeSet<String> = service.environment().into_iter().map(|variable| variable.name).collect();
    let arguments = service.node.find(&["build", "args"]);
    names.extend(arguments.into_iter().flat_map(|arguments| arguments.pairs().map(|pair| pair.key.clone())));
    let mut is_known = !service.partial && service.get("extends").is_none();
    for env_file in service.env_files() {
        match joined(folder, &env_file.path).and_then(|path| keys_of(referenced, &path)) {
            Some(keys) => names.extend(keys),
            None => is_known = false,
        }
    }
    if let Some(context) = &context {
        names.extend(baked(referenced, context));
    }
    Given { name: service.name.clone(), span: service.span, folder: context, names: is_known.then_some(names) }
}

/// The keys of an env file that was read; `None` for one that is not there.
fn keys_of(referenced: &Referenced<'_>, path: &str) -> Option<Vec<String>> {
    let sources = &referenced.project.sources;
    let declared = referenced.project.references.declared.iter();
    let is_it = |span: &Span| {
        let shown = sources.path(span.source);
        shown == path || shown.ends_with(path) && shown[..shown.len() - path.len()].ends_with('/')
    };
    let keys: Vec<_> =
        declared.filter(|declared| is_it(&declared.span)).map(|declared| declared.name.clone()).collect();
    (!keys.is_empty()).then_some(keys)
}

/// What Dockerfiles of a folder set.
fn baked(referenced: &Referenced<'_>, folder: &str) -> Vec<String> {
    let files = referenced.project.references.files.iter();
    let files = files
        .filter(|file| file.reader.is_some_and(|reader| reader.name == "dockerfile") && is_within(&file.path, folder));
    let uses = files.flat_map(|file| &file.uses);
    uses.filter(|found| found.kind == Kind::Set).map(|found| found.name.clone()).collect()
}

/// A path beside a file; `None` where it leads out of the project or is not known.
fn joined(folder: &str, path: &str) -> Option<String> {
    if path.contains('$') || path.starts_with('/') || path.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a container surely ends without the variable.
fn stops(found: &Use) -> bool {
    found.sure && found.kind == Kind::Read && found.fallback == Fallback::Required
}

/// What the programs of a folder need, and none of its services is given.
fn needed(referenced: &Referenced<'_>, folder: &str, inner: &[&str], services: &[&Given], findings: &mut Vec<Finding>) {
    if services.iter().any(|service| service.names.is_none()) {
        return;
    }
    let has = |name: &str| {
        let file = format!("{name}_FILE");
        let mut all = services.iter().filter_map(|service| service.names.as_ref());
        all.any(|names| names.contains(name) || names.contains(&file))
    };
    for (name, key) in referenced.keys.iter().filter(|(name, _)| referenced.is_own(name) && !has(name)) {
        let places = places(key, folder, inner);
        let Some(((file, first), others)) = places.split_first() else { continue };
        // A default or another way somewhere else in the same programs: they do not all stop.
        let names: Vec<_> = services.iter().map(|service| told_name(&service.name)).collect();
        let message =
            format!("{} is needed by {}, which is not given it", told_name(name), super::listed(&names, "and"));
        let mut finding = Finding::new(&RULE, message).key(name).at(services[0].span, "");
        finding = finding.related(file.span(first), "read here, and needed");
        for (file, found) in others {
            finding = finding.related(file.span(found), "and here");
        }
        let help =
            format!("add {0}: ${{{0}:?}} to its environment, or give it an env_file that has it", told_name(name));
        findings.push(finding.help(help));
    }
}

fn places<'a>(key: &Key<'a>, folder: &str, inner: &[&str]) -> Vec<(&'a Used, &'a Use)> {
    let here = |file: &Used| {
        file.is_code()
            && !file.aside
            && is_within(&file.path, folder)
            && !inner.iter().any(|inner| is_within(&file.path, inner))
    };
    key.uses.iter().copied().filter(|(file, found)| here(file) && stops(found)).collect()
}

/// What the schema says that services need.
fn by_schema(referenced: &Referenced<'_>, given: &[Given], findings: &mut Vec<Finding>) {
    let Some(schema) = &referenced.project.schema else { return };
    for key in schema.schema.keys() {
        let property = schema.schema.property(key);
        for service in given.iter().filter(|service| property.services().contains(&service.name)) {
            let Some(names) = &service.names else { continue };
            if names.contains(key) || names.contains(&format!("{key}_FILE")) || property.default().is_some() {
                continue;
            }
            let message = format!("{} is for {}, which is not given it", told_name(key), told_name(&service.name));
            let mut finding = Finding::new(&RULE, message).key(key).at(service.span, "");
            if let Some(span) = property.pointer().and_then(|pointer| schema.place(&pointer)) {
                finding = finding.related(span, "the schema says so here");
            }
            findings
                .push(finding.help("add it to its environment, or take the service out of `services` in the schema"));
        }
    }
}
