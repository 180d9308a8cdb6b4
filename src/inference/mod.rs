//! What a project's own files tell about its keys: sightings, and from them a proposal for each key.
//!
//! Everything here is a guess, and says so where it is written down. No value of a secret, and no value of a real
//! environment, goes into a proposal: those of environments only decide of what type a key is.

mod choices;
pub mod draft;
mod guess;
pub mod imported;
mod kinds;
pub mod sighted;
mod varlock;

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use crate::suggestion::is_slip;
use crate::uses::casts::Taken;
use crate::uses::known::{Known, known, twin};

pub use guess::propose;

/// Where a key was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file that documents, such as `.env.example`.
    Example,
    /// The same, but commented out.
    Commented,
    /// In a layer of an environment, or in a sealed file.
    Layer {
        /// The environments that use it.
        environments: Vec<String>,
        /// Whether the value is sealed.
        sealed: bool,
        /// Whether whoever has the schema has the file, too.
        shared: bool,
    },
    /// A reference in a Compose file: `${KEY}`, or a key that is passed through.
    Reference {
        /// What Compose does where nothing sets it.
        without: Without,
    },
    /// Given a value by a Compose or PM2 file, whatever stands elsewhere.
    Set,
    /// Read by a program.
    Read {
        /// Whether the program cannot do without it.
        required: bool,
    },
}

/// What Compose does where nothing sets a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// It stops: `${KEY?}`.
    Stops,
    /// It takes an empty text, and warns: `${KEY}`.
    Warns,
    /// It has a default, or hands nothing on.
    GoesOn,
}

/// The environments that there are.
#[derive(Debug, Clone, Copy)]
pub struct Environments<'a> {
    /// Those of the project, by their files' names.
    pub own: &'a [String],
    /// Env files that Compose gives to services: each an environment by itself, which nobody compares with the others.
    pub given: &'a [String],
}

/// What one place tells about a key. It may hold a secret, so it has no `Debug`.
#[derive(Clone)]
pub struct Sighting {
    /// The key.
    pub key: String,
    /// The path of the file.
    pub place: String,
    /// Where it was seen.
    pub origin: Origin,
    /// The value there, or the default that is given there.
    pub value: Option<String>,
    /// Whether the value is made with another one that is a secret, `postgresql://app:${DB_PASSWORD}@db/app`, or the
    /// program keeps it secret by its type.
    pub holds_secret: bool,
    /// The comment above it.
    pub comment: Option<String>,
    /// The service or app that it is for.
    pub service: Option<String>,
    /// How a program takes the value.
    pub taken: Option<Taken>,
}

/// What is proposed for a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The key.
    pub key: String,
    /// Its description in the schema.
    pub property: Map<String, Value>,
    /// Whether every environment must have it.
    pub required: bool,
}

/// Something that its owner may not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discovery {
    /// The keys.
    pub keys: Vec<String>,
    /// What is so with them, as the end of a sentence that the keys begin.
    pub message: String,
}

/// The sightings of each key, in the order in which keys were first seen. What only the system sets, or only
/// libraries read, is left out.
#[must_use]
pub fn by_key(sightings: &[Sighting]) -> Vec<(&str, Vec<&Sighting>)> {
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        let seen = found.entry(&sighting.key).or_default();
        if seen.is_empty() {
            order.push(&sighting.key);
        }
        seen.push(sighting);
    }
    let names: HashSet<&str> = found.keys().copied().collect();
    let is_twin = |key: &str| twin(key).is_some_and(|name| names.contains(name));
    let kept = order.into_iter().filter_map(|key| Some((key, found.remove(key)?)));
    let is_own = |(key, seen): &(&str, Vec<&Sighting>)| match known(key) {
        // `DB_PASSWORD_FILE` says only where `DB_PASSWORD` may stand.
        None => !is_twin(key) || seen.iter().any(|sighting| sighting.origin.declares()),
        Some(Known::Library) if seen.iter().any(|sighting| matches!(sighting.origin, Origin::Read { .. })) => true,
        Some(_) => seen.iter().any(|sighting| sighting.origin.declares()),
    };
    kept.filter(is_own).collect()
}

impl Origin {
    /// Whether this is a place that declares keys.
    #[must_use]
    pub const fn declares(&self) -> bool {
        matches!(self, Self::Example | Self::Commented | Self::Layer { .. })
    }

    /// Whether a comment here is for everybody who has the project.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.documents() || matches!(self, Self::Layer { shared: true, .. })
    }

    /// Whether this is a place that documents keys, and is no real environment.
    #[must_use]
    pub const fn documents(&self) -> bool {
        matches!(self, Self::Example | Self::Commented)
    }
}

/// That `DB_PASSWORD` need not be set, where `DB_PASSWORD_FILE` says in which file it stands.
#[must_use]
pub fn set_by_twins(sightings: &[Sighting]) -> Vec<Sighting> {
    let names: HashSet<&str> = sightings.iter().map(|sighting| sighting.key.as_str()).collect();
    let twins = sightings.iter().filter_map(|sighting| Some((twin(&sighting.key)?, sighting)));
    let set = |(name, sighting): (&str, &Sighting)| Sighting {
        key: name.to_owned(),
        place: sighting.place.clone(),
        origin: Origin::Set,
        value: None,
        holds_secret: false,
        comment: None,
        service: None,
        taken: None,
    };
    twins.filter(|(name, _)| names.contains(name)).map(set).collect()
}

/// Names that no file declares and that were most likely meant by declared ones, each with that one: they differ by a slip,
/// and either nothing else uses the declared one, or the other one stands in a single place and has no default there. What
/// libraries know counts where the project's own programs read it.
#[must_use]
pub fn slips(sightings: &[Sighting]) -> Vec<(String, String)> {
    const SHORTEST: usize = 5;
    let all = by_key(sightings);
    let is_declared = |seen: &[&Sighting]| seen.iter().any(|sighting| sighting.origin.declares());
    let takes = |sighting: &&&Sighting| matches!(sighting.origin, Origin::Reference { .. } | Origin::Read { .. });
    let letters = |name: &str| name.chars().filter(|sign| !sign.is_ascii_digit()).collect::<String>();
    let declared: Vec<_> = all.iter().filter(|(name, seen)| name.len() >= SHORTEST && is_declared(seen)).collect();
    let slip = |(name, seen): &(&str, Vec<&Sighting>)| {
        let uses: Vec<_> = seen.iter().filter(takes).collect();
        if known(name) == Some(Known::Ambient) || name.len() < SHORTEST || is_declared(seen) || uses.is_empty() {
            return None;
        }
        let has_default = seen.iter().any(|sighting| sighting.value.is_some());
        // Who hands a name on by that same name has written it twice.
        let alone = !has_default && uses.len() == 1 && uses.iter().all(|sighting| sighting.service.is_none());
        let near = declared.iter().filter(|(near, _)| is_slip(name, near) && letters(name) != letters(near));
        let is_swapped = |near: &str| {
            let signs = |name: &str| {
                let mut signs: Vec<_> = name.chars().collect();
                signs.sort_unstable();
                signs
            };
            uses.len() == 1 && signs(name) == signs(near)
        };
        let near =
            near.filter(|(near, seen)| alone || is_swapped(near) || !seen.iter().any(|sighting| takes(&sighting)));
        Some(((*name).to_owned(), near.map(|(near, _)| *near).min()?.to_owned()))
    };
    all.iter().filter_map(slip).collect()
}

/// Where programs read a key, whichever they are.
const PROGRAMS: &str = "programs";

/// What the sightings tell together.
#[must_use]
pub fn discoveries(sightings: &[Sighting]) -> Vec<Discovery> {
    let mut undeclared: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    let mut found = Vec::new();
    for (key, seen) in by_key(sightings) {
        let declared = seen.iter().any(|sighting| sighting.origin.declares() || sighting.origin == Origin::Set);
        if !declared
            && known(key).is_none()
            && let Some(first) = seen.first()
        {
            let takes = |one: &&&Sighting| matches!(one.origin, Origin::Read { .. } | Origin::Reference { .. });
            let needed = |one: &Sighting| match one.origin {
                // Only what stops without it surely needs it.
                Origin::Read { required } => required,
                _ => one.value.is_none(),
            };
            let helped = seen.iter().any(|one| matches!(one.origin, Origin::Read { .. }) && one.value.is_some());
            let has_default = helped || !seen.iter().filter(takes).any(|one| needed(one));
            let by = |sighting: &Sighting| match sighting.origin {
                Origin::Read { .. } => PROGRAMS.to_owned(),
                _ => sighting.place.clone(),
            };
            undeclared.entry((by(first), has_default)).or_default().push(key.to_owned());
        }
        if let Some(message) = guess::disagreement(key, &seen) {
            found.push(Discovery { keys: vec![key.to_owned()], message });
        }
    }
    found.extend(undeclared.into_iter().map(|((place, has_default), keys)| {
        let be = if keys.len() == 1 { "is" } else { "are" };
        let message = if has_default && place == PROGRAMS {
            format!("{be} used in {place}, which can do without, and in no env file")
        } else if has_default {
            format!("{be} used in {place}, always with a default, and in no env file")
        } else {
            format!("{be} used in {place} without a default, and set nowhere")
        };
        Discovery { keys, message }
    }));
    found.sort();
    found
}
