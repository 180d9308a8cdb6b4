//! A comparison for a terminal: a matrix of all environments, or two sources line by line.

use std::fmt::Write;

use super::super::{Style, plural, unexpected, verdict};
use super::wrapping::wrap;
use crate::abridging::{cut, told_apart, width};
use crate::drift::{Cell, Comparison, Mode, Row, Shown};
use crate::finding::{Bucket, Change, Finding, Severity};
use crate::report::Report;
use crate::schema::extension::Drift;
use crate::source::MASK;

/// The widest that a value stands in the matrix.
const WIDEST_CELL: usize = 24;
/// The narrowest, before the matrix gives way to a list.
const NARROWEST_CELL: usize = 8;

pub(super) fn write(report: &Report, comparison: &Comparison, style: &Style) -> String {
    let page = Page { report, comparison, style, width: style.width.clamp(40, 400) };
    let mut out = String::new();
    // What changed is told in a list of its own, see [`Page::changes`].
    let is_listed = |finding: &&Finding| comparison.lists(finding) && finding.rule.code != "drift-changed";
    let listed: Vec<_> = report.findings.iter().filter(is_listed).collect();
    match &comparison.mode {
        Mode::Against(_) => {
            page.delta(&mut out, &listed);
            page.access(&mut out);
            if !comparison.access.is_empty() {
                out.push('\n');
            }
        }
        Mode::Matrix => page.matrix(&mut out, &listed),
        _ => page.sources(&mut out, &listed),
    }
    page.asked_for(&mut out);
    if !style.quiet {
        page.closing(&mut out, listed.is_empty());
    }
    if style.unicode {
        return out;
    }
    let plain = [('●', "*"), ('·', "|"), ('→', "->"), ('…', "..")];
    let out = out.replace(MASK, &"*".repeat(MASK.chars().count()));
    plain.iter().fold(out, |out, (sign, plain)| out.replace(*sign, plain))
}

struct Page<'a> {
    report: &'a Report,
    comparison: &'a Comparison,
    style: &'a Style,
    width: usize,
}

impl Page<'_> {
    fn row(&self, finding: &Finding) -> Option<&Row> {
        self.comparison.rows.get(finding.difference.as_ref()?.row?)
    }

    fn glyph(&self, severity: Severity) -> String {
        let (color, glyph, plain) = match severity {
            Severity::Error => ("\u{1b}[1;31m", "✗", "x"),
            Severity::Warning => ("\u{1b}[1;33m", "!", "!"),
            Severity::Note => ("\u{1b}[1;36m", "·", "-"),
        };
        let glyph = if self.style.unicode { glyph } else { plain };
        if self.style.color { format!("{color}{glyph}\u{1b}[0m") } else { glyph.to_owned() }
    }

    fn strong(&self, text: &str) -> String {
        if self.style.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Two sources: a headline, and each finding with its place.
    fn sources(&self, out: &mut String, listed: &[&Finding]) {
        let Comparison { mode, columns, counts, schema, .. } = self.comparison;
        let told = |(index, column): (usize, &crate::drift::Column)| match (mode, index) {
            (Mode::Live, 0) => format!("{} (declared)", column.name),
            (Mode::Live, _) => format!("{} (live)", column.name),
            _ => column.name.clone(),
        };
        let names: Vec<_> = columns.iter().enumerate().map(told).collect();
        if !listed.is_empty() || *mode == Mode::Time {
            let schema = schema.as_ref().map(|schema| format!("    schema {schema}")).unwrap_or_default();
            let line = format!("{}    {}{schema}", names.join(" -> "), plural(counts.keys, "key"));
            for line in wrap(&line, self.width, self.width) {
                let _ = writeln!(out, "{}", self.strong(&line));
            }
            out.push('\n');
        }
        self.list(out, listed, "");
        if *mode == Mode::Time && !listed.is_empty() {
            out.push('\n');
        }
        if *mode == Mode::Time {
            self.changes(out);
            self.access(out);
        }
        if !listed.is_empty() || *mode == Mode::Time {
            out.push('\n');
        }
    }

    /// Each finding in two lines: what is, then where and what to do.
    fn list(&self, out: &mut String, listed: &[&Finding], indent: &str) {
        let codes = listed.iter().map(|finding| finding.rule.code.len()).max().unwrap_or_default();
        let keys = listed.iter().map(|finding| width(&self.named(finding))).max().unwrap_or_default();
        let most = self.width.saturating_sub(indent.len());
        for finding in listed {
            let key = self.named(finding);
            let message = finding.message.as_str();
            let short = finding.difference.as_ref().map_or(message, |difference| &difference.short);
            let code = finding.rule.code;
            let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(width(text)));
            let start = format!("{indent}{} {}{} ", self.glyph(finding.severity), self.strong(code), pad(code, codes));
            let fits = 2 + codes + 1 + keys + 2 + width(short) <= most;
            if fits {
                let _ = writeln!(out, "{start}{key}{}  {short}", pad(&key, keys));
            } else {
                let _ = writeln!(out, "{start}{key}");
                self.wrapped(out, short, indent.len() + 4);
            }
            let place = finding.label.as_ref().map(|label| self.report.place(label.span));
            let place = place.map(|place| format!("{}:{}", place.path, place.line));
            let beaten = self.overridden(finding).map(|below| format!("overrides {below}"));
            let help = finding.help.clone();
            let fix = finding
                .fix
                .as_ref()
                .map(|fix| format!("{}: {}", if fix.safe { "--fix" } else { "--fix=unsafe" }, fix.title));
            let parts: Vec<_> = [place, beaten, fix.or(help)].into_iter().flatten().collect();
            self.wrapped(out, &parts.join("    "), indent.len() + 4);
        }
    }

    fn wrapped(&self, out: &mut String, text: &str, indent: usize) {
        let room = self.width.saturating_sub(indent).max(20);
        for line in wrap(text, room, room) {
            let _ = writeln!(out, "{:indent$}{}", "", line.trim_end());
        }
    }

    /// What the value of a finding overrides: `environments/base.env:9`.
    fn overridden(&self, finding: &Finding) -> Option<String> {
        let at = finding.label.as_ref()?.span;
        let cell = self.row(finding)?.cells.iter().flatten().find(|cell| cell.at == Some(at))?;
        let place = self.report.place(*cell.overrides.first()?);
        Some(format!("{}:{}", place.path, place.line))
    }

    /// The key, in a workspace with its member before it.
    fn named(&self, finding: &Finding) -> String {
        self.report.key_of(finding).unwrap_or_default()
    }

    /// All environments side by side; a list where that is too wide.
    fn matrix(&self, out: &mut String, listed: &[&Finding]) {
        let (of_rows, others): (Vec<_>, Vec<_>) =
            listed.iter().copied().partition(|finding| self.row(finding).is_some());
        if !of_rows.is_empty() {
            match self.table(&of_rows) {
                Some(table) => {
                    out.push_str(&table);
                    out.push('\n');
                    self.legend(out, &table);
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
    fn legend(&self, out: &mut String, table: &str) {
        if self.style.quiet {
            return;
        }
        let signs = [
            (" ●", "●a = same letter in a row, same secret"),
            (" ? ", "? = not opened"),
            (" - ", "- = not set"),
            (" (", "( ) = default"),
        ];
        let told: Vec<_> = signs.iter().filter(|(sign, _)| table.contains(sign)).map(|(_, text)| *text).collect();
        if !told.is_empty() {
            self.wrapped(out, &told.join("   "), 0);
        }
        if let [.., one, other] = self.comparison.columns.as_slice() {
            self.wrapped(
                out,
                &format!("sparkcfg drift {} {} tells the places and what to do", one.name, other.name),
                0,
            );
        }
        out.push('\n');
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

    /// What a branch adds, resolves and leaves.
    fn delta(&self, out: &mut String, listed: &[&Finding]) {
        let counts = self.comparison.counts;
        if !listed.is_empty() {
            let _ = writeln!(out, "{}", self.strong(&format!("introduced {}", listed.len())));
            self.list(out, listed, "  ");
        }
        for (change, number) in [("resolved", counts.resolved), ("unchanged", counts.unchanged)] {
            let wanted = if change == "resolved" { Change::Resolved } else { Change::Unchanged };
            let of_change = self.comparison.settled.iter().filter(|finding| {
                let difference = finding.difference.as_ref();
                difference.is_some_and(|it| it.change == Some(wanted) && it.bucket == Bucket::Unexpected)
            });
            if number == 0 {
                continue;
            }
            let _ = write!(out, "{}", self.strong(&format!("{change} {number}")));
            if change == "resolved" {
                let mut keys: Vec<_> = of_change.map(|finding| finding.key.clone().unwrap_or_default()).collect();
                keys.sort();
                keys.dedup();
                let _ = writeln!(out, "    {}", keys.join(", "));
            } else if self.comparison.shows(Shown::Unchanged) {
                out.push('\n');
                self.list(out, &of_change.collect::<Vec<_>>(), "  ");
            } else {
                out.push_str("    --show unchanged lists them\n");
            }
        }
        if !out.is_empty() {
            out.push('\n');
        }
    }

    /// What is different at another time, though it may be.
    fn changes(&self, out: &mut String) {
        let differs = |row: &&Row| matches!(row.bucket, Bucket::Expected | Bucket::Unclassified);
        let changed: Vec<_> = self.comparison.rows.iter().filter(differs).collect();
        if self.report.findings.is_empty() && self.comparison.access.is_empty() {
            let unknown = self.comparison.counts.unknown;
            out.push_str(if unknown == 0 { "nothing changed\n" } else { "nothing that can be seen has changed\n" });
        }
        self.rows(out, "changed", &changed, " → ");
    }

    /// Who can read more or less than before.
    fn access(&self, out: &mut String) {
        for access in &self.comparison.access {
            self.wrapped(out, &format!("{} {}", access.path, access.told()), 0);
        }
    }

    fn rows(&self, out: &mut String, title: &str, rows: &[&Row], between: &str) {
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(out, "{}", self.strong(&format!("{title} {}", rows.len())));
        let name =
            |row: &Row| row.member.as_ref().map_or_else(|| row.key.clone(), |member| format!("{member}/{}", row.key));
        let keys = rows.iter().map(|row| width(&name(row))).max().unwrap_or_default();
        for row in rows {
            let named = self.comparison.columns.iter().zip(&row.cells);
            let told = named.filter_map(|(column, cell)| {
                let cell = cut(&cell.as_ref()?.told(), 40);
                Some(if between == " · " { format!("{} {cell}", column.name) } else { cell })
            });
            let told: Vec<_> = told.collect();
            let key = name(row);
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
    fn asked_for(&self, out: &mut String) {
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
            let until = accepted.until.as_ref().map(|until| format!(", until {until}")).unwrap_or_default();
            let by = accepted.by.as_ref().map(|by| format!(" ({by})")).unwrap_or_default();
            let text = format!("{} {}: {}{by}{until}", finding.rule.code, self.named(finding), accepted.why);
            self.wrapped(out, &text, 4);
        }
    }

    fn closing(&self, out: &mut String, clean: bool) {
        let counts = self.comparison.counts;
        let all = [
            (if self.comparison.mode == Mode::Time { "changed" } else { "expected" }, counts.expected, true),
            ("acknowledged", counts.acknowledged, true),
            ("unclassified", counts.unclassified, false),
            ("equal", counts.equal, true),
            ("unknown", counts.unknown, false),
        ];
        let told = all.iter().filter(|(_, number, always)| *always || *number > 0);
        let told: Vec<_> = told.map(|(name, number, _)| format!("{name} {number}")).collect();
        let told = told.join(" · ");
        if !self.comparison.hidden.is_empty() {
            let hidden = &self.comparison.hidden;
            let told: Vec<_> = hidden.iter().map(|(name, keys)| format!("{} {name}", keys.len())).collect();
            let names = self.comparison.shows(Shown::Inherited);
            let hint = if names { "" } else { "    --show inherited" };
            self.wrapped(out, &format!("hidden: {}{hint}", told.join(", ")), 0);
            for (name, keys) in hidden.iter().filter(|_| names) {
                let keys: Vec<_> = keys.iter().map(String::as_str).collect();
                self.wrapped(out, &format!("{name}: {}", keys.join(" ")), 2);
            }
        }
        for why in ["not opened", "broken"] {
            let paths: Vec<_> = self.comparison.unread.iter().filter(|it| it.why == why).map(|it| &*it.path).collect();
            if !paths.is_empty() {
                self.wrapped(out, &format!("{why}: {}", paths.join(", ")), 0);
            }
        }
        if clean {
            let keys = plural(counts.keys, "key");
            let nothing =
                if matches!(self.comparison.mode, Mode::Against(_)) { "no new drift" } else { "no unexpected drift" };
            self.wrapped(out, &format!("{nothing}    {keys}    {told}"), 0);
        } else {
            let hint = if self.comparison.shown.is_empty() { "    --show all lists them" } else { "" };
            self.wrapped(out, &format!("{told}{hint}"), 0);
            let summary = &self.report.summary;
            let [fixable, risky] = [true, false].map(|safe| {
                self.report
                    .findings
                    .iter()
                    .filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe == safe))
                    .count()
            });
            let mut line = match counts.unexpected {
                0 => format!("nothing unexpected ({})", verdict(summary)),
                _ => unexpected(self.report, "unexpected"),
            };
            if fixable > 0 {
                let _ = write!(line, ", {fixable} fixable with --fix");
            }
            if risky > 0 {
                let _ = write!(line, ", {risky} with --fix=unsafe");
            }
            self.wrapped(out, &line, 0);
            let live = self.report.findings.iter().any(|finding| finding.rule.code.ends_with("-live"));
            if let Some(apply) = self.comparison.apply.as_ref().filter(|_| live) {
                let _ = writeln!(out, "to apply: {apply}");
            }
        }
    }
}
