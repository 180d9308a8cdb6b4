//! A line of blanks, or a comment with blanks in front, makes node 20 lose the key below it.
//!
//! `node --env-file` of version 20 does not find the key behind such a line, unless the file begins with it; 22 and later
//! do. This is looked at where `[consumers]`, or what the project visibly uses, says that node reads the file.
//!
//! Why it hurts: nobody sees the blanks, and the program starts with the key not set.
//!
//! Example: a blank alone between `PORT=8080` and `HOST=0.0.0.0`: node 20 knows no `HOST`.
//!
//! Remedy: take the blanks away. `sparkcfg validate --fix` does it.

use super::File;
use crate::finding::{Finding, Rule, Severity};

pub(super) static RULE: Rule = Rule {
    code: "lost-key",
    severity: Severity::Note,
    summary: "node 20 loses the key below a line of blanks",
    page: include_str!("lost_key.rs"),
};

pub(super) fn check(file: &File<'_>, findings: &mut Vec<Finding>) {
    if file.layer.sealed || !file.read_by_any("node") {
        return;
    }
    let text = &file.layer.text;
    let mut above = 0;
    for entry in &file.layer.entries {
        let key = entry.key.start as usize;
        let line = text.get(..key).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        // From the line break behind the value above.
        let between = text.get(above..line).unwrap_or_default();
        let from = if above == 0 { 0 } else { between.find('\n').map_or(line, |at| above + at + 1) };
        above = entry.value.end as usize;
        let Some((place, mended)) = blanks(text, from.min(line), line) else { continue };
        let written = text.get(place.clone()).unwrap_or_default();
        let first = place.start + written.len() - written.trim_start_matches(is_blank).len();
        let span = |to: usize| file.place(&(place.start..to));
        findings.push(
            file.about(&RULE, entry, format!("node 20 does not find {}", file.name(entry)))
                .at(file.layer.span(&entry.key), "lost to node 20")
                .related(span(first), "for blanks above it, without a key behind them")
                .help("take the blanks away")
                .fix(span(place.end), mended, "take the blanks away"),
        );
    }
}

/// What node takes off at the ends of a line, but for line breaks.
fn is_blank(sign: char) -> bool {
    sign.is_whitespace() && !matches!(sign, '\n' | '\r')
}

/// The blanks that begin lines without a key, from the first to the last in `text[from..to]`, and what stands there without
/// them. The first line of a file may have some.
fn blanks(text: &str, from: usize, to: usize) -> Option<(std::ops::Range<usize>, String)> {
    let (mut start, mut mended, mut kept) = (None, String::new(), 0);
    let mut at = from;
    for line in text.get(from..to)?.split_inclusive('\n') {
        let blank = line.len() - line.trim_start_matches(is_blank).len();
        let rest = line.get(blank..).unwrap_or_default();
        if blank > 0 && at > 0 && rest.starts_with(['\r', '\n', '#']) {
            let before = start.get_or_insert(at);
            mended.push_str(text.get(*before + kept..at)?);
            kept = at + blank - *before;
        }
        at += line.len();
    }
    let start = start?;
    Some((start..start + kept, mended))
}

#[cfg(test)]
mod tests {
    use super::blanks;

    #[test]
    fn blanks_of_lines_without_a_key() {
        for (text, expected) in [
            ("A=1\n  \nB=2\n", Some((4..6, ""))),
            ("A=1\n \n# c\n\t# d\nB=2\n", Some((4..11, "\n# c\n"))),
            ("A=1\n\nB=2\n", None),
            (" \nB=2\n", None),
            ("\n \r\nB=2\n", Some((1..2, ""))),
            ("A=1\n  C=3\n", None),
        ] {
            let from = if text.starts_with('A') { 4 } else { 0 };
            let found = blanks(text, from, text.rfind("B=").unwrap_or(text.len()));
            assert_eq!(found, expected.map(|(place, mended)| (place, mended.to_owned())), "{text:?}");
        }
    }
}
