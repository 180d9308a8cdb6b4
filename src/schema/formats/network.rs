//! Formats of hosts, ports and URLs.

use std::net::{IpAddr, Ipv6Addr};

use crate::schema::parts::Url;

/// A TCP or UDP port: 1 to 65535, decimal, no sign and no leading zero (RFC 6335 §6).
pub(super) fn is_port(text: &str) -> bool {
    let is_plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && text.parse::<u16>().is_ok()
}

/// A host to connect to: an IP address, or a name of letters, digits, `-` and `_` between dots, each at most 63
/// long and the whole at most 253 (RFC 1123 §2.1; `_` because the names of containers and services have it).
pub(super) fn is_host(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || is_name(text)
}

/// An IP address of one kind, with or without the length of its prefix: `10.0.0.0/8` (RFC 4632 §3.1).
pub(super) fn is_network(text: &str, is_kind: fn(&IpAddr) -> bool) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let is_length = |length: &str| {
        let most = if address.is_ipv4() { 32 } else { 128 };
        // Python takes the mask itself, too.
        let mask = length.parse::<IpAddr>().is_ok_and(|mask| mask.is_ipv4() == address.is_ipv4());
        mask || length.bytes().all(|byte| byte.is_ascii_digit()) && length.parse::<u8>().is_ok_and(|bits| bits <= most)
    };
    is_kind(&address) && length.is_none_or(is_length)
}

fn is_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len())
            && label.bytes().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits only is a broken IPv4 address (WHATWG URL §3.5).
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253 && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number)
}

/// What a server listens on: an IP address, a host name or `*`, with or without `:port`; `:port` alone.
pub(super) fn is_bind_address(text: &str) -> bool {
    if text == "*" || is_host(text) {
        return true;
    }
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_address = match bracketed {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.is_empty() || host == "*" || !host.contains(':') && is_host(host),
    };
    is_address && is_port(port)
}

/// A URL with the scheme `http` or `https` and a host (RFC 9110 §4.2).
pub(super) fn is_http_url(text: &str) -> bool {
    is_web_url(text, &["http", "https"])
}

/// A URL with the scheme `https` and a host (RFC 9110 §4.2.2).
pub(super) fn is_https_url(text: &str) -> bool {
    is_web_url(text, &["https"])
}

fn is_web_url(text: &str, schemes: &[&str]) -> bool {
    let Ok(uri) = fluent_uri::Uri::parse(text) else { return false };
    let is_scheme = schemes.iter().any(|scheme| uri.scheme().as_str().eq_ignore_ascii_case(scheme));
    let authority = uri.authority();
    is_scheme
        && authority.is_some_and(|authority| {
            is_url_host(authority.host()) && has_port_or_none(authority.port().map(fluent_uri::pct_enc::EStr::as_str))
        })
}

fn is_url_host(host: &str) -> bool {
    host.starts_with('[') || is_host(host)
}

fn has_port_or_none(port: Option<&str>) -> bool {
    port.is_none_or(is_port)
}

/// The address of a service: `scheme://[user[:password]@]host[:port][/path]`, or `scheme:///path` for a file.
/// Odd characters in the password are forgiven, white space is not.
pub(super) fn is_dsn(text: &str) -> bool {
    Url::read(text).is_some_and(|url| {
        let has_target = !url.host.is_empty() || url.path.len() > 1;
        has_target && are_hosts(&url)
    })
}

/// Whether each of the comma-separated hosts is one.
fn are_hosts(url: &Url<'_>) -> bool {
    if url.host.is_empty() {
        return url.port.is_none();
    }
    url.host.split(',').all(|host| {
        let address = host.strip_prefix('[').and_then(|host| host.split_once(']'));
        let (host, port) = match address {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => {
                return has_port_or_none(port.strip_prefix(':'));
            }
            Some(_) => return false,
            None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
        };
        is_host(host) && has_port_or_none(port)
    }) && has_port_or_none(url.port)
}

/// A PostgreSQL connection URI: `postgres://` or `postgresql://`, a driver after `+` allowed, several hosts allowed,
/// no host only with `?host=` (PostgreSQL manual, 34.1.1.2).
pub(super) fn is_postgres_url(text: &str) -> bool {
    let Some(url) = Url::read(text) else { return false };
    let query = url.tail.split('#').next().unwrap_or_default();
    let names_host = query.trim_start_matches('?').split('&').any(|pair| pair.starts_with("host="));
    let has_host = if url.host.is_empty() { names_host } else { true };
    url.kind() == "postgresql" && has_host && are_hosts(&url) && url.path.matches('/').count() <= 1
}

/// A Redis URL: `redis://` or `rediss://`, a host, at most a database number as path (IANA `redis` scheme).
pub(super) fn is_redis_url(text: &str) -> bool {
    let Some(url) = Url::read(text) else { return false };
    let database = url.path.strip_prefix('/').unwrap_or_default();
    let is_scheme = ["redis", "rediss"].iter().any(|scheme| url.scheme.eq_ignore_ascii_case(scheme));
    let is_number = database.is_empty() || database.bytes().all(|byte| byte.is_ascii_digit());
    is_scheme && !url.host.is_empty() && are_hosts(&url) && is_number
}

/// An origin as browsers send it: `http` or `https`, a host, at most a port; no path, not even `/` (RFC 6454 §6.2).
pub(super) fn is_origin(text: &str) -> bool {
    Url::read(text).is_some_and(|url| {
        is_http_url(text) && url.user.is_none() && url.path.is_empty() && url.tail.is_empty() && !url.host.contains(',')
    })
}
