//! Passwords in what a URL asks for, and in connection strings: `?password=…`, `Server=…;Password=…`.

use std::ops::Range;

use super::names;

/// A byte that may stand in the name of a parameter.
fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

/// The first password or token that a text gives by name, as a byte range.
pub(super) fn secret(text: &str) -> Option<Range<usize>> {
    memchr::memchr(b'=', text.as_bytes())?;
    let separator = separator(text)?;
    let bytes = text.as_bytes();
    for equals in memchr::memchr_iter(b'=', bytes) {
        let mut start = equals;
        while start > 0 && (in_name(bytes[start - 1]) || bytes[start - 1] == b' ' && separator == b';') {
            start -= 1;
        }
        let begins = start == 0 || bytes[start - 1] == separator || b"?&;".contains(&bytes[start - 1]);
        let name = text[start..equals].trim();
        if !begins || !opens(name) {
            continue;
        }
        let value = value(text, equals + 1, separator);
        if counts(name, &text[value.clone()]) {
            return Some(value);
        }
    }
    None
}

/// What parts the parameters of a text; `None` for one that has none. One pair alone is an assignment in some other
/// language, so a list has at least two.
fn separator(text: &str) -> Option<u8> {
    if text.contains("://") || text.starts_with("jdbc:") {
        return Some(b'&');
    }
    let pairs =
        |sign: char| text.split(sign).filter(|part| part.trim_start().find('=').is_some_and(|at| at > 0)).count();
    match text {
        _ if text.contains(';') && pairs(';') >= 2 => Some(b';'),
        _ if text.contains('&') && pairs('&') >= 2 => Some(b'&'),
        _ if text.contains(' ') && pairs(' ') >= 2 => Some(b' '),
        _ => None,
    }
}

/// What a parameter holds, from `start` on, without the quotes around it.
fn value(text: &str, start: usize, separator: u8) -> Range<usize> {
    let rest = &text[start..];
    if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let inner = &rest[1..];
        return start + 1..start + 1 + inner.find(quote).unwrap_or(inner.len());
    }
    let ends = |byte: u8| match separator {
        // A JDBC URL of SQL Server parts its parameters with semicolons.
        b'&' => b"&;#\"' ".contains(&byte),
        separator => byte == separator,
    };
    start..start + rest.bytes().position(ends).unwrap_or(rest.len())
}

/// Whether the name of a parameter says that it opens something.
fn opens(name: &str) -> bool {
    name.eq_ignore_ascii_case("sig") || name.eq_ignore_ascii_case("signature") || names::names_secret_surely(name)
}

/// Whether what a parameter holds can be a secret: no gap to be filled in, and, unless it is a password, no short word.
fn counts(name: &str, value: &str) -> bool {
    let reference = value
        .strip_prefix('$')
        .map(within_braces)
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let shortest = if names::names_password(name) { 1 } else { 8 };
    !is_gap(value) && !reference && value.len() >= shortest
}

/// Whether something is still to be put where a value stands.
pub(super) fn is_gap(value: &str) -> bool {
    value.starts_with(['{', '<', '%', '[']) && !value.starts_with("%2") || value.starts_with("$(")
}

/// `NAME` of `{NAME}`.
fn within_braces(name: &str) -> &str {
    name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::secret;

    #[test]
    fn secrets_by_name() {
        for (text, expected) in [
            ("jdbc:postgresql://db/x?user=a&password=pw1&ssl=true", Some("pw1")),
            ("jdbc:sqlserver://db:1433;database=x;user=a;password=pw1;encrypt=true", Some("pw1")),
            ("postgresql://db/x?password=pw1", Some("pw1")),
            ("https://api/x?api_key=0a1b2c3d4e5f", Some("0a1b2c3d4e5f")),
            ("https://store/x?sv=2024&sig=abcdefgh%2Fi%3D&se=1", Some("abcdefgh%2Fi%3D")),
            ("https://api/x?token=abc", None),
            ("https://api/x?token_type=bearer-token", None),
            ("https://api/x?page=2&sort=created_at", None),
            ("Server=sql;Database=x;User Id=a;Password=pw 1!;", Some("pw 1!")),
            ("Server=sql;Password='p;w';Database=x", Some("p;w")),
            ("host=db user=a password=pw1 dbname=x", Some("pw1")),
            ("host=db user=a password='pw 1' dbname=x", Some("pw 1")),
            ("-Xmx1g -Djavax.net.ssl.trustStorePassword=pw1 -Da=b", Some("pw1")),
            ("user=a password=$DB_PASSWORD", None),
            ("user=a password=${DB_PASSWORD}", None),
            ("user=a password=${DB_PASSWORD:-pw1}", Some("${DB_PASSWORD:-pw1}")),
            ("user=a password={password}", None),
            ("https://api/x?password=<password>", None),
            ("password=pw1", None),
            ("a sentence with password = pw1 in it", None),
            ("base64==", None),
            ("", None),
        ] {
            assert_eq!(secret(text).map(|range| &text[range]), expected, "{text}");
        }
    }
}
