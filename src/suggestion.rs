//! "Did you mean …?": the known name that a mistyped one most likely meant.

/// The candidate nearest to `word`, if one is near enough to be meant: about one slip in four characters.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let reach = (word.chars().count() / 4).clamp(1, 4);
    let near = candidates.into_iter().filter(|candidate| candidate.len().abs_diff(word.len()) <= reach * 4);
    let scored = near.map(|candidate| (distance(word, candidate), candidate));
    // Of equally near ones the first by name, so that the order of the candidates does not matter.
    scored.filter(|(distance, _)| *distance <= reach).min().map(|(_, name)| name)
}

/// Whether two names of variables differ as a slip of the hand makes them: by a letter, or by two within one long word.
/// `SMTP_HOST` and `SMTP_PORT` are two names.
#[must_use]
pub fn is_slip(one: &str, other: &str) -> bool {
    const LONG: usize = 6;
    if one.len().abs_diff(other.len()) > 2 {
        return false;
    }
    match strsim::osa_distance(one, other) {
        0 | 1 => true,
        2 => {
            let (ones, others) = (one.split('_'), other.split('_'));
            ones.clone().count() == others.clone().count()
                && ones
                    .zip(others)
                    .filter(|(one, other)| one != other)
                    .all(|(one, other)| one.len().min(other.len()) >= LONG)
        }
        _ => false,
    }
}

/// Slips between two words, where a wrong case is the smallest one.
fn distance(word: &str, candidate: &str) -> usize {
    if word.eq_ignore_ascii_case(candidate) { 0 } else { strsim::osa_distance(word, candidate) }
}

#[cfg(test)]
mod tests {
    use super::{is_slip, nearest};

    #[test]
    fn slips_and_other_names() {
        for (one, other, expected) in [
            ("LOG_LEVL", "LOG_LEVEL", true),
            ("DATABSE_URL", "DATABASE_URL", true),
            ("DATBSE_URL", "DATABASE_URL", true),
            ("DATABASEURL", "DATABASE_URL", true),
            ("SMTP_HOST", "SMTP_PORT", false),
            ("EMAIL_USE_SSL", "EMAIL_USE_TLS", false),
            ("API_KEY", "APP_KEY", true),
            ("QUEUE", "CACHE", false),
        ] {
            assert_eq!(is_slip(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn the_nearest_is_near() {
        let known = ["DATABASE_URL", "DATABASE_PORT", "API_KEY"];
        for (word, expected) in [
            ("DATABSE_URL", Some("DATABASE_URL")),
            ("database_url", Some("DATABASE_URL")),
            ("API_KYE", Some("API_KEY")),
            ("SMTP_HOST", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
