//! Names that were most likely meant by others: a letter is missing, or there are two for one thing.

use std::collections::{BTreeMap, BTreeSet};

use super::references::{Key, Referenced, rank};
use crate::finding::{Finding, Severity};
use crate::project::references::Used;
use crate::suggestion::{distance, is_slip};
use crate::uses::known::{Known, is_of_framework, known, meaning};
use crate::uses::{Kind, Side, Use};

/// The shortest name that a slip is looked for in.
const SHORTEST: usize = 5;

/// The length of the shortest one of which two letters may be swapped.
const SWAPPED: usize = 4;

/// A name that is used for another one that is declared.
pub(super) struct Slip<'a> {
    /// What was meant.
    pub(super) meant: &'a str,
    /// Where the wrong name is read or handed on.
    pub(super) places: Vec<(&'a Used, &'a Use)>,
}

impl<'a> Referenced<'a> {
    /// Names that are declared or set and that no program reads, each with one that means the same and is read.
    pub(super) fn doubles(&self) -> Vec<(&'a str, &'a str)> {
        let known_here = |name: &str| known(name) != Some(Known::Ambient);
        let unread = self.keys.iter().filter(|(name, key)| {
            // What a script sets is for what that script starts, and what a manifest sets may be for an image of others.
            let is_for_others =
                |file: &Used| file.reader.is_some_and(|reader| matches!(reader.name, "shell" | "kubernetes"));
            let set = key.sure().any(|(file, found)| found.kind == Kind::Set && !file.aside && !is_for_others(file));
            // A function that nobody knows may well read it, and so may a program whose language nobody here reads.
            let unsure = key.uses.iter().any(|(file, found)| match found.kind {
                Kind::Read => file.is_code(),
                Kind::Mention => file.reader.is_none() && !file.aside,
                _ => false,
            });
            (!key.declared.is_empty() || set)
                && !key.is_surely_read()
                && !unsure
                && known_here(name)
                && self.is_own(name)
                && !is_of_framework(name, &self.project.references.paths)
        });
        let read = |name: &str, key: &Key<'_>| {
            let read = self.keys.iter().find(|(other, key)| {
                **other != name && key.is_read_by_code() && known_here(other) && Self::means_the_same(name, other)
            });
            // Whoever wrote down both means two things.
            read.filter(|(_, read)| !(key.is_written_down() && read.is_written_down())).map(|(other, _)| *other)
        };
        unread.filter_map(|(name, key)| Some((*name, read(name, key)?))).collect()
    }

    /// Whether a finding about another name says already what is wrong with this one.
    pub(super) fn is_told(&self, name: &str) -> bool {
        let undeclared = self.keys.get(name).filter(|key| self.is_undeclared(name, key));
        self.doubled.iter().any(|(unread, read)| *unread == name || *read == name && undeclared.is_some())
            || undeclared.is_some_and(|key| self.slip(name, key).is_some())
    }

    /// The name that the project has for what another name means: `LOG_LEVEL` for `APP_LOG_LEVEL`.
    pub(super) fn means_the_same(one: &str, other: &str) -> bool {
        let (one, other) = (meaning(one), meaning(other));
        let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
        let telling = short.len() > 1 || short == ["ENVIRONMENT"];
        telling && long.ends_with(&short)
    }

    /// What is misspelt about a name that nothing declares: it is near to a declared one that is read by nothing itself.
    /// A program that has its variables from a module of its own counts, because the declared name is waiting for it.
    pub(super) fn slip(&self, name: &str, key: &Key<'a>) -> Option<Slip<'a>> {
        let reads = |(file, found): &(&Used, &Use)| {
            matches!(found.kind, Kind::Read | Kind::Pass) && (found.sure || file.is_code() && !file.aside)
        };
        let mut places: Vec<_> = key.uses.iter().copied().filter(reads).collect();
        if places.is_empty() {
            return None;
        }
        places.sort_by_cached_key(rank);
        let read = &self.project.references.beside.read;
        let meant = self.near(name, |near, key| !key.declared.is_empty() && !key.is_read() && !read.contains(near))?;
        Some(Slip { meant, places })
    }

    /// The name that was perhaps meant by one that nothing declares or sets, whoever else reads it.
    pub(super) fn meant(&self, name: &str) -> Option<&'a str> {
        self.near(name, |_, key| key.is_written_down() || key.declared.iter().any(|declared| declared.value.is_some()))
    }

    fn near(&self, name: &str, fits: impl Fn(&str, &Key<'a>) -> bool) -> Option<&'a str> {
        let letters = |name: &str| name.chars().filter(|sign| !sign.is_ascii_digit()).collect::<String>();
        let sorted = |name: &str| {
            let mut signs: Vec<_> = name.chars().collect();
            signs.sort_unstable();
            signs
        };
        let own = letters(name);
        let near = self.keys.iter().filter(|(near, key)| {
            **near != name
                && (near.len().min(name.len()) >= SHORTEST
                    // `PROT` is `PORT` with two letters swapped.
                    || near.len() == SWAPPED && sorted(near) == sorted(name))
                && is_slip(near, name)
                && letters(near) != own
                && fits(near, key)
        });
        near.map(|(near, _)| *near).min_by_key(|near| (distance(near, name), *near))
    }
}

impl Key<'_> {
    /// Whether a Compose file hands it on, or sets it.
    fn is_given_by_compose(&self, kind: Kind) -> bool {
        let starts = |file: &Used| file.reader.is_some_and(|reader| reader.side == Side::Start);
        self.uses.iter().any(|(file, found)| found.kind == kind && starts(file))
    }
}

/// One mistake is one message. A service lacks a key because its name is misspelt where it is handed on: then that is told,
/// and counts as much. Where the wrong name is only set, what is lacking is told, and that the wrong one is of no use is not.
pub(super) fn keep_one(referenced: &Referenced<'_>, findings: &mut Vec<Finding>) {
    let of = |codes: &[&str], finding: &Finding| codes.contains(&finding.rule.code);
    let lacking: BTreeMap<String, Severity> = {
        let lacking = findings.iter().filter(|finding| of(&["not-delivered"], finding));
        lacking.filter_map(|finding| Some((finding.key.clone()?, finding.severity))).collect()
    };
    let (mut handed_on, mut only_set) = (BTreeSet::new(), BTreeSet::new());
    // What is misspelt in a program no service can be given by that name.
    for finding in findings.iter_mut().filter(|finding| of(&["misspelt-variable"], finding)) {
        if let Some((name, severity)) = finding.key.as_ref().and_then(|key| lacking.get_key_value(key)) {
            finding.severity = finding.severity.max(*severity);
            handed_on.insert(name.clone());
        }
    }
    for finding in findings.iter_mut().filter(|finding| of(&["misspelt-variable", "undeclared-variable"], finding)) {
        let known = finding.key.as_deref().and_then(|name| referenced.keys.get_key_value(name));
        let Some((name, key)) = known.filter(|_| !lacking.is_empty()) else { continue };
        let meant = referenced.slip(name, key).map(|slip| slip.meant).or_else(|| referenced.meant(name));
        let Some((meant, severity)) = meant.and_then(|meant| lacking.get_key_value(meant)) else { continue };
        if key.is_given_by_compose(Kind::Pass) {
            finding.severity = finding.severity.max(*severity);
            handed_on.insert(meant.clone());
        } else if key.is_given_by_compose(Kind::Set) && !key.is_read() {
            only_set.insert((*name).to_owned());
        }
    }
    findings.retain(|finding| {
        let is = |names: &BTreeSet<String>| finding.key.as_ref().is_some_and(|key| names.contains(key));
        !(of(&["not-delivered"], finding) && is(&handed_on) || of(&["undeclared-variable"], finding) && is(&only_set))
    });
}
