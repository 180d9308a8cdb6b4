//! What stands where a secret, or any real value, is still to be put.

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
    let wrapped = || {
        let wrapped = WRAPPED.iter().any(|(open, close)| {
            value.len() > open.len() + close.len() && value.starts_with(open) && value.ends_with(close)
                // A JSON list is a value, and so is an address.
                && !(*open == "[" && (value.contains(['"', ',']) || is_address(&value[1..value.len() - 1])))
        });
        wrapped || is_in_braces(value)
    };
    // The first and last letters of the lists below, so that most values are looked at no further.
    let [first, last] =
        [value.bytes().next(), value.bytes().last()].map(|byte| byte.unwrap_or_default().to_ascii_lowercase());
    matches!(first, b'<' | b'[' | b'{' | b'%' | b'_') && wrapped()
        || matches!(first, b'c' | b'i' | b'r' | b'y') && STARTS.iter().any(|start| starts(start))
        || matches!(last, b'e' | b'y') && ENDS.iter().any(|end| ends(end))
        || last == b'e' && ends("example") && value.len() >= 16
        || value.len() <= 24 && is_whole(value)
        || is_one_repeated(value)
}

/// Whether a text is an IPv6 address, with a zone or without (RFC 4007 §11): `[::1]`, `[fe80::1%eth0]`.
fn is_address(text: &str) -> bool {
    let address = text.split_once('%').map_or(text, |(address, _)| address);
    address.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Whether words stand in braces, which is no JSON: `{random-string}`.
fn is_in_braces(value: &str) -> bool {
    let inner = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|text| {
        text.bytes().any(|byte| byte.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphabetic() || b" -_".contains(&byte))
    })
}

/// Whether a URL leads to a host that is still to be put, or has a gap to be filled: `https://changeme/api`,
/// `https://<your-host>`.
#[must_use]
pub fn leads_to_a_placeholder(value: &str) -> bool {
    // A byte is found faster than three, and most values have none of it.
    let mut colons = memchr::memchr_iter(b':', value.as_bytes());
    let Some(rest) = colons.find_map(|colon| value[colon..].strip_prefix("://")) else { return false };
    let gap = rest.split_once('<').is_some_and(|(_, after)| after.contains('>'));
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    // `[::1]` is an address.
    gap || !host.starts_with('[') && is_placeholder(host)
}

/// Whether a value in the place of a secret is none: a placeholder, or a word that says so itself.
#[must_use]
pub fn stands_in_for_a_secret(value: &str) -> bool {
    const LONGEST: usize = 100;
    let value = value.trim();
    if is_placeholder(value) {
        return true;
    }
    if value.len() > LONGEST {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    lower.len() <= 16 && NONE.iter().any(|word| same_letters(&lower, word))
        || MINE.iter().any(|start| lower.starts_with(start))
        || says_what_belongs_there(&lower)
        || SIGNS.iter().any(|sign| lower.contains(sign))
        || is_crossed_out(value)
        || TOLD.iter().any(|word| lower.starts_with(word) || lower.ends_with(word))
        || is_repeated(&lower)
        || lower.split_once('<').is_some_and(|(_, rest)| rest.contains('>'))
}

/// Whole values that are no secret.
const NONE: &[&str] = &[
    "dummy",
    "example",
    "fake",
    "nil",
    "none",
    "null",
    "placeholder",
    "redacted",
    "sample",
    "test",
    "testing",
    "undefined",
    "unset",
];

/// How values begin that name what should stand there.
const MINE: &[&str] = &[
    "add ",
    "enter ",
    "fake-",
    "fake_",
    "insert ",
    "insert-",
    "insert_",
    "you-must",
    "you-should",
    "your ",
    "your-",
    "your_",
];

/// How values begin that may name what should stand there, if no other words follow than those that do: `my-secret-key`, but
/// not `my_dog_rex_1990`.
const OURS: &[&str] = &["add-", "add_", "enter-", "enter_", "insert", "my ", "my-", "my_", "your"];

/// The words with which people name what should stand there.
const NAMED: &[&str] = &[
    "a",
    "access",
    "account",
    "admin",
    "an",
    "and",
    "api",
    "apikey",
    "app",
    "application",
    "auth",
    "aws",
    "base64",
    "bucket",
    "client",
    "code",
    "cookie",
    "credential",
    "credentials",
    "custom",
    "database",
    "db",
    "default",
    "dev",
    "development",
    "domain",
    "email",
    "encryption",
    "github",
    "google",
    "goes",
    "hash",
    "here",
    "host",
    "id",
    "in",
    "instance",
    "is",
    "jwt",
    "key",
    "long",
    "master",
    "mongo",
    "mysql",
    "name",
    "new",
    "now",
    "of",
    "one",
    "openai",
    "own",
    "pass",
    "passphrase",
    "password",
    "postgres",
    "private",
    "prod",
    "project",
    "public",
    "pw",
    "random",
    "real",
    "redis",
    "root",
    "salt",
    "secret",
    "secure",
    "server",
    "service",
    "session",
    "should",
    "signing",
    "site",
    "slack",
    "smtp",
    "some",
    "staging",
    "string",
    "stripe",
    "strong",
    "super",
    "test",
    "that",
    "the",
    "this",
    "to",
    "token",
    "unique",
    "url",
    "user",
    "username",
    "value",
    "very",
    "webhook",
    "website",
    "with",
];

/// Whether a value, in small letters, begins with one of [`OURS`] and goes on with words of [`NAMED`] alone.
fn says_what_belongs_there(lower: &str) -> bool {
    OURS.iter().any(|start| {
        let Some(rest) = lower.strip_prefix(start) else { return false };
        let rest = rest.trim_end_matches(['!', '.']);
        let words = rest.split(['-', '_', ' ', '.']).filter(|word| !word.is_empty());
        !rest.is_empty() && words.into_iter().all(|word| NAMED.contains(&word) || is_two_of(word))
    })
}

/// Whether a word is two of [`NAMED`] without anything between: `secretkey`.
fn is_two_of(word: &str) -> bool {
    NAMED.iter().any(|first| word.strip_prefix(first).is_some_and(|second| NAMED.contains(&second)))
}

/// Whether a run of three or more `x` of one case makes up a word, or most of the value: `sk-xxx`, `AKIAXXXXXXXX`.
fn is_crossed_out(value: &str) -> bool {
    let is_run =
        |word: &str| word.len() >= 3 && ["x", "X"].iter().any(|x| word.bytes().all(|byte| byte == x.as_bytes()[0]));
    let longest = |x: char| value.split(|sign| sign != x).map(str::len).max().unwrap_or_default();
    let run = longest('x').max(longest('X'));
    run >= 3 && (run * 2 >= value.len() || value.split(|sign: char| !sign.is_ascii_alphanumeric()).any(is_run))
}

/// What no secret has in it.
const SIGNS: &[&str] = &[
    "***",
    "...",
    "be-changed",
    "be_changed",
    "bechanged",
    "change-me",
    "change-this",
    "change_me",
    "changeme",
    "changethis",
    "fixme",
    "redacted",
    "replace-",
    "replace_",
    "replaceme",
    "somerandomstring",
    "user_provided",
    "your-",
    "your_",
];

/// How values begin or end that are told in documentation.
const TOLD: &[&str] = &["dummy", "example", "examplekey", "placeholder", "sample"];

/// Whether a value is one character over and over.
fn is_repeated(value: &str) -> bool {
    value.len() >= 3 && value.bytes().all(|byte| byte == value.as_bytes()[0])
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

/// With which letters they begin, as a set of the lowest five bits: this turns down most values.
static WHOLE_BEGIN: u32 = {
    let (mut begin, mut at) = (0, 0);
    while at < WHOLE.len() {
        begin |= 1 << (WHOLE[at].as_bytes()[0] & 31);
        at += 1;
    }
    begin
};

fn is_whole(value: &str) -> bool {
    let first = value.bytes().find(u8::is_ascii_alphanumeric).unwrap_or_default();
    first.is_ascii_alphabetic()
        && WHOLE_BEGIN & 1 << (first & 31) != 0
        && WHOLE.iter().any(|word| word.as_bytes()[0] == first.to_ascii_lowercase() && same_letters(value, word))
}

fn same_letters(value: &str, word: &str) -> bool {
    let letters = value.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    letters.eq(word.bytes())
}

fn is_one_repeated(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 3 && b"xX*.-?".contains(&bytes[0]) && bytes.iter().all(|byte| *byte == bytes[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_in_urls() {
        for (value, expected) in [
            ("https://changeme/api", true),
            ("https://<your-host>", true),
            ("https://<your-host>:7860/", true),
            ("https://api.example.com/<id>", true),
            ("postgres://app:secret@your-host.example/app", true),
            ("https://example.com", false),
            ("https://{{ host }}/", true),
            ("http://[::1]:8080/", false),
            ("changeme", false),
        ] {
            assert_eq!(leads_to_a_placeholder(value), expected, "{value}");
        }
    }

    #[test]
    fn placeholders() {
        for value in
            ["changeme", "CHANGE_ME", "<your-key>", "[token]", "xxx", "***", "your-api-key", "todo", "{{ key }}"]
        {
            assert!(is_placeholder(value), "{value}");
        }
        for value in [
            "",
            "x",
            "[\"a\",\"b\"]",
            "[1,2]",
            "[::]",
            "[fe80::1%eth0]",
            "true",
            "https://example.com",
            "hunter2",
            "youth",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn what_stands_in() {
        for value in [
            "xxx",
            "sk-xxx",
            "XXXX-XXXX",
            "AKIAXXXXXXXXXXXX",
            "xoxb-xxxx-1234",
            "my-secret-key",
            "my_password",
            "your-256-bit-secret",
            "yourpassword",
            "your secret",
            "YourApiKey",
            "insert-key",
            "add your key here",
            "add-your-key",
            "you-should-change-this",
            "enter_password",
        ] {
            assert!(stands_in_for_a_secret(value), "{value}");
        }
        for value in [
            "q7RxXxmLx9KcV4bN",
            "foxxxy-9lady",
            "my_dog_rex_1990",
            "mysecretkey",
            "myrtle-beach-77",
            "yourock!92x",
            "you-rock-92",
            "addendum7-x",
            "entertain-us-91",
            "insertion9k",
        ] {
            assert!(!stands_in_for_a_secret(value), "{value}");
        }
    }
}
