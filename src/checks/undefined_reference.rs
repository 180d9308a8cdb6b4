//! A value refers to a name that has no value.
//!
//! A reference sees what stands above it: in its own file, and in the lower layers. docker compose makes an empty text
//! of it, with a warning that nobody reads; with `${NAME:?message}` it stops.
//!
//! Example: `CERT=${CERT_DIR}/tls.pem` where nothing sets `CERT_DIR`.
//!
//! Remedy: set the name above, give a default (`${CERT_DIR:-/etc/tls}`), or write `$$` for a dollar sign. If the name
//! comes from the process environment, run with `--process-env`. What everybody has there (`HOME`, `PATH`, `USER`, `PWD`,
//! `SHELL`, `LOGNAME`) is no mistake.

use std::collections::HashSet;

use super::Subject;
use super::matrix::Compared;
use crate::drift::State;
use crate::environment::{Loose, LooseFault, Setting};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::suggestion::nearest;

pub(super) static RULE: Rule = Rule {
    code: "undefined-reference",
    severity: Severity::Error,
    summary: "a value refers to a name that has no value",
    page: include_str!("undefined_reference.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let loose = &subject.environment.loose;
    if loose.is_empty() {
        return;
    }
    let on_circle: HashSet<_> = subject.environment.circles().into_iter().map(|(index, _)| index).collect();
    // A value may hold thousands of references, and is read from end to end to know whether it is a secret.
    let mut known: Option<((usize, usize), bool)> = None;
    // Nothing tells the references of a hidden value apart.
    let mut told = HashSet::new();
    // Each is compared with all keys, and a file may hold thousands that lead nowhere.
    let mut suggestions = MOST_SUGGESTIONS;
    for (index, loose) in loose.iter().enumerate() {
        let (LooseFault::Undefined(name) | LooseFault::Required(name)) = &loose.fault else { continue };
        if on_circle.contains(&index) {
            continue;
        }
        let key = told_name(loose.key);
        let at = (loose.layer, loose.entry);
        let is_hidden = known.filter(|(known, _)| *known == at).map_or_else(|| hidden(subject, loose), |(_, is)| is);
        known = Some((at, is_hidden));
        if is_hidden && !is_meant(subject, loose, name) {
            if !told.insert(at) {
                continue;
            }
            let message = format!("{key} refers to a name that has no value");
            let help = if is_doubled(subject, loose) {
                "write $$ for a dollar sign that belongs to the secret, or set the name above"
            } else if is_literal_in_quotes(subject, loose) {
                "if a dollar sign belongs to the secret, put the value in single quotes; else set the name above"
            } else {
                "set the name above, or spell the value so that its dollar sign is one"
            };
            findings.push(subject.finding(&RULE, message).key(loose.key).at(loose.span, "becomes nothing").help(help));
            continue;
        }
        let message = match &loose.fault {
            LooseFault::Required(_) => format!("{key} demands a value of {name}, which has none"),
            _ => format!("{key} refers to {name}, which has no value"),
        };
        let mut finding = subject.finding(&RULE, message).key(loose.key).at(loose.span, "becomes nothing");
        finding = match subject.environment.get(name) {
            Some(setting) => finding
                .related(subject.environment.place(setting), "set here, after it is needed")
                .help(brought_together(subject, loose, name, setting)),
            None if let Some(near) = near(subject, loose, name, &mut suggestions) => {
                finding.help(format!("did you mean {}?", told_name(near)))
            }
            None => {
                let sign = if is_doubled(subject, loose) { "; $$ is a dollar sign" } else { "" };
                finding.help(format!("set {name} above, or give a default: ${{{name}:-value}}{sign}"))
            }
        };
        findings.push(finding);
    }
}

/// In one environment.
const MOST_SUGGESTIONS: usize = 100;

/// The key that a name was most likely meant to be; none where too many were asked for.
fn near<'a>(subject: &Subject<'a>, loose: &Loose<'_>, name: &str, left: &mut usize) -> Option<&'a str> {
    *left = left.checked_sub(1)?;
    nearest(name, subject.environment.settings.iter().map(|setting| setting.key).filter(|key| *key != loose.key))
}

/// How a reference comes to see a name that is set after it is needed.
fn brought_together(subject: &Subject<'_>, loose: &Loose<'_>, name: &str, setting: &Setting<'_>) -> String {
    let (layers, key) = (&subject.environment.layers, told_name(loose.key));
    let file = |layer: usize| subject.project.sources.path(layers[layer].source);
    let is_here = subject.environment.entries_of(name).any(|(layer, _)| layer == loose.layer);
    if is_here {
        return format!("move {name} above {key}: files are read from top to bottom");
    }
    let (early, late) = (file(loose.layer), file(setting.layer));
    format!(
        "{late} is read after {early}: set {name} in a file that is read before it, or {key} in {late}, below {name}"
    )
}

/// Whether the name may not be told: in a password, what stands behind a dollar sign is most likely part of it.
fn hidden(subject: &Subject<'_>, loose: &Loose<'_>) -> bool {
    let layer = subject.environment.layers[loose.layer];
    layer.entries.get(loose.entry).is_none_or(|entry| subject.project.hides_entry(layer, entry))
}

/// Whether a piece of a hidden value is a reference for certain, as in `postgres://app:${DB_PASSWORD}@db`: in braces, and to a
/// key of this environment.
fn is_meant(subject: &Subject<'_>, loose: &Loose<'_>, name: &str) -> bool {
    let text = subject.project.sources.text(loose.span.source);
    let written = text.get(loose.span.start as usize..loose.span.end as usize).unwrap_or_default();
    written.starts_with("${") && subject.environment.get(name).is_some()
}

/// Who reads the file of a reference, by name.
fn readers<'s>(subject: &'s Subject<'_>, loose: &Loose<'_>) -> &'s [String] {
    let layer = subject.environment.layers[loose.layer];
    let place = subject.project.layers.iter().position(|known| known.source == layer.source);
    place.and_then(|place| subject.project.readers.get(place)).map(Vec::as_slice).unwrap_or_default()
}

/// Whether `$$` is a dollar sign for all who read the file.
fn is_doubled(subject: &Subject<'_>, loose: &Loose<'_>) -> bool {
    let readers = readers(subject, loose);
    !readers.is_empty()
        && readers.iter().all(|reader| matches!(reader.as_str(), "compose" | "compose-interpolation" | "make"))
}

/// Whether single quotes make of every sign of the value itself, for all who read the file.
fn is_literal_in_quotes(subject: &Subject<'_>, loose: &Loose<'_>) -> bool {
    const LITERAL: [&str; 9] = [
        "compose",
        "compose-interpolation",
        "dotenvy",
        "godotenv",
        "node",
        "node-dotenv",
        "python-dotenv",
        "ruby-dotenv",
        "shell",
    ];
    let (layer, readers) = (subject.environment.layers[loose.layer], readers(subject, loose));
    let plain = |text: &str| !text.contains(['\'', '"', '\\', '\n', '\r']);
    layer.entries.get(loose.entry).is_some_and(|entry| plain(layer.slice(&entry.value)))
        && !readers.is_empty()
        && readers.iter().all(|reader| LITERAL.contains(&reader.as_str()))
}

/// A reference that leads nowhere in one source, where another source's leads somewhere.
pub(super) fn check_row(compared: &Compared<'_, '_>, findings: &mut Vec<Finding>) {
    let is = |column: &usize, state| compared.cells[*column].state == state;
    let (loose, others): (Vec<_>, Vec<_>) = compared.columns().partition(|column| is(column, State::Unresolved));
    let loose: Vec<_> = loose.into_iter().filter(|column| compared.judged().contains(column)).collect();
    if loose.is_empty() || others.is_empty() {
        return;
    }
    let names: Vec<_> = loose.iter().map(|column| compared.name(*column)).collect();
    let listed = super::listed(&names, "and");
    let message = format!("{} refers to a name that has no value in {listed}", told_name(compared.key));
    let finding = compared.finding(&RULE, &loose, message, &format!("a reference leads nowhere in {listed}"));
    findings.push(finding.help("set the name above it, or give it a default: ${NAME:-value}"));
}
