//! The command line that makes a comparison again, for what reports tell people to run.

use super::Comparison;
use super::live::word;

impl Comparison {
    /// `sparkcfg drift` with the sources that were named: what a finding between them needs to be found again.
    #[must_use]
    pub fn command(&self) -> String {
        let sources = self.asked.iter().map(|source| format!(" {}", word(source)));
        format!("sparkcfg drift{}", sources.collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::Comparison;

    #[test]
    fn sources_are_words_of_a_shell() {
        for (asked, expected) in [
            (&[][..], "sparkcfg drift"),
            (&["staging", "prod"], "sparkcfg drift staging prod"),
            (&["prod@v1.4.0", "prod"], "sparkcfg drift prod@v1.4.0 prod"),
            (&["prod", "compose:c.json#worker"], "sparkcfg drift prod compose:c.json#worker"),
            (&["prod", "env:a b;c"], "sparkcfg drift prod 'env:a b;c'"),
        ] {
            let asked = asked.iter().map(|source| (*source).to_owned()).collect();
            assert_eq!(Comparison { asked, ..Comparison::default() }.command(), expected);
        }
    }
}
