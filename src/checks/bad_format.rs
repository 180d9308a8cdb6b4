//! A value is not of the format that the schema names.
//!
//! What is asserted: the formats of the standard (`uri`, `email`, `ipv4`, `date-time`, …) and sparkcfg's own (`port`,
//! `host`, `http-url`, `origin`, `duration`, `byte-size`, `timezone`, `cron`, `fernet-key`, …). One that nobody knows asks
//! nothing (`unknown-format`).
//!
//! Why it hurts: a URL without a scheme or a duration without a unit is read by nobody until the service starts.
//!
//! Example: `TIMEOUT=10parsecs` with `"format": "duration"`.
//!
//! Remedy: write the value as the message says, or change the format in the schema.

use super::Subject;
use crate::finding::{Finding, Rule, Severity};
use crate::schema::violation::ViolationKind;

pub(super) static RULE: Rule = Rule {
    code: "bad-format",
    severity: Severity::Error,
    summary: "a value is not of the format that the schema names",
    page: include_str!("bad_format.rs"),
};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (violation, setting) in subject.violations_of(|kind| matches!(kind, ViolationKind::Format { .. })) {
        let ViolationKind::Format { name } = &violation.kind else { continue };
        let meaning = MEANINGS.iter().find(|(known, _)| known == name);
        let plain = || match name.strip_prefix("uuid").filter(|version| !version.is_empty()) {
            Some(version) => format!("a UUID of version {version}"),
            None => format!("a valid {name}"),
        };
        let meaning = meaning.map_or_else(plain, |(_, meaning)| (*meaning).to_owned());
        let message = format!("{}, which is not {meaning}", subject.is_wrong(violation, setting));
        findings.push(
            subject
                .about_violation(&RULE, violation, setting, message)
                .help(subject.help_with_look(setting, subject.help_about(violation))),
        );
    }
}

/// What the formats of sparkcfg's own mean, in words that end a sentence.
const MEANINGS: &[(&str, &str)] = &[
    ("base64", "base64 with padding"),
    ("bind-address", "an address to listen on: an IP address, a host name or *"),
    ("byte-size", "a size in bytes: 512, 300M or 1GiB"),
    ("cron", "a cron expression of five fields"),
    ("dsn", "a data source name: scheme://user:password@host:port/name"),
    ("duration", "a duration: 90s, 1m30s or PT90S"),
    ("fernet-key", "a Fernet key: 32 bytes in URL-safe base64, 44 characters"),
    ("file-path", "the path of a file, without ~ at the front"),
    ("host", "a host name or an IP address, without scheme and port"),
    ("http-url", "an http:// or https:// URL"),
    ("https-url", "an https:// URL"),
    ("idn-email", "a mail address"),
    ("idn-hostname", "a host name"),
    ("ipvanyaddress", "an IP address"),
    ("ipvanyinterface", "an IP address, with or without /length"),
    ("ipvanynetwork", "an IP network: 10.0.0.0/8"),
    ("log-level", "a log level: DEBUG, INFO, WARNING, ERROR, CRITICAL and their kin, in any case"),
    ("multi-host-uri", "a URL: scheme://host1,host2/path"),
    ("origin", "an origin: scheme and host, with no path and no slash at the end"),
    ("port", "a TCP port, 1 to 65535"),
    ("postgres-url", "a PostgreSQL URL"),
    ("redis-url", "a Redis URL with a database of 0 to 15"),
    ("semver", "a semantic version: 1.2.3"),
    ("timezone", "an IANA time zone: UTC or Europe/Berlin"),
];
