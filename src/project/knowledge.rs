//! What somebody still knows of a sealed file who may not open it: by the record, by what a merge noted, and by git's history.

use super::Project;
use super::revocations::Unchanged;

impl Project {
    /// The values of a sealed layer that are still to be changed, each once.
    #[must_use]
    pub fn still_known(&self, layer: usize) -> Vec<Unchanged> {
        let (Some(file), Some(sealed)) = (self.sealed_files.get(&layer), self.sealed.get(&layer)) else {
            return Vec::new();
        };
        let mut told = self.revocations.told(&file.path, self.layers[layer].text.as_bytes(), &sealed.noted);
        for (key, readers) in self.remembered.get(&layer).into_iter().flatten() {
            match told.iter_mut().find(|one| one.key.as_ref() == Some(key)) {
                Some(one) => {
                    let others: Vec<_> = readers.iter().filter(|name| !one.readers.contains(name)).cloned().collect();
                    one.is_recorded &= others.is_empty();
                    one.readers.extend(others);
                }
                None => told.push(Unchanged {
                    key: Some(key.clone()),
                    readers: readers.iter().cloned().collect(),
                    is_recorded: false,
                    is_certain: true,
                }),
            }
        }
        told
    }
}
