//! A file as text, as readers want it, and the way back to its bytes.

use std::borrow::Cow;
use std::ops::Range;

use super::{Draft, Reading};

/// The file as text, as a reader wants it, and the way back to the bytes of the file.
pub(super) struct Text<'b> {
    pub(super) text: Cow<'b, str>,
    /// For each stretch that differs: where its replacement ends in the text, and where the stretch ends in the file.
    edits: Vec<(usize, usize)>,
}

impl<'b> Text<'b> {
    /// Each byte that is not UTF-8 becomes `U+FFFD`.
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: Cow::Borrowed(text), edits: Vec::new() };
        }
        let (mut text, mut edits, mut read) = (String::with_capacity(bytes.len()), Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            read += chunk.valid().len();
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                read += 1;
                edits.push((text.len(), read));
            }
        }
        Self { text: Cow::Owned(text), edits }
    }

    /// Only if the file is UTF-8.
    pub(super) fn strict(bytes: &'b [u8]) -> Result<Self, Box<Reading>> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text: Cow::Borrowed(text), edits: Vec::new() }),
            Err(error) => {
                let at = error.valid_up_to();
                Err(Box::new(Draft::default().refused("the file is not UTF-8", at..at + 1)))
            }
        }
    }

    /// Replaces each carriage return by what `replacement` gives for whether a line feed follows.
    pub(super) fn with_carriage_returns(self, replacement: fn(bool) -> &'static str) -> Self {
        self.replacing(b'\r', replacement)
    }

    /// Replaces each `byte`, an ASCII one, by what `replacement` gives for whether a line feed follows.
    pub(super) fn replacing(self, byte: u8, replacement: fn(bool) -> &'static str) -> Self {
        if memchr::memchr(byte, self.text.as_bytes()).is_none() {
            return self;
        }
        let (mut text, mut edits, mut read) = (String::with_capacity(self.text.len()), Vec::new(), 0);
        let mut earlier = self.edits.iter().peekable();
        for at in memchr::memchr_iter(byte, self.text.as_bytes()) {
            while let Some((end, file)) = earlier.next_if(|(end, _)| *end <= at) {
                edits.push((text.len() + (end - read), *file));
            }
            text.push_str(self.text.get(read..at).unwrap_or_default());
            let followed = self.text.as_bytes().get(at + 1) == Some(&b'\n');
            text.push_str(replacement(followed));
            read = at + 1;
            edits.push((text.len(), self.original(read)));
        }
        edits.extend(earlier.map(|(end, file)| (text.len() + (end - read), *file)));
        text.push_str(self.text.get(read..).unwrap_or_default());
        Self { text: Cow::Owned(text), edits }
    }

    /// The byte of the file that the text's byte `at` came from.
    pub(super) fn original(&self, at: usize) -> usize {
        let before = self.edits.partition_point(|(end, _)| *end <= at);
        let edit = |index: usize| self.edits.get(index).copied();
        let (text_end, file_end) = before.checked_sub(1).and_then(edit).unwrap_or_default();
        let file = file_end + (at - text_end);
        // Within a replacement there is nothing to point at but the byte it stands for.
        edit(before).map_or(file, |(_, next)| file.min(next.saturating_sub(1)))
    }

    /// Turns ranges of the text into ranges of the file.
    pub(super) fn in_file(&self, mut reading: Reading) -> Reading {
        if self.edits.is_empty() {
            return reading;
        }
        let back = |range: &mut Range<usize>| {
            let start = self.original(range.start);
            let end = if range.start >= range.end { start } else { self.original(range.end - 1) + 1 };
            *range = start..end.max(start);
        };
        reading.move_places(back);
        reading
    }
}

/// Where `part`, which must be a slice of `whole`, stands in it.
pub(super) fn span_of(whole: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
    start..(start + part.len()).min(whole.len())
}
