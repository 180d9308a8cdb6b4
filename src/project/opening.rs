//! How far the sealed files of a project could be read.

use super::Project;
use crate::envelope::CannotOpen;
use crate::environment::Environment;
use crate::layer::Layer;
use crate::stores::{self, State};

impl Project {
    /// Whether an environment has a file of which not even the names are known, so that it may set any key: one that is
    /// sealed, or one that cannot be read.
    #[must_use]
    pub fn has_closed_layer(&self, environment: &Environment<'_>) -> bool {
        environment.layers.iter().any(|layer| layer.is_unread() || self.is_closed(layer))
    }

    /// Whether a layer is a sealed file of which not even the names are known.
    #[must_use]
    pub fn is_closed(&self, layer: &Layer) -> bool {
        layer.entries.is_empty() && self.sealed_as(layer).is_some_and(|sealed| sealed.state != State::Opened)
    }

    /// Whether a layer is a sealed file that was changed or cut off, so that no key would open it.
    #[must_use]
    pub fn is_damaged(&self, layer: &Layer) -> bool {
        self.sealed_as(layer).is_some_and(|sealed| sealed.state == State::Damaged)
    }

    /// A sealed file of which nothing could be read, as it stands.
    #[must_use]
    pub fn unread_bytes(&self, layer: &Layer) -> Option<&[u8]> {
        self.unread_files.get(&self.number_of(layer)?).map(Vec::as_slice)
    }

    fn number_of(&self, layer: &Layer) -> Option<usize> {
        self.layers.iter().position(|known| std::ptr::eq(known, layer))
    }

    /// What was found out about a layer that is sealed.
    #[must_use]
    pub fn sealed_as(&self, layer: &Layer) -> Option<&stores::Sealed> {
        self.sealed.get(&self.number_of(layer)?)
    }

    /// Why the first sealed file of an environment stays closed, and who could open it: by the names of `[people]`,
    /// else by public key.
    #[must_use]
    pub fn closed(&self, environment: &Environment<'_>) -> Option<(CannotOpen, Vec<String>)> {
        environment.layers.iter().find_map(|used| {
            let sealed = self.sealed_as(used)?;
            let State::Closed(reason) = sealed.state else { return None };
            Some((reason, self.names_of(&sealed.readers.recipients)))
        })
    }

    /// The path of a sealed file of an environment that is damaged, so that none of its values is known; and what is wrong.
    #[must_use]
    pub fn damaged(&self, environment: &Environment<'_>) -> Option<(&str, &'static str)> {
        environment.layers.iter().find_map(|used| {
            let sealed = self.sealed_as(used).filter(|sealed| sealed.state == State::Damaged)?;
            let why = sealed.damages.first().map_or("it is damaged", |damage| damage.message);
            Some((self.sources.path(used.source), why))
        })
    }
}
