//! Lines written anew so that all readers of a file agree, and whether a replacement would take a right value away.

use std::collections::HashMap;
use std::ops::Range;

use crate::dialects::{self, Dialect, Process, Reading};
use crate::finding::Fix;
use crate::layer::Entry;
use crate::portable;

/// How many bytes may be read, over all readers and tries, to prove the replacements in one file. A file that would need
/// more gets none, because each replacement is proven by reading the whole file again.
const MAX_READ: usize = 32 << 20;

/// What one reader sees: `None` for a key without a value.
type Values = HashMap<String, Option<String>>;

/// How a line can be written instead, in bytes of the file.
pub(super) struct Respelling {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// The assignment alone, for people.
    pub(super) line: String,
}

/// Why there is none.
pub(super) enum Obstacle {
    /// No spelling of the value suits all readers.
    Unportable(portable::Unportable),
    /// The value refers to others, stands on more than one place, or something else in the file is in the way.
    Entangled,
}

/// What a replacement would do.
pub(super) enum Harm<'a> {
    /// No reader loses a value that it has right.
    None,
    /// This one does.
    To(&'a str),
    /// It cannot be told, because the file is too long.
    Unknown,
}

/// What a reader, or a chain of readers that start each other, makes of a file.
pub(super) fn read(chain: &str, bytes: &[u8]) -> Option<Reading> {
    let dialects: Option<Vec<&Dialect>> = chain.split('>').map(|name| dialects::find(name.trim())).collect();
    Some(dialects::read_in_turn(&dialects?, bytes, &surroundings()))
}

/// What stands in any process environment. Without it `~` would be text for a shell.
fn surroundings() -> Process {
    Process::from([("HOME".to_owned(), "/home/user".to_owned())])
}

/// What every chain of readers gets from one file; `compose` stands for how sparkcfg itself reads it.
pub(super) struct Views<'a> {
    text: &'a str,
    chains: &'a [String],
    right: Values,
    seen: Vec<Option<Values>>,
    left: usize,
}

impl<'a> Views<'a> {
    /// Reads the file with every chain.
    pub(super) fn of(text: &'a str, chains: &'a [String]) -> Self {
        let right = view("compose", text).unwrap_or_default();
        Self { text, chains, right, seen: chains.iter().map(|chain| view(chain, text)).collect(), left: MAX_READ }
    }

    /// The line of `key`, written so that all readers get what docker compose reads there now, and nothing else in the
    /// file becomes wrong for any of them. `entries` are the lines that set it.
    pub(super) fn respelled(&mut self, key: &str, entries: &[&Entry]) -> Result<Respelling, Obstacle> {
        let [entry] = entries else { return Err(Obstacle::Entangled) };
        let Some(Some(value)) = self.right.get(key).cloned() else { return Err(Obstacle::Entangled) };
        let names = self.chains.iter().flat_map(|chain| chain.split('>')).map(str::trim);
        let readers: Vec<&Dialect> = names.filter_map(dialects::find).collect();
        let line = portable::spell(key, &value, &readers, &surroundings()).map_err(Obstacle::Unportable)?;
        let written = entry.key.start as usize..entry.value.end as usize;
        for (range, text) in candidates(self.text, &written, &line) {
            if matches!(self.proven(&range, &text, Some(key)), Harm::None) {
                return Ok(Respelling { range, text, line });
            }
        }
        Err(Obstacle::Entangled)
    }

    /// Whether a replacement that another check offers takes from a reader what it has right.
    pub(super) fn harm(&mut self, fix: &Fix) -> Harm<'a> {
        self.proven(&fix.span.range(), &fix.replacement, None)
    }

    fn proven(&mut self, range: &Range<usize>, replacement: &str, key: Option<&str>) -> Harm<'a> {
        let Some(left) = self.left.checked_sub(self.text.len().saturating_mul(self.chains.len() + 1)) else {
            return Harm::Unknown;
        };
        self.left = left;
        let (Some(before), Some(after)) = (self.text.get(..range.start), self.text.get(range.end..)) else {
            return Harm::Unknown;
        };
        let text = [before, replacement, after].concat();
        if text == self.text {
            return Harm::Unknown;
        }
        // What sparkcfg itself reads must stay, too.
        if key.is_some() && view("compose", &text).unwrap_or_default() != self.right {
            return Harm::To("compose");
        }
        let right: Vec<_> = self.right.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect();
        for (chain, seen) in self.chains.iter().zip(&self.seen) {
            let now = view(chain, &text);
            let get = |values: &Option<Values>, name: &String| {
                values.as_ref().and_then(|values| values.get(name).cloned()?)
            };
            let stays = right.iter().all(|(name, value)| {
                let was_right = get(seen, name).as_ref() == Some(*value);
                let is_right = get(&now, name).as_ref() == Some(*value);
                is_right || !was_right && key != Some(name.as_str())
            });
            if !stays {
                return Harm::To(chain);
            }
        }
        Harm::None
    }
}

/// What one chain sets; `None` when it refuses the file.
fn view(chain: &str, text: &str) -> Option<Values> {
    let reading = read(chain, text.as_bytes())?;
    let values = reading.vars.into_iter().map(|variable| (variable.key, variable.value));
    reading.error.is_none().then(|| values.collect())
}

/// Ways to put `line` where an assignment stands, the one that changes least first. A comment behind the value gets a
/// line of its own, above.
fn candidates(text: &str, written: &Range<usize>, line: &str) -> Vec<(Range<usize>, String)> {
    let start = text.get(..written.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let rest = text.get(written.end..).unwrap_or_default();
    let length = rest.find('\n').unwrap_or(rest.len());
    let tail = rest.get(..length).unwrap_or_default();
    let behind = tail.strip_suffix('\r').unwrap_or(tail);
    let returned = behind.len() < tail.len();
    let prefix = text.get(start..written.start).unwrap_or_default();
    let marked = prefix.starts_with('\u{feff}');
    let plain_prefix = matches!(prefix.trim_start_matches('\u{feff}').trim(), "" | "export");
    let comment = behind.trim();
    if !plain_prefix || !(comment.is_empty() || comment.starts_with('#')) {
        return Vec::new();
    }
    let end = if returned { "\r\n" } else { "\n" };
    let whole = if comment.is_empty() { line.to_owned() } else { format!("{comment}{end}{line}") };
    let without_mark = start + if marked { '\u{feff}'.len_utf8() } else { 0 };
    let stop = written.end + behind.len();
    let mut found = vec![(without_mark..stop, whole.clone())];
    if marked {
        found.push((start..stop, whole.clone()));
    }
    if returned {
        let bare = whole.replace("\r\n", "\n");
        let stop = stop + '\r'.len_utf8();
        found.push((without_mark..stop, bare.clone()));
        found.push((start..stop, bare));
    }
    // A comment above that ends in a backslash goes on for some readers.
    let above = text.get(..start).unwrap_or_default().trim_end_matches(['\n', '\r']);
    if let Some(kept) = above.strip_suffix('\\') {
        let kept = kept.trim_end_matches(['\\', ' ', '\t']);
        found.push((kept.len()..stop, format!("{end}{whole}")));
    }
    found
}
