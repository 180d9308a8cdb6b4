//! Credentials whose shape says what they are, wherever in a text they stand.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::shapes::Alphabet::{Alphanumeric, Base64, Bech32, Hex, Word};
use super::shapes::Rest::{AtLeast, Behind, Checksummed, Exactly, Identity, JsonWebToken, Parts, PrivateKey};
use super::shapes::{Alphabet, SHAPES, Shape};

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is: `a GitHub token`.
    pub name: &'static str,
    /// How much it counts.
    pub certainty: Certainty,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// How much a shape counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It opens nothing: a JSON web token without a signature.
    Harmless,
    /// It is often given out on purpose, or opens a test account only.
    Likely,
    /// It opens something.
    Certain,
}

/// No credential is shorter, in bytes.
const SHORTEST: usize = 16;

/// What credential stands in `value` by its shape alone; values of vendors' documentation are none.
#[must_use]
pub fn known_token(value: &str) -> Option<&'static str> {
    token(value).map(|token| token.name)
}

/// For each byte that begins a prefix, the bytes that follow it there, as a set of their lowest five bits: this turns down
/// nearly every place in a text.
static BEGINS: [u32; 256] = {
    let mut begins = [0; 256];
    let mut at = 0;
    while at < SHAPES.len() {
        let prefix = SHAPES[at].prefix.as_bytes();
        begins[prefix[0] as usize] |= 1 << (prefix[1] & 31);
        at += 1;
    }
    begins
};

/// The first credential in `text` that opens something, else the first that may.
#[must_use]
pub fn token(text: &str) -> Option<Token> {
    if text.len() < SHORTEST {
        return None;
    }
    let bytes = text.as_bytes();
    let mut best: Option<Token> = None;
    let mut before = b' ';
    for (start, first) in bytes.iter().enumerate() {
        // A credential begins where a word does; only a colon or a hyphen may stand within one.
        let second = bytes.get(start + 1).copied().unwrap_or_default();
        if BEGINS[usize::from(*first)] & 1 << (second & 31) == 0 {
            before = *first;
            continue;
        }
        let begins = !before.is_ascii_alphanumeric() && !b"_-".contains(&before) || *first == b':' || *first == b'-';
        before = *first;
        if !begins || bytes.len() - start < SHORTEST && *first != b'-' {
            continue;
        }
        // Every prefix is ASCII, so a byte that begins one is the beginning of a character.
        let Some(rest) = text.get(start..) else { continue };
        let found = SHAPES.iter().filter(|shape| shape.prefix.as_bytes()[..2] == [*first, second]);
        let found = found.filter_map(|shape| shape.fits(text, start, rest)).max_by_key(|token| token.certainty);
        if let Some(token) = found
            && best.as_ref().is_none_or(|best| token.certainty > best.certainty)
        {
            best = Some(token);
        }
    }
    best
}

impl Shape {
    fn fits(&self, text: &str, start: usize, rest: &str) -> Option<Token> {
        let rest = rest.strip_prefix(self.prefix)?;
        let (length, certainty) = self.measure(rest)?;
        let from = text.len() - rest.len();
        let begins = start - before(self.prefix, &text[..start])?;
        let own = if begins < start { &text[begins..from + length] } else { &rest[..length] };
        (!is_made_up(own)).then(|| Token { name: self.name, certainty, range: begins..from + length })
    }

    /// How much of `rest` belongs to the credential, and how much it counts.
    fn measure(&self, rest: &str) -> Option<(usize, Certainty)> {
        let run = |alphabet: Alphabet| rest.bytes().take_while(|byte| alphabet.has(*byte)).count();
        let length = match &self.rest {
            Exactly(length, alphabet) => Some(*length).filter(|length| run(*alphabet) == *length),
            AtLeast(length, alphabet) => Some(run(*alphabet)).filter(|found| found >= length),
            Behind(mark, least, alphabet) => {
                const LONGEST: usize = 64;
                let host = rest.bytes().take(LONGEST).take_while(|byte| Word.has(*byte) || *byte == b'/').count();
                let from = rest[..host].find(mark).map(|at| at + mark.len());
                let found = |from| rest.bytes().skip(from).take_while(|byte| alphabet.has(*byte)).count();
                from.map(|from| (from, found(from)))
                    .filter(|(_, found)| found >= least)
                    .map(|(from, found)| from + found)
            }
            Checksummed(length) => {
                Some(*length).filter(|length| run(Alphanumeric) == *length && checksum_holds(&rest[..*length]))
            }
            Parts(first, between, second, alphabet) => {
                let all = first + between.len() + second;
                let part = |text: Option<&str>| text.is_some_and(|text| text.bytes().all(|byte| alphabet.has(byte)));
                let apart = rest.get(*first..).is_some_and(|rest| rest.starts_with(between));
                let ends = rest.as_bytes().get(all).is_none_or(|byte| !Word.has(*byte));
                let whole = apart && part(rest.get(..*first)) && part(rest.get(first + between.len()..all)) && ends;
                whole.then_some(all)
            }
            Identity(shortest) => {
                let length = rest.bytes().take_while(|byte| Bech32.has(*byte) || *byte == b'-').count();
                Some(length)
                    .filter(|length| length >= shortest && is_bech32(&format!("{}{}", self.prefix, &rest[..*length])))
            }
            PrivateKey => {
                let line = rest.get(..rest.len().min(64)).unwrap_or(rest);
                let line = line.split('\n').next().unwrap_or(line);
                let ends = ["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"];
                let length = ends.iter().find_map(|end| line.find(end).map(|at| at + end.len()));
                length.filter(|length| rest.len() > length + 16)
            }
            JsonWebToken => return json_web_token(rest),
        };
        Some((length?, self.certainty))
    }
}

/// The credentials in a text of any kind, such as a program, whose shape leaves no doubt there: two letters and a dot
/// begin much else, and a JSON web token is most often one of a test.
#[must_use]
pub fn undoubted(text: &str) -> Vec<Token> {
    let (mut found, mut from) = (Vec::new(), 0);
    // What is no credential of these may stand before one that is, so the lines are asked one by one; a key in PEM goes on.
    for line in text.split_inclusive('\n') {
        let start = from;
        from += line.len();
        let rest = if line.contains("-----BEGIN ") { &text[start..some_way_behind(text, from)] } else { line };
        let Some(token) = token(rest).filter(|token| token.certainty == Certainty::Certain) else { continue };
        let is_key = || holds_key(&rest[token.range.end..]);
        let sure = match token.name {
            "a JSON web token" => false,
            "a private key" => token.range.start < line.len() && is_key(),
            "a Vault token" => !rest[token.range.clone()].starts_with("s."),
            // Much has a key by a hash.
            "a Mailgun key" => line.to_ascii_lowercase().contains("mailgun"),
            _ => true,
        };
        if sure {
            found.push(Token { range: start + token.range.start..start + token.range.end, ..token });
        }
    }
    found
}

/// A place behind `at` that is far enough away for the beginning of a key, and no further, however long the text is.
fn some_way_behind(text: &str, at: usize) -> usize {
    let wanted = at + 1000;
    (wanted..text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len())
}

/// Whether Base64 follows the first line of a key in PEM, on lines of its own or behind line ends that are spelled out.
fn holds_key(rest: &str) -> bool {
    const LEAST: usize = 40;
    let rest = rest.get(..rest.len().min(400)).unwrap_or(rest);
    let lines = rest.split("\\n").flat_map(|part| part.split(['\n', '\r', '"', '\'', ' ']));
    lines.into_iter().any(|line| line.len() >= LEAST && line.bytes().all(|byte| Base64.has(byte)))
}

/// Whether a text in the place of a key is one of documentation: `EXAMPLE`, `xxxx`, letters in their order.
fn is_made_up(text: &str) -> bool {
    // Among them the account key of every Azurite, which its makers publish.
    const SIGNS: &[&str] = &[
        "12345678",
        "abcdefgh",
        "changeme",
        "dummy",
        "eby8vdm02xnocqflquwjp",
        "example",
        "placeholder",
        "redacted",
        "xxxx",
        "your",
    ];
    let lower = text.to_ascii_lowercase();
    let mut seen = [false; 256];
    text.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    SIGNS.iter().any(|sign| lower.contains(sign)) || seen.iter().filter(|seen| **seen).count() < 6
}

/// How much of the text before a prefix belongs to the credential: the number of a bot, or the key that names its data
/// centre at its end; `None` where that is missing.
fn before(prefix: &str, text: &str) -> Option<usize> {
    let run = |is: fn(&u8) -> bool| text.bytes().rev().take_while(is).count();
    match prefix {
        ":A" => Some(run(u8::is_ascii_digit)).filter(|digits| (8..=12).contains(digits)),
        "-us" => Some(run(|byte| Hex.has(*byte))).filter(|digits| *digits == 32),
        _ => Some(0),
    }
}

/// Three parts in Base64, the first of which is JSON that names an algorithm. One that needs no signature opens
/// nothing, and what Supabase makes for browsers is meant to be seen. Whether it is expired only a clock could say.
fn json_web_token(rest: &str) -> Option<(usize, Certainty)> {
    let length = rest.bytes().take_while(|byte| Word.has(*byte)).count();
    let mut parts = rest[..length].split('.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some_and(|more| !more.is_empty()) || !payload.starts_with("ey") {
        return None;
    }
    let json = |part: &str| serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let header = json(&format!("ey{header}"))?;
    let algorithm = header.get("alg")?.as_str()?;
    let says = |name: &str, text: &str| json(payload)?.get(name)?.as_str().map(|found| found.starts_with(text));
    match (algorithm, signature.len()) {
        ("none", _) => Some((length, Certainty::Harmless)),
        _ if says("role", "anon") == Some(true) && says("iss", "supabase") == Some(true) => None,
        (_, 16..) => Some((length, Certainty::Certain)),
        _ => None,
    }
}

/// Whether the last six characters are the CRC-32 of those before, in base 62 (GitHub's and npm's token format,
/// 2021).
fn checksum_holds(rest: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let (body, checksum) = rest.split_at(rest.len() - 6);
    let mut crc = crc32(body.as_bytes());
    let mut expected = [b'0'; 6];
    for digit in expected.iter_mut().rev() {
        *digit = DIGITS[(crc % 62) as usize];
        crc /= 62;
    }
    checksum.as_bytes() == expected
}

/// CRC-32 as in IEEE 802.3, bit by bit: it is taken of thirty bytes and only when a prefix matches.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Whether a text is Bech32 with the right checksum (BIP 173), of any length.
fn is_bech32(text: &str) -> bool {
    const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let lower = text.to_ascii_lowercase();
    let Some((prefix, data)) = lower.rsplit_once('1') else { return false };
    let data: Option<Vec<u8>> = data
        .bytes()
        .map(|byte| DIGITS.iter().position(|digit| *digit == byte).and_then(|at| u8::try_from(at).ok()))
        .collect();
    let Some(data) = data.filter(|data| data.len() >= 6) else { return false };
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let checksum = high.chain([0]).chain(low).chain(data).fold(1u32, |checksum, value| {
        let top = checksum >> 25;
        let next = (checksum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATOR
            .iter()
            .enumerate()
            .fold(next, |next, (bit, generator)| if top >> bit & 1 == 1 { next ^ generator } else { next })
    });
    checksum == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        use age::secrecy::ExposeSecret;
        // Put together here, so that this file holds nothing that a scanner would take for a live credential.
        let github = format!("ghp_{}{}", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17");
        let aws = format!("AKIA{}", "Q3EGRIVG6WZZJ2QA");
        let telegram = format!("{}:A{}", "110201543", "AHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0");
        let identity = age::x25519::Identity::generate().to_string().expose_secret().to_owned();
        let unsigned = format!("ey{}.eyJzdWIiOiJhIn0.", &URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#)[2..]);
        let signed = format!(
            "ey{}.eyJzdWIiOiJhIn0.{}",
            &URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#)[2..],
            "Q7a-9xTb_2LpZ".repeat(3)
        );
        let of_role = |role: &str| {
            let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"supabase","role":"{role}"}}"#));
            signed.replace("eyJzdWIiOiJhIn0", &payload)
        };
        for (text, expected) in [
            (of_role("anon"), None),
            (of_role("service_role"), Some(("a JSON web token", 0..115))),
            (
                format!("https://corp.webhook.office.com/webhookb2/{}", "41d37321-a5e4/".repeat(5)),
                Some(("a Teams webhook", 13..112)),
            ),
            (
                format!("https://discord.com/api/webhooks/{}", "q7RfT2mLx9KcV4bNz8Wp".repeat(4)),
                Some(("a Discord webhook", 8..113)),
            ),
            (
                format!("https://canary.discordapp.com/api/v10/webhooks/{}", "q7RfT2mLx9KcV4bNz8Wp".repeat(4)),
                Some(("a Discord webhook", 15..127)),
            ),
            (format!("https://discord.com/api/webhooks/{}", "q7RfT2mLx9".repeat(4)), None),
            (format!("discord \u{fc}/webhooks/{}", "q7RfT2mLx9KcV4bNz8Wp".repeat(4)), None),
            (format!("FlyV1 fm2_{}", "q7RfT2mLx9KcV4bNz8Wp".repeat(3)), Some(("a Fly.io token", 6..70))),
            (format!("sq0atp-{}", "q7RfT2mLx9KcV4bNz8WpYs"), Some(("a Square token", 0..29))),
            (github.clone(), Some(("a GitHub token", 0..40))),
            (format!("Bearer {github}, see there"), Some(("a GitHub token", 7..47))),
            (format!("https://x:{github}@host/"), Some(("a GitHub token", 10..50))),
            (github.replace("0mLq17", "0mLq18"), None),
            (format!("x{github}"), None),
            (format!("{github}x"), None),
            (aws, Some(("an AWS access key", 0..20))),
            ("AKIAIOSFODNN7EXAMPLE".into(), None),
            (telegram, Some(("a Telegram token", 0..45))),
            (identity.clone(), Some(("an age identity", 0..74))),
            (format!("# {identity} # sparkcfg"), Some(("an age identity", 2..76))),
            (identity.replace(&identity[20..21], if &identity[20..21] == "Q" { "P" } else { "Q" }), None),
            (unsigned, Some(("a JSON web token", 0..36))),
            (signed, Some(("a JSON web token", 0..76))),
            ("eyebrow.eyelid.eyelash-and-more".into(), None),
            (format!("-----BEGIN RSA {}-----\\nMIIEowIBAAKCAQEA", "PRIVATE KEY"), Some(("a private key", 0..31))),
            ("-----BEGIN PUBLIC KEY-----\\nMIIEowIBAAKCAQEA".into(), None),
            ("glpat-xxxxxxxxxxxxxxxxxxxx".into(), None),
            ("sk-proj-your-key-goes-here-please".into(), None),
            (format!("{}-us14", "0123456789abcdef".repeat(2)), None),
            (format!("{}-us14", "3f786850e387550fdab836ed7e6dc881"), Some(("a Mailchimp key", 0..37))),
            (format!("x {}-us14, y", "3f786850e387550fdab836ed7e6dc881"), Some(("a Mailchimp key", 2..39))),
            ("region-us14".into(), None),
            (
                format!("-----BEGIN PGP {}-----\n\nlQOYBF0AAAABCADk", "PRIVATE KEY BLOCK"),
                Some(("a private key", 0..37)),
            ),
            (format!("GOCSPX-{}", "q7RfT2mLx9KcV4bNz8WpYs3HdGj6"), Some(("a Google client secret", 0..35))),
            ("hello".into(), None),
            ("a sentence of some length, with nothing in it".into(), None),
            ("\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}:A\u{fc}\u{fc}".into(), None),
        ] {
            let found = token(&text).map(|token| (token.name, token.range));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn in_texts_of_any_kind() {
        let github = format!("ghp_{}{}", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17");
        let body = "MIIEowIBAAKCAQEA1x2y3z4w5v6u7t8s9r0qABCDEFabcdef";
        let pem = |body: &str| format!("-----BEGIN RSA {}-----\n{body}\n-----END RSA\n", "PRIVATE KEY");
        for (text, expected) in [
            (format!("let a = \"{github}\";\n// {github}\n"), vec![(9, 49), (55, 95)]),
            (format!("a\n{}", pem(body)), vec![(2, 33)]),
            (pem(body).replace('\n', "\\n"), vec![(0, 31)]),
            (pem("…"), vec![]),
            (format!("MAILGUN='key-{}'\n", "3f786850e387550fdab836ed7e6dc881"), vec![(9, 45)]),
            (format!("ETAG='key-{}'\n", "3f786850e387550fdab836ed7e6dc881"), vec![]),
            ("a = s.dangerouslySetInnerHTML1; s.abcdefghijklmnopqrstuvwx\n".into(), vec![]),
            (String::new(), vec![]),
        ] {
            let found: Vec<_> =
                undoubted(&text).into_iter().map(|token| (token.range.start, token.range.end)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
