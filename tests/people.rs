//! Several people and their sealed files: who may open what, and branches that meet again.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sparkcfg::identity::{Identities, Recipient};
use sparkcfg::layer::{Entry, Fault};
use sparkcfg::merge::{CannotMerge, Outcome, Tools, Versions, merge};
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Order, Previous, Store};

const TIME: &str = "2026-12-01T10:20:30Z";

type Values = BTreeMap<String, String>;

/// A fresh person: what opens, and whom to seal for.
fn person() -> (Identities, Recipient) {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate();
    let mut identities = Identities::default();
    assert_eq!(identities.add("test", key.to_string().expose_secret()), []);
    (identities, key.to_public().to_string().parse().unwrap())
}

fn no_dialect(_: &str) -> (Vec<Entry>, Vec<Fault>) {
    panic!("the form reads lines")
}

fn sops() -> &'static Store {
    stores::of("prod.secrets.env").unwrap()
}

fn text(values: &Values) -> Secret {
    Secret::new(values.iter().map(|(key, value)| format!("{key}={value}\n")).collect())
}

fn seal(values: &Values, recipients: &[Recipient], new_key: bool, previous: Option<(&str, &Identities)>) -> String {
    let previous = previous.map(|(text, identities)| Previous { bytes: text.as_bytes(), identities });
    (sops().seal)(&text(values), &Order { recipients, time: TIME, new_key, previous }).unwrap()
}

fn opened(text: &str, identities: &Identities) -> Values {
    let plain = (sops().plain)(text.as_bytes(), identities).unwrap();
    let lines = plain.expose().lines().map(|line| line.split_once('=').unwrap());
    lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Takes one side at every mark.
fn solved(text: &str, ours: bool) -> String {
    let (mut kept, mut takes) = (String::new(), true);
    for line in text.split_inclusive('\n') {
        match line {
            "<<<<<<< ours\n" => takes = ours,
            "=======\n" => takes = !ours,
            ">>>>>>> theirs\n" => takes = true,
            line if takes => kept.push_str(line),
            _ => {}
        }
    }
    kept
}

/// What a side does to a key: nothing, change it, or remove it.
fn edits() -> impl Strategy<Value = BTreeMap<String, Option<String>>> {
    prop::collection::btree_map("[A-H]", prop::option::weighted(0.8, "[a-c]{1,2}"), 0..5)
}

fn edited(base: &Values, edits: &BTreeMap<String, Option<String>>) -> Values {
    let mut values = base.clone();
    for (key, value) in edits {
        match value {
            Some(value) => _ = values.insert(key.clone(), value.clone()),
            None => _ = values.remove(key),
        }
    }
    values
}

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// Everything a merge must keep, for any two sides: what one side changed alone is there, what both changed differently
/// is a conflict, and each way of solving that is a whole file.
fn assert_merges(base: &Values, ours: &Values, theirs: &Values, result: &Outcome, identities: &Identities) {
    let keys: BTreeSet<_> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let (mut mine, mut other, mut conflicts) = (Values::new(), Values::new(), Vec::new());
    for key in keys {
        let (was, one, two) = (base.get(key), ours.get(key), theirs.get(key));
        let (one, two) = if one == two || two == was {
            (one, one)
        } else if one == was {
            (two, two)
        } else {
            conflicts.push(key.clone());
            (one, two)
        };
        mine.extend(one.map(|value| (key.clone(), value.clone())));
        other.extend(two.map(|value| (key.clone(), value.clone())));
    }
    assert_eq!(result.conflicts, conflicts);
    assert_eq!(result.text.contains("<<<<<<<"), !conflicts.is_empty());
    assert_eq!(opened(&solved(&result.text, true), identities), mine);
    assert_eq!(opened(&solved(&result.text, false), identities), other);
}

#[test]
fn five_hundred_pairs_of_branches_meet() {
    let (identities, recipient) = person();
    let recipients = [recipient];
    let values = prop::collection::btree_map("[A-H]", "[a-c]{1,2}", 0..8);
    let disjoint = std::cell::Cell::new(0);
    proptest!(settings(500), |(base in values, left in edits(), right in edits(), apart in any::<bool>(), rotated in any::<[bool; 2]>())| {
        let mut right = right;
        if apart {
            right.retain(|key, _| !left.contains_key(key));
        }
        let (ours, theirs) = (edited(&base, &left), edited(&base, &right));
        let before = seal(&base, &recipients, false, None);
        let side = |values, new| seal(values, &recipients, new, Some((&before, &identities)));
        let (one, two) = (side(&ours, rotated[0]), side(&theirs, rotated[1]));
        let tools = Tools { store: sops(), identities: &identities, recipients: &recipients, time: TIME, parse: no_dialect };
        let versions = Versions { base: before.as_bytes(), ours: one.as_bytes(), theirs: two.as_bytes() };
        let result = merge(&versions, &tools).unwrap();
        assert_merges(&base, &ours, &theirs, &result, &identities);
        if apart {
            prop_assert!(result.conflicts.is_empty());
            disjoint.set(disjoint.get() + 1);
        }
        // Nothing but what changed differs from our side, unless the other side has a new data key.
        if !rotated[1] && result.conflicts.is_empty() {
            let kept = |values: &Values| ours.iter().filter(|(key, value)| values.get(*key) == Some(value)).count();
            let after = opened(&result.text, &identities);
            let same = one.lines().filter(|line| !line.starts_with("sops_") && result.text.lines().any(|now| now == *line));
            prop_assert_eq!(same.count(), kept(&after));
        }
    });
    assert!(disjoint.get() > 150, "only {}", disjoint.get());
}

#[test]
fn access_that_one_side_took_away_stays_away() {
    let (laptop, laptop_key) = person();
    let (gone, gone_key) = person();
    let (new, new_key) = person();
    let both = [laptop_key.clone(), gone_key.clone()];
    let base = Values::from([("A".into(), "1".into()), ("B".into(), "1".into())]);
    let before = seal(&base, &both, false, None);
    let changed = |key: &str| edited(&base, &BTreeMap::from([(key.to_owned(), Some("2".to_owned()))]));
    let ours = seal(&changed("A"), &both, false, Some((&before, &laptop)));
    // The other branch revoked, and granted somebody whom our table does not know.
    let theirs = seal(&changed("B"), &[laptop_key.clone(), new_key.clone()], true, Some((&before, &laptop)));
    let tools = Tools { store: sops(), identities: &laptop, recipients: &both, time: TIME, parse: no_dialect };
    let versions = Versions { base: before.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
    let result = merge(&versions, &tools).unwrap();
    let mut left_out = vec![gone_key.as_str().to_owned(), new_key.as_str().to_owned()];
    left_out.sort();
    assert_eq!(result.left_out, left_out);
    assert_eq!(opened(&result.text, &laptop), Values::from([("A".into(), "2".into()), ("B".into(), "2".into())]));
    for stranger in [&gone, &new] {
        assert!((sops().plain)(result.text.as_bytes(), stranger).is_err());
        assert_eq!(
            merge(&versions, &Tools { identities: stranger, ..tools }).map(|_| ()).unwrap_err().to_string().is_empty(),
            false
        );
    }
    assert!(!result.text.lines().any(|line| line.starts_with("A=") && ours.contains(line)), "the data key is new");
}

#[test]
fn whoever_came_later_merges_without_the_base() {
    let (laptop, laptop_key) = person();
    let (late, late_key) = person();
    let base = Values::from(["A", "B", "C"].map(|key| (key.to_owned(), "1".to_owned())));
    let before = seal(&base, &[laptop_key.clone()], false, None);
    let both = [laptop_key, late_key];
    let change = |key: &str, value: Option<&str>| {
        let edit = BTreeMap::from([(key.to_owned(), value.map(ToOwned::to_owned))]);
        let values = edited(&base, &edit);
        (seal(&values, &both, false, Some((&before, &laptop))), values)
    };
    for (left, right) in
        [(("A", Some("2")), ("B", Some("2"))), (("A", None), ("D", Some("2"))), (("A", Some("2")), ("A", None))]
    {
        let ((ours, mine), (theirs, other)) = (change(left.0, left.1), change(right.0, right.1));
        let tools = Tools { store: sops(), identities: &late, recipients: &both, time: TIME, parse: no_dialect };
        let versions = Versions { base: before.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        let result = merge(&versions, &tools).unwrap();
        assert_merges(&base, &mine, &other, &result, &late);
    }
}

#[test]
fn damaged_versions_are_not_merged() {
    let (laptop, key) = person();
    let recipients = [key];
    let values = Values::from([("A".into(), "1".into()), ("B".into(), "1".into())]);
    let good = seal(&values, &recipients, false, None);
    let cut: String = good.lines().filter(|line| !line.starts_with("A=")).map(|line| format!("{line}\n")).collect();
    let tools = Tools { store: sops(), identities: &laptop, recipients: &recipients, time: TIME, parse: no_dialect };
    for (ours, theirs) in [(&good, &cut), (&cut, &good)] {
        let versions = Versions { base: good.as_bytes(), ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        assert!(matches!(merge(&versions, &tools), Err(CannotMerge::Open(..))));
    }
}
