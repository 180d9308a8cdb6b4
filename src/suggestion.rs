//! "Did you mean …?": the known name that a mistyped one most likely meant.

use rapidfuzz::distance::osa;

/// How many names may be compared in search of those that were meant, in one run.
pub const MOST_COMPARISONS: usize = 2_000_000;

/// The candidate nearest to `word`, if one is near enough to be meant: about one slip in four characters.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    // Of two letters any other name of two is one slip away.
    let mut reach = if letters < 3 { 0 } else { (letters / 4).clamp(1, 4) };
    let compared = osa::BatchComparator::new(word.chars());
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // A wrong case is the smallest slip.
        let distance = if word.eq_ignore_ascii_case(candidate) {
            Some(0)
        } else {
            compared.distance_with_args(candidate.chars(), &osa::Args::default().score_cutoff(reach))
        };
        let Some(distance) = distance else { continue };
        // Of equally near ones the first by name, so that the order of the candidates does not matter.
        if best.is_none_or(|known| (distance, candidate) < known) {
            best = Some((distance, candidate));
            reach = distance;
        }
    }
    best.map(|(_, name)| name)
}

/// The slips between two words: letters left out, added, changed, or swapped with the next (optimal string alignment).
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    osa::distance(one.chars(), other.chars())
}

/// Whether two names of variables differ as a slip of the hand makes them: by a letter, or by two within one long word.
/// `SMTP_HOST` and `SMTP_PORT` are two names.
#[must_use]
pub fn is_slip(one: &str, other: &str) -> bool {
    const LONG: usize = 6;
    if one.len().abs_diff(other.len()) > 2 {
        return false;
    }
    match distance(one, other) {
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
        let known = ["DATABASE_URL", "DATABASE_PORT", "API_KEY", "L"];
        for (word, expected) in [
            ("DATABSE_URL", Some("DATABASE_URL")),
            ("database_url", Some("DATABASE_URL")),
            ("API_KYE", Some("API_KEY")),
            ("SMTP_HOST", None),
            ("", None),
            ("E", None),
            ("l", Some("L")),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
