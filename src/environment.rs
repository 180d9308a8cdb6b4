//! Layers merged by figment, references resolved: for each key the value that an environment ends up with.

mod broken;
mod dotenv;
mod references;

pub use broken::Broken;
pub use dotenv::{Dotenv, Dotenvs, Value as DotenvValue};
use dotenv::{Found, Outside};
pub use references::{is_brought_along, is_one_reference};

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use figment::Figment;
use figment::value::{Tag, Value};
use foldhash::{HashMap, HashMapExt};

use crate::interpolation::{self, Budget, FaultKind, Outcome};
use crate::layer::{Content, Entry, Layer, PROCESS};
use crate::secret::Secret;
use crate::source::Span;

/// One environment, resolved. Its `Debug` tells neither keys nor values.
pub struct Environment<'a> {
    /// Its name.
    pub name: Arc<str>,
    /// Whether findings about secrets and placeholders are errors here.
    pub protected: bool,
    /// Lowest first.
    pub layers: Vec<&'a Layer>,
    /// One for each key, sorted by key.
    pub settings: Vec<Setting<'a>>,
    /// References that led nowhere, in file order.
    pub loose: Vec<Loose<'a>>,
    /// Lines that cannot be read and would set a key, which nothing above them sets anew; sorted by key.
    pub broken: Vec<Broken<'a>>,
    /// For each layer the entries of a key; built when first asked for.
    index: OnceLock<Vec<HashMap<&'a str, Vec<usize>>>>,
}

/// The value of a key and the entry that set it. Its `Debug` tells where, not what.
pub struct Setting<'a> {
    /// The key.
    pub key: &'a str,
    /// Index into [`Environment::layers`].
    pub layer: usize,
    /// Index into [`Layer::entries`].
    pub entry: usize,
    /// What it resolves to.
    pub value: Resolved<'a>,
}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut environment = formatter.debug_struct("Environment");
        environment.field("name", &self.name).field("protected", &self.protected).field("layers", &self.layers);
        environment.field("settings", &self.settings.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Setting<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut setting = formatter.debug_struct("Setting");
        setting.field("layer", &self.layer).field("entry", &self.entry).field("value", &self.value);
        setting.finish_non_exhaustive()
    }
}

impl fmt::Debug for Resolved<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text(_) => "Text",
            Self::Expanded(_) => "Expanded",
            Self::Secret(_) => "Secret",
            Self::Unknown => "Unknown",
            Self::Unset => "Unset",
        })
    }
}

impl fmt::Debug for Loose<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Loose").field("span", &self.span).finish_non_exhaustive()
    }
}

impl Setting<'_> {
    /// Whether the environment has this key at all, be it with an empty or an unknown value.
    #[must_use]
    pub fn is_set(&self) -> bool {
        !matches!(self.value, Resolved::Unset)
    }
}

/// A value after interpolation. Its `Debug` tells which kind, never the text.
pub enum Resolved<'a> {
    /// As its layer holds it.
    Text(&'a str),
    /// After interpolation, without a secret in it.
    Expanded(String),
    /// From a sealed layer, or put together with a value from one.
    Secret(Secret),
    /// Sealed, and nobody here can open it; set on a line that cannot be read; or put together with such a value.
    Unknown,
    /// A key without `=` that the process environment does not have: nothing is set.
    Unset,
}

impl Resolved<'_> {
    /// The text, secret or not; `None` when there is none or it cannot be known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Expanded(text) => Some(text),
            Self::Secret(secret) => Some(secret.expose()),
            Self::Unknown | Self::Unset => None,
        }
    }
}

/// A reference without a value. Its `Debug` tells where, not what.
pub struct Loose<'a> {
    /// The key whose value holds it.
    pub key: &'a str,
    /// Index into [`Environment::layers`].
    pub layer: usize,
    /// Index into [`Layer::entries`].
    pub entry: usize,
    /// The name referred to, or what is wrong with the reference.
    pub fault: LooseFault,
    /// Where the reference stands.
    pub span: Span,
}

/// What is wrong with a reference. The name may be part of a secret that holds a `$`, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum LooseFault {
    /// Nothing above it sets this name, and it has no default.
    Undefined(String),
    /// `${NAME:?message}`, and nothing sets the name.
    Required(String),
    /// Nothing here sets this name; whoever starts a reader has it, and so a reader finds a value.
    Outside(String),
    /// The name has a value, in which a reference led nowhere: what was meant is not known here either.
    Above,
    /// Not a reference that docker compose knows, or a limit was reached.
    Broken {
        /// What is wrong.
        message: &'static str,
        /// What to do.
        help: &'static str,
        /// Whether docker compose refuses it, too: it has not the limits that end reading here.
        refused: bool,
    },
}

/// The entry that is being expanded.
#[derive(Clone, Copy)]
struct LooseAt<'a> {
    key: &'a str,
    layer: usize,
    entry: usize,
}

/// The value of a name from outside the files.
pub type Process<'p> = &'p std::collections::HashMap<String, String>;

/// A value while files are read from top to bottom.
#[derive(Clone)]
enum Current<'a> {
    Known { text: Cow<'a, str>, sealed: bool, loose: bool },
    Unknown,
}

impl<'a> Current<'a> {
    fn plain(text: Cow<'a, str>, sealed: bool) -> Self {
        Self::Known { text, sealed, loose: false }
    }
}

impl<'a> Environment<'a> {
    /// Merges `layers`, lowest first. `process` answers for keys without `=`, and for references before the files do.
    #[must_use]
    pub fn new(name: Arc<str>, protected: bool, layers: Vec<&'a Layer>, process: Process<'_>) -> Self {
        Self::beside(name, protected, layers, process, &Dotenvs::new())
    }

    /// The same, where docker compose has a `.env` to look names up in: for the layers in `dotenvs` it answers next to
    /// `process`.
    #[must_use]
    pub fn beside(
        name: Arc<str>,
        protected: bool,
        layers: Vec<&'a Layer>,
        process: Process<'_>,
        dotenvs: &Dotenvs,
    ) -> Self {
        let outside = Outside { process, dotenvs };
        let mut loose = Vec::new();
        let interpolates = layers.iter().any(|layer| layer.entries.iter().any(|entry| entry.interpolates));
        let mut expanded = if interpolates { expand(&layers, outside, &mut loose) } else { HashMap::new() };
        let (settings, broken) = (Vec::new(), Vec::new());
        let mut merged = Self { name, protected, layers, settings, loose, broken, index: OnceLock::new() };
        let places = merge(&merged.layers);
        let mut settings = Vec::with_capacity(places.len());
        for (key, layer, entry) in places {
            let (layer, entry) = merged.assigned(key, (layer, entry), outside);
            let value = resolve(merged.layers[layer], entry, outside, expanded.remove(&(layer, entry)));
            settings.push(Setting { key, layer, entry, value });
        }
        merged.settings = settings;
        merged.break_up();
        merged
    }

    /// The entry that really sets `key`: one without `=` counts only if there is a value for it outside of the layers.
    fn assigned(&self, key: &str, winner: (usize, usize), outside: Outside<'_>) -> (usize, usize) {
        let inherits = |(layer, entry): (usize, usize)| {
            let layer = self.layers[layer];
            matches!(layer.entries[entry].content, Content::Inherited) && outside.get(layer, key).is_none()
        };
        if !inherits(winner) {
            return winner;
        }
        let mut below =
            self.entries_of(key).flat_map(|(layer, entries)| entries.iter().rev().map(move |entry| (layer, *entry)));
        below.find(|place| !inherits(*place)).unwrap_or(winner)
    }

    /// The setting of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting<'a>> {
        let index = self.settings.binary_search_by(|setting| setting.key.cmp(key)).ok()?;
        self.settings.get(index)
    }

    /// The entry that set a value.
    #[must_use]
    pub fn entry(&self, setting: &Setting<'a>) -> &'a Entry {
        &self.layers[setting.layer].entries[setting.entry]
    }

    /// Where the value stands; the key when there is no value.
    #[must_use]
    pub fn place(&self, setting: &Setting<'a>) -> Span {
        let layer = self.layers[setting.layer];
        // The process environment has no place that an editor could open; the file that it overrules has one.
        let overruled = if layer.name == PROCESS { self.shadowed(setting) } else { Vec::new() };
        let file = overruled.into_iter().find(|(below, _)| self.layers[*below].name != PROCESS);
        match file {
            Some((below, entry)) => place(self.layers[below], &self.layers[below].entries[entry]),
            None => place(layer, self.entry(setting)),
        }
    }

    /// The entries that this setting hides, nearest first: `(layer, entry)`.
    #[must_use]
    pub fn shadowed(&self, setting: &Setting<'a>) -> Vec<(usize, usize)> {
        if let [only] = self.layers.as_slice()
            && only.entries.len() == self.settings.len()
        {
            // Each key stands there once.
            return Vec::new();
        }
        let mut below = Vec::new();
        for (layer, entries) in self.entries_of(setting.key) {
            below.extend(entries.iter().rev().map(|entry| (layer, *entry)));
        }
        below.retain(|place| *place != (setting.layer, setting.entry));
        below
    }

    /// The entries of a key in each layer, highest layer first.
    pub fn entries_of(&self, key: &str) -> impl Iterator<Item = (usize, &[usize])> {
        let index = self.index.get_or_init(|| self.layers.iter().map(|layer| index(layer)).collect());
        let layers = index.iter().enumerate().rev();
        layers.filter_map(move |(layer, entries)| Some((layer, entries.get(key)?.as_slice())))
    }
}

/// The place of an entry's value, or of its key where it has none.
#[must_use]
pub fn place(layer: &Layer, entry: &Entry) -> Span {
    layer.span(if entry.value.is_empty() || layer.sealed { &entry.key } else { &entry.value })
}

fn index(layer: &Layer) -> HashMap<&str, Vec<usize>> {
    let mut index: HashMap<_, Vec<_>> = HashMap::with_capacity(layer.entries.len());
    for (number, entry) in layer.entries.iter().enumerate() {
        index.entry(layer.key(entry)).or_default().push(number);
    }
    index
}

/// The winning entry of each key, sorted by key: `(key, layer, entry)`.
fn merge<'a>(layers: &[&'a Layer]) -> Vec<(&'a str, usize, usize)> {
    match layers {
        [only] => last_of_each_key(only),
        several => merged_by_figment(several),
    }
}

/// One layer alone: there is nothing to merge, and a file of a hundred thousand keys need not be copied for it.
fn last_of_each_key(layer: &Layer) -> Vec<(&str, usize, usize)> {
    let numbered = layer.entries.iter().enumerate();
    let mut winners: Vec<_> = numbered.map(|(index, entry)| (layer.key(entry), 0, index)).collect();
    // Stable, so that of equal keys the last one stands last; and quick for files that are sorted already.
    winners.sort_by_key(|(key, ..)| *key);
    winners.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            *earlier = *later;
        }
        same
    });
    winners
}

/// figment merges; its tag on a merged value names the layer that won, the value is the index of the entry.
fn merged_by_figment<'a>(layers: &[&'a Layer]) -> Vec<(&'a str, usize, usize)> {
    let figment = layers.iter().fold(Figment::new(), |figment, layer| figment.merge(*layer));
    let dict = figment.find_value("").ok().and_then(Value::into_dict).unwrap_or_default();
    let mut known: Vec<(Tag, usize)> = Vec::with_capacity(layers.len());
    let winner = |value: Value| {
        let tag = value.tag();
        let layer = match known.iter().find(|(known, _)| *known == tag) {
            Some((_, layer)) => *layer,
            None => {
                let source = figment.get_metadata(tag)?.source.as_ref();
                let layer = layers.iter().position(|layer| source == Some(&layer.as_source()))?;
                known.push((tag, layer));
                layer
            }
        };
        let entry = usize::try_from(value.to_u128()?).ok()?;
        Some((layers[layer].key(layers[layer].entries.get(entry)?), layer, entry))
    };
    dict.into_values().filter_map(winner).collect()
}

fn resolve<'a>(layer: &'a Layer, entry: usize, outside: Outside<'_>, expanded: Option<Current<'a>>) -> Resolved<'a> {
    let entry = &layer.entries[entry];
    match (expanded, &entry.content) {
        (Some(Current::Unknown), _) | (None, Content::Sealed) => Resolved::Unknown,
        (Some(Current::Known { text, sealed: true, .. }), _) => Resolved::Secret(Secret::new(text.into_owned())),
        (Some(Current::Known { text: Cow::Borrowed(text), .. }), _) => Resolved::Text(text),
        (Some(Current::Known { text: Cow::Owned(text), .. }), _) => Resolved::Expanded(text),
        (None, Content::Inherited) => match outside.get(layer, layer.key(entry)) {
            Some(Found { text, is_secret: true, .. }) => Resolved::Secret(Secret::new(text.to_owned())),
            Some(Found { text, .. }) => Resolved::Expanded(text.to_owned()),
            None => Resolved::Unset,
        },
        (None, Content::Opened(secret)) => Resolved::Secret(Secret::new(secret.expose().to_owned())),
        (None, _) => Resolved::Text(layer.content(entry).unwrap_or_default()),
    }
}

/// Reads all layers from top to bottom as docker compose does, and keeps the values of the entries that refer to others.
///
/// A reference sees what is outside of the layers first, then what stands above it in its own and in lower layers.
fn expand<'a>(
    layers: &[&'a Layer],
    outside: Outside<'_>,
    loose: &mut Vec<Loose<'a>>,
) -> HashMap<(usize, usize), Current<'a>> {
    let mut current: HashMap<&str, Current<'a>> = HashMap::new();
    let mut expanded = HashMap::new();
    let mut budget = Budget::default();
    for (number, layer) in layers.iter().enumerate() {
        let mut broken = Broken::of(number, layer).peekable();
        for (index, entry) in layer.entries.iter().enumerate() {
            while let Some(above) = broken.next_if(|broken| broken.at < entry.key.start) {
                current.insert(above.key, Current::Unknown);
            }
            let key = layer.key(entry);
            let value = match (&entry.content, layer.content(entry)) {
                (Content::Inherited, _) => match outside.get(layer, key) {
                    Some(found) => Current::plain(Cow::Owned(found.text.to_owned()), found.is_secret),
                    None => continue,
                },
                (_, None) => Current::Unknown,
                (_, Some(text)) if !entry.interpolates => Current::plain(Cow::Borrowed(text), layer.sealed),
                (_, Some(template)) => {
                    let at = LooseAt { key, layer: number, entry: index };
                    expand_one(layer, entry, template, &current, outside, &mut budget, (loose, at))
                }
            };
            if entry.interpolates {
                expanded.insert((number, index), value.clone());
            }
            current.insert(key, value);
        }
        current.extend(broken.map(|below| (below.key, Current::Unknown)));
    }
    expanded
}

/// Expands one value. A value made with a secret is a secret, one made with an unknown value is unknown.
fn expand_one<'a>(
    layer: &'a Layer,
    entry: &'a Entry,
    template: &str,
    current: &HashMap<&str, Current<'a>>,
    outside: Outside<'_>,
    budget: &mut Budget,
    (loose, at): (&mut Vec<Loose<'a>>, LooseAt<'a>),
) -> Current<'a> {
    let mut sealed = layer.sealed;
    let (mut unknown, mut is_above, mut is_loose) = (false, false, false);
    let mut early = Vec::new();
    let mut lookup = |name: &str| {
        if let Some(found) = outside.get(layer, name) {
            sealed |= found.is_secret;
            // docker compose had it before it had all that it is made of.
            if found.is_wrong && !current.contains_key(name) {
                early.push(name.to_owned());
            } else {
                is_above |= found.is_loose;
            }
            return Some(Cow::Borrowed(found.text));
        }
        match current.get(name)? {
            Current::Known { text, sealed: secret, loose } => {
                sealed |= *secret;
                is_above |= *loose;
                Some(Cow::Borrowed(&**text))
            }
            Current::Unknown => {
                unknown = true;
                Some(Cow::Borrowed(""))
            }
        }
    };
    let expansion = interpolation::expand(template, &mut lookup, budget);
    let mut report = |fault, range| {
        let span = place_within(layer, entry, template, range);
        loose.push(Loose { key: at.key, layer: at.layer, entry: at.entry, fault, span });
    };
    match expansion {
        Ok(expansion) => {
            for resolved in expansion.resolved {
                let reference = resolved.reference;
                let is_early = reference.operator.is_none() && early.iter().any(|name| name == reference.name);
                is_loose |= is_early || matches!(resolved.outcome, Outcome::Undefined | Outcome::Missing);
                match resolved.outcome {
                    Outcome::Value if is_early => {
                        report(LooseFault::Undefined(reference.name.to_owned()), reference.range);
                    }
                    Outcome::Undefined | Outcome::Missing if is_brought_along(reference.name) => {
                        report(LooseFault::Outside(reference.name.to_owned()), reference.range);
                    }
                    Outcome::Undefined => report(LooseFault::Undefined(reference.name.to_owned()), reference.range),
                    Outcome::Missing => report(LooseFault::Required(reference.name.to_owned()), reference.range),
                    Outcome::Value | Outcome::Default | Outcome::Absent => {}
                }
            }
            if is_above && !is_loose {
                report(LooseFault::Above, 0..template.len());
            }
            let loose = is_above || is_loose;
            if unknown { Current::Unknown } else { Current::Known { text: Cow::Owned(expansion.text), sealed, loose } }
        }
        Err(fault) => {
            let refused = fault.kind == FaultKind::Malformed;
            report(LooseFault::Broken { message: fault.message(), help: fault.help(), refused }, fault.range);
            Current::Unknown
        }
    }
}

/// How long a template may be in which references are looked for, in bytes.
const SHORT: usize = 4 << 10;

/// Where a part of a template stands in the file.
fn place_within(layer: &Layer, entry: &Entry, template: &str, range: std::ops::Range<usize>) -> Span {
    let within = |start: u32, at: usize| {
        let offset = |at: usize| start + u32::try_from(at).unwrap_or_default();
        layer.span(&(offset(at)..offset(at + range.len())))
    };
    match &entry.content {
        // The template's bytes stand in the file one for one.
        Content::Slice(slice) => within(slice.start, range.start),
        // Escapes were taken out of it, which leave a reference as it is: it stands there as often as in the template.
        Content::Decoded(_) if template.len() <= SHORT => {
            let (written, part) = (layer.slice(&entry.value), template.get(range.clone()).unwrap_or_default());
            let nth = template.get(..range.start).map_or(0, |before| before.matches(part).count());
            let is_as_often = written.matches(part).count() == template.matches(part).count();
            let found = written.match_indices(part).nth(nth).filter(|_| is_as_often && !part.is_empty());
            found.map_or_else(|| place(layer, entry), |(at, _)| within(entry.value.start, at))
        }
        _ => place(layer, entry),
    }
}
