//! `human`: each finding with its line and a pointer at the place, for a terminal.

use std::fmt;
use std::fmt::Write;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::{Output, Style};
use crate::finding::{Finding, Label, Severity};
use crate::report::{Report, Summary};
use crate::source::printable;

pub(super) const OUTPUT: Output =
    Output { name: "human", summary: "for people: the line, a pointer and what to do", write };

fn write(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    let handler = handler(style);
    for finding in &report.findings {
        one(report, finding, style, &handler, &mut out);
        out.push('\n');
    }
    if !style.quiet {
        let _ = writeln!(out, "{}", closing(&report.summary));
    }
    out
}

fn handler(style: &Style) -> GraphicalReportHandler {
    let theme = match (style.unicode, style.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, color) => {
            let mut theme = if color { GraphicalTheme::ascii() } else { GraphicalTheme::none() };
            theme.characters = GraphicalTheme::ascii().characters;
            theme
        }
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(false)
        .with_context_lines(0)
        .tab_width(1)
}

fn one(report: &Report, finding: &Finding, style: &Style, handler: &GraphicalReportHandler, out: &mut String) {
    let color = match finding.severity {
        Severity::Error => "\u{1b}[1;31m",
        Severity::Warning => "\u{1b}[1;33m",
        Severity::Note => "\u{1b}[1;36m",
    };
    let (on, bold, off) = if style.color { (color, "\u{1b}[1m", "\u{1b}[0m") } else { ("", "", "") };
    let severity = finding.severity.name();
    let _ = writeln!(out, "{on}{severity}[{}]{off}{bold}: {}{off}", finding.rule.code, finding.message);
    if let Some(label) = &finding.label {
        frame(report, label, style, handler, out);
    }
    for label in &finding.related {
        let place = report.place(label.span);
        let _ = writeln!(out, "  see {}:{}:{} {}", place.path, place.line, place.column, label.message);
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  {on}help{off}: {help}");
    }
}

/// The line with its pointer, as miette draws it; the words around it are ours.
fn frame(report: &Report, label: &Label, style: &Style, handler: &GraphicalReportHandler, out: &mut String) {
    let snippet = Snippet::new(report, label, style);
    let mut drawn = String::new();
    if snippet.text.is_empty() || handler.render_report(&mut drawn, &snippet).is_err() {
        let place = report.place(label.span);
        let _ = writeln!(out, "   at {}:{}:{} {}", place.path, place.line, place.column, label.message);
        return;
    }
    // Before the frame stands an empty message.
    let frame = drawn.lines().skip_while(|line| !line.contains(['╭', ',']) || line.trim().is_empty());
    for line in frame.filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// One place, ready to be drawn: the lines that it touches, masked and printable.
struct Snippet {
    name: String,
    text: String,
    line: usize,
    column: usize,
    label: SourceSpan,
    message: String,
}

/// The longest part of a line that is shown, in characters.
const LONGEST: usize = 160;

impl Snippet {
    fn new(report: &Report, label: &Label, style: &Style) -> Self {
        let place = report.place(label.span);
        let lines = report.sources.lines(label.span);
        let shown = report.sources.shown(lines);
        let mut text = shown.text.clone();
        let mut start = shown.offset(label.span.start).min(text.len());
        let mut end = shown.offset(label.span.end).clamp(start, text.len());
        // Of a place over several lines the first line says enough.
        if let Some(newline) = text.find('\n') {
            text.truncate(newline);
            start = start.min(newline);
            end = end.min(newline);
        }
        let longest = LONGEST.min(style.width.saturating_sub(12)).max(20);
        if text.chars().count() > longest {
            (text, start, end) = cut(&text, start, end, longest);
        }
        if start == end && !text.is_empty() {
            // A place between two characters needs one to point at.
            end = text[start..].chars().next().map_or(end, |character| start + character.len_utf8());
            if start == end {
                text.push(' ');
                end += 1;
            }
        }
        Self {
            name: place.path,
            text,
            line: place.line as usize - 1,
            column: place.column as usize - 1,
            label: (start, end - start).into(),
            message: label.message.clone(),
        }
    }
}

/// The part of a long line around a place.
fn cut(text: &str, start: usize, end: usize, longest: usize) -> (String, usize, usize) {
    let before = text[..start].chars().count();
    let skip = before.saturating_sub(longest / 3);
    let from = text.char_indices().nth(skip).map_or(0, |(at, _)| at);
    let to = text.char_indices().nth(skip + longest).map_or(text.len(), |(at, _)| at);
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < text.len() { "…" } else { "" };
    let moved = |at: usize| at.clamp(from, to) - from + head.len();
    (format!("{head}{}{tail}", &text[from..to]), moved(start), moved(end))
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = (0, self.text.len()).into();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            whole,
            self.line,
            self.column,
            1,
        )))
    }
}

impl fmt::Debug for Snippet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Snippet")
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Snippet {}

impl Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let message = (!self.message.is_empty()).then(|| printable(&self.message));
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(message, self.label))))
    }
}

/// `3 environments, 57 keys, 9 files: 4 errors, 1 warning (2 fixable)`
pub(super) fn closing(summary: &Summary) -> String {
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let found = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")];
    let found: Vec<_> =
        found.iter().filter(|(number, _)| *number > 0).map(|(number, word)| count(*number, word)).collect();
    let mut line = format!(
        "{}, {}, {}: {}",
        count(summary.environments, "environment"),
        count(summary.keys, "key"),
        count(summary.files, "file"),
        if found.is_empty() { "no findings".to_owned() } else { found.join(", ") }
    );
    let extra = [(summary.fixable, "fixable"), (summary.ignored, "ignored")];
    let extra: Vec<_> =
        extra.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    if !extra.is_empty() {
        let _ = write!(line, " ({})", extra.join(", "));
    }
    line
}
