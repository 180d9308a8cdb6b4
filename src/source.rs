//! The texts that were read, places in them, and the one door through which text reaches an output.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// What stands in for a secret, whatever its length.
pub const MASK: &str = "••••••";

/// Names one text in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A byte range within one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A place that is still to be set.
    pub const NOWHERE: Self = Self { source: SourceId(0), start: 0, end: 0 };

    /// A span over `range` of `source`.
    #[must_use]
    pub fn new(source: SourceId, range: Range<u32>) -> Self {
        Self { source, start: range.start, end: range.end }
    }

    /// The same place after [`Sources::absorb`].
    #[must_use]
    pub fn shifted(self, offset: u32) -> Self {
        Self { source: SourceId(self.source.0 + offset), ..self }
    }

    /// The bytes as a range that slices a `str`.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people and editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters (Unicode scalar values), not bytes.
    pub column: u32,
}

struct Source {
    path: String,
    text: Arc<str>,
    masks: Masks,
    line_starts: OnceLock<Vec<u32>>,
}

/// Byte ranges of a text that may not be shown. There may be as many as lines, and each finding asks for those near it.
#[derive(Default)]
struct Masks {
    /// In any order.
    all: Vec<Range<u32>>,
    /// By where they begin, each with the furthest end of those up to it.
    sorted: OnceLock<Vec<(Range<u32>, u32)>>,
}

impl Masks {
    fn add(&mut self, range: Range<u32>) {
        self.all.push(range);
        self.sorted.take();
    }

    /// Those that begin before `end`, from the first that ends at or behind `least` on.
    fn between(&self, least: u32, end: u32) -> &[(Range<u32>, u32)] {
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted = self.all.clone();
            sorted.sort_by_key(|mask| mask.start);
            let mut furthest = 0;
            let with_end = |mask: Range<u32>| {
                furthest = mask.end.max(furthest);
                (mask, furthest)
            };
            sorted.into_iter().map(with_end).collect()
        });
        let first = sorted.partition_point(|(_, furthest)| *furthest < least);
        let last = sorted.partition_point(|(mask, _)| mask.start < end);
        sorted.get(first..last).unwrap_or_default()
    }

    /// Those that share a byte with a range.
    fn touching(&self, start: u32, end: u32) -> impl Iterator<Item = &Range<u32>> {
        self.between(start.saturating_add(1), end).iter().map(|(mask, _)| mask).filter(move |mask| start < mask.end)
    }
}

/// Every text of a run, by [`SourceId`]. Its `Debug` tells paths, never texts.
#[derive(Debug, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Adds a text under the path that users see: relative to the project, `/` between parts.
    ///
    /// A byte-order mark is the caller's business: offsets count from the first byte of `text`.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(Source {
            path: path.into(),
            text: text.into(),
            masks: Masks::default(),
            line_starts: OnceLock::new(),
        });
        id
    }

    /// Hides a range from every output for the rest of the run.
    pub fn mask(&mut self, span: Span) {
        if span.start < span.end {
            self.all[span.source.0 as usize].masks.add(span.start..span.end);
        }
    }

    /// The path as given to [`Sources::add`].
    #[must_use]
    pub fn path(&self, source: SourceId) -> &str {
        &self.all[source.0 as usize].path
    }

    /// The whole text, unmasked: for reading and checking, never for showing.
    #[must_use]
    pub fn text(&self, source: SourceId) -> &Arc<str> {
        &self.all[source.0 as usize].text
    }

    /// Takes over all texts of `other`; its ids grow by the number returned (see [`Span::shifted`]).
    pub fn absorb(&mut self, other: Sources) -> u32 {
        let offset = to_u32(self.all.len());
        self.all.extend(other.all);
        offset
    }

    /// All texts, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + '_ {
        (0..u32::try_from(self.all.len()).unwrap_or(u32::MAX)).map(SourceId)
    }

    /// Where the byte `offset` of `source` is.
    #[must_use]
    pub fn position(&self, source: SourceId, offset: u32) -> Position {
        let source = &self.all[source.0 as usize];
        let starts = source.line_starts();
        let line = starts.partition_point(|start| *start <= offset).max(1) - 1;
        let from = starts[line] as usize;
        let to = (offset as usize).clamp(from, source.text.len());
        // A byte-order mark has no width: editors do not count it.
        let skip = usize::from(from == 0 && source.text.starts_with('\u{feff}') && to > 0);
        let column = source.text.get(from..to).map_or(0, |before| before.chars().count() - skip);
        Position { line: to_u32(line) + 1, column: to_u32(column) + 1 }
    }

    /// The byte range of the whole lines that `span` touches, without the last line's end.
    #[must_use]
    pub fn lines(&self, span: Span) -> Span {
        let source = &self.all[span.source.0 as usize];
        let starts = source.line_starts();
        let line_of = |offset: u32| starts.partition_point(|start| *start <= offset).max(1) - 1;
        let last = line_of(span.end.max(span.start + 1) - 1);
        let end = starts.get(last + 1).map_or(to_u32(source.text.len()), |next| next - 1);
        let mark = if source.text.starts_with('\u{feff}') { to_u32('\u{feff}'.len_utf8()) } else { 0 };
        // A byte-order mark is part of no line.
        let start = starts[line_of(span.start)].max(mark);
        let end = end.max(start);
        let carriage_return = end > start && source.text.as_bytes()[end as usize - 1] == b'\r';
        Span { source: span.source, start, end: end - u32::from(carriage_return) }
    }

    /// Every line of a text, without its end.
    pub fn every_line(&self, source: SourceId) -> impl Iterator<Item = Span> + '_ {
        let starts = self.all[source.0 as usize].line_starts().iter();
        starts.map(move |start| self.lines(Span::new(source, *start..*start)))
    }

    /// Whether any byte of `span` belongs to a secret.
    #[must_use]
    pub fn hides(&self, span: Span) -> bool {
        !self.all[span.source.0 as usize].masks.between(span.start.saturating_add(1), span.end).is_empty()
    }

    /// Whether the exact lines and columns of `span` may be told: no secret lies in it or before it on its lines.
    #[must_use]
    pub fn is_open(&self, span: Span) -> bool {
        !self.hides(span) && self.veiled(span) == span
    }

    /// `span` as its lines and columns may be told: a bound that lies in a secret, or after one on its line, moves
    /// back to where the secret begins, because the distance would tell how long the secret is.
    #[must_use]
    pub fn veiled(&self, span: Span) -> Span {
        let source = &self.all[span.source.0 as usize];
        Span { source: span.source, start: source.veiled(span.start), end: source.veiled(span.end) }
    }

    /// The text under `span` as it may be shown: secrets replaced by [`MASK`], control and direction characters
    /// spelled out, and for each piece its source range, so that an output can place a label under it.
    #[must_use]
    pub fn shown(&self, span: Span) -> Shown {
        let source = &self.all[span.source.0 as usize];
        let mut shown = Shown::default();
        let mut at = span.start;
        for mask in source.masks.touching(span.start, span.end) {
            if mask.end <= at {
                continue;
            }
            shown.push(at..mask.start.max(at), source);
            shown.pieces.push((mask.start.max(at), shown.text.len()));
            shown.text.push_str(MASK);
            at = mask.end.min(span.end);
        }
        shown.push(at..span.end, source);
        shown.pieces.push((span.end, shown.text.len()));
        shown
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Source {
    fn veiled(&self, offset: u32) -> u32 {
        let starts = self.line_starts();
        let line = starts[starts.partition_point(|start| *start <= offset).max(1) - 1];
        let first = |least: u32| self.masks.between(least, offset).first().map(|(mask, _)| mask.start);
        // The first that reaches as far is that which begins first of all that do. One that ends with the line above hides nothing.
        let below = line.saturating_add(1);
        let (around, before) = (first(offset.max(below)), first(below).map(|start| start.max(line)));
        around.into_iter().chain(before).min().unwrap_or(offset)
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let newlines = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(newlines.map(|(at, _)| to_u32(at) + 1)).collect()
        })
    }
}

/// Text that is safe to print, and where each piece of it came from.
#[derive(Debug, Default)]
pub struct Shown {
    /// The text.
    pub text: String,
    /// `(offset in the source, offset in text)` at each place where the two stop running in step.
    pieces: Vec<(u32, usize)>,
}

impl Shown {
    /// Where the source's byte `offset` stands in [`Shown::text`]; inside a mask, its beginning.
    #[must_use]
    pub fn offset(&self, offset: u32) -> usize {
        let next = self.pieces.partition_point(|(from, _)| *from <= offset);
        let Some((from, at)) = next.checked_sub(1).map(|index| self.pieces[index]) else { return 0 };
        let limit = self.pieces.get(next).map_or(self.text.len(), |(_, at)| *at);
        let at = at + (offset - from) as usize;
        // Inside a mask or an escape the two texts differ in length; stay at its beginning.
        if at > limit || !self.text.is_char_boundary(at) { self.pieces[next - 1].1 } else { at }
    }

    fn push(&mut self, range: Range<u32>, source: &Source) {
        let Some(text) = source.text.get(range.start as usize..range.end as usize) else { return };
        if text.is_empty() {
            return;
        }
        self.pieces.push((range.start, self.text.len()));
        let mut at = range.start;
        for character in text.chars() {
            let before = self.text.len();
            if character == '\n' {
                self.text.push('\n');
            } else {
                push_printable(&mut self.text, character);
            }
            let width = to_u32(character.len_utf8());
            at += width;
            if self.text.len() - before != width as usize {
                self.pieces.push((at - width, before));
                self.pieces.push((at, self.text.len()));
            }
        }
    }
}

/// `text` with everything that could act on a terminal, a CI runner or a reader's eye spelled out as `\u{…}`:
/// control characters, direction marks and characters without width, and the `[` of what a runner could take for a
/// command (`##[`, `##vso[`, `##teamcity[`).
///
/// Threats T8 and T9: a value, a key, a file name or a git revision is written by somebody else.
#[must_use]
pub fn printable(text: &str) -> String {
    // Nearly every text is plain; what a `[` does depends on what stands before it.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'[') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        push_printable(&mut out, character);
    }
    out
}

/// [`printable`] for a text of several lines, each of which an output writes as a line of its own: a runner takes a
/// `::` that begins one, also behind blanks, for a command.
#[must_use]
pub fn printable_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let line = printable(line);
        let begins = line.len() - line.trim_start().len();
        match line.split_at(begins) {
            (before, command) if command.starts_with("::") => {
                out.extend([before, "\\u{3a}", command.get(1..).unwrap_or_default()]);
            }
            _ => out.push_str(&line),
        }
        out.push_str(end);
    }
    out
}

fn push_printable(out: &mut String, character: char) {
    if character == '\t' {
        out.push(' ');
    } else if acts(out, character) {
        out.extend(character.escape_unicode());
    } else {
        out.push(character);
    }
}

/// Whether `character`, written after `before`, could do something else than be read.
#[must_use]
pub fn acts(before: &str, character: char) -> bool {
    let hidden = character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    let command = || before.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric()).ends_with("##");
    hidden || (character == '[' && command())
}

fn to_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (Sources, SourceId) {
        let mut sources = Sources::default();
        let id = sources.add("a.env", text);
        (sources, id)
    }

    #[test]
    fn positions_count_characters() {
        let (sources, id) = one("A=ü1\nB=2\n");
        for (offset, line, column) in [(0, 1, 1), (4, 1, 4), (6, 2, 1), (8, 2, 3), (10, 3, 1), (99, 3, 1)] {
            assert_eq!(sources.position(id, offset), Position { line, column }, "offset {offset}");
        }
        let (sources, id) = one("\u{feff}A=1");
        assert_eq!(sources.position(id, 3), Position { line: 1, column: 1 });
    }

    #[test]
    fn masks_hide_and_offsets_follow() {
        let (mut sources, id) = one("KEY=hunter2 # x\n");
        sources.mask(Span::new(id, 4..11));
        let shown = sources.shown(sources.lines(Span::new(id, 4..11)));
        assert_eq!(shown.text, format!("KEY={MASK} # x"));
        assert_eq!(shown.offset(0), 0);
        assert_eq!(shown.offset(4), 4);
        assert_eq!(shown.offset(6), 4);
        assert_eq!(shown.offset(11), 4 + MASK.len());
    }

    #[test]
    fn columns_tell_no_length() {
        let (mut sources, id) = one("A=1\nKEY=hunter2 # x\nB=\"two\nlines\" # y\nC=3\n");
        sources.mask(Span::new(id, 8..15));
        sources.mask(Span::new(id, 22..33));
        for (told, expected) in [
            (4..8, 4..8),
            (8..15, 8..8),
            (4..19, 4..8),
            (16..19, 8..8),
            (22..33, 22..22),
            (34..37, 27..27),
            (38..41, 38..41),
        ] {
            assert_eq!(sources.veiled(Span::new(id, told.clone())).range(), expected, "{told:?}");
        }
        assert!(sources.hides(Span::new(id, 14..16)));
        assert!(!sources.hides(Span::new(id, 15..22)));
    }

    /// What is asked of masks in order is what each of them says alone.
    #[test]
    fn masks_in_any_order() {
        let text = "ab\ncdef\n\ngh\nij";
        let length = to_u32(text.len());
        let mut seed = 7_u32;
        let mut next = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        for _ in 0..300 {
            let (mut sources, id) = one(text);
            let masks: Vec<_> = (0..next(5)).map(|_| (next(length), next(length + 1))).collect();
            let masks: Vec<_> = masks.into_iter().filter(|(start, end)| start < end).collect();
            for (start, end) in &masks {
                sources.mask(Span::new(id, *start..*end));
            }
            for start in 0..length {
                let line = text[..start as usize].rfind('\n').map_or(0, |at| to_u32(at) + 1);
                let hiding = masks.iter().filter(|(from, to)| *from < start && line < *to);
                let begins = hiding.map(|(from, to)| if start <= *to { *from } else { (*from).max(line) });
                let expected = begins.min().unwrap_or(start);
                assert_eq!(sources.veiled(Span::new(id, start..start)).start, expected, "{masks:?} {start}");
                for end in start..length {
                    let expected = masks.iter().any(|(from, to)| *from < end && start < *to);
                    assert_eq!(sources.hides(Span::new(id, start..end)), expected, "{masks:?} {start}..{end}");
                }
            }
        }
    }

    #[test]
    fn overlapping_masks_hide_all() {
        let (mut sources, id) = one("abcdefgh");
        sources.mask(Span::new(id, 2..6));
        sources.mask(Span::new(id, 3..4));
        sources.mask(Span::new(id, 5..7));
        assert_eq!(sources.shown(Span::new(id, 0..8)).text, format!("ab{MASK}{MASK}h"));
    }

    #[test]
    fn no_line_is_a_command() {
        for (text, expected) in [
            ("::add-mask::x", "\\u{3a}:add-mask::x"),
            ("a\n  ::error::x\r\n+::b\n", "a\n  \\u{3a}:error::x\\u{d}\n+::b\n"),
            ("\u{1b}[0m::a", "\\u{1b}[0m::a"),
            ("a::b", "a::b"),
            ("", ""),
        ] {
            assert_eq!(printable_lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn nothing_raw_is_shown() {
        for (text, expected) in [
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("##[group]x", "##\\u{5b}group]x"),
            ("##vso[task]x", "##vso\\u{5b}task]x"),
            ("# [x]", "# [x]"),
            ("a\u{202e}b\rc", "a\\u{202e}b\\u{d}c"),
            ("tab\there", "tab here"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
