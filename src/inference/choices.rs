//! The values that a comment lists: `# one of: debug, info`, `# development|staging|production`.

use std::sync::LazyLock;

use regex::Regex;

use super::kinds::is_switch;

/// What a person may make of a comment that lists values; `None` where it lists none, or not the ones that are known.
#[must_use]
pub(super) fn suggestion(comment: &str, known: &[&str]) -> Option<String> {
    let words = listed(comment)?;
    let fits = known.iter().all(|value| words.iter().any(|word| word == value));
    let quoted: Vec<_> = words.iter().map(|word| crate::quoting::json(word)).collect();
    fits.then(|| format!("its comment lists values; if there are no others, say \"enum\": [{}]", quoted.join(", ")))
}

/// The values that a comment says are the only ones: `one of: debug, info`, `debug|info|warn`; those that are `known` among
/// them. `None` where it says less, or they are better told by a type.
#[must_use]
pub(super) fn stated<'c>(comment: &'c str, known: &[&str]) -> Option<Vec<&'c str>> {
    static ONLY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:one of|choose from|(?:possible|allowed|valid|supported|accepted|available|permitted) (?:values|options|levels|modes|choices))\b").ok()
    });
    let words = listed(comment)?;
    let lower = comment.to_ascii_lowercase();
    let is_open =
        ["etc", "e.g.", "for example", "such as", "...", "…", "comma", "several", "multiple", "any of", "or more"];
    let is_typed = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit()) || is_switch(word);
    let says_so = ONLY.as_ref()?.is_match(comment) || comment.contains('|') && !known.is_empty();
    let fits = known.iter().all(|value| words.contains(value));
    (says_so && fits && !is_open.iter().any(|sign| lower.contains(sign)) && !words.iter().all(is_typed))
        .then_some(words)
}

/// The words of a list, at least two.
pub(super) fn listed(comment: &str) -> Option<Vec<&str>> {
    static MARKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(?:one of|either|options(?: are)?|choices(?: are)?|choose from|(?:possible|allowed|valid|supported|accepted|available) (?:values|options|levels|modes|choices)(?: are)?|values(?: are)?|can be)\b\s*[:=]?\s*[(\[]?(.+)").ok()
    });
    static PIPED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:^|[\s(:\["'`])([\w.-]+(?:["'`]?\s*\|\s*["'`]?[\w.-]+)+)"#).ok());
    static BETWEEN: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\s*(?:,\s*(?:or|and)\s|,|/|\s(?:or|and)\s)\s*").ok());
    let piped = PIPED.as_ref().and_then(|pattern| pattern.captures(comment)).and_then(|found| found.get(1));
    if let Some(found) = piped {
        return words(found.as_str().split('|'));
    }
    let rest = MARKED.as_ref()?.captures(comment)?.get(1)?.as_str();
    // The list ends with its sentence or its bracket.
    let end = rest.find([')', ']', ';']).or_else(|| rest.find(". ")).unwrap_or(rest.len());
    words(BETWEEN.as_ref()?.split(rest[..end].trim_end_matches('.')))
}

/// Parts that are nothing but a word; none where one is more than that.
fn words<'t>(parts: impl Iterator<Item = &'t str>) -> Option<Vec<&'t str>> {
    let mut found = Vec::new();
    for part in parts {
        let word = part.trim().trim_matches(['"', '\'', '`', '*']);
        let is_word = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        if word.is_empty() || word.len() > 30 || !is_word {
            return None;
        }
        if !found.contains(&word) {
            found.push(word);
        }
    }
    (2..=20).contains(&found.len()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_comments() {
        for (comment, expected) in [
            ("one of: debug, info, warning", "debug info warning"),
            ("The mode. One of `a`, `b` or `c`.", "a b c"),
            ("development|staging|production", "development staging production"),
            ("Log level (debug | info | warn)", "debug info warn"),
            ("Possible values: 'a', 'b'. Default is a", "a b"),
            ("Allowed values are a, b, or c", "a b c"),
            ("can be true or false", "true false"),
            ("can be left out, or set to a path", ""),
            ("one of the servers, or none at all", ""),
            ("a/b testing", ""),
            ("which port", ""),
            ("pipe: a | tee", "a tee"),
            ("", ""),
        ] {
            assert_eq!(listed(comment).unwrap_or_default().join(" "), expected, "{comment}");
        }
        for (comment, known, expected) in [
            ("one of: debug, info", &[][..], "debug info"),
            ("One of `debug`, `info` or `warn`.", &["info"], "debug info warn"),
            ("debug|info|warn", &["info"], "debug info warn"),
            ("debug|info|warn", &[], ""),
            ("debug|info|warn", &["trace"], ""),
            ("one of: debug, info, etc", &["info"], ""),
            ("for example one of debug, info", &["info"], ""),
            ("one or more of a|b", &["a"], ""),
            ("can be debug or info", &["info"], ""),
            ("one of: true, false", &["true"], ""),
            ("one of: 0, 1", &["1"], ""),
        ] {
            assert_eq!(stated(comment, known).unwrap_or_default().join(" "), expected, "{comment}");
        }
        assert!(suggestion("a|b", &["c"]).is_none());
        assert_eq!(suggestion("a|b", &["b"]).unwrap().split("say ").nth(1), Some("\"enum\": [\"a\", \"b\"]"));
    }
}
