//! What each format takes and refuses, and what the parts of a URL are.

use serde_json::json;
use sparkcfg::schema::Schema;
use sparkcfg::schema::parts::Part;

/// A format, what it takes, what it refuses.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

const NETWORK: &[Row] = &[
    (
        "port",
        &["1", "22", "80", "443", "5432", "8080", "8883", "49151", "65534", "65535"],
        &["", "0", "65536", "080", "-1", "+80", "80.0", " 80", "http", "99999999999999999999", "0x50", "８０"],
    ),
    (
        "host",
        &[
            "localhost",
            "example.com",
            "a",
            "redis_1",
            "automagik-spark-db",
            "10.0.0.1",
            "::1",
            "2001:db8::1",
            "xn--bcher-kva.example",
            "db.prod.internal.",
            "1password.com",
            "127.0.0.1",
        ],
        &[
            "",
            ".",
            "-a.example",
            "a-.example",
            "a..b",
            "a b",
            "http://a",
            "a:80",
            "256.1.1.1",
            "1.2.3",
            "[::1]",
            "b\u{fc}cher.example",
            "*",
        ],
    ),
    (
        "bind-address",
        &[
            "0.0.0.0",
            "127.0.0.1",
            "::",
            "::1",
            "[::]:8080",
            "0.0.0.0:8080",
            ":8080",
            "*",
            "*:80",
            "localhost",
            "localhost:3000",
        ],
        &[
            "",
            ":",
            "0.0.0.0:",
            "0.0.0.0:0",
            "0.0.0.0:65536",
            "256.0.0.1",
            "[::1",
            "http://0.0.0.0",
            "a b",
            "::1:http",
            "[x]:80",
        ],
    ),
    (
        "http-url",
        &[
            "http://a",
            "https://a",
            "HTTP://A",
            "http://localhost:8883",
            "https://example.com/",
            "http://a/b?c=d#e",
            "http://user@a",
            "http://[::1]:80/",
            "https://a.b:443/x%20y",
            "http://127.0.0.1/",
        ],
        &[
            "",
            "a",
            "ftp://a",
            "http:",
            "http://",
            "http:///a",
            "http://a b",
            "http://a:0",
            "http://a:99999",
            "//a/b",
            "http://a/\u{fc}",
            "https:/a",
            "http://-a/",
        ],
    ),
    (
        "https-url",
        &[
            "https://a",
            "https://a/",
            "https://a.b/c",
            "https://a:443",
            "HTTPS://a",
            "https://[::1]",
            "https://u@a",
            "https://a?b",
            "https://a#b",
            "https://xn--a",
        ],
        &[
            "",
            "http://a",
            "https:",
            "https://",
            "https:///a",
            "https//a",
            "a",
            "https://a b",
            "wss://a",
            "https://a:x",
            "https://:80",
        ],
    ),
    (
        "dsn",
        &[
            "postgresql://a/b",
            "postgresql+asyncpg://u:p@a:5432/b",
            "redis://a",
            "mysql://u:p/w@h:3306/d",
            "sqlite:///a.db",
            "amqp://u:p#w@h",
            "mongodb://a:1,b:2/c",
            "postgres://u:p@ss@h/d",
            "smtp://h:25",
            "https://k@sentry.example/1",
        ],
        &[
            "",
            "a",
            "://a",
            "1a://b",
            "postgresql:",
            "postgresql://",
            "postgresql:///",
            "a://b c",
            "a://h:0",
            "a://h:x",
            "a://-h/b",
        ],
    ),
    (
        "postgres-url",
        &[
            "postgres://a",
            "postgresql://a/b",
            "postgresql+asyncpg://u:p@h:5402/d",
            "postgresql://u@h",
            "postgres://h1:1,h2:2/d",
            "postgresql:///d?host=/run",
            "postgres://[::1]/d",
            "POSTGRES://a/b",
            "postgresql://u:p%40w@h/d?sslmode=require",
            "postgresql+psycopg://u:p@h/d",
        ],
        &[
            "",
            "mysql://a",
            "postgres:",
            "postgres://",
            "postgresql:///d",
            "postgres://h:0/d",
            "postgres://h/a/b",
            "postgresqlx://h",
            "host=a dbname=b",
            "postgres://h:99999",
            "postgres:// h",
        ],
    ),
    (
        "redis-url",
        &[
            "redis://a",
            "rediss://a",
            "redis://localhost:5412/0",
            "redis://:pw@h:6379/15",
            "redis://u:p@h",
            "redis://h/",
            "REDIS://h",
            "redis://[::1]:6379",
            "redis://127.0.0.1/1",
            "redis://h?timeout=1s",
        ],
        &[
            "",
            "redis:",
            "redis://",
            "redis:///0",
            "redis://h/x",
            "redis://h/0/1",
            "http://h",
            "redis://h:0",
            "redis://h:port",
            "unix:///s",
            "redis://a b",
        ],
    ),
    (
        "origin",
        &[
            "http://a",
            "https://a",
            "http://localhost:3000",
            "https://example.com",
            "https://a:8443",
            "http://127.0.0.1",
            "http://[::1]:80",
            "HTTPS://A",
            "https://a.b.c",
            "http://a-b",
        ],
        &[
            "",
            "*",
            "null",
            "a",
            "http://a/",
            "http://a/b",
            "http://a?b",
            "http://a#b",
            "http://u@a",
            "ftp://a",
            "http://a:0",
            "http://a,http://b",
        ],
    ),
];

const TEXT: &[Row] = &[
    (
        "duration",
        &[
            "1s", "90s", "1m30s", "250ms", "1.5h", "2d", "1w", "10us", "10µs", "0", "PT1M30S", "P1DT12H", "P2W",
            "P1Y2M3D", "PT0.5S",
        ],
        &[
            "", "1", "s", "1x", "1 s", "-1s", "1s ", "1.s", ".5s", "P", "PT", "P1S", "PT1M1H", "P1W1D", "1mm",
            "PT1.5M1S",
        ],
    ),
    (
        "byte-size",
        &["0", "300", "300M", "300MB", "1GiB", "1.5G", "10 MB", "64k", "1Ti", "5B", "2pb"],
        &["", "M", "1.5", "-1M", "1 ", "1  M", "1X", "1MBB", "1iB", "1 000", "M1", "1,5G"],
    ),
    (
        "timezone",
        &[
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kolkata",
            "Etc/GMT+5",
            "GMT",
            "America/Argentina/Ushuaia",
            "Pacific/Auckland",
            "Africa/Cairo",
            "Etc/UTC",
        ],
        &[
            "",
            "utc",
            "Berlin",
            "Europe/berlin",
            "CEST",
            "UTC+1",
            "+01:00",
            "Europe/",
            "Mars/Phobos",
            " UTC",
            "Europe/Atlantis",
        ],
    ),
    (
        "cron",
        &[
            "* * * * *",
            "0 0 * * *",
            "*/5 * * * *",
            "0 9-17 * * 1-5",
            "0 0 1,15 * *",
            "0 0 * jan-mar MON",
            "@daily",
            "@reboot",
            "0-59/2 0 1 1 0",
            "59 23 31 12 7",
            "0\t0\t*\t*\t*",
        ],
        &[
            "",
            "*",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *",
            "@never",
            "1/2 * * * *",
            "a * * * *",
            "1,, * * * *",
        ],
    ),
    (
        "semver",
        &[
            "0.0.0",
            "1.2.3",
            "1.0.0-alpha",
            "1.0.0-rc.1",
            "1.0.0+build",
            "1.0.0-a.b+c.d",
            "10.20.30",
            "1.0.0--",
            "2.0.0-0",
            "999.999.999",
        ],
        &["", "1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3+", "1.2.x", "1.2.3-01", " 1.2.3"],
    ),
    (
        "base64",
        &["", "YQ==", "YWI=", "YWJj", "AAAA", "++//", "YWJjZA==", "MTIzNDU2", "/w==", "Zm9vYmFy"],
        &["a", "ab", "abc", "YQ=", "YQ", "Y===", "====", "YW J", "YW-_", "YQ==YQ==", "YWJjZ", "\u{fc}AAA"],
    ),
    (
        "fernet-key",
        &[
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            "___________________________________________=",
            "-------------------------------------------=",
            "RCCCPP3m8cJrMPkOx90B5Ih1NKIPCw0Ew27YDnHg_Xc=",
            "sHZw65QL1TNflz2q2GGbkf_JEfV8ztRYu78s4DdTyb0=",
            "-g_wFp3JV1Z0BmZ2z7C064kCxEJp2hz2umbT-LbUsQA=",
            "qeoOdVpcLoIQJCoI5wePf4k4XrCUI1VRglaLluik_vI=",
            "Ogyfxa_XYIQ3gWvdCnMJy0oSUuTacOZyD8qk2h6YQGw=",
            "GJwkJ56YUdWBQgQTb-tXE8FmsTJp3WP8NceX_wimzZA=",
        ],
        &[
            "",
            "AAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
            " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.=",
        ],
    ),
    (
        "log-level",
        &["DEBUG", "info", "Warning", "warn", "ERROR", "critical", "fatal", "trace", "off", "notice"],
        &["", "INF", "debug ", "0", "10", "all", "loud", "verbose!", "information", "err0r", "D"],
    ),
    (
        "file-path",
        &["a", "a.log", "/var/log/a.log", "./a", "../a", "logs/worker.log", "C:\\a.txt", "a b", ".env", "/a/.hidden"],
        &["", "/", "a/", "~/a", "~", ".", "..", "a/..", "a/.", "a\nb", "a\u{0}b"],
    ),
    (
        "uuid",
        &[
            "00000000-0000-0000-0000-000000000000",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ],
        &[
            "",
            "f81d4fae",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "{f81d4fae-7dec-11d0-a765-00a0c91e6bf}",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        ],
    ),
];

const STANDARD: &[Row] = &[
    ("date", &["2024-02-29"], &["2023-02-29", "24-1-1"]),
    ("date-time", &["2024-02-29T12:00:00Z"], &["2024-02-29 12:00"]),
    ("time", &["12:00:00Z"], &["25:00:00Z"]),
    ("email", &["a@b.co"], &["a", "@b.co"]),
    ("hostname", &["example.com"], &["-a", "a_b"]),
    ("ipvanyaddress", &["10.0.0.1", "::1"], &["10.0.0", "a", "10.0.0.1/8"]),
    (
        "ipvanynetwork",
        &["10.0.0.0/8", "10.0.0.1", "fe80::/10", "10.0.0.0/255.0.0.0"],
        &["10.0.0.0/33", "a/8", "::/129", "10.0.0.0/"],
    ),
    ("ipv4network", &["10.0.0.0/8"], &["fe80::/10"]),
    ("ipv6interface", &["fe80::1/64"], &["10.0.0.0/8", "fe80::1/255.0.0.0"]),
    ("multi-host-uri", &["postgres://a:1,b:2/x", "mongodb://u:p@a,b"], &["a:1", "", "/x"]),
    ("uuid4", &["3f2b8c1e-5d4a-4b6f-9a7c-0d1e2f3a4b5c"], &["3f2b8c1e-5d4a-1b6f-9a7c-0d1e2f3a4b5c", "3f2b8c1e"]),
    (
        "idn-hostname",
        &["b\u{fc}cher.example", "example.com", "\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}"],
        &["", "a b", "-a", "a..b", "http://a", "a:80"],
    ),
    (
        "idn-email",
        &["\u{fc}@b.c", "a@b\u{fc}.c", "\"a b\"@c", "a@[10.0.0.1]"],
        &["", "a", "a@", "@b", "a b@c", "a@b@c", "a@-b"],
    ),
    ("ipv4", &["10.0.0.1"], &["10.0.0", "010.0.0.1"]),
    ("ipv6", &["::1"], &["::g"]),
    ("uri", &["urn:a:b", "http://a/b"], &["a/b", "http://a b"]),
    ("uri-reference", &["a/b", ""], &["a b"]),
    ("uri-template", &["http://a/{b}"], &["{"]),
    ("iri", &["http://\u{fc}/"], &["\u{fc}"]),
    ("iri-reference", &["\u{fc}"], &["a b"]),
    ("json-pointer", &["", "/a~0b"], &["a", "/~2"]),
    ("relative-json-pointer", &["0", "1/a"], &["a"]),
    ("regex", &["^a$"], &["("]),
];

#[test]
fn formats_take_and_refuse() {
    for (format, good, bad) in NETWORK.iter().chain(TEXT).chain(STANDARD) {
        let schema = json!({ "properties": { "K": { "type": "string", "format": format } } });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        let accepts = |text: &str| schema.check(None, [("K", Some(text))]).is_empty();
        for text in *good {
            assert!(accepts(text), "{format} should take {text:?}");
        }
        for text in *bad {
            assert!(!accepts(text), "{format} should refuse {text:?}");
        }
    }
}

#[test]
fn a_port_is_one_as_a_number_too() {
    let schema =
        Schema::parse(r#"{"properties": {"P": {"type": "integer", "format": "port"}, "Q": {"format": "port"}}}"#);
    let schema = schema.unwrap();
    for (key, text, faults) in
        [("P", "80", 0), ("P", "0", 1), ("P", "65536", 1), ("P", "x", 1), ("Q", "80", 0), ("Q", "0", 1), ("Q", "x", 1)]
    {
        assert_eq!(schema.check(None, [(key, Some(text))]).len(), faults, "{key}={text}");
    }
}

#[test]
fn widths_are_ranges() {
    let schema = Schema::parse(r#"{"properties": {"A": {"type": "integer", "format": "uint8"}}}"#).unwrap();
    for (text, faults) in
        [("0", 0), ("255", 0), ("256", 1), ("-1", 1), ("99999999999999999999999999999999999999999", 1)]
    {
        assert_eq!(schema.check(None, [("A", Some(text))]).len(), faults, "{text}");
    }
}

#[test]
fn urls_come_apart() {
    use Part::{Database, Host, Origin, Password, Port, Scheme, User};
    let full = "PostgreSQL+asyncpg://spark:p%40ss@DB.Example:5402/spark?sslmode=require";
    let odd = "postgres://app:a/b#c?d@e@db/main";
    for (text, part, expected) in [
        (full, Scheme, Some("postgresql+asyncpg")),
        (full, User, Some("spark")),
        (full, Password, Some("p@ss")),
        (full, Host, Some("db.example")),
        (full, Port, Some("5402")),
        (full, Database, Some("spark")),
        (full, Origin, Some("postgresql+asyncpg://db.example:5402")),
        (odd, User, Some("app")),
        (odd, Password, Some("a/b#c?d@e")),
        (odd, Host, Some("db")),
        (odd, Port, Some("5432")),
        (odd, Database, Some("main")),
        ("redis://h", Port, Some("6379")),
        ("redis://h", Database, Some("0")),
        ("redis://:pw@h:05412/3", Password, Some("pw")),
        ("redis://:pw@h:05412/3", User, None),
        ("redis://:pw@h:05412/3", Port, Some("5412")),
        ("redis://:pw@h:05412/3", Database, Some("3")),
        ("http://a", Port, Some("80")),
        ("https://a:443/b", Origin, Some("https://a")),
        ("https://a:8443/b", Origin, Some("https://a:8443")),
        ("http://a/b@c", Host, Some("a")),
        ("http://[::1]:80/", Host, Some("::1")),
        ("http://[::1]/", Origin, Some("http://[::1]")),
        ("sqlite:///data.db", Database, Some("data.db")),
        ("sqlite:///data.db", Host, None),
        ("sqlite:///data.db", Port, None),
        ("foo://h", Port, None),
        ("mongodb://a:1,b:2/d", Port, None),
        ("mongodb://a:1,b:2/d", Database, Some("d")),
        ("http://h:99999", Port, None),
        ("localhost:80", Host, None),
        ("", Scheme, None),
        ("a://b c", Host, None),
    ] {
        assert_eq!(part.of(text).as_deref(), expected, "{} of {text}", part.name());
    }
}
