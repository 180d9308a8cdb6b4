//! A value that two readers of the same file read differently.
//!
//! One env file is read by many programs: docker compose, python-dotenv, make, node, a hand-written splitter. `[consumers]`
//! in `sparkcfg.toml` says which of them read which file; without it sparkcfg takes docker compose and those that the
//! project visibly uses. Each reads the file here as the real program does, and the values are compared.
//!
//! Why it hurts: a password with `#` or `$` is whole in one service and cut off in the next.
//!
//! Example: `DB_PASSWORD=pa#ss` is `pa#ss` for docker compose and `pa` for node.
//!
//! Remedy: spell the value so that all of them read the same. Letters, digits and `! % * + , - . / : = ? @ [ ] ^ _ { } ~`
//! are safe without quotes. Where one spelling suits all of them, the finding shows it and `sparkcfg validate --fix` writes
//! it. `sparkcfg read FILE` shows what each reader gets.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::respelling::{Obstacle, Respelling, Values, Views, read};
use super::{File, is_name};
use crate::dialects::{Reading, Variable};
use crate::finding::{Finding, Rule, Severity, told_name};
use crate::layer::Entry;
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    code: "reads-differently",
    severity: Severity::Warning,
    summary: "a value that two readers of the file read differently",
    page: include_str!("reads_differently.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    let path = file.path();
    let chains = file.project.readers.get(file.index).map(Vec::as_slice).unwrap_or_default();
    if file.layer.sealed || chains.len() < 2 {
        return;
    }
    let readings: Vec<(&str, Reading)> =
        chains.iter().filter_map(|chain| Some((chain.as_str(), read(chain, file.layer.text.as_bytes())?))).collect();
    for (reader, reading) in &readings {
        if let Some(error) = &reading.error {
            let at = error.at.clone().map_or(0..0, |at| offset(at.start)..offset(at.end));
            if is_damaged(file, &at) {
                continue;
            }
            let finding = Finding::new(&RULE, format!("{reader} refuses this file: {}", error.message));
            findings.push(
                finding
                    .at(file.layer.span(&at), "here")
                    .help(format!("sparkcfg read {path} shows what each reader gets")),
            );
        }
    }
    let values = |(reader, reading): &'_ (&'_ str, Reading)| {
        let values = reading.vars.iter().map(|variable| (variable.key.clone(), variable.value.clone()));
        reading.error.is_none().then(|| ((*reader).to_owned(), values.collect::<HashMap<_, _>>()))
    };
    let values: Vec<_> = readings.iter().filter_map(values).collect();
    let mut views = Views::of(&file.layer.text, chains);
    let mut seen: HashSet<&str> = HashSet::new();
    for variable in readings.iter().flat_map(|(_, reading)| &reading.vars) {
        // A byte order mark that a reader takes for a part of the name is told at the name without it.
        if !seen.insert(&variable.key) || variable.key.starts_with('\u{feff}') {
            continue;
        }
        let span = if variable.value_span.is_empty() { &variable.key_span } else { &variable.value_span };
        let at = offset(span.start)..offset(span.end);
        let comment = variable.key.starts_with('#');
        if is_damaged(file, &at) || !comment && !is_name(&variable.key) {
            continue;
        }
        let span = file.layer.span(&at);
        let Some(finding) = differing(file, &values, &variable.key, span) else { continue };
        findings.push(mended(file, finding, &mut views, variable));
    }
}

/// Whether a line is damaged there: `syntax` tells it.
fn is_damaged(file: &File<'_>, at: &Range<u32>) -> bool {
    let line = |offset: u32| file.project.sources.position(file.layer.source, offset).line;
    file.layer.faults.iter().any(|fault| line(fault.at.start) == line(at.start))
}

/// The finding about one key, if the readers that take the file do not agree about it.
fn differing(file: &File<'_>, values: &[(String, Values)], key: &str, span: Span) -> Option<Finding> {
    let mut groups: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for (reader, values) in values {
        let value = values.get(key).and_then(Option::as_deref);
        match groups.iter_mut().find(|(known, _)| *known == value) {
            Some((_, readers)) => readers.push(reader),
            None => groups.push((value, vec![reader])),
        }
    }
    if groups.len() < 2 {
        return None;
    }
    // A hand-written splitter makes a variable of a comment that holds a `=`.
    let comment = key.starts_with('#');
    let borrows = |entry: &Entry| file.layer.key(entry) == key && file.project.hides_entry(file.layer, entry);
    let hidden = file.layer.entries.iter().any(borrows)
        || groups.iter().any(|(value, _)| file.project.hides(key, value.unwrap_or_default()));
    let told: Vec<_> = groups
        .iter()
        .map(|(value, readers)| {
            let readers = super::listed(readers, "and");
            match value {
                None => format!("not set for {readers}"),
                Some(_) if comment => format!("a variable for {readers}"),
                Some(_) if hidden => format!("another value for {readers}"),
                Some("") => format!("empty for {readers}"),
                Some(text) => format!("`{}` for {readers}", super::shortened(text)),
            }
        })
        .collect();
    let name = if comment { "a comment".to_owned() } else { told_name(key) };
    let message = format!("{name} is read differently: {}", told.join(", "));
    let help = if comment {
        "take the = out of the comment, or read the file with a library"
    } else {
        "spell it so that all of them read the same: letters, digits and _ - . / : need no quotes"
    };
    Some(Finding::new(&RULE, message).key(name).at(span, "what this becomes depends on the reader").help(help))
}

/// Adds the spelling that all of these readers read as docker compose reads what stands there now. There may be none;
/// and a secret is not written into a report.
fn mended(file: &File<'_>, finding: Finding, views: &mut Views<'_>, variable: &Variable) -> Finding {
    let text = variable.value.as_deref().unwrap_or_default();
    let plain = !variable.key.starts_with('#') && !file.project.hides(&variable.key, text);
    if !plain {
        return finding;
    }
    // Writing out what a reference resolves to today would be another value tomorrow.
    if file.layer.slice(&(offset(variable.value_span.start)..offset(variable.value_span.end))).contains('$') {
        return finding.help("write the value out, without $, or let only one kind of reader read this file");
    }
    match views.respelled(file, &variable.key) {
        Ok(Respelling { range, text, line }) => finding.help(format!("write {}", line.replace('\n', "⏎"))).fix(
            file.layer.span(&(offset(range.start)..offset(range.end))),
            text,
            "spell it so that all readers agree",
        ),
        Err(Obstacle::Unportable(error)) => {
            finding.help(format!("no spelling suits all of them ({}: {})", error.reader, error.reason))
        }
        Err(Obstacle::Entangled) => finding,
    }
}

/// Takes back what another check offers where a reader of the file would lose a value that it reads right.
pub(super) fn keep_harmless(file: &File<'_>, findings: &mut [Finding]) {
    let chains = file.project.readers.get(file.index).map(Vec::as_slice).unwrap_or_default();
    if file.layer.sealed || chains.is_empty() || findings.iter().all(|finding| finding.fix.is_none()) {
        return;
    }
    let mut views = Views::of(&file.layer.text, chains);
    for finding in findings.iter_mut().filter(|finding| finding.rule.code != RULE.code) {
        if finding.fix.as_ref().is_some_and(|fix| !views.harmless(fix)) {
            finding.fix = None;
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
