//! The Ruby gem dotenv, `Dotenv.parse`.
//!
//! An unquoted value ends at the first `#`. Outside single quotes a backslash vanishes in front of anything but `$`,
//! then `$(command)` is run and `$NAME` and `${NAME}` are replaced, from earlier lines first, then from the process
//! environment. A variable of the process environment keeps its value there. `export K` with nothing to export refuses
//! the whole file. Nothing is run here: what `$(command)` gives is unknown.

use std::ops::Range;

use super::families::javascript::{Pattern, matches};
use super::{Draft, Process, Reading, Text, UNKNOWN, Variable, span_of};

/// How much text the references of one file may expand to, in bytes.
const MAX_EXPANDED: usize = 32 << 20;

static PATTERN: Pattern = Pattern { key_signs: ".", quotes: "'\"", bare_keys: true, is_space };

/// Reads a file as `Dotenv.parse` does.
#[must_use]
pub fn read(bytes: &[u8], process: &Process) -> Reading {
    let file = match Text::strict(bytes) {
        Ok(file) => file.with_carriage_returns(|followed| if followed { "" } else { "\n" }),
        Err(refused) => return *refused,
    };
    let text = &*file.text;
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = text.get(mark..).unwrap_or_default();
    let outer = |range: Range<usize>| range.start + mark..range.end + mark;
    let mut draft = Draft::default();
    let mut left = MAX_EXPANDED;
    for found in matches(text, &PATTERN) {
        let key = text.get(found.key.clone()).unwrap_or_default();
        let written = found.value.clone().and_then(|range| text.get(range)).unwrap_or_default();
        let written = written.trim_matches(|character| is_space(character) || character == '\0');
        let end = found.key.end;
        let value_span = if written.is_empty() { outer(end..end) } else { outer(span_of(text, written)) };
        let value = if let Some(value) = process.get(key) {
            value.clone()
        } else if found.exported && found.value.is_none() {
            if draft.get(key).is_none() {
                return file.in_file(draft.refused("`export` of a variable that has no value", outer(found.key)));
            }
            continue;
        } else {
            match value(written, process, &draft, &mut left) {
                Some((value, executes)) => {
                    if executes {
                        draft.reading.executes.push(value_span.clone());
                    }
                    value
                }
                None => return file.in_file(draft.refused("the references expand to too much text", value_span)),
            }
        };
        draft.set(Variable::plain(key, value, outer(found.key), value_span));
    }
    file.in_file(draft.reading)
}

/// What `\s` matches in Ruby.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r')
}

/// The value, and whether Ruby would run a command for it.
fn value(written: &str, process: &Process, draft: &Draft, left: &mut usize) -> Option<(String, bool)> {
    let quote = written.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    let inner = quote.and_then(|quote| written.strip_prefix(quote)?.strip_suffix(quote));
    let quote = quote.filter(|_| inner.is_some());
    let inner = inner.unwrap_or(written);
    if quote == Some('\'') {
        return Some((inner.to_owned(), false));
    }
    let mode = "DOTENV_LINEBREAK_MODE";
    let legacy = draft.value(mode).or_else(|| process.get(mode).map(String::as_str)) == Some("legacy");
    let lines = match (quote, legacy) {
        (Some(_), true) => inner.replace("\\n", "\n").replace("\\r", "\r"),
        (Some(_), false) => inner.replace("\\n", "\\\\n").replace("\\r", "\\\\r"),
        (None, _) => inner.to_owned(),
    };
    let unescaped = unescape(&lines);
    let commands = Commands::new(&unescaped);
    let (text, executes) = commands.unescape();
    expand(&text, process, draft, left).map(|text| (text, executes))
}

/// A backslash vanishes in front of anything but `$`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\\' {
            out.push(characters.next_if(|next| *next != '$').unwrap_or('\\'));
        } else {
            out.push(character);
        }
    }
    out
}

/// The `$(…)` of a value with their parentheses in balance and none of them empty.
struct Commands<'t> {
    text: &'t str,
    /// For each `(` that closes as it should: where. In order of the opening ones.
    pairs: Vec<(usize, usize)>,
}

impl<'t> Commands<'t> {
    fn new(text: &'t str) -> Self {
        // The place of each open parenthesis, and whether an empty pair stands within it.
        let mut open: Vec<(usize, bool)> = Vec::new();
        let mut pairs = Vec::new();
        for at in memchr::memchr2_iter(b'(', b')', text.as_bytes()) {
            if text.as_bytes().get(at) == Some(&b'(') {
                open.push((at, false));
            } else if let Some((from, broken)) = open.pop() {
                let broken = broken || at == from + 1;
                if let Some((_, outer)) = open.last_mut() {
                    *outer |= broken;
                }
                if !broken {
                    pairs.push((from, at));
                }
            }
        }
        pairs.sort_unstable();
        Self { text, pairs }
    }

    fn close_of(&self, open: usize) -> Option<usize> {
        self.pairs
            .binary_search_by_key(&open, |(from, _)| *from)
            .ok()
            .and_then(|index| self.pairs.get(index))
            .map(|pair| pair.1)
    }

    /// The text with the backslash taken off `\$(…)`, and whether any other would be run.
    fn unescape(&self) -> (String, bool) {
        let (mut out, mut copied, mut executes) = (String::with_capacity(self.text.len()), 0, false);
        for (at, _) in self.text.match_indices("$(") {
            if at < copied {
                continue;
            }
            let Some(close) = self.close_of(at + 1) else { continue };
            let before = self.text.get(copied..at).unwrap_or_default();
            let escaped = before.strip_suffix('\\');
            out.push_str(escaped.unwrap_or(before));
            if escaped.is_some() {
                out.push_str(self.text.get(at..=close).unwrap_or_default());
            } else {
                executes = true;
                out.push(UNKNOWN);
            }
            copied = close + 1;
        }
        out.push_str(self.text.get(copied..).unwrap_or_default());
        (out, executes)
    }
}

/// Replaces `$NAME` and `${NAME}`; `None` when that gives more than what is `left`.
fn expand(text: &str, process: &Process, draft: &Draft, left: &mut usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        if after.starts_with('(') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        let braced = after.strip_prefix('{').unwrap_or(after);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let (name, end) = braced.split_at(braced.bytes().take_while(is_name).count());
        let end = end.strip_prefix('}').unwrap_or(end);
        let matched = after.get(..after.len() - end.len())?;
        let plain = before.strip_suffix('\\');
        out.push_str(plain.unwrap_or(before));
        if plain.is_some() || name.is_empty() {
            out.push('$');
            out.push_str(matched);
        } else {
            let value = draft.value(name).or_else(|| process.get(name).map(String::as_str)).unwrap_or_default();
            *left = left.checked_sub(value.len())?;
            out.push_str(value);
        }
        rest = end;
    }
    out.push_str(rest);
    Some(out)
}
