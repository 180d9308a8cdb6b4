//! "Did you mean …?": the known name that a mistyped one most likely meant.

/// How many names may be compared in search of those that were meant, in one run.
pub const MOST_COMPARISONS: usize = 2_000_000;

/// The candidate nearest to `word`, if one is near enough to be meant: about one slip in four characters.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().collect();
    let mut reach = (letters.len() / 4).clamp(1, 4);
    let mut rows = Rows::default();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let Some(distance) = rows.distance(word, &letters, candidate, reach) else { continue };
        // Of equally near ones the first by name, so that the order of the candidates does not matter.
        if best.is_none_or(|known| (distance, candidate) < known) {
            best = Some((distance, candidate));
            reach = distance;
        }
    }
    best.map(|(_, name)| name)
}

/// Three rows of the table of distances, kept from candidate to candidate.
#[derive(Default)]
struct Rows {
    candidate: Vec<char>,
    before: Vec<usize>,
    above: Vec<usize>,
    here: Vec<usize>,
}

impl Rows {
    /// Slips between two words (optimal string alignment), where a wrong case is the smallest one; `None` for more than
    /// `reach`. Only the diagonal stripe is looked at that can hold so few: keys are compared with all keys.
    fn distance(&mut self, word: &str, letters: &[char], candidate: &str, reach: usize) -> Option<usize> {
        if word.eq_ignore_ascii_case(candidate) {
            return Some(0);
        }
        // A character has up to four bytes.
        if candidate.len() > (letters.len() + reach) * 4 || candidate.len() + reach < letters.len() {
            return None;
        }
        self.candidate.clear();
        self.candidate.extend(candidate.chars());
        let (width, far) = (self.candidate.len(), reach + 1);
        if width.abs_diff(letters.len()) > reach {
            return None;
        }
        // Each slip takes one letter away at most, and brings one.
        let sorts =
            |letters: &[char]| letters.iter().fold(0_u64, |seen, letter| seen | 1_u64 << (u32::from(*letter) % 64));
        let (these, those) = (sorts(letters), sorts(&self.candidate));
        if (these & !those).count_ones().max((those & !these).count_ones()) as usize > reach {
            return None;
        }
        for row in [&mut self.before, &mut self.above, &mut self.here] {
            row.clear();
            row.resize(width + 1, far);
        }
        self.above.iter_mut().take(far).enumerate().for_each(|(at, cell)| *cell = at);
        let mut least_above = 0;
        for (row, letter) in letters.iter().enumerate() {
            let (first, last) = (row.saturating_sub(reach), (row + reach).min(width.saturating_sub(1)));
            // What the next rows ask for beside the stripe.
            self.here[first] = if first == 0 { (row + 1).min(far) } else { far };
            if let Some(beyond) = self.here.get_mut(last + 2) {
                *beyond = far;
            }
            let mut least = self.here[first];
            for column in first..=last {
                let Some(other) = self.candidate.get(column) else { break };
                let changed = self.above[column] + usize::from(letter != other);
                let mut cell = changed.min(self.above[column + 1] + 1).min(self.here[column] + 1);
                let is_swapped =
                    row > 0 && column > 0 && letters[row - 1] == *other && self.candidate[column - 1] == *letter;
                if is_swapped {
                    cell = cell.min(self.before[column - 1] + 1);
                }
                self.here[column + 1] = cell.min(far);
                least = least.min(cell);
            }
            // A swap looks two rows back.
            if least >= far && least_above >= far {
                return None;
            }
            least_above = least;
            std::mem::swap(&mut self.before, &mut self.above);
            std::mem::swap(&mut self.above, &mut self.here);
        }
        self.above.last().copied().filter(|distance| *distance <= reach)
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

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

    #[test]
    fn distances_are_those_of_optimal_string_alignment() {
        let words =
            ["", "A", "AB", "BA", "ABC", "ACB", "CAB", "API_KEY", "API_KYE", "AIP_KEY", "APIKEY", "ÄPI_KEY", "B_KEY"];
        let mut rows = super::Rows::default();
        for word in words {
            let letters: Vec<char> = word.chars().collect();
            for candidate in words {
                for reach in 1..5 {
                    let exact = Some(strsim::osa_distance(word, candidate)).filter(|distance| *distance <= reach);
                    assert_eq!(rows.distance(word, &letters, candidate, reach), exact, "{word} {candidate} {reach}");
                }
            }
        }
    }
}
