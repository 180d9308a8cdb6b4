//! What a key's name and a value's shape tell about secrets, without a schema.

use std::ops::Range;

/// Whether a key's name says that its value is a secret: `DB_PASSWORD`, `stripeApiKey`.
#[must_use]
pub fn names_secret(key: &str) -> bool {
    let is = |list: &[&str], word: &str| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    let (mut says_so, mut public, mut before, mut last) = (false, false, "", "");
    for word in words(key) {
        let pair =
            |[first, second]: &[&str; 2]| first.eq_ignore_ascii_case(before) && second.eq_ignore_ascii_case(word);
        let key = word.eq_ignore_ascii_case("apikey") || KEYS.iter().any(pair);
        says_so |= is(SECRET, word) || ends_in_password(word) || SECRET_PAIRS.iter().any(pair) || key && !public;
        public |= is(PUBLIC, word);
        (before, last) = (word, word);
    }
    (says_so || is(SECRET_AT_THE_END, last)) && !is(ABOUT_A_SECRET, last)
}

/// Whether a value may be a secret at all: not a number, a boolean, a path, a plain URL or a handful of characters.
#[must_use]
pub fn may_be_secret(value: &str) -> bool {
    let number = value.len() < 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    let word =
        ["true", "false", "none", "null", "yes", "no", "on", "off"].iter().any(|word| value.eq_ignore_ascii_case(word));
    let path = value.starts_with(['/', '~']) || value.starts_with("./");
    let resource = value.starts_with("arn:") || value.contains("://") && url_password(value).is_none();
    value.len() >= 6 && !(number || word || path || resource)
}

/// Whether `key` may be told: a name of bearable length, not a line of a key file that was read as one.
#[must_use]
pub fn is_plausible_name(key: &str) -> bool {
    let name = key.chars().all(|character| character.is_alphanumeric() || "_-.[]".contains(character));
    let has = |is: fn(&u8) -> bool| key.as_bytes().iter().any(is);
    let blob = key.len() >= 32 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    name && !blob && key.len() <= 128 && known_token(key).is_none()
}

/// Whether a word is one of those that grew together: `PGPASSWORD`.
fn ends_in_password(word: &str) -> bool {
    const END: &[u8] = b"password";
    word.as_bytes().last_chunk::<{ END.len() }>().is_some_and(|end| end.eq_ignore_ascii_case(END))
}

/// A word that says "secret" wherever it stands.
const SECRET: &[&str] =
    &["credential", "credentials", "passphrase", "passwd", "password", "pwd", "secret", "secrets", "token"];

/// A word that says so only as the last one: `AUTH_DESCRIPTION` describes a component called auth.
const SECRET_AT_THE_END: &[&str] = &["auth", "pass", "pat", "pw", "salt"];

/// Two words that say so together, unless a word of [`PUBLIC`] stands before them.
const KEYS: &[[&str; 2]] = &[["access", "key"], ["api", "key"], ["app", "key"]];

/// Two words that say so together.
const SECRET_PAIRS: &[[&str; 2]] = &[
    ["auth", "token"],
    ["basic", "auth"],
    ["encryption", "key"],
    ["key", "base"],
    ["master", "key"],
    ["private", "key"],
    ["secret", "key"],
    ["signing", "key"],
];

/// A last word that turns the name into something about a secret: `TOKEN_TTL`, `PASSWORD_MIN_LENGTH`, `AUTH_URL`.
const ABOUT_A_SECRET: &[&str] = &[
    "algo",
    "algorithm",
    "audience",
    "backend",
    "count",
    "days",
    "dir",
    "disabled",
    "enabled",
    "endpoint",
    "expiry",
    "file",
    "header",
    "host",
    "hours",
    "id",
    "issuer",
    "length",
    "limit",
    "max",
    "method",
    "min",
    "minutes",
    "mode",
    "name",
    "path",
    "port",
    "prefix",
    "provider",
    "realm",
    "region",
    "scope",
    "scopes",
    "seconds",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "version",
];

/// A word that makes the key after it one for everybody: `PUBLIC_API_KEY`. A password stays one.
const PUBLIC: &[&str] = &["public", "publishable", "site"];

/// The words of a name: split at `_`, `-`, `.` and where camel case turns.
fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(['_', '-', '.']).filter(|part| !part.is_empty()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let turns = |pair: &[u8]| {
                (pair[0].is_ascii_lowercase() || pair[0].is_ascii_digit()) && pair[1].is_ascii_uppercase()
            };
            let end = rest.as_bytes().windows(2).position(turns).map_or(rest.len(), |at| at + 1);
            let (word, after) = rest.split_at(end);
            rest = after;
            (!word.is_empty()).then_some(word)
        })
    })
}

/// The password in a URL's user information, as a byte range: `postgres://app:HERE@db`.
#[must_use]
pub fn url_password(value: &str) -> Option<Range<usize>> {
    // A scheme holds no colon, and a byte is found faster than three.
    let colon = memchr::memchr(b':', value.as_bytes())?;
    let authority = value.get(colon..)?.starts_with("://").then_some(colon + 3)?;
    let scheme = &value[..authority - 3];
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
        return None;
    }
    let rest = &value[authority..];
    // A password may itself hold `/`, `#` or `@`, unescaped by mistake: the last `@` ends the user information.
    let at = rest.rfind('@')?;
    let colon = rest[..at].find([':', '/', '?', '#', '@']).filter(|found| rest.as_bytes()[*found] == b':')?;
    // `host:8080/path@x` has a port, `user:8080@host/x@y` a password: an `@` right behind the digits ends the user.
    let after = &rest[colon + 1..at];
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=5).contains(&digits) && after[digits..].starts_with(['/', '?', '#']) {
        return None;
    }
    let (colon, at) = (authority + colon, authority + at);
    (colon + 1 < at).then_some(colon + 1..at)
}

/// Whether a value stands where a real one is still to be put: `changeme`, `<your-key>`, `xxxx`.
#[must_use]
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    // Placeholders are short; this is asked about every value, so the common answer must come quickly.
    if value.is_empty() || value.len() > 80 {
        return false;
    }
    let starts = |start: &str| value.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start));
    let ends = |end: &str| {
        let at = value.len().checked_sub(end.len());
        at.and_then(|at| value.get(at..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
    };
    let wrapped = WRAPPED.iter().any(|(open, close)| {
        value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close)
            // A JSON list is a value.
            && !(*open == "[" && value.contains(['"', ',']))
    });
    // The first and last letters of the lists below, so that most values are looked at no further.
    let [first, last] =
        [value.bytes().next(), value.bytes().last()].map(|byte| byte.unwrap_or_default().to_ascii_lowercase());
    wrapped
        || matches!(first, b'c' | b'i' | b'r' | b'y') && STARTS.iter().any(|start| starts(start))
        || matches!(last, b'e' | b'y') && ENDS.iter().any(|end| ends(end))
        || ends("example") && value.len() >= 16
        || value.len() <= 24 && WHOLE.iter().any(|word| same_letters(value, word))
        || is_one_repeated(value)
}

const WRAPPED: &[(&str, &str)] = &[("<", ">"), ("[", "]"), ("{{", "}}"), ("%", "%"), ("__", "__")];

const STARTS: &[&str] =
    &["change-me", "change-this", "change_me", "changeme", "insert-", "replace-me", "replace_with", "your-", "your_"];

const ENDS: &[&str] = &["-here", "_here", "changeme", "change-me", "example-key"];

/// Whole values, whatever stands between their letters: `CHANGE_ME!`.
const WHOLE: &[&str] = &[
    "changeit",
    "changeme",
    "changethis",
    "dummy",
    "fillin",
    "fillme",
    "fixme",
    "insertvaluehere",
    "placeholder",
    "redacted",
    "replaceme",
    "replacethis",
    "tbd",
    "todo",
    "yourvalue",
    "yourvaluehere",
];

fn same_letters(value: &str, word: &str) -> bool {
    let letters = value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    letters.eq(word.bytes())
}

fn is_one_repeated(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 3 && b"xX*.-?".contains(&bytes[0]) && bytes.iter().all(|byte| *byte == bytes[0])
}

/// A value known from public examples, and where it is known from.
#[derive(Debug)]
pub struct Published {
    /// The value as it stands there.
    pub value: &'static str,
    /// Where anybody can read it.
    pub known_from: &'static str,
}

/// Values that everybody knows. To add one: one line, in the order of the values.
pub static PUBLISHED: &[Published] = &[
    Published { value: "!ChangeMe!", known_from: "the API Platform template" },
    Published { value: "SecretPassw0rd", known_from: "many tutorials" },
    Published { value: "admin123", known_from: "many tutorials" },
    Published { value: "automagik_pass", known_from: "the Automagik compose files" },
    Published { value: "changethis", known_from: "the FastAPI full-stack template" },
    Published { value: "devin_secret_key", known_from: "a public example" },
    Published { value: "difyai123456", known_from: "the Dify compose files" },
    Published { value: "eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0=", known_from: "the Automagik example file" },
    Published { value: "guest:guest", known_from: "RabbitMQ's default user" },
    Published { value: "minioadmin", known_from: "MinIO's default user" },
    Published { value: "namastex888", known_from: "the Automagik example file" },
    Published { value: "password123", known_from: "many tutorials" },
    Published { value: "postgres:postgres", known_from: "PostgreSQL's default user" },
    Published { value: "secretkey", known_from: "many tutorials" },
    Published { value: "spark_pass", known_from: "the Automagik Spark compose files" },
    Published { value: "spark_redis_pass", known_from: "the Automagik Spark compose files" },
    Published {
        value: "super-secret-jwt-token-with-at-least-32-characters-long",
        known_from: "the Supabase example file",
    },
    Published { value: "your-super-secret-and-long-postgres-password", known_from: "the Supabase example file" },
];

/// The published value that `value` is, or that is the password of the URL `value`.
#[must_use]
pub fn published(value: &str) -> Option<&'static Published> {
    let inside = url_password(value).map(|password| &value[password]);
    PUBLISHED.iter().find(|known| known.value == value || inside == Some(known.value))
}

/// A credential whose shape says what it is.
#[derive(Debug)]
pub struct Shape {
    /// What it is: `a GitHub token`.
    pub name: &'static str,
    prefix: &'static str,
    rest: Rest,
}

/// What follows the prefix.
#[derive(Debug)]
enum Rest {
    /// Exactly so many of these.
    Exactly(usize, Alphabet),
    /// At least so many of these.
    AtLeast(usize, Alphabet),
    /// So many letters and digits, the last six of which are a checksum of those before.
    Checksummed(usize),
}

#[derive(Debug, Clone, Copy)]
enum Alphabet {
    /// `A-Za-z0-9`
    Alphanumeric,
    /// `A-Za-z0-9_-`
    Word,
    /// `A-Z2-7`
    Base32,
    /// `0-9a-f`
    Hex,
    /// Anything printable but blanks
    Visible,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || b"_-.".contains(&byte),
            Self::Base32 => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte),
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Visible => byte.is_ascii_graphic(),
        }
    }
}

/// The credentials that are known by their shape. To add one: one line.
static SHAPES: &[Shape] = {
    use Alphabet::{Alphanumeric, Base32, Hex, Visible, Word};
    use Rest::{AtLeast, Checksummed, Exactly};
    &[
        Shape { name: "a GitHub token", prefix: "ghp_", rest: Checksummed(36) },
        Shape { name: "a GitHub token", prefix: "gho_", rest: Checksummed(36) },
        Shape { name: "a GitHub token", prefix: "ghu_", rest: Checksummed(36) },
        Shape { name: "a GitHub token", prefix: "ghr_", rest: Checksummed(36) },
        Shape { name: "a GitHub token", prefix: "ghs_", rest: AtLeast(36, Word) },
        Shape { name: "a GitHub token", prefix: "github_pat_", rest: Exactly(82, Word) },
        Shape { name: "an npm token", prefix: "npm_", rest: Checksummed(36) },
        Shape { name: "a GitLab token", prefix: "glpat-", rest: AtLeast(20, Word) },
        Shape { name: "a GitLab token", prefix: "glptt-", rest: AtLeast(20, Word) },
        Shape { name: "a GitLab token", prefix: "gldt-", rest: AtLeast(20, Word) },
        Shape { name: "a GitLab token", prefix: "glrt-", rest: AtLeast(20, Word) },
        Shape { name: "an AWS access key", prefix: "AKIA", rest: Exactly(16, Base32) },
        Shape { name: "an AWS access key", prefix: "ASIA", rest: Exactly(16, Base32) },
        Shape { name: "a Slack token", prefix: "xoxb-", rest: AtLeast(20, Word) },
        Shape { name: "a Slack token", prefix: "xoxp-", rest: AtLeast(20, Word) },
        Shape { name: "a Slack token", prefix: "xapp-", rest: AtLeast(20, Word) },
        Shape { name: "a Slack webhook", prefix: "https://hooks.slack.com/services/", rest: AtLeast(20, Visible) },
        Shape { name: "a Stripe key", prefix: "sk_live_", rest: AtLeast(16, Alphanumeric) },
        Shape { name: "a Stripe key", prefix: "rk_live_", rest: AtLeast(16, Alphanumeric) },
        Shape { name: "a Stripe webhook secret", prefix: "whsec_", rest: AtLeast(16, Visible) },
        Shape { name: "a Google API key", prefix: "AIza", rest: Exactly(35, Word) },
        Shape { name: "a SendGrid key", prefix: "SG.", rest: Exactly(66, Word) },
        Shape { name: "an OpenAI key", prefix: "sk-proj-", rest: AtLeast(20, Word) },
        Shape { name: "an OpenAI key", prefix: "sk-svcacct-", rest: AtLeast(20, Word) },
        Shape { name: "an Anthropic key", prefix: "sk-ant-", rest: AtLeast(20, Word) },
        Shape { name: "a Hugging Face token", prefix: "hf_", rest: Exactly(34, Alphanumeric) },
        Shape { name: "a DigitalOcean token", prefix: "dop_v1_", rest: Exactly(64, Hex) },
        Shape { name: "a PyPI token", prefix: "pypi-AgE", rest: AtLeast(50, Word) },
        Shape { name: "a Vault token", prefix: "hvs.", rest: AtLeast(20, Word) },
        Shape { name: "a 1Password token", prefix: "ops_eyJ", rest: AtLeast(50, Visible) },
        Shape { name: "a Grafana token", prefix: "glsa_", rest: Exactly(41, Word) },
        Shape { name: "a Databricks token", prefix: "dapi", rest: Exactly(32, Hex) },
        Shape { name: "a Shopify token", prefix: "shpat_", rest: Exactly(32, Hex) },
        Shape { name: "a Linear key", prefix: "lin_api_", rest: Exactly(40, Alphanumeric) },
        Shape { name: "a Sentry token", prefix: "sntrys_", rest: AtLeast(40, Visible) },
        Shape { name: "an age identity", prefix: "AGE-SECRET-KEY-1", rest: Exactly(58, Alphanumeric) },
        Shape { name: "a private key", prefix: "-----BEGIN ", rest: AtLeast(20, Visible) },
    ]
};

/// What credential `value` is by its shape alone; values of vendors' documentation are none.
#[must_use]
pub fn known_token(value: &str) -> Option<&'static str> {
    let first = value.as_bytes().first();
    let shape = SHAPES.iter().find(|shape| {
        if first != shape.prefix.as_bytes().first() {
            return false;
        }
        let Some(rest) = value.strip_prefix(shape.prefix) else { return false };
        match shape.rest {
            Rest::Exactly(length, alphabet) => rest.len() == length && rest.bytes().all(|byte| alphabet.has(byte)),
            Rest::AtLeast(length, Alphabet::Visible) if shape.name == "a private key" => {
                rest.len() >= length && rest.contains("PRIVATE KEY-----")
            }
            Rest::AtLeast(length, alphabet) => rest.len() >= length && rest.bytes().all(|byte| alphabet.has(byte)),
            Rest::Checksummed(length) => rest.len() == length && checksum_holds(rest),
        }
    });
    shape.filter(|_| !value.contains("EXAMPLE")).map(|shape| shape.name)
}

/// Whether the last six characters are the CRC-32 of those before, in base 62 (GitHub's and npm's token format,
/// 2021).
fn checksum_holds(rest: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for key in [
            "DB_PASSWORD",
            "API_KEY",
            "stripeApiKey",
            "JWT_SECRET",
            "SECRET_KEY_BASE",
            "GITHUB_TOKEN",
            "pw",
            "PGPASSWORD",
            "SITE_PASSWORD",
            "mysqlpassword",
            "PUBLIC_SITE_SECRET_KEY",
            "API_KEY_PUBLIC",
        ] {
            assert!(names_secret(key), "{key}");
        }
        for key in [
            "TOKEN_TTL",
            "PASSWORD_MIN_LENGTH",
            "AUTH_URL",
            "PUBLIC_API_KEY",
            "NEXT_PUBLIC_APIKEY",
            "PGPASSWORD_FILE",
            "KEYBOARD",
            "AUTHOR",
            "PASSENGER",
            "STRIPE_PUBLISHABLE_KEY",
            "AUTH_DESCRIPTION",
            "SECRET_NAME",
            "",
            "_",
        ] {
            assert!(!names_secret(key), "{key}");
        }
    }

    #[test]
    fn passwords_in_urls() {
        for (value, expected) in [
            ("postgres://app:pw@db/x", Some("pw")),
            ("redis://:pw@cache:6379/0", Some("pw")),
            ("postgresql+asyncpg://a:p@ss/w#rd@db", Some("p@ss/w#rd")),
            ("https://user@host/", None),
            ("postgres://u:12345@db/x?e=a@b", Some("12345@db/x?e=a")),
            ("postgres://u:123456/7@db", Some("123456/7")),
            ("https://host:8080/path@x", None),
            ("https://user@host:80/p@x", None),
            ("https://host/a:b@c", None),
            ("https://a:@host", None),
            ("not a url: a:b@c", None),
        ] {
            assert_eq!(url_password(value).map(|range| &value[range]), expected, "{value}");
        }
    }

    #[test]
    fn placeholders() {
        for value in
            ["changeme", "CHANGE_ME", "<your-key>", "[token]", "xxx", "***", "your-api-key", "todo", "{{ key }}"]
        {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["", "x", "[\"a\",\"b\"]", "[1,2]", "true", "https://example.com", "hunter2", "youth"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn tokens() {
        // Put together here, so that this file holds nothing that a scanner would take for a live credential.
        let github = format!("ghp_{}{}", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17");
        assert_eq!(known_token(&github), Some("a GitHub token"));
        assert_eq!(known_token(&github.replace("0mLq17", "0mLq18")), None);
        assert_eq!(known_token(&format!("AKIA{}", "Q3EGRIVG6WZZJ2QA")), Some("an AWS access key"));
        assert_eq!(known_token("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(known_token("hello"), None);
    }
}
