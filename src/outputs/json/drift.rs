//! The JSON of a comparison; described by `schemas/drift.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::json_text;
use crate::drift::{Access, Cell, Column, Comparison, Counts, Edit, Mode, Row, Unread};
use crate::finding::{Accepted, Bucket, Change, Finding, Severity};
use crate::report::{Report, Summary};
use crate::schema::extension::Drift;
use crate::source::Span;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    command: &'a str,
    mode: &'a str,
    against: Option<&'a str>,
    /// The worst severity of what is told; `clean` where nothing is.
    verdict: &'a str,
    sources: &'a [Column],
    counts: Counts,
    findings: Vec<Entry<'a>>,
    rows: Vec<Line<'a>>,
    access: &'a [Access],
    unread: &'a [Unread],
    hidden: BTreeMap<&'a str, usize>,
    apply: Option<&'a str>,
    edits: &'a [Edit],
    summary: Summary,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: Option<&'a str>,
    bucket: Bucket,
    change: Option<Change>,
    accepted: Option<&'a Accepted>,
    because: Option<&'a str>,
    #[serde(flatten)]
    finding: super::Entry<'a>,
    cells: BTreeMap<&'a str, Told<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    member: Option<&'a str>,
    key: &'a str,
    secret: bool,
    policy: Option<&'a str>,
    bucket: Bucket,
    cells: BTreeMap<&'a str, Told<'a>>,
}

#[derive(Serialize)]
struct Told<'a> {
    state: &'a str,
    class: Option<String>,
    /// A secret has no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    sealed: bool,
    by_file: bool,
    by_reference: bool,
    at: Option<String>,
    overrides: Vec<String>,
}

pub(super) fn write(report: &Report, comparison: &Comparison) -> String {
    let worst = report.told().map(|finding| finding.severity).max();
    let all = report.findings.iter().chain(&comparison.settled);
    json_text(&Document {
        schema: "sparkcfg.drift/1",
        command: report.command,
        mode: comparison.mode.name(),
        against: match &comparison.mode {
            Mode::Against(revision) => Some(revision),
            _ => None,
        },
        verdict: worst.map_or("clean", Severity::name),
        sources: &comparison.columns,
        counts: comparison.counts,
        findings: all.map(|finding| entry(report, comparison, finding)).collect(),
        rows: comparison.rows.iter().map(|row| line(report, comparison, row)).collect(),
        access: &comparison.access,
        unread: &comparison.unread,
        hidden: comparison.hidden.iter().map(|(name, keys)| (*name, keys.len())).collect(),
        apply: comparison.apply.as_deref(),
        edits: &comparison.edits,
        summary: report.summary,
    })
}

fn entry<'a>(report: &Report, comparison: &'a Comparison, finding: &'a Finding) -> Entry<'a> {
    let difference = finding.difference.as_deref();
    let row = difference.and_then(|difference| comparison.rows.get(difference.row?));
    Entry {
        id: difference.map(|difference| difference.id.as_str()),
        bucket: difference.map_or(Bucket::Unexpected, |difference| difference.bucket),
        change: comparison.change(finding),
        accepted: difference.and_then(|difference| difference.accepted.as_ref()),
        because: difference.and_then(|difference| difference.because.as_deref()),
        finding: super::entry(report, finding),
        cells: row.map(|row| cells(report, comparison, row)).unwrap_or_default(),
    }
}

fn line<'a>(report: &Report, comparison: &'a Comparison, row: &'a Row) -> Line<'a> {
    Line {
        member: row.member.as_deref(),
        key: &row.key,
        secret: row.secret,
        policy: row.policy.map(Drift::name),
        bucket: row.bucket,
        cells: cells(report, comparison, row),
    }
}

fn cells<'a>(report: &Report, comparison: &'a Comparison, row: &'a Row) -> BTreeMap<&'a str, Told<'a>> {
    let named = comparison.columns.iter().zip(&row.cells);
    named.filter_map(|(column, cell)| Some((column.name.as_str(), told(report, cell.as_ref()?)))).collect()
}

fn told<'a>(report: &Report, cell: &'a Cell) -> Told<'a> {
    let place = |span: Span| {
        let place = report.place(span);
        format!("{}:{}", place.path, place.line)
    };
    Told {
        state: cell.state.name(),
        class: cell.class.map(Row::letter),
        value: cell.value.as_deref(),
        sealed: cell.sealed,
        by_file: cell.by_file,
        by_reference: cell.by_reference,
        at: cell.at.map(place),
        overrides: cell.overrides.iter().map(|span| place(*span)).collect(),
    }
}
