//! What a key is, from its name, its values and its comment; with the reason, for whoever reviews it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Origin, Proposal, Sighting, choices};
use crate::detection;
use crate::schema::extension::KEYWORD;
use crate::schema::formats;
use crate::source::printable;
use crate::uses::casts::Cast;

/// How every note on a guess begins.
const REVIEW: &str = "review: ";

/// A proposal for a key, from all that was seen of it. `environments` are the names of those that there are; `secrets`
/// are values that no text may hold.
#[must_use]
pub fn propose(key: &str, seen: &[&Sighting], environments: &[String], secrets: &[&str]) -> Proposal {
    let mut property = Map::new();
    let mut reasons: Vec<String> = Vec::new();
    let secret = is_secret(key, seen);
    if let Some(comment) =
        seen.iter().find_map(|sighting| sighting.comment.as_deref()).filter(|text| may_tell(text, secrets))
    {
        property.insert("description".to_owned(), printable(comment).into());
    }
    let values: Vec<&str> = seen.iter().filter_map(|sighting| sighting.value.as_deref()).collect();
    let known: Vec<&str> = values.iter().copied().filter(|value| counts(value)).collect();
    let guessed = cast(key, seen, &known).unwrap_or_else(|| kind(key, &known));
    // What a test file has for a secret (`123`) tells nothing of the real one.
    let is_text = guessed.keywords.contains(&("type".to_owned(), "string".into()));
    let guessed = if secret && !is_text { text() } else { guessed };
    property.extend(guessed.keywords);
    reasons.extend(guessed.reason);
    if may_be_empty(seen) {
        accept_empty(&mut property);
    }
    if secret {
        property.insert("writeOnly".to_owned(), true.into());
        reasons.push("a secret, by its name or the look of its value".to_owned());
    } else {
        shown_values(key, seen, &mut property, &mut reasons);
    }
    if !secret && !property.contains_key("enum") && !property.contains_key("format") && !is_typed(&property, "boolean")
    {
        let mut comments = seen.iter().filter_map(|sighting| sighting.comment.as_deref());
        reasons.extend(comments.find_map(|comment| choices::suggestion(comment, &known)));
    }
    let services: BTreeSet<&str> = seen.iter().filter_map(|sighting| sighting.service.as_deref()).collect();
    if !services.is_empty() {
        let names: Vec<_> = services.into_iter().map(printable).collect();
        property.insert(KEYWORD.to_owned(), json!({ "services": names }));
    }
    let required = required(seen, environments);
    reasons.extend(required.map(ToOwned::to_owned));
    reasons.extend(disagreement(key, seen).filter(|_| !secret));
    let places: BTreeSet<&str> = seen.iter().map(|sighting| sighting.place.as_str()).collect();
    let places: Vec<_> = places.into_iter().map(printable).collect();
    reasons.push(format!("from {}", places.join(", ")));
    property.insert("$comment".to_owned(), format!("{REVIEW}{}", reasons.join("; ")).into());
    Proposal { key: key.to_owned(), property, required: required.is_some() }
}

/// Whether a key is a secret: by its name, by a value that looks like one, or because it is sealed.
pub(super) fn is_secret(key: &str, seen: &[&Sighting]) -> bool {
    let value = |value: &str| {
        let password = detection::url_password(value).is_some();
        password || detection::token(value).is_some() || detection::looks_like_a_key(key, value)
    };
    let values = || seen.iter().filter_map(|sighting| sighting.value.as_deref()).filter(|value| counts(value));
    // `SHOW_PASSWORD_HINT=false`
    let switches = values().next().is_some() && values().all(is_switch)
        || seen.iter().any(|sighting| sighting.cast == Some(Cast::Boolean));
    if switches {
        return false;
    }
    // A name that says it less clearly is believed where no value is known that denies it.
    let perhaps = detection::names_secret(key) || detection::names_some_key(key);
    let named = detection::names_secret_surely(key)
        || perhaps && values().next().is_none()
        || values().any(|value| detection::is_secret_by_name(key, value));
    named
        || seen.iter().any(|sighting| {
            matches!(sighting.origin, Origin::Layer { sealed: true, .. })
                || sighting.value.as_deref().is_some_and(value)
        })
}

/// Whether an env file, or what documents one, has the key without a value: for those who wrote it, that is none.
fn may_be_empty(seen: &[&Sighting]) -> bool {
    let of_a_file = |origin: &Origin| matches!(origin, Origin::Layer { sealed: false, .. } | Origin::Example);
    seen.iter().any(|sighting| of_a_file(&sighting.origin) && sighting.value.as_deref() == Some(""))
}

/// Lets an empty value be none, where a type or a format would refuse it.
fn accept_empty(property: &mut Map<String, Value>) {
    let narrow = property.contains_key("format") || property.contains_key("enum") || !is_typed(property, "string");
    let Some(kind) = property.get("type").cloned().filter(|_| narrow) else { return };
    property.insert("type".to_owned(), json!([kind, "null"]));
    if let Some(choices) = property.get_mut("enum").and_then(Value::as_array_mut) {
        choices.push(Value::Null);
    }
}

/// Whether a guess is of a type, and perhaps takes an empty value besides.
fn is_typed(property: &Map<String, Value>, name: &str) -> bool {
    match property.get("type") {
        Some(Value::Array(names)) => names.iter().any(|found| found == name),
        found => found.is_some_and(|found| found == name),
    }
}

/// Whether a value tells of what type a key is: no placeholder, nothing empty.
fn counts(value: &str) -> bool {
    !value.trim().is_empty() && !detection::is_placeholder(value)
}

/// Whether a comment may be repeated: no secret stands in it, as far as anybody can tell.
fn may_tell(text: &str, secrets: &[&str]) -> bool {
    let words = || text.split(|sign: char| sign.is_whitespace() || "\"'`,;()".contains(sign));
    let lower = text.to_ascii_lowercase();
    let assigns = ["password", "passwd", "secret", "token", "key"].iter().any(|word| {
        let after = lower.split(word).skip(1);
        after.into_iter().any(|rest| rest.trim_start().starts_with(['=', ':']) && rest.trim_start().len() > 2)
    });
    !assigns
        && detection::token(text).is_none()
        && !words().any(|word| detection::url_password(word).is_some() || detection::looks_like_a_key("KEY", word))
        && !secrets.iter().any(|secret| secret.len() > 3 && text.contains(secret))
}

/// Whether a value of a key that is no secret may stand in the schema.
fn may_show(key: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    counts(value)
        && value.len() <= 80
        && !value.contains(['{', '\n', '@'])
        && !["password", "passwd", "secret", "token"].iter().any(|word| lower.contains(word))
        && detection::url_password(value).is_none()
        && detection::token(value).is_none()
        && detection::published(value).is_none()
        && !detection::stands_in_for_a_secret(value)
        && !detection::looks_like_a_key(key, value)
}

/// Defaults of Compose files, and what examples show. Values of environments stay where they are.
fn shown_values(key: &str, seen: &[&Sighting], property: &mut Map<String, Value>, reasons: &mut Vec<String>) {
    let of = |wanted: &dyn Fn(&Origin) -> bool| -> Vec<&str> {
        let values =
            seen.iter().filter(|sighting| wanted(&sighting.origin)).filter_map(|sighting| sighting.value.as_deref());
        let mut values: Vec<_> = values.filter(|value| may_show(key, value)).collect();
        values.dedup();
        values
    };
    let takes = |origin: &Origin| matches!(origin, Origin::Reference { .. } | Origin::Read { .. });
    let defaults: BTreeSet<&str> = of(&takes).into_iter().collect();
    let used = || seen.iter().filter(|sighting| takes(&sighting.origin));
    let always = used().all(|sighting| sighting.value.as_deref().is_some_and(|value| !value.is_empty()));
    if let (1, true, Some(default)) = (defaults.len(), always, defaults.first()) {
        property.insert("default".to_owned(), typed(default, property));
    }
    let examples = of(&|origin| matches!(origin, Origin::Example | Origin::Commented));
    if let Some(example) = examples.first() {
        property.insert("examples".to_owned(), json!([typed(example, property)]));
    }
    let words: BTreeSet<&str> = examples.into_iter().chain(defaults).collect();
    let is_word = |word: &&str| word.len() < 20 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let is_open = !property.contains_key("format") && !property.contains_key("enum");
    if (2..=5).contains(&words.len()) && words.iter().all(is_word) && is_open {
        reasons.push(format!("perhaps an enum of {}", words.into_iter().collect::<Vec<_>>().join(", ")));
    }
}

/// A value as the type that was guessed has it.
fn typed(text: &str, property: &Map<String, Value>) -> Value {
    let is = |name: &str| is_typed(property, name);
    if is("integer") || is("number") {
        serde_json::from_str(text).unwrap_or_else(|_| text.into())
    } else if is("boolean") {
        text.eq_ignore_ascii_case("true").into()
    } else if is("array") {
        text.split(',').map(|item| Value::from(item.trim())).collect()
    } else {
        text.into()
    }
}

/// Why every environment must have the key.
fn required(seen: &[&Sighting], environments: &[String]) -> Option<&'static str> {
    let demanded = seen.iter().any(|sighting| {
        matches!(sighting.origin, Origin::Reference { required: true } | Origin::Read { required: true })
    });
    // Whoever starts the program gives it a value, or the program has one for some cases.
    let helped = seen.iter().any(|sighting| match sighting.origin {
        Origin::Set => true,
        Origin::Reference { .. } | Origin::Read { .. } => sighting.value.is_some(),
        _ => false,
    });
    let has = |name: &String| {
        seen.iter().any(|sighting| match &sighting.origin {
            Origin::Layer { environments, sealed } => {
                environments.contains(name) && (*sealed || sighting.value.as_deref() != Some(""))
            }
            _ => false,
        })
    };
    // Where none of them has it, it comes from somewhere else, or is not needed.
    if demanded && !helped && (environments.is_empty() || environments.iter().any(has)) {
        return Some("required, because a reader stops without it");
    }
    (environments.len() > 1 && environments.iter().all(has)).then_some("required, because every environment has it")
}

/// Different defaults in different places, where nothing about them is secret.
pub(super) fn disagreement(key: &str, seen: &[&Sighting]) -> Option<String> {
    if is_secret(key, seen) {
        return None;
    }
    let mut given: Vec<(&str, &str)> = Vec::new();
    let speaks = |origin: &Origin| !matches!(origin, Origin::Layer { .. } | Origin::Commented | Origin::Set);
    for sighting in seen.iter().filter(|sighting| speaks(&sighting.origin)) {
        let value = sighting.value.as_deref().filter(|value| may_show(key, value));
        let Some(value) = value else { continue };
        if !given.iter().any(|(known, _)| *known == value) {
            given.push((value, &sighting.place));
        }
    }
    let told: Vec<_> =
        given.iter().map(|(value, place)| format!("{} in {}", printable(value), printable(place))).collect();
    (told.len() > 1).then(|| format!("not the same everywhere: {}", told.join(", ")))
}

/// A type, and why.
#[derive(Default)]
struct Guess {
    keywords: Vec<(String, Value)>,
    reason: Option<String>,
}

fn guess(keywords: &[(&str, Value)], reason: &str) -> Guess {
    let keywords = keywords.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Guess { keywords, reason: Some(reason.to_owned()) }
}

/// A type because programs take the value as such, where the values that are known are of it.
fn cast(key: &str, seen: &[&Sighting], values: &[&str]) -> Option<Guess> {
    let casts: BTreeSet<&Cast> = seen.iter().filter_map(|sighting| sighting.cast.as_ref()).collect();
    // A program that takes whole numbers is the narrower one.
    let both = casts.len() == 2 && casts.contains(&Cast::Integer) && casts.contains(&Cast::Number);
    let cast = casts.first().filter(|_| casts.len() == 1 || both)?;
    let of_name = kind(key, values);
    let says = |keyword: &str, word: &str| of_name.keywords.contains(&(keyword.to_owned(), word.into()));
    let all = |is: &dyn Fn(&str) -> bool| values.iter().all(|value| is(value));
    let guessed = match cast {
        Cast::Integer | Cast::Number if says("type", "integer") => return Some(of_name),
        Cast::Integer if all(&|value| value.parse::<i64>().is_ok()) => {
            guess(&[("type", "integer".into())], "a whole number, because a program reads it as one")
        }
        Cast::Number if all(&|value| value.parse::<f64>().is_ok_and(f64::is_finite)) => {
            guess(&[("type", "number".into())], "a number, because a program reads it as one")
        }
        Cast::Boolean if all(&|value| is_switch(value) || matches!(value, "0" | "1")) => {
            guess(&[("type", "boolean".into())], "a switch, because a program reads it as one")
        }
        Cast::Format(format) if all(&|value| formats::accepts(format, value) == Some(true)) => {
            let reason = "of this format, because a program reads it as such";
            guess(&[("type", "string".into()), ("format", (*format).into())], reason)
        }
        Cast::Choice(texts) if all(&|value| texts.iter().any(|text| text == value)) => {
            let reason = "one of these, because a program takes no other";
            guess(&[("type", "string".into()), ("enum", texts.clone().into())], reason)
        }
        _ => return None,
    };
    Some(guessed)
}

fn text() -> Guess {
    Guess { keywords: vec![("type".to_owned(), "string".into())], reason: None }
}

fn is_switch(value: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].iter().any(|word| word.eq_ignore_ascii_case(value))
}

fn kind(key: &str, values: &[&str]) -> Guess {
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
    if all(&is_digits) && !named(&["id", "version", "tag", "code", "account", "phone", "pin", "number"]) {
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
