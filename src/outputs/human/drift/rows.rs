//! What people ask to see besides what is unexpected, and what changed with time.

use std::fmt::Write;

use super::{Page, short_list};
use crate::abridging::{cut, width};
use crate::drift::{Mode, Row, Shown};
use crate::finding::{Accepted, Bucket, Finding};

impl Page<'_> {
    /// What is different at another time, though it may be, and what nobody here can compare; `clean` where nothing is listed
    /// above.
    pub(super) fn changes(&self, out: &mut String, clean: bool) {
        let of = |buckets: &[Bucket]| -> Vec<&Row> {
            self.comparison.rows.iter().filter(|row| buckets.contains(&row.bucket)).collect()
        };
        let (changed, unknown) = (of(&[Bucket::Expected, Bucket::Unclassified]), of(&[Bucket::Unknown]));
        if clean && changed.is_empty() && self.comparison.access.is_empty() {
            let told = if unknown.is_empty() { "nothing changed" } else { "nothing that can be seen has changed" };
            let _ = writeln!(out, "{told}");
        }
        self.rows(out, "changed", &changed, " → ");
        if !unknown.is_empty() {
            let title = self.strong(&format!("unknown whether changed {}", unknown.len()));
            self.wrapped(out, &format!("{title}    {}", short_list(unknown.into_iter().map(named))), 0);
        }
    }

    fn rows(&self, out: &mut String, title: &str, rows: &[&Row], between: &str) {
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(out, "{}", self.strong(&format!("{title} {}", rows.len())));
        let keys = rows.iter().map(|row| width(&named(row))).max().unwrap_or_default();
        for row in rows {
            let cells = self.comparison.columns.iter().zip(&row.cells);
            let told = cells.filter_map(|(column, cell)| {
                let cell = cut(&cell.as_ref()?.told(), 40);
                Some(if between == " · " { format!("{} {cell}", column.name) } else { cell })
            });
            let told: Vec<_> = told.collect();
            let key = named(row);
            let text = told.join(between);
            let pad = " ".repeat(keys - width(&key));
            if 2 + keys + 2 + width(&text) <= self.width {
                let _ = writeln!(out, "  {key}{pad}  {text}");
            } else {
                let _ = writeln!(out, "  {key}");
                self.wrapped(out, &text, 4);
            }
        }
    }

    /// The rows that `--show` asks for.
    pub(super) fn asked_for(&self, out: &mut String) {
        let before = out.len();
        for (shown, bucket, title) in [
            (Shown::Acknowledged, Bucket::Acknowledged, "acknowledged"),
            (Shown::Expected, Bucket::Expected, "expected"),
            (Shown::Equal, Bucket::Equal, "equal"),
            (Shown::Unknown, Bucket::Unknown, "unknown"),
        ] {
            let told_before = self.comparison.mode == Mode::Time && bucket == Bucket::Expected;
            if self.comparison.shows(shown) && !told_before {
                // Where a policy cannot be checked, a finding says so above.
                let is_told = |at| {
                    let row = |finding: &Finding| finding.difference.as_ref().and_then(|difference| difference.row);
                    self.report.findings.iter().any(|finding| row(finding) == Some(at))
                };
                let rows = self.comparison.rows.iter().enumerate().filter(|(_, row)| row.bucket == bucket);
                let rows = rows.filter(|(at, _)| bucket != Bucket::Unknown || !is_told(*at));
                let rows: Vec<_> = rows.map(|(_, row)| row).collect();
                self.rows(out, title, &rows, " · ");
            }
            if bucket == Bucket::Acknowledged && self.comparison.shows(shown) {
                self.reasons(out);
            }
        }
        if out.len() > before {
            out.push('\n');
        }
    }

    fn reasons(&self, out: &mut String) {
        for finding in &self.comparison.settled {
            let Some(accepted) = finding.difference.as_ref().and_then(|difference| difference.accepted.as_ref()) else {
                continue;
            };
            self.reason(out, finding, accepted);
        }
    }

    /// Why a finding is accepted.
    pub(super) fn reason(&self, out: &mut String, finding: &Finding, accepted: &Accepted) {
        let until = accepted.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
        let by = accepted.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
        let text = format!("{} {}: {}{by}{until}", finding.rule.code, Self::named(finding), accepted.why);
        self.wrapped(out, &text, 4);
    }
}

/// The key, in a workspace with its member before it.
fn named(row: &Row) -> String {
    row.member.as_ref().map_or_else(|| row.key.clone(), |member| format!("{member}/{}", row.key))
}
