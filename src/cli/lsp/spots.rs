//! What stands at a place of a text, found in the text as it is now.

use std::ops::Range;

use crate::dialects::compose;
use crate::interpolation;
use crate::layer::Content;

/// What stands at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// A key.
    pub(super) key: String,
    /// Where that key stands, in bytes; what stands before a value of it otherwise.
    pub(super) range: Range<usize>,
    pub(super) role: Role,
}

/// How a key stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is set here.
    Set,
    /// Another value refers to it.
    Referred,
    /// A text names it.
    Named,
}

/// The key that is set, or referred to, at a byte of an env file.
pub(super) fn in_env(text: &str, offset: usize) -> Option<Spot> {
    let entries = compose::parse(text).entries;
    let next = entries.partition_point(|entry| entry.key.start as usize <= offset);
    let entry = entries.get(next.checked_sub(1)?)?;
    let bytes = |range: &Range<u32>| range.start as usize..range.end as usize;
    let (key, value) = (bytes(&entry.key), bytes(&entry.value));
    if offset > value.end.max(key.end) {
        return None;
    }
    if let (Content::Slice(slice), true) = (&entry.content, entry.interpolates) {
        let start = slice.start as usize;
        let found = interpolation::references(text.get(bytes(slice))?).into_iter();
        let around = |range: &Range<usize>| (start + range.start..=start + range.end).contains(&offset);
        let here = found.filter(|reference| around(&reference.range));
        if let Some(reference) = here.min_by_key(|reference| reference.range.len()) {
            let range = start + reference.range.start..start + reference.range.end;
            return Some(Spot { key: reference.name.to_owned(), range, role: Role::Referred });
        }
    }
    Some(Spot { key: text.get(key.clone())?.to_owned(), range: key, role: Role::Set })
}

/// The text between quotes at a byte of a line, as JSON and TOML have it: `"DATABASE_URL#port"` names `DATABASE_URL`.
pub(super) fn in_quotes(text: &str, offset: usize) -> Option<Spot> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..)?.lines().next()?;
    let mut open = None;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match (open, character) {
            (None, '"' | '\'') => open = Some((at + 1, character)),
            (Some((from, quote)), character) if character == quote && !escaped => {
                if (start + from - 1..=start + at + 1).contains(&offset) {
                    return named(text, start + from..start + at);
                }
                open = None;
            }
            _ => {}
        }
        escaped = character == '\\' && !escaped;
    }
    None
}

/// The word at a byte, as the key of a line of TOML.
pub(super) fn word(text: &str, offset: usize) -> Option<Spot> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    let start = text.get(..offset)?.rfind(|character| !is_part(character)).map_or(0, |at| at + 1);
    let start = (start..=offset).find(|at| text.is_char_boundary(*at))?;
    let end = text.get(offset..)?.find(|character| !is_part(character)).map_or(text.len(), |at| offset + at);
    if start == end { None } else { named(text, start..end) }
}

fn named(text: &str, range: Range<usize>) -> Option<Spot> {
    Some(Spot { key: text.get(range.clone())?.to_owned(), range, role: Role::Named })
}

#[cfg(test)]
mod tests {
    use super::{Spot, in_env, in_quotes, word};

    fn told(spot: Option<Spot>, text: &str) -> String {
        spot.map_or_else(String::new, |spot| format!("{:?} {} at {}", spot.role, spot.key, &text[spot.range]))
    }

    #[test]
    fn env_files() {
        let text = "# A\nexport PORT=1\nURL=\"http://${HOST:-${PORT}}:$PORT/\" # x\nÜ=1";
        for (at, expected) in [
            ("# A", ""),
            ("PORT=1", "Set PORT at PORT"),
            ("1\nURL", "Set PORT at PORT"),
            ("http", "Set URL at URL"),
            ("${HOST", "Referred HOST at ${HOST:-${PORT}}"),
            ("{PORT}}", "Referred PORT at ${PORT}"),
            ("$PORT/", "Referred PORT at $PORT"),
            (" # x", "Set URL at URL"),
            ("x\nÜ", ""),
        ] {
            assert_eq!(told(in_env(text, text.find(at).unwrap()), text), expected, "{at}");
        }
        assert_eq!(told(in_env("", 0), ""), "");
    }

    #[test]
    fn quoted() {
        let text = "{ \"a\\\"b\": [\"KEY#port\", 'x']\n}";
        for (at, expected) in
            [("b\\\"", ""), ("KEY", "Named KEY#port at KEY#port"), ("x'", "Named x at x"), ("{", ""), ("}", "")]
        {
            assert_eq!(told(text.find(at).and_then(|at| in_quotes(text, at)), text), expected, "{at}");
        }
        assert_eq!(told(word("must-match = 1", 3), "must-match = 1"), "Named must-match at must-match");
        assert_eq!(told(word("ü", 0), "ü"), "Named ü at ü");
        assert_eq!(told(word(" = ", 1), " = "), "");
    }
}
