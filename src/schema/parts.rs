//! The parts of a URL or DSN that rules compare: `DATABASE_URL#port`.
//!
//! Reading is by RFC 3986, but forgives what people write into passwords: `/`, `#`, `?` and `@` need not be escaped
//! as long as a host can still be made out.

use std::borrow::Cow;

/// What `KEY#part` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// What stands before `://`, in lower case.
    Scheme,
    /// The user's name, unescaped.
    User,
    /// The password, unescaped.
    Password,
    /// The host in lower case; an IPv6 address without its brackets.
    Host,
    /// The port as a decimal number; the scheme's own where none is written.
    Port,
    /// The path without its first `/`, unescaped; for Redis `0` where none is written.
    Database,
    /// `scheme://host:port`, the port left out where it is the scheme's own (RFC 6454).
    Origin,
}

impl Part {
    /// All parts, by the name that follows `#`.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("scheme", Self::Scheme),
        ("user", Self::User),
        ("password", Self::Password),
        ("host", Self::Host),
        ("port", Self::Port),
        ("database", Self::Database),
        ("origin", Self::Origin),
    ];

    /// The part of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
    }

    /// The part's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, part)| *part == self).map_or("", |(name, _)| *name)
    }

    /// This part of `text`; `None` when there is none, or when the text is no URL.
    #[must_use]
    pub fn of(self, text: &str) -> Option<Cow<'_, str>> {
        let url = Url::read(text)?;
        match self {
            Self::Scheme => Some(url.scheme()),
            Self::User => url.user.filter(|user| !user.is_empty()).map(decoded),
            Self::Password => url.password.map(decoded),
            Self::Host => url.host(),
            Self::Port => url.port(),
            Self::Database => url.database(),
            Self::Origin => url.origin().map(Cow::Owned),
        }
    }
}

impl Part {
    /// Whether a whole value says the same as this part of a URL, which has one spelling: the names of hosts and schemes have
    /// no case.
    pub(super) fn is_said_by(self, part: &str, value: &str) -> bool {
        match self {
            Self::Scheme => value.eq_ignore_ascii_case(part),
            Self::Host => {
                let bare = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(value);
                bare.eq_ignore_ascii_case(part)
            }
            Self::Origin => self.of(value).is_some_and(|origin| origin == part),
            Self::User | Self::Password | Self::Port | Self::Database => false,
        }
    }
}

/// A URL taken apart; everything as written.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    pub(super) user: Option<&'a str>,
    pub(super) password: Option<&'a str>,
    /// `[::1]` keeps its brackets; several hosts are one text.
    pub(super) host: &'a str,
    pub(super) port: Option<&'a str>,
    /// From the first `/` on, without query and fragment.
    pub(super) path: &'a str,
    /// Query and fragment, with what introduces them.
    pub(super) tail: &'a str,
}

impl<'a> Url<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        // A scheme holds no colon, and a byte is found faster than three.
        let (scheme, rest) = text.split_once(':')?;
        let rest = rest.strip_prefix("//")?;
        let mut letters = scheme.bytes();
        let is_scheme = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
        let is_blank = |character: char| character.is_whitespace() || character.is_control();
        let has_blank = if rest.is_ascii() {
            rest.bytes().any(|byte| byte <= b' ' || byte == 0x7f)
        } else {
            rest.contains(is_blank)
        };
        if !is_scheme || has_blank {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (strict, _) = rest.split_at(end);
        // Where what stands before the first `/` is neither user nor host, the `/` belongs to the password.
        let at = strict.rfind('@').or_else(|| if host_and_port(strict).is_some() { None } else { rest.rfind('@') });
        let (info, rest) = at.map_or((None, rest), |at| (rest.get(..at), rest.get(at + 1..).unwrap_or_default()));
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (host, port) = host_and_port(authority)?;
        let (path, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (user, password) = match info.map(|info| info.split_once(':').ok_or(info)) {
            None => (None, None),
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
        };
        Some(Self { scheme, user, password, host, port, path, tail })
    }

    /// Whether two URLs lead to the same: scheme and host in any case, the scheme's own port where none is written,
    /// escapes read, everything else as it is.
    pub(super) fn is_same(&self, other: &Url<'_>) -> bool {
        let same_host = || match (self.has_one_host(), other.has_one_host()) {
            (true, true) => self.host() == other.host() && self.port() == other.port(),
            (false, false) => self.host.eq_ignore_ascii_case(other.host),
            _ => false,
        };
        self.tail == other.tail
            && self.scheme.eq_ignore_ascii_case(other.scheme)
            && same_host()
            && self.user.map(decoded) == other.user.map(decoded)
            && self.password.map(decoded) == other.password.map(decoded)
            && self.database() == other.database()
    }

    /// The scheme without the driver that some add: `postgresql` of `postgresql+asyncpg`.
    pub(super) fn kind(&self) -> Cow<'a, str> {
        let kind = self.scheme.split('+').next().unwrap_or_default();
        match lower(kind) {
            kind if kind == "postgres" => "postgresql".into(),
            kind => kind,
        }
    }

    fn scheme(&self) -> Cow<'a, str> {
        lower(self.scheme)
    }

    fn has_one_host(&self) -> bool {
        !self.host.is_empty() && !self.host.contains(',')
    }

    fn host(&self) -> Option<Cow<'a, str>> {
        self.has_one_host().then(|| lower(self.host.trim_start_matches('[').trim_end_matches(']')))
    }

    fn port(&self) -> Option<Cow<'a, str>> {
        if !self.has_one_host() {
            return None;
        }
        match self.port.filter(|port| !port.is_empty()) {
            Some(port) => Some(port.parse::<u16>().ok()?.to_string().into()),
            None => default_port(&self.kind()).map(|port| port.to_string().into()),
        }
    }

    fn database(&self) -> Option<Cow<'a, str>> {
        match self.path.strip_prefix('/').unwrap_or(self.path) {
            "" if matches!(&*self.kind(), "redis" | "rediss") => Some("0".into()),
            "" => None,
            name => Some(decoded(name)),
        }
    }

    fn origin(&self) -> Option<String> {
        let port = match self.port.filter(|port| !port.is_empty()) {
            Some(port) => Some(port.parse::<u16>().ok()?).filter(|port| Some(*port) != default_port(&self.kind())),
            None => None,
        };
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        self.has_one_host().then(|| format!("{}://{}{port}", self.scheme(), lower(self.host)))
    }
}

/// `host`, `host:port`, `[::1]:port`; several of them, with commas, are one host. The port is digits or empty.
fn host_and_port(authority: &str) -> Option<(&str, Option<&str>)> {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = |host: &str| !host.contains(['@', '[', ']', ':']);
    if authority.contains(',') {
        return authority.split(',').all(|one| host_and_port(one).is_some()).then_some((authority, None));
    }
    if let Some((inner, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let host = authority.get(..inner.len() + 2)?;
        let port = rest.strip_prefix(':');
        return (rest.is_empty() || port.is_some_and(is_port)).then_some((host, port));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (is_host(host) && is_port(port)).then_some((host, Some(port))),
        None => is_host(authority).then_some((authority, None)),
    }
}

/// The ports of the schemes that configuration uses (IANA service names; `amqp` and the like by their vendors).
fn default_port(kind: &str) -> Option<u16> {
    Some(match kind {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "postgresql" => 5432,
        "redis" | "rediss" | "valkey" => 6379,
        "mysql" | "mariadb" => 3306,
        "mongodb" => 27017,
        "amqp" => 5672,
        "amqps" => 5671,
        "mqtt" => 1883,
        "mqtts" => 8883,
        "nats" => 4222,
        "kafka" => 9092,
        "smtp" => 25,
        "smtps" => 465,
        "ldap" => 389,
        "ldaps" => 636,
        "ftp" => 21,
        "ssh" | "sftp" => 22,
        "memcached" => 11211,
        "clickhouse" => 9000,
        "mssql" | "sqlserver" => 1433,
        _ => return None,
    })
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// With its percent escapes read; as it is, where they are none (RFC 3986 §2.1).
fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('%') { super::document::percent_decoded(text).into() } else { text.into() }
}
