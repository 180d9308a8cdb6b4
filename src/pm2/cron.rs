//! Whether a text is a pattern of cron by which PM2 can restart an app, as croner 4 judges it, which PM2 7 asks.

/// The parts of a pattern: how many values each has, and which one is the first.
const PARTS: [(i64, i64); 6] = [(60, 0), (60, 0), (24, 0), (31, 1), (12, 1), (8, 0)];

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Whether PM2 takes a text: five or six parts. A zero switches the restarts off, and a text with a colon is a date, which is
/// not judged.
pub(super) fn is_pattern(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text.parse::<f64>() == Ok(0.0) || text.find(':').is_some_and(|at| at > 0) {
        return true;
    }
    let parts: Vec<&str> = text.split_whitespace().collect();
    if !matches!(parts.len(), 5 | 6) {
        return false;
    }
    // Without seconds, the minutes come first.
    parts.iter().zip(&PARTS[6 - parts.len()..]).enumerate().all(|(at, (part, values))| {
        let place = at + 6 - parts.len();
        let part = match place {
            3 if part.eq_ignore_ascii_case("l") => "28,29,30,31".to_owned(),
            4 => numbered(part, MONTHS, 1),
            5 => numbered(part, DAYS, 0),
            _ => (*part).to_owned(),
        };
        // The time of the start.
        let part = part.replacen('?', "1", 1);
        let is_legal = part.bytes().all(|byte| byte.is_ascii_digit() || b"/*,-".contains(&byte));
        is_legal && is_part(&part, *values)
    })
}

/// Names of days and months, wherever they stand, as their numbers.
fn numbered(part: &str, names: &[&str], first: usize) -> String {
    let lower = part.to_ascii_lowercase();
    names.iter().enumerate().fold(lower, |text, (at, name)| text.replace(name, &(at + first).to_string()))
}

fn is_part(part: &str, values: (i64, i64)) -> bool {
    let mut items = part.split(',');
    if part.contains(',') {
        // croner lets no range and no step stand in a list.
        return items.all(|item| !item.contains(['-', '/']) && is_number(item, values));
    }
    let (width, first) = values;
    match (part.split_once('-'), part.split_once('/')) {
        (None, None) => is_number(part, values),
        (Some((lower, upper)), None) => is_range(number(lower), number(upper), values) && !upper.contains('-'),
        (None, Some((_, step))) => number(step).is_some_and(|step| (1..=width).contains(&step)) && !step.contains('/'),
        (Some(_), Some((range, step))) => {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let Some((lower, upper)) = range.split_once('-') else { return false };
            let is_step = number(step).is_some_and(|step| (1..=width).contains(&step));
            [lower, upper, step].into_iter().all(digits)
                && is_step
                && is_range(number(lower), number(upper), (width, first))
        }
    }
}

fn is_range(lower: Option<i64>, upper: Option<i64>, (width, first): (i64, i64)) -> bool {
    lower.zip(upper).is_some_and(|(lower, upper)| first <= lower && lower <= upper && upper < first + width)
}

/// What is no number at all is passed over.
fn is_number(text: &str, (width, first): (i64, i64)) -> bool {
    number(text).is_none_or(|number| (first..first + width).contains(&number))
}

/// The number at the beginning of a text; too large a one stands for the largest.
fn number(text: &str) -> Option<i64> {
    let end = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text[..end].parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::is_pattern;

    #[test]
    fn patterns() {
        for (text, expected) in [
            ("0 3 * * *", true),
            ("*/5 * * * *", true),
            ("30 0 3 * * *", true),
            ("0 3 * * MON-FRI", true),
            ("0 3 L * *", true),
            ("0 3 1,15 jan,jul ?", true),
            ("0 8-18/2 * * *", true),
            ("  0   3 * * 7 ", true),
            ("0", true),
            ("2026-01-01T03:00:00", true),
            ("0 3 * *", false),
            ("0 3 * * * * *", false),
            ("60 3 * * *", false),
            ("0 24 * * *", false),
            ("0 3 0 * *", false),
            ("0 3 * 13 *", false),
            ("0 3 * * 8", false),
            ("0 5-3 * * *", false),
            ("*/0 * * * *", false),
            ("*/61 * * * *", false),
            ("1-5,10 * * * *", false),
            ("0 3 * * monday", false),
            ("@daily", false),
            ("daily", false),
        ] {
            assert_eq!(is_pattern(text), expected, "{text}");
        }
    }
}
