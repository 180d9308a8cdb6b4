//! Keys as names that a language takes: each key another one, whatever it looks like.

use std::collections::HashSet;

/// A style of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `api_port`
    Snake,
    /// `APIPort`
    Pascal,
}

/// A name for each key; a number tells apart those that would be one.
pub(super) fn all(keys: &[&str], style: Style, reserved: &[&str]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let name = |key: &&str| {
        let base = match style {
            Style::Snake => snake(key),
            Style::Pascal => pascal(key),
        };
        let base = if reserved.contains(&base.as_str()) { format!("{base}_") } else { base };
        let mut name = base.clone();
        let mut count = 1;
        while !taken.insert(name.clone()) {
            count += 1;
            name = format!("{}_{count}", base.trim_end_matches('_'));
        }
        name
    };
    keys.iter().map(name).collect()
}

/// The words of a key: what stands between signs that no name has, and where camel case turns.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in key.chars() {
        let turns = before.is_ascii_lowercase() && character.is_ascii_uppercase();
        if !character.is_ascii_alphanumeric() || turns {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_ascii_alphanumeric()) {
            word.push(character);
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn snake(key: &str) -> String {
    let name = words(key).join("_").to_ascii_lowercase();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("key_{name}") }
}

fn pascal(key: &str) -> String {
    // Those that Go's own style guide writes in capitals.
    const INITIALS: [&str; 22] = [
        "API", "CORS", "CPU", "DB", "DNS", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "JWT", "SMTP", "SQL", "SSH",
        "SSL", "TCP", "TLS", "TTL", "URI", "URL", "UUID",
    ];
    let capital = |word: &String| {
        let upper = word.to_ascii_uppercase();
        if INITIALS.contains(&upper.as_str()) {
            return upper;
        }
        let (first, rest) = word.split_at(1);
        format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
    };
    let name: String = words(key).iter().map(capital).collect();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("Key{name}") }
}

#[cfg(test)]
mod tests {
    use super::{Style, all};

    #[test]
    fn names() {
        let keys = ["API_PORT", "api_port", "apiPort", "class", "a-b.c", "2FA", "ä", "", "\"x\n*/", "dbUrl"];
        for (style, expected) in [
            (
                Style::Snake,
                ["api_port", "api_port_2", "api_port_3", "class_", "a_b_c", "key_2fa", "key_", "key_2", "x", "db_url"],
            ),
            (
                Style::Pascal,
                ["APIPort", "APIPort_2", "APIPort_3", "Class", "ABC", "Key2fa", "Key", "Key_2", "X", "DBURL"],
            ),
        ] {
            assert_eq!(all(&keys, style, &["class"]), expected, "{style:?}");
        }
    }
}
