//! What is still the value that somebody could read in an earlier version who may not open the file any more, and of which the
//! record does not tell: SOPS sealed the file without them, or the value is back as it was after it had changed.
//!
//! Only whoever can open both versions can tell, by comparing what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use zeroize::Zeroizing;

use super::{Past, Version};
use crate::detection;
use crate::identity::Identities;
use crate::project::config::Config;
use crate::project::revocations::{Names, Revocations, values};
use crate::stores;
use crate::stores::sops::{Traces, traces};

/// How many of the newest versions of a file are opened.
const OPENED: usize = 100;

/// A sealed file as it is now.
#[derive(Debug, Clone, Copy)]
pub struct Present<'p> {
    /// Its path.
    pub path: &'p str,
    /// The file.
    pub bytes: &'p [u8],
    /// Those who may open it, by all of their names.
    pub staying: &'p BTreeSet<&'p str>,
}

/// A version with what it opens to; of one that stays closed nothing is known.
struct Opened<'v> {
    version: &'v Version,
    values: BTreeMap<String, Zeroizing<String>>,
    traces: Traces,
}

impl Opened<'_> {
    fn has(&self, key: &str, value: &str) -> bool {
        self.values.get(key).is_some_and(|there| there.as_str() == value)
    }
}

impl Past {
    /// The values of a file that somebody knows who may not open it any more, and of which neither the record nor an earlier
    /// version of it tells: key → names, or public keys. Whoever can open the file as it is now is none of them.
    #[must_use]
    pub fn known(&self, present: &Present<'_>, identities: &Identities, config: &Config) -> Names {
        let mut found = Names::new();
        let departed = self.departed(present, config);
        if departed.is_empty() {
            return found;
        }
        let (is, now) = (opened(present.path, present.bytes, identities), traces(present.bytes));
        let versions = self.versions(present.path).iter().take(OPENED).map(|version| Opened {
            version,
            values: opened(present.path, &version.bytes, identities),
            traces: traces(&version.bytes),
        });
        let versions: Vec<_> = versions.collect();
        let lost = self.lost_record(present.path);
        for recipient in departed {
            let name = config.owner_of(recipient).unwrap_or(recipient);
            let could_open = |version: &Version| version.answer.iter().any(|reader| reader == recipient);
            let (theirs, others): (Vec<_>, Vec<_>) = versions.iter().partition(|one| could_open(one.version));
            let knows = |key: &str, value: &str| theirs.iter().any(|one| one.has(key, value));
            let Some(left) = self.departure(present.path, could_open) else { continue };
            for (key, value) in is.iter().filter(|(key, value)| knows(key, value)) {
                let told = self.told(present.path, recipient, key, &left);
                let since = told.unwrap_or(*left.start());
                let since = others.iter().filter(|one| one.version.at >= since);
                let mut other = since.filter_map(|one| one.values.get(key));
                let is_back = other.any(|other| !knows(key, other))
                    || told.is_some_and(|told| was_away(key, value, &now, &versions, told));
                // What has the same sealed text as on record is told without a key.
                let is_lost = lost.filter(|record| !record.keeps(present.path, &now, key)).is_some_and(|record| {
                    let on_record = record.readers_in(present.path);
                    let of_key = on_record.filter(|(of_key, _)| of_key.is_none_or(|of_key| of_key == key));
                    of_key.into_iter().any(|(_, readers)| readers.iter().any(|reader| self.is(reader, recipient)))
                });
                if is_lost || (told.is_none() && !is_back) || (is_back && detection::tells_apart(value)) {
                    found.entry(key.clone()).or_default().insert(name.to_owned());
                }
            }
        }
        found
    }

    /// Those who could open an earlier version and have no way into the file as it is now.
    fn departed(&self, present: &Present<'_>, config: &Config) -> BTreeSet<&str> {
        let readers = self.versions(present.path).iter().flat_map(|version| &version.answer);
        let may = |key: &str| present.staying.contains(config.owner_of(key).unwrap_or(key));
        let mut departed: BTreeSet<_> = readers.map(String::as_str).filter(|key| !may(key)).collect();
        if !departed.is_empty() {
            let now = super::readers(present.path, present.bytes);
            let holders = self.holders(present.path, present.bytes);
            let can_open = now.iter().chain(holders.iter().map(|holder| &holder.recipient));
            for key in can_open {
                departed.remove(key.as_str());
            }
        }
        departed
    }

    /// The last version that somebody could open, and the next one.
    fn departure(&self, path: &str, could_open: impl Fn(&Version) -> bool) -> Option<RangeInclusive<usize>> {
        let versions = self.versions(path);
        let last = versions.iter().position(could_open)?;
        let next = last.checked_sub(1).map_or(usize::MAX, |next| versions[next].at);
        Some(versions[last].at..=next)
    }

    /// Whether somebody on record is the one with this public key, by it or by any name that it had.
    fn is(&self, reader: &String, recipient: &str) -> bool {
        reader == recipient || self.names().get(recipient).is_some_and(|names| names.contains(reader))
    }

    /// The last record that told of a file, where the one that is there does not: not even that nothing is left. It was emptied
    /// by hand, or lost in a merge.
    fn lost_record(&self, path: &str) -> Option<&Revocations> {
        let mut records = self.records().iter().map(|(_, record)| record);
        let now = records.next().filter(|_| !self.is_removed)?;
        if now.is_about_file(path) { None } else { records.find(|record| record.is_about_file(path)) }
    }

    /// When the record last told that somebody knows a value. A record that changed as they `left` told of them, even if all
    /// that it said had changed, or was struck, by the time of the commit.
    fn told(&self, path: &str, recipient: &str, key: &str, left: &RangeInclusive<usize>) -> Option<usize> {
        let mut of_reader = None;
        for (at, record) in self.records() {
            for (of_key, readers) in record.readers_in(path) {
                if readers.iter().any(|reader| self.is(reader, recipient)) {
                    if of_key.is_none_or(|of_key| of_key == key) {
                        return Some(*at);
                    }
                    of_reader = of_reader.or(Some(*at));
                }
            }
        }
        let changed = self.records().iter().map(|(at, _)| *at).find(|at| at > left.start() && at <= left.end());
        of_reader.max(changed)
    }
}

/// Whether a value was another one between two versions, of which the older one may be that of the record that `told` of it:
/// sealed text stays the same as long as the value and the data key do. It was not if the line was struck by hand.
fn was_away(key: &str, value: &str, now: &Traces, versions: &[Opened<'_>], told: usize) -> bool {
    let since = versions.iter().take_while(|one| one.version.at > told).count();
    let mut newer = now;
    for older in versions.iter().take(since + 1) {
        if !older.has(key, value) {
            return false;
        }
        let is_same_key = newer.keys.intersection(&older.traces.keys).next().is_some();
        if is_same_key && newer.values.get(key) != older.traces.values.get(key) {
            return true;
        }
        newer = &older.traces;
    }
    false
}

/// The values of a sealed file; none where nobody here can open it.
fn opened(path: &str, bytes: &[u8], identities: &Identities) -> BTreeMap<String, Zeroizing<String>> {
    let plain = stores::of(path).and_then(|store| (store.plain)(bytes, identities).ok());
    plain.map(|plain| values(&plain)).unwrap_or_default()
}
