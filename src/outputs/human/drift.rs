//! A comparison for a terminal: a matrix of all environments, or two sources line by line.

mod delta;
mod rows;
mod table;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::{LET_THROUGH, Style, let_through, plural, told_let_through, told_unjudged, unexpected, verdict};
use super::wrapping::wrap;
use crate::abridging::width;
use crate::drift::{Comparison, Edit, Kind, Mode, Row, Shown};
use crate::finding::{Finding, Severity};
use crate::report::Report;
use crate::source::MASK;

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
    let plain = [('●', "*"), ('⏎', "\\n"), ('·', "|"), ('→', "->"), ('…', "..")];
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
            (Mode::Live, _) if column.kind == Kind::Rendered => format!("{} (rendered)", column.name),
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
        let is_undeclared =
            |finding: &&Finding| finding.rule.code == "drift-undeclared-live" && finding.label.is_none();
        let mut by_advice: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for finding in listed.iter().copied().filter(is_undeclared) {
            by_advice.entry(finding.help.as_deref()).or_default().push(finding);
        }
        by_advice.retain(|_, findings| findings.len() > 1);
        let is_alone =
            |finding: &&Finding| !is_undeclared(finding) || !by_advice.contains_key(&finding.help.as_deref());
        self.list(out, &listed.iter().copied().filter(is_alone).collect::<Vec<_>>(), "");
        for findings in by_advice.values() {
            self.together(out, findings);
        }
        if *mode == Mode::Time && !listed.is_empty() {
            out.push('\n');
        }
        if *mode == Mode::Time {
            self.changes(out, listed.is_empty());
            self.access(out);
        }
        if !listed.is_empty() || *mode == Mode::Time {
            out.push('\n');
        }
    }

    /// Each finding in two lines: what is, then where and what to do.
    fn list(&self, out: &mut String, listed: &[&Finding], indent: &str) {
        let codes = listed.iter().map(|finding| finding.rule.code.len()).max().unwrap_or_default();
        let keys = listed.iter().map(|finding| width(&Self::named(finding))).max().unwrap_or_default();
        let most = self.width.saturating_sub(indent.len());
        for finding in listed {
            let key = Self::named(finding);
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

    /// Findings of which the same is told, each by its key alone.
    fn together(&self, out: &mut String, findings: &[&Finding]) {
        let Some(first) = findings.first() else { return };
        let short = first.difference.as_ref().map_or(first.message.as_str(), |difference| &difference.short);
        let (glyph, code) = (self.glyph(first.severity), self.strong(first.rule.code));
        let _ = writeln!(out, "{glyph} {code} {short}, {} keys", findings.len());
        let keys: Vec<_> = findings.iter().map(|finding| Self::named(finding)).collect();
        self.wrapped(out, &keys.join(", "), 4);
        self.wrapped(out, first.help.as_deref().unwrap_or_default(), 4);
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
    fn named(finding: &Finding) -> String {
        finding.named().unwrap_or_default()
    }

    /// Who can read more or less than before.
    fn access(&self, out: &mut String) {
        for access in &self.comparison.access {
            self.wrapped(out, &format!("{} {}", access.path, access.told()), 0);
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
        for why in ["not opened", "damaged", "broken"] {
            let paths: Vec<_> = self.comparison.unread.iter().filter(|it| it.why == why).map(|it| &*it.path).collect();
            if !paths.is_empty() {
                self.wrapped(out, &format!("{why}: {}", paths.join(", ")), 0);
            }
        }
        if clean {
            let keys = plural(counts.keys, "key");
            let nothing = match self.comparison.mode {
                Mode::Against(_) if let_through(&counts) > 0 => {
                    let sign = if self.style.unicode { format!("{LET_THROUGH} ") } else { String::new() };
                    format!("{sign}nothing new{}", told_let_through(&counts))
                }
                Mode::Against(_) => "no new drift".to_owned(),
                _ => "no unexpected drift".to_owned(),
            };
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
                _ => unexpected(self.report) + &told_unjudged(self.report),
            };
            if fixable > 0 {
                let _ = write!(line, ", {fixable} fixable with --fix");
            }
            if risky > 0 {
                let _ = write!(line, ", {risky} with --fix=unsafe");
            }
            self.wrapped(out, &line, 0);
            if !self.comparison.edits.is_empty() {
                let told = short_list(self.comparison.edits.iter().map(Edit::told));
                let first = if self.comparison.apply.is_some() { " first" } else { "" };
                self.wrapped(out, &format!("to change{first}: {told}"), 0);
            }
            if let Some(apply) = &self.comparison.apply {
                let _ = writeln!(out, "to apply: {apply}");
            }
        }
    }
}

/// Names in one line: the first of very many.
fn short_list(names: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 20;
    let mut names = names.into_iter();
    let mut told: Vec<_> = names.by_ref().take(MOST).collect();
    if let more @ 1.. = names.count() {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}
