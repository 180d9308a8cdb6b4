//! Lines of env files, written so that chosen readers agree.

use super::{Picture, Refusal};
use crate::dialects::{self, Dialect};
use crate::portable;

/// A line for each variable, from which all `readers` get exactly its value.
pub(super) fn write(picture: &Picture<'_>, readers: &[&str]) -> Result<String, Vec<Refusal>> {
    let for_shells = readers.contains(&"shell");
    let readers: Vec<&Dialect> = readers.iter().filter_map(|name| dialects::find(name)).collect();
    picture.each(|variable, text| {
        if for_shells && portable::KEPT_BY_BASH.contains(&variable.key) {
            return Err("bash keeps this name for itself, and lets nothing set it".to_owned());
        }
        match portable::spell(variable.key, text, &readers, &portable::surroundings()) {
            Ok(line) => Ok(format!("{line}\n")),
            Err(unportable) => Err(format!("{} stands in the way: {}", unportable.reader, unportable.reason)),
        }
    })
}
