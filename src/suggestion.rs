//! "Did you mean …?"

/// The name in `known` that `word` most likely meant: at most a third of its letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word_length = word.chars().count();
    let limit = (word_length / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(word_length) <= limit)
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn nearest_names() {
        let known = ["API_PORT", "API_HOST", "LOG_LEVEL"];
        for (word, expected) in [("API_PROT", Some("API_PORT")), ("LOGLEVEL", Some("LOG_LEVEL")), ("ZZ", None)] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
