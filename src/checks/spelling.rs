//! A new value for a file, written so that all who read the file get it; shared by the checks that copy values.

use std::collections::HashMap;
use std::ops::Range;

use super::File;
use super::reader::{Surroundings, dialects_among, read, with_own};
use crate::portable;

/// A value as it is written behind the `=`, so that all who read a file get it, and everything else in the file stays what it
/// is for them. `edit` says which bytes of the file change, and into what.
pub(super) fn spelled(
    file: &File<'_>,
    key: &str,
    value: &str,
    edit: impl Fn(&str) -> (Range<usize>, String),
) -> Option<String> {
    let text: &str = &file.layer.text;
    let chains = with_own(file.readers());
    let mut around = Surroundings::of_file(file);
    // Who prefers what it is started with does not look at the file for this key.
    around.below.remove(key);
    around.besides.remove(key);
    // A shell is often the one that nobody sees.
    let with_shell = [chains.as_slice(), &["shell"]].concat();
    let spell = |chains: &[&str]| portable::spell(key, value, &dialects_among(chains), &around.besides).ok();
    let line = spell(&with_shell).or_else(|| spell(&chains))?;
    let written = line.strip_prefix(key)?.strip_prefix('=')?;
    let (range, replacement) = edit(written);
    let after = [text.get(..range.start)?, &replacement, text.get(range.end..)?].concat();
    let values = |chain: &str, text: &str| {
        let reading = read(chain, text.as_bytes(), &around)?;
        let values: HashMap<_, _> = reading.vars.into_iter().map(|variable| (variable.key, variable.value)).collect();
        Some((values, reading.error.is_some() || reading.gave_up.is_some(), reading.executes.len()))
    };
    let suits = |chain: &&str| {
        let (Some(mut before), Some(after)) = (values(chain, text), values(chain, &after)) else { return false };
        before.0.insert(key.to_owned(), Some(value.to_owned()));
        before == after
    };
    chains.iter().all(suits).then(|| written.to_owned())
}
