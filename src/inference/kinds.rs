//! Of what type a key is, from its name, its values and what programs make of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Sighting, choices};
use crate::schema::formats;
use crate::uses::casts::{Cast, Refusal};

/// A type, and why.
#[derive(Default)]
pub(super) struct Guess {
    /// What the schema says.
    pub(super) keywords: Vec<(String, Value)>,
    /// Why, for whoever reviews it.
    pub(super) reason: Option<String>,
}

fn guess(keywords: &[(&str, Value)], reason: &str) -> Guess {
    let keywords = keywords.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Guess { keywords, reason: Some(reason.to_owned()) }
}

/// Whether a comment says that there are more values than those that were seen: a list of words, or two kinds of value.
/// What it lists counts where a format would refuse one of them.
pub(super) fn says_more(comment: &str, guessed: &Guess) -> bool {
    let format = guessed.keywords.iter().find(|(name, _)| name == "format").and_then(|(_, format)| format.as_str());
    match choices::listed(comment) {
        Some(words) => {
            format.is_some_and(|format| words.iter().any(|word| formats::accepts(format, word) == Some(false)))
        }
        None => {
            let lower = comment.to_ascii_lowercase();
            let address = ["ip:port", "host:port", "address:port"].iter().any(|shape| lower.contains(shape));
            address || lower.split(' ').any(|word| word == "either")
        }
    }
}

/// A type because programs take the value as such, where the values that are known are of it, or a program surely refuses
/// those that are not.
pub(super) fn cast(key: &str, seen: &[&Sighting], values: &[&str]) -> Option<Guess> {
    let mut casts: BTreeSet<&Cast> = seen.iter().filter_map(|sighting| sighting.cast()).collect();
    if casts.len() > 1 {
        casts.remove(&Cast::Text);
    }
    // A program that takes whole numbers is the narrower one.
    let both = casts.len() == 2 && casts.contains(&Cast::Integer) && casts.contains(&Cast::Number);
    let cast = casts.first().filter(|_| casts.len() == 1 || both)?;
    let of_name = kind(key, values);
    let says = |keyword: &str, word: &str| of_name.keywords.contains(&(keyword.to_owned(), word.into()));
    let taken = || seen.iter().filter(|sighting| sighting.cast() == Some(cast)).filter_map(|one| one.taken.as_ref());
    let insists = taken().any(|taken| taken.refuses > Refusal::Perhaps);
    let fractions = taken().any(|taken| taken.fractions);
    // `enabled` is yes to some, and nothing to pydantic.
    let strict = seen.iter().any(|one| one.cast() == Some(cast) && one.place.ends_with(".py"));
    let is_word = |value: &str| ["enabled", "disabled"].iter().any(|word| word.eq_ignore_ascii_case(value));
    let refused = insists && values.iter().any(|value| refuses(cast, value) || strict && is_word(value));
    let all = |is: &dyn Fn(&str) -> bool| refused || values.iter().all(|value| is(value));
    let guessed = match cast {
        Cast::Integer if says("type", "integer") => of_name,
        // What a program takes as any number is whole for other reasons: a port is.
        Cast::Number if says("type", "integer") && (both || !(insists || fractions) || of_name.keywords.len() > 1) => {
            of_name
        }
        Cast::Text if says("type", "string") => of_name,
        Cast::Text => text(),
        Cast::Integer if all(&is_whole) => {
            guess(&[("type", "integer".into())], "a whole number, because a program reads it as one")
        }
        Cast::Number if all(&is_number) => {
            guess(&[("type", "number".into())], "a number, because a program reads it as one")
        }
        Cast::Boolean if all(&|value| is_switch(value) || matches!(value, "0" | "1")) => {
            guess(&[("type", "boolean".into())], "a switch, because a program reads it as one")
        }
        Cast::Format(format) if all(&|value| has_format(format, value)) => {
            let reason = "of this format, because a program reads it as such";
            guess(&[("type", "string".into()), ("format", (*format).into())], reason)
        }
        Cast::Object if all(&|value| is_json(cast, value)) => {
            guess(&[("type", "object".into())], "an object as JSON, because a program reads no other")
        }
        Cast::List if !values.is_empty() && values.iter().all(|value| is_json(cast, value)) => {
            guess(&[("type", "array".into())], "a list as JSON, because a program reads it as such")
        }
        // A list is read by commas, too, unless the schema says that it begins with its bracket.
        Cast::List if refused || values.is_empty() && insists => guess(
            &[("type", "string".into()), ("pattern", "^\\s*\\[".into())],
            "a list as JSON, [\"a\", \"b\"], because a program reads no other",
        ),
        Cast::Choice(texts) if all(&|value| texts.iter().any(|text| text == value)) => {
            let reason = "one of these, because a program takes no other";
            guess(&[("type", "string".into()), ("enum", texts.clone().into())], reason)
        }
        _ => return None,
    };
    Some(with_bounds(guessed, seen))
}

/// A guess with the bounds of the programs, where all of them have the same and stop at what is outside.
fn with_bounds(mut guessed: Guess, seen: &[&Sighting]) -> Guess {
    let taken = seen.iter().filter_map(|one| one.taken.as_ref());
    let mut bounds = taken.filter(|taken| taken.refuses > Refusal::Perhaps).map(|taken| &taken.bounds);
    let Some(first) = bounds.next().filter(|first| bounds.all(|other| other == *first)) else { return guessed };
    for (keyword, text) in first {
        let Ok(number) = serde_json::from_str::<Value>(text) else { continue };
        guessed.keywords.retain(|(name, _)| name != keyword);
        guessed.keywords.push(((*keyword).to_owned(), number));
    }
    guessed
}

/// Whether the schema takes a value for a whole number. Programs take more: `+5` and `5_000`.
fn is_whole(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    value.parse::<i64>().is_ok() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the schema takes a value for a number. Programs take more: `.5` and `5.`.
fn is_number(value: &str) -> bool {
    is_whole(value) || serde_json::from_str::<serde_json::Number>(value).is_ok()
}

/// Whether a value is a list or an object, written as JSON.
fn is_json(cast: &Cast, value: &str) -> bool {
    match serde_json::from_str(value) {
        Ok(Value::Array(_)) => *cast == Cast::List,
        Ok(Value::Object(_)) => *cast == Cast::Object,
        _ => false,
    }
}

/// Whether a value has a format; of one that is not tested here, as far as it can be told.
fn has_format(format: &str, value: &str) -> bool {
    formats::accepts(format, value).unwrap_or_else(|| !refuses(&Cast::Format("email"), value))
}

/// Whether a value is surely none that can be taken as such: what one program refuses, another one may take.
fn refuses(cast: &Cast, value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let number = || value.replace('_', "").parse::<f64>().ok();
    let is_radix = || ["0x", "0o", "0b"].iter().any(|start| lower.starts_with(start));
    let starts = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    match cast {
        Cast::Integer => number().map_or(!is_radix(), |number| number.fract() != 0.0),
        Cast::Number => number().is_none() && !is_radix(),
        Cast::Boolean => !matches!(
            lower.as_str(),
            "0" | "1" | "f" | "t" | "n" | "y" | "no" | "yes" | "off" | "on" | "false" | "true" | "disabled" | "enabled"
        ),
        Cast::Format("uri") => !value.contains(':'),
        Cast::Format("http-url") => !starts(&["http://", "https://"]),
        Cast::Format("postgres-url") => !starts(&["postgres"]),
        Cast::Format("redis-url") => !starts(&["redis"]),
        Cast::Format("email") => !value.contains('@') || value.contains(char::is_whitespace),
        Cast::Format("uuid") => value.bytes().filter(u8::is_ascii_hexdigit).count() < 32,
        // Without a unit.
        Cast::Format("duration") => number().is_some_and(|number| number != 0.0),
        Cast::Format(_) | Cast::Text => false,
        Cast::List | Cast::Object => !is_json(cast, value),
        Cast::Choice(texts) => !texts.iter().any(|text| text == value),
    }
}

/// A text, for want of a reason.
pub(super) fn text() -> Guess {
    Guess { keywords: vec![("type".to_owned(), "string".into())], reason: None }
}

/// Whether a value is a word for yes or no.
pub(super) fn is_switch(value: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].iter().any(|word| word.eq_ignore_ascii_case(value))
}

/// A type by a name and values, the latter without placeholders.
pub(super) fn kind(key: &str, values: &[&str]) -> Guess {
    let words: Vec<String> = key.split('_').map(str::to_ascii_lowercase).collect();
    let named = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let all = |is: &dyn Fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| is(value));
    let is_digits = |value: &str| {
        let digits = value.strip_prefix('-').unwrap_or(value);
        !digits.is_empty()
            && digits.len() < 16
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'))
    };
    let is_port = |value: &str| formats::accepts("port", value) == Some(true);
    if words.last().is_some_and(|word| word == "port") && (values.is_empty() || all(&is_port)) {
        let range = [("type", "integer".into()), ("minimum", 1.into()), ("maximum", 65535.into())];
        return guess(&range, "a port, by its name");
    }
    if all(&is_switch) {
        return guess(&[("type", "boolean".into())], "a switch, by its values");
    }
    if all(&|value| matches!(value, "0" | "1")) && !named(COUNTS) {
        let reason = "0 or 1: a switch or a number? say \"boolean\" or \"integer\"";
        return Guess { reason: Some(reason.to_owned()), ..text() };
    }
    if all(&is_digits) && !named(TEXTS) {
        return guess(&[("type", "integer".into())], "a whole number, by its values");
    }
    let is_decimal = |value: &str| {
        is_digits(value)
            || value.split_once('.').is_some_and(|(one, two)| {
                is_digits(one) && !two.is_empty() && two.bytes().all(|byte| byte.is_ascii_digit())
            })
    };
    if all(&is_decimal) && named(AMOUNTS) {
        return guess(&[("type", "number".into())], "a number, by its name and values");
    }
    if named(LISTS) && !values.is_empty() && !values.iter().any(|value| value.contains([',', '['])) {
        return Guess { reason: Some("one, or a list? say \"array\" for a list with commas".to_owned()), ..text() };
    }
    for (format, names, reason) in FORMATS {
        let fits = |value: &str| formats::accepts(format, value) == Some(true);
        if all(&fits) && (names.is_empty() || named(names)) {
            return guess(&[("type", "string".into()), ("format", (*format).into())], reason);
        }
    }
    if named(LISTS) && all(&|value| !value.starts_with('[')) && values.iter().any(|value| value.contains(',')) {
        return guess(&[("type", "array".into())], "a list, by its name and its commas");
    }
    text()
}

/// Words that say that there may be several.
const LISTS: &[&str] = &["cors", "hosts", "list", "origins", "urls"];

/// Words that say that digits are no number, or that something else may stand there: `BIND=127.0.0.1:9000`.
const TEXTS: &[&str] =
    &["account", "address", "bind", "code", "id", "listen", "number", "phone", "pin", "publish", "tag", "version"];

/// Words that say that something is counted.
const COUNTS: &[&str] = &[
    "attempts",
    "concurrency",
    "count",
    "days",
    "db",
    "hours",
    "instances",
    "interval",
    "level",
    "limit",
    "max",
    "min",
    "minutes",
    "port",
    "replicas",
    "retries",
    "seconds",
    "size",
    "threads",
    "timeout",
    "ttl",
    "workers",
];

/// Words that say that something is measured.
const AMOUNTS: &[&str] = &[
    "factor",
    "limit",
    "max",
    "min",
    "probability",
    "rate",
    "ratio",
    "seconds",
    "temperature",
    "threshold",
    "timeout",
    "weight",
];

/// A format, the words of which a name must have one, and what is said of the guess. Every value must be of the format.
const FORMATS: &[(&str, &[&str], &str)] = &[
    ("postgres-url", &[], "a PostgreSQL URL, by its values"),
    ("redis-url", &[], "a Redis URL, by its values"),
    ("http-url", &[], "a web address, by its values"),
    ("log-level", &["level", "loglevel"], "a log level, by its name and values"),
    ("timezone", &["tz", "timezone"], "a time zone, by its name and values"),
    ("cron", &["cron", "schedule", "crontab"], "a schedule, by its name and values"),
    (
        "duration",
        &["timeout", "ttl", "interval", "duration", "expiry", "age", "delay"],
        "a duration, by its name and values",
    ),
    ("byte-size", &["size", "memory", "limit", "bytes"], "an amount of bytes, by its name and values"),
    ("uuid", &[], "a UUID, by its values"),
    ("dsn", &["url", "uri", "dsn"], "the address of a service, by its name and values"),
];
