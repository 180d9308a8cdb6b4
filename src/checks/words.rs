//! The words that messages have in common.

/// A value on one line and of bearable length.
pub(super) fn shortened(text: &str) -> String {
    const LIMIT: usize = 60;
    if text.is_empty() {
        return "empty".to_owned();
    }
    let first = text.lines().next().unwrap_or_default();
    let shown = |text: &str| text.replace('\t', "⇥");
    if first.len() == text.len() && text.chars().count() <= LIMIT {
        return shown(text);
    }
    format!("{}…", shown(&first.chars().take(LIMIT).collect::<String>()))
}

/// What a type of JSON is called in a sentence.
pub(super) fn with_article(name: &'static str) -> &'static str {
    match name {
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "a boolean",
        "array" => "a list",
        "object" => "a JSON object",
        "null" => "empty",
        _ => "a text",
    }
}

/// `a, b or c`
pub(super) fn listed(items: &[impl AsRef<str>], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {word} {}", first.join(", "), last.as_ref())
        }
    }
}
