//! How programs spell a text: in Base64 and hexadecimal, as part of a URL, escaped as in JSON, beside a dump of its bytes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::SHORTEST;

/// Shorter spellings in Base64 are not looked for, in bytes.
const SHORTEST_BASE64: usize = 6;

/// As JSON writes it within a string: with and without `\\/`, and in ASCII alone.
pub(super) fn in_json(text: &str) -> [String; 3] {
    let quoted = serde_json::Value::from(text).to_string();
    let escaped = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted);
    let escaped = if text.starts_with('"') { format!("\\\"{}", &escaped[2..]) } else { escaped.to_owned() };
    let mut ascii = String::new();
    for character in escaped.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            let units = &mut [0; 2];
            ascii.extend(character.encode_utf16(units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    [escaped.replace('/', "\\/"), ascii, escaped]
}

/// Beside its bytes in a dump, where a dot stands for each one that is not printable; not if hardly more than dots were left.
pub(super) fn beside_a_dump(text: &str) -> Option<String> {
    let is_shown = |byte: &u8| matches!(byte, b' '..=b'~');
    let shown = text.bytes().map(|byte| if is_shown(&byte) { char::from(byte) } else { '.' });
    (text.bytes().filter(is_shown).count() >= SHORTEST).then(|| shown.collect())
}

/// Within a URL: only what is never reserved stands as it is; or as browsers and forms write it.
pub(super) fn in_urls(text: &str) -> Vec<String> {
    let encode = |kept: &[u8], digits: &[u8; 16]| {
        let mut out = String::with_capacity(text.len() * 3);
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push('%');
                out.extend(hexadecimal(byte, digits));
            }
        }
        out
    };
    let kept: [&[u8]; 4] = [b"-._~", b"-._~!'()*", b"-._~/", b"-._*"];
    let encoded = kept.iter().flat_map(|kept| [encode(kept, UPPER), encode(kept, LOWER)]);
    encoded.flat_map(|text| [text.replace("%20", "+"), text]).collect()
}

/// In small and in capital digits.
pub(super) fn in_hexadecimal(text: &str) -> [String; 2] {
    [LOWER, UPPER].map(|digits| text.bytes().flat_map(|byte| hexadecimal(byte, digits)).collect())
}

const LOWER: &[u8; 16] = b"0123456789abcdef";

const UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn hexadecimal(byte: u8, digits: &[u8; 16]) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| char::from(digits[usize::from(digit)]))
}

/// Alone, and as a part of something longer, where it may begin at each third of a group.
pub(super) fn in_base64(bytes: &[u8]) -> Vec<String> {
    if bytes.len() < SHORTEST_BASE64 {
        return vec![STANDARD.encode(bytes), URL_SAFE.encode(bytes)];
    }
    let mut found = Vec::new();
    for before in 0..3 {
        let padded = [&[0; 2][..before], bytes].concat();
        // A digit that other bytes have a share in is none of the secret's own.
        let from = [0, 2, 3][before];
        let shared = usize::from(!padded.len().is_multiple_of(3));
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            // As it is before other bytes, and as it is at the end.
            found.extend(
                [text.len() - shared, text.len()].iter().filter_map(|to| text.get(from..*to)).map(ToOwned::to_owned),
            );
        }
        found.extend(
            [STANDARD.encode(&padded), URL_SAFE.encode(&padded)]
                .iter()
                .filter_map(|text| text.get(from..))
                .map(ToOwned::to_owned),
        );
    }
    found
}

/// `%40` is `@`; what is no such escape stays.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
