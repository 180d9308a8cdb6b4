//! What Compose makes of a value without quotes: it reads YAML's numbers and dates, and writes them in its own way.
//!
//! After resolve.go of go-yaml v3, which Compose reads with, and the `%v` of Go, with which it writes.

use std::cmp::Ordering;

/// What arrives in a container of a value that is written without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Its text, as it stands.
    AsWritten,
    /// Another text.
    As(String),
    /// Nothing: Compose refuses the file.
    Refused,
}

/// What arrives of `text`; booleans and null are left out, they are meant as such.
#[must_use]
pub fn arrival(text: &str) -> Arrival {
    if is_date(text) {
        return Arrival::Refused;
    }
    match number(text) {
        Some(told) if told != text => Arrival::As(told),
        _ => Arrival::AsWritten,
    }
}

/// Whether YAML takes `text` for a number.
#[must_use]
pub fn is_number(text: &str) -> bool {
    number(text).is_some()
}

/// Whether a reader of decimal numbers takes both for the same, and both for as exact.
#[must_use]
pub fn is_same_number(written: &str, arrives: &str) -> bool {
    let decimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    let digits = written.bytes().filter(u8::is_ascii_digit).count();
    let both = written.parse::<f64>().ok().zip(arrives.parse::<f64>().ok());
    decimal(written)
        && decimal(arrives)
        && digits <= 15
        && both.is_some_and(|(one, two)| one.partial_cmp(&two) == Some(Ordering::Equal))
}

/// The number that a text spells in YAML, as Go writes it.
fn number(text: &str) -> Option<String> {
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some("NaN".to_owned()),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some("+Inf".to_owned()),
        "-.inf" | "-.Inf" | "-.INF" => return Some("-Inf".to_owned()),
        _ => {}
    }
    let first = *text.as_bytes().first()?;
    if first == b'.' {
        return is_float(text).then(|| float(text)).flatten();
    }
    if !first.is_ascii_digit() && first != b'+' && first != b'-' {
        return None;
    }
    let plain = text.replace('_', "");
    if let Some(whole) = integer(&plain) {
        return Some(whole);
    }
    is_float(&plain).then(|| float(&plain)).flatten()
}

/// A whole number of 64 bits in any base that Go knows.
fn integer(text: &str) -> Option<String> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let number = i128::from_str_radix(digits, base).ok()?;
    let number = if negative { -number } else { number };
    // Above what has a sign there is room for what has none, unless a plus stands before it.
    let most = if text.starts_with('+') { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN)..=most).contains(&number).then(|| number.to_string())
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = |text: &str| !text.is_empty() && digits(text);
    let is_number = match number.split_once('.') {
        Some(("", fraction)) => has_digits(fraction),
        Some((whole, fraction)) => has_digits(whole) && digits(fraction),
        None => has_digits(number),
    };
    is_number && exponent.is_none_or(|exponent| has_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

/// A number as Go's `%v` writes it; `None` where it is larger than any.
fn float(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..6).contains(&exponent) {
        return Some(number.to_string());
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.unsigned_abs()))
}

/// A date, or a date and time, as YAML has them.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return false;
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-').skip(1);
    let (month, day) = (within(parts.next(), 1, 12), within(parts.next(), 1, 31));
    let (Some(month), Some(day), None) = (month, day, parts.next()) else { return false };
    let year: u32 = text[..4].parse().unwrap_or_default();
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    day <= days && time.is_none_or(|time| is_time(time, text.contains(['T', 't'])))
}

/// A number of one or two digits within bounds.
fn within(part: Option<&str>, least: u32, most: u32) -> Option<u32> {
    let part = part.filter(|part| matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit()));
    part.and_then(|part| part.parse().ok()).filter(|number| (least..=most).contains(number))
}

/// `10:00:00.5`, after a `T` with `Z` or `+02:00`.
fn is_time(text: &str, zoned: bool) -> bool {
    let (clock, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let zone_fits = match zone.strip_prefix(['+', '-']) {
        Some(offset) => offset.split_once(':').is_some_and(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2),
        None => zone == "Z",
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let fits = [within(parts.next(), 0, 23), within(parts.next(), 0, 59), within(parts.next(), 0, 59)];
    let fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    fits.iter().all(Option::is_some)
        && parts.next().is_none()
        && fraction
        && if zoned { zone_fits } else { zone.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, arrival, is_same_number};

    /// As `docker compose config` of 2.40.3 answered.
    #[test]
    fn answers_of_docker_compose() {
        for (text, expected) in [
            ("0x1F", "31"),
            ("1e3", "1000"),
            ("012", "10"),
            ("019", "19"),
            ("0o17", "15"),
            ("0b101", "5"),
            ("12:30", "12:30"),
            ("12:30:45", "12:30:45"),
            ("yes", "yes"),
            ("no", "no"),
            ("y", "y"),
            ("<<", "<<"),
            ("1.10", "1.1"),
            ("1.0", "1"),
            (".5", "0.5"),
            ("1.", "1"),
            ("+5", "5"),
            ("-0", "0"),
            ("1_000", "1000"),
            ("12345678901234567890123", "1.2345678901234568e+22"),
            ("9007199254740993", "9007199254740993"),
            ("1e400", "1e400"),
            ("0.1e-7", "1e-08"),
            ("1e21", "1e+21"),
            ("1e20", "1e+20"),
            ("123456789.123", "1.23456789123e+08"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "1.8446744073709552e+19"),
            ("-012", "-10"),
            ("1.23E+2", "123"),
            (".inf", "+Inf"),
            ("-.INF", "-Inf"),
            (".NaN", "NaN"),
            (".nAn", ".nAn"),
            ("inf", "inf"),
        ] {
            let told = match arrival(text) {
                Arrival::AsWritten => text.to_owned(),
                Arrival::As(told) => told,
                Arrival::Refused => "refused".to_owned(),
            };
            assert_eq!(told, expected, "{text}");
        }
        for (text, refused) in [
            ("2024-01-01", true),
            ("2024-1-1", true),
            ("2024-01-01T10:00:00Z", true),
            ("2024-01-01 10:00:00", true),
            ("2023-02-29", false),
            ("2024-13-01", false),
            ("2024-01-01-1", false),
            ("1.2024-01-01", false),
        ] {
            assert_eq!(arrival(text) == Arrival::Refused, refused, "{text}");
        }
    }

    #[test]
    fn another_spelling_is_no_other_number() {
        for (written, arrives, expected) in [
            ("1.10", "1.1", true),
            ("+5", "5", true),
            ("019", "19", true),
            ("012", "10", false),
            ("1e3", "1000", false),
        ] {
            assert_eq!(is_same_number(written, arrives), expected, "{written}");
        }
    }
}
