//! What of a text that somebody typed must not be repeated, also where a key was cut off or is in small letters.

use std::ops::Range;

use super::tokens::{Certainty, token};

/// How identities begin, in capitals.
const BEGINNINGS: &[&str] = &["AGE-SECRET-KEY-", "AGE-PLUGIN-"];

/// Whether a text has a private key in it, or a part of one.
#[must_use]
pub fn has_private_key(text: &str) -> bool {
    private_key(text).is_some()
}

/// The first private key, or known token, in a text; also a part of a key.
#[must_use]
pub fn credential(text: &str) -> Option<Range<usize>> {
    let token = token(text).filter(|token| token.certainty == Certainty::Certain).map(|token| token.range);
    private_key(text).into_iter().chain(token).min_by_key(|range| range.start)
}

fn private_key(text: &str) -> Option<Range<usize>> {
    // Capitals of ASCII take as many bytes as small letters, so places stay the same.
    let upper = text.to_ascii_uppercase();
    let identity = BEGINNINGS.iter().filter_map(|begins| {
        let from = upper.find(begins)?;
        let rest = &upper[from + begins.len()..];
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
        // Messages tell how an identity begins. A plugin's own name stands before the `1`, and its program is called much
        // the same.
        let is_key = length > 4 && (*begins != "AGE-PLUGIN-" || rest[..length].contains("-1"));
        is_key.then_some(from..from + begins.len() + length)
    });
    let pem = upper.find("-----BEGIN ").filter(|from| upper[*from..].contains("PRIVATE KEY"));
    identity.chain(pem.map(|from| from..text.len())).min_by_key(|range| range.start)
}

#[cfg(test)]
mod tests {
    use super::{credential, has_private_key};

    #[test]
    fn parts_of_keys() {
        for (text, expected) in [
            ("AGE-SECRET-KEY-1TES4", Some("AGE-SECRET-KEY-1TES4")),
            ("'age-secret-key-1tes4' x", Some("age-secret-key-1tes4")),
            ("a AGE-SECRET-KEY-PQ-1ABC, b", Some("AGE-SECRET-KEY-PQ-1ABC")),
            ("AGE-PLUGIN-YUBIKEY-1QQPQ", Some("AGE-PLUGIN-YUBIKEY-1QQPQ")),
            ("x -----BEGIN OPENSSH PRIVATE KEY-----\nabc", Some("-----BEGIN OPENSSH PRIVATE KEY-----\nabc")),
            ("age-plugin-yubikey", None),
            ("age1xyz", None),
            ("one begins with AGE-SECRET-KEY-1, as", None),
            ("\u{fc}", None),
        ] {
            assert_eq!(credential(text).map(|range| &text[range]), expected, "{text}");
            assert_eq!(has_private_key(text), expected.is_some(), "{text}");
        }
    }
}
