//! An env file by itself: what of it no output may show, by the rules of the project around it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::files::Files;
use super::reading::{read_config, read_schema};
use super::{Project, files};
use crate::detection;
use crate::dialects::{Process, Reading, Variable, compose, node};
use crate::error::Error;
use crate::layer::Layer;
use crate::plain::is_name;
use crate::source::Sources;

/// A file, and what of it is secret.
///
/// What a reader takes for a value may be a part of what another takes for a secret: a splitter sees keys within a
/// private key. So what counts is where a variable stands, besides what it is called and what it holds.
pub struct Lone {
    project: Project,
    /// The stretches of the file that hold a secret, in its bytes.
    secrets: Vec<Range<usize>>,
    /// The keys whose values refer to a secret.
    referring: HashSet<String>,
}

impl std::fmt::Debug for Lone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Lone")
    }
}

impl Lone {
    /// Looks at the bytes of a file that belongs to the project in `files`, and at what readers made of them.
    ///
    /// # Errors
    /// A broken `sparkcfg.toml` or schema, which says what is a secret.
    pub fn of(files: &Files, bytes: &[u8], readings: &[&Reading], process: &Process) -> Result<Self, Error> {
        let mut sources = Sources::default();
        let (config, _) = read_config(files, &mut sources)?;
        let schema = read_schema(files, &config, &mut sources)?;
        let (text, _) = files::text(bytes.to_vec());
        let text: Arc<str> = text.into();
        let source = sources.add("", Arc::clone(&text));
        let parsed = compose::parse(&text);
        let layer =
            Layer { name: String::new(), source, text, sealed: false, entries: parsed.entries, faults: parsed.faults };
        let mut project = Project { sources, schema, ..Project::without_layers(config) };
        project.layers.push(layer);
        let mut lone = Self { project, secrets: Vec::new(), referring: HashSet::new() };
        lone.find(bytes, readings, process);
        Ok(lone)
    }

    fn find(&mut self, bytes: &[u8], readings: &[&Reading], process: &Process) {
        let Some(layer) = self.project.layers.first() else { return };
        let places = Places::of(bytes);
        let place = |range: &Range<u32>| places.in_bytes(range.start as usize)..places.in_bytes(range.end as usize);
        let mut secrets: Vec<_> = self.project.secrets_of(0, layer).iter().map(place).collect();
        let mut names: HashSet<&str> = HashSet::new();
        // It knows all three kinds of quotes, and any of them may hold a secret of several lines.
        let quotes = node::read(bytes, &Process::new());
        for variable in readings.iter().copied().chain([&quotes]).flat_map(|reading| &reading.vars) {
            if self.project.hides(&variable.key, variable.value.as_deref().unwrap_or_default()) {
                names.insert(&variable.key);
                if is_closed(bytes, &variable.value_span) {
                    secrets.push(variable.value_span.clone());
                }
            }
        }
        names.extend(process.iter().filter(|(key, value)| self.project.hides(key, value)).map(|(key, _)| key.as_str()));
        self.referring = referring(&layer.text, |name| names.contains(name) || self.project.is_secret(name));
        secrets.retain(|range| !range.is_empty());
        secrets.sort_unstable_by_key(|range| range.start);
        // The furthest end of all up to one, so that one look finds whether any of them reaches a place.
        let mut furthest = 0;
        for range in &mut secrets {
            furthest = furthest.max(range.end);
            range.end = furthest;
        }
        self.secrets = secrets;
    }

    /// Whether no output may show what a reader takes for the value of a variable.
    #[must_use]
    pub fn hides(&self, variable: &Variable) -> bool {
        let text = variable.value.as_deref().unwrap_or_default();
        let key = variable.key.trim_start_matches('\u{feff}');
        let key = key.strip_prefix("export ").map_or(key, str::trim_start);
        // Behind what others take for a comment, somebody may have kept an old one.
        let comment = text.split_once('#').map(|(_, comment)| comment);
        self.project.hides(key, text)
            || self.referring.contains(key)
            || self.touches(&variable.value_span)
            || self.hides_key(variable)
            || comment.is_some_and(|comment| !self.project.secrets_in(comment, &[]).is_empty())
    }

    /// Whether no output may show its name: a line of a key, or what stands within a secret.
    #[must_use]
    pub fn hides_key(&self, variable: &Variable) -> bool {
        let parts = variable.key.split(|sign: char| !(sign.is_alphanumeric() || "_-.[]".contains(sign)));
        parts.clone().any(|part| !detection::is_plausible_name(part)) || self.touches(&variable.key_span)
    }

    /// Whether a stretch of the file reaches into a secret.
    fn touches(&self, span: &Range<usize>) -> bool {
        let before = self.secrets.partition_point(|range| range.start < span.end.max(span.start + 1));
        let last = before.checked_sub(1).and_then(|last| self.secrets.get(last));
        !span.is_empty() && last.is_some_and(|range| range.end > span.start)
    }
}

/// Whether a value ends where it means to: to one reader, a quote that nobody closes swallows the rest of the file, which
/// is no secret for that.
fn is_closed(bytes: &[u8], span: &Range<usize>) -> bool {
    let written = bytes.get(span.clone()).unwrap_or_default();
    let quote = written.first().filter(|first| matches!(first, b'"' | b'\'' | b'`'));
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
