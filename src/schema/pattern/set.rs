//! The patterns of `patternProperties`, matched against a key together.

use std::sync::{Arc, OnceLock};

use super::Pattern;

/// Patterns in the order of the text, each with what belongs to it.
#[derive(Debug)]
pub(in crate::schema) struct PatternSet<T> {
    patterns: Vec<(Arc<Pattern>, T)>,
    /// One machine for all of them: with many patterns and many keys, their product is what costs.
    together: OnceLock<Option<regex::RegexSet>>,
}

/// From so many patterns on the machine for all is built; it costs as much as some hundred matches of one pattern.
const MANY: usize = 4;

impl<T> Default for PatternSet<T> {
    fn default() -> Self {
        Self { patterns: Vec::new(), together: OnceLock::new() }
    }
}

impl<T: Copy> PatternSet<T> {
    pub(in crate::schema) fn push(&mut self, pattern: Arc<Pattern>, of: T) {
        self.patterns.push((pattern, of));
    }

    pub(in crate::schema) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// What belongs to the patterns that match `text`, in the order of the text of the schema.
    pub(in crate::schema) fn matching<'a>(&'a self, text: &'a str) -> impl Iterator<Item = T> + 'a {
        let together = (self.patterns.len() >= MANY).then(|| self.together()).flatten();
        let set = together.map(|set| set.matches(text));
        let one_by_one = set.is_none();
        let hits = set.into_iter().flatten().filter_map(|index| self.patterns.get(index));
        let tried = self.patterns.iter().filter(move |(pattern, _)| one_by_one && pattern.is_match(text));
        hits.chain(tried).map(|(_, of)| *of)
    }

    /// What belongs to the patterns.
    pub(in crate::schema) fn all(&self) -> impl Iterator<Item = T> + '_ {
        self.patterns.iter().map(|(_, of)| *of)
    }

    fn together(&self) -> Option<&regex::RegexSet> {
        let build = || {
            let translated = self.patterns.iter().map(|(pattern, _)| jsonschema_regex::to_rust_regex(pattern.source()));
            regex::RegexSet::new(translated.collect::<Result<Vec<_>, ()>>().ok()?).ok()
        };
        self.together.get_or_init(build).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Pattern, PatternSet};

    #[test]
    fn many_and_few_match_alike() {
        let sources = ["^A", "_URL$", "[0-9]", "^A.*_URL$", "^\\d", "x"];
        for count in [2, sources.len()] {
            let mut set = PatternSet::default();
            for (index, source) in sources[..count].iter().enumerate() {
                set.push(Arc::new(Pattern::new(source).unwrap()), index);
            }
            for text in ["A_URL", "B_URL", "A1", "9", "", "x", "Ä"] {
                let expected = |index: &usize| Pattern::new(sources[*index]).unwrap().is_match(text);
                let expected: Vec<_> = (0..count).filter(expected).collect();
                assert_eq!(set.matching(text).collect::<Vec<_>>(), expected, "{text}");
            }
        }
    }
}
