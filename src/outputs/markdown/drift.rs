//! A comparison as a comment on a pull request that is updated in place.

mod passing;

use std::fmt::Write;

use super::super::{
    LET_THROUGH, Style, beside_columns, let_through, plural, told_let_through, told_undecided, told_unjudged,
    told_values, unexpected, verdict, worst,
};
use super::{BUDGET, LONGEST_MESSAGE, LONGEST_NAME, code, glyph, marker, phrase, remedies};
use crate::drift::live::word;
use crate::drift::{Cell, Comparison, Mode, Row};
use crate::finding::{Bucket, Change, Finding, Severity};
use crate::report::Report;
use crate::schema::extension::Drift;

/// More columns than these make no table that fits a comment; the difference is told in words instead.
const MOST_COLUMNS: usize = 5;

/// A command that is cut off is none.
const LONGEST_COMMAND: usize = 1_000;

/// So many places are named that have to be changed.
const MOST_EDITS: usize = 20;

/// How much is told of what does not count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    /// How many.
    Counts,
    /// The keys.
    Names,
    /// What is unchanged as a table.
    Unchanged,
    /// What is acknowledged and what is expected as tables, too.
    All,
}

/// How much to tell, from the most to the least; the first that fits is written.
#[derive(Clone, Copy)]
struct Amount {
    rest: Rest,
    help: bool,
    rows: usize,
}

pub(super) fn write(report: &Report, comparison: &Comparison, style: &Style) -> String {
    let listed: Vec<_> = report.findings.iter().filter(|finding| comparison.lists(finding)).collect();
    let page = Page { report, comparison, listed, quiet: style.quiet };
    let all = page.listed.len();
    let steps = [(Rest::All, true), (Rest::Unchanged, true), (Rest::Names, true), (Rest::Names, false)];
    let steps = steps.into_iter().map(|(rest, help)| Amount { rest, help, rows: all });
    let whole = steps.map(|amount| page.write(amount)).find(|text| text.len() <= BUDGET);
    whole.unwrap_or_else(|| {
        let with = |rows| page.write(Amount { rest: Rest::Counts, help: false, rows });
        // As many rows as there is room for; none and no names always fit.
        let (mut fits, mut too_many) = (0, all + 1);
        while too_many - fits > 1 {
            let middle = usize::midpoint(fits, too_many);
            if with(middle).len() <= BUDGET { fits = middle } else { too_many = middle }
        }
        with(fits)
    })
}

struct Page<'a> {
    report: &'a Report,
    comparison: &'a Comparison,
    /// The findings that count and are told.
    listed: Vec<&'a Finding>,
    quiet: bool,
}

impl Page<'_> {
    fn write(&self, amount: Amount) -> String {
        let mut out = self.headline();
        self.access(&mut out);
        self.unread(&mut out);
        let listed = self.listed.get(..amount.rows).unwrap_or(&self.listed);
        self.table(&mut out, listed);
        if let left @ 1.. = self.listed.len() - listed.len() {
            let _ = writeln!(out, "\nand {} more: see the full report", plural(left, "finding"));
        }
        self.hints(&mut out);
        if amount.help {
            remedies(&mut out, listed);
        }
        self.newly_acknowledged(&mut out, amount.rest);
        self.no_longer_counted(&mut out, amount.rest);
        self.settled(&mut out, amount.rest);
        self.expected(&mut out, amount.rest);
        if !self.quiet {
            self.footer(&mut out);
        }
        out
    }

    /// The marker by which a workflow finds the comment again, and what a reader must know.
    fn headline(&self) -> String {
        let Comparison { counts, columns, mode, .. } = self.comparison;
        let worst = worst(self.report, &self.listed);
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let all = counts.unexpected + counts.unchanged + counts.undecided + let_through(counts);
        let verdict = match (mode, self.listed.len()) {
            (Mode::Against(_), _) if all > 0 => {
                let new = if counts.introduced == 0 { "nothing".to_owned() } else { counts.introduced.to_string() };
                let (through, undecided) = (told_let_through(counts), told_undecided(counts));
                format!("{new} new{through}, {} resolved, {} unchanged{undecided}", counts.resolved, counts.unchanged)
            }
            (_, 0) => "nothing unexpected".to_owned(),
            _ if counts.unexpected == 0 => verdict(&self.report.summary),
            _ => unexpected(self.report),
        };
        let verdict = verdict + &told_unjudged(self.report);
        let mut out = format!(
            "<!-- sparkcfg:drift v1{}{} -->\n### {} Config drift: {verdict}\n",
            super::of_project(self.report),
            self.pair(&names),
            match worst.filter(|worst| *worst > Severity::Note || let_through(counts) == 0) {
                Some(worst) => glyph(worst),
                None if let_through(counts) > 0 => LET_THROUGH,
                None => "✓",
            }
        );
        let mut line = sources(&names, mode);
        if let Mode::Against(revision) = mode {
            let _ = write!(line, ", compared with {}", code(revision, LONGEST_NAME));
        }
        let _ = writeln!(out, "{line}");
        if self.listed.is_empty() && counts.resolved > 0 {
            let are = if counts.resolved == 1 { "is" } else { "are" };
            let _ = writeln!(out, "\n{} {are} resolved.", plural(counts.resolved, "earlier finding"));
        }
        out
    }

    /// What was asked for: an environment that comes or goes makes no other comment of all of them.
    fn pair(&self, names: &[&str]) -> String {
        match self.comparison.mode {
            Mode::Matrix | Mode::Against(_) => String::new(),
            Mode::Pair | Mode::Time | Mode::Live => format!(" pair={}", marker(&names.join(".."))),
        }
    }

    /// Who can read more or less than before: whoever reviews a change wants to see that first.
    fn access(&self, out: &mut String) {
        const MOST: usize = 20;
        let access = &self.comparison.access;
        for one in access.iter().take(MOST) {
            let (path, names) = (code(&one.path, LONGEST_MESSAGE), phrase(&one.told(), LONGEST_MESSAGE));
            let _ = writeln!(out, "\n🔑 {path} {names}");
        }
        if let more @ 1.. = access.len().saturating_sub(MOST) {
            let _ = writeln!(out, "\n🔑 and {}: see the full report", plural(more, "more change"));
        }
    }

    /// Which files nobody could look into.
    fn unread(&self, out: &mut String) {
        const MOST: usize = 20;
        let unread = &self.comparison.unread;
        for one in unread.iter().take(MOST) {
            let _ = writeln!(out, "\n❔ {} {}", code(&one.path, LONGEST_MESSAGE), one.why);
        }
        if let more @ 1.. = unread.len().saturating_sub(MOST) {
            let _ = writeln!(out, "\n❔ and {}: see the full report", plural(more, "more file"));
        }
    }

    fn table(&self, out: &mut String, listed: &[&Finding]) {
        if listed.is_empty() {
            return;
        }
        let columns = if self.is_wide() { [].as_slice() } else { &self.comparison.columns };
        let names: Vec<_> = columns.iter().map(|column| format!(" {} |", phrase(&column.name, LONGEST_NAME))).collect();
        let names = names.concat();
        let _ =
            writeln!(out, "\n| | Key | Problem |{names} Where |\n|---|---|---|{}---|", "---|".repeat(columns.len()));
        for finding in listed {
            let row = self.row(finding);
            let values = row.filter(|_| !columns.is_empty()).map(|row| told_values(&row.cells, LONGEST_NAME));
            let values = values.unwrap_or_default();
            let cells: Vec<_> = (0..columns.len())
                .map(|at| {
                    let is_missing = finding.rule.code == "drift-missing"
                        && finding.environments.iter().any(|name| **name == *columns[at].name);
                    let cell = row.and_then(|row| row.cells.get(at)?.as_ref()).zip(values.get(at));
                    let told = cell.map(|(it, value)| told(it, value)).unwrap_or_default();
                    if is_missing { " **missing** |".to_owned() } else { format!(" {told} |") }
                })
                .collect();
            let cells = cells.concat();
            let place = finding.label.as_ref().map(|label| self.report.place(label.span));
            let place = place.map(|place| code(&end(&format!("{}:{}", place.path, place.line)), LONGEST_NAME + 1));
            let _ = writeln!(
                out,
                "| {} | {} | `{}` {} |{cells} {} |",
                glyph(finding.severity),
                Self::named(finding),
                finding.rule.code,
                self.problem(finding),
                place.unwrap_or_default()
            );
        }
    }

    fn is_wide(&self) -> bool {
        self.comparison.columns.len() > MOST_COLUMNS
    }

    fn row(&self, finding: &Finding) -> Option<&Row> {
        self.comparison.rows.get(finding.difference.as_ref()?.row?)
    }

    /// In words what the columns do not tell.
    fn problem(&self, finding: &Finding) -> String {
        match &finding.difference {
            Some(difference) if self.is_wide() || !difference.short.contains(" · ") => {
                phrase(&difference.short, LONGEST_MESSAGE)
            }
            Some(_) if self.row(finding).is_some() => {
                phrase(&beside_columns(self.comparison, finding), LONGEST_MESSAGE)
            }
            _ => phrase(&finding.message, LONGEST_MESSAGE),
        }
    }

    fn named(finding: &Finding) -> String {
        finding.named().map_or_else(String::new, |name| code(&name, LONGEST_NAME))
    }

    /// What to run.
    fn hints(&self, out: &mut String) {
        let (accept, fix) = (self.comparison.command(), self.comparison.narrow_command());
        let fixes = |safe| {
            let fits = |finding: &&&Finding| finding.fix.as_ref().is_some_and(|fix| fix.safe == safe);
            self.listed.iter().filter(fits).count()
        };
        let mut hints = Vec::new();
        for (number, flag) in [(fixes(true), "--fix"), (fixes(false), "--fix=unsafe")] {
            if number > 0 {
                let command = code(&format!("{fix} {flag}"), LONGEST_COMMAND);
                hints.push(format!("**Fix** {number} with {command}"));
            }
        }
        let accepts = |finding: &&&Finding| {
            let counts = finding.difference.as_ref().is_some_and(|found| found.bucket != Bucket::Expected);
            counts && finding.key.is_some() && finding.rule.code != "policy-conflict"
        };
        if let Some(finding) = self.listed.iter().find(accepts) {
            let key = finding.named().unwrap_or_default();
            let command = format!("{accept} --ack {} {} --why \"…\"", finding.rule.code, word(&key));
            hints.push(format!("**Accept** what is meant to be: {}", code(&command, LONGEST_COMMAND)));
        }
        let Comparison { apply, edits, .. } = self.comparison;
        if !edits.is_empty() {
            let told: Vec<_> = edits.iter().map(|edit| code(&edit.told(), LONGEST_MESSAGE)).take(MOST_EDITS).collect();
            let more = edits.len().saturating_sub(MOST_EDITS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let first = if apply.is_some() { " first" } else { "" };
            hints.push(format!("**Change{first}** {}{more}", told.join(", ")));
        }
        if let Some(apply) = apply {
            hints.push(format!("**Apply** {}", code(apply, LONGEST_COMMAND)));
        }
        if !hints.is_empty() && !self.report.home.start.is_empty() {
            hints.insert(0, format!("In {}:", code(&self.report.home.start, LONGEST_MESSAGE)));
        }
        if !hints.is_empty() {
            let _ = writeln!(out, "\n{}", hints.join("  \n"));
        }
    }

    /// Findings that do not count.
    fn settled(&self, out: &mut String, rest: Rest) {
        let (resolved, left): (Vec<&Finding>, Vec<_>) =
            self.comparison.settled.iter().partition(|finding| finding.changed(Change::Resolved));
        let undecided = self.comparison.of_change(&self.report.findings, Change::Unknown);
        let undecided =
            undecided.filter(|finding| !self.listed.iter().any(|told| std::ptr::eq(*told, *finding))).collect();
        let accepted =
            |finding: &&Finding| finding.difference.as_ref().is_some_and(|found| found.bucket == Bucket::Acknowledged);
        let (mut acknowledged, mut unchanged): (Vec<_>, Vec<_>) = left.into_iter().partition(accepted);
        let is_new = |finding: &Finding| {
            finding
                .difference
                .as_ref()
                .and_then(|found| found.accepted.as_ref())
                .is_some_and(|accepted| accepted.is_new)
        };
        acknowledged.retain(|finding| !is_new(finding));
        // What nobody classified is counted, not told.
        unchanged.retain(|finding| {
            let counts = finding.difference.as_ref().is_some_and(|found| found.bucket == Bucket::Unexpected);
            counts && !finding.changed(Change::Unknown) && !finding.changed(Change::NoLongerCounted)
        });
        for (title, findings, tables_from) in [
            ("Unknown whether changed: whoever made this report cannot read it", undecided, None),
            ("Resolved by this change", resolved, None),
            ("Unchanged", unchanged, Some(Rest::Unchanged)),
            ("Acknowledged", acknowledged, Some(Rest::All)),
        ] {
            let told = if tables_from.is_some_and(|from| rest >= from) {
                let lines: String = findings.iter().map(|finding| Self::settled_row(finding)).collect();
                format!("| Key | Problem | Note |\n|---|---|---|\n{lines}")
            } else {
                let mut names: Vec<_> = findings.iter().map(|finding| Self::named(finding)).collect();
                names.sort();
                names.dedup();
                format!("{}\n", names.join(", "))
            };
            details(out, title, findings.len(), &told, rest);
        }
    }

    fn settled_row(finding: &Finding) -> String {
        let difference = finding.difference.as_ref();
        let short = difference.map_or(finding.message.as_str(), |difference| &difference.short);
        let why = difference.and_then(|difference| difference.accepted.as_ref());
        let note = why.map_or(short, |accepted| &accepted.why);
        format!("| {} | `{}` | {} |\n", Self::named(finding), finding.rule.code, phrase(note, LONGEST_MESSAGE))
    }

    /// Rows that differ as they may.
    fn expected(&self, out: &mut String, rest: Rest) {
        // What changed with time is told among the findings.
        if rest < Rest::All || self.comparison.mode == Mode::Time {
            return;
        }
        let rows = self.comparison.rows.iter().filter(|row| row.bucket == Bucket::Expected);
        let line = |row: &Row| {
            let policy = row.policy.map_or("", Drift::name);
            format!("| {} | {policy} |\n", row_name(row))
        };
        let lines: String = rows.map(line).collect();
        let told = format!("| Key | Policy |\n|---|---|\n{lines}");
        details(out, "Expected", self.comparison.counts.expected, &told, rest);
    }

    fn footer(&self, out: &mut String) {
        let counts = &self.comparison.counts;
        let version = env!("CARGO_PKG_VERSION");
        let _ = writeln!(
            out,
            "\n<sub>sparkcfg {version} · {} · expected {} · acknowledged {} · unclassified {} · equal {} · unknown {} · secrets are never shown</sub>",
            plural(counts.keys, "key"),
            counts.expected,
            counts.acknowledged,
            counts.unclassified,
            counts.equal,
            counts.unknown
        );
    }
}

fn details(out: &mut String, title: &str, number: usize, told: &str, rest: Rest) {
    if number > 0 && rest == Rest::Counts {
        let _ = writeln!(out, "\n{title}: {number}");
    } else if number > 0 {
        let _ = write!(out, "\n<details><summary>{title} ({number})</summary>\n\n{told}\n</details>\n");
    }
}

/// A place that is too long without its beginning: the line stands at its end.
fn end(place: &str) -> String {
    let skipped = place.chars().count().saturating_sub(LONGEST_NAME);
    if skipped == 0 { place.to_owned() } else { format!("…{}", place.chars().skip(skipped).collect::<String>()) }
}

fn row_name(row: &Row) -> String {
    let member = row.member.as_ref().map_or_else(String::new, |member| format!("{member}/"));
    code(&format!("{member}{}", row.key), LONGEST_NAME)
}

/// A value stands in a code span; what is no value stands as it is, and cannot be taken for one.
fn told(cell: &Cell, value: &str) -> String {
    if cell.value.is_some() { code(value, LONGEST_NAME + 1) } else { value.to_owned() }
}

fn sources(names: &[&str], mode: &Mode) -> String {
    let between = if matches!(mode, Mode::Matrix | Mode::Against(_)) { " · " } else { " → " };
    code(&names.join(between), LONGEST_MESSAGE)
}
