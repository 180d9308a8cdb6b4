//! A comparison as a page: every key in every source, the unexpected ones first, with its places and what to do.

mod marking;

use std::fmt::Write;

use super::super::{
    LET_THROUGH, beside_columns, introduced, is_told_by_columns, let_through, markup, plural, told_let_through,
    told_undecided, told_unjudged, told_values, unexpected, uri, verdict, worst,
};
use super::{controls, glyph, signed, title};
use crate::drift::live::word;
use crate::drift::{Cell, Comparison, Mode, Row, State};
use crate::finding::{Bucket, Change, Finding, Severity};
use crate::report::Report;
use crate::schema::extension::Drift;

/// Nobody compares more of a value than that by eye, and a page of thousands of them opens in no time.
const LONGEST_VALUE: usize = 300;

/// More columns than these scroll beside the keys; fewer fit a screen.
const MOST_COLUMNS: usize = 6;

/// The kinds of rows that people choose by, worst first.
const KINDS: [&str; 7] = ["unexpected", "unchanged", "acknowledged", "unclassified", "unknown", "expected", "equal"];

/// A key, the findings about it, how many of them, at the beginning, count, and which of [`KINDS`] it is.
struct Line<'a> {
    row: &'a Row,
    findings: Vec<&'a Finding>,
    counting: usize,
    kind: usize,
}

impl<'a> Line<'a> {
    /// The findings that count.
    fn unexpected(&self) -> &[&'a Finding] {
        if self.kind == 0 { &self.findings } else { &[] }
    }
}

pub(super) fn write(out: &mut String, report: &Report, comparison: &Comparison) {
    let page = Page { report, comparison };
    let lines = page.lines();
    page.header(out);
    let number = |kind: usize| lines.iter().filter(|line| line.kind == kind).count();
    let kinds = KINDS.iter().enumerate().map(|(kind, name)| (*name, number(kind))).filter(|(_, number)| *number > 0);
    let kinds = kinds.map(|(name, number)| (name, format!("{} {number}", page.called(name))));
    let pressed = if number(0) > 0 { KINDS[0] } else { "" };
    controls(out, "Kind", pressed, kinds.chain([("", format!("all {}", lines.len()))]));
    page.matrix(out, &lines);
    legend(out, &lines);
    page.others(out);
    page.about(out);
}

struct Page<'a> {
    report: &'a Report,
    comparison: &'a Comparison,
}

impl<'a> Page<'a> {
    fn lines(&self) -> Vec<Line<'a>> {
        let Self { report, comparison } = *self;
        let line = |row: &'a Row| Line { row, findings: Vec::new(), counting: 0, kind: 0 };
        let mut lines: Vec<_> = comparison.rows.iter().map(line).collect();
        let counting = report.findings.iter().map(|finding| (finding, 1));
        for (finding, counts) in counting.chain(comparison.settled.iter().map(|finding| (finding, 0))) {
            let row = finding.difference.as_ref().and_then(|difference| difference.row);
            if let Some(line) = row.and_then(|row| lines.get_mut(row)) {
                line.findings.push(finding);
                line.counting += counts;
            }
        }
        for line in &mut lines {
            let unchanged = line.counting == 0 && line.findings.iter().any(|it| it.changed(Change::Unchanged));
            line.kind = match line.row.bucket {
                Bucket::Unexpected if unchanged => 1,
                Bucket::Unexpected => 0,
                Bucket::Acknowledged => 2,
                Bucket::Unclassified => 3,
                Bucket::Unknown => 4,
                Bucket::Expected => 5,
                Bucket::Equal => 6,
            };
        }
        lines.sort_by_key(|line| line.kind);
        lines
    }

    /// What a kind of rows is called: what a branch adds is new, where nothing else is unexpected.
    fn called(&self, kind: &'static str) -> &'static str {
        let Comparison { mode, counts, .. } = self.comparison;
        let is_new = matches!(mode, Mode::Against(_)) && counts.unexpected == counts.introduced;
        if kind == KINDS[0] && is_new { "new" } else { kind }
    }

    fn header(&self, out: &mut String) {
        let Comparison { counts, columns, mode, schema, .. } = self.comparison;
        let listed: Vec<_> = self.report.findings.iter().filter(|finding| self.comparison.lists(finding)).collect();
        let told = match (mode, listed.len()) {
            (Mode::Against(_), _) => introduced(self.report, self.comparison),
            (_, 1..) if counts.unexpected == 0 => verdict(&self.report.summary),
            _ => unexpected(self.report),
        };
        let told = told + &told_let_through(counts) + &told_undecided(counts) + &told_unjudged(self.report);
        let worst = worst(self.report, &listed);
        let sign = match worst.filter(|worst| *worst > Severity::Note || let_through(counts) == 0) {
            Some(worst) => signed(worst),
            None if let_through(counts) > 0 => (Severity::Note.name(), LET_THROUGH),
            None => ("clean", "✓"),
        };
        title(out, self.report, sign, &told);
        let between = if matches!(mode, Mode::Matrix | Mode::Against(_)) { " · " } else { " → " };
        let names: Vec<_> = columns.iter().map(|column| markup(&column.name)).collect();
        let _ = write!(out, "<p><strong>{}</strong> · {}", names.join(between), plural(counts.keys, "key"));
        if let Mode::Against(revision) = mode {
            let _ = write!(out, " · compared with <code>{}</code>", markup(revision));
            let _ = write!(out, ": {} resolved, {} unchanged", counts.resolved, counts.unchanged);
        }
        if let Some(schema) = schema {
            let _ = write!(out, " · <code>{}</code>", markup(schema));
        }
        out.push_str("</p>\n</header>\n<main>\n");
    }

    fn matrix(&self, out: &mut String, lines: &[Line<'_>]) {
        let wide = self.is_wide();
        let order = self.order(lines);
        if wide {
            out.push_str("<div class=\"wide\" role=\"region\" aria-label=\"The table\" tabindex=\"0\">\n");
        } else {
            out.push_str("<div>\n");
        }
        let first = if wide { ", and so are the sources that differ from what they should be" } else { "" };
        let _ = write!(
            out,
            "<table class=\"matrix\">\n<caption>Every key in every source, the unexpected ones first{first}</caption>\n"
        );
        out.push_str("<thead>\n<tr><th scope=\"col\">Key</th>");
        let verdict = "<th scope=\"col\" class=\"problem\">Verdict</th>";
        if wide {
            out.push_str(verdict);
        }
        for column in order.iter().filter_map(|at| self.comparison.columns.get(*at)) {
            let _ = write!(out, "<th scope=\"col\">{}</th>", markup(&column.name));
        }
        out.push_str("<th scope=\"col\">Policy</th>");
        if !wide {
            out.push_str(verdict);
        }
        out.push_str("</tr>\n</thead>\n<tbody>\n");
        for line in lines {
            self.line(out, line, &order);
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }

    /// Whether the table is wider than a screen.
    fn is_wide(&self) -> bool {
        self.comparison.columns.len() > MOST_COLUMNS
    }

    /// The columns in the order in which they stand: of more than fit a screen, those first of which something is wrong,
    /// by the first key of which it is.
    fn order(&self, lines: &[Line<'_>]) -> Vec<usize> {
        let mut order: Vec<_> = (0..self.comparison.columns.len()).collect();
        if self.is_wide() {
            let is_wrong = |line: &Line<'_>, at| self.wrong(line, at).is_some();
            let first_wrong = |at: &usize| lines.iter().position(|line| is_wrong(line, *at)).unwrap_or(usize::MAX);
            order.sort_by_cached_key(first_wrong);
        }
        order
    }

    fn line(&self, out: &mut String, line: &Line<'_>, order: &[usize]) {
        let kind = KINDS[line.kind];
        let worst = line.unexpected().iter().map(|finding| finding.severity).max();
        let name = named(line.row);
        let class = worst.map(|worst| format!(" class=\"{}\"", worst.name())).unwrap_or_default();
        let id = uri(&name);
        let _ = write!(out, "<tr id=\"key-{id}\"{class} data-kind=\"{kind}\">");
        let _ = write!(out, "<th scope=\"row\"><a href=\"#key-{id}\">{}</a></th>", breakable(&name));
        if self.is_wide() {
            self.verdict(out, line);
        }
        let values = told_values(&line.row.cells, LONGEST_VALUE);
        for at in order {
            let (Some(column), Some(cell)) = (self.comparison.columns.get(*at), line.row.cells.get(*at)) else {
                continue;
            };
            let wrong = self.wrong(line, *at);
            let class = wrong.map(|severity| format!(" class=\"wrong {}\"", severity.name())).unwrap_or_default();
            let told = cell.as_ref().zip(values.get(*at)).map(|(cell, value)| told(cell, value)).unwrap_or_default();
            let _ = write!(out, "<td data-in=\"{}\"{class}>{told}</td>", markup(&column.name));
        }
        let required = line.findings.iter().any(|finding| finding.rule.code == "drift-missing");
        let policy = line.row.policy.map_or(if required { "required" } else { "" }, Drift::name);
        let _ = write!(out, "<td data-in=\"policy\">{policy}</td>");
        if !self.is_wide() {
            self.verdict(out, line);
        }
        out.push_str("</tr>\n");
    }

    fn verdict(&self, out: &mut String, line: &Line<'_>) {
        out.push_str("<td class=\"verdict\">");
        if line.findings.is_empty() {
            out.push_str(KINDS[line.kind]);
        }
        for (number, finding) in line.findings.iter().enumerate() {
            problem(out, self.comparison, finding, number < line.counting);
        }
        self.more(out, line);
        out.push_str("</td>");
    }

    /// Where the values stand, what they are for, and what to do; nothing where all is as it should be.
    fn more(&self, out: &mut String, line: &Line<'_>) {
        if line.row.bucket == Bucket::Equal {
            return;
        }
        let title = if line.findings.is_empty() { "places" } else { "places and what to do" };
        let _ = write!(out, "<details><summary>{title}</summary><ul>");
        let (drift, fixing) = (markup(&self.comparison.command()), markup(&self.comparison.narrow_command()));
        for finding in &line.findings {
            // The values stand in the columns.
            if !is_told_by_columns(finding) {
                let _ = write!(out, "<li>{}</li>", markup(&finding.message));
            }
            if let Some(help) = &finding.help {
                let _ = write!(out, "<li>{}</li>", markup(help));
            }
            if let Some(fix) = &finding.fix {
                let flag = if fix.safe { "--fix" } else { "--fix=unsafe" };
                let _ = write!(out, "<li><code>{fixing} {flag}</code>: {}</li>", markup(&fix.title));
            }
        }
        for (column, cell) in self.comparison.columns.iter().zip(&line.row.cells) {
            self.place(out, &column.name, cell.as_ref());
        }
        let about = [line.row.description.clone(), line.row.owner.as_ref().map(|owner| format!("owner: {owner}"))];
        for told in about.iter().flatten() {
            let _ = write!(out, "<li>{}</li>", markup(told));
        }
        let open = |finding: &&&Finding| {
            finding.rule.code != "policy-conflict"
                && finding.difference.as_ref().is_some_and(|it| it.accepted.is_none())
        };
        if let (0, Some(finding)) = (line.kind, line.findings.iter().find(open)) {
            let (code, key) = (finding.rule.code, markup(&word(&named(line.row))));
            let _ = write!(out, "<li>to accept it: <code>{drift} --ack {code} {key} --why …</code></li>");
        }
        out.push_str("</ul></details>");
    }

    fn place(&self, out: &mut String, name: &str, cell: Option<&Cell>) {
        let Some((cell, at)) = cell.and_then(|cell| Some((cell, cell.at?))) else { return };
        let told = |span| {
            let place = self.report.place(span);
            format!("<code>{}:{}</code>", markup(&place.path), place.line)
        };
        let _ = write!(out, "<li>{}: {}", markup(name), told(at));
        for (number, beaten) in cell.overrides.iter().enumerate() {
            let word = if number == 0 { " overrides" } else { "," };
            let _ = write!(out, "{word} {}", told(*beaten));
        }
        out.push_str("</li>");
    }

    /// Findings about no row: entries of the baseline, rules that disagree, and what only the revision has.
    fn others(&self, out: &mut String) {
        let of_no_row =
            |finding: &&Finding| finding.difference.as_ref().is_none_or(|difference| difference.row.is_none());
        let findings: Vec<_> = self.report.findings.iter().filter(of_no_row).collect();
        if !findings.is_empty() {
            out.push_str("<h2>About the comparison itself</h2>\n<ul>\n");
        }
        for finding in &findings {
            let (severity, code) = (finding.severity.name(), finding.rule.code);
            let is_told = self.comparison.lists(finding);
            let told = if is_told { format!(" data-severity=\"{severity}\"") } else { String::new() };
            let _ = write!(out, "<li class=\"{severity}\"{told}>{} {severity} ", sign(finding.severity));
            let _ = write!(out, "<span class=\"code\">{code}</span> {}", markup(&finding.message));
            if let Some(label) = &finding.label {
                let place = self.report.place(label.span);
                let _ = write!(out, " <code>{}:{}</code>", markup(&place.path), place.line);
            }
            let help = finding.help.as_ref().map(|help| format!("<p class=\"help\">{}</p>", markup(help)));
            let _ = writeln!(out, "{}</li>", help.unwrap_or_default());
        }
        if !findings.is_empty() {
            out.push_str("</ul>\n");
        }
        for (title, sign, change) in [
            ("No longer counted by this change", LET_THROUGH, Change::NoLongerCounted),
            ("Resolved by this change", "✓", Change::Resolved),
            ("Unknown whether it is resolved by this change", "?", Change::Unknown),
        ] {
            let settled: Vec<_> = self.comparison.settled.iter().filter(|finding| finding.changed(change)).collect();
            if settled.is_empty() {
                continue;
            }
            let _ = writeln!(out, "<h2>{title}</h2>\n<ul>");
            for finding in settled {
                let member = finding.difference.as_ref().and_then(|difference| difference.member.as_deref());
                let member = member.map(|name| format!("<code>{}</code> ", markup(name))).unwrap_or_default();
                let (code, told) = (finding.rule.code, format!("{member}{}", markup(&finding.message)));
                let because = finding.difference.as_ref().and_then(|difference| difference.because.as_deref());
                let because = because.map(|text| format!(": {}", markup(text))).unwrap_or_default();
                let _ = writeln!(out, "<li>{sign} <span class=\"code\">{code}</span> {told}{because}</li>");
            }
            out.push_str("</ul>\n");
        }
    }

    /// Who can read what, what was left out, and which files were read.
    fn about(&self, out: &mut String) {
        let Comparison { access, unread, hidden, apply, edits, columns, .. } = self.comparison;
        for change in access {
            let _ = writeln!(out, "<p><code>{}</code> {}</p>", markup(&change.path), markup(&change.told()));
        }
        for one in unread {
            let _ = writeln!(out, "<p><code>{}</code> {}</p>", markup(&one.path), one.why);
        }
        if !hidden.is_empty() {
            let told: Vec<_> = hidden.iter().map(|(name, keys)| format!("{} {name}", keys.len())).collect();
            let _ = writeln!(out, "<p>hidden: {}</p>", markup(&told.join(", ")));
        }
        if !edits.is_empty() {
            let told: Vec<_> = edits.iter().map(|edit| format!("<code>{}</code>", markup(&edit.told()))).collect();
            let first = if apply.is_some() { " first" } else { "" };
            let _ = writeln!(out, "<p>to change{first}: {}</p>", told.join(", "));
        }
        if !self.report.home.start.is_empty() {
            let _ = writeln!(out, "<p>commands are for <code>{}</code></p>", markup(&self.report.home.start));
        }
        if let Some(apply) = apply {
            let _ = writeln!(out, "<p>to apply: <code>{}</code></p>", markup(apply));
        }
        if columns.iter().all(|column| column.layers.is_empty()) {
            return;
        }
        out.push_str("<details><summary>Files of each source, the last wins</summary>\n<ul>\n");
        for column in columns.iter().filter(|column| !column.layers.is_empty()) {
            let paths: Vec<_> = column.layers.iter().map(|path| format!("<code>{}</code>", markup(path))).collect();
            let _ = writeln!(out, "<li>{}: {}</li>", markup(&column.name), paths.join(", "));
        }
        out.push_str("</ul>\n</details>\n");
    }
}

/// What is wrong with a key, in a few words; the columns tell the values.
fn problem(out: &mut String, comparison: &Comparison, finding: &Finding, counts: bool) {
    let short = beside_columns(comparison, finding);
    let code = finding.rule.code;
    if counts && comparison.lists(finding) {
        let severity = finding.severity.name();
        let _ = write!(out, "<p data-severity=\"{severity}\"><span class=\"said\">{severity}: </span>");
    } else {
        out.push_str("<p>");
    }
    let _ = write!(out, "<span class=\"code\">{code}</span> {}", markup(&short));
    let difference = finding.difference.as_ref();
    if let Some(accepted) = difference.and_then(|difference| difference.accepted.as_ref()) {
        let newly = if accepted.is_new { "newly " } else { "" };
        let _ = write!(out, "; {newly}acknowledged: {}", markup(&accepted.why));
        if let Some(by) = &accepted.by {
            let _ = write!(out, " ({})", markup(by));
        }
        if let Some(until) = &accepted.until {
            let _ = write!(out, ", until {}", markup(until));
        }
    } else if finding.changed(Change::Unchanged) {
        out.push_str("; unchanged");
    } else if let (true, Some(because)) =
        (finding.changed(Change::NoLongerCounted), difference.and_then(|difference| difference.because.as_ref()))
    {
        let _ = write!(out, "; no longer counted: {}", markup(because));
    } else if finding.changed(Change::Unknown) {
        out.push_str("; unknown whether changed");
    }
    out.push_str("</p>");
}

/// What the signs mean, as far as they are on the page.
fn legend(out: &mut String, lines: &[Line<'_>]) {
    let any =
        |wanted: &dyn Fn(&Cell) -> bool| lines.iter().flat_map(|line| line.row.cells.iter().flatten()).any(wanted);
    let signs = [
        (
            any(&|cell| cell.value.is_none() && cell.class.is_some()),
            "●a ●b: in a row the same letter is the same hidden value",
        ),
        (
            any(&|cell| cell.state == State::Unknown),
            "not opened: nobody here can read it, so it is neither the same nor missing",
        ),
        (any(&|cell| cell.state == State::NotApplicable), "n/a: the schema keeps it from there"),
    ];
    let told: Vec<_> = signs.iter().filter(|(there, _)| *there).map(|(_, text)| *text).collect();
    if !told.is_empty() {
        let _ = writeln!(out, "<p class=\"help\">{}</p>", told.join(" · "));
    }
}

fn sign(severity: Severity) -> String {
    format!("<span class=\"glyph {}\" aria-hidden=\"true\">{}</span>", severity.name(), glyph(severity))
}

fn named(row: &Row) -> String {
    row.member.as_ref().map_or_else(|| row.key.clone(), |member| format!("{member}/{}", row.key))
}

/// A name that may go on in the next line behind each of its words, so that no column is as wide as the longest of all.
fn breakable(name: &str) -> String {
    markup(name).replace('_', "_<wbr/>")
}

/// What a source says, in words where there is room for them. Only what is a value stands as code.
fn told(cell: &Cell, value: &str) -> String {
    let quiet = |text: &str| format!("<i>{text}</i>");
    let value = match (&cell.value, cell.class) {
        (Some(_), _) => format!("<code>{}</code>", markup(value)),
        (None, Some(class)) => format!("<b>●{}</b>", Row::letter(class)),
        (None, None) if cell.by_file => quiet("by file"),
        (None, None) if cell.by_reference => quiet("by reference"),
        (None, None) => quiet("set"),
    };
    match cell.state {
        State::Absent => quiet("not set"),
        State::NotApplicable => quiet("n/a"),
        State::Unresolved => quiet("unresolved"),
        State::Empty => quiet("empty"),
        State::Unknown if cell.class.is_none() => quiet("not opened"),
        State::Unknown => format!("{value} <i>sealed</i>"),
        State::Default | State::Placeholder | State::Invalid => format!("{value} <i>{}</i>", cell.state.name()),
        State::Set => value,
    }
}
