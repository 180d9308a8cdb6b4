//! Regular expressions of the schema, matched in time linear in the text.
//!
//! Configuration patterns are small: classes, groups, alternatives, counted repeats. Those with at most 127
//! positions become a position automaton (Glushkov 1961) whose states are the bits of one number; building it
//! costs a fraction of what a regex engine does, which matters for a process that lives a few milliseconds.
//! All others go to the `regex` crate, which is linear, too; what it refuses (look-around, back-references) is an
//! error of the schema. Meaning is that of ECMA-262 with the `u` flag, as JSON Schema wants it.

mod automaton;
mod ecma;
mod set;
mod syntax;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use automaton::Automaton;
pub(super) use ecma::spelled_out;
use foldhash::HashMap;
pub(super) use set::PatternSet;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    source: Box<str>,
    matcher: Matcher,
}

#[derive(Debug)]
enum Matcher {
    Automaton(Box<Automaton>),
    Engine(regex::Regex),
}

/// More than any pattern that a person writes; keeps `(a{1000}){1000}` from taking the machine's memory.
const SIZE_LIMIT: usize = 1 << 20;

impl Pattern {
    /// Compiles an ECMA-262 pattern; the error says why it cannot be.
    pub(super) fn new(source: &str) -> Result<Self, &'static str> {
        let matcher = match Automaton::new(source) {
            Some(automaton) => Matcher::Automaton(Box::new(automaton)),
            None => Matcher::Engine(engine(source)?),
        };
        Ok(Self { source: source.into(), matcher })
    }

    /// The same, compiled once for all schemas: those of a workspace are much alike, and an editor's is read at each key.
    pub(super) fn shared(source: &str) -> Result<Arc<Self>, &'static str> {
        static KNOWN: LazyLock<Mutex<HashMap<Box<str>, Arc<Pattern>>>> = LazyLock::new(Mutex::default);
        const MOST: usize = 256;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(source) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Self::new(source)?);
        if known.len() < MOST {
            known.insert(source.into(), Arc::clone(&pattern));
        }
        Ok(pattern)
    }

    /// As written in the schema.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern matches somewhere in `text`.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Automaton(automaton) => automaton.is_match(text),
            Matcher::Engine(regex) => regex.is_match(text),
        }
    }
}

fn engine(source: &str) -> Result<regex::Regex, &'static str> {
    const INVALID: &str = "is no valid regular expression";
    if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|form| source.contains(form)) {
        return Err("uses look-around, which cannot be matched in linear time");
    }
    let source = &*spelled_out(source);
    let translated = jsonschema_regex::to_rust_regex(source).map_err(|()| INVALID)?;
    regex::RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "is too large once its repeats are written out",
        _ if has_back_reference(source) => "uses a back-reference, which cannot be matched in linear time",
        _ => INVALID,
    })
}

/// A pattern of ECMA-262 in the syntax that Rust's and Go's engines share, both of which are linear; `None` for one that
/// they cannot match.
#[must_use]
pub fn portable(source: &str) -> Option<String> {
    engine(source).ok()?;
    jsonschema_regex::to_rust_regex(&spelled_out(source)).ok().map(std::borrow::Cow::into_owned)
}

fn has_back_reference(source: &str) -> bool {
    let escapes = source.as_bytes().windows(2);
    source.contains("\\k<") || escapes.into_iter().any(|pair| matches!(pair, [b'\\', b'1'..=b'9']))
}
