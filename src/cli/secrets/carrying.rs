//! What an edited text changes, on top of what others changed meanwhile.

use std::collections::BTreeMap;

use crate::finding::told_name;
use crate::plain;
use crate::project::compose_entries;
use crate::secret::Secret;

/// Each key with its value as written; the last one counts.
pub(super) fn values(text: &Secret) -> BTreeMap<&str, &str> {
    let text = text.expose();
    let slice = |range: &std::ops::Range<u32>| text.get(range.start as usize..range.end as usize).unwrap_or_default();
    compose_entries(text).0.iter().map(|entry| (slice(&entry.key), slice(&entry.value))).collect()
}

/// The keys whose values differ, sorted.
pub(super) fn changed(before: &Secret, after: &Secret) -> Vec<String> {
    let (before, after) = (values(before), values(after));
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let mut keys: Vec<_> =
        keys.filter(|key| before.get(*key) != after.get(*key)).map(|key| (*key).to_owned()).collect();
    keys.sort();
    keys
}

/// What was changed from `before` to `after`, on top of what the file holds by now; and the keys that changed on both
/// sides, of which it has what `after` says.
pub(super) fn carried_over(before: &Secret, after: &Secret, current: &Secret) -> (Secret, Vec<String>) {
    let mine = changed(before, after);
    let others = changed(before, current);
    let (wanted, there) = (values(after), values(current));
    let both: Vec<&String> =
        mine.iter().filter(|key| others.contains(key) && wanted.get(key.as_str()) != there.get(key.as_str())).collect();
    let both = both.into_iter().map(|key| told_name(key)).collect();
    let mut text = Secret::new(current.expose().to_owned());
    for key in &mine {
        let next = match wanted.get(key.as_str()) {
            Some(value) => plain::put(&text, key, &Secret::new((*value).to_owned()), compose_entries),
            None => plain::unset(&text, key, compose_entries),
        };
        text = next.unwrap_or(text);
    }
    (text, both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn two_people_at_once() {
        for (before, after, current, expected, both) in [
            ("A=1\nB=2\n", "A=9\nB=2\n", "A=1\nB=3\nC=4\n", "A=9\nB=3\nC=4\n", &[][..]),
            ("A=1\nB=2\n", "B=2\n", "A=1\nB=3\n", "B=3\n", &[]),
            ("A=1\n", "A=2\n", "A=3\n", "A=2\n", &["A"]),
            ("A=1\n", "A=2\n", "A=2\nB=1\n", "A=2\nB=1\n", &[]),
            ("A=1\n", "A=2\n", "", "A=2\n", &["A"]),
        ] {
            let carried = carried_over(&secret(before), &secret(after), &secret(current));
            assert_eq!(
                (carried.0.expose(), carried.1.iter().map(String::as_str).collect::<Vec<_>>()),
                (expected, both.to_vec()),
                "{after} {current}"
            );
        }
    }
}
