//! All environments side by side: the matrix of keys and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::Page;
use crate::abridging::{cut, told_apart, width};
use crate::drift::Cell;
use crate::drift::live::word;
use crate::finding::{Finding, Severity};
use crate::schema::extension::Drift;

/// The widest that a value stands in the matrix.
const WIDEST_CELL: usize = 24;
/// The narrowest, before the matrix gives way to a list.
const NARROWEST_CELL: usize = 8;

impl Page<'_> {
    /// All environments side by side; a list where that is too wide.
    pub(super) fn matrix(&self, out: &mut String, listed: &[&Finding]) {
        let (of_rows, others): (Vec<_>, Vec<_>) =
            listed.iter().copied().partition(|finding| self.row(finding).is_some());
        if !of_rows.is_empty() {
            match self.table(&of_rows) {
                Some(table) => {
                    out.push_str(&table);
                    out.push('\n');
                    self.legend(out, &table, listed);
                }
                None => {
                    self.list(out, &of_rows, "");
                    out.push('\n');
                }
            }
        }
        if !others.is_empty() {
            self.list(out, &others, "");
            out.push('\n');
        }
    }

    /// What the signs in the matrix mean, and how to see more.
    fn legend(&self, out: &mut String, table: &str, listed: &[&Finding]) {
        if self.style.quiet {
            return;
        }
        let signs = [
            (" ●", "●a = same letter in a row, same secret"),
            (
                " ? ",
                if self.comparison.unread.iter().any(|it| it.why == "broken") {
                    "? = not read"
                } else {
                    "? = not opened"
                },
            ),
            (" - ", "- = not set"),
            (" (", "( ) = default"),
            (" n/a ", "n/a = the schema keeps it from there"),
        ];
        let told: Vec<_> = signs.iter().filter(|(sign, _)| table.contains(sign)).map(|(_, text)| *text).collect();
        if !told.is_empty() {
            self.wrapped(out, &told.join("   "), 0);
        }
        for finding in listed {
            let difference = finding.difference.as_ref().filter(|it| !it.partly.is_empty());
            if let (Some(difference), Some(key)) = (difference, finding.named()) {
                let between = difference.partly.join(" and ");
                let ack = format!("--ack {} {} --why …", finding.rule.code, word(&key));
                let told = format!("{key} is accepted between {between} only; mend it, or accept all of it: {ack}");
                self.wrapped(out, &crate::source::printable(&told), 0);
            }
        }
        let (pairs, left) = self.pairs(listed);
        for [one, other] in pairs {
            // A command that is wrapped is none.
            let command = self.comparison.command_of(&[one, other]);
            let _ = writeln!(out, "{command} tells the places and what to do");
        }
        if left > 0 {
            let are = if left == 1 { "finding is" } else { "findings are" };
            self.wrapped(out, &format!("{left} more {are} told by other pairs"), 0);
        }
        out.push('\n');
    }

    /// Pairs of sources that tell of all findings together, those first that tell of most, and of these the last ones; and of how
    /// many findings none of them tells.
    fn pairs(&self, listed: &[&Finding]) -> (Vec<[&str; 2]>, usize) {
        const MOST: usize = 3;
        let mut open: Vec<_> = listed.iter().map(|finding| self.pairs_of(finding)).collect();
        let mut chosen = Vec::new();
        while chosen.len() < MOST {
            let mut numbers = BTreeMap::new();
            open.iter().flatten().for_each(|pair| *numbers.entry(*pair).or_insert(0_usize) += 1);
            let Some((best, _)) = numbers.into_iter().max_by_key(|(_, number)| *number) else { break };
            open.retain(|pairs| !pairs.contains(&best));
            chosen.push(best.map(|at| &*self.comparison.columns[at].name));
        }
        (chosen, open.iter().filter(|pairs| !pairs.is_empty()).count())
    }

    /// Every two sources between which a finding is told as well, at least some of it.
    fn pairs_of(&self, finding: &Finding) -> BTreeSet<[usize; 2]> {
        let columns = &self.comparison.columns;
        let row = finding.difference.as_ref().and_then(|difference| self.comparison.rows.get(difference.row?));
        let Some(row) = row else { return BTreeSet::new() };
        let is_named = |at: usize| finding.environments.iter().any(|name| **name == *columns[at].name);
        let said = |at: usize| row.cells.get(at).and_then(Option::as_ref).map(|cell| (cell.class, cell.state));
        let partly = finding.difference.as_ref().map(|difference| difference.partly.as_slice()).unwrap_or_default();
        let is_accepted = |at: usize| partly.contains(&columns[at].name);
        let is_told = |[one, other]: &[usize; 2]| {
            if is_accepted(*one) && is_accepted(*other) {
                return false;
            }
            let agree = said(*one) == said(*other);
            let (both, either) = (is_named(*one) && is_named(*other), is_named(*one) || is_named(*other));
            match (finding.rule.code, finding.environments.as_slice()) {
                ("drift-missing" | "drift-extra" | "placeholder-value", _) => either && !both && !agree,
                // One that is told alone is told beside any other.
                (_, [_]) => either,
                ("drift-unknown" | "policy-conflict", _) => both,
                ("drift-must-differ", _) => both && agree,
                _ => both && !agree,
            }
        };
        let pairs = (0..columns.len()).flat_map(|one| (one + 1..columns.len()).map(move |other| [one, other]));
        pairs.filter(is_told).collect()
    }

    fn table(&self, listed: &[&Finding]) -> Option<String> {
        let columns = &self.comparison.columns;
        let mut indices: Vec<_> = listed.iter().filter_map(|finding| finding.difference.as_ref()?.row).collect();
        indices.sort_unstable();
        indices.dedup();
        let mut lines = Vec::with_capacity(indices.len() + 1);
        let headings = columns.iter().map(|column| column.name.clone());
        let first: Vec<_> =
            std::iter::once("KEY".to_owned()).chain(headings).chain(["POLICY", "VERDICT"].map(str::to_owned)).collect();
        lines.push((first, None));
        for index in indices {
            let row = self.comparison.rows.get(index)?;
            let own = |finding: &&&Finding| {
                finding.difference.as_ref().is_some_and(|difference| difference.row == Some(index))
            };
            let own: Vec<_> = listed.iter().filter(own).copied().collect();
            let mut cells =
                vec![row.member.as_ref().map_or_else(|| row.key.clone(), |member| format!("{member}/{}", row.key))];
            cells.extend(columns.iter().zip(&row.cells).map(|(column, cell)| {
                let missing = own.iter().any(|finding| {
                    finding.rule.code == "drift-missing"
                        && finding.environments.iter().any(|name| **name == *column.name)
                });
                if missing { "MISSING".to_owned() } else { cell.as_ref().map(Cell::told).unwrap_or_default() }
            }));
            let required = own.iter().any(|finding| finding.rule.code == "drift-missing");
            cells.push(row.policy.map_or(if required { "required" } else { "" }, Drift::name).to_owned());
            let codes: std::collections::BTreeSet<_> = own.iter().map(|finding| finding.rule.code).collect();
            let more = if codes.len() > 1 { format!(" +{}", codes.len() - 1) } else { String::new() };
            let first = own.iter().max_by_key(|finding| finding.severity).map_or("", |finding| finding.rule.code);
            cells.push(format!("{first}{more}"));
            lines.push((cells, own.iter().map(|finding| finding.severity).max()));
        }
        self.drawn(lines)
    }

    fn drawn(&self, mut lines: Vec<(Vec<String>, Option<Severity>)>) -> Option<String> {
        let last = lines.first()?.0.len() - 1;
        let widths = |lines: &[(Vec<String>, Option<Severity>)], most: usize| -> Vec<usize> {
            let width_of = |at: usize| lines.iter().map(|(cells, _)| width(&cells[at])).max().unwrap_or_default();
            (0..=last)
                .map(|at| if (1..last - 1).contains(&at) { width_of(at).min(most) } else { width_of(at) })
                .collect()
        };
        let total = |widths: &[usize]| widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum::<usize>();
        let fitting = (NARROWEST_CELL..=WIDEST_CELL).rev().map(|most| widths(&lines, most));
        let mut chosen = fitting.into_iter().find(|widths| total(widths) <= self.width);
        if chosen.is_none() {
            for (cells, _) in &mut lines {
                cells[last - 1].clear();
            }
            let narrow = widths(&lines, NARROWEST_CELL);
            chosen = Some(narrow).filter(|narrow| total(narrow) <= self.width);
        }
        let widths = chosen?;
        let mut out = String::new();
        for (number, (cells, severity)) in lines.iter().enumerate() {
            let mut line = String::new();
            let values = cells.get(1..last - 1).unwrap_or_default();
            let seen = told_apart(values, widths.get(1..last - 1).unwrap_or_default());
            for (at, cell) in cells.iter().enumerate().filter(|(at, _)| widths[*at] > 0) {
                let text = match at.checked_sub(1).and_then(|at| seen.get(at)) {
                    Some(text) => text.clone(),
                    None => cut(cell, widths[at]),
                };
                if let Some(severity) = severity.filter(|_| at == last) {
                    let _ = write!(line, "{} ", self.glyph(severity));
                }
                line.push_str(&text);
                line.push_str(&" ".repeat(widths[at] + 2 - width(&text)));
            }
            let line = line.trim_end();
            let _ = writeln!(out, "{}", if number == 0 { self.strong(line) } else { line.to_owned() });
        }
        Some(out)
    }
}
