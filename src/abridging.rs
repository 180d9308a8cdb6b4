//! Texts that are longer than there is room for.

use unicode_width::UnicodeWidthChar;

/// The columns that `text` takes in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// Values side by side as far as there is room. Where that would make different ones look the same, they begin a little
/// before they differ: `…@db.prod:5433/app`.
#[must_use]
pub fn told_apart(values: &[String], widths: &[usize]) -> Vec<String> {
    const BEFORE: usize = 2;
    let seen: Vec<_> = values.iter().zip(widths).map(|(text, most)| cut(text, *most)).collect();
    let is_cut = |at: &usize| seen[*at] != values[*at];
    let cut_ones: Vec<_> = (0..seen.len()).filter(is_cut).collect();
    let alike = |one: usize, other: usize| values[one] != values[other] && seen[one] == seen[other];
    if !cut_ones.iter().any(|one| cut_ones.iter().any(|other| alike(*one, *other))) {
        return seen;
    }
    let common =
        |one: &str, other: &str| one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let first = &values[cut_ones[0]];
    let same = cut_ones.iter().filter(|at| values[**at] != *first).map(|at| common(first, &values[*at])).min();
    // No more is left out than must be.
    let most_skipped = cut_ones.iter().map(|at| (values[*at].chars().count() + 1).saturating_sub(widths[*at])).min();
    let skipped = same.unwrap_or_default().saturating_sub(BEFORE).min(most_skipped.unwrap_or_default());
    let shown = |at: usize, text: String| {
        if !is_cut(&at) || skipped == 0 {
            return text;
        }
        let rest: String = values[at].chars().skip(skipped).collect();
        format!("…{}", cut(&rest, widths[at].saturating_sub(1)))
    };
    seen.iter().enumerate().map(|(at, text)| shown(at, text.clone())).collect()
}

/// `text` within `most` columns of a terminal: what does not fit is left out at its end.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > most {
            break;
        }
        out.push(character);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::told_apart;

    #[test]
    fn values_that_differ_look_different() {
        for (values, most, expected) in [
            (["3000", "30000"], 16, ["3000", "30000"]),
            (["postgres://app@db-dev:5432/a", "postgres://app@db-prod:5432/a"], 12, ["…b-dev:5432…", "…b-prod:543…"]),
            (["https://one.example/x/y", "https://two.example/x/y"], 12, ["https://one…", "https://two…"]),
            (["aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa"], 8, ["aaaaaaa…", "aaaaaaa…"]),
            (["abcdefghijklmnop", "abcdefghijklmnoq"], 8, ["…jklmnop", "…jklmnoq"]),
            (["abcdefghijklmnop", "abcdefghijklmnopq"], 8, ["…jklmnop", "…jklmno…"]),
            (["aaaaaaaaaaaaaaaab", "info"], 8, ["aaaaaaa…", "info"]),
        ] {
            assert_eq!(told_apart(&values.map(str::to_owned), &[most; 2]), expected);
        }
        assert_eq!(told_apart(&[], &[]), [""; 0]);
    }
}
