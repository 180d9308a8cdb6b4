//! Lines written anew so that all readers of a file agree, and whether a replacement would take a right value away.

use std::borrow::Cow;
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
    /// This line suits all who read the file, but not sparkcfg, which would check something else.
    Own(String),
    /// This line suits them once those of the file, all of which end in CRLF, end in LF.
    Returns(String),
    /// The value refers to others, stands on more than one place, or something else in the file is in the way.
    Entangled,
}

/// What a replacement would do.
pub(super) enum Harm<'a> {
    /// Every reader sees what it saw, or what is right.
    None,
    /// This one does not.
    To(&'a str),
    /// It cannot be told, because the file is too long.
    Unknown,
}

/// How sparkcfg itself reads a file, under the name by which findings tell it. What it checks is what docker compose gets.
pub(super) const OWN: &str = "sparkcfg";

/// The readers of a file, and among them sparkcfg itself, unless one reads as it does: what it checks must be what they
/// get.
pub(super) fn with_own(chains: &[String]) -> Vec<&str> {
    let own =
        !chains.is_empty() && !chains.iter().any(|chain| matches!(chain.as_str(), "compose" | "compose-interpolation"));
    chains.iter().map(String::as_str).chain(own.then_some(OWN)).collect()
}

/// The dialects of a chain of readers that start each other.
fn dialects_of(chain: &str) -> Option<Vec<&'static Dialect>> {
    let name = |name: &str| if name.trim() == OWN { "compose" } else { name.trim() }.to_owned();
    chain.split('>').map(|part| dialects::find(&name(part))).collect()
}

/// What a reader, or a chain of readers that start each other, makes of a file.
pub(super) fn read(chain: &str, bytes: &[u8]) -> Option<Reading> {
    Some(dialects::read_in_turn(&dialects_of(chain)?, bytes, &surroundings()))
}

/// What stands in any process environment. Without it `~` would be text for a shell.
fn surroundings() -> Process {
    Process::from([("HOME".to_owned(), "/home/user".to_owned())])
}

/// What one chain makes of a file: what it sets, at how many places it runs something, and how many of the lines it refuses
/// the file for.
struct View {
    values: Values,
    executes: usize,
    refused: usize,
}

/// What every chain of readers gets from one file; `compose` stands for how sparkcfg itself reads it.
pub(super) struct Views<'a> {
    text: &'a str,
    chains: &'a [&'a str],
    right: Option<Values>,
    /// For how many lines docker compose refuses it.
    refused: usize,
    seen: Vec<Option<View>>,
    left: usize,
}

impl<'a> Views<'a> {
    /// Reads the file with every chain.
    pub(super) fn of(text: &'a str, chains: &'a [&'a str]) -> Self {
        let own = view(OWN, text);
        let refused = own.as_ref().map_or(0, |own| own.refused);
        let right = own.map(|own| own.values);
        Self {
            text,
            chains,
            right,
            refused,
            seen: chains.iter().map(|chain| view(chain, text)).collect(),
            left: MAX_READ,
        }
    }

    /// Whether sparkcfg reads the file otherwise than anybody else.
    pub(super) fn has_own(&self) -> bool {
        self.chains.contains(&OWN)
    }

    /// The line of `key`, written so that all readers get what docker compose reads there now, and nothing else in the
    /// file becomes wrong for any of them. `entries` are the lines that set it.
    pub(super) fn respelled(&mut self, key: &str, entries: &[&Entry]) -> Result<Respelling, Obstacle> {
        let [entry] = entries else { return Err(Obstacle::Entangled) };
        let right = self.right.as_ref().and_then(|right| right.get(key).cloned());
        let Some(Some(value)) = right else { return Err(Obstacle::Entangled) };
        let readers = |chains: &[&str]| -> Vec<&'static Dialect> {
            let mut found: Vec<&Dialect> = chains.iter().filter_map(|chain| dialects_of(chain)).flatten().collect();
            found.sort_by_key(|one| dialects::ALL.iter().position(|dialect| dialect.name == one.name));
            found.dedup_by_key(|dialect| dialect.name);
            found
        };
        let line = match portable::spell(key, &value, &readers(self.chains), &surroundings()) {
            Ok(line) => line,
            Err(error) => {
                let others: Vec<&str> = self.chains.iter().copied().filter(|chain| *chain != OWN).collect();
                let without_own = if others.len() < self.chains.len() { Some(readers(&others)) } else { None };
                let line = without_own.and_then(|readers| portable::spell(key, &value, &readers, &surroundings()).ok());
                return Err(line.map_or(Obstacle::Unportable(error), Obstacle::Own));
            }
        };
        let written = entry.key.start as usize..entry.value.end as usize;
        for (range, text) in candidates(self.text, &written, &line) {
            if matches!(self.proven(&range, &text, Some(key)), Harm::None) {
                // No file is left with line ends of both kinds.
                let returned = self.text.get(range.clone()).is_some_and(|written| written.ends_with('\r'));
                if returned && ends_in_returns(self.text) {
                    return Err(Obstacle::Returns(line));
                }
                return Ok(Respelling { range, text, line });
            }
        }
        Err(Obstacle::Entangled)
    }

    /// The line in which every reader gets the text of a value as it stands, `$` included; not what docker compose reads.
    pub(super) fn literally(&self, key: &str, written: &str) -> Option<String> {
        let names = self.chains.iter().filter_map(|chain| dialects_of(chain)).flatten();
        portable::spell(key, written, &names.collect::<Vec<_>>(), &surroundings()).ok()
    }

    /// Whether a replacement that another check offers makes anything worse for a reader.
    pub(super) fn harm(&mut self, fix: &Fix) -> Harm<'a> {
        self.proven(&fix.span.range(), &fix.replacement, None)
    }

    /// Which of several replacements can be made at once. What is harmless alone may not be so beside another: the first
    /// of them stay.
    pub(super) fn harmless_together(&mut self, fixes: &[&Fix]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..fixes.len()).collect();
        order.sort_by_key(|at| (fixes[*at].span.start, fixes[*at].span.end));
        let all = vec![true; fixes.len()];
        self.left = MAX_READ;
        if fixes.len() < 2 || matches!(self.judged(&with(self.text, &order, fixes), None), Harm::None) {
            return all;
        }
        let (mut kept, mut harmless) = (Vec::new(), vec![false; fixes.len()]);
        for at in order {
            kept.push(at);
            harmless[at] = matches!(self.judged(&with(self.text, &kept, fixes), None), Harm::None);
            if !harmless[at] {
                kept.pop();
            }
        }
        harmless
    }

    /// Whether after a replacement every reader sees what it saw before, or what is right: a text that is wrong may not
    /// become another one that is wrong. `key` must be right for all.
    fn proven(&mut self, range: &Range<usize>, replacement: &str, key: Option<&str>) -> Harm<'a> {
        let (Some(before), Some(after)) = (self.text.get(..range.start), self.text.get(range.end..)) else {
            return Harm::Unknown;
        };
        self.judged(&[before, replacement, after].concat(), key)
    }

    /// The same for what the file may hold instead.
    fn judged(&mut self, text: &str, key: Option<&str>) -> Harm<'a> {
        let Some(left) = self.left.checked_sub(self.text.len().saturating_mul(self.chains.len() + 1)) else {
            return Harm::Unknown;
        };
        self.left = left;
        if text == self.text {
            return Harm::Unknown;
        }
        // What sparkcfg itself reads must stay, too.
        let own = view(OWN, text);
        if own.as_ref().is_none_or(|own| own.refused > self.refused || Some(&own.values) != self.right.as_ref()) {
            return Harm::To(OWN);
        }
        for (chain, seen) in self.chains.iter().zip(&self.seen) {
            let now = view(chain, text);
            if !self.stays(seen.as_ref(), now.as_ref(), key) {
                return Harm::To(chain);
            }
        }
        Harm::None
    }

    fn stays(&self, seen: Option<&View>, now: Option<&View>, key: Option<&str>) -> bool {
        let none = Values::new();
        let right = self.right.as_ref().unwrap_or(&none);
        let is_right =
            |name: &str, value: Option<&Option<String>>| right.get(name).is_some_and(|right| value == Some(right));
        let Some(now) = now else { return seen.is_none() && key.is_none() };
        if key.is_some_and(|key| !is_right(key, now.values.get(key))) {
            return false;
        }
        // Of a reader that nothing is known of, nobody can say that it is no worse off.
        let Some(seen) = seen else { return false };
        let names = seen.values.keys().chain(now.values.keys());
        let mut names = names.filter(|name| Some(name.as_str()) != key);
        now.executes <= seen.executes
            && now.refused <= seen.refused
            && names.all(|name| {
                let (before, after) = (seen.values.get(name), now.values.get(name));
                // What nobody meant to set may go.
                before == after || is_right(name, after) || after.is_none() && !right.contains_key(name)
            })
    }
}

/// The text with some of the replacements made, given in the order of their places; one that touches what another has
/// replaced is left out.
fn with(text: &str, order: &[usize], fixes: &[&Fix]) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for fix in order.iter().filter_map(|at| fixes.get(*at)) {
        let range = fix.span.range();
        if range.start >= at {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(&fix.replacement);
            at = range.end;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// For how many lines a reader may refuse a file that is looked at all the same.
const MAX_REFUSED: usize = 4;

/// What one chain sets, or would set without the lines for which it refuses the file; `None` where that is not known.
fn view(chain: &str, text: &str) -> Option<View> {
    let mut text = Cow::Borrowed(text);
    for refused in 0..=MAX_REFUSED {
        let reading = read(chain, text.as_bytes())?;
        let Some(error) = reading.error else {
            let values = reading.vars.into_iter().map(|variable| (variable.key, variable.value));
            return Some(View { values: values.collect(), executes: reading.executes.len(), refused });
        };
        let at = error.at.filter(|at| at.end > at.start)?;
        let start = text.get(..at.start)?.rfind('\n').map_or(0, |before| before + 1);
        let end = text.get(at.start..)?.find('\n').map_or(text.len(), |length| at.start + length);
        // A comment to all of them, in the place of the line.
        let without = [text.get(..start)?, "#", text.get(end..)?].concat();
        text = Cow::Owned(without);
    }
    None
}

/// Whether each line ends in CRLF.
fn ends_in_returns(text: &str) -> bool {
    memchr::memchr_iter(b'\n', text.as_bytes()).all(|at| text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r'))
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
