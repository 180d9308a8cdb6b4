//! How the values of an environment refer to each other: circles, and secrets that wander into other values.

use std::collections::{HashMap, HashSet};

use super::{Environment, LooseFault, Resolved};
use crate::interpolation::references;
use crate::layer::{Entry, Layer};
use crate::secret::Secret;

impl<'a> Environment<'a> {
    /// The loose references that lie on a circle: index into [`Environment::loose`], and the names on the circle.
    #[must_use]
    pub fn circles(&self) -> Vec<(usize, Vec<&str>)> {
        let undefined = self.loose.iter().enumerate().filter_map(|(index, loose)| match &loose.fault {
            LooseFault::Undefined(name) | LooseFault::Required(name) => Some((index, loose.key, name.as_str())),
            LooseFault::Outside(_) | LooseFault::Above | LooseFault::Broken { .. } => None,
        });
        let undefined: Vec<_> = undefined.collect();
        if undefined.is_empty() {
            return Vec::new();
        }
        let mut graph: HashMap<&str, Vec<&str>> = HashMap::new();
        for (layer, entry, text) in self.templates() {
            graph.entry(layer.key(entry)).or_default().extend(names_in(text));
        }
        let mut steps = MOST_STEPS;
        let circle = |(index, key, name)| Some((index, way_back(key, name, &graph, &mut steps)?));
        undefined.into_iter().filter_map(circle).collect()
    }

    /// Makes secrets of the values that refer to a secret which stands in plain sight, so that no output shows it
    /// under another name. `hides` says whether a key with a text is one.
    pub fn hide_references(&mut self, hides: impl Fn(&str, &str) -> bool) {
        let names = self.templates().flat_map(|(_, _, text)| names_in(text));
        let names: HashSet<&str> = names.collect();
        if names.is_empty() {
            return;
        }
        // A reference sees only what stands above it, so one way from top to bottom meets every secret first.
        let mut hidden: HashSet<&str> = names.iter().copied().filter(|name| hides(name, "")).collect();
        for layer in &self.layers {
            for entry in &layer.entries {
                let (key, Some(text)) = (layer.key(entry), layer.content(entry)) else { continue };
                let refers = || entry.interpolates && names_in(text).any(|name| hidden.contains(name));
                if (names.contains(key) && hides(key, text)) || refers() {
                    hidden.insert(key);
                }
            }
        }
        for setting in self.settings.iter_mut().filter(|setting| hidden.contains(setting.key)) {
            if let Resolved::Expanded(text) = &mut setting.value {
                setting.value = Resolved::Secret(Secret::new(std::mem::take(text)));
            }
        }
    }

    /// The entries that refer to others.
    fn templates(&self) -> impl Iterator<Item = (&'a Layer, &'a Entry, &'a str)> + use<'a, '_> {
        let entries = self.layers.iter().flat_map(|layer| layer.entries.iter().map(move |entry| (*layer, entry)));
        let entries = entries.filter(|(_, entry)| entry.interpolates);
        entries.filter_map(|(layer, entry)| Some((layer, entry, layer.content(entry)?)))
    }
}

/// Whether everybody who starts a program has a variable of this name.
#[must_use]
pub fn is_brought_along(name: &str) -> bool {
    matches!(name, "HOME" | "LOGNAME" | "PATH" | "PWD" | "SHELL" | "USER")
}

/// Whether `text` is one reference and nothing else, `${NAME}`: then it holds nothing that could be a secret itself.
#[must_use]
pub fn is_one_reference(text: &str) -> bool {
    let found = references(text);
    let whole = matches!(found.as_slice(), [only] if only.operator.is_none() && only.range == (0..text.len()));
    whole && text.starts_with("${")
}

fn names_in(text: &str) -> impl Iterator<Item = &str> {
    references(text).into_iter().map(|reference| reference.name)
}

/// How many references are followed in one environment to find circles: a file may hold a chain of ten thousand, each link of
/// which would be followed to its end.
const MOST_STEPS: usize = 1_000_000;

/// From a name that has no value yet, along the references, back to the key that asked for it; `steps` are left for it.
fn way_back<'n>(
    key: &'n str,
    name: &'n str,
    references: &HashMap<&'n str, Vec<&'n str>>,
    steps: &mut usize,
) -> Option<Vec<&'n str>> {
    let onward = |name| references.get(name).into_iter().flatten().copied();
    let mut path = vec![(name, onward(name))];
    let mut seen = HashSet::from([name]);
    while let Some((last, next)) = path.last_mut() {
        if *last == key {
            return Some(std::iter::once(key).chain(path.into_iter().map(|(name, _)| name)).collect());
        }
        *steps = steps.checked_sub(1)?;
        match next.next() {
            Some(name) if seen.insert(name) => path.push((name, onward(name))),
            Some(_) => {}
            None => drop(path.pop()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use super::super::{Environment, Resolved};
    use super::{MOST_STEPS, is_one_reference, way_back};
    use crate::dialects::compose;
    use crate::layer::Layer;
    use crate::source::Sources;

    fn layer(text: &str) -> Layer {
        let source = Sources::default().add("a.env", text);
        let text: Arc<str> = text.into();
        Layer {
            name: "a".into(),
            source,
            sealed: false,
            entries: compose::parse(&text).entries,
            faults: Vec::new(),
            text,
        }
    }

    #[test]
    fn one_reference_alone() {
        for (text, expected) in [
            ("${A}", true),
            ("$A", false),
            ("${A}${B}", false),
            ("${A:-x}", false),
            ("${A-x}", false),
            ("${A:+x}", false),
            ("${A:?x}", false),
            ("${A}x}", false),
            ("${a real secret}", false),
            ("", false),
        ] {
            assert_eq!(is_one_reference(text), expected, "{text}");
        }
    }

    #[test]
    fn circles_are_found() {
        for (text, expected) in [
            ("A=${B}\nB=${A}\n", vec![vec!["A", "B", "A"]]),
            ("A=${A}\n", vec![vec!["A", "A"]]),
            ("A=${B}\nB=${C}\nC=${A}\n", vec![vec!["A", "B", "C", "A"], vec!["B", "C", "A", "B"]]),
            ("A=${B}\nB=1\n", vec![]),
            ("A=${NOWHERE}\n", vec![]),
        ] {
            let layer = layer(text);
            let environment = Environment::new("dev".into(), false, vec![&layer], &HashMap::new());
            let circles: Vec<_> = environment.circles().into_iter().map(|(_, names)| names).collect();
            assert_eq!(circles, expected, "{text}");
        }
    }

    #[test]
    fn no_chain_takes_forever() {
        let names: Vec<_> = (0..=10_000).map(|number| format!("K{number}")).collect();
        let graph: HashMap<&str, Vec<&str>> =
            names.windows(2).map(|pair| (pair[0].as_str(), vec![pair[1].as_str()])).collect();
        let mut steps = MOST_STEPS;
        let circles = names.windows(2).filter_map(|pair| way_back(&pair[0], &pair[1], &graph, &mut steps)).count();
        assert_eq!((circles, steps), (0, 0));
        // What is left is enough for what anybody writes.
        steps = MOST_STEPS;
        let circles =
            names[9_500..].windows(2).filter_map(|pair| way_back(&pair[0], &pair[1], &graph, &mut steps)).count();
        assert!(circles == 0 && steps > 0, "{steps}");
    }

    #[test]
    fn a_secret_stays_one_under_another_name() {
        for (text, process, expected) in [
            ("PASSWORD=x\nA=u:${PASSWORD}\n", "", vec!["A"]),
            ("PASSWORD=x\nA=$PASSWORD\nB=${A}\nC=${B:-c}\n", "", vec!["A", "B", "C"]),
            ("A=${PASSWORD}\n", "from outside", vec!["A"]),
            ("PASSWORD=x\nHOST=h\nA=${HOST}\n", "", vec![]),
            ("A=${PASSWORD}\nA=1\nB=${A}\n", "", vec!["B"]),
        ] {
            let layer = layer(text);
            let process = HashMap::from([("PASSWORD".to_owned(), process.to_owned())]);
            let mut environment = Environment::new("dev".into(), false, vec![&layer], &process);
            environment.hide_references(|key, _| key == "PASSWORD");
            let secrets = environment.settings.iter().filter(|setting| matches!(setting.value, Resolved::Secret(_)));
            assert_eq!(secrets.map(|setting| setting.key).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
