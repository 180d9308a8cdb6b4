//! The readers of a file: their chains, and what each is started with.

use super::File;
use crate::dialects::{self, Dialect, Process, Reading};
use crate::plain::is_name;
use crate::source::MASK;

/// How sparkcfg itself reads a file, under the name by which findings tell it. What it checks is what docker compose gets.
pub(super) const OWN: &str = "sparkcfg";

/// The readers of a file, and among them sparkcfg itself, unless one reads as it does: what it checks must be what they
/// get.
pub(super) fn with_own(chains: &[String]) -> Vec<&str> {
    let own = !chains.iter().any(|chain| matches!(chain.as_str(), "compose" | "compose-interpolation"));
    chains.iter().map(String::as_str).chain(own.then_some(OWN)).collect()
}

/// The dialects of a chain of readers that start each other.
pub(super) fn dialects_of(chain: &str) -> Option<Vec<&'static Dialect>> {
    let name = |name: &str| if name.trim() == OWN { "compose" } else { name.trim() }.to_owned();
    chain.split('>').map(|part| dialects::find(&name(part))).collect()
}

/// What a reader, or a chain of readers that start each other, makes of a file.
pub(super) fn read(chain: &str, bytes: &[u8], around: &Process) -> Option<Reading> {
    Some(dialects::read_in_turn(&dialects_of(chain)?, bytes, around))
}

/// Stands for the home folder of whoever starts a reader, in what it reads: `~` and `${HOME}` are another one for each.
pub(super) const HOME: &str = "\u{e000}";

/// What the readers of a file are started with: a home folder, and what the layers below have set, which are read before
/// it. Of a key that the file sets as well nobody needs to know that; of a sealed one nothing is told.
pub(super) fn surroundings(file: &File<'_>) -> Process {
    let mut around = Process::from([("HOME".to_owned(), HOME.to_owned())]);
    if !file.layer.text.contains('$') {
        return around;
    }
    for layer in file.project.layers_below(file.index) {
        if layer.sealed {
            around.extend(layer.entries.iter().map(|entry| (layer.key(entry).to_owned(), MASK.to_owned())));
        } else if let Some(reading) = read(OWN, layer.text.as_bytes(), &around) {
            let set = reading.vars.into_iter().filter_map(|variable| Some((variable.key, variable.value?)));
            around.extend(set);
        }
    }
    for entry in &file.layer.entries {
        let key = file.layer.key(entry);
        if key != "HOME" {
            around.remove(key);
        }
    }
    around
}

/// Readers to which `export` may matter: without `set -a`, or an `export` of its own, nothing else hands a variable on.
pub(super) const EXPORTING: &[&str] = &["shell", "make"];

/// The name in `NAME := value`, which is make's own; docker compose takes the colon for the sign, and `=` for text.
pub(super) fn assigned_by_make(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(":=")?;
    let name = name.trim_end_matches(':').trim();
    let name = name.strip_prefix("export").map_or(name, str::trim_start);
    is_name(name).then_some(name)
}
