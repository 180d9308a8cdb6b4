//! Comments that silence findings: `# sparkcfg: ignore[code] reason`, above a line or at its end.

use std::ops::Range;

use crate::layer::Layer;
use crate::source::{SourceId, Span};

/// One code that a comment silences.
#[derive(Debug)]
pub struct Ignore {
    /// As written.
    pub code: String,
    /// Where the code stands.
    pub at: Span,
    /// The line that it is about, as bytes of the layer's text; all lines for `ignore-file`.
    pub line: Span,
}

const MARK: &str = "sparkcfg:";

/// The comments of a layer.
#[must_use]
pub fn of(layer: &Layer) -> Vec<Ignore> {
    scan(layer.source, &layer.text, &|at| in_value(layer, at))
}

/// The comments of a Compose or PM2 file, which a script begins with `//`.
#[must_use]
pub fn in_text(source: SourceId, text: &str) -> Vec<Ignore> {
    scan(source, text, &|_| false)
}

fn scan(source: SourceId, text: &str, in_value: &dyn Fn(usize) -> bool) -> Vec<Ignore> {
    let mut found = Vec::new();
    let marks: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), MARK.as_bytes()).collect();
    // Many comments may stand in one line, and many above one: each line is looked for once.
    let (mut line, mut below) = (0..0, Below::default());
    for (index, at) in marks.iter().copied().enumerate() {
        if index == 0 || at >= line.end {
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
            line = start..end;
        }
        let before = text[line.start..at].trim_end();
        let alone = matches!(before.trim_start(), "#" | "//");
        if (before.ends_with('#') || before.ends_with("//")) && !in_value(at) {
            // Another comment ends this one.
            let end = marks.get(index + 1).map_or(line.end, |next| line.end.min(*next));
            let about = if alone { below.of(text, line.end) } else { Some((line.start, line.end)) };
            let about = about.unwrap_or((line.end, line.end));
            read((source, text), at + MARK.len()..end, about, &mut found);
        }
    }
    found
}

/// Whether the byte `at` belongs to a value, as in `MOTTO="# sparkcfg: is fine"`.
fn in_value(layer: &Layer, at: usize) -> bool {
    let next = layer.entries.partition_point(|entry| entry.key.start as usize <= at);
    let entry = next.checked_sub(1).and_then(|index| layer.entries.get(index));
    entry.is_some_and(|entry| (entry.value.start as usize..entry.value.end as usize).contains(&at))
}

/// Reads what a comment says in `said`, about the line `about`.
fn read((source, text): (SourceId, &str), said: Range<usize>, about: (usize, usize), found: &mut Vec<Ignore>) {
    let (from, end) = (said.start, said.end);
    let words = text[from..end].trim_start();
    let words_at = end - words.len();
    let (codes_at, whole) = match (words.strip_prefix("ignore-file"), words.strip_prefix("ignore")) {
        (Some(_), _) => (words_at + "ignore-file".len(), true),
        (None, Some(_)) => (words_at + "ignore".len(), false),
        // Something else that starts with our name, in somebody's prose.
        (None, None) => return,
    };
    let span = |from: usize, to: usize| {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(source, offset(from)..offset(to))
    };
    let line = if whole { span(0, text.len()) } else { span(about.0, about.1) };
    let list = text[codes_at..end].strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(list, _)| list);
    let Some(list) = list else {
        found.push(Ignore { code: String::new(), at: span(words_at, codes_at), line });
        return;
    };
    let mut at = codes_at + 1;
    for code in list.split(',') {
        let blank = code.len() - code.trim_start().len();
        let name = code.trim();
        found.push(Ignore { code: name.to_owned(), at: span(at + blank, at + blank + name.len()), line });
        at += code.len() + 1;
    }
}

/// The next line that is neither empty nor a comment, kept for the comments that follow.
#[derive(Default)]
struct Below {
    /// The places of which it is the next line.
    above: Range<usize>,
    line: Option<(usize, usize)>,
}

impl Below {
    /// The one below `at`, the end of a line.
    fn of(&mut self, text: &str, at: usize) -> Option<(usize, usize)> {
        if !self.above.contains(&at) {
            self.line = next_line(text, at);
            self.above = at..self.line.map_or(usize::MAX, |(start, _)| start);
        }
        self.line
    }
}

/// The next line that is neither empty nor a comment.
fn next_line(text: &str, mut at: usize) -> Option<(usize, usize)> {
    while at < text.len() {
        let start = at + 1;
        let end = text.get(start..)?.find('\n').map_or(text.len(), |length| start + length);
        let line = text[start..end].trim();
        if !line.is_empty() && !line.starts_with('#') && !line.starts_with("//") {
            return Some((start, end));
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::dialects::compose;
    use crate::layer::Layer;
    use crate::source::Sources;

    #[test]
    fn comments() {
        let text = "# sparkcfg: ignore[a-b, c] why\n# note\n\nX=1 # sparkcfg: ignore[d]\nY=\"# sparkcfg: ignore[no]\"\n\
                    # sparkcfg: ignore\nZ=1\n# sparkcfg: is a tool\n# sparkcfg: ignore-file[e]\n";
        let mut sources = Sources::default();
        let source = sources.add("a.env", text);
        let entries = compose::parse(text).entries;
        let layer = Layer { name: "a".into(), source, text: text.into(), sealed: false, entries, faults: Vec::new() };
        let found: Vec<_> = of(&layer)
            .into_iter()
            .map(|ignore| {
                (ignore.code, text[ignore.at.range()].to_owned(), text[ignore.line.range()].chars().take(3).collect())
            })
            .collect();
        let expected =
            [("a-b", "a-b", "X=1"), ("c", "c", "X=1"), ("d", "d", "X=1"), ("", "ignore", "Z=1"), ("e", "e", "# s")];
        let expected: Vec<(String, String, String)> =
            expected.iter().map(|(code, at, line)| ((*code).into(), (*at).into(), (*line).into())).collect();
        assert_eq!(found, expected);
    }

    /// Many comments in one line, and many above one, tell no more than the file holds.
    #[test]
    fn each_comment_ends_where_the_next_begins() {
        let text =
            ["# sparkcfg: ignore[a,".repeat(2_000).as_str(), "]\n", &"# sparkcfg: ignore[b]\n".repeat(2_000), "X=1\n"]
                .concat();
        let mut sources = Sources::default();
        let found = super::in_text(sources.add("a.yml", text.as_str()), &text);
        assert_eq!(found.len(), 4_001);
        assert!(found.iter().map(|ignore| ignore.code.len()).sum::<usize>() < text.len());
        let line = |ignore: &super::Ignore| &text[ignore.line.range()];
        assert!(found.iter().filter(|ignore| ignore.code == "b").all(|ignore| line(ignore) == "X=1"));
    }
}
