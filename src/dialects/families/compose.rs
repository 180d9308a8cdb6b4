//! How docker compose reads an env file: the dialect in which sparkcfg itself reads layers.
//!
//! Written from the behaviour of docker compose 2.40 (compose-go 2.9). The file is read in statements, not lines:
//! text after a closing quote begins a new statement, as it does there.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memchr2_iter, memchr3_iter};
use regex::Regex;

use crate::dialects::{Draft, Process, Reading, Text, Variable};
use crate::interpolation::{Budget, MAX_VALUE, Outcome, expand, interpolates};
use crate::layer::{Content, Entry, Fault};

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
/// when it is a key alone without a line end (its text becomes the value).
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, multiline: None, parsed: Parsed::default() };
    if text.len() > MAX_FILE {
        parser.fault(0..0, "the file is longer than 8 MiB", "split it; nothing in it was read");
        return parser.parsed;
    }
    // One allocation instead of doubling; bounded, so that blank lines cost nothing.
    let lines = memchr_iter(b'\n', parser.bytes).count() + 1;
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
    let parsed = parse(&text.text);
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

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// The last value that ran over a line end.
    multiline: Option<Multiline>,
    parsed: Parsed,
}

/// A quote that was never closed finds its end in the next quoted value. What follows there is then no key, and the
/// mistake is told where the quote opens.
#[derive(Clone, Copy)]
struct Multiline {
    quote: usize,
    /// The end of the line in which it closed.
    line_end: usize,
    /// How many entries there were before it.
    entries: usize,
}

enum Key {
    /// A key and where its value begins.
    Assigned(Range<usize>),
    Inherited(Range<usize>),
    /// Not a key: reported, and reading goes on behind the line.
    Bad,
}

impl Parser<'_> {
    /// Moves over blanks, line ends and comments; `false` at the end of the text.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            match self.bytes.get(self.at) {
                None => return false,
                Some(b'#') => self.at = self.line_end(self.at),
                Some(byte) if byte.is_ascii() => {
                    if !byte.is_ascii_whitespace() && *byte != b'\x0b' {
                        return true;
                    }
                    self.at += 1;
                }
                Some(_) => match self.char_at(self.at).filter(|character| character.is_whitespace()) {
                    Some(character) => self.at += character.len_utf8(),
                    None => return true,
                },
            }
        }
    }

    fn statement(&mut self) {
        match self.key() {
            Key::Bad => {}
            Key::Inherited(key) => {
                self.entry(key.clone(), key.end..key.end, Content::Inherited, false);
            }
            Key::Assigned(key) => {
                let after = self.at;
                self.at = self.skip_blanks(self.at);
                match self.bytes.get(self.at) {
                    Some(quote @ (b'"' | b'\'')) => self.quoted(key, *quote),
                    _ => self.unquoted(key, after),
                }
            }
        }
    }

    /// Reads the key at `self.at` and moves behind its `=`, `:` or line end.
    fn key(&mut self) -> Key {
        let start = self.after_export();
        let mut at = start;
        let delimiter = loop {
            let Some(byte) = self.bytes.get(at) else { return self.last_key(start) };
            match KEY_BYTES.get(usize::from(*byte)) {
                Some(Class::Part) => at += 1,
                Some(Class::End) => break *byte,
                _ => {
                    let character = self.char_at(at).unwrap_or_default();
                    if !is_key_character(character) {
                        let help = match character {
                            '＝' => "this is the wide `＝` of another keyboard: write `=`",
                            _ => {
                                "write `KEY=value`; a key has letters, digits and `_ . - [ ]`, and a comment begins with `#`"
                            }
                        };
                        return self.bad_key(
                            at..at + character.len_utf8(),
                            "this character cannot be part of a key",
                            help,
                        );
                    }
                    at += character.len_utf8();
                }
            }
        };
        let key = self.text.get(start..at).unwrap_or_default().trim_end();
        let range = start..start + key.len();
        if key.contains(' ') {
            let help = "write `KEY=value`, or `#` in front of a comment";
            return self.bad_key(range, "a key cannot hold a space", help);
        }
        self.at = at + 1;
        if delimiter == b'\n' { Key::Inherited(range) } else { Key::Assigned(range) }
    }

    /// Where the key begins when the statement may have `export` in front.
    fn after_export(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.strip_prefix(b"export") {
            Some([b' ' | b'\t' | b'\n' | b'\x0c' | b'\r', ..]) => self.skip_blanks(self.at + 6),
            _ => self.at,
        }
    }

    /// A key that the end of the text cuts off: compose takes it for the value of a variable without a name.
    fn last_key(&mut self, start: usize) -> Key {
        if start == self.bytes.len() {
            let help = "write `export KEY=value`, or take it out";
            self.fault(self.at..self.at + 6, "nothing follows `export`", help);
            self.at = start;
            return Key::Bad;
        }
        self.at = start;
        Key::Assigned(start..start)
    }

    fn bad_key(&mut self, at: Range<usize>, message: &'static str, help: &'static str) -> Key {
        match self.multiline {
            Some(Multiline { quote, line_end, entries }) if at.start < line_end => {
                self.parsed.entries.truncate(entries);
                self.unclosed(quote);
            }
            _ => {
                self.at = self.line_end(at.end);
                self.fault(at, message, help);
            }
        }
        Key::Bad
    }

    fn unclosed(&mut self, quote: usize) {
        let end = self.line_end(quote);
        let trimmed = self.text.get(quote..end).unwrap_or_default().trim_end().len();
        let help = "close the quote, or put the value in the other kind of quotes";
        self.fault(quote..quote + trimmed, "this quote is not closed", help);
        self.multiline = None;
        self.at = end;
    }

    /// A value without quotes: to the line end, or to a `#` behind a space.
    fn unquoted(&mut self, key: Range<usize>, after_key: usize) {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (mut end, mut line_end, mut dollar) = (None, rest.len(), false);
        for offset in memchr3_iter(b'\n', b'#', b'$', rest) {
            match rest.get(offset) {
                Some(b'$') => dollar |= end.is_none(),
                Some(b'#') if end.is_none() && offset > 0 && rest.get(offset - 1) == Some(&b' ') => end = Some(offset),
                Some(b'\n') => {
                    line_end = offset;
                    break;
                }
                _ => {}
            }
        }
        let value = self.text.get(start..start + end.unwrap_or(line_end)).unwrap_or_default().trim_end();
        let range = if value.is_empty() { after_key..after_key } else { start..start + value.len() };
        self.at = start + line_end;
        let content = Content::Slice(narrow(&range));
        self.entry(key, range, content, dollar && interpolates(value));
    }

    /// A value in quotes, which may run over line ends; `self.at` is at the opening quote.
    fn quoted(&mut self, key: Range<usize>, quote: u8) {
        let open = self.at;
        let rest = self.bytes.get(open + 1..).unwrap_or_default();
        let (mut escaped, mut skipped, mut close) = (false, None, None);
        for offset in memchr2_iter(quote, b'\\', rest) {
            if skipped == Some(offset) {
                continue;
            }
            if rest.get(offset) == Some(&quote) {
                close = Some(open + 1 + offset);
                break;
            }
            escaped = true;
            skipped = Some(offset + 1);
        }
        let Some(close) = close else { return self.unclosed(open) };
        let inner = self.text.get(open + 1..close).unwrap_or_default();
        let decoded = if escaped { unescape(inner, quote) } else { Cow::Borrowed(inner) };
        let dollar = quote == b'"' && interpolates(&decoded);
        let content = match decoded {
            Cow::Owned(text) if text != inner => Content::Decoded(text.into()),
            _ => Content::Slice(narrow(&(open + 1..close))),
        };
        self.at = close + 1;
        if memchr(b'\n', inner.as_bytes()).is_some() {
            let (line_end, entries) = (self.line_end(close), self.parsed.entries.len());
            self.multiline = Some(Multiline { quote: open, line_end, entries });
        }
        self.entry(key, open..close + 1, content, dollar);
    }

    fn entry(&mut self, key: Range<usize>, value: Range<usize>, content: Content, interpolates: bool) {
        if value.len() > MAX_VALUE {
            let help = "keep large data in a file of its own, and its path here";
            return self.fault(value, "the value is longer than 1 MiB", help);
        }
        self.parsed.entries.push(Entry { key: narrow(&key), value: narrow(&value), content, interpolates });
    }

    fn fault(&mut self, at: Range<usize>, message: &'static str, help: &'static str) {
        match self.parsed.faults.len() {
            0..MAX_FAULTS => self.parsed.faults.push(Fault { at: narrow(&at), message, help }),
            MAX_FAULTS => {
                let message = "from here on there are more faults, which are not listed";
                let help = "mend those above first; is this an env file at all?";
                self.parsed.faults.push(Fault { at: narrow(&at), message, help });
            }
            _ => {}
        }
    }

    /// The line end at or after `at`, or the end of the text.
    fn line_end(&self, at: usize) -> usize {
        self.bytes.get(at..).and_then(|rest| memchr(b'\n', rest)).map_or(self.bytes.len(), |length| at + length)
    }

    /// The first place from `at` that is no blank within a line.
    fn skip_blanks(&self, mut at: usize) -> usize {
        loop {
            match self.bytes.get(at) {
                Some(b' ' | b'\t' | b'\x0b' | b'\x0c' | b'\r') => at += 1,
                Some(0xc2) if matches!(self.bytes.get(at + 1), Some(0x85 | 0xa0)) => at += 2,
                _ => return at,
            }
        }
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }
}

/// Takes the escapes out of what stands between quotes.
///
/// `\$` becomes `$$`, which interpolation turns into a plain `$` later.
fn unescape(inner: &str, quote: u8) -> Cow<'_, str> {
    let quote = char::from(quote);
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        rest = after;
        let Some(escaped) = after.chars().next() else {
            out.push('\\');
            break;
        };
        rest = after.get(escaped.len_utf8()..).unwrap_or_default();
        match escaped {
            _ if escaped == quote => out.push(quote),
            _ if quote == '\'' => out.extend(['\\', escaped]),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\x0b'),
            '\\' => out.push('\\'),
            '$' => out.push_str("$$"),
            '0' => rest = push_octal(&mut out, rest),
            _ => out.extend(['\\', escaped]),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `\0` takes up to three digits. Only three octal ones up to 377 are a character; otherwise compose drops the `0`.
fn push_octal<'t>(out: &mut String, rest: &'t str) -> &'t str {
    let count = rest.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = rest.split_at(count);
    match u8::from_str_radix(digits, 8) {
        Ok(code) if count == 3 => out.push(char::from(code)),
        _ => {
            out.push('\\');
            out.push_str(digits);
        }
    }
    rest
}

#[derive(Clone, Copy)]
enum Class {
    /// Part of a key, or a blank in it (those at its end are trimmed later).
    Part,
    /// Ends a key.
    End,
    /// Not decided by the byte alone, or wrong.
    Other,
}

static KEY_BYTES: [Class; 256] = key_bytes();

const fn key_bytes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        #[allow(clippy::indexing_slicing, reason = "a byte is within 256, checked when compiled")]
        {
            classes[byte as usize] = match byte {
                b'=' | b':' | b'\n' => Class::End,
                b'_' | b'.' | b'-' | b'[' | b']' | b' ' | b'\t' | b'\x0b' | b'\x0c' | b'\r' => Class::Part,
                _ if byte.is_ascii_alphanumeric() => Class::Part,
                _ => Class::Other,
            };
        }
        byte += 1;
    }
    classes
}

/// Letters and numbers of any script, which is narrower than `char::is_alphanumeric`: no combining marks.
fn is_key_character(character: char) -> bool {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{N}\x{85}\x{a0}]$").ok());
    !character.is_ascii()
        && PATTERN.as_ref().is_some_and(|pattern| pattern.is_match(character.encode_utf8(&mut [0; 4])))
}

fn narrow(range: &Range<usize>) -> Range<u32> {
    let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    narrow(range.start)..narrow(range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("K=\"a\"\"b\"\nM=1", &["K|\"a\"|a", "M|1|1"], &["\""]),
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
