//! Formats as regular expressions, for programs that have no test of their own: those that an expression says exactly.

/// The expression for a format, in the syntax that ECMA-262 (with the `u` flag), Rust, Go and Python share; `None` for a
/// format that no expression says exactly, such as a time zone or a URL.
#[must_use]
pub fn pattern(name: &str) -> Option<String> {
    const BYTE: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    let whole = |inner: &str| Some(format!("^({inner})$"));
    match name {
        "port" => whole("[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"),
        "duration" => whole(&duration()),
        "byte-size" => whole("[0-9]+|[0-9]+(\\.[0-9]+)? ?([bB]|[kKmMgGtTpPeE][iI]?[bB]?)"),
        "semver" => whole(SEMVER),
        "base64" => whole("([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
        "fernet-key" => whole("[A-Za-z0-9_-]{43}="),
        "log-level" => whole(&any_case(&super::text::LEVELS)),
        "file-path" => whole(FILE_PATH),
        "ipv4" => whole(&format!("({BYTE}\\.){{3}}{BYTE}")),
        "uuid" => whole("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
        _ => None,
    }
}

/// A path is `/`, a name, or folders and a name; a name has something but dots, or more than two of them. No control
/// characters, and no `~` at the beginning.
const FILE_PATH: &str = concat!(
    "[^~./\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*",
    "|[^~/\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*[^./\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*",
    "|\\.{3,}",
    "|([^~\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*)?/",
    "([^/\\x00-\\x1f\\x7f-\\x9f]*[^./\\x00-\\x1f\\x7f-\\x9f][^/\\x00-\\x1f\\x7f-\\x9f]*|\\.{3,})",
);

/// The expression that semver.org suggests, without its names.
const SEMVER: &str = concat!(
    "(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)",
    "(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?",
    "(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?",
);

/// Numbers with units, or ISO 8601, in which only the last number of the date and of the time has a fraction.
fn duration() -> String {
    const WHOLE: &str = "[0-9]+";
    const ANY: &str = "[0-9]+(\\.[0-9]+)?";
    let parts = |[first, second, third]: [&str; 3]| {
        format!("({ANY}{first}|({WHOLE}{first})?{ANY}{second}|({WHOLE}{first})?({WHOLE}{second})?{ANY}{third})")
    };
    let (date, time) = (parts(["Y", "M", "D"]), parts(["H", "M", "S"]));
    format!("0|({ANY}(ns|us|µs|μs|ms|s|m|h|d|w))+|P({ANY}W|{date}|{date}?T{time})")
}

/// Words in any case, without a flag, which not every engine has.
fn any_case(words: &[&str]) -> String {
    let letter = |letter: char| format!("[{}{}]", letter, letter.to_ascii_uppercase());
    words.iter().map(|word| word.chars().map(letter).collect::<String>()).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::super::OWN;
    use super::pattern;

    #[rustfmt::skip]
    const TEXTS: &[&str] = &[
    "",
    "0",
    "1",
    "01",
    "80",
    "65535",
    "65536",
    "99999",
    "5x",
    " 80",
    "80\n",
    "-1",
    "1.5",
    "1ms",
    "1m30s",
    "1.5h",
    "1h1",
    "h",
    "0s",
    "1.h",
    "PT1M30S",
    "P1DT12H",
    "P2W",
    "P1.5W",
    "P",
    "PT",
    "P1Y2M3D",
    "P1.5Y2M",
    "P1.5DT1H",
    "P1D2M",
    "PT1.5M",
    "PT1.5M3S",
    "P1W2D",
    "1µs",
    "1μs",
    "300M",
    "1GiB",
    "1.5 GB",
    "1.5",
    "5 ",
    "5  B",
    "5b",
    "5kib",
    "5ki",
    "5kbi",
    "1.4.0",
    "1.4.0-rc.1+build.5",
    "v1.4.0",
    "1.4",
    "01.4.0",
    "1.4.0-01",
    "1.4.0-",
    "1.4.0+",
    "1.4.0-a..b",
    "AAAA",
    "AA==",
    "AAA=",
    "A===",
    "====",
    "AA=",
    "AAAAA",
    "AA+/",
    "AA-_",
    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MD==",
    "info",
    "INFO",
    "Info",
    "warn ",
    "warned",
    "/a/b",
    "a",
    ".",
    "..",
    "...",
    "a/..",
    "a/.",
    "a/...",
    "~/a",
    "a~",
    "a/",
    "/",
    "//a",
    "./a",
    ".env",
    "a/.env",
    "a\tb",
    "a\u{85}b",
    "ä/ö",
    "/~",
    "1.2.3.4",
    "1.2.3.04",
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "6ba7b8109dad11d180b400c04fd430c8",
    "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
    "65535\n",
    "1.2.3.4\n",
    "UTC",
    "http://a",
];

    /// Each expression says what the test of the format says, about texts of all formats.
    #[test]
    fn expressions_agree_with_tests() {
        let mut compared = 0;
        for (name, accepts) in OWN {
            let Some(pattern) = pattern(name) else { continue };
            let expression = regex::Regex::new(&pattern).unwrap();
            for text in TEXTS {
                assert_eq!(expression.is_match(text), accepts(text), "{name}: {text:?}");
                compared += 1;
            }
        }
        assert!(compared > 10 * 90, "{compared}");
    }
}
