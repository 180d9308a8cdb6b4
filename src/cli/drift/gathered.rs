//! What the members of a workspace found, put together.

use super::member::Found;
use crate::drift::baseline::Entry;
use crate::drift::{Column, Comparison};
use crate::finding::Finding;
use crate::report::Summary;
use crate::source::Sources;

/// What all members found, together.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) findings: Vec<Finding>,
    pub(super) sources: Sources,
    pub(super) summary: Summary,
    pub(super) comparison: Comparison,
    pub(super) read: Vec<String>,
    pub(super) stale: Vec<(String, Entry)>,
}

impl Gathered {
    /// Takes over what a member had that is none any more: it has no rows.
    pub(super) fn add_left(&mut self, found: Found) {
        let offset = self.sources.absorb(found.sources);
        self.comparison.settled.extend(found.settled.into_iter().map(|finding| finding.shifted(offset)));
        self.comparison.unread.extend(found.unread);
    }

    /// Takes over what one member found: its texts move, its rows follow, its columns are found or added.
    pub(super) fn add(&mut self, found: Found) {
        let offset = self.sources.absorb(found.sources);
        let first_row = self.comparison.rows.len();
        let moved = |finding: Finding| {
            let mut finding = finding.shifted(offset);
            if let Some(row) = finding.difference.as_mut().and_then(|difference| difference.row.as_mut()) {
                *row += first_row;
            }
            finding
        };
        self.findings.extend(found.findings.into_iter().map(moved));
        self.comparison.settled.extend(found.settled.into_iter().map(moved));
        let place = |column: &Column, columns: &mut Vec<Column>| {
            let Some(at) = columns.iter().position(|known| known.name == column.name) else {
                columns.push(column.clone());
                return columns.len() - 1;
            };
            columns[at].layers.extend_from_slice(&column.layers);
            at
        };
        let places: Vec<_> = found.columns.iter().map(|column| place(column, &mut self.comparison.columns)).collect();
        let width = self.comparison.columns.len();
        for row in &mut self.comparison.rows {
            row.cells.resize(width, None);
        }
        for mut row in found.rows {
            let mut cells = vec![None; width];
            for (cell, place) in row.cells.into_iter().zip(&places) {
                cells[*place] = cell.map(|cell| cell.shifted(offset));
            }
            row.cells = cells;
            self.comparison.rows.push(row);
        }
        self.comparison.schema = match (self.comparison.schema.take(), first_row) {
            (None, 0) => found.schema,
            (known, _) => known.filter(|known| Some(known) == found.schema.as_ref()),
        };
        self.stale.extend(found.stale);
        self.read.extend(found.read);
        self.comparison.access.extend(found.access);
        self.comparison.unread.extend(found.unread);
        self.comparison.hidden.extend(found.hidden);
        self.comparison.apply = self.comparison.apply.take().or(found.apply);
        self.comparison.edits.extend(found.edits);
        self.summary.environments += found.summary.environments;
        self.summary.files += found.summary.files;
        self.summary.keys += found.summary.keys;
        self.summary.ignored += found.summary.ignored;
    }
}
