//! Patterns of a schema: ECMA 262 regular expressions in linear time, compiled as late and as cheaply as can be.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often a pattern runs on the engine that is quick to build before the one that is quick to run is built.
const PATIENCE: u32 = 500;

/// A pattern, compiled.
#[derive(Debug)]
pub(super) struct Pattern {
    /// As the schema has it.
    pub(super) source: String,
    translated: String,
    simple: Option<jsonschema_regex::Sequence>,
    light: OnceLock<Option<regex_lite::Regex>>,
    heavy: OnceLock<Option<regex::Regex>>,
    runs: AtomicU32,
}

impl Pattern {
    /// Translates a pattern.
    ///
    /// # Errors
    /// What is wrong with it. Look-around and back references are refused: they have no linear engine (a schema must
    /// not be able to hang a gate).
    pub(super) fn new(source: &str) -> Result<Self, &'static str> {
        let broken = "this is not a regular expression that runs in linear time (ECMA 262 without look-around and back references)";
        let translated = jsonschema_regex::to_rust_regex(source).map_err(|()| broken)?.into_owned();
        let simple = jsonschema_regex::Sequence::compile(&translated);
        let pattern = Self {
            source: source.to_owned(),
            translated,
            simple,
            light: OnceLock::new(),
            heavy: OnceLock::new(),
            runs: AtomicU32::new(0),
        };
        if pattern.simple.is_none() && pattern.light().is_none() && pattern.heavy().is_none() {
            return Err(broken);
        }
        Ok(pattern)
    }

    /// Whether the pattern is found anywhere in `text`.
    #[must_use]
    pub(super) fn is_match(&self, text: &str) -> bool {
        if let Some(matched) = self.simple.as_ref().and_then(|simple| simple.is_match(text.as_bytes())) {
            return matched;
        }
        let patient = self.runs.fetch_add(1, Ordering::Relaxed) < PATIENCE && text.len() < 1024;
        match self.light().filter(|_| patient) {
            Some(light) => light.is_match(text),
            None => self.heavy().is_some_and(|heavy| heavy.is_match(text)),
        }
    }

    fn light(&self) -> Option<&regex_lite::Regex> {
        // The light engine knows neither Unicode classes nor set operations; the heavy one takes those.
        let plain = self.translated.is_ascii()
            && !["\\p", "\\P", "&&", "--", "~~", "\\b", "\\B", "\\w", "\\W", "\\s", "\\S"]
                .iter()
                .any(|special| self.translated.contains(special));
        self.light.get_or_init(|| plain.then(|| regex_lite::Regex::new(&self.translated).ok()).flatten()).as_ref()
    }

    fn heavy(&self) -> Option<&regex::Regex> {
        let build = || regex::RegexBuilder::new(&self.translated).size_limit(1 << 20).build().ok();
        self.heavy.get_or_init(build).as_ref()
    }
}

/// Patterns for keys, tried together.
#[derive(Debug)]
pub(super) struct PatternSet {
    set: Option<regex::RegexSet>,
    patterns: Vec<Pattern>,
}

impl PatternSet {
    /// Puts patterns together.
    #[must_use]
    pub(super) fn new(patterns: Vec<Pattern>) -> Self {
        let texts = patterns.iter().map(|pattern| &pattern.translated);
        let set = (patterns.len() > 1).then(|| regex::RegexSet::new(texts).ok()).flatten();
        Self { set, patterns }
    }

    /// Calls `found` with the index of each pattern that is found in `text`.
    pub(super) fn each_match(&self, text: &str, mut found: impl FnMut(usize)) {
        match &self.set {
            Some(set) => set.matches(text).into_iter().for_each(found),
            None => {
                let matching = self.patterns.iter().enumerate().filter(|(_, pattern)| pattern.is_match(text));
                matching.for_each(|(index, _)| found(index));
            }
        }
    }

    /// The patterns as written.
    #[must_use]
    pub(super) fn source(&self, index: usize) -> &str {
        self.patterns.get(index).map_or("", |pattern| &pattern.source)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns() {
        for (source, good, bad) in [
            ("^[0-9]+(ms|s|m|h)$", "10s", "10parsecs"),
            ("^[a-z]{3}-[0-9]{4}$", "abc-1234", "ABC_12"),
            (r"^[a-z][a-z0-9+.-]*://[^\s]+$", "https://x", "http//x"),
            (r"^\d+$", "12", "१२"),
            ("b", "abc", "xyz"),
            ("^ü+$", "üü", "u"),
        ] {
            let pattern = Pattern::new(source).unwrap();
            for _ in 0..1200 {
                assert!(pattern.is_match(good) && !pattern.is_match(bad), "{source}");
            }
        }
        for source in ["(?=a)b", "(a", r"(a)\1", "(?<!x)y"] {
            assert!(Pattern::new(source).is_err(), "{source}");
        }
    }

    #[test]
    fn bad_patterns_stay_linear() {
        let text = format!("{}!", "a".repeat(100_000));
        for source in ["^(a+)+$", "^(a|aa)+$", "^(a*)*$", "(a|a)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x"] {
            assert!(!Pattern::new(source).unwrap().is_match(&text), "{source}");
        }
    }
}
