//! A secret in a text that somebody wrote for another program: with the escapes of that program's quotes, whatever they are.

use std::collections::BTreeSet;
use std::ops::Range;

/// What stands before a sign, or is doubled, so that it means nothing but itself.
const ESCAPES: &[u8] = b"\\'\"$%`";

/// How many of them may stand together: `'"'"'` is a single quote to a shell.
const MOST_ESCAPES: usize = 6;

/// How far a line may be indented.
const DEEPEST: usize = 64;

/// Where a secret stands in a text, as it is or escaped.
#[must_use]
pub fn places(text: &str, secret: &str) -> Vec<Range<usize>> {
    let (text, secret) = (text.as_bytes(), secret.as_bytes());
    let (mut found, mut at) = (Vec::new(), 0);
    let Some(first) = secret.first() else { return found };
    while let Some(next) = text.get(at) {
        let may_begin = next == first || matches!(next, b'\\' | b'%');
        let found_here = if may_begin { text.get(at..).and_then(|rest| length(rest, secret)) } else { None };
        match found_here {
            Some(length) => {
                found.push(at..at + length);
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// The longest that an escape stands for, in bytes.
const WIDEST: usize = 4;

/// How much of the beginning of a text spells a secret.
///
/// A sign may be one of the secret's own or escape the next one, so all ways to read it are followed at once.
fn length(text: &[u8], secret: &[u8]) -> Option<usize> {
    // Where a text may go on behind the bytes of the secret that were spelled, and behind those that an escape brings.
    let mut ends: [BTreeSet<usize>; WIDEST + 1] = Default::default();
    ends[0].insert(0);
    for (matched, wanted) in secret.iter().enumerate() {
        for end in std::mem::take(&mut ends[0]) {
            for at in beginnings(text, end, secret, matched) {
                if text.get(at) == Some(wanted) {
                    ends[1].insert(at + 1);
                }
                let left = secret.get(matched..).unwrap_or_default();
                let decoded = text.get(at..).and_then(decoded).filter(|(sign, _)| left.starts_with(sign));
                if let Some((sign, length)) = decoded {
                    ends[sign.len()].insert(at + length);
                }
            }
        }
        ends.rotate_left(1);
        if ends.iter().all(BTreeSet::is_empty) {
            return None;
        }
    }
    let end = ends[0].last()?;
    // What escapes its last sign is of no use to anybody else.
    let last = secret.last().filter(|last| ESCAPES.contains(last));
    let behind = text.get(*end..).unwrap_or_default().iter().take(MOST_ESCAPES);
    Some(end + last.map_or(0, |_| behind.take_while(|sign| ESCAPES.contains(sign)).count()))
}

/// Where the next byte of a secret may begin: behind any of the signs that escape it.
fn beginnings(text: &[u8], end: usize, secret: &[u8], matched: usize) -> impl Iterator<Item = usize> {
    let rest = text.get(end..).unwrap_or_default();
    let skips = |sign: &&u8| matched > 0 && (ESCAPES.contains(sign) || indents(secret, matched, **sign));
    let skipped =
        rest.iter().take_while(skips).take(if indents(secret, matched, b' ') { DEEPEST } else { MOST_ESCAPES });
    end..=end + skipped.count()
}

/// Whether a blank only indents the next line of a secret.
fn indents(secret: &[u8], matched: usize, next: u8) -> bool {
    matches!(next, b' ' | b'\t') && matched.checked_sub(1).and_then(|last| secret.get(last)) == Some(&b'\n')
}

/// What an escape stands for, in bytes of UTF-8, and how long it is.
fn decoded(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let digits = |from: usize, count: usize| {
        let digits = std::str::from_utf8(text.get(from..from + count)?).ok()?;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let sign =
        |code: u32, length: usize| Some((char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes().to_vec(), length));
    match text {
        [b'%', ..] => Some((vec![u8::try_from(digits(1, 2)?).ok()?], 3)),
        [b'\\', b'x', ..] => sign(digits(2, 2)?, 4),
        [b'\\', b'U', ..] => sign(digits(2, 8)?, 10),
        [b'\\', b'u', ..] => match (digits(2, 4)?, text.get(6..8), digits(8, 4)) {
            // Two halves of one sign.
            (high @ 0xd800..=0xdbff, Some(b"\\u"), Some(low @ 0xdc00..=0xdfff)) => {
                sign(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12)
            }
            (code, ..) => sign(code, 6),
        },
        [b'\\', named, ..] => {
            const NAMED: &[(u8, char)] = &[
                (b'0', '\0'),
                (b'a', '\u{7}'),
                (b'b', '\u{8}'),
                (b't', '\t'),
                (b'n', '\n'),
                (b'v', '\u{b}'),
                (b'f', '\u{c}'),
                (b'r', '\r'),
                (b'e', '\u{1b}'),
                (b's', ' '),
                (b'N', '\u{85}'),
                (b'_', '\u{a0}'),
                (b'L', '\u{2028}'),
                (b'P', '\u{2029}'),
            ];
            let of_name = NAMED.iter().find(|(name, _)| name == named).map(|(_, sign)| *sign);
            let itself = char::from(*named);
            sign(u32::from(of_name.or(itself.is_ascii_punctuation().then_some(itself))?), 2)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::places;
    use crate::quoting;

    #[test]
    fn every_escape() {
        const SECRET: &str = "Zq8\"k'L2$p%W\\9\tv\u{e9}\u{1f511}`T";
        for text in [
            SECRET.to_owned(),
            quoting::json_inside(SECRET),
            quoting::yaml_inside(SECRET),
            quoting::yaml_inside(SECRET).replace('$', "$$"),
            SECRET.replace('\'', "''").replace('$', "$$"),
            quoting::shell_inside_double(SECRET),
            quoting::shell_inside_single(SECRET),
            SECRET.replace('\'', "'\"'\"'"),
            quoting::json_inside(SECRET).replace('%', "%%").replace('$', "$$"),
            quoting::json_inside(SECRET).replace('`', "\\`").replace('$', "\\$"),
            "Zq8\\u0022k\\x27L2\\u0024p%W\\\\9\\u0009v\\u00e9\\ud83d\\udd11\\`T".to_owned(),
            "Zq8%22k%27L2%24p%25W%5C9%09v%c3%a9%F0%9F%94%91%60T".to_owned(),
        ] {
            for (before, after) in [("", ""), ("{\"s\": \"", "\"}"), ("A='", "'; B=1\n")] {
                let whole = format!("{before}{text}{after}");
                let found: Vec<_> = places(&whole, SECRET).into_iter().map(|place| whole.get(place)).collect();
                assert_eq!(found, [Some(text.as_str())], "{whole}");
            }
        }
    }

    #[test]
    fn nothing_of_it_is_left() {
        for (secret, text, expected) in [
            ("a$b$", "x: a$$b$$", "x: •"),
            ("it's'", "A='it'\\''s'\\'''", "A='•"),
            ("one\n two\n", "|\n  one\n   two\n  b", "|\n  •  b"),
            ("one\ntwo", "\"one\\ntwo\"", "\"•\""),
            ("a\\nb", "'a\\nb' \"a\\\\nb\"", "'•' \"•\""),
            ("abcd", "abc abcd dabcdd \"ab\"cd", "abc • d•d \"•"),
            ("abcd", "ab cd a-bcd", "ab cd a-bcd"),
            ("", "abc", "abc"),
        ] {
            let mut told = text.to_owned();
            for range in places(text, secret).into_iter().rev() {
                told.replace_range(range, "•");
            }
            assert_eq!(told, expected, "{secret:?} in {text:?}");
        }
    }
}
