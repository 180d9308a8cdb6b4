//! What ECMA-262 writes in a way of its own, spelled for the regex engine.

use std::borrow::Cow;

/// A pattern in which `\0`, `[\b]`, the classes `[]` and `[^]`, and characters that are written as two surrogates are spelled
/// as others write them.
pub(in crate::schema) fn spelled_out(source: &str) -> Cow<'_, str> {
    if !["\\0", "\\b", "[]", "[^]", "\\ud", "\\uD"].iter().any(|form| source.contains(form)) {
        return Cow::Borrowed(source);
    }
    let (mut out, mut rest, mut in_class) = (String::with_capacity(source.len() + 8), source, false);
    while let Some(next) = rest.chars().next() {
        let (length, spelled) = match form(rest, in_class) {
            Some((length, spelled)) => (length, spelled),
            None => {
                in_class = match next {
                    '[' => true,
                    ']' => false,
                    _ => in_class,
                };
                let escaped = rest.get(1..).and_then(|rest| rest.chars().next()).filter(|_| next == '\\');
                let length = next.len_utf8() + escaped.map_or(0, char::len_utf8);
                (length, Cow::Borrowed(rest.get(..length).unwrap_or(rest)))
            }
        };
        out.push_str(&spelled);
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// The form that a text begins with: its length in bytes, and how it is spelled.
fn form(rest: &str, in_class: bool) -> Option<(usize, Cow<'static, str>)> {
    let is_digit = |at: usize| rest.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    if rest.starts_with("\\0") && !is_digit(2) {
        return Some((2, "\\x00".into()));
    }
    if in_class {
        return rest.starts_with("\\b").then(|| (2, "\\x08".into())).or_else(|| surrogates(rest));
    }
    if rest.starts_with("[]") {
        // Nothing at all.
        return Some((2, "[^\\s\\S]".into()));
    }
    if rest.starts_with("[^]") {
        return Some((3, "[\\s\\S]".into()));
    }
    surrogates(rest)
}

/// `\ud83d\ude00`, two halves of one character.
fn surrogates(rest: &str) -> Option<(usize, Cow<'static, str>)> {
    let half = |at: usize| {
        let digits = rest.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let character = char::decode_utf16([half(0)?, half(6)?]).next()?.ok()?;
    let is_pair = character.len_utf16() == 2;
    is_pair.then(|| (12, format!("\\u{{{:X}}}", u32::from(character)).into()))
}

#[cfg(test)]
mod tests {
    use super::spelled_out;
    use crate::schema::pattern::Pattern;

    #[test]
    fn forms_of_ecma_262() {
        for (source, matching, other) in [
            (r"^a\0$", "a\0", "a0"),
            (r"^[\b]$", "\u{8}", "b"),
            (r"\bx", "a x", "ax"),
            (r"^(a|[])$", "a", ""),
            (r"^[^]$", "\n", ""),
            (r"^\ud83d\ude00$", "\u{1f600}", "x"),
            (r"^[\uD83D\uDE00a]$", "\u{1f600}", "x"),
            (r"^\\0$", r"\0", "\0"),
            (r"^\[]$", "[]", "["),
        ] {
            let pattern = Pattern::new(source).unwrap();
            assert!(pattern.is_match(matching) && !pattern.is_match(other), "{source} {}", spelled_out(source));
        }
        for source in [r"\ud83d", r"\ude00\ud83d", "(", r"\00"] {
            assert!(Pattern::new(source).is_err(), "{source}");
        }
    }
}
