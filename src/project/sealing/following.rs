//! What somebody could read who may not any more is the same value under another name, and in another file.

use super::{Sealing, Target};
use crate::detection;
use crate::error::Error;
use crate::project::revocations::{Names, Revocations, Unchanged, values};
use crate::secret::Secret;
use crate::stores::{self, sops::opened_traces};

impl Sealing {
    /// The keys that get a value by which somebody who may not read it knows it already, each with who that is: as far as it
    /// stands until now in a file of the record that opens here.
    ///
    /// # Errors
    /// The file as it was stays closed; another one cannot be read.
    pub(super) fn followed(&self, record: &Revocations, target: &Target, plain: &Secret) -> Result<Names, Error> {
        let mut found = Names::new();
        if record.paths().next().is_none() {
            return Ok(found);
        }
        let before = self.plain(target)?;
        let (was, is) = (values(&before), values(plain));
        let is_new = |key: &String, value: &str| was.get(key).is_none_or(|was| was.as_str() != value);
        let mut new: Vec<_> = is.iter().filter(|(key, value)| is_new(key, value)).collect();
        new.retain(|(_, value)| detection::tells_apart(value));
        if new.is_empty() {
            return Ok(found);
        }
        let staying = self.staying(target);
        for path in record.paths() {
            let is_target = path == target.file.path;
            let there = if is_target { None } else { self.files.read_if_there(path)? };
            let bytes = there.as_deref().or_else(|| target.previous().filter(|_| is_target)).unwrap_or_default();
            let Some(store) = stores::of(path) else { continue };
            let Ok(opened) = (store.plain)(bytes, &self.identities) else { continue };
            let known = values(&opened);
            for Unchanged { key, readers, .. } in record.unchanged(path, &opened_traces(bytes, &self.identities)) {
                let value = key.and_then(|key| known.get(&key));
                let readers = readers.into_iter().filter(|reader| !staying.contains(reader.as_str()));
                let readers: Vec<_> = readers.collect();
                for (key, _) in new.iter().filter(|(_, new)| !readers.is_empty() && value == Some(*new)) {
                    found.entry((*key).clone()).or_default().extend(readers.iter().cloned());
                }
            }
        }
        Ok(found)
    }
}
