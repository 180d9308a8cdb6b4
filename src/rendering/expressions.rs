//! The names in a template's expressions and blocks, and what is done with them, as far as that can be read.

use std::ops::Range;

/// Words between which nothing is compared.
const BETWEEN: &[&str] = &["and", "or", "if", "elif", "else"];
/// Words that compare what stands before them, as in `A in B` and `A is eq(B)`.
const COMPARING: &[&str] = &["in", "eq", "equalto", "ne", "lt", "lessthan", "le", "gt", "greaterthan", "ge", "sameas"];

/// One part of an expression.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A word that is no member of something else; of `env` it is.
    Word(Range<usize>),
    /// A name in brackets behind `env`.
    Member(Range<usize>),
    /// Any other sign.
    Sign(u8),
}

/// The places where a name stands, outside of texts.
pub(super) fn places<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Range<usize>> + use<'t> {
    words(text).filter(move |at| text.get(at.clone()) == Some(name))
}

/// The places of all names.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> + use<> {
    let parts = tags(text).into_iter().flat_map(|tag| parts(text, tag)).collect::<Vec<_>>();
    parts.into_iter().filter_map(|part| match part {
        Part::Word(at) | Part::Member(at) => Some(at),
        Part::Sign(_) => None,
    })
}

/// The places of names that stand in brackets behind `env`.
pub(super) fn members(text: &str) -> impl Iterator<Item = Range<usize>> + use<> {
    let parts = tags(text).into_iter().flat_map(|tag| parts(text, tag)).collect::<Vec<_>>();
    parts.into_iter().filter_map(|part| if let Part::Member(at) = part { Some(at) } else { None })
}

/// The places of names that are compared with something.
pub(super) fn compared(text: &str) -> Vec<Range<usize>> {
    let is = |part: &Part, among: &[&str]| matches!(part, Part::Word(at) if text.get(at.clone()).is_some_and(|word| among.contains(&word)));
    let mut found = Vec::new();
    for tag in tags(text) {
        let parts = parts(text, tag);
        // The `in` of a loop compares nothing.
        let first = parts.iter().find(|part| matches!(part, Part::Word(_)));
        let loops = first.is_some_and(|part| is(part, &["for"]));
        for operands in parts.split(|part| is(part, BETWEEN) || *part == Part::Sign(b',')) {
            let equal = operands.windows(2).any(|pair| matches!(pair, [Part::Sign(b'=' | b'!'), Part::Sign(b'=')]));
            let compares = |part: &Part| matches!(part, Part::Sign(b'<' | b'>')) || !loops && is(part, COMPARING);
            if equal || operands.iter().any(compares) {
                found.extend(operands.iter().filter_map(|part| match part {
                    Part::Word(at) | Part::Member(at) => Some(at.clone()),
                    Part::Sign(_) => None,
                }));
            }
        }
    }
    found
}

/// What stands between `{{` and `}}` and between `{%` and `%}`.
pub(super) fn tags(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    let opens = |rest: &str| rest.as_bytes().windows(2).position(|pair| matches!(pair, b"{{" | b"{%"));
    while let Some(open) = text.get(at..).and_then(opens) {
        let start = at + open + 2;
        let close = if text.get(..start).is_some_and(|before| before.ends_with("{{")) { "}}" } else { "%}" };
        let end = text.get(start..).and_then(|rest| rest.find(close)).map_or(text.len(), |length| start + length);
        found.push(start..end);
        at = end;
    }
    found
}

pub(super) fn parts(text: &str, tag: Range<usize>) -> Vec<Part> {
    let (mut found, bytes, end) = (Vec::new(), text.as_bytes(), tag.end);
    let mut index = tag.start;
    while let Some(&byte) = bytes.get(index).filter(|_| index < end) {
        let before = text.get(tag.start..index).unwrap_or_default();
        let rest = bytes.get(index + 1..end).unwrap_or_default();
        match byte {
            b'"' | b'\'' => {
                let length = length_of_text(rest, byte);
                if before.trim_end().strip_suffix('[').is_some_and(is_env) {
                    found.push(Part::Member(index + 1..index + 1 + length));
                }
                index += length + 1;
            }
            byte if is_word(byte) => {
                let length = 1 + rest.iter().take_while(|byte| is_word(**byte)).count();
                if before.strip_suffix('.').is_none_or(is_env) && !byte.is_ascii_digit() {
                    found.push(Part::Word(index..index + length));
                }
                index += length - 1;
            }
            byte if byte.is_ascii_whitespace() => {}
            byte => found.push(Part::Sign(byte)),
        }
        index += 1;
    }
    found
}

/// Whether an expression ends with `env`.
fn is_env(before: &str) -> bool {
    let whole = |before: &str| !before.ends_with(|last: char| u8::try_from(last).is_ok_and(is_word));
    before.trim_end().strip_suffix("env").is_some_and(whole)
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How long a text is whose quote was opened before `rest`, without its last quote.
pub(super) fn length_of_text(rest: &[u8], quote: u8) -> usize {
    let mut escaped = false;
    let ends = |byte: &u8| {
        let is_escaped = std::mem::take(&mut escaped);
        escaped = !is_escaped && *byte == b'\\';
        !is_escaped && *byte == quote
    };
    rest.iter().position(ends).unwrap_or(rest.len())
}
