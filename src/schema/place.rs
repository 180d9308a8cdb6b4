//! Places in the schema's text, found when a finding wants to point at one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// The places of one schema. The text is known to be valid JSON, so that scanning it needs no errors.
#[derive(Debug)]
pub(super) struct Places {
    text: Arc<str>,
    /// The members of the root's `properties`: nearly all pointers go through them.
    properties: OnceLock<HashMap<String, Found>>,
}

#[derive(Debug, Clone)]
struct Found {
    /// What to point at: the key of a member, with its quotes; the beginning of an item.
    shown: Range<usize>,
    /// Where the value begins.
    value: usize,
}

impl Places {
    pub(super) fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), properties: OnceLock::new() }
    }

    /// The text, without a byte-order mark.
    pub(super) fn text(&self) -> &str {
        self.text.trim_start_matches('\u{feff}')
    }

    /// The bytes of the key that a JSON pointer (RFC 6901) leads to; of an item, its first line.
    pub(super) fn find(&self, pointer: &str) -> Option<Range<u32>> {
        let scan = Scan { text: &self.text };
        let start = scan.blank(if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 });
        let mut found = Found { shown: start..(start + 1).min(self.text.len()), value: start };
        let mut steps = pointer.split('/').skip(1).map(unescape).peekable();
        let mut is_root = true;
        while let Some(step) = steps.next() {
            found = match steps.peek() {
                Some(name) if is_root && step == "properties" => {
                    let properties = self.properties.get_or_init(|| scan.all_members(found.value, "properties"));
                    let found = properties.get(&**name)?.clone();
                    steps.next();
                    found
                }
                _ => scan.step(found.value, &step)?,
            };
            is_root = false;
        }
        Some(u32::try_from(found.shown.start).ok()?..u32::try_from(found.shown.end).ok()?)
    }
}

/// A name that stands twice in one object of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The name.
    pub name: String,
    /// Where it stands first, in bytes.
    pub first: Range<u32>,
    /// Where it stands last, which is what counts.
    pub last: Range<u32>,
}

impl Places {
    /// The names that stand twice in one object, in the order of the text.
    pub(super) fn twins(&self) -> Vec<Twin> {
        let scan = Scan { text: &self.text };
        let mut found = Vec::new();
        let mut open = vec![scan.blank(self.text.len() - self.text().len())];
        while let Some(at) = open.pop() {
            let mut names: HashMap<Cow<'_, str>, Vec<Range<usize>>> = HashMap::new();
            for (name, member) in scan.members(at) {
                names.entry(name).or_default().push(member.shown);
                open.push(member.value);
            }
            let twins = names.into_iter().filter_map(|(name, places)| match places.as_slice() {
                [first, .., last] => Some(Twin { name: name.into_owned(), first: narrow(first), last: narrow(last) }),
                _ => None,
            });
            found.extend(twins);
            open.extend(scan.items(at));
        }
        found.sort_by_key(|twin| twin.first.start);
        found
    }
}

fn narrow(range: &Range<usize>) -> Range<u32> {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    narrow(range.start)..narrow(range.end)
}

/// The bytes of the value that a JSON pointer leads to in a text that is valid JSON.
#[must_use]
pub fn value_in(text: &str, pointer: &str) -> Option<Range<usize>> {
    let scan = Scan { text };
    let mut at = scan.blank(0);
    for step in pointer.split('/').skip(1) {
        at = scan.step(at, &unescape(step))?.value;
    }
    let value = text.get(at..scan.value(at))?;
    Some(at..at + value.trim_end().len())
}

/// A name as a step of a JSON pointer.
#[must_use]
pub fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

/// The name that a step of a JSON pointer means.
#[must_use]
pub fn unescape(step: &str) -> Cow<'_, str> {
    if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() }
}

/// Walks over JSON text without building anything. Every method takes and returns byte offsets.
#[derive(Clone, Copy)]
struct Scan<'t> {
    text: &'t str,
}

impl<'t> Scan<'t> {
    fn byte(self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The next byte that is no white space.
    fn blank(self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    /// Behind the string that begins here.
    fn string(self, at: usize) -> usize {
        let mut at = at + 1;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'"' => return at + 1,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        at
    }

    /// Behind the value that begins here.
    fn value(self, at: usize) -> usize {
        let mut at = at;
        let mut depth = 0_usize;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'"' => at = self.string(at),
                b'{' | b'[' => {
                    depth += 1;
                    at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return at,
                b'}' | b']' => {
                    depth -= 1;
                    at += 1;
                    if depth == 0 {
                        return at;
                    }
                }
                _ => at += 1,
            }
            if depth == 0 && matches!(self.byte(at.saturating_sub(1)), Some(b'"')) {
                return at;
            }
        }
        at
    }

    /// The members of the object that begins here, in order; nothing for any other value.
    fn members(self, at: usize) -> impl Iterator<Item = (Cow<'t, str>, Found)> {
        let mut at = (self.byte(at) == Some(b'{')).then(|| self.blank(at + 1));
        std::iter::from_fn(move || {
            let start = at.filter(|start| self.byte(*start) == Some(b'"'))?;
            let end = self.string(start);
            let value = self.blank(self.blank(end) + 1);
            let next = self.blank(self.value(value));
            at = (self.byte(next) == Some(b',')).then(|| self.blank(next + 1));
            Some((self.name(start..end), Found { shown: start..end, value }))
        })
    }

    /// Where the items of the list begin that begins here; nothing for any other value.
    fn items(self, at: usize) -> impl Iterator<Item = usize> {
        let first = self.blank(at + 1);
        let mut at = (self.byte(at) == Some(b'[') && self.byte(first) != Some(b']')).then_some(first);
        std::iter::from_fn(move || {
            let start = at?;
            let next = self.blank(self.value(start));
            at = (self.byte(next) == Some(b',')).then(|| self.blank(next + 1));
            Some(start)
        })
    }

    fn name(self, quoted: Range<usize>) -> Cow<'t, str> {
        let quoted = self.text.get(quoted).unwrap_or_default();
        if quoted.contains('\\') {
            return serde_json::from_str::<String>(quoted).unwrap_or_default().into();
        }
        quoted.trim_matches('"').into()
    }

    fn step(self, at: usize, step: &str) -> Option<Found> {
        if self.byte(at) != Some(b'[') {
            // Of members with one name, JSON readers take the last.
            return self.members(at).filter(|(name, _)| name == step).last().map(|(_, found)| found);
        }
        let index: usize = step.parse().ok()?;
        let mut at = self.blank(at + 1);
        for _ in 0..index {
            let next = self.blank(self.value(at));
            at = (self.byte(next) == Some(b',')).then(|| self.blank(next + 1))?;
        }
        let end = self.value(at);
        let text = self.text.get(at..end)?;
        let line = text.split(['\r', '\n']).next().unwrap_or_default().trim_end();
        (!line.is_empty()).then(|| Found { shown: at..at + line.len(), value: at })
    }

    fn all_members(self, at: usize, keyword: &str) -> HashMap<String, Found> {
        let object = self.step(at, keyword).map_or(self.text.len(), |found| found.value);
        self.members(object).map(|(name, found)| (name.into_owned(), found)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    const TEXT: &str = r#" { "type": "object", "x": [1, "a,]", {"k": 2}],
  "properties": { "A": {"type": "string", "enum": ["p", "q"]}, "a/b~c": {"minimum": 1}, "\u0042": {}, "A": {"const": -1e3} },
  "tail": null }"#;

    #[test]
    fn names_that_stand_twice() {
        let text = r#" {"A": 1, "B": [0, {"c": {}, "\u0063": [], "c": 2}], "a": {"A": []}, "A": {"x": "x"}}"#;
        let twins = Places::new(text).twins();
        let found: Vec<_> = twins.iter().map(|twin| (twin.name.as_str(), twin.first.start, twin.last.start)).collect();
        assert_eq!(found, [("A", 2, 69), ("c", 20, 43)]);
        assert!(Places::new("[[], {}, 1]").twins().is_empty());
    }

    #[test]
    fn pointers_lead_to_keys() {
        let places = Places::new(TEXT);
        for (pointer, expected) in [
            ("", Some("{")),
            ("/type", Some(r#""type""#)),
            ("/x", Some(r#""x""#)),
            ("/x/1", Some(r#""a,]""#)),
            ("/x/2/k", Some(r#""k""#)),
            ("/x/3", None),
            ("/properties", Some(r#""properties""#)),
            ("/properties/A/const", Some(r#""const""#)),
            ("/properties/A/enum", None),
            ("/properties/a~1b~0c/minimum", Some(r#""minimum""#)),
            ("/properties/B", Some(r#""\u0042""#)),
            ("/properties/C", None),
            ("/tail", Some(r#""tail""#)),
            ("/tail/more", None),
        ] {
            let found = places.find(pointer).map(|range| &TEXT[range.start as usize..range.end as usize]);
            assert_eq!(found, expected, "{pointer}");
        }
    }
}
