//! Which findings of a comparison count: those that the baseline does not cover, about keys that were asked for.

use std::collections::HashMap;

use globset::GlobSet;

use super::following::Before;
use super::{Member, Options, baseline_then};
use crate::checks;
use crate::drift::baseline::{self, Baseline, Judge, Stale, Use};
use crate::drift::{Column, Row, State};
use crate::environment::Environment;
use crate::finding::{Bucket, Change, Finding, Severity};
use crate::project::Project;
use crate::report::FailOn;
use crate::source::{SourceId, Span};

impl Member<'_> {
    /// Splits off the findings that the baseline covers, and names its entries that are stale; those that no branch wrote
    /// stand in `past` already.
    pub(super) fn accepted<'a>(
        &'a self,
        (baseline, source): &(Baseline, SourceId),
        findings: Vec<Finding>,
        (columns, rows): (&[Column], &mut [Row]),
        working: (&'a Project, &'a [Environment<'a>]),
        (past, options): (Option<&Before<'_>>, &'a Options<'a>),
    ) -> (Vec<Finding>, Vec<Finding>, Vec<(String, baseline::Entry)>) {
        let lasting = self.lasting(working, options);
        let is_another = |key: &str, environment: &str, name: &str| lasting.is_another(key, environment, name);
        let is_same = |key: &str, one: &str, other: &str| is_one_value(working.0, key, one, other);
        let judge = Judge { today: &options.today, is_another: &is_another, is_same: &is_same };
        // Where policies disagree there is nothing to accept, whoever wrote an entry.
        let (conflicts, findings): (Vec<_>, _) =
            findings.into_iter().partition(|finding| finding.rule.code == "policy-conflict");
        let (mut counting, covered, used) = baseline.apply(findings, &judge);
        counting.extend(conflicts);
        let mut stale = Vec::new();
        let then = options.against.and(past).and_then(|past| baseline_then(past.past, &mut Vec::new()));
        for ((entry, at), used) in baseline.entries().zip(used) {
            let why = if entry.is_expired(&options.today) {
                Some(Stale::Expired)
            } else if used == Use::Outdated {
                // The difference itself says that it was accepted with other values.
                None
            } else if used == Use::Nothing && options.sees_everything() && is_judged(entry, columns, rows) {
                Some(Stale::Unused)
            } else {
                continue;
            };
            // What happened to the baseline is not what a branch did, but for an entry that it wrote.
            let is_old = then.as_ref().is_some_and(|then| then.entries().any(|(known, _)| known == entry));
            if let Some(why) = why.filter(|_| !is_old) {
                counting.push(checks::stale_entry(entry, why, Span::new(*source, at.clone())));
            }
            let folder = self.name.as_deref().filter(|name| *name != ".").unwrap_or_default();
            stale.push((folder.to_owned(), entry.clone()));
        }
        for finding in &covered {
            acknowledge(finding, &counting, rows);
        }
        (counting, covered, stale)
    }
}

/// Whether two texts are one value of a key, as the schema says what it is.
pub(super) fn is_one_value(project: &Project, key: &str, one: &str, other: &str) -> bool {
    let schema = project.schema.as_ref().map(|schema| &schema.schema);
    schema.is_some_and(|schema| schema.property(key).sameness().same(one, other))
}

/// Whether the sources of an entry were compared, and all of them could be opened.
fn is_judged(entry: &baseline::Entry, columns: &[Column], rows: &[Row]) -> bool {
    let place = |name: &String| columns.iter().position(|column| column.name == *name);
    // An environment that is no more differs from none; of revisions and what runs, this comparison says nothing.
    if entry.within.iter().any(|name| !name.contains(['@', ':']) && place(name).is_none()) {
        return true;
    }
    let Some(places) = entry.within.iter().map(place).collect::<Option<Vec<_>>>() else { return false };
    let row = rows.iter().find(|row| row.key == entry.key);
    row.is_none_or(|row| {
        let mut cells = places.iter().filter_map(|place| row.cells.get(*place)?.as_ref());
        // Whoever has no key meets it again.
        if entry.code == "drift-unknown" && cells.clone().any(|cell| cell.sealed) {
            return false;
        }
        cells.all(|cell| cell.state != State::Unknown)
    })
}

/// Counts a row as acknowledged where nothing else is found about it.
fn acknowledge(finding: &Finding, counting: &[Finding], rows: &mut [Row]) {
    let Some(at) = place(finding) else { return };
    let others = counting.iter().filter(|other| place(other) == Some(at)).filter_map(|other| other.difference.as_ref());
    if let Some(row) = rows.get_mut(at) {
        row.bucket = others.map(|difference| difference.bucket).min().unwrap_or(Bucket::Acknowledged);
    }
}

/// Counts among what is unexpected what fails the run, and what the project takes for more than a note.
pub(super) fn raise(findings: &mut [Finding], rows: &mut [Row], options: &Options<'_>) {
    let counts = |finding: &&mut Finding| finding.severity > Severity::Note || options.fail_on == FailOn::Note;
    for finding in findings.iter_mut().filter(|_| options.raises).filter(counts) {
        let Some(difference) = &mut finding.difference else { continue };
        if matches!(difference.bucket, Bucket::Unclassified | Bucket::Unknown) {
            difference.bucket = Bucket::Unexpected;
            if let Some(row) = difference.row.and_then(|at| rows.get_mut(at)) {
                row.bucket = Bucket::Unexpected;
            }
        }
    }
}

/// Takes rows out of the unexpected ones of which nobody can say that they are new.
pub(super) fn let_go(findings: &[Finding], rows: &mut [Row]) {
    for finding in findings.iter().filter(|finding| finding.changed(Change::Unknown)) {
        let others = findings.iter().filter(|other| place(other) == place(finding));
        let worst = others.filter_map(|other| other.difference.as_ref()).map(|difference| difference.bucket).min();
        if let (Some(row), Some(worst)) = (place(finding).and_then(|at| rows.get_mut(at)), worst) {
            row.bucket = worst;
        }
    }
}

/// The row that a finding is about.
fn place(finding: &Finding) -> Option<usize> {
    finding.difference.as_ref().and_then(|difference| difference.row)
}

/// Takes rows out of the unexpected ones of which nothing counts for what the project says.
pub(super) fn let_silenced_go(silenced: &[Finding], counting: &[Finding], rows: &mut [Row]) {
    for finding in silenced {
        acknowledge(finding, counting, rows);
    }
}

/// Keeps the rows of some keys, and the findings about them.
pub(super) fn keep(keys: &GlobSet, rows: &mut Vec<Row>, findings: &mut [&mut Vec<Finding>]) {
    let mut places = HashMap::new();
    let kept = std::mem::take(rows).into_iter().enumerate().filter(|(_, row)| keys.is_match(&row.key));
    for (at, row) in kept {
        places.insert(at, rows.len());
        rows.push(row);
    }
    let mut is_kept = |finding: &mut Finding| {
        let Some(difference) = &mut finding.difference else { return true };
        let row = difference.row.and_then(|row| places.get(&row).copied());
        difference.row = row;
        row.is_some()
    };
    for findings in findings {
        findings.retain_mut(&mut is_kept);
    }
}
