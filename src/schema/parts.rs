//! `KEY#part`: one part of a value that is a URL or a data source name.

/// The parts that can be asked for.
pub const NAMES: &[&str] = &["scheme", "user", "password", "host", "port", "database", "origin"];

/// A key, and the part of its value that is meant.
#[must_use]
pub fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once('#').map_or((name, None), |(key, part)| (key, Some(part)))
}

/// The part of `value`; `None` when the value is no URL or has no such part.
///
/// A port that is not written is the scheme's usual one. User and password are percent-decoded.
#[must_use]
pub fn of(value: &str, part: &str) -> Option<String> {
    let (scheme, rest) = value.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    // A password may hold `/`, `?` or `#` by mistake: look for the user information first, from the right.
    let path_at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest[..path_at].rfind('@').or_else(|| crate::detection::url_password(value).and_then(|_| rest.rfind('@')));
    let (user_info, rest) = at.map_or((None, rest), |at| (Some(&rest[..at]), &rest[at + 1..]));
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let port_at = authority.rfind(':').filter(|at| !authority[*at..].contains(']'));
    let (host, port) = port_at.map_or((authority, None), |at| (&authority[..at], Some(&authority[at + 1..])));
    let port = port.filter(|port| !port.is_empty()).map(ToOwned::to_owned).or_else(|| usual_port(&scheme));
    let user_parts =
        user_info.map(|info| info.split_once(':').map_or((info, None), |(user, password)| (user, Some(password))));
    let present = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match part {
        "scheme" => present(&scheme),
        "user" => user_parts.and_then(|(user, _)| present(&decoded(user))),
        "password" => user_parts.and_then(|(_, password)| present(&decoded(password?))),
        "host" => present(&host.to_ascii_lowercase()),
        "port" => port,
        "database" => {
            let name = path.strip_prefix('/')?.split(['?', '#']).next()?;
            present(&decoded(name))
        }
        "origin" => {
            let host = host.to_ascii_lowercase();
            let port = port.filter(|port| usual_port(&scheme).as_ref() != Some(port));
            (!host.is_empty()).then(|| match port {
                Some(port) => format!("{scheme}://{host}:{port}"),
                None => format!("{scheme}://{host}"),
            })
        }
        _ => None,
    }
}

fn usual_port(scheme: &str) -> Option<String> {
    let port = match scheme.split('+').next()? {
        "http" | "ws" => "80",
        "https" | "wss" => "443",
        "postgres" | "postgresql" => "5432",
        "mysql" | "mariadb" => "3306",
        "redis" | "rediss" => "6379",
        "amqp" => "5672",
        "amqps" => "5671",
        "mongodb" => "27017",
        "nats" => "4222",
        _ => return None,
    };
    Some(port.to_owned())
}

/// Percent-decoding (RFC 3986 §2.1); what is no escape, or no UTF-8 afterwards, stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn parts() {
        let url = "postgresql+asyncpg://app:p%40ss@DB.example.com:6000/spark?ssl=off";
        for (value, part, expected) in [
            (url, "scheme", Some("postgresql+asyncpg")),
            (url, "user", Some("app")),
            (url, "password", Some("p@ss")),
            (url, "host", Some("db.example.com")),
            (url, "port", Some("6000")),
            (url, "database", Some("spark")),
            (url, "origin", Some("postgresql+asyncpg://db.example.com:6000")),
            ("redis://:pw@cache/0", "port", Some("6379")),
            ("redis://:pw@cache/0", "user", None),
            ("redis://:pw@cache/0", "database", Some("0")),
            ("redis://cache", "database", None),
            ("postgres://a:p/w#d@h:1/x", "password", Some("p/w#d")),
            ("postgres://a:p/w#d@h:1/x", "host", Some("h")),
            ("http://[::1]:8080/", "port", Some("8080")),
            ("http://[::1]/", "port", Some("80")),
            ("http://a:80/x", "origin", Some("http://a")),
            ("5432", "port", None),
            ("http://a", "nonsense", None),
            ("http://a%zz:b%2@h", "user", Some("a%zz")),
        ] {
            assert_eq!(of(value, part).as_deref(), expected, "{value} {part}");
        }
    }
}
