//! What `format` asserts: the names of the standard and those that configuration needs beyond them.

mod international;
mod network;
mod patterns;
mod text;

pub use patterns::pattern;

pub(super) use text::{bytes, nanoseconds};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use serde_json::Value;

use super::document::Draft;

/// One format, ready to use.
#[derive(Debug)]
pub(super) struct Format {
    name: Box<str>,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Own(Accepts),
    /// By the `jsonschema` crate; built when first asked, because that costs more than all other formats together.
    Standard(Draft, OnceLock<Option<Box<jsonschema::Validator>>>),
}

/// Whether a text has the form.
pub(super) type Accepts = fn(&str) -> bool;

/// The formats with a test of their own.
const OWN: &[(&str, Accepts)] = &[
    ("port", network::is_port),
    ("host", network::is_host),
    ("bind-address", network::is_bind_address),
    ("http-url", network::is_http_url),
    ("https-url", network::is_https_url),
    ("dsn", network::is_dsn),
    ("postgres-url", network::is_postgres_url),
    ("redis-url", network::is_redis_url),
    ("origin", network::is_origin),
    ("duration", text::is_duration),
    ("byte-size", text::is_byte_size),
    ("timezone", text::is_timezone),
    ("cron", text::is_cron),
    ("semver", text::is_semver),
    ("base64", text::is_base64),
    ("fernet-key", text::is_fernet_key),
    ("log-level", text::is_log_level),
    ("file-path", text::is_file_path),
    ("ipv4", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", |text| text.parse::<Ipv6Addr>().is_ok()),
    ("uri", |text| fluent_uri::Uri::parse(text).is_ok()),
    ("uuid", text::is_uuid),
    ("idn-email", international::is_email),
    ("idn-hostname", international::is_host),
    // What pydantic writes for its types of addresses and UUIDs.
    ("ipvanyaddress", |text| text.parse::<IpAddr>().is_ok()),
    ("ipvanyinterface", |text| network::is_network(text, |_| true)),
    ("ipvanynetwork", |text| network::is_network(text, |_| true)),
    ("ipv4interface", |text| network::is_network(text, IpAddr::is_ipv4)),
    ("ipv4network", |text| network::is_network(text, IpAddr::is_ipv4)),
    ("ipv6interface", |text| network::is_network(text, IpAddr::is_ipv6)),
    ("ipv6network", |text| network::is_network(text, IpAddr::is_ipv6)),
    ("multi-host-uri", |text| super::parts::Url::read(text).is_some()),
    ("uuid1", |text| text::is_uuid_of(text, b'1')),
    ("uuid3", |text| text::is_uuid_of(text, b'3')),
    ("uuid4", |text| text::is_uuid_of(text, b'4')),
    ("uuid5", |text| text::is_uuid_of(text, b'5')),
    ("uuid6", |text| text::is_uuid_of(text, b'6')),
    ("uuid7", |text| text::is_uuid_of(text, b'7')),
    ("uuid8", |text| text::is_uuid_of(text, b'8')),
];

/// The formats of the standard that the `jsonschema` crate tests.
const STANDARD: &[&str] = &[
    "date",
    "date-time",
    "time",
    "email",
    "hostname",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "uri-reference",
    "uri-template",
];

/// The names of `OpenAPI`'s format registry, and those of pydantic, that say what a text is for, and assert nothing about
/// it that can be told from the text alone.
const ANNOTATIONS: &[&str] = &[
    "base64url",
    "binary",
    "byte",
    "char",
    "color",
    "commonmark",
    "decimal",
    "decimal128",
    "directory-path",
    "html",
    "json-string",
    "media-range",
    "name-email",
    "password",
    "path",
    "phone",
    "secret",
    "time-delta",
];

/// The names that `OpenAPI` gives to the widths of numbers, with their ranges; generated schemas use them.
const WIDTHS: &[(&str, Option<i128>, Option<i128>)] = &[
    ("int8", Some(i8::MIN as i128), Some(i8::MAX as i128)),
    ("int16", Some(i16::MIN as i128), Some(i16::MAX as i128)),
    ("int32", Some(i32::MIN as i128), Some(i32::MAX as i128)),
    ("int64", Some(i64::MIN as i128), Some(i64::MAX as i128)),
    ("int", Some(i64::MIN as i128), Some(i64::MAX as i128)),
    ("uint8", Some(0), Some(u8::MAX as i128)),
    ("uint16", Some(0), Some(u16::MAX as i128)),
    ("uint32", Some(0), Some(u32::MAX as i128)),
    ("uint64", Some(0), Some(u64::MAX as i128)),
    ("uint", Some(0), Some(u64::MAX as i128)),
    ("uint128", Some(0), None),
    ("int128", None, None),
    ("float", None, None),
    ("double", None, None),
    ("port", Some(1), Some(65_535)),
];

/// Every format that asserts something about a text.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OWN.iter().map(|(name, _)| *name).chain(STANDARD.iter().copied())
}

/// The formats that are tested here, for a validator that knows only the standard.
pub(super) fn own() -> impl Iterator<Item = (&'static str, Accepts)> {
    OWN.iter().copied()
}

/// The least and the most of a format that is only a width.
#[must_use]
pub fn integer_range(name: &str) -> Option<(Option<i128>, Option<i128>)> {
    WIDTHS.iter().find(|(known, ..)| *known == name).map(|(_, least, most)| (*least, *most))
}

/// Whether a text has a format, by the tests of this module; `None` for a format that has none here.
#[must_use]
pub fn accepts(name: &str, text: &str) -> Option<bool> {
    OWN.iter().find(|(known, _)| *known == name).map(|(_, test)| test(text))
}

impl Format {
    pub(super) fn named(name: &str, draft: Draft) -> Option<Self> {
        let own = OWN.iter().find(|(known, _)| *known == name).map(|(_, test)| Test::Own(*test));
        let own = own.or_else(|| ANNOTATIONS.contains(&name).then_some(Test::Own(|_| true)));
        let standard = || STANDARD.contains(&name).then(|| Test::Standard(draft, OnceLock::new()));
        Some(Self { name: name.into(), test: own.or_else(standard)? })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn accepts(&self, text: &str) -> bool {
        match &self.test {
            Test::Own(accepts) => accepts(text),
            Test::Standard(draft, validator) => {
                let validator = validator.get_or_init(|| super::whole::format(&self.name, *draft).map(Box::new));
                validator.as_ref().is_some_and(|validator| validator.is_valid(&Value::from(text)))
            }
        }
    }
}
