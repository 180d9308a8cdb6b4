//! The part of a value that the schema finds wrong: an item of a list, a member of an object.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use crate::finding::told_name;
use crate::schema::place;

/// A part of a value.
pub(super) struct Part<'t> {
    /// What it is, the innermost step first: `item 2`, `` `id` of item 2 ``.
    pub(super) name: String,
    /// What stands there.
    pub(super) text: Cow<'t, str>,
    /// Where in the value, in bytes.
    pub(super) range: Range<usize>,
}

impl<'t> Part<'t> {
    /// What a JSON pointer leads to within a value: in its JSON, or in the list that it writes with separators. `None` for
    /// the whole value, and where there is no such part.
    pub(super) fn of(pointer: &str, value: &'t str, separator: &str) -> Option<Self> {
        let steps = pointer.strip_prefix('/')?;
        if value.trim_start().starts_with(['[', '{']) {
            return Self::of_json(pointer, steps, value);
        }
        let index: usize = steps.parse().ok()?;
        let mut at = 0;
        let mut pieces = value.split(separator);
        for piece in pieces.by_ref().take(index) {
            at += piece.len() + separator.len();
        }
        let piece = pieces.next()?;
        let text = piece.trim();
        let start = at + piece.len() - piece.trim_start().len();
        Some(Self { name: item(index), text: text.into(), range: start..start + text.len() })
    }

    fn of_json(pointer: &str, steps: &str, value: &'t str) -> Option<Self> {
        let whole: Value = serde_json::from_str(value).ok()?;
        let (mut at, mut names) = (&whole, Vec::new());
        for step in steps.split('/') {
            let step = place::unescape(step);
            if let Value::Array(items) = at {
                let index: usize = step.parse().ok()?;
                at = items.get(index)?;
                names.push(item(index));
            } else {
                at = at.get(&*step)?;
                names.push(format!("`{}`", told_name(&step)));
            }
        }
        names.reverse();
        let text = at.as_str().map_or_else(|| at.to_string(), ToOwned::to_owned);
        Some(Self { name: names.join(" of "), text: text.into(), range: place::value_in(value, pointer)? })
    }
}

fn item(index: usize) -> String {
    format!("item {}", index + 1)
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn parts_are_found_where_they_stand() {
        for (pointer, value, expected) in [
            ("", "a,b", None),
            ("/1", "a, b ,c", Some(("item 2", "b", "b"))),
            ("/3", "a,b", None),
            ("/2", "1,2,", Some(("item 3", "", ""))),
            ("/0", ",", Some(("item 1", "", ""))),
            ("/x", "a,b", None),
            ("/1", r#"[1, "b"]"#, Some(("item 2", "b", r#""b""#))),
            ("/1/id", r#" [{}, {"id": [1,2], "x": 1}]"#, Some(("`id` of item 2", "[1,2]", "[1,2]"))),
            ("/lv", r#"{"lv": "x", "lv":"w"}"#, Some(("`lv`", "w", r#""w""#))),
            ("/ab/0", r#"{"ab":[true]}"#, Some(("item 1 of `ab`", "true", "true"))),
            ("/a", r#"{"b":1}"#, None),
            ("/0", "[1", None),
        ] {
            let part = Part::of(pointer, value, ",");
            let found = part.as_ref().map(|part| (part.name.as_str(), &*part.text, &value[part.range.clone()]));
            assert_eq!(found, expected, "{pointer} of {value}");
        }
    }
}
