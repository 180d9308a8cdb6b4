//! The lines of one label, masked, cut to the terminal's width, and given to miette to draw.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthChar;

use super::wrapping::wrap;
use crate::abridging::width;
use crate::finding::Label;
use crate::report::Report;
use crate::source::{MASK, Sources, Span};

/// How many lines of a label are shown: an unclosed quote can swallow a whole file.
const MOST_LINES: usize = 6;

/// The bytes of a mark that editors do not show.
const BYTE_ORDER_MARK: u32 = 3;

/// One label with the lines that it touches, as they may be shown.
///
/// It is its own [`SourceCode`]: miette's reads the whole file for each label and counts columns in bytes.
pub(super) struct Snippet {
    name: String,
    text: String,
    /// 0-based, as miette counts.
    line: usize,
    column: usize,
    /// Bytes of `text`.
    label: Range<usize>,
    message: String,
}

impl Snippet {
    pub(super) fn new(report: &Report, label: &Label, columns: usize, unicode: bool) -> Self {
        let sources = &report.sources;
        let span = drawable(sources, label.span);
        let place = report.place(span);
        let (lines, more) = touched_lines(sources, span);
        let last_line = place.line as usize + lines.len() - 1;
        let gutter = last_line.to_string().len() + 3;
        let across = if lines.len() > 1 { 4 } else { 0 };
        let cutter = Cutter { sources, columns: columns - gutter - across, mark: if unicode { "…" } else { "..." } };

        let (mut text, shown) = cutter.join(&lines, span);
        let before = text.get(..shown.start).unwrap_or_default();
        let middle = gutter + width(before) + width(text.get(shown.clone()).unwrap_or_default()) / 2 + 4;
        // miette draws no pointer where there is no character to point at.
        if shown.start == text.len() || text.ends_with('\n') {
            text.push(' ');
        }
        let mut message = label.message.clone();
        if more {
            message.push_str(if message.is_empty() { "to line " } else { ", to line " });
            message.push_str(&place.end_line.to_string());
        }
        let room = columns.saturating_sub(if lines.len() > 1 { gutter + 8 } else { middle }).max(24);
        let message = wrap(&message, room, room).join("\n");
        Self {
            name: place.path,
            text,
            line: place.line as usize - 1,
            column: place.column as usize - 1,
            label: shown,
            message,
        }
    }
}

/// `span` within its text; from where a secret begins, when it begins inside one.
fn drawable(sources: &Sources, span: Span) -> Span {
    let length = u32::try_from(sources.text(span.source).len()).unwrap_or(u32::MAX);
    let start = span.start.min(length);
    let hidden = sources.hides(Span { start, end: start + 1, ..span });
    let start = if hidden { sources.veiled(Span { start, ..span }).start } else { start };
    Span { start, end: span.end.clamp(start, length), ..span }
}

/// The first lines of `span`, each without its end, and whether there are more of them. Lines beyond a line's end that
/// is part of a secret are not told of, because their number would tell about it.
fn touched_lines(sources: &Sources, span: Span) -> (Vec<Span>, bool) {
    let text = sources.text(span.source);
    let mut lines = Vec::new();
    let mut at = span.start;
    loop {
        let mut line = sources.lines(Span::new(span.source, at..at));
        if line.start == 0 && text.starts_with('\u{feff}') {
            line.start = BYTE_ORDER_MARK;
        }
        lines.push(line);
        let ends_with_carriage_return = text.as_bytes().get(line.end as usize) == Some(&b'\r');
        let next = line.end + 1 + u32::from(ends_with_carriage_return);
        if next >= span.end || sources.hides(Span::new(span.source, line.end..next)) {
            return (lines, false);
        }
        if lines.len() == MOST_LINES {
            return (lines, true);
        }
        at = next;
    }
}

struct Cutter<'a> {
    sources: &'a Sources,
    columns: usize,
    mark: &'static str,
}

impl Cutter<'_> {
    /// The lines as one text, and where the label stands in it.
    fn join(&self, lines: &[Span], label: Span) -> (String, Range<usize>) {
        let mut text = String::new();
        let mut shown = 0..0;
        for (index, line) in lines.iter().enumerate() {
            let (piece, marked) = self.cut(*line, label);
            if index == 0 {
                shown.start = marked.start;
            } else {
                text.push('\n');
            }
            shown.end = text.len() + marked.end;
            text.push_str(&piece);
        }
        (text, shown)
    }

    /// The part of `line` around `label` that fits, and where the label stands in it.
    fn cut(&self, line: Span, label: Span) -> (String, Range<usize>) {
        let start = label.start.clamp(line.start, line.end);
        let end = label.end.clamp(start, line.end);
        let near = self.near(line, start..end);
        let shown = self.sources.shown(near);
        let text = shown.text.as_str();
        let end_is_hidden = self.sources.hides(Span::new(line.source, end.saturating_sub(1).max(start)..end));
        let start = shown.offset(start).min(text.len());
        let mut end = shown.offset(end.min(near.end)).clamp(start, text.len());
        // A label that ends within a secret covers all of its mask, or the width would tell where the secret ends.
        if end_is_hidden && text.get(end..).is_some_and(|rest| rest.starts_with(MASK)) {
            end += MASK.len();
        }
        if near == line && width(text) <= self.columns {
            return (shown.text, start..end);
        }
        let room = self.columns.saturating_sub(2 * width(self.mark)).max(8);
        let labelled = width(text.get(start..end).unwrap_or_default()).min(room * 2 / 3);
        let left = start - fitting(text.get(..start).unwrap_or_default().chars().rev(), (room - labelled) / 2);
        let right = left + fitting(text.get(left..).unwrap_or_default().chars(), room);
        let head = if left > 0 || near.start > line.start { self.mark } else { "" };
        let tail = if right < text.len() || near.end < line.end { self.mark } else { "" };
        let moved = |at: usize| at.clamp(left, right) - left + head.len();
        let piece = format!("{head}{}{tail}", text.get(left..right).unwrap_or_default());
        (piece, moved(start)..moved(end))
    }

    /// As much of a line as can matter, so that a line of a megabyte costs no more than a short one. All of a line with
    /// a secret: a cut by bytes would tell whether the secret is long.
    fn near(&self, line: Span, label: Range<u32>) -> Span {
        if self.sources.hides(line) {
            return line;
        }
        let text = self.sources.text(line.source);
        let far = u32::try_from(4 * self.columns).unwrap_or(u32::MAX);
        let mut start = label.start.saturating_sub(far).max(line.start);
        let mut end = label.end.min(label.start.saturating_add(far)).saturating_add(far).min(line.end);
        while start > line.start && !text.is_char_boundary(start as usize) {
            start -= 1;
        }
        while end < line.end && !text.is_char_boundary(end as usize) {
            end += 1;
        }
        Span::new(line.source, start..end)
    }
}

/// How many bytes of `characters` fit into `columns`.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut used = 0;
    let fits = characters.take_while(|character| {
        used += character.width().unwrap_or(0);
        used <= columns
    });
    fits.map(char::len_utf8).sum()
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let lines = self.text.lines().count();
        let whole = (0, self.text.len()).into();
        let name = self.name.clone();
        let data = self.text.as_bytes();
        Ok(Box::new(MietteSpanContents::new_named(name, data, whole, self.line, self.column, lines)))
    }
}

impl Diagnostic for Snippet {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let message = (!self.message.is_empty()).then(|| self.message.clone());
        let label = (self.label.start, self.label.len());
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(message, label))))
    }
}

impl std::error::Error for Snippet {}

impl fmt::Debug for Snippet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Snippet")
    }
}

/// Nothing: the message stands in the header.
impl fmt::Display for Snippet {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
