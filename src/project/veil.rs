//! What of an env file no output may show, through whichever reader it is seen.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::Project;
use crate::detection;
use crate::dialects::{Process, Reading, Variable, node};
use crate::masking::SHORTEST;
use crate::plain::is_name;

/// What of one file is secret.
///
/// What a reader takes for a value may be a part of what another takes for a secret: a splitter sees keys within a
/// private key. So what counts is where a variable stands, besides what it is called and what it holds.
#[derive(Default)]
pub struct Veil {
    /// The stretches of the file that hold a secret, in its bytes.
    secrets: Vec<Range<usize>>,
    /// The keys that any reader sees a secret in, and those whose values refer to one.
    keys: HashSet<String>,
    /// The secrets themselves, to be found in what refers to them, however it does.
    texts: Option<AhoCorasick>,
    /// Where the file may refer to something, in bytes.
    dollars: Vec<usize>,
}

impl std::fmt::Debug for Veil {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Veil")
    }
}

impl Veil {
    /// Looks at the bytes of the layer with this number, and at what readers made of them; `process` is what they were
    /// started with.
    #[must_use]
    pub fn over(project: &Project, index: usize, bytes: &[u8], readings: &[&Reading], process: &Process) -> Self {
        let Some(layer) = project.layers.get(index) else { return Self::default() };
        let places = Places::of(bytes);
        let place = |range: &Range<u32>| places.in_bytes(range.start as usize)..places.in_bytes(range.end as usize);
        let mut secrets: Vec<_> = project.secrets_of(index, layer).iter().map(place).collect();
        // It knows all three kinds of quotes, and any of them may hold a secret of several lines.
        let has_quotes = bytes.iter().any(|byte| QUOTES.contains(byte));
        let quotes = has_quotes.then(|| node::read(bytes, &Process::new()));
        let (mut names, mut texts): (HashSet<&str>, HashSet<&str>) = (HashSet::new(), HashSet::new());
        for variable in readings.iter().copied().chain(&quotes).flat_map(|reading| &reading.vars) {
            let (key, text) = (name_of(variable), variable.value.as_deref().unwrap_or_default());
            if project.hides(key, text) {
                names.insert(key);
                texts.insert(text);
                if is_closed(bytes, &variable.value_span) {
                    secrets.push(variable.value_span.clone());
                }
            }
        }
        for entry in layer.entries.iter().filter(|entry| project.hides_entry(layer, entry)) {
            texts.extend(layer.content(entry));
        }
        texts.extend(process.iter().filter(|(key, value)| project.hides(key, value)).map(|(_, value)| value.as_str()));
        let around = |name: &str| process.get(name).is_some_and(|value| project.hides(name, value));
        let is_secret = |name: &str| names.contains(name) || around(name) || project.is_secret(name);
        let referring = referring(&layer.text, is_secret);
        let keys = names.into_iter().map(ToOwned::to_owned).chain(referring).collect();
        secrets.retain(|range| !range.is_empty());
        secrets.sort_unstable_by_key(|range| range.start);
        // The furthest end of all up to one, so that one look finds whether any of them reaches a place.
        let mut furthest = 0;
        for range in &mut secrets {
            furthest = furthest.max(range.end);
            range.end = furthest;
        }
        let refers = bytes.contains(&b'$');
        texts.retain(|text| refers && text.len() >= SHORTEST && !text.trim().is_empty());
        let texts = if texts.is_empty() { None } else { AhoCorasick::new(texts).ok() };
        let dollars = memchr::memchr_iter(b'$', bytes).collect();
        Self { secrets, keys, texts, dollars }
    }

    /// Whether no output may show what one of the readings has for the value of a variable.
    #[must_use]
    pub fn hides(&self, project: &Project, variable: &Variable) -> bool {
        // Behind what others take for a comment, somebody may have kept an old one.
        let comment = variable.value.as_deref().and_then(|text| Some(text.split_once('#')?.1));
        self.keys.contains(name_of(variable))
            || self.touches(&variable.value_span)
            || self.hides_key(variable)
            || self.holds_secret(variable)
            || comment.is_some_and(|comment| !project.secrets_in(comment, &[]).is_empty())
    }

    /// Whether no output may show its name: a line of a key, or what stands within a secret.
    #[must_use]
    pub fn hides_key(&self, variable: &Variable) -> bool {
        let parts = variable.key.split(|sign: char| !(sign.is_alphanumeric() || "_-.[]".contains(sign)));
        parts.clone().any(|part| !detection::is_plausible_name(part)) || self.touches(&variable.key_span)
    }

    /// Whether a value that may refer to something holds the whole of a secret.
    fn holds_secret(&self, variable: &Variable) -> bool {
        let (Some(texts), Some(value)) = (&self.texts, &variable.value) else { return false };
        let span = &variable.value_span;
        let next = self.dollars.partition_point(|at| *at < span.start);
        let refers = span.is_empty() || self.dollars.get(next).is_some_and(|at| *at < span.end);
        refers && texts.is_match(value)
    }

    /// Whether a stretch of the file, in its bytes, reaches into a secret.
    #[must_use]
    pub fn touches(&self, span: &Range<usize>) -> bool {
        let before = self.secrets.partition_point(|range| range.start < span.end.max(span.start + 1));
        let last = before.checked_sub(1).and_then(|last| self.secrets.get(last));
        !span.is_empty() && last.is_some_and(|range| range.end > span.start)
    }
}

/// The key without what some readers take to be a part of it: `export`, and operators of make.
fn name_of(variable: &Variable) -> &str {
    let key = variable.key.trim_start_matches('\u{feff}');
    let key = key.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(key, str::trim_start);
    let name = key.trim_end_matches(['?', '+', ':', '!', ' ', '\t']);
    if name.is_empty() { key } else { name }
}

/// The stretches of a text that hold a secret in backticks, which docker compose does not take for quotes.
pub(super) fn in_backticks(project: &Project, text: &str) -> Vec<Range<usize>> {
    if !text.contains('`') {
        return Vec::new();
    }
    let reading = node::read(text.as_bytes(), &Process::new());
    let quoted = reading
        .vars
        .iter()
        .filter(|variable| text.get(variable.value_span.start..).is_some_and(|value| value.starts_with('`')));
    let hidden =
        quoted.filter(|variable| project.hides(name_of(variable), variable.value.as_deref().unwrap_or_default()));
    hidden.map(|variable| variable.value_span.clone()).filter(|span| is_closed(text.as_bytes(), span)).collect()
}

const QUOTES: &[u8] = b"\"'`";

/// Whether a value ends where it means to: to one reader, a quote that nobody closes swallows the rest of the file, which
/// is no secret for that.
fn is_closed(bytes: &[u8], span: &Range<usize>) -> bool {
    let written = bytes.get(span.clone()).unwrap_or_default();
    let quote = written.first().filter(|first| QUOTES.contains(first));
    quote.is_none_or(|quote| written.len() > 1 && written.last() == Some(quote)) || !written.contains(&b'\n')
}

/// The way from the text that [`files::text`] makes of bytes back to these.
struct Places {
    /// Behind each stretch that is not UTF-8: where the text goes on, and where the bytes do.
    behind: Vec<(usize, usize)>,
}

impl Places {
    fn of(bytes: &[u8]) -> Self {
        let (mut behind, mut at) = (Vec::new(), (0, 0));
        for chunk in bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()) {
            let valid = chunk.valid().len();
            at = (at.0 + valid + char::REPLACEMENT_CHARACTER.len_utf8(), at.1 + valid + chunk.invalid().len());
            behind.push(at);
        }
        Self { behind }
    }

    fn in_bytes(&self, at: usize) -> usize {
        let before = self.behind.partition_point(|(text, _)| *text <= at);
        let (text, bytes) = before.checked_sub(1).and_then(|last| self.behind.get(last)).copied().unwrap_or_default();
        bytes + (at - text)
    }
}

/// The keys whose values refer to a secret, over any number of steps. A line without a key belongs to the one above.
fn referring(text: &str, is_secret: impl Fn(&str) -> bool) -> HashSet<String> {
    let (mut lines, mut key) = (Vec::new(), "");
    for line in text.lines() {
        let named = line.split_once('=').map(|(name, value)| (name.trim().trim_start_matches("export ").trim(), value));
        let value = match named.filter(|(name, _)| is_name(name)) {
            Some((name, value)) => {
                key = name;
                value
            }
            None => line,
        };
        if value.contains('$') {
            lines.push((key, value));
        }
    }
    let mut referring: HashMap<&str, Vec<&str>> = HashMap::new();
    for (key, value) in lines {
        let words = value.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        for word in words.filter(|word| !word.is_empty()) {
            referring.entry(word).or_default().push(key);
        }
    }
    let mut found = HashSet::new();
    let of_secrets = referring.iter().filter(|(word, _)| is_secret(word));
    let mut left: Vec<&str> = of_secrets.flat_map(|(_, keys)| keys.clone()).collect();
    while let Some(key) = left.pop() {
        if found.insert(key.to_owned()) {
            left.extend(referring.get(key).into_iter().flatten().copied());
        }
    }
    found
}
