//! Lines that cannot be read: what the keys on them are set to is not known, whatever stands above or in lower layers.

use std::collections::HashMap;

use super::{Environment, Resolved, Setting};
use crate::detection::is_plausible_name;
use crate::layer::{Content, Entry, Layer};

/// A line that cannot be read, and the key that it would set.
#[derive(Clone, Copy)]
pub struct Broken<'a> {
    /// The key.
    pub key: &'a str,
    /// Index into [`Environment::layers`].
    pub layer: usize,
    /// The first byte of [`Layer::text`] that cannot be read.
    pub at: u32,
}

impl<'a> Broken<'a> {
    /// Those of a layer with this number, in file order.
    pub(super) fn of(number: usize, layer: &'a Layer) -> impl Iterator<Item = Self> {
        let faults = layer.faults.iter().filter(|fault| fault.hides_values() && !fault.hides_file());
        let keyed = faults.filter_map(|fault| Some((layer.key_on_line(fault.at.start)?, fault.at.start)));
        // It may as well be a line of a key file.
        let named = keyed.filter(|(key, _)| is_plausible_name(key));
        named.map(move |(key, at)| Self { key, layer: number, at })
    }

    /// Whether it stands behind an entry, so that it would set the key anew.
    fn is_behind(&self, layer: usize, entry: &Entry) -> bool {
        (layer, entry.key.start) < (self.layer, self.at)
    }
}

impl<'a> Environment<'a> {
    /// Finds the keys that a broken line would set, and takes back what they were set to before.
    pub(super) fn break_up(&mut self) {
        if self.layers.iter().all(|layer| layer.faults.is_empty()) {
            return;
        }
        let all = self.layers.iter().enumerate().flat_map(|(number, layer)| Broken::of(number, layer));
        let mut last: HashMap<&str, Broken<'a>> = all.map(|broken| (broken.key, broken)).collect();
        for setting in &mut self.settings {
            let entry = &self.layers[setting.layer].entries[setting.entry];
            match last.get(setting.key) {
                Some(broken) if broken.is_behind(setting.layer, entry) => setting.value = Resolved::Unknown,
                Some(_) => _ = last.remove(setting.key),
                None => {}
            }
        }
        self.broken = last.into_values().collect();
        self.broken.sort_by_key(|broken| broken.key);
    }

    /// The broken line that would set a key, if nothing that can be read sets it anew.
    #[must_use]
    pub fn broken(&self, key: &str) -> Option<&Broken<'a>> {
        let index = self.broken.binary_search_by(|broken| broken.key.cmp(key)).ok()?;
        self.broken.get(index)
    }

    /// The text of a setting that rules may be held against: `None` for one with a byte in it that is no text.
    #[must_use]
    pub fn judged<'s>(&self, setting: &'s Setting<'a>) -> Option<&'s str> {
        let text = setting.value.text()?;
        let layer = self.layers[setting.layer];
        let is_whole = layer.faults.is_empty()
            || !matches!(self.entry(setting).content, Content::Slice(_) | Content::Decoded(_))
            || !text.contains(['\u{fffd}', '\0']);
        is_whole.then_some(text)
    }
}
