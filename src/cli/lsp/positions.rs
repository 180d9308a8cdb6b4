//! Lines and columns as the protocol counts them, and bytes.

use std::ops::Range;

use lsp_types::{Position, PositionEncodingKind};

/// In which units a column is counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// The first that the client offers and that is known here.
    pub(super) fn agreed(offered: &[PositionEncodingKind]) -> Self {
        let known = |kind: &PositionEncodingKind| match kind.as_str() {
            "utf-8" => Some(Self::Utf8),
            "utf-16" => Some(Self::Utf16),
            "utf-32" => Some(Self::Utf32),
            _ => None,
        };
        offered.iter().find_map(known).unwrap_or_default()
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// A text with the beginnings of its lines. A lone carriage return ends a line for the protocol.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        // Editors show no byte order mark.
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|at| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        Self { text, starts: std::iter::once(first).chain(ends.map(|at| at + 1)).collect(), encoding }
    }

    /// Where a byte is.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1) - 1;
        let from = self.starts[line];
        let mut to = offset.clamp(from, self.text.len());
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        let column = self.text[from..to].chars().map(|character| self.encoding.width(character)).sum::<usize>();
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Position::new(number(line), number(column))
    }

    pub(super) fn range(&self, range: Range<usize>) -> lsp_types::Range {
        lsp_types::Range::new(self.position(range.start), self.position(range.end))
    }

    /// The byte at a position; the end of the line or text where there is no such place.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(from) = self.starts.get(line).copied() else { return self.text.len() };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let (mut at, mut column) = (from, 0);
        for character in self.text[from..end].chars() {
            if matches!(character, '\n' | '\r') || column >= position.character as usize {
                break;
            }
            column += self.encoding.width(character);
            at += character.len_utf8();
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines};
    use lsp_types::Position;

    #[test]
    fn columns_in_every_encoding() {
        let text = "A=ü😀x\r\nB=1\rC=2\n\n";
        for (offset, line, columns) in [
            (0, 0, [0, 0, 0]),
            (4, 0, [4, 3, 3]),
            (8, 0, [8, 5, 4]),
            (9, 0, [9, 6, 5]),
            (11, 1, [0, 0, 0]),
            (15, 2, [0, 0, 0]),
            (18, 2, [3, 3, 3]),
            (19, 3, [0, 0, 0]),
            (20, 4, [0, 0, 0]),
        ] {
            for (encoding, column) in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32].into_iter().zip(columns) {
                let lines = Lines::new(text, encoding);
                let position = Position::new(line, column);
                assert_eq!((lines.position(offset), lines.offset(position)), (position, offset), "{encoding:?}");
            }
        }
        let lines = Lines::new(text, Encoding::Utf16);
        for (line, column, offset) in [(0, 99, 9), (9, 0, 20), (0, 4, 8), (1, 3, 14)] {
            assert_eq!(lines.offset(Position::new(line, column)), offset, "{line}:{column}");
        }
        assert_eq!(Lines::new("\u{feff}A=1", Encoding::Utf16).position(0), Position::new(0, 0));
        assert_eq!(Lines::new("\u{feff}A=1", Encoding::Utf16).offset(Position::new(0, 1)), 4);
        assert_eq!(Lines::new("", Encoding::Utf16).offset(Position::new(3, 3)), 0);
    }
}
