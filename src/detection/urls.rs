//! Passwords in URLs and connection strings, and where else a value holds a credential beside other text.

use std::ops::Range;

use super::{headers, parameters};

/// The password in a URL or connection string, as a byte range: `postgres://app:HERE@db`, `postgres://db/x?password=HERE`,
/// `Server=db;Password=HERE`. A token in what a URL asks for counts as well, and so does a credential in a header or in JSON:
/// `Bearer HERE`, `{"password":"HERE"}`.
#[must_use]
pub fn url_password(value: &str) -> Option<Range<usize>> {
    // Most values are short and have none of the signs of these, which a look at each byte finds out first.
    if !value.bytes().any(|byte| matches!(byte, b':' | b'=' | b' ' | b'%')) {
        return None;
    }
    of_user(value).or_else(|| of_oracle(value)).or_else(|| parameters::secret(value)).or_else(|| headers::secret(value))
}

/// Whether a key and its value are a URL with a password that was pasted without a key: its scheme is read as one.
#[must_use]
pub fn is_split_url(key: &str, value: &str) -> bool {
    value.starts_with("//") && url_password(&format!("{key}:{value}")).is_some()
}

/// Whether the password of a URL stands in its user information, and not among its parameters.
pub(super) fn is_in_user_information(value: &str) -> bool {
    of_user(value).or_else(|| of_oracle(value)).is_some()
}

/// What the password of [`url_password`] is told as.
#[must_use]
pub fn told_password(value: &str) -> &'static str {
    match value {
        _ if is_in_user_information(value) => "holds a password in a URL",
        _ if parameters::secret(value).is_none() && value.trim_start().starts_with(['{', '[']) => {
            "holds a secret in JSON"
        }
        _ if parameters::secret(value).is_none() && headers::is_assigned(value) => "holds a secret behind another name",
        _ if parameters::secret(value).is_none() => "holds a credential for a header",
        _ if value.contains("://") => "holds a password or token in a URL",
        _ => "holds a password in a connection string",
    }
}

/// The password in a URL's user information: `postgres://app:HERE@db`.
fn of_user(value: &str) -> Option<Range<usize>> {
    memchr::memchr(b'@', value.as_bytes())?;
    let authority = memchr::memmem::find(value.as_bytes(), b"://")? + 3;
    // One scheme may stand before another: `jdbc:mysql://`.
    let is_scheme = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let (first, more) = value[..authority - 3].split_once(':').unwrap_or((&value[..authority - 3], "jdbc"));
    // Of `host:8080://` the second one is a port.
    let is_word = |part: &str| is_scheme(part) && part.starts_with(|first: char| first.is_ascii_alphabetic());
    if !is_scheme(first) || !more.split(':').all(is_word) {
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

/// The password of a user in the form of Oracle's drivers: `jdbc:oracle:thin:app/HERE@//db:1521/x`.
fn of_oracle(value: &str) -> Option<Range<usize>> {
    let (driver, rest) = value.strip_prefix("jdbc:oracle:")?.split_once(':')?;
    if !driver.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (user, after) = rest.split_once('/')?;
    let (password, _) = after.rsplit_once('@')?;
    let start = value.len() - after.len();
    (!user.contains('@') && !password.is_empty()).then(|| start..start + password.len())
}

/// Whether a URL's password is what everybody tries first, on this machine only: `postgres:postgres@localhost`.
#[must_use]
pub fn is_local_default(value: &str) -> bool {
    let Some(password) = of_user(value) else { return false };
    let (before, after) = (&value[..password.start - 1], &value[password.end + 1..]);
    let user = before.rsplit_once("://").map_or(before, |(_, user)| user);
    let host = after.split(['/', '?', '#']).next().unwrap_or_default();
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    user == &value[password] && (matches!(host, "localhost" | "127.0.0.1") || host.starts_with("[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("jdbc:postgresql://db/x?user=a&password=pw", Some("pw")),
            ("jdbc:mysql://app:pw@db/x", Some("pw")),
            ("jdbc:mysql://app:p@ss@db/x?useSSL=true", Some("p@ss")),
            ("r2dbc:pool:postgresql://app:pw@db/x", Some("pw")),
            ("jdbc:mysql://db:3306/x", None),
            ("jdbc:mysql://app@db/x", None),
            ("host:8080://a:b@c", None),
            ("a b:mysql://a:b@c", None),
            ("jdbc:oracle:thin:app/pw@//db:1521/x", Some("pw")),
            ("jdbc:oracle:thin:app/p@w@db:1521:x", Some("p@w")),
            ("jdbc:oracle:thin:@//db:1521/x", None),
            ("jdbc:oracle:thin:/@db", None),
            ("Server=db;Database=x;Password=pw;", Some("pw")),
        ] {
            assert_eq!(url_password(value).map(|range| &value[range]), expected, "{value}");
        }
    }

    #[test]
    fn local_defaults() {
        for (value, expected) in [
            ("postgres://postgres:postgres@localhost:5432/x", true),
            ("amqp://guest:guest@127.0.0.1", true),
            ("redis://a:a@[::1]:6379/0", true),
            ("postgres://postgres:postgres@db:5432/x", false),
            ("postgres://postgres:other@localhost", false),
            ("postgres://postgres@localhost", false),
            ("postgres://postgres:postgres@localhost.example.com", false),
        ] {
            assert_eq!(is_local_default(value), expected, "{value}");
        }
    }
}
