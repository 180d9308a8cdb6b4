//! A file whose lines end in CRLF for readers that take the carriage return for a part of each value: one finding.

use std::collections::HashMap;
use std::ops::Range;

use super::File;
use super::reader::{Surroundings, read};
use super::respelling::{Harm, Views};
use crate::dialects::Reading;
use crate::finding::{Finding, Fix, Rule, told_name};

const TITLE: &str = "end the lines in LF";

/// Takes the carriage returns of a CRLF file out of what its readers see, and tells once who keeps them. Nothing is told
/// where all of the readers do.
pub(super) fn settle(
    file: &File<'_>,
    rule: &'static Rule,
    readings: &mut [(&str, Reading)],
    around: &Surroundings,
    views: &mut Views<'_>,
) -> Option<Finding> {
    let text: &str = &file.layer.text;
    text.find("\r\n")?;
    let plain = text.replace("\r\n", "\n");
    let mut without: Vec<_> = readings.iter().map(|(chain, _)| read(chain, plain.as_bytes(), around)).collect();
    let differs = |with: &Reading, without: &Option<Reading>| without.as_ref().is_some_and(|one| !alike(with, one));
    let keepers: Vec<usize> = (0..readings.len()).filter(|at| differs(&readings[*at].1, &without[*at])).collect();
    if keepers.is_empty() || keepers.len() == readings.len() {
        return None;
    }
    let names: Vec<&str> = keepers.iter().map(|at| readings[*at].0).collect();
    let keep = if names.len() == 1 { "keeps" } else { "keep" };
    let names = super::listed(&names, "and");
    let message = format!("the lines of this file end in CRLF, and {names} {keep} the carriage returns");
    let (key, place) = keepers.iter().find_map(|at| first_changed(&readings[*at].1, without[*at].as_ref()?))?;
    let at = file.place(&place);
    for at in keepers {
        if let Some(without) = without[at].take() {
            readings[at].1 = in_file(without, text);
        }
    }
    let fix = replacement(file)?;
    let harmless = matches!(views.harm(&fix), Harm::None);
    let finding = Finding::new(rule, message)
        .key(told_name(&key))
        .at(at, format!("{names}: here and in every line, the carriage return is a part of the value"))
        .help("end the lines in LF; `*.env text eol=lf` in .gitattributes keeps git from changing them");
    Some(if harmless { finding.fix(fix.span, fix.replacement, fix.title) } else { finding })
}

/// What ends all lines of a file in LF.
pub(super) fn replacement(file: &File<'_>) -> Option<Fix> {
    let text: &str = &file.layer.text;
    let (first, last) = (text.find("\r\n")?, text.rfind("\r\n")? + 2);
    let replacement = text.get(first..last)?.replace("\r\n", "\n");
    let span = file.place(&(first..last));
    Some(Fix::new(span, replacement, TITLE))
}

/// Whether two readings give the same variables the same values.
fn alike(one: &Reading, other: &Reading) -> bool {
    let values = |reading: &'_ Reading| -> HashMap<String, Option<String>> {
        reading.vars.iter().map(|variable| (variable.key.clone(), variable.value.clone())).collect()
    };
    one.error.is_none() == other.error.is_none() && values(one) == values(other)
}

/// The first variable that the carriage returns change, and where its value stands.
fn first_changed(with: &Reading, without: &Reading) -> Option<(String, Range<usize>)> {
    let changed = with.vars.iter().find(|variable| without.value(&variable.key) != variable.value.as_deref());
    let found = changed.map(|variable| (variable.key.clone(), variable.value_span.clone()));
    found.or_else(|| Some((without.vars.first()?.key.clone(), with.error.as_ref()?.at.clone()?)))
}

/// Turns places of the text without carriage returns into places of the file.
fn in_file(mut reading: Reading, text: &str) -> Reading {
    let ends: Vec<usize> = text.match_indices("\r\n").enumerate().map(|(before, (at, _))| at - before).collect();
    let back = |range: &mut Range<usize>| {
        *range = range.start + ends.partition_point(|end| *end < range.start)
            ..range.end + ends.partition_point(|end| *end < range.end);
    };
    reading.move_places(back);
    reading
}
