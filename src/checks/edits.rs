//! Texts with replacements made, and where a line can be put in the place of an assignment.

use std::ops::Range;

use crate::finding::Fix;

/// The text with some of the replacements made, given in the order of their places; one that touches what another has
/// replaced is left out.
pub(super) fn with(text: &str, order: &[usize], fixes: &[&Fix]) -> String {
    let fixes = order.iter().filter_map(|at| fixes.get(*at));
    edited(text, fixes.map(|fix| (fix.span.range(), fix.replacement.as_str())))
}

/// The same for places and what to put there.
pub(super) fn edited<'e>(text: &str, edits: impl Iterator<Item = (Range<usize>, &'e str)>) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (range, replacement) in edits {
        if range.start >= at {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(replacement);
            at = range.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Whether each line ends in CRLF.
pub(super) fn ends_in_returns(text: &str) -> bool {
    memchr::memchr_iter(b'\n', text.as_bytes()).all(|at| text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r'))
}

/// Ways to put `line` where an assignment stands, the one that changes least first. A comment behind the value gets a
/// line of its own, above. `exports` says that an `export` in front has to stay.
pub(super) fn candidates(text: &str, written: &Range<usize>, line: &str, exports: bool) -> Vec<(Range<usize>, String)> {
    let start = text.get(..written.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let rest = text.get(written.end..).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    let tail = rest.get(..length).unwrap_or_default();
    let behind = tail.strip_suffix('\r').unwrap_or(tail);
    let returned = behind.len() < tail.len();
    let prefix = text.get(start..written.start).unwrap_or_default();
    let marked = prefix.starts_with('\u{feff}');
    let plain_prefix = matches!(prefix.trim_start_matches('\u{feff}').trim(), "" | "export");
    let comment = behind.trim();
    if !plain_prefix || !(comment.is_empty() || comment.starts_with('#')) {
        return Vec::new();
    }
    let export = prefix.trim_start_matches('\u{feff}').trim_start();
    let kept = if exports { [export, line].concat() } else { line.to_owned() };
    let line = kept.as_str();
    let end = if returned { "\r\n" } else { "\n" };
    let whole = if comment.is_empty() { line.to_owned() } else { format!("{comment}{end}{line}") };
    let without_mark = start + if marked { '\u{feff}'.len_utf8() } else { 0 };
    let stop = written.end + behind.len();
    let mut found = vec![(without_mark..stop, whole.clone())];
    if marked {
        found.push((start..stop, whole.clone()));
    }
    if returned {
        let bare = whole.replace("\r\n", "\n");
        let stop = stop + '\r'.len_utf8();
        found.push((without_mark..stop, bare.clone()));
        found.push((start..stop, bare));
    }
    // A comment above that ends in a backslash goes on for some readers.
    let above = text.get(..start).unwrap_or_default().trim_end_matches(['\n', '\r']);
    if let Some(kept) = above.strip_suffix('\\') {
        let kept = kept.trim_end_matches(['\\', ' ', '\t']);
        found.push((kept.len()..stop, format!("{end}{whole}")));
    }
    found
}
