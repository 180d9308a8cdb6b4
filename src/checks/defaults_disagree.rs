//! A variable falls back to different values in different places.
//!
//! Defaults of programs, Compose, PM2, make and the schema are compared; empty ones and those of tests and scripts are left out.
//! A note where only files for different environments (`compose.dev.yaml`, `compose.prod.yaml`) differ, where different
//! programs of one repository have each their own, where Compose hands its own default on to the program (but for a port), and where the two
//! differ in an address: in a container it is another one. A file that has several defaults itself chooses between them.
//!
//! Where all defaults agree, they are compared with what `.env.example` shows, and with the env file for development in
//! `environments/`: a note where a port, an address of this machine or a path is another one there. Everything else may well
//! be shown otherwise on purpose. So is a slash at the end of an address that one default has and another has not, where the
//! same program reads it without any default as well.
//!
//! Why it hurts: which value counts depends on who starts the program. The API listens on one port, and its client calls another.
//!
//! Example: `${API_PORT:-8883}` in Compose, `os.getenv("API_PORT", "8000")` in the program.
//!
//! Remedy: keep one default, best in the schema, and let the other places demand the value (`${API_PORT:?}`).

use std::collections::{BTreeMap, BTreeSet};

use super::listed;
use super::references::{Key, Referenced};
use crate::detection;
use crate::finding::{Finding, Label, Rule, Severity, told_name};
use crate::project::layout::documents;
use crate::project::references::{Declared, Declarer, Used};
use crate::schema::parts::Part;
use crate::source::{SourceId, Span};
use crate::uses::values::{normal, take_digits_for_switches};
use crate::uses::{Fallback, Kind, Use};

pub(super) static RULE: Rule = Rule {
    code: "defaults-disagree",
    severity: Severity::Warning,
    summary: "a variable has different defaults in different places",
    page: include_str!("defaults_disagree.rs"),
};

/// One default.
struct Default<'a> {
    /// The value as it is compared.
    normal: String,
    text: &'a str,
    span: Span,
    /// Whether it stands in a file for one environment.
    special: bool,
    /// The program that has it; `None` for what starts programs, and the schema.
    program: Option<&'a str>,
    /// Whether what starts the program hands it on too, so that the program's own default does not count there.
    passed: bool,
}

pub(super) fn check(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    for (name, key) in referenced.keys.iter().filter(|(name, _)| referenced.is_own(name)) {
        let mut defaults = of_key(referenced, key);
        leave_out_choices(&mut defaults);
        let distinct: BTreeSet<_> = defaults.iter().map(|default| &default.normal).collect();
        if distinct.len() > 1 {
            let severity = if surely_disagree(name, &defaults) { Severity::Warning } else { Severity::Note };
            findings.push(found(referenced, (name, key), &defaults, severity));
        } else if let Some(contradiction) = contradicted(referenced, (name, key), &defaults) {
            findings.push(contradiction);
        } else if differ_at_the_end(&defaults) && lacking(referenced, key, &defaults).next().is_some() {
            findings.push(found(referenced, (name, key), &defaults, Severity::Note));
        }
    }
}

/// The defaults of a key, wherever they count.
fn of_key<'a>(referenced: &Referenced<'a>, key: &Key<'a>) -> Vec<Default<'a>> {
    let mut defaults: Vec<Default<'_>> = Vec::new();
    for (file, found) in &key.uses {
        let Fallback::Text { text, .. } = &found.fallback else { continue };
        let counts = matches!(found.kind, Kind::Read | Kind::Pass) && !file.aside && !text.is_empty();
        let by = file.reader.map_or("", |reader| reader.name);
        // What a Dockerfile, a script or a workflow takes is about building.
        if counts && !matches!(by, "dockerfile" | "workflow" | "shell") && (found.sure || by == "make") {
            let program = file.is_code().then(|| referenced.program(&file.path));
            let (span, special) = (file.span(found), is_of_one_environment(&file.path));
            let hands_on = |(other, used): &(&Used, &Use)| {
                other.source == file.source && matches!(used.kind, Kind::Pass | Kind::Set)
            };
            let passed = !file.is_code() && key.uses.iter().any(|(other, used)| hands_on(&(other, used)));
            defaults.push(Default { normal: normal(text), text, span, special, program, passed });
        }
    }
    for declared in key.declared.iter().filter(|declared| declared.by == Declarer::Schema) {
        if let Some(text) = declared.value.as_deref().filter(|text| !text.is_empty()) {
            let (normal, span) = (normal(text), declared.span);
            // The schema of a program in a folder of its own speaks for that one.
            let program = referenced.program(referenced.project.sources.path(span.source));
            let program = Some(program).filter(|program| !program.is_empty());
            defaults.push(Default { normal, text, span, special: false, program, passed: false });
        }
    }
    take_digits_for_switches(defaults.iter_mut().map(|default| &mut default.normal));
    defaults
}

/// What an env file says that shows how a key is set while the program is worked on, where all defaults say something else.
fn contradicted(
    referenced: &Referenced<'_>,
    (name, key): (&str, &Key<'_>),
    defaults: &[Default<'_>],
) -> Option<Finding> {
    let project = referenced.project;
    let first = defaults.iter().find(|default| default.program.is_some())?;
    let shown = key.declared.iter().copied().filter(|declared| is_shown(referenced, declared, first));
    let shown = shown.filter_map(|declared| Some((declared, declared.value.as_deref()?)));
    let hides = |text: &str| project.hides(name, text) || detection::is_placeholder(text);
    let shown: Vec<_> = shown
        .filter(|(_, text)| !hides(text) && !hides(first.text) && is_elsewhere(referenced, name, first.text, text))
        .collect();
    let (declared, text) = shown.first()?;
    let path = project.sources.path(declared.span.source);
    let (told, ours, theirs) = (told_name(name), super::shortened(first.text), super::shortened(text));
    let message = format!("{told} is {theirs} in {path}, but {ours} where it is not set");
    let mut finding = Finding::new(&RULE, message).key(name).severity(Severity::Note);
    finding.label = Some(Label::new(first.span, format!("here {ours}")));
    for default in defaults.iter().filter(|default| default.span != first.span) {
        finding.related.push(Label::new(default.span, format!("here {}", super::shortened(default.text))));
    }
    for (declared, text) in shown {
        finding.related.push(Label::new(declared.span, format!("here {}", super::shortened(text))));
    }
    Some(finding.help("say the same in both places, so that who leaves the line out gets what it shows"))
}
/// Leaves out programs' files that have several defaults themselves: they choose between them, a driver, a channel.
fn leave_out_choices(defaults: &mut Vec<Default<'_>>) {
    let mut files: BTreeMap<SourceId, BTreeSet<String>> = BTreeMap::new();
    for default in defaults.iter().filter(|default| default.program.is_some()) {
        files.entry(default.span.source).or_default().insert(default.normal.clone());
    }
    defaults.retain(|default| {
        default.program.is_none() || files.get(&default.span.source).is_none_or(|texts| texts.len() < 2)
    });
}

/// Whether one program, or what starts it, has two defaults. Several programs may each have their own, and in a
/// container an address is another one.
fn surely_disagree(name: &str, defaults: &[Default<'_>]) -> bool {
    let mut programs: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for default in defaults.iter().filter(|default| !default.special) {
        programs.entry(default.program).or_default().insert(&default.normal);
    }
    let all: BTreeSet<&str> = programs.values().flatten().copied().collect();
    // Others call a port, whoever hands it on.
    let passed = defaults.iter().any(|default| default.passed) && !name.ends_with("PORT");
    let between = programs.len() == 2 && programs.contains_key(&None) && !passed && differ(name, &all);
    between || programs.values().any(|texts| differ(name, texts))
}

/// Whether values differ in more than where something runs: on this machine, or in a container beside.
fn differ(name: &str, texts: &BTreeSet<&str>) -> bool {
    let is_local =
        |text: &&&str| ["localhost", "127.0.0.1", "0.0.0.0", "[::]"].iter().any(|local| text.contains(local));
    let local = texts.iter().filter(is_local).count();
    texts.len() > 1 && !name.ends_with("HOST") && (local == 0 || local == texts.len())
}

/// Whether a place shows how a key is set while the program is worked on that has a default.
fn is_shown(referenced: &Referenced<'_>, declared: &Declared, default: &Default<'_>) -> bool {
    let path = referenced.project.sources.path(declared.span.source);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.trim_start_matches(".env.").trim_end_matches(".env");
    let folder_of_layers = folder == "environments" || folder.ends_with("/environments");
    let is_for_development = folder_of_layers && matches!(stem, "dev" | "development");
    if declared.by == Declarer::Schema || !(documents(path) || is_for_development) {
        return false;
    }
    // What is shown in the folder of another program is not about this one.
    let folder = folder.strip_suffix("environments").unwrap_or(folder).trim_end_matches('/');
    let program = referenced.project.sources.path(default.span.source);
    folder.is_empty() || program.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether two values are two places of this machine for one thing: an address with another port, a port, a file in another
/// folder.
fn is_elsewhere(referenced: &Referenced<'_>, name: &str, one: &str, other: &str) -> bool {
    let addresses = [one, other].map(|text| (Part::Scheme.of(text), Part::Host.of(text), Part::Port.of(text)));
    if let [(Some(scheme), Some(host), Some(port)), (Some(other_scheme), Some(other_host), Some(other_port))] =
        &addresses
    {
        // `http://localhost` stands for wherever the program listens.
        let says = |text: &str, port: &str| !scheme.starts_with("http") || text.contains(&format!(":{port}"));
        let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1" | "0.0.0.0");
        return scheme == other_scheme
            && local(host)
            && local(other_host)
            && port != other_port
            && says(one, port)
            && says(other, other_port);
    }
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    if is_port(one) && is_port(other) {
        return name.ends_with("PORT") && normal(one) != normal(other) && !has_another_host(referenced, name);
    }
    let parts = |text: &str| {
        text.trim_start_matches("./").rsplit_once('/').map(|(folder, file)| (folder.to_owned(), file.to_owned()))
    };
    let is_path = |text: &str| !text.contains("://") && !text.contains(char::is_whitespace);
    let from_root = [one, other].iter().any(|text| ["/", "./", "../"].iter().any(|start| text.starts_with(start)));
    match (parts(one), parts(other)) {
        (Some((folder, file)), Some((other_folder, other_file))) => {
            is_path(one) && is_path(other) && from_root && file == other_file && folder != other_folder
        }
        _ => false,
    }
}

/// Whether what a port belongs to is shown on another machine than the default says: `MAIL_HOST=mailhog`, `MAIL_PORT=1025`.
fn has_another_host(referenced: &Referenced<'_>, name: &str) -> bool {
    let host = name.strip_suffix("PORT").map(|start| format!("{start}HOST"));
    let Some(key) = host.and_then(|host| referenced.keys.get(host.as_str())) else { return false };
    let shown = key.declared.iter().filter_map(|declared| declared.value.as_deref());
    let defaults = key.uses.iter().filter_map(|(_, found)| match &found.fallback {
        Fallback::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1" | "0.0.0.0" | "");
    shown.chain(defaults).any(|host| !local(host))
}

/// Whether defaults of one program are one address, with a slash at its end and without.
fn differ_at_the_end(defaults: &[Default<'_>]) -> bool {
    let addresses = defaults.iter().filter(|default| default.program.is_some() && default.text.contains("://"));
    let mut programs: BTreeMap<Option<&str>, BTreeSet<bool>> = BTreeMap::new();
    for default in addresses {
        programs.entry(default.program).or_default().insert(default.text.ends_with('/'));
    }
    programs.values().any(|ends| ends.len() > 1)
}

fn found(
    referenced: &Referenced<'_>,
    (name, key): (&str, &Key<'_>),
    defaults: &[Default<'_>],
    severity: Severity,
) -> Finding {
    let mut shown: Vec<String> = Vec::new();
    for default in defaults {
        let text = referenced.shown(name, default.text);
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    let values = if shown.len() > 1 { format!(": {}", listed(&shown, "and")) } else { String::new() };
    let message = format!("{} has different defaults{values}", told_name(name));
    let told = |default: &Default<'_>| format!("here {}", referenced.shown(name, default.text));
    let mut labels = defaults.iter().map(|default| Label::new(default.span, told(default)));
    let mut finding = Finding::new(&RULE, message).key(name).severity(severity);
    finding.label = labels.next();
    finding.related = labels.collect();
    // Who reads it without a default has yet another one.
    let without = lacking(referenced, key, defaults).map(|(file, found)| Label::new(file.span(found), "none here"));
    finding.related.extend(without);
    finding.help("keep one of them, and let the other places demand the value")
}

/// Where a program that has a default elsewhere reads a key without one.
fn lacking<'a, 'd>(
    referenced: &'d Referenced<'a>,
    key: &'d Key<'a>,
    defaults: &'d [Default<'a>],
) -> impl Iterator<Item = (&'a Used, &'a Use)> + 'd {
    let has_one = |path: &str| defaults.iter().any(|default| default.program == Some(referenced.program(path)));
    key.sure().filter(move |(file, found)| {
        found.kind == Kind::Read
            && found.fallback == Fallback::Absent
            && file.is_code()
            && !file.aside
            && has_one(&file.path)
    })
}

/// Whether a file is for one environment, by its name.
fn is_of_one_environment(path: &str) -> bool {
    let words = path.split(['/', '.', '-', '_']);
    words.into_iter().any(|word| {
        matches!(
            word,
            "dev"
                | "development"
                | "prod"
                | "production"
                | "staging"
                | "stage"
                | "test"
                | "ci"
                | "local"
                | "override"
                | "e2e"
        )
    })
}
