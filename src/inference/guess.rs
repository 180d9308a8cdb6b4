//! What a key is, from its name, its values and its comment; with the reason, for whoever reviews it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::kinds::{cast, is_switch, kind, says_more, text};
use super::{Environments, Origin, Proposal, Sighting, Without, choices};
use crate::detection;
use crate::schema::extension::{KEYWORD, REVIEW};
use crate::source::printable;
use crate::uses::casts::{Cast, Refusal};
use crate::uses::values::{normal, take_digits_for_switches};
use crate::uses::{Side, reader};

/// A proposal for a key, from all that was seen of it. `secrets` are values that no text may hold.
#[must_use]
pub fn propose(key: &str, seen: &[&Sighting], environments: Environments<'_>, secrets: &[&str]) -> Proposal {
    let mut property = Map::new();
    let mut reasons: Vec<String> = Vec::new();
    let secret = is_secret(key, seen);
    // What a comment of an env file says that is not shared stays there; it only tells of what type a key is.
    let shown = || seen.iter().filter(|sighting| sighting.origin.is_shared());
    if let Some(comment) =
        shown().find_map(|sighting| sighting.comment.as_deref()).filter(|text| may_tell(text, secrets))
    {
        property.insert("description".to_owned(), printable(comment).into());
    }
    let values: Vec<&str> = seen.iter().filter_map(|sighting| sighting.told()).collect();
    let known: Vec<&str> = values.iter().copied().filter(|value| counts(value)).collect();
    let taken = cast(key, seen, &known);
    // Who has no other value for it stops at an empty one; in what documents, that asks to be filled in.
    let stops_at_nothing = taken.is_some() && seen.iter().any(|sighting| sighting.refuses_nothing());
    let guessed = taken.unwrap_or_else(|| kind(key, &known));
    // What a test file has for a secret (`123`) tells nothing of the real one.
    let is_text = guessed.keywords.contains(&("type".to_owned(), "string".into()));
    let more = || seen.iter().filter_map(|one| one.comment.as_deref()).any(|comment| says_more(comment, &guessed));
    let mut guessed = if secret && !is_text || more() { text() } else { guessed };
    let is_open = guessed.keywords.iter().all(|(name, value)| name == "type" && value == "string");
    let mut comments = seen.iter().filter_map(|one| one.comment.as_deref()).filter(|_| is_open && !secret);
    let stated = comments.find_map(|comment| choices::stated(comment, &known).filter(|_| may_tell(comment, secrets)));
    if let Some(words) = stated {
        guessed.keywords.push(("enum".to_owned(), words.into_iter().map(printable).collect()));
        guessed.reason = Some("one of these, by its comment".to_owned());
    }
    property.extend(guessed.keywords);
    reasons.extend(guessed.reason);
    if may_be_empty(seen) && !stops_at_nothing {
        accept_empty(&mut property);
    }
    if secret {
        property.insert("writeOnly".to_owned(), true.into());
        let kept = seen.iter().any(|one| one.holds_secret && matches!(one.origin, Origin::Read { .. }));
        let given = seen.iter().any(|one| one.holds_secret && one.origin == Origin::Set);
        let by = match (kept, given) {
            (true, _) => "because a program keeps it as one",
            (false, true) => "because Kubernetes takes it from a Secret",
            (false, false) => "by its name or the look of its value",
        };
        reasons.push(format!("a secret, {by}"));
    } else {
        shown_values(key, seen, secrets, &mut property, &mut reasons);
    }
    if !secret && !property.contains_key("enum") && !property.contains_key("format") && !is_typed(&property, "boolean")
    {
        let mut comments = seen.iter().filter_map(|one| one.comment.as_deref()).filter(|text| may_tell(text, secrets));
        reasons.extend(comments.find_map(|comment| choices::suggestion(comment, &known)));
    }
    let required = required(seen, environments);
    let mut own = Map::new();
    let services: BTreeSet<&str> = seen.iter().filter_map(|sighting| sighting.service.as_deref()).collect();
    if !services.is_empty() {
        own.insert("services".to_owned(), services.into_iter().map(printable).collect());
    }
    if let Some(Required { within: Some(names), .. }) = &required {
        own.insert("required-in".to_owned(), names.iter().map(|name| printable(name)).collect());
    }
    if !own.is_empty() {
        property.insert(KEYWORD.to_owned(), Value::Object(own));
    }
    reasons.extend(required.as_ref().map(|required| required.because.to_owned()));
    reasons.extend(disagreement(key, seen).filter(|_| !secret));
    let places: BTreeSet<&str> = seen.iter().map(|sighting| sighting.place.as_str()).collect();
    let places: Vec<_> = places.into_iter().map(printable).collect();
    reasons.push(format!("from {}", places.join(", ")));
    property.insert("$comment".to_owned(), format!("{REVIEW}{}", reasons.join("; ")).into());
    let everywhere = required.is_some_and(|required| required.within.is_none());
    Proposal { key: key.to_owned(), property, required: everywhere }
}

/// Whether a key is a secret: by its name, by a value that looks like one, or because it is sealed.
pub(super) fn is_secret(key: &str, seen: &[&Sighting]) -> bool {
    let value = |value: &str| {
        let password = detection::url_password(value).is_some();
        password || detection::token(value).is_some() || detection::looks_like_a_key(key, value)
    };
    if seen.iter().any(|sighting| sighting.holds_secret) {
        return true;
    }
    let values = || seen.iter().filter_map(|sighting| sighting.told()).filter(|value| counts(value));
    // `SHOW_PASSWORD_HINT=false`
    let switches = values().next().is_some() && values().all(is_switch)
        || seen.iter().any(|sighting| sighting.cast() == Some(&Cast::Boolean));
    if switches {
        return false;
    }
    // A name that says it less clearly is believed where no value is known that denies it.
    let perhaps = detection::names_secret(key) || detection::names_some_key(key);
    let named = detection::names_secret_surely(key)
        || perhaps && values().next().is_none()
        || values().any(|value| detection::is_secret_by_name(key, value));
    // Whole numbers keep nothing secret, and a program that reads one says so.
    let counts = seen.iter().any(|sighting| matches!(sighting.cast(), Some(Cast::Integer | Cast::Number)));
    named && !counts && !says_amount(key)
        || seen.iter().any(|sighting| {
            matches!(sighting.origin, Origin::Layer { sealed: true, .. }) || sighting.told().is_some_and(value)
        })
}

/// Whether a name says how long or how many, whatever of: `RESET_PASSWORD_LOCK_TIME`.
fn says_amount(key: &str) -> bool {
    const AMOUNTS: &[&str] = &[
        "AGE",
        "ATTEMPTS",
        "DAYS",
        "DURATION",
        "EXPIRY",
        "HOURS",
        "INTERVAL",
        "LENGTH",
        "LIFETIME",
        "LIMIT",
        "MINUTES",
        "SECONDS",
        "THRESHOLD",
        "TIME",
        "TIMEOUT",
        "TTL",
    ];
    key.rsplit('_').next().is_some_and(|word| AMOUNTS.contains(&word.to_ascii_uppercase().as_str()))
}

/// Whether an env file, or what documents one, has the key without a value: for those who wrote it, that is none.
fn may_be_empty(seen: &[&Sighting]) -> bool {
    let of_a_file = |origin: &Origin| matches!(origin, Origin::Layer { sealed: false, .. } | Origin::Example);
    let empty = |sighting: &Sighting| of_a_file(&sighting.origin) && sighting.told() == Some("");
    let said = |comment: &str| {
        let lower = comment.to_ascii_lowercase();
        ["leave empty", "leave it empty", "leave this empty", "leave blank"].iter().any(|words| lower.contains(words))
    };
    seen.iter().any(|one| empty(one) || one.comment.as_deref().is_some_and(said))
}

/// Lets an empty value be none, where a type or a format would refuse it.
fn accept_empty(property: &mut Map<String, Value>) {
    let bounded = ["minLength", "pattern"].iter().any(|keyword| property.contains_key(*keyword));
    let narrow =
        bounded || property.contains_key("format") || property.contains_key("enum") || !is_typed(property, "string");
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

impl Sighting {
    /// What a program makes of the value.
    pub(super) fn cast(&self) -> Option<&Cast> {
        self.taken.as_ref().map(|taken| &taken.cast)
    }

    /// Whether a program has no other value, and stops at an empty one.
    fn refuses_nothing(&self) -> bool {
        let refuses = self.taken.as_ref().map_or(Refusal::Perhaps, |taken| taken.refuses);
        refuses == Refusal::EmptyAlways
            || refuses == Refusal::EmptyToo && self.origin == Origin::Read { required: true }
    }

    /// The value, where it is one: `LDAP_SERVER=false` says that there is no server, not that it is a switch.
    fn told(&self) -> Option<&str> {
        let value = self.value.as_deref()?;
        let is_off = ["false", "no", "off"].iter().any(|word| word.eq_ignore_ascii_case(value));
        // `env('SAMPLE', false)` of PHP and `${MODE:-off}` take what stands there for one of several things.
        let may_be_more = match self.origin {
            Origin::Read { .. } => self.place.ends_with(".php"),
            Origin::Reference { .. } => value.eq_ignore_ascii_case("off"),
            _ => false,
        };
        let is_none =
            is_off && self.cast() != Some(&Cast::Boolean) && (may_be_more || detection::names_a_text(&self.key));
        (!is_none).then_some(value)
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

/// Defaults of Compose files, and what examples show, without the values in `secrets`. Values of environments stay where they are.
fn shown_values(
    key: &str,
    seen: &[&Sighting],
    secrets: &[&str],
    property: &mut Map<String, Value>,
    reasons: &mut Vec<String>,
) {
    /// What is shorter may well be a word that stands elsewhere, too.
    const DISTINCT: usize = 10;
    let holds_secret = |value: &str| secrets.iter().any(|secret| secret.len() >= DISTINCT && value.contains(secret));
    let of = |wanted: &dyn Fn(&Origin) -> bool| -> Vec<&str> {
        let values = seen.iter().filter(|sighting| wanted(&sighting.origin)).filter_map(|sighting| sighting.told());
        let mut values: Vec<_> = values.filter(|value| may_show(key, value) && !holds_secret(value)).collect();
        values.dedup();
        values
    };
    let takes = |origin: &Origin| matches!(origin, Origin::Reference { .. } | Origin::Read { .. });
    let defaults: BTreeSet<&str> = of(&takes).into_iter().collect();
    let used = || seen.iter().filter(|sighting| takes(&sighting.origin));
    let always = used().all(|sighting| sighting.told().is_some_and(|value| !value.is_empty()));
    if let (1, true, Some(default)) = (defaults.len(), always, defaults.first()) {
        property.insert("default".to_owned(), typed(default, property));
    }
    let examples = of(&|origin| matches!(origin, Origin::Example | Origin::Commented));
    // `True` is what Python programs compare with, and the default of a schema has no spelling; what is read as a switch takes any.
    let compares = !seen.iter().any(|one| one.taken.as_ref().is_some_and(|taken| taken.refuses > Refusal::Perhaps));
    let spelled = defaults
        .iter()
        .filter(|_| compares)
        .find(|text| is_typed(property, "boolean") && matches!(**text, "True" | "False"));
    if let (Some(spelled), true) = (spelled, examples.is_empty()) {
        property.insert("examples".to_owned(), json!([spelled]));
    } else if let Some(example) = examples.first() {
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
        number(text)
    } else if is("boolean") {
        text.eq_ignore_ascii_case("true").into()
    } else if is("array") {
        text.split(',').map(|item| Value::from(item.trim())).collect()
    } else {
        text.into()
    }
}

/// A number as an env file has it: `80e6` of a program is 80000000.
fn number(text: &str) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let read: Value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    let whole = read.as_f64().filter(|number| read.is_f64() && number.fract() == 0.0 && number.abs() < EXACT);
    whole.and_then(|whole| serde_json::from_str(&format!("{whole:.0}")).ok()).unwrap_or(read)
}

/// Where a key must be set, and why.
struct Required<'a> {
    because: &'static str,
    /// The environments; `None` for every one.
    within: Option<Vec<&'a String>>,
}

fn required<'a>(seen: &[&Sighting], environments: Environments<'a>) -> Option<Required<'a>> {
    let Environments { own, given } = environments;
    let refers = |sighting: &Sighting, wanted: Without| matches!(sighting.origin, Origin::Reference { without } if without == wanted);
    let reads = |sighting: &Sighting| sighting.origin == Origin::Read { required: true };
    let demanded = seen.iter().any(|sighting| reads(sighting) || refers(sighting, Without::Stops));
    // Whoever starts the program gives it a value, or the program has one for some cases.
    let falls_back = |sighting: &&&Sighting| sighting.value.is_some();
    let references = || seen.iter().filter(|sighting| matches!(sighting.origin, Origin::Reference { .. }));
    let has_default = seen.iter().any(|sighting| match sighting.origin {
        Origin::Reference { .. } | Origin::Read { .. } => sighting.value.is_some(),
        _ => false,
    });
    // What starts a program may set it for this one alone; a script, an image or a program sets it for good.
    let is_set = |for_good: bool| {
        let is_script = |place: &str| reader(place).is_some_and(|reader| reader.side != Side::Start);
        seen.iter().any(|sighting| sighting.origin == Origin::Set && (!for_good || is_script(&sighting.place)))
    };
    let helped = has_default || is_set(false);
    let has = |name: &&String| {
        seen.iter().any(|sighting| match &sighting.origin {
            Origin::Layer { environments, sealed, .. } => {
                environments.contains(name) && (*sealed || sighting.value.as_deref() != Some(""))
            }
            _ => false,
        })
    };
    let apart = !given.is_empty() && own.len() + given.len() > 1;
    let required = |because: &'static str, names: Vec<&'a String>| {
        Some(Required { because, within: Some(names).filter(|_| apart) })
    };
    let having: Vec<&String> = own.iter().chain(given).filter(has).collect();
    // Where none of them has it, what Compose asks for comes from somewhere else; so may what a program asks for, where each
    // service has an env file of its own. Else it is what is missing.
    let stops = given.is_empty() && seen.iter().any(|sighting| reads(sighting));
    let documented = own.is_empty() && given.is_empty() && seen.iter().any(|one| one.origin == Origin::Example);
    let all_have = documented || having.len() == own.len() + given.len() && !having.is_empty();
    if demanded && !has_default && all_have && !is_set(true) {
        return required("required, because a reader stops without it", having);
    }
    if demanded && !helped && (stops || own.is_empty() && given.is_empty() || !having.is_empty()) {
        return required("required, because a reader stops without it", having);
    }
    // What Compose itself takes comes from the project's own env files. All of them have it today, and Compose has nothing
    // else: who takes it out later leaves an empty text there.
    let wanted = references().any(|sighting| refers(sighting, Without::Warns));
    if wanted
        && !references().any(|sighting| falls_back(&sighting))
        && !own.is_empty()
        && own.iter().all(|name| has(&name))
    {
        return required("required, because Compose has no default for it", own.iter().collect());
    }
    // What stands in `.env` alone, somebody has set for himself; all environments have it because that file is their base.
    let of_its_own = |name: &String| {
        let shared = |sighting: &Sighting| sighting.place.rsplit('/').next() == Some(".env");
        seen.iter().any(|sighting| match &sighting.origin {
            Origin::Layer { environments: users, .. } => {
                users.contains(name) && !(shared(sighting) && users.len() == own.len())
            }
            _ => false,
        })
    };
    let everywhere = !apart && own.len() > 1 && own.iter().all(|name| has(&name) && of_its_own(name));
    if everywhere && !helped { required("required, because every environment has it", Vec::new()) } else { None }
}

/// Different defaults in different places, where nothing about them is secret.
pub(super) fn disagreement(key: &str, seen: &[&Sighting]) -> Option<String> {
    if is_secret(key, seen) {
        return None;
    }
    let mut given: Vec<(String, &str, &str)> = Vec::new();
    let speaks = |origin: &Origin| !matches!(origin, Origin::Layer { .. } | Origin::Commented | Origin::Set);
    for sighting in seen.iter().filter(|sighting| speaks(&sighting.origin)) {
        let value = sighting.told().filter(|value| may_show(key, value));
        given.extend(value.map(|value| (normal(value), value, sighting.place.as_str())));
    }
    take_digits_for_switches(given.iter_mut().map(|(normal, ..)| normal));
    let mut known = BTreeSet::new();
    given.retain(|(normal, ..)| known.insert(normal.clone()));
    let told: Vec<_> =
        given.iter().map(|(_, value, place)| format!("{} in {}", printable(value), printable(place))).collect();
    (told.len() > 1).then(|| format!("not the same everywhere: {}", told.join(", ")))
}
