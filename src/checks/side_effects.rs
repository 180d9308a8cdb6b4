//! What a replacement changes besides the value that it mends: values that refer to that one follow it, in its file and in higher
//! layers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::edits::edited;
use super::listed;
use crate::environment::{Environment, Loose, Resolved};
use crate::finding::{Finding, Fix, told_name};
use crate::interpolation::references;
use crate::layer::Layer;
use crate::project::Project;

/// How many bytes may be read in one run to see what replacements change. One that would need more is left to a person.
const MOST_READ: usize = 8 << 20;

/// Sees to it that no replacement which is called safe changes a value with which nothing is wrong.
///
/// One of a comparison says what follows from it, and is made only for whoever wants that. One that breaks something else is a
/// person's, and so is one of another run. Values that nobody here can open are not known, and not counted.
pub(super) fn limit(project: &Project, findings: &mut [Finding]) {
    let offers = findings.iter().enumerate().filter_map(|(at, finding)| Offer::of(project, at, finding));
    let offers: Vec<_> = offers.collect();
    if offers.is_empty() {
        return;
    }
    let effects = Trial { project, referred: referred(project), left: MOST_READ }.effects(&offers);
    let mut effects: BTreeMap<_, _> = effects.into_iter().map(|(offer, effect)| (offer.finding, effect)).collect();
    // What a comparison offers is made whether or not other readers see the file as docker compose does.
    for offer in offers.iter().filter(|offer| findings[offer.finding].difference.is_some()) {
        let followers = followers(project, offer.key);
        if !followers.is_empty() {
            effects.entry(offer.finding).or_insert(Effect::Changes(followers));
        }
    }
    for (at, effect) in effects {
        effect.tell(&mut findings[at]);
    }
}

/// The names that values refer to.
fn referred(project: &Project) -> BTreeSet<&str> {
    let entries = project.layers.iter().flat_map(|layer| layer.entries.iter().map(move |entry| (layer, entry)));
    let templates = entries.filter(|(_, entry)| entry.interpolates).filter_map(|(layer, entry)| layer.content(entry));
    templates.flat_map(references).map(|reference| reference.name).collect()
}

/// The keys whose values name `key` where somebody else than docker compose may follow that: make does so with `$(A)` and in
/// lines above, python-dotenv within single quotes.
fn followers(project: &Project, key: &str) -> BTreeSet<String> {
    let others = |layer: usize| project.readers.get(layer).into_iter().flatten().any(|reader| reader != "compose");
    let layers = project.layers.iter().enumerate().filter(|(layer, _)| others(*layer)).map(|(_, layer)| layer);
    let entries = layers.flat_map(|layer| layer.entries.iter().map(move |entry| (layer, entry)));
    let naming = entries.filter(|(layer, entry)| layer.key(entry) != key && names(layer.slice(&entry.value), key));
    naming.map(|(layer, entry)| layer.key(entry).to_owned()).collect()
}

/// Whether a text as it is written names a variable behind a dollar sign: `$A`, `${A…}`, `$(A)`.
fn names(text: &str, key: &str) -> bool {
    !key.is_empty()
        && memchr::memchr_iter(b'$', text.as_bytes()).any(|at| {
            let name = &text[at + 1..];
            let name = name.strip_prefix(['{', '(']).unwrap_or(name);
            let is_part = |next: char| next.is_ascii_alphanumeric() || next == '_';
            name.strip_prefix(key).is_some_and(|rest| !rest.starts_with(is_part))
        })
}

/// A replacement in a layer.
struct Offer<'f> {
    /// Which finding offers it.
    finding: usize,
    /// The number of the layer.
    layer: usize,
    /// The key whose value it is about; empty where it is about none.
    key: &'f str,
    fix: &'f Fix,
}

impl<'f> Offer<'f> {
    fn of(project: &Project, finding: usize, offering: &'f Finding) -> Option<Self> {
        let fix = offering.fix.as_ref().filter(|fix| fix.safe || offering.difference.is_some())?;
        let layer = project.layers.iter().position(|layer| layer.source == fix.span.source && !layer.sealed)?;
        Some(Self { finding, layer, key: offering.key.as_deref().unwrap_or_default(), fix })
    }
}

/// What replacements do besides what they are for.
#[derive(PartialEq, Eq)]
enum Effect {
    Nothing,
    /// The values of these keys change.
    Changes(BTreeSet<String>),
    /// A reference of these keys leads nowhere then.
    Breaks(BTreeSet<String>),
    /// A line of the file is not read any more.
    Tears,
    /// Nobody looked, because the files are too long.
    Unknown,
}

impl Effect {
    /// Lets a finding say what follows from its replacement, or takes that back.
    fn tell(self, finding: &mut Finding) {
        if let (Self::Changes(keys), Some(fix), true) = (&self, &mut finding.fix, finding.difference.is_some()) {
            fix.safe = false;
            fix.title = format!("{}, which changes {}, too", fix.title, named(keys));
            fix.changes = keys.iter().map(|key| told_name(key)).collect();
            return;
        }
        let why = match self {
            Self::Nothing => return,
            Self::Changes(keys) => format!("{} would change, too", named(&keys)),
            Self::Breaks(keys) => format!("a reference in {} would lead nowhere", named(&keys)),
            Self::Tears => "another line could not be read then".to_owned(),
            Self::Unknown => "the files are too long to see what else would change".to_owned(),
        };
        let title = finding.fix.take().map(|fix| fix.title).unwrap_or_default();
        let help = finding.help.take().unwrap_or(title);
        finding.help = Some(format!("{help}; by hand, because {why}"));
    }
}

/// `A, B, C and 4 more`
fn named(keys: &BTreeSet<String>) -> String {
    const MOST: usize = 3;
    let mut names: Vec<_> = keys.iter().map(|key| told_name(key)).collect();
    if names.len() > MOST + 1 {
        let more = names.split_off(MOST).len();
        names.push(format!("{more} more"));
    }
    listed(&names, "and")
}

/// Edits layers, and compares what comes of it.
struct Trial<'p> {
    project: &'p Project,
    /// The names that values refer to.
    referred: BTreeSet<&'p str>,
    /// How many bytes may still be read.
    left: usize,
}

impl Trial<'_> {
    /// The replacements that do something besides, alone or beside others.
    fn effects<'o, 'f>(&mut self, offers: &'o [Offer<'f>]) -> Vec<(&'o Offer<'f>, Effect)> {
        let is_referred = |offer: &&Offer<'_>| self.referred.contains(offer.key);
        let (mut suspects, mut kept): (Vec<_>, Vec<_>) = offers.iter().partition(is_referred);
        if self.effect(&kept) != Effect::Nothing {
            suspects = offers.iter().collect();
            kept.clear();
        }
        let (mut harmless, mut found) = (Vec::new(), Vec::new());
        for offer in suspects {
            match self.effect(&[offer]) {
                Effect::Nothing => harmless.push(offer),
                effect => found.push((offer, effect)),
            }
        }
        if self.effect(&[kept.as_slice(), &harmless].concat()) == Effect::Nothing {
            return found;
        }
        // What does nothing alone may do something beside another: the first of them stay.
        for offer in harmless {
            kept.push(offer);
            match self.effect(&kept) {
                Effect::Nothing => {}
                effect => {
                    kept.pop();
                    found.push((offer, effect));
                }
            }
        }
        found
    }

    fn effect(&mut self, offers: &[&Offer<'_>]) -> Effect {
        let Some(edited) = self.edited(offers) else { return Effect::Unknown };
        let was = |layer: usize| &self.project.layers[layer];
        if edited.iter().any(|(layer, now)| now.faults.len() > was(*layer).faults.len()) {
            return Effect::Tears;
        }
        let is_wanted = |key: &str| offers.iter().any(|offer| offer.key == key);
        let rewritten: BTreeSet<_> = edited.iter().flat_map(|(layer, now)| rewritten(was(*layer), now)).collect();
        // A value is made of its own lines and of what it refers to.
        if rewritten.iter().all(|key| is_wanted(key) && !self.referred.contains(*key)) {
            return Effect::Nothing;
        }
        let environments = self.project.before_and_after(&edited);
        let layers = environments.iter().flatten().flat_map(|environment| &environment.layers);
        let Some(left) = self.left.checked_sub(layers.map(|layer| layer.text.len()).sum()) else {
            return Effect::Unknown;
        };
        self.left = left;
        let (mut changes, mut breaks) = (BTreeSet::new(), BTreeSet::new());
        for both in &environments {
            changes.extend(changed(both, &rewritten));
            let [before, after] = both;
            let is_new = |loose: &&Loose<'_>| {
                !before.loose.iter().any(|known| (known.key, &known.fault) == (loose.key, &loose.fault))
            };
            breaks.extend(after.loose.iter().filter(is_new).map(|loose| loose.key.to_owned()));
        }
        for keys in [&mut changes, &mut breaks] {
            keys.retain(|key| !is_wanted(key));
        }
        match (breaks.is_empty(), changes.is_empty()) {
            (false, _) => Effect::Breaks(breaks),
            (true, false) => Effect::Changes(changes),
            (true, true) => Effect::Nothing,
        }
    }

    /// The layers with replacements made, by their numbers; nothing where that is too much to read.
    fn edited(&mut self, offers: &[&Offer<'_>]) -> Option<BTreeMap<usize, Layer>> {
        let mut fixes: BTreeMap<usize, Vec<&Fix>> = BTreeMap::new();
        for offer in offers {
            fixes.entry(offer.layer).or_default().push(offer.fix);
        }
        let mut layers = BTreeMap::new();
        for (layer, mut fixes) in fixes {
            let text = &self.project.layers[layer].text;
            self.left = self.left.checked_sub(text.len())?;
            fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
            let text = edited(text, fixes.iter().map(|fix| (fix.span.range(), fix.replacement.as_str())));
            layers.insert(layer, self.project.edited(layer, text)?);
        }
        Some(layers)
    }
}

/// The keys of which two versions of a file say different things.
fn rewritten<'l>(before: &'l Layer, after: &'l Layer) -> BTreeSet<&'l str> {
    let [mut before, after] = [before, after].map(lines);
    let mut keys = BTreeSet::new();
    for (key, lines) in after {
        if before.remove(key).is_none_or(|before| before != lines) {
            keys.insert(key);
        }
    }
    keys.extend(before.into_keys());
    keys
}

/// What the lines of each key say: the text, and whether it refers to others.
fn lines(layer: &Layer) -> HashMap<&str, Vec<(Option<&str>, bool)>> {
    let mut lines: HashMap<_, Vec<_>> = HashMap::with_capacity(layer.entries.len());
    for entry in &layer.entries {
        lines.entry(layer.key(entry)).or_default().push((layer.content(entry), entry.interpolates));
    }
    lines
}

/// The keys that have another value, and those of which nobody here can say so: they are not known, and refer to one that has.
fn changed<'e>([before, after]: &[Environment<'e>; 2], rewritten: &BTreeSet<&str>) -> BTreeSet<String> {
    let settings = before.settings.iter().chain(&after.settings);
    let keys: BTreeSet<&'e str> = settings.map(|setting| setting.key).collect();
    let differs = |key: &&&str| !agree(before, after, key);
    let mut changed: BTreeSet<_> = keys.iter().filter(differs).map(|key| (*key).to_owned()).collect();
    loop {
        let follows = |key: &&&str| {
            let setting = after.get(key).filter(|setting| matches!(setting.value, Resolved::Unknown));
            let text = setting.and_then(|setting| after.layers[setting.layer].content(after.entry(setting)));
            let refers = |name: &str| changed.contains(name) || rewritten.contains(name);
            text.is_some_and(|text| references(text).iter().any(|reference| refers(reference.name)))
        };
        let more: Vec<_> = keys.iter().filter(|key| !changed.contains(**key)).filter(follows).collect();
        if more.is_empty() {
            return changed;
        }
        changed.extend(more.into_iter().map(|key| (*key).to_owned()));
    }
}

/// Whether two environments set a key to the same, or neither does.
fn agree<'e>(one: &Environment<'e>, other: &Environment<'e>, key: &str) -> bool {
    let [one, other] = [one, other].map(|it| it.get(key).filter(|setting| setting.is_set()));
    match (one, other) {
        (Some(one), Some(other)) => one.value.text() == other.value.text(),
        (one, other) => one.is_none() && other.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::super::no_final_newline::RULE;
    use super::{limit, names};
    use crate::finding::Finding;
    use crate::project::files::Files;
    use crate::project::{Options, Project};
    use crate::source::Span;

    /// What is left of the replacements of whole lines in `prod.env`: a key, its line, and what takes its place.
    fn left(base: &str, prod: &str, fixes: &[(&str, &str, &str)], safe: bool) -> Vec<String> {
        left_of(&[("base", base), ("prod", prod)], fixes, safe)
    }

    /// The same for any files, a person's own among them.
    fn left_of(files: &[(&str, &str)], fixes: &[(&str, &str, &str)], safe: bool) -> Vec<String> {
        let files = files.iter().map(|(name, text)| (format!("environments/{name}.env"), text.as_bytes().to_vec()));
        let files = Files::staged(Path::new("."), "", files.collect::<BTreeMap<_, _>>());
        let project = Project::read(&files, &Options { personal: true, ..Options::default() }).unwrap();
        let layer = project.layers.iter().find(|layer| layer.name == "prod").unwrap();
        let offered = fixes.iter().map(|(key, line, replacement)| {
            let start = u32::try_from(layer.text.find(line).unwrap()).unwrap();
            let span = Span::new(layer.source, start..start + u32::try_from(line.len()).unwrap());
            Finding::new(&RULE, "").key(key).help("mend").fix(span, *replacement, "mend").safe(safe)
        });
        let mut findings: Vec<_> = offered.collect();
        limit(&project, &mut findings);
        let told = |finding: Finding| if finding.fix.is_some() { "made".to_owned() } else { finding.help.unwrap() };
        findings.into_iter().map(told).collect()
    }

    #[test]
    fn what_names_a_variable() {
        for (text, expected) in [
            ("$A", true),
            ("x${A:-y}", true),
            ("'$(A)'", true),
            ("$$A", true),
            ("$AB ${AB} $(AB) A", false),
            ("$", false),
            ("\u{fc}$\u{fc}${A", true),
        ] {
            assert_eq!(names(text, "A"), expected, "{text}");
        }
        assert!(!names("$", ""));
    }

    #[test]
    fn what_a_replacement_changes_besides() {
        const FOLLOWS: &str = "mend; by hand, because B would change, too";
        const BREAKS: &str = "mend; by hand, because a reference in B would lead nowhere";
        for (base, prod, fixes, expected) in [
            // Nobody refers to it, or not to this value of it.
            ("", "A=1\nB=2\n", vec![("A", "A=1\n", "")], vec!["made"]),
            ("B=${A:-2}\n", "A=1\n", vec![("A", "A=1\n", "")], vec!["made"]),
            ("", "A=1\nB='${A}'\n", vec![("A", "A=1\n", "")], vec!["made"]),
            ("", "A=1\nB=${A:-1}\n", vec![("A", "A=1\n", "")], vec!["made"]),
            ("", "A=1\nB=${A}\nB=2\n", vec![("A", "A=1", "A=2")], vec!["made"]),
            // In its file, through another value, in another line of the same key.
            ("", "A=1\nB=${A:-2}\n", vec![("A", "A=1\n", "")], vec![FOLLOWS]),
            ("A=0\n", "A=1\nB=$A\n", vec![("A", "A=1\n", "")], vec![FOLLOWS]),
            ("", "B=${A:-2}\n", vec![("A", "", "A=1\n")], vec![FOLLOWS]),
            (
                "",
                "A=1\nB=${A:-2}\nC=x$B\n",
                vec![("A", "A=1\n", "")],
                vec!["mend; by hand, because B and C would change, too"],
            ),
            // A reference that leads nowhere then.
            ("", "A=1\nB=$A\n", vec![("A", "A=1\n", "")], vec![BREAKS]),
            ("", "A=\nB=$A\n", vec![("A", "A=\n", "")], vec![BREAKS]),
            // More than its own key, and what cannot be read.
            ("", "A=1\nB=2\n", vec![("A", "A=1\nB=2\n", "")], vec![FOLLOWS]),
            (
                "",
                "A=1\nB=2\n",
                vec![("A", "A=1\n", "A='1\n")],
                vec!["mend; by hand, because another line could not be read then"],
            ),
            // Alone neither does anything, together they do: the first stays.
            (
                "",
                "A=1\nC=1\nB=${A:-${C:-1}}\n",
                vec![("A", "A=1\n", ""), ("C", "C=1\n", "C=2\n")],
                vec!["made", FOLLOWS],
            ),
        ] {
            assert_eq!(left(base, prod, &fixes, true), expected, "{base:?} {prod:?}");
        }
        assert_eq!(left("", "A=1\nB=$A\n", &[("A", "A=1\n", "")], false), ["made"], "one that nobody calls safe");
        // Who has no file of their own has another value then, and so has every gate.
        let own = [("prod", "A=1\nB=${A:-2}\n"), ("prod.local", "B=3\n")];
        assert_eq!(left_of(&own, &[("A", "A=1\n", "")], true), [FOLLOWS]);
        let own = [("prod", "A=1\n"), ("prod.local", "B=${A:-2}\n")];
        assert_eq!(left_of(&own, &[("A", "A=1\n", "")], true), [FOLLOWS]);
        let own = [("prod", "A=1\n"), ("prod.local", "B=3\n")];
        assert_eq!(left_of(&own, &[("A", "A=1\n", "")], true), ["made"]);
    }
}
