//! A project as it would be with some of its files edited, so that it is known what a change does before it is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Project;
use super::layout::is_personal;
use crate::dialects::compose;
use crate::environment::Environment;
use crate::layer::{Layer, PROCESS};

impl Project {
    /// A layer, by its number, as it would be if its file held `text`; nothing for a sealed one, and for one that is no file.
    #[must_use]
    pub fn edited(&self, layer: usize, text: String) -> Option<Layer> {
        let Layer { name, source, sealed, .. } = self.layers.get(layer)?;
        if *sealed || name == PROCESS {
            return None;
        }
        let text: Arc<str> = text.into();
        let parsed = compose::parse(&text);
        let (name, source) = (name.clone(), *source);
        Some(Layer { name, source, text, sealed: false, entries: parsed.entries, faults: parsed.faults })
    }

    /// Each environment that has one of the edited layers, by their numbers: as it is, and as it would be. Where a person's own
    /// files are among its layers, it is there without them, too: as every gate reads it.
    #[must_use]
    pub fn before_and_after<'e>(&'e self, edited: &'e BTreeMap<usize, Layer>) -> Vec<[Environment<'e>; 2]> {
        let is_shared = |layer: &usize| !is_personal(self.sources.path(self.layers[*layer].source));
        let stacks = self.stacks.iter().flat_map(|(name, layers)| {
            let shared: Vec<_> = layers.iter().copied().filter(is_shared).collect();
            let without = (shared.len() < layers.len()).then_some((name, shared));
            std::iter::once((name, layers.clone())).chain(without)
        });
        let stacks = stacks.filter(|(_, layers)| layers.iter().any(|layer| edited.contains_key(layer)));
        let dotenvs = self.dotenvs_with(edited);
        let resolved = |(name, layers): (&Arc<str>, Vec<usize>)| {
            let before: Vec<_> = layers.iter().map(|layer| &self.layers[*layer]).collect();
            let after = layers.iter().map(|layer| edited.get(layer).unwrap_or(&self.layers[*layer])).collect();
            let protected = self.config.is_protected(name);
            let resolve =
                |layers, dotenvs| Environment::beside(Arc::clone(name), protected, layers, &self.process, dotenvs);
            [resolve(before, &self.dotenvs), resolve(after, &dotenvs)]
        };
        stacks.map(resolved).collect()
    }
}
