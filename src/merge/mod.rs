//! Three versions of a sealed file become one, key by key: what git's line by line merge would only break.

mod text;

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use similar::{ChangeTag, TextDiff};

use crate::envelope::{CannotOpen, OURS, THEIRS};
use crate::identity::{Identities, Recipient};
use crate::secret::Secret;
use crate::stores::sops::{KnownTo, Origin, Origins, digest, noted, opened_traces, short, traces};
use crate::stores::{CannotSeal, Order, Previous, Store};
use text::{Merged, Pieces};

/// A sealed file in three versions, each as it stands in git. A file that a side does not have is empty.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'a> {
    /// Where both sides come from.
    pub base: &'a [u8],
    /// The side that is merged into; its order of keys and what it did not change keep their bytes.
    pub ours: &'a [u8],
    /// The side that is merged.
    pub theirs: &'a [u8],
}

/// What is needed to merge.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// The form of the file.
    pub store: &'static Store,
    /// What opens it.
    pub identities: &'a Identities,
    /// Who may read the result: from the project's declaration, never from a version.
    pub recipients: &'a [Recipient],
    /// The time, as [`Order::time`] wants it.
    pub time: &'a str,
}

/// A merged file.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The file, sealed and whole; a second one where there are conflicts, which takes their side in all of them.
    sides: Vec<Side>,
    /// The keys that both sides changed differently, sorted.
    pub conflicts: Vec<String>,
    /// Recipients of one of the sides for whom the result is not sealed, as written in the files, sorted.
    pub left_out: Vec<String>,
    /// For whom it is sealed.
    pub recipients: Vec<Recipient>,
}

/// A merged file in one way of solving its conflicts.
#[derive(Debug, PartialEq, Eq)]
struct Side {
    text: String,
    /// What of it those could read who cannot open it: recipients of a version, as written in the files, or what such a
    /// version says itself.
    known_to: KnownTo,
    /// From which version each of its values comes.
    origins: Origins,
}

impl Outcome {
    /// The file; with conflicts, with git's marks around what differs. Whoever takes the same side at every mark has a whole
    /// file again. It notes who could read what of it and cannot open it, by the names that `called` gives to recipients;
    /// and where there is a record of such people, also from which version each value comes, which tells whether it is the
    /// recorded one.
    pub fn text(&self, called: impl Fn(&str) -> String, has_record: bool) -> String {
        let readers: BTreeSet<_> = self.recipients.iter().map(|recipient| called(recipient.as_str())).collect();
        let none = Origins::new();
        let of_side = |side: &Side| {
            let mut named = KnownTo::new();
            for (key, keys) in &side.known_to {
                named.entry(called(key)).or_default().extend(keys.iter().cloned());
            }
            named.retain(|name, _| !readers.contains(name));
            let tells = has_record || !named.is_empty();
            noted(&side.text, &named, if tells { &side.origins } else { &none })
        };
        match self.sides.as_slice() {
            [ours, theirs] => marked(&of_side(ours), &of_side(theirs)),
            sides => sides.iter().map(of_side).collect(),
        }
    }
}

/// Why nothing could be merged. It never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotMerge {
    /// The form does not say for whom a version is sealed, so that nobody can tell who must not open the result.
    Unnamed,
    /// A side stays closed or is damaged.
    Open(&'static str, CannotOpen),
    /// The result cannot be sealed.
    Seal(CannotSeal),
    /// The result, opened again, is not what was to be sealed.
    Unproven,
}

impl fmt::Display for CannotMerge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => formatter.write_str(
                "a whole age file does not say for whom it is sealed, and somebody may have lost access on one side",
            ),
            Self::Open(side, why) => write!(formatter, "{side}: {}", why.message()),
            Self::Seal(why) => write!(formatter, "the merged file cannot be sealed: {why}"),
            Self::Unproven => formatter.write_str("the merged file does not open to what was merged"),
        }
    }
}

impl std::error::Error for CannotMerge {}

impl CannotMerge {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unnamed => {
                "`sparkcfg secrets diff ENV@HEAD ENV@MERGE_HEAD` names what differs; take one version with `git checkout --ours` or `--theirs`, set the rest, to new values where somebody lost access meanwhile, and run `sparkcfg secrets rotate ENV`; files in the form of SOPS (.secrets.env) merge by themselves"
            }
            Self::Open(_, why) => why.help(),
            Self::Seal(why) => why.help,
            Self::Unproven => "take one side with `git checkout --ours` or `--theirs`; this is a bug of sparkcfg",
        }
    }
}

/// Merges the versions of a file. Keys that only one side changed never conflict, whatever else was changed; comments
/// never do.
///
/// # Errors
/// Without an identity that opens both sides, where a version is damaged, and for a form that does not name recipients.
pub fn merge(versions: &Versions<'_>, tools: &Tools<'_>) -> Result<Outcome, CannotMerge> {
    if !tools.store.shows_names {
        return Err(CannotMerge::Unnamed);
    }
    let open = |side, bytes: &[u8]| match bytes {
        [] => Ok(Secret::new(String::new())),
        bytes => (tools.store.plain)(bytes, tools.identities).map_err(|why| CannotMerge::Open(side, why)),
    };
    let (ours, theirs) = (open("ours", versions.ours)?, open("theirs", versions.theirs)?);
    let (ours_pieces, theirs_pieces) = (Pieces::of(ours.expose()), Pieces::of(theirs.expose()));
    let mut readable = vec![(versions.ours, &ours_pieces), (versions.theirs, &theirs_pieces)];
    let opened = open("base", versions.base);
    let is_known = opened.is_ok();
    let base = match opened {
        Ok(base) => Pieces::of(base.expose()),
        // Somebody who came later cannot open it, but what is still sealed as it was is known all the same.
        Err(_) => text::recognised(versions, &ours_pieces, &theirs_pieces),
    };
    if is_known {
        readable.push((versions.base, &base));
    }
    let merged = text::merge(&base, &ours_pieces, &theirs_pieces);
    let (texts, recipients) = seal(&merged, versions, tools)?;
    let side = |(text, plain): (String, &Secret)| {
        let pieces = Pieces::of(plain.expose());
        let known_to = known_to(&readable, &pieces, tools, &recipients);
        let origins = origins(&[(versions.ours, &ours_pieces), (versions.theirs, &theirs_pieces)], &pieces, tools);
        Side { text, known_to, origins }
    };
    let sides = texts.into_iter().zip([&merged.ours, &merged.theirs]).map(side).collect();
    let readers = readers(versions.ours, tools).into_iter().chain(readers(versions.theirs, tools));
    let left_out: BTreeSet<_> = readers.filter(|key| !is_among(&recipients, key)).collect();
    let left_out = left_out.into_iter().collect();
    Ok(Outcome { sides, conflicts: merged.conflicts, left_out, recipients })
}

fn is_among(recipients: &[Recipient], key: &str) -> bool {
    recipients.iter().any(|one| one.as_str() == key)
}

/// What of the result stands in a version that somebody could open who cannot open the result. Whoever is among the readers
/// of a version and left nothing there has an empty list.
fn known_to(readable: &[(&[u8], &Pieces)], result: &Pieces, tools: &Tools<'_>, recipients: &[Recipient]) -> KnownTo {
    let mut known_to = KnownTo::new();
    for (bytes, pieces) in readable {
        let same: BTreeSet<String> = result.same_as(pieces).into_iter().collect();
        for key in readers(bytes, tools).into_iter().filter(|key| !is_among(recipients, key)) {
            known_to.entry(key).or_default().extend(same.iter().cloned());
        }
        for (name, keys) in opened_traces(bytes, tools.identities).noted.known_to {
            known_to.entry(name).or_default().extend(keys.intersection(&same).cloned());
        }
    }
    known_to
}

/// From which of the two sides each value of the result comes, both where they have the same; and from which it
/// certainly does not come, as another value stands there.
fn origins(sides: &[(&[u8], &Pieces)], result: &Pieces, tools: &Tools<'_>) -> Origins {
    let mut origins = Origins::new();
    for (bytes, pieces) in sides {
        let traces = opened_traces(bytes, tools.identities);
        let data_keys: BTreeSet<_> = traces.keys.iter().map(|key| short(&digest(key))).collect();
        let same: BTreeSet<_> = result.same_as(pieces).into_iter().collect();
        for (key, token) in &traces.values {
            let is_same = same.contains(key);
            let here = || vec![Origin { data_keys: data_keys.clone(), sealed: short(&digest(token)), is_same }];
            // A side that was merged itself has its values from elsewhere.
            let found = traces.noted.origins.get(key).filter(|_| is_same).cloned();
            origins.entry(key.clone()).or_default().extend(found.unwrap_or_else(here));
        }
    }
    origins
}

/// Seals the result; with conflicts, both ways of solving them.
fn seal(
    merged: &Merged,
    versions: &Versions<'_>,
    tools: &Tools<'_>,
) -> Result<(Vec<String>, Vec<Recipient>), CannotMerge> {
    let [base, ours, theirs] = [versions.base, versions.ours, versions.theirs].map(|bytes| readers(bytes, tools));
    // Whoever lost access on the other side must not get it back by the merge.
    let dropped = |key: &str| base.contains(key) && !theirs.contains(key) && !theirs.is_empty();
    let recipients: Vec<_> = tools.recipients.iter().filter(|key| !dropped(key.as_str())).cloned().collect();
    let previous = if versions.ours.is_empty() { versions.theirs } else { versions.ours };
    let leaves_out = ours.union(&theirs).any(|key| !is_among(&recipients, key));
    let order = Order {
        recipients: &recipients,
        time: tools.time,
        // Whoever is left out knows the values of the side that was sealed for them. With another data key the record of
        // what they could read takes none of them for changed.
        new_key: is_rekeyed(versions.base, versions.theirs) || leaves_out,
        anew: None,
        previous: Some(Previous { bytes: previous, identities: tools.identities }),
    };
    let first = sealed(&merged.ours, &order, tools)?;
    if merged.conflicts.is_empty() {
        return Ok((vec![first], recipients));
    }
    let previous = Previous { bytes: first.as_bytes(), identities: tools.identities };
    let second = sealed(&merged.theirs, &Order { new_key: false, previous: Some(previous), ..order }, tools)?;
    Ok((vec![first, second], recipients))
}

/// Seals, and proves that what was sealed opens to the same.
fn sealed(plain: &Secret, order: &Order<'_>, tools: &Tools<'_>) -> Result<String, CannotMerge> {
    let text = (tools.store.seal)(plain, order).map_err(CannotMerge::Seal)?;
    let opened = (tools.store.plain)(text.as_bytes(), tools.identities);
    let opened = opened.map_err(|why| CannotMerge::Open("the merged file", why))?;
    if opened.expose() == plain.expose() { Ok(text) } else { Err(CannotMerge::Unproven) }
}

fn readers(bytes: &[u8], tools: &Tools<'_>) -> HashSet<String> {
    (tools.store.readers)(bytes).map(|readers| readers.recipients.into_iter().collect()).unwrap_or_default()
}

/// Whether a side has a data key of its own: none of the sealed keys of the base is left in it.
fn is_rekeyed(base: &[u8], side: &[u8]) -> bool {
    let (base, side) = (traces(base).keys, traces(side).keys);
    !base.is_empty() && !side.is_empty() && base.is_disjoint(&side)
}

/// Both texts, with git's marks around the lines that differ.
fn marked(ours: &str, theirs: &str) -> String {
    let diff = TextDiff::from_lines(ours, theirs);
    let mut text = String::with_capacity(ours.len() + theirs.len());
    let (mut mine, mut other) = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Delete => mine.push_str(change.value()),
            ChangeTag::Insert => other.push_str(change.value()),
            ChangeTag::Equal => {
                push_hunk(&mut text, &mut mine, &mut other);
                text.push_str(change.value());
            }
        }
    }
    push_hunk(&mut text, &mut mine, &mut other);
    text
}

fn push_hunk(text: &mut String, mine: &mut String, other: &mut String) {
    if mine.is_empty() && other.is_empty() {
        return;
    }
    text.extend([OURS, mine.as_str(), "=======\n", other.as_str(), THEIRS]);
    mine.clear();
    other.clear();
}

/// Both sides whole between git's marks: what is left when nothing could be merged, so that neither is lost unseen.
#[must_use]
pub fn side_by_side(versions: &Versions<'_>) -> Vec<u8> {
    let line = |bytes: &[u8]| if bytes.is_empty() || bytes.ends_with(b"\n") { Vec::new() } else { b"\n".to_vec() };
    let (ours, theirs) = (versions.ours, versions.theirs);
    let parts: [&[u8]; 7] =
        [b"<<<<<<< ours\n", ours, &line(ours), b"=======\n", theirs, &line(theirs), b">>>>>>> theirs\n"];
    parts.concat()
}
