//! The process environment as the highest layer, where the user asked for it.

use std::sync::Arc;

use super::Project;
use crate::layer::{Content, Entry, Layer, PROCESS};
use crate::secret::Secret;

impl Project {
    /// Puts the process environment above all files, with the keys that the files or the schema know. Its values are held
    /// like opened secrets, because nobody wrote them down to be shown.
    pub(super) fn add_process_layer(&mut self) {
        if self.process.is_empty() {
            return;
        }
        let mut known: Vec<&str> = self.schema.iter().flat_map(|schema| schema.schema.keys()).collect();
        known.extend(self.layers.iter().flat_map(|layer| layer.entries.iter().map(|entry| layer.key(entry))));
        known.sort_unstable();
        known.dedup();
        let set = known.into_iter().filter_map(|key| Some((key, self.process.get(key)?)));
        let (mut text, mut entries) = (String::new(), Vec::new());
        for (key, value) in set {
            let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let name = offset(text.len())..offset(text.len() + key.len());
            text.push_str(key);
            text.push_str("=\n");
            let content = Content::Opened(Secret::new(value.clone()));
            entries.push(Entry { value: name.end + 1..name.end + 1, key: name, content, interpolates: false });
        }
        if entries.is_empty() {
            return;
        }
        let text: Arc<str> = text.into();
        let source = self.sources.add(PROCESS, Arc::clone(&text));
        for (_, layers) in &mut self.stacks {
            layers.push(self.layers.len());
        }
        self.layers.push(Layer { name: PROCESS.to_owned(), source, text, sealed: true, entries, faults: Vec::new() });
        self.readers.push(Vec::new());
        self.consumers.push(Vec::new());
    }

    /// How many files were read: layers, Compose and PM2 files.
    #[must_use]
    pub fn file_count(&self) -> usize {
        let layers = self.layers.iter().filter(|layer| layer.name != PROCESS).count();
        layers + self.deployments.sources().count()
    }
}
