//! The type of a key in words: what it is, and what bounds it.

use serde_json::Value;

use crate::schema::Property;
use crate::source::printable;

/// `integer, 1 to 65535`; `list of origin`; `http-url`.
pub(super) fn in_words(property: &Property<'_>) -> String {
    let mut words = vec![names(property)];
    words.extend(bounds(property));
    words.extend(property.separator().map(|separator| format!("separated by {}", quoted(separator))));
    words.extend(property.has_file_variant().then(|| "or a file named by the same key with _FILE".to_owned()));
    words.join(", ")
}

/// What bounds a value, one thing each: `1 to 65535`, `at least 8 characters`.
#[must_use]
pub fn bounds(property: &Property<'_>) -> Vec<String> {
    let number = |keyword: &str| property.keyword(keyword).filter(|value| value.is_number()).map(Value::to_string);
    let mut words = Vec::new();
    words.extend(range(number("minimum"), number("maximum"), ["to", "at least", "at most"], ""));
    words.extend(number("exclusiveMinimum").map(|bound| format!("more than {bound}")));
    words.extend(number("exclusiveMaximum").map(|bound| format!("less than {bound}")));
    words.extend(number("multipleOf").map(|divisor| format!("a multiple of {divisor}")));
    words.extend(range(number("minLength"), number("maxLength"), ["to", "at least", "at most"], "character"));
    words.extend(range(number("minItems"), number("maxItems"), ["to", "at least", "at most"], "item"));
    words.extend(property.is_set().then(|| "no item twice".to_owned()));
    words
}

fn names(property: &Property<'_>) -> String {
    let format = property.format().map(printable);
    let types = property.types();
    let name = |name: &&str| match *name {
        "array" => match property.keyword("items").and_then(item) {
            Some(item) => format!("list of {item}"),
            None => "list".to_owned(),
        },
        "object" => "JSON object".to_owned(),
        "null" => "nothing".to_owned(),
        // The name of a format says more than that it is a text.
        "string" => format.clone().unwrap_or_else(|| "string".to_owned()),
        other => other.to_owned(),
    };
    let several: Vec<_> = types.iter().map(name).collect();
    if several.is_empty() { "string".to_owned() } else { several.join(" or ") }
}

fn item(items: &Value) -> Option<String> {
    let word = |keyword: &str| items.get(keyword).and_then(Value::as_str).map(printable);
    word("format").or_else(|| word("type"))
}

fn range(least: Option<String>, most: Option<String>, words: [&str; 3], unit: &str) -> Option<String> {
    let [between, from, up_to] = words;
    let counted = |count: &str| match unit {
        "" => count.to_owned(),
        unit => format!("{count} {unit}{}", if count == "1" { "" } else { "s" }),
    };
    Some(match (least, most) {
        (Some(least), Some(most)) if least == most => format!("exactly {}", counted(&least)),
        (Some(least), Some(most)) => format!("{least} {between} {}", counted(&most)),
        (Some(least), None) => format!("{from} {}", counted(&least)),
        (None, Some(most)) => format!("{up_to} {}", counted(&most)),
        (None, None) => return None,
    })
}

fn quoted(separator: &str) -> String {
    match separator {
        " " => "a blank".to_owned(),
        other => format!("`{}`", printable(other)),
    }
}
