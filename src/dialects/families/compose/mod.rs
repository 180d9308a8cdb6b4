//! How docker compose reads an env file: the dialect in which sparkcfg itself reads layers.
//!
//! Written from the behaviour of docker compose 2.40 (compose-go 2.9). The file is read in statements, not lines:
//! text after a closing quote begins a new statement, as it does there.

mod parser;

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;
use parser::Parser;

use crate::dialects::{Draft, Process, Reading, Text, Variable};
use crate::interpolation::{Budget, Outcome, expand};
use crate::layer::{Content, Entry, Fault, FaultKind, TOO_LONG};

/// The longest file that is read, in bytes.
pub const MAX_FILE: usize = 8 << 20;
/// How many faults are told one by one.
const MAX_FAULTS: usize = 1_000;
/// How much text the references of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

/// One file as entries and faults.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What could be read, in file order, duplicates included.
    pub entries: Vec<Entry>,
    /// What could not, in file order. Compose refuses a file with any of them; here the rest is read all the same.
    pub faults: Vec<Fault>,
}

/// Reads a file. All ranges slice `text`; references are left as they are, see [`crate::interpolation`].
///
/// Two things that compose accepts look odd and are kept: `=v` is a variable without a name, and so is the last line
/// when it is a key alone without a line end (its text becomes the value). One is a fault here: a quote that only the next
/// value's quote closes, behind which that value goes on (`A="x` above `B="y=z"`), which nobody means.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    statements(text, false)
}

fn statements(text: &str, strictly: bool) -> Parsed {
    let mut parser = Parser::new(text, strictly);
    if text.len() > MAX_FILE {
        parser.fault(0..0, (FaultKind::LongFile, TOO_LONG), "split it; nothing in it was read");
        return parser.parsed;
    }
    // One allocation instead of doubling; bounded, so that blank lines cost nothing.
    let lines = memchr_iter(b'\n', text.as_bytes()).count() + 1;
    parser.parsed.entries.reserve(lines.min(text.len() / 24));
    if text.starts_with('\u{feff}') {
        parser.at = '\u{feff}'.len_utf8();
    }
    while parser.skip_to_statement() {
        parser.statement();
    }
    parser.parsed
}

/// Reads a file for `env_file:`: references take the process environment first, then earlier lines.
pub(in crate::dialects) fn read(bytes: &[u8], process: &Process) -> Reading {
    let text = Text::new(bytes);
    let parsed = statements(&text.text, true);
    let reading = evaluate(&text.text, parsed, process);
    text.in_file(reading)
}

/// Gives each entry its value in the order of the file.
fn evaluate(text: &str, parsed: Parsed, process: &Process) -> Reading {
    let mut draft = Draft::default();
    let mut budget = Budget::new(usize::MAX, MAX_EXPANDED);
    if let Some(fault) = parsed.faults.first() {
        return draft.refused(fault.message, fault.at.start as usize..fault.at.end as usize);
    }
    for entry in parsed.entries {
        let widen = |range: &Range<u32>| range.start as usize..range.end as usize;
        let slice = |range: &Range<u32>| text.get(widen(range)).unwrap_or_default();
        let key = slice(&entry.key);
        let mut lookup =
            |name: &str| process.get(name).map(String::as_str).or_else(|| draft.value(name)).map(Cow::Borrowed);
        let value = match &entry.content {
            Content::Inherited => match lookup(key) {
                Some(value) => value.into_owned(),
                None => continue,
            },
            Content::Slice(range) if !entry.interpolates => slice(range).to_owned(),
            Content::Decoded(text) if !entry.interpolates => text.to_string(),
            content => {
                let template = match content {
                    Content::Slice(range) => slice(range),
                    Content::Decoded(text) => text,
                    _ => "",
                };
                match expand(template, &mut lookup, &mut budget) {
                    Err(fault) => return draft.refused(fault.message(), widen(&entry.value)),
                    Ok(expansion) if expansion.resolved.iter().any(|one| one.outcome == Outcome::Missing) => {
                        return draft.refused("a required variable has no value", widen(&entry.value));
                    }
                    Ok(expansion) => expansion.text,
                }
            }
        };
        draft.set(Variable {
            key: key.to_owned(),
            value: Some(value),
            key_span: widen(&entry.key),
            value_span: widen(&entry.value),
        });
    }
    draft.reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpolation::MAX_VALUE;

    /// Entries as `key|value as written|content`, a `!` for content that interpolates; then faults as `at|message`.
    fn told(text: &str) -> (Vec<String>, Vec<String>) {
        let slice = |range: &Range<u32>| &text[range.start as usize..range.end as usize];
        let parsed = parse(text);
        let entry = |entry: &Entry| {
            let content = match &entry.content {
                Content::Slice(range) => slice(range).to_owned(),
                Content::Decoded(text) => format!("~{text}"),
                _ => "inherited".to_owned(),
            };
            let mark = if entry.interpolates { "!" } else { "" };
            format!("{}|{}|{content}{mark}", slice(&entry.key), slice(&entry.value))
        };
        let faults = parsed.faults.iter().map(|fault| slice(&fault.at).to_owned()).collect();
        (parsed.entries.iter().map(entry).collect(), faults)
    }

    #[test]
    fn entries() {
        for (text, expected) in [
            ("K=v", &["K|v|v"][..]),
            ("\u{feff}# c\r\nK=v # note\r\n\r\nL=w\r\n", &["K|v|v", "L|w|w"]),
            ("export K = 'a b'  \nL: x", &["K|'a b'|a b", "L|x|x"]),
            ("K=\nL= \nM= # x", &["K||", "L||", "M|# x|# x"]),
            ("K\nexport L\n---\n", &["K||inherited", "L||inherited", "---||inherited"]),
            ("K=a#b\t# c", &["K|a#b\t# c|a#b\t# c"]),
            ("K=\"a\nb\" # c\nL='x'y\n", &["K|\"a\nb\"|a\nb", "L|'x'|x", "y||inherited"]),
            (r#"K="a\n\t\q\"""#, &["K|\"a\\n\\t\\q\\\"\"|~a\n\t\\q\""]),
            (r#"K="\q""#, &[r#"K|"\q"|\q"#]),
            (r#"K="\0123\012\0\0777""#, &[r#"K|"\0123\012\0\0777"|~S\12\\777"#]),
            (r"K='a\'b\\'", &[r"K|'a\'b\\'|~a'b\\"]),
            (r#"K="\$A""#, &[r#"K|"\$A"|~$$A!"#]),
            ("K=$A\nL=$1 $\nM='$A'\nN=a # $A", &["K|$A|$A!", "L|$1 $|$1 $", "M|'$A'|$A", "N|a|a"]),
            ("CLÉ=é\n[s]\n", &["CLÉ|é|é", "[s]||inherited"]),
            ("=v\nK", &["|v|v", "|K|K"]),
        ] {
            assert_eq!(told(text), (expected.iter().map(ToString::to_string).collect(), vec![]), "{text:?}");
        }
    }

    #[test]
    fn faults_and_what_is_read_around_them() {
        for (text, entries, faults) in [
            ("a b\nL=1\n", &["L|1|1"][..], &["a b"][..]),
            ("K/L=1\nM=2", &["M|2|2"], &["/"]),
            ("; c\nK=v", &["K|v|v"], &[";"]),
            ("K=\"abc\nL=1\n", &["L|1|1"], &["\"abc"]),
            ("K='abc", &[], &["'abc"]),
            // The quote closes in the next value; the fault is told where it opens, and that value is read.
            ("K=\"abc \nL=\"x\"\nM=1\n", &["L|\"x\"|x", "M|1|1"], &["\"abc"]),
            ("K='abc\nL='x y=z'\n", &["L|'x y=z'|x y=z"], &["'abc"]),
            ("K=\"a\"\"b\" \nM=1", &["K|\"a\"|a", "M|1|1"], &["\"b\""]),
            ("K='a' <b>\n<c>\n", &["K|'a'|a"], &["<b>", "<"]),
            ("K=1\nexport ", &["K|1|1"], &["export"]),
            ("K\u{301}=1\nM=1", &["M|1|1"], &["\u{301}"]),
        ] {
            let strings = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(told(text), (strings(entries), strings(faults)), "{text:?}");
        }
    }

    #[test]
    fn limits() {
        let parsed = parse(&"#".repeat(MAX_FILE + 1));
        assert_eq!(parsed.faults.len(), 1);
        let parsed = parse(&format!("K={}\nL=1", "x".repeat(MAX_VALUE + 1)));
        assert_eq!((parsed.entries.len(), parsed.faults.len()), (1, 1));
        assert_eq!(parse(&"!\n".repeat(5_000)).faults.len(), MAX_FAULTS + 1);
    }
}
