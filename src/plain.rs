//! Edits of opened dotenv text: between a sealed file that was opened and the one that takes its place.
//!
//! The text is the compose dialect's, and each value stays on one line, because SOPS knows nothing of quotes.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::layer::{Content, Parse};
use crate::secret::Secret;

/// Whether `key` can be a variable's name: a letter or `_`, then letters, digits, `_`, `.` and `-`.
///
/// Narrower than what dialects accept, because a piece of a multi-line secret that was sealed line by line stands in
/// the file as a key in plain sight, and must not be taken for a name.
#[must_use]
pub fn is_name(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// The text with `key` set to `value`: in the key's place, the last one if it stands there twice, or else at the end.
///
/// `None` if `key` is no name (see [`is_name`]) or `value` has a NUL byte, which no environment variable can hold.
#[must_use]
pub fn set(text: &Secret, key: &str, value: &Secret, parse: Parse) -> Option<Secret> {
    put(text, key, &spelled(value)?, parse)
}

/// The same with a value that is spelled already, as [`spelled`] does it; `None` if `key` is no name.
#[must_use]
pub fn put(text: &Secret, key: &str, spelled: &Secret, parse: Parse) -> Option<Secret> {
    put_all(text, &[(key, spelled)], parse)
}

/// The same for many keys, in one go; of a key that is named twice the last value counts.
#[must_use]
pub fn put_all(text: &Secret, values: &[(&str, &Secret)], parse: Parse) -> Option<Secret> {
    let text = Some(text.expose()).filter(|_| values.iter().all(|(key, _)| is_name(key)))?;
    let (entries, _) = parse(text);
    let known: HashMap<_, _> = entries.iter().map(|entry| (slice(text, &entry.key), entry)).collect();
    let last: HashMap<_, _> = values.iter().enumerate().map(|(index, (key, _))| (*key, index)).collect();
    let (mut changes, mut new) = (Vec::new(), Vec::new());
    for (index, (key, spelled)) in values.iter().enumerate().filter(|(index, (key, _))| last[key] == *index) {
        let Some(entry) = known.get(key) else {
            new.push((index, *key, *spelled));
            continue;
        };
        let (at, start) = if matches!(entry.content, Content::Inherited) {
            (entry.key.end..entry.key.end, "=")
        } else {
            // Blanks around a value, and a comment behind it, are a part of the value for SOPS.
            let between = slice(text, &(entry.key.end..entry.value.start));
            let start = if between.starts_with('=') { entry.key.end + 1 } else { entry.value.start };
            (start..line_end(text, entry.value.end), "")
        };
        changes.push((at, Piece::from([start, spelled.expose()].concat()), index));
    }
    changes.sort_by_key(|(at, ..)| at.start);
    let mut in_place: Vec<(Range<u32>, Piece)> = Vec::with_capacity(changes.len() + new.len());
    for (at, piece, index) in changes {
        // What stood behind another value on its line went with that.
        if in_place.last().is_some_and(|(before, _)| at.start < before.end) {
            new.push((index, values[index].0, values[index].1));
        } else {
            in_place.push((at, piece));
        }
    }
    new.sort_by_key(|(index, ..)| *index);
    let end = offset(text.len());
    let mut is_open = !text.is_empty() && !text.ends_with('\n');
    for (_, key, spelled) in new {
        let line = [if is_open { "\n" } else { "" }, key, "=", spelled.expose(), "\n"].concat();
        in_place.push((end..end, line.into()));
        is_open = false;
    }
    Some(replaced(text, &in_place))
}

/// The text without the lines of `key`; `None` if it has none.
#[must_use]
pub fn unset(text: &Secret, key: &str, parse: Parse) -> Option<Secret> {
    unset_all(text, &[key], parse)
}

/// The text without the lines of any of `keys`; `None` if it has none.
#[must_use]
pub fn unset_all(text: &Secret, keys: &[impl AsRef<str>], parse: Parse) -> Option<Secret> {
    let text = text.expose();
    let (entries, _) = parse(text);
    let keys: HashSet<_> = keys.iter().map(AsRef::as_ref).collect();
    let lines = entries.iter().filter(|entry| keys.contains(slice(text, &entry.key))).map(|entry| {
        let start = text.get(..entry.key.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let rest = text.get(entry.value.end as usize..).unwrap_or_default();
        let end = rest.find('\n').map_or(text.len(), |at| entry.value.end as usize + at + 1);
        (offset(start)..offset(end), Piece::default())
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() { None } else { Some(replaced(text, &lines)) }
}

/// The text with every value on one line: line ends within quotes become `\n`.
#[must_use]
pub fn on_single_lines(text: &Secret, parse: Parse) -> Secret {
    let text = text.expose();
    let (entries, _) = parse(text);
    let long = entries.iter().filter_map(|entry| {
        let written = slice(text, &entry.value);
        if !written.contains('\n') {
            return None;
        }
        let content = match &entry.content {
            Content::Slice(range) => slice(text, range),
            Content::Decoded(content) => content,
            _ => return None,
        };
        let joined = if written.starts_with('"') { joined(written) } else { in_double_quotes(content) };
        Some((entry.value.clone(), joined.into()))
    });
    replaced(text, &long.collect::<Vec<_>>())
}

/// `value` as the compose dialect reads it back, references and escapes included, on one line; `None` if it cannot be.
#[must_use]
pub fn spelled(value: &Secret) -> Option<Secret> {
    let value = value.expose();
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte);
    let text = if value.contains('\0') {
        return None;
    } else if value.bytes().all(bare) {
        value.to_owned()
    } else if value.contains(['\'', '\\', '\n', '\r']) {
        in_double_quotes(value)
    } else {
        let mut text = String::with_capacity(value.len() + 2);
        text.extend(["'", value, "'"]);
        text
    };
    Some(Secret::new(text))
}

/// Whether a value, as written, refers to others: `$NAME` or `${…}` outside of single quotes.
#[must_use]
pub fn refers(written: &str) -> bool {
    let mut rest = written.bytes().peekable();
    while let Some(byte) = rest.next() {
        let next = rest.peek().copied();
        match byte {
            // Nothing is meant by the sign that follows one of these.
            b'\\' | b'$' if next == Some(b'$') => {
                rest.next();
            }
            b'$' if next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, b'_' | b'{')) => {
                return !written.starts_with('\'');
            }
            _ => {}
        }
    }
    false
}

fn in_double_quotes(value: &str) -> String {
    let mut text = String::with_capacity(2 * value.len() + 2);
    text.push('"');
    for character in value.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '"' | '\\' | '$' => text.extend(['\\', character]),
            _ => text.push(character),
        }
    }
    text.push('"');
    text
}

/// A value in double quotes, its line ends spelled out and all else as it stands.
fn joined(written: &str) -> String {
    let mut text = String::with_capacity(2 * written.len());
    let mut escapes = false;
    for character in written.chars() {
        match character {
            // A backslash before a line end stands for itself; before `\n` it would not.
            '\n' if escapes => text.push_str("\\\\n"),
            '\n' => text.push_str("\\n"),
            _ => text.push(character),
        }
        escapes = character == '\\' && !escapes;
    }
    text
}

/// A part of a new text, wiped on drop.
type Piece = zeroize::Zeroizing<String>;

/// Replaces ranges, given in order.
fn replaced(text: &str, changes: &[(Range<u32>, Piece)]) -> Secret {
    // Sized beforehand, so that no outgrown buffer keeps a copy of the secrets.
    let size = text.len() + changes.iter().map(|(_, piece)| piece.len()).sum::<usize>();
    let mut edited = String::with_capacity(size);
    let mut at = 0;
    for (range, piece) in changes {
        edited.push_str(slice(text, &(at..range.start)));
        edited.push_str(piece);
        at = range.end.max(at);
    }
    edited.push_str(slice(text, &(at..offset(text.len()))));
    Secret::new(edited)
}

/// The end of the line that `at` lies in.
fn line_end(text: &str, at: u32) -> u32 {
    let rest = text.get(at as usize..).unwrap_or_default();
    rest.find('\n').map_or_else(|| offset(text.len()), |end| at + offset(end))
}

fn slice<'a>(text: &'a str, range: &Range<u32>) -> &'a str {
    text.get(range.start as usize..range.end as usize).unwrap_or_default()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Entry, Fault};

    /// Lines `KEY=value`, `KEY='value'`, `KEY="value"`, the quoted ones over several lines, and `KEY`.
    fn parse(text: &str) -> (Vec<Entry>, Vec<Fault>) {
        let (mut entries, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let line_end = text[at..].find('\n').map_or(text.len(), |found| at + found);
            let line = &text[at..line_end];
            let key_end = at + line.find('=').unwrap_or(line.len());
            let start = (key_end + 1).min(line_end);
            let quote = text[start..line_end].chars().next().filter(|first| "'\"".contains(*first));
            let close = quote.and_then(|quote| text[start + 1..].find(quote)).map(|found| start + found + 2);
            let end = close.unwrap_or(line_end);
            let inset = u32::from(close.is_some());
            if !line.is_empty() && !line.starts_with('#') {
                let slice = Content::Slice(offset(start) + inset..offset(end) - inset);
                let content = if key_end == line_end { Content::Inherited } else { slice };
                let (key, value) = (offset(at)..offset(key_end), offset(start)..offset(end));
                entries.push(Entry { key, value, content, interpolates: quote != Some('\'') });
            }
            at = text[end..].find('\n').map_or(text.len(), |found| end + found + 1);
        }
        (entries, Vec::new())
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn spellings() {
        for (value, expected) in [
            ("", Some("")),
            ("postgres://u:p@db:5432/app", Some("postgres://u:p@db:5432/app")),
            ("two words", Some("'two words'")),
            ("pa$$w0rd#1", Some("'pa$$w0rd#1'")),
            ("a\"b", Some("'a\"b'")),
            ("it's $5", Some("\"it's \\$5\"")),
            ("C:\\new", Some("\"C:\\\\new\"")),
            ("-----BEGIN\nx\n", Some("\"-----BEGIN\\nx\\n\"")),
            ("a\r\nb", Some("\"a\\r\\nb\"")),
            ("a\0b", None),
        ] {
            assert_eq!(spelled(&secret(value)).as_ref().map(Secret::expose), expected, "{value}");
        }
    }

    #[test]
    fn references() {
        for (written, expected) in [
            ("a$B", true),
            ("\"${A:-b}\"", true),
            ("'$A'", false),
            ("a$$b", false),
            ("a\\$b", false),
            ("$$$A", true),
            ("5$", false),
            ("$1", false),
        ] {
            assert_eq!(refers(written), expected, "{written}");
        }
    }

    #[test]
    fn keys_are_set_in_place() {
        for (text, key, value, expected) in [
            ("", "A", "1", "A=1\n"),
            ("B=2", "A", "1", "B=2\nA=1\n"),
            ("# c\nA=1\nB=2\n", "A", "9 9", "# c\nA='9 9'\nB=2\n"),
            ("A='x\ny' # c\nB=2\n", "A", "1", "A=1\nB=2\n"),
            ("A= x # y\nB=2\n", "A", "1", "A=1\nB=2\n"),
            ("A=1\nA=2\n", "A", "3", "A=1\nA=3\n"),
            ("A\nB=2\n", "A", "1", "A=1\nB=2\n"),
            ("AB=1\n", "A", "1", "AB=1\nA=1\n"),
        ] {
            let changed = set(&secret(text), key, &secret(value), parse).unwrap();
            assert_eq!(changed.expose(), expected, "{text}");
        }
    }

    #[test]
    fn many_at_once_are_as_one_after_the_other() {
        let (one, two, three) = (secret("1"), secret("'2 2'"), secret("3"));
        for text in ["", "B=x", "# c\nA=9 # y\nB=8\n", "C=1\nA\nA='x\ny'\n", "A=\"x\" B=2\nB=4\n"] {
            for values in [
                &[("A", &one), ("B", &two)][..],
                &[("B", &one), ("D", &two), ("A", &three)],
                &[("A", &one), ("A", &three)],
            ] {
                let each =
                    values.iter().fold(secret(text), |text, (key, value)| put(&text, key, value, parse).unwrap());
                assert_eq!(put_all(&secret(text), values, parse).unwrap().expose(), each.expose(), "{text}");
            }
        }
        assert!(put_all(&secret("A=1\n"), &[("B", &one), ("A B", &two)], parse).is_none());
        assert_eq!(unset_all(&secret("A=1\nB=2\nC=3\n"), &["C", "A", "D"], parse).unwrap().expose(), "B=2\n");
        assert!(unset_all(&secret("A=1\n"), &["D"], parse).is_none());
    }

    #[test]
    fn what_cannot_be_set() {
        for (key, value) in [("A B", "1"), ("A\nB", "1"), ("", "1"), ("A", "a\0b")] {
            assert!(set(&secret("A=1\n"), key, &secret(value), parse).is_none(), "{key}");
        }
    }

    #[test]
    fn keys_are_removed() {
        for (text, expected) in [
            ("A=1\nB=2\n", Some("B=2\n")),
            ("# c\nB=2\nA='x\ny' # c\nC=3", Some("# c\nB=2\nC=3")),
            ("A=1\nB=2\nA=3", Some("B=2\n")),
            ("AB=1\n", None),
        ] {
            assert_eq!(unset(&secret(text), "A", parse).as_ref().map(Secret::expose), expected, "{text}");
        }
    }

    #[test]
    fn values_come_to_one_line() {
        for (text, expected) in [
            ("A=1\nB='x'\n", "A=1\nB='x'\n"),
            ("A=\"x\ny $Z\"\nB=2\n", "A=\"x\\ny $Z\"\nB=2\n"),
            ("A='it\n$x \\'\nB=2\n", "A=\"it\\n\\$x \\\\\"\nB=2\n"),
            ("A=\"x\\\ny\"\n", "A=\"x\\\\\\ny\"\n"),
            ("A=\"x\\\\\ny\"\n", "A=\"x\\\\\\ny\"\n"),
        ] {
            assert_eq!(on_single_lines(&secret(text), parse).expose(), expected, "{text}");
        }
    }

    #[test]
    fn names() {
        for (key, expected) in [
            ("A", true),
            ("_a.B-9", true),
            ("", false),
            ("9A", false),
            ("A B", false),
            ("export A", false),
            ("Ä", false),
        ] {
            assert_eq!(is_name(key), expected, "{key}");
        }
    }
}
