//! `compose`: docker compose's `env_file:`, which is also how sparkcfg itself reads a layer.
//!
//! The rules are those of compose-go's `dotenv` package, 2.x. Where compose refuses the whole file, the damaged line
//! becomes a fault here and the next line is read all the same, so that one run tells everything.

use std::ops::Range;

use crate::layer::{Content, Entry, Fault};

/// The longest value, in bytes.
const VALUE_LIMIT: usize = 1024 * 1024;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Assignments in file order.
    pub entries: Vec<Entry>,
    /// Places for which compose refuses the file, in file order.
    pub faults: Vec<Fault>,
}

/// Reads a whole file.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser { text, bytes: text.as_bytes(), at: 0, parsed: Parsed::default() };
    if text.starts_with('\u{feff}') {
        parser.at = '\u{feff}'.len_utf8();
    }
    // An env file has about forty bytes a line; one allocation serves most.
    parser.parsed.entries.reserve(text.len() / 40);
    while parser.statement() {}
    parser.parsed
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    parsed: Parsed,
}

/// What ended a key.
enum KeyEnd {
    Assignment,
    Line,
    Text,
}

impl Parser<'_> {
    /// Reads one statement; `false` at the end of the text.
    fn statement(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some(skipped) = rest.find(|character: char| !character.is_whitespace()) else { return false };
        self.at += skipped;
        if self.bytes[self.at] == b'#' {
            self.at = self.line_end(self.at);
            return true;
        }
        self.skip_export();
        match self.key() {
            Ok((key, KeyEnd::Assignment)) => self.value(key),
            Ok((key, KeyEnd::Line | KeyEnd::Text)) => {
                let value = key.end..key.end;
                self.parsed.entries.push(Entry { key, value, content: Content::Inherited, interpolates: false });
            }
            Err(fault) => {
                self.at = self.line_end(self.at);
                self.parsed.faults.push(fault);
            }
        }
        true
    }

    fn skip_export(&mut self) {
        let rest = &self.text[self.at..];
        let Some(after) = rest.strip_prefix("export") else { return };
        let name = after.trim_start_matches(char::is_whitespace);
        if name.len() < after.len() && !name.is_empty() {
            self.at += rest.len() - name.len();
        }
    }

    /// Reads up to `=`, `:` or the end of the line.
    fn key(&mut self) -> Result<(Range<u32>, KeyEnd), Fault> {
        let start = self.at;
        // Where the key's last character ends, and where a blank was seen after it.
        let mut end = start;
        let mut blank = None;
        for (offset, character) in self.text[start..].char_indices() {
            let here = start + offset;
            let ended = match character {
                '=' | ':' => KeyEnd::Assignment,
                '\n' => KeyEnd::Line,
                _ if is_blank(character) => {
                    blank = blank.or(Some(here));
                    continue;
                }
                '_' | '.' | '-' | '[' | ']' => {
                    end = here + 1;
                    self.no_blank_before(blank, here)?;
                    continue;
                }
                _ if character.is_alphanumeric() => {
                    end = here + character.len_utf8();
                    self.no_blank_before(blank, here)?;
                    continue;
                }
                _ => return Err(self.bad_key(here, character)),
            };
            self.at = here + 1;
            return Ok((range(start, end), ended));
        }
        self.at = self.text.len();
        Ok((range(start, end.max(start)), KeyEnd::Text))
    }

    fn no_blank_before(&self, blank: Option<usize>, here: usize) -> Result<(), Fault> {
        let Some(blank) = blank else { return Ok(()) };
        let line = self.line_end(here);
        let assigns = self.bytes[here..line].contains(&b'=');
        Err(Fault {
            at: range(blank, here),
            message: if assigns { "there is a blank inside the key" } else { "this line is no assignment" },
            help: if assigns {
                "a key is one word of letters, digits and _; write KEY=value"
            } else {
                "write KEY=value, or start a comment with #"
            },
        })
    }

    fn bad_key(&self, here: usize, character: char) -> Fault {
        let (message, help) = match character {
            '"' | '\'' => (
                "a key is never quoted, and nothing may follow a closing quote",
                "write KEY=\"value\" alone on its line",
            ),
            '+' | '?' => ("this assigns in a way that only make and shells know", "write KEY=value"),
            ';' => ("a comment starts with #, not with ;", "write # instead of ;"),
            '#' => ("there is no = before this comment", "write KEY=value, or start the line with #"),
            _ => ("this character cannot stand in a key", "a key is made of letters, digits and _; write KEY=value"),
        };
        Fault { at: range(here, here + character.len_utf8()), message, help }
    }

    fn value(&mut self, key: Range<u32>) {
        let rest = &self.text[self.at..];
        self.at += rest.find(|character| !is_blank(character)).unwrap_or(rest.len());
        match self.bytes.get(self.at) {
            Some(quote @ (b'"' | b'\'')) => self.quoted(key, *quote),
            _ => self.unquoted(key),
        }
    }

    fn unquoted(&mut self, key: Range<u32>) {
        let start = self.at;
        self.at = self.line_end(start);
        let line = &self.text[start..self.at];
        let value = match line.find('#') {
            Some(_) => line.split_once(" #").map_or(line, |(value, _)| value),
            None => line,
        };
        let value = range(start, start + value.trim_end().len());
        self.add(key, value.clone(), Content::Slice(value), true);
    }

    fn quoted(&mut self, key: Range<u32>, quote: u8) {
        let start = self.at;
        let mut escaped = false;
        let mut plain = true;
        let mut index = start + 1;
        while let Some(byte) = self.bytes.get(index) {
            match *byte {
                _ if escaped => escaped = false,
                b'\\' => {
                    escaped = true;
                    plain = false;
                }
                byte if byte == quote => break,
                _ => {}
            }
            index += 1;
        }
        if index >= self.bytes.len() {
            self.at = self.line_end(start);
            let line = range(start, start + self.text[start..self.at].trim_end().len());
            self.parsed.faults.push(Fault {
                at: line,
                message: "this quote is never closed",
                help: "close it with the same quote, or take the first one away",
            });
            return;
        }
        self.at = index + 1;
        let inner = start + 1..index;
        let content = if plain {
            Content::Slice(range(inner.start, inner.end))
        } else {
            Content::Decoded(decode(&self.text[inner], quote).into())
        };
        self.add(key, range(start, index + 1), content, quote == b'"');
    }

    fn add(&mut self, key: Range<u32>, value: Range<u32>, content: Content, may_refer: bool) {
        let text = match &content {
            Content::Slice(at) => &self.text[at.start as usize..at.end as usize],
            Content::Decoded(text) => text,
            _ => "",
        };
        if text.len() > VALUE_LIMIT {
            self.parsed.faults.push(Fault {
                at: key,
                message: "this value is longer than 1 MiB",
                help: "keep it in a file of its own and name that file here",
            });
            return;
        }
        let interpolates = may_refer && text.contains('$');
        self.parsed.entries.push(Entry { key, value, content, interpolates });
    }

    fn line_end(&self, from: usize) -> usize {
        self.text[from..].find('\n').map_or(self.text.len(), |found| from + found)
    }
}

/// Takes the escapes out of what stands between quotes.
///
/// In double quotes `\$` becomes `$$`, which interpolation later turns into a plain dollar sign.
fn decode(text: &str, quote: u8) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find('\\') {
        out.push_str(&rest[..found]);
        rest = &rest[found..];
        let (decoded, length) = escape(&rest[1..], quote);
        match decoded {
            Escape::Character(character) => out.push(character),
            Escape::Dollar => out.push_str("$$"),
            Escape::None => out.push('\\'),
            Escape::Pair => out.push_str("\\\\"),
        }
        rest = &rest[1 + length..];
    }
    out.push_str(rest);
    out
}

enum Escape {
    Character(char),
    /// A dollar sign that interpolation must leave alone.
    Dollar,
    /// The backslash stands for itself.
    None,
    /// Two backslashes stand for two.
    Pair,
}

/// What a backslash before `rest` means, and how many bytes of `rest` belong to it.
fn escape(rest: &str, quote: u8) -> (Escape, usize) {
    let Some(next) = rest.bytes().next() else { return (Escape::None, 0) };
    if next == quote {
        return (Escape::Character(char::from(quote)), 1);
    }
    if quote == b'\'' {
        return if next == b'\\' { (Escape::Pair, 1) } else { (Escape::None, 0) };
    }
    let character = match next {
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\u{b}',
        b'\\' => '\\',
        b'$' => return (Escape::Dollar, 1),
        b'0' => {
            let octal = rest.bytes().skip(1).take(3).take_while(u8::is_ascii_digit).count();
            let code = (octal == 3).then(|| u32::from_str_radix(&rest[1..4], 8).ok()).flatten();
            return match code.filter(|code| *code <= 255).and_then(char::from_u32) {
                Some(character) => (Escape::Character(character), 4),
                None => (Escape::None, 0),
            };
        }
        _ => return (Escape::None, 0),
    };
    (Escape::Character(character), 1)
}

/// compose-go's blanks: everything that is white space in Go but the newline.
fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

fn range(start: usize, end: usize) -> Range<u32> {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    offset(start)..offset(end)
}
