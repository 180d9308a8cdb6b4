//! A template as the engine gets it, and the way back to the places of its author's.

use std::ops::Range;

use super::lines::{self, END};

/// A template as the engine gets it.
pub(super) struct Prepared {
    pub(super) text: String,
    /// Where a comment begins that is none, or does not end.
    pub(super) comment: Option<usize>,
    stretches: Vec<Stretch>,
}

/// A stretch of the text: where it begins, in it and in the template.
struct Stretch {
    text: usize,
    source: usize,
    /// Whether the template has nothing of it.
    is_new: bool,
}

impl Prepared {
    pub(super) fn new(template: &str) -> Self {
        let scanned = lines::scan(template);
        let text = String::with_capacity(template.len());
        let mut prepared = Self { text, comment: scanned.comment, stretches: Vec::new() };
        let mut kept = 0;
        for cut in scanned.cuts {
            prepared.keep(template, kept..cut.range.start);
            kept = cut.range.end;
            if cut.writes {
                prepared.text.push(END);
                prepared.keep(template, cut.range);
            } else if !cut.inserts.is_empty() {
                prepared.stretches.push(Stretch { text: prepared.text.len(), source: cut.range.start, is_new: true });
                prepared.text.push_str(cut.inserts);
            }
        }
        prepared.keep(template, kept..template.len());
        prepared
    }

    fn keep(&mut self, template: &str, range: Range<usize>) {
        self.stretches.push(Stretch { text: self.text.len(), source: range.start, is_new: false });
        self.text.push_str(template.get(range).unwrap_or_default());
    }

    /// The place in the template of a place in the text.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        let place = |at: usize, length: usize| {
            let before = self.stretches.partition_point(|stretch| stretch.text <= at).checked_sub(1);
            match before.and_then(|before| self.stretches.get(before)) {
                Some(stretch) if stretch.is_new => stretch.source,
                Some(stretch) => stretch.source + (at - stretch.text) + length,
                None => at + length,
            }
        };
        // The end is that of the last byte: what stands behind it may have been elsewhere.
        let start = place(range.start, 0);
        start..range.end.checked_sub(1).map_or(start, |last| place(last, 1)).max(start)
    }
}

#[cfg(test)]
pub(super) use tests::is_found;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character is found where it was.
    pub(in super::super) fn is_found(template: &str, prepared: &Prepared) {
        let is_new = |at: usize| {
            let before = prepared.stretches.partition_point(|stretch| stretch.text <= at).checked_sub(1);
            before.is_some_and(|before| prepared.stretches[before].is_new)
        };
        for (at, sign) in prepared.text.char_indices().filter(|(at, sign)| *sign != END && !is_new(*at)) {
            let source = prepared.source(&(at..at + sign.len_utf8()));
            assert_eq!(template.get(source), prepared.text.get(at..at + sign.len_utf8()), "{template}: {at}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(512))]

        #[test]
        fn any_template_is_prepared(pieces in proptest::collection::vec(0..26_usize, 0..40)) {
            const PIECES: [&str; 26] = [
                "{% ", " %}", "{{ ", " }}", "{# ", " #}", " ", "\n", "\n", "if a", "else", "endif", "raw", "endraw", "set a",
                "endset", "macro m()", "endmacro", "x", "-", "+", "'", "é", "call m()", "endcall", "include 'x'",
            ];
            let template: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            is_found(&template, &Prepared::new(&template));
        }
    }
}
