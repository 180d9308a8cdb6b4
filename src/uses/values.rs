//! Values as programs and files spell them: which ones read the same.

/// What a value reads as, so that two that read the same are one text: `True` and `yes`, `8000` and `8000.0`, `1` and `"1"`.
#[must_use]
pub fn normal(text: &str) -> String {
    let text = text.trim();
    let within = |quote| text.strip_prefix(quote).and_then(|rest: &str| rest.strip_suffix(quote));
    let text = within('"').or_else(|| within('\'')).unwrap_or(text);
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => "true".to_owned(),
        "false" | "no" | "off" => "false".to_owned(),
        lower => number(lower).unwrap_or_else(|| text.trim_end_matches('/').to_owned()),
    }
}

/// Beside a word for yes or no, `1` and `0` are such words too. Takes what [`normal`] gave.
pub fn take_digits_for_switches<'t>(values: impl Iterator<Item = &'t mut String>) {
    let values: Vec<_> = values.collect();
    if !values.iter().any(|value| matches!(value.as_str(), "true" | "false")) {
        return;
    }
    for value in values {
        let word = match value.as_str() {
            "1" => "true",
            "0" => "false",
            _ => continue,
        };
        word.clone_into(value);
    }
}

/// A number as it is compared, whether a program or a file spells it: `80e6`, `0x10`, `80_000_000`.
fn number(text: &str) -> Option<String> {
    let has_digit = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    // What a zero leads may be a code: `0700`, `007`.
    let is_code = text.len() > 1 && text.starts_with('0') && text.as_bytes()[1].is_ascii_digit();
    // `3.10` is a version, and none that is the same as `3.1`.
    let is_version = text.split_once('.').is_some_and(|(_, end)| end.ends_with('0') && end.len() > 1);
    if !has_digit || is_code || is_version {
        return None;
    }
    let plain = text.replace('_', "");
    let based = [("0x", 16), ("0o", 8), ("0b", 2)];
    let whole = based.into_iter().find_map(|(start, base)| u64::from_str_radix(plain.strip_prefix(start)?, base).ok());
    if let Some(whole) = whole {
        return Some(whole.to_string());
    }
    // What no number of a program holds exactly stays the text that it is.
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let number: f64 = plain.parse().ok().filter(|number: &f64| number.is_finite() && digits <= 15)?;
    Some(number.to_string())
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn values_that_read_the_same() {
        for (one, other, same) in [
            ("5402", "5402.0", true),
            ("1", "\"1\"", true),
            ("8000", "8000.0", true),
            ("true", "TRUE", true),
            ("\"", "", false),
            ("True", "yes", true),
            ("a", "A", false),
            ("http://x/", "http://x", true),
            ("80e6", "80000000.0", true),
            ("80_000_000", "80000000", true),
            ("0x10", "16", true),
            ("-1", "-1.0", true),
            ("007", "7", false),
            ("3.10", "3.1", false),
            ("12345678901234567890", "12345678901234567891", false),
            ("e1", "10", false),
        ] {
            assert_eq!(normal(one) == normal(other), same, "{one} {other}");
        }
    }
}
