//! The names by which a template passes a secret on: `{% set %}`, `{% with %}`, loops and the parameters of macros.

use std::collections::BTreeSet;

use super::expressions::{Part, parts, tags};

/// What gives all keys with their values.
const ALL: &[&str] = &["env", "env_of"];

/// The names in templates that may stand for what `is_secret` knows; `has_secrets` says whether one is among all keys.
pub(super) fn of_secrets<'t>(
    texts: &(impl Iterator<Item = &'t str> + Clone),
    is_secret: &dyn Fn(&str) -> bool,
    has_secrets: bool,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !has_secrets {
        return found;
    }
    let tags: Vec<_> =
        texts.clone().flat_map(|text| tags(text).into_iter().map(move |tag| (text, parts(text, tag)))).collect();
    let macros: Vec<_> = tags.iter().filter_map(|(text, parts)| parameters(text, parts)).collect();
    // A name may be passed on before it is met: each round follows it one step further.
    for _ in 0..8 {
        let before = found.len();
        for (text, parts) in &tags {
            let more = Tag { text, parts, known: &found, is_secret }.names(&macros);
            found.extend(more);
        }
        if found.len() == before {
            break;
        }
    }
    found
}

struct Tag<'t, 'k> {
    text: &'t str,
    parts: &'k [Part],
    known: &'k BTreeSet<String>,
    is_secret: &'k dyn Fn(&str) -> bool,
}

impl<'t> Tag<'t, '_> {
    fn word(&self, part: &Part) -> Option<&'t str> {
        match part {
            Part::Word(at) | Part::Member(at) => self.text.get(at.clone()),
            Part::Sign(_) => None,
        }
    }

    fn words<'p>(&'p self, parts: &'p [Part]) -> impl Iterator<Item = &'t str> {
        parts.iter().filter_map(|part| self.word(part))
    }

    fn holds_secret(&self, parts: &[Part]) -> bool {
        // Whether it is set is no secret.
        !self.words(parts).any(|word| word == "defined")
            && self.words(parts).any(|word| (self.is_secret)(word) || self.known.contains(word))
    }

    fn position(&self, wanted: &str) -> usize {
        self.parts.iter().position(|part| self.word(part) == Some(wanted)).unwrap_or(self.parts.len())
    }

    fn names(&self, macros: &[Macro<'_>]) -> Vec<String> {
        let first = self.words(self.parts).next().unwrap_or_default();
        let is_equals = |part: &Part| *part == Part::Sign(b'=');
        let own = |parts: &[Part]| self.words(parts).map(ToOwned::to_owned).collect::<Vec<_>>();
        match first {
            "set" | "with" => {
                let at = self.parts.iter().position(is_equals).unwrap_or(self.parts.len());
                let (target, value) = self.parts.split_at(at);
                if self.holds_secret(value) { own(target.get(1..).unwrap_or_default()) } else { Vec::new() }
            }
            "for" => {
                let (target, value) = self.parts.split_at(self.position("in"));
                let mut targets = own(target.get(1..).unwrap_or_default());
                if self.holds_secret(value) {
                    return targets;
                }
                let all = self.words(value).any(|word| ALL.contains(&word));
                let pairs = all && self.words(value).any(|word| matches!(word, "items" | "dictsort"));
                if targets.len() > 1 {
                    targets.remove(0);
                }
                if pairs { targets } else { Vec::new() }
            }
            // The parameters of macros that are called here with a secret.
            _ if self.holds_secret(self.parts) => {
                let called = macros.iter().filter(|(name, _)| self.position(name) < self.parts.len());
                called.flat_map(|(_, names)| names).map(|name| (*name).to_owned()).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A macro's name, and the words between its parentheses.
type Macro<'t> = (&'t str, Vec<&'t str>);

/// The macro that a tag begins.
fn parameters<'t>(text: &'t str, parts: &[Part]) -> Option<Macro<'t>> {
    let words = parts.iter().filter_map(|part| if let Part::Word(at) = part { text.get(at.clone()) } else { None });
    let words: Vec<&str> = words.collect();
    let (first, rest) = words.split_first()?;
    let (name, names) = rest.split_first().filter(|_| *first == "macro")?;
    Some((name, names.to_vec()))
}
