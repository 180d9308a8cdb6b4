//! Credentials in what is handed over as headers of HTTP, and in JSON: `Authorization: Bearer …`, `{"password": "…"}`.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::{memchr_iter, memchr2, memchr2_iter};

use super::{names, parameters, values};

/// The first credential that a text hands over so, as a byte range.
pub(super) fn secret(text: &str) -> Option<Range<usize>> {
    // Whether any blank is there at all is asked first: this is asked of every value.
    let by_scheme = || memchr2(b' ', b'%', text.as_bytes()).and_then(|_| by_scheme(text));
    by_scheme().or_else(|| by_name(text)).or_else(|| assigned(text))
}

/// Whether what [`secret`] finds stands behind a name and `=`, and in no header.
pub(super) fn is_assigned(text: &str) -> bool {
    by_scheme(text).or_else(|| by_name(text)).is_none() && assigned(text).is_some()
}

/// What an assignment within a value sets: a line that lost its end (`8080DB_PASSWORD=…`), or arguments (`-e DB_PASSWORD=…`).
fn assigned(text: &str) -> Option<Range<usize>> {
    const SHORTEST: usize = 6;
    memchr_iter(b'=', text.as_bytes()).find_map(|at| {
        let before = &text[..at];
        let start = at - run_back(before, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        let name = before[start..].trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '_');
        // What a URL hands over is looked at as that.
        let in_url = before[..at - name.len()].ends_with(['?', '&', '$', '{']);
        if in_url || !name.contains('_') || !names::names_secret_surely(name) {
            return None;
        }
        let value =
            at + 1..at + 1 + run(&text[at + 1..], |byte| byte.is_ascii_graphic() && !b",;\"'&{}$".contains(&byte));
        let text = &text[value.clone()];
        let counts = super::is_secret_by_name(name, text) && !values::is_spoken(text) && !parameters::is_gap(text);
        (text.len() >= SHORTEST && counts).then_some(value)
    })
}

/// What follows the name of a scheme (RFC 7235), in headers that were written into a URL as well: `Bearer%20…`.
fn by_scheme(text: &str) -> Option<Range<usize>> {
    let blanks = memchr_iter(b' ', text.as_bytes()).map(|at| (at, at + 1));
    let written = memchr_iter(b'%', text.as_bytes()).map(|at| (at, at + 3));
    let written = written.filter(|(at, end)| text.get(*at..*end) == Some("%20"));
    blanks.chain(written).find_map(|(end, start)| {
        let before = &text[..end];
        let scheme = before.rsplit(|sign: char| !sign.is_ascii_alphanumeric()).next().unwrap_or_default();
        let is_credential: fn(&str) -> bool = match scheme {
            _ if scheme.eq_ignore_ascii_case("bearer") => is_opaque,
            _ if scheme.eq_ignore_ascii_case("basic") => names_a_password,
            _ => return None,
        };
        let range =
            start..start + run(&text[start..], |byte| byte.is_ascii_alphanumeric() || b"-._~+/=%".contains(&byte));
        is_credential(&text[range.clone()]).then_some(range)
    })
}

/// What follows a name that says so, as the value of a header (`x-api-key: …`) or a member in JSON.
fn by_name(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    memchr2_iter(b':', b'=', bytes).find_map(|at| {
        let before = text[..at].trim_end_matches(' ');
        let is_member = bytes[at] == b':' && before.ends_with('"');
        let before = if is_member { &before[..before.len() - 1] } else { before };
        let start = before.len() - run_back(before, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let (name, begins) = (&before[start..], before[..start].bytes().next_back());
        let says = || name.eq_ignore_ascii_case("authorization") || names::names_secret_surely(name);
        if name.is_empty() || !begins.is_none_or(|byte| b",;{\"' \n".contains(&byte)) || !says() {
            return None;
        }
        let rest = text[at + 1..].trim_start_matches(' ');
        let from = text.len() - rest.len();
        if is_member {
            let value = from + 1..from + 1 + run(rest.strip_prefix('"')?, |byte| !b"\"\\".contains(&byte));
            let text = &text[value.clone()];
            // Words in a file of settings name where a secret is kept, or the way to prove who one is.
            let counts = super::is_secret_by_name(name, text) && !values::is_spoken(text) && !parameters::is_gap(text);
            return counts.then_some(value);
        }
        let value = from..from + run(rest, |byte| byte.is_ascii_graphic() && !b",;\"'&{}".contains(&byte));
        super::looks_like_a_key("KEY", &text[value.clone()]).then_some(value)
    })
}

/// How many bytes at the beginning of a text are such ones.
fn run(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// How many at its end.
fn run_back(text: &str, is: impl Fn(u8) -> bool) -> usize {
    text.bytes().rev().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// Whether a text is what nobody can guess, as opposed to words about a scheme.
fn is_opaque(text: &str) -> bool {
    const SHORTEST: usize = 16;
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    text.len() >= SHORTEST
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !values::is_spoken(text)
        && values::entropy(text) >= 3.0
}

/// Whether a text is the Base64 of a user with a password (RFC 7617) that is more than the user's name, as in many a manual.
fn names_a_password(text: &str) -> bool {
    let unfilled = text.replace("%3D", "=");
    let decoded = STANDARD_NO_PAD.decode(unfilled.trim_end_matches('=')).ok().map(zeroize::Zeroizing::new);
    let Some(decoded) = decoded.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return false };
    let told = ["open sesame", "pass", "password", "secret"];
    decoded.split_once(':').is_some_and(|(user, password)| {
        !password.is_empty()
            && password != user
            && !told.contains(&password)
            && !super::stands_in_for_a_secret(password)
    })
}

#[cfg(test)]
mod tests {
    use super::secret;

    #[test]
    fn credentials_in_headers_and_json() {
        let token = format!("{}{}", "q7RfT2mLx9KcV4bN", "z8WpYs3HdGj6AeUo");
        for (text, expected) in [
            (format!("Bearer {token}"), Some(token.as_str())),
            (format!("authorization=Bearer%20{token}"), Some(&token)),
            (format!("authorization=bearer {token},x-tenant=a"), Some(&token)),
            (format!("x-api-key: {token}"), Some(&token)),
            (format!("x-tenant=a,api-key={token}"), Some(&token)),
            (format!("Authorization: {token}"), Some(&token)),
            ("Basic YWRtaW46VHIwdWI0ZG9yMw==".into(), Some("YWRtaW46VHIwdWI0ZG9yMw==")),
            ("Basic YWRtaW46YWRtaW4=".into(), None),
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".into(), None),
            ("Basic authentication".into(), None),
            ("Bearer".into(), None),
            ("Bearer token authentication".into(), None),
            ("Bearer ${API_TOKEN}".into(), None),
            ("8883DB_PASSWORD=Tr0ub4dor-and-3".into(), Some("Tr0ub4dor-and-3")),
            (format!("postgresql://app@db/appAPI_KEY={token}"), Some(&token)),
            ("run -e DB_PASSWORD=Tr0ub4dor-and-3 --all".into(), Some("Tr0ub4dor-and-3")),
            ("run -e DB_PASSWORD=${DB_PASSWORD} -e A_B=c".into(), None),
            ("DB_PASSWORD=changeme".into(), None),
            ("8080LOG_LEVEL=verbose-and-long".into(), None),
            ("https://a/b?API_KEY=".into(), None),
            ("a bearer of bad-news-from-2024".into(), None),
            ("x-request-id: 4f1c2b7a-93d5-4e0b-8a6f-1c2d3e4f5a6b".into(), None),
            ("x-api-key: see the page on keys".into(), None),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/App/database-AbCdEf".into(), None),
            ("secret:production/application/database".into(), None),
            (r#"{"user":"a","password": "7drHilZO0fkX"}"#.into(), Some("7drHilZO0fkX")),
            (r#"{"db":{"clientSecret":"7drHilZO0fkX"}}"#.into(), Some("7drHilZO0fkX")),
            (r#"{"password":"","token_url":"https://a/b","tokenTtl":"3600s-then-more"}"#.into(), None),
            (r#"{"type":"password","label":"Password"}"#.into(), None),
            (
                r#"{"auth":"keycloak","secret":"from-vault","token":"%{token}e","clientSecretRef":"App7Secrets"}"#
                    .into(),
                None,
            ),
            (r#"{"DB_PASSWORD":"projects/acme/secrets/db-password/versions/latest"}"#.into(), None),
            ("https://example.com/a".into(), None),
            ("\u{fc}: \u{fc}=\u{fc} %20".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(secret(&text).map(|range| &text[range]), expected, "{text}");
        }
    }
}
